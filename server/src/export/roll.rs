//! Who was expected and around what, joined with what the journal says: the document of a séance.

use std::collections::{BTreeMap, BTreeSet};

use signaling::{
    attendance::{GaiaStatus, Origin, PresenceRow, PresenceSheet, Table},
    id::PersonId,
    journal::Identity,
    protocol::Role,
    seance::{Seance, Threshold},
};

use super::{
    document::{
        Correction, Edition, Enrolment, Frame, GaiaKey, HalfDay, Part, Row, SeanceDocument, SeanceHeader,
        Signature, Who,
    },
    zone::Zone,
};

/// What is known of a séance beside its journal.
#[derive(Debug, Clone, Default)]
pub struct Roll {
    pub frame: Frame,
    /// Everybody who is or was expected, and everybody else who came and is known.
    pub people: BTreeMap<PersonId, Expected>,
    pub corrections: Vec<Correction>,
    pub half_days: Vec<HalfDay>,
    /// Those who lead and are trainees too, whom a gestionnaire lets count as trainees.
    pub accepted: BTreeSet<PersonId>,
}

/// A person on the roll.
#[derive(Debug, Clone, Default)]
pub struct Expected {
    pub who: Who,
    /// Absent: not enrolled.
    pub enrolment: Option<(Part, Enrolment)>,
    /// The linked GAIA session that lists the person.
    pub gaia: Option<GaiaKey>,
    /// Other linked sessions that list the person too.
    pub also: Vec<GaiaKey>,
    pub signatures: Vec<Option<Signature>>,
}

/// The document of a séance: a row for everybody on its sheet, as it was decided.
#[must_use]
pub fn seance_document(
    plan: &Seance,
    sheet: &PresenceSheet,
    connections: &BTreeMap<PersonId, u32>,
    roll: Roll,
    edition: Edition,
) -> SeanceDocument {
    let mut counts = sheet.counts;
    let rows = |present: &PresenceRow| {
        let count = connections.get(&present.person).copied().unwrap_or(0);
        let row = row(present, roll.people.get(&present.person), count);
        let accepted = roll.accepted.contains(&row.person);
        if row.is_double() && accepted {
            counts.expects(present);
        }
        let trainee = row.is_double().then(|| trainee(&row, accepted));
        [Some(row), trainee].into_iter().flatten()
    };
    let rows = sheet.rows.iter().flat_map(rows).collect();
    let window = sheet.window_end.duration_since(sheet.window_start).as_millis();
    let seance = SeanceHeader {
        id: plan.id,
        kind: plan.kind,
        title: plan.title.clone(),
        starts_at: plan.starts_at,
        zone: Zone::named(&plan.time_zone),
        announced_min: plan.duration_min,
        effective_ms: u64::try_from(window).unwrap_or(0),
        threshold_min: sheet.threshold_min,
        threshold_auto: sheet.threshold == Threshold::Auto,
        flags: sheet.flags.clone(),
        closed: sheet.closed,
        rule_version: sheet.rule_version,
    };
    let (frame, corrections, half_days) = (roll.frame, roll.corrections, roll.half_days);
    let mut document = SeanceDocument { frame, seance, edition, counts, rows, corrections, half_days };
    document.sort();
    document
}

/// The line among the trainees of somebody who leads: it gives nothing before a gestionnaire decided.
fn trainee(row: &Row, accepted: bool) -> Row {
    Row { part: Part::Participant, enrolment: Enrolment::Gaia, validable: accepted, ..row.clone() }
}

/// A row of the sheet, with what the roll says of the person.
fn row(present: &PresenceRow, expected: Option<&Expected>, connections: u32) -> Row {
    let enrolled = expected.and_then(|expected| expected.enrolment);
    let part = match (present.table, enrolled) {
        (Table::Participants, _) => Part::Participant,
        (Table::Tutors, _) => Part::Tutor,
        (Table::Trainers, Some((Part::CoTrainer, _))) => Part::CoTrainer,
        (Table::Trainers, _) if present.role == Role::CoTrainer => Part::CoTrainer,
        (Table::Trainers, _) => Part::Trainer,
    };
    let listed = matches!(present.gaia, GaiaStatus::Listed { .. });
    Row {
        person: present.person,
        // Who only typed a name has no other.
        who: expected.map_or_else(
            || Who { last_name: present.name.clone(), ..Who::default() },
            |expected| expected.who.clone(),
        ),
        gaia: expected.and_then(|expected| expected.gaia.clone()).filter(|_| listed),
        also: expected.filter(|_| listed).map(|expected| expected.also.clone()).unwrap_or_default(),
        part,
        enrolment: enrolled.map_or(Enrolment::HorsGaia, |(_, enrolment)| enrolment),
        first_in: present.first_arrival,
        last_out: present.last_departure,
        connections,
        connected_ms: present.connected_ms,
        lobby_ms: present.lobby_ms,
        presence_ms: present.presence_ms,
        replay_ms: present.replay_ms,
        status: present.decided,
        manual: present.origin == Origin::Manuel,
        reason: present.reason.map(|reason| reason.code().to_owned()).unwrap_or_default(),
        flags: present.flags.clone(),
        validable: present.validable,
        authenticated: !matches!(present.identity, Identity::Declared | Identity::None),
        signatures: expected.map(|expected| expected.signatures.clone()).unwrap_or_default(),
    }
}
