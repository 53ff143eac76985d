//! The route table, all on one page.

mod account;
mod asker;
mod attendance;
mod bearer;
mod entry;
mod input;
pub(crate) mod metrics;
mod page;
mod playback;
mod proof;
mod refused;

use axum::{
    Router,
    extract::{DefaultBodyLimit, State, WebSocketUpgrade},
    http::StatusCode,
    response::Response,
    routing::{get, post},
};
use signaling::protocol::{MAX_MESSAGE, Refusal};

use self::refused::Refused;
use crate::{app::App, socket};

/// Every address of the server.
pub(crate) fn routes(app: App) -> Router {
    Router::new()
        .route("/healthz", get(health))
        .route("/ws", get(websocket))
        .route("/api/login", post(account::login))
        .route("/api/logout", post(account::logout))
        .route("/api/me", get(account::me))
        .route("/api/entry", get(entry::entry))
        .route("/api/presence", get(attendance::sheet))
        .route("/api/presence/me", get(attendance::own))
        .route("/api/presence.csv", get(attendance::csv))
        .route("/api/presence.proof", get(proof::bundle))
        .route("/api/verifier", get(proof::verifier))
        .route("/api/replay/{recording}/open", post(playback::open))
        .route("/api/replay/{recording}/{*file}", get(playback::file))
        .route("/api/{*other}", get(refused::no_such_address))
        .fallback(get(page::page))
        .layer(DefaultBodyLimit::max(MAX_MESSAGE))
        .layer(axum::middleware::map_response(page::guarded))
        .with_state(app)
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

async fn websocket(State(app): State<App>, upgrade: WebSocketUpgrade) -> Response {
    upgrade
        .max_message_size(socket::HARD_LIMIT)
        .max_frame_size(socket::HARD_LIMIT)
        .read_buffer_size(socket::BUFFER)
        .write_buffer_size(socket::BUFFER)
        .on_upgrade(|socket| socket::serve(app, socket))
}
