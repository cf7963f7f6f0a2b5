//! What was posted: small, text, each field once, from one of our own pages.

use std::ops::Deref;
use std::sync::Arc;

use axum::body::to_bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::{HeaderMap, request};
use regain_core::Secret;

use super::page::with_user_id;
use super::visitor::Visitor;
use super::{Refusal, Web, guard};

/// The most characters a User ID may have (an address has at most 254, RFC 5321).
const USER_ID: usize = 320;
/// The most characters a code may be typed with.
const CODE: usize = 32;
/// The most bytes a password may have: 256 characters of four bytes.
const PASSWORD: usize = 1024;
/// The most characters anything else may have.
const OTHER: usize = 320;

/// A form that was read, and who sent it. There is no other way to the fields, so none is read without its token.
pub(crate) struct Posted {
    pub(crate) visitor: Visitor,
    fields: Fields,
}

impl Deref for Posted {
    type Target = Fields;

    fn deref(&self) -> &Fields {
        &self.fields
    }
}

/// What was typed.
pub(crate) struct Fields(Vec<(String, String)>);

impl Fields {
    /// The value of a field that the form always has.
    pub(crate) fn get(&self, name: &str) -> Result<&str, Refusal> {
        self.maybe(name).ok_or(Refusal::Unreadable)
    }

    /// The value of a field that the form may have.
    pub(crate) fn maybe(&self, name: &str) -> Option<&str> {
        find(&self.0, name)
    }

    /// The value of a field that nobody may see.
    pub(crate) fn secret(&self, name: &str) -> Result<Secret, Refusal> {
        self.get(name).map(Secret::new)
    }

    /// The User ID, without the space around it.
    pub(crate) fn user_id(&self, name: &str) -> Result<&str, Refusal> {
        self.get(name).map(str::trim)
    }
}

impl Drop for Fields {
    /// A password does not stay in memory longer than its form.
    fn drop(&mut self) {
        for (_, value) in std::mem::take(&mut self.0) {
            drop(Secret::new(value));
        }
    }
}

/// A form as it came, its token not looked at yet.
pub(super) struct Form {
    pub(super) parts: request::Parts,
    pub(super) fields: Fields,
}

impl Form {
    /// Reads what was posted.
    pub(super) async fn read(request: Request) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        if !is_form(&parts.headers) {
            return Err(Refusal::Media);
        }
        // What is longer was refused before it was read, see `guard::shape`.
        let body = to_bytes(body, usize::MAX).await.map_err(|_| Refusal::Unreadable)?;
        let fields = Fields(read(&body)?);
        Ok(Self { parts, fields })
    }
}

impl FromRequest<Arc<Web>> for Posted {
    type Rejection = Refusal;

    async fn from_request(request: Request, web: &Arc<Web>) -> Result<Self, Refusal> {
        let Form { parts, fields } = Form::read(request).await?;
        let visitor = Visitor::of(web, &parts)?;
        let token = fields.maybe("csrf").unwrap_or_default();
        let known = !visitor.fresh && visitor.csrf_is(&web.app.keys, token);
        if !known || !guard::from_here(&web.app.settings.server, &parts) {
            let user_id = fields.maybe("user_id").or_else(|| fields.maybe("username")).unwrap_or_default();
            let page = match parts.uri.path() {
                path if path.starts_with("/reset") => "/reset",
                path if path.starts_with("/freeze/") => path,
                _ => "/",
            };
            return Err(Refusal::Old { back: with_user_id(page, user_id.trim()) });
        }
        Ok(Self { visitor, fields })
    }
}

/// Whether a form is what was posted: said once, not packed, and as text that we read.
fn is_form(headers: &HeaderMap) -> bool {
    let mut kinds = headers.get_all(CONTENT_TYPE).iter();
    let (Some(kind), None) = (kinds.next().and_then(|kind| kind.to_str().ok()), kinds.next()) else { return false };
    let (kind, more) = kind.split_once(';').unwrap_or((kind, ""));
    let plain = more.trim().is_empty() || more.trim().eq_ignore_ascii_case("charset=utf-8");
    let form = kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded");
    form && plain && !headers.contains_key(CONTENT_ENCODING)
}

fn find<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// Reads a form (WHATWG URL §5.1), but takes no bytes that are not UTF-8, no field twice, and nothing overlong.
pub(super) fn read(body: &[u8]) -> Result<Vec<(String, String)>, Refusal> {
    let mut fields: Vec<(String, String)> = Vec::new();
    for pair in body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
        let at = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
        let (name, value) = pair.split_at(at);
        let (name, value) = (decoded(name)?, decoded(value.get(1..).unwrap_or_default())?);
        if find(&fields, &name).is_some() {
            return Err(Refusal::Unreadable);
        }
        fits(&name, &value)?;
        fields.push((name, value));
    }
    Ok(fields)
}

fn fits(name: &str, value: &str) -> Result<(), Refusal> {
    let long = |most: usize| value.chars().count() > most;
    match name {
        "user_id" | "username" if long(USER_ID) => Err(Refusal::Overlong("overlong-user")),
        // Nobody can type these, and PostgreSQL stores no NUL.
        "user_id" | "username" if value.trim().chars().any(char::is_control) => Err(Refusal::Unreadable),
        "code" if long(CODE) => Err(Refusal::Overlong("overlong-code")),
        "password" | "again" | "old" if value.len() > PASSWORD => Err(Refusal::Overlong("overlong-password")),
        "user_id" | "username" | "code" | "password" | "again" | "old" => Ok(()),
        _ if long(OTHER) => Err(Refusal::Overlong("overlong-field")),
        _ => Ok(()),
    }
}

fn decoded(text: &[u8]) -> Result<String, Refusal> {
    let digit = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(byte) = rest.next() {
        let mut ahead = rest.clone();
        match (byte, digit(ahead.next()), digit(ahead.next())) {
            (b'%', Some(high), Some(low)) => {
                bytes.push(u8::try_from(high * 16 + low).unwrap_or_default());
                rest = ahead;
            }
            (b'+', ..) => bytes.push(b' '),
            _ => bytes.push(*byte),
        }
    }
    String::from_utf8(bytes).map_err(|_| Refusal::Unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_browsers_send() {
        let read = read("user_id=j%C3%B6+b%2Bx%40example.org&csrf=a%3D&empty=&%zz=%".as_bytes()).expect("it reads");
        let expected = [("user_id", "jö b+x@example.org"), ("csrf", "a="), ("empty", ""), ("%zz", "%")];
        assert_eq!(read, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn refuses_what_no_page_of_ours_sends() {
        let long = |name: &str, count: usize| format!("{name}={}", "é".repeat(count)).into_bytes();
        let cases: Vec<(Vec<u8>, Option<Refusal>)> = vec![
            (b"user_id=%ff".to_vec(), Some(Refusal::Unreadable)),
            (b"user_id=\xff".to_vec(), Some(Refusal::Unreadable)),
            (b"user_id=a%00b".to_vec(), Some(Refusal::Unreadable)),
            (b"user_id=a&user_id=b".to_vec(), Some(Refusal::Unreadable)),
            (long("user_id", 320), None),
            (long("user_id", 321), Some(Refusal::Overlong("overlong-user"))),
            (long("code", 33), Some(Refusal::Overlong("overlong-code"))),
            (long("password", 512), None),
            (long("again", 513), Some(Refusal::Overlong("overlong-password"))),
            (long("option", 321), Some(Refusal::Overlong("overlong-field"))),
        ];
        for (body, expected) in cases {
            assert_eq!(read(&body).err(), expected, "{}", String::from_utf8_lossy(&body));
        }
    }
}
