//! `--demo`: one séance to try everything out, and the links into it.

use jiff::{SignedDuration, Timestamp};
use signaling::{
    id::{PersonId, SeanceId},
    journal::Identity,
    protocol::{
        Role,
        seance::{SeanceKind, SeanceState},
    },
    seance::{Seance, Threshold},
    ticket::{Bearer, Key, Ticket},
};

use crate::{
    clock,
    store::{Store, StoreError},
};

const TITLE: &str = "Lire au cycle 3 : fluence et compréhension";
const MINUTES: u32 = 90;
/// The links of the demo last a week.
const LINKS: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The three links of a séance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Links {
    pub trainer: String,
    pub participant: String,
    pub organiser: String,
}

/// The demo's séance: the last one if it still runs, else a new one that starts now.
///
/// # Errors
/// The database does not answer.
pub async fn prepare(store: &Store, key: &Key, now: Timestamp, base: &str) -> Result<Links, StoreError> {
    let mut running = None;
    if let Some(last) = store.seances().await?.into_iter().next() {
        let state = signaling::room::view_of(&last, &store.records(last.id).await?).state;
        let open = matches!(state, SeanceState::Planned | SeanceState::Live);
        running = (open && now < last.announced_end()).then_some(last);
    }
    let plan = match running {
        Some(plan) => plan,
        None => {
            let plan = planned(now);
            store.put_seance(&plan).await?;
            plan
        }
    };
    Ok(links(&plan, key, now, base))
}

fn planned(now: Timestamp) -> Seance {
    let this_minute = now.as_second() - now.as_second().rem_euclid(60);
    Seance {
        id: SeanceId(clock::mint()),
        title: TITLE.to_owned(),
        kind: SeanceKind::ClasseVirtuelle,
        starts_at: Timestamp::from_second(this_minute).unwrap_or(now),
        time_zone: "Europe/Paris".to_owned(),
        duration_min: MINUTES,
        threshold: Threshold::Auto,
        access_before_min: 30,
        recorded: true,
        trainers: vec!["Formatrice (démonstration)".to_owned()],
        capacity: 300,
    }
}

fn links(plan: &Seance, key: &Key, now: Timestamp, base: &str) -> Links {
    let ticket = |role, bearer| key.sign(&Ticket { seance: plan.id, role, bearer, until: now + LINKS });
    let personal = |name: &str| Bearer::Person {
        person: PersonId(clock::mint()),
        name: name.to_owned(),
        identity: Identity::PersonalLink,
    };
    let trainer = ticket(Role::Trainer, personal("Formatrice (démonstration)"));
    let participant = ticket(Role::Participant, Bearer::Anyone);
    let organiser = ticket(Role::Organiser, personal("Organisatrice (démonstration)"));
    let seance = plan.id;
    Links {
        trainer: format!("{base}/seance/{seance}#{trainer}"),
        participant: format!("{base}/seance/{seance}#{participant}"),
        organiser: format!("{base}/seance/{seance}/presence#{organiser}"),
    }
}
