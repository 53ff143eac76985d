//! The certificate of a purge.

use jiff::Timestamp;
use signaling::{
    id::RetentionRunId,
    office::privacy::{PurgeLine, TermShown, TermUnit},
    retention::{Kind, Terms},
};

use super::{By, Dossier, DossierError, bare};
use crate::{
    archive::Request,
    export::{
        File,
        pdf::{DeletedFiles, DeletionDocument, DeletionLine, deletion_pdf},
        zone::Zone,
    },
    store::Logged,
};

impl Dossier<'_> {
    /// What a purge deleted, as a paper: of those academies, or of all.
    ///
    /// # Errors
    /// There was no such purge, or the paper cannot be made or kept.
    pub async fn deletion(
        &self,
        id: RetentionRunId,
        academies: Option<&[String]>,
        terms: &Terms,
        by: &By,
        now: Timestamp,
    ) -> Result<(Logged, File), DossierError> {
        let (run, before) =
            self.store.purge_of(id).await?.ok_or(DossierError::Nothing("there was no such purge"))?;
        let about = |academy: &str| academies.is_none_or(|all| all.iter().any(|one| one == academy));
        let shown = terms.shown(now);
        let lines =
            run.lines.iter().filter(|line| about(&line.academy)).map(|line| told(line, &shown)).collect();
        let mut recordings = Vec::new();
        for one in self.store.deleted_between(before, run.at).await? {
            let Some(plan) = self.store.seance(one.seance).await? else { continue };
            if about(&plan.academy) {
                recordings.push(DeletedFiles {
                    title: plan.title,
                    started: one.started,
                    recording: one.recording.to_string(),
                    bytes: one.bytes,
                });
            }
        }
        let known = academies.unwrap_or_default().iter().filter_map(|name| self.academies.find(name).ok());
        let zone = known.clone().next().map_or("Europe/Paris", |academy| academy.zone.as_str());
        let document = DeletionDocument {
            number: 0,
            at: run.at,
            zone: Zone::named(zone),
            base: self.base.to_owned(),
            academies: known.clone().map(|academy| academy.label.clone()).collect(),
            lines,
            recordings,
            notices: known.map(|academy| academy.legal_notice(self.base)).collect(),
            edited_at: now,
            edited_by: by.name.clone(),
        };
        let request = Request {
            author: by.author.clone(),
            scope: "retention",
            scope_id: id.to_string(),
            format: "pdf",
            at: now,
        };
        let made = self.archive.export(&request, |turn| {
            Ok(bare(deletion_pdf(&DeletionDocument { number: turn.number, ..document.clone() })?))
        });
        Ok(made.await?)
    }
}

fn told(line: &PurgeLine, terms: &[TermShown]) -> DeletionLine {
    DeletionLine {
        kind: words(line.kind).to_owned(),
        term: terms.iter().find(|term| term.kind == line.kind).map_or_else(|| "–".to_owned(), term),
        academy: line.academy.clone(),
        count: line.count,
        bytes: line.bytes,
        held: line.held,
    }
}

fn words(kind: Kind) -> &'static str {
    match kind {
        Kind::Erasures => "Identités",
        Kind::Chat => "Messages de discussion",
        Kind::Guests => "Noms saisis par des invités",
        Kind::Recordings => "Enregistrements",
        Kind::Events => "Arrivées et départs détaillés",
        Kind::Results => "Présences, corrections, attestations",
        Kind::Gaia => "Listes GAIA sans séance",
        Kind::Logins => "Connexions et invitations passées",
        Kind::Logs => "Journaux des exports et des consultations",
        Kind::Files => "Fichiers devenus inutiles",
    }
}

fn term(term: &TermShown) -> String {
    let (count, plural) = (term.count, if term.count > 1 { "s" } else { "" });
    match term.unit {
        TermUnit::Days => format!("{count} jour{plural}"),
        TermUnit::Months => format!("{count} mois"),
        TermUnit::MonthsAfterYear => format!("{count} mois après l’année scolaire"),
        TermUnit::YearsAfterBase => {
            format!("{count} an{plural} après l’année scolaire en cours et la précédente")
        }
        TermUnit::CalendarYears => format!("{count} année{plural} civile{plural} révolue{plural}"),
        TermUnit::Years => format!("{count} an{plural}"),
    }
}
