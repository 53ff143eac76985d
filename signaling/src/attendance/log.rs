//! What the journal of a séance says that matters for presence: a log of events, read record by record.
//!
//! Of the heartbeats of a connection only the last one before a stop of the server or the end matters. A reader that
//! is short of time may leave the others out: see [`Log::is_boundary`] and [`Log::unheard`].

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::event::{Close, Control, Event, Params, SeanceRule, WaitReason, What};
use super::threshold;
use crate::id::{BootId, ConnectionId, ParticipantId, PersonId};
use crate::journal::{Fact, Identity, Moment, Record};
use crate::protocol::{
    Role,
    seance::{EndCause, SeanceState, SeanceView},
};
use crate::room;
use crate::seance::Seance;

/// The journal of one séance as far as it was read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    pub(super) events: Vec<Event>,
    pub(super) controls: Vec<Control>,
    pub(super) people: BTreeMap<PersonId, Card>,
    /// Every counted connection that ever was.
    connections: BTreeMap<ConnectionId, Link>,
    /// Connections that wait for a trainer, and whose they are.
    waiting: BTreeMap<ConnectionId, PersonId>,
    /// Somebody who leads came.
    pub(super) led: bool,
    ended: Option<Timestamp>,
    /// Who ended it; nobody when the server did.
    pub(super) ended_by: Option<PersonId>,
    /// As the room counts it: after extensions and an early end.
    window_end: Option<Timestamp>,
    clock: Clock,
    /// The last record read.
    last: u64,
}

/// Who a row is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Card {
    pub(super) name: String,
    pub(super) role: Role,
    pub(super) identity: Identity,
}

/// A connection, as the journal has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Link {
    person: PersonId,
    participant: ParticipantId,
    /// The record of its join.
    since: u64,
    /// Still open as far as was read.
    open: bool,
    /// Of the last heartbeat.
    heard: Option<Timestamp>,
}

/// Effective time over several runs of the server. The wall clock may have been set back between two of them: a run
/// never starts before the end of the one before.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Clock {
    boot: Option<BootId>,
    ahead: SignedDuration,
    /// The latest effective time so far.
    latest: Option<Timestamp>,
}

impl Clock {
    fn read(&mut self, moment: &Moment) -> Timestamp {
        let effective = moment.effective();
        if self.boot.replace(moment.boot) != Some(moment.boot) {
            let missing = self.latest.map_or(SignedDuration::ZERO, |latest| latest.duration_since(effective));
            self.ahead = missing.max(SignedDuration::ZERO);
        }
        let at = self.corrected(effective);
        self.latest = self.latest.max(Some(at));
        at
    }

    /// A time noted in this run.
    fn corrected(&self, noted: Timestamp) -> Timestamp {
        threshold::moved(noted, self.ahead)
    }
}

impl Log {
    /// Those who came under an identity that may earn hours, and did not lead.
    pub fn earning(&self) -> impl Iterator<Item = PersonId> {
        let earns = |card: &&Card| card.identity.validable() && !card.role.leads();
        self.people.iter().filter(move |(_, card)| earns(card)).map(|(person, _)| *person)
    }

    /// The whole journal.
    #[must_use]
    pub fn of(records: &[Record]) -> Self {
        let mut log = Self::default();
        for record in records {
            log.read(record.seq, &record.at, &record.fact);
        }
        log
    }

    /// Takes the next record. What comes after the end changes nothing.
    pub fn read(&mut self, seq: u64, at: &Moment, fact: &Fact) {
        if self.ended.is_some() {
            return;
        }
        self.last = seq;
        if let Fact::Opened { heard_until } = fact {
            self.reopen(seq, at, *heard_until);
        } else {
            let at = self.clock.read(at);
            self.take(at, seq, fact);
        }
    }

    /// Takes heartbeats that came before the last record read, for a reader that left them out.
    pub fn read_heartbeats(&mut self, seq: u64, at: &Moment, fact: &Fact) {
        if let Fact::Heartbeats { heard } = fact
            && self.ended.is_none()
            && self.clock.boot == Some(at.boot)
        {
            let noted = self.clock.corrected(at.effective());
            self.clock.latest = self.clock.latest.max(Some(noted));
            self.last = self.last.max(seq);
            for (connection, heard) in heard {
                let heard = self.clock.corrected(*heard);
                if let Some(link) = self.connections.get_mut(connection).filter(|link| link.open) {
                    link.heard = link.heard.max(Some(heard));
                }
            }
        }
    }

    /// Before such a fact the last heartbeats of what is open must have been read.
    #[must_use]
    pub fn is_boundary(fact: &Fact) -> bool {
        matches!(fact, Fact::Opened { .. } | Fact::Ended { .. })
    }

    /// Open connections of which no heartbeat was read, with the record of their join: heartbeats before it are none.
    pub fn unheard(&self) -> impl Iterator<Item = (ConnectionId, u64)> {
        let open = self.connections.iter().filter(|(_, link)| link.open && link.heard.is_none());
        open.map(|(connection, link)| (*connection, link.since))
    }

    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.ended.is_some()
    }

    /// How many connections each person made.
    #[must_use]
    pub fn connections(&self) -> BTreeMap<PersonId, u32> {
        let mut counts = BTreeMap::new();
        for link in self.connections.values() {
            *counts.entry(link.person).or_insert(0) += 1;
        }
        counts
    }

    /// Takes away the name of somebody; presence stays what it is.
    pub fn forget(&mut self, person: PersonId) {
        if let Some(card) = self.people.get_mut(&person) {
            card.name.clear();
        }
    }

    /// The séance as its journal left it: what the room replayed would say.
    #[must_use]
    pub fn view(&self, plan: &Seance) -> SeanceView {
        let state = match (self.ended, self.last) {
            (Some(_), _) => SeanceState::Ended,
            (None, 0) => SeanceState::Planned,
            (None, _) => SeanceState::Live,
        };
        room::view(plan, self.window_end, state)
    }

    /// The name somebody came under; empty when it was erased, or nobody came.
    pub(super) fn name(&self, person: PersonId) -> String {
        self.people.get(&person).map_or_else(String::new, |card| card.name.clone())
    }

    /// The events, the last heartbeats of what is still open among them.
    pub(super) fn told(&self) -> Vec<Event> {
        let mut events = self.events.clone();
        events.extend(self.last_heard(self.last));
        events
    }

    /// A room task started again: whatever ran before stopped after the last thing that is known of it.
    fn reopen(&mut self, seq: u64, moment: &Moment, heard_until: Option<Timestamp>) {
        let heard_until = heard_until.map(|until| self.clock.corrected(until));
        let known = self.clock.latest.max(heard_until);
        self.clock.latest = known;
        let at = self.clock.read(moment);
        let Some(known) = known else { return };
        self.events.extend(self.last_heard(seq));
        self.push(known, seq, What::ServerDown);
        self.push(at.max(known), seq, What::ServerUp);
        self.connections.values_mut().for_each(|link| link.open = false);
        self.waiting.clear();
    }

    fn take(&mut self, at: Timestamp, seq: u64, fact: &Fact) {
        match fact {
            Fact::Joined { person, participant, connection, name, role, identity } => {
                self.led |= role.leads();
                if counted(*role) {
                    self.card(*person, name, *role, *identity);
                    let link = Link {
                        person: *person,
                        participant: *participant,
                        since: seq,
                        open: true,
                        heard: None,
                    };
                    self.connections.insert(*connection, link);
                    self.push(at, seq, What::Join { person: *person, connection: *connection });
                }
            }
            Fact::LobbyEntered { person, connection, name, role, identity, .. } if counted(*role) => {
                self.card(*person, name, *role, *identity);
                self.waiting.insert(*connection, *person);
                let reason = WaitReason::HostAbsent;
                self.push(at, seq, What::LobbyEnter { person: *person, reason });
            }
            Fact::LobbyLeft { connection, until, admitted, .. } => {
                let until = self.clock.corrected(*until).min(at);
                self.stop_waiting(until, seq, *connection, *admitted);
            }
            Fact::Left { connection, .. } => self.leave(at, seq, *connection),
            Fact::Lost { connection, last_heard, .. } => {
                let last_heard = self.clock.corrected(*last_heard);
                self.lose(at, seq, *connection, last_heard);
            }
            Fact::Heartbeats { heard } => {
                for (connection, heard) in heard {
                    let heard = self.clock.corrected(*heard);
                    self.hear(heard, seq, *connection);
                }
            }
            Fact::Removed { participant, .. } => self.remove(at, seq, *participant),
            Fact::Extended { ends_at, .. } => {
                self.window_end = Some(*ends_at);
                self.controls.push(Control::Extend(*ends_at));
            }
            Fact::Ended { why, by } => {
                self.ended_by = by.and_then(|by| self.person_of(by));
                self.end(at, *why);
            }
            Fact::Opened { .. }
            | Fact::LobbyEntered { .. }
            | Fact::RoomChanged { .. }
            | Fact::RoleChanged { .. }
            | Fact::HandRaised { .. }
            | Fact::TrackPublished { .. }
            | Fact::TrackMuted { .. }
            | Fact::TrackUnpublished { .. }
            | Fact::ChatPosted { .. }
            | Fact::ChatDeleted { .. }
            | Fact::RecordingStarted { .. }
            | Fact::RecordingPaused { .. }
            | Fact::RecordingResumed { .. }
            | Fact::RecordingStopped { .. } => {}
        }
    }

    fn push(&mut self, at: Timestamp, seq: u64, what: What) {
        self.events.push(Event { at, seq, what });
    }

    /// The enrolled role decides: a trainer who once came in by another door stays a trainer. The surest identity
    /// and the latest name that is not erased are kept.
    fn card(&mut self, person: PersonId, name: &str, role: Role, identity: Identity) {
        let kept = self.people.entry(person).or_insert_with(|| Card {
            name: String::new(),
            role: enrolled(role),
            identity,
        });
        if !name.is_empty() {
            name.clone_into(&mut kept.name);
        }
        if role.leads() && !kept.role.leads() {
            kept.role = role;
        }
        if identity.validable() && !kept.identity.validable() {
            kept.identity = identity;
        }
    }

    /// A person may wait in two windows: the wait is over with the last of them, and at once by being admitted.
    fn stop_waiting(&mut self, until: Timestamp, seq: u64, connection: ConnectionId, admitted: bool) {
        let Some(person) = self.waiting.remove(&connection) else { return };
        if admitted {
            self.push(until, seq, What::LobbyAdmit { person });
        } else if !self.waiting.values().any(|other| *other == person) {
            self.push(until, seq, What::LobbyLeave { person });
        }
    }

    /// A leave after a removal, or of somebody not counted, says nothing new.
    fn leave(&mut self, at: Timestamp, seq: u64, connection: ConnectionId) {
        if let Some(link) = self.connections.get_mut(&connection).filter(|link| link.open) {
            link.open = false;
            let person = link.person;
            self.push(at, seq, What::Leave { person, connection });
        }
    }

    fn lose(&mut self, at: Timestamp, seq: u64, connection: ConnectionId, last_heard: Timestamp) {
        if let Some(link) = self.connections.get_mut(&connection).filter(|link| link.open) {
            link.open = false;
            let person = link.person;
            self.push(at, seq, What::Lost { person, connection, last_heard: Some(last_heard) });
        }
    }

    /// Of all heartbeats of an open connection only the last one matters: see `last_heard`.
    fn hear(&mut self, heard: Timestamp, seq: u64, connection: ConnectionId) {
        if let Some(link) = self.connections.get_mut(&connection) {
            link.heard = link.heard.max(Some(heard));
            if !link.open {
                let person = link.person;
                self.push(heard, seq, What::Heard { person, connection });
            }
        }
    }

    fn last_heard(&self, seq: u64) -> Vec<Event> {
        let open = self.connections.iter().filter(|(_, link)| link.open);
        let told = open.filter_map(|(connection, link)| {
            let what = What::Heard { person: link.person, connection: *connection };
            Some(Event { at: link.heard?, seq, what })
        });
        told.collect()
    }

    fn remove(&mut self, at: Timestamp, seq: u64, participant: ParticipantId) {
        let theirs = self.connections.iter().filter(|(_, link)| link.open && link.participant == participant);
        let theirs: Vec<ConnectionId> = theirs.map(|(connection, _)| *connection).collect();
        theirs.into_iter().for_each(|connection| self.leave(at, seq, connection));
    }

    /// The person of a stay, if it is one that counts.
    fn person_of(&self, participant: ParticipantId) -> Option<PersonId> {
        self.connections.values().find(|link| link.participant == participant).map(|link| link.person)
    }

    fn end(&mut self, at: Timestamp, why: EndCause) {
        self.ended = Some(at);
        match why {
            EndCause::Trainer => self.controls.push(Control::End(at)),
            EndCause::Forgotten | EndCause::NoTrainer | EndCause::Cancelled => {}
        }
    }

    pub(super) fn close(
        &self,
        rule: &SeanceRule,
        state: SeanceState,
        now: Timestamp,
        params: &Params,
    ) -> Close {
        if let Some(at) = self.ended {
            return Close::At(at);
        }
        let window = threshold::window(rule, &self.controls);
        let auto_end = threshold::moved(window.to, params.auto_end);
        let over = matches!(state, SeanceState::Ended | SeanceState::Cancelled);
        if over || now >= auto_end {
            Close::At(auto_end.min(now))
        } else {
            Close::Running(self.clock.latest.map_or(now, |latest| latest.max(now)))
        }
    }
}

/// Observers and organisers have no row.
fn counted(role: Role) -> bool {
    match role {
        Role::Trainer | Role::CoTrainer | Role::Speaker | Role::Participant => true,
        Role::Observer | Role::Organiser => false,
    }
}

/// A participant who was given the floor stays in the participants' table.
fn enrolled(role: Role) -> Role {
    if role == Role::Speaker { Role::Participant } else { role }
}
