//! What the media plane, the recorder and the store report back.

use super::*;
use crate::protocol::media::QualityLevel;

impl Room {
    /// The media plane answered the participant's offer of that number.
    pub fn answered(&mut self, participant: ParticipantId, negotiation: u32, sdp: String) -> Vec<Effect> {
        let tracks = self.stage.answered(participant);
        let notice = Notice::PublishAnswer { negotiation, sdp, tracks };
        let to = self.connection_of(participant);
        to.map(|to| Effect::Tell { to, notice }).into_iter().collect()
    }

    /// The media plane could not use the participant's offer: what it would have published is taken back.
    pub fn publish_refused(
        &mut self,
        now: Timestamp,
        participant: ParticipantId,
        reason: Refusal,
    ) -> Vec<Effect> {
        let mut out = Vec::new();
        for track in self.stage.unanswered(participant) {
            self.withdraw(now, participant, track, &mut out);
        }
        if let Some(to) = self.connection_of(participant) {
            let request = Some("publish".to_owned());
            out.push(Effect::Tell { to, notice: Notice::Refused { request, reason, client_id: None } });
        }
        out
    }

    /// Who owns and what shows a track.
    #[must_use]
    pub fn track(&self, track: TrackId) -> Option<(ParticipantId, Source)> {
        self.stage.get(track).map(|published| (published.participant, published.source))
    }

    /// Tells everybody connected something unnumbered (who speaks).
    #[must_use]
    pub fn tell_all(&self, notice: &Notice) -> Vec<Effect> {
        let open = self.members.connections().into_iter();
        open.map(|to| Effect::Tell { to, notice: notice.clone() }).collect()
    }

    /// Tells a person how well their connection carries media. Nothing of it is kept.
    #[must_use]
    pub fn quality(
        &self,
        participant: ParticipantId,
        level: QualityLevel,
        loss_percent: u8,
        round_trip_ms: u16,
    ) -> Vec<Effect> {
        let notice = Notice::Quality { level, loss_percent, round_trip_ms };
        let to = self.connection_of(participant);
        to.map(|to| Effect::Tell { to, notice }).into_iter().collect()
    }

    /// Tells a person that part of what they send is not passed on.
    #[must_use]
    pub fn excess(&self, participant: ParticipantId) -> Vec<Effect> {
        let notice = Notice::Refused { request: None, reason: Refusal::TooMuchMedia, client_id: None };
        let to = self.connection_of(participant);
        to.map(|to| Effect::Tell { to, notice }).into_iter().collect()
    }

    /// Tells those who lead that somebody's connection is weak, or is no longer.
    pub fn weak(&mut self, participant: ParticipantId, weak: bool) -> Vec<Effect> {
        let here = self.members.get(participant).is_some();
        let changed =
            if weak { here && self.weak.insert(participant) } else { self.weak.remove(&participant) };
        if !changed {
            return Vec::new();
        }
        let told = self.members.leading().into_iter();
        told.map(|to| Effect::Tell { to, notice: Notice::Weak { participant, weak } }).collect()
    }

    /// Who comes in to lead learns whose connection is weak.
    pub(super) fn tell_weak(&self, to: ConnectionId, out: &mut Vec<Effect>) {
        let weak = self.weak.iter().copied();
        out.extend(
            weak.map(|participant| Effect::Tell { to, notice: Notice::Weak { participant, weak: true } }),
        );
    }

    /// The recorder stopped by itself.
    pub fn recording_failed(&mut self, now: Timestamp) -> Vec<Effect> {
        let mut out = Vec::new();
        if let Some(recording) = self.recording.open() {
            self.commit(now, Fact::RecordingStopped { recording, failed: true }, &mut out);
        }
        out
    }

    /// The replay of a recording can be opened.
    pub fn recording_ready(&mut self, now: Timestamp, recording: RecordingId) -> Vec<Effect> {
        let mut out = Vec::new();
        self.broadcast(now, Notice::RecordingReady { recording }, &mut out);
        out
    }

    /// The journal cannot be written, or can be again; those who lead are told.
    pub fn storage(&mut self, failing: bool) -> Vec<Effect> {
        if self.storage_failing == failing {
            return Vec::new();
        }
        self.storage_failing = failing;
        let told = self.members.leading().into_iter();
        told.map(|to| Effect::Tell { to, notice: Notice::Storage { failing } }).collect()
    }

    /// The server stops: everybody is told, the recording is closed, and who was here is written down.
    pub fn stopping(&mut self, now: Timestamp) -> Vec<Effect> {
        let mut out = Vec::new();
        if self.running && self.ended.is_none() {
            let mut heard = self.members.take_heard();
            heard.extend(self.waiters.take_heard());
            self.commit(now, Fact::Heartbeats { heard }, &mut out);
        }
        if let Some(recording) = self.recording.open() {
            self.commit(now, Fact::RecordingStopped { recording, failed: false }, &mut out);
            out.push(Effect::Recorder(RecorderOrder::Stop));
        }
        let goodbye = Some(crate::protocol::Goodbye::ServerStopping);
        let open = self.members.connections().into_iter().chain(self.waiters.connections());
        out.extend(open.map(|connection| Effect::Close { connection, goodbye }));
        out.push(Effect::Media(MediaOrder::Close));
        out
    }

    /// True once the séance is over.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.ended.is_some()
    }

    /// Everybody in the room with their names and roles, for the start of a recording.
    pub fn people(&self) -> impl Iterator<Item = (ParticipantId, &str, Role)> {
        self.members.iter().map(|(id, member)| (id, member.name.as_str(), member.role))
    }
}
