//! The whole program on a clock that is moved by hand, with the demo's kind of people.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use regain::app::App;
use regain::clock::Clock;
use regain::config::Config;
use regain::delivery::{Captured, Delivery, Inbox};
use regain::directory::Deps;
use regain::directory::embedded::{Embedded, NewPerson};
use regain::drive::{Drove, Hold, Origin};
use regain::store::enrolment::NewContact;
use regain::worker;
use regain_core::elsewhere::Survey;
use regain_core::method::ContactKind::{Email, Mobile, Office};
use regain_core::method::{ContactKind, Method};
use regain_core::reset::{Event, View};
use regain_core::subject::AccountId;
use regain_core::{FlowId, Secret, Span, Time, captcha, password};

use super::secrets::Secrets;
use super::{Engine, START, links};

/// What everybody's password is before a test changes it.
pub(crate) const OLD: &str = "demo-password-1";
/// A password that passes all rules.
pub(crate) const NEW: &str = "plum kettle 94 orbit";

/// The program under test.
pub(crate) struct TestApp {
    pub(crate) app: Arc<App>,
    pub(crate) clock: Clock,
    pub(crate) inbox: Inbox,
    pub(crate) delivery: Arc<Delivery>,
    pub(crate) people: Embedded,
    pub(crate) key: PathBuf,
    embedded: bool,
    // Dropped before the folder, in which the key is.
    _secrets: Secrets,
    _folder: tempfile::TempDir,
}

/// These settings on top of the test's own.
fn configured(engine: &Engine, key: &Path, settings: &str) -> Config {
    let base = format!(
        "[store]\nurl = '{}'\nkey_file = '{}'\n[directory]\nkind = 'embedded'\nargon2_memory_kib = 8\nargon2_passes = 1\n\
         [care_team]\nmail = 'care@example.org'\ntelephone = '0300 555 0184'\n[captcha]\nkind = 'off'\n",
        engine.url,
        key.display()
    );
    let mut table: toml::Table = base.parse().expect("the test's own settings");
    let more: toml::Table = settings.parse().expect("settings are TOML");
    for (section, own) in more {
        match (table.get_mut(&section), own) {
            // Another kind of directory has keys of its own.
            (Some(toml::Value::Table(known)), toml::Value::Table(own)) if !own.contains_key("kind") => {
                known.extend(own)
            }
            (_, own) => drop(table.insert(section, own)),
        }
    }
    Config::from_table(table).expect("settings are good")
}

impl TestApp {
    /// On this engine, with these settings on top of the test's own.
    pub(crate) async fn open(engine: &Engine, settings: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let key = folder.path().join("test.key");
        let long_ago = Clock::by_hand(Time(START.0 - Span::hours(48).0));
        let test = Self::begin(engine, settings, (key, folder), long_ago.clone()).await;
        if test.embedded {
            test.add_everybody().await;
        }
        // What they registered has cooled off.
        long_ago.pass(Span::hours(48));
        test
    }

    /// The program again, on the same store with the key file as it is now.
    pub(crate) async fn again(self, engine: &Engine, settings: &str) -> Self {
        let Self { clock, key, _folder, .. } = self;
        Self::begin(engine, settings, (key, _folder), clock).await
    }

    async fn begin(engine: &Engine, settings: &str, (key, folder): (PathBuf, tempfile::TempDir), clock: Clock) -> Self {
        let config = configured(engine, &key, settings);
        let directory = config.directory.clone();
        let app = Arc::new(App::open(config, clock.clone()).await.expect("the program opens"));
        let deps = Deps { store: app.store.clone(), clock: clock.clone(), groups: Vec::new() };
        let embedded = directory.get("kind").is_none_or(|kind| kind.as_str() == Some("embedded"));
        let section = if embedded { directory } else { toml::Table::new() };
        let people = Embedded::open(deps, section).expect("the directory opens");
        let inbox = Inbox::default();
        let delivery = Arc::new(Delivery::demo(inbox.clone(), clock.clone()));
        let _secrets = Secrets::watch(&engine.url, &key, &inbox);
        Self { app, clock, inbox, delivery, people, key, embedded, _secrets, _folder: folder }
    }

    /// Another node of the same service: on the same store, with the same key, the same settings and the same clock.
    pub(crate) async fn node(&self, engine: &Engine, settings: &str) -> Arc<App> {
        let config = configured(engine, &self.key, settings);
        Arc::new(App::open(config, self.clock.clone()).await.expect("the program opens"))
    }

    async fn add_everybody(&self) {
        let jo = [(Mobile, "+447700900123"), (Email, "jobloggs@mail.co.uk")];
        let alex = [(Mobile, "+447700900456"), (Email, "alex.private@mail.co.uk")];
        self.add("jo.bloggs@example.org", &[], &jo).await;
        self.add("sam.lee@example.org", &[], &[]).await;
        self.add("robin.khan@example.org", &[], &[(Office, "+442079460321;ext=12")]).await;
        self.add("alex.admin@example.org", &["administrators"], &alex).await;
    }

    /// Adds a person with verified contacts.
    pub(crate) async fn add(&self, user_id: &str, groups: &[&str], contacts: &[(ContactKind, &str)]) -> AccountId {
        let person = NewPerson {
            user_id: user_id.into(),
            name: user_id.into(),
            mail: Some(user_id.into()),
            groups: groups.iter().map(|group| (*group).to_owned()).collect(),
            password: Some(Secret::new(OLD)),
        };
        let account = self.people.add(person).await.expect("the person is new");
        self.register(&account, contacts).await;
        account
    }

    /// Gives an account verified contacts.
    pub(crate) async fn register(&self, account: &AccountId, contacts: &[(ContactKind, &str)]) {
        let contact = |(kind, address): &(ContactKind, &str)| NewContact {
            account: account.clone(),
            kind: *kind,
            address: (*address).to_owned(),
            verified: true,
        };
        let contacts: Vec<NewContact> = contacts.iter().map(contact).collect();
        self.app.store.set_contacts(&contacts).await.expect("contacts are set");
    }

    /// Lets something happen to a flow.
    pub(crate) async fn drive(&self, flow: FlowId, event: Event) -> Drove {
        let origin = Origin { address: "192.0.2.7".into(), browser: "test".into() };
        self.app.drive(&origin, Hold::all(flow), event).await.expect("no fault")
    }

    /// What the flow shows.
    pub(crate) async fn view(&self, flow: FlowId) -> View {
        self.app.look(flow).await.expect("no fault").expect("the flow exists").view
    }

    /// Types a User ID.
    pub(crate) async fn identify(&self, flow: FlowId, user_id: &str) -> View {
        let answer = captcha::Answer::None;
        self.drive(flow, Event::Identify { user_id: user_id.into(), answer, unlock: false }).await;
        self.view(flow).await
    }

    /// Chooses the option of this method.
    pub(crate) async fn choose(&self, flow: FlowId, method: Method) -> View {
        let View::Choose { options, .. } = self.view(flow).await else { panic!("not the list of ways") };
        let option = options.iter().find(|option| option.method == method).expect("the way is offered").place;
        self.drive(flow, Event::Choose { option, confirmation: None }).await;
        self.view(flow).await
    }

    /// Sends all that waits and gives what was captured so far, oldest first.
    pub(crate) async fn messages(&self) -> Vec<Captured> {
        worker::send_now(&self.app, &self.delivery).await.expect("messages are sent");
        let mut all = self.inbox.messages();
        all.sort_by_key(|message| message.at);
        all.iter().for_each(|message| links::message(&message.text, &self.app.settings.server.public_url));
        all
    }

    /// The code in the last message that has one.
    pub(crate) async fn code(&self) -> String {
        let sent = self.messages().await;
        sent.iter().rev().find_map(|message| code_of(&message.text)).expect("a code was sent")
    }

    /// Types a code.
    pub(crate) async fn type_code(&self, flow: FlowId, code: &str) -> View {
        let seen = match self.view(flow).await {
            View::Code { wrong, .. } => wrong,
            _ => 0,
        };
        self.drive(flow, Event::Code { typed: Secret::new(code), seen }).await;
        self.view(flow).await
    }

    /// Chooses a password.
    pub(crate) async fn choose_password(&self, flow: FlowId, password: &str) -> View {
        let judged = password::judge(
            &self.app.policy.password,
            &password::Lists::default(),
            &password::Person::default(),
            &Secret::new(password),
            None,
        );
        self.drive(flow, Event::Password { judged, survey: Survey::default() }).await;
        self.view(flow).await
    }

    /// Whether this is the password of that account now.
    pub(crate) async fn signs_in(&self, user_id: &str, password: &str) -> bool {
        let origin = Origin { address: "192.0.2.7".into(), browser: "test".into() };
        let signed_in = self.app.sign_in(&origin, user_id, &Secret::new(password)).await.expect("no fault");
        matches!(signed_in, regain::sign_in::SignIn::Right { .. })
    }
}

/// The first run of six digits that stands alone.
pub(crate) fn code_in(text: &str) -> String {
    code_of(text).expect("there is a code in it")
}

fn code_of(text: &str) -> Option<String> {
    let mut words = text.split(|c: char| !c.is_ascii_alphanumeric());
    words.find(|word| word.len() == 6 && word.chars().all(|c| c.is_ascii_digit())).map(str::to_owned)
}
