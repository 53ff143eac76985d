//! Gathers everything that is kept about one person.

use jiff::Timestamp;
use signaling::{
    attendance::{PresenceRow, PresenceSheet, decided},
    hours::Minutes,
    id::SessionFormationId,
    office::person::PersonView,
    person::Person,
    seance::Seance,
};

use crate::{
    export::personal::{
        Attended, Attested, Correction, Enrolment, Login, Message, PersonalData, Presence, Request, SCHEMA,
        Signed,
    },
    store::{EnrolmentKept, Store, StoreError},
};

/// All of it, as it is now.
///
/// # Errors
/// The database does not answer, or a row was damaged.
pub async fn personal_data(
    store: &Store,
    person: &Person,
    now: Timestamp,
) -> Result<PersonalData, StoreError> {
    let (in_seances, in_sessions) = store.enrolments_of(person.id).await?;
    let mut seances = Vec::new();
    for id in store.seances_concerning(person.id).await? {
        if let Some(plan) = store.seance(id).await? {
            seances.push(attended(store, person, &plan, now).await?);
        }
    }
    seances.sort_by_key(|one| (one.starts_at, one.seance));
    let logins = store.logins_of(person.id).await?.into_iter();
    Ok(PersonalData {
        schema: SCHEMA,
        made_at: now,
        person: PersonView::from(person),
        account_changed_at: store.account_changed(person.id).await?,
        roles: store.grants(person.id).await?,
        logins: logins
            .map(|one| Login { made_at: one.made_at, seen_at: one.seen_at, until: one.until })
            .collect(),
        enrolments: titled(store, in_seances).await?,
        sessions: titled(store, in_sessions).await?,
        seances,
        attestations: attested(store, person).await?,
        exports: store.exports_holding(person.id).await?,
        views: store.views_of(person.id).await?,
    })
}

async fn attested(store: &Store, person: &Person) -> Result<Vec<Attested>, StoreError> {
    let minutes = |Minutes(count)| count;
    let kept = store.attestations_of(person.id).await?.into_iter().map(|one| Attested {
        id: one.id,
        number: one.number,
        at: one.at,
        distance_min: one.line.as_ref().and_then(|line| line.distance).map(minutes),
        presence_min: one.line.as_ref().and_then(|line| line.presence).map(minutes),
        reason: one.reason,
        verify_code: one.verify_code,
        revoked_at: one.revoked.map(|revoked| revoked.at),
        line: one.line,
    });
    Ok(kept.collect())
}

async fn attended(
    store: &Store,
    person: &Person,
    plan: &Seance,
    now: Timestamp,
) -> Result<Attended, StoreError> {
    let (log, known) = (store.log(plan.id).await?, store.known(plan, now).await?);
    let mut sheet = decided(plan, log.view(plan), &log, &known, now).only(Some(person.id));
    let row = sheet.rows.pop();
    let messages = store.messages_of(plan.id, person.id).await?.into_iter();
    Ok(Attended {
        seance: plan.id,
        title: plan.title.clone(),
        starts_at: plan.starts_at,
        duration_min: plan.duration_min,
        time_zone: plan.time_zone.clone(),
        presence: row.map(|row| presence(&sheet, row)),
        messages: messages.map(|one| Message { at: one.at, text: one.text }).collect(),
    })
}

fn presence(sheet: &PresenceSheet, row: PresenceRow) -> Presence {
    let corrections = row.history.into_iter().map(|one| Correction {
        at: one.at,
        old: one.old,
        new: one.new,
        reason: one.reason,
        text: one.text,
    });
    let requests = row.requests.into_iter().map(|one| Request {
        asked_at: one.asked_at,
        text: one.text,
        answer: one.answer,
        answer_text: one.answer_text,
        answered_at: one.answered_at,
    });
    let signatures =
        row.signatures.iter().map(|one| Signed { at: one.at, method: one.method.as_str().to_owned() });
    Presence {
        threshold_min: sheet.threshold_min,
        connected_ms: row.connected_ms,
        presence_ms: row.presence_ms,
        replay_ms: row.replay_ms,
        status: row.status,
        decided: row.decided,
        origin: row.origin,
        declared_min: row.declared_min,
        first_arrival: row.first_arrival,
        last_departure: row.last_departure,
        segments: row.segments,
        flags: row.flags,
        corrections: corrections.collect(),
        requests: requests.collect(),
        signatures: signatures.collect(),
    }
}

/// With the titles of what the enrolments are in.
async fn titled(store: &Store, kept: Vec<EnrolmentKept>) -> Result<Vec<Enrolment>, StoreError> {
    let mut enrolments = Vec::with_capacity(kept.len());
    for one in kept {
        let seance = match one.of.parse() {
            Ok(id) => store.seance(id).await?.map(|plan| plan.title),
            Err(_) => None,
        };
        let title = match (seance, one.of.parse::<SessionFormationId>()) {
            (Some(title), _) => title,
            (None, Ok(id)) => {
                store.session_formation(id).await?.map(|session| session.title).unwrap_or_default()
            }
            (None, Err(_)) => String::new(),
        };
        enrolments.push(Enrolment {
            id: one.of,
            title,
            role: one.role,
            source: one.source,
            answer: one.answer,
            added_at: one.added_at,
            removed_at: one.removed_at,
        });
    }
    Ok(enrolments)
}
