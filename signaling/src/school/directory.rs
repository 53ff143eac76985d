//! Reading a directory: columns are found by their names, in any order; what is wrong is listed, never guessed.

use std::collections::HashMap;

use super::{Directory, RejectedSchool, School, SchoolCode};
use crate::{
    delimited::{cells, separator},
    enrolment::folded,
    gaia::lines,
    person::{Degree, is_uai},
};

/// Most characters that are kept of a line that was left out.
const SHOWN: usize = 200;

/// Of which academy the schools are wanted.
#[derive(Debug, Clone, Copy)]
pub struct Whose<'w> {
    /// Short name, `ac-versailles`.
    pub name: &'w str,
    /// As people read it: `Versailles`.
    pub label: &'w str,
    /// `A025`.
    pub code: &'w str,
}

/// The first line does not name the columns that are needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the first line must name the columns, among them the code (identifiant_de_l_etablissement, uai or rne) and the \
     name (nom_etablissement or nom)"
)]
pub struct Headless;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Uai,
    Name,
    Town,
    Department,
    AcademyCode,
    AcademyLabel,
    CirconscriptionCode,
    Circonscription,
    Kind,
    Nature,
    Sector,
    Degree,
    State,
    Other,
}

impl Column {
    /// By its title, in capitals or not: those of the ministry's directory (`fr-en-annuaire-education`), of its list of
    /// addresses (`fr-en-adresse-et-geolocalisation-etablissements-premier-et-second-degre`), of M@gistère's table of
    /// schools, and plain words.
    fn titled(title: &str) -> Self {
        match key(title).as_str() {
            "identifiant de l etablissement"
            | "code etablissement"
            | "uai"
            | "rne"
            | "code uai"
            | "code rne"
            | "numero uai"
            | "numero d uai" => Self::Uai,
            "nom etablissement"
            | "nom"
            | "etablissement"
            | "ecole"
            | "appellation officielle"
            | "appelation officielle" => Self::Name,
            "nom commune" | "nom de la commune" | "ville" | "commune" | "libelle commune" => Self::Town,
            "code departement" | "code du departement" | "departement" => Self::Department,
            "code academie" => Self::AcademyCode,
            "libelle academie" | "academie" => Self::AcademyLabel,
            "code circonscription" => Self::CirconscriptionCode,
            "nom circonscription" | "libelle circonscription" | "circonscription" => Self::Circonscription,
            "type etablissement" => Self::Kind,
            "code nature" | "nature uai" => Self::Nature,
            "statut public prive"
            | "secteur public prive"
            | "secteur public prive libe"
            | "secteur"
            | "public" => Self::Sector,
            "degre" => Self::Degree,
            "etat" | "etat etablissement libe" => Self::State,
            _ => Self::Other,
        }
    }
}

/// Words without accents, case and punctuation.
fn key(text: &str) -> String {
    let plain = folded(text).replace(|c: char| !c.is_alphanumeric(), " ");
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Without those words at its beginning.
fn bare<'t>(text: &'t str, words: &[&str]) -> &'t str {
    match text.split_once(' ') {
        Some((first, rest)) if words.contains(&key(first).as_str()) => bare(rest, words),
        _ => text,
    }
}

/// A circonscription as people call it: directories write « Circonscription d'inspection du 1er degré de Redon ».
fn called(name: &str) -> String {
    const OFFICE: [&str; 9] =
        ["circonscription", "d inspection", "du", "de", "1er", "1r", "premier", "degre", "ien"];
    if !key(name).starts_with("circonscription ") {
        return name.to_owned();
    }
    let own = bare(name, &OFFICE);
    match own.split_once(['\'', '’']) {
        Some((article, rest)) if article.eq_ignore_ascii_case("d") && !rest.is_empty() => rest.to_owned(),
        _ => own.to_owned(),
    }
}

/// One line, cell by cell.
struct Row<'r> {
    columns: &'r [Column],
    cells: &'r [String],
}

impl Row<'_> {
    fn text(&self, wanted: Column) -> String {
        let found =
            self.columns.iter().zip(self.cells).find(|(column, cell)| **column == wanted && !cell.is_empty());
        found.map_or("", |(_, cell)| cell).split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// No school any more, or not yet.
    fn is_closed(&self) -> bool {
        matches!(key(&self.text(Column::State)).as_str(), "ferme" | "a ouvrir")
    }

    /// Whether the line is about a school of that academy: by its name where the file has it, else by its number, else
    /// the whole file is.
    fn is_of(&self, whose: Whose<'_>) -> bool {
        let label = |text: &str| bare(&key(text), &["academie", "de", "d", "la"]).to_owned();
        if self.columns.contains(&Column::AcademyLabel) {
            let named = label(&self.text(Column::AcademyLabel));
            return named == label(whose.label) || named == key(whose.name);
        }
        if self.columns.contains(&Column::AcademyCode) {
            let number =
                |text: &str| text.trim_start_matches(|c: char| !c.is_ascii_digit()).parse::<u32>().ok();
            let named = number(&self.text(Column::AcademyCode));
            return named.is_some() && named == number(whose.code);
        }
        true
    }

    fn school(&self, whose: Whose<'_>) -> Result<School, SchoolCode> {
        let (uai, name) = (self.text(Column::Uai).to_uppercase(), self.text(Column::Name));
        if uai.is_empty() || name.is_empty() {
            return Err(SchoolCode::ChampVide);
        }
        if !is_uai(&uai) {
            return Err(SchoolCode::UaiInvalide);
        }
        let (circonscription, circonscription_name) = self.circonscription(whose);
        Ok(School {
            uai,
            name,
            town: self.text(Column::Town),
            department: self.text(Column::Department),
            circonscription,
            circonscription_name,
            degree: self.degree(),
        })
    }

    /// What teachers are matched by, and how people call it.
    fn circonscription(&self, whose: Whose<'_>) -> (String, String) {
        let code = self.text(Column::CirconscriptionCode);
        let name = called(&self.text(Column::Circonscription));
        let code = if code.is_empty() && is_uai(&name.to_uppercase()) { name.clone() } else { code };
        match (code.is_empty(), name.is_empty()) {
            (false, _) => (code.to_uppercase(), name),
            (true, true) => (String::new(), String::new()),
            (true, false) => (format!("{name} ({})", whose.name), name),
        }
    }

    /// Degree by the nature of the establishment (1xx are schools of the first degree, 3xx of the second), by its kind or
    /// by a column of its own; with the sector, without which it is not known.
    fn degree(&self) -> Option<Degree> {
        let said = self.text(Column::Degree);
        if let Some(degree) = Degree::of(&said) {
            return Some(degree);
        }
        let public = match key(&self.text(Column::Sector)).as_str() {
            "public" | "pu" | "oui" | "1" => true,
            "prive" | "prive sous contrat" | "prive hors contrat" | "pr" | "non" | "0" => false,
            _ => return None,
        };
        let kind = key(&self.text(Column::Kind));
        let primary = match (self.text(Column::Nature).as_bytes().first(), said.as_bytes().first()) {
            (Some(b'1'), _) | (_, Some(b'1')) => true,
            (Some(b'3'), _) | (_, Some(b'2')) => false,
            _ if kind == "ecole" => true,
            _ if matches!(kind.as_str(), "college" | "lycee" | "erea") => false,
            _ => return None,
        };
        Some(match (public, primary) {
            (true, true) => Degree::Pu1d,
            (false, true) => Degree::Pr1d,
            (true, false) => Degree::Pu2d,
            (false, false) => Degree::Pr2d,
        })
    }
}

impl Directory {
    /// The schools of that academy.
    ///
    /// # Errors
    /// The first line names no columns: it is no directory.
    pub fn read(bytes: &[u8], whose: Whose<'_>) -> Result<Self, Headless> {
        let mut numbered = (1..).zip(lines(bytes)).filter(|(_, line)| !line.text.trim().is_empty());
        let (_, header) = numbered.next().ok_or(Headless)?;
        let separator = separator(header.text.as_bytes());
        let titles = cells(&header.text, separator);
        let columns: Vec<Column> = titles.iter().map(|title| Column::titled(title)).collect();
        if !columns.contains(&Column::Uai) || !columns.contains(&Column::Name) {
            return Err(Headless);
        }
        let mut directory = Self::default();
        let mut places = HashMap::new();
        for (line, decoded) in numbered {
            let cells = cells(&decoded.text, separator);
            let row = Row { columns: &columns, cells: &cells };
            let read = if !decoded.readable {
                Err(SchoolCode::Encodage)
            } else if cells.len() != columns.len() {
                Err(SchoolCode::NbChamps)
            } else if !row.is_of(whose) {
                directory.elsewhere += 1;
                continue;
            } else if row.is_closed() {
                directory.without_effect += 1;
                continue;
            } else {
                row.school(whose)
            };
            if let Err(code) = read.and_then(|school| directory.takes(line, school, &mut places)) {
                let text = decoded.text.trim().chars().take(SHOWN).collect();
                directory.rejected.push(RejectedSchool { line, code, text });
            }
        }
        Ok(directory)
    }

    /// An establishment of several natures has a line for each: the first one stands for all.
    fn takes(
        &mut self,
        line: usize,
        school: School,
        places: &mut HashMap<String, usize>,
    ) -> Result<(), SchoolCode> {
        let Some(at) = places.get(&school.uai) else {
            places.insert(school.uai.clone(), self.schools.len());
            self.schools.push((line, school));
            return Ok(());
        };
        match self.schools.get_mut(*at) {
            Some((_, first)) if first.is_told_by(&school) => {
                first.degree = first.degree.or(school.degree);
                self.without_effect += 1;
                Ok(())
            }
            _ => Err(SchoolCode::Doublon),
        }
    }
}
