//! What of a gateway is made of others' texts, for `fuzz/targets`: compiled for the fuzzer alone.

use super::http::template::{Encoding, Template, encode};

/// The first line is a template, the rest is filled in: it ends nowhere but where it was put.
pub fn template(text: &str) {
    let (template, value) = text.split_once('\n').unwrap_or((text, ""));
    if let Ok(template) = Template::parse(template, &["to", "text"]) {
        let plain = template.fill(Encoding::Plain, |_| value.to_owned());
        assert!(plain.starts_with(template.beginning()));
        if !template.has("to") && !template.has("text") {
            assert_eq!(plain, text.split('\n').next().unwrap_or_default());
        }
    }
    let quoted: String = serde_json::from_str(&format!("\"{}\"", encode(value, Encoding::Json))).expect("JSON");
    assert_eq!(quoted, value);
    let percent = encode(value, Encoding::Percent);
    assert!(percent.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~%".contains(&byte)));
    let read: Vec<(String, String)> = form_urlencoded::parse(format!("x={percent}").as_bytes()).into_owned().collect();
    assert_eq!(read, [("x".to_owned(), value.to_owned())]);
    let xml = encode(value, Encoding::Xml);
    assert!(!xml.contains(['<', '>', '"', '\'', '\0']));
}
