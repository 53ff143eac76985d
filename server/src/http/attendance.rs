//! The presence sheet, computed anew from the journal at every request.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use sha2::{Digest, Sha256};
use signaling::{
    attendance::PresenceSheet,
    authorisation::Act,
    id::SeanceId,
    office::privacy::Viewed,
    protocol::{Permission, Refusal},
    seance::Seance,
};

use super::{aside, asker::Asker, bearer::Bearer, input::Path, refused::Refused, viewed::sheet_noted};
use crate::{app::App, presence};

/// The sheet of a séance as it stands.
pub(super) async fn sheet_of(app: &App, plan: &Seance) -> Result<PresenceSheet, Refused> {
    Ok(presence::sheet(&app.store, plan, app.clock.now()).await?)
}

/// `GET /api/presence`: everybody, for those who validate.
pub(super) async fn sheet(
    State(app): State<App>,
    bearer: Bearer,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    bearer.may(Permission::SeePresence)?;
    let sheet = sheet_of(&app, &bearer.plan).await?;
    sheet_noted(&app, bearer.ticket.bearer.person(), Viewed::Presence, &bearer.plan, &sheet).await?;
    tagged(sheet, &headers).await
}

/// `GET /api/seances/{id}/presence`: the same for somebody who is logged in.
pub(super) async fn sheet_at(
    State(app): State<App>,
    asker: Asker,
    Path(id): Path<SeanceId>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let plan = asker.seance(&app, id, Act::SeePresence).await?;
    let sheet = sheet_of(&app, &plan).await?;
    sheet_noted(&app, asker.person(), Viewed::Presence, &plan, &sheet).await?;
    tagged(sheet, &headers).await
}

/// `GET /api/presence/me`: one's own row only.
pub(super) async fn own(State(app): State<App>, bearer: Bearer) -> Result<Json<PresenceSheet>, Refused> {
    let person = bearer.ticket.bearer.person();
    let sheet = app.sheets.get(&app.store, &bearer.plan, app.clock.now()).await?;
    Ok(Json(sheet.only(person)))
}

/// `GET /api/seances/{id}/presence/me`: the same for somebody who is logged in.
pub(super) async fn own_at(
    State(app): State<App>,
    asker: Asker,
    Path(id): Path<SeanceId>,
) -> Result<Json<PresenceSheet>, Refused> {
    let plan = asker.seance(&app, id, Act::SeeOwnPresence).await?;
    let sheet = app.sheets.get(&app.store, &plan, app.clock.now()).await?;
    Ok(Json(sheet.only(asker.person())))
}

/// With an `ETag` that says nothing of when it was computed: who has the same sheet gets 304.
async fn tagged(sheet: PresenceSheet, headers: &HeaderMap) -> Result<Response, Refused> {
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let written = aside(move || {
        let timeless = PresenceSheet { computed_at: sheet.window_start, ..sheet.clone() };
        let digest = Sha256::digest(serde_json::to_vec(&timeless)?);
        Ok::<_, serde_json::Error>((format!("W/\"{}\"", hex::encode(digest)), serde_json::to_vec(&sheet)?))
    });
    let (tag, body) = written.await?.map_err(|_| Refusal::Busy)?;
    let cached = [(header::ETAG, tag.clone()), (header::CACHE_CONTROL, "private, no-cache".to_owned())];
    if known.is_some_and(|known| known.split(',').any(|one| one.trim() == tag)) {
        return Ok((StatusCode::NOT_MODIFIED, cached).into_response());
    }
    let kind = [(header::CONTENT_TYPE, "application/json")];
    Ok((cached, kind, body).into_response())
}
