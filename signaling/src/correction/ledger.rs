//! All corrections of a séance, and what they make of its rows.

use std::collections::BTreeMap;

use super::{Adjustment, Change, Reason};
use crate::attendance::{Origin, Status, judged};
use crate::id::PersonId;
use crate::seance::Threshold;

/// The corrections of one séance, in order, by person.
#[derive(Debug, Default)]
pub struct Ledger<'a> {
    all: &'a [Adjustment],
    /// Those that concern a person: theirs, and those that attach somebody to them or away from them.
    by_person: BTreeMap<PersonId, Vec<&'a Adjustment>>,
}

/// What was decided about a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ruling {
    pub status: Status,
    pub origin: Origin,
    /// Of the correction that decides.
    pub reason: Option<Reason>,
    pub declared_min: Option<u32>,
}

impl<'a> Ledger<'a> {
    /// `all` in the order of their numbers.
    #[must_use]
    pub fn new(all: &'a [Adjustment]) -> Self {
        let mut by_person: BTreeMap<PersonId, Vec<&Adjustment>> = BTreeMap::new();
        for one in all {
            let mut concerned = vec![one.person, attached_to(&one.old), attached_to(&one.new)];
            concerned.sort_unstable();
            concerned.dedup();
            for person in concerned.into_iter().flatten() {
                by_person.entry(person).or_default().push(one);
            }
        }
        Self { all, by_person }
    }

    /// How many corrections there are: the version of the sheet.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.all.last().map_or(0, |last| last.number)
    }

    /// What concerns a row, oldest first.
    #[must_use]
    pub fn of(&self, person: PersonId) -> &[&'a Adjustment] {
        self.by_person.get(&person).map_or(&[], Vec::as_slice)
    }

    /// What concerns the whole séance, oldest first.
    pub fn of_seance(&self) -> impl Iterator<Item = &'a Adjustment> {
        self.all.iter().filter(|one| one.person.is_none())
    }

    /// The threshold by the last correction of it.
    #[must_use]
    pub fn threshold(&self) -> Option<Threshold> {
        let mut changes = self.all.iter().rev().map(|one| one.new);
        changes.find_map(|new| if let Change::Threshold(threshold) = new { Some(threshold) } else { None })
    }

    /// Who was attached to whom, guest by guest.
    #[must_use]
    pub fn attached(&self) -> BTreeMap<PersonId, PersonId> {
        let mut attached = BTreeMap::new();
        for one in self.all {
            match (one.person, one.new) {
                (Some(guest), Change::Attach(Some(person))) => {
                    attached.insert(guest, person);
                }
                (Some(guest), Change::Attach(None)) => {
                    attached.remove(&guest);
                }
                _ => {}
            }
        }
        attached
    }

    /// What becomes of a row that was computed so. Of status, minutes and excuse the last one decides.
    #[must_use]
    pub fn ruling(&self, person: PersonId, computed: Status, presence_ms: u64, threshold_min: u32) -> Ruling {
        let mut ruling = Ruling { status: computed, origin: Origin::Auto, reason: None, declared_min: None };
        for one in self.of(person).iter().filter(|one| one.person == Some(person)) {
            let decided = match one.new {
                Change::Status(status) => {
                    if status.is_none() {
                        ruling.declared_min = None;
                    }
                    status
                }
                Change::DeclaredMinutes(minutes) => {
                    ruling.declared_min = minutes;
                    minutes.map(|minutes| {
                        judged(presence_ms.max(u64::from(minutes) * 60_000), threshold_min, false)
                    })
                }
                Change::Excuse(excused) => excused.then_some(Status::Excuse),
                Change::Attach(_) | Change::Threshold(_) => continue,
            };
            let manual = decided.is_some();
            ruling.status = decided.unwrap_or(computed);
            ruling.origin = if manual { Origin::Manuel } else { Origin::Auto };
            ruling.reason = manual.then_some(one.reason);
        }
        if ruling.origin == Origin::Auto
            && let Some(attach) = self.attachment(person)
        {
            ruling.origin = Origin::Manuel;
            ruling.reason = Some(attach.reason);
        }
        ruling
    }

    /// True when somebody corrected this row, or the threshold for `None`, after that version of the sheet.
    #[must_use]
    pub fn is_changed_since(&self, person: Option<PersonId>, seen: u32) -> bool {
        match person {
            Some(person) => self.of(person).iter().any(|one| one.number > seen),
            None => self.of_seance().any(|one| one.number > seen),
        }
    }

    /// The last correction by which somebody still is attached to this person.
    fn attachment(&self, person: PersonId) -> Option<&'a Adjustment> {
        let mut last: BTreeMap<PersonId, &Adjustment> = BTreeMap::new();
        for one in self.of(person) {
            if let (Some(guest), Change::Attach(_)) = (one.person, one.new) {
                last.insert(guest, one);
            }
        }
        last.into_values().filter(|one| attached_to(&one.new) == Some(person)).max_by_key(|one| one.number)
    }
}

fn attached_to(change: &Change) -> Option<PersonId> {
    match change {
        Change::Attach(person) => *person,
        Change::Status(_) | Change::DeclaredMinutes(_) | Change::Excuse(_) | Change::Threshold(_) => None,
    }
}
