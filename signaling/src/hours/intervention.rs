//! What trainers did: never trainee hours (domain rules §2.4, "Trainers").

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::Minutes;
use crate::attendance::interval::{self, Interval};

/// How the announced duration is credited to several who lead.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "hours.ts"))]
#[serde(rename_all = "snake_case")]
pub enum Sharing {
    /// To each.
    #[default]
    Chacun,
    /// In equal parts; what does not divide goes to the first ones.
    Partage,
}

/// One trainer in one séance, minutes truncated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "hours.ts"))]
#[serde(rename_all = "camelCase")]
pub struct Intervention {
    pub before: Minutes,
    pub animation: Minutes,
    pub after: Minutes,
    /// The announced duration when the threshold was reached, 0 below it.
    pub credited: Minutes,
}

/// What is known of a séance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    pub window: Interval,
    pub announced: Minutes,
    pub threshold: Minutes,
    pub sharing: Sharing,
}

/// The interventions of those who led, in the order given: for each the connections (raw) and the time retained.
#[must_use]
pub fn interventions(slot: &Slot, trainers: &[(Vec<Interval>, SignedDuration)]) -> Vec<Intervention> {
    let reached =
        |retained: SignedDuration| retained >= SignedDuration::from_mins(i64::from(slot.threshold.0));
    let credited = u32::try_from(trainers.iter().filter(|(_, retained)| reached(*retained)).count());
    let (share, mut rest) = match (slot.sharing, credited.unwrap_or(u32::MAX)) {
        (Sharing::Chacun, _) | (Sharing::Partage, 0) => (slot.announced.0, 0),
        (Sharing::Partage, among) => (slot.announced.0 / among, slot.announced.0 % among),
    };
    let each = trainers.iter().map(|(connected, retained)| {
        let credited = if reached(*retained) {
            let one_more = u32::from(rest > 0);
            rest -= one_more;
            Minutes(share + one_more)
        } else {
            Minutes::ZERO
        };
        let window = slot.window;
        let aside = interval::subtract(&interval::union(connected.iter().copied()), &[window]);
        let (before, after): (Vec<Interval>, Vec<Interval>) =
            aside.into_iter().partition(|piece| piece.from < window.from);
        Intervention {
            before: truncated(interval::total(&before)),
            animation: truncated(*retained),
            after: truncated(interval::total(&after)),
            credited,
        }
    });
    each.collect()
}

fn truncated(length: SignedDuration) -> Minutes {
    Minutes(u32::try_from(length.as_mins()).unwrap_or(0))
}
