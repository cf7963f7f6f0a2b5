//! What `regain doctor` finds out about OpenLDAP, and servers like it, without changing anything.
//!
//! OpenLDAP does not say what an account may do. But it goes through a change and throws it away at the end if it is told so by
//! its "no operation" control: what it answers then is what it would have answered. The control is critical, so a server that
//! does not know it does nothing at all.

use std::collections::HashSet;

use ldap3::Mod;
use ldap3::controls::RawControl;

use super::connect::{Answer, SUCCESS};
use super::entry::{Entry, Query, Scope};
use super::lease::Lease;
use super::policy::Rules;
use super::ppolicy::{self, Obstacle, Response};
use super::sheet::{Sheet, Vendor};
use super::{Ldap, NO_SUCH_ATTRIBUTE, look};
use crate::directory::{Error, canary};
use crate::finding::Finding;

/// `LDAP_CONTROL_NOOP` of OpenLDAP (draft-zeilenga-ldap-noop).
const NO_OPERATION: &str = "1.3.6.1.4.1.4203.666.5.2";
/// It would have been done (`LDAP_X_NO_OPERATION`).
const WOULD: u32 = 0x410e;
// RFC 4511, 4.1.9.
const UNKNOWN_CONTROL: u32 = 12;
const UNKNOWN_ATTRIBUTE: u32 = 17;
const NO_RIGHT: u32 = 50;
const NAMES_THE_ENTRY: u32 = 64;

/// What nobody who sets passwords has to write, and who writes it can have codes sent elsewhere.
const NOT_NEEDED: [&str; 4] = ["mail", "mobile", "uid", "sn"];
/// A password that every rule forbids.
const BAD_PASSWORD: &str = "a";

impl Ldap {
    /// Everything that can be seen without changing an account.
    pub(super) async fn look(&self) -> Vec<Finding> {
        let mut findings = look::servers(&self.pool, self.clock.now()).await;
        match self.people_and_rights().await {
            Ok(found) => findings.extend(found),
            Err(error) => findings.push(Finding::bad("search", error.to_string(), "Mend what is said above first.")),
        }
        findings
    }

    async fn people_and_rights(&self) -> Result<Vec<Finding>, Error> {
        let (sheet, base) = (self.pool.learn().await?, &self.base);
        let mut query = Query { scope: Scope::Subtree, ..Query::entry(base, &["userPassword", "pwdPolicySubentry"]) };
        query.filter = self.people.filter().to_owned();
        query.attributes.push(self.people.id_attribute(&sheet).to_owned());
        let found = self.pool.search(&query).await?;
        let Some(somebody) = found.entries.into_iter().next() else {
            let fix = format!(
                "Check directory.base_dn and directory.user_filter. If they are right, let the account read: olcAccess: to * by \
                 dn.exact=\"{}\" read by * break",
                self.pool.signs_in_as()
            );
            return Ok(vec![Finding::bad("search", format!("nobody is found below {base}"), fix)]);
        };
        let mut findings = vec![Finding::good("search", format!("people are found below {base}"))];
        findings.push(self.reading(&somebody, &sheet));
        if sheet.vendor != Vendor::OpenLdap {
            let says = "this server does not tell what an account may do; --canary finds out by doing";
            findings.push(Finding::skipped("rights", says));
            return Ok(findings);
        }
        let (mut lease, _) = self.pool.ask(&Query::entry("", &["1.1"])).await?;
        let rules = self.policy(&mut lease, &somebody).await?;
        findings.push(self.resetting(&mut lease, &somebody).await?);
        findings.push(self.power(&mut lease, &somebody, &rules).await?);
        findings.push(self.unlocking(&mut lease, &somebody).await?);
        findings.push(excess(&mut lease, &somebody).await?);
        Ok(findings)
    }

    fn reading(&self, somebody: &Entry, sheet: &Sheet) -> Finding {
        let (what, own) = ("right to read", self.pool.signs_in_as());
        if !somebody.bytes("userPassword").is_empty() {
            let fix = format!("In olcAccess, give \"{own}\" =w on userPassword, which is to write and not to read.");
            return Finding::bad(what, format!("it reads the password hash of {}", somebody.dn), fix);
        }
        let lasting = self.people.id_attribute(sheet);
        if self.people.id(somebody, sheet).is_none() {
            let fix = format!("olcAccess: to * by dn.exact=\"{own}\" read by * break");
            return Finding::bad(what, format!("{lasting} of {} cannot be read: it is nobody then", somebody.dn), fix);
        }
        Finding::good(what, format!("{lasting} can be read, and no password can"))
    }

    async fn resetting(&self, lease: &mut Lease, somebody: &Entry) -> Result<Finding, Error> {
        let what = "right to reset";
        let password = match canary::fresh() {
            Ok(password) => password,
            Err(finding) => return Ok(finding),
        };
        let answer = would(lease, somebody, replace("userPassword", password.reveal())).await?;
        Ok(match (answer.code, Response::of(&answer).obstacle) {
            (WOULD, _) => Finding::good(what, format!("the password of {} may be set", somebody.dn)),
            (UNKNOWN_CONTROL, _) => {
                Finding::skipped(what, "the server does not say without doing it; --canary finds out by doing")
            }
            (_, Some(Obstacle::MustSupplyOld)) => {
                let says = "the policy asks for the old password, which somebody who resets does not know";
                let policy = self.policy_dn(somebody).unwrap_or_else(|| "the policy".to_owned());
                Finding::bad(
                    what,
                    says,
                    format!("ldapmodify: dn: {policy}, replace: pwdSafeModify, pwdSafeModify: FALSE"),
                )
            }
            (NO_RIGHT, _) => Finding::bad(
                what,
                format!("the password of {} may not be set: every reset will fail", somebody.dn),
                format!(
                    "olcAccess: {{0}}to dn.subtree=\"{}\" attrs=userPassword by dn.exact=\"{}\" =w by self =xw by anonymous \
                     auth by * none",
                    self.base,
                    self.pool.signs_in_as()
                ),
            ),
            _ => Finding::warn(
                what,
                format!("a good password for {} would be refused: {}", somebody.dn, answer.told()),
                "Look at the password policy that holds for this entry.",
            ),
        })
    }

    /// Whether the server's rules hold for Regain, too. They do not for who may `manage`, or is the database's `rootdn`.
    async fn power(&self, lease: &mut Lease, somebody: &Entry, rules: &Rules) -> Result<Finding, Error> {
        let what = "policy on reset";
        let answer = would(lease, somebody, replace("userPassword", BAD_PASSWORD)).await?;
        let history = rules.for_passwords.history;
        Ok(match (answer.code, rules.for_passwords.min_length) {
            (UNKNOWN_CONTROL, _) => Finding::skipped(what, "--canary finds out by doing"),
            (WOULD, None) => Finding::warn(
                what,
                "any password is taken: no rule on passwords is known that holds for a reset",
                "Set up the overlay ppolicy with pwdCheckQuality: 2, and name the policy in directory.default_policy_dn \
                 (docs/openldap.md, 1).",
            ),
            (WOULD, Some(_)) => Finding::bad(
                what,
                "any password is taken, however short and however often used before: the account has the right \"manage\", or is \
                 the database's rootdn. Whoever gets hold of Regain has the directory",
                format!(
                    "Use an account of its own, with \"=w\" in place of \"manage\": olcAccess: {{0}}to dn.subtree=\"{}\" \
                     attrs=userPassword by dn.exact=\"{}\" =w by self =xw by anonymous auth by * none",
                    self.base,
                    self.pool.signs_in_as()
                ),
            ),
            _ => match history {
                Some(count) => Finding::good(what, format!("history will be enforced on reset: yes, the last {count}")),
                None => Finding::warn(
                    what,
                    "history will be enforced on reset: no, the policy remembers no password, or cannot be read",
                    "Set pwdInHistory in the policy, and let Regain read it.",
                ),
            },
        })
    }

    async fn unlocking(&self, lease: &mut Lease, somebody: &Entry) -> Result<Finding, Error> {
        let what = "right to unlock";
        let change = vec![Mod::Delete(b"pwdAccountLockedTime".to_vec(), HashSet::new())];
        let answer = would(lease, somebody, change).await?;
        Ok(match answer.code {
            WOULD | NO_SUCH_ATTRIBUTE => Finding::good(what, format!("a lock of {} may be lifted", somebody.dn)),
            UNKNOWN_CONTROL => Finding::skipped(what, "--canary finds out by doing"),
            UNKNOWN_ATTRIBUTE => Finding::skipped(what, "without the overlay ppolicy nobody is locked"),
            _ => Finding::bad(
                what,
                format!("a lock of {} may not be lifted by itself ({})", somebody.dn, answer.told()),
                format!(
                    "olcAccess: {{1}}to dn.subtree=\"{}\" attrs=pwdAccountLockedTime by dn.exact=\"{}\" write by * break",
                    self.base,
                    self.pool.signs_in_as()
                ),
            ),
        })
    }
}

/// What the account may write and does not need.
async fn excess(lease: &mut Lease, somebody: &Entry) -> Result<Finding, Error> {
    let what = "rights beyond need";
    let mut more = Vec::new();
    for name in NOT_NEEDED {
        let answer = would(lease, somebody, replace(name, "1")).await?;
        match answer.code {
            // That this one attribute gives the entry its name is looked at last.
            WOULD | NAMES_THE_ENTRY => more.push(name),
            UNKNOWN_CONTROL => return Ok(Finding::skipped(what, "the server does not say without doing it")),
            _ => {}
        }
    }
    if more.is_empty() {
        return Ok(Finding::good(what, format!("it may not write {}", NOT_NEEDED.join(", "))));
    }
    let says = format!("of {} it may write {}: who does can have codes sent elsewhere", somebody.dn, more.join(", "));
    Ok(Finding::warn(what, says, "In olcAccess, let it read these and not write them (docs/openldap.md, 3)."))
}

fn replace(name: &str, value: &str) -> Vec<Mod<Vec<u8>>> {
    vec![Mod::Replace(name.as_bytes().to_vec(), HashSet::from([value.as_bytes().to_vec()]))]
}

/// What the server would answer to a change.
async fn would(lease: &mut Lease, somebody: &Entry, changes: Vec<Mod<Vec<u8>>>) -> Result<Answer, Error> {
    let mut controls = ppolicy::request();
    controls.push(RawControl { ctype: NO_OPERATION.to_owned(), crit: true, val: None });
    let answer = lease.modify(&somebody.dn, changes, controls).await;
    let answer = answer.map_err(|trouble| Error::Unavailable(format!("{}: {}", lease.name(), trouble.why())))?;
    if answer.code == SUCCESS {
        // No server does so; if one did, it would have done it.
        tracing::error!(server = lease.name(), dn = somebody.dn, "a change that was only to be tried was made");
    }
    Ok(answer)
}
