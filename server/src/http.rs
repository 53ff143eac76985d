//! The route table, all on one page.

mod account;
mod asker;
mod attendance;
mod attestation;
mod badge;
mod bearer;
mod calendar;
mod correction;
mod emargement;
mod enrolment;
mod entry;
mod export;
mod export_log;
mod gaia;
pub(crate) mod gaia_import;
mod hours;
mod input;
mod intervention;
pub(crate) mod metrics;
mod page;
mod parcours;
mod person;
mod personal_link;
mod playback;
mod privacy;
mod proof;
mod recording;
mod refused;
mod retention;
mod scan;
mod school;
mod school_import;
mod seance;
mod session_formation;
mod source;
mod stretch;
mod supervision;
mod tally;
pub(crate) mod viewed;

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request, State},
    http::StatusCode,
    response::Response,
    routing::{delete, get, patch, post},
};
use signaling::protocol::{MAX_MESSAGE, Refusal};

use self::refused::Refused;
use crate::{app::App, socket};

/// Longest list of addresses, bytes.
const MAX_LIST: usize = 1024 * 1024;

/// Every address of the server.
pub(crate) fn routes(app: App) -> Router {
    Router::new()
        .route("/healthz", get(health))
        .route("/ws", get(websocket))
        .route("/api/login", post(account::login))
        .route("/api/logout", post(account::logout))
        .route("/api/me", get(account::me))
        .route("/api/me/data", get(privacy::data))
        .route("/api/me/data.pdf", get(privacy::paper))
        .route("/api/me/views", get(privacy::views))
        .route("/api/password", post(account::change))
        .route("/api/invitation", post(account::invitation))
        .route("/api/people", get(person::list).post(person::make))
        .route("/api/people/{id}", patch(person::change))
        .route("/api/people/{id}/invitation", post(person::invite))
        .route("/api/people/{id}/erasure", post(retention::erase))
        .route("/api/retention", get(retention::report))
        .route("/api/retention/{run}/certificate", get(retention::certificate))
        .route("/api/recordings/expiring", get(recording::expiring))
        .route("/api/seances/{id}/recordings/kept", post(recording::keep).delete(recording::release))
        .route("/api/people/{id}/roles", post(person::role))
        .route(
            "/api/seances/{id}/personal-links/{person}",
            post(personal_link::make).delete(personal_link::revoke),
        )
        .route("/api/seances/{id}/enter", post(personal_link::enter))
        .route("/api/seances/{id}/open-link", get(personal_link::open))
        .route("/api/entry", get(entry::entry))
        .route("/api/presence", get(attendance::sheet))
        .route("/api/presence/me", get(attendance::own))
        .route("/api/presence.csv", get(export::csv))
        .route("/api/presence.proof", get(proof::bundle))
        .route("/api/verifier", get(proof::verifier))
        .route("/api/seances/{id}/presence", get(attendance::sheet_at))
        .route("/api/seances/{id}/presence/me", get(attendance::own_at))
        .route("/api/seances/{id}/corrections", post(correction::correct))
        .route("/api/seances/{id}/shared-room", post(correction::share_room))
        .route("/api/seances/{id}/requests", post(correction::ask))
        .route("/api/requests/{id}/answer", post(correction::answer))
        .route("/api/seances/{id}/half-days", get(emargement::half_days).post(emargement::plan))
        .route("/api/half-days/{id}", delete(emargement::strike))
        .route("/api/half-days/{id}/code", get(emargement::code))
        .route("/api/half-days/{id}/signatures", post(emargement::sign_for))
        .route("/api/half-days/{id}/signatures/{person}", delete(emargement::withdraw))
        .route("/api/half-days/{id}/scans", post(scan::keep).layer(DefaultBodyLimit::max(scan::MAX_SCAN)))
        .route("/api/half-days/{id}/scans/{sha256}", get(scan::show))
        .route("/api/emargement", post(emargement::sign))
        .route("/api/replay/{recording}/open", post(playback::open))
        .route("/api/replay/{recording}/watched", post(playback::watched))
        .route("/api/replay/{recording}/{*file}", get(playback::file))
        .merge(planning())
        .merge(schools())
        .merge(hours())
        .merge(exports())
        .route("/api/{*other}", get(refused::no_such_address))
        .fallback(get(page::page))
        .layer(DefaultBodyLimit::max(MAX_MESSAGE))
        .layer(axum::middleware::map_response(page::guarded))
        .with_state(app)
}

/// Séances, enrolments, parcours, GAIA, calendars.
fn planning() -> Router<App> {
    Router::new()
        .route("/api/templates", get(seance::templates))
        .route("/api/seances", get(seance::list).post(seance::make))
        .route("/api/seances/series", post(seance::series))
        .route("/api/seances/{id}", get(seance::one).patch(seance::patch).delete(seance::cancel))
        .route("/api/seances/{id}/duplicate", post(seance::duplicate))
        .route("/api/seances/{id}/answer", post(seance::answer))
        .route("/api/seances/{id}/calendar.ics", get(calendar::one))
        .route("/api/seances/{id}/enrolments", get(enrolment::of_seance).post(enrolment::enrol))
        .route(
            "/api/seances/{id}/enrolments/csv",
            post(enrolment::csv).layer(DefaultBodyLimit::max(MAX_LIST)),
        )
        .route("/api/seances/{id}/enrolments/{person}", delete(enrolment::strike))
        .route("/api/seances/{id}/gaia-links", get(gaia::links).post(gaia::link).delete(gaia::unlink))
        .route("/api/parcours", get(parcours::list).post(parcours::make))
        .route("/api/parcours/{id}", get(parcours::one).patch(parcours::patch))
        .route("/api/sessions-formation", get(session_formation::list).post(session_formation::make))
        .route("/api/sessions-formation/{id}", get(session_formation::one).patch(session_formation::patch))
        .route("/api/sessions-formation/{id}/archive", post(session_formation::archive))
        .route(
            "/api/sessions-formation/{id}/enrolments",
            get(enrolment::of_session).post(enrolment::enrol_in_session),
        )
        .route(
            "/api/sessions-formation/{id}/enrolments/csv",
            post(enrolment::csv_of_session).layer(DefaultBodyLimit::max(MAX_LIST)),
        )
        .route("/api/sessions-formation/{id}/enrolments/{person}", delete(enrolment::strike_from_session))
        .route("/api/gaia/academies", get(gaia::academies))
        .route("/api/gaia/dispositifs", get(gaia::dispositifs))
        .route("/api/gaia/modules", get(gaia::modules))
        .route("/api/gaia/sessions", get(gaia::sessions))
        .route(
            "/api/gaia/preview",
            post(gaia_import::preview).layer(DefaultBodyLimit::max(gaia_import::MAX_UPLOAD)),
        )
        .route("/api/gaia/import", post(gaia_import::import))
        .route("/api/calendar", post(calendar::make).delete(calendar::revoke))
        .route("/api/calendar/{secret}", get(calendar::feed))
}

/// Schools and their directories.
fn schools() -> Router<App> {
    Router::new()
        .route("/api/schools", get(school::search))
        .route("/api/me/school", post(school::choose))
        .route(
            "/api/schools/preview",
            post(school_import::preview).layer(DefaultBodyLimit::max(school_import::MAX_UPLOAD)),
        )
        .route("/api/schools/import", post(school_import::import))
}

/// Hours and attestations.
fn hours() -> Router<App> {
    Router::new()
        .route("/api/sessions-formation/{id}/hours", get(hours::of_session))
        .route("/api/sessions-formation/{id}/hours-exceptions", post(hours::accept))
        .route("/api/sessions-formation/{id}/attestations", post(attestation::attest))
        .route("/api/attestations/mine", get(attestation::mine))
        .route("/api/attestations/{id}", delete(attestation::revoke))
        .route("/api/attestations/{id}/receipt", get(attestation::receipt))
        .route("/api/attestation/{code}", get(attestation::verified))
        .route("/api/sessions-formation/{id}/interventions", get(intervention::of_session))
        .route("/api/interventions/mine", get(intervention::mine))
        .route("/api/hours/mine", get(hours::mine))
        .route("/api/people/{id}/hours", get(hours::of_person))
}

/// Files that leave.
fn exports() -> Router<App> {
    Router::new()
        .route("/api/seances/{id}/export/{format}", get(export::of_seance))
        .route("/api/seances/{id}/exports", get(export_log::of_seance))
        .route("/api/sessions-formation/{id}/export/{format}", get(export::of_session_formation))
        .route("/api/attestations/{id}/pdf", get(export::paper))
        .route("/api/attestations/{id}/badge", get(badge::take))
        .route("/badges/issuer", get(badge::issuer))
        .route("/badges/keys", get(badge::keys))
        .route("/badges/keys/{kid}", get(badge::key))
        .route("/badges/status", get(badge::status))
        .route("/api/exports", get(export_log::list))
        .route("/api/exports/{number}", get(export_log::again))
        .route("/api/supervision", get(supervision::report))
        .route("/api/supervision/export/{format}", get(supervision::exported))
        .route("/api/statistics", get(supervision::statistics))
}

/// `GET /healthz`: 503 while what people do cannot be kept, though classes go on.
async fn health(State(app): State<App>) -> (StatusCode, &'static str) {
    if *app.failing.borrow() {
        (StatusCode::SERVICE_UNAVAILABLE, "the journal cannot be written; see the log and the disk\n")
    } else {
        (StatusCode::OK, "ok\n")
    }
}

/// Computes, or reads files, where nobody else waits for it.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Refused> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Refusal::Busy.into())
}

async fn websocket(State(app): State<App>, request: Request) -> Response {
    socket::upgrade(request, |socket| socket::serve(app, socket))
}
