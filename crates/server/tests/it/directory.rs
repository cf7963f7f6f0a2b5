//! What every kind of directory must do, on every engine. A new kind needs a fixture here, or this suite fails.

mod ldap;

use std::any::Any;
use std::sync::Arc;

use regain::clock::Clock;
use regain::directory::embedded::{Change, Embedded, NewPerson, Problem};
use regain::directory::{Deps, Directory, Error, KINDS, Refusal, Verdict};
use regain::finding::State;
use regain::store::Store;
use regain_core::Secret;
use regain_core::subject::AccountId;

use crate::support::samba::{Domain, PEOPLE};
use crate::support::slapd::{self, Setup, Slapd};
use crate::support::{Engine, START};

/// The password everybody starts with.
const FIRST: &str = "first kettle 94";

/// A directory with people in it: Jo Bloggs (enabled), Sam Lee (disabled), Robin Khan (no password).
struct Fixture {
    directory: Arc<dyn Directory>,
    jo: AccountId,
    sam: AccountId,
    robin: AccountId,
    differs: Differs,
    /// The server behind it, for as long as the fixture lives.
    _server: Option<Box<dyn Any + Send + Sync>>,
}

/// What a server cannot do, or does in its own way.
#[derive(Default)]
struct Differs {
    /// It looks at earlier passwords only when one is changed, not when one is reset.
    forgets_history_on_reset: bool,
    /// It answers for Sam without looking at the password, and says only that the account is locked.
    hides_why_sam_is_off: bool,
    /// What it calls the groups `choir` and `staff`, besides that.
    more_groups: Vec<String>,
}

/// The kinds of directory there are, each in every setting it can be tested in.
async fn each(test: impl AsyncFn(Fixture)) {
    for kind in KINDS {
        match kind.name {
            "embedded" => {
                for engine in Engine::both().await {
                    println!("embedded on {}", engine.name);
                    test(embedded_fixture(&engine).await).await;
                }
            }
            "ldap" => {
                println!("ldap");
                if let Some(fixture) = openldap_fixture().await {
                    test(fixture).await;
                }
            }
            "active_directory" => {
                println!("active_directory on Samba");
                if let Some(domain) = Domain::take().await {
                    test(samba_fixture(domain).await).await;
                }
            }
            other => panic!("write a fixture for {other}"),
        }
    }
}

async fn embedded(engine: &Engine) -> Embedded {
    let clock = Clock::by_hand(START);
    let store = engine.open(&clock).await;
    // Cheap hashes: what is tested here does not depend on their cost.
    let section = "kind = \"embedded\"\nargon2_memory_kib = 64\nargon2_passes = 1\nhistory = 3".parse().unwrap();
    Embedded::open(Deps { store, clock, groups: Vec::new() }, section).unwrap()
}

fn jo() -> NewPerson {
    NewPerson {
        user_id: "Jo.Bloggs@example.org".into(),
        name: "Jo Bloggs".into(),
        mail: Some("jo.bloggs@example.org".into()),
        groups: vec!["staff".into(), "choir".into()],
        password: Some(Secret::new(FIRST)),
    }
}

async fn embedded_fixture(engine: &Engine) -> Fixture {
    let people = embedded(engine).await;
    let sam = NewPerson { user_id: "sam".into(), name: "Sam Lee".into(), mail: None, groups: vec![], ..jo() };
    let robin = NewPerson { user_id: "robin".into(), password: None, ..sam.clone() };
    let added = people.add_all(vec![jo(), sam, robin]).await.unwrap();
    people.set("sam", Change { disabled: Some(true), ..Change::default() }).await.unwrap();
    let [jo, sam, robin] = <[AccountId; 3]>::try_from(added).unwrap();
    Fixture { directory: Arc::new(people), jo, sam, robin, differs: Differs::default(), _server: None }
}

async fn openldap_fixture() -> Option<Fixture> {
    let server = Slapd::start(&Setup::default())?;
    let password = format!("userPassword: {FIRST}");
    server.add(&slapd::person(
        "Jo.Bloggs@example.org",
        "Jo Bloggs",
        &format!("mail: jo.bloggs@example.org\n{password}"),
    ));
    server.add(&slapd::person("sam", "Sam Lee", &password));
    server.add(&slapd::person("robin", "Robin Khan", "mail: robin@example.org"));
    server.modify(&ldap::locked_for_good("sam"));
    let groups = ["choir", "staff"].map(|name| (name, format!("cn={name},ou=groups,{}", slapd::SUFFIX)));
    for (name, dn) in &groups {
        let jo = format!("uid=Jo.Bloggs@example.org,ou=people,{}", slapd::SUFFIX);
        server.add(&format!("dn: {dn}\nobjectClass: groupOfNames\ncn: {name}\nmember: {jo}\n"));
    }
    let directory = ldap::open(server.section("")).await;
    let id = async |user_id: &str| directory.find(user_id).await.unwrap().expect("is there").id;
    let (jo, sam, robin) = (id("jo.bloggs@example.org").await, id("sam").await, id("robin").await);
    let more_groups = groups.map(|(_, dn)| dn).into();
    let differs = Differs { hides_why_sam_is_off: true, more_groups, ..Differs::default() };
    Some(Fixture { directory, jo, sam, robin, differs, _server: Some(Box::new(server)) })
}

async fn samba_fixture(mut domain: Domain) -> Fixture {
    let mail = "jo.bloggs@example.org";
    let more = [("userPrincipalName", "Jo.Bloggs@example.org"), ("displayName", "Jo Bloggs"), ("mail", mail)];
    let jo = domain.person("jbloggs", &more).await;
    domain.group("staff", &[&jo]).await;
    domain.group("choir", &[&jo]).await;
    domain.person("sam", &[("userAccountControl", "514")]).await;
    domain.add(PEOPLE, "robin", &[("objectClass", "user"), ("userAccountControl", "544")], None).await;
    let directory: Arc<dyn Directory> = Arc::new(domain.directory(""));
    let mut found = Vec::new();
    for name in [mail, "sam", "robin"] {
        found.push(directory.find(name).await.unwrap().expect(name).id);
    }
    let [jo, sam, robin] = <[AccountId; 3]>::try_from(found).unwrap();
    // Debian's Samba does not offer policy hints (control 1.2.840.113556.1.4.2239).
    let forgets_history_on_reset = !domain.offers_hints();
    let differs = Differs { forgets_history_on_reset, ..Differs::default() };
    Fixture { directory, jo, sam, robin, differs, _server: Some(Box::new(domain)) }
}

impl Fixture {
    async fn verdict(&self, account: &AccountId, password: &str) -> Verdict {
        self.directory.verify(Some(account), &Secret::new(password)).await.unwrap()
    }

    async fn reset(&self, account: &AccountId, password: &str) -> Result<(), Refusal> {
        match self.directory.reset(account, &Secret::new(password)).await {
            Ok(()) => Ok(()),
            Err(Error::Refused(refusal)) => Err(refusal),
            Err(other) => panic!("{other}"),
        }
    }
}

/// What nobody types by accident.
fn hostile() -> Vec<String> {
    let mut texts: Vec<String> = [
        "",
        "\0",
        "Jo.Bloggs@example.org\0",
        "' OR ''='",
        "jo.bloggs@example.org'; DROP TABLE account; --",
        "\u{202e}gro.elpmaxe@sggolb.oj",
        "*)(uid=*",
        "%",
        "\\",
        "\u{fffd}",
        "\u{10ffff}",
    ]
    .map(str::to_owned)
    .into();
    texts.push("x".repeat(65_536));
    texts.push("\u{fdfa}".repeat(8_192));
    texts
}

#[tokio::test]
async fn finds_exactly_one_account_in_any_spelling_of_its_user_id() {
    each(async |fixture| {
        for typed in
            ["Jo.Bloggs@example.org", "jo.bloggs@example.org", " JO.BLOGGS@EXAMPLE.ORG\t", "ｊｏ.bloggs@example.org"]
        {
            let found = fixture.directory.find(typed).await.unwrap().unwrap_or_else(|| panic!("{typed}"));
            assert_eq!(found.id, fixture.jo);
            assert_eq!(found.user_id, "Jo.Bloggs@example.org");
            assert_eq!(found.name, "Jo Bloggs");
            assert_eq!(found.mail.as_deref(), Some("jo.bloggs@example.org"));
            let mut groups = vec!["choir".to_owned(), "staff".to_owned()];
            groups.extend(fixture.differs.more_groups.iter().cloned());
            groups.sort();
            assert_eq!(found.groups, groups);
            assert!(!found.status.disabled);
        }
        let sam = fixture.directory.find("sam").await.unwrap().unwrap();
        assert!(sam.status.disabled && sam.mail.is_none() && sam.groups.is_empty());
        for typed in ["jo.bloggs", "jo.bloggs@example.or", "jo.bloggs@example.orgg", "sa%", "nobody"] {
            assert_eq!(fixture.directory.find(typed).await.unwrap(), None, "{typed}");
        }
    })
    .await;
}

#[tokio::test]
async fn knows_the_right_password_and_no_other() {
    each(async |fixture| {
        assert_eq!(fixture.verdict(&fixture.jo, FIRST).await, Verdict::Right);
        for wrong in ["", "first kettle 9", "First kettle 94", "first kettle 94 "] {
            assert_eq!(fixture.verdict(&fixture.jo, wrong).await, Verdict::Wrong, "{wrong:?}");
        }
        assert_eq!(
            fixture.verdict(&fixture.jo, "first\u{a0}kettle 94").await,
            Verdict::Right,
            "one spelling of spaces"
        );
        let hidden = |told| if fixture.differs.hides_why_sam_is_off { Verdict::Locked } else { told };
        assert_eq!(fixture.verdict(&fixture.sam, FIRST).await, hidden(Verdict::Disabled));
        assert_eq!(fixture.verdict(&fixture.sam, "wrong").await, hidden(Verdict::Wrong));
        assert_eq!(fixture.verdict(&fixture.robin, "").await, Verdict::Wrong, "an account without a password");
        let unknown = fixture.directory.verify(None, &Secret::new(FIRST)).await.unwrap();
        assert_eq!(unknown, Verdict::Wrong);
    })
    .await;
}

#[tokio::test]
async fn after_a_reset_the_new_password_works_and_the_old_one_does_not() {
    each(async |fixture| {
        assert_eq!(fixture.reset(&fixture.jo, "second kettle 95").await, Ok(()));
        assert_eq!(fixture.verdict(&fixture.jo, FIRST).await, Verdict::Wrong);
        assert_eq!(fixture.verdict(&fixture.jo, "second kettle 95").await, Verdict::Right);
        assert_eq!(fixture.reset(&fixture.robin, "second kettle 95").await, Ok(()));
        assert_eq!(fixture.verdict(&fixture.robin, "second kettle 95").await, Verdict::Right);
    })
    .await;
}

#[tokio::test]
async fn refuses_a_password_with_the_reason_and_leaves_the_old_one() {
    each(async |fixture| {
        assert_eq!(fixture.reset(&fixture.jo, "kettle7").await, Err(Refusal::TooShort { min: 8 }));
        if !fixture.differs.forgets_history_on_reset {
            assert_eq!(fixture.reset(&fixture.jo, FIRST).await, Err(Refusal::InHistory));
        }
        assert_eq!(fixture.verdict(&fixture.jo, FIRST).await, Verdict::Right);
        assert_eq!(fixture.reset(&fixture.sam, "second kettle 95").await, Err(Refusal::Disabled));
        for gone in ["gone", "", "\0"] {
            let gone = AccountId(gone.into());
            assert_eq!(fixture.reset(&gone, "second kettle 95").await, Err(Refusal::Gone));
            assert_eq!(fixture.verdict(&gone, FIRST).await, Verdict::Wrong);
        }
    })
    .await;
}

#[tokio::test]
async fn hostile_texts_are_nobody_and_no_password() {
    each(async |fixture| {
        for text in hostile() {
            let shown: String = text.chars().take(40).collect();
            assert_eq!(fixture.directory.find(&text).await.unwrap(), None, "{shown:?}");
            assert_eq!(fixture.verdict(&fixture.jo, &text).await, Verdict::Wrong, "{shown:?}");
            assert_eq!(fixture.verdict(&AccountId(text), FIRST).await, Verdict::Wrong, "{shown:?}");
        }
        assert_eq!(fixture.verdict(&fixture.jo, FIRST).await, Verdict::Right);
    })
    .await;
}

#[tokio::test]
async fn of_resets_at_the_same_time_the_account_ends_up_with_one_password() {
    each(async |fixture| {
        let fixture = Arc::new(fixture);
        let resets = (0..8).map(|n| {
            let fixture = Arc::clone(&fixture);
            tokio::spawn(async move {
                let password = format!("kettle number {n}");
                let done = fixture.directory.reset(&fixture.jo, &Secret::new(password.as_str())).await;
                (password, done)
            })
        });
        let mut done = Vec::new();
        for reset in resets.collect::<Vec<_>>() {
            match reset.await.unwrap() {
                (password, Ok(())) => done.push(password),
                // Too many at once: said plainly, and nothing happened.
                (password, Err(Error::Unavailable(_))) => {
                    assert_eq!(fixture.verdict(&fixture.jo, &password).await, Verdict::Wrong);
                }
                (_, Err(other)) => panic!("{other}"),
            }
        }
        let mut right = 0;
        for password in &done {
            right += usize::from(fixture.verdict(&fixture.jo, password).await == Verdict::Right);
        }
        assert_eq!(right, 1, "of {done:?}");
        assert_eq!(fixture.verdict(&fixture.jo, FIRST).await, Verdict::Wrong);
    })
    .await;
}

#[tokio::test]
async fn a_change_needs_the_old_password_and_keeps_the_rules() {
    each(async |fixture| {
        let change = async |old: &str, new: &str| {
            let done = fixture.directory.change(&fixture.jo, &Secret::new(old), &Secret::new(new)).await;
            done.map_err(|error| match error {
                Error::Refused(refusal) => refusal,
                other => panic!("{other}"),
            })
        };
        for wrong in ["", "wrong", "First kettle 94", "first kettle 94 "] {
            assert_eq!(change(wrong, "second kettle 95").await, Err(Refusal::OldPassword), "{wrong:?}");
        }
        assert_eq!(change(FIRST, "kettle7").await, Err(Refusal::TooShort { min: 8 }));
        assert_eq!(fixture.verdict(&fixture.jo, FIRST).await, Verdict::Right, "nothing was changed");
        assert_eq!(change(FIRST, "second kettle 95").await, Ok(()));
        assert_eq!(fixture.verdict(&fixture.jo, "second kettle 95").await, Verdict::Right);
        assert_eq!(fixture.verdict(&fixture.jo, FIRST).await, Verdict::Wrong);
        assert_eq!(change("second kettle 95", FIRST).await, Err(Refusal::InHistory));
        let nobody =
            fixture.directory.change(&AccountId("gone".into()), &Secret::new(FIRST), &Secret::new(FIRST)).await;
        assert!(matches!(nobody, Err(Error::Refused(Refusal::Gone))), "{nobody:?}");
    })
    .await;
}

#[tokio::test]
async fn an_account_is_the_same_by_either_name_and_its_rules_are_told() {
    each(async |fixture| {
        let found = fixture.directory.find("jo.bloggs@example.org").await.unwrap();
        assert_eq!(fixture.directory.person(&fixture.jo).await.unwrap(), found);
        for nobody in ["gone", "", "\0", "*"] {
            assert_eq!(fixture.directory.person(&AccountId(nobody.into())).await.unwrap(), None, "{nobody:?}");
        }
        let rules = found.expect("is there").rules;
        assert_eq!((rules.min_length, rules.history), (Some(8), Some(3)));
        assert_eq!(rules.history_on_reset, !fixture.differs.forgets_history_on_reset);
    })
    .await;
}

#[tokio::test]
async fn who_is_not_locked_can_be_unlocked_and_keeps_the_password() {
    each(async |fixture| {
        for _ in 0..2 {
            fixture.directory.unlock(&fixture.jo).await.unwrap();
        }
        assert_eq!(fixture.verdict(&fixture.jo, FIRST).await, Verdict::Right);
        let nobody = fixture.directory.unlock(&AccountId("gone".into())).await;
        assert!(matches!(nobody, Err(Error::Refused(Refusal::Gone))), "{nobody:?}");
    })
    .await;
}

#[tokio::test]
async fn the_doctor_finds_a_directory_that_is_well() {
    each(async |fixture| {
        let found = fixture.directory.examine().await;
        assert!(!found.is_empty());
        assert!(found.iter().all(|finding| finding.state != State::Bad), "{found:#?}");
        assert!(found.iter().all(|finding| finding.state != State::Warn || finding.fix.is_some()), "{found:#?}");
    })
    .await;
}

/// From here on: what only the embedded directory does.
async fn on_both(test: impl AsyncFn(Embedded, Store)) {
    for engine in Engine::both().await {
        println!("on {}", engine.name);
        let people = embedded(&engine).await;
        people.add(jo()).await.unwrap();
        test(people, engine.open(&Clock::by_hand(START)).await).await;
    }
}

#[tokio::test]
async fn the_last_passwords_are_remembered_and_no_more() {
    on_both(async |people, store| {
        let jo = people.find("jo.bloggs@example.org").await.unwrap().unwrap().id;
        let reset = async |n: u32| people.reset(&jo, &Secret::new(format!("kettle number {n}"))).await;
        for n in [1, 2, 3] {
            reset(n).await.unwrap();
        }
        for n in [1, 2, 3] {
            assert!(matches!(reset(n).await, Err(Error::Refused(Refusal::InHistory))), "{n}");
        }
        people.reset(&jo, &Secret::new(FIRST)).await.expect("with a history of 3 the first of four is free again");
        assert!(matches!(reset(3).await, Err(Error::Refused(Refusal::InHistory))));
        reset(1).await.expect("and so is the next");
        let kept = store.password_history(&jo, 100).await.unwrap().len();
        assert_eq!(kept, 3, "older hashes are deleted");
    })
    .await;
}

#[tokio::test]
async fn addresses_and_passwords_are_not_in_the_rows() {
    on_both(async |_, store| {
        let rows = store.db().read("SELECT mail, password FROM account", vec![]).await.unwrap();
        for column in [0, 1] {
            let text = rows[0].text(column).unwrap();
            assert!(!text.contains("jo.bloggs") && !text.contains("kettle"), "{text}");
        }
    })
    .await;
}

#[tokio::test]
async fn people_are_added_all_or_none() {
    on_both(async |people, _| {
        let named = |user_id: &str| NewPerson { user_id: user_id.into(), ..jo() };
        let list = vec![
            named("new"),
            named("JO.BLOGGS@example.org"),
            named("NEW"),
            named(""),
            NewPerson { name: "\u{202e}Jo".into(), mail: Some("jo".into()), ..named("third") },
            NewPerson { password: Some(Secret::new("short")), ..named("fourth") },
        ];
        let problems = people.add_all(list).await.unwrap_err();
        let places: Vec<usize> = problems.iter().map(|(place, _)| *place).collect();
        assert_eq!(places, [1, 2, 3, 4, 4, 5]);
        assert!(matches!(problems[0].1, Problem::Exists(_)));
        assert!(matches!(problems[1].1, Problem::Twice(_)));
        assert!(matches!(problems[5].1, Problem::TooShort { min: 8 }));
        assert_eq!(people.list().await.unwrap().len(), 1, "nobody was added");
        people.add_all(vec![named("new"), named("newer")]).await.unwrap();
        assert_eq!(people.list().await.unwrap().len(), 3);
    })
    .await;
}

#[tokio::test]
async fn an_account_is_changed_as_a_whole_or_not_at_all() {
    on_both(async |people, _| {
        people.add(NewPerson { user_id: "sam".into(), ..jo() }).await.unwrap();
        let id = people.find("sam").await.unwrap().unwrap().id;
        let change =
            Change { user_id: Some("JO.bloggs@example.org".into()), name: Some("X".into()), ..Change::default() };
        assert!(matches!(people.set("sam", change).await, Err(Problem::Exists(_))));
        assert!(matches!(people.set("nobody", Change::default()).await, Err(Problem::Missing(_))));
        assert_eq!(people.find("sam").await.unwrap().unwrap().name, "Jo Bloggs");
        let change = Change {
            user_id: Some("samantha".into()),
            name: Some("Sam Lee".into()),
            mail: Some(String::new()),
            groups: Some(vec!["choir".into(), "choir".into()]),
            password: Some(Secret::new("another kettle")),
            disabled: None,
            ..Change::default()
        };
        people.set("SAM", change).await.unwrap();
        assert_eq!(people.find("sam").await.unwrap(), None);
        let sam = people.find("samantha").await.unwrap().unwrap();
        assert_eq!((sam.id.clone(), sam.name.as_str(), sam.mail), (id, "Sam Lee", None));
        assert_eq!(sam.groups, ["choir"]);
        assert_eq!(people.verify(Some(&sam.id), &Secret::new("another kettle")).await.unwrap(), Verdict::Right);
        let again = people.reset(&sam.id, &Secret::new("another kettle")).await;
        assert!(matches!(again, Err(Error::Refused(Refusal::InHistory))));
    })
    .await;
}

#[tokio::test]
async fn dearer_hashes_replace_cheaper_ones_when_somebody_signs_in() {
    let engine = Engine::sqlite();
    let people = embedded(&engine).await;
    let id = people.add(jo()).await.unwrap();
    let clock = Clock::by_hand(START);
    let store = engine.open(&clock).await;
    let section = "argon2_memory_kib = 128\nargon2_passes = 2".parse().unwrap();
    let deps = Deps { store: store.clone(), clock, groups: Vec::new() };
    let dearer = Embedded::open(deps, section).unwrap();
    let kept = async || store.account(&id).await.unwrap().unwrap().password.unwrap().reveal().to_owned();
    let before = kept().await;
    assert_eq!(dearer.verify(Some(&id), &Secret::new("wrong")).await.unwrap(), Verdict::Wrong);
    assert_eq!(kept().await, before);
    assert_eq!(dearer.verify(Some(&id), &Secret::new(FIRST)).await.unwrap(), Verdict::Right);
    assert!(kept().await.contains("m=128,t=2"), "{before}");
    assert_eq!(dearer.verify(Some(&id), &Secret::new(FIRST)).await.unwrap(), Verdict::Right);
}

#[test]
fn a_wrong_section_is_told_with_its_key() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let engine = Engine::sqlite();
        let clock = Clock::by_hand(START);
        let store = engine.open(&clock).await;
        for section in ["histroy = 3", "argon2_memory_kib = 1"] {
            let deps = Deps { store: store.clone(), clock: clock.clone(), groups: Vec::new() };
            let problem = Embedded::open(deps, section.parse().unwrap()).err().unwrap();
            assert!(problem.contains(section.split(' ').next().unwrap()), "{problem}");
        }
    });
}
