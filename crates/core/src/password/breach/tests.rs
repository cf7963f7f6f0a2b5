//! Lines, hashes, blocks and files, in tables and in properties.

use proptest::prelude::*;

use super::*;
use crate::time::Time;

/// A filter over these keys, as a file.
fn file(keys: &[u64], precision: Precision) -> Vec<u8> {
    let mut keys = keys.to_vec();
    keys.sort_unstable();
    keys.dedup();
    let count = u32::try_from((keys.len() as u64).div_ceil(BLOCK)).unwrap();
    let (mut blocks, mut data) = (Vec::new(), Vec::new());
    for block in 0..count {
        let own: Vec<u64> = keys.iter().copied().filter(|key| block_of(*key, count) == block).collect();
        let filled = fill(&own, precision).unwrap();
        let entries = u32::try_from(own.len()).unwrap();
        blocks.push(Block { entries, shape: filled.shape, seed: filled.seed, crc: 7 });
        data.extend(filled.bytes);
    }
    let entries = keys.len() as u64;
    let about = About { kind: Kind::Sha1, precision, entries, min_count: 0, built: Time(1_795_428_000_000) };
    let mut bytes = encode(&about, &blocks);
    bytes.extend(data);
    bytes
}

fn parsed(bytes: &[u8]) -> Result<Index, Damage> {
    Index::parse(bytes, bytes.len() as u64)
}

fn holds(bytes: &[u8], index: &Index, key: u64) -> bool {
    let place = index.place_of(key).unwrap();
    assert!(place.length <= LONGEST_PLACE);
    let at = usize::try_from(place.at).unwrap();
    place.holds(&bytes[at..at + place.length])
}

fn keys(count: u64) -> Vec<u64> {
    (0..count).map(key).collect()
}

#[test]
fn lines() {
    let sha1 = "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8";
    let ntlm = "8846f7eaee8fb117ad06bdd830b7586c";
    let read = |text: &str| entry(text.as_bytes());
    let password = Secret::new("password");
    let known = |kind: Kind, count| Ok(Some(Entry { kind, key: kind.key(&password), count }));
    assert_eq!(read(sha1), known(Kind::Sha1, None));
    assert_eq!(read(&format!("{sha1}:52256179\r")), known(Kind::Sha1, Some(52_256_179)));
    assert_eq!(read(&format!("{}:0", sha1.to_lowercase())), known(Kind::Sha1, Some(0)));
    assert_eq!(read(ntlm), known(Kind::Ntlm, None));
    assert_eq!(read(&format!("{}:3", ntlm.to_uppercase())), known(Kind::Ntlm, Some(3)));
    assert_eq!((read(""), read("\r")), (Ok(None), Ok(None)));
    for (text, expected) in [
        ("password".to_owned(), Broken::NoDigit),
        (format!(" {sha1}"), Broken::NoDigit),
        (format!("{sha1} :1"), Broken::NoDigit),
        (format!("{sha1}\r\r"), Broken::NoDigit),
        (sha1[1..].to_owned(), Broken::Length(39)),
        (format!("{sha1}0:1"), Broken::Length(41)),
        (":1".to_owned(), Broken::Length(0)),
        (format!("{sha1}:"), Broken::Count),
        (format!("{sha1}:-1"), Broken::Count),
        (format!("{sha1}:1 "), Broken::Count),
        (format!("{sha1}:99999999999999999999"), Broken::Count),
    ] {
        assert_eq!(read(&text), Err(expected), "{text}");
        assert!(!expected.to_string().contains(sha1));
    }
}

#[test]
fn hashes_are_those_of_the_world() {
    // The examples of FIPS 180-4 and RFC 1320, and the NTLM hash of a word beyond Latin-1.
    assert_eq!(Kind::Sha1.key(&Secret::new("abc")), key(0xa999_3e36_4706_816a));
    assert_eq!(Kind::Ntlm.key(&Secret::new("")), key(0x31d6_cfe0_d16a_e931));
    let hash = Md4::digest([0x3b, 0x04, 0x35, 0x04, 0x42, 0x04, 0x3e, 0x04]);
    assert_eq!(Kind::Ntlm.key(&Secret::new("лето")), key(beginning(&hash)));
}

#[test]
fn what_is_in_is_found_and_little_else_is() {
    for precision in [Precision::Usual, Precision::Precise] {
        for count in [1, 2, 3, 10, 100, 1_000, 50_000, 260_000] {
            let bytes = file(&keys(count), precision);
            let index = parsed(&bytes).unwrap();
            assert_eq!(index.about().entries, count);
            assert!(keys(count).into_iter().all(|key| holds(&bytes, &index, key)), "{count}");
            let absent = 400_000;
            let mistaken = (count..count + absent).filter(|n| holds(&bytes, &index, key(*n))).count() as f64;
            let expected = absent as f64 / f64::from(precision.one_in());
            assert!((mistaken - expected).abs() < 6.0 * expected.sqrt() + 1.0, "{precision:?} {count}: {mistaken}");
        }
    }
}

#[test]
fn a_password_costs_no_more_bytes_than_promised() {
    for (precision, most) in [(Precision::Usual, 1.05), (Precision::Precise, 2.1)] {
        // From 50,000 on; below, what each block has besides counts more, which matters to nobody.
        for count in [50_000_u64, 50_001, 500_000, 1_000_000, 10_000_000, 1_000_000_000] {
            let blocks = count.div_ceil(BLOCK);
            let each = u32::try_from(count / blocks).unwrap();
            let bytes = blocks as f64 * (f64::from(Shape::of(each).slots()) * precision.width() as f64 + 16.0) + 80.0;
            assert!(bytes / count as f64 <= most, "{precision:?} {count}: {}", bytes / count as f64);
        }
    }
}

#[test]
fn the_order_of_the_keys_does_not_matter() {
    let sorted = keys(3_000);
    let turned: Vec<u64> = sorted.iter().rev().copied().collect();
    let (one, other) = (fill(&sorted, Precision::Usual).unwrap(), fill(&turned, Precision::Usual).unwrap());
    assert!(one.bytes == other.bytes && one.seed == other.seed);
}

#[test]
fn a_key_that_is_there_twice_is_refused_and_not_looked_for_forever() {
    assert!(fill(&[1, 2, 3, 2], Precision::Usual).is_none());
    assert!(fill(&[], Precision::Usual).is_some());
}

#[test]
fn every_damage_of_head_and_table_is_noticed() {
    let bytes = file(&keys(200_000), Precision::Usual);
    let index = parsed(&bytes).unwrap();
    let needed = Index::needed(&bytes).unwrap();
    assert_eq!(needed, Index::HEAD + 4 * 16);
    for at in 0..needed {
        for bit in 0..8 {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1 << bit;
            let found = parsed(&damaged).unwrap_err();
            let right = match at {
                0..8 => found == Damage::Foreign,
                8..10 => matches!(found, Damage::Version(_)),
                12..16 => matches!(found, Damage::Head | Damage::Length { .. }),
                _ => found == Damage::Head,
            };
            assert!(right, "byte {at}, bit {bit}: {found:?}");
        }
    }
    for length in (0..needed + 50).chain(bytes.len() - 50..bytes.len()) {
        let found = parsed(&bytes[..length]).unwrap_err();
        let right = match length {
            0..8 => found == Damage::Foreign,
            8..16 => found == Damage::Head,
            _ => matches!(found, Damage::Length { .. }),
        };
        assert!(right, "{length} bytes: {found:?}");
    }
    let long = Index::parse(&bytes, bytes.len() as u64 + 1);
    assert!(matches!(long, Err(Damage::Length { .. })));
    assert_eq!(index.length(), bytes.len() as u64);
    assert_eq!(index.blocks().map(|(_, length, _)| length).sum::<u64>(), (bytes.len() - needed) as u64);
}

#[test]
fn blocks_say_again_what_was_written() {
    let block = Block { entries: 90_000, shape: Shape::of(90_000), seed: 3, crc: 0xdead_beef };
    assert_eq!(Block::decode(&block.encode()), Some(block));
    assert_eq!(Block::decode(&[0; 16]), None);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_line_is_read_or_refused(line: Vec<u8>) {
        let _ = entry(&line);
    }

    #[test]
    fn any_hash_is_read(hash: [u8; 20], count: Option<u64>, upper: bool) {
        let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        let hex = if upper { hex.to_uppercase() } else { hex };
        let line = count.map_or(hex.clone(), |count| format!("{hex}:{count}"));
        let read = entry(line.as_bytes()).unwrap().unwrap();
        prop_assert_eq!(read, Entry { kind: Kind::Sha1, key: key(beginning(&hash)), count });
    }

    #[test]
    fn any_bytes_are_a_filter_or_refused(bytes: Vec<u8>, length: u64, head: bool) {
        let mut file = if head { b"REGAINBF\x02\0\x01\x01\x01\0\0\0".to_vec() } else { Vec::new() };
        file.extend(bytes);
        prop_assert!(Index::parse(&file, length).is_err());
    }

    #[test]
    fn any_keys_are_found_again(keys: std::collections::BTreeSet<u64>) {
        let keys: Vec<u64> = keys.into_iter().collect();
        prop_assume!(!keys.is_empty());
        let bytes = file(&keys, Precision::Precise);
        let index = parsed(&bytes).unwrap();
        prop_assert!(keys.iter().all(|key| holds(&bytes, &index, *key)));
    }
}
