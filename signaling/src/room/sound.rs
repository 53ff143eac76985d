//! Sound by the WebSocket: who hears by it, and whose microphone comes by it.

use super::*;
use crate::protocol::media::SoundStream;

impl Room {
    /// Who hears is answered by the media plane, which knows the streams: see [`Room::heard_by_socket`].
    ///
    /// `voice`: the name of the microphone's track, should it be a new one; `None` when it does not come by the socket.
    pub(super) fn sound(
        &mut self,
        now: Timestamp,
        (me, from): (ParticipantId, ConnectionId),
        on: bool,
        voice: Option<TrackId>,
        out: &mut Vec<Effect>,
    ) -> Result<(), Refusal> {
        match voice {
            Some(new) => self.speak(now, me, new, out),
            None => {
                if let Some(track) = self.stage.by_socket(me) {
                    self.withdraw(now, me, track, out);
                }
            }
        }
        out.push(Effect::Media(MediaOrder::Hear { participant: me, connection: from, on }));
        if !on {
            let notice = Notice::Sound { on, microphone: self.stage.by_socket(me), streams: Vec::new() };
            out.push(Effect::Tell { to: from, notice });
        }
        Ok(())
    }

    /// The microphone comes by the socket from now on; a track that there is already goes on.
    fn speak(&mut self, now: Timestamp, me: ParticipantId, new: TrackId, out: &mut Vec<Effect>) {
        let known = self.stage.track_of(me, Source::Microphone);
        let track = known.unwrap_or(new);
        if known.is_none() {
            let source = Source::Microphone;
            self.commit(now, Fact::TrackPublished { participant: me, track, source, muted: false }, out);
        }
        self.stage.spoken(track);
        let muted = self.stage.get(track).is_some_and(|published| published.muted);
        out.push(Effect::Media(MediaOrder::Speak { participant: me, track, muted }));
        if known.is_none() {
            self.subscribe_all(out);
        }
    }

    /// What somebody hears by the socket: the numbers of the streams, and whose they are.
    #[must_use]
    pub fn heard_by_socket(&self, participant: ParticipantId, streams: &[(u32, TrackId)]) -> Vec<Effect> {
        let Some(to) = self.connection_of(participant) else { return Vec::new() };
        let named = streams.iter().filter_map(|(stream, track)| {
            let (participant, source) = self.track(*track)?;
            Some(SoundStream { stream: *stream, track: *track, participant, source })
        });
        let (microphone, streams) = (self.stage.by_socket(participant), named.collect());
        vec![Effect::Tell { to, notice: Notice::Sound { on: true, microphone, streams } }]
    }
}
