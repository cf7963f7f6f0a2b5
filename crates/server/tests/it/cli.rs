//! The commands, by the program itself.

mod key;
mod limit;
mod method;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;

/// A folder with a configuration, a store and lists.
struct Folder(tempfile::TempDir);

/// What a command has said, and whether it worked.
struct Said {
    out: String,
    err: String,
    worked: bool,
}

impl Folder {
    fn new() -> Self {
        Self::with(None, "")
    }

    /// On another store than SQLite, with more settings.
    fn with(store: Option<&str>, more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        let config = format!(
            "[store]\nurl = \"{}\"\nkey_file = \"{}\"\n\
             [directory]\nargon2_memory_kib = 64\nargon2_passes = 1\n\
             [organisation]\nregion = \"GB\"\n\
             [care_team]\nmail = \"care@example.org\"\n{more}",
            store.map_or_else(|| format!("sqlite:{}", path("test.db")), str::to_owned),
            path("test.key")
        );
        std::fs::write(folder.path().join("regain.toml"), config).unwrap();
        Self(folder)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Runs `regain AREA --config … ARGS` with this standard input.
    fn run(&self, area: &str, args: &[&str], input: &str) -> Said {
        let mut command = Command::new(env!("CARGO_BIN_EXE_regain"));
        command.arg(area).args(args).arg("--config").arg(self.0.path().join("regain.toml"));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // A command that reads nothing may be gone before this is written.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let done = child.wait_with_output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Said { out: text(done.stdout), err: text(done.stderr), worked: done.status.success() }
    }

    /// Runs a command that has to work.
    #[track_caller]
    fn good(&self, area: &str, args: &[&str]) -> String {
        let said = self.run(area, args, "");
        assert!(said.worked, "{args:?}: {}", said.err);
        said.out
    }

    /// Runs a command that has to fail: what it says, line by line.
    #[track_caller]
    fn bad(&self, area: &str, args: &[&str]) -> Vec<String> {
        let said = self.run(area, args, "");
        assert!(!said.worked && said.out.is_empty(), "{args:?}: {}", said.out);
        said.err.lines().map(str::to_owned).collect()
    }

    #[track_caller]
    fn json(&self, area: &str, args: &[&str]) -> Vec<Value> {
        let out = self.good(area, &[args, &["--json"]].concat());
        serde_json::from_str::<Value>(&out).unwrap().as_array().unwrap().clone()
    }
}

#[test]
fn people_are_added_changed_and_listed() {
    let folder = Folder::new();
    folder.good(
        "user",
        &["add", "Jo@example.org", "--name", "Jo Bloggs", "--mail", "jo@example.org", "--group", "staff"],
    );
    let said = folder.run("user", &["add", "sam", "--name", "Sam Lee", "--password"], "plum kettle 94\n");
    assert!(said.worked, "{}", said.err);
    assert!(folder.bad("user", &["add", "JO@example.org", "--name", "Jo"])[0].contains("already"));
    let short = folder.run("user", &["add", "robin", "--name", "Robin", "--password"], "short\n");
    assert!(!short.worked && short.err.contains("at least 8 characters"), "{}", short.err);
    assert!(!folder.run("user", &["add", "robin", "--name", "Robin", "--password"], "").worked);

    folder.good("user", &["set", "jo@EXAMPLE.org", "--name", "Jo Smith", "--no-groups", "--mail", ""]);
    folder.good("user", &["disable", "sam"]);
    let listed = folder.json("user", &["list"]);
    assert_eq!(listed.len(), 2);
    assert_eq!(listed[0]["user_id"], "Jo@example.org");
    assert_eq!(listed[0]["name"], "Jo Smith");
    assert_eq!((&listed[0]["mail"], listed[0]["groups"].as_array().unwrap().len()), (&Value::Null, 0));
    assert_eq!((&listed[0]["disabled"], &listed[1]["disabled"]), (&Value::Bool(false), &Value::Bool(true)));
    folder.good("user", &["enable", "sam"]);
    assert_eq!(folder.json("user", &["list"])[1]["disabled"], false);
    assert!(folder.good("user", &["list"]).contains("Jo Smith"));

    assert!(folder.bad("user", &["disable", "nobody"])[0].contains("user list"));
    assert!(folder.bad("user", &["set", "sam"])[0].contains("what to change"));
}

#[test]
fn a_list_of_people_is_taken_as_a_whole_or_not_at_all() {
    let folder = Folder::new();
    let bad = "user_id,name,mail,groups,password\n\
               jo,Jo Bloggs,jo@example.org,staff|choir,\n\
               sam,,not an address,,short\n\
               JO,Jo Again,,,\n";
    let bad = folder.write("bad.csv", bad);
    let told = folder.bad("user", &["import", bad.to_str().unwrap()]).join("\n");
    for expected in ["line 3: the name", "line 3: the address", "line 3: the password", "line 4: the User ID \"JO\""] {
        assert!(told.contains(expected), "{expected} in {told}");
    }
    assert!(!told.contains("line 2"), "{told}");
    assert!(folder.json("user", &["list"]).is_empty(), "nobody was added");

    let good = folder.write("good.csv", "name,user_id,groups\nJo Bloggs,jo,staff|choir\nSam Lee,sam,\n");
    assert_eq!(folder.good("user", &["import", good.to_str().unwrap()]), "Added 2 people.\n");
    let listed = folder.json("user", &["list"]);
    assert_eq!(listed[0]["groups"], serde_json::json!(["choir", "staff"]));
    let told = folder.bad("user", &["import", good.to_str().unwrap()]);
    assert!(told[0].contains("line 2: there is an account \"jo\" already"), "{told:?}");
    let piped = folder.run("user", &["import", "-"], "user_id,name\nrobin,Robin Khan\n");
    assert!(piped.worked && folder.json("user", &["list"]).len() == 3, "{}", piped.err);
}

#[test]
fn no_password_can_be_given_as_an_argument() {
    let folder = Folder::new();
    let said = folder.run("user", &["add", "jo", "--name", "Jo", "--password=plum kettle 94"], "");
    assert!(!said.worked && folder.json("user", &["list"]).is_empty());
}

#[test]
fn people_of_another_directory_are_not_ours() {
    let folder = Folder::new();
    let config = folder.0.path().join("regain.toml");
    let text = std::fs::read_to_string(&config).unwrap().replace("[directory]", "[directory]\nkind = \"other\"");
    std::fs::write(config, text).unwrap();
    assert!(folder.bad("user", &["list"])[0].contains("directory.kind"));
}

/// Puts another configuration in the folder's place.
fn configure(folder: &Folder, text: &str) {
    folder.write("regain.toml", text);
}

#[test]
fn a_good_configuration_is_called_good_and_opens_nothing() {
    let folder = Folder::new();
    let mail =
        "[[delivery.email.gateway]]\nkind = \"smtp\"\nhost = \"mail.example.org\"\nfrom = \"help@example.org\"\n";
    let text = std::fs::read_to_string(folder.0.path().join("regain.toml")).unwrap();
    configure(&folder, &format!("{text}[policy]\nadministrators = []\n{mail}"));
    let said = folder.run("check", &[], "");
    assert!(said.worked && said.out == "The configuration is good.\n", "{}", said.err);
    assert!(said.err.contains("policy.methods has text") && !said.err.contains("administrators"), "{}", said.err);
    assert!(!folder.0.path().join("test.db").exists() && !folder.0.path().join("test.key").exists());
}

#[test]
fn everything_that_is_wrong_with_a_configuration_is_told_at_once() {
    let folder = Folder::new();
    let large = folder.write("large.png", &"x".repeat(64 * 1024 + 1));
    let bad = |store: &str, logo: &str| {
        format!(
            "[server]\nlisten = \"here\"\n[store]\n{store}\n[directory]\nkind = \"cupboard\"\n\
             [organisation]\nregion = \"ZZ\"\nlogo = \"{logo}\"\n[care_team]\nmail = \"care@example.org\"\n\
             [policy]\ntries = 70\n[[delivery.email.gateway]]\nkind = \"pigeon\"\n\
             [[delivery.text.gateway]]\nkind = \"http\"\nurl = \"http://example.org/\"\n"
        )
    };
    let usual = [
        "server.listen: \"here\"",
        "directory.kind: there is no kind \"cupboard\"",
        "organisation.region: \"ZZ\" is not a country",
        "policy.tries: 70",
        "delivery.email.gateway[0].kind: there is no kind \"pigeon\"",
        "delivery.text.gateway[0].url: ",
    ];
    configure(&folder, "[server]\nlisten = \"here\"\n[care_team]\nmail = \"care@example.org\"\n");
    let told = folder.bad("check", &[]).join("\n");
    assert!(told.contains("server.listen") && told.contains("[[delivery.email.gateway]]"), "{told}");
    for (store, logo, own) in [
        (
            "url = \"mysql://u:hunter2@host/db\"",
            "none.png".into(),
            ["store.url: the address must be", "none.png: No such file"],
        ),
        ("url_file = \"none.url\"", large.display().to_string(), ["store.url_file: none.url: No such file", "64 KiB"]),
        ("url = \"sqlite:\"", "logo.gif".into(), ["store.url: the address must be", ".svg, .png or .jpg"]),
    ] {
        configure(&folder, &bad(store, &logo));
        let told = folder.bad("check", &[]);
        for expected in usual.iter().chain(&own) {
            let count = told.iter().filter(|line| line.contains(expected)).count();
            assert_eq!(count, 1, "{expected} in {told:#?}");
        }
        assert_eq!(told.len(), usual.len() + own.len(), "{told:#?}");
        assert!(!told.concat().contains("hunter2"));
    }
}

#[test]
fn a_note_says_when_no_administrator_can_reset_alone() {
    let folder = Folder::new();
    let text = std::fs::read_to_string(folder.0.path().join("regain.toml")).unwrap();
    let gateway = |channel: &str| {
        format!(
            "[[delivery.{channel}.gateway]]\nkind = \"http\"\nurl = \"https://example.org/?to={{to}}\"\nmethod = \"GET\"\n"
        )
    };
    let gateways = gateway("text") + &gateway("call");
    for (methods, noted) in [("\"text\", \"mobile_call\"", true), ("\"text\", \"office_call\"", false)] {
        configure(&folder, &format!("{text}[policy]\nmethods = [{methods}]\n{gateways}"));
        let said = folder.run("check", &[], "");
        assert!(said.worked, "{}", said.err);
        assert_eq!(
            said.err.contains("administrators need two methods on two devices"),
            noted,
            "{methods}: {}",
            said.err
        );
    }
}
