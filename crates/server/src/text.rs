//! Every sentence a person reads, from the catalogues in `locales/`.
//!
//! A language is one file and one line in [`LANGUAGES`]. A value that runs, or may run, the other way (a User ID in Hebrew, an
//! address in an Arabic sentence) is wrapped in Unicode isolates, so that it cannot turn the sentence around it. Others are
//! not: whoever copies them from a page gets what they see.

use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use unic_langid::LanguageIdentifier;

pub use fluent_bundle::FluentValue as Value;

/// A language: its tag (BCP 47), whether it runs from right to left, and its catalogue.
struct Language {
    tag: &'static str,
    rtl: bool,
    catalogue: &'static str,
}

static LANGUAGES: &[Language] = &[Language { tag: "en", rtl: false, catalogue: include_str!("../locales/en.ftl") }];

static TEXTS: LazyLock<Vec<Text>> = LazyLock::new(|| LANGUAGES.iter().map(Text::load).collect());

/// The sentences of one language.
pub struct Text {
    tag: &'static str,
    rtl: bool,
    bundle: FluentBundle<FluentResource>,
}

impl Text {
    /// The English catalogue, which every other falls back to.
    pub fn english() -> &'static Self {
        // `LANGUAGES` is never empty; a test holds that its first entry is English and loads without errors.
        static EMPTY: LazyLock<Text> = LazyLock::new(|| Text::load(&Language { tag: "en", rtl: false, catalogue: "" }));
        TEXTS.first().unwrap_or(&EMPTY)
    }

    fn load(language: &Language) -> Self {
        // A catalogue that does not parse still gives the messages that do; the tests accept no errors.
        let resource = FluentResource::try_new(language.catalogue.to_owned()).unwrap_or_else(|(rest, _)| rest);
        let id: LanguageIdentifier = language.tag.parse().unwrap_or_default();
        let mut bundle = FluentBundle::new_concurrent(vec![id]);
        bundle.set_use_isolating(false);
        bundle.add_resource_overriding(resource);
        Self { tag: language.tag, rtl: language.rtl, bundle }
    }

    /// The language's tag, for `lang`.
    pub fn lang(&self) -> &'static str {
        self.tag
    }

    /// The direction it is written in, for `dir`.
    pub fn dir(&self) -> &'static str {
        if self.rtl { "rtl" } else { "ltr" }
    }

    /// The sentence with this key. An unknown key gives itself; a test holds that there is none.
    pub fn say(&self, key: &str) -> String {
        self.say_with(key, &[])
    }

    /// The sentence with this key and these values in it, isolated where their direction may differ.
    pub fn say_with(&self, key: &str, values: &[(&str, Value<'_>)]) -> String {
        let isolated = |value: &Value<'_>| match value {
            Value::String(text) if self.rtl || text.chars().any(turns) => Value::from(format!("{FSI}{text}{PDI}")),
            other => other.clone().into_owned(),
        };
        self.format(key, values.iter().map(|(name, value)| (*name, isolated(value))).collect())
    }

    /// The same without isolates: for text messages, subjects, speech, and anything a machine reads.
    pub fn say_plain(&self, key: &str, values: &[(&str, Value<'_>)]) -> String {
        self.format(key, values.iter().map(|(name, value)| (*name, value.clone())).collect())
    }

    fn format(&self, key: &str, values: FluentArgs<'_>) -> String {
        let pattern = self.bundle.get_message(key).and_then(|message| message.value());
        pattern.map_or_else(
            || key.to_owned(),
            |pattern| self.bundle.format_pattern(pattern, Some(&values), &mut Vec::new()).into_owned(),
        )
    }
}

/// First strong isolate, and its end (UAX #9).
const FSI: char = '\u{2068}';
const PDI: char = '\u{2069}';

/// Whether a character runs from right to left, or changes the direction of others: the blocks that Unicode reserves for
/// right-to-left scripts, and the controls of UAX #9.
fn turns(c: char) -> bool {
    matches!(c,
        '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}'
        | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}'
        | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::fs;
    use std::path::{Path, PathBuf};

    use fluent_syntax::{ast, parser};

    use super::*;

    /// Each key of a catalogue with the names of its values.
    fn keys(catalogue: &str) -> BTreeMap<String, BTreeSet<String>> {
        let resource = parser::parse(catalogue).expect("the catalogue parses");
        let messages = resource.body.iter().filter_map(|entry| match entry {
            ast::Entry::Message(message) => Some(message),
            _ => None,
        });
        let pairs = messages.map(|message| {
            let mut found = BTreeSet::new();
            pattern(message.value.as_ref().expect("every message has a text"), &mut found);
            (message.id.name.to_owned(), found)
        });
        pairs.collect()
    }

    fn pattern(pattern_: &ast::Pattern<&str>, found: &mut BTreeSet<String>) {
        for element in &pattern_.elements {
            if let ast::PatternElement::Placeable { expression } = element {
                expression_values(expression, found);
            }
        }
    }

    fn expression_values(expression: &ast::Expression<&str>, found: &mut BTreeSet<String>) {
        let inline = |inline: &ast::InlineExpression<&str>, found: &mut BTreeSet<String>| match inline {
            ast::InlineExpression::VariableReference { id } => drop(found.insert(id.name.to_owned())),
            ast::InlineExpression::StringLiteral { .. } => {}
            other => panic!("keep messages plain: {other:?}"),
        };
        match expression {
            ast::Expression::Inline(one) => inline(one, found),
            ast::Expression::Select { selector, variants } => {
                inline(selector, found);
                variants.iter().for_each(|variant| pattern(&variant.value, found));
            }
        }
    }

    fn sources() -> Vec<(PathBuf, String)> {
        fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
            for entry in fs::read_dir(folder).expect("the folder is there") {
                let path = entry.expect("it can be read").path();
                if path.is_dir() { walk(&path, found) } else { found.push(path) }
            }
        }
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut files = Vec::new();
        walk(&root.join("src"), &mut files);
        walk(&root.join("templates"), &mut files);
        files.retain(|file| !file.ends_with("src/text.rs"));
        let read = |file: PathBuf| fs::read_to_string(&file).ok().map(|text| (file, text));
        files.into_iter().filter_map(read).collect()
    }

    /// The key of every `.say…("key"` with the names of the values given, as they stand in a source. Where the
    /// list of values has a name of its own (or a closure `say` has it), which they are is not known here.
    fn calls(source: &str) -> Vec<(String, Option<BTreeSet<String>>)> {
        let mut found = Vec::new();
        for opening in ["say(\"", "say_with(\"", "say_plain(\""] {
            for (at, _) in source.match_indices(opening) {
                let (key, after) = source[at + opening.len()..].split_once('"').expect("the key ends");
                let values = source[..at].ends_with('.').then(|| names(after)).flatten();
                found.push((key.to_owned(), values));
            }
        }
        found
    }

    /// The names in `, &[("a", …), ("b", …)])`; nothing if the list has a name of its own.
    fn names(after: &str) -> Option<BTreeSet<String>> {
        let Some(list) = after.trim_start().strip_prefix(',') else { return Some(BTreeSet::new()) };
        let list = list.trim_start().trim_start_matches('&').strip_prefix('[')?;
        let mut depth = 1;
        let end = list.char_indices().find(|(_, c)| {
            depth += i32::from(*c == '[') - i32::from(*c == ']');
            depth == 0
        });
        let list = &list[..end.expect("the list ends").0];
        let names =
            list.match_indices("(\"").map(|(at, _)| list[at + 2..].split('"').next().unwrap_or_default().to_owned());
        Some(names.collect())
    }

    #[test]
    fn every_key_used_exists_with_its_values() {
        let known = keys(LANGUAGES[0].catalogue);
        let mut seen = 0;
        for (file, source) in sources() {
            for (key, values) in calls(&source) {
                let expected = known.get(&key).unwrap_or_else(|| panic!("{}: no message {key}", file.display()));
                match values {
                    Some(values) => assert_eq!(&values, expected, "{}: values of {key}", file.display()),
                    None => {
                        let given = |name: &String| source.contains(&format!("(\"{name}\", "));
                        assert!(expected.iter().all(given), "{}: values of {key}", file.display());
                    }
                }
                seen += 1;
            }
        }
        assert!(seen > 50, "the scan finds the calls");
    }

    #[test]
    fn every_key_is_used() {
        let all: String = sources().into_iter().map(|(_, text)| text).collect();
        let unused: Vec<String> =
            keys(LANGUAGES[0].catalogue).into_keys().filter(|key| !all.contains(&format!("\"{key}\""))).collect();
        assert!(unused.is_empty(), "nobody says {unused:?}");
    }

    #[test]
    fn languages_agree() {
        assert_eq!(LANGUAGES[0].tag, "en");
        let english = keys(LANGUAGES[0].catalogue);
        for language in LANGUAGES {
            language.tag.parse::<LanguageIdentifier>().expect("a language tag");
            assert_eq!(keys(language.catalogue), english, "{}", language.tag);
        }
    }

    #[test]
    fn values_that_turn_are_isolated_on_pages_only() {
        let text = Text::english();
        let values = [("name", "יוסי".into())];
        assert!(text.say_with("account-welcome", &values).contains("\u{2068}יוסי\u{2069}"));
        assert!(!text.say_plain("account-welcome", &values).contains('\u{2068}'));
        assert_eq!(
            text.say_with("account-welcome", &[("name", "Zoë".into())]),
            "Welcome, Zoë. What would you like to do?"
        );
        assert_eq!(
            text.say_with("code-wrong", &[("left", 4.into())]).split(". ").last(),
            Some("You have 4 tries left.")
        );
        assert_eq!(text.say("no-such-key"), "no-such-key");
    }
}
