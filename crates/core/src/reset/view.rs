//! What the person may see. A view never says whether the subject is real.

use crate::Ctx;
use crate::elsewhere::Target;
use crate::method::issued_code::Proof;
use crate::method::{Channel, ContactKind, Method};
use crate::password;
use crate::reset::stage::{ChoiceProblem, CodeProblem, End, IdentifyProblem, Stage, UnlockProblem};
use crate::reset::{Reset, step_number};
use crate::subject::Subject;
use crate::throttle::Scope;
use crate::time::Time;

/// What a page shows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum View {
    /// The User ID form.
    Identify {
        /// The User ID typed before, to be corrected.
        user_id: String,
        /// The number of the picture.
        picture: u32,
        /// What was wrong.
        problem: Option<IdentifyProblem>,
    },
    /// Something is being done; go on in a moment.
    Wait {
        /// As typed.
        user_id: String,
    },
    /// The list of ways.
    Choose {
        /// As typed.
        user_id: String,
        /// Where the person is.
        stepper: Stepper,
        /// The ways offered.
        options: Vec<OptionView>,
        /// What was wrong.
        problem: Option<ChoiceProblem>,
    },
    /// The box for the code.
    Code {
        /// As typed.
        user_id: String,
        /// Where the person is.
        stepper: Stepper,
        /// How it was sent.
        method: Method,
        /// Where to, masked.
        mask: String,
        /// From when on another can be asked for; nothing if no more are left.
        resend_from: Option<Time>,
        /// Whether there is another way to choose.
        other_ways: bool,
        /// Wrong answers so far, to be given back with the code.
        wrong: u8,
        /// What was wrong.
        problem: Option<CodeProblem>,
    },
    /// The boxes for the password.
    Password {
        /// As typed.
        user_id: String,
        /// Where the person is.
        stepper: Stepper,
        /// Why the last one was turned down.
        problems: Vec<password::Problem>,
    },
    /// The button that unlocks the account.
    Unlock {
        /// As typed.
        user_id: String,
        /// Where the person is.
        stepper: Stepper,
        /// What went wrong the last time.
        problem: Option<UnlockProblem>,
    },
    /// What became of each directory, and the boxes or the button for those that failed.
    Elsewhere {
        /// As typed.
        user_id: String,
        /// Where the person is.
        stepper: Stepper,
        /// The further directories.
        others: Vec<Target>,
        /// Why the last password was turned down before it was sent anywhere.
        problems: Vec<password::Problem>,
    },
    /// How it ended.
    Ended {
        /// As typed.
        user_id: String,
        /// How.
        end: End,
        /// What became of the further directories.
        others: Vec<Target>,
    },
}

/// One way offered.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OptionView {
    /// What to send back when it is chosen.
    pub place: usize,
    /// How.
    pub method: Method,
    /// Where to, masked.
    pub mask: String,
    /// Whether the whole number or address must be typed first.
    pub confirm: bool,
    /// Whether codes cannot go this way at the moment, whoever asks.
    pub stopped: bool,
}

/// The line of steps above the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Stepper {
    /// Verification steps this person has.
    pub steps: u8,
    /// The step they are at, from 1; `steps + 1` is the choice of a password.
    pub at: u8,
}

/// What this flow shows at this moment. A flow whose time has run out shows so before anybody has written it down.
pub fn view(ctx: &Ctx, flow: &Reset) -> View {
    let user_id = flow.user_id.clone();
    let over = ctx.now >= flow.expires;
    match &flow.stage {
        Stage::Elsewhere { others, .. } if over => {
            View::Ended { user_id, end: flow.goal.reached(), others: others.clone() }
        }
        Stage::Ended { end, others, .. } => View::Ended { user_id, end: *end, others: others.clone() },
        Stage::Writing { .. } => View::Wait { user_id },
        _ if over => View::Ended { user_id, end: End::Expired, others: Vec::new() },
        Stage::Identify { problem } => View::Identify { user_id, picture: flow.picture, problem: *problem },
        Stage::LookingUp => View::Wait { user_id },
        Stage::Choosing { subject, proofs, problem } => {
            // What was stopped for a while is not any more.
            let over =
                |problem: &ChoiceProblem| matches!(problem, ChoiceProblem::NotNow { until, .. } if ctx.now >= *until);
            let problem = problem.filter(|problem| !over(problem));
            let stopped = match problem {
                Some(ChoiceProblem::NotNow { scope, .. }) => Some(scope),
                _ => None,
            };
            let options = options(ctx, subject, proofs, stopped);
            View::Choose { user_id, stepper: stepper(ctx, subject, proofs), options, problem }
        }
        Stage::Proving { subject, proofs, sent, problem } => View::Code {
            user_id,
            stepper: stepper(ctx, subject, proofs),
            method: sent.method,
            mask: subject.options.get(sent.option).map(|option| option.mask.clone()).unwrap_or_default(),
            resend_from: (flow.codes < u32::from(ctx.policy.sends)).then(|| sent.at + ctx.policy.resend_after),
            other_ways: ctx.policy.usable(subject, proofs).len() > 1,
            wrong: flow.wrong,
            problem: *problem,
        },
        Stage::Password { subject, proofs, problems } => {
            View::Password { user_id, stepper: stepper(ctx, subject, proofs), problems: problems.clone() }
        }
        Stage::Unlock { subject, proofs, problem } => {
            View::Unlock { user_id, stepper: stepper(ctx, subject, proofs), problem: *problem }
        }
        Stage::Elsewhere { subject, proofs, others, problems } => View::Elsewhere {
            user_id,
            stepper: stepper(ctx, subject, proofs),
            others: others.clone(),
            problems: problems.clone(),
        },
    }
}

/// Whether the whole number or address has to be typed before a code is sent this way.
pub(super) fn asks_confirmation(ctx: &Ctx, subject: &Subject, place: usize) -> bool {
    subject.options.get(place).is_some_and(|option| match option.method {
        Method::Email => ctx.policy.confirm_email,
        Method::Text | Method::MobileCall => ctx.policy.confirm_number,
        Method::OfficeCall => false,
    })
}

fn options(ctx: &Ctx, subject: &Subject, proofs: &[Proof], stopped: Option<Scope>) -> Vec<OptionView> {
    let usable = ctx.policy.usable(subject, proofs).into_iter();
    let shown = usable.filter_map(|place| {
        let option = subject.options.get(place)?;
        let confirm = asks_confirmation(ctx, subject, place);
        let stopped = stopped.is_some_and(|scope| stops(scope, option.method));
        Some(OptionView { place, method: option.method, mask: option.mask.clone(), confirm, stopped })
    });
    shown.collect()
}

/// Whether codes by this method are among what is stopped.
const fn stops(scope: Scope, method: Method) -> bool {
    match scope {
        Scope::Emails => matches!(method.channel(), Channel::Email),
        Scope::Range => matches!(method.contact(), ContactKind::Mobile),
        _ => !matches!(method.channel(), Channel::Email),
    }
}

fn stepper(ctx: &Ctx, subject: &Subject, proofs: &[Proof]) -> Stepper {
    Stepper { steps: ctx.policy.steps_for(subject), at: step_number(proofs) }
}
