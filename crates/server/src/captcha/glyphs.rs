//! The outlines of the characters, as strokes of a pen in a box 100 high. Drawn for this program; y grows downwards.

/// A stroke: straight from point to point, or a curve through them.
pub(super) enum Stroke {
    Straight(&'static [(f32, f32)]),
    Curved(&'static [(f32, f32)]),
}

/// A character: how wide its box is, and its strokes.
pub(super) struct Glyph {
    pub(super) width: f32,
    pub(super) strokes: &'static [Stroke],
}

/// The outline of a character of the alphabet.
pub(super) fn of(character: char) -> Option<Glyph> {
    let (width, strokes) = match character.to_ascii_uppercase() {
        'A' => (64.0, A),
        'C' => (60.0, C),
        'E' => (54.0, E),
        'F' => (54.0, F),
        'G' => (64.0, G),
        'H' => (60.0, H),
        'J' => (52.0, J),
        'K' => (58.0, K),
        'P' => (56.0, P),
        'R' => (58.0, R),
        'T' => (60.0, T),
        'W' => (84.0, W),
        'X' => (60.0, X),
        'Y' => (60.0, Y),
        '3' => (54.0, THREE),
        '4' => (60.0, FOUR),
        '7' => (56.0, SEVEN),
        '9' => (54.0, NINE),
        _ => return None,
    };
    Some(Glyph { width, strokes })
}

use Stroke::{Curved, Straight};

const A: &[Stroke] = &[Straight(&[(0.0, 100.0), (32.0, 0.0), (64.0, 100.0)]), Straight(&[(12.0, 64.0), (52.0, 64.0)])];
const C: &[Stroke] = &[Curved(&[
    (58.0, 20.0),
    (48.0, 6.0),
    (31.0, 0.0),
    (13.0, 9.0),
    (2.0, 31.0),
    (0.0, 50.0),
    (2.0, 69.0),
    (13.0, 91.0),
    (31.0, 100.0),
    (48.0, 94.0),
    (58.0, 80.0),
])];
const E: &[Stroke] =
    &[Straight(&[(54.0, 0.0), (0.0, 0.0), (0.0, 100.0), (54.0, 100.0)]), Straight(&[(0.0, 48.0), (44.0, 48.0)])];
const F: &[Stroke] = &[Straight(&[(54.0, 0.0), (0.0, 0.0), (0.0, 100.0)]), Straight(&[(0.0, 48.0), (44.0, 48.0)])];
const G: &[Stroke] = &[
    Curved(&[
        (60.0, 19.0),
        (48.0, 5.0),
        (32.0, 0.0),
        (13.0, 9.0),
        (2.0, 31.0),
        (0.0, 50.0),
        (2.0, 69.0),
        (13.0, 91.0),
        (32.0, 100.0),
        (50.0, 95.0),
        (62.0, 82.0),
    ]),
    Straight(&[(62.0, 96.0), (62.0, 54.0), (34.0, 54.0)]),
];
const H: &[Stroke] = &[
    Straight(&[(0.0, 0.0), (0.0, 100.0)]),
    Straight(&[(60.0, 0.0), (60.0, 100.0)]),
    Straight(&[(0.0, 49.0), (60.0, 49.0)]),
];
const J: &[Stroke] = &[
    Straight(&[(18.0, 0.0), (52.0, 0.0)]),
    Straight(&[(44.0, 0.0), (44.0, 66.0)]),
    Curved(&[(44.0, 66.0), (42.0, 86.0), (33.0, 97.0), (20.0, 100.0), (7.0, 93.0), (0.0, 76.0)]),
];
const K: &[Stroke] = &[
    Straight(&[(0.0, 0.0), (0.0, 100.0)]),
    Straight(&[(55.0, 0.0), (0.0, 60.0)]),
    Straight(&[(20.0, 39.0), (58.0, 100.0)]),
];
const P: &[Stroke] =
    &[Straight(&[(0.0, 100.0), (0.0, 0.0), (28.0, 0.0)]), BOWL, Straight(&[(28.0, 55.0), (0.0, 55.0)])];
const R: &[Stroke] = &[
    Straight(&[(0.0, 100.0), (0.0, 0.0), (28.0, 0.0)]),
    BOWL,
    Straight(&[(28.0, 55.0), (0.0, 55.0)]),
    Straight(&[(26.0, 55.0), (58.0, 100.0)]),
];
const BOWL: Stroke =
    Curved(&[(28.0, 0.0), (42.0, 3.0), (53.0, 13.0), (56.0, 27.5), (53.0, 42.0), (42.0, 52.0), (28.0, 55.0)]);
const T: &[Stroke] = &[Straight(&[(0.0, 0.0), (60.0, 0.0)]), Straight(&[(30.0, 0.0), (30.0, 100.0)])];
const W: &[Stroke] = &[Straight(&[(0.0, 0.0), (20.0, 100.0), (42.0, 22.0), (64.0, 100.0), (84.0, 0.0)])];
const X: &[Stroke] = &[Straight(&[(0.0, 0.0), (60.0, 100.0)]), Straight(&[(60.0, 0.0), (0.0, 100.0)])];
const Y: &[Stroke] = &[Straight(&[(0.0, 0.0), (30.0, 50.0), (60.0, 0.0)]), Straight(&[(30.0, 50.0), (30.0, 100.0)])];
const THREE: &[Stroke] = &[
    Curved(&[(3.0, 14.0), (12.0, 4.0), (25.0, 0.0), (42.0, 5.0), (50.0, 22.0), (43.0, 40.0), (22.0, 47.0)]),
    Curved(&[(22.0, 47.0), (45.0, 54.0), (54.0, 73.0), (46.0, 93.0), (26.0, 100.0), (10.0, 96.0), (0.0, 85.0)]),
];
const FOUR: &[Stroke] = &[Straight(&[(44.0, 100.0), (44.0, 0.0), (0.0, 68.0), (60.0, 68.0)])];
const SEVEN: &[Stroke] = &[Straight(&[(0.0, 0.0), (56.0, 0.0), (12.0, 100.0)])];
const NINE: &[Stroke] = &[
    Curved(&[
        (52.0, 30.0),
        (46.0, 9.0),
        (27.0, 0.0),
        (8.0, 9.0),
        (1.0, 30.0),
        (8.0, 50.0),
        (27.0, 59.0),
        (45.0, 51.0),
        (52.0, 30.0),
    ]),
    Curved(&[(52.0, 30.0), (53.0, 54.0), (47.0, 80.0), (37.0, 94.0), (22.0, 100.0), (6.0, 94.0)]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_of_the_alphabet_has_an_outline_of_its_own_within_its_box() {
        for letter in regain_core::captcha::ALPHABET {
            let glyph = of(char::from(*letter)).unwrap();
            let points = glyph.strokes.iter().flat_map(|stroke| match stroke {
                Straight(points) | Curved(points) => points.iter(),
            });
            for (x, y) in points {
                assert!((0.0..=glyph.width).contains(x) && (0.0..=100.0).contains(y), "{}", char::from(*letter));
            }
        }
        assert!(of('O').is_none());
    }
}
