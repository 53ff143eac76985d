//! Hours on the wall: those that the change of clocks skips or doubles (RFC 5545 §3.3.5, domain rules §2.7).

use jiff::{
    Timestamp,
    civil::DateTime,
    tz::{AmbiguousOffset, Dst, TimeZone},
};
use serde::{Deserialize, Serialize};

use super::Invalid;

/// Which of the two, when an hour exists twice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "snake_case")]
pub enum Occurrence {
    #[default]
    First,
    Second,
}

/// "heure d'été", "heure d'hiver".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "snake_case")]
pub enum Season {
    Summer,
    Winter,
}

/// What the change of clocks does to the hour that was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum ClockWarning {
    /// The hour does not exist that day: the clock then shows `shown`.
    HourSkipped {
        #[cfg_attr(test, ts(type = "string"))]
        shown: DateTime,
        season: Season,
    },
    /// The hour exists twice; `chosen` is kept, `first` in summer time, `second` in winter time.
    HourTwice {
        #[cfg_attr(test, ts(type = "string"))]
        first: Timestamp,
        #[cfg_attr(test, ts(type = "string"))]
        second: Timestamp,
        chosen: Occurrence,
    },
}

/// The instant of an hour on the wall. One that does not exist is read with the offset in force before the gap; of one
/// that exists twice `occurrence` decides.
///
/// # Errors
/// The hour is outside the calendar.
pub fn instant(
    local: DateTime,
    zone: &TimeZone,
    occurrence: Occurrence,
) -> Result<(Timestamp, Option<ClockWarning>), Invalid> {
    let out_of_range = |_| Invalid::range("startsAt");
    let ambiguous = zone.to_ambiguous_timestamp(local);
    match ambiguous.offset() {
        AmbiguousOffset::Unambiguous { .. } => Ok((ambiguous.compatible().map_err(out_of_range)?, None)),
        AmbiguousOffset::Gap { .. } => {
            let at = ambiguous.compatible().map_err(out_of_range)?;
            let shown = zone.to_datetime(at);
            Ok((at, Some(ClockWarning::HourSkipped { shown, season: season(at, zone) })))
        }
        AmbiguousOffset::Fold { before, after } => {
            let first = before.to_timestamp(local).map_err(out_of_range)?;
            let second = after.to_timestamp(local).map_err(out_of_range)?;
            let at = match occurrence {
                Occurrence::First => first,
                Occurrence::Second => second,
            };
            Ok((at, Some(ClockWarning::HourTwice { first, second, chosen: occurrence })))
        }
    }
}

/// The season of an instant.
#[must_use]
pub fn season(at: Timestamp, zone: &TimeZone) -> Season {
    match zone.to_offset_info(at).dst() {
        Dst::Yes => Season::Summer,
        Dst::No => Season::Winter,
    }
}

/// `JJ/MM/AAAA HH:MM` in a zone, with the season where the hour exists twice.
#[must_use]
pub fn written(at: Timestamp, zone: &TimeZone) -> String {
    let local = zone.to_datetime(at);
    let plain = local.strftime("%d/%m/%Y %H:%M");
    let twice = matches!(zone.to_ambiguous_timestamp(local).offset(), AmbiguousOffset::Fold { .. });
    match (twice, season(at, zone)) {
        (false, _) => plain.to_string(),
        (true, Season::Summer) => format!("{plain} (heure d’été)"),
        (true, Season::Winter) => format!("{plain} (heure d’hiver)"),
    }
}
