//! `--demo`: one séance to try everything out, and the links into it.

use std::{
    io,
    path::{Path, PathBuf},
};

use jiff::{SignedDuration, Timestamp};
use signaling::{
    id::{PersonId, SeanceId},
    journal::Identity,
    protocol::{Role, seance::SeanceState},
    seance::Seance,
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

/// Why there is no demonstration.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("cannot keep which séance is the demonstration in {path}: {source}; check `store.data`")]
    Kept { path: PathBuf, source: io::Error },
}

/// The demo's séance: the last one if it still runs, else a new one that starts now. No other séance of the database
/// is given away.
///
/// # Errors
/// The database does not answer, or the data folder cannot be written.
pub async fn prepare(
    store: &Store,
    data: &Path,
    key: &Key,
    now: Timestamp,
    base: &str,
) -> Result<Links, DemoError> {
    let kept = data.join("demo-seance");
    let plan = match running(store, &kept, now).await? {
        Some(plan) => plan,
        None => {
            let plan = planned(now);
            store.put_seance(&plan).await?;
            std::fs::write(&kept, plan.id.to_string())
                .map_err(|source| DemoError::Kept { path: kept, source })?;
            plan
        }
    };
    Ok(links(&plan, key, now, base))
}

/// The séance that the file names, unless it is over.
async fn running(store: &Store, kept: &Path, now: Timestamp) -> Result<Option<Seance>, StoreError> {
    // No file, or none that can be read: there was no demonstration.
    let named = std::fs::read_to_string(kept).ok().and_then(|id| id.trim().parse::<SeanceId>().ok());
    let Some(id) = named else { return Ok(None) };
    let Some(plan) = store.seance(id).await? else { return Ok(None) };
    let state = signaling::room::view_of(&plan, &store.records(id).await?).state;
    let open = matches!(state, SeanceState::Planned | SeanceState::Live);
    Ok((open && now < plan.announced_end()).then_some(plan))
}

fn planned(now: Timestamp) -> Seance {
    let this_minute = now.as_second() - now.as_second().rem_euclid(60);
    Seance {
        duration_min: MINUTES,
        recorded: true,
        trainers: vec!["Formatrice (démonstration)".to_owned()],
        capacity: 1_000,
        ..Seance::new(SeanceId(clock::mint()), TITLE, Timestamp::from_second(this_minute).unwrap_or(now))
    }
}

fn links(plan: &Seance, key: &Key, now: Timestamp, base: &str) -> Links {
    let ticket =
        |role, bearer| key.sign(&Ticket { seance: plan.id, role, bearer, until: now + LINKS, login: None });
    let personal = |name: &str| Bearer::Person {
        person: PersonId(clock::mint()),
        name: name.to_owned(),
        identity: Identity::PersonalLink,
        link: None,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn no_other_seance_is_given_away_and_the_links_stay_those_of_the_demonstration() {
        let data = tempfile::tempdir().unwrap();
        let store = Store::open(data.path()).await.unwrap();
        let (key, now) = (Key::new(&[7; 32]), clock::wall());
        let real = planned(now);
        store.put_seance(&real).await.unwrap();
        let shown = async |now| {
            let links = prepare(&store, data.path(), &key, now, "").await.unwrap();
            let (_, ticket) = links.trainer.split_once('#').unwrap();
            key.verify(ticket, now).unwrap().seance
        };
        let first = shown(now).await;
        assert_ne!(first, real.id);
        store.put_seance(&planned(now + SignedDuration::from_mins(5))).await.unwrap();
        assert_eq!(shown(now + SignedDuration::from_mins(10)).await, first);
        assert_ne!(shown(now + SignedDuration::from_hours(3)).await, first, "it is over");
        store.close().await;
    }
}
