//! The academies: codes, zones and names are configuration, not code (domain rules §1.4).

use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use serde::Deserialize;

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
}

impl Academy {
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
        std::fs::write(file.path(), "academies = 3").unwrap();
        assert!(Academies::read(file.path()).unwrap_err().to_string().contains("academies.toml"));
    }
}
