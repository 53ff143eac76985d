//! Who is expected at a séance: roles, where an enrolment comes from, what the person answered (domain rules §1.5).

mod follow;
pub mod list;
mod name;

use serde::{Deserialize, Serialize};

pub use follow::{Enrolled, Follow, Listed, follow};
pub use name::{collation, folded, from_address};

/// Declares an enumeration with the word that travels and is stored.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $word)] $variant),+
        }

        impl $name {
            /// All of them, for tables and tests.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The word that travels and is stored.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }

            /// The value that a stored word means.
            #[must_use]
            pub fn of(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.as_str() == word)
            }
        }
    };
}

words!(/// What somebody is enrolled as; decides the table in which the person stands.
EnrolmentRole {
    /// The formateur who hosts: the one who planned the séance.
    Trainer = "trainer",
    /// Another formateur; GAIA's trainers.
    CoTrainer = "co_trainer",
    /// Accompanies trainees; sees no list of GAIA.
    Tutor = "tutor",
    Participant = "participant",
    /// Looks in; is not counted.
    Observer = "observer",
});

words!(/// Where an enrolment comes from.
EnrolmentSource {
    Gaia = "gaia",
    Moodle = "moodle",
    Csv = "csv",
    Manual = "manual",
    /// Came without being enrolled, and was attached.
    WalkIn = "walkin",
});

words!(/// What the person says about coming.
InvitationAnswer {
    Waiting = "waiting",
    Yes = "yes",
    No = "no",
});

impl EnrolmentRole {
    /// True for those who lead the séance.
    #[must_use]
    pub fn leads(self) -> bool {
        matches!(self, Self::Trainer | Self::CoTrainer)
    }

    /// The role in the room.
    #[must_use]
    pub fn in_room(self) -> crate::protocol::Role {
        use crate::protocol::Role;
        match self {
            Self::Trainer => Role::Trainer,
            Self::CoTrainer => Role::CoTrainer,
            Self::Tutor | Self::Participant => Role::Participant,
            Self::Observer => Role::Observer,
        }
    }
}
