//! What may be shown of an address or a number to somebody who has proven nothing.
//!
//! The number of stars is fixed: the length of what they hide must not leak.

/// `jobloggs@mssociety.co.uk` → `jo*****@m****.co.uk`: the first two letters of the mailbox (fewer if it is short or goes on
/// otherwise), one of the organisation's domain, and the public suffix (publicsuffix.org) whole. Subdomains are not shown.
/// All in small letters: how somebody writes an address would tell a real one from a decoy's.
pub fn email(address: &str) -> String {
    let (mailbox, domain) = address.rsplit_once('@').unwrap_or((address, ""));
    let length = mailbox.chars().count();
    let mailbox = mailbox.to_lowercase();
    let shown: String = mailbox.chars().take(2.min(length / 2)).take_while(|c| c.is_alphabetic()).collect();
    let domain = domain.to_lowercase();
    let suffix = psl::suffix_str(&domain).unwrap_or_default();
    let name = psl::domain_str(&domain).and_then(|name| name.chars().next()).map(String::from).unwrap_or_default();
    let dot = if suffix.is_empty() { "" } else { "." };
    format!("{shown}*****@{name}****{dot}{suffix}")
}

/// `+447700900123` → `*********23`: the last two digits.
pub fn phone(number: &str) -> String {
    let digits: Vec<char> = number.chars().filter(char::is_ascii_digit).collect();
    let from = digits.len().saturating_sub(2);
    let last: String = digits.iter().skip(from).collect();
    format!("*********{last}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn email_masks() {
        for (address, masked) in [
            ("jobloggs@mssociety.co.uk", "jo*****@m****.co.uk"),
            ("jo.bloggs@example.org", "jo*****@e****.org"),
            ("a@b.com", "*****@b****.com"),
            ("abc@mail.example.com", "a*****@e****.com"),
            ("Poll@EXAMPLE.ORG", "po*****@e****.org"),
            ("j.bloggs7@example.org", "j*****@e****.org"),
            ("élodie@café.fr", "él*****@c****.fr"),
            ("x@localhost", "*****@****.localhost"),
            ("no-at-sign", "no*****@****"),
            ("", "*****@****"),
        ] {
            assert_eq!(email(address), masked, "{address}");
        }
    }

    #[test]
    fn masks_do_not_tell_the_length() {
        assert_eq!(email("john@example.org"), email("jonathan.longname@exceedingly-long.org"));
        assert_eq!(phone("+441"), phone("+447700900041"));
    }

    #[test]
    fn phone_shows_two_digits() {
        assert_eq!(phone("+447700900123"), "*********23");
        assert_eq!(phone("+44 20 7946 0000;ext=12"), "*********12");
    }
}
