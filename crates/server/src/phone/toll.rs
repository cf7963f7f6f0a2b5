//! Where codes do not go, whoever asks: numbers that cost extra, satellites, and countries that nobody allowed.

use rlibphonenumber::PHONE_NUMBER_UTIL;

use super::{Number, Problem, known};

/// Countries whose numbers get texts and calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Countries {
    /// All there are.
    All,
    /// These (ISO 3166, in capitals).
    Only(Vec<String>),
}

/// Why no code goes to a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Barred {
    /// Whoever owns such a number earns by being called.
    #[error("calls to this number cost extra")]
    Premium,
    /// Inmarsat, other satellites and networks of no country: calls there cost many times as much.
    #[error("this number belongs to a satellite or to no country")]
    Satellite,
    /// A country that is not on the list.
    #[error("codes do not go to this country; see budget.countries")]
    Country,
    /// What is kept is no telephone number, or is none any more.
    #[error("this is not a telephone number in international form; register it again")]
    NoNumber,
}

impl Barred {
    /// Whether nothing goes there at all. A country that is not on the list still hears of what was done to the account: that
    /// number may be the only one that can object.
    pub const fn even_for_notices(self) -> bool {
        !matches!(self, Self::Country)
    }
}

/// Codes of satellites and of networks that belong to no country (ITU-T E.164, assigned country codes).
const NO_COUNTRY: [&str; 5] = ["870", "878", "881", "882", "883"];

/// Why no code goes to this number, as it is kept, if so.
pub fn barred(kept: &str, countries: &Countries) -> Option<Barred> {
    let number = match Number::parse(kept, None) {
        Ok(number) => number,
        // It was ordinary when it was registered: ranges are given other uses, and the library learns of it.
        Err(Problem::Premium) => return Some(Barred::Premium),
        Err(_) => return Some(Barred::NoNumber),
    };
    let digits = number.e164().trim_start_matches('+');
    if NO_COUNTRY.iter().any(|code| digits.starts_with(code)) {
        return Some(Barred::Satellite);
    }
    match countries {
        Countries::All => None,
        Countries::Only(allowed) => {
            let country = country(&number);
            let on_the_list = country.is_some_and(|country| allowed.contains(&country));
            (!on_the_list).then_some(Barred::Country)
        }
    }
}

/// The country of a telephone number as somebody writes it, if it says so itself.
pub fn country_of(typed: &str) -> Option<String> {
    country(&Number::parse(typed, None).ok()?)
}

/// The country a number belongs to; where several share a code and the number is none in use, the main one.
fn country(number: &Number) -> Option<String> {
    let parsed = PHONE_NUMBER_UTIL.parse(number.e164(), None).ok()?;
    let main = || PHONE_NUMBER_UTIL.get_region_for_country_code(parsed.country_code);
    let region = parsed.get_region_code().or_else(main)?.to_string();
    known(&region).map(|_| region)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_go_to_ordinary_numbers_of_the_countries_on_the_list() {
        let only = |list: &[&str]| Countries::Only(list.iter().map(|country| (*country).to_owned()).collect());
        for (typed, countries, expected) in [
            ("+44 7700 900123", only(&["GB"]), None),
            ("+44 7400 123456", only(&["GB"]), None),
            ("+44 7797 712345", only(&["GB"]), Some(Barred::Country)),
            ("+44 7797 712345", only(&["GB", "JE"]), None),
            ("+33 6 12 34 56 78", only(&["GB"]), Some(Barred::Country)),
            ("+33 6 12 34 56 78", only(&["GB", "FR"]), None),
            ("+33 6 12 34 56 78", Countries::All, None),
            ("+1 202 456 1111", only(&["US"]), None),
            ("+1 876 555 0123", only(&["US"]), Some(Barred::Country)),
            ("+1 416 555 0123", only(&["US"]), Some(Barred::Country)),
            ("+870 773 123456", Countries::All, Some(Barred::Satellite)),
            ("+881 612 345678", Countries::All, Some(Barred::Satellite)),
            ("+883 510 012345", Countries::All, Some(Barred::Satellite)),
            ("+800 1234 5678", only(&["GB"]), Some(Barred::Country)),
            ("+44 909 879 0000", only(&["GB"]), Some(Barred::Premium)),
            ("+44 909 879 0000", Countries::All, Some(Barred::Premium)),
            ("+1 900 555 0123", Countries::All, Some(Barred::Premium)),
            ("07700 900123", only(&["GB"]), Some(Barred::NoNumber)),
            ("+999 123 456 789", Countries::All, Some(Barred::NoNumber)),
            ("", Countries::All, Some(Barred::NoNumber)),
        ] {
            assert_eq!(barred(typed, &countries), expected, "{typed} {countries:?}");
        }
        assert_eq!(country_of("+44 300 555 0184").as_deref(), Some("GB"));
        assert_eq!(country_of("0300 555 0184"), None);
    }
}
