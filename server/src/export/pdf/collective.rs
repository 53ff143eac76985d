//! The collective attestation, in the order of the historical one: what, who leads, who took part, by GAIA session.

use std::collections::BTreeMap;

use super::{
    A4,
    flow::Flow,
    letter::Cut,
    table::{Column, Table},
};
use crate::export::{
    ExportError, File,
    document::GaiaSession,
    hours::{self, HoursDocument, HoursRow, UNKNOWN},
    writing::{hmm, joined, mode_word, reason_word},
    zone::day,
};

/// What the collective attestation holds.
#[derive(Debug, Clone)]
pub struct CollectiveDocument {
    pub hours: HoursDocument,
    /// A word of who signs it; may be empty.
    pub comment: String,
}

/// What the comment says of presences that somebody decided, by the codes of the reasons: how many and why, and of
/// nobody by name. Empty where all is as it was computed.
#[must_use]
pub fn comment(decided: &BTreeMap<&'static str, u32>) -> String {
    let reasons: Vec<String> =
        decided.iter().map(|(code, count)| format!("{} ({count})", reason_word(code))).collect();
    if reasons.is_empty() {
        return String::new();
    }
    format!(
        "Commentaire\u{a0}: présences décidées par une personne et non par le seul calcul, motif et auteur \
         gardés dans l’historique de chaque séance\u{a0}: {}.",
        reasons.join(", ")
    )
}

/// The attestation collective of a session of a parcours, A4.
///
/// # Errors
/// The PDF cannot be written.
pub fn collective_pdf(document: &CollectiveDocument) -> Result<File, ExportError> {
    let hours = &document.hours;
    let (frame, edition) = (&hours.frame, &hours.edition);
    let mut flow = Flow::new(A4)?;
    flow.heading(1, "Attestation collective de participation");
    flow.paragraph(&frame.parcours_title, Cut::Bold, 12.0);
    flow.pairs(&block(document), 9.0);
    if !document.comment.is_empty() {
        flow.paragraph(&document.comment, Cut::Regular, 9.5);
    }
    for (index, gaia) in frame.gaia.iter().enumerate() {
        if index > 0 {
            flow.break_page();
        }
        gaia_block(&mut flow, hours, gaia);
    }
    let others: Vec<&HoursRow> = hours.rows.iter().filter(|row| row.gaia.is_empty()).collect();
    if !others.is_empty() {
        if !frame.gaia.is_empty() {
            flow.break_page();
        }
        let title = if frame.gaia.is_empty() {
            "Participants"
        } else {
            "Participants non inscrits à une session GAIA"
        };
        let table = people(&others);
        flow.heading_of(2, title, table.beginning(&flow));
        table.put(&mut flow);
    }
    flow.signature_box("Le formateur (nom, date, signature)", 220.0, 70.0);
    let title = format!("Attestation collective – {}", frame.parcours_title);
    let foot = format!("Document n° {}, version {}", edition.number, edition.version);
    let name = hours::file_name(hours, "attestation-collective", "pdf");
    Ok(File { name, bytes: flow.finish(&title, &foot, edition.at)? })
}

fn block(document: &CollectiveDocument) -> Vec<(&'static str, String)> {
    let hours = &document.hours;
    let (frame, edition) = (&hours.frame, &hours.edition);
    let period: Vec<String> = [frame.starts_on, frame.ends_on].into_iter().flatten().map(day).collect();
    let names = |tutor: bool| {
        let people = frame.trainers.iter().filter(|trainer| trainer.tutor == tutor);
        let said = people.map(|person| match &person.email {
            Some(email) => format!("{} <{email}>", person.name),
            None => person.name.clone(),
        });
        said.collect::<Vec<_>>().join(", ")
    };
    let enrolled = hours.rows.iter().filter(|row| row.nominative).count();
    let took_part = hours.rows.iter().filter(|row| row.took_part()).count();
    let mut block = vec![
        ("Académie", frame.academy.clone()),
        ("Référence", frame.parcours_identifiant.clone()),
        ("Session du parcours", frame.title.clone()),
        ("Période", period.join(" – ")),
        ("Durée à distance", frame.distance_min.map_or_else(|| UNKNOWN.to_owned(), hmm)),
        ("Durée en présence", frame.presence_min.map_or_else(|| UNKNOWN.to_owned(), hmm)),
        ("Décompte", mode_word(&frame.hours_mode).to_owned()),
        ("Formateurs", names(false)),
        ("Tuteurs", names(true)),
        ("Inscrits", enrolled.to_string()),
        ("Participation attestée", took_part.to_string()),
        ("Édité le", format!("{} ({})", edition.zone.date_and_hour(edition.at), edition.zone.name())),
        ("Édité par", edition.by.clone()),
    ];
    block.retain(|(_, value)| !value.is_empty());
    block
}

fn gaia_block(flow: &mut Flow, hours: &HoursDocument, gaia: &GaiaSession) {
    let key = &gaia.key;
    flow.heading(2, &format!("Session GAIA {} – {}", key.session, gaia.module_name));
    let line = |number: &str, name: &str| joined(&[number, name], " – ").unwrap_or_default();
    let pairs = [
        ("Dispositif", line(&key.dispositif, &gaia.dispositif_name)),
        ("Module", line(&key.module.to_string(), &gaia.module_name)),
        ("Base", key.base.clone()),
        (
            "Dates",
            format!(
                "{} – {}",
                hours.zone.date_and_hour(gaia.starts_at),
                hours.zone.date_and_hour(gaia.ends_at)
            ),
        ),
    ];
    flow.pairs(&pairs, 9.0);
    let rows: Vec<&HoursRow> = hours.rows.iter().filter(|row| row.gaia.contains(key)).collect();
    people(&rows).put(flow);
}

fn people(rows: &[&HoursRow]) -> Table {
    let columns = vec![
        Column::new("NOM Prénom", 3.0),
        Column::new("Établissement – ville", 3.4),
        Column::new("Participation", 1.6),
    ];
    let rows = rows
        .iter()
        .map(|row| {
            let told = if row.took_part() { "Présent(e)" } else { "Absent(e)" };
            vec![row.who.listed(), row.who.place(), told.to_owned()]
        })
        .collect();
    Table { columns, rows, size: 9.0, least: 0.0, naming: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::samples;

    #[test]
    fn the_comment_says_how_many_and_why_and_nothing_of_nothing() {
        assert_eq!(comment(&BTreeMap::new()), "");
        let said = comment(&BTreeMap::from([("PANNE_RESEAU", 2), ("SALLE_PARTAGEE", 1)]));
        assert!(said.ends_with("\u{a0}: panne de réseau (2), salle partagée (1)."), "{said}");
    }

    #[test]
    fn who_only_walked_in_is_not_enrolled() {
        let mut hours = samples::hours();
        if let Some(row) = hours.rows.last_mut() {
            row.nominative = false;
        }
        let document = CollectiveDocument { hours, comment: String::new() };
        let block = block(&document);
        let told =
            |wanted: &str| block.iter().find(|(name, _)| *name == wanted).map(|(_, said)| said.as_str());
        assert_eq!((told("Inscrits"), told("Participation attestée")), (Some("1"), Some("2")));
    }
}
