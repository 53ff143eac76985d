//! The room: members, dispatch, effects, and nothing that a feature owns.
//!
//! A request becomes facts; a fact is applied, announced and journalled in one place (`commit`). Replaying the facts
//! gives the same room, so a séance survives a crash. Time and identifiers are arguments; timers are data.

mod acts;
mod backlog;
mod chat;
mod door;
mod fact;
mod hands;
mod lobby;
mod members;
mod order;
pub mod permission;
mod plane;
mod recording;
mod sound;
mod stage;
#[cfg(test)]
mod tests;
mod timer;

pub use door::Departure;
pub use order::{Effect, Entrance, MediaOrder, NamedTrack, RecorderOrder};

use std::collections::BTreeSet;

use jiff::Timestamp;
use uuid::Uuid;

use crate::id::{BootId, ConnectionId, MessageId, ParticipantId, RecordingId, TrackId};
use crate::journal::{Fact, Record};
use crate::protocol::{
    Notice, Refusal, Request, Role,
    chat::ChatMessage,
    seance::{EndCause, Ending, SeanceState, SeanceView},
    stage::{Gone, Person, Source},
};
use crate::seance::{Lobby, Seance, Threshold, minutes};

use backlog::Backlog;
use chat::Chat;
use hands::Hands;
use members::Members;
use recording::Recording;
use stage::Stage;

/// Longest extension at once, minutes.
const MAX_EXTENSION: u16 = 180;

/// One séance being held.
#[derive(Debug, Clone)]
pub struct Room {
    plan: Seance,
    /// This run of the server: numbers count within it.
    epoch: BootId,
    backlog: Backlog,
    members: Members,
    /// Those who wait for a trainer.
    waiters: lobby::Waiters,
    /// When somebody who leads last came.
    led_at: Option<Timestamp>,
    stage: Stage,
    hands: Hands,
    chat: Chat,
    recording: Recording,
    window_end: Timestamp,
    ended: Option<Ending>,
    timer: timer::Timer,
    storage_failing: bool,
    /// Whose connection is weak now.
    weak: BTreeSet<ParticipantId>,
    /// Somebody was let in during this run of the server.
    running: bool,
    /// The effective time of the last record of an earlier run.
    heard_until: Option<Timestamp>,
    /// After a restart: who was connected when the server stopped, and how long it was away.
    cut: Option<door::Cut>,
}

impl Room {
    /// A room on a séance that was never opened.
    #[must_use]
    pub fn new(plan: Seance, epoch: BootId) -> Self {
        Self {
            recording: Recording::planned(plan.recorded),
            window_end: plan.announced_end(),
            plan,
            epoch,
            backlog: Backlog::default(),
            members: Members::default(),
            waiters: lobby::Waiters::default(),
            led_at: None,
            stage: Stage::default(),
            hands: Hands::default(),
            chat: Chat::default(),
            ended: None,
            timer: timer::Timer::default(),
            storage_failing: false,
            weak: BTreeSet::new(),
            running: false,
            heard_until: None,
            cut: None,
        }
    }

    /// The room as its journal left it.
    #[must_use]
    pub fn replay(plan: Seance, epoch: BootId, records: &[Record]) -> Self {
        let mut room = Self::new(plan, epoch);
        for record in records {
            room.apply(record.at.effective(), &record.fact);
        }
        room.heard_until = records.last().map(|record| record.at.effective());
        room
    }

    /// Starts this run of the room.
    fn open(&mut self, now: Timestamp) -> Vec<Effect> {
        let mut out = Vec::new();
        let heard_until = self.heard_until;
        self.running = true;
        self.after_stop(now, heard_until);
        self.timer.opened(now);
        self.commit(now, Fact::Opened { heard_until }, &mut out);
        if let Some(recording) = self.recording.open() {
            self.commit(now, Fact::RecordingStopped { recording, failed: false }, &mut out);
        }
        out
    }

    /// True once somebody was let in during this run of the server.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.running
    }

    /// Carries out a request of the person behind `from`, or tells why not.
    pub fn handle(
        &mut self,
        now: Timestamp,
        from: ConnectionId,
        request: Request,
        mint: &mut dyn FnMut() -> Uuid,
    ) -> Vec<Effect> {
        if let Some(effects) = self.handle_waiting(now, from, &request) {
            return effects;
        }
        let kind = request.kind();
        let client_id =
            if let Request::ChatPost { client_id, .. } = &request { Some(client_id.clone()) } else { None };
        let mut out = Vec::new();
        if let Err(reason) = self.attempt(now, from, request, mint, &mut out) {
            let notice = Notice::Refused { request: Some(kind.to_owned()), reason, client_id };
            out.push(Effect::Tell { to: from, notice });
        }
        out
    }

    fn attempt(
        &mut self,
        now: Timestamp,
        from: ConnectionId,
        request: Request,
        mint: &mut dyn FnMut() -> Uuid,
        out: &mut Vec<Effect>,
    ) -> Result<(), Refusal> {
        let me = self.members.by_connection(from).ok_or(Refusal::NotJoined)?;
        let role = self.members.get(me).ok_or(Refusal::NotJoined)?.role;
        self.members.heard(now, from);
        permission::check(role, self.plan.kind, &request)?;
        self.refuse_when_over(&request)?;
        self.members.pace(now, me, &request)?;
        match request {
            Request::Hello { .. } | Request::Check { .. } => Err(Refusal::AlreadyJoined),
            Request::Heartbeat {} => Ok(()),
            Request::Leave {} => self.leave(now, me, from, out),
            Request::Publish { negotiation, sdp, tracks } => {
                self.publish(now, (me, role), (negotiation, sdp), &tracks, mint, out)
            }
            Request::Unpublish { track } => self.unpublish(now, me, track, out),
            Request::SubscribeAnswer { negotiation, sdp } => {
                out.push(Effect::Media(MediaOrder::Answer { participant: me, negotiation, sdp }));
                Ok(())
            }
            Request::SubscribeRestart {} => {
                out.push(Effect::Media(MediaOrder::Restart { participant: me }));
                Ok(())
            }
            Request::View { tiles } => Self::look(me, tiles, out),
            Request::Sound { on, microphone } => {
                let voice = microphone.then(|| TrackId(mint()));
                self.sound(now, (me, from), on, voice, out)
            }
            Request::Mute { track, muted } => self.mute(now, me, track, muted, out),
            Request::MuteParticipant { participant, source } => {
                self.mute_participant(now, me, participant, source, out)
            }
            Request::MuteAll {} => self.mute_all(now, me, out),
            Request::RaiseHand { raised } => self.raise_hand(now, me, raised, out),
            Request::LowerHand { participant } => self.raise_hand(now, participant, false, out),
            Request::SetRole { participant, role } => self.set_role(now, me, participant, role, out),
            Request::Remove { participant } => self.remove(now, me, participant, out),
            Request::ChatPost { client_id, text } => {
                self.chat_post(now, (me, from), client_id, &text, MessageId(mint()), out)
            }
            Request::ChatDelete { message } => self.chat_delete(now, me, message, out),
            Request::ChatEarlier { before } => {
                let page = self.chat.before(before)?;
                out.push(Effect::Tell { to: from, notice: Notice::ChatPage(page) });
                Ok(())
            }
            Request::Record { on } => self.record(now, on, RecordingId(mint()), out),
            Request::Extend { minutes } => self.extend(now, me, minutes, out),
            Request::EndSeance {} => {
                self.end(now, EndCause::Trainer, Some(me), out);
                Ok(())
            }
        }
    }

    /// After the end, and while nothing can be saved, only what needs no record goes on.
    fn refuse_when_over(&self, request: &Request) -> Result<(), Refusal> {
        if matches!(request, Request::Heartbeat {} | Request::Leave {} | Request::ChatEarlier { .. }) {
            return Ok(());
        }
        if self.ended.is_some() {
            return Err(Refusal::Ended);
        }
        let acknowledged = matches!(
            request,
            Request::ChatPost { .. }
                | Request::ChatDelete { .. }
                | Request::RaiseHand { .. }
                | Request::Extend { .. }
        );
        if self.storage_failing && acknowledged { Err(Refusal::StorageFailing) } else { Ok(()) }
    }

    /// One fact: applied, journalled, announced to everybody.
    fn commit(&mut self, now: Timestamp, fact: Fact, out: &mut Vec<Effect>) {
        self.commit_but(now, fact, None, out);
    }

    /// The same, announced to everybody but one connection, whose snapshot will contain it.
    fn commit_but(&mut self, now: Timestamp, fact: Fact, but: Option<ConnectionId>, out: &mut Vec<Effect>) {
        self.apply(now, &fact);
        let notices = self.announce(&fact);
        out.push(Effect::Journal(fact));
        for notice in notices {
            self.broadcast_but(now, notice, but, out);
        }
    }

    fn broadcast(&mut self, now: Timestamp, notice: Notice, out: &mut Vec<Effect>) {
        self.broadcast_but(now, notice, None, out);
    }

    fn broadcast_but(
        &mut self,
        now: Timestamp,
        notice: Notice,
        but: Option<ConnectionId>,
        out: &mut Vec<Effect>,
    ) {
        let seq = self.backlog.push(now, notice.clone());
        let to = self.members.connections().into_iter().filter(|c| Some(*c) != but).collect();
        out.push(Effect::Broadcast { seq, notice, to });
    }

    /// The séance as shown to people.
    #[must_use]
    pub fn view(&self) -> SeanceView {
        view(&self.plan, Some(self.window_end), self.state())
    }

    fn state(&self) -> SeanceState {
        if self.plan.cancelled_at.is_some() {
            return SeanceState::Cancelled;
        }
        match (&self.ended, self.running || self.heard_until.is_some()) {
            (Some(_), _) => SeanceState::Ended,
            (None, true) => SeanceState::Live,
            (None, false) => SeanceState::Planned,
        }
    }

    /// Takes over a plan that was changed; who is inside is told. What was extended stays extended. A séance that was
    /// called off ends.
    pub fn replan(&mut self, now: Timestamp, plan: Seance) -> Vec<Effect> {
        let extension = self.window_end.duration_since(self.plan.announced_end());
        self.window_end = plan.announced_end().checked_add(extension).unwrap_or(plan.announced_end());
        if matches!(self.recording, Recording::Off | Recording::Waiting) {
            self.recording = Recording::planned(plan.recorded);
        }
        self.plan = plan;
        let mut out = Vec::new();
        if self.running && self.ended.is_none() {
            let seance = self.view();
            self.broadcast(now, Notice::Seance { seance }, &mut out);
            if self.plan.cancelled_at.is_some() {
                self.end(now, EndCause::Cancelled, None, &mut out);
            } else if self.plan.lobby == Lobby::None {
                self.admit_waiting(now, &mut out);
            }
        }
        out
    }

    /// How many people are connected.
    #[must_use]
    pub fn present(&self) -> usize {
        self.members.connections().len()
    }

    /// The open connection of a participant.
    #[must_use]
    pub fn connection_of(&self, participant: ParticipantId) -> Option<ConnectionId> {
        self.members.get(participant)?.connection
    }

    /// True once the séance is over and everybody had time to hear it.
    #[must_use]
    pub fn finished(&self, now: Timestamp) -> bool {
        self.ended.as_ref().is_some_and(|ending| now >= ending.at + timer::AFTERWORDS)
    }

    fn person(&self, participant: ParticipantId) -> Option<Person> {
        let member = self.members.get(participant)?;
        Some(Person {
            id: participant,
            name: member.name.clone(),
            role: member.role,
            connected: member.connection.is_some(),
            hand_raised: self.hands.is_raised(participant),
            tracks: self.stage.shown(participant),
        })
    }
}

/// A séance as shown to people. `window_end` is the end after extensions.
#[must_use]
pub fn view(plan: &Seance, window_end: Option<Timestamp>, state: SeanceState) -> SeanceView {
    let threshold_min = match plan.threshold {
        Threshold::Auto => Some(plan.duration_min.div_ceil(2)),
        Threshold::Fixed(0) => None,
        Threshold::Fixed(minutes) => Some(minutes),
    };
    SeanceView {
        id: plan.id,
        title: plan.title.clone(),
        kind: plan.kind,
        state,
        starts_at: plan.starts_at,
        ends_at: window_end.unwrap_or_else(|| plan.announced_end()),
        opens_at: plan.opens_at(),
        time_zone: plan.time_zone.clone(),
        duration_min: plan.duration_min,
        threshold_min,
        recorded: plan.recorded,
    }
}

/// A séance as its journal left it.
#[must_use]
pub fn view_of(plan: &Seance, records: &[Record]) -> SeanceView {
    let epoch = records.first().map_or(BootId(Uuid::nil()), |first| first.at.boot);
    Room::replay(plan.clone(), epoch, records).view()
}
