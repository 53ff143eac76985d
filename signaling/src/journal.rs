//! The facts of a séance, in order, hash-chained; everything below can be rebuilt from it.
//!
//! A `Fact` is what happened. A `Record` is a fact with its place in the chain, which `journal/chain.rs` defines:
//! `hash = SHA-256(prev ‖ canonical row)`. The row holds a salted digest where the fact holds a personal text (a name, a
//! chat message), so a text may be erased later and the chain still verifies.

mod chain;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::{BootId, ConnectionId, MessageId, ParticipantId, PersonId, RecordingId, SeanceId, TrackId};
use crate::protocol::{Role, seance::EndCause, stage::Source};

pub use chain::{Broken, Flaw, Head, SALT_BYTES, Unwritable, verify};
pub(crate) use chain::{HEX_CHARS, canonical, digest, link};

/// How sure we are of who somebody is (domain rules §2.2, *Identity*).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "attendance.ts"))]
#[serde(rename_all = "snake_case")]
pub enum Identity {
    Federated,
    Pin,
    PersonalLink,
    /// Typed a name behind an open link.
    Declared,
    None,
}

impl Identity {
    /// Only these may earn hours.
    #[must_use]
    pub fn validable(self) -> bool {
        matches!(self, Self::Federated | Self::Pin | Self::PersonalLink)
    }
}

/// An instant of one run of the server: the process's wall time at its start plus monotonic milliseconds.
/// A stepped wall clock cannot shorten or lengthen an interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    pub boot: BootId,
    /// Wall time when that process started.
    pub boot_at: Timestamp,
    /// Milliseconds since then, monotonic.
    pub mono_ms: u64,
}

impl Moment {
    /// The effective time: the only one used in computations.
    #[must_use]
    pub fn effective(&self) -> Timestamp {
        let elapsed = i64::try_from(self.mono_ms).unwrap_or(i64::MAX);
        self.boot_at.checked_add(jiff::SignedDuration::from_millis(elapsed)).unwrap_or(Timestamp::MAX)
    }
}

/// What happened. Facts are never changed and never removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Fact {
    /// A room task started on this séance: first opening, or again after a stop of the server.
    Opened {
        heard_until: Option<Timestamp>,
    },
    /// A connection opened.
    Joined {
        person: PersonId,
        participant: ParticipantId,
        connection: ConnectionId,
        name: String,
        role: Role,
        identity: Identity,
    },
    /// A connection waits for a trainer to come.
    LobbyEntered {
        person: PersonId,
        participant: ParticipantId,
        connection: ConnectionId,
        name: String,
        role: Role,
        identity: Identity,
    },
    /// It waited until then. Who was admitted joins right after.
    LobbyLeft {
        participant: ParticipantId,
        connection: ConnectionId,
        until: Timestamp,
        admitted: bool,
    },
    /// A connection closed cleanly.
    Left {
        participant: ParticipantId,
        connection: ConnectionId,
    },
    /// A connection fell silent; its interval closes at `last_heard`.
    Lost {
        participant: ParticipantId,
        connection: ConnectionId,
        last_heard: Timestamp,
    },
    /// The connections heard since the last such record, each with the effective time it was last heard.
    Heartbeats {
        heard: Vec<(ConnectionId, Timestamp)>,
    },
    /// Removed by a trainer.
    Removed {
        participant: ParticipantId,
        by: ParticipantId,
    },
    /// Moved to an atelier, or back to the main room (`None`).
    RoomChanged {
        participant: ParticipantId,
        room: Option<String>,
    },
    RoleChanged {
        participant: ParticipantId,
        role: Role,
        by: ParticipantId,
    },
    HandRaised {
        participant: ParticipantId,
        raised: bool,
    },
    TrackPublished {
        participant: ParticipantId,
        track: TrackId,
        source: Source,
        muted: bool,
    },
    TrackMuted {
        track: TrackId,
        muted: bool,
        by: ParticipantId,
    },
    TrackUnpublished {
        track: TrackId,
    },
    ChatPosted {
        message: MessageId,
        participant: ParticipantId,
        client_id: String,
        text: String,
    },
    ChatDeleted {
        message: MessageId,
        by: ParticipantId,
    },
    RecordingStarted {
        recording: RecordingId,
    },
    RecordingPaused {
        recording: RecordingId,
    },
    RecordingResumed {
        recording: RecordingId,
    },
    RecordingStopped {
        recording: RecordingId,
        failed: bool,
    },
    /// The counted window now ends then.
    Extended {
        ends_at: Timestamp,
        by: ParticipantId,
    },
    Ended {
        why: EndCause,
        by: Option<ParticipantId>,
    },
}

impl Fact {
    /// The texts that say something about a person and may have to be erased: kept out of the hash, digested instead.
    /// An erased text is the empty string.
    pub fn texts_mut(&mut self) -> Vec<&mut String> {
        match self {
            Self::Joined { name, .. } | Self::LobbyEntered { name, .. } => vec![name],
            Self::ChatPosted { text, .. } => vec![text],
            Self::Opened { .. }
            | Self::LobbyLeft { .. }
            | Self::Left { .. }
            | Self::Lost { .. }
            | Self::Heartbeats { .. }
            | Self::Removed { .. }
            | Self::RoomChanged { .. }
            | Self::RoleChanged { .. }
            | Self::HandRaised { .. }
            | Self::TrackPublished { .. }
            | Self::TrackMuted { .. }
            | Self::TrackUnpublished { .. }
            | Self::ChatDeleted { .. }
            | Self::RecordingStarted { .. }
            | Self::RecordingPaused { .. }
            | Self::RecordingResumed { .. }
            | Self::RecordingStopped { .. }
            | Self::Extended { .. }
            | Self::Ended { .. } => Vec::new(),
        }
    }
}

/// One fact at its place in the chain of its séance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    pub seance: SeanceId,
    /// From 1, without a hole.
    pub seq: u64,
    #[serde(flatten)]
    pub at: Moment,
    /// What the wall clock showed; evidence, never used.
    pub wall: Timestamp,
    pub fact: Fact,
    /// Hex, 32 bytes: the salt of `digests`. Empty when the fact holds no personal text, or no longer.
    pub salt: String,
    /// Hex SHA-256 of each personal text of the fact, in the order of [`Fact::texts_mut`].
    pub digests: Vec<String>,
    /// Hex SHA-256: the hash of the record before, 64 zeros for the first.
    pub prev: String,
    /// Hex SHA-256.
    pub hash: String,
}

impl Record {
    /// Erases the personal texts and the salt that would let somebody guess them. The chain still verifies.
    pub fn erase_texts(&mut self) {
        self.fact.texts_mut().into_iter().for_each(String::clear);
        self.salt.clear();
    }
}
