//! Requests for a correction. Corrections themselves are in [`crate::correction`].

use serde::{Deserialize, Serialize};

use crate::correction::Answer;

/// `POST /api/seances/{id}/requests`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AskCorrection {
    /// What is wrong, at most 500 characters.
    pub text: String,
}

/// `POST /api/requests/{id}/answer`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AnswerRequest {
    pub answer: Answer,
    /// At most 500 characters; needed to refuse.
    #[serde(default)]
    pub text: String,
}
