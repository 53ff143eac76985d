//! `GET /media` on the operators' own port: what became of the packets of each track and each subscriber.

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Serialize;

use crate::{app::App, media::RoomTally};

/// The answer. Ids are those of the journal; names are not known here.
#[derive(Debug, Serialize)]
struct Rooms {
    rooms: Vec<RoomTally>,
}

/// 503 while a worker has too much to do for questions.
pub(super) async fn rooms(State(app): State<App>) -> Response {
    match app.media.tallies().await {
        Some(rooms) => Json(Rooms { rooms }).into_response(),
        None => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}
