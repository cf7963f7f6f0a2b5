//! Plays the adversary against the real program: a server of its own on loopback, and nothing else.

mod timing;

use crate::host::Outcome;

/// A part of what an adversary does.
struct Part {
    name: &'static str,
    about: &'static str,
    run: fn(&[String]) -> Outcome,
}

static PARTS: &[Part] = &[Part {
    name: "timing",
    about: "tells people who exist from people who do not, by everything that can be observed",
    run: timing::run,
}];

/// `cargo xtask adversary <part>`; without a part, all of them.
pub(crate) fn run(words: &[String]) -> Outcome {
    let named = words.split_first().filter(|(first, _)| !first.starts_with('-'));
    let Some((name, rest)) = named else { return PARTS.iter().try_for_each(|part| (part.run)(words)) };
    let Some(part) = PARTS.iter().find(|part| part.name == name) else {
        let known: Vec<String> = PARTS.iter().map(|part| format!("  {:<8} {}", part.name, part.about)).collect();
        return Err(format!("adversary has no part \"{name}\". It has:\n{}", known.join("\n")));
    };
    (part.run)(rest)
}
