//! What the server has to do, as it counts it itself.

use regain::directory::Refusal;
use regain_core::Secret;

use super::reset::{choose, proved};
use super::{FIRST, KEPT, Place, dn, open_at, refusal, set};
use crate::support::Engine;
use crate::support::app::NEW;
use crate::support::slapd::{SUFFIX, Setup, Slapd, person};

/// A server that lets its administrator see what it counts.
fn server() -> Option<Slapd> {
    let last = format!("database monitor\naccess to * by dn.exact=\"cn=admin,{SUFFIX}\" read by * none\n");
    super::reset::server_with(&Setup { last, ..Setup::default() })
}

fn policy(dn: &str, length: usize) -> String {
    format!("dn: {dn}\nchangetype: modify\nreplace: pwdMinLength\npwdMinLength: {length}\n")
}

fn counted(server: &Slapd, operation: &str) -> usize {
    let values = server.values(&format!("cn={operation},cn=Operations,cn=Monitor"), "monitorOpCompleted");
    values.first().expect("the server counts").parse().expect("a number")
}

/// How many searches this takes.
async fn searches<T>(server: &Slapd, work: impl Future<Output = T>) -> usize {
    let before = counted(server, "Search");
    work.await;
    // To ask how many there were is one, too.
    counted(server, "Search") - before - 1
}

async fn finding(place: &Place, user_id: &str) -> usize {
    searches(&place.server, async { place.directory.find(user_id).await.unwrap() }).await
}

#[tokio::test]
async fn a_complete_reset_takes_three_searches_and_one_operation() {
    let Some(server) = server() else { return };
    let (test, mut browser) = super::reset::open(&Engine::sqlite(), server.section("")).await;
    // The policy, and that there are no administrators, is known from somebody else.
    assert_eq!(test.app.directory.find("nobody").await.unwrap(), None);
    let writes = counted(&server, "Extended");
    assert_eq!(searches(&server, proved(&test, &mut browser)).await, 2, "to find, and for the page of the password");
    assert_eq!(searches(&server, choose(&mut browser, NEW)).await, 1, "before the password is set");
    // Each of OpenLDAP's own programs that asked for these figures asked for nothing else.
    assert_eq!(counted(&server, "Extended") - writes, 1);
    assert!(server.lets_in(&dn("jo"), NEW));
}

#[tokio::test]
async fn policies_grow_old_together_so_that_nobody_can_be_told_from_somebody() {
    let Some(server) = server() else { return };
    let own = format!("cn=own,ou=policies,{SUFFIX}");
    server.add(&format!(
        "dn: {own}\nobjectClass: device\nobjectClass: pwdPolicy\ncn: own\npwdAttribute: userPassword\npwdCheckQuality: 2\n\
         pwdMinLength: 10\n\n{}",
        person("sam", "Sam Lee", "")
    ));
    server.modify(&set("sam", "pwdPolicySubentry", &own));
    let Some(place) = Place::with(server, "", &["administrators"]).await else { return };
    assert_eq!(finding(&place, "sam").await, 2, "whose policy nobody has asked for yet");
    for user_id in ["jo", "sam", "nobody"] {
        for other in ["jo", "sam", "nobody"] {
            assert_eq!(finding(&place, other).await, 1, "{other}");
        }
        place.clock.pass(KEPT);
        // The entry, two policies, and whether there are administrators.
        assert_eq!(finding(&place, user_id).await, 4, "{user_id}");
    }
}

#[tokio::test]
async fn a_policy_is_a_moment_old_and_a_refusal_is_told_by_that_of_now() {
    let Some(place) = Place::open(&Setup::default(), "").await else { return };
    let default = format!("cn=default,ou=policies,{SUFFIX}");
    assert_eq!(place.jo().await.rules.min_length, Some(8));
    place.server.modify(&policy(&default, 12));
    assert_eq!(place.jo().await.rules.min_length, Some(8), "not asked for again");
    place.clock.pass(KEPT);
    assert_eq!(place.jo().await.rules.min_length, Some(12));
    place.server.modify(&policy(&default, 20));
    assert_eq!(refusal(place.reset("second kettle 95").await), Refusal::TooShort { min: 20 }, "of this moment");
    assert_eq!(place.jo().await.rules.min_length, Some(20), "and so the next page");
    assert!(place.server.lets_in(&dn("jo"), FIRST));
}

#[tokio::test]
async fn groups_are_looked_for_only_where_one_of_them_matters() {
    let Some(server) = server() else { return };
    let group = |cn: &str, member: &str| {
        format!("dn: cn={cn},ou=groups,{SUFFIX}\nobjectClass: groupOfNames\ncn: {cn}\nmember: {member}\n\n")
    };
    let named = |cn: &str| format!("cn={cn},ou=groups,{SUFFIX}");
    server.add(&(group("choir", &dn("jo")) + &group("singers", &named("choir"))));
    let Some(place) = Place::with(server, "", &["administrators", "Board"]).await else { return };
    let groups = async || place.jo().await.groups;
    assert!(groups().await.contains(&"choir".to_owned()), "what stands in the entry costs nothing");
    assert!(!groups().await.contains(&"singers".to_owned()), "and nobody asks for more");
    assert_eq!(finding(&place, "jo").await, 1);

    place.server.add(&group("board", &named("singers")));
    place.clock.pass(KEPT);
    let found = groups().await;
    assert!(["choir", "singers", "board"].iter().all(|name| found.contains(&(*name).to_owned())), "{found:?}");
    // The entry, then groups, their groups, theirs, and none above.
    assert_eq!(finding(&place, "jo").await, 5);

    let open = async |groups: &[&str]| {
        let directory = open_at(place.server.section(""), place.clock.clone(), groups).await;
        let groups = directory.find("jo").await.unwrap().expect("is there").groups;
        (directory, groups.contains(&"board".to_owned()))
    };
    assert!(open(&[&named("Board")]).await.1, "one that is named by its DN is always looked for");
    let (directory, told) = open(&[]).await;
    assert!(!told, "by none is anything decided");
    assert_eq!(searches(&place.server, async { directory.find("jo").await.unwrap() }).await, 1);
    directory.reset(&place.jo, &Secret::new(NEW)).await.unwrap();
}
