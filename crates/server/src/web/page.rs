//! What every page shows, and the care team's card.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

use super::visitor::Visitor;
use super::when::{When, hour};
use super::{Refusal, Web};
use crate::text::{Text, Value};

/// The frame of a page.
pub(crate) struct Shell<'a> {
    pub(crate) text: &'static Text,
    pub(crate) web: &'a Web,
    /// The page's heading.
    pub(crate) title: String,
    /// Whether something has to be put right: the browser's tab says so too.
    pub(crate) error: bool,
    /// The token for its forms.
    pub(crate) csrf: String,
    /// Whether it is shown under a name that is not ours, where neither style nor links would be found.
    pub(crate) bare: bool,
    /// Whether somebody is signed in, who can sign out.
    pub(crate) signed_in: bool,
}

impl<'a> Shell<'a> {
    /// A frame whose heading has this key.
    pub(crate) fn new(web: &'a Web, csrf: impl Into<String>, title: &str) -> Self {
        let text = Text::english();
        Self { text, web, title: text.say(title), error: false, csrf: csrf.into(), bare: false, signed_in: false }
    }

    /// For the visitor who posts its forms.
    pub(crate) fn of(web: &'a Web, visitor: &Visitor, title: &str) -> Self {
        Self::new(web, visitor.csrf(&web.app.keys), title)
    }

    pub(crate) fn say(&self, key: &str) -> String {
        self.text.say(key)
    }

    pub(crate) fn say_with(&self, key: &str, values: &[(&str, Value<'_>)]) -> String {
        self.text.say_with(key, values)
    }

    /// A sentence that tells what the User ID usually is.
    pub(crate) fn say_user_id(&self, key: &str) -> String {
        let own = self.web.app.settings.organisation.user_id_hint.clone();
        let usual = own.map_or_else(|| self.say("user-id-usual"), |own| own.trim().trim_end_matches('.').to_owned());
        self.say_with(key, &[("usual", usual.as_str().into())])
    }

    /// What the browser's tab shows.
    pub(crate) fn full_title(&self) -> String {
        let values = [("page", self.title.as_str().into()), ("organisation", self.organisation().into())];
        let title = self.text.say_plain("page-title", &values);
        if self.error { format!("{} {title}", self.say("error-prefix")) } else { title }
    }

    pub(crate) fn organisation(&self) -> &'a str {
        &self.web.app.settings.organisation.name
    }

    /// The first letter of the organisation's name, in place of a logo.
    pub(crate) fn initial(&self) -> String {
        let first = self.organisation().chars().find(|c| c.is_alphanumeric());
        first.map(|c| c.to_uppercase().collect()).unwrap_or_default()
    }

    pub(crate) fn team(&self) -> &'a str {
        &self.web.app.settings.care_team.name
    }

    /// Our own sign-in page, with the User ID filled in.
    pub(crate) fn sign_in_here(&self, user_id: &str) -> String {
        with_user_id("/", user_id)
    }

    /// The way back into the account, with the User ID filled in.
    pub(crate) fn reset(&self, user_id: &str) -> String {
        with_user_id("/reset", user_id)
    }

    /// The way to an account that is locked, with the User ID filled in.
    pub(crate) fn unlock(&self, user_id: &str) -> String {
        with_user_id("/unlock", user_id)
    }

    /// Where people sign in.
    pub(crate) fn sign_in(&self, user_id: &str) -> String {
        let elsewhere = self.web.app.settings.organisation.sign_in_url.clone();
        elsewhere.unwrap_or_else(|| with_user_id("/", user_id))
    }

    pub(crate) fn when(&self) -> When<'a> {
        When { text: self.text, team: &self.web.app.settings.care_team, now: self.web.app.clock.now() }
    }
}

/// An address of ours that carries a User ID along.
pub(crate) fn with_user_id(page: &str, user_id: &str) -> String {
    if user_id.is_empty() {
        return page.to_owned();
    }
    let typed: String = form_urlencoded::byte_serialize(user_id.as_bytes()).collect();
    format!("{page}?username={typed}")
}

/// A rendered page for this visitor.
pub(crate) fn respond(
    web: &Web,
    visitor: &Visitor,
    status: StatusCode,
    page: &impl Template,
) -> Result<Response, Refusal> {
    let html = page.render()?;
    Ok(visitor.remembered(web, (status, Html(html)).into_response()))
}

/// How to reach the care team, and when.
pub(crate) struct Care {
    pub(crate) name: String,
    pub(crate) mail: String,
    pub(crate) telephone: String,
    /// The number as a telephone dials it.
    pub(crate) dial: String,
    pub(crate) status: String,
    pub(crate) open: bool,
    pub(crate) week: Vec<Day>,
    pub(crate) zone: String,
    pub(crate) holidays: String,
}

/// A day of the care team's week.
pub(crate) struct Day {
    pub(crate) day: String,
    pub(crate) hours: String,
    pub(crate) today: bool,
}

impl Care {
    pub(crate) fn new(when: &When<'_>) -> Self {
        let (team, text) = (when.team, when.text);
        let telephone = team.telephone.clone().unwrap_or_default();
        let week = team.hours.week.iter().enumerate().map(|(place, shifts)| {
            let shift = |shift: &regain_core::hours::Shift| {
                text.say_plain("shift", &[("from", hour(shift.from).into()), ("until", hour(shift.until).into())])
            };
            let hours: Vec<String> = shifts.iter().map(shift).collect();
            let hours = if hours.is_empty() { text.say("closed") } else { hours.join(", ") };
            Day { day: when.weekday(place), hours, today: place == when.today() }
        });
        let today = team.local(when.now).day;
        let coming = team.holidays.iter().zip(&team.hours.holidays).filter(|(_, day)| **day >= today);
        let holidays: Vec<String> = coming.map(|(date, _)| when.date(*date)).collect();
        Self {
            name: team.name.clone(),
            mail: team.mail.clone().unwrap_or_default(),
            dial: telephone.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect(),
            telephone,
            status: when.open(),
            open: matches!(team.status(when.now), regain_core::hours::Status::Open { .. }),
            week: week.collect(),
            zone: team.zone_name.replace('_', " "),
            holidays: holidays.join(", "),
        }
    }
}
