//! What a classroom hears of the media plane.

use signaling::{
    id::{ParticipantId, TrackId},
    protocol::media::{Connection, QualityLevel},
};

use super::{control::Closed, sdp::Codec};

/// What the classroom hears.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    Answered {
        participant: ParticipantId,
        /// That of the offer.
        negotiation: u32,
        sdp: String,
    },
    Offered {
        participant: ParticipantId,
        negotiation: u32,
        sdp: String,
        tracks: Vec<(String, TrackId)>,
    },
    Refused {
        participant: ParticipantId,
        /// Publish: its offer; subscribe: its answer, list of tracks, restart or resumption.
        of: Connection,
        reason: MediaRefusal,
    },
    /// ICE and DTLS are complete.
    Connected {
        participant: ParticipantId,
        connection: Connection,
    },
    /// The connection is gone with its tracks; the client needs a new one. Not sent after [`super::Command::Leave`].
    Disconnected {
        participant: ParticipantId,
        connection: Connection,
        why: Closed,
    },
    /// The first packet of a track arrived.
    TrackLive {
        track: TrackId,
        codec: Codec,
    },
    TrackEnded {
        track: TrackId,
    },
    /// Which of a track's encodings somebody needs; without simulcast `rids` is empty. Told to its publisher.
    Encode {
        participant: ParticipantId,
        track: TrackId,
        watched: bool,
        rids: Vec<String>,
    },
    /// How well the participant's connections carry media; every two seconds at most, on change only. May be dropped.
    Quality {
        participant: ParticipantId,
        level: QualityLevel,
        loss_percent: u8,
        round_trip_ms: u16,
    },
    /// The participant sends far more than it was told it may, and part of it is dropped; every ten seconds at most.
    Excess {
        participant: ParticipantId,
    },
    /// The participant's connection has been poor for a while, or is no longer.
    Weak {
        participant: ParticipantId,
        weak: bool,
    },
    /// The streams that the participant hears by its WebSocket, the whole list.
    Sounds {
        participant: ParticipantId,
        streams: Vec<(u32, TrackId)>,
    },
    /// Who speaks, loudest first; at most five times a second, on change only. May be dropped.
    Speaking {
        participants: Vec<ParticipantId>,
    },
}

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MediaRefusal {
    #[error("the session description cannot be used: {0}")]
    BadSdp(String),
    #[error("more tracks than the {0} allowed")]
    TooManyTracks(usize),
    #[error("the offer has no usable media section {0:?}")]
    NoSuchSection(String),
    #[error("no codec of media section {0:?} is supported")]
    NoCodec(String),
    #[error("the track belongs to somebody else")]
    ForeignTrack,
    #[error("this answer is not awaited")]
    OutOfTurn,
    #[error("the media plane failed on this request")]
    Internal,
}
