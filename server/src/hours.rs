//! The hours of a session of a parcours, put together from what the store keeps. The rules are in `signaling::hours`.

pub(crate) mod attest;
pub(crate) mod followed;
pub(crate) mod intervention;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use signaling::{
    attendance::{Flag, Origin, Table},
    enrolment::{EnrolmentRole, EnrolmentSource, collation},
    hours::{
        intervention::{SeanceInterventions, SessionInterventions, Sharing, totals},
        report::{AttestationView, ExceptionKind, PersonHours, SessionHours},
        roll::{Before, Held, Reckoned, Roll, Trainee},
        training::{HoursMode, Parts, Training},
    },
    id::{PersonId, SeanceId, SessionFormationId},
    parcours::{Parcours, SessionFormation, SessionState},
    person::Person,
    seance::Seance,
};

use crate::{
    presence,
    store::{Attestation, Store, StoreError},
};

/// A session with everything its hours hang on.
#[derive(Debug)]
pub(crate) struct Course {
    pub(crate) session: SessionFormation,
    pub(crate) parcours: Parcours,
    held: Vec<Held>,
    /// Séances of other sessions at the same time, where all of them credit by séance.
    beside: Vec<Held>,
    /// By name.
    trainees: Vec<(Trainee, Person)>,
    /// Those that hold.
    attestations: BTreeMap<PersonId, Attestation>,
    /// Of those who attested.
    names: BTreeMap<PersonId, String>,
}

impl Course {
    /// Loads it; none when there is no such session. Every sheet is computed: for many sessions at once there is
    /// [`followed`].
    pub(crate) async fn load(
        store: &Store,
        id: SessionFormationId,
        now: Timestamp,
    ) -> Result<Option<Self>, StoreError> {
        let Some(session) = store.session_formation(id).await? else { return Ok(None) };
        let Some(parcours) = store.parcours(session.parcours).await? else { return Ok(None) };
        let mut held = Vec::new();
        for plan in store.seances_of(id).await? {
            let sheet = presence::sheet(store, &plan, now).await?;
            held.push(Held { plan, sheet });
        }
        let beside = match session.hours_mode {
            HoursMode::ParSeance => beside(store, &session, &held, now).await?,
            HoursMode::Inscription | HoursMode::Attestee => Vec::new(),
        };
        let attestations = store.attestations_in(id).await?;
        let attestations: BTreeMap<PersonId, Attestation> =
            attestations.into_iter().map(|one| (one.person, one)).collect();
        let names = names(store, attestations.values().map(|one| one.author)).await?;
        let mut course = Self { session, parcours, held, beside, trainees: Vec::new(), attestations, names };
        course.trainees = course.find_trainees(store).await?;
        Ok(Some(course))
    }

    /// Everybody enrolled as a trainee, and whoever else may be attested.
    async fn find_trainees(&self, store: &Store) -> Result<Vec<(Trainee, Person)>, StoreError> {
        let mut enrolled = store.enrolled_in(self.session.id).await?;
        for held in &self.held {
            enrolled.extend(store.expected(held.plan.id).await?);
        }
        let accepted = store.exceptions_in(self.session.id, ExceptionKind::DoubleRole).await?;
        let roll = self.roll();
        // The list of trainees names them, although they lead.
        let doubled = roll.doubled();
        let mut found: BTreeMap<PersonId, (Trainee, Person)> = BTreeMap::new();
        for one in enrolled {
            let person = one.person.id;
            if one.role != EnrolmentRole::Participant && !doubled.contains(&person) {
                continue;
            }
            let trainee =
                Trainee { person, nominative: false, double_role_accepted: accepted.contains(&person) };
            let (known, _) = found.entry(person).or_insert_with(|| (trainee, one.person.clone()));
            known.nominative |= one.source != EnrolmentSource::WalkIn;
        }
        let others: BTreeSet<PersonId> =
            roll.seen().into_iter().chain(self.attestations.keys().copied()).collect();
        for person in others {
            if !found.contains_key(&person)
                && let Some(known) = store.person(person).await?
            {
                let trainee = Trainee { person, nominative: false, double_role_accepted: false };
                found.insert(person, (trainee, known));
            }
        }
        let mut trainees: Vec<(Trainee, Person)> = found.into_values().collect();
        trainees.sort_by_cached_key(|(trainee, person)| {
            (collation(&person.last_name, &person.first_name), trainee.person)
        });
        Ok(trainees)
    }

    /// Those of the rows of the report, in the same order.
    pub(crate) fn people(&self) -> impl Iterator<Item = &Person> {
        self.trainees.iter().map(|(_, person)| person)
    }

    /// How many presences of participants somebody decided, by the code of the reason.
    pub(crate) fn decided_by_hand(&self) -> BTreeMap<&'static str, u32> {
        let mut counts = BTreeMap::new();
        let rows = self.held.iter().flat_map(|held| &held.sheet.rows);
        for row in rows.filter(|row| row.table == Table::Participants) {
            if let (Origin::Manuel, Some(reason)) = (row.origin, row.reason) {
                *counts.entry(reason.code()).or_insert(0) += 1;
            }
        }
        counts
    }

    fn roll(&self) -> Roll<'_> {
        Roll::new(Training::of(&self.session, &self.parcours), &self.held).beside(&self.beside)
    }

    /// What the page of the session shows.
    pub(crate) fn report(&self) -> SessionHours {
        let roll = self.roll();
        let mut to_attest = 0;
        let mut rows = Vec::with_capacity(self.trainees.len());
        for (trainee, person) in &self.trainees {
            let reckoned = roll.reckon(*trainee);
            let row = self.row(person, &reckoned, &roll);
            to_attest += u32::from(row.to_attest.is_some());
            rows.push(row);
        }
        SessionHours {
            session_formation: self.session.id,
            title: self.session.title.clone(),
            identifiant: self.parcours.identifiant.clone(),
            mode: self.session.hours_mode,
            rule: self.session.rule,
            announced: self.parcours.announced,
            counted: self.parcours.counted,
            archived: self.session.state == SessionState::Archived,
            seances: roll.columns(),
            half_days: u32::try_from(roll.half_days()).unwrap_or(u32::MAX),
            to_attest,
            unfinished: roll.is_unfinished(),
            rows,
        }
    }

    /// Who led or helped, séance by séance.
    pub(crate) fn interventions(&self, sharing: Sharing) -> SessionInterventions {
        let mut seances: Vec<SeanceInterventions> =
            self.held.iter().map(|held| SeanceInterventions::of(held, sharing)).collect();
        seances.sort_by_key(|one| (one.starts_at, one.seance));
        let totals = totals(&seances);
        SessionInterventions { session_formation: self.session.id, sharing, seances, totals }
    }

    fn row(&self, person: &Person, reckoned: &Reckoned, roll: &Roll<'_>) -> PersonHours {
        let attestation = self.attestations.get(&person.id);
        PersonHours {
            person: person.id,
            last_name: person.last_name.clone(),
            first_name: person.first_name.clone(),
            school: person.school.clone(),
            town: person.town.clone(),
            nominative: reckoned.registration.nominative,
            outcomes: reckoned.outcomes.clone(),
            signed: reckoned.signed,
            proposal: reckoned.proposal,
            hours: attestation.map_or_else(|| roll.hours(reckoned, None), |one| one.hours),
            to_attest: self.to_attest(person.id, reckoned, roll),
            attestation: attestation.map(|one| self.view(one)),
            flags: reckoned.flags.clone(),
        }
    }

    /// What one click attests of somebody.
    fn to_attest(&self, person: PersonId, reckoned: &Reckoned, roll: &Roll<'_>) -> Option<Parts> {
        let before = self.attestations.get(&person).map(|one| Before {
            attested: one.attested,
            proposed: one.proposed,
            hours: one.hours,
        });
        roll.to_attest(reckoned, before.as_ref())
    }

    fn view(&self, one: &Attestation) -> AttestationView {
        let by = self.names.get(&one.author).cloned().unwrap_or_default();
        view(one, &self.session.title, &self.parcours.identifiant, by)
    }
}

/// Séances of other sessions in the mode `par_seance` which take time of the same people, and those that take time of
/// these: who is credited in one decides about the next.
async fn beside(
    store: &Store,
    session: &SessionFormation,
    held: &[Held],
    now: Timestamp,
) -> Result<Vec<Held>, StoreError> {
    let mut known: BTreeSet<SeanceId> = held.iter().map(|one| one.plan.id).collect();
    let overlaps = |one: &&Held| {
        one.sheet.rows.iter().any(|row| row.flags.iter().any(|flag| flag == Flag::Chevauchement.code()))
    };
    let mut open: Vec<Seance> = held.iter().filter(overlaps).map(|one| one.plan.clone()).collect();
    let mut found = Vec::new();
    while let Some(plan) = open.pop() {
        for other in store.meanwhile(&plan).await? {
            let Some(of) = other.session_formation.filter(|of| *of != session.id) else { continue };
            if !known.insert(other.id) {
                continue;
            }
            let mode = store.session_formation(of).await?.map(|one| one.hours_mode);
            if mode == Some(HoursMode::ParSeance) {
                let one = Held { sheet: presence::sheet(store, &other, now).await?, plan: other };
                if overlaps(&&one) {
                    open.push(one.plan.clone());
                }
                found.push(one);
            }
        }
    }
    Ok(found)
}

/// An attestation as people see it.
pub(crate) fn view(one: &Attestation, title: &str, identifiant: &str, by: String) -> AttestationView {
    // What the paper says stays as it was said.
    let said = one.line.as_ref();
    AttestationView {
        id: one.id,
        number: one.number.clone(),
        session_formation: one.session_formation,
        title: said.map_or(title, |line| &line.title).to_owned(),
        identifiant: said.map_or(identifiant, |line| &line.identifiant).to_owned(),
        attested: one.attested,
        by_hand: one.by_hand,
        reason: one.reason.clone(),
        by: said.map_or(by, |line| line.by.clone()),
        at: one.at,
        revoked_at: one.revoked.as_ref().map(|revoked| revoked.at),
        revoked_reason: one.revoked.as_ref().map(|revoked| revoked.reason.clone()).unwrap_or_default(),
        paper: said.is_some() && one.attested.took_part(),
        verify_code: one.verify_code.clone(),
    }
}

/// How people are named, empty when the identity was erased.
pub(crate) async fn names(
    store: &Store,
    people: impl Iterator<Item = PersonId>,
) -> Result<BTreeMap<PersonId, String>, StoreError> {
    let mut names = BTreeMap::new();
    for person in people.collect::<BTreeSet<PersonId>>() {
        let known = store.person(person).await?;
        names.insert(person, known.map(|one| one.display_name()).unwrap_or_default());
    }
    Ok(names)
}
