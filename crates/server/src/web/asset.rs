//! Style, script, icon and logo: part of the program, served under names that change with their content.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path as UrlPath, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};

use super::{Refusal, Web, brand};
use crate::config::organisation::Organisation;

/// The most bytes a logo may have.
const LOGO: u64 = 64 * 1024;

const CSS: &str = "text/css; charset=utf-8";

/// A file as it is served.
struct Asset {
    kind: &'static str,
    body: Bytes,
}

/// All files, and under which address each is found.
#[derive(Default)]
pub(crate) struct Assets {
    files: HashMap<String, Asset>,
}

/// The addresses that pages refer to.
pub(crate) struct Addresses {
    pub(crate) css: String,
    /// For pages beside the flow.
    pub(crate) more: String,
    /// For the guide, on the screen and on paper.
    pub(crate) guide: String,
    /// For what is registered.
    pub(crate) register: String,
    /// For passphrases to choose from.
    pub(crate) password: String,
    /// For what became of further directories.
    pub(crate) outcomes: String,
    pub(crate) js: String,
    pub(crate) check: String,
    pub(crate) icon: String,
    pub(crate) logo: String,
}

impl Assets {
    /// Makes the files for this organisation.
    ///
    /// # Errors
    /// If its colour or logo cannot be used, with what to do.
    pub(crate) fn new(organisation: &Organisation) -> Result<(Self, Addresses), String> {
        let mut assets = Self::default();
        let brand = brand::variables(&organisation.colour)?;
        let css = format!("{brand}{}", squeezed_css(include_str!("../../assets/regain.css")));
        let logo = match &organisation.logo {
            Some(path) => assets.logo(path)?,
            None => String::new(),
        };
        let addresses = Addresses {
            css: assets.add("css", CSS, css.into()),
            more: assets.add("css", CSS, squeezed_css(include_str!("../../assets/more.css")).into()),
            guide: assets.add("css", CSS, squeezed_css(include_str!("../../assets/guide.css")).into()),
            register: assets.add("css", CSS, squeezed_css(include_str!("../../assets/register.css")).into()),
            password: assets.add("css", CSS, squeezed_css(include_str!("../../assets/password.css")).into()),
            outcomes: assets.add("css", CSS, squeezed_css(include_str!("../../assets/outcomes.css")).into()),
            js: assets.script(include_str!("../../assets/regain.js")),
            check: assets.script(include_str!("../../assets/check.js")),
            icon: assets.add("svg", "image/svg+xml", icon(&organisation.colour).into()),
            logo,
        };
        Ok((assets, addresses))
    }

    fn script(&mut self, source: &str) -> String {
        self.add("js", "text/javascript; charset=utf-8", squeezed_js(source).into())
    }

    fn add(&mut self, ending: &str, kind: &'static str, body: Bytes) -> String {
        let digest = Sha256::digest(&body);
        let name = format!("{}.{ending}", BASE64URL_NOPAD.encode(digest.get(..9).unwrap_or_default()));
        let address = format!("/assets/{name}");
        self.files.insert(name, Asset { kind, body });
        address
    }

    fn logo(&mut self, path: &Path) -> Result<String, String> {
        let wrong = |why: &str| format!("organisation.logo: {}: {why}", path.display());
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_lowercase();
        let kind = match ending.as_str() {
            "svg" => "image/svg+xml",
            "png" => "image/png",
            "jpg" | "jpeg" => "image/jpeg",
            _ => return Err(wrong("use a file that ends in .svg, .png or .jpg")),
        };
        let size = std::fs::metadata(path).map_err(|error| wrong(&error.to_string()))?.len();
        if size > LOGO {
            return Err(wrong("it may have at most 64 KiB; make it smaller"));
        }
        let body = std::fs::read(path).map_err(|error| wrong(&error.to_string()))?;
        Ok(self.add(&ending, kind, body.into()))
    }

    /// How many bytes a page fetches besides itself, for the test that keeps pages small.
    #[cfg(test)]
    pub(crate) fn size(&self, address: &str) -> usize {
        let name = address.strip_prefix("/assets/").expect("an asset");
        self.files[name].body.len()
    }

    /// All files, for tests that write them out to be looked at.
    #[cfg(test)]
    pub(crate) fn each(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files.iter().map(|(name, asset)| (name.as_str(), &asset.body[..]))
    }
}

/// `GET /assets/{name}`. The name changes with the content, so it may be kept for ever.
pub(crate) async fn serve(State(web): State<Arc<Web>>, UrlPath(name): UrlPath<String>) -> Result<Response, Refusal> {
    let asset = web.assets.files.get(&name).ok_or(Refusal::NotFound)?;
    let headers = [(CONTENT_TYPE, asset.kind), (CACHE_CONTROL, "public, max-age=31536000, immutable")];
    Ok((headers, asset.body.clone()).into_response())
}

/// The sign in a browser's tab: a keyhole in the organisation's colour.
fn icon(colour: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 32 32\"><rect width=\"32\" height=\"32\" rx=\"9\" \
         fill=\"{colour}\"/><path fill=\"#fff\" d=\"M16 7a5.5 5.5 0 0 0-2.7 10.3L12 25h8l-1.3-7.7A5.5 5.5 0 0 0 16 7z\"/></svg>"
    )
}

/// Without comments and the space that only people need.
fn squeezed_css(source: &str) -> String {
    let mut rest = source;
    let mut bare = String::new();
    while let Some((before, after)) = rest.split_once("/*") {
        bare.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    bare.push_str(rest);
    let mut text = bare.split_whitespace().collect::<Vec<_>>().join(" ");
    for (long, short) in [
        (" {", "{"),
        ("{ ", "{"),
        ("; ", ";"),
        (": ", ":"),
        (", ", ","),
        (" }", "}"),
        ("} ", "}"),
        (";}", "}"),
        (" > ", ">"),
    ] {
        text = text.replace(long, short);
    }
    text
}

/// Without comment lines, indentation, and the space around signs where a line has neither a text nor a slash in it. Lines
/// stay, so that statements end where they did.
fn squeezed_js(source: &str) -> String {
    let lines = source.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//"));
    lines.map(squeezed_line).collect::<Vec<_>>().join("\n")
}

fn squeezed_line(line: &str) -> String {
    if line.contains(['"', '/', '`', '\'']) {
        return line.to_owned();
    }
    let sign = |c: Option<char>| c.is_some_and(|c| "=+-*&|<>?:;,{}()!^%".contains(c));
    let spared = |before: &str, after: &str| sign(before.chars().next_back()) || sign(after.chars().next());
    let mut short = String::with_capacity(line.len());
    for (at, c) in line.char_indices() {
        let after = line.get(at + 1..).unwrap_or_default();
        if c != ' ' || !spared(&short, after) {
            short.push(c);
        }
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn squeezing_keeps_the_meaning() {
        let css =
            "/* why */\n.a :hover, .b {\n  color: red; margin: 0 calc(1px - 2px);\n}\n@media (x) { .c { d: e; } }\n";
        assert_eq!(squeezed_css(css), ".a :hover,.b{color:red;margin:0 calc(1px - 2px)}@media (x){.c{d:e}}");
        assert_eq!(squeezed_js("// why\n  a();\n\n  b(); // kept\n"), "a();\nb(); // kept");
        assert_eq!(
            squeezed_js("var n = a ? b : c, d;\nreturn n;\ns = \"a + b\";"),
            "var n=a?b:c,d;\nreturn n;\ns = \"a + b\";"
        );
    }

    #[test]
    fn a_logo_that_cannot_be_used_is_named() {
        for path in ["logo.gif", "no-such-file.png"] {
            let organisation = Organisation { logo: Some(path.into()), ..Organisation::default() };
            assert!(Assets::new(&organisation).err().is_some_and(|why| why.contains("organisation.logo")), "{path}");
        }
    }
}
