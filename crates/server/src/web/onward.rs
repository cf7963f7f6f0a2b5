//! Where somebody goes who has signed in: first what has to be done, then where they wanted to go.

use std::sync::Arc;

use regain_core::register::Event;

use super::signed_in::is_area;
use super::{Refusal, Web};
use crate::drive::{Hold, Origin};
use crate::session::{Due, Session};

/// The page of those who are signed in and came for nothing else.
const HOME: &str = "/account";

/// The page that comes next: the change of a password that must be changed, the registration that is due, or where they
/// wanted to go. Whoever is led to their registration was asked to register, and that is written down.
pub(crate) async fn onward(web: &Arc<Web>, session: &mut Session, origin: &Origin) -> Result<String, Refusal> {
    match web.app.due(session).await? {
        Due::Change => Ok("/change".into()),
        Due::Register { asked, .. } => {
            if !asked {
                let hold = Hold::all(session.register_flow(&web.app.keys));
                let person = session.person(web.app.policy.is_administrator(&session.state.groups));
                web.app.drive(origin, hold, Event::Open(person)).await?;
                web.app.drive(origin, hold, Event::Asked).await?;
            }
            Ok("/register".into())
        }
        Due::Nothing => leave(web, session).await,
    }
}

/// The page that comes next for somebody who would rather register later: where they wanted to go, unless it is too late
/// to put it off.
pub(crate) async fn put_off(web: &Arc<Web>, session: &mut Session) -> Result<String, Refusal> {
    match web.app.due(session).await? {
        Due::Change => Ok("/change".into()),
        Due::Register { required: true, .. } => Ok("/register".into()),
        Due::Register { required: false, .. } | Due::Nothing => leave(web, session).await,
    }
}

/// Where they wanted to go, once.
async fn leave(web: &Web, session: &mut Session) -> Result<String, Refusal> {
    let Some(to) = session.state.return_to.take() else { return Ok(HOME.into()) };
    web.app.keep_session(session).await?;
    // The list may have become shorter since they signed in.
    Ok(allowed(web, &to).unwrap_or_else(|| HOME.into()))
}

/// The address to which somebody may be sent back: a page of ours for those who are signed in, or one on the list of
/// `server.return_to`. Nothing for any other.
pub(crate) fn allowed(web: &Web, asked: &str) -> Option<String> {
    if is_area(asked) {
        return Some(asked.to_owned());
    }
    web.app.settings.server.return_to.allowed(asked)
}
