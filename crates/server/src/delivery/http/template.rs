//! Texts with places to fill in, such as `{"to": "{to}"}`.
//!
//! A place is a word of small letters in braces. Any other brace stands for itself, so that JSON can be written as it is.
//! What is filled in is encoded for where it stands; the template's own text is not touched.

/// How what is filled in is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// Inside a JSON string (RFC 8259).
    Json,
    /// Percent encoding of all but unreserved characters (RFC 3986): right for a path, a query and a form alike.
    Percent,
    /// Inside an XML element or attribute.
    Xml,
    /// As it is.
    Plain,
}

/// A template that was checked: each of its places is known.
#[derive(Clone)]
pub(crate) struct Template {
    pieces: Vec<Piece>,
}

#[derive(Clone)]
enum Piece {
    Own(String),
    Place(String),
}

impl Template {
    /// Takes a template apart.
    ///
    /// # Errors
    /// If a place is not one of `known`; the sentence lists those.
    pub(crate) fn parse(text: &str, known: &[&str]) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut own = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('{') {
            let (before, from) = rest.split_at(at);
            own.push_str(before);
            let Some((name, after)) = place(from) else {
                own.push('{');
                rest = from.get(1..).unwrap_or_default();
                continue;
            };
            if !known.contains(&name) {
                let known: Vec<String> = known.iter().map(|name| format!("{{{name}}}")).collect();
                return Err(format!("there is no {{{name}}}; what can be filled in is: {}", known.join(", ")));
            }
            pieces.push(Piece::Own(std::mem::take(&mut own)));
            pieces.push(Piece::Place(name.to_owned()));
            rest = after;
        }
        own.push_str(rest);
        pieces.push(Piece::Own(own));
        Ok(Self { pieces })
    }

    /// The text with every place filled in.
    pub(crate) fn fill(&self, encoding: Encoding, value: impl Fn(&str) -> String) -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Own(text) => text.clone(),
            Piece::Place(name) => encode(&value(name), encoding),
        };
        self.pieces.iter().map(piece).collect()
    }

    /// Whether a place is in it.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.pieces.iter().any(|piece| matches!(piece, Piece::Place(place) if place == name))
    }

    /// What stands before the first place.
    pub(crate) fn beginning(&self) -> &str {
        match self.pieces.first() {
            Some(Piece::Own(text)) => text,
            _ => "",
        }
    }
}

/// The name in `{name}` at the beginning, and what follows.
fn place(text: &str) -> Option<(&str, &str)> {
    let (name, after) = text.strip_prefix('{')?.split_once('}')?;
    let is_word = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    is_word.then_some((name, after))
}

/// A value, encoded for where it stands.
pub(crate) fn encode(value: &str, encoding: Encoding) -> String {
    match encoding {
        Encoding::Json => {
            let quoted = serde_json::Value::from(value).to_string();
            quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default().to_owned()
        }
        Encoding::Percent => percent(value),
        Encoding::Xml => xml(value),
        Encoding::Plain => value.to_owned(),
    }
}

fn percent(value: &str) -> String {
    let byte = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    value.bytes().map(byte).collect()
}

/// Text for an XML element or attribute; characters that XML 1.0 does not allow at all are left out.
pub(crate) fn xml(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\t' | '\n' | '\r' => out.push(c),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {}
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(template: &str, encoding: Encoding, value: &str, filled: &str) {
        let template = Template::parse(template, &["to", "text"]).unwrap();
        assert_eq!(template.fill(encoding, |_| value.to_owned()), filled);
    }

    #[test]
    fn values_are_encoded_for_where_they_stand() {
        check(r#"{"to":"{to}"}"#, Encoding::Json, "a\"},\\\n\u{1}é", r#"{"to":"a\"},\\\n\u0001é"}"#);
        check("to={to}&x={x y}", Encoding::Percent, "+44 &=é{to}", "to=%2B44%20%26%3D%C3%A9%7Bto%7D&x={x y}");
        check(
            "<a b='{to}'>{text}</a>",
            Encoding::Xml,
            "<&'\">\u{8}",
            "<a b='&lt;&amp;&apos;&quot;&gt;'>&lt;&amp;&apos;&quot;&gt;</a>",
        );
        check("{text}", Encoding::Plain, "{to} <>&", "{to} <>&");
        check("{}{ {A} {{to}} }", Encoding::Plain, "x", "{}{ {A} {x} }");
    }

    #[test]
    fn an_unknown_place_is_an_error_that_lists_the_known() {
        let error = Template::parse("to={tel}", &["to", "text"]).err();
        assert_eq!(error.as_deref(), Some("there is no {tel}; what can be filled in is: {to}, {text}"));
    }

    #[test]
    fn what_is_filled_in_is_not_read_as_a_template() {
        let template = Template::parse("{to}-{text}", &["to", "text"]).unwrap();
        assert_eq!(template.fill(Encoding::Plain, |name| format!("{{{name}}}")), "{to}-{text}");
        assert!(template.has("to") && !template.has("key"));
        assert_eq!(template.beginning(), "");
    }
}
