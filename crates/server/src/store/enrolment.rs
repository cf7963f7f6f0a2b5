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
    /// Sets the contact of a kind.
    SET = "INSERT INTO contact (id, account, kind, address, lookup, verified, changed) VALUES ($1, $2, $3, $4, $5, $6, $7) \
           ON CONFLICT (account, kind) DO UPDATE SET id = excluded.id, address = excluded.address, \
           lookup = excluded.lookup, verified = excluded.verified, changed = excluded.changed";
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

impl Store {
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

    /// Sets contacts, all or none.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub async fn set_contacts(&self, contacts: &[NewContact]) -> Result<(), Error> {
        let now = self.clock.now();
        let set = |contact: &NewContact| {
            let id: [u8; 16] = crate::clock::random().map_err(|error| Error::Unavailable(error.to_string()))?;
            let id = data_encoding::HEXLOWER.encode(&id);
            let sealed = self.vault.seal(&["contact", &id, "address"], &contact.address)?;
            let lookup = subject::device(&self.keys, contact.kind, &contact.address).hex();
            let verified = contact.verified.then_some(now.0);
            let account = contact.account.0.as_str().into();
            let kind = contact.kind.name().into();
            let args = vec![id.into(), account, kind, sealed.into(), lookup.into(), verified.into(), now.into()];
            Ok(Stmt::new(SET, args))
        };
        let mut batch: Vec<Stmt> = contacts.iter().map(set).collect::<Result<_, Error>>()?;
        batch.extend(contacts.iter().map(|contact| self.touch_registration(&contact.account)));
        self.db.write(batch).await.map(drop)
    }

    /// Removes a contact.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub async fn remove_contact(&self, account: &AccountId, kind: ContactKind) -> Result<(), Error> {
        let args = vec![account.0.as_str().into(), kind.name().into()];
        self.db.write(vec![Stmt::new(REMOVE, args), self.touch_registration(account)]).await.map(drop)
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
