//! The counted window and the minutes needed (domain rules §2.2, steps 6 and 8).

use jiff::{SignedDuration, Timestamp};

use super::{Status, event::*, interval::Interval};
use crate::seance::{Threshold, minutes};

/// Milliseconds of a minute.
const MINUTE_MS: u64 = 60_000;

/// `at` moved by `by`, held at the ends of time.
pub(super) fn moved(at: Timestamp, by: SignedDuration) -> Timestamp {
    let far = if by.is_negative() { Timestamp::MIN } else { Timestamp::MAX };
    at.checked_add(by).unwrap_or(far)
}

/// The counted window: announced start to announced end, later when extended, earlier when ended before.
pub(super) fn window(rule: &SeanceRule, controls: &[Control]) -> Interval {
    let mut to = moved(rule.starts_at, minutes(rule.duration_min));
    for control in controls {
        if let Control::Extend(ends_at) = control {
            to = to.max(*ends_at);
        }
    }
    Interval::new(rule.starts_at, ended(controls).map_or(to, |at| at.min(to)))
}

/// When everything still open is closed; `None` while the séance runs.
pub(super) fn hard_end(
    rule: &SeanceRule,
    controls: &[Control],
    window: Interval,
    params: &Params,
) -> Option<Timestamp> {
    match rule.close {
        Close::At(at) => Some(at),
        Close::ByRule => Some(ended(controls).unwrap_or_else(|| moved(window.to, params.auto_end))),
        Close::Running(_) => None,
    }
}

fn ended(controls: &[Control]) -> Option<Timestamp> {
    let ends = controls.iter().filter_map(|control| match control {
        Control::End(at) => Some(*at),
        Control::Extend(_) => None,
    });
    ends.min()
}

/// The whole milliseconds of the window.
pub(super) fn effective_ms(window: Interval) -> u64 {
    u64::try_from(window.length().as_millis()).unwrap_or(0)
}

/// Minutes of presence needed. Automatic: half of the shorter of announced and effective, rounded half up.
pub(super) fn threshold_min(rule: &SeanceRule, effective_ms: u64) -> u32 {
    match rule.threshold {
        Threshold::Fixed(minutes) => minutes,
        Threshold::Auto => {
            let counted_ms = effective_ms.min(u64::from(rule.duration_min) * MINUTE_MS);
            u32::try_from((counted_ms + MINUTE_MS) / (2 * MINUTE_MS)).unwrap_or(u32::MAX)
        }
    }
}

/// True for a fixed threshold that nobody can reach.
pub(super) fn unreachable(rule: &SeanceRule, effective_ms: u64) -> bool {
    match rule.threshold {
        Threshold::Fixed(minutes) => u64::from(minutes) * MINUTE_MS > effective_ms,
        Threshold::Auto => false,
    }
}

/// Compared in milliseconds, before any rounding. A cancelled séance has no other status, tracked or not.
pub(crate) fn status(presence_ms: u64, threshold_min: u32, cancelled: bool) -> Status {
    if cancelled {
        Status::SeanceAnnulee
    } else if threshold_min == 0 {
        Status::NonSuivi
    } else if presence_ms >= u64::from(threshold_min) * MINUTE_MS {
        Status::Present
    } else {
        Status::Absent
    }
}

/// Whole minutes, truncated.
pub(super) fn whole_minutes(presence_ms: u64) -> u32 {
    u32::try_from(presence_ms / MINUTE_MS).unwrap_or(u32::MAX)
}
