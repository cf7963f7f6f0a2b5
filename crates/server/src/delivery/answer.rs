//! What may be kept of a provider's answer: a few words, without the message, its code and its address.
//!
//! Providers like to repeat what they were given. Each gateway's answers and failures pass through here, so that no
//! gateway can let a code slip into a row or a log.

use regain_core::method::issued_code::DIGITS;

use super::http::template::{Encoding, encode};
use super::{Content, Outgoing};

/// The most characters that are kept.
const KEPT: usize = 200;
/// As many characters from the beginning of a line show that it is the message.
const TELLING: usize = 12;
const CUT: &str = "… (the rest repeats the message and is not kept)";

/// The part of `answer` that may be kept.
pub(crate) fn safe(answer: &str, message: &Outgoing<'_>) -> String {
    let answer = without_address(answer, message.to);
    let texts = texts(message.content);
    let (codes, words) = (codes(&texts), words(&texts, &answer));
    let projections = [digits(&answer, false), digits(&answer, true)];
    let code_at = codes.iter().flat_map(|code| projections.iter().filter_map(|read| find(read, code)));
    let cut = code_at.chain(words.iter().filter_map(|words| answer.find(words))).min();
    let kept = answer.get(..cut.unwrap_or(answer.len())).unwrap_or_default();
    let mut safe: String = kept.chars().map(|c| if c.is_control() { ' ' } else { c }).take(KEPT).collect();
    if cut.is_some() {
        safe.push_str(CUT);
    }
    safe
}

fn without_address(answer: &str, to: &str) -> String {
    let number = to.split(';').next().unwrap_or(to);
    let digits = number.trim_start_matches('+');
    let long = [to, number, digits].into_iter().filter(|form| form.len() > 5);
    long.fold(answer.to_owned(), |answer, form| answer.replace(form, "(address)"))
}

fn texts(content: &Content) -> Vec<&str> {
    match content {
        Content::Email { subject, text, html } => vec![subject, text, html],
        Content::Text(text) => vec![text],
        Content::Call(spoken) => {
            vec![&spoken.before, spoken.digits.as_deref().unwrap_or_default(), &spoken.after]
        }
    }
}

/// How each line of a message begins, in every way in which it may come back; only of such lines as this answer may repeat.
fn words(texts: &[&str], answer: &str) -> Vec<String> {
    let lines = texts.iter().flat_map(|text| text.lines()).map(|line| line.trim().chars().take(TELLING).collect());
    let telling = lines.filter(|line: &String| line.chars().count() == TELLING && answer.contains(longest_word(line)));
    let encodings = [Encoding::Plain, Encoding::Json, Encoding::Percent, Encoding::Xml];
    let ways = |line: String| {
        let form = form_urlencoded::byte_serialize(line.as_bytes()).collect::<String>();
        encodings.map(|encoding| encode(&line, encoding)).into_iter().chain([form])
    };
    telling.flat_map(ways).collect()
}

/// The longest part that every encoding leaves as it is.
fn longest_word(line: &str) -> &str {
    line.split(|c: char| !c.is_ascii_alphanumeric()).max_by_key(|word| word.len()).unwrap_or_default()
}

/// Everything in a message that may be a code: runs of as many digits as a code has, or more; written in groups too.
fn codes(texts: &[&str]) -> Vec<String> {
    let length = DIGITS as usize;
    let mut codes: Vec<String> = Vec::new();
    for text in texts {
        let runs = text.split(|c: char| !c.is_ascii_digit()).filter(|run| run.len() >= length);
        codes.extend(runs.map(String::from));
        let groups = text.split(|c: char| !c.is_ascii_digit() && !matches!(c, ' ' | '-' | '\u{a0}'));
        let right = groups.filter(|run| run.bytes().filter(u8::is_ascii_digit).count() == length);
        codes.extend(right.map(|run| run.chars().filter(char::is_ascii_digit).collect::<String>()));
    }
    codes
}

/// The digits of a text, each with its place; `decoded` reads `%31` and `\u0031` as the digit they stand for.
fn digits(text: &str, decoded: bool) -> Vec<(usize, char)> {
    let mut found = Vec::new();
    let mut skip = 0;
    for (at, c) in text.char_indices() {
        if at < skip {
            continue;
        }
        let escape = if decoded { escape(text.get(at..).unwrap_or_default()) } else { None };
        let c = escape.map_or(c, |(length, c)| {
            skip = at + length;
            c
        });
        if c.is_ascii_digit() {
            found.push((at, c));
        }
    }
    found
}

fn escape(text: &str) -> Option<(usize, char)> {
    let (prefix, length) = if text.starts_with('%') { (1, 2) } else { (text.strip_prefix("\\u").map(|_| 2)?, 4) };
    let code = u32::from_str_radix(text.get(prefix..prefix + length)?, 16).ok()?;
    Some((prefix + length, char::from_u32(code).unwrap_or(' ')))
}

/// Where the code begins, whatever stands between its digits.
fn find(read: &[(usize, char)], code: &str) -> Option<usize> {
    let code: Vec<char> = code.chars().collect();
    let at = |window: &[(usize, char)]| window.iter().map(|(_, c)| c).eq(&code);
    read.windows(code.len()).find(|window| at(window)).and_then(|window| window.first()).map(|(at, _)| *at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::Spoken;

    fn check(content: &Content, answer: &str, kept: &str) {
        let message = Outgoing { to: "+447700900123;ext=9", content, key: "k" };
        assert_eq!(safe(answer, &message), kept, "{answer}");
    }

    #[test]
    fn a_code_is_cut_off_however_it_is_written() {
        let text = Content::Text("Your code is 123 456. Ends at 10:30.\n@host #123456".into());
        for echo in
            ["123456", "123 456", "1, 2, 3, 4, 5, 6", "%31%32%33456", "1%202%203%204%205%206", "\\u0031\\u00323456"]
        {
            check(&text, &format!("OK 42: {echo} and more"), &format!("OK 42: {CUT}"));
        }
        check(&text, "OK id 654321 12345", "OK id 654321 12345");
        let call = Content::Call(Spoken {
            before: "Hello".into(),
            digits: Some("123456".into()),
            after: String::new(),
            language: "en-GB".into(),
        });
        check(
            &call,
            "<Say>1</Say><Say>2</Say><Say>3</Say><Say>4</Say><Say>5</Say><Say>6</Say>",
            &format!("<Say>{CUT}"),
        );
    }

    #[test]
    fn words_of_the_message_are_cut_off_however_they_are_written() {
        let text = Content::Text("Hello:\nGrüß \"Gott\" & Co\n".into());
        for echo in [
            "Grüß \"Gott\" & Co",
            "Grüß \\\"Gott\\\" & Co",
            "Gr%C3%BC%C3%9F+%22Gott%22+",
            "Gr%C3%BC%C3%9F%20%22Gott%22%20",
        ] {
            check(&text, &format!("bad: {echo}"), &format!("bad: {CUT}"));
        }
        check(&text, "Hello: it works", "Hello: it works");
    }

    #[test]
    fn the_address_is_left_out_and_the_length_is_limited() {
        let text = Content::Text("no code".into());
        check(&text, "to +447700900123 (447700900123)\r\nX: y", "to (address) ((address))  X: y");
        check(&text, &"é".repeat(500), &"é".repeat(KEPT));
    }

    #[test]
    fn odd_escapes_are_read_without_harm() {
        let text = Content::Text("123456".into());
        for odd in ["%", "%é", "\\u", "\\u12", "100% of 12", "%zz", "\\uD800é", "%+1"] {
            check(&text, odd, odd);
        }
    }
}
