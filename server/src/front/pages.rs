//! The page's own connections: HTTP, and what becomes of it.

use std::{net::SocketAddr, pin::pin, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request},
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{sync::mpsc, time::sleep};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt;

use super::{Client, Place, Wire};

/// How long the head of the first request may take once it has begun.
const HEAD: Duration = Duration::from_secs(10);
/// How long the heads of later ones may take, the rest before them included: longer than proxies keep a connection.
const IDLE: Duration = Duration::from_secs(75);

/// A connection that speaks HTTP.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) wire: Wire,
    pub(super) from: SocketAddr,
    /// That of one that nobody knows, until it has asked for something.
    pub(super) place: Place,
}

/// The connections of a port that speak HTTP.
#[derive(Debug)]
pub(crate) struct Pages(pub(super) mpsc::Receiver<Page>);

impl Pages {
    /// Serves until told to stop. Requests that have begun by then are answered as long as the process lasts.
    pub(crate) async fn serve(mut self, routes: Router, stop: CancellationToken) {
        let connections = TaskTracker::new();
        loop {
            let page = tokio::select! {
                page = self.0.recv() => page,
                () = stop.cancelled() => None,
            };
            let Some(page) = page else { return };
            connections.spawn(page.carry(routes.clone(), stop.clone()));
        }
    }
}

impl Page {
    /// Serves one connection to its end; what is upgraded goes on by itself.
    async fn carry(self, routes: Router, stop: CancellationToken) {
        let Self { wire, from, place } = self;
        let asked = CancellationToken::new();
        let service = service_fn(|mut request: Request<Incoming>| {
            asked.cancel();
            request.extensions_mut().insert(ConnectInfo(Client(from)));
            routes.clone().oneshot(request.map(Body::new))
        });
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(IDLE);
        let mut connection = pin!(http.serve_connection(TokioIo::new(wire), service).with_upgrades());
        // A peer that breaks off is nobody's fault.
        tokio::select! {
            _ = connection.as_mut() => return,
            () = asked.cancelled() => {}
            () = sleep(HEAD) => return,
            () = place.lost() => return,
        }
        drop(place);
        tokio::select! {
            _ = connection.as_mut() => return,
            () = stop.cancelled() => connection.as_mut().graceful_shutdown(),
        }
        let _ = connection.await;
    }
}
