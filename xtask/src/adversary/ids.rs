//! Every id swapped for another, or altered bit by bit.

use super::client::Client;
use super::site::{Field, NEXT_PASSWORD, Person, Plan, Site};
use super::walk::{begin, keeps_password, must, reset, sign_in, up_to_password};
use crate::host::Outcome;

/// Places of ways that no page offers.
const PLACES: [&str; 12] = ["2", "7", "255", "256", "-1", " 0", "0 ", "0x0", "", "٠", "18446744073709551616", "0,1"];

pub(super) fn run(field: &Field) -> Outcome<String> {
    let site = Site::start(field, Plan::new(8))?;
    places(&site, site.person(0)?)?;
    let flows = flows(&site, site.person(1)?, site.person(2)?)?;
    let sessions = sessions(&site, site.person(3)?, site.person(4)?)?;
    let tokens = freezes(&site, site.person(5)?)?;
    Ok(format!("{} places, {flows} flows, {sessions} sessions, {tokens} links", PLACES.len()))
}

/// No way that was not offered sends anything.
fn places(site: &Site, person: &Person) -> Outcome {
    let mut client = Client::new(site);
    begin(&mut client, person)?;
    for place in PLACES {
        let answer = client.post("/reset/choose", &[("option", place)])?;
        must(answer.status == 400, || format!("the way \"{place}\" is answered with {}", answer.status))?;
    }
    let sent = site.count_of(person, "code_sent")?;
    must(sent == 0, || format!("{sent} codes were sent by ways that nobody offered"))
}

/// The flow of one person with the tokens of another, and the cookie with each of its bits turned.
fn flows(site: &Site, victim: &Person, other: &Person) -> Outcome<usize> {
    let (mut honest, mut foreign) = (Client::new(site), Client::new(site));
    up_to_password(&mut honest, site, victim)?;
    up_to_password(&mut foreign, site, other)?;
    let mut tried = 0;
    let take_over = |client: &mut Client<'_>| {
        let answer = client.post("/reset/password", &[("password", NEXT_PASSWORD), ("again", NEXT_PASSWORD)])?;
        must(answer.status == 403, || format!("a form with a swapped id is answered with {}", answer.status))
    };
    let mut swapped = honest.clone();
    swapped.csrf.clone_from(&foreign.csrf);
    take_over(&mut swapped)?;
    swapped = foreign;
    swapped.cookies.clone_from(&honest.cookies);
    take_over(&mut swapped)?;
    let cookie = honest.cookies.get("regain").cloned().ok_or("there is no cookie of a flow")?;
    for altered in altered(&cookie) {
        let mut client = honest.clone();
        client.cookies.insert("regain".into(), altered);
        take_over(&mut client)?;
        client.csrf.clone_from(&honest.csrf);
        let page = client.page("/reset")?;
        must(!page.contains(&victim.user_id), || "an altered cookie shows the reset of somebody".into())?;
        tried += 1;
    }
    keeps_password(site, victim)?;
    keeps_password(site, other)?;
    Ok(tried + 2)
}

/// The session of one person with the token of another, and the cookie with each of its bits turned.
fn sessions(site: &Site, victim: &Person, other: &Person) -> Outcome<usize> {
    let (mut honest, mut foreign) = (Client::new(site), Client::new(site));
    for (client, person) in [(&mut honest, victim), (&mut foreign, other)] {
        must(sign_in(client, person, super::site::FIRST_PASSWORD)?, || "nobody can sign in".into())?;
        let page = client.page("/register")?;
        must(page.contains("/register/confirm"), || format!("nothing can be registered:\n{page}"))?;
    }
    let (mut mixed, before) = (foreign.clone(), site.inbox.all().len());
    mixed.cookies.clone_from(&honest.cookies);
    for path in
        ["/register/email", "/register/confirm", "/register/practise", "/register/remove", "/sign-out", "/change"]
    {
        let answer = mixed.post(path, &[("address", "evil@evil.example"), ("kind", "email"), ("wish", "remove")])?;
        must(answer.status == 403, || format!("{path} with the token of another is answered with {}", answer.status))?;
    }
    let cookie = honest.cookies.get("regain-session").cloned().ok_or("there is no cookie of a session")?;
    let mut tried = 0;
    for altered in altered(&cookie) {
        let mut client = honest.clone();
        client.cookies.insert("regain-session".into(), altered);
        let answer = client.get("/account")?;
        must(answer.status == 303, || format!("an altered session is answered with {}", answer.status))?;
        tried += 1;
    }
    let page = honest.page("/register")?;
    must(page.contains("/register/confirm"), || "the honest session is over".into())?;
    must(site.inbox.all().len() == before, || "messages were sent".into())?;
    Ok(tried + 6)
}

/// The link of "This wasn't me" with each of its bits turned.
fn freezes(site: &Site, person: &Person) -> Outcome<usize> {
    reset(&mut Client::new(site), site, person)?;
    let token = site.inbox.freeze_token(person)?;
    let mut client = Client::new(site);
    let page = client.page(&format!("/freeze/{token}"))?;
    must(page.contains("This wasn"), || format!("the true link shows something else:\n{page}"))?;
    let mut tried = 0;
    for (at, letter) in token.char_indices() {
        for bit in 0..4 {
            let digit = letter.to_digit(16).unwrap_or(0) ^ (1 << bit);
            let mut altered = token.clone();
            altered.replace_range(at..=at, &char::from_digit(digit, 16).unwrap_or('x').to_string());
            let path = format!("/freeze/{altered}");
            let status = (client.get(&path)?.status, client.post(&path, &[])?.status);
            must(status == (404, 404), || format!("a made-up link is answered with {status:?}"))?;
            tried += 1;
        }
    }
    let frozen = site.count("frozen")?;
    must(frozen == 0, || format!("{frozen} accounts were frozen by made-up links"))?;
    let status = client.post(&format!("/freeze/{token}"), &[])?.status;
    must(status == 303 && site.count("frozen")? == 1, || format!("the true link does not freeze: {status}"))?;
    Ok(tried)
}

/// What is written in base64url (RFC 4648 §5), with each bit turned in turn; the bits that pad its end among them.
fn altered(text: &str) -> impl Iterator<Item = String> + '_ {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    text.char_indices().flat_map(move |(at, letter)| {
        let place = LETTERS.iter().position(|known| char::from(*known) == letter).unwrap_or(0);
        (0..6).map(move |bit| {
            let other = LETTERS.get(place ^ (1 << bit)).map_or('-', |other| char::from(*other));
            let mut altered = text.to_owned();
            altered.replace_range(at..=at, &other.to_string());
            altered
        })
    })
}
