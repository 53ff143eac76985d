//! Comings and goings as other programs are told of them: one visit for each time that somebody was there, on however
//! many devices. Neither bridged nor clipped to the counted window.

use jiff::Timestamp;

use super::log::Log;
use super::sheet::{Known, computed};
use crate::correction::Ledger;
use crate::id::PersonId;
use crate::protocol::seance::SeanceView;
use crate::seance::Seance;

/// From the first device that connects to the last one that leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Visit {
    pub person: PersonId,
    pub from: Timestamp,
    /// Absent while it lasts.
    pub to: Option<Timestamp>,
}

/// All visits of one séance.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Visits {
    /// In order of arrival.
    pub all: Vec<Visit>,
    /// When everything that was open was closed; absent while the séance runs.
    pub ended: Option<Timestamp>,
    /// Who ended it; absent when the server did.
    pub ended_by: Option<PersonId>,
}

/// The visits to `seance` as they stand `now`. Guests who were attached to an expected person came as that person.
#[must_use]
pub fn visits(seance: &Seance, view: SeanceView, log: &Log, known: &Known, now: Timestamp) -> Visits {
    let ledger = Ledger::new(&known.adjustments);
    let found = computed(seance, view, log, known, &ledger, now);
    let mut all: Vec<Visit> = Vec::new();
    for (person, presence) in &found.attendance.persons {
        let last = presence.connected.len();
        for (index, one) in (1..).zip(&presence.connected) {
            let lasts = presence.here && index == last;
            all.push(Visit { person: *person, from: one.from, to: (!lasts).then_some(one.to) });
        }
    }
    all.sort_unstable_by_key(|visit| (visit.from, visit.person));
    let attached = ledger.attached();
    let ended_by = log.ended_by.map(|person| attached.get(&person).copied().unwrap_or(person));
    Visits { all, ended: found.closed_at, ended_by }
}
