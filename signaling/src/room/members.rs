//! Who is in the room, connected or expected back.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use crate::id::{ConnectionId, ParticipantId, PersonId};
use crate::protocol::{Refusal, Request, Role};

/// A lost connection keeps its place that long.
pub(super) const PLACE_KEPT: SignedDuration = SignedDuration::from_secs(60);
/// A connection silent for that long is lost (domain rules §2.2).
pub(super) const SILENCE: SignedDuration = SignedDuration::from_secs(60);

/// Acts of one person, at most…
const MOST_ACTS: u32 = 60;
/// …in that long.
const ACTS_WINDOW: SignedDuration = SignedDuration::from_secs(10);

/// One person's stay.
#[derive(Debug, Clone)]
pub(super) struct Member {
    pub(super) person: PersonId,
    pub(super) name: String,
    pub(super) role: Role,
    pub(super) connection: Option<ConnectionId>,
    pub(super) heard: Timestamp,
    /// Since when the connection is lost.
    pub(super) away_since: Option<Timestamp>,
    /// Acts counted since.
    pub(super) acts: u32,
    pub(super) acts_since: Timestamp,
}

/// The members of a room.
#[derive(Debug, Clone, Default)]
pub(super) struct Members {
    stays: BTreeMap<ParticipantId, Member>,
    removed: BTreeSet<PersonId>,
    /// Roles given by a trainer: they outlive an absence.
    given: BTreeMap<PersonId, Role>,
    /// Heard since the last heartbeat record.
    fresh: BTreeSet<ConnectionId>,
}

impl Members {
    pub(super) fn get(&self, participant: ParticipantId) -> Option<&Member> {
        self.stays.get(&participant)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (ParticipantId, &Member)> {
        self.stays.iter().map(|(id, member)| (*id, member))
    }

    pub(super) fn len(&self) -> usize {
        self.stays.len()
    }

    /// True when the place of that stay was kept too long already.
    pub(super) fn overdue(&self, now: Timestamp, participant: ParticipantId) -> bool {
        let away = self.get(participant).and_then(|member| member.away_since);
        away.is_some_and(|since| now.duration_since(since) >= PLACE_KEPT)
    }

    pub(super) fn enter(&mut self, participant: ParticipantId, member: Member) {
        self.stays.insert(participant, member);
    }

    pub(super) fn drop_stay(&mut self, participant: ParticipantId) {
        self.stays.remove(&participant);
    }

    /// A trainer gives somebody a role.
    pub(super) fn give(&mut self, participant: ParticipantId, role: Role) {
        if let Some(member) = self.stays.get_mut(&participant) {
            member.role = role;
            self.given.insert(member.person, role);
        }
    }

    pub(super) fn given_role(&self, person: PersonId) -> Option<Role> {
        self.given.get(&person).copied()
    }

    /// All stays of that person: a link may be open twice.
    pub(super) fn stays_of(&self, person: PersonId) -> Vec<(ParticipantId, Option<ConnectionId>)> {
        let own = self.iter().filter(|(_, member)| member.person == person);
        own.map(|(id, member)| (id, member.connection)).collect()
    }

    /// Refuses more acts in a short time than hands can do. Signs of life, answers and what a window
    /// shows while it is scrolled are not acts.
    pub(super) fn pace(
        &mut self,
        now: Timestamp,
        who: ParticipantId,
        request: &Request,
    ) -> Result<(), Refusal> {
        let free = matches!(
            request,
            Request::Heartbeat {}
                | Request::Leave {}
                | Request::SubscribeAnswer { .. }
                | Request::View { .. }
        );
        let Some(member) = self.stays.get_mut(&who).filter(|_| !free) else { return Ok(()) };
        if now.duration_since(member.acts_since) > ACTS_WINDOW {
            (member.acts_since, member.acts) = (now, 0);
        }
        member.acts += 1;
        if member.acts > MOST_ACTS { Err(Refusal::TooFast) } else { Ok(()) }
    }

    pub(super) fn ban(&mut self, participant: ParticipantId) {
        if let Some(member) = self.stays.remove(&participant) {
            self.removed.insert(member.person);
        }
    }

    pub(super) fn banned(&self, person: PersonId) -> bool {
        self.removed.contains(&person)
    }

    /// The member behind a connection.
    pub(super) fn by_connection(&self, connection: ConnectionId) -> Option<ParticipantId> {
        self.iter().find(|(_, member)| member.connection == Some(connection)).map(|(id, _)| id)
    }

    /// All open connections.
    pub(super) fn connections(&self) -> Vec<ConnectionId> {
        self.stays.values().filter_map(|member| member.connection).collect()
    }

    /// The open connections of those who lead.
    pub(super) fn leading(&self) -> Vec<ConnectionId> {
        self.stays
            .values()
            .filter(|member| member.role.leads())
            .filter_map(|member| member.connection)
            .collect()
    }

    pub(super) fn heard(&mut self, now: Timestamp, connection: ConnectionId) {
        let member = self.stays.values_mut().find(|member| member.connection == Some(connection));
        if let Some(member) = member {
            member.heard = now;
            self.fresh.insert(connection);
        }
    }

    /// Connections heard since the last call, with the time each was last heard.
    pub(super) fn take_heard(&mut self) -> Vec<(ConnectionId, Timestamp)> {
        let fresh = std::mem::take(&mut self.fresh);
        let connected = self.stays.values().filter_map(|member| member.connection.map(|c| (c, member.heard)));
        connected.filter(|(connection, _)| fresh.contains(connection)).collect()
    }

    /// The connection is gone; the place stays.
    pub(super) fn lose(&mut self, now: Timestamp, connection: ConnectionId) {
        if let Some(member) = self.stays.values_mut().find(|member| member.connection == Some(connection)) {
            member.connection = None;
            member.away_since = Some(now);
        }
    }

    /// Connections silent for too long.
    pub(super) fn silent(&self, now: Timestamp) -> Vec<(ParticipantId, ConnectionId, Timestamp)> {
        let connected = self.iter().filter_map(|(id, member)| Some((id, member.connection?, member.heard)));
        connected.filter(|(_, _, heard)| now.duration_since(*heard) >= SILENCE).collect()
    }

    /// Places not taken again in time.
    pub(super) fn given_up(&self, now: Timestamp) -> Vec<ParticipantId> {
        let away = self.iter().filter_map(|(id, member)| Some((id, member.away_since?)));
        away.filter(|(_, since)| now.duration_since(*since) >= PLACE_KEPT).map(|(id, _)| id).collect()
    }

    /// The next instant at which `silent` or `given_up` may find somebody.
    pub(super) fn deadline(&self) -> Option<Timestamp> {
        let due = |member: &Member| match member.away_since {
            Some(since) => since + PLACE_KEPT,
            None => member.heard + SILENCE,
        };
        self.stays.values().map(due).min()
    }
}
