//! The private calendar address.

use serde::{Deserialize, Serialize};

/// Whoever has it reads the person's calendar; told once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase")]
pub struct CalendarAddress {
    pub url: String,
}
