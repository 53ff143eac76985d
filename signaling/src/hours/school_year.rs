//! School years: they begin on another day in other academies, and by the clock of the place (domain rules §2.4).

use std::fmt;

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};

/// The day on which the school years of an academy begin, `MM-DD`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct YearStart {
    month: i8,
    day: i8,
}

impl Default for YearStart {
    /// 1 September.
    fn default() -> Self {
        Self { month: 9, day: 1 }
    }
}

impl TryFrom<String> for YearStart {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no day of the year; write MM-JJ, as in 09-01");
        let (month, day) = text.split_once('-').ok_or_else(wrong)?;
        let (month, day) = (month.parse().map_err(|_| wrong())?, day.parse().map_err(|_| wrong())?);
        // A day that every year has.
        Date::new(2001, month, day).map_err(|_| wrong())?;
        Ok(Self { month, day })
    }
}

impl From<YearStart> for String {
    fn from(start: YearStart) -> Self {
        format!("{:02}-{:02}", start.month, start.day)
    }
}

impl YearStart {
    /// The first day of the school year after the one that a local date falls in.
    #[must_use]
    pub fn next_after(self, date: Date) -> Date {
        let past = (date.month(), date.day()) >= (self.month, self.day);
        let year = if past { date.year().saturating_add(1) } else { date.year() };
        Date::new(year, self.month, self.day).unwrap_or(Date::MAX)
    }
}

/// A school year of an academy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SchoolYear {
    /// The calendar year in which it begins.
    first: i16,
    /// It runs into the next one as people say it: "2026-2027".
    straddles: bool,
}

impl SchoolYear {
    /// The one that a local date falls in.
    #[must_use]
    pub fn of(date: Date, start: YearStart) -> Self {
        let before = (date.month(), date.day()) < (start.month, start.day);
        Self::beginning(if before { date.year() - 1 } else { date.year() }, start)
    }

    /// The one that an instant falls in, by the clock of a zone.
    #[must_use]
    pub fn at(instant: Timestamp, zone: &TimeZone, start: YearStart) -> Self {
        Self::of(instant.to_zoned(zone.clone()).date(), start)
    }

    /// The one that begins in a calendar year.
    #[must_use]
    pub fn beginning(first: i16, start: YearStart) -> Self {
        // In the south it begins with the calendar year, and bears its number alone.
        Self { first, straddles: start.month > 6 }
    }

    /// The calendar year in which it begins.
    #[must_use]
    pub fn first(self) -> i16 {
        self.first
    }
}

impl fmt::Display for SchoolYear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.straddles {
            true => write!(f, "{}-{}", self.first, self.first.saturating_add(1)),
            false => write!(f, "{}", self.first),
        }
    }
}
