//! TURN over UDP: one socket, many clients.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use bytes::BytesMut;
use rustc_hash::FxHashMap;
use tokio::{net::UdpSocket, sync::mpsc};
use tokio_util::sync::CancellationToken;

use super::{Turn, client::Client};
use crate::{clock, media::stream::Outgoing};

/// Room for one datagram: more than any MTU that WebRTC meets.
const DATAGRAM: usize = 2048;
/// Datagrams that wait for the socket.
const QUEUE: usize = 4096;
/// How often allocations that ended are forgotten.
const SWEEP: Duration = Duration::from_secs(5);
/// The socket is left alone for so long after it failed.
const BREATH: Duration = Duration::from_millis(50);

/// The relay's UDP port.
#[derive(Debug)]
pub(crate) struct Socket {
    socket: UdpSocket,
    turn: Arc<Turn>,
    clients: FxHashMap<SocketAddr, Client>,
    /// Whose the streams to the workers are.
    by_stream: FxHashMap<u64, SocketAddr>,
    queue: mpsc::Sender<Outgoing>,
    outgoing: mpsc::Receiver<Outgoing>,
}

impl Socket {
    pub(crate) fn new(socket: UdpSocket, turn: Arc<Turn>) -> Self {
        let (queue, outgoing) = mpsc::channel(QUEUE);
        let (clients, by_stream) = (FxHashMap::default(), FxHashMap::default());
        Self { socket, turn, clients, by_stream, queue, outgoing }
    }

    /// Serves until told to stop.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        let mut sweep = tokio::time::interval(SWEEP);
        let mut buffer = BytesMut::new();
        let mut out = BytesMut::with_capacity(DATAGRAM);
        loop {
            buffer.clear();
            buffer.reserve(DATAGRAM);
            tokio::select! {
                received = self.socket.recv_buf_from(&mut buffer) => match received {
                    Ok((_, from)) => self.hear(buffer.split(), from).await,
                    Err(error) => {
                        tracing::debug!(%error, "the relay's socket");
                        tokio::time::sleep(BREATH).await;
                    }
                },
                Some(datagram) = self.outgoing.recv() => self.pass_on(&datagram, &mut out),
                _ = sweep.tick() => self.sweep(),
                () = stop.cancelled() => return,
            }
        }
    }

    async fn hear(&mut self, message: BytesMut, from: SocketAddr) {
        let now = clock::instant();
        let answer = match self.clients.get_mut(&from) {
            Some(client) => client.hear(message, now),
            None => {
                // Nobody is remembered before they prove who they are.
                let canonical = SocketAddr::new(from.ip().to_canonical(), from.port());
                let mut client = Client::new(Arc::clone(&self.turn), canonical, self.queue.clone());
                let answer = client.hear(message, now);
                if client.expires().is_some() {
                    self.clients.insert(from, client);
                }
                answer
            }
        };
        if let Some(client) = self.clients.get(&from) {
            client.streams().for_each(|stream| {
                self.by_stream.insert(stream, from);
            });
            if client.expires().is_none() {
                self.sweep();
            }
        }
        if let Some(answer) = answer {
            // Lost when the socket has no room, as any datagram may be.
            let _ = self.socket.send_to(&answer, from).await;
        }
    }

    fn pass_on(&self, datagram: &Outgoing, out: &mut BytesMut) {
        let Some(to) = self.by_stream.get(&datagram.stream) else { return };
        let Some(client) = self.clients.get(to) else { return };
        out.clear();
        client.wrap(datagram, false, clock::instant(), out);
        if !out.is_empty() {
            let _ = self.socket.try_send_to(out, *to);
        }
    }

    fn sweep(&mut self) {
        let now = clock::instant();
        self.clients.retain(|_, client| client.expires().is_some_and(|at| at > now));
        let clients = &self.clients;
        self.by_stream.retain(|stream, from| {
            clients.get(from).is_some_and(|client| client.streams().any(|known| known == *stream))
        });
    }
}
