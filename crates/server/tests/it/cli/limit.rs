//! `regain limit`.

use regain::app::App;
use regain::drive::Origin;
use regain::sign_in::SignIn;
use regain_core::budget::{self, Postage};
use regain_core::crowd::Crowd;
use regain_core::method::{ContactKind, Method};
use regain_core::registration::NOBODY;
use regain_core::{Ctx, Secret, subject};
use serde_json::{Value, json};

use super::Folder;

const BUDGET: &str = "[budget]\ncurrency = \"GBP\"\nprices = { \"44\" = 0.04 }\nusual_floor = 2\n\
                      money = [{ amount = 0.05, seconds = 86400 }]\n[throttle]\n\
                      sign_ins_per_account = [{ count = 2, seconds = 900 }]\n";

async fn signs_in_wrong(app: &App, user_id: &str, times: usize) -> bool {
    let origin = Origin { address: "192.0.2.7".into(), browser: "test".into() };
    let mut rests = false;
    for _ in 0..times {
        let signed_in = app.sign_in(&origin, user_id, &Secret::new("wrong")).await.unwrap();
        rests = matches!(signed_in, SignIn::Resting { .. });
    }
    rests
}

/// A text to this number is counted in the budget.
async fn text(app: &App, number: &str, mask: &str) {
    let (now, keys) = (app.clock.now(), &app.keys);
    let ctx = Ctx { now, entropy: [0; 32], policy: &app.policy, keys, registration: &NOBODY };
    let device = subject::device(keys, ContactKind::Mobile, number);
    let postage = Postage { method: Method::Text, number: Some(number), device, mask: mask.into() };
    app.store.take(&budget::claims(&ctx, &postage, &[], &Crowd::default()), now).await.unwrap();
}

/// What is listed of this scope: the one line's count, what it may reach, and whether somebody waits.
fn listed(folder: &Folder, whose: &[&str], scope: &str) -> Vec<(i64, Value, bool)> {
    let lines = folder.json("limit", &[&["list"], whose].concat());
    let of_scope = lines.into_iter().filter(|line| line["scope"] == scope);
    of_scope
        .map(|line| (line["count"].as_i64().unwrap(), line["most"].clone(), line["waits"].as_bool().unwrap()))
        .collect()
}

#[tokio::test]
async fn what_is_counted_is_listed_by_whom_it_concerns() {
    let folder = Folder::with(None, BUDGET);
    assert_eq!(folder.good("limit", &["list"]), "Nothing is counted at the moment.\n");
    folder.good("user", &["add", "jo", "--name", "Jo Bloggs"]);
    let (app, _) = folder.app().await;
    assert!(signs_in_wrong(&app, "JO", 3).await);
    text(&app, "+447700900123", "*********23").await;

    assert_eq!(listed(&folder, &["jo"], "account"), [(2, json!(2), true)]);
    assert!(listed(&folder, &["sam"], "account").is_empty());
    assert_eq!(listed(&folder, &["--network", "192.0.2.200"], "network"), [(2, json!(50), false)]);
    assert!(listed(&folder, &["--network", "192.0.3.7"], "network").is_empty());
    let everybody = ["--everybody"];
    assert_eq!(listed(&folder, &everybody, "installation"), [(2, json!(1_000), false)]);
    assert_eq!(listed(&folder, &everybody, "messages"), [(1, json!(500), false), (1, json!(3_000), false)]);
    assert_eq!(listed(&folder, &everybody, "money"), [(400, json!(500), false)]);
    assert_eq!(listed(&folder, &everybody, "number_range"), [(1, json!(20), false)]);
    assert_eq!(listed(&folder, &everybody, "usual"), [(1, json!(2), false)]);
    let said = folder.good("limit", &["list"]);
    assert!(said.contains("sends per money") && said.contains("0.0400 of 0.0500 GBP"), "{said}");
    assert!(said.lines().any(|line| line.starts_with("JO ") && line.contains("waits until")), "{said}");
    assert!(said.lines().any(|line| line.starts_with("*********23") && line.contains("number_range")), "{said}");
    assert!(said.lines().any(|line| line.starts_with("everybody") && line.contains("per usual")), "{said}");
    // A range is some people's, also if nobody wrote down whose.
    text(&app, "+33612345678", "").await;
    let said = folder.good("limit", &["list"]);
    let of_ranges: Vec<&str> = said.lines().filter(|line| line.contains("number_range")).collect();
    assert!(of_ranges.len() == 2 && !of_ranges.iter().any(|line| line.contains("everybody")), "{said}");
    assert!(folder.bad("limit", &["list", "--network", "nowhere"])[0].contains("such as 192.0.2.7"));
}

#[tokio::test]
async fn what_is_lifted_is_lifted_for_those_alone_and_with_a_reason() {
    let folder = Folder::with(None, BUDGET);
    folder.good("user", &["add", "jo", "--name", "Jo Bloggs"]);
    folder.good("user", &["add", "sam", "--name", "Sam Lee"]);
    let (app, _) = folder.app().await;
    assert!(signs_in_wrong(&app, "jo", 3).await && signs_in_wrong(&app, "sam", 3).await);
    text(&app, "+447700900123", "*********23").await;

    // Without a reason, or without anybody, nothing happens.
    assert!(folder.bad("limit", &["lift", "jo", "--reason", " "])[0].contains("say why"));
    assert!(folder.bad("limit", &["lift", "--reason", "they called"])[0].contains("say whose limits"));
    assert!(!folder.run("limit", &["lift", "jo"], "").worked);
    assert!(!folder.run("limit", &["lift", "jo", "--everybody", "--reason", "they called"], "").worked);
    assert!(signs_in_wrong(&app, "jo", 1).await, "still resting");

    let said = folder.good("limit", &["lift", "JO", "--reason", "called back"]);
    assert_eq!(said, "JO can go on: 1 counters were cleared.\n");
    assert!(!signs_in_wrong(&app, "jo", 1).await && signs_in_wrong(&app, "sam", 1).await, "jo alone");
    assert_eq!(listed(&folder, &[], "money"), [(400, json!(500), false)]);
    let said = folder.good("limit", &["lift", "--everybody", "--reason", "an open day", "--json"]);
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((&said["whose"], &said["scope"]), (&json!("everybody"), &json!("installation")));
    for scope in ["money", "messages", "usual", "number_range", "installation"] {
        assert!(listed(&folder, &[], scope).is_empty(), "{scope}");
    }
    assert!(signs_in_wrong(&app, "sam", 1).await, "what is counted for one person stays");
    let said = folder.run("limit", &["lift", "nobody", "--reason", "a mistake"], "");
    assert!(said.worked && said.out.contains("Nothing was counted") && said.err.contains("nobody has the User ID"));

    let trail = app.store.audit_of_act("limit_lifted").await.unwrap();
    assert_eq!(trail.len(), 3, "{trail:?}");
    let reasons = folder.good("audit", &["export"]);
    for reason in ["called back", "an open day", "a mistake"] {
        assert!(reasons.contains(reason), "{reasons}");
    }
}
