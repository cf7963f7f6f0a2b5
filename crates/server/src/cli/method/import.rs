//! Lists of contacts: all lines are looked at before anything is set.

use std::collections::HashMap;

use regain_core::method::ContactKind;
use regain_core::subject::{AccountId, canonical};

use super::{read_number, sheet};
use crate::address;
use crate::app::App;
use crate::directory::Person;
use crate::store::enrolment::NewContact;

/// What a list has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Done {
    /// Contacts that are new or other than before.
    pub set: usize,
    /// Contacts that were so already, and were left alone.
    pub unchanged: usize,
}

/// Sets the contacts in a list, all or none. `region` is the country of numbers written without one.
///
/// # Errors
/// One sentence for each problem, with its line.
pub async fn import(app: &App, list: &[u8], region: Option<&str>) -> Result<Done, Vec<String>> {
    let lines = sheet::read(list, &["user_id", "kind", "address"], &["verified"])?;
    let mut problems = Vec::new();
    let mut contacts = Vec::new();
    let mut first: HashMap<(AccountId, ContactKind), u64> = HashMap::new();
    for line in &lines {
        let person = app.directory.find(line.cell("user_id")).await;
        let person = person.map_err(|error| vec![format!("line {}: {error}", line.number)])?;
        let contact = match read(line, person.as_ref(), region) {
            Ok(contact) => contact,
            Err(found) => {
                problems.extend(found.into_iter().map(|problem| format!("line {}: {problem}", line.number)));
                continue;
            }
        };
        match first.insert((contact.account.clone(), contact.kind), line.number) {
            None => contacts.push(contact),
            Some(earlier) => problems.push(format!(
                "line {}: line {earlier} sets the same kind of contact of \"{}\": remove one of them",
                line.number,
                line.cell("user_id")
            )),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    set(app, contacts).await.map_err(|error| vec![error.to_string()])
}

/// What is so already stays as it is: a contact that is set anew gets a new name, and a code on its way to it is lost.
async fn set(app: &App, contacts: Vec<NewContact>) -> Result<Done, crate::store::Error> {
    let all = contacts.len();
    let mut others = Vec::new();
    for contact in contacts {
        let kept = app.store.contacts(&contact.account).await?;
        let same = kept.iter().any(|kept| {
            kept.kind == contact.kind && kept.address == contact.address && kept.verified.is_some() == contact.verified
        });
        if !same {
            others.push(contact);
        }
    }
    app.store.set_contacts(&others).await?;
    Ok(Done { set: others.len(), unchanged: all - others.len() })
}

fn read(line: &sheet::Line, person: Option<&Person>, region: Option<&str>) -> Result<NewContact, Vec<String>> {
    let mut problems = Vec::new();
    if person.is_none() {
        problems.push(format!("nobody has the User ID \"{}\": check the spelling", line.cell("user_id")));
    }
    let verified = yes_or_no(line.cell("verified"));
    if verified.is_none() {
        problems.push(format!("verified must be yes or no, not \"{}\"", line.cell("verified")));
    }
    let kind = ContactKind::ALL.into_iter().find(|kind| kind.name() == line.cell("kind").to_lowercase());
    let address = match kind {
        None => Err(format!("the kind must be email, mobile or office, not \"{}\"", line.cell("kind"))),
        Some(ContactKind::Email) => email(line.cell("address"), person),
        Some(kind) => number(line.cell("address"), kind, region),
    };
    let address = address.map_err(|problem| problems.push(problem)).ok();
    match (person, kind, address, verified) {
        (Some(person), Some(kind), Some(address), Some(verified)) => {
            Ok(NewContact { account: person.id.clone(), kind, address, verified })
        }
        _ => Err(problems),
    }
}

fn yes_or_no(cell: &str) -> Option<bool> {
    match cell.to_lowercase().as_str() {
        "" | "yes" | "y" | "true" | "1" => Some(true),
        "no" | "n" | "false" | "0" => Some(false),
        _ => None,
    }
}

fn email(cell: &str, person: Option<&Person>) -> Result<String, String> {
    let address = address::email(cell).map_err(|problem| format!("\"{cell}\": {problem}"))?;
    let own = person.and_then(|person| person.mail.as_deref());
    if own.is_some_and(|own| canonical(own) == canonical(&address)) {
        return Err(format!("{address} is the account's own address, which nobody locked out can read: give another"));
    }
    Ok(address)
}

fn number(cell: &str, kind: ContactKind, region: Option<&str>) -> Result<String, String> {
    let number = read_number(cell, region)?;
    if kind == ContactKind::Mobile && number.extension().is_some() {
        return Err(format!("\"{cell}\": a mobile has no extension; is it an office phone?"));
    }
    Ok(number.to_string())
}
