//! The report of inspectors: teachers × sessions, in the two ways of counting (domain rules §2.5).

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{
    Announced, Minutes,
    account::{AccountLine, Entry, once_a_year},
    annual::Delivery,
    report::{SupervisedPerson, SupervisedSession},
    school_year::{SchoolYear, YearStart},
    training::{Hours, HoursMode, Registration, Training, hours},
};
use crate::{enrolment::folded, id::SessionFormationId, parcours::SessionFormation, person::Person};

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

impl Delivery<'_> {
    /// The hours by one way of counting.
    #[must_use]
    pub fn counted(&self, counting: Counting) -> Hours {
        let registration = Registration { nominative: self.nominative, double_role: false };
        let training = Training::of(self.session, self.parcours);
        match counting {
            Counting::Inscription => {
                let enrolled = Training { mode: HoursMode::Inscription, ..training };
                hours(&enrolled, registration, &[], &[], self.told)
            }
            Counting::Attestee => self.attested(&training),
        }
    }

    fn attested(&self, training: &Training) -> Hours {
        let (Some(act), Some(told)) = (self.act, self.told) else {
            // Nothing is attested: no hour, and where no duration is filled in, nothing of it either.
            return match training.announced.total() {
                None if training.counted => Hours::NotFilled { attested: false },
                _ => Hours::NONE,
            };
        };
        match (act, training.mode) {
            // There the hours come from the registration; what was attested may be less.
            (Hours::Counted { distance, presence }, HoursMode::Inscription) => {
                let part = |told: bool, minutes| if told { minutes } else { Minutes::ZERO };
                Hours::Counted {
                    distance: part(told.distance, distance),
                    presence: part(told.presence, presence),
                }
            }
            (act, _) => act,
        }
    }
}

/// A teacher with everything followed.
#[derive(Debug, Clone)]
pub struct Teacher<'a> {
    pub person: &'a Person,
    /// When the school years of the teacher's academy begin.
    pub year_start: YearStart,
    pub deliveries: Vec<Delivery<'a>>,
}

/// What somebody follows in a school year, and the hours of it.
type Year<'a> = BTreeMap<SessionFormationId, (&'a SessionFormation, Announced, Hours)>;

impl<'a> Teacher<'a> {
    /// True when every word of `search` is in the name, and of `school` in that of the school, its town or its code;
    /// accents and case aside.
    #[must_use]
    pub fn matches(&self, school: &str, search: &str) -> bool {
        let person = self.person;
        let name = folded(&format!("{} {}", person.last_name, person.first_name));
        let place = folded(&format!("{} {} {}", person.school, person.town, person.uai));
        let all = |text: &str, words: &str| words.split_whitespace().all(|word| text.contains(word));
        all(&name, &folded(search)) && all(&place, &folded(school))
    }

    /// The hours of the sessions that end in the school year, or have séances credited in it ([`Delivery::in_year`]); a
    /// parcours once (`DOUBLON_PARCOURS`). `None` counts as
    /// things stand, each session in its own mode.
    pub(super) fn year(&self, year: i16, counting: Option<Counting>) -> Year<'a> {
        let wanted = SchoolYear::beginning(year, self.year_start);
        let counted = |one: &Delivery<'a>| {
            let hours = counting.map_or_else(|| one.hours(), |counting| one.counted(counting));
            match counting {
                // The registration is one, whatever the days of the séances.
                Some(Counting::Inscription) => {
                    (SchoolYear::of(one.on(), self.year_start) == wanted).then(|| (one.on(), hours))
                }
                Some(Counting::Attestee) | None => one.in_year(wanted, self.year_start, hours),
            }
        };
        let own: BTreeMap<SessionFormationId, (&Delivery<'a>, (Date, Hours))> =
            self.deliveries.iter().filter_map(|one| Some((one.session.id, (one, counted(one)?)))).collect();
        let mut entries: Vec<Entry> = own
            .values()
            .map(|(one, (on, hours))| Entry {
                session_formation: one.session.id,
                parcours: one.parcours.id,
                category: one.parcours.category,
                on: *on,
                hours: *hours,
                repeated_accepted: one.repeated_accepted,
            })
            .collect();
        entries.sort_by_key(|entry| (entry.on, entry.session_formation));
        let lines = once_a_year(entries).into_iter();
        let of = |line: AccountLine| {
            let (one, _) = own.get(&line.session_formation)?;
            Some((line.session_formation, (one.session, one.parcours.announced, line.hours)))
        };
        lines.filter_map(of).collect()
    }
}

/// Teachers × sessions of one school year: the sessions that any of them follows, by start, and the teachers in the
/// order given. `trainers` are those who lead, as people read their names.
#[must_use]
pub fn matrix(
    teachers: &[Teacher<'_>],
    trainers: &BTreeMap<SessionFormationId, Vec<String>>,
    year: i16,
    counting: Counting,
) -> (Vec<SupervisedSession>, Vec<SupervisedPerson>) {
    let years: Vec<Year<'_>> = teachers.iter().map(|teacher| teacher.year(year, Some(counting))).collect();
    let sessions = years.iter().flat_map(BTreeMap::values);
    let sessions: BTreeMap<_, _> = sessions
        .map(|(session, announced, _)| {
            ((session.starts_on, session.ends_on, session.id), (*session, *announced))
        })
        .collect();
    let columns = sessions.values().map(|(session, announced)| SupervisedSession {
        session_formation: session.id,
        title: session.title.clone(),
        starts_on: session.starts_on,
        ends_on: session.ends_on,
        trainers: trainers.get(&session.id).cloned().unwrap_or_default(),
        announced: *announced,
    });
    let rows = teachers.iter().zip(&years).map(|(teacher, hours)| {
        let cell = |id: &SessionFormationId| {
            hours.get(id).map_or(Cell::Blank, |(_, _, hours)| Cell::of(counting, *hours))
        };
        let cells: Vec<Cell> = sessions.keys().map(|(_, _, id)| cell(id)).collect();
        let person = teacher.person;
        SupervisedPerson {
            person: person.id,
            last_name: person.last_name.clone(),
            first_name: person.first_name.clone(),
            school: person.school.clone(),
            town: person.town.clone(),
            total: cells.iter().map(|cell| cell.minutes()).sum(),
            cells,
        }
    });
    (columns.collect(), rows.collect())
}

#[cfg(test)]
mod tests;
