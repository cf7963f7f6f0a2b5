//! Moments in words, on the care team's clock.

use jiff::civil::Date;
use jiff::{Span as Days, ZonedDateTime};
use regain_core::Time;
use regain_core::hours::Status;

use crate::config::care_team::CareTeam;
use crate::text::Text;

const DAYS: [&str; 7] = ["day-1", "day-2", "day-3", "day-4", "day-5", "day-6", "day-7"];
const MONTHS: [&str; 12] = [
    "month-1", "month-2", "month-3", "month-4", "month-5", "month-6", "month-7", "month-8", "month-9", "month-10",
    "month-11", "month-12",
];

/// Says moments.
pub(crate) struct When<'a> {
    pub(crate) text: &'a Text,
    pub(crate) team: &'a CareTeam,
    pub(crate) now: Time,
}

impl When<'_> {
    /// `17:05 GMT`.
    pub(crate) fn clock(&self, at: Time) -> String {
        self.zoned(at).strftime("%-H:%M %Z").to_string()
    }

    /// `today at 17:05 GMT`, `on Monday 4 January at 9:00 GMT`.
    pub(crate) fn moment(&self, at: Time) -> String {
        let clock = self.clock(at);
        match self.team.local(at).day - self.team.local(self.now).day {
            0 => self.text.say_with("when-today", &[("clock", clock.into())]),
            1 => self.text.say_with("when-tomorrow", &[("clock", clock.into())]),
            _ => {
                let day = self.date(self.zoned(at).date());
                self.text.say_with("when-day", &[("day", day.into()), ("clock", clock.into())])
            }
        }
    }

    /// `today at 17:05 GMT`, `on 24 November 2026 at 17:05 GMT`: a moment that is over.
    pub(crate) fn moment_past(&self, at: Time) -> String {
        let clock = self.clock(at);
        if self.team.local(at).day == self.team.local(self.now).day {
            return self.text.say_with("when-today", &[("clock", clock.into())]);
        }
        self.text.say_with("when-day", &[("day", self.day(at).into()), ("clock", clock.into())])
    }

    /// `24 November 2026`.
    pub(crate) fn day(&self, at: Time) -> String {
        let date = self.zoned(at).date();
        let values = [
            ("date", date.day().to_string().into()),
            ("month", self.month(date).into()),
            ("year", date.year().to_string().into()),
        ];
        self.text.say_plain("date-with-year", &values)
    }

    fn month(&self, date: Date) -> String {
        let month = usize::try_from(date.month() - 1).ok().and_then(|month| MONTHS.get(month)).copied();
        self.text.say(month.unwrap_or_default())
    }

    /// Whether the care team answers, in words.
    pub(crate) fn open(&self) -> String {
        match self.team.status(self.now) {
            Status::Open { until } => self.text.say_with("open-until", &[("clock", hour(until).into())]),
            Status::Never => self.text.say("opens-never"),
            Status::Closed { next } => {
                let (clock, ahead) = (hour(next.minute), next.day - self.team.local(self.now).day);
                match ahead {
                    0 => self.text.say_with("opens-today", &[("clock", clock.into())]),
                    1 => self.text.say_with("opens-tomorrow", &[("clock", clock.into())]),
                    _ => {
                        let day = if ahead < 7 { self.weekday(weekday(next.day)) } else { self.date(date(next.day)) };
                        self.text.say_with("opens-day", &[("day", day.into()), ("clock", clock.into())])
                    }
                }
            }
        }
    }

    /// `Friday 25 December`.
    pub(crate) fn date(&self, date: Date) -> String {
        let weekday = self.weekday(usize::try_from(date.weekday().to_monday_zero_offset()).unwrap_or_default());
        let month = self.month(date);
        let values = [("day", weekday.into()), ("date", date.day().to_string().into()), ("month", month.into())];
        self.text.say_plain("date", &values)
    }

    /// The name of a day, 0 for Monday.
    pub(crate) fn weekday(&self, day: usize) -> String {
        self.text.say(DAYS.get(day).copied().unwrap_or_default())
    }

    /// Today's place in the week, 0 for Monday.
    pub(crate) fn today(&self) -> usize {
        weekday(self.team.local(self.now).day)
    }

    fn zoned(&self, at: Time) -> ZonedDateTime {
        jiff::Timestamp::from_millisecond(at.0).unwrap_or_default().to_zoned_datetime(self.team.zone.clone())
    }
}

/// `9:00`, `24:00`.
pub(crate) fn hour(minute: u16) -> String {
    format!("{}:{:02}", minute / 60, minute % 60)
}

/// The place in the week of a day counted from 1970-01-01, a Thursday; 0 for Monday.
fn weekday(day: i64) -> usize {
    usize::try_from((day + 3).rem_euclid(7)).unwrap_or_default()
}

fn date(day: i64) -> Date {
    let epoch = Date::constant(1970, 1, 1);
    Days::new().try_days(day).and_then(|days| epoch.checked_add(days)).unwrap_or(epoch)
}
