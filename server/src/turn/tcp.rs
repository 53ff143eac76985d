//! TURN over TCP or TLS: one connection, one client.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use bytes::BytesMut;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    time::{Instant, timeout_at},
};

use super::{Turn, client::Client, framing::take_message};
use crate::{
    clock,
    front::Place,
    media::stream::{Lane, Streams},
};

/// How long a client may take from its first byte to its allocation.
const FIRST: Duration = Duration::from_secs(15);
/// A client that takes nothing for so long is gone.
const SEND: Duration = Duration::from_secs(15);
/// Bytes read at once.
const CHUNK: usize = 16 * 1024;
/// Bytes that wait for a client at most, but for one go of the workers: it is not listened to before it takes them.
const UNTAKEN: usize = 64 * 1024;

impl Turn {
    /// Serves one connection to its end. It keeps its `place` until it has proven to know a password.
    pub(crate) async fn serve(
        self: Arc<Self>,
        wire: impl AsyncRead + AsyncWrite,
        from: SocketAddr,
        place: Place,
    ) {
        let mut place = Some(place);
        let (mut reader, mut writer) = tokio::io::split(wire);
        let (queue, mut lane) = Streams::queue();
        let mut client = Client::new(self, from, queue);
        let (mut buffer, mut out) = (BytesMut::new(), Unsent::default());
        let opened = clock::instant();
        loop {
            // Until its allocation ends; while it has none, soon. Sooner when it takes nothing.
            let end = client.expires().unwrap_or(opened + FIRST);
            let end = out.since.map_or(end, |since| end.min(since + SEND));
            let meeting = meet(&mut reader, &mut writer, &mut buffer, &mut lane, &mut out);
            let met = tokio::select! {
                met = timeout_at(Instant::from_std(end), meeting) => met,
                () = lost(place.as_ref()) => return,
            };
            let now = clock::instant();
            match met {
                Ok(Ok(Met::Client)) => {
                    if hear(&mut client, &mut buffer, now, &mut out.bytes).is_err() {
                        return;
                    }
                    place = place.filter(|_| client.expires().is_none());
                }
                Ok(Ok(Met::Workers)) if out.bytes.is_empty() => {
                    lane.take(now, |datagram| client.wrap(datagram, true, now, &mut out.bytes));
                }
                Ok(Ok(Met::Workers)) => lane.age(now),
                Ok(Ok(Met::Taken)) => out.since = None,
                Ok(Ok(Met::End) | Err(_)) | Err(_) => return,
            }
            out.look(now);
        }
    }
}

/// What waits to be written to a client.
#[derive(Debug, Default)]
struct Unsent {
    bytes: BytesMut,
    /// Something was written that may not have left yet.
    held: bool,
    /// When the client last took something of what waits.
    since: Option<std::time::Instant>,
}

impl Unsent {
    fn waits(&self) -> bool {
        self.held || !self.bytes.is_empty()
    }

    fn look(&mut self, now: std::time::Instant) {
        self.since = self.waits().then(|| self.since.unwrap_or(now));
    }

    /// Writes some of it. Nothing is lost when it is given up.
    async fn leave(&mut self, writer: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
        if self.bytes.is_empty() {
            writer.flush().await?;
            self.held = false;
        } else if writer.write_buf(&mut self.bytes).await? == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        } else {
            self.held = true;
        }
        Ok(())
    }
}

/// Ends when somebody else takes the place, if there is one to take.
async fn lost(place: Option<&Place>) {
    match place {
        Some(place) => place.lost().await,
        None => std::future::pending().await,
    }
}

/// What comes next on a connection.
enum Met {
    Client,
    Workers,
    /// The client took some of what waits for it.
    Taken,
    End,
}

/// Waits for bytes of the client or datagrams of the workers, or for the client to take what it is sent: neither waits
/// for the other. Nothing is lost when it is given up.
async fn meet(
    reader: &mut (impl AsyncRead + Unpin),
    writer: &mut (impl AsyncWrite + Unpin),
    buffer: &mut BytesMut,
    lane: &mut Lane,
    out: &mut Unsent,
) -> io::Result<Met> {
    buffer.reserve(CHUNK);
    let (listens, idle, waits) = (out.bytes.len() < UNTAKEN, out.bytes.is_empty(), out.waits());
    let workers = async { if idle { lane.ready().await } else { lane.gather().await } };
    tokio::select! {
        read = reader.read_buf(buffer), if listens => Ok(if read? == 0 { Met::End } else { Met::Client }),
        ready = workers => Ok(if ready { Met::Workers } else { Met::End }),
        left = out.leave(writer), if waits => left.map(|()| Met::Taken),
    }
}

/// Takes all whole messages.
///
/// # Errors
/// They are no TURN.
fn hear(
    client: &mut Client,
    buffer: &mut BytesMut,
    now: std::time::Instant,
    out: &mut BytesMut,
) -> io::Result<()> {
    while let Some(message) = take_message(buffer)? {
        out.extend_from_slice(&client.hear(message, now).unwrap_or_default());
    }
    Ok(())
}
