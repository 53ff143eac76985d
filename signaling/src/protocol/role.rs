//! Who somebody is in a séance, and what the page may show to them.

use serde::{Deserialize, Serialize};

use crate::enrolment::EnrolmentRole;

/// Who somebody is in a séance. Decides everything in `room/permission.rs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "protocol.ts"))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The formateur who hosts.
    Trainer,
    CoTrainer,
    /// A participant who was given the floor: may share a screen.
    Speaker,
    Participant,
    /// Watches and listens only; not counted.
    Observer,
    /// Prepares and follows the training: presence and replay; in the room, an observer.
    Organiser,
}

impl Role {
    /// All roles, for tables and tests.
    pub const ALL: [Self; 6] =
        [Self::Trainer, Self::CoTrainer, Self::Speaker, Self::Participant, Self::Observer, Self::Organiser];

    /// In the room, of the role of an enrolment. A tutor has the floor and does not lead.
    #[must_use]
    pub fn of_enrolment(role: EnrolmentRole) -> Self {
        match role {
            EnrolmentRole::Trainer => Self::Trainer,
            EnrolmentRole::CoTrainer => Self::CoTrainer,
            EnrolmentRole::Tutor => Self::Speaker,
            EnrolmentRole::Participant => Self::Participant,
            EnrolmentRole::Observer => Self::Observer,
        }
    }

    /// True for those who lead the séance (the *animateurs*).
    #[must_use]
    pub fn leads(self) -> bool {
        matches!(self, Self::Trainer | Self::CoTrainer)
    }

    /// True for those who are heard however many others speak.
    #[must_use]
    pub fn has_floor(self) -> bool {
        self.leads() || self == Self::Speaker
    }
}

/// What a person may do, for the page to show or hide. The server checks again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "protocol.ts"))]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    Publish,
    ShareScreen,
    Chat,
    DeleteChat,
    RaiseHand,
    Moderate,
    Record,
    Extend,
    End,
    SeePresence,
    SeeReplay,
}
