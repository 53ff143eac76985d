//! What a computation of presence starts from: the séance as planned, what was done to it, the log, the parameters.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::id::{ConnectionId, PersonId};
use crate::seance::Threshold;

/// The tolerances of the rules (domain rules §2.2). Every one is inclusive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Params {
    /// Silence after which a connection is lost.
    pub heartbeat_timeout: SignedDuration,
    /// Longest gap that is bridged.
    pub reconnect_tolerance: SignedDuration,
    /// Longest delay between the server's return and the person's for the outage to be credited.
    pub restart_tolerance: SignedDuration,
    /// Longest overlap of two séances without a flag.
    pub overlap_tolerance: SignedDuration,
    /// A forgotten séance ends that long after the end of its counted window.
    pub auto_end: SignedDuration,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            heartbeat_timeout: SignedDuration::from_secs(60),
            reconnect_tolerance: SignedDuration::from_secs(120),
            restart_tolerance: SignedDuration::from_secs(300),
            overlap_tolerance: SignedDuration::from_secs(300),
            auto_end: SignedDuration::from_mins(30),
        }
    }
}

/// The séance, as far as presence depends on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeanceRule {
    pub starts_at: Timestamp,
    /// Announced minutes.
    pub duration_min: u32,
    pub threshold: Threshold,
    /// They get a row even without any event.
    pub enrolled: Vec<PersonId>,
    pub close: Close,
    /// No animator ever came.
    pub cancelled: bool,
    pub heartbeats: Heartbeats,
}

/// When what is still open is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Close {
    /// When an animator ended the séance, else when the server ends it by itself.
    ByRule,
    /// The server closed the séance then.
    At(Timestamp),
    /// The séance runs: the result is that of this instant.
    Running(Timestamp),
}

/// What is known of the heartbeats of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heartbeats {
    /// An open connection was heard all along, unless the log says otherwise.
    Implied,
    /// A connection was last heard at its join or at its last `Heard`.
    Logged,
}

/// What an animator did to the slot while live.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Control {
    /// The counted window now ends then.
    Extend(Timestamp),
    /// The séance was ended then.
    End(Timestamp),
}

/// One line of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Effective time.
    pub at: Timestamp,
    /// Orders events of the same effective time.
    pub seq: u64,
    pub what: What,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    Join {
        person: PersonId,
        connection: ConnectionId,
    },
    Leave {
        person: PersonId,
        connection: ConnectionId,
    },
    /// The silence was noticed at the event's time. Without `last_heard`, nothing came after the join.
    Lost {
        person: PersonId,
        connection: ConnectionId,
        last_heard: Option<Timestamp>,
    },
    /// A heartbeat. Reopens a connection that was lost.
    Heard {
        person: PersonId,
        connection: ConnectionId,
    },
    /// A live promotion; changes nothing.
    Role {
        person: PersonId,
    },
    LobbyEnter {
        person: PersonId,
        reason: WaitReason,
    },
    LobbyAdmit {
        person: PersonId,
    },
    LobbyDeny {
        person: PersonId,
    },
    LobbyLeave {
        person: PersonId,
    },
    /// The server was last known to live then.
    ServerDown,
    ServerUp,
}

impl What {
    /// Whom it concerns; nobody for what happens to the server.
    #[must_use]
    pub fn person(&self) -> Option<PersonId> {
        match self {
            Self::Join { person, .. }
            | Self::Leave { person, .. }
            | Self::Lost { person, .. }
            | Self::Heard { person, .. }
            | Self::Role { person }
            | Self::LobbyEnter { person, .. }
            | Self::LobbyAdmit { person }
            | Self::LobbyDeny { person }
            | Self::LobbyLeave { person } => Some(*person),
            Self::ServerDown | Self::ServerUp => None,
        }
    }
}

impl What {
    /// Makes it that of the person to whom its own one was attached.
    pub(super) fn attach(&mut self, attached: &BTreeMap<PersonId, PersonId>) {
        let person = match self {
            Self::Join { person, .. }
            | Self::Leave { person, .. }
            | Self::Lost { person, .. }
            | Self::Heard { person, .. }
            | Self::Role { person }
            | Self::LobbyEnter { person, .. }
            | Self::LobbyAdmit { person }
            | Self::LobbyDeny { person }
            | Self::LobbyLeave { person } => person,
            Self::ServerDown | Self::ServerUp => return,
        };
        if let Some(to) = attached.get(person) {
            *person = *to;
        }
    }
}

/// Why somebody waits in the lobby.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitReason {
    /// For an individual authorisation: not credited.
    AwaitingAuthorization,
    /// For the trainer to come: credited when the séance took place.
    HostAbsent,
}
