//! Entering, coming back, being cut off.

use std::collections::BTreeSet;

use super::*;
use crate::protocol::entry::{Resumed, Welcome, You};
use crate::protocol::{Goodbye, Permission};

/// How a connection ended without a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Departure {
    /// The socket closed: the person was there until now.
    Closed,
    /// The browser took nothing more: the person was there until last heard.
    Silent,
}

/// More missed notices than that are told as one whole state.
const MOST_MISSED: usize = 256;

/// A stop of the server, for those it cut off.
#[derive(Debug, Clone)]
pub(super) struct Cut {
    who: BTreeSet<ParticipantId>,
    away_ms: u64,
}

impl Room {
    /// Lets somebody in, or back in, or lets them wait for a trainer.
    ///
    /// # Errors
    /// The séance is over, not open yet or full, the person was removed, or the notice was not read.
    pub fn enter(
        &mut self,
        now: Timestamp,
        entrance: &Entrance,
        mint: &mut dyn FnMut() -> Uuid,
    ) -> Result<Vec<Effect>, Refusal> {
        self.admit(now, entrance)?;
        if self.holds_back(entrance) {
            return Ok(self.wait(now, entrance));
        }
        let mut out = Vec::new();
        let missed = self.missed(entrance);
        let replaced = self.connection_of(entrance.participant);
        if let Some(missed) = missed {
            self.come_back(now, entrance, missed, &mut out);
        } else {
            self.come_in(now, entrance, &mut out);
        }
        if let Some(old) = replaced {
            let fact = Fact::Left { participant: entrance.participant, connection: old };
            self.commit(now, fact, &mut out);
            out.push(Effect::Close { connection: old, goodbye: Some(Goodbye::Elsewhere) });
        }
        self.timer.leaders(now, !self.members.leading().is_empty());
        // A trainer who looks in days before is not recorded.
        let led = !self.members.leading().is_empty();
        if led && now >= self.plan.opens_at() && self.recording == Recording::Waiting {
            self.start_recording(now, RecordingId(mint()), &mut out);
        }
        if led {
            self.admit_waiting(now, &mut out);
        }
        Ok(out)
    }

    fn admit(&self, now: Timestamp, entrance: &Entrance) -> Result<(), Refusal> {
        let full = self.members.len() + self.waiters.len() >= self.plan.capacity as usize;
        if self.plan.cancelled_at.is_some() {
            Err(Refusal::Cancelled)
        } else if self.ended.is_some() {
            Err(Refusal::Ended)
        } else if self.members.banned(entrance.person) {
            Err(Refusal::Removed)
        } else if now < self.plan.opens_at() && !entrance.role.leads() {
            Err(Refusal::NotOpenYet { opens_at: self.plan.opens_at() })
        } else if self.plan.recorded && !entrance.recording_acknowledged {
            Err(Refusal::RecordingNotAcknowledged)
        } else if full && self.members.get(entrance.participant).is_none() && !entrance.role.leads() {
            Err(Refusal::RoomFull)
        } else {
            Ok(())
        }
    }

    /// What the person missed, when the place is kept and nothing of it is forgotten.
    fn missed(&self, entrance: &Entrance) -> Option<Vec<(u64, Notice)>> {
        let resume = entrance.resume.as_ref()?;
        self.members.get(entrance.participant)?;
        if resume.epoch != self.epoch {
            return None;
        }
        self.backlog.after(resume.seen).filter(|missed| missed.len() <= MOST_MISSED)
    }

    fn joined(&self, entrance: &Entrance) -> Fact {
        // A role given by the trainer outlives a reconnection.
        let given = self.members.given_role(entrance.person);
        let kept = self.members.get(entrance.participant).map(|member| member.role).or(given);
        Fact::Joined {
            person: entrance.person,
            participant: entrance.participant,
            connection: entrance.connection,
            name: entrance.name.clone(),
            role: kept.unwrap_or(entrance.role),
            identity: entrance.identity,
        }
    }

    fn come_back(
        &mut self,
        now: Timestamp,
        entrance: &Entrance,
        missed: Vec<(u64, Notice)>,
        out: &mut Vec<Effect>,
    ) {
        let to = entrance.connection;
        let reached = self.backlog.last();
        let resumed = Resumed { connection: to, epoch: self.epoch, reached, now };
        let fact = self.joined(entrance);
        let mut told = vec![Effect::Tell { to, notice: Notice::Resumed(resumed) }];
        told.extend(missed.into_iter().map(|(seq, notice)| Effect::Broadcast { seq, notice, to: vec![to] }));
        out.append(&mut told);
        self.commit(now, fact, out);
        // Not numbered, so not replayed: what changed for this person alone.
        let role = self.members.get(entrance.participant).map_or(entrance.role, |member| member.role);
        let (permissions, publishable) =
            (permission::permissions(role, self.plan.kind), permission::publishable(role, self.plan.kind));
        out.push(Effect::Tell { to, notice: Notice::Permissions { role, permissions, publishable } });
        if role.leads() {
            out.push(Effect::Tell { to, notice: Notice::Storage { failing: self.storage_failing } });
            self.tell_weak(to, out);
        }
        out.push(Effect::Media(MediaOrder::Resume { participant: entrance.participant }));
    }

    pub(super) fn come_in(&mut self, now: Timestamp, entrance: &Entrance, out: &mut Vec<Effect>) {
        let participant = entrance.participant;
        for track in self.stage.tracks_of(participant) {
            self.withdraw(now, participant, track, out);
        }
        out.push(Effect::Media(MediaOrder::Leave { participant }));
        let fact = self.joined(entrance);
        let to = entrance.connection;
        self.commit_but(now, fact, Some(to), out);
        let welcome = self.welcome(now, entrance);
        out.push(Effect::Tell { to, notice: Notice::Welcome(Box::new(welcome)) });
        if entrance.role.leads() && self.storage_failing {
            out.push(Effect::Tell { to, notice: Notice::Storage { failing: true } });
        }
        let role = self.members.get(participant).map_or(entrance.role, |member| member.role);
        if role.leads() {
            self.tell_weak(to, out);
        }
        out.push(Effect::Media(MediaOrder::Floor { participant, holds: role.has_floor() }));
        let tracks = self.stage.seen_by(participant);
        out.push(Effect::Media(MediaOrder::Subscribe { participant, tracks }));
    }

    fn welcome(&mut self, now: Timestamp, entrance: &Entrance) -> Welcome {
        let role = self.members.get(entrance.participant).map_or(entrance.role, |member| member.role);
        let kind = self.plan.kind;
        let cut = self.cut.as_mut();
        let outage_ms = cut.and_then(|cut| cut.who.remove(&entrance.participant).then_some(cut.away_ms));
        let permissions = permission::permissions(role, kind);
        let invites = permissions.contains(&Permission::Moderate);
        Welcome {
            you: You {
                participant: entrance.participant,
                connection: entrance.connection,
                name: entrance.name.clone(),
                role,
                permissions,
                publishable: permission::publishable(role, kind),
                stay: entrance.stay.clone(),
                invitation: entrance.invitation.clone().filter(|_| invites),
            },
            epoch: self.epoch,
            reached: self.backlog.last(),
            now,
            seance: self.view(),
            people: self.members.iter().filter_map(|(id, _)| self.person(id)).collect(),
            hands: self.hands.order(),
            chat: self.chat.latest(),
            recording: self.recording.state(),
            outage_ms,
            ice_servers: entrance.ice_servers.clone(),
        }
    }

    /// A connection ended without `leave`. The place is kept for a minute.
    pub fn disconnected(&mut self, now: Timestamp, connection: ConnectionId, how: Departure) -> Vec<Effect> {
        let mut out = Vec::new();
        if self.stop_waiting(now, connection, how, &mut out) {
            return out;
        }
        let Some(participant) = self.members.by_connection(connection) else { return out };
        let heard = self.members.get(participant).map_or(now, |member| member.heard);
        let last_heard = match how {
            Departure::Closed => now,
            Departure::Silent => heard,
        };
        if self.ended.is_some() {
            self.members.lose(now, connection);
        } else {
            self.commit(now, Fact::Lost { participant, connection, last_heard }, &mut out);
        }
        self.timer.leaders(now, !self.members.leading().is_empty());
        out
    }

    /// Something was received from that connection.
    pub fn heard(&mut self, now: Timestamp, connection: ConnectionId) {
        self.members.heard(now, connection);
        self.waiters.heard(now, connection);
    }

    /// Somebody knocks: the first one who may enter starts this run of the room. What was due meanwhile happens first.
    pub fn knock(&mut self, now: Timestamp, entrance: &Entrance) -> Vec<Effect> {
        if self.running || self.admit(now, entrance).is_err() {
            return Vec::new();
        }
        let mut out = self.open(now);
        out.append(&mut self.wake(now));
        out
    }

    /// After a replay: nobody is connected, nothing is published, those who were here are expected back.
    pub(super) fn after_stop(&mut self, now: Timestamp, heard_until: Option<Timestamp>) {
        let Some(heard_until) = heard_until else { return };
        let who: BTreeSet<ParticipantId> =
            self.members.iter().filter(|(_, m)| m.connection.is_some()).map(|(id, _)| id).collect();
        for connection in self.members.connections() {
            self.members.lose(now, connection);
        }
        let _ = self.members.take_heard();
        self.stage.clear();
        let away = now.duration_since(heard_until).as_millis();
        self.cut = Some(Cut { who, away_ms: u64::try_from(away).unwrap_or(0) });
    }
}
