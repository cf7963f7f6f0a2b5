//! Names of other hosts, wherever a request can say one: none comes back in a page or a message (CVE-2020-29243 and its like).

use super::client::Client;
use super::site::{Field, Plan, Site};
use super::walk::{must, reset};
use crate::host::Outcome;

/// Part of every name that is not ours.
const EVIL: &str = "evil.example";

/// Headers that proxies and frameworks are known to believe.
const BELIEVED: [(&str, &str); 14] = [
    ("X-Forwarded-Host", EVIL),
    ("X-Forwarded-Server", EVIL),
    ("X-Forwarded-Proto", "javascript"),
    ("X-Forwarded-Port", "666"),
    ("X-Forwarded-Prefix", "//evil.example"),
    ("X-Forwarded-For", EVIL),
    ("Forwarded", "for=1.2.3.4;host=evil.example;proto=https"),
    ("X-Host", EVIL),
    ("X-HTTP-Host-Override", EVIL),
    ("X-Original-URL", "http://evil.example/"),
    ("X-Rewrite-URL", "//evil.example/"),
    ("X-Original-Host", EVIL),
    ("Referer", "http://evil.example/"),
    ("Base-Url", "http://evil.example/"),
];

const PATHS: [&str; 10] =
    ["/", "/reset", "/unlock", "/help", "/contact", "/account", "/register", "/change", "/freeze/00", "/nowhere"];

pub(super) fn run(field: &Field) -> Outcome<String> {
    let site = Site::start(field, Plan::new(2))?;
    let mut tried = 0;
    for path in PATHS {
        for header in BELIEVED {
            let mut client = Client::new(&site);
            let request = client.request("GET", path, &[header], "");
            let answer = client.send(request.as_bytes())?;
            let foreign = ["evil", "javascript:", "666"].into_iter().find(|word| answer.says(word));
            must(foreign.is_none(), || format!("{path} with {header:?} says {foreign:?}"))?;
            tried += 1;
        }
        tried += raw(&site, path)?;
    }
    messages(&site)?;
    Ok(format!("{tried} requests, and a whole reset with all {} headers", BELIEVED.len()))
}

/// Names in the place of the host itself, and addresses that are whole.
fn raw(site: &Site, path: &str) -> Outcome<usize> {
    let (ours, port) = (site.host(), site.port);
    let mut hosts: Vec<Vec<String>> = [
        EVIL.to_owned(),
        format!("{EVIL}:{port}"),
        format!("{ours}.{EVIL}"),
        format!("{EVIL}/{ours}"),
        format!("{ours}@{EVIL}"),
        format!("{EVIL}@{ours}"),
        format!("{EVIL}#{ours}"),
        format!("{ours}, {EVIL}"),
        format!("{ours} {EVIL}"),
        format!("127.0.0.1:{}", port.wrapping_add(1)),
        String::new(),
    ]
    .into_iter()
    .map(|host| vec![host])
    .collect();
    hosts.extend([vec![], vec![ours.clone(), EVIL.into()], vec![EVIL.into(), ours.clone()]]);
    let mut tried = 0;
    for target in [path.to_owned(), format!("http://{EVIL}{path}"), format!("http://{ours}@{EVIL}{path}")] {
        let ours_too = (target != path).then(|| vec![ours.clone()]);
        for lines in hosts.iter().chain(&ours_too) {
            for method in ["GET", "POST"] {
                let lines: String = lines.iter().map(|host| format!("Host: {host}\r\n")).collect();
                let more = if method == "POST" { "Content-Length: 0\r\n" } else { "" };
                let request = format!("{method} {target} HTTP/1.1\r\n{lines}{more}Connection: close\r\n\r\n");
                let answer = Client::new(site).send(request.as_bytes())?;
                must(matches!(answer.status, 400 | 421), || format!("{request:?} is answered with {}", answer.status))?;
                must(!answer.says(EVIL), || format!("{request:?} comes back:\n{}", answer.body))?;
                tried += 1;
            }
        }
    }
    Ok(tried)
}

/// A reset each of whose requests says other names: the messages say ours.
fn messages(site: &Site) -> Outcome {
    let mut client = Client::new(site);
    for (name, value) in BELIEVED {
        client = client.with(name, value);
    }
    let person = site.person(0)?;
    reset(&mut client, site, person)?;
    site.inbox.freeze_token(person)?;
    let foreign = site.inbox.all().into_iter().find(|message| message.words.contains("evil"));
    must(foreign.is_none(), || format!("a message says: {}", foreign.map(|message| message.words).unwrap_or_default()))
}
