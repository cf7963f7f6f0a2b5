//! `cargo xtask test --ad-hints`: the tests of Active Directory on a Samba that offers policy hints, by which history holds on a
//! reset, too. Debian 12's does not; 4.25 does.
//!
//! It comes from a newer Debian that is put into a folder below `target`, once. Whatever is mounted there is mounted in a
//! name space of the tests alone: it goes with the last of their processes, however that ends.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::cargo;
use crate::host::{self, Outcome};
use crate::setup;

/// The first Debian with such a Samba.
const SUITE: &str = "forky";
/// What is put in there: the domain controller, and what its script uses (`crates/server/tests/support/samba.sh`).
const PACKAGES: &str =
    "samba,samba-ad-dc,samba-ad-provision,samba-dsdb-modules,samba-vfs-modules,ldap-utils,openssl,python3-samba";
/// Which tests: the ones that start a domain controller, with the other kinds of directory where they are in one test.
const TESTS: [&str; 3] = ["active_directory::", "directory::", "doctor::"];

pub(super) fn run(install: bool) -> Outcome {
    setup::prepare(install)?;
    setup::prepare_one(&setup::MMDEBSTRAP, install)?;
    let root = host::root().join("target").join(format!("debian-{SUITE}-samba"));
    if !root.exists() {
        build(&root)?;
    }
    host::run(
        cargo(&["test", "--quiet", "--locked", "--package", "regain", "--test", "it", "--no-run"])
            .env("REGAIN_TEST_REQUIRE", "1"),
    )?;
    let mounts = "mount --bind /dev \"$0/dev\" && mount -t proc proc \"$0/proc\" && mount -t tmpfs tmpfs \"$0/tmp\"";
    let mut inside = Command::new("unshare");
    inside.args(["--mount", "--propagation", "private", "sh", "-c", &format!("{mounts} && exec \"$@\"")]).arg(&root);
    inside.args(["cargo", "test", "--locked", "--package", "regain", "--test", "it", "--"]).args(TESTS);
    inside.current_dir(host::root()).env("REGAIN_TEST_REQUIRE", "1").env("REGAIN_TEST_SAMBA_ROOT", &root);
    host::run(&mut inside)
}

/// Makes the folder: whole or not at all.
fn build(root: &Path) -> Outcome {
    let part = root.with_extension("part");
    if part.exists() {
        // Left by a run that was broken off.
        fs::remove_dir_all(&part).map_err(|error| format!("{}: {error}", part.display()))?;
    }
    let from = mirror();
    println!("Putting Debian {SUITE} with Samba into {}, once (330 MB).", root.display());
    let mut make = Command::new("mmdebstrap");
    make.args([
        "--variant=apt",
        "--aptopt=APT::Install-Recommends \"false\"",
        "--dpkgopt=path-exclude=/usr/share/man/*",
    ]);
    make.args(own_ways().iter().map(|line| format!("--aptopt={line}")));
    make.arg(format!("--include={PACKAGES}")).arg(SUITE).arg(&part);
    make.args(from.as_ref().map(|from| format!("deb {from} {SUITE} main")));
    host::run(&mut make).map_err(|told| {
        let from = from.as_deref().unwrap_or("Debian's usual mirror");
        format!(
            "{told}\nDebian {SUITE} could not be fetched from {from}. The lines above say why; without a network this test \
             cannot run for the first time. Nothing was changed."
        )
    })?;
    fs::rename(&part, root).map_err(|error| format!("{}: {error}", root.display()))
}

/// Where this machine gets Debian from; nothing if it does not say, or is not Debian.
fn mirror() -> Option<String> {
    let told = host::ask("apt-get", &["indextargets", "--format", "$(LABEL) $(REPO_URI)", "Created-By: Packages"])?;
    told.lines().find_map(|line| line.strip_prefix("Debian ")).map(str::to_owned)
}

/// How this machine's apt reaches a mirror, and how old its lists may be.
fn own_ways() -> Vec<String> {
    let told = host::ask("apt-config", &["dump"]).unwrap_or_default();
    let own = ["Acquire::http", "Acquire::Check-"];
    told.lines().filter(|line| own.iter().any(|own| line.starts_with(own))).map(str::to_owned).collect()
}
