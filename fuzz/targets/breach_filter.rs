//! A filter's file, as it is and with a head that fits its bytes, is refused or answers every question.
#![no_main]

use libfuzzer_sys::fuzz_target;
use regain_core::Time;
use regain_core::password::breach::{About, Block, Index, Kind, Precision, encode};

fuzz_target!(|bytes: &[u8]| {
    ask(bytes, bytes.len() as u64);
    // Without this the checksum would refuse all that a fuzzer comes upon.
    let Some((first, table)) = bytes.split_first() else { return };
    let blocks: Vec<Block> = table.as_chunks().0.iter().filter_map(Block::decode).collect();
    let precision = if first & 1 == 0 { Precision::Usual } else { Precision::Precise };
    let kind = if first & 2 == 0 { Kind::Sha1 } else { Kind::Ntlm };
    let entries = blocks.iter().map(|block| u64::from(block.entries)).sum();
    let about = About { kind, precision, entries, min_count: 0, built: Time(0) };
    let head = encode(&about, &blocks);
    let data: u64 = blocks.iter().map(|block| u64::from(block.shape.slots()) * precision.width() as u64).sum();
    let length = head.len() as u64 + data;
    assert_eq!(Index::parse(&head, length).is_ok(), !blocks.is_empty());
    ask(&head, length);
});

fn ask(bytes: &[u8], length: u64) {
    let Ok(index) = Index::parse(bytes, length) else { return };
    for key in [0, 1, u64::MAX / 3, u64::MAX] {
        let place = index.place_of(key).expect("there are blocks");
        assert!(place.at + place.length as u64 <= length, "within the file");
        assert!(place.at >= Index::needed(bytes).expect("it was read") as u64);
        let _ = (place.holds(&[]), place.holds(&vec![0; place.length]));
    }
}
