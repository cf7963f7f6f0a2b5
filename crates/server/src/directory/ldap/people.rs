//! Which entries are people, and what is read of them.

use regain_core::method::ContactKind;
use regain_core::subject::{self, AccountId};

use super::Section;
use super::entry::{Entry, Query, Scope};
use super::filter::{all, any, equals};
use super::policy::STATUS;
use super::sheet::{Sheet, Vendor};

/// The longest User ID that is looked for, in bytes; a mail address has 254 at most (RFC 5321, 4.5.3.1).
const LONGEST: usize = 512;
/// The longest text that is taken over from an entry, in characters.
const LONGEST_TEXT: usize = 256;

/// How people are found, as the operator says it.
pub(super) struct People {
    base: String,
    filter: String,
    user_attributes: Vec<String>,
    id_attribute: Option<String>,
    name_attribute: String,
    mail_attribute: String,
    contacts: Vec<(ContactKind, String)>,
}

impl People {
    pub(super) fn new(section: &Section) -> Self {
        let contact = |kind, name: &Option<String>| name.clone().map(|name| (kind, name));
        let contacts = [
            contact(ContactKind::Office, &section.office_phone_attribute),
            contact(ContactKind::Mobile, &section.mobile_attribute),
            contact(ContactKind::Email, &section.private_mail_attribute),
        ];
        Self {
            base: section.base_dn.clone(),
            filter: section.user_filter.clone(),
            user_attributes: section.user_attributes.clone(),
            id_attribute: section.id_attribute.clone(),
            name_attribute: section.name_attribute.clone(),
            mail_attribute: section.mail_attribute.clone(),
            contacts: contacts.into_iter().flatten().collect(),
        }
    }

    /// Which entries are people.
    pub(super) fn filter(&self) -> &str {
        &self.filter
    }

    /// Who has this User ID; nothing to ask if nobody can.
    pub(super) fn by_user_id(&self, user_id: &str, sheet: &Sheet) -> Option<Query> {
        let user_id = subject::canonical(user_id);
        if user_id.is_empty() || user_id.len() > LONGEST || user_id.contains('\0') {
            return None;
        }
        let fits = any(self.user_attributes.iter().map(|attribute| equals(attribute, &user_id)));
        Some(self.query(fits, sheet))
    }

    /// Whose lasting name this is; nothing to ask if it can be nobody's.
    pub(super) fn by_id(&self, account: &AccountId, sheet: &Sheet) -> Option<Query> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.{}:@".contains(c);
        let possible = !account.0.is_empty() && account.0.len() <= LONGEST && account.0.chars().all(plain);
        possible.then(|| self.query(equals(self.id_attribute(sheet), &account.0), sheet))
    }

    /// Everybody, by lasting name only.
    pub(super) fn everybody(&self, most: usize, sheet: &Sheet) -> Query {
        Query {
            base: self.base.clone(),
            scope: Scope::Subtree,
            filter: self.filter.clone(),
            attributes: vec![self.id_attribute(sheet).to_owned()],
            limit: most,
        }
    }

    /// One entry, and one more to see whether it is the only one.
    fn query(&self, fits: String, sheet: &Sheet) -> Query {
        let filter = all(&[self.filter.clone(), fits]);
        Query { base: self.base.clone(), scope: Scope::Subtree, filter, attributes: self.wanted(sheet), limit: 2 }
    }

    fn wanted(&self, sheet: &Sheet) -> Vec<String> {
        let mut wanted: Vec<String> = STATUS.iter().map(|name| (*name).to_owned()).collect();
        let own = [
            self.id_attribute(sheet),
            &self.name_attribute,
            &self.mail_attribute,
            "uid",
            "memberOf",
            "entryCSN",
            "modifyTimestamp",
        ];
        wanted.extend(own.map(str::to_owned));
        wanted.extend(self.user_attributes.iter().cloned());
        wanted.extend(self.contacts.iter().map(|(_, name)| name.clone()));
        wanted
    }

    /// What an entry is called for as long as it lives: RFC 4530, or what 389 Directory Server has had for longer.
    pub(super) fn id_attribute(&self, sheet: &Sheet) -> &str {
        let usual = if sheet.vendor == Vendor::Ds389 { "nsUniqueId" } else { "entryUUID" };
        self.id_attribute.as_deref().unwrap_or(usual)
    }

    /// The lasting name of an entry; without one, it is nobody.
    pub(super) fn id(&self, entry: &Entry, sheet: &Sheet) -> Option<AccountId> {
        entry.text(self.id_attribute(sheet)).map(|id| AccountId(id.to_lowercase()))
    }

    /// Its User ID, as the first attribute that has one spells it.
    pub(super) fn user_id(&self, entry: &Entry) -> String {
        self.user_attributes.iter().find_map(|attribute| entry.text(attribute)).map(shown).unwrap_or_default()
    }

    pub(super) fn name(&self, entry: &Entry) -> String {
        entry
            .text(&self.name_attribute)
            .map(shown)
            .filter(|name| !name.is_empty())
            .unwrap_or_else(|| self.user_id(entry))
    }

    pub(super) fn mail(&self, entry: &Entry) -> Option<String> {
        entry.text(&self.mail_attribute).filter(|mail| is_one_line(mail) && mail.contains('@')).map(str::to_owned)
    }

    pub(super) fn contacts(&self, entry: &Entry) -> Vec<(ContactKind, String)> {
        let texts = self.contacts.iter().flat_map(|(kind, name)| entry.texts(name).map(|text| (*kind, text)));
        texts.filter(|(_, text)| is_one_line(text)).map(|(kind, text)| (kind, text.to_owned())).collect()
    }
}

/// Whether a text can be an address or a number.
fn is_one_line(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= LONGEST_TEXT && text.chars().all(|c| !c.is_control() && !turns(c))
}

/// A text that people read: no longer than a line, without what no keyboard has and what turns the direction of the rest.
fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() && !turns(*c)).take(LONGEST_TEXT).collect()
}

/// The marks that change the direction of a text (Unicode Standard Annex 9, 2).
fn turns(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
