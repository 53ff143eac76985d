//! The queue of raised hands, first raised first.

use crate::id::ParticipantId;

/// Raised hands in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Hands(Vec<ParticipantId>);

impl Hands {
    /// Raises or lowers; true when something changed.
    pub(super) fn set(&mut self, participant: ParticipantId, raised: bool) -> bool {
        match (self.is_raised(participant), raised) {
            (false, true) => self.0.push(participant),
            (true, false) => self.0.retain(|other| *other != participant),
            (true, true) | (false, false) => return false,
        }
        true
    }

    pub(super) fn is_raised(&self, participant: ParticipantId) -> bool {
        self.0.contains(&participant)
    }

    pub(super) fn order(&self) -> Vec<ParticipantId> {
        self.0.clone()
    }
}
