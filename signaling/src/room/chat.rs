//! Posting, deleting and reading back.

use std::collections::{BTreeMap, VecDeque};

use jiff::{SignedDuration, Timestamp};

use crate::id::{MessageId, ParticipantId};
use crate::protocol::{
    MAX_CHAT_CHARS, Refusal,
    chat::{ChatMessage, ChatPage},
};

/// Messages given at entry.
const FIRST_PAGE: usize = 150;
/// Messages given per `chat_earlier`.
const PAGE: usize = 100;
/// At most that many messages of one person…
const BURST: usize = 8;
/// …in that long.
const BURST_WINDOW: SignedDuration = SignedDuration::from_secs(10);
/// Longest `client_id` accepted, bytes.
const MAX_CLIENT_ID: usize = 64;

/// The whole chat of a séance.
#[derive(Debug, Clone, Default)]
pub(super) struct Chat {
    messages: Vec<ChatMessage>,
    /// What each author already posted, so that a retry posts nothing twice.
    posted: BTreeMap<(ParticipantId, String), MessageId>,
    recent: BTreeMap<ParticipantId, VecDeque<Timestamp>>,
}

impl Chat {
    /// The text as it will be kept.
    pub(super) fn text(&self, text: &str, client_id: &str) -> Result<String, Refusal> {
        let text = text.trim();
        if text.is_empty() || text.chars().count() > MAX_CHAT_CHARS {
            return Err(Refusal::TextLength);
        }
        if client_id.is_empty() || client_id.len() > MAX_CLIENT_ID {
            return Err(Refusal::Malformed { detail: "clientId is 1 to 64 bytes".to_owned() });
        }
        Ok(text.to_owned())
    }

    /// Counts one more message of that author.
    pub(super) fn pace(&mut self, now: Timestamp, author: ParticipantId) -> Result<(), Refusal> {
        let recent = self.recent.entry(author).or_default();
        while recent.front().is_some_and(|at| now.duration_since(*at) > BURST_WINDOW) {
            recent.pop_front();
        }
        if recent.len() >= BURST {
            return Err(Refusal::TooFast);
        }
        recent.push_back(now);
        Ok(())
    }

    /// The message an earlier try already posted.
    pub(super) fn already(&self, author: ParticipantId, client_id: &str) -> Option<&ChatMessage> {
        let id = self.posted.get(&(author, client_id.to_owned()))?;
        self.messages.iter().rev().find(|message| message.id == *id)
    }

    pub(super) fn add(&mut self, message: ChatMessage) {
        self.posted.insert((message.participant, message.client_id.clone()), message.id);
        self.messages.push(message);
    }

    pub(super) fn delete(&mut self, id: MessageId) {
        self.messages.retain(|message| message.id != id);
    }

    pub(super) fn find(&self, id: MessageId) -> Option<&ChatMessage> {
        self.messages.iter().rev().find(|message| message.id == id)
    }

    /// The end of the history.
    pub(super) fn latest(&self) -> ChatPage {
        self.page(self.messages.len(), FIRST_PAGE)
    }

    /// What stands before `id`.
    pub(super) fn before(&self, id: MessageId) -> Result<ChatPage, Refusal> {
        let end = self.messages.iter().position(|message| message.id == id).ok_or(Refusal::UnknownMessage)?;
        Ok(self.page(end, PAGE))
    }

    fn page(&self, end: usize, most: usize) -> ChatPage {
        let start = end.saturating_sub(most);
        let messages = self.messages.get(start..end).unwrap_or_default().to_vec();
        ChatPage { messages, more: start > 0 }
    }
}
