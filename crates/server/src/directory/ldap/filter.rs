//! Search filters (RFC 4515). A value never gets into one but through [`escaped`].

use std::fmt::Write as _;

/// A value as it may stand in a filter: every byte but plain letters, digits and a few harmless marks as `\xx`.
pub(in crate::directory) fn escaped(value: impl AsRef<[u8]>) -> String {
    let mut text = String::new();
    for byte in value.as_ref() {
        if byte.is_ascii_alphanumeric() || b"@.-_=,".contains(byte) {
            text.push(char::from(*byte));
        } else {
            // Writing to a string does not fail.
            _ = write!(text, "\\{byte:02x}");
        }
    }
    text
}

/// `(attribute=value)`.
pub(in crate::directory) fn equals(attribute: &str, value: impl AsRef<[u8]>) -> String {
    format!("({attribute}={})", escaped(value))
}

/// All of these; each is a filter.
pub(in crate::directory) fn all(filters: &[String]) -> String {
    format!("(&{})", filters.concat())
}

/// Any of these; each is a filter.
pub(in crate::directory) fn any(filters: impl IntoIterator<Item = String>) -> String {
    format!("(|{})", filters.into_iter().collect::<String>())
}

/// Whether a text can be the name of an attribute (RFC 4512, 1.4), with or without options.
pub(in crate::directory) fn is_attribute(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-.;".contains(c))
}

/// Whether a filter that an operator wrote can be understood.
pub(in crate::directory) fn is_filter(text: &str) -> bool {
    ldap3::parse_filter(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_ends_its_filter() {
        for hostile in ["*", "*)(uid=*", "a)(|(b=*)", "\\2a", "\0", "\u{202e}x", "&", "é", "\u{10ffff}", "=1,2", ""] {
            let filter = equals("uid", hostile);
            assert!(is_filter(&filter), "{filter}");
            let inner = filter.trim_start_matches("(uid=").trim_end_matches(')');
            assert!(!inner.contains(['*', '(', ')', '\0', '|', '&', '!']), "{filter}");
        }
        assert_eq!(escaped("a*(b)\\"), "a\\2a\\28b\\29\\5c");
        assert_eq!(all(&[equals("a", "1"), any([equals("b", "2"), equals("c", "3")])]), "(&(a=1)(|(b=2)(c=3)))");
    }

    #[test]
    fn attributes_are_told_from_other_texts() {
        assert!(is_attribute("uid") && is_attribute("1.3.6.1.4.1.1") && is_attribute("mail;lang-en"));
        for wrong in ["", "uid=*", "(uid", "u id", "-uid", "uid)"] {
            assert!(!is_attribute(wrong), "{wrong}");
        }
        assert!(is_filter("(&(objectClass=person)(!(a=b)))") && !is_filter("(uid=") && !is_filter(""));
    }
}
