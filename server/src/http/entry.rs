//! What the lobby and the end screen show.

use axum::{Json, extract::State};
use recorder::manifest::State as Made;
use signaling::{
    protocol::entry::{Entry, RecordingSummary},
    room::{permission, view_of},
};

use super::{aside, bearer::Bearer, refused::Refused};
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
    let folder = app.recordings.join(plan.id.to_string());
    let found = aside(move || recordings(&folder)).await?;
    Ok(Json(Entry {
        role: ticket.role,
        name: ticket.bearer.name().map(str::to_owned),
        permissions: permission::permissions(ticket.role, plan.kind),
        trainers: plan.trainers.clone(),
        present: app.classrooms.find(plan.id).as_ref().map_or(0, Classroom::present),
        now: app.clock.now(),
        recordings: found,
        ice_servers: app.relays.issue(app.clock.now()),
        seance,
    }))
}

/// The recordings in a séance's folder, first first.
fn recordings(folder: &std::path::Path) -> Vec<RecordingSummary> {
    // No folder: nothing was recorded.
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let manifests = entries.flatten().filter_map(|entry| {
        let text = std::fs::read(entry.path().join("manifest.json")).ok()?;
        serde_json::from_slice::<recorder::Manifest>(&text).ok()
    });
    let mut found: Vec<RecordingSummary> = manifests
        .map(|manifest| RecordingSummary {
            id: manifest.recording,
            started_at: manifest.started,
            ready: manifest.state == Made::Ready,
            interrupted: manifest.interrupted,
            duration_ms: manifest.duration_us / 1_000,
        })
        .collect();
    found.sort_by_key(|summary| (summary.started_at, summary.id));
    found
}
