//! The people, of every kind, and those who do not exist; all have names made the same way.

/// Of what kind somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::adversary) enum Kind {
    Registered,
    Absent,
    Disabled,
    OutOfScope,
    Locked,
    NothingRegistered,
}

impl Kind {
    pub(super) const ALL: [Self; 6] =
        [Self::Registered, Self::Absent, Self::Disabled, Self::OutOfScope, Self::Locked, Self::NothingRegistered];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::Absent => "absent",
            Self::Disabled => "disabled",
            Self::OutOfScope => "out of scope",
            Self::Locked => "locked",
            Self::NothingRegistered => "nothing registered",
        }
    }

    pub(super) fn exists(self) -> bool {
        self != Self::Absent
    }
}

/// Somebody.
#[derive(Clone, Debug)]
pub(in crate::adversary) struct Person {
    pub(super) kind: Kind,
    /// Among those of this kind.
    pub(super) number: usize,
    /// Drawn: what makes this one a person of its own.
    seed: u64,
}

const FIRST: [&str; 24] = [
    "jo", "sam", "robin", "alex", "maria", "priya", "omar", "lena", "chris", "fatima", "david", "yuki", "anna", "ben",
    "clara", "dan", "ella", "finn", "grace", "hugo", "iris", "jack", "kim", "leo",
];
const LAST: [&str; 24] = [
    "bloggs", "lee", "khan", "smith", "garcia", "patel", "hassan", "weber", "okoro", "brown", "jones", "ito", "adams",
    "baker", "clark", "davies", "evans", "fox", "green", "hill", "irwin", "king", "lopez", "moore",
];
const DOMAINS: [&str; 16] = [
    "gmail.com",
    "gmail.com",
    "gmail.com",
    "gmail.com",
    "gmail.com",
    "outlook.com",
    "hotmail.com",
    "hotmail.co.uk",
    "icloud.com",
    "yahoo.co.uk",
    "btinternet.com",
    "posteo.de",
    "web.de",
    "sky.com",
    "example.org",
    "live.co.uk",
];

impl Person {
    /// The person of one kind with this number.
    pub(in crate::adversary) fn new(kind: Kind, number: usize) -> Self {
        let place = Kind::ALL.iter().position(|known| *known == kind).unwrap_or(0) as u64;
        Self { kind, number, seed: mixed(place << 32 | number as u64) }
    }

    /// Whom the visit with this number is about: each round of visits is one of every kind, in an order of its own.
    pub(super) fn visited(n: usize, people: usize) -> Self {
        let kinds = Kind::ALL.len();
        let (round, mut places) = (n / kinds, Vec::from_iter(0..kinds));
        places.sort_by_key(|place| mixed((round * kinds + place) as u64 ^ 0x5eed));
        let kind = places.get(n % kinds).and_then(|place| Kind::ALL.get(*place)).copied().unwrap_or(Kind::Absent);
        Self::new(kind, round % people)
    }

    fn drawn(&self, what: u64, bound: usize) -> usize {
        usize::try_from(mixed(self.seed ^ what.wrapping_mul(0x9e37_79b9)) % bound.max(1) as u64).unwrap_or(0)
    }

    fn names(&self) -> (&'static str, &'static str) {
        let pick = |list: &[&'static str; 24], what| list.get(self.drawn(what, list.len())).copied().unwrap_or("jo");
        (pick(&FIRST, 1), pick(&LAST, 2))
    }

    /// What is typed: the names, and a number that tells people of one name apart.
    pub(in crate::adversary) fn user_id(&self) -> String {
        let (first, last) = self.names();
        format!("{first}.{last}.{:06x}", self.seed % 0xff_ffff)
    }

    /// Kinds of contacts and addresses that are registered.
    pub(super) fn contacts(&self) -> Vec<(&'static str, String)> {
        if self.kind == Kind::NothingRegistered || !self.kind.exists() {
            return Vec::new();
        }
        let (first, last) = self.names();
        let mailbox = match self.drawn(3, 6) {
            0 => format!("{last}{first}"),
            1 => format!("{}{last}", first.get(..1).unwrap_or_default()),
            2 => format!("{}{}", FIRST[self.drawn(4, FIRST.len())], self.drawn(5, 99)),
            _ => format!("{first}.{last}{}", self.drawn(6, 999)),
        };
        let domain = match self.drawn(7, 12) {
            0 => format!("{last}-{}.co.uk", self.drawn(8, 999)),
            _ => DOMAINS[self.drawn(9, DOMAINS.len())].to_owned(),
        };
        let email = ("email", format!("{mailbox}@{domain}"));
        let mobile = ("mobile", format!("+4477009{:05}", self.drawn(10, 100_000)));
        let office = ("office", format!("+44207946{:04}", self.drawn(11, 10_000)));
        match self.drawn(12, 10) {
            0..=3 => vec![email, mobile],
            4..=5 => vec![mobile],
            6..=7 => vec![email],
            8 => vec![email, office],
            _ => vec![email, mobile, office],
        }
    }

    /// Whether two steps are asked for.
    pub(super) fn is_administrator(&self) -> bool {
        self.kind.exists() && self.drawn(13, 25) == 0
    }

    /// The department, whose people may reset.
    pub(super) fn department(&self) -> Option<usize> {
        (self.kind.exists() && self.kind != Kind::OutOfScope).then(|| self.drawn(14, DEPARTMENTS))
    }
}

/// How many departments there are.
pub(super) const DEPARTMENTS: usize = 20;

/// SplitMix64 (Steele, Lea and Flood, 2014): numbers that look drawn, always the same.
pub(in crate::adversary) fn mixed(n: u64) -> u64 {
    let mut z = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
