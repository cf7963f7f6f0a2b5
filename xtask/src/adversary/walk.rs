//! What honest people do, and where an adversary takes over.

use super::client::Client;
use super::site::{FIRST_PASSWORD, NEXT_PASSWORD, Person, Site};
use crate::bench::http::between;
use crate::host::Outcome;

/// Ensures that something is so; else the attack has got somewhere.
pub(super) fn must(so: bool, told: impl FnOnce() -> String) -> Outcome {
    if so { Ok(()) } else { Err(told()) }
}

/// Begins a reset: up to the choice of a way.
pub(super) fn begin(client: &mut Client<'_>, person: &Person) -> Outcome<String> {
    client.page("/reset")?;
    client.submit("/reset", &[("user_id", &person.user_id)])
}

/// The first way that a page offers.
pub(super) fn first_way(page: &str) -> Outcome<String> {
    let way = between(page, "name=\"option\" value=\"", "\"").map(str::to_owned);
    way.ok_or_else(|| format!("no way is offered:\n{page}"))
}

/// Goes on to the box for the code, by the first way.
pub(super) fn choose(client: &mut Client<'_>, page: &str) -> Outcome<String> {
    client.submit("/reset/choose", &[("option", &first_way(page)?)])
}

/// Passes a step: chooses, waits for the code, types it. Gives the page after it, and the code.
pub(super) fn prove(client: &mut Client<'_>, site: &Site, person: &Person, page: &str) -> Outcome<(String, String)> {
    choose(client, page)?;
    let code = site.inbox.code(person)?;
    Ok((client.submit("/reset/code", &[("code", &code)])?, code))
}

/// A reset as far as the page for the new password, in as many steps as it takes.
pub(super) fn up_to_password(client: &mut Client<'_>, site: &Site, person: &Person) -> Outcome<String> {
    let mut page = begin(client, person)?;
    for _ in 0..2 {
        if page.contains("action=\"/reset/password\"") {
            break;
        }
        page = prove(client, site, person, &page)?.0;
    }
    must(page.contains("action=\"/reset/password\""), || format!("no new password is asked for:\n{page}"))?;
    Ok(page)
}

/// A whole reset.
pub(super) fn reset(client: &mut Client<'_>, site: &Site, person: &Person) -> Outcome {
    up_to_password(client, site, person)?;
    let page = client.submit("/reset/password", &[("password", NEXT_PASSWORD), ("again", NEXT_PASSWORD)])?;
    must(page.contains("You have a new password"), || format!("no new password:\n{page}"))
}

/// Signs in; gives whether that was let in.
pub(super) fn sign_in(client: &mut Client<'_>, person: &Person, password: &str) -> Outcome<bool> {
    client.get("/")?;
    let answer = client.post("/sign-in", &[("username", &person.user_id), ("password", password)])?;
    match answer.status {
        303 => Ok(true),
        422 => Ok(false),
        other => Err(format!("signing in is answered with {other}:\n{}", answer.body)),
    }
}

/// Ensures that the password of before still holds.
pub(super) fn keeps_password(site: &Site, person: &Person) -> Outcome {
    let kept = sign_in(&mut Client::new(site), person, FIRST_PASSWORD)?;
    must(kept, || format!("{} has another password than before", person.user_id))
}
