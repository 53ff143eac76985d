//! Schools and the circonscriptions they lie in (domain rules §1.4), from the directory of establishments that the
//! ministry publishes or from a short list. Pure: bytes in; schools and rejected lines out.

mod directory;

use std::collections::HashSet;

use crate::{
    gaia::Difference,
    person::{Degree, Person},
};

pub use directory::{Headless, Whose};

/// A real line under its titles, as the ministry exports its directory (Licence Ouverte 2.0).
pub const SAMPLE: &str = include_str!("school/annuaire-2024.csv");

/// One school, and the inspector's office that follows its teachers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct School {
    /// Seven digits and their letter.
    pub uai: String,
    pub name: String,
    /// May be empty, as everything below.
    pub town: String,
    /// Code of the département as the file writes it.
    pub department: String,
    /// What inspectors and their teachers are matched by: the code of the circonscription. Where a file has only names
    /// it is `Trappes (ac-versailles)`: two academies may have a circonscription of one name.
    pub circonscription: String,
    /// As people call it.
    pub circonscription_name: String,
    /// Of its teachers.
    pub degree: Option<Degree>,
}

impl School {
    /// The person as somebody who teaches here.
    pub fn takes(&self, person: &mut Person) {
        person.uai.clone_from(&self.uai);
        person.school.clone_from(&self.name);
        person.town.clone_from(&self.town);
        person.circonscription.clone_from(&self.circonscription);
        person.degree = self.degree.or(person.degree);
    }

    /// Another line says the same of the same school; only the degree may differ, as the nature does.
    fn is_told_by(&self, line: &Self) -> bool {
        *self == Self { degree: self.degree, ..line.clone() }
    }
}

/// Why a line was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SchoolCode {
    /// More or fewer cells than the first line names.
    NbChamps,
    /// The code or the name is blank.
    ChampVide,
    /// Not seven digits and the letter that follows from them.
    UaiInvalide,
    /// Characters that cannot be read.
    Encodage,
    /// A second line of the same code.
    Doublon,
    /// The school is in the directory of another academy.
    AutreAcademie,
}

impl SchoolCode {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NbChamps => "NB_CHAMPS",
            Self::ChampVide => "CHAMP_VIDE",
            Self::UaiInvalide => "UAI_INVALIDE",
            Self::Encodage => "ENCODAGE",
            Self::Doublon => "DOUBLON",
            Self::AutreAcademie => "AUTRE_ACADEMIE",
        }
    }
}

/// A line that was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RejectedSchool {
    /// From 1.
    pub line: usize,
    pub code: SchoolCode,
    /// The line as it was read, or its beginning.
    pub text: String,
}

/// What a file says of one academy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Directory {
    /// With the line of each.
    schools: Vec<(usize, School)>,
    pub rejected: Vec<RejectedSchool>,
    /// Lines of other academies: no error, a file may hold the whole country.
    pub elsewhere: usize,
    /// Lines of schools that are closed or not open yet, and further lines of the same school.
    pub without_effect: usize,
}

/// What an import changes, with every line that it leaves out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchoolChange {
    pub schools: Difference<School>,
    pub rejected: Vec<RejectedSchool>,
}

impl Directory {
    /// Against the schools `known` of the academy; those `held` by another one stay there.
    #[must_use]
    pub fn change(&self, known: Vec<School>, held: &HashSet<String>) -> SchoolChange {
        let (theirs, ours): (Vec<_>, Vec<_>) =
            self.schools.iter().partition(|(_, school)| held.contains(&school.uai));
        let ours: Vec<School> = ours.into_iter().map(|(_, school)| school.clone()).collect();
        let refused = theirs.into_iter().map(|(line, school)| RejectedSchool {
            line: *line,
            code: SchoolCode::AutreAcademie,
            text: format!("{} {}", school.uai, school.name),
        });
        let mut rejected: Vec<RejectedSchool> = self.rejected.iter().cloned().chain(refused).collect();
        rejected.sort_by_key(|one| one.line);
        SchoolChange { schools: Difference::between(known, &ours, |school| school.uai.clone()), rejected }
    }
}

impl SchoolChange {
    /// More than half of the schools that are known would go.
    #[must_use]
    pub fn is_collapse(&self) -> bool {
        self.schools.is_collapse()
    }
}

#[cfg(test)]
mod tests;
