//! How Active Directory writes things down: passwords, times, flags, names of accounts.

use regain_core::{Secret, Span, Time};

/// `userAccountControl` ([MS-ADTS] 2.2.16): an administrator has switched the account off.
pub(super) const ACCOUNT_DISABLED: i64 = 0x2;
/// `userAccountControl`: its password never gets too old.
pub(super) const PASSWORD_LASTS: i64 = 0x1_0000;
/// `msDS-User-Account-Control-Computed` ([MS-ADTS] 3.1.1.4.5.17): locked after wrong passwords, at this moment.
pub(super) const LOCKED_NOW: i64 = 0x10;
/// `msDS-User-Account-Control-Computed`: its password is too old, or has to be changed.
pub(super) const PASSWORD_EXPIRED_NOW: i64 = 0x80_0000;
/// `pwdProperties` ([MS-SAMR], `DOMAIN_PASSWORD_COMPLEX`): passwords need several kinds of characters.
pub(super) const COMPLEX: i64 = 0x1;

/// Milliseconds from 1601-01-01, where a FILETIME begins, to 1970-01-01.
const EPOCH: i64 = 11_644_473_600_000;
/// A FILETIME counts tenths of a microsecond.
const TICKS: i64 = 10_000;

/// The value of `unicodePwd` ([MS-ADTS] 3.1.1.3.1.5): the password between quotation marks, in UTF-16, low byte first.
pub(super) fn unicode_password(password: &Secret) -> Vec<u8> {
    let quoted = std::iter::once('"').chain(password.reveal().chars()).chain(std::iter::once('"'));
    let mut units = [0; 2];
    quoted.flat_map(|c| c.encode_utf16(&mut units).to_vec()).flat_map(u16::to_le_bytes).collect()
}

/// A moment written as a FILETIME. 0 and the largest number mean never.
pub(super) fn moment(filetime: i64) -> Option<Time> {
    (filetime > 0 && filetime != i64::MAX).then(|| Time(filetime / TICKS - EPOCH))
}

/// A length of time, which Active Directory writes below zero. The smallest number means for ever, as nothing does here.
pub(super) fn length(interval: i64) -> Option<Span> {
    (interval != i64::MIN).then(|| Span(interval.saturating_abs() / TICKS))
}

/// The lasting name of an account: its `objectGUID` as people write it. The first three groups are stored low byte first
/// ([MS-DTYP] 2.3.4.2). Nothing if it has not 16 bytes.
pub(super) fn guid_text(bytes: &[u8]) -> Option<String> {
    let bytes: [u8; 16] = bytes.try_into().ok()?;
    let hex = data_encoding::HEXLOWER.encode(&swapped(bytes));
    let (a, rest) = hex.split_at(8);
    let (b, rest) = rest.split_at(4);
    let (c, rest) = rest.split_at(4);
    let (d, e) = rest.split_at(4);
    Some(format!("{a}-{b}-{c}-{d}-{e}"))
}

/// The bytes of `objectGUID` from the way people write it. Nothing if it is not written just so.
pub(super) fn guid_bytes(text: &str) -> Option<[u8; 16]> {
    let hex: String = text.split('-').collect();
    let bytes = data_encoding::HEXLOWER.decode(hex.as_bytes()).ok()?;
    let bytes = swapped(bytes.try_into().ok()?);
    guid_text(&bytes).filter(|again| again == text).map(|_| bytes)
}

/// Turns the first three groups around.
fn swapped(bytes: [u8; 16]) -> [u8; 16] {
    let [a, b, c, d, e, f, g, h, rest @ ..] = bytes;
    let [i, j, k, l, m, n, o, p] = rest;
    [d, c, b, a, f, e, h, g, i, j, k, l, m, n, o, p]
}

/// A security identifier ([MS-DTYP] 2.4.2.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sid(Vec<u8>);

impl Sid {
    /// From the bytes of `objectSid`. Nothing if they are none.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let (&revision, &parts) = (bytes.first()?, bytes.get(1)?);
        let whole = revision == 1 && parts > 0 && bytes.len() == 8 + 4 * usize::from(parts);
        whole.then(|| Self(bytes.to_vec()))
    }

    /// The last number: who it is in its domain.
    pub(super) fn relative(&self) -> u32 {
        let last: Option<[u8; 4]> = self.0.last_chunk().copied();
        last.map_or(0, u32::from_le_bytes)
    }

    /// Somebody else of the same domain.
    pub(super) fn neighbour(&self, relative: u32) -> Self {
        let domain = self.0.get(..self.0.len().saturating_sub(4)).unwrap_or_default();
        Self([domain, &relative.to_le_bytes()].concat())
    }

    /// Whether it is one of those that every Windows has (`S-1-5-32-…`).
    pub(super) fn is_builtin(&self) -> bool {
        self.0.get(..12) == Some(&[1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0])
    }

    /// The bytes, for a filter.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_quoted_in_utf_16() {
        assert_eq!(unicode_password(&Secret::new("aé")), b"\"\0a\0\xe9\0\"\0");
        // U+1F511 takes two units.
        assert_eq!(unicode_password(&Secret::new("\u{1f511}")), b"\"\0\x3d\xd8\x11\xdd\"\0");
        assert_eq!(unicode_password(&Secret::new("\"")), b"\"\0\"\0\"\0");
    }

    #[test]
    fn moments_and_lengths_are_converted() {
        for (filetime, expected) in [
            (0, None),
            (i64::MAX, None),
            (-1, None),
            (116_444_736_000_000_000, Some(Time(0))),
            (134_400_173_528_948_830, Some(Time(1_795_543_752_894))),
        ] {
            assert_eq!(moment(filetime), expected, "{filetime}");
        }
        for (interval, expected) in [
            (0, Some(Span(0))),
            (-18_000_000_000, Some(Span::minutes(30))),
            (-864_000_000_000, Some(Span::hours(24))),
            (i64::MIN, None),
        ] {
            assert_eq!(length(interval), expected, "{interval}");
        }
    }

    #[test]
    fn a_guid_is_written_as_windows_does() {
        let bytes = [0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff];
        let text = "00112233-4455-6677-8899-aabbccddeeff";
        assert_eq!(guid_text(&bytes).as_deref(), Some(text));
        assert_eq!(guid_bytes(text), Some(bytes));
        for wrong in [
            "",
            "\0",
            "gone",
            "00112233445566778899aabbccddeeff",
            "00112233-4455-6677-8899-AABBCCDDEEFF",
            "*",
            "\u{202e}",
        ] {
            assert_eq!(guid_bytes(wrong), None, "{wrong:?}");
        }
        assert_eq!(guid_text(&bytes[1..]), None);
    }

    #[test]
    fn a_sid_tells_its_domain_and_its_number() {
        let bytes = data_encoding::BASE64.decode(b"AQUAAAAAAAUVAAAA7wOV3dIV8chXqnlGTwQAAA==").unwrap();
        let sid = Sid::read(&bytes).unwrap();
        assert_eq!(sid.relative(), 0x44f);
        assert_eq!(sid.neighbour(0x44f), sid);
        assert_eq!(sid.neighbour(512).relative(), 512);
        assert!(!sid.is_builtin());
        let builtin = data_encoding::BASE64.decode(b"AQIAAAAAAAUgAAAAIQIAAA==").unwrap();
        let builtin = Sid::read(&builtin).unwrap();
        assert!(builtin.is_builtin() && builtin.relative() == 545);
        assert_eq!((Sid::read(&bytes[..27]), Sid::read(&[])), (None, None));
    }
}
