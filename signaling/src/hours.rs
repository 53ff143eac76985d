//! From presence to hours (domain rules §2.4): announced durations, never a fraction of them.
//!
//! Presence is evidence. Hours are what the parcours announces, in one of three modes ([`training`]); they are added up
//! over a school year ([`account`]). Everything is counted in whole minutes and rounded only when written ([`Minutes`]).

pub mod account;
pub mod annual;
pub mod intervention;
pub mod overlap;
pub mod report;
pub mod roll;
pub mod school_year;
pub mod statistics;
pub mod supervision;
#[cfg(test)]
mod tests;
pub mod training;

use std::{fmt, iter::Sum, ops::Add};

use serde::{Deserialize, Serialize};

/// Minutes of one day of training: 6 hours.
const DAY: u64 = 360;

/// Whole minutes of training. Sums are made of these; only what is shown is rounded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "hours.ts"))]
#[serde(transparent)]
pub struct Minutes(pub u32);

impl Minutes {
    pub const ZERO: Self = Self(0);

    /// `H:MM`.
    #[must_use]
    pub fn clock(self) -> String {
        format!("{}:{:02}", self.0 / 60, self.0 % 60)
    }

    /// Hours with a decimal comma, two decimals, half up: `3,42`.
    #[must_use]
    pub fn decimal(self) -> String {
        hundredths(u64::from(self.0), 60, ',')
    }

    /// The same with a point, for machines.
    #[must_use]
    pub fn decimal_point(self) -> String {
        hundredths(u64::from(self.0), 60, '.')
    }

    /// Days of six hours, with a decimal comma: `2,50`.
    #[must_use]
    pub fn days(self) -> String {
        hundredths(u64::from(self.0), DAY, ',')
    }

    /// What of it is left after `taken`; never below zero.
    #[must_use]
    pub fn less(self, taken: Self) -> Self {
        Self(self.0.saturating_sub(taken.0))
    }
}

impl Add for Minutes {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sum for Minutes {
    fn sum<I: Iterator<Item = Self>>(each: I) -> Self {
        each.fold(Self::ZERO, Add::add)
    }
}

impl fmt::Display for Minutes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.clock())
    }
}

/// `minutes / unit`, rounded half up to two decimals.
fn hundredths(minutes: u64, unit: u64, mark: char) -> String {
    let rounded = (minutes * 200 + unit) / (unit * 2);
    format!("{}{mark}{:02}", rounded / 100, rounded % 100)
}

/// The announced durations of a parcours, minutes. Zero is a value; none is "non renseigné".
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "hours.ts"))]
#[serde(rename_all = "camelCase")]
pub struct Announced {
    pub distance: Option<Minutes>,
    pub presence: Option<Minutes>,
}

impl Announced {
    /// Both parts together; none when neither is filled in.
    #[must_use]
    pub fn total(self) -> Option<Minutes> {
        match (self.distance, self.presence) {
            (None, None) => None,
            (distance, presence) => Some(distance.unwrap_or_default() + presence.unwrap_or_default()),
        }
    }
}
