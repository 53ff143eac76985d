//! The report of inspectors: teachers × sessions, in the two ways of counting (domain rules §2.5).

use serde::{Deserialize, Serialize};

use super::{Minutes, training::Hours};

/// The two ways of counting that inspectors know.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "hours.ts"))]
#[serde(rename_all = "snake_case")]
pub enum Counting {
    /// Hours where the teacher is enrolled.
    Inscription,
    /// Hours whose participation is attested by the trainer.
    #[default]
    Attestee,
}

/// What stands in one cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "hours.ts"))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Cell {
    /// Not enrolled in that session.
    Blank,
    /// `H:MM`, or `0`.
    Hours { minutes: Minutes },
    /// Enrolled where no duration is filled in: `NR`.
    NotFilled,
    /// Attested where no duration is filled in: `100%`.
    AttestedWithoutDuration,
}

impl Cell {
    /// Of the hours of an enrolled person.
    #[must_use]
    pub fn of(counting: Counting, hours: Hours) -> Self {
        match (counting, hours) {
            (_, Hours::Counted { distance, presence }) => Self::Hours { minutes: distance + presence },
            (Counting::Inscription, Hours::NotFilled { .. }) => Self::NotFilled,
            (Counting::Attestee, Hours::NotFilled { attested: true }) => Self::AttestedWithoutDuration,
            (Counting::Attestee, Hours::NotFilled { attested: false }) => {
                Self::Hours { minutes: Minutes::ZERO }
            }
        }
    }

    /// As it is written.
    #[must_use]
    pub fn text(self) -> String {
        match self {
            Self::Blank => String::new(),
            Self::Hours { minutes: Minutes::ZERO } => "0".to_owned(),
            Self::Hours { minutes } => minutes.clock(),
            Self::NotFilled => "NR".to_owned(),
            Self::AttestedWithoutDuration => "100%".to_owned(),
        }
    }

    /// What it adds to the total of its row.
    #[must_use]
    pub fn minutes(self) -> Minutes {
        match self {
            Self::Hours { minutes } => minutes,
            Self::Blank | Self::NotFilled | Self::AttestedWithoutDuration => Minutes::ZERO,
        }
    }
}
