//! How long the verdict on a password takes: `cargo xtask bench password` runs it.

use std::hint::black_box;
use std::time::{Duration, Instant};

use regain_core::Secret;
use regain_core::password::banned::{Banned, score};
use regain_core::password::normalise::folded;
use regain_core::password::{Lists, Person, Rules, judge};

/// How often each password is judged.
const TIMES: usize = 300;
/// Words on the organisation's list.
const WORDS: u32 = 10_000;

fn main() {
    let ordinary = [
        "plum kettle 94 orbit",
        "Summer2031!",
        "v8#Lq2_wZr",
        "correct horse battery staple",
        "Liverpool1892",
        "k3!vQz9mBx7",
        "Nine purple trombones 7!",
        "jo.bloggs-2031",
        "letmein123",
        "gravel moth tuba 12 jam",
    ];
    let own: Vec<String> = (0..WORDS).map(word).collect();
    let list = Banned::new(own.iter().map(String::as_str));
    let first = own.first().map_or("", String::as_str);
    let hostile = [
        "password".repeat(32),
        "a".repeat(256),
        "abcdefghijklmnop".repeat(16),
        "christopherelizabeth".repeat(13),
        "xpasswrodlpassworxd".repeat(13),
        first.repeat(60),
        own.concat(),
        "p4$$w0rD1!".repeat(26),
        "qwertyuiop".repeat(26),
    ]
    .map(|text| text.chars().take(256).collect::<String>());
    let ready = took(|| {
        black_box(Banned::shipped().len());
    });
    println!("our own list made ready, once        {:.1} ms", ready.as_secs_f64() * 1e3);
    told("whole verdict, ordinary", &ordinary.map(str::to_owned), |text| verdict(&list, text));
    told("whole verdict, 256 hostile characters", &hostile, |text| verdict(&list, text));
    told("points alone, ordinary", &ordinary.map(str::to_owned), |text| points(&list, text));
    told("points alone, 256 hostile characters", &hostile, |text| points(&list, text));
}

/// A word of five to nine letters, another one for each number.
fn word(number: u32) -> String {
    let syllables = [
        "ba", "co", "di", "fu", "ga", "le", "mi", "no", "pu", "ra", "se", "ti", "vo", "wy", "ze", "ka", "lo", "ma",
        "ne", "po", "ri", "su",
    ];
    let mut rest = u64::from(number).wrapping_mul(2_654_435_761) % 10_648 + u64::from(number) * 22;
    let mut word = String::new();
    for _ in 0..3 {
        word.push_str(syllables[(rest % 22) as usize]);
        rest /= 22;
    }
    word.push_str(&"nst"[..(number % 4) as usize]);
    word
}

fn verdict(list: &Banned, text: &str) {
    let person = Person {
        user_id: "jo.bloggs@example.org".into(),
        name: "Joanna Bloggs".into(),
        mails: vec!["sailor.jane@mail.co.uk".into()],
        numbers: vec!["+447700900123".into()],
        ..Person::default()
    };
    let lists = Lists { own: vec![list], ..Lists::default() };
    black_box(judge(&Rules::default(), &lists, &person, &Secret::new(text), None));
}

fn points(list: &Banned, text: &str) {
    black_box(score(&[list], &folded(text)));
}

#[expect(clippy::disallowed_methods, reason = "a measurement needs a clock, and core has none")]
fn took(act: impl FnOnce()) -> Duration {
    let begun = Instant::now();
    act();
    begun.elapsed()
}

/// Over all times of all texts; and the slowest text by its middle time, for hostile texts differ much.
fn told(what: &str, texts: &[String], act: impl Fn(&str)) {
    let mut all = Vec::new();
    let mut slowest = Duration::ZERO;
    for text in texts {
        let mut times: Vec<Duration> = (0..TIMES).map(|_| took(|| act(text))).collect();
        times.sort_unstable();
        slowest = slowest.max(times[TIMES / 2]);
        all.append(&mut times);
    }
    all.sort_unstable();
    let at = |part: usize| all[(all.len() - 1) * part / 100].as_secs_f64() * 1e6;
    let slowest = slowest.as_secs_f64() * 1e6;
    println!("{what:<37}p50 {:.0} µs, p99 {:.0} µs, slowest text {slowest:.0} µs", at(50), at(99));
}
