//! The sound: the characters spoken one after the other, with a murmur under them.

use super::Draw;

/// Samples a second.
const RATE: f32 = 8000.0;

/// Silence in 8-bit samples.
const MIDDLE: f32 = 128.0;

/// The spoken characters. `assets/captcha/README.md` says how they were made.
static CLIPS: [(char, &[u8]); 18] = [
    ('A', include_bytes!("../../assets/captcha/A.u8")),
    ('C', include_bytes!("../../assets/captcha/C.u8")),
    ('E', include_bytes!("../../assets/captcha/E.u8")),
    ('F', include_bytes!("../../assets/captcha/F.u8")),
    ('G', include_bytes!("../../assets/captcha/G.u8")),
    ('H', include_bytes!("../../assets/captcha/H.u8")),
    ('J', include_bytes!("../../assets/captcha/J.u8")),
    ('K', include_bytes!("../../assets/captcha/K.u8")),
    ('P', include_bytes!("../../assets/captcha/P.u8")),
    ('R', include_bytes!("../../assets/captcha/R.u8")),
    ('T', include_bytes!("../../assets/captcha/T.u8")),
    ('W', include_bytes!("../../assets/captcha/W.u8")),
    ('X', include_bytes!("../../assets/captcha/X.u8")),
    ('Y', include_bytes!("../../assets/captcha/Y.u8")),
    ('3', include_bytes!("../../assets/captcha/3.u8")),
    ('4', include_bytes!("../../assets/captcha/4.u8")),
    ('7', include_bytes!("../../assets/captcha/7.u8")),
    ('9', include_bytes!("../../assets/captcha/9.u8")),
];

/// These characters spoken, in English: a WAV file (8 kHz, 8 bits, one channel), under 120 KB for six of them. One seed
/// gives one sound. Characters outside the alphabet are passed over.
pub fn sound(characters: &str, seed: u64) -> Vec<u8> {
    let mut draw = Draw(seed);
    let mut track = Vec::new();
    silence(&mut track, draw.between(0.5, 0.8));
    for clip in characters.chars().filter_map(clip) {
        let (speed, loudness) = (draw.between(0.94, 1.12), draw.between(0.85, 1.0));
        say(&mut track, clip, speed, loudness);
        silence(&mut track, draw.between(0.45, 0.75));
    }
    murmur(&mut track, &mut draw);
    wav(&track)
}

fn clip(character: char) -> Option<&'static [u8]> {
    let wanted = character.to_ascii_uppercase();
    CLIPS.iter().find(|(known, _)| *known == wanted).map(|(_, clip)| *clip)
}

fn silence(track: &mut Vec<f32>, seconds: f32) {
    track.resize(track.len() + (seconds * RATE) as usize, 0.0);
}

/// Adds a clip, faster or slower than it was spoken.
fn say(track: &mut Vec<f32>, clip: &[u8], speed: f32, loudness: f32) {
    let sample = |n: usize| f32::from(clip.get(n).copied().unwrap_or(128)) - MIDDLE;
    let count = (clip.len() as f32 / speed) as usize;
    track.extend((0..count).map(|n| {
        let place = n as f32 * speed;
        let (whole, share) = (place as usize, place.fract());
        loudness * (sample(whole) * (1.0 - share) + sample(whole + 1) * share)
    }));
}

/// Lays a hiss under everything, soft as in a large room, that swells and falls.
fn murmur(track: &mut [f32], draw: &mut Draw) {
    let (swell, phase) = (draw.between(0.3, 0.7), draw.between(0.0, 6.3));
    let mut soft = 0.0;
    for (n, sample) in track.iter_mut().enumerate() {
        // A low-pass filter of one step: hiss at its full width would tire the ear.
        soft += 0.25 * (draw.between(-1.0, 1.0) - soft);
        let swing = (n as f32 / RATE * swell * std::f32::consts::TAU + phase).sin();
        *sample += soft * (14.0 + 6.0 * swing);
    }
}

/// A WAV file: RIFF header, format chunk (PCM), data chunk.
fn wav(track: &[f32]) -> Vec<u8> {
    let rate = RATE as u32;
    let length = u32::try_from(track.len()).unwrap_or_default();
    // Chunks have an even length.
    let padding = length % 2;
    let mut file = Vec::with_capacity(track.len() + 45);
    file.extend_from_slice(b"RIFF");
    file.extend_from_slice(&(36 + length + padding).to_le_bytes());
    file.extend_from_slice(b"WAVEfmt ");
    file.extend_from_slice(&16_u32.to_le_bytes());
    for word in [1_u16, 1] {
        file.extend_from_slice(&word.to_le_bytes());
    }
    for long in [rate, rate] {
        file.extend_from_slice(&long.to_le_bytes());
    }
    for word in [1_u16, 8] {
        file.extend_from_slice(&word.to_le_bytes());
    }
    file.extend_from_slice(b"data");
    file.extend_from_slice(&length.to_le_bytes());
    file.extend(track.iter().map(|sample| (sample + MIDDLE).round().clamp(0.0, 255.0) as u8));
    if padding == 1 {
        file.push(128);
    }
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_of_the_alphabet_has_a_clip_of_its_own() {
        for letter in regain_core::captcha::ALPHABET {
            let clip = clip(char::from(*letter)).unwrap();
            assert!((4000..12000).contains(&clip.len()), "{}: {} samples", char::from(*letter), clip.len());
            let loudest = clip.iter().map(|sample| sample.abs_diff(128)).max().unwrap();
            assert!((70..=127).contains(&loudest), "{}: {loudest}", char::from(*letter));
        }
        for (n, (_, one)) in CLIPS.iter().enumerate() {
            assert!(CLIPS.iter().skip(n + 1).all(|(_, other)| one != other));
        }
        let together: usize = CLIPS.iter().map(|(_, clip)| clip.len()).sum();
        assert!(together < 150_000, "{together}");
        assert!(clip('O').is_none());
    }

    #[test]
    fn is_a_wav_file_of_the_length_it_says() {
        for text in ["ACEFGH", "WWWWWW", "777777", ""] {
            for seed in 0..20 {
                let file = sound(text, seed);
                assert_eq!((&file[..4], &file[8..16], &file[36..40]), (&b"RIFF"[..], &b"WAVEfmt "[..], &b"data"[..]));
                let number = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().unwrap()) as usize;
                assert_eq!(number(4) + 8, file.len());
                assert_eq!(number(40) + 44 + number(40) % 2, file.len());
                assert_eq!((number(24), number(28)), (8000, 8000));
                assert!(file.len() < 120_000, "{} bytes", file.len());
            }
        }
    }

    #[test]
    fn speech_stands_out_from_the_murmur() {
        let file = sound("ACEFGH", 3);
        let power = |part: &[u8]| {
            let sum: f32 = part.iter().map(|sample| (f32::from(*sample) - MIDDLE).powi(2)).sum();
            (sum / part.len() as f32).sqrt()
        };
        let (before, all) = (power(&file[44..44 + 4000]), power(&file[44..]));
        assert!(before > 1.0 && before * 3.0 < all, "murmur {before}, all {all}");
    }
}
