//! `docs/openldap.md`, block by block, on a fresh server; then Regain works with it, and may do no more than it should.

use std::path::Path;
use std::process::Command;

use regain::directory::{Error, Refusal, Verdict};
use regain_core::Secret;

use super::{FIRST, dn, open};
use crate::support::slapd::{SERVICE, SUFFIX, Slapd, person};

/// The blocks of a kind on a page, in order.
pub(super) fn blocks(page: &str, kind: &str) -> Vec<String> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(page);
    let page = std::fs::read_to_string(page).unwrap();
    let fence = format!("```{kind}\n");
    page.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_guide_makes_a_server_with_which_everything_works_and_nothing_more() {
    let Some(server) = Slapd::bare() else { return };
    let [root, config] = server.administrators();
    let found = blocks("openldap.md", "sh");
    assert_eq!(found.len(), 7);
    for block in found {
        let mut sh = Command::new("sh");
        sh.args(["-e", "-c", &block]).env("ROOT", &root).env("CONFIG", &config).env("LDAPTLS_CACERT", server.ca_file());
        let output = sh.output().unwrap();
        assert!(output.status.success(), "{}\n{block}", String::from_utf8_lossy(&output.stderr));
    }
    let units = ["people", "groups"]
        .map(|unit| format!("dn: ou={unit},{SUFFIX}\nobjectClass: organizationalUnit\nou: {unit}\n\n"));
    server.add(&units.concat());
    server.add(&person("jo", "Jo Bloggs", &format!("mail: jo@example.org\nuserPassword: {FIRST}")));
    server.add(&format!(
        "dn: cn=Administrators,ou=groups,{SUFFIX}\nobjectClass: groupOfNames\ncn: Administrators\nmember: {}\n",
        dn("jo")
    ));

    let example = blocks("openldap.md", "toml");
    let mut section: toml::Table = example[0].parse().unwrap();
    let mut section = section.remove("directory").unwrap().as_table().unwrap().clone();
    section.remove("bind_password_file");
    section.insert("bind_password".into(), SERVICE.1.into());
    section.insert("servers".into(), vec![server.address()].into());
    section.insert("ca_file".into(), server.ca_file().display().to_string().into());
    let directory = open(section).await;
    let jo = directory.find("jo@example.org").await.unwrap().expect("is found by mail");
    assert!(jo.groups.contains(&"Administrators".to_owned()));
    let short = directory.reset(&jo.id, &Secret::new("kettle7")).await;
    assert!(matches!(short, Err(Error::Refused(Refusal::TooShort { min: 8 }))), "{short:?}");
    let used = directory.reset(&jo.id, &Secret::new(FIRST)).await;
    assert!(matches!(used, Err(Error::Refused(Refusal::InHistory))), "{used:?}");
    directory.reset(&jo.id, &Secret::new("second kettle 95")).await.unwrap();
    directory.change(&jo.id, &Secret::new("second kettle 95"), &Secret::new("third kettle 96")).await.unwrap();
    assert!(server.lets_in(&dn("jo"), "third kettle 96") && !server.lets_in(&dn("jo"), FIRST));
    for _ in 0..20 {
        directory.verify(Some(&jo.id), &Secret::new("wrong")).await.unwrap();
    }
    assert_eq!(directory.verify(Some(&jo.id), &Secret::new("third kettle 96")).await.unwrap(), Verdict::Locked);
    directory.unlock(&jo.id).await.unwrap();
    assert_eq!(directory.verify(Some(&jo.id), &Secret::new("third kettle 96")).await.unwrap(), Verdict::Right);

    // Nothing more.
    let change = |dn: &str, attribute: &str| {
        format!("dn: {dn}\nchangetype: modify\nreplace: {attribute}\n{attribute}: long@enough.example\n")
    };
    for ldif in [change(&dn("jo"), "mail"), change(SERVICE.0, "userPassword"), change(&dn("jo"), "sn")] {
        let output = server.client("ldapmodify", SERVICE, &[], &ldif);
        assert_eq!(output.status.code(), Some(50), "{ldif}");
    }
    let words = ["-LLL", "-b", &dn("jo"), "userPassword", "sn"];
    let seen = String::from_utf8_lossy(&server.client("ldapsearch", SERVICE, &words, "").stdout).into_owned();
    assert!(seen.contains("sn: x") && !seen.contains("userPassword"), "{seen}");
}
