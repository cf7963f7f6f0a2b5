//! `regain demo`: everything embedded, sample people, nothing to set up.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use regain_core::Secret;
use regain_core::method::ContactKind;
use toml::{Table, Value};

use super::serve::{Beside, listen, log, serve, trail};
use crate::app::App;
use crate::clock::Clock;
use crate::config::{Config, environment, overlay};
use crate::delivery::{Delivery, Inbox};
use crate::directory::Deps;
use crate::directory::embedded::{Change, Embedded, NewPerson};
use crate::edge::Edge;
use crate::store::enrolment::NewContact;
use crate::web;

use State::{Locked, MustChange, Ready};

/// What `regain demo` takes.
#[derive(clap::Args)]
pub struct Args {
    /// Address and port to listen on
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// A folder to keep the data in; without one it is forgotten at the end
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
}

/// Everyone's password until it is reset.
const PASSWORD: &str = "demo-password-1";

/// A sample person: User ID, name, groups, contacts, and what to try with them.
struct Sample {
    user_id: &'static str,
    name: &'static str,
    groups: &'static [&'static str],
    contacts: &'static [(ContactKind, &'static str)],
    what: &'static str,
    state: State,
}

/// How an account is at the beginning.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Ready,
    Locked,
    MustChange,
}

const PEOPLE: &[Sample] = &[
    Sample {
        user_id: "jo.bloggs@example.org",
        name: "Jo Bloggs",
        groups: &[],
        contacts: &[(ContactKind::Mobile, "+447700900123"), (ContactKind::Email, "jobloggs@mail.co.uk")],
        what: "a mobile and an email: the usual case",
        state: Ready,
    },
    Sample {
        user_id: "sam.lee@example.org",
        name: "Sam Lee",
        groups: &[],
        contacts: &[],
        what: "nothing registered: is led to the care team, and asked to register after signing in",
        state: Ready,
    },
    Sample {
        user_id: "robin.khan@example.org",
        name: "Robin Khan",
        groups: &[],
        contacts: &[(ContactKind::Office, "+442079460321")],
        what: "an office phone only",
        state: Ready,
    },
    Sample {
        user_id: "alex.admin@example.org",
        name: "Alex Admin",
        groups: &["administrators"],
        contacts: &[(ContactKind::Mobile, "+447700900456"), (ContactKind::Email, "alex.private@mail.co.uk")],
        what: "an administrator: always two steps",
        state: Ready,
    },
    Sample {
        user_id: "kim.locked@example.org",
        name: "Kim Locked",
        groups: &[],
        contacts: &[(ContactKind::Mobile, "+447700900789"), (ContactKind::Email, "kim.locked@mail.co.uk")],
        what: "knows the password, but the account is locked: can unlock it",
        state: Locked,
    },
    Sample {
        user_id: "pat.new@example.org",
        name: "Pat New",
        groups: &[],
        contacts: &[(ContactKind::Mobile, "+447700900321"), (ContactKind::Email, "pat.new@mail.co.uk")],
        what: "has to change the password when signing in",
        state: MustChange,
    },
];

/// Runs the demo.
///
/// # Errors
/// With what to do about it.
pub async fn run(args: Args) -> Result<(), String> {
    log();
    let scratch = Scratch::new(args.data)?;
    let listener = listen("listen", args.listen).await?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let table = overlay(settings(&scratch.folder, address)?, environment());
    let config = table.and_then(Config::from_table).map_err(|problems| problems.join("\nregain: "))?;
    let clock = Clock::real();
    let directory = config.directory.clone();
    let (audit, key_file) = (config.audit.clone(), config.store.key_file.clone());
    let app = Arc::new(App::open(config, clock.clone()).await?);
    let deps = Deps { store: app.store.clone(), clock: clock.clone(), groups: app.policy.groups() };
    let people = Embedded::open(deps, directory)?;
    add_people(&app, &people).await?;
    let inbox = Inbox::default();
    let delivery = Arc::new(Delivery::demo(inbox.clone(), clock));
    let router = web::demo::router(Arc::clone(&app), inbox)?;
    greet(&app);
    let trail = trail(&app, &audit, &key_file)?;
    let pages = Edge::new(listener, router, &app.settings.server, None);
    serve(app, delivery, trail, pages, Beside::default()).await
}

/// Folder for the data; a temporary one goes with the demo.
struct Scratch {
    folder: PathBuf,
    temporary: bool,
}

impl Scratch {
    fn new(asked: Option<PathBuf>) -> Result<Self, String> {
        let temporary = asked.is_none();
        let name: [u8; 8] = crate::clock::random().map_err(|error| error.to_string())?;
        let name = format!("regain-demo-{}", data_encoding::HEXLOWER.encode(&name));
        let folder = asked.unwrap_or_else(|| std::env::temp_dir().join(name));
        std::fs::create_dir_all(&folder).map_err(|error| format!("--data: {}: {error}", folder.display()))?;
        Ok(Self { folder, temporary })
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if self.temporary {
            // Left behind, it is a few sealed rows about people who do not exist.
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

/// The demo's configuration. Limits that protect real people from floods would only stop somebody who is trying things out.
fn settings(folder: &Path, address: SocketAddr) -> Result<Table, String> {
    let text = r##"
        [directory]
        kind = "embedded"

        [policy]
        resend_seconds = 5
        cooling_off_hours = 0

        [throttle]
        failed_proofs = 100
        failed_proofs_per_network = []
        sends = []
        sends_per_account = []
        sends_per_network = []
        resets_per_user_id = []
        resets_per_network = []
        sign_ins_per_network = []

        [budget]
        messages = []
        number_range = []
        usual_floor = 0
        countries = ["*"]

        [organisation]
        name = "Example Society"
        region = "GB"

        [care_team]
        name = "Supporter Care Team"
        mail = "supportercare@example.org"
        telephone = "0300 555 0184"
        time_zone = "Europe/London"
        hours = ["Mon-Fri 09:00-17:00"]
    "##;
    let mut table: Table = text.parse().map_err(|error| format!("the demo's own settings: {error}"))?;
    let host = match address.ip() {
        ip if ip.is_unspecified() => format!("localhost:{}", address.port()),
        _ => address.to_string(),
    };
    let path = |name: &str| folder.join(name).to_string_lossy().into_owned();
    let section = |pairs: [(&str, String); 2]| {
        Value::Table(pairs.into_iter().map(|(key, value)| (key.to_owned(), Value::String(value))).collect())
    };
    let server = section([("listen", address.to_string()), ("public_url", format!("http://{host}"))]);
    let store = section([("url", format!("sqlite:{}", path("demo.db"))), ("key_file", path("demo.key"))]);
    table.insert("server".into(), server);
    table.insert("store".into(), store);
    Ok(table)
}

async fn add_people(app: &App, people: &Embedded) -> Result<(), String> {
    for sample in PEOPLE {
        let found = app.directory.find(sample.user_id).await.map_err(|error| error.to_string())?;
        if found.is_some() {
            continue;
        }
        let person = NewPerson {
            user_id: sample.user_id.into(),
            name: sample.name.into(),
            mail: Some(sample.user_id.into()),
            groups: sample.groups.iter().map(|group| (*group).to_owned()).collect(),
            password: Some(Secret::new(PASSWORD)),
        };
        let account = people.add(person).await.map_err(|error| error.to_string())?;
        if sample.state != Ready {
            let locked = Some(sample.state == Locked);
            let change = Change { locked, must_change: Some(sample.state == MustChange), ..Change::default() };
            people.set(sample.user_id, change).await.map_err(|error| error.to_string())?;
        }
        let contact = |(kind, address): &(ContactKind, &str)| NewContact {
            account: account.clone(),
            kind: *kind,
            address: (*address).to_owned(),
            verified: true,
        };
        let contacts: Vec<NewContact> = sample.contacts.iter().map(contact).collect();
        app.store.set_contacts(&contacts).await.map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn greet(app: &App) {
    let url = &app.settings.server.public_url;
    println!("Regain, the demo. Nothing leaves this machine.\n");
    println!("  Forgot a password?   {url}/reset");
    println!("  Sign in              {url}/");
    println!("  What was \"sent\"      {url}/demo/inbox\n");
    println!("People (everyone's password is {PASSWORD} until it is reset):\n");
    for sample in PEOPLE {
        println!("  {:<26} {}", sample.user_id, sample.what);
    }
    println!("\nTry two steps with REGAIN__POLICY__STEPS=2. Stop with Ctrl-C.");
}
