//! The forms for a phone and for an email address. What was typed stays, whatever is wrong with it.

use std::sync::{Arc, LazyLock};

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use regain_core::method::{ContactKind, Method};
use regain_core::register::{Problem, View};
use regain_core::registration;

use super::reasons::{of_address, of_number, of_wish};
use super::wish::{Wish, grant};
use super::{Reply, look, to};
use crate::address;
use crate::phone::{self, Barred, Line, Number};
use crate::text::Text;
use crate::web::page::Shell;
use crate::web::signed_in::{self, PostedIn, SignedIn};
use crate::web::visitor::Asked;
use crate::web::{Refusal, Web};

/// A country as the list shows it.
pub(crate) struct Country {
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) dial: i32,
}

/// All countries, by name.
static COUNTRIES: LazyLock<Vec<Country>> = LazyLock::new(|| {
    let text = Text::english();
    let named = |(code, dial): (String, i32)| {
        let name = text.say_plain("country", &[("code", code.as_str().into())]);
        Country { code, name, dial }
    };
    let mut all: Vec<Country> = phone::countries().into_iter().map(named).collect();
    all.sort_by_cached_key(|country| plain(&country.name));
    all
});

/// The name without accents, to sort by.
fn plain(name: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    name.nfd().filter(char::is_ascii).collect::<String>().to_lowercase()
}

#[derive(Template)]
#[template(path = "register/phone.html")]
pub(crate) struct PhonePage<'a> {
    page: Shell<'a>,
    problems: Vec<String>,
    countries: &'static [Country],
    region: String,
    number: String,
    /// The number there is now, in words.
    now: String,
    text: bool,
    call: bool,
    /// Whether a text to a number of an unknown sort was warned of.
    warned: bool,
    /// Whether the number comes from what the organisation knows.
    known: bool,
}

#[derive(Template)]
#[template(path = "register/email.html")]
pub(crate) struct EmailPage<'a> {
    page: Shell<'a>,
    problems: Vec<String>,
    address: String,
    now: String,
    known: bool,
}

/// `GET /register/phone`.
pub(crate) async fn phone_form(
    State(web): State<Arc<Web>>,
    person: SignedIn,
    Ok(asked): Result<Asked, std::convert::Infallible>,
) -> Reply {
    let mut page = phone_page(&web, &person).await?;
    if asked.get("known").is_some() {
        page.number = super::pages::known(&web, &person, ContactKind::Mobile).await.unwrap_or_default();
        page.known = !page.number.is_empty();
    }
    signed_in::show(StatusCode::OK, &page)
}

async fn phone_page<'a>(web: &'a Web, person: &SignedIn) -> Result<PhonePage<'a>, Refusal> {
    let page = person.shell(web, "register-phone-title");
    let ways = registration::ways_to_prove(&web.app.policy, ContactKind::Mobile);
    Ok(PhonePage {
        problems: Vec::new(),
        countries: &COUNTRIES,
        region: web.app.settings.organisation.region.clone().unwrap_or_default().to_uppercase(),
        number: String::new(),
        now: now(web, person, ContactKind::Mobile).await?,
        text: ways.contains(&Method::Text),
        call: ways.contains(&Method::MobileCall),
        warned: false,
        known: false,
        page,
    })
}

/// What is registered of this kind, as people read it.
async fn now(web: &Web, person: &SignedIn, kind: ContactKind) -> Result<String, Refusal> {
    let View::Open { rows, .. } = look(web, person).await? else { return Ok(String::new()) };
    let row = rows.into_iter().find(|row| row.kind == kind && row.verified.is_some());
    Ok(row.and_then(|row| row.address).map(|address| spelled(kind, &address)).unwrap_or_default())
}

/// As people read it.
pub(crate) fn spelled(kind: ContactKind, address: &str) -> String {
    let number = || Number::parse(address, None).map(|number| phone::spaced(&number)).ok();
    let number = if kind == ContactKind::Email { None } else { number() };
    number.unwrap_or_else(|| address.to_owned())
}

/// `POST /register/phone`.
pub(crate) async fn phone(State(web): State<Arc<Web>>, posted: PostedIn) -> Reply {
    let (person, fields) = (posted.person, &posted.fields);
    let (region, typed) = (fields.get("region")?, fields.get("number")?);
    let method = match fields.maybe("by") {
        Some("call") => Method::MobileCall,
        _ => Method::Text,
    };
    let (problem, warned) = match number(typed, region, method, fields.maybe("sure").is_some()) {
        Ok(number) => return grant(&web, person, Wish::Prove { method, address: number.to_string() }).await,
        Err(found) => found,
    };
    let mut page = phone_page(&web, &person).await?;
    (page.page.error, page.region, page.number, page.warned) = (true, region.to_owned(), typed.to_owned(), warned);
    page.problems = vec![page.page.say(problem)];
    signed_in::show(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

/// The number, if a code can go there in this way; else the key of what is wrong, and whether it may be tried all the same.
fn number(typed: &str, region: &str, method: Method, sure: bool) -> Result<Number, (&'static str, bool)> {
    let region = Some(region).filter(|region| phone::is_region(region));
    let number = Number::parse(typed, region).map_err(|problem| (of_number(problem), false))?;
    if number.extension().is_some() {
        return Err(("register-phone-extension", false));
    }
    match phone::line(&number) {
        _ if method != Method::Text => Ok(number),
        Line::Mobile => Ok(number),
        Line::Unknown if sure => Ok(number),
        Line::Unknown => Err(("register-phone-unknown", true)),
        Line::Fixed => Err(("register-phone-landline", false)),
        Line::Service => Err(("register-phone-service", false)),
    }
}

/// `GET /register/email`.
pub(crate) async fn email_form(
    State(web): State<Arc<Web>>,
    person: SignedIn,
    Ok(asked): Result<Asked, std::convert::Infallible>,
) -> Reply {
    let mut page = email_page(&web, &person).await?;
    if asked.get("known").is_some() {
        page.address = super::pages::known(&web, &person, ContactKind::Email).await.unwrap_or_default();
        page.known = !page.address.is_empty();
    }
    signed_in::show(StatusCode::OK, &page)
}

async fn email_page<'a>(web: &'a Web, person: &SignedIn) -> Result<EmailPage<'a>, Refusal> {
    let page = person.shell(web, "register-email-title");
    let now = now(web, person, ContactKind::Email).await?;
    Ok(EmailPage { page, problems: Vec::new(), address: String::new(), now, known: false })
}

/// `POST /register/email`.
pub(crate) async fn email(State(web): State<Arc<Web>>, posted: PostedIn) -> Reply {
    let typed = posted.fields.get("address")?;
    match address::email(typed) {
        Ok(address) => grant(&web, posted.person, Wish::Prove { method: Method::Email, address }).await,
        Err(problem) => {
            let mut page = email_page(&web, &posted.person).await?;
            (page.page.error, page.address) = (true, typed.to_owned());
            page.problems = vec![page.page.say(of_address(problem))];
            signed_in::show(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}

/// A contact that came back in a form of ours, in the form in which contacts are kept; nothing if it is none.
pub(super) fn in_kept_form(method: Method, typed: &str) -> Option<Wish> {
    let address = match method {
        Method::Email => address::email(typed).ok()?,
        Method::Text | Method::MobileCall => number(typed, "", method, true).ok()?.to_string(),
        Method::OfficeCall => return None,
    };
    Some(Wish::Prove { method, address })
}

/// Why core would not send a code there, on the form, with what was typed.
pub(super) fn refused(web: &Arc<Web>, person: &SignedIn, method: Method, address: &str, problem: Problem) -> Reply {
    if problem == Problem::Frozen || problem == Problem::Overtaken {
        return Ok(to("/register"));
    }
    let said = of_wish(&person.shell(web, "register-title"), problem);
    turned_down(web, person, method, address, said)
}

/// No code goes to such a number, whoever it is: on the form, with what was typed.
pub(super) fn barred(web: &Arc<Web>, person: &SignedIn, method: Method, address: &str, why: Barred) -> Reply {
    let page = person.shell(web, "register-title");
    let key = match why {
        Barred::Premium => "register-phone-premium",
        Barred::Satellite => "register-phone-satellite",
        Barred::Country => "register-phone-abroad",
        Barred::NoNumber => "register-phone-impossible",
    };
    let said = page.say_with(key, &[("team", page.team().into())]);
    turned_down(web, person, method, address, said)
}

fn turned_down(web: &Arc<Web>, person: &SignedIn, method: Method, address: &str, said: String) -> Reply {
    let kind = method.contact();
    let mut page =
        person.shell(web, if kind == ContactKind::Email { "register-email-title" } else { "register-phone-title" });
    page.error = true;
    let (problems, now) = (vec![said], String::new());
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    if kind == ContactKind::Email {
        let address = address.to_owned();
        return signed_in::show(status, &EmailPage { page, problems, address, now, known: false });
    }
    let ways = registration::ways_to_prove(&web.app.policy, kind);
    let region = web.app.settings.organisation.region.clone().unwrap_or_default().to_uppercase();
    let page = PhonePage {
        page,
        problems,
        countries: &COUNTRIES,
        region,
        number: spelled(kind, address),
        now,
        text: ways.contains(&Method::Text),
        call: ways.contains(&Method::MobileCall),
        warned: false,
        known: false,
    };
    signed_in::show(status, &page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_country_has_a_name() {
        for country in COUNTRIES.iter() {
            assert_ne!(country.name, country.code, "a name for {}", country.code);
        }
        let names: Vec<&str> = COUNTRIES.iter().map(|country| country.name.as_str()).collect();
        assert_eq!(&names[..3], ["Afghanistan", "Åland Islands", "Albania"]);
    }

    #[test]
    fn a_text_goes_to_nothing_that_cannot_show_it() {
        for (typed, by, sure, expected) in [
            ("07400 123456", Method::Text, false, Ok("+447400123456")),
            ("020 7946 0958", Method::Text, false, Err("register-phone-landline")),
            ("020 7946 0958", Method::Text, true, Err("register-phone-landline")),
            ("020 7946 0958", Method::MobileCall, false, Ok("+442079460958")),
            ("0800 1111", Method::Text, false, Err("register-phone-service")),
            ("01632 960123", Method::Text, false, Err("register-phone-unknown")),
            ("01632 960123", Method::Text, true, Ok("+441632960123")),
            ("0909 879 0000", Method::MobileCall, false, Err("register-phone-premium")),
            ("07400 123456 ext 3", Method::Text, false, Err("register-phone-extension")),
            ("07400", Method::Text, false, Err("register-phone-short")),
        ] {
            let found = number(typed, "GB", by, sure).map(|number| number.to_string()).map_err(|(key, _)| key);
            assert_eq!(found.as_deref(), expected.as_ref().copied(), "{typed} {by:?}");
        }
    }
}
