//! What only Active Directory does, on a real Samba domain controller, with an account made as docs/active-directory.md says.

mod replicas;
mod too_old;

use regain::clock::Clock;
use regain::directory::active_directory::ActiveDirectory;
use regain::directory::{Directory, Error, Lock, Lost, Refusal, Verdict};
use regain_core::method::ContactKind;
use regain_core::subject::AccountId;
use regain_core::{Secret, Span};

use crate::support::Engine;
use crate::support::app::{NEW, TestApp};
use crate::support::browser::Browser;
use crate::support::samba::{DOMAIN, Domain, FIRST, PEOPLE};

const SECOND: &str = "second kettle 95";
const DAY: &str = "-864000000000";

async fn id(directory: &ActiveDirectory, name: &str) -> AccountId {
    directory.find(name).await.unwrap().unwrap_or_else(|| panic!("{name} is found")).id
}

async fn reset(directory: &ActiveDirectory, name: &str, password: &str) -> Result<(), Refusal> {
    let id = id(directory, name).await;
    refusal(directory.reset(&id, &Secret::new(password)).await)
}

async fn change(directory: &ActiveDirectory, name: &str, old: &str, new: &str) -> Result<(), Refusal> {
    let id = id(directory, name).await;
    refusal(directory.change(&id, &Secret::new(old), &Secret::new(new)).await)
}

fn refusal(done: Result<(), Error>) -> Result<(), Refusal> {
    match done {
        Ok(()) => Ok(()),
        Err(Error::Refused(refusal)) => Err(refusal),
        Err(other) => panic!("{other}"),
    }
}

async fn verdict(directory: &ActiveDirectory, name: &str, password: &str) -> Verdict {
    let id = id(directory, name).await;
    directory.verify(Some(&id), &Secret::new(password)).await.unwrap()
}

#[tokio::test]
async fn the_account_of_the_page_can_do_its_work_and_nothing_else() {
    let Some(mut domain) = Domain::take().await else { return };
    let jo = domain.person("jo", &[]).await;
    let users = format!("CN=Users,{DOMAIN}");
    let outside = domain.person_in(&users, "outsider", &[("description", "of a test")]).await;
    assert_eq!(domain.tries_to_set(&jo, "unicodePwd", SECOND).await, 0);
    assert_eq!(domain.tries_to_set(&jo, "lockoutTime", "0").await, 0);
    for (name, value) in [
        ("mail", "evil@example.org"),
        ("mobile", "+447700900999"),
        ("userAccountControl", "66048"),
        ("pwdLastSet", "0"),
        ("accountExpires", "0"),
        ("servicePrincipalName", "host/evil"),
        ("adminCount", "0"),
    ] {
        assert_eq!(domain.tries_to_set(&jo, name, value).await, 50, "{name}");
    }
    for dn in [outside, format!("CN=Administrator,{users}"), format!("CN=krbtgt,{users}")] {
        assert_eq!(domain.tries_to_set(&dn, "unicodePwd", SECOND).await, 50, "{dn}");
    }
    let directory = domain.directory(&format!("base_dn = '{DOMAIN}'"));
    assert_eq!(reset(&directory, "outsider", SECOND).await, Err(Refusal::NotPermitted));
    assert_eq!(verdict(&directory, "outsider", FIRST).await, Verdict::Right);
}

#[tokio::test]
async fn every_refusal_comes_with_its_reason() {
    let Some(mut domain) = Domain::take().await else { return };
    let jo = domain.person("jo", &[]).await;
    let rules = [
        ("msDS-MinimumPasswordLength", "10"),
        ("msDS-PasswordComplexityEnabled", "TRUE"),
        ("msDS-LockoutThreshold", "2"),
    ];
    domain.policy(&jo, &rules).await;
    let directory = domain.directory("");
    assert_eq!(reset(&directory, "jo", "Kettle-77").await, Err(Refusal::TooShort { min: 10 }));
    assert_eq!(reset(&directory, "jo", "second kettle").await, Err(Refusal::Complexity));
    assert_eq!(reset(&directory, "jo", "").await, Err(Refusal::Other));
    assert_eq!(reset(&directory, "jo", "Kettle-77-\0").await, Err(Refusal::Other));
    assert_eq!(verdict(&directory, "jo", FIRST).await, Verdict::Right);
    assert_eq!(change(&directory, "jo", "wrong", "Second-Kettle").await, Err(Refusal::OldPassword));
    assert_eq!(change(&directory, "jo", FIRST, "Kettle-77").await, Err(Refusal::TooShort { min: 10 }));
    assert_eq!(change(&directory, "jo", FIRST, "second kettle").await, Err(Refusal::Complexity));
    assert_eq!(change(&directory, "jo", FIRST, "Second-Kettle").await, Ok(()));
    assert_eq!(change(&directory, "jo", "Second-Kettle", FIRST).await, Err(Refusal::Complexity));
    assert_eq!(change(&directory, "jo", "Second-Kettle", "Third-Kettle").await, Ok(()));
    assert_eq!(change(&directory, "jo", "Third-Kettle", "Second-Kettle").await, Err(Refusal::InHistory));
    for _ in 0..3 {
        verdict(&directory, "jo", "wrong").await;
    }
    assert_eq!(change(&directory, "jo", "Third-Kettle", "Fourth-Kettle").await, Err(Refusal::Locked));
    domain.set(&jo, &[("lockoutTime", "0"), ("accountExpires", "116444736000000000")]).await;
    assert_eq!(reset(&directory, "jo", "Fifth-Kettle").await, Err(Refusal::Expired));
    domain.set(&jo, &[("accountExpires", "0"), ("userAccountControl", "514")]).await;
    assert_eq!(reset(&directory, "jo", "Fifth-Kettle").await, Err(Refusal::Disabled));
}

#[tokio::test]
async fn who_changed_a_password_today_is_told_until_when_to_wait() {
    let Some(mut domain) = Domain::take().await else { return };
    let jo = domain.person("jo", &[]).await;
    domain.policy(&jo, &[("msDS-MinimumPasswordAge", DAY)]).await;
    let directory = domain.directory("");
    let person = directory.find("jo").await.unwrap().unwrap();
    let until = person.status.too_young_until.expect("its password is new");
    let refused = change(&directory, "jo", FIRST, SECOND).await;
    assert_eq!(refused, Err(Refusal::TooYoung { until: Some(until) }));
    let rules = person.rules;
    if rules.history_on_reset {
        assert_eq!(reset(&directory, "jo", SECOND).await, Err(Refusal::TooYoung { until: Some(until) }));
    } else {
        assert_eq!(reset(&directory, "jo", SECOND).await, Ok(()), "without policy hints the age does not count");
    }
    assert_eq!((rules.min_age.map(|age| age.0), rules.min_length), (Some(86_400_000), Some(8)));
}

#[tokio::test]
async fn the_own_rules_of_an_account_go_before_the_domain_s() {
    let Some(mut domain) = Domain::take().await else { return };
    let jo = domain.person("jo", &[]).await;
    domain.person("sam", &[]).await;
    domain.policy(&jo, &[("msDS-MinimumPasswordLength", "12"), ("msDS-PasswordHistoryLength", "7")]).await;
    domain.set(DOMAIN, &[("pwdProperties", "1")]).await;
    let directory = domain.directory("");
    let (jo, sam) = (id(&directory, "jo").await, id(&directory, "sam").await);
    let hints = domain.offers_hints();
    let told = async |account: &AccountId| {
        let rules = directory.person(account).await.unwrap().expect("is there").rules;
        (rules.min_length, rules.complexity, rules.history, rules.history_on_reset)
    };
    assert_eq!(told(&jo).await, (Some(12), Some(false), Some(7), hints));
    assert_eq!(told(&sam).await, (Some(8), Some(true), Some(3), hints));
}

#[tokio::test]
async fn rules_are_a_moment_old_and_a_refusal_is_told_by_those_of_now() {
    let Some(mut domain) = Domain::take().await else { return };
    let jo = domain.person("jo", &[]).await;
    domain.person("sam", &[]).await;
    domain.policy(&jo, &[("msDS-MinimumPasswordLength", "12")]).await;
    let clock = Clock::by_hand(Clock::real().now());
    let directory = domain.directory_at("", clock.clone());
    let told = async |name: &str| directory.find(name).await.unwrap().expect(name).rules.min_length;
    assert_eq!((told("jo").await, told("sam").await), (Some(12), Some(8)));
    domain.set(DOMAIN, &[("minPwdLength", "14")]).await;
    assert_eq!(told("sam").await, Some(8), "not asked for again");
    clock.pass(Span::seconds(10));
    assert_eq!((told("jo").await, told("sam").await), (Some(12), Some(14)));
    domain.set(DOMAIN, &[("minPwdLength", "20")]).await;
    assert_eq!(reset(&directory, "sam", SECOND).await, Err(Refusal::TooShort { min: 20 }), "of this moment");
    assert_eq!(told("sam").await, Some(20), "and so the next page");
}

#[tokio::test]
async fn a_lock_is_seen_and_lifted_alone_or_with_a_reset() {
    let Some(mut domain) = Domain::take().await else { return };
    let jo = domain.person("jo", &[]).await;
    domain.policy(&jo, &[("msDS-LockoutThreshold", "2")]).await;
    let directory = domain.directory("");
    let lock = async || {
        for _ in 0..3 {
            verdict(&directory, "jo", "wrong").await;
        }
        assert_eq!(domain.told(&jo, FIRST).await, (49, "775".to_owned()));
        assert_eq!(verdict(&directory, "jo", FIRST).await, Verdict::Locked);
        directory.find("jo").await.unwrap().unwrap()
    };
    let person = lock().await;
    let Some(Lock::Until(until)) = person.status.locked else { panic!("{:?}", person.status) };
    let ahead = until - Clock::real().now();
    assert!((29 * 60_000..=30 * 60_000).contains(&ahead.0), "half an hour from now, not {ahead:?}");
    directory.unlock(&person.id).await.unwrap();
    assert_eq!(verdict(&directory, "jo", FIRST).await, Verdict::Right);
    assert_eq!(directory.person(&person.id).await.unwrap().unwrap().status.locked, None);
    directory.unlock(&person.id).await.expect("not locked is as good as unlocked");
    lock().await;
    assert_eq!(reset(&directory, "jo", SECOND).await, Ok(()));
    assert_eq!(verdict(&directory, "jo", SECOND).await, Verdict::Right);
}

#[tokio::test]
async fn whatever_stands_in_the_way_of_an_account_is_seen() {
    let Some(mut domain) = Domain::take().await else { return };
    let jo = domain.person("jo", &[]).await;
    let directory = domain.directory("");
    let status = async || directory.find("jo").await.unwrap().unwrap().status;
    let before = status().await;
    assert!(!before.is_off() && !before.must_change && !before.password_expired && !before.protected);
    domain.set(&jo, &[("pwdLastSet", "0")]).await;
    assert!(status().await.must_change && !status().await.password_expired);
    assert_eq!(verdict(&directory, "jo", FIRST).await, Verdict::MustChange);
    assert_eq!(reset(&directory, "jo", SECOND).await, Ok(()));
    assert!(!status().await.must_change, "the person chose it");
    domain.set(&jo, &[("accountExpires", "116444736000000000")]).await;
    assert!(status().await.expired);
    assert_eq!(verdict(&directory, "jo", SECOND).await, Verdict::Disabled);
    domain.set(&jo, &[("accountExpires", "9223372036854775807")]).await;
    domain.set(&jo, &[("pwdLastSet", "0")]).await;
    assert_eq!(verdict(&directory, "jo", SECOND).await, Verdict::MustChange);
    assert_eq!(change(&directory, "jo", SECOND, "third kettle 96").await, Ok(()), "who cannot sign in can change it");
    assert_eq!(verdict(&directory, "jo", "third kettle 96").await, Verdict::Right);
}

#[tokio::test]
async fn cve_2017_8613_the_powerful_are_protected_whatever_way_they_got_there() {
    let Some(mut domain) = Domain::take().await else { return };
    let direct = domain.person("direct", &[]).await;
    let nested = domain.person("nested", &[]).await;
    let marked = domain.person("marked", &[]).await;
    let named = domain.person("named", &[]).await;
    let primary = domain.person("primary", &[]).await;
    domain.person("ordinary", &[]).await;
    let builtin = |name: &str| format!("CN={name},CN=Builtin,{DOMAIN}");
    domain.join(&builtin("Account Operators"), &direct).await;
    let inner = domain.group("inner", &[&nested]).await;
    domain.join(&format!("CN=Domain Admins,CN=Users,{DOMAIN}"), &inner).await;
    domain.set(&marked, &[("adminCount", "1")]).await;
    domain.group("finance", &[&named]).await;
    domain.join(&format!("CN=Domain Admins,CN=Users,{DOMAIN}"), &primary).await;
    domain.set(&primary, &[("primaryGroupID", "512")]).await;
    let directory = domain.directory("protected_groups = ['Finance']");
    for name in ["direct", "nested", "marked", "named", "primary"] {
        let person = directory.find(name).await.unwrap().unwrap();
        assert!(person.status.protected, "{name}: {:?}", person.groups);
        assert_eq!(reset(&directory, name, SECOND).await, Err(Refusal::Protected), "{name}");
        assert_eq!(change(&directory, name, FIRST, SECOND).await, Err(Refusal::Protected), "{name}");
        assert!(matches!(directory.unlock(&person.id).await, Err(Error::Refused(Refusal::Protected))), "{name}");
        assert_eq!(verdict(&directory, name, FIRST).await, Verdict::Right, "{name}");
    }
    assert_eq!(reset(&directory, "ordinary", SECOND).await, Ok(()));
    let directory = domain.directory("protected_allowed = ['MARKED']");
    assert_eq!(reset(&directory, "marked", SECOND).await, Ok(()));
    assert_eq!(reset(&directory, "direct", SECOND).await, Err(Refusal::Protected));
}

#[tokio::test]
async fn one_person_is_found_or_none_and_stays_the_same_wherever_it_moves() {
    let Some(mut domain) = Domain::take().await else { return };
    let numbers = [("telephoneNumber", "+44 20 7946 0321"), ("mobile", " "), ("mail", "jo@example.org")];
    let more = [("userPrincipalName", "jo.bloggs@corp.example"), numbers[0], numbers[2]];
    let jo = domain.person("jbloggs", &more).await;
    domain.person("rene", &[("mail", "rene@example.org")]).await;
    // Somebody whose own name is another one's address.
    domain.person("mallory", &[("userPrincipalName", "sam@example.org")]).await;
    domain.person("sam", &[("mail", "sam@example.org")]).await;
    let middle = domain.group("middle", &[&jo]).await;
    let outer = domain.group("outer", &[&middle]).await;
    domain.join(&middle, &outer).await;
    let settings = "office_phone_attribute = 'telephoneNumber'\nmobile_attribute = 'mobile'";
    let directory = domain.directory(settings);
    let found = directory.find("JBloggs").await.unwrap().unwrap();
    for typed in ["jo.bloggs@corp.example", "jo@example.org"] {
        assert_eq!(directory.find(typed).await.unwrap().as_ref(), Some(&found), "{typed}");
    }
    assert_eq!(found.user_id, "jo.bloggs@corp.example");
    assert_eq!(found.groups, ["middle", "outer"], "through each other, and it comes to an end");
    assert_eq!(found.contacts, [(ContactKind::Office, "+44 20 7946 0321".to_owned())]);
    assert_eq!(directory.find("sam@example.org").await.unwrap(), None, "two answer to it");
    assert!(directory.find("rene@example.org").await.unwrap().is_some());
    assert_eq!(directory.find("rené@example.org").await.unwrap(), None, "it only looks alike");
    assert_eq!(directory.find("krbtgt").await.unwrap(), None, "not below base_dn");
    let elsewhere = domain.unit("elsewhere").await;
    domain.rename(&jo, "Jo Married", &elsewhere).await;
    let moved = directory.person(&found.id).await.unwrap().unwrap();
    assert_eq!((&moved.id, &moved.user_id), (&found.id, &found.user_id));
    assert_eq!(reset(&directory, "jbloggs", SECOND).await, Ok(()));
    let narrow = domain.directory(&format!("base_dn = '{elsewhere}'\nuser_filter = '(mail=*)'"));
    assert_eq!(narrow.find("rene").await.unwrap(), None);
    assert_eq!(narrow.find("jbloggs").await.unwrap().map(|found| found.id), Some(found.id.clone()));
    let none = domain.directory("user_filter = '(department=Sales)'");
    assert_eq!(none.person(&found.id).await.unwrap(), None, "the filter holds for names that last, too");
}

#[tokio::test]
async fn a_lost_answer_is_found_out_on_the_server_that_was_written_to() {
    let Some(mut domain) = Domain::take().await else { return };
    domain.person("jo", &[]).await;
    let directory = domain.directory("");
    let jo = id(&directory, "jo").await;
    let server = domain.section("")["servers"][0].as_str().unwrap().to_owned() + ":636";
    let lost = |server: &str| Lost { why: "the wire was cut".into(), server: Some(server.to_owned()) };
    let asked =
        async |server: &str, password: &str| directory.find_out(&lost(server), &jo, &Secret::new(password)).await;
    assert_eq!(asked(&server, SECOND).await.unwrap(), Verdict::Wrong);
    assert_eq!(reset(&directory, "jo", SECOND).await, Ok(()));
    assert_eq!(asked(&server, SECOND).await.unwrap(), Verdict::Right);
    let elsewhere = asked("ldaps://127.0.0.1:1", SECOND).await;
    assert!(matches!(elsewhere, Err(Error::Unavailable(_))), "another one is not asked instead");
}

#[tokio::test]
async fn every_answer_to_a_sign_in_has_its_meaning() {
    let Some(mut domain) = Domain::take().await else { return };
    let never = data_encoding::BASE64.encode(&[0; 21]);
    let at_no_hour = String::from_utf8(data_encoding::BASE64.decode(never.as_bytes()).unwrap()).unwrap();
    // With the number that the controller really gives.
    for (name, attributes, number, expected) in [
        ("ordinary", &[("description", "nothing stands in the way")][..], "", Verdict::Right),
        ("disabled", &[("userAccountControl", "514")], "533", Verdict::Disabled),
        ("ended", &[("accountExpires", "116444736000000000")], "701", Verdict::Disabled),
        ("mustchange", &[("pwdLastSet", "0")], "773", Verdict::MustChange),
        // At this hour, or at this computer: that is about signing in to Windows, and the password is right.
        ("nohour", &[("logonHours", at_no_hour.as_str())], "530", Verdict::Right),
        ("nocomputer", &[("userWorkstations", "ELSEWHERE")], "531", Verdict::Right),
    ] {
        let dn = domain.person(name, &[]).await;
        domain.set(&dn, attributes).await;
        let directory = domain.directory("");
        assert_eq!(domain.told(&dn, FIRST).await.1, number, "{name}");
        assert_eq!(verdict(&directory, name, FIRST).await, expected, "{name}");
        assert_eq!(domain.told(&dn, "wrong").await, (49, "52e".to_owned()), "{name} with a wrong one");
        assert_eq!(verdict(&directory, name, "wrong").await, Verdict::Wrong, "{name} with a wrong one");
    }
    let nobody = domain.told(&format!("CN=nobody,{PEOPLE}"), FIRST).await;
    assert_eq!(nobody, (49, "52e".to_owned()));
    let directory = domain.directory("");
    let gone = directory.reset(&AccountId("00112233-4455-6677-8899-aabbccddeeff".into()), &Secret::new(SECOND)).await;
    assert_eq!(refusal(gone), Err(Refusal::Gone));
}

#[tokio::test]
async fn other_programs_take_the_new_password_and_not_the_old() {
    let Some(mut domain) = Domain::take().await else { return };
    domain.person_in(PEOPLE, "jo", &[("userPrincipalName", "jo@corp.example")]).await;
    let directory = domain.directory("");
    assert!(domain.kinit("jo", FIRST) && domain.ldapsearch("jo@corp.example", FIRST));
    // Beyond ASCII, in a spelling that a keyboard might give: it is set as it will be typed.
    let password = "zweiter Ke\u{301}ssel \u{1f511}";
    assert_eq!(reset(&directory, "jo", password).await, Ok(()));
    assert!(domain.kinit("jo", "zweiter Késsel \u{1f511}") && !domain.kinit("jo", FIRST));
    assert!(domain.ldapsearch("jo@corp.example", "zweiter Késsel \u{1f511}"));
    assert!(!domain.ldapsearch("jo@corp.example", FIRST));
}

#[tokio::test]
async fn a_password_is_reset_through_the_pages_and_its_owner_gets_in() {
    let Some(mut domain) = Domain::take().await else { return };
    let jo = domain.person("jo", &[("userPrincipalName", "jo@corp.example"), ("mail", "jo@corp.example")]).await;
    domain.policy(&jo, &[("msDS-LockoutThreshold", "2"), ("msDS-PasswordComplexityEnabled", "TRUE")]).await;
    let section = toml::Table::from_iter([("directory".to_owned(), domain.section("").into())]);
    let engine = Engine::sqlite();
    let test = TestApp::open(&engine, &section.to_string()).await;
    let account = test.app.directory.find("jo").await.unwrap().unwrap().id;
    test.register(&account, &[(ContactKind::Email, "jobloggs@mail.co.uk")]).await;
    // What was registered has cooled off.
    test.clock.pass(Span::hours(48));
    for _ in 0..3 {
        assert!(!test.signs_in("jo", "what was it").await, "somebody locked out");
    }
    let mut browser = Browser::new(&test.app);
    browser.get("/reset").await;
    let page = browser.submit("/reset", &[("user_id", "JO@corp.example")]).await.text();
    let option = page.split("name=\"option\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    browser.submit("/reset/choose", &[("option", option)]).await;
    let code = test.code().await;
    let page = browser.submit("/reset/code", &[("code", &code)]).await;
    assert!(page.text().contains("Enter new password"));
    // Long and hard to guess, but of one kind of characters: the directory's own rule, told kindly, and tried again.
    let refused = browser.submit("/reset/password", &[("password", NEW), ("again", NEW)]).await.text();
    assert!(refused.contains("Enter new password") && refused.contains("capital"), "{refused}");
    let better = format!("{NEW} Gate");
    let done = browser.submit("/reset/password", &[("password", &better), ("again", &better)]).await;
    assert!(done.text().contains("You have a new password"), "{}", done.text());
    assert!(test.signs_in("jo", &better).await && !test.signs_in("jo", FIRST).await);
    assert!(domain.kinit("jo", &better) && !domain.kinit("jo", FIRST));
}
