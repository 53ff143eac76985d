//! The log of files that left, and their bytes again.

use axum::{Json, extract::State, response::Response};
use serde::Deserialize;
use signaling::{
    authorisation::Act,
    id::{SeanceId, SessionFormationId},
    office::export::ExportLine,
    protocol::{Problem, Refusal},
};

use super::{
    asker::Asker,
    export::{attached, dossier, refused},
    input::{Path, Query},
    refused::Refused,
};
use crate::{
    app::App,
    dossier::Format,
    export::File,
    store::{Exported, Logged},
};

/// Longest answer, lines.
const MAX_LINES: u32 = 200;

/// `?scope=`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct About {
    /// `seance`, `session` or `mine`.
    scope: String,
    /// Of which séance or session.
    id: Option<String>,
    /// Only what left before that number: how a reader goes on.
    before: Option<u64>,
}

/// `GET /api/seances/{id}/exports`: what left of a séance, the last one first.
pub(super) async fn of_seance(
    State(app): State<App>,
    asker: Asker,
    Path(id): Path<SeanceId>,
) -> Result<Json<Vec<ExportLine>>, Refused> {
    asker.seance(&app, id, Act::SeeExports).await?;
    told(&app, Exported::Of { scope: "seance", id: &id.to_string() }, None).await
}

/// `GET /api/exports?scope=seance|session|mine&id=&before=`.
pub(super) async fn list(
    State(app): State<App>,
    asker: Asker,
    Query(About { scope, id, before }): Query<About>,
) -> Result<Json<Vec<ExportLine>>, Refused> {
    let me = asker.logged_in()?.id;
    let wrong = |field: &str, problem| Refusal::Invalid { field: field.to_owned(), problem };
    let id = id.unwrap_or_default();
    match scope.as_str() {
        "seance" => {
            let seance: SeanceId = id.parse().map_err(|_| Refusal::Unknown)?;
            asker.seance(&app, seance, Act::SeeExports).await?;
            told(&app, Exported::Of { scope: "seance", id: &seance.to_string() }, before).await
        }
        "session" => {
            let session: SessionFormationId = id.parse().map_err(|_| Refusal::Unknown)?;
            asker.session_formation(&app, session, Act::SeeExports).await?;
            told(&app, Exported::Of { scope: "session_formation", id: &session.to_string() }, before).await
        }
        "mine" => told(&app, Exported::By(me), before).await,
        "" => Err(wrong("scope", Problem::Missing).into()),
        _ => Err(wrong("scope", Problem::Unknown).into()),
    }
}

async fn told(app: &App, which: Exported<'_>, before: Option<u64>) -> Result<Json<Vec<ExportLine>>, Refused> {
    let found = app.store.exports(which, before, MAX_LINES).await?;
    Ok(Json(found.into_iter().map(|(logged, author_name)| line(logged, author_name)).collect()))
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
        // What somebody was given to see of others is taken out again by the same person only.
        "supervision" if asker.person().is_some_and(|own| own.to_string() == logged.author) => {
            asker.supervised(None)?;
        }
        // Papers of one person are made again by that person.
        _ => return Err(Refusal::Unknown.into()),
    }
    let bytes = dossier(&app).archive.bytes(&logged).map_err(|error| refused(error.into()))?;
    let media = Format::named(&logged.format).map_or("application/octet-stream", Format::media_type);
    let file = File { name: logged.file_name.clone(), bytes };
    Ok(attached(media, &logged, file))
}

fn line(logged: Logged, author_name: Option<String>) -> ExportLine {
    let Logged { number, at, scope, format, version, file_name, sha256, row_count, kept, .. } = logged;
    ExportLine { number, kept, at, scope, format, version, file_name, sha256, row_count, author_name }
}
