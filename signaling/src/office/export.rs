//! Files that left.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One file that left, as its log has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase")]
pub struct ExportLine {
    /// Printed on papers; the bytes are at `/api/exports/{number}` while they are kept.
    pub number: u64,
    /// False: newer ones about a séance that was going on took their place.
    pub kept: bool,
    #[cfg_attr(test, ts(type = "string"))]
    pub at: Timestamp,
    /// `seance`, `session_formation`, `attestation`, `supervision`, `retention`.
    pub scope: String,
    pub format: String,
    /// Counts the files of the same thing in the same format, from 1.
    pub version: u64,
    pub file_name: String,
    /// Of the file, hex.
    pub sha256: String,
    /// People on it; 0 where it has no rows.
    pub row_count: u64,
    /// Who asked for it; absent for who is no person: the console, a link for everybody.
    pub author_name: Option<String>,
}
