//! Forms that other sites send, cookies that others knew before, and forms that are sent again.

use super::client::{Client, encoded};
use super::site::{FIRST_PASSWORD, Field, NEXT_PASSWORD, Plan, Site};
use super::walk::{begin, choose, keeps_password, must, reset, sign_in, up_to_password};
use crate::host::Outcome;

/// Forms of a reset, and of somebody who is signed in.
const RESET: [&str; 16] = [
    "/",
    "/sign-in",
    "/reset",
    "/reset/picture",
    "/reset/choose",
    "/reset/code",
    "/reset/resend",
    "/reset/other-way",
    "/reset/extend",
    "/reset/back",
    "/reset/resume",
    "/reset/cancel",
    "/reset/again",
    "/reset/password",
    "/reset/unlock",
    "/reset/strength",
];
const SIGNED_IN: [&str; 16] = [
    "/sign-out",
    "/change",
    "/change/resume",
    "/change/strength",
    "/register/phone",
    "/register/email",
    "/register/code",
    "/register/resend",
    "/register/stop",
    "/register/password",
    "/register/remove",
    "/register/thaw",
    "/register/confirm",
    "/register/leave",
    "/register/again",
    "/register/practise",
];

/// Fields that any of them could want.
const FIELDS: [(&str, &str); 13] = [
    ("user_id", "person.0@example.org"),
    ("username", "person.0@example.org"),
    ("option", "0"),
    ("code", "000000"),
    ("password", NEXT_PASSWORD),
    ("again", NEXT_PASSWORD),
    ("old", FIRST_PASSWORD),
    ("new", NEXT_PASSWORD),
    ("address", "evil@evil.example"),
    ("number", "+447700900999"),
    ("region", "GB"),
    ("wish", "thaw"),
    ("kind", "email"),
];

/// What a browser says of a form that another site has sent, with a token and without.
const FOREIGN: [(&str, &str); 6] = [
    ("Origin", "https://evil.example"),
    ("Origin", "http://127.0.0.1:1"),
    ("Origin", "http://127.0.0.1.evil.example"),
    ("Sec-Fetch-Site", "cross-site"),
    ("Sec-Fetch-Site", "same-site"),
    ("Origin", "file://"),
];

pub(super) fn forged(field: &Field) -> Outcome<String> {
    let site = Site::start(field, Plan::new(3))?;
    let (mut resetting, mut inside, mut other) = (Client::new(&site), Client::new(&site), Client::new(&site));
    up_to_password(&mut resetting, &site, site.person(0)?)?;
    sign_in(&mut inside, site.person(1)?, FIRST_PASSWORD)?;
    inside.page("/register")?;
    other.page("/reset")?;
    let frozen = site.person(2)?;
    reset(&mut Client::new(&site), &site, frozen)?;
    let link = format!("/freeze/{}", site.inbox.freeze_token(frozen)?);
    let paths = RESET.iter().copied().chain([link.as_str()]).map(|path| (&resetting, path));
    let mut tried = 0;
    for (client, path) in paths.chain(SIGNED_IN.map(|path| (&inside, path))) {
        tried += forge(client, &other.csrf, path)?;
    }
    must(site.count("frozen")? == 0, || "an account was frozen by a form of another site".into())?;
    let page = resetting.page("/reset")?;
    must(page.contains("action=\"/reset/password\""), || format!("the reset has moved:\n{page}"))?;
    must(inside.page("/register")?.contains("/register/confirm"), || "the session is over".into())?;
    keeps_password(&site, site.person(0)?)?;
    keeps_password(&site, site.person(1)?)?;
    Ok(format!("{tried} forms refused"))
}

/// One form in every way in which another site could have it sent.
fn forge(client: &Client<'_>, others: &str, path: &str) -> Outcome<usize> {
    let with = |csrf: &[(&str, &str)]| encoded(&[&FIELDS[..], csrf].concat());
    let own = [("csrf", client.csrf.as_str())];
    let mut tries = vec![
        ("POST", path.to_owned(), vec![], with(&[])),
        ("POST", path.to_owned(), vec![], with(&[("csrf", "")])),
        ("POST", path.to_owned(), vec![], with(&[("csrf", others)])),
        ("POST", path.to_owned(), vec![], format!("{}&csrf={others}", with(&own))),
        ("POST", format!("{path}?{}", with(&own)), vec![], with(&[])),
        ("POST", path.to_owned(), vec![("Content-Type", "text/plain")], with(&own)),
        ("POST", path.to_owned(), vec![("Content-Type", "application/json")], with(&own)),
        ("PUT", path.to_owned(), vec![], String::new()),
    ];
    tries.extend(FOREIGN.map(|header| ("POST", path.to_owned(), vec![header], with(&own))));
    let count = tries.len();
    for (method, target, headers, body) in tries {
        let mut client = client.clone();
        let request = client.request(method, &target, &headers, &body);
        let answer = client.send(request.as_bytes())?;
        let refused = matches!(answer.status, 400 | 403 | 405 | 415);
        must(refused, || format!("{method} {path} with {headers:?} is answered with {}", answer.status))?;
    }
    Ok(count)
}

/// A cookie that an adversary has planted, or read, before the proof opens nothing after it.
pub(super) fn fixation(field: &Field) -> Outcome<String> {
    let site = Site::start(field, Plan::new(3))?;
    let (person, mut adversary) = (site.person(0)?, Client::new(&site));
    begin(&mut adversary, person)?;
    let mut victim = adversary.clone();
    let page = victim.page("/reset")?;
    let page = choose(&mut victim, &page)?;
    must(page.contains("action=\"/reset/code\""), || format!("the planted reset does not go on:\n{page}"))?;
    let code = site.inbox.code(person)?;
    let page = victim.submit("/reset/code", &[("code", &code)])?;
    must(page.contains("action=\"/reset/password\""), || format!("the victim does not get on:\n{page}"))?;
    let mut tried = 0;
    for path in
        ["/reset/password", "/reset/resume", "/reset/extend", "/reset/back", "/reset/other-way", "/reset/unlock"]
    {
        let mut adversary = adversary.clone();
        adversary.post(path, &[("password", NEXT_PASSWORD), ("again", NEXT_PASSWORD), ("user_id", &person.user_id)])?;
        let page = adversary.page("/reset")?;
        must(!page.contains("action=\"/reset/password\""), || format!("{path} lets the adversary in"))?;
        tried += 1;
    }
    keeps_password(&site, person)?;
    // The same at signing in: what the browser had before is nobody's session.
    let (mut adversary, other) = (Client::new(&site), site.person(1)?);
    adversary.get("/")?;
    adversary.cookies.insert("regain-session".into(), "A".repeat(43));
    let mut victim = adversary.clone();
    must(sign_in(&mut victim, other, FIRST_PASSWORD)?, || "the victim cannot sign in".into())?;
    must(victim.cookies != adversary.cookies, || "signing in keeps the session's name".into())?;
    must(adversary.get("/account")?.status == 303, || "a planted session is let in".into())?;
    Ok(format!("{tried} forms with a cookie from before the proof, and a planted session"))
}

/// Every form of a reset that was finished, sent again with each set of cookies there was.
pub(super) fn replays(field: &Field) -> Outcome<String> {
    let site = Site::start(field, Plan { steps: 2, ..Plan::new(1) })?;
    let (person, mut honest) = (site.person(0)?, Client::new(&site));
    reset(&mut honest, &site, person)?;
    site.inbox.freeze_token(person)?;
    let jars: Vec<_> = honest.sent.iter().map(|sent| sent.cookies.clone()).chain([honest.cookies.clone()]).collect();
    let (before, other) =
        (site.count("proved")?, encoded(&[("password", "other brass kettles"), ("again", "other brass kettles")]));
    let mut tried = 0;
    for jar in &jars {
        for sent in &honest.sent {
            let csrf = sent.body.split('&').find(|pair| pair.starts_with("csrf=")).unwrap_or_default();
            for body in [sent.body.clone(), format!("{other}&{csrf}")] {
                let mut client = Client::new(&site);
                client.cookies.clone_from(jar);
                let request = client.request("POST", &sent.path, &[], &body);
                client.send(request.as_bytes())?;
                tried += 1;
            }
        }
    }
    let (sets, proofs) = (site.count("password_set")?, site.count("proved")?);
    must(sets == 1, || format!("{sets} passwords were set"))?;
    must(proofs == before && before == 2, || format!("{proofs} steps were passed, not 2"))?;
    must(sign_in(&mut Client::new(&site), person, NEXT_PASSWORD)?, || "the new password is another one".into())?;
    Ok(format!("{tried} forms, one password set"))
}
