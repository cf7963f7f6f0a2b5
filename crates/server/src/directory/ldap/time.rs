//! Points in time as directories write them.

use jiff::civil::DateTime;
use jiff::tz::Offset;
use regain_core::{Span, Time};

/// Reads a GeneralizedTime (RFC 4517, 3.3.13) in UTC: `20261124175300Z`, with or without a fraction, which is left out.
pub(in crate::directory) fn generalized(text: &str) -> Option<Time> {
    let text = text.trim().strip_suffix('Z')?;
    let whole = text.split(['.', ',']).next()?;
    if whole.len() != 14 || !whole.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part = |from: usize, to: usize| whole.get(from..to)?.parse::<i8>().ok();
    let year = whole.get(..4)?.parse().ok()?;
    let (month, day) = (part(4, 6)?, part(6, 8)?);
    let (hour, minute, second) = (part(8, 10)?, part(10, 12)?, part(12, 14)?);
    let time = DateTime::new(year, month, day, hour, minute, second.min(59), 0).ok()?;
    Some(Time(Offset::UTC.to_timestamp(time).ok()?.as_millisecond()))
}

/// Whole days since 1970, as RFC 2307 counts them.
pub(in crate::directory) fn days(time: Time) -> i64 {
    time.0.div_euclid(Span::hours(24).0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_nothing_else() {
        assert_eq!(generalized("19700101000001Z"), Some(Time(1_000)));
        assert_eq!(generalized("20261124175300.123456Z"), Some(Time(1_795_542_780_000)));
        assert_eq!(generalized("20261231235960Z"), generalized("20261231235959Z"), "a leap second");
        for wrong in
            ["", "Z", "20261124175300", "2026112417530Z", "20261324175300Z", "202611241753é0Z", "0000010100000Z"]
        {
            assert_eq!(generalized(wrong), None, "{wrong}");
        }
        assert_eq!(days(Time(86_400_000 * 20_000 + 5)), 20_000);
    }
}
