//! What the person may see of their registration. It is theirs: addresses are shown whole.

use crate::Ctx;
use crate::method::{ContactKind, Method};
use crate::register::{CodeProblem, End, Problem, Register, Stage};
use crate::registration::{self, Standing};
use crate::time::Time;

/// What a page shows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum View {
    /// Nobody has signed in to it.
    Closed,
    /// What is registered.
    Open {
        /// One row for each kind of contact the organisation asks for.
        rows: Vec<Row>,
        /// How many ways are needed and missing.
        standing: Standing,
        /// When it has to be confirmed again, if ever.
        confirm_by: Option<Time>,
        /// When it was last confirmed.
        confirmed: Option<Time>,
        /// When a reset was last practised.
        rehearsed: Option<Time>,
        /// Since when resets are frozen.
        frozen: Option<Time>,
        /// Why the last wish was not fulfilled.
        problem: Option<Problem>,
    },
    /// The box for the code.
    Code {
        /// What kind of contact.
        kind: ContactKind,
        /// How the code came.
        method: Method,
        /// Where to.
        address: String,
        /// From when on another can be asked for; nothing if no more are left.
        resend_from: Option<Time>,
        /// Wrong codes so far, to be given back with the code.
        wrong: u8,
        /// What was wrong.
        problem: Option<CodeProblem>,
    },
    /// How it ended.
    Ended {
        /// How.
        end: End,
    },
}

/// One kind of contact.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Row {
    /// Which.
    pub kind: ContactKind,
    /// The address or number, if there is one.
    pub address: Option<String>,
    /// When it was proven; nothing for a suggestion that has yet to be confirmed with a code.
    pub verified: Option<Time>,
    /// Until when it cannot carry a reset alone, if that is still to come.
    pub young_until: Option<Time>,
    /// Whether no code goes there any more, whoever asks.
    pub barred: bool,
    /// Whether it can be removed.
    pub removable: bool,
    /// How a new one can be proven; none for what administrators own.
    pub ways: Vec<Method>,
    /// Whether it shares its fate with another way: the same number twice.
    pub shared: bool,
}

/// What this flow shows at this moment.
pub fn view(ctx: &Ctx, flow: &Register) -> View {
    if ctx.now >= flow.expires && !flow.ended() {
        return View::Ended { end: End::Expired };
    }
    let registration = ctx.registration;
    match &flow.stage {
        Stage::Closed => View::Closed,
        Stage::Open { problem } => {
            let administrator = flow.person.as_ref().is_some_and(|person| person.administrator);
            View::Open {
                rows: rows(ctx, administrator),
                standing: registration.standing(ctx.keys, ctx.policy, administrator),
                confirm_by: registration.confirm_by(ctx.policy),
                confirmed: registration.confirmed,
                rehearsed: registration.rehearsed,
                frozen: registration.frozen,
                problem: *problem,
            }
        }
        Stage::Proving { kind, address, sent, problem, .. } => View::Code {
            kind: *kind,
            method: sent.method,
            address: address.clone(),
            resend_from: flow.has_codes_left(ctx).then(|| sent.at + ctx.policy.resend_after),
            wrong: flow.wrong,
            problem: *problem,
        },
        Stage::Ended { end, .. } => View::Ended { end: *end },
    }
}

fn rows(ctx: &Ctx, administrator: bool) -> Vec<Row> {
    let (policy, registration) = (ctx.policy, ctx.registration);
    let row = |kind: ContactKind| {
        let contact = registration.of(kind);
        let proven = contact.and_then(|contact| contact.verified);
        let until = proven.map(|since| since + policy.cooling_off);
        let own = kind != ContactKind::Office;
        let barred = contact.is_some_and(|contact| contact.barred);
        let spare = proven.is_none() || registration.can_spare(ctx.keys, policy, administrator, kind);
        let number = |contact: &registration::Registered| contact.address.split(';').next().map(str::to_owned);
        let shared = |other: &registration::Registered| {
            other.kind != kind && contact.is_some_and(|contact| number(contact) == number(other))
        };
        Row {
            kind,
            address: contact.map(|contact| contact.address.clone()),
            verified: proven,
            young_until: until.filter(|until| own && !barred && ctx.now < *until),
            barred,
            removable: own && contact.is_some() && spare,
            ways: if own { registration::ways_to_prove(policy, kind) } else { Vec::new() },
            shared: registration.contacts.iter().any(shared),
        }
    };
    let order = [ContactKind::Office, ContactKind::Mobile, ContactKind::Email];
    let shown = order.into_iter().filter(|kind| registration::is_asked_for(policy, *kind));
    shown.map(row).collect()
}
