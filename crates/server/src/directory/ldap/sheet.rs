//! What a server can do, as it says itself (rootDSE, RFC 4512, 5.1). It decides which operations are used.

use std::collections::BTreeSet;

use super::entry::{Entry, Query};

/// RFC 3062: setting a password, the server's way.
pub(in crate::directory) const PASSWORD_MODIFY: &str = "1.3.6.1.4.1.4203.1.11.1";
/// draft-behera-ldap-password-policy-10: why a password was refused, what stands in the way of an account.
pub(in crate::directory) const PASSWORD_POLICY: &str = "1.3.6.1.4.1.42.2.27.8.5.1";
/// RFC 2696: a long answer in pages.
pub(in crate::directory) const PAGED_RESULTS: &str = "1.2.840.113556.1.4.319";
/// [MS-ADTS] 3.1.1.3.4.1.27: Active Directory's history and least age hold for a reset, too.
pub(in crate::directory) const POLICY_HINTS: &str = "1.2.840.113556.1.4.2239";
/// The same, as Windows Server 2008 R2 names it.
pub(in crate::directory) const POLICY_HINTS_OLD: &str = "1.2.840.113556.1.4.2066";

/// Who made the server, as far as that matters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::directory) enum Vendor {
    /// OpenLDAP.
    OpenLdap,
    /// 389 Directory Server, Red Hat's among them.
    Ds389,
    /// Active Directory, or Samba as one.
    ActiveDirectory,
    /// Anybody else.
    #[default]
    Other,
}

/// The capability sheet of a server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::directory) struct Sheet {
    /// Who made it.
    pub(in crate::directory) vendor: Vendor,
    /// Its name and version, where it tells.
    pub(in crate::directory) name: String,
    /// Where its entries begin.
    pub(in crate::directory) contexts: Vec<String>,
    offers: BTreeSet<String>,
    /// The rootDSE itself, for what only one kind wants to know.
    pub(in crate::directory) root: Entry,
}

impl Sheet {
    /// What to ask a server for.
    pub(super) fn query() -> Query {
        Query::entry("", &["*", "+"])
    }

    /// Reads it from the rootDSE.
    pub(super) fn read(root: Entry) -> Self {
        let lists = ["supportedControl", "supportedExtension", "supportedFeatures", "supportedCapabilities"];
        let offers = lists.iter().flat_map(|list| root.texts(list)).map(str::to_owned).collect();
        let told = |name: &str| root.text(name).unwrap_or_default().to_owned();
        let name = format!("{} {}", told("vendorName"), told("vendorVersion")).trim().to_owned();
        let classes = root.texts("objectClass").any(|class| class.eq_ignore_ascii_case("OpenLDAProotDSE"));
        let vendor = if !root.bytes("forestFunctionality").is_empty() || !root.bytes("dsServiceName").is_empty() {
            Vendor::ActiveDirectory
        } else if classes {
            Vendor::OpenLdap
        } else if name.contains("389") || name.contains("Red Hat") || !root.bytes("netscapemdsuffix").is_empty() {
            Vendor::Ds389
        } else {
            Vendor::Other
        };
        let name = if name.is_empty() && vendor == Vendor::OpenLdap { "OpenLDAP".to_owned() } else { name };
        let contexts = root.texts("namingContexts").map(str::to_owned).collect();
        Self { vendor, name, contexts, offers, root }
    }

    /// Whether it offers a control, an extended operation or a feature.
    pub(in crate::directory) fn offers(&self, oid: &str) -> bool {
        self.offers.contains(oid)
    }

    /// In words, a line each.
    pub(in crate::directory) fn words(&self) -> Vec<String> {
        let yes = |oid| if self.offers(oid) { "yes" } else { "no" };
        let name = if self.name.is_empty() { "does not tell its name" } else { &self.name };
        let mut lines = vec![
            format!("server: {name}"),
            format!("sets passwords by its own operation (RFC 3062): {}", yes(PASSWORD_MODIFY)),
            format!("says why it refuses a password (password policy control): {}", yes(PASSWORD_POLICY)),
            format!("answers in pages (RFC 2696): {}", yes(PAGED_RESULTS)),
        ];
        if self.vendor == Vendor::ActiveDirectory {
            let by = [POLICY_HINTS, POLICY_HINTS_OLD].into_iter().find(|oid| self.offers(oid));
            lines.push(match by {
                Some(oid) => format!("history will be enforced on reset: yes, by control {oid}"),
                None => "history will be enforced on reset: no, it does not offer policy hints".to_owned(),
            });
        }
        lines
    }
}
