//! What there is to see of a reset, a sample of each.

use regain_core::Span;
use regain_core::elsewhere::{Bar, Outcome, Target};
use regain_core::method::Method;
use regain_core::password::Problem;
use regain_core::reset::{ChoiceProblem, CodeProblem, End, IdentifyProblem, OptionView, Stepper, View};
use regain_core::throttle::Scope;

use super::{LONG, NOW};
use crate::web::reset::pages::Note;

pub(super) fn options(confirm: bool) -> Vec<OptionView> {
    let mask = |method| if method == Method::Email { "jo*****@m****.co.uk" } else { "*********23" };
    let option = |(place, method): (usize, Method)| OptionView {
        place,
        method,
        mask: mask(method).into(),
        confirm: confirm && method != Method::OfficeCall,
        stopped: false,
    };
    Method::ALL.into_iter().enumerate().map(option).collect()
}

/// What can become of further directories, three at a time.
fn targets(from: usize) -> Vec<Target> {
    let barred = |bar| Outcome::Barred { bar };
    let all = [
        Outcome::Done,
        Outcome::Unavailable,
        Outcome::NotThere,
        Outcome::Refused { problem: Problem::InHistory },
        Outcome::Unknown,
        Outcome::Untried,
        barred(Bar::Disabled),
        barred(Bar::Expired),
        barred(Bar::Protected),
    ];
    let name = |place| format!("Directory {place}");
    let target = |(place, outcome)| Target { name: name(place), account: None, outcome, once_more: false };
    all.into_iter().enumerate().skip(from).take(3).map(target).collect()
}

/// The views with their notes, each under the name of its sample.
pub(super) fn views() -> Vec<(&'static str, View, Option<Note>)> {
    let user_id = || "jo.bloggs@example.org".to_owned();
    let one = |at| Stepper { steps: 1, at };
    let two = |at| Stepper { steps: 2, at };
    let identify = |problem| View::Identify { user_id: String::new(), picture: 1, problem };
    let choose =
        |stepper, confirm, problem| View::Choose { user_id: user_id(), stepper, options: options(confirm), problem };
    let code = |method, mask: &str, seconds: Option<i64>, problem| View::Code {
        user_id: user_id(),
        stepper: two(1),
        method,
        mask: mask.into(),
        resend_from: seconds.map(|seconds| NOW + Span::seconds(seconds)),
        other_ways: true,
        wrong: 0,
        problem,
    };
    let password =
        |problems: &[Problem]| View::Password { user_id: user_id(), stepper: two(3), problems: problems.to_vec() };
    let ended = |end| View::Ended { user_id: user_id(), end, others: Vec::new() };
    let elsewhere = |from, problems: &[Problem]| View::Elsewhere {
        user_id: user_id(),
        stepper: two(3),
        others: targets(from),
        problems: problems.to_vec(),
    };
    let until = NOW + Span::hours(20);
    let stopped = |stops: &dyn Fn(Method) -> bool, scope| {
        let options = options(false).into_iter();
        let options = options.map(|option| OptionView { stopped: stops(option.method), ..option }).collect();
        let problem = Some(ChoiceProblem::NotNow { scope, until });
        View::Choose { user_id: user_id(), stepper: two(1), options, problem }
    };
    let all = [
        Problem::Empty,
        Problem::Mismatch,
        Problem::TooShort { min: 8 },
        Problem::TooLong { max: 256 },
        Problem::Control,
    ];
    let others = [
        Problem::Kinds { wanted: 3 },
        Problem::ContainsUserId,
        Problem::ContainsName { word: "Bloggs".into() },
        Problem::ContainsOrganisation,
        Problem::ContainsNumber,
        Problem::ContainsCode,
        Problem::LikeOld,
        Problem::Banned { word: Some("Thornbury".into()), points: 3 },
        Problem::Banned { word: None, points: 3 },
        Problem::Breached,
        Problem::InHistory,
        Problem::Complexity,
        Problem::TooYoung { until: None },
        Problem::Dictionary,
        Problem::Unavailable,
    ];
    vec![
        ("identify", identify(None), None),
        ("identify-typed", View::Identify { user_id: user_id(), picture: 2, problem: None }, Some(Note::Over)),
        ("identify-empty", identify(None), Some(Note::NoUserId)),
        ("identify-no-characters", identify(None), Some(Note::NoCharacters)),
        ("identify-wrong", identify(Some(IdentifyProblem::Captcha)), None),
        ("identify-unavailable", identify(Some(IdentifyProblem::Unavailable)), None),
        ("wait", View::Wait { user_id: user_id() }, None),
        ("choose-one", choose(one(1), false, None), None),
        ("choose-first", choose(two(1), false, None), None),
        ("choose-second", choose(two(2), false, None), Some(Note::Moved)),
        ("choose-other", choose(two(1), false, None), Some(Note::Other)),
        ("choose-nothing", choose(two(2), false, None), Some(Note::NoChoice)),
        ("choose-confirm", choose(one(1), true, Some(ChoiceProblem::Confirmation { option: 1 })), None),
        ("choose-confirm-email", choose(one(1), true, Some(ChoiceProblem::Confirmation { option: 0 })), None),
        ("choose-none-left", choose(one(1), false, Some(ChoiceProblem::NoCodesLeft)), None),
        ("choose-resting", choose(one(1), false, Some(ChoiceProblem::TooManySends { until })), None),
        ("choose-stopped", stopped(&|method| method != Method::Email, Scope::Messages), None),
        ("choose-stopped-email", stopped(&|method| method == Method::Email, Scope::Emails), None),
        ("choose-stopped-all", stopped(&|_| true, Scope::Usual), None),
        ("code", code(Method::Email, "jo*****@m****.co.uk", Some(27), None), None),
        ("code-text", code(Method::Text, "*********23", Some(0), None), Some(Note::Sent)),
        ("code-call", code(Method::MobileCall, "*********23", None, None), Some(Note::Time)),
        ("code-office", code(Method::OfficeCall, "*********21", Some(1), None), Some(Note::NoCode)),
        ("code-wrong", code(Method::Text, "*********23", Some(3), Some(CodeProblem::Wrong { left: 1 })), None),
        ("code-late", code(Method::Text, "*********23", Some(0), Some(CodeProblem::Late)), None),
        ("code-early", code(Method::Text, "*********23", Some(12), None), Some(Note::Early)),
        ("code-early-over", code(Method::Text, "*********23", Some(0), None), Some(Note::Early)),
        ("code-resting", code(Method::Text, "*********23", Some(0), Some(CodeProblem::TooManySends { until })), None),
        ("code-not-now", code(Method::Text, "*********23", Some(0), Some(CodeProblem::NotNow { until })), None),
        (
            "code-long",
            View::Code {
                user_id: LONG.into(),
                stepper: one(1),
                method: Method::Email,
                mask: "jo*****@m****.co.uk".into(),
                resend_from: None,
                other_ways: false,
                wrong: 0,
                problem: None,
            },
            None,
        ),
        ("password", password(&[]), None),
        ("password-easy", password(&[Problem::TooEasy]), Some(Note::Was("strength-weak"))),
        ("password-many", password(&all), None),
        ("password-others", password(&others), None),
        ("password-refused", password(&[Problem::Refused, Problem::Locked, Problem::Barred]), None),
        ("done", ended(End::Done), None),
        ("done-partly", View::Ended { user_id: user_id(), end: End::Done, others: targets(6) }, None),
        ("elsewhere", elsewhere(0, &[]), None),
        ("elsewhere-refused", elsewhere(3, &[Problem::Mismatch]), Some(Note::Time)),
        ("password-away", password(&[Problem::Away { directory: "Library".into() }]), None),
        ("unknown", ended(End::Unknown), None),
        ("care-team", ended(End::CareTeam), None),
        ("too-many-tries", ended(End::TooManyTries), None),
        ("too-many-pictures", ended(End::TooManyPictures), None),
        ("resting", ended(End::Resting { until }), None),
        ("expired", ended(End::Expired), None),
        ("cancelled", ended(End::Cancelled), None),
    ]
}
