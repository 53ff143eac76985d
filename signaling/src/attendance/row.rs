//! The rows of a sheet: computed presence, roster, corrections, signatures and other séances, person by person.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;

use super::event::Params;
use super::flag::Flag;
use super::interval::{self, Interval};
use super::log::{Card, Log};
use super::presence::{Attendance, Presence};
use super::roster::{Enrolled, GaiaStatus, Table};
use super::sheet::{Elsewhere, Known, alphabetical, codes};
use super::{Counts, Origin, PresenceRow, Status};
use crate::correction::{Adjustment, Ledger, Remark, Ruling};
use crate::emargement::{HalfDay, Signature};
use crate::id::{HalfDayId, PersonId, RecordingId};
use crate::journal::Identity;
use crate::replay::{Replayed, Watched};

/// All that rows are made of.
pub(super) struct Rows<'a> {
    pub(super) log: &'a Log,
    pub(super) known: &'a Known,
    pub(super) ledger: &'a Ledger<'a>,
    pub(super) params: &'a Params,
}

/// What is known beside the journal, by person.
#[derive(Default)]
struct ByPerson<'a> {
    enrolled: BTreeMap<PersonId, &'a Enrolled>,
    signatures: BTreeMap<PersonId, Vec<&'a Signature>>,
    elsewhere: BTreeMap<PersonId, Vec<&'a Elsewhere>>,
    half_days: BTreeMap<HalfDayId, (Interval, u32)>,
    /// Played of all recordings, milliseconds.
    replays: BTreeMap<PersonId, u64>,
}

impl<'a> ByPerson<'a> {
    fn of(known: &'a Known, attached: &BTreeMap<PersonId, PersonId>) -> Self {
        let span = |day: &HalfDay| Interval::new(day.starts_at, day.ends_at());
        let mut by = Self {
            enrolled: known.enrolled.iter().map(|one| (one.person, one)).collect(),
            half_days: known.half_days.iter().map(|day| (day.id, (span(day), day.duration_min))).collect(),
            replays: replays(&known.replays, attached),
            ..Self::default()
        };
        for one in &known.signatures {
            by.signatures.entry(one.person).or_default().push(one);
        }
        for one in &known.elsewhere {
            by.elsewhere.entry(one.person).or_default().push(one);
        }
        by
    }

    /// When, and the minutes credited.
    fn signed(&self, signatures: &[&Signature]) -> impl Iterator<Item = (Interval, u32)> {
        signatures.iter().filter_map(|one| self.half_days.get(&one.half_day).copied())
    }
}

impl Rows<'_> {
    /// Every row, in the order of the sheet.
    pub(super) fn all(&self, attendance: &Attendance) -> Vec<PresenceRow> {
        let by = ByPerson::of(self.known, &self.ledger.attached());
        let mut rows: Vec<(String, PresenceRow)> = Vec::with_capacity(attendance.persons.len());
        for (person, presence) in &attendance.persons {
            let enrolled = by.enrolled.get(person).copied();
            let card = self.log.people.get(person);
            if let Some(row) = self.row(*person, enrolled, card, presence, attendance, &by) {
                let sort = match enrolled {
                    Some(one) => format!("{} {}", one.last_name, one.first_name),
                    None => row.name.clone(),
                };
                rows.push((alphabetical(&sort), row));
            }
        }
        rows.sort_by(|(left, one), (right, other)| {
            (one.table, left, one.person).cmp(&(other.table, right, other.person))
        });
        rows.into_iter().map(|(_, row)| row).collect()
    }

    fn row(
        &self,
        person: PersonId,
        enrolled: Option<&Enrolled>,
        card: Option<&Card>,
        presence: &Presence,
        attendance: &Attendance,
        by: &ByPerson<'_>,
    ) -> Option<PresenceRow> {
        let signatures = by.signatures.get(&person).map_or(&[][..], Vec::as_slice);
        let role = enrolled.map(|one| one.role).or(card.map(|card| card.role))?;
        let table = match enrolled {
            Some(one) => one.table?,
            None if role.leads() => Table::Trainers,
            None => Table::Participants,
        };
        if !self.is_to_be_told(person, enrolled, presence, signatures, attendance) {
            return None;
        }
        let expected = enrolled.is_some();
        let identity = card.map_or(Identity::None, |card| card.identity);
        let (computed, by_hand) = proposed(presence, signatures);
        let mut ruling = self.ledger.ruling(person, computed, presence.presence_ms, attendance.threshold_min);
        if by_hand && ruling.reason.is_none() {
            ruling.origin = Origin::Manuel;
        }
        let validable = expected || identity.validable();
        let gaia = match enrolled {
            Some(one) => one.gaia.clone(),
            None if self.known.linked && validable => GaiaStatus::Unlisted,
            None => GaiaStatus::Unlinked,
        };
        let outside = gaia.is_outside() && table == Table::Participants;
        let flags = self.flags(enrolled, outside, presence, signatures, by, person);
        let apart = table == Table::Trainers;
        let Ruling { status: decided, origin, reason, declared_min } = ruling;
        Some(PresenceRow {
            person,
            name: enrolled.map_or_else(|| self.log.name(person), Enrolled::name),
            role,
            table,
            enrolled: expected,
            gaia,
            identity,
            validable,
            here: presence.here,
            connected_ms: presence.connected_ms,
            presence_ms: presence.presence_ms,
            minutes: presence.minutes,
            lobby_ms: presence.lobby_ms,
            replay_ms: by.replays.get(&person).copied().unwrap_or(0),
            before_ms: if apart { presence.before_ms } else { 0 },
            after_ms: if apart { presence.after_ms } else { 0 },
            status: computed,
            decided,
            origin,
            reason,
            declared_min,
            signed_min: by.signed(signatures).map(|(_, minutes)| minutes).sum(),
            signatures: signatures.iter().map(|one| (*one).clone()).collect(),
            history: self.ledger.of(person).iter().map(|one| remark(one, self.known)).collect(),
            requests: self.known.requests.iter().filter(|one| one.person == person).cloned().collect(),
            flags: codes(flags.iter()),
            first_arrival: presence.first_arrival,
            last_departure: presence.last_departure,
            segments: presence.segments.clone(),
        })
    }

    fn flags(
        &self,
        enrolled: Option<&Enrolled>,
        outside_gaia: bool,
        presence: &Presence,
        signatures: &[&Signature],
        by: &ByPerson<'_>,
        person: PersonId,
    ) -> BTreeSet<Flag> {
        let mut flags = presence.flags.clone();
        if outside_gaia {
            flags.insert(Flag::HorsGaia);
        }
        if enrolled.is_some_and(|one| one.double_role) {
            flags.insert(Flag::DoubleRole);
        }
        let elsewhere = by.elsewhere.get(&person).map_or(&[][..], Vec::as_slice);
        if self.overlaps(presence, signatures, elsewhere, by) {
            flags.insert(Flag::Chevauchement);
        }
        flags
    }

    /// Somebody un-enrolled before the start, of whom there is nothing to tell, has no row.
    fn is_to_be_told(
        &self,
        person: PersonId,
        enrolled: Option<&Enrolled>,
        presence: &Presence,
        signatures: &[&Signature],
        attendance: &Attendance,
    ) -> bool {
        let gone = enrolled.and_then(|one| one.removed_at).is_some_and(|at| at <= attendance.window.from);
        let silent = presence.connected_ms == 0 && presence.lobby_ms == 0 && presence.flags.is_empty();
        !(gone && silent && signatures.is_empty() && self.ledger.of(person).is_empty())
    }

    /// Overlap with another séance by more than is tolerated, or at all with a signed half-day.
    fn overlaps(
        &self,
        presence: &Presence,
        signatures: &[&Signature],
        elsewhere: &[&Elsewhere],
        by: &ByPerson<'_>,
    ) -> bool {
        if elsewhere.is_empty() {
            return false;
        }
        let retained = presence.retained();
        let signed = interval::union(by.signed(signatures).map(|(span, _)| span));
        elsewhere.iter().any(|other| {
            let pieces = interval::union(other.pieces.iter().copied());
            let remote = interval::total(&interval::common(&retained, &pieces));
            let on_site = interval::total(&interval::common(&signed, &pieces));
            let tolerance = if other.signed { SignedDuration::ZERO } else { self.params.overlap_tolerance };
            remote > tolerance || !on_site.is_zero()
        })
    }
}

impl Counts {
    pub(super) fn of(rows: &[PresenceRow]) -> Self {
        let mut counts = Self::default();
        for row in rows.iter().filter(|row| row.table == Table::Participants) {
            if !row.enrolled {
                *if row.validable { &mut counts.off_list } else { &mut counts.guests } += 1;
                continue;
            }
            counts.expects(row);
        }
        counts
    }

    /// One participant more who is expected.
    pub fn expects(&mut self, row: &PresenceRow) {
        self.enrolled += 1;
        match row.decided {
            Status::Present => {
                self.present += 1;
                self.declared += u32::from(row.declared_min.is_some());
            }
            Status::Absent => self.absent += 1,
            Status::Excuse => self.excused += 1,
            Status::NonSuivi | Status::SeanceAnnulee => {}
        }
    }
}

/// What everybody played of the recordings, a guest who was attached to somebody as that person.
fn replays(replayed: &[Replayed], attached: &BTreeMap<PersonId, PersonId>) -> BTreeMap<PersonId, u64> {
    let mut watched: BTreeMap<(PersonId, RecordingId), Watched> = BTreeMap::new();
    for one in replayed {
        let person = attached.get(&one.person).copied().unwrap_or(one.person);
        let place = watched.entry((person, one.recording)).or_default();
        *place = place.and(&one.watched);
    }
    let mut totals = BTreeMap::new();
    for ((person, _), watched) in watched {
        *totals.entry(person).or_insert(0) += watched.total_ms();
    }
    totals
}

/// The status proposed, and whether it rests on nothing but what somebody else ticked or entered.
fn proposed(presence: &Presence, signatures: &[&Signature]) -> (Status, bool) {
    if signatures.is_empty() || presence.status == Status::Present {
        (presence.status, false)
    } else {
        (Status::Present, signatures.iter().all(|one| one.method.is_manual()))
    }
}

/// A correction as it is shown.
pub(super) fn remark(one: &Adjustment, known: &Known) -> Remark {
    Remark {
        number: one.number,
        person: one.person,
        old: one.old,
        new: one.new,
        reason: one.reason,
        text: one.text.clone(),
        author: one.author,
        author_name: known.names.get(&one.author).cloned().unwrap_or_default(),
        at: one.at,
    }
}
