//! What people are like before any were counted, and what may be shown although nobody counted has it.

use super::{Face, Letters};
use crate::policy::Policy;

/// How much one counted person weighs beside the usual weights of letters and suffixes, each of which sum up to some hundreds.
pub(super) const SCALE: u64 = 400;

/// Ways that people usually have. Nobody is led to the care team before somebody was counted.
pub(super) fn face(face: Face, policy: &Policy) -> u64 {
    let Face::Ways { strict, email, mobile, office } = face else { return 0 };
    let usual = match (email, mobile, office) {
        (true, true, _) => 2,
        (false, false, false) => 0,
        _ => 1,
    };
    // One in so many is an administrator.
    if !strict {
        usual * 15
    } else if policy.administrators.is_empty() {
        0
    } else {
        usual
    }
}

/// All the ways in which letters of a mask come about, and how usual they are.
pub(super) const LETTERS: [(Letters, u64); 9] = [
    (Letters::None, 1),
    (Letters::Start(2), 60),
    (Letters::Start(1), 12),
    (Letters::Initials, 8),
    (Letters::Family(2), 6),
    (Letters::Family(1), 1),
    (Letters::Initial, 6),
    (Letters::Other(2), 25),
    (Letters::Other(1), 3),
];

/// What masks usually show of domains.
pub(super) const DOMAINS: [(&str, u64); 9] = [
    ("g****.com", 45),
    ("h****.com", 8),
    ("h****.co.uk", 8),
    ("o****.com", 10),
    ("y****.com", 6),
    ("y****.co.uk", 6),
    ("i****.com", 8),
    ("b****.com", 4),
    ("m****.co.uk", 3),
];

/// How usual other domains are, in the measure of [`DOMAINS`].
pub(super) const RARE: u64 = 12;

/// What is shown first of a name or a domain, and how usual that is; of names only letters are.
pub(super) const INITIALS: [(&str, u64); 37] = [
    ("a", 28),
    ("b", 28),
    ("c", 34),
    ("d", 26),
    ("e", 18),
    ("f", 18),
    ("g", 20),
    ("h", 20),
    ("i", 14),
    ("j", 20),
    ("k", 16),
    ("l", 24),
    ("m", 34),
    ("n", 18),
    ("o", 12),
    ("p", 26),
    ("q", 3),
    ("r", 24),
    ("s", 38),
    ("t", 24),
    ("u", 6),
    ("v", 10),
    ("w", 16),
    ("x", 2),
    ("y", 4),
    ("z", 4),
    ("0", 1),
    ("1", 2),
    ("2", 1),
    ("3", 1),
    ("4", 1),
    ("5", 1),
    ("6", 1),
    ("7", 1),
    ("8", 1),
    ("9", 1),
    ("", 1),
];

/// Second letters of names, and how usual they are.
pub(super) const SECOND: [(&str, u64); 26] = [
    ("a", 110),
    ("b", 4),
    ("c", 10),
    ("d", 6),
    ("e", 90),
    ("f", 3),
    ("g", 4),
    ("h", 30),
    ("i", 60),
    ("j", 3),
    ("k", 4),
    ("l", 30),
    ("m", 10),
    ("n", 14),
    ("o", 80),
    ("p", 5),
    ("q", 1),
    ("r", 45),
    ("s", 8),
    ("t", 10),
    ("u", 28),
    ("v", 3),
    ("w", 5),
    ("x", 1),
    ("y", 8),
    ("z", 2),
];
