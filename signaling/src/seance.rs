//! A séance as it was planned: schedule, zone, threshold, doors and recording policy.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::id::{PersonId, SeanceId, SessionFormationId};
use crate::journal::Identity;
use crate::protocol::{Refusal, seance::SeanceKind};
use crate::ticket::Bearer;

/// The plan of one séance. Durations are minutes, instants UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seance {
    pub id: SeanceId,
    pub title: String,
    pub kind: SeanceKind,
    pub starts_at: Timestamp,
    /// IANA zone, used to date and to display.
    pub time_zone: String,
    /// Announced duration `D`.
    pub duration_min: u32,
    pub threshold: Threshold,
    /// Participants may enter that long before the start.
    pub access_before_min: u32,
    /// True when the séance is recorded as soon as a trainer is there.
    pub recorded: bool,
    /// Names of the trainers, for the lobby.
    pub trainers: Vec<String>,
    /// Most people in the room at once.
    pub capacity: u32,
    /// The session of a parcours it belongs to.
    #[serde(default)]
    pub session_formation: Option<SessionFormationId>,
    /// Short name of the academy that holds it; empty in a demonstration.
    #[serde(default)]
    pub academy: String,
    /// People who only type a name may come by an open link.
    #[serde(default = "yes")]
    pub guests: bool,
    /// Whether those who come before the trainer wait.
    #[serde(default)]
    pub lobby: Lobby,
    /// Counts for the proposal to attest the distance part.
    #[serde(default = "yes")]
    pub required: bool,
    /// Minutes it is worth in the mode `par_seance`; absent: its announced duration.
    #[serde(default)]
    pub credit_min: Option<u32>,
    /// Counts the changes of the plan, for calendars (`SEQUENCE`).
    #[serde(default)]
    pub sequence: u32,
    /// When it was called off.
    #[serde(default)]
    pub cancelled_at: Option<Timestamp>,
    /// Who planned it.
    #[serde(default)]
    pub made_by: Option<PersonId>,
}

fn yes() -> bool {
    true
}

impl Seance {
    /// A class of 90 minutes as it is planned when nothing else is said: by the clock of Paris, open to guests, for 350
    /// people, not recorded, of no academy.
    #[must_use]
    pub fn new(id: SeanceId, title: &str, starts_at: Timestamp) -> Self {
        Self {
            id,
            title: title.to_owned(),
            kind: SeanceKind::ClasseVirtuelle,
            starts_at,
            time_zone: "Europe/Paris".to_owned(),
            duration_min: 90,
            threshold: Threshold::Auto,
            access_before_min: 30,
            recorded: false,
            trainers: Vec::new(),
            capacity: 350,
            session_formation: None,
            academy: String::new(),
            guests: true,
            lobby: Lobby::None,
            required: true,
            credit_min: None,
            sequence: 0,
            cancelled_at: None,
            made_by: None,
        }
    }

    /// The announced end.
    #[must_use]
    pub fn announced_end(&self) -> Timestamp {
        self.starts_at + minutes(self.duration_min)
    }

    /// Why a ticket of the séance opens nothing: an open link, or a stay that began by one, where only enrolled people
    /// may enter.
    #[must_use]
    pub fn refuses(&self, bearer: &Bearer) -> Option<Refusal> {
        let guest = match bearer {
            Bearer::Anyone => true,
            Bearer::Person { identity, .. } | Bearer::Stay { identity, .. } => {
                *identity == Identity::Declared
            }
        };
        (guest && !self.guests).then_some(Refusal::GuestsNotAllowed)
    }

    /// When the doors open for participants.
    #[must_use]
    pub fn opens_at(&self) -> Timestamp {
        self.starts_at - minutes(self.access_before_min)
    }
}

/// Who has to wait at the door.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "snake_case")]
pub enum Lobby {
    /// Nobody: participants enter as soon as the doors are open.
    #[default]
    None,
    /// Participants, until somebody who leads is there.
    HostAbsent,
}

/// How many minutes make somebody present (domain rules §2.2, step 8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(tag = "mode", content = "minutes", rename_all = "snake_case")]
pub enum Threshold {
    /// Half of min(announced, effective), rounded half up.
    Auto,
    /// Typed by the trainer; 0 means that presence is not tracked.
    Fixed(u32),
}

/// Whole minutes as a duration.
pub(crate) fn minutes(count: u32) -> SignedDuration {
    SignedDuration::from_mins(i64::from(count))
}
