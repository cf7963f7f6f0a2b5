//! Sealing anew, after the key was changed: row by row while everything else goes on. A row that somebody else writes at the same
//! moment is theirs, and sealed with the key in use anyway.

use regain_core::Keys;
use regain_core::effect::{FreezeOffer, freeze_flow};
use regain_core::method::ContactKind;
use regain_core::subject;

use super::db::{Error, Row, Stmt};
use super::flow::flow_name;
use super::{Store, statements};

/// Rows that are sealed anew at once.
const PAGE: usize = 200;

statements! {
    /// How many rows each key has sealed: its id, and the count.
    COUNT_CONTACT = "SELECT SUBSTR(address, 1, 8), COUNT(*) FROM contact GROUP BY 1";
    /// The same of contacts kept aside.
    COUNT_FORMER = "SELECT SUBSTR(address, 1, 8), COUNT(*) FROM former_contact GROUP BY 1";
    /// The same of the embedded directory's own addresses.
    COUNT_MAIL = "SELECT SUBSTR(mail, 1, 8), COUNT(*) FROM account WHERE mail IS NOT NULL GROUP BY 1";
    /// The same of flows.
    COUNT_FLOW = "SELECT SUBSTR(state, 1, 8), COUNT(*) FROM flow GROUP BY 1";
    /// The same of messages.
    COUNT_OUTBOX = "SELECT SUBSTR(payload, 1, 8), COUNT(*) FROM outbox GROUP BY 1";
    /// The same of offers to undo a change.
    COUNT_OFFER = "SELECT SUBSTR(offer, 1, 8), COUNT(*) FROM freeze_offer GROUP BY 1";
    /// The same of sessions.
    COUNT_SESSION = "SELECT SUBSTR(state, 1, 8), COUNT(*) FROM session GROUP BY 1";
    /// The same of earlier passwords.
    COUNT_EARLIER = "SELECT SUBSTR(mark, 1, 8), COUNT(*) FROM earlier_password GROUP BY 1";
    /// The same of whom a limit is about.
    COUNT_WHOM = "SELECT SUBSTR(whom, 1, 8), COUNT(*) FROM throttle WHERE whom IS NOT NULL GROUP BY 1";

    /// The next rows that another key has sealed: their name, what is sealed, and for a contact its kind.
    PAGE_CONTACT = "SELECT id, address, kind FROM contact WHERE id > $1 AND address NOT LIKE $2 ORDER BY id LIMIT $3";
    /// The same of contacts kept aside.
    PAGE_FORMER = "SELECT id, address, kind FROM former_contact WHERE id > $1 AND address NOT LIKE $2 ORDER BY id LIMIT $3";
    /// The same of the embedded directory's own addresses.
    PAGE_MAIL = "SELECT id, mail FROM account WHERE id > $1 AND mail NOT LIKE $2 ORDER BY id LIMIT $3";
    /// The same of flows.
    PAGE_FLOW = "SELECT id, state FROM flow WHERE id > $1 AND state NOT LIKE $2 ORDER BY id LIMIT $3";
    /// The same of messages.
    PAGE_OUTBOX = "SELECT id, payload FROM outbox WHERE id > $1 AND payload NOT LIKE $2 ORDER BY id LIMIT $3";
    /// The same of offers to undo a change.
    PAGE_OFFER = "SELECT flow, offer FROM freeze_offer WHERE flow > $1 AND offer NOT LIKE $2 ORDER BY flow LIMIT $3";
    /// The same of sessions.
    PAGE_SESSION = "SELECT id, state FROM session WHERE id > $1 AND state NOT LIKE $2 ORDER BY id LIMIT $3";
    /// The same of earlier passwords, with the account they are of.
    PAGE_EARLIER = "SELECT flow, mark, account FROM earlier_password \
                    WHERE flow > $1 AND mark NOT LIKE $2 ORDER BY flow LIMIT $3";
    /// The same of whom a limit is about.
    PAGE_WHOM = "SELECT counter, whom FROM throttle WHERE counter > $1 AND whom NOT LIKE $2 ORDER BY counter LIMIT $3";

    /// Puts what is sealed anew in the place of just what was read, with the name by which an address is recognised.
    PUT_CONTACT = "UPDATE contact SET address = $1, lookup = $2 WHERE id = $3 AND address = $4";
    /// The same of a contact kept aside.
    PUT_FORMER = "UPDATE former_contact SET address = $1, lookup = $2 WHERE id = $3 AND address = $4";
    /// The same of the embedded directory's own addresses.
    PUT_MAIL = "UPDATE account SET mail = $1 WHERE id = $2 AND mail = $3";
    /// The same of a flow.
    PUT_FLOW = "UPDATE flow SET state = $1 WHERE id = $2 AND state = $3";
    /// The same of a message.
    PUT_OUTBOX = "UPDATE outbox SET payload = $1 WHERE id = $2 AND payload = $3";
    /// The same of an offer to undo a change.
    PUT_OFFER = "UPDATE freeze_offer SET offer = $1 WHERE flow = $2 AND offer = $3";
    /// The same of a session.
    PUT_SESSION = "UPDATE session SET state = $1 WHERE id = $2 AND state = $3";
    /// The same of an earlier password.
    PUT_EARLIER = "UPDATE earlier_password SET mark = $1 WHERE flow = $2 AND mark = $3";
    /// The same of whom a limit is about.
    PUT_WHOM = "UPDATE throttle SET whom = $1 WHERE counter = $2 AND whom = $3";

    /// All offers to undo a change.
    OFFERS = "SELECT flow, offer FROM freeze_offer";
}

/// A column that is sealed.
struct Column {
    count: &'static str,
    page: &'static str,
    put: &'static str,
    /// Table and column, between which the row's name stands in the place it is sealed for.
    place: (&'static str, &'static str),
    third: Third,
}

/// What the page has in its third column.
enum Third {
    Nothing,
    /// The kind of contact: the row has a name by which its address is recognised, too.
    Kind,
    /// The account, which stands before the row's name in the place.
    Account,
}

const fn plain(
    count: &'static str,
    page: &'static str,
    put: &'static str,
    place: (&'static str, &'static str),
) -> Column {
    Column { count, page, put, place, third: Third::Nothing }
}

/// Every column that is sealed.
static COLUMNS: [Column; 9] = [
    Column { third: Third::Kind, ..plain(COUNT_CONTACT, PAGE_CONTACT, PUT_CONTACT, ("contact", "address")) },
    // It keeps the place for which it was sealed before it was put aside.
    Column { third: Third::Kind, ..plain(COUNT_FORMER, PAGE_FORMER, PUT_FORMER, ("contact", "address")) },
    plain(COUNT_MAIL, PAGE_MAIL, PUT_MAIL, ("account", "mail")),
    plain(COUNT_FLOW, PAGE_FLOW, PUT_FLOW, ("flow", "state")),
    plain(COUNT_OUTBOX, PAGE_OUTBOX, PUT_OUTBOX, ("outbox", "payload")),
    plain(COUNT_OFFER, PAGE_OFFER, PUT_OFFER, ("freeze_offer", "offer")),
    plain(COUNT_SESSION, PAGE_SESSION, PUT_SESSION, ("session", "state")),
    Column { third: Third::Account, ..plain(COUNT_EARLIER, PAGE_EARLIER, PUT_EARLIER, ("earlier_password", "mark")) },
    plain(COUNT_WHOM, PAGE_WHOM, PUT_WHOM, ("throttle", "whom")),
];

impl Store {
    /// How many rows each key has sealed, the key in use first: its id, and the count.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn sealed_by(&self) -> Result<Vec<(String, i64)>, Error> {
        let mut found = vec![(self.vault.used().to_owned(), 0)];
        for column in &COLUMNS {
            for row in self.db.read(column.count, vec![]).await? {
                let (id, count) = (row.text(0)?, row.int(1)?);
                match found.iter_mut().find(|(known, _)| known == id) {
                    Some((_, sum)) => *sum += count,
                    None => found.push((id.to_owned(), count)),
                }
            }
        }
        Ok(found)
    }

    /// Seals anew whatever another key than the one in use has sealed. `step` hears how many rows were done, page by page. May
    /// be broken off anywhere, and done by several nodes at once.
    ///
    /// # Errors
    /// If the store cannot be read or written, or a row was altered.
    pub async fn reseal(&self, mut step: impl FnMut(usize)) -> Result<(), Error> {
        let ours = format!("{}.%", self.vault.used());
        for column in &COLUMNS {
            let mut last = String::new();
            loop {
                let args = vec![last.as_str().into(), ours.as_str().into(), (PAGE as i64).into()];
                let rows = self.db.read(column.page, args).await?;
                let Some(end) = rows.last() else { break };
                last = end.text(0)?.to_owned();
                let batch = rows.iter().map(|row| self.sealed_anew(column, row)).collect::<Result<_, Error>>()?;
                self.db.write(batch).await?;
                step(rows.len());
            }
        }
        Ok(())
    }

    fn sealed_anew(&self, column: &Column, row: &Row) -> Result<Stmt, Error> {
        let (id, sealed, (table, name)) = (row.text(0)?, row.text(1)?, column.place);
        let place = match column.third {
            Third::Account => vec![table, row.text(2)?, id, name],
            Third::Nothing | Third::Kind => vec![table, id, name],
        };
        let text = self.vault.open(&place, sealed)?;
        let mut args = vec![self.vault.seal(&place, &text)?.into()];
        if let Third::Kind = column.third {
            let kind = row.text(2)?;
            let kind = ContactKind::ALL.into_iter().find(|known| known.name() == kind);
            let kind = kind.ok_or_else(|| Error::Corrupt(format!("contact {id} is of an unknown kind")))?;
            args.push(subject::device(&self.keys, kind, &text).hex().into());
        }
        args.extend([id.into(), sealed.into()]);
        Ok(Stmt::new(column.put, args))
    }

    /// How many links "This wasn't me", not older than 30 days, were made with this key.
    ///
    /// # Errors
    /// If the store cannot be read, or a row was altered.
    pub async fn links_of(&self, keys: &Keys) -> Result<usize, Error> {
        let mut count = 0;
        for row in self.db.read(OFFERS, vec![]).await? {
            let name = row.text(0)?;
            let text = self.vault.open(&["freeze_offer", name, "offer"], row.text(1)?)?;
            let offer: FreezeOffer = serde_json::from_str(&text).map_err(|error| Error::Corrupt(error.to_string()))?;
            count += usize::from(flow_name(freeze_flow(keys, &offer.token(keys))) == name);
        }
        Ok(count)
    }
}
