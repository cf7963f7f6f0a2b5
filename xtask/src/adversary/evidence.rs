//! Everything that the server said while it was attacked, looked through as it comes.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::host::Outcome;

/// Attributes that lead somewhere, or load something.
const LEADING: [&str; 8] = ["href", "src", "action", "formaction", "data-strength", "srcset", "poster", "data"];

/// What was looked through so far.
#[derive(Default)]
pub(super) struct Evidence {
    pages: AtomicUsize,
    messages: AtomicUsize,
    links: AtomicUsize,
    strange: Mutex<Vec<String>>,
}

impl Evidence {
    /// Looks through an answer of the site at `url`.
    pub(super) fn page(&self, url: &str, location: Option<&str>, body: &str) {
        self.pages.fetch_add(1, Ordering::Relaxed);
        let attributes =
            attributes(body).into_iter().filter(|(name, _)| LEADING.contains(name)).map(|(_, value)| value);
        for link in attributes.chain(location) {
            self.links.fetch_add(1, Ordering::Relaxed);
            let inside = link.starts_with('/') && !link.starts_with("//") && !link.contains('\\');
            let care = link == "mailto:care@example.org";
            if !(inside || care || link.starts_with('#') || under(url, link)) {
                self.note(format!("a page of {url} leads to \"{link}\""));
            }
        }
    }

    /// Looks through a message that the site at `url` sent; every address in it counts.
    pub(super) fn message(&self, url: &str, to: &str, words: &str) {
        self.messages.fetch_add(1, Ordering::Relaxed);
        for (at, _) in words.match_indices("://") {
            self.links.fetch_add(1, Ordering::Relaxed);
            let begun = words.get(..at).unwrap_or_default();
            let scheme = begun.rsplit(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
            let link = words.get(at - scheme.len()..).unwrap_or_default();
            if !under(url, link) {
                let link: String = link.chars().take(60).collect();
                self.note(format!("a message of {url} to {to} leads to \"{link}\""));
            }
        }
    }

    fn note(&self, told: String) {
        self.strange.lock().unwrap_or_else(PoisonError::into_inner).push(told);
    }

    /// What leads anywhere else, and how much was looked through.
    pub(super) fn verdict(&self) -> Outcome<String> {
        let strange = self.strange.lock().unwrap_or_else(PoisonError::into_inner);
        let count = |of: &AtomicUsize| of.load(Ordering::Relaxed);
        match strange.first() {
            Some(first) => Err(format!("{} links lead elsewhere; the first: {first}", strange.len())),
            None if count(&self.pages) == 0 || count(&self.messages) == 0 => Err("nothing was seen".into()),
            None => Ok(format!(
                "{} links in {} answers and {} messages",
                count(&self.links),
                count(&self.pages),
                count(&self.messages)
            )),
        }
    }
}

/// Names and values of all attributes of a page. What somebody typed stands in text or in a value, with its signs escaped.
fn attributes(page: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    for tag in page.split('<').skip(1) {
        let mut rest = tag.trim_start_matches(|c: char| !c.is_whitespace() && c != '>').trim_start();
        while !rest.is_empty() && !rest.starts_with('>') {
            let (name, after) =
                rest.split_at(rest.find(|c: char| c.is_whitespace() || "=>".contains(c)).unwrap_or(rest.len()));
            rest = after;
            if let Some(after) = after.strip_prefix('=') {
                let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''));
                let after = after.strip_prefix(['"', '\'']).unwrap_or(after);
                let ends = |c: char| quote.map_or(c.is_whitespace() || c == '>', |quote| c == quote);
                let (value, after) = after.split_at(after.find(ends).unwrap_or(after.len()));
                found.push((name, value));
                rest = quote.and_then(|quote| after.strip_prefix(quote)).unwrap_or(after);
            }
            rest = rest.trim_start_matches(|c: char| c.is_whitespace() || (c == '=' && name.is_empty()));
        }
    }
    found
}

fn under(url: &str, link: &str) -> bool {
    link.strip_prefix(url)
        .is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || "@:.-".contains(c)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "http://127.0.0.1:8080";

    #[track_caller]
    fn check(body: &str, good: bool) {
        let evidence = Evidence::default();
        evidence.page(URL, None, body);
        evidence.message(URL, "jo", "no link");
        assert_eq!(evidence.verdict().is_ok(), good, "{body}");
    }

    #[test]
    fn links_that_lead_elsewhere_are_found() {
        check("<a href=\"/reset\">x</a> <img src=/a.png> <a href='http://127.0.0.1:8080/x'>", true);
        check("<a href=\"//evil.example/\">", false);
        check("<a href=\"http://127.0.0.1:80801/\">", false);
        check("<form action=http://evil.example>", false);
        check("<a href=\"javascript:alert(1)\">", false);
        check("<input value=\"&quot;&gt;&lt;img src=//evil.example/x\">&lt;img src=//evil.example/x", true);
        check("<p><img alt=x src=//evil.example/x>", false);
        check("<a = title='a > b' href='https://evil.example'>", false);
        let evidence = Evidence::default();
        evidence.page(URL, Some("/reset"), "");
        evidence.message(URL, "jo", "see http://127.0.0.1:8080/freeze/00 or https://evil.example");
        assert!(evidence.verdict().is_err());
    }
}
