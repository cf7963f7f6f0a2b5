//! Installs what the tests need, and says so before it does. Quick and silent when everything is there.

use std::path::Path;
use std::process::Command;

use crate::host::{self, Outcome};

/// Something the tests need from Debian.
pub(crate) struct Need {
    packages: &'static [&'static str],
    why: &'static str,
    present: fn() -> bool,
}

static NEEDS: &[Need] = &[
    Need { packages: &["git"], why: "tidy lists the repository's files with it", present: || answers("git") },
    Need { packages: &["g++"], why: "libFuzzer is written in C++", present: || answers("g++") },
    Need { packages: &["chromium"], why: "the browser tests drive it", present: || exists("/usr/bin/chromium") },
    Need {
        packages: &["fonts-dejavu-core"],
        why: "the browser has no letters without a font",
        present: || exists("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"),
    },
    Need { packages: &["nodejs", "npm"], why: "the browser tests are written for it", present: node_is_new_enough },
    Need {
        packages: &["postgresql"],
        why: "every store test runs on it too; the tests start a private one, the service stays off",
        present: || std::fs::read_dir("/usr/lib/postgresql").is_ok_and(|mut versions| versions.next().is_some()),
    },
    Need {
        packages: &["python3", "python3-aiosmtpd"],
        why: "a real SMTP server that receives the tests' mail",
        present: || host::ask("/usr/bin/python3", &["-c", "import aiosmtpd"]).is_some(),
    },
    Need {
        packages: &["slapd", "ldap-utils"],
        why: "real directories; the tests start private ones, the service stays off",
        present: || exists("/usr/sbin/slapd") && exists("/usr/bin/ldapwhoami"),
    },
    Need { packages: &["openssl"], why: "certificates for those servers", present: || answers("openssl") },
    Need {
        packages: &["rsyslog", "rsyslog-gnutls"],
        why: "a real syslog server over TLS; the tests start private ones, the service stays off",
        present: || exists("/usr/sbin/rsyslogd") && exists("/usr/share/doc/rsyslog-gnutls"),
    },
    Need {
        packages: &["samba", "samba-ad-dc", "samba-ad-provision", "samba-dsdb-modules", "samba-vfs-modules"],
        why: "a private Active Directory that the tests start; the service stays off",
        present: || exists("/usr/sbin/samba") && exists("/usr/bin/samba-tool") && exists("/usr/share/samba/setup"),
    },
    Need {
        packages: &["krb5-user", "smbclient"],
        why: "programs that have to accept a password that was set in that domain",
        present: || exists("/usr/bin/kinit") && exists("/usr/bin/smbclient"),
    },
];

/// Only for `cargo xtask test --389ds`.
pub(crate) static DS389: Need = Need {
    packages: &["389-ds-base", "python3-lib389", "ldap-utils", "cracklib-runtime"],
    why: "a real 389 Directory Server and a dictionary for it; the tests make ones of their own and remove them",
    present: || {
        let programs = ["/usr/sbin/dscreate", "/usr/sbin/ns-slapd", "/usr/bin/ldapwhoami", "/usr/sbin/cracklib-packer"];
        programs.into_iter().all(exists)
    },
};

/// Only for `cargo xtask test --ad-hints`.
pub(crate) static MMDEBSTRAP: Need = Need {
    packages: &["mmdebstrap"],
    why: "puts a newer Samba into a folder, so that this system stays as it is",
    present: || exists("/usr/bin/mmdebstrap"),
};

/// What only some run needs.
pub(crate) fn prepare_one(need: &'static Need, install: bool) -> Outcome {
    if install && !(need.present)() { from_debian(&[need]) } else { Ok(()) }
}

/// `cargo xtask setup`.
pub(crate) fn run(words: &[String]) -> Outcome {
    prepare(!host::flag(words, "--no-install")?)
}

/// Everything the tests need: Debian's packages, Rust's components, npm's packages.
pub(crate) fn prepare(install: bool) -> Outcome {
    let missing: Vec<&Need> = NEEDS.iter().filter(|need| !(need.present)()).collect();
    if !install {
        for need in &missing {
            println!("Not installed, as asked: {} ({}).", need.packages.join(", "), need.why);
        }
        return Ok(());
    }
    from_debian(&missing)?;
    components()?;
    from_npm()
}

fn from_debian(missing: &[&Need]) -> Outcome {
    if missing.is_empty() {
        return Ok(());
    }
    println!("These Debian packages are missing and will be installed with apt-get:");
    for need in missing {
        println!("  {:<26} {}", need.packages.join(", "), need.why);
    }
    let packages: Vec<&str> = missing.iter().flat_map(|need| need.packages.iter().copied()).collect();
    apt(&["update", "-q"], &packages)?;
    let mut words = vec!["install", "-q", "-y", "--no-install-recommends"];
    words.extend(&packages);
    apt(&words, &packages)?;
    for service in ["postgresql", "slapd"].into_iter().filter(|service| packages.contains(service)) {
        // Its package starts a server of its own where it can; the tests do not use that one.
        let _already_stopped = as_root("service").args([service, "stop"]).output();
    }
    let still: Vec<&str> = missing.iter().filter(|n| !(n.present)()).flat_map(|n| n.packages.iter().copied()).collect();
    if !still.is_empty() {
        return Err(format!("apt-get installed {} but they do not answer. Look at them by hand.", still.join(", ")));
    }
    Ok(())
}

fn apt(words: &[&str], packages: &[&str]) -> Outcome {
    let mut command = as_root("env");
    // At run level 1 no package may start its service.
    command.args(["DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1", "apt-get", "-o", "DPkg::Lock::Timeout=600"]);
    command.args(words);
    host::run(&mut command).map_err(|told| {
        let list = packages.join(" ");
        format!(
            "{told}\nRun `apt-get install --no-install-recommends {list}` as root yourself, or see what runs without \
             them: cargo xtask test --no-install"
        )
    })
}

fn as_root(program: &str) -> Command {
    if host::is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("sudo");
    command.arg(program);
    command
}

/// A minimal Rust lacks the formatter and the linter.
fn components() -> Outcome {
    let lacking = |tool: &&str| host::ask("cargo", &[tool, "--version"]).is_none();
    let missing: Vec<&str> = ["fmt", "clippy"].into_iter().filter(lacking).collect();
    if missing.is_empty() {
        return Ok(());
    }
    println!("Rust's components rustfmt and clippy are missing and will be added with rustup: the checks run them.");
    host::run(Command::new("rustup").args(["component", "add", "rustfmt", "clippy"]))
}

fn from_npm() -> Outcome {
    let folder = host::browser_tests();
    let changed = |name: &str| folder.join(name).metadata().and_then(|data| data.modified()).ok();
    if changed("node_modules/.package-lock.json") >= changed("package-lock.json") {
        return Ok(());
    }
    println!(
        "Installing the browser tests' npm packages, as their package-lock.json lists them; no script of theirs runs."
    );
    let words = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
    host::run(Command::new("npm").args(words).current_dir(&folder)).map_err(|told| {
        format!(
            "{told}\nIf npm could not reach its registry, try again, or install nothing: cargo xtask test --no-install"
        )
    })
}

fn answers(program: &str) -> bool {
    host::ask(program, &["--version"]).or_else(|| host::ask(program, &["version"])).is_some()
}

fn exists(path: &str) -> bool {
    Path::new(path).exists()
}

fn node_is_new_enough() -> bool {
    let major = host::ask("node", &["--version"]).and_then(|version| major_of(&version));
    major.is_some_and(|major| major >= 18) && answers("npm")
}

fn major_of(version: &str) -> Option<u32> {
    version.trim_start_matches('v').split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_version_of_node() {
        assert_eq!(major_of("v18.20.4"), Some(18));
        assert_eq!(major_of("v9.0.0"), Some(9));
        assert_eq!(major_of("nonsense"), None);
    }

    #[test]
    fn refuses_an_option_it_does_not_know() {
        assert_eq!(host::flag(&[], "--no-install"), Ok(false));
        assert_eq!(host::flag(&["--no-install".into()], "--no-install"), Ok(true));
        assert!(host::flag(&["--noinstall".into()], "--no-install").is_err_and(|told| told.contains("--noinstall")));
    }
}
