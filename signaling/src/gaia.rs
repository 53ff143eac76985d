//! The files of GAIA, which says who is to be trained, by whom and when (domain rules §1.5).
//!
//! Three files an academy: Formations, Intervenants, Stagiaires. One record a line, fields between `|`, no header, no
//! quoting, CP1252 or UTF-8. Pure: bytes in; rows, rejected lines and remarks out. What becomes of them is the store's.

mod change;
mod line;
mod text;

use std::collections::HashSet;

use jiff::{Timestamp, tz::TimeZone};

use crate::person::Domains;
pub use change::{Change, Difference, Known};
use line::Fields;
pub(crate) use text::lines;

/// Which of the three files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum File {
    Formations,
    Intervenants,
    Stagiaires,
}

impl File {
    pub const ALL: [Self; 3] = [Self::Formations, Self::Intervenants, Self::Stagiaires];

    /// The word in the name of the file, `<code>_<word>_<YYYYMMDD>.csv`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Formations => "Formations",
            Self::Intervenants => "Intervenants",
            Self::Stagiaires => "Stagiaires",
        }
    }

    /// Code, file and day of a name like `ACAVER_Stagiaires_20261118.csv`.
    #[must_use]
    pub fn of_name(name: &str) -> Option<(&str, Self, &str)> {
        let (rest, day) = name.strip_suffix(".csv")?.rsplit_once('_')?;
        let (code, word) = rest.rsplit_once('_')?;
        let file = Self::ALL.into_iter().find(|file| file.word() == word)?;
        (is_day(day) && !code.is_empty()).then_some((code, file, day))
    }
}

/// True of eight digits: a day as GAIA's folders and files are named.
#[must_use]
pub fn is_day(name: &str) -> bool {
    name.len() == 8 && name.bytes().all(|byte| byte.is_ascii_digit())
}

/// A dated session of a module: what trainees are enrolled in. The key is (base, dispositif, module, session).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtSession {
    /// The GAIA database, `ACA…` or `DEP…`: numbers mean nothing without it.
    pub base: String,
    /// Ten letters and digits: year, origin, number.
    pub dispositif: String,
    pub dispositif_name: String,
    pub module: i64,
    pub module_name: String,
    pub session: i64,
    pub group: String,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
    /// A letter whose meaning is configuration.
    pub place_type: String,
    /// May be empty.
    pub place: String,
}

impl ExtSession {
    /// A dispositif shared by all academies: its origin begins with N.
    #[must_use]
    pub fn national(&self) -> bool {
        self.dispositif.as_bytes().get(2) == Some(&b'N')
    }
}

/// A trainer of every session of a module, or a trainee of one session. The key is (base, number, e-mail).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtPerson {
    pub base: String,
    /// Of the module for trainers, of the session for trainees.
    pub number: i64,
    pub last_name: String,
    pub first_name: String,
    /// In its one spelling.
    pub email: String,
}

/// Why a line was rejected. The codes are those of domain rules §2.6, and `CHAMP_INVALIDE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// Too few or too many separators.
    NbChamps,
    /// A mandatory field is blank.
    ChampVide,
    /// A number, an e-mail or an identifier that cannot be one.
    ChampInvalide,
    /// A day or an hour that does not exist, or an end before its start.
    DateInvalide,
    /// Characters that cannot be read.
    Encodage,
    /// A second line of the same key.
    Doublon,
}

impl Code {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NbChamps => "NB_CHAMPS",
            Self::ChampVide => "CHAMP_VIDE",
            Self::ChampInvalide => "CHAMP_INVALIDE",
            Self::DateInvalide => "DATE_INVALIDE",
            Self::Encodage => "ENCODAGE",
            Self::Doublon => "DOUBLON",
        }
    }
}

/// A line that was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    pub file: File,
    /// From 1.
    pub line: usize,
    pub code: Code,
    /// What is wrong, in French, for the person who manages the enrolments.
    pub why: String,
    /// The line as it was read.
    pub text: String,
}

/// A line that was taken, with a doubt; in French.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    pub file: File,
    pub line: usize,
    pub what: String,
}

/// The bytes of the three files.
#[derive(Debug, Clone, Copy)]
pub struct Files<'f> {
    pub formations: &'f [u8],
    pub intervenants: &'f [u8],
    pub stagiaires: &'f [u8],
}

/// What the three files say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extract {
    pub sessions: Vec<ExtSession>,
    pub trainers: Vec<ExtPerson>,
    pub trainees: Vec<ExtPerson>,
    pub rejected: Vec<Rejected>,
    pub remarks: Vec<Remark>,
}

impl Extract {
    /// Reads the files; hours are those of the academy's zone, addresses get their one spelling. Lines that cannot be
    /// used are listed, never guessed.
    #[must_use]
    pub fn read(files: Files<'_>, zone: &TimeZone, domains: &Domains) -> Self {
        let mut extract = Self::default();
        extract.sessions = extract.records(File::Formations, files.formations, |fields, remarks| {
            let session = fields.formation(zone, remarks)?;
            let key = (session.base.clone(), session.dispositif.clone(), session.module, session.session);
            Ok((key, session))
        });
        let people = |what| {
            move |fields: &Fields<'_>, _: &mut Vec<String>| {
                let person = fields.person(what, domains)?;
                Ok(((person.base.clone(), person.number, person.email.clone()), person))
            }
        };
        extract.trainers =
            extract.records(File::Intervenants, files.intervenants, people("le numéro du module"));
        extract.trainees =
            extract.records(File::Stagiaires, files.stagiaires, people("le numéro de la session"));
        extract
    }

    fn records<Key: std::hash::Hash + Eq, Row>(
        &mut self,
        file: File,
        bytes: &[u8],
        read: impl Fn(&Fields<'_>, &mut Vec<String>) -> Result<(Key, Row), (Code, String)>,
    ) -> Vec<Row> {
        let mut known = HashSet::new();
        let mut rows = Vec::new();
        for (line, decoded) in (1..).zip(lines(bytes)) {
            let text = decoded.text.trim();
            if text.is_empty() {
                continue;
            }
            let mut doubts = Vec::new();
            let parsed = match decoded.readable {
                true => Fields::split(file, text).and_then(|fields| read(&fields, &mut doubts)),
                false => Err((Code::Encodage, "des caractères sont illisibles".to_owned())),
            };
            let parsed = parsed.and_then(|(key, row)| match known.insert(key) {
                true => Ok(row),
                false => Err((Code::Doublon, "une ligne de même clé précède".to_owned())),
            });
            match parsed {
                Ok(row) => {
                    rows.push(row);
                    self.remarks.extend(doubts.into_iter().map(|what| Remark { file, line, what }));
                }
                Err((code, why)) => {
                    self.rejected.push(Rejected { file, line, code, why, text: text.to_owned() });
                }
            }
        }
        rows
    }
}

#[cfg(test)]
mod tests;
