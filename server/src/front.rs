//! The door for TCP: every connection to the page's port, told apart by its first bytes.
//!
//! One port is enough for a closed network. TLS is taken off when a certificate is configured; what is inside, or
//! comes without, is HTTP or something for the media plane. Nobody holds a place here by saying nothing, or half a
//! request.

mod ice;
mod opening;
mod pages;
mod undecided;
mod wire;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub(crate) use self::{ice::take_frame, pages::Pages, undecided::Place, wire::Wire};
use self::{opening::Opening, pages::Page, undecided::Undecided, wire::Opened};
use crate::{media::stream::Streams, tls::Tls, turn::Turn};

/// How long a connection may say nothing: browsers open some in advance.
const FIRST_WORD: Duration = Duration::from_secs(30);
/// How long a TLS handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// What the system keeps unsent of a connection before it takes no more: half a second of three voices. What must not
/// wait can only be dropped before it gets there.
const UNSENT: u32 = 8 * 1024;
/// Most bytes the system holds for one browser: more would hide that it cannot keep up, and delay its goodbye.
const SEND_BUFFER: usize = 256 * 1024;
/// The listener is left alone for so long after it failed, for want of file descriptors for example.
const BREATH: Duration = Duration::from_millis(200);
/// Pages waiting to be served.
const WAITING: usize = 256;

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

/// Where what is no HTTP goes.
#[derive(Clone, Debug)]
pub(crate) struct Ways {
    pub(crate) streams: Streams,
    pub(crate) turn: Option<Arc<Turn>>,
}

/// Where connections are led.
#[derive(Debug)]
struct Guide {
    tls: Option<Tls>,
    /// `None` where no page is served.
    pages: Option<mpsc::Sender<Page>>,
    media: Ways,
    undecided: Undecided,
}

/// Whose connection a request came by, for what counts tries.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Client(pub(crate) SocketAddr);

impl Front {
    /// The page's port, by TLS or not, where everything else is welcome too.
    pub(crate) fn of_pages(listener: TcpListener, tls: Option<Tls>, media: Ways) -> (Self, Pages) {
        let (pages, queue) = mpsc::channel(WAITING);
        (Self::new(listener, tls, Some(pages), media), Pages(queue))
    }

    /// A port of the media plane alone.
    pub(crate) fn of_media(listener: TcpListener, media: Ways) -> Self {
        Self::new(listener, None, None, media)
    }

    fn new(listener: TcpListener, tls: Option<Tls>, pages: Option<mpsc::Sender<Page>>, media: Ways) -> Self {
        let guide = Guide { tls, pages, media, undecided: Undecided::default() };
        Self { listener, guide: Arc::new(guide) }
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
                    // An IPv4 address that came through an IPv6 socket is an IPv4 address.
                    let from = SocketAddr::new(from.ip().to_canonical(), from.port());
                    let place = self.guide.undecided.place();
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
    async fn lead(&self, stream: TcpStream, from: SocketAddr, place: Place) {
        prompt(&stream);
        let opened = tokio::select! {
            opened = self.open(stream) => opened,
            () = place.lost() => return,
        };
        let Some((opening, wire)) = opened else { return };
        match opening {
            Opening::Http => {
                if let Some(pages) = &self.pages {
                    // Fails once the server stops.
                    let _ = pages.send(Page { wire, from, place }).await;
                }
            }
            Opening::Ice => ice::carry(wire, from, &self.media.streams, place).await,
            Opening::Turn => {
                if let Some(turn) = &self.media.turn {
                    Arc::clone(turn).serve(wire, from, place).await;
                }
            }
            Opening::Tls | Opening::Unknown => {}
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
        .and_then(|()| socket2::SockRef::from(stream).set_send_buffer_size(SEND_BUFFER))
        .and_then(|()| socket2::SockRef::from(stream).set_tcp_notsent_lowat(UNSENT));
    if let Err(error) = tuned {
        tracing::debug!(%error, "a connection keeps the system's buffers");
    }
}
