//! Taking a typed number apart before anyone says what it means.

use unicode_normalization::UnicodeNormalization as _;

use super::Problem;

/// More than this is no telephone number, however generously it is spaced.
const LONGEST: usize = 100;

/// The digits of a number, and what stood around them.
pub(super) struct Spelling {
    /// Whether a plus sign stood first.
    pub(super) plus: bool,
    /// The digits before the extension.
    pub(super) digits: String,
    /// The digits of the extension.
    pub(super) extension: Option<String>,
}

impl Spelling {
    pub(super) fn read(typed: &str) -> Result<Self, Problem> {
        let plain = plain(typed)?;
        let text = plain.strip_prefix("tel:").unwrap_or(&plain).trim();
        if text.is_empty() {
            return Err(Problem::Empty);
        }
        let end = text.find(|c: char| c.is_alphabetic() || matches!(c, '#' | ';' | ',')).unwrap_or(text.len());
        let (number, rest) = text.split_at_checked(end).unwrap_or((text, ""));
        let extension = extension(rest)?;
        let (plus, number) = number.strip_prefix('+').map_or((false, number), |number| (true, number));
        if number.chars().any(|c| !c.is_ascii_digit() && !separates(c)) {
            return Err(Problem::NotANumber);
        }
        let digits: String = number.chars().filter(char::is_ascii_digit).collect();
        if digits.is_empty() {
            return Err(if extension.is_some() || rest.is_empty() { Problem::NotANumber } else { Problem::Letters });
        }
        Ok(Self { plus, digits, extension })
    }
}

/// In small letters, with ASCII digits and one kind of space and dash, without marks that only steer the direction of text.
fn plain(typed: &str) -> Result<String, Problem> {
    if typed.chars().take(LONGEST + 1).count() > LONGEST {
        return Err(Problem::TooLong);
    }
    // A fraction would fall apart into digits that nobody typed.
    if typed.contains(|c: char| c.is_numeric() && digit(c).is_none()) {
        return Err(Problem::NotANumber);
    }
    let visible = typed.chars().filter(|c| !steers(*c));
    let folded = visible.map(|c| digit(c).unwrap_or(c)).nfkc().flat_map(char::to_lowercase);
    Ok(folded.map(|c| if c.is_whitespace() { ' ' } else { c }).collect::<String>().trim().to_owned())
}

/// The ASCII digit for a decimal digit of a script in which telephones are labelled.
fn digit(c: char) -> Option<char> {
    const ZEROS: [char; 8] = ['0', '\u{660}', '\u{6f0}', '\u{966}', '\u{9e6}', '\u{e50}', '\u{1040}', '\u{ff10}'];
    let value = ZEROS.iter().find_map(|zero| u32::from(c).checked_sub(u32::from(*zero)).filter(|value| *value < 10))?;
    char::from_digit(value, 10)
}

/// Marks that show nothing: direction of text, joiners, byte order. They come along when a number is pasted.
fn steers(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{ad}')
}

fn separates(c: char) -> bool {
    matches!(c, ' ' | '-' | '.' | '(' | ')' | '[' | ']' | '/' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{b7}')
}

/// What stands after the number: nothing, or an extension of up to 8 digits after one of the usual marks.
fn extension(rest: &str) -> Result<Option<String>, Problem> {
    const MARKS: [&str; 8] = [";ext=", ";ext", "extension", "ext", "x", "#", ",,", ","];
    if rest.is_empty() {
        return Ok(None);
    }
    let after = MARKS.iter().find_map(|mark| rest.strip_prefix(mark)).ok_or(Problem::Letters)?;
    let digits = after.trim_start_matches(['.', ':', ' ']).trim_end();
    let fits = (1..=8).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    if fits { Ok(Some(digits.to_owned())) } else { Err(Problem::Extension) }
}
