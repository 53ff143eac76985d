//! The presence of a séance as tables: the file for those who validate hours (Annex A.1), its header block, and what
//! helps to key it into GAIA (domain rules §2.5, §3.1).
//!
//! Neither address of a machine nor device nor activity is in it: only who was there, when, and for how long.

use jiff::Timestamp;
use signaling::attendance::Status;

use super::{
    ExportError, File,
    csv::{Csv, Dialect, table},
    document::{GaiaKey, GaiaNumber, Part, Row, SeanceDocument},
    writing::{joined, length, letter, mode_word, slug},
    zone::day,
};

/// In this order. `courriel` is left out for readers who may not have it, `replay` where nobody played a recording.
pub(crate) const COLUMNS: [&str; 31] = [
    "base_gaia",
    "dispositif",
    "module",
    "session_gaia",
    "groupe",
    "nom",
    "prenom",
    "courriel",
    "uai",
    "etablissement",
    "ville",
    "role",
    "inscription",
    "seance",
    "date",
    "debut_annonce",
    "fin_annonce",
    "fuseau",
    "premiere_connexion",
    "derniere_deconnexion",
    "nb_connexions",
    "duree_connexion",
    "temps_retenu",
    "temps_retenu_min",
    "seuil_min",
    "statut",
    "origine",
    "motif",
    "indicateurs",
    "validable",
    "replay",
];

/// Where `courriel` is.
const EMAIL: usize = 7;
/// Where `replay` is: the last one.
const REPLAY: usize = COLUMNS.len() - 1;

/// Which columns there are for this reader.
pub(crate) fn shown(document: &SeanceDocument, addresses: bool) -> impl Fn(usize) -> bool + use<> {
    let replays = document.has_replays();
    move |column| match column {
        EMAIL => addresses,
        REPLAY => replays,
        _ => true,
    }
}

/// The presence of a séance, one line a person. `addresses`: whether the reader may have the e-mail addresses; without,
/// the column is not there.
///
/// # Errors
/// The table cannot be written.
pub fn presence_csv(
    document: &SeanceDocument,
    dialect: Dialect,
    addresses: bool,
) -> Result<File, ExportError> {
    let rows = document.rows.iter().map(|row| cells(document, row, dialect));
    let bytes = table(dialect, COLUMNS, shown(document, addresses), rows)?;
    let kind = match dialect {
        Dialect::French => "presence",
        Dialect::Machine => "presence-machine",
    };
    Ok(File { name: file_name(document, kind, "csv"), bytes })
}

/// How instants, durations and lists are written.
struct Hand<'d> {
    document: &'d SeanceDocument,
    dialect: Dialect,
}

impl Hand<'_> {
    fn date(&self) -> String {
        let seance = &self.document.seance;
        match self.dialect {
            Dialect::French => seance.zone.date(seance.starts_at),
            Dialect::Machine => seance.zone.local(seance.starts_at).date().to_string(),
        }
    }

    /// An announced hour.
    fn hour(&self, at: Timestamp) -> String {
        match self.dialect {
            Dialect::French => self.document.seance.zone.hour(at),
            Dialect::Machine => self.document.seance.zone.rfc3339(at),
        }
    }

    /// When somebody came or went.
    fn time(&self, at: Option<Timestamp>) -> String {
        let Some(at) = at else { return String::new() };
        match self.dialect {
            Dialect::French => self.document.seance.zone.time(at),
            Dialect::Machine => self.document.seance.zone.rfc3339(at),
        }
    }

    fn length(&self, ms: u64) -> String {
        match self.dialect {
            Dialect::French => length(ms),
            Dialect::Machine => duration(ms),
        }
    }
}

fn cells(document: &SeanceDocument, row: &Row, dialect: Dialect) -> [String; 31] {
    let (seance, hand) = (&document.seance, Hand { document, dialect });
    let gaia = row.gaia.as_ref();
    let number = |read: fn(&GaiaKey) -> i64| gaia.map(|key| read(key).to_string()).unwrap_or_default();
    let text = |read: fn(&GaiaKey) -> &String| gaia.map(|key| read(key).clone()).unwrap_or_default();
    let origin = if row.manual { "manuel" } else { "auto" };
    [
        text(|key| &key.base),
        text(|key| &key.dispositif),
        number(|key| key.module),
        number(|key| key.session),
        text(|key| &key.group),
        row.who.last_name.clone(),
        row.who.first_name.clone(),
        row.who.email.clone().unwrap_or_default(),
        row.who.uai.clone(),
        row.who.school.clone(),
        row.who.town.clone(),
        row.part.word().to_owned(),
        row.enrolment.word().to_owned(),
        seance.title.clone(),
        hand.date(),
        hand.hour(seance.starts_at),
        hand.hour(seance.announced_end()),
        seance.zone.name().to_owned(),
        hand.time(row.first_in),
        hand.time(row.last_out),
        row.connections.to_string(),
        hand.length(row.connected_ms),
        hand.length(row.presence_ms),
        (row.presence_ms / 60_000).to_string(),
        seance.threshold_min.to_string(),
        letter(row.status, seance.closed).to_owned(),
        origin.to_owned(),
        row.reason.clone(),
        indicators(document, row),
        if row.validable { "O" } else { "N" }.to_owned(),
        hand.length(row.replay_ms),
    ]
}

/// The codes about the person and about the séance: a set, sorted, with blanks between.
pub(crate) fn indicators(document: &SeanceDocument, row: &Row) -> String {
    let mut codes: Vec<&str> = row.flags.iter().chain(&document.seance.flags).map(String::as_str).collect();
    codes.sort_unstable();
    codes.dedup();
    codes.join(" ")
}

/// ISO 8601, whole seconds, parts that are zero left out.
pub(crate) fn duration(ms: u64) -> String {
    let seconds = ms / 1000;
    let parts = [(seconds / 3600, 'H'), (seconds / 60 % 60, 'M'), (seconds % 60, 'S')];
    let text: String =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, unit)| format!("{count}{unit}")).collect();
    if text.is_empty() { "PT0S".to_owned() } else { format!("PT{text}") }
}

/// The header block of the sheet as a table of two columns, for the file that goes beside the lines.
///
/// # Errors
/// The table cannot be written.
pub fn header_csv(document: &SeanceDocument, dialect: Dialect) -> Result<File, ExportError> {
    let mut csv = Csv::new(dialect);
    csv.line(["rubrique", "valeur"])?;
    for (name, value) in header_block(document) {
        csv.line([name, value.as_str()])?;
    }
    Ok(File { name: file_name(document, "entete", "csv"), bytes: csv.into_bytes()? })
}

/// What stands above every sheet (domain rules §2.5), in order. Empty ones are left out.
pub(crate) fn header_block(document: &SeanceDocument) -> Vec<(&'static str, String)> {
    let (frame, seance, edition) = (&document.frame, &document.seance, &document.edition);
    let counts = &document.counts;
    let parcours = [frame.parcours_identifiant.as_str(), frame.parcours_title.as_str()];
    let dates = [frame.starts_on, frame.ends_on].into_iter().flatten().map(day).collect::<Vec<_>>();
    let trainers: Vec<&str> = frame.trainers.iter().map(|trainer| trainer.name.as_str()).collect();
    let threshold = match (seance.threshold_min, seance.threshold_auto) {
        (0, _) => "présence non suivie".to_owned(),
        (minutes, true) => format!("{minutes} min (automatique, moitié de la durée)"),
        (minutes, false) => format!("{minutes} min (fixé par le formateur)"),
    };
    let mut block = vec![
        ("Académie", frame.academy.clone()),
        ("Parcours", joined(&parcours, " – ").unwrap_or_default()),
        ("Session du parcours", frame.title.clone()),
        ("Dates de la session", dates.join(" – ")),
    ];
    block.extend(frame.gaia.iter().map(|gaia| ("Session GAIA", gaia_line(gaia))));
    block.extend([
        ("Séance", seance.title.clone()),
        ("Date", seance.zone.date(seance.starts_at)),
        (
            "Horaire annoncé",
            format!(
                "{} – {} ({})",
                seance.zone.hour(seance.starts_at),
                seance.zone.hour(seance.announced_end()),
                seance.zone.name()
            ),
        ),
        ("Durée annoncée", length(u64::from(seance.announced_min) * 60_000)),
        ("Durée effective", length(seance.effective_ms)),
        ("Seuil de présence", threshold),
        ("Décompte des heures", mode_word(&frame.hours_mode).to_owned()),
        ("Formateurs", trainers.join(", ")),
        ("Inscrits", counts.enrolled.to_string()),
        ("Présents", counts.present.to_string()),
        ("Absents", counts.absent.to_string()),
        ("Excusés", counts.excused.to_string()),
        ("Hors liste", counts.off_list.to_string()),
        ("Invités", counts.guests.to_string()),
        ("Édité le", format!("{} ({})", edition.zone.date_and_hour(edition.at), edition.zone.name())),
        ("Édité par", edition.by.clone()),
        ("Version", edition.version.to_string()),
        ("Document n°", edition.number.to_string()),
        ("SHA-256 des données", content_digest(document)),
    ]);
    block.retain(|(_, value)| !value.is_empty());
    block
}

/// `base dispositif – module – session (labels)`.
fn gaia_line(gaia: &super::document::GaiaSession) -> String {
    let key = &gaia.key;
    let labels = joined(&[&gaia.dispositif_name, &gaia.module_name], ", ");
    let labels = labels.map(|labels| format!(" ({labels})")).unwrap_or_default();
    format!("{} {} – {} – {}{labels}", key.base, key.dispositif, key.module, key.session)
}

/// Hex SHA-256 over the lines in machine form, addresses left out: what anybody can compute again from the file. The
/// digest of the file itself is in the log of exports, for no file can hold its own.
pub(crate) fn content_digest(document: &SeanceDocument) -> String {
    use sha2::{Digest, Sha256};
    let written = presence_csv(document, Dialect::Machine, false);
    written.map(|file| hex::encode(Sha256::digest(&file.bytes))).unwrap_or_default()
}

/// Hex SHA-256 of one line in machine form: tells whether the line changed since an export before. Who goes on watching
/// the replay changes nothing that was decided.
#[must_use]
pub fn row_digest(document: &SeanceDocument, row: &Row) -> String {
    use sha2::{Digest, Sha256};
    let mut row = row.clone();
    row.flags.retain(|flag| flag != super::CHANGED);
    let mut cells = Vec::from(cells(document, &row, Dialect::Machine));
    cells.truncate(REPLAY);
    hex::encode(Sha256::digest(cells.join("\u{1f}")))
}

/// What the manager keys into GAIA, for no way back into it exists: of one linked session, or of all of them in one file
/// that says which.
///
/// # Errors
/// A table cannot be written.
pub fn gaia_entry_aid(
    document: &SeanceDocument,
    wanted: Option<&GaiaNumber>,
    addresses: bool,
) -> Result<File, ExportError> {
    let chosen = document.frame.gaia.iter().map(|gaia| &gaia.key);
    let chosen: Vec<&GaiaKey> = chosen.filter(|key| wanted.is_none_or(|wanted| wanted.names(key))).collect();
    let several = chosen.len() > 1;
    let shown = |index: &usize| (several || *index > 1) && (addresses || *index != 4);
    let mut csv = Csv::new(Dialect::French);
    let names = ["BASE", "SESSION", "NOM", "PRENOM", "COURRIEL", "PRESENCE(P/A)"].into_iter().enumerate();
    csv.line(names.filter(|(index, _)| shown(index)).map(|(_, name)| name))?;
    for key in &chosen {
        let session = key.session.to_string();
        for row in document.participants().filter(|row| row.lists().any(|list| list == *key)) {
            let present = match row.status {
                _ if row.is_undecided() => "",
                Status::Present => "P",
                Status::Absent | Status::Excuse => "A",
                // Nobody was absent from what was not followed, or did not take place.
                Status::NonSuivi | Status::SeanceAnnulee => "",
            };
            let email = row.who.email.as_deref().unwrap_or_default();
            let cells =
                [&key.base, session.as_str(), &row.who.last_name, &row.who.first_name, email, present];
            let cells = cells.into_iter().enumerate();
            csv.line(cells.filter(|(index, _)| shown(index)).map(|(_, cell)| cell))?;
        }
    }
    let subject = match chosen.as_slice() {
        [one] => format!("{}_{}", letters(&one.dispositif), one.session),
        _ => slug(&document.seance.title),
    };
    let (stamp, version) = (document.seance.zone.stamp(document.seance.starts_at), document.edition.version);
    Ok(File { name: format!("saisie-gaia_{subject}_{stamp}_v{version}.csv"), bytes: csv.into_bytes()? })
}

/// `presence_<dispositif>_<session>_<AAAAMMJJ>_v<N>.csv`, dated by the local start of the séance; its title where no
/// GAIA session, or more than one, is linked.
pub(crate) fn file_name(document: &SeanceDocument, kind: &str, extension: &str) -> String {
    let seance = &document.seance;
    let subject = match document.frame.gaia.as_slice() {
        [one] => format!("{}_{}", letters(&one.key.dispositif), one.key.session),
        _ => slug(&seance.title),
    };
    let provisional = if seance.closed { "" } else { "_provisoire" };
    let (stamp, version) = (seance.zone.stamp(seance.starts_at), document.edition.version);
    format!("{kind}_{subject}_{stamp}{provisional}_v{version}.{extension}")
}

/// An identifier keeps its capitals; what is no letter or digit has no place in the name of a file.
fn letters(identifier: &str) -> String {
    identifier.chars().filter(char::is_ascii_alphanumeric).collect()
}

/// The people of a table of their own: participants, or those who lead and help.
pub(crate) fn of_parts<'d>(document: &'d SeanceDocument, parts: &'d [Part]) -> impl Iterator<Item = &'d Row> {
    document.rows.iter().filter(|row| parts.contains(&row.part))
}
