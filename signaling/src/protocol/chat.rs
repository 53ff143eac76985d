//! The chat: what a message carries.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::{MessageId, ParticipantId};

use super::Role;

/// One message, as everybody sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "protocol.ts"))]
#[serde(rename_all = "camelCase")]
pub struct ChatMessage {
    pub id: MessageId,
    pub participant: ParticipantId,
    /// The author's name when it was written.
    pub name: String,
    pub role: Role,
    #[cfg_attr(test, ts(type = "string"))]
    pub at: Timestamp,
    pub text: String,
    /// What the author's page called it, so that the page replaces its pending copy.
    pub client_id: String,
}

/// Part of the history, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "protocol.ts"))]
#[serde(rename_all = "camelCase")]
pub struct ChatPage {
    pub messages: Vec<ChatMessage>,
    /// True when older messages exist.
    pub more: bool,
}
