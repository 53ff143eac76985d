//! The certificate of a purge: what was deleted because its time had come, and nobody.

use jiff::Timestamp;

use super::{
    A4,
    flow::Flow,
    letter::Cut,
    table::{Column, Table},
};
use crate::export::{ExportError, File, zone::Zone};

/// What a purge did.
#[derive(Debug, Clone)]
pub struct DeletionDocument {
    /// Printed on the paper: that of the export.
    pub number: u64,
    pub at: Timestamp,
    pub zone: Zone,
    /// Where the server is, as people type it.
    pub base: String,
    /// The academies it is about; empty is all.
    pub academies: Vec<String>,
    pub lines: Vec<DeletionLine>,
    pub recordings: Vec<DeletedFiles>,
    /// Data controllers and contacts.
    pub notices: Vec<String>,
    pub edited_at: Timestamp,
    pub edited_by: String,
}

/// One kind of data of one academy.
#[derive(Debug, Clone)]
pub struct DeletionLine {
    pub kind: String,
    pub term: String,
    pub academy: String,
    pub count: u64,
    pub bytes: u64,
    pub held: u64,
}

/// The files of one recording.
#[derive(Debug, Clone)]
pub struct DeletedFiles {
    pub title: String,
    pub started: Timestamp,
    pub recording: String,
    pub bytes: u64,
}

/// The certificate, A4.
///
/// # Errors
/// The PDF cannot be written.
pub fn deletion_pdf(document: &DeletionDocument) -> Result<File, ExportError> {
    let zone = &document.zone;
    let mut flow = Flow::new(A4)?;
    flow.heading(1, "Certificat d’effacement");
    let done = zone.date_and_hour(document.at);
    flow.paragraph(
        &format!(
            "Le serveur {} certifie que les données ci-dessous, dont la durée de conservation était écoulée, ont \
             été effacées le {done} ({}).",
            document.base,
            zone.name()
        ),
        Cut::Regular,
        10.5,
    );
    let whose = match document.academies.as_slice() {
        [] => "toutes".to_owned(),
        named => named.join(", "),
    };
    let edited = zone.date_and_hour(document.edited_at);
    let mut pairs =
        vec![("Académies", whose), ("Édité le", edited), ("Édité par", document.edited_by.clone())];
    pairs.retain(|(_, value)| !value.is_empty());
    flow.pairs(&pairs, 9.5);
    flow.heading(2, "Données effacées");
    if document.lines.is_empty() {
        flow.paragraph("Rien n’avait fait son temps.", Cut::Regular, 9.5);
    } else {
        lines(document).put(&mut flow);
    }
    if !document.recordings.is_empty() {
        let table = recordings(document);
        flow.heading_of(2, "Enregistrements effacés", table.beginning(&flow));
        table.put(&mut flow);
    }
    for notice in &document.notices {
        flow.space(4.0);
        flow.paragraph(notice, Cut::Regular, 8.5);
    }
    let foot = format!("Document n° {}", document.number);
    let name = format!("certificat-effacement_{}.pdf", zone.stamp(document.at));
    Ok(File { name, bytes: flow.finish("Certificat d’effacement", &foot, document.edited_at)? })
}

fn lines(document: &DeletionDocument) -> Table {
    let columns = vec![
        Column::new("Données", 3.0),
        Column::new("Conservées", 2.6),
        Column::new("Académie", 1.6),
        Column::new("Effacées", 1.0),
        Column::new("Taille", 1.2),
        Column::new("Retenues", 1.1),
    ];
    let row = |line: &DeletionLine| {
        let academy = if line.academy.is_empty() { "–" } else { line.academy.as_str() };
        vec![
            line.kind.clone(),
            line.term.clone(),
            academy.to_owned(),
            line.count.to_string(),
            size(line.bytes),
            line.held.to_string(),
        ]
    };
    let rows = document.lines.iter().map(row).collect();
    Table { columns, rows, size: 8.5, least: 0.0, naming: 0 }
}

fn recordings(document: &DeletionDocument) -> Table {
    let columns = vec![
        Column::new("Séance", 3.0),
        Column::new("Enregistrée le", 1.8),
        Column::new("Enregistrement", 3.4),
        Column::new("Taille", 1.2),
    ];
    let row = |one: &DeletedFiles| {
        let started = document.zone.date_and_hour(one.started);
        vec![one.title.clone(), started, one.recording.clone(), size(one.bytes)]
    };
    let rows = document.recordings.iter().map(row).collect();
    Table { columns, rows, size: 8.5, least: 0.0, naming: 0 }
}

/// In the unit in which it is a short number.
fn size(bytes: u64) -> String {
    match bytes {
        0 => "–".to_owned(),
        1..1_000_000 => format!("{}\u{202f}ko", bytes.div_ceil(1_000)),
        1_000_000..1_000_000_000 => format!("{}\u{202f}Mo", bytes.div_ceil(1_000_000)),
        _ => format!("{}\u{202f}Go", bytes.div_ceil(1_000_000_000)),
    }
}
