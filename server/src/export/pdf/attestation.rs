//! One person's attestation (Annex A.10): no connection times, no threshold, nobody else.

use jiff::Timestamp;

use super::{A4, flow::Flow, letter::Cut};
use crate::export::{
    ExportError, File,
    document::{Frame, Who},
    hours::UNKNOWN,
    writing::{hmm, joined},
    zone::{Zone, day},
};

/// What an attestation says.
#[derive(Debug, Clone)]
pub struct AttestationDocument {
    pub frame: Frame,
    pub who: Who,
    /// Printed on the paper; the same when it is printed again.
    pub number: String,
    pub distance_attested: bool,
    pub presence_attested: bool,
    pub attested_by: String,
    /// In which capacity, "formateur".
    pub capacity: String,
    pub attested_at: Timestamp,
    pub zone: Zone,
    pub verify_code: String,
    /// Where the code is checked.
    pub verify_url: String,
    /// It was printed before.
    pub duplicate: bool,
    /// Data controller and contact; may be empty.
    pub legal_notice: String,
}

/// The attestation individuelle de participation, A4.
///
/// # Errors
/// The PDF cannot be written.
pub fn attestation_pdf(document: &AttestationDocument) -> Result<File, ExportError> {
    let frame = &document.frame;
    let mut flow = Flow::new(A4)?;
    flow.heading(1, "Attestation de participation");
    let dated = document.zone.date(document.attested_at);
    flow.paragraph(&format!("N° {}, le {dated}", document.number), Cut::Regular, 10.0);
    if document.duplicate {
        flow.paragraph("DUPLICATA", Cut::Bold, 10.0);
    }
    flow.space(10.0);
    flow.paragraph(&document.who.listed(), Cut::Bold, 14.0);
    if let Some(place) = joined(&[&document.who.place(), &academy(&frame.academy)], ", ") {
        flow.paragraph(&place, Cut::Regular, 11.0);
    }
    flow.space(8.0);
    let title = if frame.parcours_identifiant.is_empty() {
        format!("a participé à la formation « {} »", frame.parcours_title)
    } else {
        format!("a participé à la formation « {} » ({})", frame.parcours_title, frame.parcours_identifiant)
    };
    flow.paragraph(&title, Cut::Regular, 11.0);
    flow.pairs(&facts(document), 10.0);
    for (heading, text) in [("Objectifs", &frame.objectives), ("Compétences", &frame.competences)] {
        if !text.is_empty() {
            flow.heading(2, heading);
            flow.paragraph(text, Cut::Regular, 10.0);
        }
    }
    if !frame.gaia.is_empty() {
        flow.heading(2, "Références GAIA");
        for gaia in &frame.gaia {
            let key = &gaia.key;
            let line =
                format!("Dispositif {}, module {}, session {}", key.dispositif, key.module, key.session);
            flow.paragraph(&line, Cut::Regular, 10.0);
        }
    }
    flow.space(10.0);
    let by = format!("Attestée par {} ({}), le {dated}.", document.attested_by, document.capacity);
    flow.paragraph(&by, Cut::Regular, 11.0);
    flow.heading(2, "Vérification");
    let check = format!("Code de vérification : {}\n{}", document.verify_code, document.verify_url);
    flow.paragraph(&check, Cut::Regular, 10.0);
    flow.code(&document.verify_url, 84.0)?;
    if !document.legal_notice.is_empty() {
        flow.paragraph(&document.legal_notice, Cut::Regular, 8.0);
    }
    let foot = format!("Attestation n° {}", document.number);
    let number: String = document
        .number
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' })
        .collect();
    let bytes = flow.finish("Attestation de participation", &foot, document.attested_at)?;
    Ok(File { name: format!("attestation_{number}.pdf"), bytes })
}

fn academy(name: &str) -> String {
    if name.is_empty() { String::new() } else { format!("académie\u{202f}: {name}") }
}

fn facts(document: &AttestationDocument) -> Vec<(&'static str, String)> {
    let frame = &document.frame;
    let dates: Vec<String> = [frame.starts_on, frame.ends_on].into_iter().flatten().map(day).collect();
    let announced = |minutes: Option<u32>| minutes.map_or_else(|| UNKNOWN.to_owned(), hmm);
    let taken = |attested: bool| if attested { "attestée" } else { "non attestée" }.to_owned();
    let mut facts = vec![
        ("Dates", dates.join(" – ")),
        ("Session", frame.title.clone()),
        ("Durée annoncée à distance", announced(frame.distance_min)),
        ("Durée annoncée en présence", announced(frame.presence_min)),
        ("Participation à distance", taken(document.distance_attested)),
        ("Participation en présence", taken(document.presence_attested)),
    ];
    facts.retain(|(_, value)| !value.is_empty());
    facts
}
