//! What is counted for a person at the pages of others: codes to register, and wrong ones.

use regain_core::throttle::{Rule, Scope, What};

use super::only;
use crate::register::{JO, signed_in};
use crate::support::Engine;
use crate::support::app::TestApp;

#[tokio::test]
async fn wrong_codes_at_registering_count_over_all_sign_ins() {
    for engine in Engine::both().await {
        let rule = Rule { what: What::Proofs, scope: Scope::Account };
        let test = TestApp::open(&engine, &format!("{}[organisation]\nregion = 'GB'", only(Some(rule), 0))).await;
        let mut statuses = Vec::new();
        for n in 0..3 {
            let mut browser = signed_in(&test, JO).await;
            browser.get("/register/email").await;
            browser.submit("/register/email", &[("address", &format!("jo.{n}@mail.example"))]).await;
            for seen in ["0", "1"] {
                let page = browser.submit("/register/code", &[("code", "none"), ("seen", seen)]).await;
                statuses.push(page.text().contains("was not looked at"));
            }
            browser.post("/sign-out", browser.form(&[])).await;
        }
        assert_eq!(statuses, [false, false, false, false, false, true], "five in all");
    }
}
