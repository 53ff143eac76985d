//! What is kept about one person, for that person: chapters of tables.

use jiff::Timestamp;

use super::{
    A4,
    flow::Flow,
    letter::Cut,
    table::{Column, Table},
};
use crate::export::{ExportError, File, zone::Zone};

/// One person's data.
#[derive(Debug, Clone)]
pub struct PersonalDocument {
    pub name: String,
    pub made_at: Timestamp,
    pub zone: Zone,
    pub chapters: Vec<Chapter>,
}

/// A kind of data: why it is kept and until when, then the data.
#[derive(Debug, Clone)]
pub struct Chapter {
    pub title: String,
    pub remark: String,
    pub columns: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

/// The data of one person as a readable document, A4.
///
/// # Errors
/// The PDF cannot be written.
pub fn personal_pdf(document: &PersonalDocument) -> Result<File, ExportError> {
    let mut flow = Flow::new(A4)?;
    flow.heading(1, "Mes données");
    let made = document.zone.date_and_hour(document.made_at);
    flow.paragraph(
        &format!("Données conservées au nom de {}, le {made} ({}).", document.name, document.zone.name()),
        Cut::Regular,
        10.0,
    );
    for chapter in &document.chapters {
        flow.heading(2, &chapter.title);
        if !chapter.remark.is_empty() {
            flow.paragraph(&chapter.remark, Cut::Regular, 8.5);
        }
        if chapter.rows.is_empty() {
            flow.paragraph("Aucune donnée.", Cut::Regular, 9.0);
            continue;
        }
        let columns = chapter.columns.iter().map(|title| Column::new(title.clone(), 1.0)).collect();
        Table { columns, rows: chapter.rows.clone(), size: 8.0, least: 0.0, naming: 0 }.put(&mut flow);
    }
    let name = format!("mes-donnees_{}.pdf", document.zone.stamp(document.made_at));
    Ok(File { name, bytes: flow.finish("Mes données", "Mes données", document.made_at)? })
}
