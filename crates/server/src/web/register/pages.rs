//! From what there is to see of a registration to the page that shows it.

use askama::Template;
use axum::http::StatusCode;
use regain_core::Time;
use regain_core::method::{ContactKind, Method};
use regain_core::register::{CodeProblem, End, Problem, Row, View};

use super::Reply;
use super::contact::spelled;
use super::reasons::of_wish;
use crate::address;
use crate::phone::Number;
use crate::session::Due;
use crate::web::page::{Care, Shell};
use crate::web::signed_in::{self, SignedIn};
use crate::web::{Refusal, Web};

/// Something to be said that the flow does not know of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Note {
    NoCode,
    /// Another code was asked for too early.
    Early,
    /// Good news: the key of the sentence.
    Good(&'static str),
    /// It cannot be put off any more.
    Required,
}

impl Note {
    /// From an address, so that it survives the way to the page.
    pub(crate) fn parse(text: Option<&str>) -> Option<Self> {
        Some(match text? {
            "early" => Self::Early,
            "required" => Self::Required,
            "sent" => Self::Good("note-sent"),
            "moved" => Self::Good("note-moved"),
            "set" => Self::Good("register-set"),
            "changed" => Self::Good("change-done"),
            "removed" => Self::Good("register-removed"),
            "as-it-was" => Self::Good("register-as-it-was"),
            "thawed" => Self::Good("register-thawed"),
            _ => return None,
        })
    }
}

#[derive(Template)]
#[template(path = "register/register.html")]
pub(crate) struct RegisterPage<'a> {
    page: Shell<'a>,
    note: String,
    problems: Vec<String>,
    /// How many are needed, and how many of these are missing.
    needed: u8,
    missing: u8,
    rows: Vec<RowView>,
    /// Since when resets are stopped, in words; empty if they are not.
    frozen: String,
    /// Until when it can be put off, in words; empty if nobody asked for it.
    later: String,
    /// Whether it cannot be put off any more.
    required: bool,
    /// When a reset was last practised, in words.
    rehearsed: String,
}

/// One way, as the page shows it.
struct RowView {
    /// Its name in addresses.
    kind: &'static str,
    set: bool,
    /// What it is and how it stands: `Authentication Phone is set to`.
    said: String,
    address: String,
    /// Under it: when it was verified, and what else there is to know.
    details: Vec<String>,
    /// Whether it is set and gets codes.
    good: bool,
    /// What deserves attention.
    warning: String,
    /// Where it is set up or changed; empty for what administrators own.
    form: String,
    action: String,
    removable: bool,
    /// The name for those who hear the buttons and do not see the row.
    name: String,
}

#[derive(Template)]
#[template(path = "register/code.html")]
struct CodePage<'a> {
    page: Shell<'a>,
    note: String,
    problems: Vec<String>,
    sent: String,
    look: String,
    address: String,
    resend: bool,
    wait: i64,
    resend_note: String,
    seen: u8,
}

#[derive(Template)]
#[template(path = "register/remove.html")]
struct RemovePage<'a> {
    page: Shell<'a>,
    kind: &'static str,
    address: String,
    shown: String,
}

#[derive(Template)]
#[template(path = "register/done.html")]
struct DonePage<'a> {
    page: Shell<'a>,
    body: Vec<String>,
}

#[derive(Template)]
#[template(path = "register/ended.html")]
struct EndedPage<'a> {
    page: Shell<'a>,
    body: String,
    care: Care,
}

/// The page for what there is to see.
pub(crate) async fn page(web: &Web, person: &SignedIn, status: StatusCode, view: &View, note: Option<Note>) -> Reply {
    match view {
        View::Open { .. } => {
            let page = open(web, person, view, note).await?;
            signed_in::show(status, &page)
        }
        View::Code { .. } => signed_in::show(status, &code(web, person, view, note)),
        View::Ended { end } => {
            let (title, body) = match end {
                End::TooManyTries => ("tries-title", "register-tries"),
                _ => ("register-over-title", "register-over"),
            };
            let page = person.shell(web, title);
            let (body, care) = (page.say(body), Care::new(&page.when()));
            signed_in::show(status, &EndedPage { page, body, care })
        }
        View::Closed => Err(Refusal::NotFound),
    }
}

async fn open<'a>(
    web: &'a Web,
    person: &SignedIn,
    view: &View,
    note: Option<Note>,
) -> Result<RegisterPage<'a>, Refusal> {
    let View::Open { rows, standing, rehearsed, frozen, problem, .. } = view else { return Err(Refusal::NotFound) };
    let mut page = person.shell(web, "register-title");
    let due = web.app.due(&person.session).await?;
    let (later, required) = match due {
        Due::Register { by, required, .. } => (page.when().day(by), required),
        Due::Nothing | Due::Change => (String::new(), false),
    };
    // What was wrong with a contact was said on its form.
    let here = |problem: &&Problem| matches!(problem, Problem::Needed { .. } | Problem::Overtaken);
    let mut problems: Vec<String> = problem.iter().filter(here).map(|problem| of_wish(&page, *problem)).collect();
    if note == Some(Note::Required) {
        problems.push(page.say("register-required"));
    }
    page.error = !problems.is_empty();
    let suggestions = suggestions(web, person, rows).await;
    let row = |row: &Row| {
        let known = suggestions.iter().find(|(kind, _)| *kind == row.kind).map(|(_, address)| address.clone());
        shown(&page, row, known)
    };
    Ok(RegisterPage {
        note: good(&page, note),
        problems,
        needed: standing.needed,
        missing: standing.missing,
        rows: rows.iter().map(row).collect(),
        frozen: frozen.map(|since| page.when().day(since)).unwrap_or_default(),
        later,
        required,
        rehearsed: rehearsed.map(|at| page.when().day(at)).unwrap_or_default(),
        page,
    })
}

fn good(page: &Shell<'_>, note: Option<Note>) -> String {
    match note {
        Some(Note::Good(key)) => page.say(key),
        _ => String::new(),
    }
}

/// What the organisation knows of a person that they have not confirmed: from an import, or from the directory.
async fn suggestions(web: &Web, person: &SignedIn, rows: &[Row]) -> Vec<(ContactKind, String)> {
    let unproven = |row: &&Row| row.kind != ContactKind::Office && row.verified.is_none();
    let (imported, none): (Vec<&Row>, Vec<&Row>) = rows.iter().filter(unproven).partition(|row| row.address.is_some());
    let mut known: Vec<(ContactKind, String)> =
        imported.into_iter().filter_map(|row| Some((row.kind, row.address.clone()?))).collect();
    if none.is_empty() {
        return known;
    }
    match web.app.directory.person(&person.session.account).await {
        Ok(found) => {
            let contacts = found.map(|found| found.contacts).unwrap_or_default();
            let wanted = contacts.into_iter().filter(|(kind, _)| none.iter().any(|row| row.kind == *kind));
            let region = web.app.settings.organisation.region.as_deref();
            known.extend(wanted.filter_map(|(kind, text)| Some((kind, in_kept_form(kind, &text, region)?))));
        }
        Err(error) => tracing::warn!(%error, "the directory could not be asked for what it knows of a person"),
    }
    known
}

/// What stands in a directory, if it can be one of these at all: as it would be kept.
fn in_kept_form(kind: ContactKind, text: &str, region: Option<&str>) -> Option<String> {
    match kind {
        ContactKind::Email => address::email(text).ok(),
        ContactKind::Mobile | ContactKind::Office => Number::parse(text, region).ok().map(|number| number.to_string()),
    }
}

/// What is known of this kind, to stand in the form.
pub(super) async fn known(web: &Web, person: &SignedIn, kind: ContactKind) -> Option<String> {
    let View::Open { rows, .. } = super::look(web, person).await.ok()? else { return None };
    let found = suggestions(web, person, &rows).await.into_iter().find(|(known, _)| *known == kind);
    found.map(|(_, address)| spelled(kind, &address))
}

fn shown(page: &Shell<'_>, row: &Row, known: Option<String>) -> RowView {
    let (kind, path, set, not_set, name) = match row.kind {
        ContactKind::Office => ("office", "", "row-office-set", "row-office-none", "row-office"),
        ContactKind::Mobile => ("mobile", "/register/phone", "row-mobile-set", "row-mobile-none", "row-mobile"),
        ContactKind::Email => ("email", "/register/email", "row-email-set", "row-email-none", "row-email"),
    };
    let own = row.kind != ContactKind::Office && !row.ways.is_empty();
    let proven = row.address.as_ref().filter(|_| row.verified.is_some());
    let suggested = known.filter(|_| own && proven.is_none());
    let warning = match row.kind {
        ContactKind::Office if row.barred => page.say_with("row-barred-office", &[("team", page.team().into())]),
        _ if row.barred => page.say("row-barred"),
        _ if row.shared => page.say("row-shared"),
        _ => String::new(),
    };
    let mut details = Vec::new();
    if let (Some(at), true) = (row.verified, own) {
        details.push(page.say_with("row-verified", &[("when", page.when().day(at).into())]));
    }
    if let Some(until) = row.young_until {
        details.push(page.say_with("row-young", &[("when", page.when().moment(until).into())]));
    }
    if row.kind == ContactKind::Office {
        details.push(page.say("row-office-managed"));
    }
    if let Some(known) = &suggested {
        details.push(page.say_with("row-known", &[("address", spelled(row.kind, known).into())]));
    }
    let ask = if suggested.is_some() { "?known=1" } else { "" };
    RowView {
        kind,
        set: proven.is_some(),
        said: page.say(if proven.is_some() { set } else { not_set }),
        address: proven.map(|address| spelled(row.kind, address)).unwrap_or_default(),
        details,
        good: proven.is_some() && !row.barred,
        warning,
        form: if own { format!("{path}{ask}") } else { String::new() },
        action: page.say(match (proven.is_some(), suggested.is_some()) {
            (true, _) => "row-change",
            (false, true) => "row-confirm",
            (false, false) => "row-set-up",
        }),
        removable: own && row.removable && proven.is_some(),
        name: page.say(name),
    }
}

fn code<'a>(web: &'a Web, person: &SignedIn, view: &View, note: Option<Note>) -> CodePage<'a> {
    let mut page = person.shell(web, "code-title");
    let View::Code { kind, method, address, resend_from, wrong, problem } = view else {
        let (sent, look, resend_note) = Default::default();
        let (problems, address, note) = Default::default();
        return CodePage { page, note, problems, sent, look, address, resend: false, wait: 0, resend_note, seen: 0 };
    };
    let (sent, look) = match method {
        Method::Email => ("code-sent-email", "nothing-email"),
        Method::Text => ("code-sent-text", "nothing-text"),
        Method::MobileCall | Method::OfficeCall => ("code-sent-mobile", "nothing-call"),
    };
    let wait = resend_from.map(|from| (from - web.app.clock.now()).whole_seconds());
    let left = wait.unwrap_or_default();
    let said = match (note, problem) {
        (Some(Note::NoCode), _) => Some(page.say("code-empty")),
        (Some(Note::Early), _) if left > 0 => Some(page.say_with("code-early", &[("seconds", left.into())])),
        (Some(Note::Early), _) => Some(page.say("code-early-over")),
        (_, Some(CodeProblem::Wrong { left })) => Some(page.say_with("code-wrong", &[("left", (*left).into())])),
        (_, Some(CodeProblem::Late)) => Some(page.say("code-late")),
        (_, Some(CodeProblem::TooManySends { until })) => {
            Some(page.say_with("register-too-many", &[("when", page.when().moment(*until).into())]))
        }
        (_, Some(CodeProblem::NotNow { until })) => {
            Some(page.say_with("code-not-now", &[("when", page.when().moment(*until).into())]))
        }
        (_, Some(CodeProblem::Resting { until })) => {
            Some(page.say_with("code-resting", &[("when", page.when().moment(*until).into())]))
        }
        (_, None) => None,
    };
    page.error = said.is_some();
    let shown = spelled(*kind, address);
    let with = |key: &str| page.text.say_with(key, &[("mask", shown.as_str().into())]);
    let resend_note = match wait {
        None => page.say("resend-none"),
        Some(seconds) if seconds > 0 => page.say_with("resend-wait", &[("seconds", seconds.into())]),
        Some(_) => String::new(),
    };
    CodePage {
        note: if said.is_some() { String::new() } else { good(&page, note) },
        problems: said.into_iter().collect(),
        sent: with(sent),
        look: with(look),
        address: address.clone(),
        resend: wait.is_some(),
        wait: left,
        resend_note,
        seen: *wrong,
        page,
    }
}

/// Asks whether it is really to be removed.
pub(super) fn removal(web: &Web, person: &SignedIn, row: &Row) -> Reply {
    let title = if row.kind == ContactKind::Email { "remove-email-title" } else { "remove-phone-title" };
    let page = person.shell(web, title);
    let address = row.address.clone().unwrap_or_default();
    let shown = spelled(row.kind, &address);
    signed_in::show(StatusCode::OK, &RemovePage { page, kind: row.kind.name(), address, shown })
}

/// It looks good, since `at`.
pub(super) fn done(web: &Web, person: &SignedIn, at: Time, missing: u8, again: Option<Time>) -> Reply {
    let page = person.shell(web, "register-done-title");
    let when = page.when();
    let mut body = vec![page.say_with("register-done-on", &[("when", when.day(at).into())])];
    body.push(match missing {
        0 => page.say("register-done-enough"),
        missing => page.say_with("register-done-missing", &[("missing", missing.into())]),
    });
    body.extend(again.map(|again| page.say_with("register-done-again", &[("when", when.day(again).into())])));
    signed_in::show(StatusCode::OK, &DonePage { page, body })
}
