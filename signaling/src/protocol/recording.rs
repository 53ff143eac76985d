//! The recording as people see it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Whether what happens now is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "protocol.ts"))]
#[serde(tag = "state", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum RecordingState {
    /// Nothing is kept, and the séance is not meant to be recorded.
    Off {},
    /// Will be recorded once a trainer starts it or arrives.
    Waiting {},
    On {
        #[cfg_attr(test, ts(type = "string"))]
        since: Timestamp,
    },
    Paused {},
    /// The recorder stopped by itself (disk); the class goes on.
    Failed {},
}
