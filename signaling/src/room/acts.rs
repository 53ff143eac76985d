//! What people do in the room, one function a request: each checks, then commits facts and orders.

use super::*;
use crate::protocol::{
    MAX_TILES,
    media::{PublishedSource, Tile},
};

impl Room {
    pub(super) fn leave(
        &mut self,
        now: Timestamp,
        me: ParticipantId,
        connection: ConnectionId,
        out: &mut Vec<Effect>,
    ) -> Result<(), Refusal> {
        self.commit(now, Fact::Left { participant: me, connection }, out);
        self.depart(now, me, out);
        out.push(Effect::Close { connection, goodbye: None });
        Ok(())
    }

    /// What follows every departure: the media plane forgets them and their tracks, the order of the hands changes.
    pub(super) fn depart(&mut self, now: Timestamp, who: ParticipantId, out: &mut Vec<Effect>) {
        self.weak.remove(&who);
        out.push(Effect::Media(MediaOrder::Leave { participant: who }));
        self.broadcast(now, Notice::Hands { order: self.hands.order() }, out);
        self.timer.leaders(now, !self.members.leading().is_empty());
    }

    pub(super) fn publish(
        &mut self,
        now: Timestamp,
        (me, role): (ParticipantId, Role),
        (negotiation, sdp): (u32, String),
        wanted: &Vec<PublishedSource>,
        mint: &mut dyn FnMut() -> Uuid,
        out: &mut Vec<Effect>,
    ) -> Result<(), Refusal> {
        let allowed = permission::publishable(role, self.plan.kind);
        if wanted.iter().any(|source| !allowed.contains(&source.source)) {
            return Err(Refusal::NotAllowed);
        }
        let named = self.stage.plan(me, wanted, mint)?;
        let by_socket = self.stage.by_socket(me);
        for track in self.stage.tracks_of(me) {
            if Some(track) != by_socket && !named.iter().any(|kept| kept.track == track) {
                self.withdraw(now, me, track, out);
            }
        }
        let unknown = |named: &&NamedTrack| self.stage.get(named.track).is_none();
        let news: Vec<NamedTrack> = named.iter().filter(unknown).cloned().collect();
        for NamedTrack { track, source, muted, .. } in &news {
            let fact =
                Fact::TrackPublished { participant: me, track: *track, source: *source, muted: *muted };
            self.commit(now, fact, out);
        }
        self.stage.offered(&named);
        out.push(Effect::Media(MediaOrder::Publish { participant: me, negotiation, sdp, tracks: named }));
        if !news.is_empty() {
            self.subscribe_all(out);
        }
        Ok(())
    }

    pub(super) fn unpublish(
        &mut self,
        now: Timestamp,
        me: ParticipantId,
        track: TrackId,
        out: &mut Vec<Effect>,
    ) -> Result<(), Refusal> {
        self.own(me, track)?;
        self.withdraw(now, me, track, out);
        Ok(())
    }

    /// Takes one track of `owner` off the stage.
    pub(super) fn withdraw(
        &mut self,
        now: Timestamp,
        owner: ParticipantId,
        track: TrackId,
        out: &mut Vec<Effect>,
    ) {
        self.commit(now, Fact::TrackUnpublished { track }, out);
        for notice in self.person_notice(owner) {
            self.broadcast(now, notice, out);
        }
        out.push(Effect::Media(MediaOrder::Unpublish { track }));
    }

    /// What is on a person's screen concerns the media plane only.
    pub(super) fn look(me: ParticipantId, tiles: Vec<Tile>, out: &mut Vec<Effect>) -> Result<(), Refusal> {
        if tiles.len() > MAX_TILES {
            let detail = format!("a view lists at most {MAX_TILES} pictures");
            return Err(Refusal::Malformed { detail });
        }
        out.push(Effect::Media(MediaOrder::View { participant: me, tiles }));
        Ok(())
    }

    /// Everybody receives what the others publish. Needed for new tracks only: one that ends leaves every list.
    pub(super) fn subscribe_all(&self, out: &mut Vec<Effect>) {
        for (participant, _) in self.members.iter() {
            let tracks = self.stage.seen_by(participant);
            out.push(Effect::Media(MediaOrder::Subscribe { participant, tracks }));
        }
    }

    fn own(&self, me: ParticipantId, track: TrackId) -> Result<(), Refusal> {
        let mine = self.stage.get(track).is_some_and(|published| published.participant == me);
        if mine { Ok(()) } else { Err(Refusal::UnknownTrack) }
    }

    pub(super) fn mute(
        &mut self,
        now: Timestamp,
        me: ParticipantId,
        track: TrackId,
        muted: bool,
        out: &mut Vec<Effect>,
    ) -> Result<(), Refusal> {
        self.own(me, track)?;
        // No fact without a change.
        if self.stage.get(track).is_some_and(|published| published.muted != muted) {
            self.silence(now, me, track, muted, out);
        }
        Ok(())
    }

    fn silence(
        &mut self,
        now: Timestamp,
        by: ParticipantId,
        track: TrackId,
        muted: bool,
        out: &mut Vec<Effect>,
    ) {
        self.commit(now, Fact::TrackMuted { track, muted, by }, out);
        out.push(Effect::Media(MediaOrder::Mute { track, muted }));
    }

    pub(super) fn mute_participant(
        &mut self,
        now: Timestamp,
        me: ParticipantId,
        who: ParticipantId,
        source: Source,
        out: &mut Vec<Effect>,
    ) -> Result<(), Refusal> {
        self.members.get(who).ok_or(Refusal::UnknownParticipant)?;
        let track = self.stage.track_of(who, source).ok_or(Refusal::UnknownTrack)?;
        self.silence(now, me, track, true, out);
        Ok(())
    }

    pub(super) fn mute_all(
        &mut self,
        now: Timestamp,
        me: ParticipantId,
        out: &mut Vec<Effect>,
    ) -> Result<(), Refusal> {
        let leads = |who| self.members.get(who).is_some_and(|member| member.role.leads());
        let open = self.stage.iter().filter(|(_, t)| t.source == Source::Microphone && !t.muted);
        let others: Vec<TrackId> = open.filter(|(_, t)| !leads(t.participant)).map(|(id, _)| id).collect();
        for track in others {
            self.silence(now, me, track, true, out);
        }
        Ok(())
    }

    pub(super) fn raise_hand(
        &mut self,
        now: Timestamp,
        who: ParticipantId,
        raised: bool,
        out: &mut Vec<Effect>,
    ) -> Result<(), Refusal> {
        self.members.get(who).ok_or(Refusal::UnknownParticipant)?;
        if self.hands.is_raised(who) != raised {
            self.commit(now, Fact::HandRaised { participant: who, raised }, out);
        }
        Ok(())
    }

    pub(super) fn set_role(
        &mut self,
        now: Timestamp,
        me: ParticipantId,
        who: ParticipantId,
        role: Role,
        out: &mut Vec<Effect>,
    ) -> Result<(), Refusal> {
        let member = self.members.get(who).ok_or(Refusal::UnknownParticipant)?;
        let movable = |role| matches!(role, Role::Speaker | Role::Participant);
        if !movable(member.role) || !movable(role) {
            return Err(Refusal::NotAllowed);
        }
        self.commit(now, Fact::RoleChanged { participant: who, role, by: me }, out);
        out.push(Effect::Media(MediaOrder::Floor { participant: who, holds: role.has_floor() }));
        let publishable = permission::publishable(role, self.plan.kind);
        for source in [Source::Microphone, Source::Camera, Source::Screen, Source::ScreenAudio] {
            if let Some(track) = self.stage.track_of(who, source)
                && !publishable.contains(&source)
            {
                self.withdraw(now, who, track, out);
            }
        }
        if let Some(to) = self.connection_of(who) {
            let permissions = permission::permissions(role, self.plan.kind);
            out.push(Effect::Tell { to, notice: Notice::Permissions { role, permissions, publishable } });
        }
        Ok(())
    }

    pub(super) fn remove(
        &mut self,
        now: Timestamp,
        me: ParticipantId,
        who: ParticipantId,
        out: &mut Vec<Effect>,
    ) -> Result<(), Refusal> {
        let member = self.members.get(who).ok_or(Refusal::UnknownParticipant)?;
        if member.role.leads() || who == me {
            return Err(Refusal::NotAllowed);
        }
        for (stay, connection) in self.members.stays_of(member.person) {
            self.commit(now, Fact::Removed { participant: stay, by: me }, out);
            self.depart(now, stay, out);
            if let Some(connection) = connection {
                let notice = Notice::Refused { request: None, reason: Refusal::Removed, client_id: None };
                out.push(Effect::Tell { to: connection, notice });
                out.push(Effect::Close { connection, goodbye: None });
            }
        }
        Ok(())
    }

    pub(super) fn chat_post(
        &mut self,
        now: Timestamp,
        (me, from): (ParticipantId, ConnectionId),
        client_id: String,
        text: &str,
        message: MessageId,
        out: &mut Vec<Effect>,
    ) -> Result<(), Refusal> {
        let text = self.chat.text(text, &client_id)?;
        if let Some(posted) = self.chat.already(me, &client_id) {
            let notice = Notice::ChatPosted { message: posted.clone() };
            out.push(Effect::Tell { to: from, notice });
            return Ok(());
        }
        self.chat.pace(now, me)?;
        self.commit(now, Fact::ChatPosted { message, participant: me, client_id, text }, out);
        Ok(())
    }

    pub(super) fn chat_delete(
        &mut self,
        now: Timestamp,
        me: ParticipantId,
        message: MessageId,
        out: &mut Vec<Effect>,
    ) -> Result<(), Refusal> {
        self.chat.find(message).ok_or(Refusal::UnknownMessage)?;
        self.commit(now, Fact::ChatDeleted { message, by: me }, out);
        Ok(())
    }

    pub(super) fn record(
        &mut self,
        now: Timestamp,
        on: bool,
        recording: RecordingId,
        out: &mut Vec<Effect>,
    ) -> Result<(), Refusal> {
        match (self.recording, on) {
            (Recording::Off, _) => Err(Refusal::NotRecorded),
            (Recording::Waiting | Recording::Held | Recording::Failed, true) => {
                self.start_recording(now, recording, out);
                Ok(())
            }
            (Recording::On { recording, .. }, false) => {
                self.commit(now, Fact::RecordingPaused { recording }, out);
                out.push(Effect::Recorder(RecorderOrder::Pause));
                Ok(())
            }
            (Recording::Paused { recording }, true) => {
                self.commit(now, Fact::RecordingResumed { recording }, out);
                out.push(Effect::Recorder(RecorderOrder::Resume));
                Ok(())
            }
            (Recording::On { .. }, true)
            | (Recording::Waiting | Recording::Held | Recording::Failed | Recording::Paused { .. }, false) => {
                Ok(())
            }
        }
    }

    pub(super) fn start_recording(&mut self, now: Timestamp, recording: RecordingId, out: &mut Vec<Effect>) {
        out.push(Effect::Recorder(RecorderOrder::Start { recording, at: now }));
        self.commit(now, Fact::RecordingStarted { recording }, out);
    }

    pub(super) fn extend(
        &mut self,
        now: Timestamp,
        me: ParticipantId,
        more: u16,
        out: &mut Vec<Effect>,
    ) -> Result<(), Refusal> {
        if more == 0 || more > MAX_EXTENSION {
            return Err(Refusal::ExtensionRange);
        }
        let ends_at = self.window_end.max(now) + minutes(u32::from(more));
        self.commit(now, Fact::Extended { ends_at, by: me }, out);
        Ok(())
    }

    pub(super) fn end(
        &mut self,
        now: Timestamp,
        why: EndCause,
        by: Option<ParticipantId>,
        out: &mut Vec<Effect>,
    ) {
        let recording = self.recording.open();
        self.commit(now, Fact::Ended { why, by }, out);
        if let Some(recording) = recording {
            self.commit(now, Fact::RecordingStopped { recording, failed: false }, out);
            out.push(Effect::Recorder(RecorderOrder::Stop));
        }
        self.dismiss_waiting(out);
        out.push(Effect::Media(MediaOrder::Close));
    }
}
