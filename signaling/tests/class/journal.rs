//! The journal of a class being written record by record, as by a room and its store.

use jiff::{SignedDuration, Timestamp};
use signaling::{
    attendance::{PresenceSheet, sheet},
    id::{BootId, ConnectionId, ParticipantId, PersonId},
    journal::{Fact, Head, Identity, Moment, Record, verify},
    protocol::{
        Role,
        seance::{EndCause, SeanceState, SeanceView},
    },
    seance::Seance,
};
use uuid::Uuid;

use super::minute;

pub(crate) const MARIE: u128 = 1;
pub(crate) const LUC: u128 = 2;
pub(crate) const PAUL: u128 = 9;

/// From the start of the séance, 14:00 in Paris.
pub(crate) fn second(second: i64) -> Timestamp {
    "2026-11-18T13:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs(second)
}

pub(crate) fn seance() -> Seance {
    let trainers = vec!["Paul MARTIN".to_owned()];
    Seance { title: "Calcul mental".to_owned(), trainers, capacity: 30, ..super::seance() }
}

pub(crate) fn view(state: SeanceState) -> SeanceView {
    let seance = seance();
    SeanceView {
        id: seance.id,
        title: seance.title.clone(),
        kind: seance.kind,
        state,
        starts_at: seance.starts_at,
        ends_at: seance.announced_end(),
        opens_at: seance.opens_at(),
        time_zone: seance.time_zone.clone(),
        duration_min: seance.duration_min,
        threshold_min: Some(45),
        recorded: seance.recorded,
    }
}

/// A journal being written, as by a room and its store.
pub(crate) struct Journal {
    pub(crate) head: Head,
    pub(crate) boot: u128,
    pub(crate) boot_at: Timestamp,
    pub(crate) records: Vec<Record>,
}

impl Journal {
    /// A server started an hour before the séance and the room was opened 40 minutes before.
    pub(crate) fn opened() -> Self {
        let boot_at = minute(-60);
        let mut journal = Self { head: Head::start(seance().id), boot: 1, boot_at, records: Vec::new() };
        journal.says(minute(-40), Fact::Opened { heard_until: None });
        journal
    }

    pub(crate) fn says(&mut self, at: Timestamp, fact: Fact) {
        let mono_ms = u64::try_from(at.duration_since(self.boot_at).as_millis()).unwrap();
        let at = Moment { boot: BootId(Uuid::from_u128(self.boot)), boot_at: self.boot_at, mono_ms };
        let record = self.head.append(at, at.effective(), fact, [7; 32]).unwrap();
        self.records.push(record);
    }

    /// The server was killed; another one starts at `boot_at` by its own clock and opens the room.
    pub(crate) fn restarts(&mut self, boot_at: Timestamp) {
        let heard_until = self.records.last().map(|record| record.at.effective());
        self.boot += 1;
        self.boot_at = boot_at;
        self.says(boot_at + SignedDuration::from_millis(300), Fact::Opened { heard_until });
    }

    pub(crate) fn joins(&mut self, at: Timestamp, who: u128, connection: u128) {
        let (role, identity) = match who {
            PAUL => (Role::Trainer, Identity::Federated),
            MARIE | LUC => (Role::Participant, Identity::PersonalLink),
            _ => (Role::Participant, Identity::Declared),
        };
        self.joins_as(at, who, connection, role, identity);
    }

    pub(crate) fn joins_as(
        &mut self,
        at: Timestamp,
        who: u128,
        connection: u128,
        role: Role,
        identity: Identity,
    ) {
        let name = match who {
            MARIE => "Marie DURAND",
            LUC => "Luc D’ANGELO",
            PAUL => "Paul MARTIN",
            _ => "Émile",
        };
        let fact = Fact::Joined {
            person: PersonId(Uuid::from_u128(who)),
            participant: participant(who),
            connection: ConnectionId(Uuid::from_u128(connection)),
            name: name.to_owned(),
            role,
            identity,
        };
        self.says(at, fact);
    }

    pub(crate) fn leaves(&mut self, at: Timestamp, who: u128, connection: u128) {
        let connection = ConnectionId(Uuid::from_u128(connection));
        self.says(at, Fact::Left { participant: participant(who), connection });
    }

    pub(crate) fn loses(&mut self, at: Timestamp, who: u128, connection: u128, last_heard: Timestamp) {
        let connection = ConnectionId(Uuid::from_u128(connection));
        self.says(at, Fact::Lost { participant: participant(who), connection, last_heard });
    }

    /// Every connection of the list was heard 4 s before.
    pub(crate) fn beats(&mut self, at: Timestamp, connections: &[u128]) {
        let heard = at - SignedDuration::from_secs(4);
        let heard = connections.iter().map(|one| (ConnectionId(Uuid::from_u128(*one)), heard)).collect();
        self.says(at, Fact::Heartbeats { heard });
    }

    pub(crate) fn ends(&mut self, at: Timestamp, why: EndCause) {
        self.says(at, Fact::Ended { why, by: None });
    }

    /// The sheet `now`; the journal must be a good one.
    pub(crate) fn sheet(&self, state: SeanceState, now: Timestamp) -> PresenceSheet {
        verify(seance().id, &self.records).unwrap();
        sheet(&seance(), view(state), &self.records, now)
    }
}

pub(crate) fn participant(who: u128) -> ParticipantId {
    ParticipantId(Uuid::from_u128(who))
}
