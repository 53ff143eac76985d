//! Files about a séance, a session of a parcours, an attestation; the log of those that left.

use axum::{
    Json,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use signaling::{
    authorisation::Act,
    id::{AttestationId, SeanceId, SessionFormationId},
    protocol::{Permission, Refusal},
};

use super::{
    asker::Asker,
    attestation,
    bearer::Bearer,
    input::{Path, Query},
    refused::Refused,
};
use crate::{
    app::App,
    archive::{Archive, ArchiveError},
    dossier::{By, Dossier, DossierError, Format},
    export::File,
    store::Logged,
};

/// What may follow the `?`.
#[derive(Debug, Deserialize)]
pub(super) struct Options {
    /// The session of GAIA, where several are linked.
    session: Option<i64>,
}

/// A line of the log, as the page gets it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LogLine {
    number: u64,
    at: Timestamp,
    format: String,
    version: u64,
    file_name: String,
    sha256: String,
    row_count: u64,
}

fn dossier(app: &App) -> Dossier<'_> {
    let data = app.recordings.parent().unwrap_or(&app.recordings);
    Dossier {
        store: &app.store,
        archive: Archive::new(data, app.store.clone()),
        proof: &app.proof,
        academies: &app.academies,
        base: &app.base,
    }
}

/// Those who may export a sheet may read its addresses: they enrolled the people.
async fn by(app: &App, asker: &Asker) -> Result<By, Refused> {
    let person = match asker.person() {
        Some(person) => app.store.person(person).await?.map(|known| (person, known.display_name())),
        None => None,
    };
    let author = asker.person().map(|person| person.to_string()).unwrap_or_default();
    Ok(By { author, name: person.map(|(_, name)| name).unwrap_or_default(), addresses: true })
}

/// `GET /api/seances/{id}/export/{format}`.
pub(super) async fn of_seance(
    State(app): State<App>,
    asker: Asker,
    Path((id, format)): Path<(SeanceId, String)>,
    Query(options): Query<Options>,
) -> Result<Response, Refused> {
    let format = Format::named(&format).ok_or(Refusal::Unknown)?;
    let act = match format {
        Format::Gaia => Act::ExportGaia,
        Format::Bundle => Act::ExportProof,
        Format::Csv
        | Format::CsvMachine
        | Format::Header
        | Format::Xlsx
        | Format::Pdf
        | Format::Json
        | Format::Ics => Act::ExportPresence,
    };
    let plan = asker.seance(&app, id, act).await?;
    let by = by(&app, &asker).await?;
    let made = dossier(&app).seance(&plan, format, options.session, &by, app.clock.now()).await;
    let (logged, file) = made.map_err(refused)?;
    Ok(attached(format.media_type(), &logged, file))
}

/// `GET /api/presence.csv`: the same, by the ticket of a personal link.
pub(super) async fn csv(State(app): State<App>, bearer: Bearer) -> Result<Response, Refused> {
    bearer.may(Permission::SeePresence)?;
    let author = bearer.ticket.bearer.person().map(|person| person.to_string()).unwrap_or_default();
    let by = By { author, name: String::new(), addresses: true };
    let made = dossier(&app).seance(&bearer.plan, Format::Csv, None, &by, app.clock.now()).await;
    let (logged, file) = made.map_err(refused)?;
    Ok(attached(Format::Csv.media_type(), &logged, file))
}

/// `GET /api/sessions-formation/{id}/export/{format}`. `attestations` is the collective one, as `pdf` is.
pub(super) async fn of_session_formation(
    State(app): State<App>,
    asker: Asker,
    Path((id, format)): Path<(SessionFormationId, String)>,
) -> Result<Response, Refused> {
    let name = if format == "attestations" { "pdf" } else { format.as_str() };
    let format = Format::named(name).ok_or(Refusal::Unknown)?;
    asker.session_formation(&app, id, Act::ExportHours).await?;
    let by = by(&app, &asker).await?;
    let made = dossier(&app).session_formation(id, format, &by, app.clock.now()).await;
    let (logged, file) = made.map_err(refused)?;
    Ok(attached(format.media_type(), &logged, file))
}

/// `GET /api/attestations/{id}/pdf`: for the person it is about, and for those who may see it.
pub(super) async fn paper(
    State(app): State<App>,
    asker: Asker,
    Path(id): Path<AttestationId>,
) -> Result<Response, Refused> {
    attestation::found(&app, &asker, id).await?;
    let by = by(&app, &asker).await?;
    let made = dossier(&app).attestation(id, &by, app.clock.now()).await;
    let (logged, file) = made.map_err(refused)?;
    Ok(attached(Format::Pdf.media_type(), &logged, file))
}

/// `GET /api/seances/{id}/exports`: what left of a séance, the last one first.
pub(super) async fn log_of_seance(
    State(app): State<App>,
    asker: Asker,
    Path(id): Path<SeanceId>,
) -> Result<Json<Vec<LogLine>>, Refused> {
    asker.seance(&app, id, Act::SeeExports).await?;
    Ok(Json(app.store.exports("seance", &id.to_string()).await?.into_iter().map(line).collect()))
}

/// `GET /api/exports/{number}`: the bytes of an export of before, exactly as they left.
pub(super) async fn again(
    State(app): State<App>,
    asker: Asker,
    Path(number): Path<u64>,
) -> Result<Response, Refused> {
    asker.logged_in()?;
    let logged = app.store.export(number).await?.ok_or(Refusal::Unknown)?;
    match logged.scope.as_str() {
        "seance" => {
            let id = logged.scope_id.parse::<SeanceId>().map_err(|_| Refusal::Unknown)?;
            asker.seance(&app, id, Act::SeeExports).await?;
        }
        "session_formation" => {
            let id = logged.scope_id.parse::<SessionFormationId>().map_err(|_| Refusal::Unknown)?;
            asker.session_formation(&app, id, Act::SeeExports).await?;
        }
        // Papers of one person are made again by that person.
        _ => return Err(Refusal::Unknown.into()),
    }
    let bytes = dossier(&app).archive.bytes(&logged).map_err(|error| refused(error.into()))?;
    let media = Format::named(&logged.format).map_or("application/octet-stream", Format::media_type);
    let file = File { name: logged.file_name.clone(), bytes };
    Ok(attached(media, &logged, file))
}

fn line(logged: Logged) -> LogLine {
    let Logged { number, at, format, version, file_name, sha256, row_count, .. } = logged;
    LogLine { number, at, format, version, file_name, sha256, row_count }
}

/// What the person can do about it is said; the cause stands in the log.
fn refused(error: DossierError) -> Refused {
    match error {
        DossierError::Archive(ArchiveError::Store(error)) => error.into(),
        DossierError::Nothing(_) => Refusal::Unknown.into(),
        error @ DossierError::Archive(ArchiveError::Unkept { .. }) => {
            tracing::error!(%error, "an export was not kept, and not given out");
            Refusal::StorageFailing.into()
        }
        error @ (DossierError::Archive(ArchiveError::Export(_) | ArchiveError::Crowd)
        | DossierError::Proof(_)) => {
            tracing::error!(%error, "an export failed");
            Refusal::Busy.into()
        }
    }
}

fn attached(media: &'static str, logged: &Logged, file: File) -> Response {
    let headers = [
        (header::CONTENT_TYPE, media.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", file.name)),
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (header::ETAG, format!("\"{}\"", logged.sha256)),
    ];
    (headers, file.bytes).into_response()
}
