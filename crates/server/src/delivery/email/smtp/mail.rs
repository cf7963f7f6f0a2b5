//! Writes a mail (RFC 5322): plain words and HTML as alternatives, in ASCII, ready to follow `DATA`.

use std::time::{Duration, SystemTime};

use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, MultiPart, SinglePart};
use lettre::{Address, message::MessageBuilder};
use sha2::{Digest, Sha256};

use crate::clock::Clock;
use crate::delivery::Failure;

/// What a mail is made of.
pub(super) struct Parts<'a> {
    /// Who sends.
    pub(super) from: &'a Mailbox,
    /// Who gets it.
    pub(super) to: &'a Address,
    /// The message's own name.
    pub(super) key: &'a str,
    /// The subject.
    pub(super) subject: &'a str,
    /// The words, plain.
    pub(super) text: &'a str,
    /// The words as HTML.
    pub(super) html: &'a str,
}

/// The mail with its end mark, dots doubled (RFC 5321, 4.5.2).
///
/// Its Message-ID comes from the key, so a mail that was sent twice because an answer was lost can be recognised.
/// `Auto-Submitted` (RFC 3834) keeps absence notes from answering.
pub(super) fn write(parts: &Parts<'_>) -> Result<String, Failure> {
    let name = name(parts.key);
    let alternatives = MultiPart::alternative()
        .boundary(format!("=_{name}"))
        .singlepart(SinglePart::plain(parts.text.to_owned()))
        .singlepart(SinglePart::html(parts.html.to_owned()));
    let mail = head(parts, &name).multipart(alternatives).map_err(unwritten)?;
    let lines = String::from_utf8(mail.formatted()).map_err(unwritten)?;
    Ok(end_marked(&lines))
}

fn head(parts: &Parts<'_>, name: &str) -> MessageBuilder {
    let auto = HeaderName::new_from_ascii_str("Auto-Submitted");
    Message::builder()
        .from(parts.from.clone())
        .to(Mailbox::new(None, parts.to.clone()))
        .subject(one_line(parts.subject))
        .date(now())
        .message_id(Some(format!("<{name}@{}>", parts.from.email.domain())))
        .raw_header(HeaderValue::new(auto, "auto-generated".into()))
}

/// The key as 32 characters that may stand anywhere and tell nothing.
fn name(key: &str) -> String {
    let digest = Sha256::digest(key.as_bytes());
    data_encoding::HEXLOWER.encode(digest.get(..16).unwrap_or(&digest))
}

/// A header is one line: whatever would end it becomes a space.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c }).collect()
}

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(Clock::real().now().0).unwrap_or_default())
}

fn unwritten(error: impl std::error::Error) -> Failure {
    Failure::Unavailable(format!("the mail cannot be written ({error})"))
}

fn end_marked(lines: &str) -> String {
    let mut out = String::with_capacity(lines.len() + 16);
    for line in lines.split_inclusive("\r\n") {
        if line.starts_with('.') {
            out.push('.');
        }
        out.push_str(line);
    }
    if !out.ends_with("\r\n") {
        out.push_str("\r\n");
    }
    out.push_str(".\r\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(subject: &str, text: &str) -> String {
        let from = "Help <help@example.org>".parse().unwrap();
        let to = "jo@example.org".parse().unwrap();
        write(&Parts { from: &from, to: &to, key: "flow:1", subject, text, html: "<p>hi</p>" }).unwrap()
    }

    #[test]
    fn a_subject_cannot_make_a_header_or_a_body() {
        for end in ["\r\n", "\n", "\r", "\r\n\r\n", "\u{2028}", "\u{85}", "\0"] {
            let mail = mail(&format!("Hello{end}Bcc: eve@example.org"), "x");
            assert!(!mail.lines().any(|line| line.starts_with("Bcc")), "{mail}");
            let head = mail.split("\r\n\r\n").next().unwrap();
            assert!(head.contains("Auto-Submitted: auto-generated"), "{mail}");
        }
    }

    #[test]
    fn a_line_with_a_dot_alone_does_not_end_the_mail() {
        let mail = mail("x", "one\r\n.\r\n..two\r\nQUIT");
        assert_eq!(mail.matches("\r\n.\r\n").count(), 1, "{mail}");
        assert!(mail.contains("\r\n..\r\n...two\r\n"), "{mail}");
    }

    #[test]
    fn the_message_id_is_the_same_at_each_try() {
        let id = |mail: &str| mail.lines().find(|line| line.starts_with("Message-ID: ")).unwrap().to_owned();
        assert_eq!(id(&mail("x", "y")), id(&mail("x", "y")));
        assert!(id(&mail("x", "y")).ends_with("@example.org>"));
        assert_ne!(name("flow:1"), name("flow:2"));
    }
}
