//! What `regain doctor` finds out about a domain without changing anything.

use ldap3::controls::RawControl;

use super::people::{PROTECTED, PROTECTED_BUILTIN};
use super::wire::Sid;
use super::{ActiveDirectory, rules, security};
use crate::directory::Error;
use crate::directory::ldap::entry::{Entry, Query, Scope};
use crate::directory::ldap::lease::Lease;
use crate::directory::ldap::look;
use crate::directory::ldap::pool::refused;
use crate::finding::Finding;

/// What is needed, or harms nobody in its hands: other guides give both rights.
const HARMLESS: [&str; 2] = ["lockoutTime", "pwdLastSet"];

impl ActiveDirectory {
    /// Everything that can be seen without touching an account.
    pub(super) async fn look(&self) -> Vec<Finding> {
        let mut findings = look::servers(&self.pool, self.clock.now()).await;
        let seen = async {
            let domain = self.domain().await?;
            let names = self.own_names().await?;
            findings.push(power(&names));
            findings.push(self.on_reset());
            findings.push(self.policies(&domain).await?);
            findings.extend(self.rights(&domain, &names).await?);
            Ok::<(), Error>(())
        };
        if let Err(error) = seen.await {
            findings.push(Finding::bad("search", error.to_string(), "Mend what is said above first."));
        }
        findings
    }

    /// Regain's own account and its groups, as the controller took them when it signed in.
    async fn own_names(&self) -> Result<Vec<Sid>, Error> {
        let root = self.pool.search(&Query::entry("", &["tokenGroups"])).await?.only().unwrap_or_default();
        Ok(root.bytes("tokenGroups").iter().filter_map(|bytes| Sid::read(bytes)).collect())
    }

    /// What a reset looks at, in words.
    fn on_reset(&self) -> Finding {
        let what = "policy on reset";
        match rules::hints(&look::first_sheet(&self.pool)) {
            Some(oid) => Finding::good(what, format!("history will be enforced on reset: yes, by control {oid}")),
            None => Finding::warn(
                what,
                "history will be enforced on reset: no. The server does not offer policy hints (1.2.840.113556.1.4.2239): \
                 length and complexity hold, but somebody can go back to an old password",
                "Windows Server 2012 or later offers them, and so does Samba 4.25.",
            ),
        }
    }

    async fn policies(&self, domain: &str) -> Result<Finding, Error> {
        let what = "fine-grained policies";
        let container = format!("CN=Password Settings Container,CN=System,{domain}");
        let found = self.pool.search(&Query::entry(&container, &["cn"])).await?;
        if found.only().is_some() {
            return Ok(Finding::good(what, "they can be read, should there be any"));
        }
        let fix = format!("dsacls \"{container}\" /I:T /G \"{}:GR\"", self.own_name());
        Ok(Finding::warn(what, "they cannot be read: people they hold for are not told their rules beforehand", fix))
    }

    /// What the account may do to somebody among the people.
    async fn rights(&self, domain: &str, names: &[Sid]) -> Result<Vec<Finding>, Error> {
        let base = self.section.base_dn.clone().unwrap_or_else(|| domain.to_owned());
        let attributes = ["userAccountControl", "adminCount", "allowedAttributesEffective", "sDRightsEffective"];
        let query = Query {
            base: base.clone(),
            scope: Scope::Subtree,
            // Administrators are no example: their rights are set back every hour.
            filter: format!("(&{}(!(adminCount=1))(!(isCriticalSystemObject=TRUE)))", self.section.user_filter),
            attributes: attributes.map(str::to_owned).into(),
            limit: 1,
        };
        let (mut lease, _) = self.pool.ask(&Query::entry("", &["1.1"])).await?;
        let found = lease.ask(&query).await?;
        let Some(somebody) = found.entries.into_iter().next() else {
            let fix = "Check directory.base_dn and directory.user_filter, and let the account read people.";
            return Ok(vec![Finding::bad("search", format!("nobody is found below {base}"), fix)]);
        };
        let mut findings = vec![Finding::good("search", format!("people are found below {base}"))];
        findings.push(self.reading(&somebody, &base));
        findings.push(self.resetting(&mut lease, &somebody, &base, names).await?);
        findings.push(self.unlocking(&somebody, &base));
        findings.push(excess(&somebody));
        Ok(findings)
    }

    fn reading(&self, somebody: &Entry, base: &str) -> Finding {
        let what = "right to read";
        if somebody.number("userAccountControl").is_some() {
            return Finding::good(what, "whether accounts are disabled or locked can be seen");
        }
        let fix = format!("dsacls \"{base}\" /I:S /G \"{}:GR;;user\"", self.own_name());
        Finding::bad(what, format!("userAccountControl of {} cannot be read", somebody.dn), fix)
    }

    /// The right to reset is none to write an attribute, so it stands only in the entry's list of rights.
    async fn resetting(
        &self,
        lease: &mut Lease,
        somebody: &Entry,
        base: &str,
        names: &[Sid],
    ) -> Result<Finding, Error> {
        let what = "right to reset";
        let (oid, value) = security::ONLY_RIGHTS;
        let control = RawControl { ctype: oid.to_owned(), crit: true, val: Some(value.to_vec()) };
        let query = Query::entry(&somebody.dn, &["nTSecurityDescriptor"]);
        let found = match lease.search_with(&query, vec![control]).await {
            Ok(Ok(found)) => found.only().unwrap_or_default(),
            Ok(Err(answer)) => return Err(refused(&lease.name(), &query, &answer)),
            Err(trouble) => return Err(Error::Unavailable(format!("{}: {}", lease.name(), trouble.why()))),
        };
        let descriptor = found.bytes("nTSecurityDescriptor").first();
        let may = descriptor.and_then(|bytes| security::grants(bytes, names, &security::RESET_PASSWORD));
        let fix = format!("dsacls \"{base}\" /I:S /G \"{}:CA;Reset Password;user\"", self.own_name());
        let dn = &somebody.dn;
        Ok(match may {
            Some(true) => Finding::good(what, format!("the password of {dn} may be reset")),
            Some(false) => {
                Finding::bad(what, format!("the password of {dn} may not be reset: every reset will fail"), fix)
            }
            None => {
                let says = format!("who may reset the password of {dn} cannot be read; --canary finds out by doing");
                Finding::skipped(what, says)
            }
        })
    }

    fn unlocking(&self, somebody: &Entry, base: &str) -> Finding {
        let what = "right to unlock";
        let mut writable = somebody.texts("allowedAttributesEffective");
        if writable.any(|name| name.eq_ignore_ascii_case("lockoutTime")) {
            return Finding::good(what, format!("lockoutTime of {} may be written", somebody.dn));
        }
        let fix = format!("dsacls \"{base}\" /I:S /G \"{}:RPWP;lockoutTime;user\"", self.own_name());
        Finding::bad(what, format!("lockoutTime of {} may not be written: every reset will fail", somebody.dn), fix)
    }

    /// The account as `dsacls` wants it, as far as the name it signs in with tells.
    fn own_name(&self) -> &str {
        self.pool.signs_in_as()
    }
}

/// Whether the account is in a group that may do anything: whoever gets hold of Regain then has the domain.
fn power(names: &[Sid]) -> Finding {
    let what = "power of the account";
    if names.is_empty() {
        return Finding::skipped(what, "the server does not tell which groups the account is in");
    }
    let mighty = |sid: &&Sid| {
        let list: &[u32] = if sid.is_builtin() { &PROTECTED_BUILTIN } else { &PROTECTED };
        list.contains(&sid.relative())
    };
    let found: Vec<String> = names.iter().filter(mighty).map(|sid| sid.relative().to_string()).collect();
    if found.is_empty() {
        return Finding::good(what, "it is in no group of administrators or operators");
    }
    Finding::bad(
        what,
        format!(
            "it is in groups of administrators or operators (numbers {}; 512 is Domain Admins): whoever gets hold of Regain \
             has the domain",
            found.join(", ")
        ),
        "Take it out of them, and give it the few rights in docs/active-directory.md instead.",
    )
}

/// What the account may do and does not need.
fn excess(somebody: &Entry) -> Finding {
    let what = "rights beyond need";
    let names = somebody.texts("allowedAttributesEffective");
    let more: Vec<&str> = names.filter(|name| !HARMLESS.iter().any(|own| own.eq_ignore_ascii_case(name))).collect();
    let owner = somebody.number("sDRightsEffective").is_some_and(|rights| rights != 0);
    if more.is_empty() && !owner {
        return Finding::good(what, "it may write nothing else, and change no rights");
    }
    let mut says = format!("of {} it may write {} attributes that it does not need", somebody.dn, more.len());
    if let Some(first) = more.first() {
        says.push_str(&format!(", such as {first}"));
    }
    if owner {
        says.push_str(", and change who has which rights");
    }
    Finding::warn(what, says, "Take these rights away (dsacls … /R) and give the few in docs/active-directory.md.")
}
