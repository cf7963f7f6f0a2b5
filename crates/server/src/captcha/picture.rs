//! The picture: strokes of a pen, bent by a wave, with thinner lines through them.

use super::Draw;
use super::glyphs::{self, Glyph, Stroke};

/// Size in pixels.
pub(super) const WIDTH: usize = 240;
/// Size in pixels.
pub(super) const HEIGHT: usize = 80;

/// How far from the edges the characters keep, in pixels: room to
/// turn and slant, the bend of the wave, half a stroke.
const MARGIN: f32 = 18.0;

type Point = (f32, f32);

/// The picture of these characters: a greyscale PNG of 240 by 80 pixels, under 6 KB. One seed gives one picture.
/// Characters outside the alphabet are passed over.
pub fn picture(characters: &str, seed: u64) -> Vec<u8> {
    let mut draw = Draw(seed);
    let mut paper = Paper::new();
    let wave = Wave::new(&mut draw);
    for _ in 0..2 {
        let line = across(&mut draw);
        paper.pen(&line, 1.1, 0.35);
    }
    for (stroke, width) in written(characters, &mut draw) {
        let bent: Vec<Point> = stroke.into_iter().map(|point| wave.bend(point)).collect();
        paper.pen(&bent, width, 1.0);
    }
    for _ in 0..2 {
        let line = across(&mut draw);
        paper.pen(&line, 1.0, 1.0);
    }
    encoded(&paper).unwrap_or_default()
}

/// The strokes of all characters where they stand on the paper, with the pen's half width for each.
fn written(characters: &str, draw: &mut Draw) -> Vec<(Vec<Point>, f32)> {
    let glyphs: Vec<Glyph> = characters.chars().filter_map(glyphs::of).collect();
    let sizes: Vec<f32> = glyphs.iter().map(|_| draw.between(0.40, 0.46)).collect();
    let widths: f32 = glyphs.iter().zip(&sizes).map(|(glyph, size)| glyph.width * size).sum();
    let gaps = glyphs.len().saturating_sub(1).max(1) as f32;
    let room = WIDTH as f32 - 2.0 * MARGIN;
    // Close enough that some strokes touch; never so close that one letter lies on another.
    let gap = ((room - widths) / gaps).clamp(5.0, 13.0);
    // Six wide letters need more than there is: then all are drawn narrower.
    let narrow = (room / (widths + gap * gaps)).min(1.0);
    let mut left = (WIDTH as f32 - (widths + gap * gaps) * narrow) / 2.0;
    let mut strokes = Vec::new();
    for (glyph, size) in glyphs.iter().zip(sizes) {
        let width = glyph.width * size;
        let centre =
            (left + width * narrow / 2.0 + draw.between(-1.5, 1.5), HEIGHT as f32 / 2.0 + draw.between(-5.0, 5.0));
        let pen = draw.between(2.2, 2.8) * narrow.sqrt();
        let place = Place::new(draw, glyph.width, size, narrow, centre);
        strokes.extend(glyph.strokes.iter().map(|stroke| (place.put(stroke), pen)));
        left += (width + gap) * narrow;
    }
    strokes
}

/// Turns, slants and moves a character from its box to the paper.
struct Place {
    middle: f32,
    size: f32,
    narrow: f32,
    slant: f32,
    turn: f32,
    centre: Point,
}

impl Place {
    fn new(draw: &mut Draw, width: f32, size: f32, narrow: f32, centre: Point) -> Self {
        let (slant, turn) = (draw.between(-0.18, 0.18), draw.between(-0.17, 0.17));
        Self { middle: width / 2.0, size, narrow, slant, turn, centre }
    }

    fn put(&self, stroke: &Stroke) -> Vec<Point> {
        let points = match stroke {
            Stroke::Straight(points) => straight(points),
            Stroke::Curved(points) => curved(points),
        };
        let (sin, cos) = self.turn.sin_cos();
        let put = |(x, y): Point| {
            let (x, y) = ((x - self.middle) * self.size, (y - 50.0) * self.size);
            let x = x + self.slant * y;
            (self.centre.0 + (x * cos - y * sin) * self.narrow, self.centre.1 + x * sin + y * cos)
        };
        points.into_iter().map(put).collect()
    }
}

/// A slow wave that shifts every point a little.
struct Wave {
    amplitude: Point,
    length: Point,
    phase: Point,
}

impl Wave {
    fn new(draw: &mut Draw) -> Self {
        Self {
            amplitude: (draw.between(1.5, 3.0), draw.between(2.0, 4.5)),
            length: (draw.between(40.0, 60.0), draw.between(70.0, 110.0)),
            phase: (draw.between(0.0, 6.3), draw.between(0.0, 6.3)),
        }
    }

    fn bend(&self, (x, y): Point) -> Point {
        let swing = |place: f32, length: f32, phase: f32| (place / length * std::f32::consts::TAU + phase).sin();
        (
            x + self.amplitude.0 * swing(y, self.length.0, self.phase.0),
            y + self.amplitude.1 * swing(x, self.length.1, self.phase.1),
        )
    }
}

/// A curved line from one side of the paper to the other.
fn across(draw: &mut Draw) -> Vec<Point> {
    let height = HEIGHT as f32;
    let steps = [-0.05, 0.2, 0.4, 0.6, 0.8, 1.05];
    let points: Vec<Point> =
        steps.iter().map(|share| (share * WIDTH as f32, draw.between(0.14 * height, 0.86 * height))).collect();
    curved(&points)
}

/// Straight lines, cut into pieces short enough for the wave to bend them.
fn straight(points: &[Point]) -> Vec<Point> {
    let pieces = 8_u8;
    let between = |a: Point, b: Point| {
        (0..=pieces).map(move |n| {
            let share = f32::from(n) / f32::from(pieces);
            (a.0 + (b.0 - a.0) * share, a.1 + (b.1 - a.1) * share)
        })
    };
    points.iter().zip(points.iter().skip(1)).flat_map(|(a, b)| between(*a, *b)).collect()
}

/// A curve through the points (Catmull and Rom 1974), cut into pieces.
fn curved(points: &[Point]) -> Vec<Point> {
    let pieces = 5_u8;
    let at = |n: usize| points.get(n.min(points.len().saturating_sub(1))).copied().unwrap_or_default();
    let blend = |p: [f32; 4], t: f32| {
        let [a, b, c, d] = p;
        let (linear, square, cube) = (c - a, 2.0 * a - 5.0 * b + 4.0 * c - d, 3.0 * b - a - 3.0 * c + d);
        0.5 * (2.0 * b + linear * t + square * t * t + cube * t * t * t)
    };
    let piece = |n: usize| {
        let (a, b, c, d) = (at(n.saturating_sub(1)), at(n), at(n + 1), at(n + 2));
        (0..=pieces).map(move |step| {
            let t = f32::from(step) / f32::from(pieces);
            (blend([a.0, b.0, c.0, d.0], t), blend([a.1, b.1, c.1, d.1], t))
        })
    };
    (0..points.len().saturating_sub(1)).flat_map(piece).collect()
}

/// How much ink there is on each pixel, from 0 to 1, row by row.
struct Paper(Vec<f32>);

impl Paper {
    fn new() -> Self {
        Self(vec![0.0; WIDTH * HEIGHT])
    }

    /// Draws along the points with a round pen of this half width, in this darkness, with soft edges.
    fn pen(&mut self, points: &[Point], half: f32, dark: f32) {
        for (a, b) in points.iter().zip(points.iter().skip(1)) {
            self.piece(*a, *b, half, dark);
        }
    }

    fn piece(&mut self, a: Point, b: Point, half: f32, dark: f32) {
        let reach = half + 1.0;
        let columns = span(a.0.min(b.0) - reach, a.0.max(b.0) + reach, WIDTH);
        for y in span(a.1.min(b.1) - reach, a.1.max(b.1) + reach, HEIGHT) {
            let row = self.0.get_mut(y * WIDTH..(y + 1) * WIDTH).unwrap_or_default();
            for (x, ink) in row.iter_mut().enumerate().take(columns.end).skip(columns.start) {
                let far = distance((x as f32 + 0.5, y as f32 + 0.5), a, b);
                *ink = ink.max(dark * (half + 0.5 - far).clamp(0.0, 1.0));
            }
        }
    }
}

/// The pixels from `low` to `high` that are on the paper.
fn span(low: f32, high: f32, end: usize) -> std::ops::Range<usize> {
    // A conversion from f32 stops at the ends of the range of the integer.
    (low.floor() as usize).min(end)..(high.ceil() as usize).min(end)
}

/// How far a point is from the piece of line between `a` and `b`.
fn distance(point: Point, a: Point, b: Point) -> f32 {
    let (along, to) = ((b.0 - a.0, b.1 - a.1), (point.0 - a.0, point.1 - a.1));
    let square = along.0 * along.0 + along.1 * along.1;
    let share = if square > 0.0 { ((to.0 * along.0 + to.1 * along.1) / square).clamp(0.0, 1.0) } else { 0.0 };
    (to.0 - share * along.0).hypot(to.1 - share * along.1)
}

fn encoded(paper: &Paper) -> Result<Vec<u8>, png::EncodingError> {
    // Sixteen greys from paper (15) to ink (0): two pixels a byte.
    let grey = |ink: Option<&f32>| 15 - (ink.copied().unwrap_or_default() * 15.0).round() as u8;
    let pairs = paper.0.chunks(2).map(|pair| grey(pair.first()) << 4 | grey(pair.get(1)));
    let mut file = Vec::with_capacity(4096);
    let mut encoder = png::Encoder::new(&mut file, WIDTH as u32, HEIGHT as u32);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Four);
    encoder.set_compression(png::Compression::Balanced);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&pairs.collect::<Vec<u8>>())?;
    writer.finish()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pixels of a picture, one a byte, 0 is ink; read back by the decoder.
    fn pixels(file: &[u8]) -> Vec<u8> {
        let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
        let info = reader.info();
        assert_eq!((info.width, info.height), (240, 80));
        assert!(info.uncompressed_latin1_text.is_empty() && info.utf8_text.is_empty());
        let mut packed = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut packed).unwrap();
        packed.iter().flat_map(|pair| [pair >> 4, pair & 15]).collect()
    }

    #[test]
    fn is_a_small_png_with_ink_and_paper() {
        for text in ["ACEFGH", "JKPRTW", "XY3479", "WWWWWW", "777777"] {
            for seed in 0..50 {
                let file = picture(text, seed);
                assert_eq!(file.get(..8).unwrap(), b"\x89PNG\r\n\x1a\n");
                assert!(file.len() < 6000, "{} bytes", file.len());
                let dark = pixels(&file).iter().filter(|grey| **grey < 4).count() * 100 / (WIDTH * HEIGHT);
                assert!((8..35).contains(&dark), "{text} {seed}: {dark} % ink");
            }
        }
    }

    #[test]
    fn characters_stay_on_the_paper() {
        for text in ["WWWWWW", "AJWXHT", "777777", "EEEEEE"] {
            for seed in 0..500 {
                let mut draw = Draw(seed);
                let wave = Wave::new(&mut draw);
                for (stroke, half) in written(text, &mut draw) {
                    for (x, y) in stroke.into_iter().map(|point| wave.bend(point)) {
                        let inside =
                            (half..WIDTH as f32 - half).contains(&x) && (half..HEIGHT as f32 - half).contains(&y);
                        assert!(inside, "{text} {seed}: ({x}, {y})");
                    }
                }
            }
        }
    }
}
