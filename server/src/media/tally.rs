//! What became of the packets of each track and each subscriber: plain numbers where packets pass, put together when
//! somebody asks.

use serde::Serialize;
use signaling::{
    id::{ParticipantId, SeanceId, TrackId},
    protocol::stage::Source,
};

/// What came of one encoding of a track, since it was published.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Arrived {
    /// New ones, repairs among them.
    pub packets: u64,
    /// Of payload.
    pub bytes: u64,
    /// Packets that came as repairs.
    pub repaired: u64,
    /// Packets that its publisher was asked for again (NACK).
    pub asked_again: u64,
    /// Keyframes that its publisher was asked for (PLI).
    pub keyframes_asked: u64,
}

/// What one subscriber was sent of one track, since they agreed on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivered {
    /// Without repairs.
    pub packets: u64,
    /// Of payload.
    pub bytes: u64,
    /// Packets it asked for again (NACK).
    pub asked_again: u64,
    /// Packets it was sent again.
    pub repaired: u64,
    /// Keyframes it asked for (PLI).
    pub keyframes_asked: u64,
    /// How often it went over to another encoding.
    pub switches: u64,
}

/// One room on one worker: its home, or an annex of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RoomTally {
    pub seance: SeanceId,
    /// By its place among all.
    pub worker: usize,
    /// The room's home is another worker, which counts what publishers send.
    pub annex: bool,
    pub tracks: Vec<TrackTally>,
    pub subscribers: Vec<SubscriberTally>,
}

/// One track with its encodings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TrackTally {
    pub track: TrackId,
    pub participant: ParticipantId,
    pub source: Source,
    pub muted: bool,
    /// From the smallest to the largest picture; sound has one.
    pub encodings: Vec<Arrived>,
}

/// One subscriber with what it receives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SubscriberTally {
    pub participant: ParticipantId,
    /// What its network carries, bit/s, where it is measured.
    pub estimate: Option<u64>,
    pub streams: Vec<StreamTally>,
}

/// What a subscriber receives of one track.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StreamTally {
    pub track: TrackId,
    /// The encoding it gets now, as in [`TrackTally::encodings`]; sound with copies is another than sound without.
    pub encoding: Option<u8>,
    /// There and back, milliseconds.
    pub round_trip_ms: u64,
    #[serde(flatten)]
    pub delivered: Delivered,
}
