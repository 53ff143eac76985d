//! Recordings of a séance: which there are and until when, which are gone, and the wish to keep them longer.

use std::path::Path as Folder;

use axum::{Json, extract::State};
use jiff::{SignedDuration, Timestamp};
use recorder::{Manifest, manifest::State as Made};
use signaling::{
    authorisation::Act,
    id::{RecordingId, SeanceId},
    office::privacy::{ExpiringRecordings, KeptRecordings},
    protocol::{
        Refusal,
        entry::{DeletedRecording, RecordingSummary},
    },
    retention::is_noticed,
    seance::Seance,
};

use super::{aside, asker::Asker, input::Path, refused::Refused};
use crate::app::App;

/// So long ago nothing is left of a recording, and a permanent room may have begun.
const BEHIND: SignedDuration = SignedDuration::from_hours(800 * 24);

/// The recordings that are in the folder of a séance, first first.
pub(super) async fn kept(app: &App, id: SeanceId) -> Result<Vec<RecordingSummary>, Refused> {
    let folder = app.recordings.join(id.to_string());
    let found = aside(move || manifests(&folder)).await?;
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let held = app.store.holds().await?.0.seances.contains(&id);
    let longest = app.store.recordings_kept().await?.contains(&id);
    let summary = |manifest: Manifest| RecordingSummary {
        id: manifest.recording,
        started_at: manifest.started,
        ready: manifest.state == Made::Ready,
        interrupted: manifest.interrupted,
        duration_ms: manifest.duration_us / 1_000,
        kept_until: (!held).then(|| app.terms.recording_end(manifest.ended(), longest)),
    };
    let mut found: Vec<RecordingSummary> = found.into_iter().map(summary).collect();
    found.sort_by_key(|summary| (summary.started_at, summary.id));
    Ok(found)
}

/// Those that have served their time.
pub(super) async fn gone(app: &App, id: SeanceId) -> Result<Vec<DeletedRecording>, Refused> {
    let all = app.store.deleted_of(id).await?.into_iter();
    let told =
        all.map(|one| DeletedRecording { id: one.recording, started_at: one.started, deleted_at: one.at });
    Ok(told.collect())
}

/// Why a recording is not there: it was deleted, or it never was one of that séance.
pub(super) async fn missing(app: &App, id: SeanceId, recording: RecordingId) -> Refused {
    match gone(app, id).await {
        Ok(all) => match all.iter().find(|one| one.id == recording) {
            Some(one) => Refusal::RecordingDeleted { at: one.deleted_at }.into(),
            None => Refusal::TicketForeign.into(),
        },
        Err(error) => error,
    }
}

fn manifests(folder: &Folder) -> Vec<Manifest> {
    // No folder: nothing was recorded.
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let read = entries.flatten().filter(|entry| entry.path().extension().is_none());
    read.filter_map(|entry| {
        let text = std::fs::read(entry.path().join(recorder::manifest::FILE)).ok()?;
        serde_json::from_slice(&text).ok()
    })
    .collect()
}

/// `GET /api/recordings/expiring`: of the séances that one leads, those whose recordings go within a week.
pub(super) async fn expiring(
    State(app): State<App>,
    asker: Asker,
) -> Result<Json<Vec<ExpiringRecordings>>, Refused> {
    let (person, now) = (asker.logged_in()?.id, app.clock.now());
    let from = now.checked_sub(BEHIND).unwrap_or(Timestamp::MIN);
    let mut told = Vec::new();
    for plan in app.store.seances_for(person, from, now).await? {
        let ends = kept(&app, plan.id).await?.into_iter().filter_map(|one| one.kept_until).min();
        let Some(until) = ends.filter(|end| is_noticed(*end, now)) else { continue };
        if asker.seance(&app, plan.id, Act::KeepRecordings).await.is_err() {
            continue;
        }
        told.push(ExpiringRecordings {
            seance: plan.id,
            title: plan.title.clone(),
            time_zone: plan.time_zone.clone(),
            starts_at: plan.starts_at,
            kept_until: until,
            longest: longest(&app, &plan).await?.filter(|longest| *longest > until),
        });
    }
    told.sort_by_key(|one| (one.kept_until, one.seance));
    Ok(Json(told))
}

/// Until when the recordings of a séance may be kept at most: the first that would go then.
async fn longest(app: &App, plan: &Seance) -> Result<Option<Timestamp>, Refused> {
    let folder = app.recordings.join(plan.id.to_string());
    let found = aside(move || manifests(&folder)).await?;
    Ok(found.iter().map(|manifest| app.terms.recording_end(manifest.ended(), true)).min())
}

/// `POST /api/seances/{id}/recordings/kept`: as long as may be.
pub(super) async fn keep(
    State(app): State<App>,
    asker: Asker,
    Path(id): Path<SeanceId>,
) -> Result<Json<KeptRecordings>, Refused> {
    let plan = asker.seance(&app, id, Act::KeepRecordings).await?;
    let by = asker.logged_in()?.id;
    let longest = longest(&app, &plan).await?.ok_or(Refusal::Unknown)?;
    let now = app.clock.now();
    app.store.keep_recordings(id, Some(by), now).await?;
    app.store.audit(by, "recordings kept", &id.to_string(), "", now).await?;
    Ok(Json(KeptRecordings { until: longest }))
}

/// `DELETE /api/seances/{id}/recordings/kept`: until their usual term again.
pub(super) async fn release(
    State(app): State<App>,
    asker: Asker,
    Path(id): Path<SeanceId>,
) -> Result<Json<KeptRecordings>, Refused> {
    asker.seance(&app, id, Act::KeepRecordings).await?;
    let (by, now) = (asker.logged_in()?.id, app.clock.now());
    app.store.keep_recordings(id, None, now).await?;
    app.store.audit(by, "recordings released", &id.to_string(), "", now).await?;
    let ends = kept(&app, id).await?.into_iter().filter_map(|one| one.kept_until).min();
    Ok(Json(KeptRecordings { until: ends.ok_or(Refusal::Unknown)? }))
}
