//! The same form, or a hundred different ones, at the same moment.

use std::net::TcpStream;
use std::sync::Barrier;

use super::client::{Answer, Client, connect, exchange};
use super::site::{Field, NEXT_PASSWORD, Person, Plan, Site};
use super::walk::{begin, choose, first_way, must, sign_in, up_to_password};
use crate::bench::server::Postgres;
use crate::host::Outcome;

const AT_ONCE: usize = 100;
/// `policy.tries`, unless set.
const TRIES: usize = 5;

pub(super) fn sqlite(field: &Field) -> Outcome<String> {
    all(&Site::start(field, Plan::new(4))?)
}

pub(super) fn postgres(field: &Field) -> Outcome<String> {
    let postgres = Postgres::start()?;
    all(&Site::start(field, Plan { postgres: Some(&postgres), ..Plan::new(4) })?)
}

fn all(site: &Site) -> Outcome<String> {
    let chosen = ways(site, site.person(0)?)?;
    let right = right(site, site.person(1)?)?;
    let wrong = wrong(site, site.person(2)?)?;
    let set = password(site, site.person(3)?)?;
    Ok(format!(
        "of {AT_ONCE} choices {chosen} message, of {AT_ONCE} right codes {right} accepted, of {AT_ONCE} wrong ones {wrong} compared, of \
         {AT_ONCE} passwords {set} written"
    ))
}

/// The form of the way: one message.
fn ways(site: &Site, person: &Person) -> Outcome<usize> {
    let mut client = Client::new(site);
    let way = first_way(&begin(&mut client, person)?)?;
    let form = client.request("POST", "/reset/choose", &[], &client.body(&[("option", &way)]));
    volley(site, &vec![form; AT_ONCE])?;
    site.inbox.code(person)?;
    let (sent, came) = (site.count_of(person, "code_sent")?, site.inbox.of(person).len());
    must(sent == 1 && came == 1, || format!("{sent} codes were sent and {came} came"))?;
    Ok(came)
}

/// The right code: one step is passed.
fn right(site: &Site, person: &Person) -> Outcome<usize> {
    let mut client = Client::new(site);
    let page = begin(&mut client, person)?;
    choose(&mut client, &page)?;
    let code = site.inbox.code(person)?;
    let form = client.request("POST", "/reset/code", &[], &client.body(&[("code", &code)]));
    volley(site, &vec![form; AT_ONCE])?;
    let (proved, wrong) = (site.count_of(person, "proved")?, site.count_of(person, "code_wrong")?);
    must(proved == 1, || format!("one code passed {proved} steps ({wrong} counted as wrong)"))?;
    Ok(proved)
}

/// A hundred guesses, all wrong: no more are compared than one may try, and the right one comes too late.
fn wrong(site: &Site, person: &Person) -> Outcome<usize> {
    let mut client = Client::new(site);
    let page = begin(&mut client, person)?;
    choose(&mut client, &page)?;
    let code = site.inbox.code(person)?;
    let number: usize = code.parse().map_err(|_| "a code is no number")?;
    // What the page had seen is made up, or left out, as whoever guesses likes.
    let guess = |n: usize| {
        let (typed, seen) = (format!("{:06}", (number + 1 + n) % 1_000_000), (n % 7).to_string());
        let fields = [("code", typed.as_str()), ("seen", seen.as_str())];
        client.request("POST", "/reset/code", &[], &client.body(fields.get(..1 + n % 2).unwrap_or(&fields)))
    };
    volley(site, &(0..AT_ONCE).map(guess).collect::<Vec<_>>())?;
    let mut compared = site.count_of(person, "code_wrong")?;
    must(compared <= TRIES, || format!("{compared} wrong codes were compared"))?;
    // Whatever the rush has left is used up one by one.
    for n in compared..=TRIES {
        client.post("/reset/code", &[("code", &format!("{:06}", (number + 500 + n) % 1_000_000))])?;
    }
    compared = site.count_of(person, "code_wrong")?;
    let page = client.submit("/reset/code", &[("code", &code)])?;
    let open = page.contains("action=\"/reset/password\"");
    must(compared <= TRIES && !open, || format!("{compared} compared; the right code afterwards: {open}"))?;
    Ok(compared)
}

/// The form of the new password: one is written.
fn password(site: &Site, person: &Person) -> Outcome<usize> {
    let mut client = Client::new(site);
    up_to_password(&mut client, site, person)?;
    // Half of them want the same, the others each something of their own.
    let form = |n: usize| {
        let own = format!("{NEXT_PASSWORD} {n}");
        let typed = if n.is_multiple_of(2) { NEXT_PASSWORD } else { own.as_str() };
        client.request("POST", "/reset/password", &[], &client.body(&[("password", typed), ("again", typed)]))
    };
    let tried: Vec<String> =
        (0..AT_ONCE).map(|n| if n % 2 == 0 { NEXT_PASSWORD.into() } else { format!("{NEXT_PASSWORD} {n}") }).collect();
    volley(site, &(0..AT_ONCE).map(form).collect::<Vec<_>>())?;
    let page = client.page("/reset")?;
    must(page.contains("You have a new password"), || format!("no new password:\n{page}"))?;
    let (writes, set) = (site.count_of(person, "writing")?, site.count_of(person, "password_set")?);
    must((writes, set) == (1, 1), || format!("{writes} writes were begun, {set} passwords set"))?;
    let mut good = 0;
    for password in tried.iter().skip(1).step_by(2).chain(tried.first()) {
        good += usize::from(sign_in(&mut Client::new(site), person, password)?);
    }
    must(good == 1, || format!("{good} of the passwords are good"))?;
    Ok(set)
}

/// Sends all at the same moment, each on a connection of its own that is open already. Each is answered.
fn volley(site: &Site, requests: &[String]) -> Outcome<Vec<Answer>> {
    let start = Barrier::new(requests.len());
    let one = &|request: &str| {
        let stream: Outcome<TcpStream> = connect(site);
        start.wait();
        exchange(&mut stream?, request.as_bytes(), site)
    };
    std::thread::scope(|scope| {
        let running: Vec<_> = requests.iter().map(|request| scope.spawn(move || one(request))).collect();
        running.into_iter().map(|one| one.join().map_err(|_| "a request broke off".to_owned())?).collect()
    })
}
