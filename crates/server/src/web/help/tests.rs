//! The guide says what this installation does, and nothing else.

use regain_core::method::Channel;
use regain_core::throttle::Limit;

use super::*;
use crate::web::tests::with_policy;

/// The guide under these rules, without its tags.
async fn guide(policy: Policy) -> String {
    let folder = tempfile::tempdir().unwrap();
    let web = with_policy(folder.path(), policy, false).await;
    let html = HelpPage::new(&web).render().unwrap();
    let texts = html.split('<').filter_map(|part| part.split_once('>')).map(|(_, text)| text);
    texts.collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What is said of a way to be verified wherever it is mentioned.
fn words(method: Method) -> &'static [&'static str] {
    match method {
        Method::Email => &["Email my alternative email address", "Authentication email", "spam folder"],
        Method::Text => &["Send a text to my mobile phone number", "by text"],
        Method::MobileCall => &["Call my mobile phone number", "a call"],
        Method::OfficeCall => &["Call my office phone number", "Office phone"],
    }
}

#[tokio::test]
async fn a_method_that_is_switched_off_is_not_in_the_guide() {
    let whole = guide(Policy::default()).await;
    for off in Method::ALL {
        let methods: Vec<Method> = Method::ALL.into_iter().filter(|method| *method != off).collect();
        // A new mobile is proven by a text or by a call, whichever is carried, whether or not it then serves for a reset.
        let alone = match off {
            Method::Text => Policy { methods, channels: vec![Channel::Email, Channel::Call], ..Policy::default() },
            Method::MobileCall => {
                let methods = methods.into_iter().filter(|method| *method != Method::OfficeCall).collect();
                Policy { methods, channels: vec![Channel::Email, Channel::Text], ..Policy::default() }
            }
            _ => Policy { methods, ..Policy::default() },
        };
        let (label, guide) = (words(off)[0], guide(alone).await);
        for words in words(off) {
            assert!(whole.contains(words), "{words}: {whole}");
            assert!(!guide.contains(words), "{} is off: {words}: {guide}", off.name());
        }
        for on in Method::ALL.into_iter().filter(|on| on.channel() != off.channel()) {
            assert!(guide.contains(words(on)[0]), "{} is on, {label} off: {guide}", on.name());
        }
    }
}

#[tokio::test]
async fn a_channel_that_nothing_carries_takes_its_methods_along() {
    for off in Channel::ALL {
        let channels = Channel::ALL.into_iter().filter(|channel| *channel != off).collect();
        let guide = guide(Policy { channels, ..Policy::default() }).await;
        for method in Method::ALL {
            assert_eq!(guide.contains(words(method)[0]), method.channel() != off, "{}: {guide}", method.name());
        }
    }
}

#[tokio::test]
async fn the_mobile_is_not_spoken_of_where_nobody_is_verified_by_it() {
    let guide = guide(Policy { methods: vec![Method::Email, Method::OfficeCall], ..Policy::default() }).await;
    assert!(!guide.contains("Authentication phone") && !guide.contains("mobile phone number"), "{guide}");
}

#[tokio::test]
async fn without_any_way_there_is_only_the_care_team() {
    let guide = guide(Policy { channels: Vec::new(), ..Policy::default() }).await;
    for gone in ["Locked out now?", "Get ready", "Reset a forgotten password", "practise", "This wasn’t me"] {
        assert!(!guide.contains(gone), "{gone}: {guide}");
    }
    for kept in ["Ask the Supporter Care Team", "0300 555 0184", "9:00 to 12:30, 13:30 to 16:00", "Change a password"] {
        assert!(guide.contains(kept), "{kept}: {guide}");
    }
}

/// A change of the rules, what it adds to the guide, and what it takes away.
type Row = (&'static str, fn(&mut Policy), &'static [&'static str], &'static [&'static str]);

const ROWS: &[Row] = &[
    (
        "two steps",
        |policy| policy.steps = 2,
        &["Do the same once more", "at least 2 of them"],
        &["at least one of them", "If you are an administrator"],
    ),
    ("no administrators", |policy| policy.administrators.clear(), &[], &["If you are an administrator"]),
    ("some groups", |policy| policy.scope.push("staff".into()), &["Not everybody can reset"], &[]),
    ("whole number", |policy| policy.confirm_number = true, &["your whole phone number first"], &[]),
    ("whole address", |policy| policy.confirm_email = true, &["your whole address first"], &[]),
    ("own domains", |policy| policy.own_domains.push("northwood.example".into()), &["will not do"], &[]),
    ("no cooling off", |policy| policy.cooling_off = Span(0), &[], &["For the first 24 hours"]),
    ("longer cooling off", |policy| policy.cooling_off = Span::hours(48), &["For the first 48 hours"], &["first 24"]),
    ("no reconfirming", |policy| policy.reconfirm = None, &[], &["After 180 days"]),
    ("code life", |policy| policy.code_lifetime = Span::minutes(3), &["works for 3 minutes"], &["10 minutes"]),
    ("flow life", |policy| policy.lifetime = Span::minutes(25), &["You have 25 minutes"], &["15 minutes"]),
    ("password", |policy| policy.password.min = 14, &["has 14 to 256 characters"], &["has 8"]),
    ("tries", |policy| policy.tries = 3, &["After 3 wrong codes we stop"], &["5 wrong codes we stop"]),
    (
        "rest",
        |policy| policy.failed_proofs = Limit { count: 7, window: Span::hours(2) },
        &["After 7 wrong codes within 2 hours"],
        &["24 hours your resets rest"],
    ),
    ("no picture", |policy| policy.captcha = captcha::Kind::Off, &[], &["picture"]),
    ("picture", |policy| policy.captcha = captcha::Kind::Picture, &["and the characters that you see"], &[]),
];

#[tokio::test]
async fn every_rule_that_people_meet_is_in_the_guide_as_it_is() {
    let usual = guide(Policy::default()).await;
    for (name, change, added, taken) in ROWS {
        let mut policy = Policy::default();
        change(&mut policy);
        let guide = guide(policy).await;
        for words in *added {
            assert!(guide.contains(words) && !usual.contains(words), "{name}: {words}: {guide}");
        }
        for words in *taken {
            assert!(!guide.contains(words) && usual.contains(words), "{name}: {words}: {guide}");
        }
    }
}

#[tokio::test]
async fn the_contents_name_every_section_that_is_there() {
    let folder = tempfile::tempdir().unwrap();
    for channels in [Channel::ALL.to_vec(), vec![Channel::Call], Vec::new()] {
        let methods = if channels.len() == 1 { vec![Method::OfficeCall] } else { Method::ALL.to_vec() };
        let web = with_policy(folder.path(), Policy { channels, methods, ..Policy::default() }, false).await;
        let html = HelpPage::new(&web).render().unwrap();
        let (contents, rest) = html.split_once("</nav>").unwrap();
        let listed: Vec<&str> = contents
            .match_indices("<li><a href=\"#")
            .map(|(at, _)| contents[at + "<li><a href=\"#".len()..].split('"').next().unwrap())
            .collect();
        let there: Vec<&str> = rest.split("<h2 id=\"").skip(1).map(|part| part.split('"').next().unwrap()).collect();
        assert_eq!(listed, there);
    }
}
