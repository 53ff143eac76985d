//! What those who lead did, as a table: one line a person and séance. Never trainee hours (domain rules §2.4).

use signaling::{
    enrolment::EnrolmentRole,
    hours::intervention::{Intervention, SeanceInterventions},
};

use super::{
    ExportError, File,
    csv::{self, Dialect},
    hours::{HoursDocument, file_name},
    writing::{hmm, hours},
    zone::Zone,
};

const COLUMNS: [&str; 14] = [
    "nom",
    "role",
    "seance",
    "date",
    "debut_annonce",
    "fuseau",
    "duree_annoncee",
    "preparation_min",
    "animation_min",
    "apres_min",
    "intervention_creditee",
    "intervention_hmm",
    "origine",
    "indicateurs",
];

/// The interventions of a session, by séance; those of a séance that is not over are marked `PROVISOIRE`.
///
/// # Errors
/// The table cannot be written.
pub fn interventions_csv(
    document: &HoursDocument,
    seances: &[SeanceInterventions],
) -> Result<File, ExportError> {
    let rows = seances.iter().flat_map(|seance| seance.people.iter().map(move |one| cells(seance, one)));
    let bytes = csv::table(Dialect::French, COLUMNS, |_| true, rows)?;
    Ok(File { name: file_name(document, "interventions", "csv"), bytes })
}

fn cells(seance: &SeanceInterventions, one: &Intervention) -> [String; 14] {
    let zone = Zone::named(&seance.time_zone);
    let provisional = (!seance.closed).then_some("PROVISOIRE");
    let mut codes: Vec<&str> = one.flags.iter().map(String::as_str).chain(provisional).collect();
    codes.sort_unstable();
    [
        one.name.clone(),
        word(one.role).to_owned(),
        seance.title.clone(),
        zone.date(seance.starts_at),
        zone.hour(seance.starts_at),
        zone.name().to_owned(),
        hmm(seance.announced.0),
        one.before.0.to_string(),
        one.animation.0.to_string(),
        one.after.0.to_string(),
        hours(one.credited.0).to_string(),
        hmm(one.credited.0),
        if one.by_hand { "manuel" } else { "auto" }.to_owned(),
        codes.join(" "),
    ]
}

fn word(role: EnrolmentRole) -> &'static str {
    match role {
        EnrolmentRole::Trainer => "formateur",
        EnrolmentRole::CoTrainer => "co-formateur",
        EnrolmentRole::Tutor => "tuteur",
        EnrolmentRole::Participant | EnrolmentRole::Observer => "",
    }
}
