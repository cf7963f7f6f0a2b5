//! The pages on which a reset ends: what happened, and what to do next.

use askama::Template;
use regain_core::elsewhere::Target;
use regain_core::reset::{End, Goal};

use crate::web::Web;
use crate::web::elsewhere::{Line, all_done, lines};
use crate::web::page::{Care, Shell};
use crate::web::visitor::Visitor;

#[derive(Template)]
#[template(path = "reset/ended.html")]
pub(crate) struct EndedPage<'a> {
    page: Shell<'a>,
    user_id: String,
    icon: &'static str,
    tone: &'static str,
    body: Vec<String>,
    /// What to do, in order.
    next: Vec<String>,
    notice: String,
    /// The number for the care team; empty where nobody needs one.
    reference: String,
    care: Care,
    /// Whether a person is the way on.
    care_first: bool,
    sign_in: String,
    /// Whether signing in is the way on.
    sign_in_first: bool,
    /// Whether it is one of the ways on.
    sign_in_also: bool,
    again: bool,
    /// Whether the account was to be unlocked.
    unlock: bool,
    /// What became of each directory, where there are several.
    lines: Vec<Line>,
    /// Whether it was a rehearsal, and the way on is back to what is registered.
    rehearsed: bool,
}

/// The page for an end.
pub(crate) fn ended<'a>(
    web: &'a Web,
    visitor: &Visitor,
    (user_id, end, others): (&str, End, &[Target]),
    reference: String,
    goal: &Goal,
) -> EndedPage<'a> {
    let partly = matches!(end, End::Done | End::Unlocked) && !all_done(others);
    let words = if partly { partly_done(end) } else { words(end, *goal == Goal::Unlock) };
    let page = Shell::of(web, visitor, words.title);
    let team = page.team();
    let say = |key: &&str| page.text.say_with(key, &[("team", team.into())]);
    let mut body: Vec<String> = words.body.iter().map(say).collect();
    if let End::Resting { until } = end {
        let when = page.when().moment(until);
        body.insert(1, page.say_with("resting-when", &[("when", when.into())]));
    }
    EndedPage {
        user_id: user_id.to_owned(),
        icon: words.icon,
        tone: words.tone,
        body,
        next: words.next.iter().map(say).collect(),
        notice: words.notice.iter().map(say).collect(),
        lines: lines(&page, &reference, (goal, Some(end)), others),
        reference: if words.reference { reference } else { String::new() },
        care: Care::new(&page.when()),
        care_first: matches!(end, End::CareTeam | End::Resting { .. }),
        sign_in: page.sign_in(user_id),
        sign_in_first: matches!(end, End::Done | End::Unlocked | End::Unknown),
        sign_in_also: matches!(end, End::Cancelled | End::Expired),
        again: partly || !matches!(end, End::Done | End::Unlocked | End::Rehearsed),
        rehearsed: end == End::Rehearsed,
        unlock: *goal == Goal::Unlock,
        page,
    }
}

/// The primary directory has done it, and another has not.
fn partly_done(end: End) -> Words {
    let unlocked = end == End::Unlocked;
    Words {
        icon: "alert",
        tone: "calm",
        title: if unlocked { "partly-unlocked-title" } else { "partly-title" },
        body: if unlocked { &["partly-unlocked-body"] } else { &["partly-body"] },
        next: if unlocked { &["partly-next"] } else { &["done-sign-in", "done-devices", "partly-next"] },
        notice: Some(if unlocked { "unlocked-notice" } else { "done-notice" }),
        reference: true,
    }
}

/// The keys of a page's sentences.
struct Words {
    icon: &'static str,
    tone: &'static str,
    title: &'static str,
    body: &'static [&'static str],
    next: &'static [&'static str],
    notice: Option<&'static str>,
    reference: bool,
}

fn words(end: End, unlock: bool) -> Words {
    let plain =
        |icon, title, body, reference| Words { icon, tone: "calm", title, body, next: &[], notice: None, reference };
    match end {
        End::Done => Words {
            icon: "ok",
            tone: "good",
            title: "done-title",
            body: &["done-body"],
            next: &["done-sign-in", "done-devices"],
            notice: Some("done-notice"),
            reference: false,
        },
        End::Unknown => Words {
            icon: "question",
            tone: "calm",
            title: "unknown-title",
            body: &["unknown-body"],
            next: &["unknown-try-new", "unknown-try-old", "unknown-again"],
            notice: None,
            reference: true,
        },
        End::Unlocked => Words {
            icon: "ok",
            tone: "good",
            title: "unlocked-title",
            body: &["unlocked-body"],
            next: &[],
            notice: Some("unlocked-notice"),
            reference: false,
        },
        End::Rehearsed => plain("ok", "rehearsed-title", &["rehearsed-body", "rehearsed-next"], false),
        End::Superseded => plain("shield", "superseded-title", &["superseded-body", "superseded-next"], true),
        End::CareTeam if unlock => plain("person", "team-title", &["team-body-unlock"], true),
        End::Resting { .. } if unlock => {
            plain("clock", "resting-title", &["resting-body-unlock", "resting-next"], true)
        }
        End::CareTeam => plain("person", "team-title", &["team-body"], true),
        End::TooManyTries => plain("shield", "tries-title", &["tries-body", "tries-next"], true),
        End::TooManyPictures => plain("shield", "pictures-title", &["pictures-body", "pictures-next"], false),
        End::Resting { .. } => plain("clock", "resting-title", &["resting-body", "resting-next"], true),
        End::Expired => plain("clock", "expired-title", &["expired-body", "expired-next"], false),
        End::Cancelled => plain("shield", "cancelled-title", &["cancelled-body", "cancelled-next"], false),
    }
}
