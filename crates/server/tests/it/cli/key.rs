//! `regain key`.

use regain::store::KeyFile;

use super::Folder;

#[test]
fn a_key_is_changed_step_by_step_and_each_says_what_comes_next() {
    let folder = Folder::new();
    assert!(folder.bad("key", &["status"])[0].contains("is not there"));
    folder.good("user", &["add", "jo", "--name", "Jo Bloggs", "--mail", "jo@example.org"]);
    folder.good("method", &["set-office-phone", "jo", "020 7946 0000"]);
    let status = folder.good("key", &["status"]);
    assert_eq!(status.lines().count(), 2, "{status}");
    assert!(status.lines().nth(1).is_some_and(|line| line.contains("in use") && line.ends_with(" 2")), "{status}");
    assert!(folder.bad("key", &["retire"])[0].contains("there is no former key"));

    let told = folder.good("key", &["rotate"]);
    assert!(told.contains("Restart the service now"), "{told}");
    let status = folder.good("key", &["status"]);
    assert!(status.contains("former") && status.contains("2 rows are still to be sealed"), "{status}");
    assert!(folder.bad("key", &["rotate"])[0].contains("is not over"));
    assert!(folder.bad("key", &["retire"])[0].contains("2 rows are still sealed"));
    let listed = folder.good("method", &["list", "jo", "--reveal"]);
    assert!(listed.contains("7946"), "both keys open: {listed}");
}

#[tokio::test]
async fn what_nothing_needs_any_more_is_given_up() {
    let folder = Folder::new();
    folder.good("user", &["add", "jo", "--name", "Jo Bloggs", "--mail", "jo@example.org"]);
    folder.good("key", &["rotate"]);
    let (app, _) = folder.app().await;
    app.store.reseal(|_| ()).await.unwrap();
    assert!(folder.good("key", &["status"]).contains("regain key retire"));
    assert!(folder.good("key", &["retire"]).contains("is gone"));
    let file = KeyFile::read_or_make(&folder.0.path().join("test.key")).unwrap();
    assert_eq!((file.keys().each().count(), file.former().is_none()), (1, true));
    assert_eq!(folder.json("user", &["list"])[0]["mail"], "jo@example.org");
    for act in ["key_changed", "key_retired"] {
        assert_eq!(app.store.audit_of_act(act).await.unwrap().len(), 1, "{act}");
    }
}

/// With several servers a key is known everywhere before anything is sealed with it.
#[tokio::test]
async fn on_several_servers_the_new_key_is_handed_out_first() {
    let Some(engine) = crate::support::Engine::postgres().await else { return };
    let folder = Folder::with(Some(&engine.url), "");
    folder.good("user", &["add", "jo", "--name", "Jo Bloggs"]);
    assert!(folder.good("key", &["rotate"]).contains("Copy that file to every server"));
    assert!(folder.good("key", &["status"]).contains("known, not used"));
    let file = || KeyFile::read_or_make(&folder.0.path().join("test.key")).unwrap();
    assert!(file().has_next() && file().former().is_none());
    assert!(folder.good("key", &["rotate"]).contains("is in use as soon as"));
    assert!(!file().has_next() && file().former().is_some());
}
