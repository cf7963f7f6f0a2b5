//! Every limit there is, held by two nodes over one store together.

mod behind;
mod budget;
mod desk;
mod toll;

use std::sync::Arc;

use regain::app::App;
use regain::drive::{Drove, Hold, Origin};
use regain::sign_in::SignIn;
use regain_core::method::Method;
use regain_core::reset::{ChoiceProblem, CodeProblem, End, Event, OptionView, View};
use regain_core::throttle::{Rule, Scope, What};
use regain_core::{FlowId, Secret, captcha};

use crate::support::Engine;
use crate::support::app::TestApp;

const JO: &str = "jo.bloggs@example.org";
const NOBODY: &str = "nobody.here@example.org";

/// What every limit is set to in turn.
const MOST: usize = 5;

/// How many come at once.
const ATTEMPTS: usize = 24;

/// All lists of limits.
const LISTS: [(&str, Rule); 12] = [
    ("failed_proofs_per_network", Rule { what: What::Proofs, scope: Scope::Network }),
    ("failed_proofs_in_all", Rule { what: What::Proofs, scope: Scope::Installation }),
    ("sends", Rule { what: What::Sends, scope: Scope::Destination }),
    ("sends_per_account", Rule { what: What::Sends, scope: Scope::Account }),
    ("sends_per_network", Rule { what: What::Sends, scope: Scope::Network }),
    ("sends_in_all", Rule { what: What::Sends, scope: Scope::Installation }),
    ("resets_per_user_id", Rule { what: What::LookUps, scope: Scope::Account }),
    ("resets_per_network", Rule { what: What::LookUps, scope: Scope::Network }),
    ("resets_in_all", Rule { what: What::LookUps, scope: Scope::Installation }),
    ("sign_ins_per_account", Rule { what: What::Passwords, scope: Scope::Account }),
    ("sign_ins_per_network", Rule { what: What::Passwords, scope: Scope::Network }),
    ("sign_ins_in_all", Rule { what: What::Passwords, scope: Scope::Installation }),
];

/// The lists of the budget, each with its rule and how it is set to five.
const BUDGET: [(&str, Rule, &str); 5] = [
    ("messages", Rule { what: What::Sends, scope: Scope::Messages }, "[{ count = 5, seconds = 3600 }]"),
    ("emails", Rule { what: What::Sends, scope: Scope::Emails }, "[{ count = 5, seconds = 3600 }]"),
    ("number_range", Rule { what: What::Sends, scope: Scope::Range }, "[{ count = 5, seconds = 3600 }]"),
    ("money", Rule { what: What::Sends, scope: Scope::Money }, "[{ amount = 1.05, seconds = 3600 }]"),
    ("usual_floor", Rule { what: What::Sends, scope: Scope::Usual }, "5"),
];

/// Nothing is limited but by this rule.
pub(crate) fn only(rule: Option<Rule>, seconds: i64) -> String {
    let proofs = if rule == Some(Rule { what: What::Proofs, scope: Scope::Account }) { MOST } else { 100 };
    let list = |(key, of): &(&str, Rule)| {
        let limits =
            if rule == Some(*of) { format!("{{ count = {MOST}, seconds = {seconds} }}") } else { String::new() };
        format!("{key} = [{limits}]\n")
    };
    let lists: String = LISTS.iter().map(list).collect();
    let budget = BUDGET.iter().map(|(key, of, five)| {
        let off = if *key == "usual_floor" { "0" } else { "[]" };
        format!("{key} = {}\n", if rule == Some(*of) { five } else { off })
    });
    let budget: String = budget.collect();
    format!(
        "[policy]\nresend_seconds = 0\ntries = 10\n[throttle]\nfailed_proofs = {proofs}\n{lists}\
         [budget]\nprice_otherwise = 0.2\n{budget}"
    )
}

/// One of many attempts at the same time.
#[derive(Clone)]
struct Attempt {
    app: Arc<App>,
    flow: FlowId,
    user_id: String,
    origin: Origin,
    place: usize,
    /// By email or not, if it matters.
    by: Option<bool>,
}

impl Attempt {
    async fn drive(&self, event: Event) -> Drove {
        self.app.drive(&self.origin, Hold::all(self.flow), event).await.expect("no fault")
    }

    async fn view(&self) -> View {
        self.app.look(self.flow).await.expect("no fault").expect("there is a flow").view
    }

    async fn identify(&self) -> Drove {
        let answer = captcha::Answer::None;
        self.drive(Event::Identify { user_id: self.user_id.clone(), answer, unlock: false }).await
    }

    async fn choose(&self) {
        let View::Choose { options, .. } = self.view().await else { panic!("not the list of ways") };
        let fits = |option: &&OptionView| match self.by {
            None => true,
            Some(email) => (option.method == Method::Email) == email,
        };
        let fitting: Vec<&OptionView> = options.iter().filter(fits).collect();
        let option = fitting[self.place % fitting.len()].place;
        self.drive(Event::Choose { option, confirmation: None }).await;
    }

    /// What comes before, and is not limited here.
    async fn prepare(&self, what: What) {
        if matches!(what, What::Sends | What::Proofs) {
            self.identify().await;
        }
        if what == What::Proofs {
            self.choose().await;
        }
    }

    /// The attempt itself; whether it was let through, and not until when it has to wait.
    async fn make(&self, what: What) -> bool {
        match what {
            What::LookUps => match self.identify().await {
                Drove::Done { .. } => matches!(self.view().await, View::Choose { .. }),
                Drove::Limited { until } => {
                    assert!(until > self.app.clock.now());
                    false
                }
                Drove::Overtaken => panic!("nobody else is at this flow"),
            },
            What::Sends => {
                self.choose().await;
                match self.view().await {
                    View::Code { .. } => true,
                    View::Choose {
                        problem: Some(ChoiceProblem::TooManySends { .. } | ChoiceProblem::NotNow { .. }),
                        ..
                    } => false,
                    other => panic!("{other:?}"),
                }
            }
            What::Proofs => {
                self.drive(Event::Code { typed: Secret::new("none"), seen: 0 }).await;
                match self.view().await {
                    View::Code { problem: Some(CodeProblem::Wrong { .. }), .. } => true,
                    View::Code { problem: Some(CodeProblem::Resting { .. }), .. } => false,
                    View::Ended { end: End::Resting { .. }, .. } => false,
                    other => panic!("{other:?}"),
                }
            }
            What::Passwords => {
                match self.app.sign_in(&self.origin, &self.user_id, &Secret::new("wrong")).await.expect("no fault") {
                    SignIn::Wrong => true,
                    SignIn::Resting { .. } => false,
                    SignIn::Right { .. } | SignIn::Disabled => panic!("a wrong password"),
                }
            }
        }
    }
}

/// Attempts that have in common what the rule is about, and nothing else; alternating between the nodes.
fn attempts(nodes: &[Arc<App>; 2], rule: Rule, user_id: &str) -> Vec<Attempt> {
    let one = |n: usize| {
        let same = matches!(rule.scope, Scope::Destination | Scope::Range);
        let place = if same { 0 } else { n };
        let by = rule.scope.is_budget().then_some(rule.scope == Scope::Emails);
        let user_id = match rule.scope {
            Scope::Network | Scope::Installation => format!("{n}.{user_id}"),
            _ => user_id.to_owned(),
        };
        let address = if rule.scope == Scope::Network { format!("192.0.2.{n}") } else { format!("198.51.{n}.1") };
        let mut flow = [0; 16];
        flow[0] = u8::try_from(n).expect("few") + 1;
        let origin = Origin { address, browser: "test".into() };
        Attempt { app: Arc::clone(&nodes[n % 2]), flow: FlowId(flow), user_id, origin, place, by }
    };
    (0..ATTEMPTS).map(one).collect()
}

async fn check(engine: &Engine, rule: Rule, user_id: &str) {
    let settings = only(Some(rule), 3_600);
    let test = TestApp::open(engine, &settings).await;
    let nodes = [Arc::clone(&test.app), test.node(engine, &settings).await];
    // What is made up differs from key to key, and the budget asks for a way of its own.
    let made_up = user_id == NOBODY && rule.scope.is_budget();
    let user_id =
        if made_up { budget::strangers(&test.app, Method::Text, 1).await.remove(0) } else { user_id.to_owned() };
    let all = attempts(&nodes, rule, &user_id);
    for attempt in &all {
        attempt.prepare(rule.what).await;
    }
    let making = |attempt: &Attempt| {
        let attempt = attempt.clone();
        tokio::spawn(async move { attempt.make(rule.what).await })
    };
    let running: Vec<_> = all.iter().map(making).collect();
    let mut passed = 0;
    for attempt in running {
        passed += usize::from(attempt.await.expect("no panic"));
    }
    assert_eq!(passed, MOST, "{rule:?} for {user_id} on {}", engine.name);
    if !matches!(rule.scope, Scope::Destination | Scope::Account) {
        let told = test.app.store.audit_of_act("limit_reached").await.unwrap();
        assert_eq!(told.len(), 1, "once for both nodes: {rule:?} {told:?}");
    }
}

#[tokio::test]
async fn five_are_five_for_every_limit_whoever_it_is() {
    for rule in Rule::ALL {
        for user_id in [JO, NOBODY] {
            for engine in Engine::both().await {
                check(&engine, rule, user_id).await;
            }
        }
    }
}

#[tokio::test]
async fn an_account_has_one_count_for_all_its_names() {
    for engine in Engine::both().await {
        let rule = Rule { what: What::Passwords, scope: Scope::Account };
        let test = TestApp::open(&engine, &only(Some(rule), 900)).await;
        let origin = Origin { address: "192.0.2.1".into(), browser: "test".into() };
        let tried = async |user_id: &str| {
            matches!(test.app.sign_in(&origin, user_id, &Secret::new("wrong")).await.unwrap(), SignIn::Wrong)
        };
        let names = [JO, "JO.BLOGGS@example.org", " jo.bloggs@EXAMPLE.org "];
        for n in 0..MOST {
            assert!(tried(names[n % 3]).await);
        }
        for name in names {
            assert!(!tried(name).await, "{name}");
        }
        for n in 0..MOST {
            assert!(tried(["nobody", "NOBODY"][n % 2]).await);
        }
        assert!(!tried("nobody").await);
    }
}

#[tokio::test]
async fn what_is_right_or_not_sent_is_held_against_nobody() {
    for engine in Engine::both().await {
        let test = TestApp::open(&engine, "[policy]\nresend_seconds = 0\nconfirm_email = true").await;
        let flow = FlowId([1; 16]);
        let counted = async || {
            let all = test.app.store.counters(test.clock.now()).await.unwrap();
            let of = |counted: &&regain::store::throttle::Counted| counted.count > 0;
            let mut names: Vec<String> = all.iter().filter(of).map(|counted| counted.counter.clone()).collect();
            names.retain(|name| !name.starts_with("look-up"));
            names
        };
        test.identify(flow, JO).await;
        let View::Choose { options, .. } = test.view(flow).await else { panic!("the list of ways") };
        let email = options.iter().find(|option| option.confirm).unwrap().place;
        let device = |address: &str| {
            regain_core::subject::device(&test.app.keys, regain_core::method::ContactKind::Email, address)
        };
        test.drive(flow, Event::Choose { option: email, confirmation: Some(device("other@mail.co.uk")) }).await;
        let proofs =
            |names: &[String]| names.iter().all(|name| name.starts_with("reset:") || name.starts_with("proof"));
        let names = counted().await;
        assert!(names.len() == 3 && proofs(&names), "a wrong guess, and nothing that was sent: {names:?}");
        test.drive(flow, Event::Choose { option: email, confirmation: Some(device("jobloggs@mail.co.uk")) }).await;
        let code = test.code().await;
        test.type_code(flow, &code).await;
        let all = test.app.store.counters(test.clock.now()).await.unwrap();
        let proofs =
            all.iter().filter(|counted| counted.counter.starts_with("proof") || counted.counter.starts_with("reset:"));
        assert_eq!(proofs.map(|counted| counted.count).collect::<Vec<_>>(), [1, 1, 1], "the wrong one alone");
        let sends = all.iter().filter(|counted| counted.counter.starts_with("send"));
        assert!(sends.clone().count() == 7 && sends.clone().all(|counted| counted.count == 1), "one code was sent");
        test.choose_password(flow, crate::support::app::NEW).await;
        let names = counted().await;
        let own = ["reset:", "sender:", "sign-in:"];
        assert!(names.iter().all(|name| own.iter().all(|own| !name.starts_with(own))), "cleared: {names:?}");
    }
}
