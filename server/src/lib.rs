//! The process `preau`: HTTP, WebSocket, media plane, store. All input and output, no rule.

pub mod academy;
mod app;
pub mod archive;
pub mod calendar;
pub mod classroom;
pub mod clock;
pub mod config;
pub mod demo;
pub mod dossier;
pub mod export;
pub mod figures;
mod front;
mod hours;
mod http;
mod imports;
pub mod media;
pub mod password;
pub mod personal;
pub mod presence;
pub mod proof;
pub mod retention;
pub mod secret;
mod socket;
pub mod store;
pub mod supervision;
mod tls;
mod turn;

use std::{
    net::{SocketAddr, UdpSocket},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use signaling::ticket::Key;
use tokio::{net::TcpListener, sync::Semaphore, task::JoinHandle, time::timeout};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    academy::Academies,
    app::{App, Running},
    classroom::{Classrooms, Surroundings},
    clock::Clock,
    config::Config,
    front::{Front, Pages, Ways},
    media::{Limits, Media, MediaConfig, MediaError},
    password::{PasswordError, Passwords},
    proof::ProofKey,
    store::{Folder, JournalWriter, Store},
    tls::{Tls, TlsError},
    turn::{Relays, Turn},
};

/// How long the rooms, and then the journal, may take to end.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a server needs besides its configuration.
#[derive(Debug)]
pub struct Parts {
    pub listener: TcpListener,
    /// For operators only, never for browsers.
    pub admin: Option<TcpListener>,
    /// One per media worker.
    pub media_sockets: Vec<UdpSocket>,
    /// For ICE over TCP, unless the page's port takes that.
    pub media_listener: Option<TcpListener>,
    /// The port announced for ICE over TCP.
    pub tcp_port: Option<u16>,
    /// For TURN over UDP.
    pub relay_socket: Option<tokio::net::UdpSocket>,
    /// Addresses told to browsers for media.
    pub announced: Vec<std::net::IpAddr>,
    /// Where `store` and the recordings are, held until the end.
    pub data: Folder,
    pub store: Store,
    pub key: Key,
    pub proof: ProofKey,
    pub clock: Clock,
    pub academies: Academies,
    /// Start of the links given out, without a slash at its end.
    pub base: String,
    /// Nothing here is real.
    pub demo: bool,
}

impl Parts {
    /// The addresses of the relay that pages are told.
    fn relay_urls(&self, config: &Config) -> Result<Vec<String>, ServeError> {
        if !config.turn.enabled {
            return Ok(Vec::new());
        }
        let page = self.listener.local_addr().map_err(ServeError::Http)?;
        let udp_port = self.relay_socket.as_ref().and_then(|socket| socket.local_addr().ok());
        // An unspecified address means this machine at any of its addresses.
        let reached = self.announced.first().copied().filter(|_| page.ip().is_unspecified());
        Ok(turn::urls(&turn::Doors {
            public_url: &config.http.public_url,
            secured: config.http.tls().is_some(),
            page: SocketAddr::new(reached.unwrap_or(page.ip()), page.port()),
            announced: &self.announced,
            tcp_port: self.tcp_port,
            udp_port: udp_port.map(|address| address.port()),
        }))
    }
}

/// Why the server could not start or go on.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error("the media plane cannot start: {0}; check `media.port` and `media.addresses`")]
    Media(#[from] MediaError),
    #[error("the page cannot be served: {0}; check `http.listen`")]
    Http(std::io::Error),
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error(transparent)]
    Password(#[from] PasswordError),
    #[error("stopped before everything was written; what was acknowledged is safe")]
    Unwritten,
}

/// A server that is ready: its sockets are bound and its media plane runs.
#[derive(Debug)]
pub struct Server {
    fronts: Vec<Front>,
    relay: Option<turn::Socket>,
    pages: Pages,
    tls: Option<Tls>,
    admin: Option<TcpListener>,
    app: App,
    data: Folder,
    stop: CancellationToken,
    rooms: TaskTracker,
    writing: JoinHandle<()>,
    last: CancellationToken,
    /// What has served its time goes by itself.
    purging: bool,
}

impl Server {
    /// Starts the media plane and the journal. Nobody is let in before [`Server::run`].
    ///
    /// # Errors
    /// The media plane fails.
    pub fn start(parts: Parts, config: &Config) -> Result<Self, ServeError> {
        let relay_urls = parts.relay_urls(config)?;
        let Parts { listener, admin, media_sockets, media_listener, tcp_port, relay_socket, .. } = parts;
        let (announced, clock) = (parts.announced, parts.clock);
        let (data, store, key, proof) = (parts.data, parts.store, parts.key, parts.proof);
        let (academies, base, demo) = (Arc::new(parts.academies), parts.base, parts.demo);
        let tls = config.http.tls().map(Tls::load).transpose()?;
        let media = Media::start(MediaConfig {
            sockets: media_sockets,
            announced,
            tcp_ports: tcp_port.into_iter().collect(),
            limits: Limits { viewers_per_worker: config.media.viewers_per_worker, ..Limits::default() },
            gso: config.media.gso,
        })?;
        let turn = config.turn.enabled.then(|| Turn::new(&key, clock, media.streams().clone()));
        let ways = Ways { streams: media.streams().clone(), turn: turn.clone() };
        let (front, pages) = Front::of_pages(listener, tls.clone(), ways.clone());
        let aside = media_listener.map(|listener| Front::of_media(listener, ways));
        let fronts = [front].into_iter().chain(aside).collect();
        let relay = turn.clone().zip(relay_socket).map(|(turn, socket)| turn::Socket::new(socket, turn));
        let recordings = data.path().join("recordings");
        let scans = data.path().join("scans");
        let (journal, writer) = JournalWriter::new(store.clone(), proof.clone());
        let failing = journal.failing();
        let (stop, last, rooms) = (CancellationToken::new(), CancellationToken::new(), TaskTracker::new());
        let writing = TaskTracker::new().spawn(writer.run(last.clone()));
        let around = Surroundings {
            clock,
            store: store.clone(),
            journal,
            media: media.clone(),
            recordings: recordings.clone(),
            tasks: rooms.clone(),
            stop: stop.clone(),
        };
        let app = App::from(Running {
            clock,
            proof,
            relays: Relays::new(&key, relay_urls),
            turn,
            key,
            secure: tls.is_some() || config.http.public_url.starts_with("https:"),
            base: base.into(),
            demo,
            domains: Arc::new(academies.domains()),
            academies,
            passwords: Passwords::new()?,
            tries: Arc::default(),
            proxies: config.http.proxies.clone().into(),
            store,
            failing,
            journal: around.journal.clone(),
            door: Arc::default(),
            classrooms: Classrooms::new(around),
            media,
            recordings,
            scans,
            checks: Arc::new(Semaphore::new(app::CHECKS)),
            imports: imports::Imports::default(),
            directories: imports::Imports::default(),
            views: http::viewed::Views::default(),
            sheets: presence::Sheets::default(),
            terms: config.retention.terms(),
        });
        Ok(Self {
            fronts,
            relay,
            pages,
            tls,
            admin,
            app,
            data,
            stop,
            rooms,
            writing,
            last,
            purging: config.retention.enabled,
        })
    }

    /// Ends [`Server::run`] when cancelled: rooms are told, recordings closed, the journal written.
    #[must_use]
    pub fn stop(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Serves until it is stopped.
    ///
    /// # Errors
    /// The listener fails, or a stop leaves something unwritten.
    pub async fn run(self) -> Result<(), ServeError> {
        let Self { fronts, relay, pages, tls, admin, app, data, stop, rooms, writing, last, purging } = self;
        let (media, store) = (app.media.clone(), app.store.clone());
        // Listed before a room can open: a recording that starts now is not one that a crash left behind.
        let left_behind = recorder::repair::recordings(data.path()).unwrap_or_else(|error| {
            tracing::error!(%error, "the recordings cannot be listed; check `store.data`");
            Vec::new()
        });
        let tasks = TaskTracker::new();
        tasks.spawn_blocking(move || recover(&left_behind));
        if purging {
            tasks.spawn(retention::daily(app.clone(), data.path().to_owned(), stop.clone()));
        }
        for front in fronts {
            tasks.spawn(front.run(stop.clone()));
        }
        if let Some(relay) = relay {
            tasks.spawn(relay.run(stop.clone()));
        }
        if let Some(tls) = tls {
            tasks.spawn(stop.clone().run_until_cancelled_owned(tls.keep_current()));
        }
        if let Some(admin) = admin {
            tasks.spawn(tell_operators(admin, app.clone(), stop.clone()));
        }
        // Connections that stay open (rooms tell their own) do not hold up the stop.
        pages.serve(http::routes(app), stop.clone()).await;
        stop.cancel();
        rooms.close();
        let ended = timeout(PATIENCE, rooms.wait()).await.is_ok();
        if !ended {
            tracing::error!(
                "a room did not end in time: its last moments may be missing from the journal, its recording is \
                 repaired at the next start"
            );
        }
        if tokio::task::spawn_blocking(move || media.shutdown()).await.is_err() {
            tracing::error!("the media plane did not stop cleanly");
        }
        last.cancel();
        let written = finish(writing, &store).await;
        if ended && written { Ok(()) } else { Err(ServeError::Unwritten) }
    }
}

/// Serves the figures until the server stops. Classes do not depend on it.
async fn tell_operators(admin: TcpListener, app: App, stop: CancellationToken) {
    let serving = axum::serve(admin, http::metrics::routes(app));
    if let Err(error) = serving.with_graceful_shutdown(stop.cancelled_owned()).await {
        tracing::error!(%error, "the figures are not served any more; see `admin.listen`");
    }
}

/// The writer ends once all that the rooms gave it is on disk. False when that takes too long.
async fn finish(writing: JoinHandle<()>, store: &Store) -> bool {
    let written = async {
        // A writer that panicked has nothing more to write.
        let _ = writing.await;
        store.close().await;
    };
    let in_time = timeout(PATIENCE, written).await.is_ok();
    if !in_time {
        tracing::error!("the journal could not be written completely; free disk space or check `store.data`");
    }
    in_time
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
