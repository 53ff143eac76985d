//! The sheet to sign: everybody expected, with a box for each half-day, or with what the connection proves.

use signaling::protocol::seance::SeanceKind;

use super::{
    A4_LANDSCAPE,
    flow::Flow,
    letter::Cut,
    table::{Column, Table},
};
use crate::export::{
    ExportError, File,
    document::{Part, Row, SeanceDocument},
    presence::{file_name, header_block, of_parts},
    writing::{length, word},
    zone::Zone,
};

/// Lines for people who come without being expected.
const WALK_INS: usize = 4;

/// The feuille d'émargement of a séance, A4 lying.
///
/// # Errors
/// The PDF cannot be written.
pub fn emargement_pdf(document: &SeanceDocument) -> Result<File, ExportError> {
    let (seance, edition) = (&document.seance, &document.edition);
    let mut flow = Flow::new(A4_LANDSCAPE)?;
    flow.heading(1, &format!("Feuille d’émargement – {}", seance.title));
    // The title and the edition stand elsewhere on the page.
    let mut block = header_block(document);
    block.retain(|(name, _)| {
        !matches!(*name, "Séance" | "Édité le" | "Édité par" | "Version" | "Document n°")
    });
    flow.pairs(&block, 8.5);
    for (title, parts, blank) in [
        ("Participants", &[Part::Participant][..], WALK_INS),
        ("Formateurs et tuteurs", &[Part::Trainer, Part::CoTrainer, Part::Tutor][..], 0),
    ] {
        let table = table(document, parts, blank);
        flow.heading_of(2, title, table.beginning(&flow));
        table.put(&mut flow);
    }
    if seance.kind != SeanceKind::Presentiel {
        flow.paragraph(REMARK, Cut::Regular, 8.0);
    }
    flow.signature_box("Le formateur (nom, date, signature)", 240.0, 64.0);
    let title = format!("Feuille d’émargement – {}", seance.title);
    let foot = format!(
        "Document n° {}, version {}, édité le {} ({}) par {}",
        edition.number,
        edition.version,
        edition.zone.date_and_hour(edition.at),
        edition.zone.name(),
        edition.by
    );
    Ok(File {
        name: file_name(document, "emargement", "pdf"),
        bytes: flow.finish(&title, &foot, edition.at)?,
    })
}

const REMARK: &str = "« Connexion authentifiée » : la personne a été reconnue par son compte, par un lien \
                      personnel ou par un code ; l’horaire et les minutes sont ceux du journal du serveur, dont la \
                      preuve peut être vérifiée. Le replay vu, s’il est indiqué, ne compte pas dans la présence.";

fn table(document: &SeanceDocument, parts: &[Part], blank: usize) -> Table {
    let by_hand = document.seance.kind == SeanceKind::Presentiel || !document.half_days.is_empty();
    let mut columns = vec![
        Column::new("N°", 0.5),
        Column::new("NOM Prénom", 3.2),
        Column::new("Établissement – ville", 3.0),
    ];
    let zone = &document.seance.zone;
    if by_hand {
        let titles: Vec<String> = match document.half_days.as_slice() {
            [] => vec!["Matin".to_owned(), "Après-midi".to_owned()],
            days => days.iter().map(|day| half_day(zone, day.starts_at)).collect(),
        };
        columns.extend(titles.into_iter().map(|title| Column::new(title, 2.4)));
    } else {
        columns.extend([
            Column::new("Signature ou connexion", 2.6),
            Column::new("Première connexion", 1.6),
            Column::new("Dernière déconnexion", 1.7),
            Column::new("Minutes", 0.9),
            Column::new("Statut", 1.5),
        ]);
        columns.extend(document.has_replays().then(|| Column::new("Replay vu", 1.2)));
    }
    let mut rows: Vec<Vec<String>> = of_parts(document, parts)
        .zip(1_usize..)
        .map(|(row, number)| {
            let mut cells = vec![number.to_string(), listed(row), row.who.place()];
            cells.extend(if by_hand { signed(document, row) } else { connected(document, row) });
            cells
        })
        .collect();
    rows.extend((0..blank).map(|_| Vec::new()));
    Table { columns, rows, size: 8.5, least: if by_hand { 26.0 } else { 17.0 }, naming: 1 }
}

/// "18/11/2026 matin".
fn half_day(zone: &Zone, starts_at: jiff::Timestamp) -> String {
    let morning = zone.local(starts_at).hour() < 12;
    format!("{} {}", zone.date(starts_at), if morning { "matin" } else { "après-midi" })
}

/// NOM Prénom, and what the person is when no participant.
fn listed(row: &Row) -> String {
    match row.part {
        Part::Participant => row.who.listed(),
        Part::Trainer | Part::CoTrainer | Part::Tutor => {
            format!("{} ({})", row.who.listed(), row.part.word())
        }
    }
}

/// A cell for each half-day: how it was signed, or empty for a signature.
fn signed(document: &SeanceDocument, row: &Row) -> Vec<String> {
    let zone = &document.seance.zone;
    let boxes = document.half_days.len().max(2);
    let signature = |index: usize| {
        let Some(Some(signature)) = row.signatures.get(index) else { return String::new() };
        let how = match signature.method.as_str() {
            "qr" => "signé par code QR",
            "code" => "signé par code",
            "tick" => "pointé par le formateur",
            "paper" => "liste papier",
            other => other,
        };
        format!("{how}, {}", zone.hour(signature.at))
    };
    (0..boxes).map(signature).collect()
}

/// What the connection proves.
fn connected(document: &SeanceDocument, row: &Row) -> Vec<String> {
    let zone = &document.seance.zone;
    let mention = match (row.connections, row.authenticated) {
        (0, _) => "",
        (_, true) => "connexion authentifiée",
        (_, false) => "nom déclaré",
    };
    let at = |at: Option<jiff::Timestamp>| at.map(|at| zone.time(at)).unwrap_or_default();
    let mut cells = vec![
        mention.to_owned(),
        at(row.first_in),
        at(row.last_out),
        (row.presence_ms / 60_000).to_string(),
        word(row.status, document.seance.closed).to_owned(),
    ];
    cells.extend(document.has_replays().then(|| length(row.replay_ms)));
    cells
}
