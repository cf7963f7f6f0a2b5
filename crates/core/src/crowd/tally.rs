//! Counting people, one after the other.

use std::collections::BTreeMap;

use super::{Crowd, FEWEST, Face, Letters, Name, Shares};
use crate::budget::Route;
use crate::keys::Keys;
use crate::mask;
use crate::method::ContactKind;
use crate::method::issued_code::Purpose;
use crate::policy::Policy;
use crate::subject::{self, Account, Subject};

type Counts<T> = BTreeMap<T, u32>;

/// How many domains are kept.
const DOMAINS: usize = 200;

/// How many ranges of numbers are kept.
const RANGES: usize = 200;

/// Counts what people show.
#[derive(Default)]
pub struct Tally {
    people: u32,
    faces: Counts<Face>,
    letters: Counts<Letters>,
    first: Counts<String>,
    second: Counts<String>,
    domains: Counts<String>,
    digits: Counts<(ContactKind, String)>,
    routes: Counts<(ContactKind, Route)>,
}

impl Tally {
    /// Counts one more person, who is known by this User ID.
    pub fn add(&mut self, keys: &Keys, policy: &Policy, user_id: &str, account: &Account) {
        let subject = Subject::real(keys, policy, Purpose::Reset, account);
        let face = Face::of(policy, account, &subject);
        self.people = self.people.saturating_add(1);
        one_more(&mut self.faces, face);
        let name = Name::of(&subject::canonical(user_id));
        let mut seen = Vec::new();
        for option in subject.options.iter().filter(|option| face.has(option.method.contact())) {
            let kind = option.method.contact();
            if seen.contains(&kind) {
                continue;
            }
            seen.push(kind);
            match mask::parts_of_email(&option.mask).filter(|_| kind == ContactKind::Email) {
                Some((letters, domain)) => self.address(&name, letters, domain),
                None => one_more(&mut self.digits, (kind, mask::digits(&option.mask).to_owned())),
            }
            let contact = account.contacts.iter().find(|contact| Some(&contact.id) == option.contact.as_ref());
            if let Some(contact) = contact.filter(|_| kind != ContactKind::Email) {
                let route = Route::of(keys, &policy.budget.prices, kind, &contact.address);
                one_more(&mut self.routes, (kind, route));
            }
        }
    }

    fn address(&mut self, name: &Name, shown: &str, domain: &str) {
        let manner = name.explains(shown);
        one_more(&mut self.letters, manner);
        let mut letters = shown.chars().map(String::from);
        let (first, second) = (letters.next(), letters.next());
        if let (Letters::Other(_), Some(first)) = (manner, first) {
            one_more(&mut self.first, first);
        }
        if let (Letters::Other(_) | Letters::Initial, Some(second)) = (manner, second) {
            one_more(&mut self.second, second);
        }
        one_more(&mut self.domains, domain.to_owned());
    }

    /// The people that were counted, as shares.
    pub fn crowd(self) -> Crowd {
        let (common, rare): (Vec<_>, Vec<_>) = self.domains.into_iter().partition(|(_, count)| *count >= FEWEST);
        let mut domains: Shares<String> = common;
        domains.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
        let beyond = domains.split_off(domains.len().min(DOMAINS));
        let (mut letters, mut suffixes, mut total) = (Counts::new(), Counts::new(), 0u32);
        for (domain, count) in rare.into_iter().chain(beyond) {
            let (letter, suffix) = mask::parts_of_domain(&domain);
            *letters.entry(letter.to_owned()).or_default() += count;
            *suffixes.entry(suffix.to_owned()).or_default() += count;
            total = total.saturating_add(count);
        }
        let numbers = ContactKind::ALL.map(|kind| {
            let of_kind = self.digits.iter().filter(|((of, _), _)| *of == kind);
            (kind, of_kind.map(|(_, count)| *count).sum::<u32>())
        });
        let shared = |((kind, _), count): &((ContactKind, String), u32)| {
            let all = numbers.iter().find(|(of, _)| of == kind).map_or(0, |(_, count)| *count);
            // Of a hundred endings, one that is five times as frequent as the others is somebody's switchboard.
            *count >= FEWEST && u64::from(*count) * 20 > u64::from(all)
        };
        Crowd {
            people: self.people,
            faces: shares(self.faces),
            letters: shares(self.letters),
            first: shares(self.first),
            second: shares(self.second),
            domains,
            rare: total,
            rare_letters: shares(letters),
            rare_suffixes: suffixes.into_iter().filter(|(_, count)| *count >= FEWEST).collect(),
            digits: self.digits.into_iter().filter(shared).collect(),
            numbers: numbers.into_iter().filter(|(_, count)| *count > 0).collect(),
            routes: shares(routes(self.routes)),
        }
    }
}

/// Who is alone in a range, or in one of few people where there are very many, counts as alone.
fn routes(counted: Counts<(ContactKind, Route)>) -> Counts<(ContactKind, Route)> {
    let mut all: Vec<_> = counted.into_iter().collect();
    all.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let mut kept = Counts::new();
    for (place, ((kind, route), count)) in all.into_iter().enumerate() {
        let route = if count > 1 && place < RANGES { route } else { route.alone() };
        *kept.entry((kind, route)).or_default() += count;
    }
    kept
}

fn one_more<T: Ord>(counts: &mut Counts<T>, of: T) {
    let count = counts.entry(of).or_default();
    *count = count.saturating_add(1);
}

fn shares<T>(counts: Counts<T>) -> Shares<T> {
    counts.into_iter().collect()
}
