//! `regain method`.

use std::sync::Arc;

use regain::app::App;
use regain::clock::{self, Clock};
use regain::config::Config;
use regain::delivery::Delivery;
use regain::drive::{Hold, Origin};
use regain::worker;
use regain_core::FlowId;
use regain_core::effect::FreezeOffer;
use regain_core::flow::Event;
use regain_core::method::ContactKind;
use regain_core::register;
use serde_json::Value;

use super::Folder;
use crate::support::Engine;
use crate::support::smtp::{Security, SmtpServer};

impl Folder {
    /// What one command says as JSON.
    #[track_caller]
    fn value(&self, area: &str, args: &[&str]) -> Value {
        serde_json::from_str(&self.good(area, &[args, &["--json"]].concat())).unwrap()
    }

    /// The program on the same store, in this process.
    pub(super) async fn app(&self) -> (Arc<App>, Arc<Delivery>) {
        let mut config = Config::load(Some(&self.0.path().join("regain.toml"))).unwrap();
        let delivery = Delivery::open(&config.delivery, Clock::real()).unwrap();
        config.policy.methods.retain(|method| delivery.offers(method.channel()));
        (Arc::new(App::open(config, Clock::real()).await.unwrap()), Arc::new(delivery))
    }
}

/// How often this stands in the audit trail of the person, and who did it last.
async fn trail(app: &App, act: &str) -> (usize, String) {
    let rows = app.store.audit_of_act(act).await.unwrap();
    (rows.len(), rows.last().map(|row| row.to_owned()).unwrap_or_default())
}

#[test]
fn a_list_of_contacts_is_taken_as_a_whole_or_not_at_all() {
    let folder = Folder::new();
    folder.good("user", &["add", "jo", "--name", "Jo Bloggs", "--mail", "jo@example.org"]);
    folder.good("user", &["add", "sam", "--name", "Sam Lee"]);
    let bad = "user_id,kind,address,verified\n\
               jo,mobile,07700 900123,\n\
               nobody,mobile,07700 900456,\n\
               jo,fax,07700 900456,\n\
               sam,mobile,0770 LETTERS,maybe\n\
               jo,email,JO@example.org,\n\
               JO,mobile,07700 900456,\n\
               sam,mobile,07700 900456 ext. 12,\n";
    let bad = folder.write("bad.csv", bad);
    let told = folder.bad("method", &["import", bad.to_str().unwrap()]).join("\n");
    for expected in [
        "line 3: nobody has the User ID \"nobody\"",
        "line 4: the kind must be email, mobile or office",
        "line 5: \"0770 LETTERS\": Use digits",
        "line 5: verified must be yes or no",
        "line 6: JO@example.org is the account's own address",
        "line 7: line 2 sets the same kind",
        "line 8: \"07700 900456 ext. 12\": a mobile has no extension",
    ] {
        assert!(told.contains(expected), "{expected} in {told}");
    }
    assert!(!told.lines().any(|line| line.starts_with("regain: line 2:")), "{told}");
    assert!(folder.json("method", &["list"]).is_empty(), "nothing was set");

    let good = "user_id;kind;address;verified\n\
                jo;mobile;07700 900123;yes\n\
                jo;Email;jobloggs@mail.co.uk;no\n\
                sam;office;020 7946 0000 x12;\n";
    let good = folder.write("good.csv", good);
    let import = ["import", good.to_str().unwrap()];
    assert_eq!(
        folder.good("method", &import),
        "Set 3 contacts; 0 were so already.\n2 are suggestions, which their owners confirm with a code.\n"
    );
    assert_eq!(folder.good("method", &import), "Set 0 contacts; 3 were so already.\n");
    let shown = folder.value("method", &["list", "JO", "--reveal"]);
    let of_jo = shown["contacts"].as_array().unwrap();
    let email = of_jo.iter().find(|contact| contact["kind"] == "email").unwrap();
    assert_eq!((email["address"].as_str(), &email["verified"]), (Some("jobloggs@mail.co.uk"), &Value::Null));
    let mobile = of_jo.iter().find(|contact| contact["kind"] == "mobile").unwrap();
    assert_eq!((mobile["address"].as_str(), shown["user_id"].as_str()), (Some("+447700900123"), Some("jo")));
    assert_eq!(mobile["verified"], Value::Null, "a list proves nothing");
    assert_eq!((&shown["needed"], &shown["missing"]), (&1.into(), &1.into()));
    let all = folder.json("method", &["list", "--reveal"]);
    assert_eq!(all.len(), 3);
    assert!(all.iter().any(|contact| contact["address"] == "+442079460000;ext=12" && contact["user_id"] == "sam"));
    let office = all.iter().find(|contact| contact["kind"] == "office").unwrap();
    assert!(office["verified"].as_str().unwrap().ends_with('Z'), "administrators answer for office phones");
    let listed = folder.good("method", &["list"]);
    assert!(listed.contains("not verified") && listed.contains("*********23") && !listed.contains("7700900123"));
}

#[test]
fn an_office_phone_is_set_and_removed() {
    let folder = Folder::with(None, "[budget]\ncountries = [\"GB\", \"FR\"]\n");
    folder.good("user", &["add", "jo", "--name", "Jo Bloggs"]);
    let said = folder.good("method", &["set-office-phone", "jo", "020 7946 0000 ext. 7"]);
    assert_eq!(said, "The office phone of jo is +44 20 7946 0000 ext. 7.\n");
    folder.good("method", &["set-office-phone", "jo", "01 42 76 49 78", "--region", "fr"]);
    let listed = folder.value("method", &["list", "jo", "--reveal"]);
    assert_eq!(listed["contacts"].as_array().unwrap().len(), 1);
    assert_eq!(listed["contacts"][0]["address"], "+33142764978");
    assert!(folder.bad("method", &["set-office-phone", "jo", "01 42 76 49 78", "--region", "XX"])[0].contains("GB"));
    assert!(folder.bad("method", &["set-office-phone", "sam", "020 7946 0000"])[0].contains("nobody"));
    assert!(folder.bad("method", &["set-office-phone", "jo", "999"])[0].contains("too short"));
    for (number, told) in
        [("+49 30 123456", "budget.countries"), ("+870 773 123456", "satellite"), ("+44 909 8790000", "cost extra")]
    {
        let said = folder.bad("method", &["set-office-phone", "jo", number]);
        assert!(said[0].contains(told), "{number}: {said:?}");
    }
    let config = folder.0.path().join("regain.toml");
    let text = std::fs::read_to_string(&config).unwrap().replace("region = \"GB\"", "");
    std::fs::write(config, text).unwrap();
    assert!(folder.bad("method", &["set-office-phone", "jo", "020 7946 0000"])[0].contains("--region"));
    folder.good("method", &["remove", "jo", "office"]);
    assert!(folder.json("method", &["list"]).is_empty());
}

#[test]
fn a_number_that_gets_no_codes_any_more_is_not_one_to_rely_on() {
    let folder = Folder::with(None, "[budget]\ncountries = [\"GB\", \"FR\"]\n");
    folder.good("user", &["add", "jo", "--name", "Jo Bloggs"]);
    folder.good("method", &["set-office-phone", "jo", "01 42 76 49 78", "--region", "fr"]);
    let before = folder.value("method", &["list", "jo"]);
    assert_eq!((&before["missing"], &before["contacts"][0]["barred"]), (&0.into(), &Value::Null));
    let config = folder.0.path().join("regain.toml");
    let text = std::fs::read_to_string(&config).unwrap().replace(", \"FR\"", "");
    std::fs::write(config, text).unwrap();
    let after = folder.value("method", &["list", "jo"]);
    assert_eq!(after["missing"], 1);
    assert!(after["contacts"][0]["barred"].as_str().unwrap().contains("budget.countries"));
    let said = folder.good("method", &["list", "jo"]);
    assert!(said.contains("no codes go there (") && said.contains("cannot reset alone: 1 missing"), "{said}");
    assert!(folder.good("method", &["list"]).contains("no codes go there ("));
}

#[test]
fn a_list_proves_contacts_only_where_that_is_trusted_and_never_takes_away_what_is_proven() {
    let folder = Folder::with(None, "[register]\ntrust_imported = true\n");
    folder.good("user", &["add", "jo", "--name", "Jo Bloggs"]);
    let import = |folder: &Folder, address: &str, verified: &str| {
        let list =
            folder.write("list.csv", &format!("user_id,kind,address,verified\njo,mobile,{address},{verified}\n"));
        folder.good("method", &["import", list.to_str().unwrap()])
    };
    assert_eq!(import(&folder, "07700 900123", "yes"), "Set 1 contacts; 0 were so already.\n");
    let proven = folder.value("method", &["list", "jo", "--reveal"]);
    assert!(proven["contacts"][0]["verified"].is_string());
    let kept =
        "Set 0 contacts; 0 were so already.\n1 were left as they are, because their owners have proven others.\n";
    assert_eq!(import(&folder, "07700 900456", "no"), kept);
    let config = folder.0.path().join("regain.toml");
    let text = std::fs::read_to_string(&config).unwrap().replace("trust_imported = true", "trust_imported = false");
    std::fs::write(config, text).unwrap();
    assert_eq!(import(&folder, "07700 900456", "yes"), kept);
    assert_eq!(import(&folder, "07700 900123", "yes"), "Set 0 contacts; 1 were so already.\n");
    assert_eq!(folder.value("method", &["list", "jo", "--reveal"]), proven);
}

#[test]
fn an_export_is_masked_calculates_nothing_and_can_be_imported() {
    let folder = Folder::new();
    folder.good("user", &["add", "=1+1", "--name", "Formula"]);
    folder.good("user", &["add", "jo", "--name", "Jo Bloggs"]);
    let list = "user_id,kind,address\n=1+1,mobile,07700 900123\njo,email,+jo@mail.example\n";
    let list = folder.write("list.csv", list);
    folder.good("method", &["import", list.to_str().unwrap()]);
    let masked = folder.good("method", &["export"]);
    assert!(masked.contains("'=1+1,mobile,*********23,no"), "{masked}");
    assert!(masked.contains("jo,email,*****@m****,no"), "{masked}");
    assert_eq!(masked, folder.good("method", &["export", "--masked"]));
    let whole = folder.good("method", &["export", "--reveal"]);
    assert!(whole.contains("'=1+1,mobile,'+447700900123,no") && whole.contains("'+jo@mail.example"), "{whole}");
    for line in whole.lines().flat_map(|line| line.split(',')) {
        assert!(!line.starts_with(['=', '+', '-', '@']), "{line}");
    }
    let again = folder.write("again.csv", &whole);
    assert_eq!(folder.good("method", &["import", again.to_str().unwrap()]), "Set 0 contacts; 2 were so already.\n");
    let json = folder.json("method", &["export"]);
    assert!(json.iter().all(|contact| contact["address"].as_str().unwrap().contains("****")), "{json:?}");
    assert!(folder.json("method", &["export", "--reveal"])[0]["address"].as_str().unwrap().len() > 10);
}

#[tokio::test]
async fn people_who_are_not_ready_are_invited_once_by_mail() {
    for engine in Engine::both().await {
        let Some(server) = SmtpServer::start(Security::None, &[]) else { return };
        let more = format!(
            "[server]\npublic_url = \"https://reset.example.org\"\n[register]\ntrust_imported = true\n\
             [[delivery.email.gateway]]\nkind = \"smtp\"\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"none\"\n\
             from = \"Help <help@example.org>\"\n",
            server.port
        );
        let folder = Folder::with(Some(&engine.url), &more);
        let add = |user_id: &str, more: &[&str]| {
            folder.good("user", &[&["add", user_id, "--name", user_id], more].concat());
        };
        add("ready@example.org", &["--mail", "ready@example.org"]);
        add("jo@example.org", &["--mail", "jo@example.org"]);
        add("sam@example.org", &["--mail", "sam@example.org"]);
        add("boss@example.org", &["--mail", "boss@example.org", "--group", "administrators"]);
        add("nomail", &[]);
        add("off@example.org", &["--mail", "off@example.org"]);
        folder.good("user", &["disable", "off@example.org"]);
        let list = "user_id,kind,address\nready@example.org,email,r@mail.example\n";
        let list = folder.write("list.csv", list);
        folder.good("method", &["import", list.to_str().unwrap()]);

        let said = folder.good("method", &["invite", "--dry-run"]);
        for expected in [
            "2 would be invited",
            "1 not invited: are ready",
            "1 not invited: have no address",
            "1 not invited: may not reset",
            "1 not invited: could not reset alone whatever they registered",
        ] {
            assert!(said.contains(expected), "{expected} in {said}");
        }
        let (app, delivery) = folder.app().await;
        assert_eq!(app.store.waiting_messages().await.unwrap().0, 0, "a dry run sends nothing");

        // One of the two first, from a list, as if the command had been broken off after it.
        let some = folder.write("some.csv", "name,user_id\nJo,jo@example.org\nJo again,JO@example.org\n");
        let said = folder.good("method", &["invite", some.to_str().unwrap()]);
        assert!(said.contains("1 of 1: jo@example.org\nInvited 1 people"), "{said}");
        let said = folder.good("method", &["invite", "--per-minute", "60000"]);
        assert!(said.contains("1 of 1: sam@example.org\nInvited 1 people"), "{said}");
        let said = folder.good("method", &["invite"]);
        assert!(said.contains("2 not invited: were invited a short while ago") && said.contains("Invited 0"), "{said}");

        worker::send_now(&app, &delivery).await.unwrap();
        let mails = server.mails();
        let to: Vec<&str> = mails.iter().flat_map(|mail| mail.to.iter().map(String::as_str)).collect();
        assert_eq!(
            (to.len(), to.contains(&"jo@example.org"), to.contains(&"sam@example.org")),
            (2, true, true),
            "{to:?}"
        );
        for mail in &mails {
            for part in
                ["https://reset.example.org/register", "two minutes", "private email address", "care@example.org"]
            {
                assert!(mail.text.contains(part) && mail.html.contains(part), "{part} in {}", mail.text);
            }
            assert!(!mail.text.contains("invite-") && !mail.text.contains("mobile"), "{}", mail.text);
        }
        assert_eq!(trail(&app, "invited").await.0, 2, "{}", engine.name);
        assert!(folder.value("method", &["list", "jo@example.org"])["invited"].is_string());

        let said = folder.good("method", &["invite", "--again", "--per-minute", "60000"]);
        assert!(said.contains("Invited 2 people"), "{said}");
        let wrong = folder.write("wrong.csv", "user_id\njo@example.org\nnobody\n");
        let told = folder.bad("method", &["invite", "--again", wrong.to_str().unwrap()]);
        assert!(told[0].contains("line 3: nobody has the User ID"), "{told:?}");
    }
}

#[test]
fn nobody_is_invited_without_a_way_to_write() {
    let folder = Folder::new();
    folder.good("user", &["add", "jo", "--name", "Jo", "--mail", "jo@example.org"]);
    assert!(folder.bad("method", &["invite"])[0].contains("[[delivery.email.gateway]]"));
}

#[tokio::test]
async fn the_care_team_lifts_a_freeze_and_says_why() {
    for engine in Engine::both().await {
        let folder = Folder::with(Some(&engine.url), "[register]\ntrust_imported = true\n");
        folder.good("user", &["add", "jo", "--name", "Jo", "--mail", "jo@example.org"]);
        let list = folder.write("list.csv", "user_id,kind,address\njo,mobile,07700 900123\n");
        folder.good("method", &["import", list.to_str().unwrap()]);
        assert!(folder.bad("method", &["thaw", "jo", "--reason", "x"])[0].contains("not frozen"));

        let (app, _) = folder.app().await;
        let jo = app.directory.find("jo").await.unwrap().unwrap();
        let offer = FreezeOffer {
            account: jo.id.clone(),
            user_id: "jo".into(),
            own_mail: jo.mail.clone(),
            kind: Some(ContactKind::Email),
            former: None,
            at: app.clock.now(),
        };
        let flow = Hold::all(FlowId(clock::random().unwrap()));
        app.drive(&Origin::default(), flow, Event::Register(register::Event::Freeze(offer))).await.unwrap();
        assert!(folder.good("method", &["list", "jo"]).contains("frozen by \"This wasn't me\""));

        assert!(!folder.run("method", &["thaw", "jo"], "").worked, "a reason has to be given");
        assert!(folder.bad("method", &["thaw", "jo", "--reason", " "])[0].contains("--reason"));
        let told_before = app.store.waiting_messages().await.unwrap().0;
        folder.good("method", &["thaw", "jo", "--reason", "Called back on the number in the staff list"]);
        assert!(folder.value("method", &["list", "jo"])["frozen"].is_null());
        assert!(app.store.waiting_messages().await.unwrap().0 > told_before, "Jo hears of it");
        let (count, detail) = trail(&app, "thawed").await;
        assert!(count == 1 && detail.contains("Called back on the number") && detail.contains("\"regain"), "{detail}");
    }
}

#[tokio::test]
async fn what_administrators_do_stands_in_the_audit_trail() {
    let folder = Folder::new();
    folder.good("user", &["add", "jo", "--name", "Jo"]);
    let list = folder.write("list.csv", "user_id,kind,address\njo,mobile,07700 900123\n");
    folder.good("method", &["import", list.to_str().unwrap()]);
    folder.good("method", &["import", list.to_str().unwrap()]);
    folder.good("method", &["set-office-phone", "jo", "020 7946 0000"]);
    folder.good("method", &["export"]);
    folder.good("method", &["export", "--reveal"]);
    folder.good("method", &["remove", "jo", "mobile"]);
    let (app, _) = folder.app().await;
    for (act, expected) in [("contact_given", 2), ("contact_taken_away", 1), ("contacts_revealed", 1)] {
        let (count, detail) = trail(&app, act).await;
        assert_eq!(count, expected, "{act}");
        assert!(!detail.contains("7700") && !detail.contains("7946"), "no number: {detail}");
    }
}
