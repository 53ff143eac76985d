//! Who is expected at a séance, as far as its sheet depends on it: everybody expected has a row, and the enrolled role
//! decides the table (domain rules §2.2, *Roles* and *GAIA list*).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::PersonId;
use crate::protocol::Role;

/// One expected person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enrolled {
    pub person: PersonId,
    /// Both names are empty once the identity was erased.
    pub last_name: String,
    pub first_name: String,
    /// None: an observer, who is not listed.
    pub table: Option<Table>,
    /// The role in the room.
    pub role: Role,
    pub gaia: GaiaStatus,
    /// In both lists of GAIA for this training, of trainers and of trainees.
    pub double_role: bool,
    /// No longer expected since then; a row stays when there is something to tell.
    pub removed_at: Option<Timestamp>,
}

impl Enrolled {
    /// First name and last name, as a list shows them.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name).trim().to_owned()
    }
}

/// Which of the tables of a sheet a row stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "attendance.ts"))]
#[serde(rename_all = "snake_case")]
pub enum Table {
    Participants,
    Trainers,
    Tutors,
}

/// What GAIA says of somebody at this séance.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "attendance.ts"))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum GaiaStatus {
    /// The séance is linked to no session of GAIA.
    #[default]
    Unlinked,
    /// In the list of this session of that base.
    Listed { base: String, session: i64 },
    /// Was in the list until then (F11): the row stays, among those not in GAIA.
    Withdrawn {
        base: String,
        session: i64,
        #[cfg_attr(test, ts(type = "string"))]
        since: Timestamp,
    },
    /// In none of the linked sessions.
    Unlisted,
}

impl GaiaStatus {
    /// True when the row stands in the block of its GAIA session.
    #[must_use]
    pub fn is_listed(&self) -> bool {
        matches!(self, Self::Listed { .. })
    }

    /// True when the row carries `HORS_GAIA`.
    #[must_use]
    pub fn is_outside(&self) -> bool {
        matches!(self, Self::Withdrawn { .. } | Self::Unlisted)
    }
}
