//! Where pages and messages lead: to us, and nowhere else.

/// What in a page fetches something or leads somewhere.
const LEADING: [&str; 7] = ["href", "src", "action", "formaction", "srcset", "poster", "data"];

/// Fails if something in a page leads elsewhere than to this address, or to one of these, which somebody configured.
#[track_caller]
pub(crate) fn page(html: &str, public_url: &str, configured: &[&str]) {
    for name in LEADING {
        let opening = format!(" {name}=\"");
        let values = html.match_indices(&opening).filter_map(|(at, _)| html[at + opening.len()..].split('"').next());
        for address in values {
            let here = address.starts_with('/') && !address.starts_with("//") && !address.starts_with("/\\");
            let known = address.starts_with(&format!("{public_url}/")) || configured.contains(&address);
            let said = ["#", "?", "mailto:", "tel:"].iter().any(|start| address.starts_with(start));
            assert!(here || known || said || address.is_empty(), "a page leads to {address}:\n{html}");
        }
    }
}

/// Fails if a message names an address that is not below this one.
#[track_caller]
pub(crate) fn message(text: &str, public_url: &str) {
    for (at, _) in text.match_indices("://") {
        let begin = text[..at].rfind(|c: char| !c.is_ascii_alphabetic()).map_or(0, |place| place + 1);
        assert!(text[begin..].starts_with(&format!("{public_url}/")), "a message leads elsewhere:\n{text}");
    }
}
