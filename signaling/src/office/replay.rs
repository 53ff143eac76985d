//! What the page of a replay reports and is told.

use serde::{Deserialize, Serialize};

use crate::replay::Stretch;

/// `POST /api/replay/{recording}/watched`: what was played since the report before. The first one holds nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WatchedReport {
    /// At most 64; more are not heeded.
    pub stretches: Vec<Stretch>,
}

/// The answer: how much of this recording the person has played in all. Nothing is kept of those who lead, nor of those
/// whom the link does not name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase")]
pub struct WatchedTotal {
    pub seen_ms: Option<u64>,
}
