//! Answers that are longer than a server gives at once.

use regain::directory::Error;

use super::{Place, dn};
use crate::support::slapd::{SUFFIX, Setup};

fn group(cn: &str, members: impl IntoIterator<Item = String>) -> String {
    let members: String = members.into_iter().map(|dn| format!("member: {dn}\n")).collect();
    format!("dn: cn={cn},ou=groups,{SUFFIX}\nobjectClass: groupOfNames\ncn: {cn}\n{members}\n")
}

fn of(cn: &str) -> String {
    format!("cn={cn},ou=groups,{SUFFIX}")
}

#[tokio::test]
async fn groups_are_read_in_pages_and_through_groups_of_a_thousand_members() {
    // At once the server gives 500.
    let Some(place) = Place::open(&Setup::default(), "").await else { return };
    let many: String = (0..900).map(|n| group(&format!("group{n}"), [dn("jo")])).collect();
    place.server.add(&many);
    let crowd = (0..1_200).map(|n| dn(&format!("somebody{n}")));
    place.server.add(&group("crowd", crowd.chain([of("group899")])));
    place.server.add(&group("Administrators", [of("crowd")]));
    let groups = place.jo().await.groups;
    let names = groups.iter().filter(|name| !name.contains('=')).count();
    assert_eq!(names, 902);
    assert!(groups.contains(&"Administrators".to_owned()) && groups.contains(&of("group0")));
}

#[tokio::test]
async fn groups_that_are_too_many_are_an_error_and_not_left_out() {
    let Some(place) = Place::open(&Setup::default(), "").await else { return };
    let many: String = (0..1_100).map(|n| group(&format!("group{n}"), [dn("jo")])).collect();
    place.server.add(&many);
    let told = place.directory.person(&place.jo).await;
    assert!(matches!(&told, Err(Error::Unavailable(why)) if why.contains("olcLimits")), "{told:?}");
}
