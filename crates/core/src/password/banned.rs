//! Banned words, and how many points a password has in spite of them.
//!
//! A password scores one point for each banned word in it and one for each other character. Of all the ways to divide it
//! into words and characters the one with the lowest score counts. A word is also found with one letter changed, left out or
//! put in between (edit distance 1). A letter put before or after a word is a character of its own: it scores as one.
//!
//! The words lie in a trie. From each place of the password that the score still makes worth it, the trie is walked once,
//! with the one change tried at each letter on the way. The time depends on the password's length and hardly on the number
//! of words.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::normalise::{folded, shifted};
use super::{ENOUGH, MOST};

/// The words we ship, made by `cargo xtask words`.
static SHIPPED: LazyLock<Banned> = LazyLock::new(|| {
    let lines = include_str!("../../words/banned.txt").lines().filter(|line| !line.starts_with('#'));
    Banned::with(lines, SHIPPED_NEAR)
});

/// From how many letters on a word of our own list is found with a change: in shorter ones a change makes another word.
const SHIPPED_NEAR: usize = 5;

/// The same for words of the organisation and of the person, which are few and meant. Four letters are the fewest the
/// reference product takes.
const NEAR: usize = 4;

/// From how many letters on a word is found backwards and typed one key aside.
const TURNED: usize = 5;

/// The most characters of a line in a list.
pub const LONGEST: usize = 64;

/// Banned words.
#[derive(Clone, Debug, Default)]
pub struct Banned {
    /// Words that are found with a change, too.
    near: Trie,
    /// Words that are found as they are: short ones, and long ones backwards or one key aside.
    exact: Trie,
    words: Vec<String>,
}

/// A line of a list that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadLine {
    /// Which, from 1.
    pub line: usize,
    /// Why.
    pub why: &'static str,
}

impl Banned {
    /// From words as people write them. Words without a letter or digit are left out.
    pub fn new<'a>(words: impl IntoIterator<Item = &'a str>) -> Self {
        Self::with(words, NEAR)
    }

    /// From the text of a list: one word a line; empty lines and lines that begin with `#` are passed over.
    ///
    /// # Errors
    /// The first line that cannot be used.
    pub fn parse(text: &str) -> Result<Self, BadLine> {
        let mut words = Vec::new();
        for (at, line) in text.lines().enumerate() {
            let word = line.trim().trim_start_matches('\u{feff}');
            if word.is_empty() || word.starts_with('#') {
                continue;
            }
            let bad = |why| Err(BadLine { line: at + 1, why });
            if word.chars().nth(LONGEST).is_some() {
                return bad("longer than 64 characters");
            }
            if !word.chars().all(super::normalise::is_typeable) {
                return bad("has a character that nobody can see");
            }
            if folded(word).len() < 2 {
                return bad("shorter than two characters");
            }
            words.push(word);
        }
        Ok(Self::new(words))
    }

    /// The words we ship. Made ready on the first call (some tens of milliseconds).
    pub fn shipped() -> &'static Self {
        &SHIPPED
    }

    /// How many words there are.
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    fn with<'a>(words: impl IntoIterator<Item = &'a str>, near_from: usize) -> Self {
        let (mut near, mut exact) = (BTreeMap::new(), BTreeMap::new());
        let mut kept = Vec::new();
        for word in words {
            let plain = folded(word);
            let Ok(number) = u32::try_from(kept.len()) else { break };
            if plain.len() < 2 || !plain.iter().any(|c| c.is_alphanumeric()) {
                continue;
            }
            kept.push(word.to_owned());
            if plain.len() >= TURNED {
                exact.entry(plain.iter().rev().copied().collect::<Vec<char>>()).or_insert(number);
                let aside = [true, false].into_iter().filter_map(|right| shifted(word, right));
                exact.extend(aside.map(|word| (folded(&word), number)));
            }
            let home = if plain.len() >= near_from { &mut near } else { &mut exact };
            home.entry(plain).or_insert(number);
        }
        Self { near: Trie::new(near), exact: Trie::new(exact), words: kept }
    }

    /// Tells each banned word that begins where the text begins: how long it is there, and its number.
    fn at(&self, text: &[char], found: &mut impl FnMut(usize, u32)) {
        self.exact.walk(text, false, found);
        self.near.walk(text, true, found);
    }
}

/// What a password comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Score {
    /// Points, counted up to [`MOST`].
    pub points: u32,
    /// A banned word of the lists given (not of our own) that was counted, the longest of them.
    pub word: Option<String>,
}

/// The cheapest way found so far to a place of the password.
#[derive(Clone, Copy)]
struct Way {
    points: u32,
    from: usize,
    /// The list and the number of the word that leads here; nothing for a single character.
    word: Option<(usize, u32)>,
}

/// The lowest score of a folded password, with our own words and those of the lists given.
pub fn score(lists: &[&Banned], text: &[char]) -> Score {
    score_with(Some(Banned::shipped()), lists, text)
}

fn score_with(shipped: Option<&Banned>, lists: &[&Banned], text: &[char]) -> Score {
    let all: Vec<&Banned> = lists.iter().copied().chain(shipped).collect();
    let shown = lists.len();
    let start = Way { points: 0, from: 0, word: None };
    let mut ways = vec![Way { points: u32::MAX, ..start }; text.len() + 1];
    if let Some(first) = ways.first_mut() {
        *first = start;
    }
    for from in 0..text.len() {
        let points = ways.get(from).map_or(u32::MAX, |way| way.points);
        if points >= MOST {
            continue;
        }
        let mut reach = |length: usize, word: Option<(usize, u32)>| {
            if let Some(way) = ways.get_mut(from + length)
                && length > 0
                && points + 1 < way.points
            {
                *way = Way { points: points + 1, from, word };
            }
        };
        reach(1, None);
        let rest = text.get(from..).unwrap_or_default();
        for (list, banned) in all.iter().enumerate() {
            banned.at(rest, &mut |length, word| reach(length, Some((list, word))));
        }
    }
    let points = ways.last().map_or(0, |way| way.points).min(MOST);
    let word = (points < ENOUGH).then(|| told(&ways, &all, shown)).flatten();
    Score { points, word }
}

/// The longest word on the cheapest way that may be shown.
fn told(ways: &[Way], all: &[&Banned], shown: usize) -> Option<String> {
    let mut at = ways.len().checked_sub(1)?;
    let mut best: Option<&String> = None;
    while at > 0 {
        let way = ways.get(at)?;
        if let Some((list, number)) = way.word.filter(|(list, _)| *list < shown) {
            let word = all.get(list)?.words.get(usize::try_from(number).ok()?)?;
            best = best.filter(|best| best.len() >= word.len()).or(Some(word));
        }
        at = way.from;
    }
    best.cloned()
}

/// Words by their letters. The children of a node lie side by side.
#[derive(Clone, Debug, Default)]
struct Trie {
    letters: Vec<char>,
    nodes: Vec<Node>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Node {
    /// One bit for each child, by the low bits of its letter: most questions are answered here.
    mask: u64,
    first: u32,
    count: u32,
    /// The word that ends here, counted from 1.
    word: u32,
}

impl Trie {
    fn new(words: BTreeMap<Vec<char>, u32>) -> Self {
        let sorted: Vec<(Vec<char>, u32)> = words.into_iter().collect();
        let mut trie = Self { letters: vec!['\0'], nodes: vec![Node::default()] };
        // Nodes whose children are still to be made: the words below each, and how many letters lead to it.
        let mut open = std::collections::VecDeque::from([(0usize, 0..sorted.len(), 0usize)]);
        while let Some((at, range, depth)) = open.pop_front() {
            let below = sorted.get(range.clone()).unwrap_or_default();
            let (mut start, mut node) = (range.start, Node { first: number(trie.nodes.len()), ..Node::default() });
            for group in below.chunk_by(|one, other| one.0.get(depth) == other.0.get(depth)) {
                let end = start + group.len();
                match group.first().and_then(|(word, number)| Some((*word.get(depth)?, *number))) {
                    Some((letter, _)) => {
                        node.mask |= bit(letter);
                        node.count += 1;
                        open.push_back((trie.nodes.len(), start..end, depth + 1));
                        trie.letters.push(letter);
                        trie.nodes.push(Node::default());
                    }
                    None => node.word = group.first().map_or(0, |(_, number)| number + 1),
                }
                start = end;
            }
            if let Some(kept) = trie.nodes.get_mut(at) {
                *kept = node;
            }
        }
        trie
    }

    fn node(&self, at: usize) -> Node {
        self.nodes.get(at).copied().unwrap_or_default()
    }

    fn children(node: Node) -> std::ops::Range<usize> {
        let first = usize::try_from(node.first).unwrap_or(0);
        first..first + usize::try_from(node.count).unwrap_or(0)
    }

    fn child(&self, node: Node, letter: char) -> Option<usize> {
        if node.mask & bit(letter) == 0 {
            return None;
        }
        let all = Self::children(node);
        let at = self.letters.get(all.clone())?.iter().position(|other| *other == letter)?;
        Some(all.start + at)
    }

    /// Each word at the beginning of the text; with `near`, also each that one change of a letter makes of it.
    fn walk(&self, text: &[char], near: bool, found: &mut impl FnMut(usize, u32)) {
        let (mut at, mut length) = (0, 0);
        loop {
            let node = self.node(at);
            tell(node, length, found);
            if near {
                self.changed(node, text, length, found);
            }
            let Some(next) = text.get(length).and_then(|letter| self.child(node, *letter)) else { return };
            (at, length) = (next, length + 1);
        }
    }

    /// The one change at this place: a letter of the word left out, another in its stead, one put in between.
    fn changed(&self, node: Node, text: &[char], length: usize, found: &mut impl FnMut(usize, u32)) {
        let (here, after) = (text.get(length).copied(), text.get(length + 1).copied());
        for child in Self::children(node) {
            let next = self.node(child);
            if next.word > 0 || here.is_some_and(|letter| next.mask & bit(letter) != 0) {
                self.straight(next, text, length, found);
            }
            let leads_on = next.word > 0 || after.is_some_and(|letter| next.mask & bit(letter) != 0);
            if here.is_some() && leads_on {
                self.straight(next, text, length + 1, found);
            }
        }
        if let Some(next) = after.filter(|_| length > 0).and_then(|letter| self.child(node, letter)) {
            self.straight(self.node(next), text, length + 2, found);
        }
    }

    /// The words below a node, letter by letter, with no further change.
    fn straight(&self, mut node: Node, text: &[char], mut length: usize, found: &mut impl FnMut(usize, u32)) {
        loop {
            tell(node, length, found);
            let Some(next) = text.get(length).and_then(|letter| self.child(node, *letter)) else { return };
            (node, length) = (self.node(next), length + 1);
        }
    }
}

fn tell(node: Node, length: usize, found: &mut impl FnMut(usize, u32)) {
    if let Some(word) = node.word.checked_sub(1) {
        found(length, word);
    }
}

fn bit(letter: char) -> u64 {
    1 << (u32::from(letter) & 63)
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
