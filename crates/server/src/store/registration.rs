//! What people have registered: one row for each account with the contacts beside it, changed only by whoever knew its latest
//! version.

use regain_core::method::ContactKind;
use regain_core::registration::{Change, Registered, Registration};
use regain_core::subject::{AccountId, ContactId};
use regain_core::{Time, effect};

use super::db::{Error, Row, Stmt};
use super::{Store, statements};

statements! {
    /// A registration, one row for each contact. Nobody has a row of their own and runs the same statement.
    LOAD = "SELECT r.version, r.asked, r.confirmed, r.rehearsed, r.frozen, c.id, c.kind, c.address, c.verified, \
            r.signed_out \
            FROM registration r LEFT JOIN contact c ON c.account = r.account WHERE r.account = $1 ORDER BY c.kind";
    /// The next version, if nobody was quicker. The first one needs no row.
    BUMP = "INSERT INTO registration (account, version) VALUES ($1, 1) \
            ON CONFLICT (account) DO UPDATE SET version = registration.version + 1 WHERE registration.version = $2";
    /// The same version as was read, for a decision that rests on it.
    HOLD = "SELECT version FROM registration WHERE account = $1 AND version = $2 /*pg FOR UPDATE */";
    /// Still the first version, whose row need not be there.
    HOLD_FIRST = "INSERT INTO registration (account, version) VALUES ($1, 0) \
                  ON CONFLICT (account) DO UPDATE SET version = registration.version WHERE registration.version = 0";
    /// The next version, whatever the last one was: an administrator's change.
    TOUCH = "INSERT INTO registration (account, version) VALUES ($1, 1) \
             ON CONFLICT (account) DO UPDATE SET version = registration.version + 1";
    /// Signed out everywhere, whatever the last version was: whoever decides on it at this moment decides again.
    SIGN_OUT = "INSERT INTO registration (account, version, signed_out) VALUES ($1, 1, $2) \
                ON CONFLICT (account) DO UPDATE SET version = registration.version + 1, signed_out = excluded.signed_out";
    /// First asked to register.
    ASKED = "UPDATE registration SET asked = $1 WHERE account = $2 AND asked IS NULL";
    /// Confirmed.
    CONFIRMED = "UPDATE registration SET confirmed = $1 WHERE account = $2";
    /// Practised.
    REHEARSED = "UPDATE registration SET rehearsed = $1 WHERE account = $2";
    /// Frozen, from the first time it was asked for.
    FREEZE = "UPDATE registration SET frozen = COALESCE(frozen, $1) WHERE account = $2";
    /// Invited now, if that was not done after $3. The first time needs no row.
    INVITE = "INSERT INTO registration (account, version, invited) VALUES ($1, 0, $2) \
              ON CONFLICT (account) DO UPDATE SET invited = excluded.invited \
              WHERE registration.invited IS NULL OR registration.invited <= $3";
    /// When somebody was last invited.
    INVITED = "SELECT invited FROM registration WHERE account = $1";
    /// Not frozen any more.
    THAW = "UPDATE registration SET frozen = NULL WHERE account = $1";
    /// Keeps the contact of a kind aside, if it was proven.
    KEEP = "INSERT INTO former_contact (id, account, kind, address, lookup, verified, changed, replaced) \
            SELECT id, account, kind, address, lookup, verified, changed, CAST($1 AS BIGINT) FROM contact \
            WHERE account = $2 AND kind = $3 AND verified IS NOT NULL ON CONFLICT (id) DO NOTHING";
    /// Takes the contact of a kind away.
    DROP = "DELETE FROM contact WHERE account = $1 AND kind = $2";
    /// A proven contact.
    ADD = "INSERT INTO contact (id, account, kind, address, lookup, verified, changed) VALUES ($1, $2, $3, $4, $5, $6, $6)";
    /// Puts a contact back that was kept aside.
    RESTORE = "INSERT INTO contact (id, account, kind, address, lookup, verified, changed) \
               SELECT id, account, kind, address, lookup, verified, changed FROM former_contact \
               WHERE id = $1 AND account = $2 AND kind = $3";
    /// What is kept aside for an account.
    FORMER = "SELECT id, kind, address FROM former_contact WHERE account = $1";
    /// What was put back is not kept aside any more.
    UNKEEP = "DELETE FROM former_contact WHERE id = $1 AND account = $2";
    /// What was kept aside long enough.
    FORGET = "DELETE FROM former_contact WHERE replaced <= $1";
}

impl Store {
    /// What is registered for this account; of nobody, if there is none.
    ///
    /// # Errors
    /// If the store cannot be read, or a row was altered.
    pub async fn registration(&self, account: Option<&AccountId>) -> Result<Registration, Error> {
        let name = account.map_or("", |account| &account.0);
        let rows = self.db.read(LOAD, vec![name.into()]).await?;
        let Some(first) = rows.first().filter(|_| account.is_some()) else { return Ok(Registration::default()) };
        let contacts = rows.iter().filter_map(|row| self.registered(row).transpose());
        let time = |column: usize| Ok::<_, Error>(first.opt_int(column)?.map(Time));
        Ok(Registration {
            version: first.int(0)?,
            contacts: contacts.collect::<Result<_, Error>>()?,
            asked: time(1)?,
            confirmed: time(2)?,
            rehearsed: time(3)?,
            frozen: time(4)?,
            signed_out: time(9)?,
        })
    }

    fn registered(&self, row: &Row) -> Result<Option<Registered>, Error> {
        let Some(id) = row.opt_text(5)? else { return Ok(None) };
        let kind = row.text(6)?;
        let kind = ContactKind::ALL.into_iter().find(|known| known.name() == kind);
        let kind = kind.ok_or_else(|| Error::Corrupt(format!("contact {id} is of an unknown kind")))?;
        let address = self.vault.open(&["contact", id, "address"], row.text(7)?)?;
        let (id, verified) = (ContactId(id.to_owned()), row.opt_int(8)?.map(Time));
        Ok(Some(Registered { id, kind, address, verified, barred: false }))
    }

    /// Addresses and numbers that were registered until not long ago, by kind.
    ///
    /// # Errors
    /// If the store cannot be read, or a row was altered.
    pub async fn former_contacts(&self, account: &AccountId) -> Result<Vec<(ContactKind, String)>, Error> {
        let rows = self.db.read(FORMER, vec![account.0.as_str().into()]).await?;
        let former = |row: &Row| {
            let kind = row.text(1)?;
            let kind = ContactKind::ALL.into_iter().find(|known| known.name() == kind);
            let address = self.vault.open(&["contact", row.text(0)?, "address"], row.text(2)?)?;
            Ok(kind.map(|kind| (kind, address)))
        };
        rows.iter().filter_map(|row| former(row).transpose()).collect()
    }

    /// The guard of a decision that rests on this version of a registration.
    pub fn hold_registration(&self, account: &AccountId, version: i64) -> Stmt {
        match version {
            0 => Stmt::guard(HOLD_FIRST, vec![account.0.as_str().into()]),
            _ => Stmt::guard(HOLD, vec![account.0.as_str().into(), version.into()]),
        }
    }

    /// The statement by which what was sent or proven for this account until now is worth nothing.
    pub fn sign_out(&self, account: &AccountId, now: Time) -> Stmt {
        Stmt::new(SIGN_OUT, vec![account.0.as_str().into(), now.into()])
    }

    /// The statement by which an administrator's change is noticed by whoever decides at this moment.
    pub(super) fn touch_registration(&self, account: &AccountId) -> Stmt {
        Stmt::new(TOUCH, vec![account.0.as_str().into()])
    }

    /// The statements that change a registration which is still of this version. The first is a guard.
    ///
    /// # Errors
    /// If an address cannot be sealed.
    pub fn change_registration(
        &self,
        account: &AccountId,
        version: i64,
        change: &Change,
        now: Time,
    ) -> Result<Vec<Stmt>, Error> {
        let name = account.0.as_str();
        let aside = |kind: ContactKind| {
            let keep = Stmt::new(KEEP, vec![now.into(), name.into(), kind.name().into()]);
            [keep, Stmt::new(DROP, vec![name.into(), kind.name().into()])]
        };
        let dated = |sql| Stmt::new(sql, vec![now.into(), name.into()]);
        let mut batch = vec![Stmt::guard(BUMP, vec![name.into(), version.into()])];
        match change {
            Change::Set { id, kind, address } => {
                batch.extend(aside(*kind));
                batch.push(self.add_contact(account, id, *kind, address, now)?);
            }
            Change::Remove { kind } => batch.extend(aside(*kind)),
            Change::Asked => batch.push(dated(ASKED)),
            Change::Confirm => batch.push(dated(CONFIRMED)),
            Change::Rehearsed => batch.push(dated(REHEARSED)),
            Change::Freeze { kind, restore } => {
                batch.push(dated(FREEZE));
                batch.extend(kind.iter().flat_map(|kind| aside(*kind)));
                if let (Some(kind), Some(ContactId(id))) = (kind, restore) {
                    batch.push(Stmt::new(RESTORE, vec![id.as_str().into(), name.into(), kind.name().into()]));
                    batch.push(Stmt::new(UNKEEP, vec![id.as_str().into(), name.into()]));
                }
            }
            Change::Thaw => batch.push(Stmt::new(THAW, vec![name.into()])),
        }
        Ok(batch)
    }

    /// The guard of an invitation: it holds if the last one went out at `since` or before.
    pub fn invite(&self, account: &AccountId, now: Time, since: Time) -> Stmt {
        Stmt::guard(INVITE, vec![account.0.as_str().into(), now.into(), since.into()])
    }

    /// When this person was last invited to register, if ever.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn invited(&self, account: &AccountId) -> Result<Option<Time>, Error> {
        let rows = self.db.read(INVITED, vec![account.0.as_str().into()]).await?;
        rows.first().map_or(Ok(None), |row| row.opt_int(0)).map(|at| at.map(Time))
    }

    fn add_contact(
        &self,
        account: &AccountId,
        id: &ContactId,
        kind: ContactKind,
        address: &str,
        now: Time,
    ) -> Result<Stmt, Error> {
        let sealed = self.vault.seal(&["contact", &id.0, "address"], address)?;
        let lookup = regain_core::subject::device(&self.keys, kind, address).hex();
        let (id, account) = (id.0.as_str().into(), account.0.as_str().into());
        Ok(Stmt::new(ADD, vec![id, account, kind.name().into(), sealed.into(), lookup.into(), now.into()]))
    }

    /// Deletes contacts that were kept aside long enough.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub async fn forget_former_contacts(&self, now: Time) -> Result<(), Error> {
        let then = Time(now.0 - effect::FREEZE_OFFER_LIFE.0);
        self.db.write(vec![Stmt::new(FORGET, vec![then.into()])]).await.map(drop)
    }
}
