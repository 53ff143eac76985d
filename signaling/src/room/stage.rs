//! Who publishes what, and who is silenced.

use std::collections::BTreeMap;

use crate::id::{ParticipantId, TrackId};
use crate::protocol::{
    Refusal,
    media::{AnsweredTrack, PublishedSource},
    stage::{PersonTrack, Source},
};

use super::order::{NamedTrack, Wanted};

/// One published source.
#[derive(Debug, Clone)]
pub(super) struct Published {
    pub(super) participant: ParticipantId,
    pub(super) source: Source,
    pub(super) muted: bool,
    pub(super) muted_by_trainer: bool,
    /// The media section of the last offer that carried it.
    mid: String,
    /// False until the media plane has answered its offer.
    answered: bool,
    /// Its packets come by the WebSocket, not by a media connection.
    by_socket: bool,
}

/// All published tracks of a room.
#[derive(Debug, Clone, Default)]
pub(super) struct Stage(BTreeMap<TrackId, Published>);

impl Stage {
    /// Checks the list of an offer and names its tracks: one per source; a source kept keeps its track.
    pub(super) fn plan(
        &self,
        participant: ParticipantId,
        wanted: &Wanted,
        mint: &mut dyn FnMut() -> uuid::Uuid,
    ) -> Result<Vec<NamedTrack>, Refusal> {
        let mut named: Vec<NamedTrack> = Vec::with_capacity(wanted.len());
        for PublishedSource { mid, source, muted } in wanted {
            if named.iter().any(|other| other.source == *source || other.mid == *mid) {
                return Err(Refusal::TooManyTracks);
            }
            if *source == Source::Screen && self.screen_of_another(participant) {
                return Err(Refusal::ScreenTaken);
            }
            let known = self.track_of(participant, *source);
            let track = known.unwrap_or_else(|| TrackId(mint()));
            // A renegotiation does not open what was silenced meanwhile: only `mute` does.
            let muted = self.get(track).map_or(*muted, |published| published.muted);
            named.push(NamedTrack { mid: mid.clone(), track, source: *source, muted });
        }
        Ok(named)
    }

    fn screen_of_another(&self, participant: ParticipantId) -> bool {
        self.0.values().any(|track| track.source == Source::Screen && track.participant != participant)
    }

    pub(super) fn track_of(&self, participant: ParticipantId, source: Source) -> Option<TrackId> {
        let found = self.0.iter().find(|(_, t)| t.participant == participant && t.source == source);
        found.map(|(id, _)| *id)
    }

    pub(super) fn add(&mut self, participant: ParticipantId, track: TrackId, source: Source, muted: bool) {
        let published = Published {
            participant,
            source,
            muted,
            muted_by_trainer: false,
            mid: String::new(),
            answered: false,
            by_socket: false,
        };
        self.0.insert(track, published);
    }

    /// Remembers the media sections of the offer just passed on.
    pub(super) fn offered(&mut self, tracks: &[NamedTrack]) {
        for named in tracks {
            if let Some(track) = self.0.get_mut(&named.track) {
                track.mid.clone_from(&named.mid);
                track.by_socket = false;
            }
        }
    }

    /// From now on the track comes by the WebSocket.
    pub(super) fn spoken(&mut self, track: TrackId) {
        if let Some(track) = self.0.get_mut(&track) {
            track.by_socket = true;
            track.answered = true;
        }
    }

    /// The participant's track that comes by the WebSocket.
    pub(super) fn by_socket(&self, participant: ParticipantId) -> Option<TrackId> {
        let mut own = self.0.iter().filter(|(_, track)| track.participant == participant);
        own.find(|(_, track)| track.by_socket).map(|(id, _)| *id)
    }

    /// The media plane accepted the participant's offer.
    pub(super) fn answered(&mut self, participant: ParticipantId) -> Vec<AnsweredTrack> {
        let offered = |track: &&mut Published| track.participant == participant && !track.by_socket;
        let own = self.0.iter_mut().filter(|(_, track)| offered(track));
        own.map(|(id, track)| {
            track.answered = true;
            AnsweredTrack { mid: track.mid.clone(), track: *id, source: track.source }
        })
        .collect()
    }

    /// The tracks of an offer that the media plane refused.
    pub(super) fn unanswered(&self, participant: ParticipantId) -> Vec<TrackId> {
        let own = self.0.iter().filter(|(_, track)| track.participant == participant && !track.answered);
        own.map(|(id, _)| *id).collect()
    }

    pub(super) fn remove(&mut self, track: TrackId) -> Option<Published> {
        self.0.remove(&track)
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    pub(super) fn get(&self, track: TrackId) -> Option<&Published> {
        self.0.get(&track)
    }

    pub(super) fn mute(&mut self, track: TrackId, muted: bool, by_trainer: bool) {
        if let Some(track) = self.0.get_mut(&track) {
            track.muted = muted;
            track.muted_by_trainer = muted && by_trainer;
        }
    }

    pub(super) fn tracks_of(&self, participant: ParticipantId) -> Vec<TrackId> {
        self.0.iter().filter(|(_, track)| track.participant == participant).map(|(id, _)| *id).collect()
    }

    /// What `participant` receives: everything published by the others.
    pub(super) fn seen_by(&self, participant: ParticipantId) -> Vec<TrackId> {
        self.0.iter().filter(|(_, track)| track.participant != participant).map(|(id, _)| *id).collect()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (TrackId, &Published)> {
        self.0.iter().map(|(id, track)| (*id, track))
    }

    pub(super) fn shown(&self, participant: ParticipantId) -> Vec<PersonTrack> {
        let own = self.0.iter().filter(|(_, track)| track.participant == participant);
        let shown = own.map(|(id, track)| PersonTrack {
            track: *id,
            source: track.source,
            muted: track.muted,
            muted_by_trainer: track.muted_by_trainer,
        });
        shown.collect()
    }
}
