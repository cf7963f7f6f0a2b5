//! `[care_team]`: the people who help, and when.

use jiff::Unit;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use regain_core::Time;
use regain_core::hours::{Hours, Local, Shift, Status};
use serde::Deserialize;

/// `[care_team]` as written.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CareTeamSection {
    /// What they are called.
    name: String,
    /// Their mail address.
    mail: Option<String>,
    /// Their telephone number, as people write it.
    telephone: Option<String>,
    /// The IANA name of their time zone.
    time_zone: String,
    /// Lines such as `Mon-Fri 09:00-17:00` or `Sat 10:00-12:00, 13:00-15:00`.
    hours: Vec<String>,
    /// Dates on which nobody answers, `2026-12-25`.
    holidays: Vec<String>,
}

impl Default for CareTeamSection {
    fn default() -> Self {
        Self {
            name: "Care team".into(),
            mail: None,
            telephone: None,
            time_zone: "UTC".into(),
            hours: vec!["Mon-Fri 09:00-17:00".into()],
            holidays: Vec::new(),
        }
    }
}

/// `[care_team]`, checked.
#[derive(Clone, Debug)]
pub struct CareTeam {
    /// What they are called.
    pub name: String,
    /// Their mail address.
    pub mail: Option<String>,
    /// Their telephone number.
    pub telephone: Option<String>,
    /// Their time zone.
    pub zone: TimeZone,
    /// The zone's IANA name.
    pub zone_name: String,
    /// When they answer.
    pub hours: Hours,
    /// The holidays as dates, for the page.
    pub holidays: Vec<Date>,
}

impl CareTeam {
    /// This moment on their wall clock.
    pub fn local(&self, now: Time) -> Local {
        let zoned = jiff::Timestamp::from_millisecond(now.0).unwrap_or_default().to_zoned_datetime(self.zone.clone());
        let minute = i32::from(zoned.hour()) * 60 + i32::from(zoned.minute());
        Local { day: day_number(zoned.date()), minute: u16::try_from(minute).unwrap_or_default() }
    }

    /// Whether they answer now.
    pub fn status(&self, now: Time) -> Status {
        self.hours.status(self.local(now))
    }
}

impl CareTeamSection {
    /// Checks the section; gives something usable even then.
    pub fn check(self, problems: &mut Vec<String>) -> CareTeam {
        let zone = TimeZone::get(&self.time_zone).unwrap_or_else(|_| {
            problems.push(format!("care_team.time_zone: \"{}\" is not a name such as Europe/London", self.time_zone));
            TimeZone::UTC
        });
        let mut hours = Hours::default();
        for line in &self.hours {
            if let Err(why) = add_line(&mut hours, line) {
                problems.push(format!("care_team.hours: \"{line}\": {why}; write it like Mon-Fri 09:00-17:00"));
            }
        }
        let mut holidays = Vec::new();
        for text in &self.holidays {
            match text.parse::<Date>() {
                Ok(date) => holidays.push(date),
                Err(_) => problems.push(format!("care_team.holidays: \"{text}\" is not a date such as 2026-12-25")),
            }
        }
        if self.mail.is_none() && self.telephone.is_none() {
            problems.push("care_team: give mail or telephone, or nobody who cannot reset alone can be helped".into());
        }
        hours.holidays = holidays.iter().copied().map(day_number).collect();
        let (name, mail, telephone) = (self.name, self.mail, self.telephone);
        CareTeam { name, mail, telephone, zone, zone_name: self.time_zone, hours, holidays }
    }
}

/// Days since 1970-01-01.
fn day_number(date: Date) -> i64 {
    Date::constant(1970, 1, 1).until((Unit::Day, date)).map_or(0, |span| i64::from(span.get_days()))
}

fn add_line(hours: &mut Hours, line: &str) -> Result<(), &'static str> {
    let (days, shifts) = line.trim().split_once(' ').ok_or("days and times are missing")?;
    let (first, last) = days.split_once('-').unwrap_or((days, days));
    let (first, last) = (weekday(first)?, weekday(last)?);
    if last < first {
        return Err("the days run backwards");
    }
    for shift in shifts.split(',') {
        let (from, until) = shift.trim().split_once('-').ok_or("a time span needs a beginning and an end")?;
        let shift = Shift { from: minute(from)?, until: minute(until)? };
        if shift.until <= shift.from {
            return Err("the times run backwards");
        }
        for day in hours.week.iter_mut().take(last + 1).skip(first) {
            if day.iter().any(|other| shift.from < other.until && other.from < shift.until) {
                return Err("two spans of one day overlap");
            }
            day.push(shift);
            day.sort_by_key(|shift| shift.from);
        }
    }
    Ok(())
}

fn weekday(name: &str) -> Result<usize, &'static str> {
    let name = name.to_lowercase();
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    days.iter().position(|day| *day == name).ok_or("the days are Mon, Tue, Wed, Thu, Fri, Sat and Sun")
}

fn minute(text: &str) -> Result<u16, &'static str> {
    let wrong = "a time is like 09:00";
    let (hour, minute) = text.trim().split_once(':').ok_or(wrong)?;
    let hour: u16 = hour.parse().map_err(|_| wrong)?;
    let minute: u16 = minute.parse().map_err(|_| wrong)?;
    let all = hour.checked_mul(60).and_then(|hours| hours.checked_add(minute)).ok_or(wrong)?;
    if minute < 60 && all <= 1440 { Ok(all) } else { Err(wrong) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn team(hours: &[&str], holidays: &[&str]) -> Result<CareTeam, Vec<String>> {
        let list = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let section = CareTeamSection {
            telephone: Some("1".into()),
            time_zone: "Europe/London".into(),
            hours: list(hours),
            holidays: list(holidays),
            ..CareTeamSection::default()
        };
        let mut problems = Vec::new();
        let team = section.check(&mut problems);
        if problems.is_empty() { Ok(team) } else { Err(problems) }
    }

    fn at(text: &str) -> Time {
        Time(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
    }

    #[test]
    fn hours_are_those_of_the_team_s_own_clock() {
        let team = team(&["Mon-Fri 09:00-17:00"], &["2026-12-25"]).unwrap();
        // In July London is an hour ahead of UTC: 08:30Z is half past nine there.
        assert_eq!(team.status(at("2026-07-06T08:30:00Z")), Status::Open { until: 1020 });
        assert!(matches!(team.status(at("2026-11-23T08:30:00Z")), Status::Closed { next: Local { minute: 540, .. } }));
        let next = team.status(at("2026-12-24T17:30:00Z"));
        let monday = day_number("2026-12-28".parse().unwrap());
        assert_eq!(next, Status::Closed { next: Local { day: monday, minute: 540 } }, "not on the holiday, a Friday");
    }

    #[test]
    fn nonsense_is_named() {
        for wrong in [
            "Mon",
            "Mon-Fri 9-17",
            "Fri-Mon 09:00-17:00",
            "Mon 17:00-09:00",
            "Mon 25:00-26:00",
            "Mon 09:00-12:00, 11:00-13:00",
        ] {
            assert!(team(&[wrong], &[]).is_err(), "{wrong}");
        }
        assert!(team(&[], &["2026-02-30"]).is_err());
    }
}
