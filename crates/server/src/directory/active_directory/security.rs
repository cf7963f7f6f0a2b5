//! Who may do what to an entry: its security descriptor ([MS-DTYP] 2.4.6), as far as one right is concerned.
//!
//! Pure, and total: bytes that are no descriptor grant nothing that can be told.

use super::wire::Sid;

/// "Reset password" (`User-Force-Change-Password`), `00299570-246d-11d0-a768-00aa006e0529`, as it is stored.
pub(super) const RESET_PASSWORD: [u8; 16] =
    [0x70, 0x95, 0x29, 0x00, 0x6d, 0x24, 0xd0, 0x11, 0xa7, 0x68, 0x00, 0xaa, 0x00, 0x6e, 0x05, 0x29];
/// The control that asks for a descriptor's list of rights alone ([MS-ADTS] 3.1.1.3.4.1.11): the whole of it needs more rights.
pub(super) const ONLY_RIGHTS: (&str, [u8; 5]) = ("1.2.840.113556.1.4.801", [0x30, 0x03, 0x02, 0x01, 0x04]);

/// `ADS_RIGHT_DS_CONTROL_ACCESS` and `GENERIC_ALL` ([MS-DTYP] 2.4.3; [MS-ADTS] 5.1.3.2).
const EXTENDED_RIGHT: u32 = 0x100;
const EVERYTHING: u32 = 0x1000_0000;
/// An entry of the list that is only for what lies below ([MS-DTYP] 2.4.4.1).
const FOR_CHILDREN: u8 = 0x08;

/// Whether somebody with these names has an extended right by this descriptor; nothing if it cannot be read.
pub(super) fn grants(descriptor: &[u8], names: &[Sid], right: &[u8; 16]) -> Option<bool> {
    let start = usize::try_from(number(descriptor, 16)?).ok()?;
    if start == 0 {
        // No list at all keeps nobody out.
        return Some(true);
    }
    let list = descriptor.get(start..)?;
    let count = u16::from_le_bytes(list.get(4..6)?.try_into().ok()?);
    let mut rest = list.get(8..)?;
    for _ in 0..count {
        let length = usize::from(u16::from_le_bytes(rest.get(2..4)?.try_into().ok()?));
        let (entry, after) = rest.split_at_checked(length)?;
        // The first that fits counts.
        if let Some(allows) = says(entry, names, right) {
            return Some(allows);
        }
        rest = after;
    }
    Some(false)
}

/// Whether an entry of the list allows or denies it; nothing if it is about something or somebody else.
fn says(entry: &[u8], names: &[Sid], right: &[u8; 16]) -> Option<bool> {
    let (kind, flags, mask) = (*entry.first()?, *entry.get(1)?, number(entry, 4)?);
    if flags & FOR_CHILDREN != 0 || mask & (EXTENDED_RIGHT | EVERYTHING) == 0 {
        return None;
    }
    // ACCESS_ALLOWED and ACCESS_DENIED, then the same for one kind of object or right ([MS-DTYP] 2.4.4.1).
    let (allows, with_object) = match kind {
        0 => (true, false),
        1 => (false, false),
        5 => (true, true),
        6 => (false, true),
        _ => return None,
    };
    let mut name = 8;
    if with_object {
        let present = number(entry, 8)?;
        name = 12;
        if present & 1 != 0 {
            if entry.get(name..name + 16)? != right {
                return None;
            }
            name += 16;
        }
        if present & 2 != 0 {
            name += 16;
        }
    }
    let parts = usize::from(*entry.get(name + 1)?);
    let sid = Sid::read(entry.get(name..name + 8 + 4 * parts)?)?;
    names.contains(&sid).then_some(allows)
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sid(last: u8) -> Vec<u8> {
        [&[1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0][..], &[last, 2, 0, 0]].concat()
    }

    fn entry(kind: u8, flags: u8, mask: u32, object: Option<[u8; 16]>, who: u8) -> Vec<u8> {
        let mut body = mask.to_le_bytes().to_vec();
        if kind >= 5 {
            body.extend(u32::from(object.is_some()).to_le_bytes());
            body.extend(object.iter().flatten());
        }
        body.extend(sid(who));
        let length = u16::try_from(body.len() + 4).unwrap();
        [&[kind, flags][..], &length.to_le_bytes(), &body].concat()
    }

    fn descriptor(entries: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = vec![1, 0, 4, 0x80];
        bytes.extend([0; 12]);
        bytes.extend(20_u32.to_le_bytes());
        bytes.extend([4, 0, 0, 0]);
        bytes.extend(u16::try_from(entries.len()).unwrap().to_le_bytes());
        bytes.extend([0, 0]);
        bytes.extend(entries.concat());
        bytes
    }

    fn told(entries: &[Vec<u8>]) -> Option<bool> {
        grants(&descriptor(entries), &[Sid::read(&sid(7)).unwrap()], &RESET_PASSWORD)
    }

    #[test]
    fn the_first_entry_that_fits_counts() {
        let other = Some([9; 16]);
        let this = Some(RESET_PASSWORD);
        for (entries, expected) in [
            (vec![], false),
            (vec![entry(5, 0, 0x100, this, 7)], true),
            (vec![entry(5, 0, 0x100, None, 7)], true),
            (vec![entry(0, 0, 0x1000_0000, None, 7)], true),
            (vec![entry(5, 0, 0x100, other, 7)], false),
            (vec![entry(5, 0, 0x100, this, 8)], false),
            (vec![entry(5, 8, 0x100, this, 7)], false),
            (vec![entry(5, 0, 0x30, this, 7)], false),
            (vec![entry(1, 0, 0x100, None, 7), entry(5, 0, 0x100, this, 7)], false),
            (vec![entry(6, 0, 0x100, other, 7), entry(5, 0, 0x100, this, 7)], true),
            (vec![entry(9, 0, 0x100, None, 7), entry(0, 0, 0x100, None, 7)], true),
        ] {
            assert_eq!(told(&entries), Some(expected), "{entries:?}");
        }
    }

    #[test]
    fn any_bytes_are_survived() {
        let whole = descriptor(&[entry(5, 0, 0x100, Some([9; 16]), 7), entry(5, 0, 0x100, Some(RESET_PASSWORD), 7)]);
        let names = [Sid::read(&sid(7)).unwrap()];
        for place in 0..whole.len() {
            assert_ne!(grants(&whole[..place], &names, &RESET_PASSWORD), Some(true), "cut at {place}");
            for byte in 0..=u8::MAX {
                let mut bytes = whole.clone();
                bytes[place] = byte;
                _ = grants(&bytes, &names, &RESET_PASSWORD);
            }
        }
    }
}
