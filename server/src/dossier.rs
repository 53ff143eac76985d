//! The files about a séance or a session of a parcours: gathered from the store, written, numbered and kept.

mod attestation;
mod badge;
mod deletion;
mod format;
mod machine;

use std::collections::BTreeMap;

use jiff::Timestamp;
use signaling::{
    enrolment::InvitationAnswer,
    hours::{intervention::SeanceInterventions, report::PersonHours, training::Hours},
    id::{PersonId, SeanceId, SessionFormationId},
    person::Person,
    seance::Seance,
};

pub(crate) use badge::issuer_name;
pub use format::Format;
pub use machine::{Page, Told};

use crate::{
    academy::Academies,
    archive::{Archive, ArchiveError, Made, Request},
    calendar::{Entry, Method, calendar},
    export::{
        CHANGED, ExportError, File, HoursDocument, HoursRow,
        csv::Dialect,
        document::{Edition, Frame, GaiaNumber, GaiaSession, SeanceDocument, Who},
        gaia_entry_aid, header_csv, hours_csv, hours_xapi, hours_xlsx, interventions_csv,
        json::PresenceJson,
        pdf::{CollectiveDocument, collective_pdf, comment, emargement_pdf},
        presence_csv, presence_xlsx, proof_name,
        roll::seance_document,
        row_digest,
        zone::Zone,
    },
    hours::{Course, intervention::sharing},
    presence,
    proof::{Bundle, ProofKey},
    store::{Listed, Logged, Store, StoreError, Turn},
};

/// Who asks, and what that person may read.
#[derive(Debug, Clone)]
pub struct By {
    /// For the log.
    pub author: String,
    /// As papers name who made them.
    pub name: String,
    /// E-mail addresses may be read.
    pub addresses: bool,
}

/// What it takes to make files.
#[derive(Debug, Clone)]
pub struct Dossier<'s> {
    pub store: &'s Store,
    pub archive: Archive,
    pub proof: &'s ProofKey,
    pub academies: &'s Academies,
    /// Start of the addresses.
    pub base: &'s str,
}

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
pub enum DossierError {
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The séance has none, or the session has none.
    #[error("there is nothing of that form: {0}")]
    Nothing(&'static str),
    #[error(transparent)]
    Export(#[from] ExportError),
    #[error("the proof cannot be made: {0}; run `preau journal verify`")]
    Proof(#[from] crate::proof::BundleError),
}

impl From<StoreError> for DossierError {
    fn from(error: StoreError) -> Self {
        Self::Archive(error.into())
    }
}

impl Dossier<'_> {
    /// The file about a séance. `gaia` chooses one of several linked sessions of GAIA; without it they are in one file.
    ///
    /// # Errors
    /// It cannot be gathered, made or kept.
    pub async fn seance(
        &self,
        plan: &Seance,
        format: Format,
        gaia: Option<&GaiaNumber>,
        by: &By,
        now: Timestamp,
    ) -> Result<(Logged, File), DossierError> {
        let request = self.request(plan.id, format, by, now);
        if format == Format::Bundle {
            let file = self.bundle(plan, now).await?;
            return Ok(self.archive.export(&request, |_| Ok(bare(file.clone()))).await?);
        }
        if format == Format::Interventions {
            return Err(DossierError::Nothing("interventions are those of a session"));
        }
        if format == Format::Xapi {
            return self.xapi(plan, &request, by, now).await;
        }
        let document = self.document(plan, by, now).await?;
        let wanted = |linked: &GaiaSession| gaia.is_none_or(|gaia| gaia.names(&linked.key));
        if format == Format::Gaia && !document.frame.gaia.iter().any(wanted) {
            return Err(DossierError::Nothing("no such session of GAIA is linked"));
        }
        let made = self.archive.export(&request, |turn| {
            let mut document = document.clone();
            let digests = numbered(&mut document, turn);
            Ok(Made { file: self.written(plan, &document, format, gaia, by, now)?, digests })
        });
        Ok(made.await?)
    }

    fn request(&self, seance: SeanceId, format: Format, by: &By, at: Timestamp) -> Request {
        let (author, scope_id) = (by.author.clone(), seance.to_string());
        Request { author, scope: "seance", scope_id, format: format.name(), at }
    }

    async fn bundle(&self, plan: &Seance, now: Timestamp) -> Result<File, DossierError> {
        if self.store.condensed_at(plan.id).await?.is_some() {
            return Err(DossierError::Nothing("its journal was deleted when its time had come"));
        }
        let (records, seals) = (self.store.records(plan.id).await?, self.store.seals(plan.id).await?);
        let known = self.store.known_here(plan).await?;
        let bundle = Bundle::make(plan, &records, &seals, &known, self.proof, now)?;
        Ok(File { name: proof_name(plan), bytes: bundle.into_bytes() })
    }

    /// What files about a séance say, before it has a number.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn document(
        &self,
        plan: &Seance,
        by: &By,
        now: Timestamp,
    ) -> Result<SeanceDocument, StoreError> {
        let sheet = presence::sheet(self.store, plan, now).await?;
        let came: Vec<PersonId> = sheet.rows.iter().map(|row| row.person).collect();
        let mut roll = self.store.roll(plan, &came).await?;
        roll.frame.academy = self.academy(&roll.frame.academy);
        let connections = self.store.connections(plan.id).await?;
        let edition = self.edition(Zone::named(&plan.time_zone), by, now);
        let document = seance_document(plan, &sheet, &connections, roll, edition);
        Ok(if by.addresses { document } else { document.without_addresses() })
    }

    fn edition(&self, zone: Zone, by: &By, now: Timestamp) -> Edition {
        Edition { at: now, zone, by: by.name.clone(), version: 0, number: 0, base_url: self.base.to_owned() }
    }

    /// As people read it.
    fn academy(&self, name: &str) -> String {
        self.academies.find(name).map_or_else(|_| name.to_owned(), |academy| academy.label.clone())
    }

    fn written(
        &self,
        plan: &Seance,
        document: &SeanceDocument,
        format: Format,
        gaia: Option<&GaiaNumber>,
        by: &By,
        now: Timestamp,
    ) -> Result<File, ExportError> {
        match format {
            Format::Csv => presence_csv(document, Dialect::French, by.addresses),
            Format::CsvMachine => presence_csv(document, Dialect::Machine, by.addresses),
            Format::Header => header_csv(document, Dialect::French),
            Format::Xlsx => presence_xlsx(document, by.addresses),
            Format::Pdf => emargement_pdf(document),
            Format::Json => PresenceJson::of(document).file(document),
            Format::Gaia => gaia_entry_aid(document, gaia, by.addresses),
            Format::Ics => {
                let entry = Entry {
                    seance: plan,
                    organizer: None,
                    attendee: None,
                    answer: InvitationAnswer::Waiting,
                    reader_zone: &document.seance.zone.rules(),
                };
                let text = calendar(&[entry], Method::Copy, self.base, now);
                Ok(File { name: format!("seance_{}.ics", plan.id), bytes: text.into_bytes() })
            }
            // Made before, from the journal itself, or of a session only.
            Format::Bundle | Format::Xapi | Format::Interventions => {
                Err(ExportError::Pdf("that is no table".to_owned()))
            }
        }
    }

    /// The file about a session of a parcours.
    ///
    /// # Errors
    /// It cannot be gathered, made or kept.
    pub async fn session_formation(
        &self,
        id: SessionFormationId,
        format: Format,
        by: &By,
        now: Timestamp,
    ) -> Result<(Logged, File), DossierError> {
        let request = Request {
            author: by.author.clone(),
            scope: "session_formation",
            scope_id: id.to_string(),
            format: format.name(),
            at: now,
        };
        let (document, interventions, comment) = self.hours(id, by, now).await?;
        let made = self.archive.export(&request, |turn| {
            let mut document = document.clone();
            (document.edition.version, document.edition.number) = (turn.version, turn.number);
            let file = match format {
                Format::Csv => hours_csv(&document, Dialect::French, by.addresses),
                Format::CsvMachine => hours_csv(&document, Dialect::Machine, by.addresses),
                Format::Xlsx => hours_xlsx(&document, by.addresses),
                Format::Xapi => hours_xapi(&document, self.proof),
                Format::Interventions => interventions_csv(&document, &interventions),
                Format::Pdf | Format::Header | Format::Json | Format::Gaia | Format::Ics | Format::Bundle => {
                    let hours = document.clone();
                    collective_pdf(&CollectiveDocument { hours, comment: comment.clone() })
                }
            };
            Ok(Made { file: file?, digests: BTreeMap::new() })
        });
        match format {
            Format::Csv
            | Format::CsvMachine
            | Format::Xlsx
            | Format::Pdf
            | Format::Xapi
            | Format::Interventions => Ok(made.await?),
            Format::Header | Format::Json | Format::Gaia | Format::Ics | Format::Bundle => {
                Err(DossierError::Nothing(
                    "of a session there are csv, csv-machine, xlsx, pdf, xapi and interventions",
                ))
            }
        }
    }

    async fn hours(
        &self,
        id: SessionFormationId,
        by: &By,
        now: Timestamp,
    ) -> Result<(HoursDocument, Vec<SeanceInterventions>, String), DossierError> {
        let course = Course::load(self.store, id, now).await?;
        let course = course.ok_or(DossierError::Nothing("there is no such session"))?;
        let mut frame = self.store.frame_of(id).await?;
        let zone = self.zone_of(&frame);
        frame.academy = self.academy(&frame.academy);
        let listed = self.store.listed(&frame.gaia).await?;
        let sharing = sharing(self.academies, &course.session.academy);
        let interventions = course.interventions(sharing).seances;
        let lines = course.people().zip(course.report().rows);
        let mut rows: Vec<HoursRow> = lines.map(|(person, line)| hours_row(person, line, &listed)).collect();
        if !by.addresses {
            rows.iter_mut().for_each(|row| row.who.email = None);
            frame.trainers.iter_mut().for_each(|trainer| trainer.email = None);
        }
        rows.sort_by_cached_key(|row: &HoursRow| (row.who.sort_key(), row.person));
        let edition = self.edition(zone.clone(), by, now);
        let comment = comment(&course.decided_by_hand());
        Ok((HoursDocument { id, frame, zone, edition, rows }, interventions, comment))
    }

    fn zone_of(&self, frame: &Frame) -> Zone {
        Zone::named(
            self.academies.find(&frame.academy).map_or("Europe/Paris", |academy| academy.zone.as_str()),
        )
    }
}

/// One person's line in a table of hours.
fn hours_row(person: &Person, line: PersonHours, listed: &Listed) -> HoursRow {
    let attested = line.attestation.as_ref().map(|one| one.attested).unwrap_or_default();
    HoursRow {
        person: person.id,
        gaia: person.email.as_ref().and_then(|email| listed.get(email).cloned()).unwrap_or_default(),
        who: Who {
            last_name: person.last_name.clone(),
            first_name: person.first_name.clone(),
            email: person.email.clone(),
            uai: person.uai.clone(),
            school: person.school.clone(),
            town: person.town.clone(),
        },
        nominative: line.nominative,
        distance_attested: attested.distance,
        presence_attested: attested.presence,
        validated_min: match line.hours {
            Hours::NotFilled { .. } => None,
            hours @ Hours::Counted { .. } => Some(hours.total().0),
        },
        attested_at: line.attestation.as_ref().map(|one| one.at),
        attested_by: line.attestation.map(|one| one.by).unwrap_or_default(),
    }
}

/// A file without rows.
fn bare(file: File) -> Made {
    Made { file, digests: BTreeMap::new() }
}

/// Gives the document its number and version, and marks the rows that changed since the version before.
fn numbered(document: &mut SeanceDocument, turn: &Turn) -> BTreeMap<String, String> {
    (document.edition.version, document.edition.number) = (turn.version, turn.number);
    let digests: BTreeMap<String, String> =
        document.rows.iter().map(|row| (row.key(), row_digest(document, row))).collect();
    if turn.version > 1 {
        for row in &mut document.rows {
            let key = row.key();
            if turn.before.get(&key) != digests.get(&key) {
                row.flags.push(CHANGED.to_owned());
                row.flags.sort_unstable();
            }
        }
    }
    digests
}
