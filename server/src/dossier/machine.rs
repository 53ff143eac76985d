//! What other programs fetch again and again: presence as JSON, told only when it changed, and statements for a
//! learning record store.

use jiff::Timestamp;
use signaling::{attendance::visits, id::SeanceId, seance::Seance};

use super::{By, Dossier, DossierError, Format, bare, numbered};
use crate::{
    archive::{Made, Request},
    export::{
        ExportError, File,
        json::{Cursor, PresenceJson},
        seance_xapi,
    },
    store::Logged,
};

/// A page of presence as JSON.
#[derive(Debug, Clone)]
pub struct Page {
    pub logged: Logged,
    pub file: File,
    /// Entity tag of what it says.
    pub tag: String,
}

/// What a reader is told who may have it already.
#[derive(Debug, Clone)]
pub enum Told {
    /// Nothing that its entity tag does not say.
    Same {
        tag: String,
    },
    Page(Box<Page>),
}

impl Dossier<'_> {
    /// Presence as JSON, its first `limit` rows, unless it still says what the reader has, which `known` tells by its
    /// entity tag. What is given out is an export like any other, and its further pages are cut from it.
    ///
    /// # Errors
    /// It cannot be gathered, made or kept.
    pub async fn presence_json(
        &self,
        plan: &Seance,
        limit: usize,
        by: &By,
        now: Timestamp,
        known: impl Fn(&str) -> bool,
    ) -> Result<Told, DossierError> {
        let document = self.document(plan, by, now).await?;
        let tag = PresenceJson::of(&document).etag()?;
        if known(&tag) {
            return Ok(Told::Same { tag });
        }
        let request = self.request(plan.id, Format::Json, by, now);
        let (logged, file) = self
            .archive
            .export(&request, |turn| {
                let mut document = document.clone();
                let digests = numbered(&mut document, turn);
                Ok(Made { file: PresenceJson::of(&document).file(&document)?, digests })
            })
            .await?;
        if !document.seance.closed {
            self.archive.let_go(&logged).await?;
        }
        let start = Cursor { export: logged.number, row: 0 };
        let file = cut(file, start, limit)?;
        Ok(Told::Page(Box::new(Page { logged, file, tag })))
    }

    /// A further page of an export of before.
    ///
    /// # Errors
    /// There is no such export of that séance, or its bytes are not kept any more.
    pub async fn presence_page(
        &self,
        seance: SeanceId,
        cursor: Cursor,
        limit: usize,
    ) -> Result<Page, DossierError> {
        let logged = self.store.export(cursor.export).await?.filter(|logged| {
            (logged.scope.as_str(), logged.format.as_str()) == ("seance", Format::Json.name())
                && logged.scope_id == seance.to_string()
                && logged.kept
        });
        let logged = logged.ok_or(DossierError::Nothing("no such export of that séance"))?;
        let file = File { name: logged.file_name.clone(), bytes: self.archive.bytes(&logged)? };
        let tag = format!("\"{}-{}\"", logged.sha256, cursor.row);
        Ok(Page { file: cut(file, cursor, limit)?, logged, tag })
    }

    pub(super) async fn xapi(
        &self,
        plan: &Seance,
        request: &Request,
        by: &By,
        now: Timestamp,
    ) -> Result<(Logged, File), DossierError> {
        let document = self.document(plan, by, now).await?;
        let (log, known) = (self.store.log(plan.id).await?, self.store.known_here(plan).await?);
        let visits = visits(plan, log.view(plan), &log, &known, now);
        let made = self.archive.export(request, |turn| {
            Ok(bare(seance_xapi(&document.seance, &visits, self.base, self.proof, turn.version)?))
        });
        Ok(made.await?)
    }
}

fn cut(file: File, from: Cursor, limit: usize) -> Result<File, ExportError> {
    let page = PresenceJson::read(&file.bytes)?.page(from, limit);
    Ok(File { bytes: serde_json::to_vec(&page)?, ..file })
}
