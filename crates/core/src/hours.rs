//! When the care team answers.
//!
//! Local days and minutes in, local days and minutes out: the caller knows the time zone.

/// A moment on the care team's wall clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Local {
    /// Days since 1970-01-01 in the care team's calendar.
    pub day: i64,
    /// Minutes since midnight.
    pub minute: u16,
}

/// A span of one day in which somebody answers, in minutes since midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shift {
    /// First minute.
    pub from: u16,
    /// First minute after it; 1440 is midnight.
    pub until: u16,
}

/// The weekly table and its exceptions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hours {
    /// Shifts of each day, Monday first, in order and without overlap.
    pub week: [Vec<Shift>; 7],
    /// Days since 1970-01-01 on which nobody answers.
    pub holidays: Vec<i64>,
}

/// Whether somebody answers now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Yes, until this minute of today.
    Open {
        /// Minutes since midnight.
        until: u16,
    },
    /// No; next at this moment.
    Closed {
        /// The next opening.
        next: Local,
    },
    /// Not within the coming two weeks.
    Never,
}

impl Hours {
    /// Whether somebody answers at this moment, and what comes next.
    pub fn status(&self, now: Local) -> Status {
        if let Some(shift) = self.shifts(now.day).iter().find(|s| s.from <= now.minute && now.minute < s.until) {
            return Status::Open { until: shift.until };
        }
        let later_today = self.shifts(now.day).iter().find(|shift| shift.from > now.minute);
        let today = later_today.map(|shift| Local { day: now.day, minute: shift.from });
        let coming = (now.day + 1..=now.day + 14)
            .find_map(|day| self.shifts(day).first().map(|shift| Local { day, minute: shift.from }));
        today.or(coming).map_or(Status::Never, |next| Status::Closed { next })
    }

    fn shifts(&self, day: i64) -> &[Shift] {
        if self.holidays.contains(&day) {
            return &[];
        }
        // 1970-01-01 was a Thursday, the fourth day from Monday.
        let weekday = usize::try_from((day + 3).rem_euclid(7)).unwrap_or_default();
        self.week.get(weekday).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Monday 2026-11-23.
    const MONDAY: i64 = 20_780;

    fn office() -> Hours {
        let day = || vec![Shift { from: 540, until: 1020 }];
        Hours { week: [day(), day(), day(), day(), day(), vec![], vec![]], holidays: vec![MONDAY + 3] }
    }

    #[test]
    fn tells_open_and_when_next() {
        let at = |day, minute| office().status(Local { day: MONDAY + day, minute });
        let next = |day, minute| Status::Closed { next: Local { day: MONDAY + day, minute } };
        for (day, minute, expected) in [
            (0, 539, next(0, 540)),
            (0, 540, Status::Open { until: 1020 }),
            (0, 1019, Status::Open { until: 1020 }),
            (0, 1020, next(1, 540)),
            (2, 1100, next(4, 540)),
            (3, 600, next(4, 540)),
            (4, 1020, next(7, 540)),
            (6, 0, next(7, 540)),
        ] {
            assert_eq!(at(day, minute), expected, "day {day} minute {minute}");
        }
        assert_eq!(Hours::default().status(Local { day: MONDAY, minute: 0 }), Status::Never);
    }
}
