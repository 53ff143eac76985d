//! Hours as tables: the report of a session of a parcours (Annex A.2) and the matrix of inspectors (A.3).

use jiff::{Timestamp, civil::Date};
use signaling::id::{PersonId, SessionFormationId};

use super::{
    ExportError, File,
    csv::{Csv, Dialect},
    document::{Edition, Frame, GaiaKey, Who},
    writing::{hmm, hours, slug},
    zone::{Zone, day},
};

/// The hours of everybody in one session of a parcours.
#[derive(Debug, Clone)]
pub struct HoursDocument {
    pub id: SessionFormationId,
    pub frame: Frame,
    /// Zone of the academy: attestations are dated there.
    pub zone: Zone,
    pub edition: Edition,
    /// By name.
    pub rows: Vec<HoursRow>,
}

/// One person's line.
#[derive(Debug, Clone)]
pub struct HoursRow {
    pub person: PersonId,
    pub who: Who,
    pub gaia: Option<GaiaKey>,
    pub distance_attested: bool,
    pub presence_attested: bool,
    /// Minutes that count; absent is "non renseigné".
    pub validated_min: Option<u32>,
    pub attested_at: Option<Timestamp>,
    pub attested_by: String,
}

impl HoursRow {
    /// Whether somebody attested that the person took part.
    #[must_use]
    pub fn took_part(&self) -> bool {
        self.distance_attested || self.presence_attested
    }
}

const COLUMNS: [&str; 14] = [
    "nom",
    "prenom",
    "courriel",
    "parcours",
    "identifiant",
    "mode",
    "duree_distance",
    "duree_presence",
    "atteste_distance",
    "atteste_presence",
    "heures_validees",
    "heures_hmm",
    "date_attestation",
    "atteste_par",
];

/// Where `courriel` is.
const EMAIL: usize = 2;

/// "Non renseigné".
pub(crate) const UNKNOWN: &str = "NR";

/// The report of a session of a parcours, one line a person.
///
/// # Errors
/// The table cannot be written.
pub fn hours_csv(document: &HoursDocument, dialect: Dialect, addresses: bool) -> Result<File, ExportError> {
    let mut csv = Csv::new(dialect);
    let shown = |index: &usize| addresses || *index != EMAIL;
    csv.line(COLUMNS.iter().enumerate().filter(|(index, _)| shown(index)).map(|(_, name)| *name))?;
    for row in &document.rows {
        let cells = cells(document, row, dialect);
        csv.line(cells.iter().enumerate().filter(|(index, _)| shown(index)).map(|(_, cell)| cell.as_str()))?;
    }
    let kind = match dialect {
        Dialect::French => "heures",
        Dialect::Machine => "heures-machine",
    };
    Ok(File { name: file_name(document, kind, "csv"), bytes: csv.into_bytes()? })
}

fn cells(document: &HoursDocument, row: &HoursRow, dialect: Dialect) -> [String; 14] {
    let frame = &document.frame;
    let decimal = |minutes: Option<u32>| match (minutes, dialect) {
        (None, Dialect::French) => UNKNOWN.to_owned(),
        (None, Dialect::Machine) => String::new(),
        (Some(minutes), Dialect::French) => hours(minutes).to_string(),
        (Some(minutes), Dialect::Machine) => hours(minutes).machine(),
    };
    let yes = |told: bool| if told { "O" } else { "N" }.to_owned();
    let dated = row.attested_at.map(|at| match dialect {
        Dialect::French => document.zone.date(at),
        Dialect::Machine => document.zone.rfc3339(at),
    });
    [
        row.who.last_name.clone(),
        row.who.first_name.clone(),
        row.who.email.clone().unwrap_or_default(),
        frame.parcours_title.clone(),
        frame.parcours_identifiant.clone(),
        frame.hours_mode.clone(),
        decimal(frame.distance_min),
        decimal(frame.presence_min),
        yes(row.distance_attested),
        yes(row.presence_attested),
        decimal(row.validated_min),
        row.validated_min.map_or_else(|| UNKNOWN.to_owned(), hmm),
        dated.unwrap_or_default(),
        row.attested_by.clone(),
    ]
}

/// `<kind>_<identifiant or title>_<start>_v<N>.<extension>`.
pub(crate) fn file_name(document: &HoursDocument, kind: &str, extension: &str) -> String {
    let frame = &document.frame;
    let title =
        if frame.parcours_identifiant.is_empty() { &frame.title } else { &frame.parcours_identifiant };
    let stamp = frame.starts_on.map(|on| format!("_{}", on.strftime("%Y%m%d"))).unwrap_or_default();
    format!("{kind}_{}{stamp}_v{}.{extension}", slug(title), document.edition.version)
}

/// The teachers of a circonscription against the sessions of parcours.
#[derive(Debug, Clone)]
pub struct SupervisionMatrix {
    /// `inscription` or `attestee`.
    pub mode: String,
    pub columns: Vec<MatrixColumn>,
    pub rows: Vec<MatrixRow>,
    /// For the name of the file: a circonscription or an academy.
    pub scope: String,
}

/// One session of a parcours.
#[derive(Debug, Clone)]
pub struct MatrixColumn {
    pub title: String,
    pub starts_on: Option<Date>,
    pub trainers: Vec<String>,
    pub duration_min: Option<u32>,
}

/// One teacher; a cell for each column.
#[derive(Debug, Clone)]
pub struct MatrixRow {
    pub name: String,
    /// School – town.
    pub school: String,
    pub cells: Vec<MatrixCell>,
}

/// What a teacher has of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MatrixCell {
    /// Not enrolled.
    Nothing,
    /// Minutes; 0 is a value.
    Minutes(u32),
    /// Of unknown duration, not attested.
    Unknown,
    /// Attested, of unknown duration.
    Whole,
}

impl MatrixCell {
    fn text(self) -> String {
        match self {
            Self::Nothing => String::new(),
            Self::Minutes(0) => "0".to_owned(),
            Self::Minutes(minutes) => hmm(minutes),
            Self::Unknown => UNKNOWN.to_owned(),
            Self::Whole => "100%".to_owned(),
        }
    }
}

/// What a header line says of a column.
type Reading<'r> = &'r dyn Fn(&MatrixColumn) -> String;

/// The matrix: four header lines (title, start, trainers, duration), then a line a teacher, and in the mode
/// `inscription` a column of totals.
///
/// # Errors
/// The table cannot be written.
pub fn supervision_csv(matrix: &SupervisionMatrix, dialect: Dialect) -> Result<File, ExportError> {
    let mut csv = Csv::new(dialect);
    let total = matrix.mode == "inscription";
    let unsaid = |text: String, words: &str| if text.is_empty() { words.to_owned() } else { text };
    let headers: [(Reading<'_>, &str); 4] = [
        (&|column| column.title.clone(), "Total"),
        (&|column| column.starts_on.map(day).unwrap_or_default(), ""),
        (&|column| unsaid(column.trainers.join(", "), "Formateurs non renseignés"), ""),
        (&|column| unsaid(column.duration_min.map(hmm).unwrap_or_default(), "Durée non renseignée"), ""),
    ];
    for (read, last) in headers {
        let mut line = vec![String::new(), String::new()];
        line.extend(matrix.columns.iter().map(read));
        line.extend(total.then(|| last.to_owned()));
        csv.line(line.iter().map(String::as_str))?;
    }
    for row in &matrix.rows {
        let mut line = vec![row.name.clone(), row.school.clone()];
        line.extend(row.cells.iter().map(|cell| cell.text()));
        line.extend(total.then(|| hmm(row.cells.iter().map(|cell| minutes_of(*cell)).sum())));
        csv.line(line.iter().map(String::as_str))?;
    }
    let name = format!("supervision_{}_{}.csv", slug(&matrix.scope), slug(&matrix.mode));
    Ok(File { name, bytes: csv.into_bytes()? })
}

fn minutes_of(cell: MatrixCell) -> u32 {
    match cell {
        MatrixCell::Minutes(minutes) => minutes,
        MatrixCell::Nothing | MatrixCell::Unknown | MatrixCell::Whole => 0,
    }
}
