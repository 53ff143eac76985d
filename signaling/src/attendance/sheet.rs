//! The journal of a séance, and what people know and decided beside it → its presence sheet.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::event::{Close, Heartbeats, Params, SeanceRule};
use super::flag::Flag;
use super::interval::Interval;
use super::log::Log;
use super::pair::pairs;
use super::presence::{Attendance, compute};
use super::roster::Enrolled;
use super::row::{Rows, remark};
use super::{Attached, Counts, PresenceSheet, RULE_VERSION, threshold};
use crate::correction::{Adjustment, CorrectionRequest, LOCKED_AFTER, Ledger};
use crate::emargement::{HalfDay, Signature};
use crate::id::{PersonId, SeanceId};
use crate::journal::Record;
use crate::protocol::seance::{SeanceKind, SeanceState, SeanceView};
use crate::replay::Replayed;
use crate::seance::Seance;

/// What is known of a séance beside its journal.
#[derive(Debug, Clone, Default)]
pub struct Known {
    pub enrolled: Vec<Enrolled>,
    /// In the order of their numbers.
    pub adjustments: Vec<Adjustment>,
    pub half_days: Vec<HalfDay>,
    pub signatures: Vec<Signature>,
    pub requests: Vec<CorrectionRequest>,
    /// What was played of the recordings.
    pub replays: Vec<Replayed>,
    /// What the same people did at the same time in other séances.
    pub elsewhere: Vec<Elsewhere>,
    /// Names of those who corrected.
    pub names: BTreeMap<PersonId, String>,
    /// Linked to a session of GAIA: who is in none of them carries `HORS_GAIA`.
    pub linked: bool,
    /// The session was archived.
    pub archived: bool,
}

/// Somebody's presence in another séance.
#[derive(Debug, Clone)]
pub struct Elsewhere {
    pub person: PersonId,
    pub seance: SeanceId,
    /// Retained there, or signed there.
    pub pieces: Vec<Interval>,
    /// A signed half-day: no overlap with it is tolerated.
    pub signed: bool,
}

/// The sheet of `seance` from its journal alone, as it stands `now`. Uses the default parameters.
#[must_use]
pub fn sheet(seance: &Seance, view: SeanceView, records: &[Record], now: Timestamp) -> PresenceSheet {
    decided(seance, view, &Log::of(records), &Known::default(), now)
}

/// The sheet of `seance` as it stands `now`, with all that was decided.
#[must_use]
pub fn decided(seance: &Seance, view: SeanceView, log: &Log, known: &Known, now: Timestamp) -> PresenceSheet {
    let params = Params::default();
    let ledger = Ledger::new(&known.adjustments);
    let Computed { rule, mut view, attached, attendance, closed_at } =
        computed(seance, view, log, known, &ledger, now);
    let rows = Rows { log, known, ledger: &ledger, params: &params };
    let rows = rows.all(&attendance);
    if ledger.threshold().is_some() {
        view.threshold_min = Some(attendance.threshold_min).filter(|minutes| *minutes > 0);
    }
    PresenceSheet {
        seance: view,
        window_start: attendance.window.from,
        window_end: attendance.window.to,
        threshold_min: attendance.threshold_min,
        flags: codes(attendance.flags.iter()),
        closed: closed_at.is_some(),
        computed_at: now,
        rule_version: RULE_VERSION,
        version: ledger.version(),
        threshold: rule.threshold,
        locked_from: threshold::moved(attendance.window.to, LOCKED_AFTER),
        archived: known.archived,
        counts: Counts::of(&rows),
        half_days: known.half_days.clone(),
        attached: attached
            .iter()
            .map(|(guest, to)| Attached { guest: *guest, name: log.name(*guest), to: *to })
            .collect(),
        pairs: pairs(&rows, &ledger),
        history: ledger.of_seance().map(|one| remark(one, known)).collect(),
        rows,
    }
}

/// What the journal gives, before rows are made of it.
pub(super) struct Computed {
    rule: SeanceRule,
    view: SeanceView,
    /// Guest → the expected person it is.
    attached: BTreeMap<PersonId, PersonId>,
    pub(super) attendance: Attendance,
    /// When everything that was open was closed; absent while it runs.
    pub(super) closed_at: Option<Timestamp>,
}

/// Everybody's presence, those who were attached to somebody as that person.
pub(super) fn computed(
    seance: &Seance,
    view: SeanceView,
    log: &Log,
    known: &Known,
    ledger: &Ledger<'_>,
    now: Timestamp,
) -> Computed {
    let params = Params::default();
    let attached = ledger.attached();
    let planned = SeanceRule { threshold: ledger.threshold().unwrap_or(seance.threshold), ..rule(seance) };
    let mut view = view;
    if seance.cancelled_at.is_some() {
        view.state = SeanceState::Cancelled;
    }
    let close = log.close(&planned, view.state, now, &params);
    let closed_at = match close {
        Close::At(at) => Some(at),
        Close::ByRule | Close::Running(_) => None,
    };
    let took_place = log.led || seance.kind == SeanceKind::Presentiel || !known.signatures.is_empty();
    let rule = SeanceRule {
        cancelled: view.state == SeanceState::Cancelled || (closed_at.is_some() && !took_place),
        enrolled: known.enrolled.iter().map(|one| one.person).collect(),
        close,
        ..planned
    };
    let mut events = log.told();
    for event in &mut events {
        event.what.attach(&attached);
    }
    let attendance = compute(&rule, &log.controls, &events, &params);
    Computed { rule, view, attached, attendance, closed_at }
}

impl PresenceSheet {
    /// What this person may see of it: their own row, the rule and what was done to it.
    #[must_use]
    pub fn only(&self, person: Option<PersonId>) -> Self {
        Self {
            rows: self.rows.iter().filter(|row| Some(row.person) == person).cloned().collect(),
            attached: Vec::new(),
            pairs: Vec::new(),
            counts: Counts::default(),
            seance: self.seance.clone(),
            flags: self.flags.clone(),
            half_days: self.half_days.clone(),
            history: self.history.clone(),
            window_start: self.window_start,
            window_end: self.window_end,
            threshold_min: self.threshold_min,
            closed: self.closed,
            computed_at: self.computed_at,
            rule_version: self.rule_version,
            version: self.version,
            threshold: self.threshold,
            locked_from: self.locked_from,
            archived: self.archived,
        }
    }
}

fn rule(seance: &Seance) -> SeanceRule {
    SeanceRule {
        starts_at: seance.starts_at,
        duration_min: seance.duration_min,
        threshold: seance.threshold,
        enrolled: Vec::new(),
        close: Close::ByRule,
        cancelled: false,
        heartbeats: Heartbeats::Logged,
    }
}

pub(super) fn codes<'f>(flags: impl Iterator<Item = &'f Flag>) -> Vec<String> {
    flags.map(|flag| flag.code().to_owned()).collect()
}

/// What to compare for the French alphabetical order, near enough: case and accents do not count.
#[must_use]
pub fn alphabetical(name: &str) -> String {
    let mut key = String::with_capacity(name.len());
    for letter in name.chars().flat_map(char::to_lowercase) {
        match letter {
            'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' => key.push('a'),
            'ç' => key.push('c'),
            'è' | 'é' | 'ê' | 'ë' => key.push('e'),
            'ì' | 'í' | 'î' | 'ï' => key.push('i'),
            'ñ' => key.push('n'),
            'ò' | 'ó' | 'ô' | 'õ' | 'ö' => key.push('o'),
            'ù' | 'ú' | 'û' | 'ü' => key.push('u'),
            'ý' | 'ÿ' => key.push('y'),
            'æ' => key.push_str("ae"),
            'œ' => key.push_str("oe"),
            other => key.push(other),
        }
    }
    key
}

#[cfg(test)]
mod tests {
    use super::alphabetical;

    #[test]
    fn accents_and_case_do_not_count() {
        let mut names = ["Zoé", "eve", "Étienne", "Élodie", "Œdipe", "odile"];
        names.sort_by_cached_key(|name| alphabetical(name));
        assert_eq!(names, ["Élodie", "Étienne", "eve", "odile", "Œdipe", "Zoé"]);
    }
}
