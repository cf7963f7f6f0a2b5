//! A number or an address, as somebody typed it, is refused or read; what is stored of it is read as the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use regain::address::email;
use regain::phone::{Number, line, spaced};

fuzz_target!(|text: &str| {
    for region in [Some("GB"), Some("US"), Some("AR"), Some("IT"), None] {
        let Ok(number) = Number::parse(text, region) else { continue };
        let stored = number.to_string();
        assert_eq!(Number::parse(&stored, None).as_ref(), Ok(&number), "{stored}");
        assert_eq!(Number::parse(&stored, region).as_ref(), Ok(&number), "{stored}");
        assert!(number.e164().len() <= 16 && number.e164().starts_with('+'));
        let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
        assert!(digits(&spaced(&number)).contains(&digits(number.e164())), "no digit is lost");
        let _ = line(&number);
    }
    if let Ok(address) = email(text) {
        assert_eq!(email(&address).as_ref(), Ok(&address));
        assert!(!address.contains(|c: char| c.is_control() || c.is_whitespace()) && address.contains('@'));
    }
});
