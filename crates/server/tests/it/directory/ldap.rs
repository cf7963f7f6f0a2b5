//! What directories of kind `ldap` do, on real OpenLDAP servers.

mod cost;
mod ds389;
mod faults;
mod guide;
mod hostile;
mod many;
mod refusals;
mod replicas;
mod reset;
mod tls;

use std::sync::Arc;

use regain::clock::Clock;
use regain::directory::{self, Deps, Directory, Error, Lock, Refusal, Verdict};
use regain_core::method::ContactKind;
use regain_core::subject::AccountId;
use regain_core::{Secret, Span};

use super::FIRST;
use crate::support::slapd::{SUFFIX, Setup, Slapd, person};
use crate::support::{Engine, logs::Logs};

/// For how long policies are kept.
const KEPT: Span = Span::seconds(10);

/// Opens a directory with the machine's clock, by which the servers go, too. A group matters.
pub(super) async fn open(section: toml::Table) -> Arc<dyn Directory> {
    open_at(section, Clock::real(), &[&format!("cn=Administrators,ou=groups,{SUFFIX}")]).await
}

/// Opens one with a clock, for which these groups matter.
async fn open_at(section: toml::Table, clock: Clock, groups: &[&str]) -> Arc<dyn Directory> {
    let engine = Engine::sqlite();
    let store = engine.open(&clock).await;
    let groups = groups.iter().map(|name| (*name).to_owned()).collect();
    directory::open(Deps { store, clock, groups }, section).expect("the section is good")
}

fn dn(uid: &str) -> String {
    format!("uid={uid},ou=people,{SUFFIX}")
}

/// A change of one attribute of a person (LDIF).
fn set(uid: &str, attribute: &str, value: &str) -> String {
    format!("dn: {}\nchangetype: modify\nreplace: {attribute}\n{attribute}: {value}\n", dn(uid))
}

/// An administrator has locked an account (LDIF).
pub(super) fn locked_for_good(uid: &str) -> String {
    set(uid, "pwdAccountLockedTime", "000001010000Z")
}

/// A server with Jo on it, and a directory that asks it, with a clock that stands at the time of now.
struct Place {
    server: Slapd,
    clock: Clock,
    directory: Arc<dyn Directory>,
    jo: AccountId,
}

impl Place {
    async fn open(setup: &Setup, more: &str) -> Option<Self> {
        let server = Slapd::start(setup)?;
        server.add(&person("jo", "Jo Bloggs", &format!("mail: jo@example.org\nuserPassword: {FIRST}")));
        Self::with(server, more, &[&format!("cn=Administrators,ou=groups,{SUFFIX}")]).await
    }

    async fn with(server: Slapd, more: &str, groups: &[&str]) -> Option<Self> {
        let clock = Clock::by_hand(Clock::real().now());
        let directory = open_at(server.section(more), clock.clone(), groups).await;
        let jo = directory.find("jo").await.unwrap().expect("is there").id;
        Some(Self { server, clock, directory, jo })
    }

    async fn reset(&self, password: &str) -> Result<(), Error> {
        self.directory.reset(&self.jo, &Secret::new(password)).await
    }

    async fn change(&self, old: &str, new: &str) -> Result<(), Error> {
        self.directory.change(&self.jo, &Secret::new(old), &Secret::new(new)).await
    }

    async fn verdict(&self, password: &str) -> Verdict {
        self.directory.verify(Some(&self.jo), &Secret::new(password)).await.unwrap()
    }

    async fn wrong(&self, times: usize) {
        for _ in 0..times {
            self.verdict("wrong").await;
        }
    }

    async fn jo(&self) -> directory::Person {
        self.directory.person(&self.jo).await.unwrap().expect("is there")
    }
}

fn refusal(answer: Result<(), Error>) -> Refusal {
    match answer {
        Err(Error::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_reset_is_refused_with_the_server_s_reason_and_its_figures() {
    let Some(place) = Place::open(&Setup::default(), "").await else { return };
    assert_eq!(refusal(place.reset("kettle7").await), Refusal::TooShort { min: 8 });
    assert_eq!(refusal(place.reset(FIRST).await), Refusal::InHistory);
    place.reset("second kettle 95").await.unwrap();
    assert_eq!(refusal(place.reset(FIRST).await), Refusal::InHistory, "an earlier one");
    assert!(place.server.lets_in(&dn("jo"), "second kettle 95") && !place.server.lets_in(&dn("jo"), FIRST));

    place.server.modify(&set("jo", "pwdEndTime", "20200101000000Z"));
    assert_eq!(refusal(place.reset("third kettle 96").await), Refusal::Expired);
    place.server.modify(&locked_for_good("jo"));
    assert_eq!(refusal(place.reset("third kettle 96").await), Refusal::Disabled, "an administrator's lock holds");
    assert_eq!(place.server.values(&dn("jo"), "pwdAccountLockedTime"), ["000001010000Z"]);
    assert_eq!(refusal(place.directory.unlock(&place.jo).await), Refusal::Disabled);
}

#[tokio::test]
async fn without_the_right_nothing_is_set_and_the_page_is_told_so() {
    let safe = Setup { policy: "pwdSafeModify: TRUE", ..Setup::default() };
    let none = Setup { right: "none", ..Setup::default() };
    for setup in [safe, none] {
        let Some(place) = Place::open(&setup, "").await else { return };
        assert_eq!(refusal(place.reset("second kettle 95").await), Refusal::NotPermitted, "{setup:?}");
        assert_eq!(place.verdict(FIRST).await, Verdict::Right);
    }
}

#[tokio::test]
async fn a_change_is_the_person_s_own_and_the_rules_for_persons_hold() {
    let Some(place) = Place::open(&Setup { policy: "pwdMinAge: 3600", ..Setup::default() }, "").await else { return };
    assert_eq!(refusal(place.change("wrong", "second kettle 95").await), Refusal::OldPassword);
    assert_eq!(refusal(place.change("", "second kettle 95").await), Refusal::OldPassword);
    let until = place.jo().await.status.too_young_until.expect("just set");
    assert!(until.0 - Clock::real().now().0 <= Span::hours(1).0);
    assert_eq!(refusal(place.change(FIRST, "second kettle 95").await), Refusal::TooYoung { until: Some(until) });
    let rules = place.jo().await.rules;
    assert_eq!((rules.min_age, rules.min_length, rules.history), (Some(Span::hours(1)), Some(8), Some(3)));
    assert!(rules.history_on_reset);

    place.server.modify(&set("jo", "pwdChangedTime", "20200101000000Z"));
    place.change(FIRST, "second kettle 95").await.unwrap();
    assert_eq!(place.verdict("second kettle 95").await, Verdict::Right);
    assert_eq!(place.verdict(FIRST).await, Verdict::Wrong);
    place.server.modify(&set("jo", "pwdChangedTime", "20200101000000Z"));
    assert_eq!(refusal(place.change("second kettle 95", FIRST).await), Refusal::InHistory);
    assert_eq!(refusal(place.change("second kettle 95", "kettle7").await), Refusal::TooShort { min: 8 });
}

#[tokio::test]
async fn who_may_not_change_is_told_so() {
    let policy = format!(
        "dn: cn=fixed,ou=policies,{SUFFIX}\nobjectClass: device\nobjectClass: pwdPolicy\ncn: fixed\n\
                          pwdAttribute: userPassword\npwdAllowUserChange: FALSE\n"
    );
    let Some(place) = Place::open(&Setup::default(), "").await else { return };
    place.server.add(&policy);
    place.server.modify(&set("jo", "pwdPolicySubentry", &format!("cn=fixed,ou=policies,{SUFFIX}")));
    assert_eq!(refusal(place.change(FIRST, "second kettle 95").await), Refusal::NotPermitted);
    assert_eq!(place.jo().await.rules.min_length, None, "a policy of its own");
}

#[tokio::test]
async fn a_lock_is_seen_lifted_by_hand_and_lifted_by_a_reset() {
    let setup = Setup { policy: "", ..Setup::default() };
    let Some(place) = Place::open(&setup, "").await else { return };
    let three =
        format!("dn: cn=default,ou=policies,{SUFFIX}\nchangetype: modify\nreplace: pwdMaxFailure\npwdMaxFailure: 3\n");
    place.server.modify(&three);
    place.wrong(3).await;
    assert_eq!(place.jo().await.status.locked, Some(Lock::Lasting));
    // slapd reads two clocks, and takes a lock of this very second for one that is still to come.
    place.server.modify(&set("jo", "pwdAccountLockedTime", "20200101000000Z"));
    assert_eq!(place.verdict(FIRST).await, Verdict::Locked);
    assert_eq!(refusal(place.change(FIRST, "second kettle 95").await), Refusal::Locked);
    place.directory.unlock(&place.jo).await.unwrap();
    place.directory.unlock(&place.jo).await.expect("not locked is as good as unlocked");
    assert_eq!(place.jo().await.status.locked, None);
    place.wrong(2).await;
    assert_eq!(place.verdict(FIRST).await, Verdict::Right, "the wrong ones before the lock are forgotten");

    place.wrong(3).await;
    place.reset("second kettle 95").await.unwrap();
    assert_eq!(place.verdict("second kettle 95").await, Verdict::Right);

    place.server.modify(
        &three.replace("pwdMaxFailure: 3", "pwdMaxFailure: 3\n-\nreplace: pwdLockoutDuration\npwdLockoutDuration: 600"),
    );
    place.wrong(3).await;
    assert_eq!(place.jo().await.status.locked, Some(Lock::Lasting), "by the policy of a moment ago");
    place.clock.pass(KEPT);
    let Some(Lock::Until(until)) = place.jo().await.status.locked else { panic!("a lock that ends") };
    let left = until.0 - Clock::real().now().0;
    assert!((1..=Span::minutes(10).0).contains(&left), "{left}");
}

#[tokio::test]
async fn a_password_that_has_to_be_changed_is_right_and_can_be() {
    let Some(place) = Place::open(&Setup { policy: "pwdMaxAge: 86400", ..Setup::default() }, "").await else { return };
    place.server.modify(&set("jo", "pwdReset", "TRUE"));
    assert!(place.jo().await.status.must_change);
    assert_eq!(place.verdict("wrong").await, Verdict::Wrong);
    assert_eq!(place.verdict(FIRST).await, Verdict::MustChange);
    place.change(FIRST, "second kettle 95").await.unwrap();
    assert_eq!(place.verdict("second kettle 95").await, Verdict::Right);
    assert!(!place.jo().await.status.must_change);

    place.server.modify(&set("jo", "pwdChangedTime", "20200101000000Z"));
    assert!(place.jo().await.status.password_expired);
    assert_eq!(place.verdict("wrong").await, Verdict::Wrong);
    assert_eq!(place.verdict("second kettle 95").await, Verdict::MustChange, "it opens nothing, but it is right");
    assert_eq!(refusal(place.change("wrong", "third kettle 96").await), Refusal::OldPassword);
    place.change("second kettle 95", "third kettle 96").await.unwrap();
    assert!(place.server.lets_in(&dn("jo"), "third kettle 96"));
}

#[tokio::test]
async fn grace_is_used_up_as_must_change() {
    let setup = Setup { policy: "pwdMaxAge: 86400\npwdGraceAuthNLimit: 5", ..Setup::default() };
    let Some(place) = Place::open(&setup, "").await else { return };
    place.server.modify(&set("jo", "pwdChangedTime", "20200101000000Z"));
    assert_eq!(place.verdict(FIRST).await, Verdict::MustChange);
    place.change(FIRST, "second kettle 95").await.unwrap();
    assert_eq!(place.verdict("second kettle 95").await, Verdict::Right);
}

#[tokio::test]
async fn groups_of_groups_count_also_in_a_circle() {
    let Some(place) = Place::open(&Setup::default(), "").await else { return };
    let group = |cn: &str, class: &str, members: &str| {
        format!("dn: cn={cn},ou=groups,{SUFFIX}\nobjectClass: {class}\ncn: {cn}\n{members}\n\n")
    };
    let (jo, of) = (dn("jo"), |cn: &str| format!("member: cn={cn},ou=groups,{SUFFIX}"));
    place.server.add(&group("direct", "groupOfNames", &format!("member: {jo}")));
    place.server.add(&group("middle", "groupOfNames", &of("direct")));
    place.server.add(&group("Administrators", "groupOfUniqueNames", &of("middle").replace("member", "uniqueMember")));
    place.server.add(&group("circle", "groupOfNames", &of("middle")));
    place
        .server
        .modify(&format!("dn: cn=direct,ou=groups,{SUFFIX}\nchangetype: modify\nadd: member\n{}\n", of("circle")));
    place.server.add(&group("unix", "posixGroup", "gidNumber: 5\nmemberUid: jo"));
    place.server.add(&group("others", "groupOfNames", &format!("member: uid=sam,ou=people,{SUFFIX}")));
    let groups = place.jo().await.groups;
    let names: Vec<&str> = groups.iter().map(String::as_str).filter(|name| !name.contains('=')).collect();
    assert_eq!(names, ["Administrators", "circle", "direct", "middle", "unix"]);
    assert!(groups.contains(&format!("cn=Administrators,ou=groups,{SUFFIX}")));
}

#[tokio::test]
async fn groups_that_lie_too_deep_are_an_error_and_not_left_out() {
    let Some(place) = Place::open(&Setup::default(), "").await else { return };
    let mut member = dn("jo");
    let mut ldif = String::new();
    for depth in 0..20 {
        let own = format!("cn=level{depth},ou=groups,{SUFFIX}");
        ldif += &format!("dn: {own}\nobjectClass: groupOfNames\ncn: level{depth}\nmember: {member}\n\n");
        member = own;
    }
    place.server.add(&ldif);
    assert!(matches!(place.directory.person(&place.jo).await, Err(Error::Unavailable(_))));
}

#[tokio::test]
async fn who_was_renamed_and_moved_is_the_same_person() {
    let Some(place) = Place::open(&Setup::default(), "").await else { return };
    place.server.add(&format!("dn: ou=more,ou=people,{SUFFIX}\nobjectClass: organizationalUnit\nou: more\n"));
    place.server.modify(&format!(
        "dn: {}\nchangetype: modrdn\nnewrdn: uid=joanna\ndeleteoldrdn: 1\nnewsuperior: ou=more,ou=people,{SUFFIX}\n",
        dn("jo")
    ));
    assert_eq!(place.directory.find("jo").await.unwrap(), None);
    assert_eq!(place.directory.find("joanna").await.unwrap().unwrap().id, place.jo);
    place.reset("second kettle 95").await.unwrap();
    assert!(place.server.lets_in(&format!("uid=joanna,ou=more,ou=people,{SUFFIX}"), "second kettle 95"));
}

#[tokio::test]
async fn what_the_operator_names_is_read_and_hostile_values_do_no_harm() {
    let more = "office_phone_attribute = 'telephoneNumber'\nmobile_attribute = 'mobile'\n\
                private_mail_attribute = 'labeledURI'\nname_attribute = 'displayName'";
    let Some(place) = Place::open(&Setup::default(), more).await else { return };
    let known = "telephoneNumber: +44 20 7946 0000\nmobile: 07700 900123\nlabeledURI: sam@home.example\n";
    place.server.add(&person("sam", "Sam Lee", known));
    let sam = place.directory.find("sam").await.unwrap().unwrap();
    assert_eq!(sam.name, "sam", "without a displayName");
    let expected = [
        (ContactKind::Office, "+44 20 7946 0000"),
        (ContactKind::Mobile, "07700 900123"),
        (ContactKind::Email, "sam@home.example"),
    ];
    assert_eq!(sam.contacts, expected.map(|(kind, text)| (kind, text.to_owned())));

    let base64 = |text: &str| data_encoding::BASE64.encode(text.as_bytes());
    let long = "x".repeat(65_536);
    for (n, name) in
        ["<script>alert(1)</script>", "=HYPERLINK(\"http://x\")", "*)(uid=*", "a\0b", "\u{202e}ecila", &long]
            .iter()
            .enumerate()
    {
        let (uid, name) = (format!("hostile{n}"), base64(name));
        let values = format!("displayName:: {name}\nlabeledURI:: {name}\nmail:: {}\n", base64("a@b\u{7}c"));
        place.server.add(&person(&uid, "x", &values));
        let found = place.directory.find(&uid).await.unwrap().unwrap();
        assert!(found.name.chars().count() <= 256 && !found.name.contains(['\0', '\u{202e}']), "{:?}", found.name);
        assert!(found.contacts.iter().all(|(_, text)| text.len() <= 256 && !text.contains(['\0', '\u{202e}'])));
        assert_eq!(found.mail, None);
        place.directory.reset(&found.id, &Secret::new("second kettle 95")).await.unwrap();
    }
    for hostile in ["*", "jo*", "jo)(uid=*", "*)(objectClass=*", "\\6a\\6f", "(uid=jo)"] {
        assert_eq!(place.directory.find(hostile).await.unwrap(), None, "{hostile}");
    }
}

#[tokio::test]
async fn a_user_id_that_fits_many_is_nobody_s() {
    let Some(place) = Place::open(&Setup::default(), "user_attributes = ['uid', 'mail', 'cn']").await else { return };
    let many: String = (0..1_000).map(|n| person(&format!("one{n}"), "same", "")).collect();
    place.server.add(&many);
    assert_eq!(place.directory.find("same").await.unwrap(), None);
    place.server.add(&person("two", "x", "mail: jo"));
    assert_eq!(place.directory.find("jo").await.unwrap(), None, "one's uid and another's mail");
    assert_eq!(place.directory.find("one999").await.unwrap().unwrap().user_id, "one999");
}

#[tokio::test]
async fn a_referral_is_left_alone() {
    let Some(place) = Place::open(&Setup::default(), "").await else { return };
    place.server.modify(&format!(
        "dn: cn=elsewhere,ou=people,{SUFFIX}\nchangetype: add\nobjectClass: referral\nobjectClass: extensibleObject\ncn: elsewhere\nref: ldap://127.0.0.1:1/ou=people,{SUFFIX}\n"
    ));
    assert_eq!(place.directory.find("jo").await.unwrap().unwrap().id, place.jo);
    assert_eq!(place.directory.find("nobody").await.unwrap(), None);
}

#[tokio::test]
async fn without_the_overlay_passwords_are_set_all_the_same() {
    let Some(place) = Place::open(&Setup { ppolicy: false, ..Setup::default() }, "").await else { return };
    place.reset("second kettle 95").await.unwrap();
    assert_eq!(place.verdict("second kettle 95").await, Verdict::Right);
    assert_eq!(place.verdict(FIRST).await, Verdict::Wrong);
    place.change("second kettle 95", "third kettle 96").await.unwrap();
    assert!(place.server.lets_in(&dn("jo"), "third kettle 96"));
    assert_eq!(place.jo().await.rules, directory::PasswordRules::default());
}

#[tokio::test]
async fn nothing_secret_is_logged_by_us_or_the_library() {
    let logs = Logs::capture();
    let Some(place) = Place::open(&Setup::default(), "").await else { return };
    place.wrong(1).await;
    _ = place.reset("kettle7").await;
    place.reset("second kettle 95").await.unwrap();
    place.change("second kettle 95", "third kettle 96").await.unwrap();
    let text = logs.text();
    assert!(text.contains("TooShort"), "the refusal is: {text}");
    for secret in ["kettle 9", "kettle7", FIRST, crate::support::slapd::SERVICE.1] {
        assert!(!text.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn everybody_is_named_by_the_page() {
    let Some(place) = Place::open(&Setup::default(), "").await else { return };
    let people: String = (0..1_200).map(|n| person(&format!("person{n}"), "Somebody", "")).collect();
    place.server.add(&people);
    let names = place.directory.names(100_000).await.unwrap();
    assert_eq!(names.len(), 1_201, "more than a server gives at once");
    assert!(names.contains(&place.jo));
    assert_eq!(place.directory.names(7).await.unwrap().len(), 7);
}
