//! Forms in every order, after every beginning of a reset in two steps.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::client::Client;
use super::site::{Field, NEXT_PASSWORD, Person, Plan, Site};
use super::walk::{begin, choose, keeps_password, must, prove};
use crate::host::Outcome;

/// How far a reset has got, honestly, before forms come in any order.
const BEGINNINGS: [&str; 5] = ["nothing", "User ID", "first way chosen", "first step passed", "second way chosen"];

/// Visits at once.
const LANES: usize = 12;

/// Every form there is; `{me}`, `{code}` (the one of the first step, used if it was passed) and `{new}` stand for what they say.
const FORMS: [(&str, &[(&str, &str)]); 15] = [
    ("/reset", &[("user_id", "{me}")]),
    ("/reset", &[("user_id", "person.0@example.org")]),
    ("/reset/choose", &[("option", "0")]),
    ("/reset/choose", &[("option", "1")]),
    ("/reset/code", &[("code", "{code}")]),
    ("/reset/code", &[("code", "")]),
    ("/reset/resend", &[]),
    ("/reset/other-way", &[]),
    ("/reset/back", &[]),
    ("/reset/resume", &[]),
    ("/reset/extend", &[]),
    ("/reset/cancel", &[]),
    ("/reset/again", &[("user_id", "{me}")]),
    ("/reset/unlock", &[]),
    PASSWORD,
];

/// The only one that can set a password.
const PASSWORD: (&str, &[(&str, &str)]) = ("/reset/password", &[("password", "{new}"), ("again", "{new}")]);

type Form = (&'static str, &'static [(&'static str, &'static str)]);

/// All sequences of up to three with the form of the password in them: no other says what a new password is.
fn sequences() -> Vec<Vec<Form>> {
    let (mut all, mut longest): (Vec<Vec<Form>>, _) = (Vec::new(), vec![Vec::new()]);
    for _ in 0..3 {
        let longer = |sequence: &Vec<Form>| FORMS.map(|form| [sequence.as_slice(), &[form]].concat());
        longest = longest.iter().flat_map(longer).collect();
        all.extend(longest.iter().filter(|sequence| sequence.contains(&PASSWORD)).cloned());
    }
    all
}

pub(super) fn run(field: &Field) -> Outcome<String> {
    let sequences = sequences();
    let total = sequences.len() * BEGINNINGS.len();
    let site = Site::start(field, Plan { steps: 2, ..Plan::new(total) })?;
    let (next, failed) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..LANES {
            scope.spawn(|| {
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    let Some((person, sequence)) = site.people.get(n).zip(sequences.get(n / BEGINNINGS.len())) else {
                        return;
                    };
                    let beginning = n % BEGINNINGS.len();
                    if let Err(told) = try_one(&site, person, beginning, sequence) {
                        let forms: Vec<&str> = sequence.iter().map(|(path, _)| *path).collect();
                        let told = format!("after \"{}\", {}: {told}", BEGINNINGS[beginning], forms.join(", "));
                        drop(failed.lock().map(|mut failed| failed.push(told)));
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap_or_default();
    must(failed.is_empty(), || format!("{} sequences, the first {}", failed.len(), failed.concat()))?;
    let set = site.count("writing")? + site.count("password_set")?;
    must(set == 0, || format!("{set} events of a password being set"))?;
    let begun = site.count("proved")?;
    must(begun == 2 * sequences.len(), || format!("{begun} steps were passed, not two of five for each sequence"))?;
    Ok(format!("{total} sequences, no password set"))
}

fn try_one(site: &Site, person: &Person, beginning: usize, sequence: &[Form]) -> Outcome {
    let mut client = Client::new(site);
    let mut code = String::from("000000");
    match beginning {
        0 => drop(client.page("/reset")?),
        1 => drop(begin(&mut client, person)?),
        2 => {
            let page = begin(&mut client, person)?;
            choose(&mut client, &page)?;
        }
        _ => {
            let page = begin(&mut client, person)?;
            let (page, used) = prove(&mut client, site, person, &page)?;
            code = used;
            if beginning == 4 {
                choose(&mut client, &page)?;
            }
        }
    }
    for (path, fields) in sequence {
        let typed = |value: &'static str| match value {
            "{me}" => person.user_id.clone(),
            "{code}" => code.clone(),
            "{new}" => NEXT_PASSWORD.to_owned(),
            other => other.to_owned(),
        };
        let fields: Vec<(&str, String)> = fields.iter().map(|(name, value)| (*name, typed(value))).collect();
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        client.post(path, &fields)?;
    }
    keeps_password(site, person)
}
