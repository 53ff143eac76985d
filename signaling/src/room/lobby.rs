//! The lobby: who comes before the trainer waits, and enters by itself when a trainer is there. The time spent waiting
//! counts from the start of the séance, if it took place (domain rules §2.2, step 3).

use super::*;
use crate::protocol::{Goodbye, entry::Waiting};
use crate::seance::Lobby;

/// Somebody in front of a door that opens with the trainer.
#[derive(Debug, Clone)]
struct Waiter {
    entrance: Entrance,
    heard: Timestamp,
    /// Heard since the last heartbeat record.
    fresh: bool,
}

/// Those who wait, in the order in which they came. Nothing of it outlives the server: the pages come back and wait
/// again, and the journal has what counts.
#[derive(Debug, Clone, Default)]
pub(super) struct Waiters(Vec<Waiter>);

impl Waiters {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn connections(&self) -> impl Iterator<Item = ConnectionId> {
        self.0.iter().map(|waiter| waiter.entrance.connection)
    }

    fn has(&self, connection: ConnectionId) -> bool {
        self.connections().any(|waiting| waiting == connection)
    }

    fn of(&self, participant: ParticipantId) -> Option<ConnectionId> {
        let theirs = self.0.iter().find(|waiter| waiter.entrance.participant == participant);
        theirs.map(|waiter| waiter.entrance.connection)
    }

    pub(super) fn heard(&mut self, now: Timestamp, connection: ConnectionId) {
        if let Some(waiter) = self.0.iter_mut().find(|waiter| waiter.entrance.connection == connection) {
            (waiter.heard, waiter.fresh) = (now, true);
        }
    }

    /// Connections heard since the last call, with the time each was last heard.
    pub(super) fn take_heard(&mut self) -> Vec<(ConnectionId, Timestamp)> {
        let fresh = self.0.iter_mut().filter(|waiter| waiter.fresh);
        let heard = fresh.map(|waiter| {
            waiter.fresh = false;
            (waiter.entrance.connection, waiter.heard)
        });
        heard.collect()
    }

    fn silent(&self, now: Timestamp) -> Vec<ConnectionId> {
        let silent = self.0.iter().filter(|waiter| now.duration_since(waiter.heard) >= members::SILENCE);
        silent.map(|waiter| waiter.entrance.connection).collect()
    }

    /// The next instant at which `silent` may find somebody.
    pub(super) fn deadline(&self) -> Option<Timestamp> {
        self.0.iter().map(|waiter| waiter.heard + members::SILENCE).min()
    }

    fn take(&mut self, connection: ConnectionId) -> Option<Waiter> {
        let place = self.0.iter().position(|waiter| waiter.entrance.connection == connection)?;
        Some(self.0.remove(place))
    }
}

impl Room {
    /// Whether this person has to wait for a trainer. Who was inside already, or came when a trainer had been there
    /// since the doors opened, does not.
    pub(super) fn holds_back(&self, entrance: &Entrance) -> bool {
        let role = self.members.given_role(entrance.person).unwrap_or(entrance.role);
        let takes_part = matches!(role, Role::Participant | Role::Speaker);
        let inside = self.members.get(entrance.participant).is_some();
        self.plan.lobby == Lobby::HostAbsent && takes_part && !inside && !self.has_begun()
    }

    /// A trainer is here, or was since the doors opened: one who looked in days before does not count.
    fn has_begun(&self) -> bool {
        !self.members.leading().is_empty() || self.led_at.is_some_and(|at| at >= self.plan.opens_at())
    }

    /// Lets somebody wait.
    pub(super) fn wait(&mut self, now: Timestamp, entrance: &Entrance) -> Vec<Effect> {
        let mut out = Vec::new();
        if let Some(old) = self.waiters.of(entrance.participant) {
            self.stop_waiting(now, old, Departure::Closed, &mut out);
            out.push(Effect::Close { connection: old, goodbye: Some(Goodbye::Elsewhere) });
        }
        let fact = Fact::LobbyEntered {
            person: entrance.person,
            participant: entrance.participant,
            connection: entrance.connection,
            name: entrance.name.clone(),
            role: entrance.role,
            identity: entrance.identity,
        };
        self.commit(now, fact, &mut out);
        self.waiters.0.push(Waiter { entrance: entrance.clone(), heard: now, fresh: false });
        let waiting = Waiting { stay: entrance.stay.clone(), seance: self.view(), now };
        out.push(Effect::Tell { to: entrance.connection, notice: Notice::Waiting(waiting) });
        out
    }

    /// A trainer is there: everybody who waits comes in, in the order of arrival.
    pub(super) fn admit_waiting(&mut self, now: Timestamp, out: &mut Vec<Effect>) {
        for Waiter { entrance, .. } in std::mem::take(&mut self.waiters).0 {
            let (participant, connection) = (entrance.participant, entrance.connection);
            let fact = Fact::LobbyLeft { participant, connection, until: now, admitted: true };
            self.commit(now, fact, out);
            self.come_in(now, &entrance, out);
        }
    }

    /// What a page that waits may say: that it is there, and that it leaves. `None` when `from` does not wait.
    pub(super) fn handle_waiting(
        &mut self,
        now: Timestamp,
        from: ConnectionId,
        request: &Request,
    ) -> Option<Vec<Effect>> {
        if !self.waiters.has(from) {
            return None;
        }
        let mut out = Vec::new();
        self.waiters.heard(now, from);
        if matches!(request, Request::Leave {}) {
            self.stop_waiting(now, from, Departure::Closed, &mut out);
            out.push(Effect::Close { connection: from, goodbye: None });
        } else if !matches!(request, Request::Heartbeat {}) {
            let request = Some(request.kind().to_owned());
            let notice = Notice::Refused { request, reason: Refusal::NotJoined, client_id: None };
            out.push(Effect::Tell { to: from, notice });
        }
        Some(out)
    }

    /// That connection waits no more. False when it did not wait.
    pub(super) fn stop_waiting(
        &mut self,
        now: Timestamp,
        connection: ConnectionId,
        how: Departure,
        out: &mut Vec<Effect>,
    ) -> bool {
        let Some(waiter) = self.waiters.take(connection) else { return false };
        let until = match how {
            Departure::Closed => now,
            Departure::Silent => waiter.heard,
        };
        if self.ended.is_none() {
            let participant = waiter.entrance.participant;
            self.commit(now, Fact::LobbyLeft { participant, connection, until, admitted: false }, out);
        }
        true
    }

    /// Those who wait and were not heard for long are gone.
    pub(super) fn drop_silent_waiters(&mut self, now: Timestamp, out: &mut Vec<Effect>) {
        for connection in self.waiters.silent(now) {
            self.stop_waiting(now, connection, Departure::Silent, out);
            out.push(Effect::Close { connection, goodbye: Some(Goodbye::Silent) });
        }
    }

    /// The séance is over without a trainer: those who wait are told and let go.
    pub(super) fn dismiss_waiting(&mut self, out: &mut Vec<Effect>) {
        let Some(ending) = self.ended.clone() else { return };
        for Waiter { entrance, .. } in std::mem::take(&mut self.waiters).0 {
            let connection = entrance.connection;
            out.push(Effect::Tell { to: connection, notice: Notice::Ended(ending.clone()) });
            out.push(Effect::Close { connection, goodbye: None });
        }
    }
}
