//! Text that means something to a header, a mail, a directory, a spreadsheet, a terminal or a log; and names that only look right.

use serde_json::Value;

use super::client::Client;
use super::site::{Field, Person, Plan, Site};
use super::timing::directory::Directory;
use super::timing::people::{self, Kind};
use super::walk::{keeps_password, must};
use crate::bench::server::folder;
use crate::host::Outcome;

const HOSTILE: [&str; 30] = [
    "person.0@example.org\r\nBcc: evil@evil.example",
    "person.0@example.org\nSet-Cookie: regain=evil",
    "person.0@example.org\r\n.\r\nMAIL FROM:<evil@evil.example>",
    "person.0@example.org\0",
    "person.0@example.org\0@evil.example",
    "*",
    "person.*",
    "person.0*",
    "*)(uid=*",
    "*)(uid=*))(|(uid=*",
    "person.0)(|(uid=*",
    "person.0@example.org)(objectClass=*",
    "\\2a",
    "person.0\\40example.org",
    "uid=person.0,ou=people,dc=example,dc=org",
    "' OR '1'='1",
    "person.0@example.org'; DROP TABLE audit; --",
    "=cmd|' /C calc'!A0",
    "+1+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "-2+3",
    "\t=1+1",
    "\u{1b}[2J\u{1b}]0;evil\u{7}",
    "\u{9b}31mred",
    "\"}\n{\"level\":\"ERROR\",\"message\":\"forged\"}",
    "\"},{\"evil\":\"",
    "\u{2028}\u{2029}\u{85}forged",
    "<script>alert(1)</script>",
    "\"><img src=//evil.example/x onerror=alert(1)>",
    "{{7*7}}${7*7}{$evil}%n%s",
];

/// Names that look like that of `person.0@example.org` to people, and are another's, or nobody's. Spellings that Unicode calls
/// compatible (full width, the Kelvin sign) are the same name and not here.
const ALIKE: [&str; 16] = [
    "pers\u{43e}n.0@example.org",
    "\u{440}erson.0@example.org",
    "person.0@ex\u{430}mple.org",
    "person.0@example.\u{43e}rg",
    "per\u{455}on.0@example.org",
    "person.O@example.org",
    "person.\u{2080}1@example.org",
    "person\u{200b}.0@example.org",
    "person.0\u{200d}@example.org",
    "person.0@example.org\u{2060}",
    "\u{feff}person.0@example.org",
    "person.0@exa\u{ad}mple.org",
    "perso\u{301}n.0@example.org",
    "\u{202e}gro.elpmaxe@0.nosrep",
    "person\u{2024}\u{338}0@example.org",
    "p\u{435}rson.0@example.org",
];

pub(super) fn run(field: &Field) -> Outcome<String> {
    // A proxy that is believed, so that what it says of addresses is read and logged.
    let site = Site::start(field, Plan { server: "proxies = [\"127.0.0.1\"]\n", ..Plan::new(1) })?;
    let tried = everywhere(&site)?;
    keeps_password(&site, site.person(0)?)?;
    let messages = site.inbox.all();
    must(messages.is_empty(), || format!("{} messages were sent, the first to {}", messages.len(), messages[0].to))?;
    let lines = log_is_whole(&site)?;
    let cells = sheet_is_harmless(&site)?;
    Ok(format!("{tried} fields, nobody heard; {lines} lines of log are JSON, {cells} cells calculate nothing"))
}

/// Each text in each field that takes any, and in headers.
fn everywhere(site: &Site) -> Outcome<usize> {
    let mut tried = 0;
    for text in HOSTILE {
        ask_as(site, text)?;
        let forms: [(&str, &[(&str, &str)]); 6] = [
            ("/", &[("username", text), ("return_to", text)]),
            ("/sign-in", &[("username", text), ("password", text)]),
            ("/reset", &[("user_id", text), ("characters", text), ("work", text), ("goal", text)]),
            ("/reset/choose", &[("option", text), ("for", text)]),
            ("/reset/code", &[("code", text), ("seen", text), ("for", text)]),
            ("/reset/again", &[("user_id", text), ("goal", text)]),
        ];
        for (path, form) in forms {
            let mut client = Client::new(site);
            client.page("/reset")?;
            harmless(text, &client.post(path, form)?)?;
            tried += form.len();
        }
        let query = crate::bench::http::escaped(text);
        for path in ["/", "/reset", "/unlock", "/register/remove"] {
            let target = format!("{path}?username={query}&note={query}&kind={query}&return_to={query}");
            harmless(text, &Client::new(site).get(&target)?)?;
            tried += 4;
        }
        let line = text.replace(['\r', '\n', '\0'], " ");
        for name in ["User-Agent", "X-Forwarded-For", "Cookie", "Accept-Language", "Referer"] {
            let mut client = Client::new(site);
            let request = client.request("GET", "/reset", &[(name, &line)], "");
            harmless(text, &client.send(request.as_bytes())?)?;
            tried += 1;
        }
    }
    Ok(tried)
}

/// A reset for this name as far as it goes: to the end of what a stranger can do.
fn ask_as(site: &Site, user_id: &str) -> Outcome {
    let mut client = Client::new(site);
    client.page("/reset")?;
    harmless(user_id, &client.post("/reset", &[("user_id", user_id)])?)?;
    for option in ["0", "1"] {
        harmless(user_id, &client.post("/reset/choose", &[("option", option)])?)?;
        client.post("/reset/code", &[("code", "000000")])?;
        client.post("/reset/other-way", &[])?;
    }
    Ok(())
}

/// Nothing of it has become a header or a tag.
fn harmless(text: &str, answer: &super::client::Answer) -> Outcome {
    let tag = ["<script>alert", "<img src=//evil"].into_iter().find(|tag| answer.body.contains(tag));
    let header =
        answer.head.lines().find(|line| line.starts_with("Set-Cookie: regain=evil") || line.starts_with("Bcc"));
    must(tag.is_none() && header.is_none(), || format!("{text:?} becomes {tag:?} {header:?}"))
}

/// Each line of the log is one object, and none of them was written by a visitor.
fn log_is_whole(site: &Site) -> Outcome<usize> {
    let log = site.log();
    for line in log.lines() {
        let whole = serde_json::from_str::<Value>(line).is_ok_and(|value| value.is_object());
        let raw = line.chars().any(char::is_control) || line.contains("\"message\":\"forged");
        must(whole && !raw, || format!("a line of the log is not what it should be: {line:?}"))?;
    }
    must(!log.is_empty(), || "nothing was logged".into()).map(|()| log.lines().count())
}

/// The list for spreadsheets has no cell that begins with what they would calculate, and no forged line.
fn sheet_is_harmless(site: &Site) -> Outcome<usize> {
    let (sheet, mut cells) = (site.export("csv")?, 0);
    for cell in cells_of(&sheet) {
        cells += 1;
        let calculates = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
        must(!calculates && !cell.contains('\u{1b}'), || format!("a cell of the list says {cell:?}"))?;
    }
    must(cells > 100, || format!("the list has only {cells} cells")).map(|()| cells)
}

/// The cells of a sheet (RFC 4180).
fn cells_of(sheet: &str) -> Vec<String> {
    let (mut cells, mut cell, mut quoted) = (Vec::new(), String::new(), false);
    for letter in sheet.chars() {
        match letter {
            '"' => quoted = !quoted,
            ',' | '\n' | '\r' if !quoted => cells.push(std::mem::take(&mut cell)),
            other => cell.push(other),
        }
    }
    cells.into_iter().filter(|cell| !cell.is_empty()).collect()
}

/// The same names where a filter of LDAP is made of them.
pub(super) fn ldap(field: &Field) -> Outcome<String> {
    let home = folder("adversary-ldap")?;
    let directory = Directory::start(&home, 8)?;
    let section = directory.section(&home);
    let known: Vec<people::Person> = (0..8).map(|n| people::Person::new(Kind::Registered, n)).collect();
    let people = known.iter().enumerate().map(|(n, person)| Person::called(person.user_id(), n)).collect();
    let site = Site::start(field, Plan { directory: Some(&section), people, ..Plan::new(0) })?;
    let first = known.first().map(people::Person::user_id).unwrap_or_default();
    let of_filters = [
        format!("{first}*"),
        format!("{}*", first.get(..3).unwrap_or_default()),
        format!("{first})(uid=*"),
        format!("*)(uid={first}"),
        format!("{first}\\"),
        format!("{first}\\00"),
        format!("{first}\0"),
        format!("uid={first},ou=people,dc=example,dc=org"),
    ];
    let all: Vec<&str> = HOSTILE.into_iter().chain(of_filters.iter().map(String::as_str)).collect();
    for user_id in &all {
        ask_as(&site, user_id)?;
    }
    let (found, heard) = (site.count("found")?, site.inbox.all().len());
    must((found, heard) == (0, 0), || format!("{found} were found, {heard} heard"))?;
    // And the name itself finds its owner: what was tried was tried on a directory that answers.
    ask_as(&site, &first)?;
    site.inbox.code(site.person(0)?)?;
    log_is_whole(&site)?;
    drop(site);
    std::fs::remove_dir_all(&home).map_err(|error| error.to_string())?;
    Ok(format!("{} names, nobody found", all.len()))
}

pub(super) fn look_alike(field: &Field) -> Outcome<String> {
    let site = Site::start(field, Plan::new(1))?;
    for user_id in ALIKE {
        ask_as(&site, user_id)?;
    }
    let (sent, heard) = (site.count("code_sent")?, site.inbox.all());
    let found = site.count("found")?;
    must(heard.is_empty() && found == 0, || format!("{found} were found, {} messages sent", heard.len()))?;
    ask_as(&site, &site.person(0)?.user_id)?;
    site.inbox.code(site.person(0)?)?;
    Ok(format!("{} names, {sent} pretended codes, nobody heard", ALIKE.len()))
}
