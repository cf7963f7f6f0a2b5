//! What somebody wants changed, and the password that is asked for before it, if it was typed too long ago. What they typed
//! rides along.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use regain_core::method::{ContactKind, Method};
use regain_core::register::{Event, Problem, View};

use super::{Reply, contact, happen, to};
use crate::drive::Fault;
use crate::sign_in::SignIn;
use crate::web::fields::Fields;
use crate::web::page::Shell;
use crate::web::sign_in::refused;
use crate::web::signed_in::{self, PostedIn, SignedIn};
use crate::web::{Refusal, Web};

/// Who lifts a stop in the audit trail, when it is the person.
const BY_PASSWORD: &str = "the person, by password";

/// What is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// A contact, to which a code is sent. The address or number in the form in which it is kept.
    Prove { method: Method, address: String },
    /// One contact less; the one that the page showed.
    Remove { kind: ContactKind, address: String },
    /// Resets may go on.
    Thaw,
}

/// The kind of contact of this name that people own.
pub(crate) fn kind(name: &str) -> Option<ContactKind> {
    [ContactKind::Email, ContactKind::Mobile].into_iter().find(|kind| kind.name() == name)
}

impl Wish {
    /// From a form.
    pub(crate) fn read(fields: &Fields) -> Result<Self, Refusal> {
        let address = || fields.get("address").map(str::to_owned);
        match fields.get("wish")? {
            "prove" => {
                let name = fields.get("method")?;
                let method = Method::ALL.into_iter().find(|method| method.name() == name);
                contact::in_kept_form(method.ok_or(Refusal::Unreadable)?, &address()?).ok_or(Refusal::Unreadable)
            }
            "remove" => {
                let kind = kind(fields.get("kind")?).ok_or(Refusal::Unreadable)?;
                Ok(Self::Remove { kind, address: address()? })
            }
            "thaw" => Ok(Self::Thaw),
            _ => Err(Refusal::Unreadable),
        }
    }

    /// As hidden fields.
    fn fields(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Prove { method, address } => {
                vec![("wish", "prove".into()), ("method", method.name().into()), ("address", address.clone())]
            }
            Self::Remove { kind, address } => {
                vec![("wish", "remove".into()), ("kind", kind.name().into()), ("address", address.clone())]
            }
            Self::Thaw => vec![("wish", "thaw".into())],
        }
    }

    fn event(&self, person: &SignedIn) -> Event {
        let signed_in = person.session.signed_in;
        match self.clone() {
            Self::Prove { method, address } => Event::Prove { method, address, signed_in },
            Self::Remove { kind, .. } => Event::Remove { kind, signed_in },
            Self::Thaw => Event::Thaw { signed_in: Some(signed_in), by: BY_PASSWORD.into() },
        }
    }
}

#[derive(Template)]
#[template(path = "register/password.html")]
pub(crate) struct AgainPage<'a> {
    page: Shell<'a>,
    problems: Vec<String>,
    user_id: String,
    /// What was being done, in words.
    doing: String,
    fields: Vec<(&'static str, String)>,
}

/// Does what is wanted, if the password was typed a short while ago; else asks for it.
pub(crate) async fn grant(web: &Arc<Web>, person: SignedIn, wish: Wish) -> Reply {
    if web.app.clock.now() >= person.session.signed_in + web.app.policy.fresh {
        return ask(web, &person, &wish, StatusCode::OK, None);
    }
    if let Wish::Prove { method, address } = &wish
        && method.contact() != ContactKind::Email
        && let Some(why) = web.app.barred(address)
    {
        return contact::barred(web, &person, *method, address, why);
    }
    let view = happen(web, &person, wish.event(&person)).await?;
    match (&view, &wish) {
        (View::Open { problem: Some(Problem::NotFresh), .. }, _) => ask(web, &person, &wish, StatusCode::OK, None),
        (View::Open { problem: Some(problem), .. }, Wish::Prove { method, address }) => {
            contact::refused(web, &person, *method, address, *problem)
        }
        (View::Open { problem: None, .. }, Wish::Remove { .. }) => Ok(to("/register?note=removed")),
        (View::Open { problem: None, .. }, Wish::Thaw) => Ok(to("/register?note=thawed")),
        _ => Ok(to("/register")),
    }
}

fn ask(web: &Web, person: &SignedIn, wish: &Wish, status: StatusCode, problem: Option<String>) -> Reply {
    let mut page = person.shell(web, "register-again-title");
    page.error = problem.is_some();
    let doing = match wish {
        Wish::Prove { method, .. } if method.contact() == ContactKind::Email => page.say("register-again-email"),
        Wish::Prove { .. } => page.say("register-again-phone"),
        Wish::Remove { .. } => page.say("register-again-remove"),
        Wish::Thaw => page.say("register-again-thaw"),
    };
    let (user_id, problems) = (person.session.state.user_id.clone(), problem.into_iter().collect());
    signed_in::show(status, &AgainPage { page, problems, user_id, doing, fields: wish.fields() })
}

/// `POST /register/password`: the password once more, and on with what was wanted.
pub(crate) async fn password(State(web): State<Arc<Web>>, posted: PostedIn) -> Reply {
    let (mut person, wish) = (posted.person, Wish::read(&posted.fields)?);
    let typed = posted.fields.secret("password")?;
    let page = person.shell(&web, "register-again-title");
    let (status, problem) = match web.app.sign_in_again(&person.origin, &person.session, &typed).await {
        Ok(SignIn::Right { token, session }) => {
            person.session = *session;
            let answer: Response = grant(&web, person, wish).await?;
            return Ok(signed_in::remember(&web.app.settings.server, answer, &token));
        }
        Ok(other) => refused(&page, &other),
        Err(Fault::Directory(error)) => {
            tracing::error!(%error, "a password could not be checked");
            (StatusCode::SERVICE_UNAVAILABLE, page.say("sign-in-unavailable"))
        }
        Err(fault) => return Err(fault.into()),
    };
    ask(&web, &person, &wish, status, Some(problem))
}
