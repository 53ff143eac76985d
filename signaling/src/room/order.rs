//! What a room wants done. The room decides, the server carries out.

use jiff::Timestamp;

use crate::id::{ConnectionId, ParticipantId, RecordingId, TrackId};
use crate::journal::Fact;
use crate::protocol::{
    Goodbye, Notice,
    media::{PublishedSource, Tile},
    stage::Source,
};

/// One thing to do. Effects of one call stand in order; notices that follow a fact leave after its commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Append to the journal.
    Journal(Fact),
    /// Tell one connection.
    Tell {
        to: ConnectionId,
        notice: Notice,
    },
    /// Tell these connections the numbered notice.
    Broadcast {
        seq: u64,
        notice: Notice,
        to: Vec<ConnectionId>,
    },
    /// Close after everything told before has left. `None`: the person left or was removed.
    Close {
        connection: ConnectionId,
        goodbye: Option<Goodbye>,
    },
    Media(MediaOrder),
    Recorder(RecorderOrder),
}

/// For the media plane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MediaOrder {
    /// The client's offer, with the track made of each of its sources.
    Publish {
        participant: ParticipantId,
        negotiation: u32,
        sdp: String,
        tracks: Vec<NamedTrack>,
    },
    Unpublish {
        track: TrackId,
    },
    Mute {
        track: TrackId,
        muted: bool,
    },
    /// The whole list of what the participant receives.
    Subscribe {
        participant: ParticipantId,
        tracks: Vec<TrackId>,
    },
    /// What this connection hears of the others by its WebSocket: everything, or nothing any more.
    Hear {
        participant: ParticipantId,
        connection: ConnectionId,
        on: bool,
    },
    /// The participant's microphone comes by the WebSocket from now on.
    Speak {
        participant: ParticipantId,
        track: TrackId,
        muted: bool,
    },
    Answer {
        participant: ParticipantId,
        negotiation: u32,
        sdp: String,
    },
    Restart {
        participant: ParticipantId,
    },
    /// The pictures on the participant's screen, the whole list.
    View {
        participant: ParticipantId,
        tiles: Vec<Tile>,
    },
    /// The participant's voice is forwarded however many others speak, or is no longer.
    Floor {
        participant: ParticipantId,
        holds: bool,
    },
    /// The participant's page is reachable again: what it was not told is told again.
    Resume {
        participant: ParticipantId,
    },
    Leave {
        participant: ParticipantId,
    },
    Close,
}

/// A published source with the track it became.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedTrack {
    pub mid: String,
    pub track: TrackId,
    pub source: Source,
    pub muted: bool,
}

/// For the recorder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecorderOrder {
    Start { recording: RecordingId, at: Timestamp },
    Pause,
    Resume,
    Stop,
}

/// A person at the door.
#[derive(Debug, Clone)]
pub struct Entrance {
    pub connection: ConnectionId,
    pub participant: ParticipantId,
    pub person: crate::id::PersonId,
    pub name: String,
    pub role: crate::protocol::Role,
    pub identity: crate::journal::Identity,
    /// The stay ticket to hand back.
    pub stay: String,
    /// The relays to hand over, with credentials of this stay.
    pub ice_servers: Vec<crate::protocol::media::IceServer>,
    /// An open ticket to this séance for participants: told to those who moderate.
    pub invitation: Option<String>,
    pub resume: Option<crate::protocol::entry::Resume>,
    pub recording_acknowledged: bool,
}

/// The tracks of a publish request, before they have identifiers.
pub(super) type Wanted = Vec<PublishedSource>;
