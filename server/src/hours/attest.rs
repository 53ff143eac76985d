//! The act of attestation: which lines, their receipts, the signature over all of them.

use jiff::Timestamp;
use signaling::{
    attestation::{
        AttestedLine, Capacity, Receipt, VERSION, line_hash, number, path, root, statement, verify_code,
    },
    hours::{
        report::{AttestRequest, AttestationView},
        roll::{Reckoned, Roll},
        school_year::SchoolYear,
        training::{DayCredit, Hours, Parts},
    },
    id::{AttestationId, PersonId, SessionFormationId},
    parcours::SessionState,
    person::Person,
    planning::Invalid,
    protocol::{Problem, Refusal},
};

use super::{Course, view};
use crate::{
    app::App,
    clock,
    store::{Act, Attestation, Replaced, StoreError},
};

/// Longest reason, characters.
const MAX_REASON: usize = 500;
/// Numbers and people may be taken by another act at the same time.
const TRIES: usize = 8;

/// Why nothing was attested.
#[derive(Debug)]
pub(crate) enum Denied {
    Refusal(Refusal),
    Store(StoreError),
}

impl From<StoreError> for Denied {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Refusal> for Denied {
    fn from(refusal: Refusal) -> Self {
        Self::Refusal(refusal)
    }
}

/// Who attests, and as what.
#[derive(Debug, Clone)]
pub(crate) struct Author {
    pub(crate) person: PersonId,
    pub(crate) name: String,
    pub(crate) capacity: Capacity,
}

/// What is to be attested of one person.
#[derive(Debug, Clone)]
struct Decision<'c> {
    person: &'c Person,
    attested: Parts,
    proposed: Parts,
    reason: &'c str,
    hours: Hours,
    days: Vec<DayCredit>,
    before: Option<AttestationId>,
}

impl<'c> Decision<'c> {
    fn of(
        course: &'c Course,
        roll: &Roll<'_>,
        (person, reckoned): (&'c Person, &Reckoned),
        attested: Parts,
        reason: &'c str,
    ) -> Self {
        Self {
            person,
            attested,
            proposed: reckoned.proposal,
            reason,
            hours: roll.hours(reckoned, Some(attested)),
            days: roll.days(reckoned, attested),
            before: course.attestations.get(&person.id).map(|one| one.id),
        }
    }
}

/// Attests, and tells what was attested. Committed when it returns.
pub(crate) async fn attest(
    app: &App,
    session: SessionFormationId,
    request: &AttestRequest,
    author: &Author,
) -> Result<Vec<AttestationView>, Denied> {
    for _ in 0..TRIES {
        // Looked at anew: another act may have come first.
        let course = Course::load(&app.store, session, app.clock.now()).await?.ok_or(Refusal::Unknown)?;
        if course.session.state == SessionState::Archived {
            return Err(Refusal::PeriodLocked.into());
        }
        let decisions = decisions(&course, request)?;
        if decisions.is_empty() {
            return Ok(Vec::new());
        }
        let made = app.store.attestations_made().await?;
        let (act, lines) = sign(app, &course, &decisions, author, made)?;
        if app.store.attest(&act, &lines).await? {
            let (title, identifiant) = (&course.session.title, &course.parcours.identifiant);
            let views =
                lines.iter().map(|one| view(&one.attestation, title, identifiant, author.name.clone()));
            return Ok(views.collect());
        }
    }
    Err(Refusal::Busy.into())
}

/// A reason as it is kept.
///
/// # Errors
/// It is missing or too long.
pub(crate) fn reason(typed: &str) -> Result<&str, Refusal> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Err(Invalid::missing("reason").into());
    }
    if typed.chars().count() > MAX_REASON {
        return Err(Refusal::Invalid { field: "reason".to_owned(), problem: Problem::TooLong });
    }
    Ok(typed)
}

fn decisions<'c>(course: &'c Course, request: &'c AttestRequest) -> Result<Vec<Decision<'c>>, Refusal> {
    let roll = course.roll();
    let AttestRequest::People { people, attested, reason: why } = request else {
        let open = course.trainees.iter().filter_map(|(trainee, person)| {
            let reckoned = roll.reckon(*trainee);
            let attested = course.to_attest(person.id, &reckoned, &roll)?;
            // What was attested against the proposal stays so, for the same reason.
            let before = course.attestations.get(&person.id).filter(|_| attested != reckoned.proposal);
            let why = before.map_or("", |one| one.reason.as_str());
            Some(Decision::of(course, &roll, (person, &reckoned), attested, why))
        });
        return Ok(open.collect());
    };
    if people.is_empty() {
        return Err(Invalid::missing("people").into());
    }
    if !why.trim().is_empty() {
        reason(why)?;
    }
    let mut chosen: Vec<Decision<'c>> = Vec::with_capacity(people.len());
    for id in people {
        let found = course.trainees.iter().find(|(trainee, _)| trainee.person == *id);
        let (trainee, person) = found.ok_or(Refusal::from(Invalid::unknown("people")))?;
        let reckoned = roll.reckon(*trainee);
        if reckoned.registration.double_role {
            let detail = "both trainer and trainee: a gestionnaire decides first".to_owned();
            return Err(Refusal::Conflict { detail });
        }
        if *attested != reckoned.proposal {
            reason(why)?;
        }
        if !chosen.iter().any(|known| known.person.id == *id) {
            chosen.push(Decision::of(course, &roll, (person, &reckoned), *attested, why.trim()));
        }
    }
    Ok(chosen)
}

fn sign(
    app: &App,
    course: &Course,
    decisions: &[Decision<'_>],
    author: &Author,
    made: u64,
) -> Result<(Act, Vec<Replaced>), Refusal> {
    let (session, at) = (&course.session, app.clock.now());
    let act = clock::mint();
    let (year, code) = match app.academies.find(&session.academy) {
        Ok(academy) => (SchoolYear::of(session.ends_on, academy.school_year), academy.code.as_str()),
        Err(_) => (SchoolYear::of(session.ends_on, <_>::default()), session.academy.as_str()),
    };
    let year = year.to_string();
    let mut attestations = Vec::with_capacity(decisions.len());
    let mut leaves = Vec::with_capacity(decisions.len());
    for (decision, running) in decisions.iter().zip(made + 1..) {
        let line = line(course, decision, number(&year, code, running), author, at);
        let salt = hex::encode(clock::random::<16>());
        let leaf = line_hash(&line, &salt).map_err(|_| Refusal::Busy)?;
        let attestation = Attestation {
            id: line.attestation,
            number: line.number.clone(),
            session_formation: line.session_formation,
            person: line.person,
            hours: decision.hours,
            days: decision.days.clone(),
            attested: decision.attested,
            proposed: decision.proposed,
            by_hand: decision.attested != decision.proposed,
            reason: decision.reason.to_owned(),
            author: author.person,
            at,
            revoked: None,
            verify_code: verify_code(clock::random::<16>()),
            act,
            leaf_index: leaves.len(),
            leaf: hex::encode(leaf),
            salt,
            line: Some(line),
        };
        leaves.push(leaf);
        attestations.push(Replaced { attestation, before: decision.before });
    }
    let root = root(&leaves).map(hex::encode).ok_or(Refusal::Busy)?;
    let size = u64::try_from(leaves.len()).unwrap_or(u64::MAX);
    let signature = app.proof.sign(&statement(session.id, at, size, &root));
    let public_key = app.proof.public();
    let (session_formation, author) = (session.id, author.person);
    Ok((Act { id: act, session_formation, author, at, root, public_key, signature }, attestations))
}

fn line(
    course: &Course,
    decision: &Decision<'_>,
    number: String,
    author: &Author,
    at: Timestamp,
) -> AttestedLine {
    let (session, parcours) = (&course.session, &course.parcours);
    AttestedLine {
        attestation: AttestationId(clock::mint()),
        number,
        person: decision.person.id,
        last_name: decision.person.last_name.clone(),
        first_name: decision.person.first_name.clone(),
        session_formation: session.id,
        title: parcours.title.clone(),
        identifiant: parcours.identifiant.clone(),
        starts_on: session.starts_on,
        ends_on: session.ends_on,
        distance: parcours.announced.distance,
        presence: parcours.announced.presence,
        attested: decision.attested,
        by: author.name.clone(),
        capacity: author.capacity,
        at,
    }
}

/// The receipt of one attestation; none when the identity was erased.
pub(crate) async fn receipt(app: &App, one: &Attestation) -> Result<Option<Receipt>, StoreError> {
    let (Some(line), Some((act, leaves))) = (one.line.clone(), app.store.act(one.act).await?) else {
        return Ok(None);
    };
    let hashes: Option<Vec<[u8; 32]>> =
        leaves.iter().map(|leaf| hex::decode(leaf).ok()?.try_into().ok()).collect();
    let Some(hashes) = hashes else { return Ok(None) };
    Ok(Some(Receipt {
        preau_receipt: VERSION,
        line,
        salt: one.salt.clone(),
        path: path(&hashes, one.leaf_index),
        size: u64::try_from(hashes.len()).unwrap_or(u64::MAX),
        root: act.root,
        public_key: act.public_key,
        signature: act.signature,
    }))
}
