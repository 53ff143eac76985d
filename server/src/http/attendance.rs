//! The presence sheet, computed anew from the journal at every request.

use axum::{
    Json,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use signaling::{
    attendance::{PresenceSheet, sheet as computed},
    protocol::Permission,
    room::view_of,
};

use super::{aside, bearer::Bearer, refused::Refused};
use crate::{app::App, export::presence_csv};

async fn made(app: &App, bearer: &Bearer) -> Result<PresenceSheet, Refused> {
    let records = app.store.records(bearer.plan.id).await?;
    let (plan, now) = (bearer.plan.clone(), app.clock.now());
    aside(move || computed(&plan, view_of(&plan, &records), &records, now)).await
}

/// `GET /api/presence`: everybody, for those who validate.
pub(super) async fn sheet(State(app): State<App>, bearer: Bearer) -> Result<Json<PresenceSheet>, Refused> {
    bearer.may(Permission::SeePresence)?;
    Ok(Json(made(&app, &bearer).await?))
}

/// `GET /api/presence/me`: one's own row only.
pub(super) async fn own(State(app): State<App>, bearer: Bearer) -> Result<Json<PresenceSheet>, Refused> {
    let person = bearer.ticket.bearer.person();
    let mut sheet = made(&app, &bearer).await?;
    sheet.rows.retain(|row| Some(row.person) == person);
    Ok(Json(sheet))
}

/// `GET /api/presence.csv`: the same for a French spreadsheet.
pub(super) async fn csv(State(app): State<App>, bearer: Bearer) -> Result<Response, Refused> {
    bearer.may(Permission::SeePresence)?;
    let (name, bytes) = presence_csv(&made(&app, &bearer).await?);
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, bytes).into_response())
}
