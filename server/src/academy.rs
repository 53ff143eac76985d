//! The academies: codes, zones and names are configuration, not code (domain rules §1.4).

use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use serde::Deserialize;
use signaling::{
    hours::{account::RuleSet, intervention::Sharing, school_year::YearStart, training::HoursMode},
    person::Domains,
    school::Whose,
};

/// The table that is part of the program.
const BUILT_IN: &str = include_str!("../academies.toml");

/// One academy, or one national platform.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Academy {
    /// Short and unique, `ac-versailles`.
    pub name: String,
    /// Origin in the identifiers of dispositifs, `A025`. Not always unique.
    pub code: String,
    /// IANA zone of the hours in its files.
    pub zone: String,
    /// As people read it.
    pub label: String,
    /// First day of the school year, `MM-DD`.
    #[serde(default)]
    pub school_year: YearStart,
    /// Who answers for personal data, as attestations name it. Empty: the academy itself.
    #[serde(default)]
    pub controller: String,
    /// How to reach the délégué à la protection des données. Empty: where this server explains what it does with data.
    #[serde(default)]
    pub dpo: String,
    /// How the duration of a séance is credited to several who lead it: to each, or shared.
    #[serde(default)]
    pub interventions: Sharing,
    /// How the hours of its new sessions are counted unless somebody chooses otherwise.
    #[serde(default)]
    pub hours_mode: HoursMode,
    /// The wording by which the annual account of its teachers is reckoned.
    #[serde(default)]
    pub account_rules: RuleSet,
    /// Domains of the addresses of its people.
    #[serde(default)]
    pub domains: Vec<String>,
    /// Older domains: the same person has the same address in the first of `domains`.
    #[serde(default)]
    pub aliases: Vec<String>,
}

impl Academy {
    /// How files name it when they list schools.
    #[must_use]
    pub fn schools(&self) -> Whose<'_> {
        Whose { name: &self.name, label: &self.label, code: &self.code }
    }

    /// What attestations say about personal data; `base` is the start of this server's addresses.
    #[must_use]
    pub fn legal_notice(&self, base: &str) -> String {
        let controller = match self.controller.as_str() {
            "" => format!("autorité académique ({})", self.label),
            named => named.to_owned(),
        };
        let dpo = match self.dpo.as_str() {
            "" => format!("{base}/privacy"),
            named => named.to_owned(),
        };
        let who = format!("Responsable du traitement des données\u{202f}: {controller}.");
        let how = format!("Délégué à la protection des données et exercice des droits\u{202f}: {dpo}.");
        format!("{who} {how}")
    }

    /// # Errors
    /// The zone is unknown.
    pub fn time_zone(&self) -> Result<TimeZone, AcademyError> {
        TimeZone::get(&self.zone)
            .map_err(|_| AcademyError::Zone { academy: self.name.clone(), zone: self.zone.clone() })
    }
}

/// Why there is no academy to work for.
#[derive(Debug, thiserror::Error)]
pub enum AcademyError {
    #[error("cannot read the table of academies {path}: {source}; check `academies.file`")]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("the table of academies {path} is wrong: {message}; compare with server/academies.toml")]
    Wrong { path: PathBuf, message: String },
    #[error("no academy is called {asked}; known are {known}")]
    Unknown { asked: String, known: String },
    #[error("{code} is the code of several academies; name one of {names}")]
    Ambiguous { code: String, names: String },
    #[error("academy {academy}: there is no time zone {zone}; correct `academies.file`")]
    Zone { academy: String, zone: String },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    academy: Vec<Academy>,
}

/// All academies known here.
#[derive(Debug, Clone)]
pub struct Academies(Vec<Academy>);

impl Academies {
    /// Reads the table, or the built-in one when the path is empty.
    ///
    /// # Errors
    /// The file is missing, or it is no such table.
    pub fn read(path: &Path) -> Result<Self, AcademyError> {
        let own = !path.as_os_str().is_empty();
        let read = |source| AcademyError::Unreadable { path: path.to_owned(), source };
        let text = if own { std::fs::read_to_string(path).map_err(read)? } else { BUILT_IN.to_owned() };
        let table: Table = toml::from_str(&text)
            .map_err(|error| AcademyError::Wrong { path: path.to_owned(), message: error.to_string() })?;
        Ok(Self(table.academy))
    }

    /// All of them, in the order of the table.
    #[must_use]
    pub fn all(&self) -> &[Academy] {
        &self.0
    }

    /// Whose addresses are whose.
    #[must_use]
    pub fn domains(&self) -> Domains {
        let mut domains = Domains::default();
        for academy in &self.0 {
            academy.domains.iter().for_each(|domain| domains.belongs(domain, &academy.name));
            let Some(first) = academy.domains.first() else { continue };
            academy.aliases.iter().for_each(|old| domains.alias(old, first));
        }
        domains
    }

    /// The academy of that name or code, whatever the case.
    ///
    /// # Errors
    /// None or several are called so.
    pub fn find(&self, asked: &str) -> Result<&Academy, AcademyError> {
        if let Some(academy) = self.0.iter().find(|academy| academy.name.eq_ignore_ascii_case(asked)) {
            return Ok(academy);
        }
        let coded: Vec<&Academy> =
            self.0.iter().filter(|academy| academy.code.eq_ignore_ascii_case(asked)).collect();
        let names = |academies: &[&Academy]| {
            academies.iter().map(|academy| academy.name.as_str()).collect::<Vec<_>>().join(", ")
        };
        match coded.as_slice() {
            [one] => Ok(one),
            [] => Err(AcademyError::Unknown {
                asked: asked.to_owned(),
                known: names(&self.0.iter().collect::<Vec<_>>()),
            }),
            several => Err(AcademyError::Ambiguous { code: asked.to_owned(), names: names(several) }),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use signaling::hours::school_year::SchoolYear;

    use super::*;

    #[test]
    fn the_built_in_table_is_complete_and_its_zones_exist() {
        let academies = Academies::read(Path::new("")).unwrap();
        let names: BTreeSet<&str> = academies.0.iter().map(|academy| academy.name.as_str()).collect();
        assert_eq!(names.len(), academies.0.len(), "names are unique");
        for academy in &academies.0 {
            academy.time_zone().unwrap();
        }
        assert_eq!(academies.find("a025").unwrap().name, "ac-versailles");
        assert_eq!(academies.find("AC-Reunion").unwrap().zone, "Indian/Reunion");
        assert!(academies.find("Z999").unwrap_err().to_string().contains("ac-noumea"));
    }

    #[test]
    fn papers_say_who_answers_for_personal_data() {
        let academies = Academies::read(Path::new("")).unwrap();
        let mut academy = academies.find("ac-versailles").unwrap().clone();
        let notice = academy.legal_notice("https://cv.example.fr");
        assert!(notice.contains("autorité académique (Versailles)"), "{notice}");
        assert!(notice.contains("https://cv.example.fr/privacy"), "{notice}");
        academy.controller = "Rectorat de Versailles".to_owned();
        academy.dpo = "dpo@ac-versailles.fr".to_owned();
        let notice = academy.legal_notice("https://cv.example.fr");
        assert!(
            notice.contains("Rectorat de Versailles. ") && notice.contains("dpo@ac-versailles.fr."),
            "{notice}"
        );
    }

    #[test]
    fn a_seance_belongs_to_the_school_year_of_its_own_calendar() {
        let academies = Academies::read(Path::new("")).unwrap();
        let year = |academy: &str, at: &str, zone: &str| {
            let academy = academies.find(academy).unwrap();
            let zone = TimeZone::get(zone).unwrap();
            SchoolYear::at(at.parse().unwrap(), &zone, academy.school_year).to_string()
        };
        let (paris, noumea) = ("Europe/Paris", "Pacific/Noumea");
        assert_eq!(year("ac-versailles", "2026-08-31T21:30:00Z", paris), "2025-2026");
        assert_eq!(year("ac-versailles", "2026-08-31T22:10:00Z", paris), "2026-2027");
        assert_eq!(year("ac-noumea", "2026-08-31T22:00:00Z", noumea), "2026");
        assert_eq!(year("ac-noumea", "2026-01-31T12:00:00Z", noumea), "2025");
        assert_eq!(year("ac-noumea", "2026-01-31T13:00:00Z", noumea), "2026");
    }

    #[test]
    fn merged_academies_keep_their_people() {
        let domains = Academies::read(Path::new("")).unwrap().domains();
        let email = domains.email("marie.durand@ac-rouen.fr").unwrap();
        assert_eq!(email, "marie.durand@ac-normandie.fr");
        assert_eq!(domains.academy(&email), Some("ac-normandie"));
    }

    #[test]
    fn a_table_of_ones_own_replaces_it() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let row = |name: &str, zone: &str| {
            format!("[[academy]]\nname = \"{name}\"\ncode = \"A022\"\nzone = \"{zone}\"\nlabel = \"L\"\n")
        };
        let both = row("ac-limoges", "Europe/Paris") + &row("ac-noumea", "Pacific/Nowhere");
        std::fs::write(file.path(), both).unwrap();
        let academies = Academies::read(file.path()).unwrap();
        let ambiguous = academies.find("A022").unwrap_err().to_string();
        assert!(ambiguous.contains("ac-limoges, ac-noumea"), "{ambiguous}");
        let lost = academies.find("ac-noumea").unwrap().time_zone().unwrap_err().to_string();
        assert!(lost.contains("Pacific/Nowhere") && lost.contains("academies.file"), "{lost}");
        std::fs::write(file.path(), row("ac-nice", "Europe/Paris") + "school_year = \"02-30\"\n").unwrap();
        assert!(Academies::read(file.path()).unwrap_err().to_string().contains("02-30"));
        std::fs::write(file.path(), "academies = 3").unwrap();
        assert!(Academies::read(file.path()).unwrap_err().to_string().contains("academies.toml"));
    }
}
