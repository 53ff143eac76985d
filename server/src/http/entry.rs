//! What the lobby and the end screen show.

use axum::{Json, extract::State};
use signaling::{
    protocol::entry::Entry,
    room::{permission, view_of},
};

use super::{aside, bearer::Bearer, recording, refused::Refused};
use crate::{app::App, classroom::Classroom};

/// `GET /api/entry`.
pub(super) async fn entry(State(app): State<App>, bearer: Bearer) -> Result<Json<Entry>, Refused> {
    let Bearer { ticket, plan } = bearer;
    let seance = match app.classrooms.view(plan.id).await {
        Some(view) => view,
        None => {
            let (plan, records) = (plan.clone(), app.store.records(plan.id).await?);
            aside(move || view_of(&plan, &records)).await?
        }
    };
    Ok(Json(Entry {
        role: ticket.role,
        name: ticket.bearer.name().map(str::to_owned),
        permissions: permission::permissions(ticket.role, plan.kind),
        trainers: plan.trainers.clone(),
        present: app.classrooms.find(plan.id).as_ref().map_or(0, Classroom::present),
        now: app.clock.now(),
        recordings: recording::kept(&app, plan.id).await?,
        deleted_recordings: recording::gone(&app, plan.id).await?,
        ice_servers: app.relays.issue(plan.id, ticket.bearer.person(), app.clock.now()),
        seance,
    }))
}
