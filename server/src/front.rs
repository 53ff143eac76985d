//! The door for TCP: every connection to the page's port, told apart by its first bytes.
//!
//! One port is enough for a closed network. TLS is taken off when a certificate is configured; what is inside, or
//! comes without, is HTTP or something for the media plane. Nobody holds a place here by saying nothing.

mod opening;
mod wire;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
    sync::{Semaphore, mpsc},
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub(crate) use self::wire::Wire;
use self::{opening::Opening, wire::Opened};
use crate::tls::Tls;

/// Connections that have not said yet what they are.
const UNDECIDED: usize = 1024;
/// How long a connection may say nothing: browsers open some in advance.
const FIRST_WORD: Duration = Duration::from_secs(30);
/// How long a TLS handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Most bytes the system holds for one browser: more would hide that it cannot keep up, and delay its goodbye.
const SEND_BUFFER: usize = 256 * 1024;
/// The listener is left alone for so long after it failed, for want of file descriptors for example.
const BREATH: Duration = Duration::from_millis(200);
/// Pages waiting to be served.
const PAGES: usize = 256;

/// What a browser hears that speaks HTTP to a port of HTTPS.
const SPEAK_TLS: &[u8] =
    b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\
    \r\nCette adresse commence par https://.\nThis address begins with https://.\n";

/// One listening port.
#[derive(Debug)]
pub(crate) struct Front {
    listener: TcpListener,
    guide: Arc<Guide>,
}

/// Where connections are led.
#[derive(Debug)]
struct Guide {
    tls: Option<Tls>,
    pages: mpsc::Sender<(Wire, SocketAddr)>,
    undecided: Arc<Semaphore>,
}

/// The connections of a port that speak HTTP.
#[derive(Debug)]
pub(crate) struct Pages {
    queue: mpsc::Receiver<(Wire, SocketAddr)>,
    local: SocketAddr,
}

impl Front {
    /// # Errors
    /// The listener has no address.
    pub(crate) fn new(listener: TcpListener, tls: Option<Tls>) -> io::Result<(Self, Pages)> {
        let (pages, queue) = mpsc::channel(PAGES);
        let local = listener.local_addr()?;
        let guide = Guide { tls, pages, undecided: Arc::new(Semaphore::new(UNDECIDED)) };
        Ok((Self { listener, guide: Arc::new(guide) }, Pages { queue, local }))
    }

    /// Takes connections until told to stop.
    pub(crate) async fn run(self, stop: CancellationToken) {
        let connections = TaskTracker::new();
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                () = stop.cancelled() => return,
            };
            match accepted {
                Ok((stream, from)) => {
                    // Too many at once: the newcomer is let go, those who talk go on.
                    let Ok(place) = Arc::clone(&self.guide.undecided).try_acquire_owned() else { continue };
                    let (guide, stop) = (Arc::clone(&self.guide), stop.clone());
                    connections.spawn(async move {
                        tokio::select! {
                            () = guide.lead(stream, from, place) => {}
                            () = stop.cancelled() => {}
                        }
                    });
                }
                Err(error) => {
                    tracing::error!(%error, "a connection cannot be accepted");
                    tokio::time::sleep(BREATH).await;
                }
            }
        }
    }
}

impl Guide {
    async fn lead(&self, stream: TcpStream, from: SocketAddr, place: tokio::sync::OwnedSemaphorePermit) {
        prompt(&stream);
        let Some((opening, wire)) = self.open(stream).await else { return };
        drop(place);
        match opening {
            Opening::Http => {
                // Fails once the server stops.
                let _ = self.pages.send((wire, from)).await;
            }
            Opening::Tls | Opening::Turn | Opening::Ice | Opening::Unknown => {}
        }
    }

    /// What the connection is, TLS taken off; `None` when it says nothing, or what is not to be said here.
    async fn open(&self, stream: TcpStream) -> Option<(Opening, Wire)> {
        let (opening, mut opened) = timeout(FIRST_WORD, Opened::look(stream)).await.ok()?.ok()?;
        match (&self.tls, opening) {
            (Some(tls), Opening::Tls) => {
                let secured = timeout(HANDSHAKE, tls.acceptor().accept(opened)).await.ok()?.ok()?;
                let (opening, opened) = timeout(FIRST_WORD, Opened::look(secured)).await.ok()?.ok()?;
                Some((opening, Wire::Tls(Box::new(opened))))
            }
            (Some(_), Opening::Http) => {
                // Whether it hears that or not, it is over.
                let _ = timeout(HANDSHAKE, opened.write_all(SPEAK_TLS)).await;
                let _ = opened.shutdown().await;
                None
            }
            (_, opening) => Some((opening, Wire::Plain(opened))),
        }
    }
}

/// Small messages leave at once, and a slow browser is noticed.
fn prompt(stream: &TcpStream) {
    let tuned = stream
        .set_nodelay(true)
        .and_then(|()| socket2::SockRef::from(stream).set_send_buffer_size(SEND_BUFFER));
    if let Err(error) = tuned {
        tracing::debug!(%error, "a connection keeps the system's buffers");
    }
}

impl axum::serve::Listener for Pages {
    type Io = Wire;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.queue.recv().await {
            Some(page) => page,
            // The front has stopped; so will whoever waits here.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        Ok(self.local)
    }
}
