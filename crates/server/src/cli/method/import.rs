//! Lists of contacts: all lines are looked at before anything is set.

use std::collections::HashMap;
use std::fmt;

use regain_core::audit::Act;
use regain_core::method::ContactKind;
use regain_core::subject::{AccountId, canonical};

use super::super::trail;
use super::{read_number, sheet};
use crate::address;
use crate::app::App;
use crate::directory::Person;
use crate::store::enrolment::NewContact;

/// What a list has changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// Contacts that are new or other than before, and may carry a code.
    pub set: usize,
    /// New ones that their owners have to confirm first.
    pub suggested: usize,
    /// Contacts that were so already, and were left alone.
    pub unchanged: usize,
    /// Suggestions that were not taken up, because the person has proven another contact.
    pub kept: usize,
}

impl fmt::Display for Done {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { set, suggested, unchanged, kept } = self;
        write!(to, "Set {} contacts; {unchanged} were so already.", set + suggested)?;
        if *suggested > 0 {
            write!(to, "\n{suggested} are suggestions, which their owners confirm with a code.")?;
        }
        if *kept > 0 {
            write!(to, "\n{kept} were left as they are, because their owners have proven others.")?;
        }
        Ok(())
    }
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
        let person = app.directory.find(line.value("user_id")).await;
        let person = person.map_err(|error| vec![format!("line {}: {error}", line.number)])?;
        let contact = match read(app, line, person.as_ref(), region) {
            Ok(contact) => contact,
            Err(found) => {
                problems.extend(found.into_iter().map(|problem| format!("line {}: {problem}", line.number)));
                continue;
            }
        };
        match first.insert((contact.account.clone(), contact.kind), line.number) {
            None => contacts.extend(person.map(|person| (person, contact))),
            Some(earlier) => problems.push(format!(
                "line {}: line {earlier} sets the same kind of contact of \"{}\": remove one of them",
                line.number,
                line.value("user_id")
            )),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    set(app, &contacts).await.map_err(|problem| vec![problem])
}

/// What is so already stays as it is: a contact that is set anew gets a new name, and a code on its way to it is lost. What
/// the person has proven is not taken away for a suggestion.
async fn set(app: &App, contacts: &[(Person, NewContact)]) -> Result<Done, String> {
    let mut done = Done::default();
    let (mut others, mut acts) = (Vec::new(), Vec::new());
    for (person, contact) in contacts {
        let NewContact { account, kind, address, verified } = contact;
        let kept = app.store.contacts(account).await.map_err(|error| error.to_string())?;
        let kept = kept.iter().find(|kept| kept.kind == *kind);
        let proven = kept.is_some_and(|kept| kept.verified.is_some());
        if kept.is_some_and(|kept| kept.address == *address && (proven || !verified)) {
            done.unchanged += 1;
        } else if proven && !verified {
            done.kept += 1;
        } else {
            *(if *verified { &mut done.set } else { &mut done.suggested }) += 1;
            others.push(contact.clone());
            acts.push((Some(person), Act::ContactGiven { kind: *kind, verified: *verified }));
        }
    }
    let batch = app.store.setting(&others).map_err(|error| error.to_string())?;
    trail::write(app, batch, &acts).await?;
    Ok(done)
}

fn read(
    app: &App,
    line: &sheet::Line,
    person: Option<&Person>,
    region: Option<&str>,
) -> Result<NewContact, Vec<String>> {
    let mut problems = Vec::new();
    if person.is_none() {
        problems.push(format!("nobody has the User ID \"{}\": check the spelling", line.value("user_id")));
    }
    let verified = yes_or_no(line.cell("verified"));
    if verified.is_none() {
        problems.push(format!("verified must be yes or no, not \"{}\"", line.cell("verified")));
    }
    let kind = ContactKind::ALL.into_iter().find(|kind| kind.name() == line.cell("kind").to_lowercase());
    let address = match kind {
        None => Err(format!("the kind must be email, mobile or office, not \"{}\"", line.cell("kind"))),
        Some(ContactKind::Email) => email(line.value("address"), person),
        Some(kind) => number(app, line.value("address"), kind, region),
    };
    let address = address.map_err(|problem| problems.push(problem)).ok();
    match (person, kind, address, verified) {
        (Some(person), Some(kind), Some(address), Some(verified)) => {
            // Administrators answer for office phones; the others are their owners' word against a list.
            let verified = verified && (kind == ContactKind::Office || app.settings.register.trust_imported);
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

fn number(app: &App, cell: &str, kind: ContactKind, region: Option<&str>) -> Result<String, String> {
    let number = read_number(app, cell, region)?;
    if kind == ContactKind::Mobile && number.extension().is_some() {
        return Err(format!("\"{cell}\": a mobile has no extension; is it an office phone?"));
    }
    Ok(number.to_string())
}
