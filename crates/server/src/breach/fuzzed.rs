//! What of a corpus is read, for `fuzz/targets`: compiled for the fuzzer alone.

use std::io::Cursor;
use std::sync::Arc;

use regain_core::password::breach::entry;

use super::input::{lines, unpacked};

/// A corpus, plain or packed, is read to its end or to where it is damaged; of a plain one no byte is lost.
pub fn corpus(bytes: &[u8]) {
    let read = Arc::default();
    let Ok(mut unpacked) = unpacked(Cursor::new(bytes.to_vec()), 0, &read) else { return };
    let mut passed = 0;
    let done = lines(&mut *unpacked, |line, length| {
        passed += length;
        let _ = entry(line);
        // Some bytes unpack to millions; where that leads nowhere new, enough is enough.
        if passed > 1 << 20 { Err(()) } else { Ok(()) }
    });
    let plain = !matches!(bytes, [0x1f, 0x8b, ..] | [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..]);
    assert!(!plain || (done.is_ok() && passed == bytes.len() as u64));
}
