//! Email addresses, as people type them.

/// What is wrong with what was typed, and what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Nothing.
    #[error("Type an email address.")]
    Empty,
    /// Not an address.
    #[error("This is not an email address. It must look like name@example.org.")]
    NotAnAddress,
}

/// The address without the space around it.
///
/// # Errors
/// What is wrong, with what to do.
pub fn email(typed: &str) -> Result<String, Problem> {
    let address = typed.trim();
    if address.is_empty() {
        return Err(Problem::Empty);
    }
    // RFC 5321 §4.5.3.1.3: a path of 256 octets, with its brackets.
    if address.len() > 254 || address.contains(|c: char| c.is_control() || c.is_whitespace()) {
        return Err(Problem::NotAnAddress);
    }
    let parsed = address.parse::<lettre::Address>().map_err(|_| Problem::NotAnAddress)?;
    // RFC 5321 §4.1.2 and RFC 6531 §3.3: letters of any language, digits and hyphens, or an address in brackets. The library
    // takes more.
    let domain = parsed.domain();
    let letter = |c: char| !c.is_ascii() || c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    let sound = domain.starts_with('[') || domain.chars().all(letter);
    if sound { Ok(address.to_owned()) } else { Err(Problem::NotAnAddress) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for good in [
            "jo@example.org",
            "jo.bloggs+reset@mail.co.uk",
            " jo@example.org ",
            "jo@bücher.example",
            "jo@डाटामेल.भारत",
            "jo@[192.0.2.7]",
        ] {
            assert_eq!(email(good), Ok(good.trim().to_owned()));
        }
        assert_eq!(email(" "), Err(Problem::Empty));
        let long = format!("{}@example.org", "x".repeat(250));
        for bad in [
            "jo",
            "jo@",
            "@example.org",
            "jo bloggs@example.org",
            "jo@example.org\r\nBcc: x@y.org",
            "a@b@c",
            "jo@evil.example-2+3",
            &long,
        ] {
            assert_eq!(email(bad), Err(Problem::NotAnAddress), "{bad}");
        }
    }
}
