//! A telephone number as it is kept: E.164, for an office phone with an extension (RFC 3966).

use super::Failure;

/// The parts of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Number<'a> {
    /// With the plus sign.
    pub(crate) e164: &'a str,
    /// Without it.
    pub(crate) digits: &'a str,
    /// What is dialled after somebody answers.
    pub(crate) ext: Option<&'a str>,
}

impl<'a> Number<'a> {
    /// Takes `+442079460000` or `+442079460000;ext=12`.
    ///
    /// # Errors
    /// [`Failure::Refused`] for anything else: it can never be called.
    pub(crate) fn parse(to: &'a str) -> Result<Self, Failure> {
        Self::read(to).ok_or_else(|| {
            Failure::Refused(
                "the registered number is not one in international form; it has to be registered again".into(),
            )
        })
    }

    fn read(to: &'a str) -> Option<Self> {
        let (e164, ext) = to.split_once(';').map_or((to, None), |(number, rest)| (number, Some(rest)));
        let ext = match ext {
            None => None,
            Some(rest) => Some(rest.strip_prefix("ext=").filter(|ext| is_digits(ext, 1..=11))?),
        };
        let digits = e164.strip_prefix('+').filter(|digits| is_digits(digits, 7..=15) && !digits.starts_with('0'))?;
        Some(Self { e164, digits, ext })
    }
}

fn is_digits(text: &str, length: std::ops::RangeInclusive<usize>) -> bool {
    length.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_international_numbers_with_plain_extensions() {
        let number = Number::parse("+442079460000;ext=12").unwrap();
        assert_eq!(number, Number { e164: "+442079460000", digits: "442079460000", ext: Some("12") });
        assert_eq!(Number::parse("+447700900123").unwrap().ext, None);
        for bad in [
            "",
            "07700900123",
            "+0447700900123",
            "+44 7700 900123",
            "+4477",
            "+4477009001231234",
            "+447700900123;ext=",
            "+447700900123;ext=1w2",
            "+447700900123;ext=1#",
            "+447700900123;isub=1",
            "+447700900123\r\nX: y",
            "+44٧٧٠٠٩٠٠١٢٣",
        ] {
            assert!(matches!(Number::parse(bad), Err(Failure::Refused(_))), "{bad}");
        }
    }
}
