//! TURN over TCP or TLS: one connection, one client.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use bytes::BytesMut;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    time::{Instant, timeout, timeout_at},
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
        let (mut buffer, mut out) = (BytesMut::new(), BytesMut::with_capacity(CHUNK));
        let opened = Instant::from_std(clock::instant());
        loop {
            // Until its allocation ends; while it has none, soon.
            let end = client.expires().map_or(opened + FIRST, Instant::from_std);
            let meeting = meet(&mut reader, &mut buffer, &mut lane);
            let met = tokio::select! {
                met = timeout_at(end, meeting) => met,
                () = lost(place.as_ref()) => return,
            };
            let now = clock::instant();
            match met {
                Ok(Ok(Met::Client)) => {
                    if hear(&mut client, &mut buffer, now, &mut out).is_err() {
                        return;
                    }
                    place = place.filter(|_| client.expires().is_none());
                }
                Ok(Ok(Met::Workers)) => {
                    lane.take(now, |datagram| client.wrap(datagram, true, now, &mut out));
                }
                Ok(Ok(Met::End) | Err(_)) | Err(_) => return,
            }
            if !out.is_empty() && !write(&mut writer, &mut out).await {
                return;
            }
        }
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
    End,
}

/// Waits for bytes of the client or datagrams of the workers. Nothing is lost when it is given up.
async fn meet(
    reader: &mut (impl AsyncRead + Unpin),
    buffer: &mut BytesMut,
    lane: &mut Lane,
) -> io::Result<Met> {
    buffer.reserve(CHUNK);
    tokio::select! {
        read = reader.read_buf(buffer) => Ok(if read? == 0 { Met::End } else { Met::Client }),
        ready = lane.ready() => Ok(if ready { Met::Workers } else { Met::End }),
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

/// False when the client takes nothing more.
async fn write(writer: &mut (impl AsyncWrite + Unpin), out: &mut BytesMut) -> bool {
    let written = async {
        writer.write_all(out).await?;
        writer.flush().await
    };
    let written = timeout(SEND, written).await;
    out.clear();
    matches!(written, Ok(Ok(())))
}
