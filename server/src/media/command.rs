//! What a classroom asks of the media plane, and what the recorder gets.

use std::{sync::Arc, time::Instant};

use bytes::Bytes;
use crossbeam_channel::Sender;
use signaling::{
    id::{ParticipantId, TrackId},
    protocol::{media::Tile, stage::Source},
};

use super::{Sounds, sdp::Codec};

/// What a media section of a client's offer carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedTrack {
    pub mid: String,
    pub track: TrackId,
    pub source: Source,
}

/// What the classroom asks.
#[derive(Debug)]
pub enum Command {
    /// The client's offer for its publish connection: first, renegotiation or ICE restart. Media sections not
    /// listed in `tracks` stay inactive. Answered by [`super::Event::Answered`] or [`super::Event::Refused`]. Tracks of an
    /// earlier offer that are missing now end.
    Publish {
        participant: ParticipantId,
        /// Comes back with the answer.
        negotiation: u32,
        offer: String,
        tracks: Vec<PublishedTrack>,
    },
    /// The tracks this participant receives from now on, the whole list. When that changes the description,
    /// [`super::Event::Offered`] follows; changes during a negotiation wait for its answer. Tracks not yet published
    /// are offered once they are.
    Subscribe {
        participant: ParticipantId,
        tracks: Vec<TrackId>,
    },
    /// The client's answer to the offer of this number.
    Answer {
        participant: ParticipantId,
        negotiation: u32,
        sdp: String,
    },
    /// The client's network changed: offers again with fresh ICE credentials. After the connection was lost, a
    /// new connection is offered.
    RestartSubscribe {
        participant: ParticipantId,
    },
    /// The participant's WebSocket came back: what it may have missed is told again. An offer that waits for its
    /// answer is repeated under a new number, and so is [`super::Event::Disconnected`] of a connection that was lost and
    /// not replaced since.
    Resume {
        participant: ParticipantId,
    },
    /// The pictures on the participant's screen, the whole list; the last word counts. A picture that is not listed is
    /// not sent, until the first list all are.
    View {
        participant: ParticipantId,
        tiles: Vec<Tile>,
    },
    /// The participant hears the room by its WebSocket from now on, or `None`: no longer. Answered by
    /// [`super::Event::Sounds`].
    Hear {
        participant: ParticipantId,
        sounds: Option<Arc<Sounds>>,
    },
    /// The participant's microphone comes as [`Command::Voice`] from now on. A track of that name that comes by its
    /// media connection so far goes on without a break.
    Speak {
        participant: ParticipantId,
        track: TrackId,
    },
    /// One Opus packet of that microphone; `timestamp` in 1/48,000 s.
    Voice {
        participant: ParticipantId,
        timestamp: u32,
        packet: Bytes,
    },
    /// While muted nothing of the track is forwarded or recorded, whatever its publisher sends.
    Mute {
        track: TrackId,
        muted: bool,
    },
    Unpublish {
        track: TrackId,
    },
    /// The participant has the floor, or has it no longer: a voice that is forwarded however many others speak.
    Floor {
        participant: ParticipantId,
        holds: bool,
    },
    Leave {
        participant: ParticipantId,
    },
    /// Where to copy the room's packets from now on, `None` to stop. Running tracks are told first.
    Tap {
        tap: Option<Sender<TapItem>>,
    },
    /// The recorder needs a keyframe of this track.
    Keyframe {
        track: TrackId,
    },
    Close,
}

/// What the recorder gets. Items that do not fit into its queue are dropped and counted.
#[derive(Debug)]
pub enum TapItem {
    Started {
        track: TrackId,
        participant: ParticipantId,
        source: Source,
        codec: Codec,
        clock_rate: u32,
    },
    /// One decrypted packet: RTX undone, padding removed.
    Packet {
        track: TrackId,
        at: Instant,
        rtp: Bytes,
    },
    /// The publisher's sender report: `rtp` on the track's clock is `ntp` (32.32 s since 1900) on its own.
    Report {
        track: TrackId,
        at: Instant,
        ntp: u64,
        rtp: u32,
    },
    Ended {
        track: TrackId,
        at: Instant,
    },
    /// So many items were lost here.
    Dropped {
        count: u64,
    },
}
