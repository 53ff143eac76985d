//! What a subscriber has first when it wants more than it has lines for.

use std::{
    cmp::Reverse,
    time::{Duration, Instant},
};

use signaling::{
    id::{ParticipantId, TrackId},
    protocol::{media::Tile, stage::Source},
};

use super::{ConnectionKey, Worker, connection::Half, track::Track};

/// Lines change hands no more often than this for the sake of what is seen and heard: each time is an offer.
const SETTLED: Duration = Duration::from_secs(1);

/// How much a subscriber misses a track without a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Urgency {
    /// It is heard, or is a shared screen.
    Now,
    /// It may be heard at any moment, or is in view.
    Soon,
    /// It is muted, or out of view.
    Later,
}

/// A track that a subscriber wants.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted<'t> {
    pub(super) track: &'t Track,
    urgency: Urgency,
}

impl<'t> Wanted<'t> {
    /// `view` is what is on the screen, `None` when nothing is known of it; `large` the one who is by far the largest
    /// there.
    pub(super) fn new(
        track: &'t Track,
        view: Option<&[Tile]>,
        large: Option<ParticipantId>,
        now: Instant,
    ) -> Self {
        let in_view = || view.is_none_or(|tiles| tiles.iter().any(|tile| tile.track == track.id));
        let pinned = track.source == Source::Microphone && large == Some(track.participant);
        let urgency = match track.source {
            Source::Screen => Urgency::Now,
            Source::Camera if !track.muted && in_view() => Urgency::Soon,
            Source::Microphone | Source::ScreenAudio if track.muted && !pinned => Urgency::Later,
            Source::Microphone | Source::ScreenAudio if !track.muted && (pinned || track.is_heard(now)) => {
                Urgency::Now
            }
            Source::Microphone | Source::ScreenAudio => Urgency::Soon,
            Source::Camera => Urgency::Later,
        };
        Self { track, urgency }
    }

    /// In which order lines are given away: sound first, then what is most urgent; of equals, who `has_line` keeps it,
    /// and who was heard last comes first.
    pub(super) fn rank(&self, has_line: bool) -> (bool, Urgency, bool, Reverse<Option<Instant>>) {
        (self.track.video(), self.urgency, !has_line, Reverse(self.track.heard))
    }
}

/// Whether enough time has passed since lines last changed hands.
pub(super) fn settled(rearranged: Option<Instant>, now: Instant) -> bool {
    rearranged.is_none_or(|at| now.duration_since(at) >= SETTLED)
}

impl Worker {
    /// A subscriber with more to receive than lines gets what it misses most, in place of what it misses least.
    pub(super) fn rearrange(&mut self, key: ConnectionKey, now: Instant) {
        let Some(connection) = self.connections.get(key) else { return };
        let Half::Subscribe(subscriber) = &connection.half else { return };
        let (room, participant) = (connection.room, connection.participant);
        if subscriber.may_rearrange(now) {
            self.reconcile(room, participant, now);
        }
    }

    /// What a participant wants, and how much.
    pub(super) fn wishes<'t>(
        tracks: &'t slab::Slab<Track>,
        room: &super::room::Room,
        wanted: &[TrackId],
        view: Option<&[Tile]>,
        now: Instant,
    ) -> Vec<Wanted<'t>> {
        let of = |track: &TrackId| tracks.get(*room.tracks.get(track)?);
        let large = super::sharing::large(view).and_then(|large| of(&large)).map(|track| track.participant);
        wanted.iter().filter_map(of).map(|track| Wanted::new(track, view, large, now)).collect()
    }
}
