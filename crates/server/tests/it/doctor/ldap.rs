//! The same on OpenLDAP: what Regain's account may do is found out without changing anything, and what is to be typed mends it.

use super::{examined, folder, state};
use crate::support::slapd::{SERVICE, SUFFIX, Setup, Slapd, person};
use crate::support::smtp::{Security, SmtpServer};

const JO: &str = "uid=jo,ou=people,dc=example,dc=org";

fn server(setup: &Setup) -> Option<Slapd> {
    let server = Slapd::start(setup)?;
    server.add(&person("jo", "Jo Bloggs", "userPassword: first kettle 94"));
    Some(server)
}

/// What is found on such a server, with its usual section.
fn found(server: &Slapd) -> Vec<(String, String, String)> {
    let (status, found) = examined(folder(&server.section(""), 1).path(), &[]);
    // Nobody listens on port 1, so the mail is bad in any case.
    assert_eq!(status, Some(1), "{found:#?}");
    found
}

#[test]
fn a_server_prepared_as_the_page_says_is_well_and_nothing_is_changed() {
    let Some(server) = server(&Setup { last: "database monitor\n".into(), ..Setup::default() }) else { return };
    let Some(smtp) = SmtpServer::start(Security::None, &[]) else { return };
    let before = ["entryCSN", "pwdHistory", "modifyTimestamp"].map(|name| server.values(JO, name));
    let folder = folder(&server.section(""), smtp.port);
    let (status, found) = examined(folder.path(), &[]);
    assert_eq!(status, Some(0), "{found:#?}");
    for (what, words) in [
        ("sign-in", "lets Regain sign in"),
        ("clock", "same time"),
        ("capabilities", "(RFC 3062): yes"),
        ("search", "people are found"),
        ("right to read", "no password can"),
        ("right to reset", "may be set"),
        ("policy on reset", "history will be enforced on reset: yes, the last 3"),
        ("right to unlock", "may be lifted"),
        ("rights beyond need", "may not write mail"),
    ] {
        state(&found, what, "good", words);
    }
    // Its certificate is made for two days, of which a second may or may not be over.
    state(&found, "certificate", "warn", ", which is in ");
    let after = ["entryCSN", "pwdHistory", "modifyTimestamp"].map(|name| server.values(JO, name));
    assert_eq!(before, after);
    assert!(server.lets_in(JO, "first kettle 94"));

    server.modify(&format!(
        "dn: cn=default,ou=policies,{SUFFIX}\nchangetype: modify\nreplace: pwdMaxFailure\npwdMaxFailure: 3\n-\n\
         replace: pwdLockoutDuration\npwdLockoutDuration: 600\n"
    ));
    let (status, found) = examined(folder.path(), &["--canary", "jo"]);
    assert_eq!(status, Some(0), "{found:#?}");
    for (what, words) in [
        ("reset", "signs in"),
        ("history on reset", "really refused"),
        ("change", "with the old one"),
        ("history on change", "really refused"),
        ("unlock", "really lifted"),
    ] {
        state(&found, what, "good", words);
    }
}

#[test]
fn too_much_power_is_told() {
    let Some(mighty) = server(&Setup { right: "manage", ..Setup::default() }) else { return };
    let (own, service) = (found(&mighty), SERVICE.0);
    state(&own, "policy on reset", "bad", "\"manage\"");
    state(&own, "policy on reset", "bad", &format!("by dn.exact=\"{service}\" =w by self =xw"));
    state(&own, "right to reset", "good", "may be set");

    let Some(server) = server(&Setup::default()) else { return };
    let root = server.section_as_root();
    let (status, found) = examined(folder(&root, 1).path(), &[]);
    assert_eq!(status, Some(1), "{found:#?}");
    state(&found, "policy on reset", "bad", "rootdn");
    state(&found, "right to read", "bad", "password hash");
    state(&found, "rights beyond need", "warn", "mail, mobile, uid, sn");
    assert!(server.lets_in(JO, "first kettle 94"), "and nothing was changed");
}

#[test]
fn a_right_that_is_missing_is_told_with_what_to_type() {
    let Some(none) = server(&Setup { right: "none", ..Setup::default() }) else { return };
    state(&found(&none), "right to reset", "bad", "every reset will fail");
    let Some(safe) = server(&Setup { policy: "pwdSafeModify: TRUE", ..Setup::default() }) else { return };
    state(&found(&safe), "right to reset", "bad", "pwdSafeModify: FALSE");
    let Some(plain) = server(&Setup { ppolicy: false, ..Setup::default() }) else { return };
    state(&found(&plain), "policy on reset", "warn", "any password is taken");
    let mut elsewhere = plain.section("");
    elsewhere.insert("base_dn".into(), format!("ou=groups,{SUFFIX}").into());
    let (_, nobody) = examined(folder(&elsewhere, 1).path(), &[]);
    state(&nobody, "search", "bad", "directory.base_dn");
}

#[test]
fn what_the_doctor_says_to_type_mends_it() {
    let Some(server) = Slapd::bare() else { return };
    let (dn, password) = SERVICE;
    let unit = |name: &str| format!("dn: ou={name},{SUFFIX}\nobjectClass: organizationalUnit\nou: {name}\n\n");
    server.add(&format!("{}{}", unit("people"), unit("services")));
    server.add(&format!(
        "dn: {dn}\nobjectClass: device\nobjectClass: simpleSecurityObject\ncn: regain\nuserPassword: {password}\n"
    ));
    server.add(&person("jo", "Jo Bloggs", "userPassword: first kettle 94"));
    let before = found(&server);
    state(&before, "right to reset", "bad", "olcAccess: {0}to");
    let words = &before.iter().find(|(what, _, _)| what == "right to reset").expect("it is there").2;
    let (_, rule) = words.split_once("olcAccess: ").expect("a rule to paste");
    server.configure(&format!(
        "dn: olcDatabase={{1}}mdb,cn=config\nchangetype: modify\nadd: olcAccess\nolcAccess: {}\n",
        rule.trim()
    ));
    state(&found(&server), "right to reset", "good", "may be set");
}
