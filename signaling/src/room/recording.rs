//! Off, waiting, on, paused or failed.

use jiff::Timestamp;

use crate::id::RecordingId;
use crate::protocol::recording::RecordingState;

/// The recording of a séance, as the room knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Recording {
    Off,
    Waiting,
    On {
        recording: RecordingId,
        since: Timestamp,
    },
    Paused {
        recording: RecordingId,
    },
    /// Closed while it was paused (a restart): goes on only when a trainer says so.
    Held,
    Failed,
}

impl Recording {
    pub(super) fn planned(recorded: bool) -> Self {
        if recorded { Self::Waiting } else { Self::Off }
    }

    /// The recording that is open, writing or paused.
    pub(super) fn open(self) -> Option<RecordingId> {
        match self {
            Self::On { recording, .. } | Self::Paused { recording } => Some(recording),
            Self::Off | Self::Waiting | Self::Held | Self::Failed => None,
        }
    }

    /// What follows the end of a recording. What was taken off the record stays off it.
    pub(super) fn stopped(self, failed: bool, recorded: bool) -> Self {
        match self {
            _ if failed => Self::Failed,
            Self::Paused { .. } => Self::Held,
            Self::Off | Self::Waiting | Self::On { .. } | Self::Held | Self::Failed => {
                Self::planned(recorded)
            }
        }
    }

    pub(super) fn state(self) -> RecordingState {
        match self {
            Self::Off => RecordingState::Off {},
            Self::Waiting => RecordingState::Waiting {},
            Self::On { since, .. } => RecordingState::On { since },
            Self::Paused { .. } | Self::Held => RecordingState::Paused {},
            Self::Failed => RecordingState::Failed {},
        }
    }
}
