//! What is asked and answered about émargement.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::emargement::{HalfDay, Method, Signature, Withdrawn};
use crate::id::PersonId;

/// `GET /api/seances/{id}/half-days`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase")]
pub struct HalfDays {
    pub half_days: Vec<HalfDay>,
    pub signatures: Vec<Signature>,
    /// Those that were taken back, in order of time.
    pub withdrawn: Vec<Withdrawn>,
    /// Who typed too many wrong codes: go and see.
    pub blocked: Vec<Blocked>,
}

/// Somebody who may not try a code before that instant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase")]
pub struct Blocked {
    pub person: PersonId,
    #[cfg_attr(test, ts(type = "string"))]
    pub until: Timestamp,
}

/// `POST /api/seances/{id}/half-days`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewHalfDay {
    /// Local hour in the zone of the séance, `2026-11-18T09:00`.
    pub starts_at: String,
    /// 15 to 720.
    pub duration_min: u32,
}

/// `GET /api/half-days/{id}/code`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase")]
pub struct HalfDayCode {
    /// Six digits.
    pub code: String,
    /// What the link brings in its fragment.
    pub token: String,
    /// The link as a QR code.
    pub svg: String,
    pub link: String,
    /// Until the next one.
    pub seconds_left: u32,
}

/// `POST /api/emargement`: one of both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignOwn {
    #[serde(default)]
    #[cfg_attr(test, ts(optional))]
    pub code: Option<String>,
    #[serde(default)]
    #[cfg_attr(test, ts(optional))]
    pub token: Option<String>,
}

/// `POST /api/half-days/{id}/signatures`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignFor {
    pub person: PersonId,
    /// `tick` or `paper`.
    pub method: Method,
    /// Hex SHA-256 of the scanned list, kept before.
    #[serde(default)]
    #[cfg_attr(test, ts(optional))]
    pub attachment: Option<String>,
}

/// `DELETE /api/half-days/{id}/signatures/{person}`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WithdrawSignature {
    /// At most 500 characters.
    pub reason: String,
}

/// `POST /api/half-days/{id}/scans`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase")]
pub struct KeptScan {
    /// Hex.
    pub sha256: String,
}

/// A signature as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase")]
pub struct Signed {
    pub signature: Signature,
    pub half_day: HalfDay,
}
