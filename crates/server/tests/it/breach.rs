//! The filter of breached passwords, by the program itself: built, killed, gone on with, asked, changed under load.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use regain::breach::{Filter, Shelf};
use regain_core::Secret;
use serde_json::Value;

struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        fs::write(self.path(name), text).expect("it can be written");
        self.path(name)
    }

    /// Runs `regain breach …` in this folder; it dies at the n-th point (0: never).
    fn run(&self, args: &[&str], input: &str, n: u32) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_regain"));
        command.arg("breach").args(args).current_dir(self.0.path()).env("REGAIN_FAULT_KILL_AT", n.to_string());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        // A command that reads nothing may be gone before this is written.
        let _ = child.stdin.take().expect("its input").write_all(input.as_bytes());
        child.wait_with_output().expect("it ends")
    }

    #[track_caller]
    fn good(&self, args: &[&str], input: &str) -> (String, String) {
        let done = self.run(args, input, 0);
        let text = |bytes| String::from_utf8(bytes).expect("text");
        let (out, err) = (text(done.stdout), text(done.stderr));
        assert!(done.status.success(), "{args:?}: {err}");
        (out, err)
    }

    /// The filter without the time at which it was built, and what depends on it.
    fn filter(&self, name: &str) -> Vec<u8> {
        let mut bytes = fs::read(self.path(name)).expect("the filter is there");
        bytes[32..40].fill(0);
        bytes[48..80].fill(0);
        bytes
    }
}

fn corpus(numbers: std::ops::Range<u64>) -> String {
    numbers
        .map(|n| format!("{:032X}{:08X}:1\n", u128::from(n).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_0c92_4f5a_1e87), n))
        .collect()
}

#[test]
fn a_build_that_is_killed_anywhere_goes_on() {
    let desk = Desk::new();
    desk.write("a", corpus(0..3_000));
    desk.write("b", corpus(2_000..5_000));
    let build = |output| ["build", "a", "b", "-o", output];
    desk.good(&build("expected"), "");
    let mut resumed = 0;
    for n in 1.. {
        let killed = !desk.run(&build("filter"), "", n).status.success();
        if !killed {
            assert!(n > 12, "only {n} points were passed");
            break;
        }
        let (_, told) = desk.good(&build("filter"), "");
        resumed += u32::from(told.contains("going on with a build that broke off"));
        assert!(desk.filter("filter") == desk.filter("expected"), "killed at point {n}");
        assert!(!desk.path("filter.building").exists(), "killed at point {n}");
        fs::remove_file(desk.path("filter")).expect("the filter was there");
    }
    assert!(resumed > 10, "only {resumed} builds were gone on with");
}

#[test]
fn a_build_that_is_killed_again_and_again_comes_to_its_end() {
    let desk = Desk::new();
    desk.write("a", corpus(0..3_000));
    desk.write("b", corpus(2_000..5_000));
    let build = |output| ["build", "a", "b", "-o", output];
    desk.good(&build("expected"), "");
    let mut kills = 0;
    while !desk.run(&build("filter"), "", 3).status.success() {
        kills += 1;
        assert!(kills < 30, "it goes round in circles");
    }
    assert!(kills > 2 && desk.filter("filter") == desk.filter("expected"), "{kills}");
}

#[test]
fn a_filter_is_built_asked_and_described() {
    let desk = Desk::new();
    desk.write("list", "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:9545824\n");
    let (out, _) = desk.good(&["build", "list", "-", "-o", "filter"], &corpus(0..50));
    assert!(out.contains("51 passwords (SHA-1)"), "{out}");
    let ask = |args: &[&str], typed: &str| desk.run(args, typed, 0).status.code();
    assert_eq!(ask(&["check", "-f", "filter"], "password\n"), Some(1));
    assert_eq!(ask(&["check", "-f", "filter"], "plum kettle 94 orbit\n"), Some(0));
    for (args, typed) in [
        (&["check", "-f", "filter"][..], ""),
        (&["check", "-f", "list"], "password"),
        (&["check", "-f", "nothing"], "password"),
        (&["check"], "password"),
    ] {
        assert_eq!(ask(args, typed), Some(2), "{args:?}");
    }
    let gateway =
        "[[delivery.text.gateway]]\nkind = \"http\"\nmethod = \"GET\"\nurl = \"http://127.0.0.1:1/{to}/{text}\"\n";
    let config = "[care_team]\nmail = \"care@example.org\"\n[password]\nbreach_file = \"filter\"\n";
    desk.write("regain.toml", format!("{config}{gateway}"));
    assert_eq!(ask(&["check", "--config", "regain.toml"], "password"), Some(1));
    let info: Value = serde_json::from_str(&desk.good(&["info", "filter", "--json"], "").0).expect("JSON");
    assert_eq!((&info["entries"], &info["checksum"], &info["hash"]), (&51.into(), &"verified".into(), &"SHA-1".into()));
    assert!(desk.good(&["info", "filter"], "").0.contains("1 in 256"));
    let mut bytes = fs::read(desk.path("filter")).expect("the filter is there");
    *bytes.last_mut().expect("it has bytes") ^= 1;
    desk.write("filter", bytes);
    let told = String::from_utf8(desk.run(&["info", "filter"], "", 0).stderr).expect("text");
    assert!(told.contains("block 0") && told.contains("copy or build it again"), "{told}");
    for command in ["check", "serve"] {
        let mut regain = Command::new(env!("CARGO_BIN_EXE_regain"));
        let done = regain.args([command, "--config", "regain.toml"]).current_dir(desk.0.path()).output();
        let done = done.expect("the program starts");
        let told = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(!done.status.success() && told.contains("password.breach_file: filter: block 0"), "{command}: {told}");
    }
}

/// Puts one file in the place of another at once.
fn put(from: &Path, to: &Path) {
    let draft = to.with_extension("draft");
    fs::copy(from, &draft).expect("it can be copied");
    fs::rename(draft, to).expect("it can be renamed");
}

#[test]
fn a_filter_is_changed_while_passwords_are_looked_up() {
    let desk = Desk::new();
    let password = "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8\n";
    desk.good(&["build", "-", "-o", "small", "--precise"], password);
    desk.good(&["build", "-", "-o", "large", "--precise"], &format!("{password}{}", corpus(0..2_000)));
    let (small, large, path) = (desk.path("small"), desk.path("large"), desk.path("filter"));
    let mut damaged = fs::read(&small).expect("it is there");
    *damaged.last_mut().expect("it has bytes") ^= 1;
    let damaged = desk.write("damaged", damaged);
    put(&small, &path);
    let shelf = Shelf::open(&path).expect("it is whole");
    let over = AtomicBool::new(false);
    let asked: u64 = std::thread::scope(|scope| {
        let ask = || {
            let (known, unknown) = (Secret::new("password"), Secret::new("plum kettle 94 orbit"));
            let mut asked = 0;
            while !over.load(Ordering::Relaxed) {
                assert!(shelf.holds(&known) && !shelf.holds(&unknown), "after {asked}");
                asked += 1;
            }
            asked
        };
        let asking: Vec<_> = (0..3).map(|_| scope.spawn(ask)).collect();
        for _ in 0..50 {
            for (file, taken) in [(&large, true), (&damaged, false), (&small, true)] {
                put(file, &path);
                assert_eq!(shelf.look_again().is_ok_and(|changed| changed), taken);
            }
        }
        over.store(true, Ordering::Relaxed);
        asking.into_iter().map(|thread| thread.join().expect("every answer was right")).sum()
    });
    assert!(asked > 0);
    assert_eq!(shelf.filter().about(), Filter::open(&small).expect("it is whole").about());
}
