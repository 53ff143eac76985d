//! Hours as a table: the report of a session of a parcours (Annex A.2).

use jiff::Timestamp;
use signaling::id::{PersonId, SessionFormationId};

use super::{
    ExportError, File,
    csv::{Dialect, table},
    document::{Edition, Frame, GaiaKey, Who},
    writing::{hmm, hours, slug},
    zone::Zone,
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
    /// The sessions of GAIA linked to its séances that list the person.
    pub gaia: Vec<GaiaKey>,
    /// Enrolled by name, not a walk-in.
    pub nominative: bool,
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
    let rows = document.rows.iter().map(|row| cells(document, row, dialect));
    let bytes = table(dialect, COLUMNS, |column| addresses || column != EMAIL, rows)?;
    let kind = match dialect {
        Dialect::French => "heures",
        Dialect::Machine => "heures-machine",
    };
    Ok(File { name: file_name(document, kind, "csv"), bytes })
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
