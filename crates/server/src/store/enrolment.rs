//! What people registered: one contact of each kind, sealed, and recognised by a keyed hash.

use regain_core::Time;
use regain_core::method::ContactKind;
use regain_core::subject::{self, AccountId, ContactId};

use super::db::{Error, Row, Stmt};
use super::{Store, statements};

statements! {
    /// The contacts of an account.
    OF_ACCOUNT = "SELECT id, kind, address, verified, changed FROM contact WHERE account = $1 ORDER BY kind";
    /// One contact, to send to.
    ONE = "SELECT id, kind, address, verified, changed FROM contact WHERE id = $1";
    /// All contacts, for lists.
    ALL = "SELECT id, kind, address, verified, changed, account FROM contact ORDER BY account, kind";
    /// Any address, to see whether the key is the right one.
    ANY = "SELECT address FROM contact LIMIT 1";
    /// One contact, or one that was replaced or removed a while ago: to be told about that, not to be sent codes.
    ONE_OR_FORMER = "SELECT id, kind, address, verified, changed FROM contact WHERE id = $1 \
                     UNION ALL SELECT id, kind, address, verified, changed FROM former_contact WHERE id = $1";
    /// Sets the contact of a kind. What is only a suggestion never takes the place of what is proven.
    SET = "INSERT INTO contact (id, account, kind, address, lookup, verified, changed) VALUES ($1, $2, $3, $4, $5, $6, $7) \
           ON CONFLICT (account, kind) DO UPDATE SET id = excluded.id, address = excluded.address, \
           lookup = excluded.lookup, verified = excluded.verified, changed = excluded.changed \
           WHERE contact.verified IS NULL OR excluded.verified IS NOT NULL";
    /// Removes the contact of a kind.
    REMOVE = "DELETE FROM contact WHERE account = $1 AND kind = $2";
}

/// A contact as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enrolled {
    /// Its name. A contact that is changed gets a new one: a code on its way to the old one goes nowhere.
    pub id: ContactId,
    /// What it is.
    pub kind: ContactKind,
    /// The address, or the number in E.164.
    pub address: String,
    /// When it was proven to belong to the person; nothing before.
    pub verified: Option<Time>,
    /// When it was set.
    pub changed: Time,
}

/// A contact to be set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewContact {
    /// Whose.
    pub account: AccountId,
    /// What it is.
    pub kind: ContactKind,
    /// The address, or the number in E.164.
    pub address: String,
    /// Whether it may carry a code from now on.
    pub verified: bool,
}

/// What the names of contacts begin with that the directory gave.
const FROM_DIRECTORY: &str = "directory-";

impl Store {
    /// Whether the directory gave this contact.
    pub fn is_from_directory(&self, id: &ContactId) -> bool {
        id.0.starts_with(FROM_DIRECTORY)
    }

    /// Sets the office phone as the directory has it; without a number, removes it.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub async fn set_office(&self, account: &AccountId, number: Option<&str>) -> Result<(), Error> {
        let Some(number) = number else { return self.remove_contact(account, ContactKind::Office).await };
        let (account, address) = (account.clone(), number.to_owned());
        let contact = NewContact { account, kind: ContactKind::Office, address, verified: true };
        let set = self.set(&contact, FROM_DIRECTORY)?;
        self.db.write(vec![set, self.touch_registration(&contact.account)]).await.map(drop)
    }

    /// The statement that sets a contact, under a new name that begins so.
    fn set(&self, contact: &NewContact, start: &str) -> Result<Stmt, Error> {
        let now = self.clock.now();
        let id: [u8; 16] = crate::clock::random().map_err(|error| Error::Unavailable(error.to_string()))?;
        let id = format!("{start}{}", data_encoding::HEXLOWER.encode(&id));
        let sealed = self.vault.seal(&["contact", &id, "address"], &contact.address)?;
        let lookup = subject::device(&self.keys, contact.kind, &contact.address).hex();
        let verified = contact.verified.then_some(now.0);
        let account = contact.account.0.as_str().into();
        let kind = contact.kind.name().into();
        let args = vec![id.into(), account, kind, sealed.into(), lookup.into(), verified.into(), now.into()];
        Ok(Stmt::new(SET, args))
    }

    /// The contacts of an account, verified or not.
    ///
    /// # Errors
    /// If the store cannot be read, or a row was altered.
    pub async fn contacts(&self, account: &AccountId) -> Result<Vec<Enrolled>, Error> {
        let rows = self.db.read(OF_ACCOUNT, vec![account.0.as_str().into()]).await?;
        rows.iter().map(|row| self.enrolled(row)).collect()
    }

    /// One contact, read again when a message is sent to it.
    ///
    /// # Errors
    /// As [`Store::contacts`].
    pub async fn contact(&self, id: &ContactId) -> Result<Option<Enrolled>, Error> {
        let rows = self.db.read(ONE, vec![id.0.as_str().into()]).await?;
        rows.first().map(|row| self.enrolled(row)).transpose()
    }

    /// One contact, also if it was replaced or removed a while ago: for notices of just that.
    ///
    /// # Errors
    /// As [`Store::contacts`].
    pub async fn contact_or_former(&self, id: &ContactId) -> Result<Option<Enrolled>, Error> {
        let rows = self.db.read(ONE_OR_FORMER, vec![id.0.as_str().into()]).await?;
        rows.first().map(|row| self.enrolled(row)).transpose()
    }

    /// All contacts with the accounts they belong to, for lists.
    ///
    /// # Errors
    /// As [`Store::contacts`].
    pub async fn all_contacts(&self) -> Result<Vec<(AccountId, Enrolled)>, Error> {
        let rows = self.db.read(ALL, vec![]).await?;
        rows.iter().map(|row| Ok((AccountId(row.text(5)?.to_owned()), self.enrolled(row)?))).collect()
    }

    /// The statements that set contacts: one that is not verified is a suggestion, which leaves a proven contact alone.
    ///
    /// # Errors
    /// If an address cannot be sealed.
    pub fn setting(&self, contacts: &[NewContact]) -> Result<Vec<Stmt>, Error> {
        let mut batch: Vec<Stmt> =
            contacts.iter().map(|contact| self.set(contact, "")).collect::<Result<_, Error>>()?;
        batch.extend(contacts.iter().map(|contact| self.touch_registration(&contact.account)));
        Ok(batch)
    }

    /// Sets contacts, all or none.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub async fn set_contacts(&self, contacts: &[NewContact]) -> Result<(), Error> {
        self.db.write(self.setting(contacts)?).await.map(drop)
    }

    /// The statements that remove a contact.
    pub fn removing(&self, account: &AccountId, kind: ContactKind) -> Vec<Stmt> {
        let args = vec![account.0.as_str().into(), kind.name().into()];
        vec![Stmt::new(REMOVE, args), self.touch_registration(account)]
    }

    /// Removes a contact.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub async fn remove_contact(&self, account: &AccountId, kind: ContactKind) -> Result<(), Error> {
        self.db.write(self.removing(account, kind)).await.map(drop)
    }

    fn enrolled(&self, row: &Row) -> Result<Enrolled, Error> {
        let id = row.text(0)?.to_owned();
        let address = self.vault.open(&["contact", &id, "address"], row.text(2)?)?;
        let kind = row.text(1)?;
        let kind = ContactKind::ALL.into_iter().find(|known| known.name() == kind);
        let kind = kind.ok_or_else(|| Error::Corrupt(format!("contact {id} is of an unknown kind")))?;
        let verified = row.opt_int(3)?.map(Time);
        Ok(Enrolled { id: ContactId(id), kind, address, verified, changed: Time(row.int(4)?) })
    }
}
