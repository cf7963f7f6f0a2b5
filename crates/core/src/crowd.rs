//! What this installation's people look like from outside, as shares. A made-up person is drawn from it, so that what a page
//! shows says nothing about whether somebody is behind it.
//!
//! [`Tally`] counts people; nothing of a single one is kept. What fewer than [`FEWEST`] people have in common and would show
//! whose it is (a domain, the last digits of a number) is put together with the other rare ones.

mod draw;
mod prior;
mod tally;

use serde::{Deserialize, Serialize};

use crate::budget::Route;
use crate::keys::{Digest, Keys};
use crate::mask;
use crate::method::ContactKind;
use crate::policy::Policy;
use crate::subject::{Account, Subject};

pub(crate) use draw::Draw;
pub use tally::Tally;

/// So many people must share a domain before a made-up person may have it, too.
pub const FEWEST: u32 = 5;

/// What a look-up comes to, as far as it shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Face {
    /// The page of the care team.
    CareTeam,
    /// Ways to prove who one is.
    Ways {
        /// Whether two steps on two devices are asked for: of administrators, and where everything is new.
        strict: bool,
        /// Whether there is an address.
        email: bool,
        /// Whether there is a mobile.
        mobile: bool,
        /// Whether there is an office phone.
        office: bool,
    },
}

/// How the letters of a mask come about that are shown of a mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Letters {
    /// None is shown.
    None,
    /// So many letters with which the User ID begins: `jo.bloggs` → `jo`.
    Start(u8),
    /// The first letters of its first and its last part: `jo.bloggs` → `jb`.
    Initials,
    /// So many letters with which its last part begins: `jo.bloggs` → `bl`.
    Family(u8),
    /// Its first letter and another one.
    Initial,
    /// So many letters that have nothing to do with it.
    Other(u8),
}

/// How often something occurs.
pub(crate) type Shares<T> = Vec<(T, u32)>;

/// The people of an installation, as shares.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Crowd {
    /// How many people were counted. With none, decoys are what people usually are, and never led to the care team.
    people: u32,
    faces: Shares<Face>,
    letters: Shares<Letters>,
    /// First and second letters of mailboxes that have nothing to do with the User ID.
    first: Shares<String>,
    second: Shares<String>,
    /// What masks show of the domains that enough people have.
    domains: Shares<String>,
    /// People at other domains, and what is shown of those: first letters, and public suffixes that enough people have.
    rare: u32,
    rare_letters: Shares<String>,
    rare_suffixes: Shares<String>,
    /// Last digits of numbers that many people share, such as the switchboard's.
    digits: Shares<(ContactKind, String)>,
    /// How many numbers of each kind there are.
    numbers: Shares<ContactKind>,
    /// What the budget sees of their numbers, which no page shows: prices, and ranges that several people share.
    routes: Shares<(ContactKind, Route)>,
}

impl Face {
    /// All there are.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        let ways = (0..16u8).map(|n| Self::Ways {
            strict: n & 8 != 0,
            email: n & 1 != 0,
            mobile: n & 2 != 0,
            office: n & 4 != 0,
        });
        ways.chain([Self::CareTeam])
    }

    /// What this account shows. `subject` is made of it.
    pub(crate) fn of(policy: &Policy, account: &Account, subject: &Subject) -> Self {
        if policy.unable(account, subject).is_some() {
            return Self::CareTeam;
        }
        let shown: Vec<ContactKind> = policy
            .usable(subject, &[])
            .into_iter()
            .filter_map(|place| subject.options.get(place).map(|option| option.method.contact()))
            .collect();
        let has = |kind| shown.contains(&kind);
        Self::Ways {
            strict: subject.administrator || policy.steps_for(subject) > policy.steps.clamp(1, 2),
            email: has(ContactKind::Email),
            mobile: has(ContactKind::Mobile),
            office: has(ContactKind::Office),
        }
    }

    /// Whether a contact of this kind is shown.
    pub(crate) const fn has(self, kind: ContactKind) -> bool {
        match (self, kind) {
            (Self::CareTeam, _) => false,
            (Self::Ways { email, .. }, ContactKind::Email) => email,
            (Self::Ways { mobile, .. }, ContactKind::Mobile) => mobile,
            (Self::Ways { office, .. }, ContactKind::Office) => office,
        }
    }

    /// Whether two steps on two devices are asked for.
    pub(crate) const fn is_strict(self) -> bool {
        matches!(self, Self::Ways { strict: true, .. })
    }
}

impl Crowd {
    /// How many people were counted.
    pub fn people(&self) -> u32 {
        self.people
    }

    /// How far two crowds are apart, 0 to 1: the greatest of the shares of made-up people that would be led elsewhere, or have
    /// another domain, if the one took the other's place.
    pub fn distance(&self, other: &Self) -> f64 {
        let domains = |crowd: &Self| {
            let mut all = crowd.domains.clone();
            all.push((String::new(), crowd.rare));
            all
        };
        let faces = apart(&self.faces, &other.faces);
        let shown = faces.max(apart(&self.letters, &other.letters)).max(apart(&domains(self), &domains(other)));
        shown.max(apart(&self.routes, &other.routes))
    }

    /// The face of a decoy. `works` says whether somebody who has these ways can go on.
    pub(crate) fn face(&self, draw: &Draw, policy: &Policy, works: impl Fn(Face) -> bool) -> Face {
        let weight = |face: Face| {
            let count = u64::from(count(&self.faces, &face));
            let possible = face == Face::CareTeam || works(face);
            if self.people == 0 {
                return if possible { prior::face(face, policy) } else { 0 };
            }
            // Half a person more of each: what a single one of them shows must not be impossible for a decoy.
            let likely = possible && (!face.is_strict() || !policy.administrators.is_empty());
            count * 2 + u64::from(likely)
        };
        draw.pick("face", Face::all().map(|face| (face, weight(face)))).unwrap_or(Face::CareTeam)
    }

    /// The mask of an address of a decoy with this User ID.
    pub(crate) fn email(&self, draw: &Draw, user_id: &str) -> String {
        let manners = prior::LETTERS.iter().map(|(manner, usual)| {
            let counted = u64::from(count(&self.letters, manner)) * 2 + 1;
            (*manner, if self.people == 0 { *usual } else { counted })
        });
        let name = Name::of(user_id);
        let possible = manners.filter(|(manner, _)| name.can(*manner));
        let manner = draw.pick("letters", possible).unwrap_or(Letters::None);
        let letter = |what: &str, known: &Shares<String>, usual: &'static [(&'static str, u64)]| {
            let letters = usual.iter().filter(|(letter, _)| letter.bytes().any(|byte| byte.is_ascii_alphabetic()));
            draw.pick(what, letters.map(|one| counted(known, one))).unwrap_or_default().to_owned()
        };
        let first = letter("first", &self.first, &prior::INITIALS);
        let second = letter("second", &self.second, &prior::SECOND);
        mask::of_mailbox(&name.shown(manner, &first, &second), &self.domain(draw))
    }

    fn domain(&self, draw: &Draw) -> String {
        let common = self.domains.iter().map(|(domain, count)| (domain.as_str(), u64::from(*count) * 2));
        let usual = prior::DOMAINS.iter().copied().filter(|_| self.people == 0);
        let rare = if self.people == 0 { prior::RARE } else { u64::from(self.rare) * 2 + 1 };
        let domain = draw.pick("domain", common.chain(usual).chain([("", rare)])).unwrap_or_default();
        if !domain.is_empty() {
            return domain.to_owned();
        }
        let suffixes = mask::SUFFIXES.iter().map(|one| counted(&self.rare_suffixes, one));
        let letters = prior::INITIALS.iter().map(|one| counted(&self.rare_letters, one));
        let suffix = draw.pick("suffix", suffixes).unwrap_or_default();
        mask::of_domain(draw.pick("domain letter", letters).unwrap_or_default(), suffix)
    }

    /// The mask of a number of a decoy.
    pub(crate) fn phone(&self, draw: &Draw, kind: ContactKind) -> String {
        let shared = self.digits.iter().filter(|((of, _), _)| *of == kind);
        let shared: Vec<(&str, u64)> = shared.map(|((_, digits), n)| (digits.as_str(), u64::from(*n))).collect();
        let together: u64 = shared.iter().map(|(_, n)| n).sum();
        let rest = u64::from(count(&self.numbers, &kind)).saturating_sub(together).max(1);
        let drawn = draw.pick(kind.name(), shared.into_iter().chain([("", rest)])).unwrap_or_default();
        if drawn.is_empty() {
            mask::phone(&format!("{:02}", draw.number(kind.name(), 100)))
        } else {
            mask::phone(drawn)
        }
    }

    /// What a message to a decoy's number is counted as; nothing if nobody with a number of this kind was counted.
    pub(crate) fn route(&self, device: Digest, kind: ContactKind) -> Option<&Route> {
        let of_kind = self.routes.iter().filter(|((of, _), _)| *of == kind);
        Draw::by(device).pick("route", of_kind.map(|((_, route), count)| (route, u64::from(*count))))
    }
}

/// The User ID as far as mailboxes are made of it: the letters of its first and last part.
struct Name {
    first: Vec<char>,
    last: Vec<char>,
}

impl Name {
    fn of(user_id: &str) -> Self {
        let own = user_id.split('@').next().unwrap_or_default();
        let mut parts = own.split(|c: char| !c.is_ascii_alphabetic()).filter(|part| !part.is_empty());
        let first = parts.next().unwrap_or_default().chars().collect();
        Self { first, last: parts.next_back().unwrap_or_default().chars().collect() }
    }

    /// Whether a mask can come about so.
    fn can(&self, manner: Letters) -> bool {
        match manner {
            Letters::None | Letters::Other(_) => true,
            Letters::Start(n) => self.first.len() >= usize::from(n),
            Letters::Family(n) => self.last.len() >= usize::from(n),
            Letters::Initials => !self.first.is_empty() && !self.last.is_empty(),
            Letters::Initial => !self.first.is_empty(),
        }
    }

    /// What is shown then, with these letters where it takes others.
    fn shown(&self, manner: Letters, first: &str, second: &str) -> String {
        let begin = |letters: &[char], n: usize| letters.iter().take(n).collect::<String>();
        match manner {
            Letters::None => String::new(),
            Letters::Start(n) => begin(&self.first, n.into()),
            Letters::Initials => begin(&self.first, 1) + &begin(&self.last, 1),
            Letters::Family(n) => begin(&self.last, n.into()),
            Letters::Initial => begin(&self.first, 1) + second,
            Letters::Other(1) => first.to_owned(),
            Letters::Other(_) => format!("{first}{second}"),
        }
    }

    /// How these letters of a mask come about: of several explanations always the same one.
    fn explains(&self, shown: &str) -> Letters {
        let n = u8::try_from(shown.chars().count()).unwrap_or(u8::MAX);
        let candidates = [Letters::Start(n), Letters::Initials, Letters::Family(n)];
        if n == 0 {
            return Letters::None;
        }
        let same = |manner: &Letters| self.can(*manner) && self.shown(*manner, "", "") == shown;
        let initial = n == 2 && shown.chars().next() == self.first.first().copied();
        let other = if initial { Letters::Initial } else { Letters::Other(n) };
        candidates.into_iter().find(same).unwrap_or(other)
    }
}

fn count<T: PartialEq>(shares: &Shares<T>, of: &T) -> u32 {
    shares.iter().find(|(what, _)| what == of).map_or(0, |(_, count)| *count)
}

/// How much a letter or a suffix weighs: as often as it was counted, and as usual as it is.
fn counted(known: &Shares<String>, (one, usual): &(&'static str, u64)) -> (&'static str, u64) {
    let count = known.iter().find(|(what, _)| what == one).map_or(0, |(_, count)| u64::from(*count));
    (one, count * prior::SCALE + usual)
}

/// Half the sum of the differences of all shares (the total variation distance).
fn apart<T: PartialEq>(one: &Shares<T>, other: &Shares<T>) -> f64 {
    let total = |shares: &Shares<T>| shares.iter().map(|(_, n)| f64::from(*n)).sum::<f64>().max(1.0);
    let (whole, whole_other) = (total(one), total(other));
    let share = |shares: &Shares<T>, what: &T, whole: f64| f64::from(count(shares, what)) / whole;
    let both = one.iter().chain(other.iter().filter(|(what, _)| count(one, what) == 0));
    both.map(|(what, _)| (share(one, what, whole) - share(other, what, whole_other)).abs()).sum::<f64>() / 2.0
}
