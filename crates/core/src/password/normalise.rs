//! The forms of a password: the one that is kept, and the one in which words are looked for.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::secret::Secret;

/// The form in which a password is used: any space as U+0020, then NFC (RFC 8265 §4.2.2, OpaqueString). What that profile
/// forbids is told by [`is_typeable`].
pub fn normalised(typed: &Secret) -> Secret {
    let spaced = typed.reveal().chars().map(|c| if c.is_whitespace() && !c.is_control() { ' ' } else { c });
    Secret::new(spaced.nfc().collect::<String>())
}

/// Whether somebody can see this character and type it again. RFC 8264 §9 allows neither controls nor what is invisible,
/// private or no character in a FreeformClass. The joiners and variation selectors inside emoji are let through, because
/// telephones type them by themselves.
pub fn is_typeable(c: char) -> bool {
    let invisible = matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e001f}' | '\u{e0080}'..='\u{e0fff}');
    let private = matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}');
    let none = matches!(u32::from(c) & 0xffff, 0xfffe | 0xffff) || matches!(c, '\u{fdd0}'..='\u{fdef}');
    !(c.is_control() || invisible || private || none)
}

/// The form in which words are looked for, in passwords and in lists alike: no capitals, no accents, no disguises. Letters
/// and signs that stand for each other become one, so that no way of writing a word has to be guessed.
pub fn folded(text: &str) -> Vec<char> {
    let plain = text.nfkd().flat_map(char::to_lowercase);
    let plain =
        plain.nfkd().filter(|c| !is_combining_mark(*c) && is_typeable(*c) && !matches!(c, '\u{200c}' | '\u{200d}'));
    plain
        .flat_map(|c| {
            let (first, second) = latin(c);
            [Some(sign(first)), second.map(sign)].into_iter().flatten()
        })
        .collect()
}

/// The Latin letters that a letter looks like: another alphabet's twin, or a letter with something added.
fn latin(c: char) -> (char, Option<char>) {
    let one = match c {
        'а' | 'α' | 'ɑ' => 'a',
        'в' | 'β' | 'ь' => 'b',
        'с' | 'ϲ' => 'c',
        'đ' | 'ð' | 'ԁ' => 'd',
        'е' | 'ε' | 'є' | 'ə' => 'e',
        'ɡ' => 'g',
        'һ' | 'ħ' | 'н' => 'h',
        'і' | 'ι' | 'ı' => 'i',
        'ј' => 'j',
        'к' | 'κ' => 'k',
        'ł' => 'l',
        'м' => 'm',
        'η' | 'ŋ' | 'п' => 'n',
        'о' | 'ο' | 'ø' | 'σ' | 'ς' => 'o',
        'р' | 'ρ' => 'p',
        'ԛ' => 'q',
        'г' | 'я' => 'r',
        'ѕ' => 's',
        'т' | 'τ' | 'ŧ' => 't',
        'υ' | 'μ' => 'u',
        'ν' | 'ѵ' => 'v',
        'ω' | 'ш' | 'ԝ' => 'w',
        'х' | 'χ' | '×' => 'x',
        'у' | 'γ' => 'y',
        'з' => '3',
        'ч' => '4',
        'б' => '6',
        _ => return double(c),
    };
    (one, None)
}

fn double(c: char) -> (char, Option<char>) {
    match c {
        'æ' => ('a', Some('e')),
        'œ' => ('o', Some('e')),
        'ß' => ('s', Some('s')),
        'þ' => ('t', Some('h')),
        _ => (c, None),
    }
}

/// The letter a digit or sign stands for. Where several are usual (`1` for l and i), those letters become one as well.
/// The first four are the reference product's: 0 1 $ @.
fn sign(c: char) -> char {
    match c {
        '0' => 'o',
        '1' | '!' | '|' | 'i' | '¡' => 'l',
        '$' | '5' | '§' => 's',
        '@' | '4' => 'a',
        '2' => 'z',
        '3' | '€' => 'e',
        '6' | '9' => 'g',
        '7' | '+' => 't',
        '8' => 'b',
        '(' | '<' | '¢' | '©' => 'c',
        '#' => 'h',
        '¥' => 'y',
        other => other,
    }
}

/// The rows of the keyboard that is usual in English.
const ROWS: [&str; 4] = ["`1234567890-=", "qwertyuiop[]\\", "asdfghjkl;'", "zxcvbnm,./"];

/// A word typed with the hands one key too far to the right or to the left; nothing if a key has no neighbour there.
pub fn shifted(word: &str, right: bool) -> Option<String> {
    let neighbour = |c: char| {
        let row = ROWS.iter().find(|row| row.contains(c))?;
        let at = row.chars().position(|key| key == c)?;
        row.chars().nth(if right { at + 1 } else { at.checked_sub(1)? })
    };
    word.chars().flat_map(char::to_lowercase).map(neighbour).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disguises_fall() {
        let cases = [
            ("Bl@nK", "blank"),
            ("p0LL", "poll"),
            ("P@$$w0rd", "password"),
            ("Pаsswоrd", "password"),
            ("pÄsswörd", "password"),
            ("ｐａｓｓｗｏｒｄ", "password"),
            ("pass\u{200b}word", "password"),
            ("l3tm31n", "letmein"),
            ("f00tba11", "football"),
            ("Straße", "strasse"),
            ("œuvre", "oeuvre"),
        ];
        for (disguised, plain) in cases {
            assert_eq!(folded(disguised), folded(plain), "{disguised}");
        }
        assert_ne!(folded("blank"), folded("blink"));
    }

    #[test]
    fn a_shift_of_the_hands() {
        assert_eq!(shifted("password", true).as_deref(), Some("[sddeptf"));
        assert_eq!(shifted("[sddeptf", false).as_deref(), Some("password"));
        assert_eq!(shifted("qwerty", false), None);
        assert_eq!(shifted("naïve", true), None);
    }

    #[test]
    fn what_can_be_typed_again() {
        for good in "aé ß漢😀👩\u{200d}🚀❤\u{fe0f}~\u{200c}".chars() {
            assert!(is_typeable(good), "{good:?}");
        }
        for bad in ['\n', '\t', '\0', '\u{200b}', '\u{202e}', '\u{feff}', '\u{e000}', '\u{ffff}', '\u{85}'] {
            assert!(!is_typeable(bad), "{bad:?}");
        }
    }
}
