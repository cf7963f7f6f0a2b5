//! Telephone numbers: any usual spelling in, E.164 out, and never a digit lost on the way.
//!
//! What numbers there are in the world is the library's knowledge; that nothing typed disappears is ours. A code sent to a
//! number with one digit missing goes to a stranger.

mod line;
mod spelling;
mod toll;

use std::fmt;

use rlibphonenumber::{NumberLengthType, PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberFormat, PhoneNumberType, Region};

pub use line::{Line, countries, line};
use spelling::Spelling;
pub use toll::{Barred, Countries, barred, country_of};

/// A telephone number, complete with its country's code: E.164, and an extension if it has one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Number {
    e164: String,
    extension: Option<String>,
}

/// A plus sign and 15 digits (ITU-T E.164, section 6).
const LONGEST_E164: usize = 16;

/// What is wrong with what was typed, and what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Problem {
    /// Nothing.
    #[error("Type a telephone number.")]
    Empty,
    /// A national spelling where no country is known.
    #[error("Start with + and the code of the country, such as +44 7700 900123.")]
    NoRegion,
    /// Letters among the digits.
    #[error("Use digits, not letters, such as +44 7700 900123.")]
    Letters,
    /// Signs that belong to no number, or more than one number.
    #[error("Type one telephone number, such as +44 7700 900123.")]
    NotANumber,
    /// No country has this code.
    #[error("No country has this code. Check the digits after the +.")]
    NoSuchCountry,
    /// Fewer digits than a number has there.
    #[error("This number is too short. Type all of it, with the area code.")]
    TooShort,
    /// More digits than a number has there.
    #[error("This number is too long. Check it digit by digit.")]
    TooLong,
    /// Not a number of that country, or one whose spelling is understood in more than one way.
    #[error("This is not a telephone number there. Start with + and the code of the country, such as +44 7700 900123.")]
    NotPossible,
    /// Charged more than a call; whoever owns such a number earns by being called.
    #[error("Calls to this number cost extra. Type an ordinary number.")]
    Premium,
    /// What stands after the number is no extension.
    #[error("The extension must be 1 to 8 digits after the number, such as ext. 123.")]
    Extension,
}

impl Number {
    /// Reads what somebody typed. `region` is the country a national spelling is meant in (ISO 3166, such as "GB").
    ///
    /// A number is taken if it could be one, whether or not it is in use: the numbers set apart for drama are taken.
    ///
    /// # Errors
    /// What is wrong, with what to do.
    pub fn parse(typed: &str, region: Option<&str>) -> Result<Self, Problem> {
        let spelling = Spelling::read(typed)?;
        let number = spelling.number(region.and_then(known))?;
        let e164 = number.format_as(PhoneNumberFormat::E164).into_owned();
        // The library allows the longest national numbers of a country behind a code of any length.
        if e164.len() > LONGEST_E164 {
            return Err(Problem::TooLong);
        }
        Ok(Self { e164, extension: spelling.extension })
    }

    /// The number alone: a plus sign and up to 15 digits (ITU-T E.164).
    pub fn e164(&self) -> &str {
        &self.e164
    }

    /// The extension, in digits.
    pub fn extension(&self) -> Option<&str> {
        self.extension.as_deref()
    }
}

/// As it is stored: `+447700900123`, or `+442079460000;ext=12` (RFC 3966). [`Number::parse`] reads it back.
impl fmt::Display for Number {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(&self.e164)?;
        self.extension.as_ref().map_or(Ok(()), |extension| write!(to, ";ext={extension}"))
    }
}

/// As people read it: `+44 7700 900123`, `+44 20 7946 0000 ext. 12`.
pub fn spaced(number: &Number) -> String {
    let parsed = PHONE_NUMBER_UTIL.parse(&number.e164, None);
    let spaced = parsed.map(|parsed| parsed.format_as(PhoneNumberFormat::International).into_owned());
    let spaced = spaced.unwrap_or_else(|_| number.e164.clone());
    number.extension.as_ref().map_or(spaced.clone(), |extension| format!("{spaced} ext. {extension}"))
}

/// Whether there is a country of this name (ISO 3166, two letters) whose numbers are known.
pub fn is_region(code: &str) -> bool {
    known(code).is_some()
}

fn known(code: &str) -> Option<Region> {
    let region = Region::from_code(&code.to_ascii_uppercase()).ok()?;
    PHONE_NUMBER_UTIL.get_country_code_for_region(region).map(|_| region)
}

/// What one dials for "abroad" before the country's code. `00` nearly everywhere (ITU-T E.123); the others where a country
/// is known.
const ABROAD: [&str; 5] = ["00", "011", "0011", "010", "810"];

/// What one dials before a number of one's own country (ITU-T E.123, trunk prefix): 0 nearly everywhere, 1 in North America,
/// 8 in Russia and its neighbours, 06 in Hungary. That it is the right one there the library knows.
const TRUNK: [&str; 4] = ["0", "1", "8", "06"];

impl Spelling {
    fn number(&self, region: Option<Region>) -> Result<PhoneNumber, Problem> {
        if self.plus {
            return understood(&format!("+{}", self.digits), None).and_then(|number| self.nothing_lost(number));
        }
        let at_home = region
            .ok_or(Problem::NoRegion)
            .and_then(|region| understood(&self.digits, Some(region)).and_then(|number| self.nothing_lost(number)));
        // Some countries dial something else for abroad, but people write 00 everywhere.
        match (at_home, self.digits.strip_prefix("00")) {
            (Err(problem), Some(digits)) => {
                let international = Self { plus: true, digits: digits.to_owned(), extension: None };
                international.number(None).map_err(|other| if problem == Problem::NoRegion { other } else { problem })
            }
            (answer, _) => answer,
        }
    }

    /// The digits of the number must be those that were typed, but for what is dialled before them. The library knows more
    /// spellings, which it rewrites; we would rather ask again.
    fn nothing_lost(&self, number: PhoneNumber) -> Result<PhoneNumber, Problem> {
        let national = number.get_national_significant_number();
        let before = self.digits.strip_suffix(national.as_str()).ok_or(Problem::NotPossible)?;
        let code = number.country_code.to_string();
        let expected = if self.plus {
            before == code || before.strip_prefix(&code) == Some("0")
        } else {
            // From home: the number, perhaps after the trunk prefix. From abroad: the country's code, perhaps after what is
            // dialled for abroad.
            let from_abroad = before.strip_suffix('0').filter(|rest| rest.ends_with(&code)).unwrap_or(before);
            let dialled = from_abroad.strip_suffix(&code);
            before.is_empty()
                || TRUNK.contains(&before)
                || dialled.is_some_and(|first| first.is_empty() || ABROAD.contains(&first))
        };
        if expected { Ok(number) } else { Err(Problem::NotPossible) }
    }
}

/// What the library makes of it.
fn understood(text: &str, region: Option<Region>) -> Result<PhoneNumber, Problem> {
    use rlibphonenumber::{ParseError, ValidationError};
    let number = PHONE_NUMBER_UTIL.parse(text, region).map_err(|error| match error {
        ParseError::InvalidCountryCode => Problem::NoSuchCountry,
        ParseError::TooShortNsn | ParseError::TooShortAfterIdd => Problem::TooShort,
        ParseError::TooLongNsn => Problem::TooLong,
        ParseError::NotANumber(_) => Problem::NotANumber,
    })?;
    if number.is_valid() {
        let premium = number.get_type() == PhoneNumberType::PremiumRate;
        return if premium { Err(Problem::Premium) } else { Ok(number) };
    }
    // Not a range in use: set apart for drama, or newer than the library. Then it must be as long as a mobile number there,
    // or a digit is missing: some service numbers are so short that nearly any beginning of a number has a possible length.
    let length = number.is_possible_with_reason();
    match length
        .and_then(|_| PHONE_NUMBER_UTIL.is_possible_number_for_type_with_reason(&number, PhoneNumberType::Mobile))
    {
        Ok(NumberLengthType::IsPossible) => {}
        Ok(NumberLengthType::IsPossibleLocalOnly) | Err(ValidationError::TooShort) => return Err(Problem::TooShort),
        Err(ValidationError::TooLong) => return Err(Problem::TooLong),
        Err(ValidationError::InvalidCountryCode) => return Err(Problem::NoSuchCountry),
        Err(ValidationError::InvalidLength) => return Err(Problem::NotPossible),
    }
    // After the country's code a 0 stands in few countries. Elsewhere it is a national spelling from another country.
    if number.get_national_significant_number().starts_with('0') { Err(Problem::NotPossible) } else { Ok(number) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(typed: &str, region: &str, expected: Result<&str, Problem>) {
        let region = Some(region).filter(|region| !region.is_empty());
        let number = Number::parse(typed, region).map(|number| number.to_string());
        assert_eq!(number.as_deref(), expected.as_ref().map(|text| *text), "{typed:?} in {region:?}");
    }

    #[test]
    fn any_usual_spelling() {
        let jo = Ok("+447700900123");
        for typed in [
            "07700 900123",
            "07700900123",
            "07700-900-123",
            "(07700) 900123",
            "07700.900.123",
            "07700/900123",
            " 07700\u{a0}900\u{202f}123 ",
            "07700\u{2011}900123",
            "7700 900123",
            "+44 7700 900123",
            "+44 (0)7700 900123",
            "+44 (0) 7700 900 123",
            "+44.7700.900123",
            "0044 7700 900123",
            "00 44 (0)7700 900123",
            "447700900123",
            "tel:+44-7700-900123",
            "TEL: 07700 900123",
            "\u{202a}+44 7700 900123\u{202c}",
            "＋４４ ７７００ ９００１２３",
            "٠٧٧٠٠ ٩٠٠١٢٣",
            "۰۷۷۰۰۹۰۰۱۲۳",
        ] {
            check(typed, "GB", jo);
        }
        check("+44 7700 900123", "", jo);
        check("0044 7700 900123", "", jo);
        check("0044 7700 900123", "US", jo);
        check("011 44 7700 900123", "US", jo);
        check("07700 900123", "gb", jo);
    }

    #[test]
    fn extensions() {
        for typed in [
            "020 7946 0000 x12",
            "020 7946 0000 ext. 12",
            "020 7946 0000 ext 12",
            "020 7946 0000 extension 12",
            "020 7946 0000 Ext: 12",
            "020 7946 0000 #12",
            "020 7946 0000,,12",
            "+442079460000;ext=12",
            "tel:+44-20-7946-0000;ext=12",
        ] {
            check(typed, "GB", Ok("+442079460000;ext=12"));
        }
        check("+442079460000;ext=007", "", Ok("+442079460000;ext=007"));
        check("020 7946 0000 x", "GB", Err(Problem::Extension));
        check("020 7946 0000 ext 12 or 13", "GB", Err(Problem::Extension));
        check("020 7946 0000 x123456789", "GB", Err(Problem::Extension));
        check("+442079460000;phone-context=example.org", "", Err(Problem::Letters));
    }

    /// Inputs on which another library loses digits or invents some.
    #[test]
    fn no_digit_is_lost() {
        check("+33142764978", "US", Ok("+33142764978"));
        check("+33 1 42 76 49 78", "US", Ok("+33142764978"));
        check("+33 (0)1 42 76 49 78", "US", Ok("+33142764978"));
        check("01 42 76 49 78", "FR", Ok("+33142764978"));
        check("01 42 76 49 78", "US", Err(Problem::NotPossible));
        check("+78005553535", "RU", Ok("+78005553535"));
        check("+78005553535", "US", Ok("+78005553535"));
        check("8 800 555-35-35", "RU", Ok("+78005553535"));
        check("+3367a829916", "FR", Err(Problem::Letters));
        check("+972 50 123 45678 90123", "IL", Err(Problem::TooLong));
        check("+44 7700 900123 07700 900456", "GB", Err(Problem::TooLong));
        check("07700 900123 / 07700 900456", "GB", Err(Problem::TooLong));
    }

    #[test]
    fn other_countries() {
        check("(202) 555-0173", "US", Ok("+12025550173"));
        check("1 202 555 0173", "US", Ok("+12025550173"));
        check("06 6982 1234", "IT", Ok("+390669821234"));
        check("+39 06 6982 1234", "GB", Ok("+390669821234"));
        check("030 123456", "DE", Ok("+4930123456"));
        check("+353 (0)1 234 5678", "GB", Ok("+35312345678"));
        check("+49 (0)30 123456", "GB", Ok("+4930123456"));
        check("06 1 234 5678", "HU", Ok("+3612345678"));
        check("+800 1234 5678", "GB", Ok("+80012345678"));
        // Understood only by rewriting it: ask again rather than guess.
        check("0343 15 555 1212", "AR", Err(Problem::NotPossible));
        check("0 15 11 96123-4567", "BR", Err(Problem::NotPossible));
        check("11 96123-4567", "BR", Ok("+5511961234567"));
        check("0800 1111", "GB", Ok("+448001111"));
        check("01632 960123", "GB", Ok("+441632960123"));
        check("+44 808 157 0123", "", Ok("+448081570123"));
        check("+54 9 11 2345 6789", "AR", Ok("+5491123456789"));
    }

    #[test]
    fn what_is_no_number() {
        for (typed, problem) in [
            ("", Problem::Empty),
            (" \u{a0}\u{200e}", Problem::Empty),
            ("tel:", Problem::Empty),
            ("+", Problem::NotANumber),
            ("()", Problem::NotANumber),
            ("0800 FLOWERS", Problem::Letters),
            ("O7700 900123", Problem::Letters),
            ("jo@example.org", Problem::Letters),
            ("+44+7700900123", Problem::NotANumber),
            ("07700 900123+", Problem::NotANumber),
            ("07700 900123*", Problem::NotANumber),
            ("07700 900123\u{0}", Problem::NotANumber),
            ("½7700 900123", Problem::NotANumber),
            ("999", Problem::TooShort),
            ("07700 90012", Problem::TooShort),
            ("07700 900", Problem::TooShort),
            ("07700 9001234", Problem::TooLong),
            ("+44 7700 9001234", Problem::TooLong),
            ("+49 670496704969969", Problem::TooLong),
            ("+999 123 456 789", Problem::NoSuchCountry),
            ("+0 7700 900123", Problem::NoSuchCountry),
            ("0909 879 0000", Problem::Premium),
        ] {
            check(typed, "GB", Err(problem));
        }
        check("07700 900123", "", Err(Problem::NoRegion));
        check("07700 900123", "ZZ", Err(Problem::NoRegion));
        check(&"7".repeat(65_536), "GB", Err(Problem::TooLong));
        check(&"(".repeat(65_536), "GB", Err(Problem::TooLong));
    }

    #[test]
    fn what_was_stored_is_read_back_and_shown_in_groups() {
        for (typed, shown) in [
            ("07700 900123", "+44 7700 900123"),
            ("020 7946 0000 x12", "+44 20 7946 0000 ext. 12"),
            ("+39 06 6982 1234", "+39 06 6982 1234"),
        ] {
            let number = Number::parse(typed, Some("GB")).unwrap();
            assert_eq!(Number::parse(&number.to_string(), None), Ok(number.clone()));
            assert_eq!(Number::parse(&spaced(&number), None), Ok(number.clone()));
            assert_eq!(spaced(&number), shown);
        }
    }

    #[test]
    fn regions() {
        assert!(is_region("GB") && is_region("US"));
        assert!(!is_region("ZZ") && !is_region("") && !is_region("England"));
    }
}
