//! An event as a line of JSON: the same in exports, in syslog and for a webhook.
//!
//! `detail` stands last and as it was written, so that the hash can be checked from the line alone.

use regain_core::audit::chain::{Linked, Row};
use regain_core::{Digest, Time};
use serde::{Deserialize, Serialize};

/// What comes before `detail`.
const DETAIL: &str = ",\"detail\":";

/// All of it but `detail`.
#[derive(Serialize, Deserialize)]
struct Line {
    seq: Option<i64>,
    time: String,
    at: i64,
    act: String,
    outcome: String,
    user_id: String,
    account: Option<String>,
    address: String,
    browser: String,
    reference: String,
    flow: String,
    id: String,
    seal: Option<String>,
    hash: Option<String>,
}

/// A checkpoint's line.
#[derive(Serialize, Deserialize)]
struct Point {
    checkpoint: String,
}

/// What a line holds.
pub enum Read {
    /// An event.
    Event(Box<Linked>),
    /// An event without a place in the chain.
    Waiting,
    /// A checkpoint as it was signed.
    Checkpoint(String),
}

/// A moment as RFC 3339 writes it, in UTC, to the millisecond.
pub fn time(at: Time) -> String {
    let at = jiff::Timestamp::from_millisecond(at.0).unwrap_or_default();
    format!("{at:.3}")
}

/// An event in its place.
pub fn event(event: &Linked) -> String {
    write(&event.row, Some((event.seq, event.hash)))
}

/// An event that has no place yet.
pub fn waiting(row: &Row) -> String {
    write(row, None)
}

/// A checkpoint.
pub fn checkpoint(line: &str) -> String {
    json(&Point { checkpoint: line.to_owned() })
}

fn write(row: &Row, place: Option<(i64, Digest)>) -> String {
    let line = json(&Line {
        seq: place.map(|(seq, _)| seq),
        time: time(Time(row.at)),
        at: row.at,
        act: row.act.clone(),
        outcome: row.outcome.clone(),
        user_id: row.user_id.clone(),
        account: row.account.clone(),
        address: row.address.clone(),
        browser: row.browser.clone(),
        reference: row.reference.clone(),
        flow: row.flow.clone(),
        id: row.id.clone(),
        seal: row.seal.clone(),
        hash: place.map(|(_, hash)| hash.hex()),
    });
    // What is not an object of JSON was not written by Regain; as a text it can be looked at.
    let whole = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&row.detail).is_ok();
    let detail = if whole && !row.detail.contains(['\n', '\r']) { row.detail.clone() } else { json(&row.detail) };
    format!("{}{DETAIL}{detail}}}", line.trim_end_matches('}'))
}

/// Texts and numbers always have a form in JSON.
fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// Reads a line.
///
/// # Errors
/// What is wrong with it.
pub fn read(line: &str) -> Result<Read, String> {
    if let Ok(point) = serde_json::from_str::<Point>(line) {
        return Ok(Read::Checkpoint(point.checkpoint));
    }
    let parsed: Line = serde_json::from_str(line).map_err(|error| format!("not a line of an export ({error})"))?;
    // Within a text, quotes have a backslash before them: this is the key, and not a part of a value.
    let detail = line.split_once(DETAIL).and_then(|(_, rest)| rest.trim_end().strip_suffix('}'));
    let detail = detail.ok_or("there is no detail at its end")?;
    let detail = serde_json::from_str::<String>(detail).unwrap_or_else(|_| detail.to_owned());
    let (Some(seq), Some(hash)) = (parsed.seq, parsed.hash) else { return Ok(Read::Waiting) };
    let hash = Digest::from_hex(&hash).ok_or("the hash is not 64 hexadecimal characters")?;
    let row = Row {
        id: parsed.id,
        at: parsed.at,
        flow: parsed.flow,
        reference: parsed.reference,
        user_id: parsed.user_id,
        account: parsed.account,
        act: parsed.act,
        outcome: parsed.outcome,
        detail,
        address: parsed.address,
        browser: parsed.browser,
        seal: parsed.seal,
    };
    Ok(Read::Event(Box::new(Linked { seq, hash, row })))
}

/// The same line in ASCII alone: other characters become `\u` and four digits, which JSON reads as the same.
pub fn ascii(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    for c in line.chars() {
        if c.is_ascii() {
            plain.push(c);
        } else {
            plain.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(detail: &str, browser: &str) -> Row {
        let row = Row { detail: detail.into(), browser: browser.into(), ..Row::default() };
        Row { id: "a".into(), user_id: "zoë@example.org".into(), seal: Some("b".into()), ..row }
    }

    #[test]
    fn what_is_written_is_read_again_to_the_byte() {
        let details =
            [r#"{"act":"code_sent","method":"text","step":1}"#, r#"{ "z": 1, "a": "é" }"#, "not JSON", "{\n}"];
        for detail in details {
            for browser in ["", "x,", "a\",\"detail\":{}", "\\", "}"] {
                let linked = Linked { seq: 7, hash: Digest([9; 32]), row: row(detail, browser) };
                for line in [event(&linked), ascii(&event(&linked))] {
                    assert!(!line.contains('\n'));
                    let Ok(Read::Event(found)) = read(&line) else { panic!("{line}") };
                    let unescaped = found.row.detail.replace("\\u00e9", "é");
                    let Linked { seq, hash, row } = *found;
                    assert_eq!(Linked { row: Row { detail: unescaped, ..row }, seq, hash }, linked, "{line}");
                }
            }
        }
        assert!(ascii(&waiting(&row("{}", "🦀"))).is_ascii());
    }
}
