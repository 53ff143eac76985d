//! The sessions that people follow, and the hours that these give them as things stand. No sheet is computed for that: it
//! is made for the year of a whole academy.

use std::collections::{BTreeMap, BTreeSet};

use signaling::{
    hours::{annual::Delivery, report::ExceptionKind},
    id::{PersonId, SessionFormationId},
    parcours::{Parcours, SessionFormation},
};

use crate::store::{Following, Store, StoreError, Whose};

/// All that some people follow.
#[derive(Debug)]
pub(crate) struct Followed {
    lines: Vec<Following>,
    sessions: BTreeMap<SessionFormationId, (SessionFormation, Parcours)>,
    /// What counts again although the same parcours was followed before in the year.
    repeated: BTreeSet<(SessionFormationId, PersonId)>,
}

impl Followed {
    /// Loads it with a handful of queries, however many people there are.
    pub(crate) async fn load(store: &Store, whose: Whose<'_>) -> Result<Self, StoreError> {
        let lines = store.followed(whose).await?;
        let sessions = lines.iter().map(|line| line.session_formation).collect();
        let sessions = store.deliveries(&sessions).await?;
        let repeated = store.exceptions(ExceptionKind::Repeated).await?;
        Ok(Self { lines, sessions, repeated })
    }

    /// What each person follows.
    pub(crate) fn by_person(&self) -> BTreeMap<PersonId, Vec<Delivery<'_>>> {
        let mut by: BTreeMap<PersonId, Vec<Delivery<'_>>> = BTreeMap::new();
        for line in &self.lines {
            let Some((session, parcours)) = self.sessions.get(&line.session_formation) else { continue };
            by.entry(line.person).or_default().push(Delivery {
                session,
                parcours,
                nominative: line.nominative,
                act: line.act,
                days: &line.days,
                told: line.told,
                repeated_accepted: self.repeated.contains(&(session.id, line.person)),
            });
        }
        by
    }
}
