//! The report of inspectors: teachers × sessions, in the two ways of counting (domain rules §2.5).

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{
    Announced, Minutes,
    account::{Category, Entry, once_a_year},
    report::{SupervisedPerson, SupervisedSession},
    school_year::{SchoolYear, YearStart},
    training::{Hours, HoursMode, Parts, Registration, Rule, Training, hours},
};
use crate::{
    enrolment::folded,
    id::{ParcoursId, PersonId, SessionFormationId},
    person::Degree,
};

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

impl Counting {
    /// As addresses and files name it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Inscription => "inscription",
            Self::Attestee => "attestee",
        }
    }
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

/// A session of a parcours, as far as hours hang on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    pub session_formation: SessionFormationId,
    pub parcours: ParcoursId,
    pub title: String,
    pub starts_on: Date,
    pub ends_on: Date,
    /// As people read their names.
    pub trainers: Vec<String>,
    pub announced: Announced,
    pub mode: HoursMode,
    pub category: Category,
    /// False for free access, outside the 18 h.
    pub counted: bool,
}

impl Offer {
    /// The way of counting that gives the hours of its own mode.
    #[must_use]
    pub fn own_counting(&self) -> Counting {
        match self.mode {
            HoursMode::Inscription => Counting::Inscription,
            HoursMode::Attestee | HoursMode::ParSeance => Counting::Attestee,
        }
    }
}

/// What an act of attestation that holds says of somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attested {
    pub parts: Parts,
    /// What it counts for in the mode of the session; absent where no duration is filled in.
    pub distance: Option<Minutes>,
    pub presence: Option<Minutes>,
}

/// Somebody's part in a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Following {
    pub registration: Registration,
    /// A gestionnaire let the same parcours count again.
    pub repeated_accepted: bool,
    pub attested: Option<Attested>,
}

impl Following {
    /// The hours it gives.
    #[must_use]
    pub fn hours(&self, offer: &Offer, counting: Counting) -> Hours {
        match counting {
            Counting::Inscription => {
                let training = Training {
                    mode: HoursMode::Inscription,
                    rule: Rule::All,
                    announced: offer.announced,
                    counted: offer.counted,
                };
                hours(&training, self.registration, &[], &[], self.attested.map(|one| one.parts))
            }
            Counting::Attestee => self.attested_hours(offer),
        }
    }

    fn attested_hours(&self, offer: &Offer) -> Hours {
        let Some(Attested { parts, distance, presence }) = self.attested else {
            // Nothing is attested: no hour, and where no duration is filled in, nothing of it either.
            return match offer.announced.total() {
                None if offer.counted => Hours::NotFilled { attested: false },
                _ => Hours::NONE,
            };
        };
        if distance.is_none() && presence.is_none() {
            return Hours::NotFilled { attested: parts.distance || parts.presence };
        }
        let part = |told: bool, minutes: Option<Minutes>| minutes.filter(|_| told).unwrap_or_default();
        match offer.mode {
            // There the hours come from the registration; what was attested is less.
            HoursMode::Inscription => Hours::Counted {
                distance: part(parts.distance, distance),
                presence: part(parts.presence, presence),
            },
            HoursMode::Attestee | HoursMode::ParSeance => Hours::Counted {
                distance: distance.unwrap_or_default(),
                presence: presence.unwrap_or_default(),
            },
        }
    }
}

/// A teacher with everything followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Teacher {
    pub person: PersonId,
    pub last_name: String,
    pub first_name: String,
    pub school: String,
    pub town: String,
    pub uai: String,
    /// Code, empty when unknown.
    pub circonscription: String,
    pub degree: Option<Degree>,
    /// When the school years of the teacher's academy begin.
    pub year_start: YearStart,
    pub followed: BTreeMap<SessionFormationId, Following>,
}

impl Teacher {
    /// True when every word of `search` is in the name, and `school` in that of the school, its town or its code;
    /// accents and case aside.
    #[must_use]
    pub fn matches(&self, school: &str, search: &str) -> bool {
        let name = folded(&format!("{} {}", self.last_name, self.first_name));
        let place = folded(&format!("{} {} {}", self.school, self.town, self.uai));
        let all = |text: &str, words: &str| words.split_whitespace().all(|word| text.contains(word));
        all(&name, &folded(search)) && all(&place, &folded(school))
    }

    /// The hours of the sessions that end in the school year, a parcours once (`DOUBLON_PARCOURS`). `None` counts each
    /// session in its own mode.
    #[must_use]
    pub fn year(
        &self,
        offers: &BTreeMap<SessionFormationId, Offer>,
        year: i16,
        counting: Option<Counting>,
    ) -> BTreeMap<SessionFormationId, Hours> {
        let wanted = SchoolYear::beginning(year, self.year_start);
        let followed = self.followed.iter().filter_map(|(id, following)| Some((offers.get(id)?, following)));
        let mut entries: Vec<Entry> = followed
            .filter(|(offer, _)| SchoolYear::of(offer.ends_on, self.year_start) == wanted)
            .map(|(offer, following)| Entry {
                session_formation: offer.session_formation,
                parcours: offer.parcours,
                category: offer.category,
                on: offer.ends_on,
                hours: following.hours(offer, counting.unwrap_or(offer.own_counting())),
                repeated_accepted: following.repeated_accepted,
            })
            .collect();
        entries.sort_by_key(|entry| (entry.on, entry.session_formation));
        once_a_year(entries).into_iter().map(|line| (line.session_formation, line.hours)).collect()
    }
}

/// Teachers × sessions of one school year: the sessions that any of them follows, by start, and the teachers in the
/// order given.
#[must_use]
pub fn matrix(
    offers: &BTreeMap<SessionFormationId, Offer>,
    teachers: &[Teacher],
    year: i16,
    counting: Counting,
) -> (Vec<SupervisedSession>, Vec<SupervisedPerson>) {
    let years: Vec<BTreeMap<SessionFormationId, Hours>> =
        teachers.iter().map(|teacher| teacher.year(offers, year, Some(counting))).collect();
    let followed: BTreeSet<SessionFormationId> = years.iter().flat_map(BTreeMap::keys).copied().collect();
    let mut columns: Vec<&Offer> = followed.iter().filter_map(|id| offers.get(id)).collect();
    columns.sort_by_key(|offer| (offer.starts_on, offer.ends_on, offer.session_formation));
    let rows = teachers.iter().zip(&years).map(|(teacher, hours)| {
        let cell = |offer: &&Offer| {
            hours.get(&offer.session_formation).map_or(Cell::Blank, |hours| Cell::of(counting, *hours))
        };
        let cells: Vec<Cell> = columns.iter().map(cell).collect();
        SupervisedPerson {
            person: teacher.person,
            last_name: teacher.last_name.clone(),
            first_name: teacher.first_name.clone(),
            school: teacher.school.clone(),
            town: teacher.town.clone(),
            total: cells.iter().map(|cell| cell.minutes()).sum(),
            cells,
        }
    });
    let rows = rows.collect();
    let head = |offer: &Offer| SupervisedSession {
        session_formation: offer.session_formation,
        title: offer.title.clone(),
        starts_on: offer.starts_on,
        ends_on: offer.ends_on,
        trainers: offer.trainers.clone(),
        announced: offer.announced,
    };
    (columns.into_iter().map(head).collect(), rows)
}

#[cfg(test)]
mod tests;
