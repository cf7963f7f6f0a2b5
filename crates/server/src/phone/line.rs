//! What sort of line a number is, as far as its digits tell, and the countries there are.

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberType};

use super::Number;

/// Whether a text reaches a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Line {
    /// A mobile, or one that cannot be told from a mobile (North America).
    Mobile,
    /// A landline.
    Fixed,
    /// A service: freephone, shared cost, voicemail, pager, a company's one number.
    Service,
    /// A range that the tables do not know: set apart, or newer than they are.
    Unknown,
}

/// Numbers that Ofcom sets apart for drama, as mobiles: demonstrations and tests use them.
const DRAMA: &str = "+447700900";

/// What sort of line this is.
pub fn line(number: &Number) -> Line {
    use PhoneNumberType as Type;
    if number.e164().starts_with(DRAMA) {
        return Line::Mobile;
    }
    let Ok(parsed) = PHONE_NUMBER_UTIL.parse(number.e164(), None) else { return Line::Unknown };
    match parsed.get_type() {
        Type::Mobile | Type::FixedLineOrMobile => Line::Mobile,
        Type::FixedLine => Line::Fixed,
        Type::TollFree
        | Type::PremiumRate
        | Type::SharedCost
        | Type::VoIP
        | Type::PersonalNumber
        | Type::Pager
        | Type::UAN
        | Type::VoiceMail => Line::Service,
        Type::Unknown => Line::Unknown,
    }
}

/// All countries whose numbers are known: two letters (ISO 3166) and the code that is dialled from abroad. In no order.
pub fn countries() -> Vec<(String, i32)> {
    let code = |region: rlibphonenumber::Region| {
        Some((region.to_string(), PHONE_NUMBER_UTIL.get_country_code_for_region(region)?))
    };
    PHONE_NUMBER_UTIL.get_supported_regions().filter_map(code).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A mobile and a landline as people write them at home, in twenty countries.
    #[test]
    fn mobiles_and_landlines_are_told_apart() {
        for (region, mobile, e164, fixed) in [
            ("GB", "07400 123456", "+447400123456", "020 7946 0958"),
            ("FR", "06 12 34 56 78", "+33612345678", "01 42 76 49 78"),
            ("DE", "0151 23456789", "+4915123456789", "030 123456"),
            ("ES", "612 34 56 78", "+34612345678", "810 12 34 56"),
            ("IT", "312 345 6789", "+393123456789", "06 6982 1234"),
            ("NL", "06 12345678", "+31612345678", "010 123 4567"),
            ("BE", "0470 12 34 56", "+32470123456", "012 34 56 78"),
            ("IE", "085 012 3456", "+353850123456", "01 234 5678"),
            ("PT", "912 345 678", "+351912345678", "212 345 678"),
            ("PL", "512 345 678", "+48512345678", "12 345 67 89"),
            ("SE", "070 123 45 67", "+46701234567", "08 12 34 56"),
            ("NO", "406 12 345", "+4740612345", "21 23 45 67"),
            ("DK", "34 41 23 45", "+4534412345", ""),
            ("CH", "078 123 45 67", "+41781234567", "021 234 56 78"),
            ("AT", "0664 123456", "+43664123456", "01 234567890"),
            ("AU", "0412 345 678", "+61412345678", "(02) 1234 5678"),
            ("NZ", "021 123 4567", "+64211234567", "03-234 5678"),
            ("IN", "081234 56789", "+918123456789", "022 2345 6789"),
            ("ZA", "071 123 4567", "+27711234567", "010 123 4567"),
            ("JP", "090-1234-5678", "+819012345678", "03-1234-5678"),
        ] {
            let number =
                Number::parse(mobile, Some(region)).unwrap_or_else(|error| panic!("{region} {mobile}: {error}"));
            assert_eq!(number.e164(), e164, "{region} {mobile}");
            assert_eq!(line(&number), Line::Mobile, "{region} {mobile}");
            if !fixed.is_empty() {
                let number =
                    Number::parse(fixed, Some(region)).unwrap_or_else(|error| panic!("{region} {fixed}: {error}"));
                assert_eq!(line(&number), Line::Fixed, "{region} {fixed}");
            }
        }
    }

    #[test]
    fn services_and_what_nobody_knows() {
        for (typed, expected) in [
            ("0800 1111", Line::Service),
            ("+800 1234 5678", Line::Service),
            ("+44 7700 900123", Line::Mobile),
            ("+44 1632 960123", Line::Unknown),
            ("+1 202 456 1111", Line::Mobile),
        ] {
            let number = Number::parse(typed, Some("GB")).unwrap();
            assert_eq!(line(&number), expected, "{typed}");
        }
    }

    #[test]
    fn countries_have_their_codes() {
        let all = countries();
        assert!(all.len() > 200, "{}", all.len());
        for known in [("GB", 44), ("US", 1), ("FR", 33), ("IN", 91)] {
            assert!(all.contains(&(known.0.to_owned(), known.1)), "{known:?}");
        }
    }
}
