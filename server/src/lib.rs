//! The process `preau`: HTTP, WebSocket, media plane, store. All input and output, no rule.

mod app;
pub mod classroom;
pub mod clock;
pub mod config;
pub mod demo;
mod export;
mod http;
pub mod media;
pub mod secret;
mod socket;
pub mod store;

use std::{net::UdpSocket, path::PathBuf, sync::Arc};

use signaling::ticket::Key;
use tokio::{net::TcpListener, sync::Semaphore};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    app::App,
    classroom::{Classrooms, Surroundings},
    clock::Clock,
    config::Config,
    media::{Limits, Media, MediaConfig, MediaError},
    store::{JournalWriter, Store},
};

/// What a server needs besides its configuration.
#[derive(Debug)]
pub struct Parts {
    pub listener: TcpListener,
    pub media_socket: UdpSocket,
    /// Addresses told to browsers for media.
    pub announced: Vec<std::net::IpAddr>,
    pub store: Store,
    pub key: Key,
    pub clock: Clock,
}

/// Why the server could not start or go on.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error("the media plane cannot start: {0}; check `media.port` and `media.addresses`")]
    Media(#[from] MediaError),
    #[error("the page cannot be served: {0}; check `http.listen`")]
    Http(std::io::Error),
}

/// Serves until `stop`: then rooms are told, recordings closed, the journal written.
///
/// # Errors
/// The media plane or the listener fails.
pub async fn serve(parts: Parts, config: &Config, stop: CancellationToken) -> Result<(), ServeError> {
    let Parts { listener, media_socket, announced, store, key, clock } = parts;
    let media =
        Media::start(MediaConfig { sockets: vec![media_socket], announced, limits: Limits::default() })?;
    let recordings = config.store.data.join("recordings");
    let (journal, writer) = JournalWriter::new(store.clone());
    let tasks = TaskTracker::new();
    let writing = tasks.spawn(writer.run());
    let rooms = TaskTracker::new();
    let around = Surroundings {
        clock,
        store: store.clone(),
        journal,
        media: media.clone(),
        recordings: recordings.clone(),
        tasks: rooms.clone(),
        stop: stop.clone(),
    };
    let classrooms = Classrooms::new(around);
    let checks = Arc::new(Semaphore::new(app::CHECKS));
    let app = App { clock, key, store: store.clone(), classrooms, media: media.clone(), recordings, checks };
    // Listed before a room can open: a recording that starts now is not one that a crash left behind.
    let left_behind = recorder::repair::recordings(&config.store.data).unwrap_or_else(|error| {
        tracing::error!(%error, "the recordings cannot be listed; check `store.data`");
        Vec::new()
    });
    tasks.spawn_blocking(move || recover(&left_behind));
    let served = axum::serve(listener, http::routes(app))
        .with_graceful_shutdown(stop.clone().cancelled_owned())
        .into_future();
    let served = tokio::select! {
        served = served => served,
        // Connections that stay open (WebSockets are told by their rooms) do not hold up the stop.
        () = async { stop.cancelled().await; rooms.close(); rooms.wait().await } => Ok(()),
    };
    rooms.close();
    rooms.wait().await;
    let shut = tokio::task::spawn_blocking(move || media.shutdown()).await;
    if shut.is_err() {
        tracing::error!("the media plane did not stop cleanly");
    }
    finish(writing, &store).await;
    served.map_err(ServeError::Http)
}

/// Every room is gone, so the writer ends once all is on disk.
async fn finish(writing: tokio::task::JoinHandle<()>, store: &Store) {
    if tokio::time::timeout(std::time::Duration::from_secs(10), writing).await.is_err() {
        tracing::error!("the journal could not be written completely; what was acknowledged is safe");
    }
    store.close().await;
}

/// Recordings that a crash left open become playable.
fn recover(left_behind: &[PathBuf]) {
    for folder in left_behind {
        match recorder::repair::recover(folder) {
            Ok(report) if report.intact => {}
            Ok(report) => {
                tracing::info!(folder = %folder.display(), sealed = report.sealed, "a recording was recovered");
            }
            Err(error) => {
                tracing::error!(%error, "a recording could not be recovered; see `recordings recover`")
            }
        }
    }
}
