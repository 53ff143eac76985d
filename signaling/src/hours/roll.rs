//! The hours of everybody in one session of a parcours, from the presence sheets of its séances.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, civil::Date, tz::TimeZone};

use super::{
    Minutes,
    overlap::{Claim, Credit, credits},
    report::SeanceColumn,
    training::{
        Attended, DayCredit, HalfDay, Hours, HoursMode, Outcome, Parts, Registration, Training, days, hours,
        proposal,
    },
};
use crate::attendance::{Flag, Params, PresenceRow, PresenceSheet, Status, Table, interval::Interval};
use crate::id::{PersonId, SeanceId};
use crate::protocol::seance::SeanceKind;
use crate::seance::Seance;

/// In the flags of a row, when séances took place and nothing says that the person was in any: a warning for who attests.
pub const NEVER_CAME: &str = "JAMAIS_CONNECTE";
/// In the flags of a row, when an overlap was not credited in the mode `par_seance`.
pub const TO_VERIFY: &str = "a_verifier";

/// A séance of the session with its sheet as it stands.
#[derive(Debug, Clone)]
pub struct Held {
    pub plan: Seance,
    pub sheet: PresenceSheet,
}

/// What is known of a trainee beside the sheets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trainee {
    pub person: PersonId,
    /// Enrolled by name.
    pub nominative: bool,
    /// A gestionnaire let somebody who leads count as a trainee.
    pub double_role_accepted: bool,
}

/// What the sheets say of a trainee.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reckoned {
    pub registration: Registration,
    /// As [`Roll::columns`].
    pub outcomes: Vec<Outcome>,
    /// Half-days signed.
    pub signed: u32,
    pub proposal: Parts,
    /// Sorted.
    pub flags: Vec<String>,
    seances: Vec<Attended>,
    half_days: Vec<HalfDay>,
}

/// The attestation of somebody that holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Before {
    pub attested: Parts,
    /// What was proposed when it was made: what it does not attest of that was decided against.
    pub proposed: Parts,
    pub hours: Hours,
}

/// The sheets of a session, by person.
#[derive(Debug)]
pub struct Roll<'a> {
    training: Training,
    remote: Vec<&'a Held>,
    half_days: Vec<(&'a Held, crate::emargement::HalfDay)>,
    /// Séances of other sessions, in the mode `par_seance` too, that may claim the same time.
    beside: &'a [Held],
    /// By séance, then person.
    rows: BTreeMap<SeanceId, BTreeMap<PersonId, &'a PresenceRow>>,
}

impl<'a> Roll<'a> {
    /// `held` in any order.
    #[must_use]
    pub fn new(training: Training, held: &'a [Held]) -> Self {
        let mut ordered: Vec<&Held> = held.iter().collect();
        ordered.sort_by_key(|held| (held.plan.starts_at, held.plan.id));
        let rows = ordered
            .iter()
            .map(|held| (held.plan.id, held.sheet.rows.iter().map(|row| (row.person, row)).collect()));
        let rows = rows.collect();
        let (on_site, remote): (Vec<&Held>, Vec<&Held>) =
            ordered.into_iter().partition(|held| held.plan.kind == SeanceKind::Presentiel);
        let cancelled = |held: &&Held| held.plan.cancelled_at.is_some();
        let on_site = on_site.into_iter().filter(|held| !cancelled(held));
        let half_days = on_site
            .flat_map(|held| held.sheet.half_days.iter().map(move |day| (held, day.clone())))
            .collect();
        Self { training, remote, half_days, beside: &[], rows }
    }

    /// With séances of other sessions that credit by séance: the same time is credited once among all of them.
    #[must_use]
    pub fn beside(self, beside: &'a [Held]) -> Self {
        Self { beside, ..self }
    }

    /// The séances at a distance, by start.
    #[must_use]
    pub fn columns(&self) -> Vec<SeanceColumn> {
        let columns = self.remote.iter().map(|held| SeanceColumn {
            seance: held.plan.id,
            title: held.plan.title.clone(),
            starts_at: held.plan.starts_at,
            time_zone: held.plan.time_zone.clone(),
            required: held.plan.required,
        });
        columns.collect()
    }

    /// Half-days of the face-to-face part.
    #[must_use]
    pub fn half_days(&self) -> usize {
        self.half_days.len()
    }

    /// True when a séance is still to come or runs.
    #[must_use]
    pub fn is_unfinished(&self) -> bool {
        self.remote.iter().any(|held| held.plan.cancelled_at.is_none() && !held.sheet.closed)
    }

    /// Everybody on the sheets who may be attested beside those enrolled: trainees whose identity is sure.
    #[must_use]
    pub fn seen(&self) -> BTreeSet<PersonId> {
        let trainees = self.all().filter(|row| row.table == Table::Participants);
        trainees.filter(|row| row.enrolled || row.validable).map(|row| row.person).collect()
    }

    /// Those who lead and stand in the list of trainees too: `DOUBLE_ROLE`.
    #[must_use]
    pub fn doubled(&self) -> BTreeSet<PersonId> {
        let doubled = self.all().filter(|row| row.flags.iter().any(|flag| flag == Flag::DoubleRole.code()));
        doubled.map(|row| row.person).collect()
    }

    fn all(&self) -> impl Iterator<Item = &'a PresenceRow> {
        self.rows.values().flat_map(BTreeMap::values).copied()
    }

    /// What the sheets say of one trainee.
    #[must_use]
    pub fn reckon(&self, trainee: Trainee) -> Reckoned {
        let person = trainee.person;
        let rows: Vec<Option<&PresenceRow>> =
            self.remote.iter().map(|held| self.row(held.plan.id, person)).collect();
        let outcomes: Vec<Outcome> =
            self.remote.iter().zip(&rows).map(|(held, row)| outcome(held, *row)).collect();
        let credits = self.credits(person, &rows, &outcomes);
        let seances: Vec<Attended> = self
            .remote
            .iter()
            .zip(&outcomes)
            .map(|(held, outcome)| Attended {
                seance: held.plan.id,
                on: local_day(&held.plan, held.plan.starts_at),
                required: held.plan.required,
                announced: Minutes(held.plan.duration_min),
                credit: credits.get(&held.plan.id).map_or(Minutes::ZERO, |credit| credit.minutes),
                outcome: *outcome,
            })
            .collect();
        let half_days = self.signed(person);
        let mut flags = self.flags(person);
        let double_role = flags.contains(Flag::DoubleRole.code()) && !trainee.double_role_accepted;
        let own = |id: &SeanceId| self.remote.iter().any(|held| held.plan.id == *id);
        let doubtful = credits.iter().any(|(id, credit)| credit.to_verify && own(id));
        if self.training.mode == HoursMode::ParSeance && doubtful {
            flags.insert(TO_VERIFY.to_owned());
        }
        let came = |row: &&PresenceRow| row.connected_ms > 0 || row.decided == Status::Present;
        let signed = half_days.iter().any(|day| day.signed);
        if outcomes.contains(&Outcome::Absent) && !rows.iter().flatten().any(came) && !signed {
            flags.insert(NEVER_CAME.to_owned());
        }
        Reckoned {
            registration: Registration { nominative: trainee.nominative, double_role },
            proposal: proposal(&self.training, &seances, &half_days),
            signed: u32::try_from(half_days.iter().filter(|day| day.signed).count()).unwrap_or(u32::MAX),
            outcomes,
            flags: flags.into_iter().collect(),
            seances,
            half_days,
        }
    }

    /// What one click attests of somebody enrolled by name whose role is settled; none when nothing is left to attest. What
    /// was attested stays so, and what was decided against a proposal is not proposed again; a part that has come since, or
    /// hours that are more by now, are attested anew.
    #[must_use]
    pub fn to_attest(&self, reckoned: &Reckoned, before: Option<&Before>) -> Option<Parts> {
        let Reckoned { registration, proposal, .. } = reckoned;
        if !registration.nominative || registration.double_role || !proposal.took_part() {
            return None;
        }
        let Some(before) = before else { return Some(*proposal) };
        let parts = before.attested.and(proposal.without(before.proposed));
        let more = || self.hours(reckoned, Some(parts)).total() > before.hours.total();
        (parts.took_part() && (parts != before.attested || more())).then_some(parts)
    }

    /// The hours that an act attesting those parts gives; without an act, those of the mode `inscription`.
    #[must_use]
    pub fn hours(&self, reckoned: &Reckoned, attested: Option<Parts>) -> Hours {
        let Reckoned { registration, seances, half_days, .. } = reckoned;
        hours(&self.training, *registration, seances, half_days, attested)
    }

    /// The days on which an act attesting those parts gives hours, in the mode that goes by séances; none in the others.
    #[must_use]
    pub fn days(&self, reckoned: &Reckoned, attested: Parts) -> Vec<DayCredit> {
        let Reckoned { registration, seances, half_days, .. } = reckoned;
        let counts = self.training.counted && registration.nominative && !registration.double_role;
        match self.training.announced.total() {
            Some(flat) if counts && self.training.mode == HoursMode::ParSeance => {
                days(flat, attested, seances, half_days)
            }
            _ => Vec::new(),
        }
    }

    fn row(&self, seance: SeanceId, person: PersonId) -> Option<&'a PresenceRow> {
        self.rows.get(&seance)?.get(&person).copied()
    }

    /// Of the séances where the person was present, those of other sessions included.
    fn credits(
        &self,
        person: PersonId,
        rows: &[Option<&PresenceRow>],
        outcomes: &[Outcome],
    ) -> BTreeMap<SeanceId, Credit> {
        let own = self.remote.iter().zip(rows).zip(outcomes);
        let own = own.filter(|(_, outcome)| **outcome == Outcome::Present);
        let own = own.filter_map(|((held, row), _)| Some(claim(&held.plan, (*row)?)));
        let others = self.beside.iter().filter_map(|held| {
            let row = held.sheet.rows.iter().find(|row| row.person == person)?;
            let counts = row.table == Table::Participants && outcome(held, Some(row)) == Outcome::Present;
            counts.then(|| claim(&held.plan, row))
        });
        let claims: Vec<Claim> = own.chain(others).collect();
        credits(&claims, &Params::default())
    }

    fn signed(&self, person: PersonId) -> Vec<HalfDay> {
        let days = self.half_days.iter().map(|(held, day)| {
            let row = self.row(held.plan.id, person);
            // What was decided about the row of the face-to-face séance wins over its signatures; where there are
            // none, presence by decision counts as if each half-day had been signed.
            let signed = row.filter(|row| row.decided == Status::Present).is_some_and(|row| {
                row.signatures.is_empty() || row.signatures.iter().any(|one| one.half_day == day.id)
            });
            let on = local_day(&held.plan, day.starts_at);
            HalfDay { on, duration: Minutes(day.duration_min), signed }
        });
        days.collect()
    }

    fn flags(&self, person: PersonId) -> BTreeSet<String> {
        let rows = self.rows.values().filter_map(|rows| rows.get(&person));
        let telling = [Flag::DoubleRole, Flag::Chevauchement, Flag::HorsGaia].map(|flag| flag.code());
        rows.flat_map(|row| row.flags.iter())
            .filter(|flag| telling.contains(&flag.as_str()))
            .cloned()
            .collect()
    }
}

/// What a séance would give to somebody who was present.
fn claim(plan: &Seance, row: &PresenceRow) -> Claim {
    Claim {
        seance: plan.id,
        starts_at: plan.starts_at,
        credit: Minutes(plan.credit_min.unwrap_or(plan.duration_min)),
        retained: row.segments.iter().map(|one| Interval::new(one.from, one.to)).collect(),
    }
}

/// The day by the clock of the séance.
fn local_day(plan: &Seance, at: Timestamp) -> Date {
    let zone = TimeZone::get(&plan.time_zone).unwrap_or(TimeZone::UTC);
    zone.to_datetime(at).date()
}

fn outcome(held: &Held, row: Option<&PresenceRow>) -> Outcome {
    if held.plan.cancelled_at.is_some() {
        return Outcome::Silent;
    }
    if !held.sheet.closed {
        return Outcome::ToCome;
    }
    // Nobody led it: it did not take place, for whoever has no row either.
    let called_off = held.sheet.rows.iter().any(|row| row.status == Status::SeanceAnnulee);
    let nothing = if called_off { Status::SeanceAnnulee } else { Status::Absent };
    match row.map_or(nothing, |row| row.decided) {
        Status::Present => Outcome::Present,
        Status::Absent => Outcome::Absent,
        Status::Excuse => Outcome::Excused,
        Status::NonSuivi | Status::SeanceAnnulee => Outcome::Silent,
    }
}
