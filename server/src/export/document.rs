//! What the files of an export hold, whatever their form (domain rules §2.5, §3.3, Annex A). Plain values: whoever
//! gathers them has decided who may read them; a reader without the right to e-mail addresses gets a document without.

use jiff::{Timestamp, civil::Date};
use signaling::{
    attendance::{Counts, Flag, Status, alphabetical},
    id::{PersonId, SeanceId},
    protocol::seance::SeanceKind,
};

use super::{
    writing::joined,
    zone::{Zone, later},
};

/// Everything the files about one séance say.
#[derive(Debug, Clone)]
pub struct SeanceDocument {
    pub frame: Frame,
    pub seance: SeanceHeader,
    pub edition: Edition,
    /// Those of the sheet.
    pub counts: Counts,
    /// Participants by name, then trainers and tutors.
    pub rows: Vec<Row>,
    pub corrections: Vec<Correction>,
    /// Face-to-face: the half-days that people sign.
    pub half_days: Vec<HalfDay>,
}

/// The training around a séance or an attestation.
#[derive(Debug, Clone, Default)]
pub struct Frame {
    /// As people read it.
    pub academy: String,
    pub parcours_identifiant: String,
    pub parcours_title: String,
    /// Of the session of the parcours.
    pub title: String,
    pub starts_on: Option<Date>,
    pub ends_on: Option<Date>,
    /// `inscription`, `attestee`, `par_seance`; empty outside a session.
    pub hours_mode: String,
    /// Announced, minutes; absent is "non renseigné".
    pub distance_min: Option<u32>,
    pub presence_min: Option<u32>,
    pub objectives: String,
    pub competences: String,
    pub trainers: Vec<Trainer>,
    pub gaia: Vec<GaiaSession>,
}

/// Who leads, as the attestation names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trainer {
    /// Prénom NOM.
    pub name: String,
    pub email: Option<String>,
    pub tutor: bool,
}

/// A GAIA session and its labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GaiaSession {
    pub key: GaiaKey,
    pub dispositif_name: String,
    pub module_name: String,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
}

/// What identifies a GAIA session; numbers mean nothing without their base.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct GaiaKey {
    pub base: String,
    pub dispositif: String,
    pub module: i64,
    pub session: i64,
    pub group: String,
}

/// A session of GAIA as it is asked for: `ACAVER/78576`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GaiaNumber {
    pub base: String,
    pub session: i64,
}

impl GaiaNumber {
    /// Of that text; `None` when it names none.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let (base, session) = text.split_once('/').filter(|(base, _)| !base.is_empty())?;
        Some(Self { base: base.to_owned(), session: session.parse().ok()? })
    }

    /// Whether it is that one.
    #[must_use]
    pub fn names(&self, key: &GaiaKey) -> bool {
        (&self.base, self.session) == (&key.base, key.session)
    }
}

/// The séance itself.
#[derive(Debug, Clone)]
pub struct SeanceHeader {
    pub id: SeanceId,
    pub kind: SeanceKind,
    pub title: String,
    pub starts_at: Timestamp,
    pub zone: Zone,
    pub announced_min: u32,
    /// Length of the counted window.
    pub effective_ms: u64,
    /// 0: presence is not tracked.
    pub threshold_min: u32,
    /// True when half the duration decides, false when a trainer fixed it.
    pub threshold_auto: bool,
    /// Codes about the séance as a whole.
    pub flags: Vec<String>,
    /// False while it runs: the figures will grow.
    pub closed: bool,
    pub rule_version: u16,
}

impl SeanceHeader {
    /// The announced end.
    #[must_use]
    pub fn announced_end(&self) -> Timestamp {
        later(self.starts_at, self.announced_min)
    }
}

/// When, by whom and which time a file was made.
#[derive(Debug, Clone)]
pub struct Edition {
    pub at: Timestamp,
    /// Of that zone the hours of the edition are.
    pub zone: Zone,
    pub by: String,
    /// Counts the exports of the same thing in the same form, from 1.
    pub version: u64,
    /// In the log of exports.
    pub number: u64,
    /// Start of the addresses, without a slash at its end.
    pub base_url: String,
}

/// One person in one séance.
#[derive(Debug, Clone)]
pub struct Row {
    pub person: PersonId,
    pub who: Who,
    /// The linked session of GAIA that lists the person.
    pub gaia: Option<GaiaKey>,
    /// Other linked sessions that list the person too.
    pub also: Vec<GaiaKey>,
    pub part: Part,
    pub enrolment: Enrolment,
    pub first_in: Option<Timestamp>,
    pub last_out: Option<Timestamp>,
    pub connections: u32,
    pub connected_ms: u64,
    pub lobby_ms: u64,
    pub presence_ms: u64,
    /// How much of the recordings was played: neither presence nor hours.
    pub replay_ms: u64,
    pub status: Status,
    /// Decided by a person, not by the rule.
    pub manual: bool,
    /// Code of the last correction.
    pub reason: String,
    /// Sorted.
    pub flags: Vec<String>,
    pub validable: bool,
    /// The person behind the connection was known.
    pub authenticated: bool,
    /// For each half-day of the document, in its order: how it was signed.
    pub signatures: Vec<Option<Signature>>,
}

impl Row {
    /// Every linked session of GAIA that lists the person.
    pub fn lists(&self) -> impl Iterator<Item = &GaiaKey> {
        self.gaia.iter().chain(&self.also)
    }

    /// In both lists of GAIA, of trainers and of trainees: one line among each.
    #[must_use]
    pub fn is_double(&self) -> bool {
        self.flags.iter().any(|flag| flag == Flag::DoubleRole.code())
    }

    /// Of a trainer, what is not decided yet: whether the same time counts for a trainee.
    #[must_use]
    pub fn is_undecided(&self) -> bool {
        self.part == Part::Participant && self.is_double() && !self.validable
    }

    /// What tells it from the other lines of the document.
    #[must_use]
    pub fn key(&self) -> String {
        match self.is_double() && self.part == Part::Participant {
            true => format!("{} stagiaire", self.person),
            false => self.person.to_string(),
        }
    }
}

/// How a half-day was signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// `qr`, `code`, `tick`, `paper`.
    pub method: String,
    pub at: Timestamp,
}

/// A half-day of a face-to-face séance.
#[derive(Debug, Clone)]
pub struct HalfDay {
    pub starts_at: Timestamp,
    pub duration_min: u32,
}

/// A person as lists name them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Who {
    /// As GAIA gives it, in capitals.
    pub last_name: String,
    pub first_name: String,
    /// Absent when the reader may not see it, or it is not known.
    pub email: Option<String>,
    pub uai: String,
    pub school: String,
    pub town: String,
}

impl Who {
    /// NOM Prénom, for lists in the order of names.
    #[must_use]
    pub fn listed(&self) -> String {
        joined(&[&self.last_name, &self.first_name], " ").unwrap_or_else(|| "(nom effacé)".to_owned())
    }

    /// School – town.
    #[must_use]
    pub fn place(&self) -> String {
        joined(&[&self.school, &self.town], " – ").unwrap_or_default()
    }

    /// The key that sorts names as French readers expect.
    #[must_use]
    pub fn sort_key(&self) -> (String, String) {
        (alphabetical(&self.last_name), alphabetical(&self.first_name))
    }
}

/// The enrolled role: it decides the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    Participant,
    Trainer,
    CoTrainer,
    Tutor,
}

impl Part {
    /// As files name it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Participant => "participant",
            Self::Trainer => "formateur",
            Self::CoTrainer => "co-formateur",
            Self::Tutor => "tuteur",
        }
    }
}

/// By which list somebody was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enrolment {
    Gaia,
    /// On no list, or on another than GAIA's while GAIA's is the one that counts.
    HorsGaia,
    Csv,
    Manuel,
}

impl Enrolment {
    /// As files name it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Gaia => "gaia",
            Self::HorsGaia => "hors_gaia",
            Self::Csv => "csv",
            Self::Manuel => "manuel",
        }
    }
}

/// A correction, for the sheet that lists them.
#[derive(Debug, Clone)]
pub struct Correction {
    pub at: Timestamp,
    pub who: String,
    /// In the words of the page, as `old` and `new`: statut, minutes déclarées, rattachement, excuse, seuil.
    pub kind: String,
    pub old: String,
    pub new: String,
    pub reason: String,
    pub text: String,
    pub author: String,
}

impl SeanceDocument {
    /// The participants, in order.
    pub fn participants(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.part == Part::Participant)
    }

    /// Somebody played a recording.
    #[must_use]
    pub fn has_replays(&self) -> bool {
        self.rows.iter().any(|row| row.replay_ms > 0)
    }

    /// Sorts as files list people.
    pub fn sort(&mut self) {
        self.rows.sort_by_cached_key(|row| {
            let group = match row.part {
                Part::Participant => 0,
                Part::Trainer | Part::CoTrainer => 1,
                Part::Tutor => 2,
            };
            (group, row.who.sort_key(), row.person)
        });
    }

    /// Takes the addresses away, for readers who may not have them.
    #[must_use]
    pub fn without_addresses(mut self) -> Self {
        self.rows.iter_mut().for_each(|row| row.who.email = None);
        self.frame.trainers.iter_mut().for_each(|trainer| trainer.email = None);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_without_a_name_was_erased() {
        assert_eq!(Who::default().listed(), "(nom effacé)");
        let who = Who { last_name: "DURAND".to_owned(), ..Who::default() };
        assert_eq!((who.listed(), who.place()), ("DURAND".to_owned(), String::new()));
    }
}
