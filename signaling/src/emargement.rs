//! Émargement of a face-to-face half-day: who signed, and the code that turns every 30 seconds on the trainer's screen
//! (domain rules §2.4, *Face-to-face part*).
//!
//! The code is an HMAC of half-day and time step, so nothing about it is stored. What a phone reads from the QR code is
//! the same step with a longer HMAC. The last step still counts: nobody types six digits in no time. Who cannot type
//! them in a minute is ticked by the trainer.

mod code;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};

use crate::id::{HalfDayId, PersonId};

pub use code::{CodeKey, Shown};

/// Signing is possible that long before and after the start of a half-day.
pub const WINDOW: SignedDuration = SignedDuration::from_mins(30);
/// So many wrong codes…
pub const TRIES: usize = 5;
/// …within so long…
pub const TRIES_WITHIN: SignedDuration = SignedDuration::from_mins(10);
/// …and further ones are refused for so long.
pub const REFUSED_FOR: SignedDuration = SignedDuration::from_mins(10);
/// Shortest and longest half-day, minutes.
pub const MIN_MINUTES: u32 = 15;
pub const MAX_MINUTES: u32 = 12 * 60;
/// Most half-days of one séance.
pub const MAX_HALF_DAYS: usize = 20;

/// A morning or an afternoon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "attendance.ts"))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HalfDay {
    pub id: HalfDayId,
    #[cfg_attr(test, ts(type = "string"))]
    pub starts_at: Timestamp,
    /// What a signature credits.
    pub duration_min: u32,
}

/// How somebody signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "attendance.ts"))]
#[serde(rename_all = "snake_case")]
pub enum Method {
    Qr,
    Code,
    /// Ticked by the trainer.
    Tick,
    /// On a paper list, which the trainer kept.
    Paper,
}

/// Somebody signed a half-day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "attendance.ts"))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Signature {
    pub half_day: HalfDayId,
    pub person: PersonId,
    pub method: Method,
    #[cfg_attr(test, ts(type = "string"))]
    pub at: Timestamp,
    /// Who ticked it, or entered the paper; the person itself for a code.
    pub author: PersonId,
    /// Hex SHA-256 of the scanned paper; empty without one.
    pub attachment_sha256: String,
}

/// Why a signature no longer counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "attendance.ts"))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Withdrawal {
    #[cfg_attr(test, ts(type = "string"))]
    pub at: Timestamp,
    pub by: PersonId,
    pub reason: String,
}

/// A signature that was taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "attendance.ts"))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Withdrawn {
    pub signature: Signature,
    pub withdrawal: Withdrawal,
    /// Empty when nobody knows it any more.
    pub by_name: String,
}

/// Why a code is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotSigned {
    #[error("nothing can be signed now")]
    OutOfWindow,
    #[error("this code is past, or of another half-day; take the one on the screen")]
    Expired,
    #[error("this is not the code on the screen")]
    Wrong,
    #[error("this person is not expected at that half-day; ask the trainer")]
    NotExpected,
}

impl Method {
    /// All of them, for tables and tests.
    pub const ALL: [Self; 4] = [Self::Qr, Self::Code, Self::Tick, Self::Paper];

    /// The word that is stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Qr => "qr",
            Self::Code => "code",
            Self::Tick => "tick",
            Self::Paper => "paper",
        }
    }

    /// The method of that word.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.as_str() == word)
    }

    /// True when somebody else says that the person was there.
    #[must_use]
    pub fn is_manual(self) -> bool {
        matches!(self, Self::Tick | Self::Paper)
    }
}

impl HalfDay {
    #[must_use]
    pub fn ends_at(&self) -> Timestamp {
        moved(self.starts_at, SignedDuration::from_mins(i64::from(self.duration_min)))
    }

    /// From when on it can be signed.
    #[must_use]
    pub fn opens_at(&self) -> Timestamp {
        moved(self.starts_at, -WINDOW)
    }

    /// Until when it can be signed.
    #[must_use]
    pub fn closes_at(&self) -> Timestamp {
        moved(self.starts_at, WINDOW)
    }

    #[must_use]
    pub fn is_open(&self, now: Timestamp) -> bool {
        (self.opens_at()..=self.closes_at()).contains(&now)
    }
}

/// Until when somebody may not try again, after these wrong tries (oldest first).
#[must_use]
pub fn refused_until(wrong: &[Timestamp], now: Timestamp) -> Option<Timestamp> {
    let bursts = wrong.windows(TRIES).filter_map(|burst| {
        let (first, last) = (burst.first()?, burst.last()?);
        (last.duration_since(*first) <= TRIES_WITHIN).then(|| moved(*last, REFUSED_FOR))
    });
    bursts.max().filter(|until| now < *until)
}

/// Whether a half-day may be added to these.
///
/// # Errors
/// The field that is wrong: `durationMin`, or `startsAt` when it overlaps another one or there are too many.
pub fn fits(planned: &[HalfDay], new: &HalfDay) -> Result<(), &'static str> {
    if !(MIN_MINUTES..=MAX_MINUTES).contains(&new.duration_min) {
        return Err("durationMin");
    }
    let overlaps = |day: &HalfDay| day.starts_at < new.ends_at() && new.starts_at < day.ends_at();
    if planned.len() >= MAX_HALF_DAYS || planned.iter().any(overlaps) {
        return Err("startsAt");
    }
    Ok(())
}

/// Half-days that go with their séance from one start and zone (IANA) to another: on the wall clock as many days and
/// hours later or earlier, whatever the clocks do between.
#[must_use]
pub fn moved_with(days: &[HalfDay], from: (Timestamp, &str), to: (Timestamp, &str)) -> Vec<HalfDay> {
    let by = to.0.duration_since(from.0);
    let moved_day = |day: &HalfDay| {
        let (old, new) = (TimeZone::get(from.1).ok()?, TimeZone::get(to.1).ok()?);
        let by = new.to_datetime(to.0).duration_since(old.to_datetime(from.0));
        let local = old.to_datetime(day.starts_at).checked_add(by).ok()?;
        Some(new.to_ambiguous_zoned(local).compatible().ok()?.timestamp())
    };
    let each = days.iter().map(|day| {
        let starts_at = moved_day(day).unwrap_or_else(|| moved(day.starts_at, by));
        HalfDay { starts_at, ..day.clone() }
    });
    each.collect()
}

fn moved(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_add(by).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_days_go_with_their_seance_on_the_wall_clock() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let day = |start: &str| HalfDay {
            id: HalfDayId(uuid::Uuid::nil()),
            starts_at: at(start),
            duration_min: 180,
        };
        let afternoon = [day("2026-10-23T11:30:00Z")];
        let paris = "Europe/Paris";
        for (to, expected) in [
            // Over the night when the clocks change: half past one stays half past one.
            ((at("2026-10-26T08:00:00Z"), paris), "2026-10-26T12:30:00Z"),
            ((at("2026-10-23T08:00:00Z"), paris), "2026-10-23T12:30:00Z"),
            // The same hours on the wall of another island.
            ((at("2026-10-23T05:00:00Z"), "Indian/Reunion"), "2026-10-23T09:30:00Z"),
            ((at("2026-10-23T08:00:00Z"), "Nowhere"), "2026-10-23T12:30:00Z"),
        ] {
            let found = moved_with(&afternoon, (at("2026-10-23T07:00:00Z"), paris), to);
            assert_eq!(found, [day(expected)], "{to:?}");
        }
    }
}
