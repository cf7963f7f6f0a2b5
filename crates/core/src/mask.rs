//! What may be shown of an address or a number to somebody who has proven nothing.
//!
//! The number of stars is fixed: the length of what they hide must not leak. Nothing is shown that is so rare that it would
//! tell a person from a decoy (see [`crate::crowd`]): only plain letters, and only public suffixes that many people have.

/// What hides the rest of a mailbox, of a domain and of a number.
const MAILBOX: &str = "*****@";
const DOMAIN: &str = "****";
const NUMBER: &str = "*********";

/// `jobloggs@mssociety.co.uk` → `jo*****@m****.co.uk`: the first two letters of the mailbox (fewer if it is short or goes on
/// otherwise), one of the organisation's domain, and the public suffix (publicsuffix.org) whole, if it is no rare one.
/// Subdomains are not shown. All in small letters: how somebody writes an address would tell a real one from a decoy's.
pub fn email(address: &str) -> String {
    let (mailbox, domain) = address.rsplit_once('@').unwrap_or((address, ""));
    let length = mailbox.chars().count();
    let mailbox = mailbox.to_lowercase();
    let shown: String = mailbox.chars().take(2.min(length / 2)).take_while(char::is_ascii_alphabetic).collect();
    let domain = domain.to_lowercase();
    let suffix = psl::suffix_str(&domain).unwrap_or_default();
    let name = psl::domain_str(&domain).and_then(|name| name.chars().next());
    let letter = name.filter(char::is_ascii_alphanumeric).map(String::from).unwrap_or_default();
    of_mailbox(&shown, &of_domain(&letter, suffix))
}

/// `+447700900123` → `*********23`: the last two digits.
pub fn phone(number: &str) -> String {
    let digits: Vec<char> = number.chars().filter(char::is_ascii_digit).collect();
    let from = digits.len().saturating_sub(2);
    let last: String = digits.iter().skip(from).collect();
    format!("{NUMBER}{last}")
}

/// The mask of a mailbox of which these letters are shown, at a domain of which this is.
pub(crate) fn of_mailbox(letters: &str, domain: &str) -> String {
    format!("{letters}{MAILBOX}{domain}")
}

/// What is shown of a domain: its first letter, and the suffix if it is no rare one.
pub(crate) fn of_domain(letter: &str, suffix: &str) -> String {
    let known = SUFFIXES.iter().any(|(known, _)| *known == suffix) && !suffix.is_empty();
    if known { format!("{letter}{DOMAIN}.{suffix}") } else { format!("{letter}{DOMAIN}") }
}

/// The letters shown of a mailbox, and what is shown of the domain.
pub(crate) fn parts_of_email(mask: &str) -> Option<(&str, &str)> {
    mask.split_once(MAILBOX)
}

/// The letter shown of a domain, and the suffix.
pub(crate) fn parts_of_domain(shown: &str) -> (&str, &str) {
    let (letter, rest) = shown.split_once(DOMAIN).unwrap_or_default();
    (letter, rest.trim_start_matches('.'))
}

/// The digits shown of a number.
pub(crate) fn digits(mask: &str) -> &str {
    mask.trim_start_matches('*')
}

/// Public suffixes that are shown, and how usual they are among addresses that are at no large provider. The empty one is for
/// all others.
pub(crate) const SUFFIXES: [(&str, u64); 73] = [
    ("com", 150),
    ("net", 20),
    ("org", 20),
    ("co.uk", 40),
    ("org.uk", 8),
    ("me.uk", 2),
    ("ac.uk", 4),
    ("uk", 6),
    ("edu", 6),
    ("gov", 1),
    ("info", 4),
    ("biz", 1),
    ("me", 5),
    ("io", 3),
    ("eu", 5),
    ("online", 1),
    ("email", 1),
    ("dev", 1),
    ("app", 1),
    ("name", 1),
    ("de", 25),
    ("at", 4),
    ("ch", 5),
    ("fr", 12),
    ("be", 4),
    ("nl", 8),
    ("lu", 1),
    ("it", 8),
    ("es", 6),
    ("pt", 2),
    ("ie", 3),
    ("dk", 3),
    ("se", 4),
    ("no", 3),
    ("fi", 2),
    ("is", 1),
    ("ee", 1),
    ("lv", 1),
    ("lt", 1),
    ("pl", 5),
    ("cz", 3),
    ("sk", 1),
    ("hu", 2),
    ("ro", 2),
    ("bg", 1),
    ("gr", 2),
    ("hr", 1),
    ("si", 1),
    ("rs", 1),
    ("ua", 1),
    ("com.ua", 1),
    ("ru", 3),
    ("com.tr", 1),
    ("co.il", 1),
    ("us", 1),
    ("ca", 6),
    ("com.mx", 1),
    ("com.br", 4),
    ("com.ar", 1),
    ("com.au", 8),
    ("net.au", 1),
    ("org.au", 1),
    ("co.nz", 2),
    ("co.za", 2),
    ("in", 3),
    ("co.in", 2),
    ("com.sg", 1),
    ("com.hk", 1),
    ("cn", 2),
    ("jp", 2),
    ("co.jp", 2),
    ("co.kr", 1),
    ("", 3),
];

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
            ("élodie@café.fr", "*****@c****.fr"),
            ("joélle@übung.de", "jo*****@****.de"),
            ("jo.bloggs@city.museum", "jo*****@c****"),
            ("x@localhost", "*****@****"),
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

    #[test]
    fn masks_come_apart_as_they_were_made() {
        let (letters, domain) = parts_of_email("jo*****@m****.co.uk").expect("a mask");
        assert_eq!((letters, parts_of_domain(domain)), ("jo", ("m", "co.uk")));
        assert_eq!(parts_of_domain("****"), ("", ""));
        assert_eq!(digits("*********23"), "23");
        for (suffix, _) in SUFFIXES.iter().filter(|(suffix, _)| !suffix.is_empty()) {
            assert_eq!(psl::suffix_str(&format!("example.{suffix}")), Some(*suffix), "a public suffix");
        }
    }
}
