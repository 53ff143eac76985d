//! Files about a séance, a session of a parcours, an attestation.

use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use signaling::{
    authorisation::Act,
    id::{AttestationId, SeanceId, SessionFormationId},
    office::privacy::Viewed,
    protocol::{Permission, Problem, Refusal},
    seance::Seance,
};

use super::{
    asker::Asker,
    attestation,
    bearer::Bearer,
    hours,
    input::{Path, Query},
    refused::Refused,
    viewed::{export_noted, hours_noted, person_noted},
};
use crate::{
    app::App,
    archive::{Archive, ArchiveError},
    dossier::{By, Dossier, DossierError, Format, Told},
    export::{File, document::GaiaNumber},
    store::Logged,
};

/// What may follow the `?`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Options {
    /// The session of GAIA, `BASE/SESSION`, where several are linked; all of them when absent.
    session: Option<String>,
    /// `false` leaves e-mail addresses out, for a file that is passed on.
    addresses: Option<bool>,
    /// JSON: at most so many rows, and where to go on.
    limit: Option<usize>,
    cursor: Option<String>,
}

/// Most rows of a page of JSON.
const MAX_ROWS: usize = 5_000;

pub(super) fn dossier(app: &App) -> Dossier<'_> {
    let data = app.recordings.parent().unwrap_or(&app.recordings);
    Dossier {
        store: &app.store,
        archive: Archive::new(data, app.store.clone()),
        proof: &app.proof,
        academies: &app.academies,
        base: &app.base,
    }
}

/// Who asks. Addresses are for those who enrolled the people, and only if they want them in the file.
pub(super) async fn by(app: &App, asker: &Asker, addresses: bool) -> Result<By, Refused> {
    let person = match asker.person() {
        Some(person) => app.store.person(person).await?.map(|known| (person, known.display_name())),
        None => None,
    };
    let author = asker.person().map(|person| person.to_string()).unwrap_or_default();
    Ok(By { author, name: person.map(|(_, name)| name).unwrap_or_default(), addresses })
}

/// `GET /api/seances/{id}/export/{format}`.
pub(super) async fn of_seance(
    State(app): State<App>,
    asker: Asker,
    Path((id, format)): Path<(SeanceId, String)>,
    Query(options): Query<Options>,
    headers: HeaderMap,
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
        | Format::Ics
        | Format::Xapi
        | Format::Interventions => Act::ExportPresence,
    };
    let plan = asker.seance(&app, id, act).await?;
    let wrong = || Refusal::Invalid { field: "session".to_owned(), problem: Problem::Malformed };
    let gaia = options.session.as_deref().map(|text| GaiaNumber::read(text).ok_or_else(wrong)).transpose()?;
    let addresses =
        options.addresses != Some(false) && asker.seance(&app, id, Act::SeeAddresses).await.is_ok();
    let by = by(&app, &asker, addresses).await?;
    if format != Format::Ics {
        export_noted(&app, asker.person(), &plan).await?;
    }
    if format == Format::Json {
        return json(&app, &plan, &options, &by, &headers).await;
    }
    let made = dossier(&app).seance(&plan, format, gaia.as_ref(), &by, app.clock.now()).await;
    let (logged, file) = made.map_err(refused)?;
    Ok(attached(format.media_type(), &logged, file))
}

/// Presence for other programs, which ask again and again: page by page, and told once as long as nothing changes.
async fn json(
    app: &App,
    plan: &Seance,
    options: &Options,
    by: &By,
    headers: &HeaderMap,
) -> Result<Response, Refused> {
    let wrong = |field: &str, problem| Refusal::Invalid { field: field.to_owned(), problem };
    let limit = options.limit.unwrap_or(MAX_ROWS);
    if !(1..=MAX_ROWS).contains(&limit) {
        return Err(wrong("limit", Problem::Range).into());
    }
    let known = |tag: &str| known(headers, tag);
    let told = match &options.cursor {
        Some(cursor) => {
            let cursor = cursor.parse().map_err(|_| wrong("cursor", Problem::Malformed))?;
            dossier(app).presence_page(plan.id, cursor, limit).await.map(|page| Told::Page(Box::new(page)))
        }
        None => dossier(app).presence_json(plan, limit, by, app.clock.now(), known).await,
    };
    Ok(match told.map_err(refused)? {
        Told::Same { tag } => (StatusCode::NOT_MODIFIED, cached(tag)).into_response(),
        Told::Page(page) if known(&page.tag) => (StatusCode::NOT_MODIFIED, cached(page.tag)).into_response(),
        Told::Page(page) => {
            let mut response = attached(Format::Json.media_type(), &page.logged, page.file);
            for (name, value) in cached(page.tag) {
                if let Ok(value) = HeaderValue::try_from(value) {
                    response.headers_mut().insert(name, value);
                }
            }
            response
        }
    })
}

fn known(headers: &HeaderMap, tag: &str) -> bool {
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    known.is_some_and(|known| known.split(',').any(|one| one.trim() == tag))
}

fn cached(tag: String) -> [(header::HeaderName, String); 2] {
    [(header::ETAG, tag), (header::CACHE_CONTROL, "private, no-cache".to_owned())]
}

/// `GET /api/presence.csv`: the same, by the ticket of a personal link.
pub(super) async fn csv(State(app): State<App>, bearer: Bearer) -> Result<Response, Refused> {
    bearer.may(Permission::SeePresence)?;
    let author = bearer.ticket.bearer.person().map(|person| person.to_string()).unwrap_or_default();
    let by = By { author, name: String::new(), addresses: true };
    export_noted(&app, bearer.ticket.bearer.person(), &bearer.plan).await?;
    let made = dossier(&app).seance(&bearer.plan, Format::Csv, None, &by, app.clock.now()).await;
    let (logged, file) = made.map_err(refused)?;
    Ok(attached(Format::Csv.media_type(), &logged, file))
}

/// `GET /api/sessions-formation/{id}/export/{format}`. `attestations` is the collective one, as `pdf` is.
pub(super) async fn of_session_formation(
    State(app): State<App>,
    asker: Asker,
    Path((id, format)): Path<(SessionFormationId, String)>,
    Query(options): Query<Options>,
) -> Result<Response, Refused> {
    let name = if format == "attestations" { "pdf" } else { format.as_str() };
    let format = Format::named(name).ok_or(Refusal::Unknown)?;
    asker.session_formation(&app, id, Act::ExportHours).await?;
    let addresses = options.addresses != Some(false)
        && asker.session_formation(&app, id, Act::SeeAddresses).await.is_ok();
    let by = by(&app, &asker, addresses).await?;
    let listed = hours::course(&app, id).await?.report();
    hours_noted(&app, &asker, Viewed::Export, id, &listed).await?;
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
    let kept = attestation::found(&app, &asker, id).await?;
    let by = by(&app, &asker, false).await?;
    let of = ("session_formation", kept.session_formation.to_string());
    person_noted(&app, &asker, Viewed::Attestation, of, kept.person).await?;
    let made = dossier(&app).attestation(id, &by, app.clock.now()).await;
    let (logged, file) = made.map_err(refused)?;
    Ok(attached(Format::Pdf.media_type(), &logged, file))
}

/// What the person can do about it is said; the cause stands in the log.
pub(super) fn refused(error: DossierError) -> Refused {
    match error {
        DossierError::Archive(ArchiveError::Store(error)) => error.into(),
        DossierError::Nothing(_) => Refusal::Unknown.into(),
        DossierError::Archive(ArchiveError::Erased) => Refusal::FileErased.into(),
        error @ DossierError::Archive(ArchiveError::Unkept { .. }) => {
            tracing::error!(%error, "an export was not kept, and not given out");
            Refusal::StorageFailing.into()
        }
        error @ (DossierError::Archive(ArchiveError::Export(_) | ArchiveError::Crowd)
        | DossierError::Export(_)
        | DossierError::Proof(_)) => {
            tracing::error!(%error, "an export failed");
            Refusal::Busy.into()
        }
    }
}

pub(super) fn attached(media: &'static str, logged: &Logged, file: File) -> Response {
    let headers = [
        (header::CONTENT_TYPE, media.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", file.name)),
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (header::ETAG, format!("\"{}\"", logged.sha256)),
    ];
    (headers, file.bytes).into_response()
}
