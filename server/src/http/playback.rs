//! The replay: plain files of the recording folder, behind a cookie of that recording alone.

use std::path::{Path, PathBuf};

use axum::{
    Json,
    extract::{Path as Route, Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use jiff::SignedDuration;
use recorder::Manifest;
use signaling::{
    id::RecordingId,
    office::replay::{WatchedReport, WatchedTotal},
    protocol::{Permission, Role},
    ticket::{Key, Ticket},
};
use tower::ServiceExt;
use tower_http::services::ServeFile;

use super::{aside, bearer::Bearer, input::Body, recording::missing, refused::Refused};
use crate::app::App;

/// `<video>` cannot send an `Authorization` header, so a cookie carries a ticket for that long.
const COOKIE: SignedDuration = SignedDuration::from_hours(4);
const NAME: &str = "preau_replay";

/// `POST /api/replay/{recording}/open`.
pub(super) async fn open(
    State(app): State<App>,
    bearer: Bearer,
    Route(recording): Route<RecordingId>,
) -> Result<Response, Refused> {
    bearer.may(Permission::SeeReplay)?;
    let folder = folder(&app, &bearer.ticket, recording);
    if !tokio::fs::try_exists(folder.join("manifest.json")).await.unwrap_or(false) {
        return Err(missing(&app, bearer.plan.id, recording).await);
    }
    let until = bearer.ticket.until.min(app.clock.now() + COOKIE);
    let ticket = key(&app, recording).sign(&Ticket { until, ..bearer.ticket });
    let secure = if app.secure { "; Secure" } else { "" };
    let cookie = format!(
        "{NAME}={ticket}; Path=/api/replay/{recording}; Max-Age={}; HttpOnly; SameSite=Strict{secure}",
        COOKIE.as_secs()
    );
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]).into_response())
}

/// `GET /api/replay/{recording}/{file}`, with ranges.
pub(super) async fn file(
    State(app): State<App>,
    Route((recording, file)): Route<(RecordingId, String)>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Refused> {
    let ticket = key(&app, recording).verify(cookie(&headers).unwrap_or_default(), app.clock.now())?;
    let bearer = Bearer::of(&app, ticket).await?;
    bearer.may(Permission::SeeReplay)?;
    let inside = published(&file).ok_or(Refused::NotFound)?;
    let path = folder(&app, &bearer.ticket, recording).join(inside);
    let Ok(served) = ServeFile::new(path).oneshot(request).await;
    let mut response = served.map(axum::body::Body::new);
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, header::HeaderValue::from_static("private, no-cache"));
    Ok(response)
}

/// `POST /api/replay/{recording}/watched`: what the person played since the report before. Of those who lead nothing is
/// kept: they look at what they give away.
pub(super) async fn watched(
    State(app): State<App>,
    bearer: Bearer,
    Route(recording): Route<RecordingId>,
    Body(report): Body<WatchedReport>,
) -> Result<Json<WatchedTotal>, Refused> {
    bearer.may(Permission::SeeReplay)?;
    let (ticket, seance) = (&bearer.ticket, bearer.plan.id);
    let folder = folder(&app, ticket, recording);
    let Ok(manifest) = aside(move || Manifest::read(&folder)).await? else {
        return Err(missing(&app, seance, recording).await);
    };
    let follows = matches!(ticket.role, Role::Participant | Role::Speaker);
    let Some(person) = ticket.bearer.person().filter(|_| follows) else {
        return Ok(Json(WatchedTotal { seen_ms: None }));
    };
    let length = manifest.duration_us.saturating_sub(manifest.from_us) / 1_000;
    let (of, now) = ((seance, recording), app.clock.now());
    let seen = app.store.watch(of, person, &report.stretches, length, now).await?;
    Ok(Json(WatchedTotal { seen_ms: Some(seen) }))
}

/// What a cookie carries is worth nothing elsewhere: neither as a bearer's ticket, nor for another recording.
fn key(app: &App, recording: RecordingId) -> Key {
    app.key.derive(&format!("replay {recording}"))
}

fn folder(app: &App, ticket: &Ticket, recording: RecordingId) -> PathBuf {
    app.recordings.join(ticket.seance.to_string()).join(recording.to_string())
}

/// The files of a recording that are for the page: never a path that climbs, never a hidden file.
fn published(file: &str) -> Option<&Path> {
    let plain = |name: &str| {
        !name.is_empty()
            && !name.starts_with('.')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
    };
    let known = match file.split_once('/') {
        None => file == "manifest.json",
        Some((folder, name)) => matches!(folder, "media" | "events") && plain(name),
    };
    known.then(|| Path::new(file))
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = all.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == NAME).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_the_recording_are_published() {
        for file in ["manifest.json", "media/1-camera-0.webm", "events/000000.ndjson"] {
            assert!(published(file).is_some(), "{file}");
        }
        for file in [
            "media/../../../secret",
            "../manifest.json",
            "media/.part",
            "media/a/b",
            "key",
            "media/",
            "media/%2e",
        ] {
            assert!(published(file).is_none(), "{file}");
        }
    }
}
