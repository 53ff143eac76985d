//! ICE over TCP (RFC 6544): datagrams behind their length (RFC 4571), to a media worker and back.

use std::{io, net::SocketAddr, time::Duration};

use bytes::{Buf, BufMut, BytesMut};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    time::timeout,
};

use super::{Wire, undecided::Place};
use crate::{
    clock,
    media::stream::{Lane, Outgoing, Streams},
};

/// Longest datagram taken in: more than any that WebRTC sends.
const LONGEST: usize = 2048;
/// Bytes read at once.
const CHUNK: usize = 16 * 1024;
/// A peer that says nothing for so long is gone: it proves its consent every few seconds (RFC 7675).
const IDLE: Duration = Duration::from_secs(30);
/// A worker answers the first ping at once, unless the peer does not know the password.
const UNANSWERED: Duration = Duration::from_secs(10);
/// A peer that takes nothing for so long is gone.
const SEND: Duration = Duration::from_secs(15);

/// Carries one connection to its end. Until a worker answers it has the place of one that nobody knows, and loses it to
/// the next.
pub(super) async fn carry(wire: Wire, from: SocketAddr, streams: &Streams, undecided: Place) {
    let (mut reader, writer) = tokio::io::split(wire);
    let (queue, mut outgoing) = Streams::queue();
    let mut buffer = BytesMut::new();
    let first = tokio::select! {
        first = timeout(UNANSWERED, next_frame(&mut reader, &mut buffer)) => first,
        () = undecided.lost() => return,
    };
    let Ok(Ok(Some(first))) = first else { return };
    let Some(stream) = streams.open_for(&first, from, &queue) else { return };
    stream.send(first);
    let answered = tokio::select! {
        ready = timeout(UNANSWERED, outgoing.ready()) => ready.unwrap_or(false),
        () = undecided.lost() => return,
    };
    let Some(_place) = streams.place().filter(|_| answered) else { return };
    drop(undecided);
    let reading = async {
        while let Ok(Ok(Some(frame))) = timeout(IDLE, next_frame(&mut reader, &mut buffer)).await {
            // Lost when the worker has no room for it, as on any network.
            stream.send(frame);
        }
    };
    tokio::select! {
        () = reading => {}
        () = deliver(writer, outgoing) => {}
    }
}

/// Writes what the worker sends until the peer takes nothing more.
async fn deliver(mut writer: impl AsyncWrite + Unpin, mut lane: Lane) {
    let mut bytes = BytesMut::with_capacity(CHUNK);
    while lane.ready().await {
        lane.take(clock::instant(), |Outgoing { datagram, .. }| {
            if let Ok(length) = u16::try_from(datagram.len()) {
                bytes.put_u16(length);
                bytes.put_slice(datagram);
            }
        });
        let write = async {
            writer.write_all(&bytes).await?;
            writer.flush().await
        };
        let written = tokio::select! {
            written = timeout(SEND, write) => matches!(written, Ok(Ok(()))),
            // What waits meanwhile ages.
            () = outlive(&mut lane) => false,
        };
        if !written {
            return;
        }
        bytes.clear();
    }
}

/// Gives up what becomes too old in the lane, for as long as it is let.
async fn outlive(lane: &mut Lane) {
    while lane.gather().await {
        lane.age(clock::instant());
    }
    std::future::pending().await
}

/// The next datagram; `None` when the peer closes.
async fn next_frame(
    reader: &mut (impl AsyncRead + Unpin),
    buffer: &mut BytesMut,
) -> io::Result<Option<BytesMut>> {
    loop {
        if let Some(frame) = take_frame(buffer)? {
            return Ok(Some(frame));
        }
        buffer.reserve(CHUNK);
        if reader.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    }
}

/// Cuts the first whole datagram off; `None` while it is not complete. Empty ones are passed over.
pub(crate) fn take_frame(buffer: &mut BytesMut) -> io::Result<Option<BytesMut>> {
    loop {
        let Some(&[high, low]) = buffer.first_chunk() else { return Ok(None) };
        let length = usize::from(u16::from_be_bytes([high, low]));
        if length > LONGEST {
            return Err(io::ErrorKind::InvalidData.into());
        }
        if buffer.len() < 2 + length {
            return Ok(None);
        }
        buffer.advance(2);
        if length > 0 {
            return Ok(Some(buffer.split_to(length)));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_length_beyond_any_datagram_ends_the_connection() {
        assert!(take_frame(&mut BytesMut::from(&[0x08, 0x01, 0][..])).is_err());
        assert_eq!(take_frame(&mut BytesMut::from(&[0x08, 0x00, 0][..])).unwrap(), None);
    }

    proptest! {
        #[test]
        fn datagrams_come_out_as_they_went_in_however_the_bytes_are_cut(
            datagrams in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..8),
            cuts in prop::collection::vec(1..400_usize, 1..40),
        ) {
            let mut wire = Vec::new();
            for datagram in &datagrams {
                wire.put_u16(datagram.len() as u16);
                wire.extend_from_slice(datagram);
            }
            let (mut buffer, mut out, mut rest) = (BytesMut::new(), Vec::new(), &wire[..]);
            for cut in cuts.iter().cycle() {
                let (now, later) = rest.split_at((*cut).min(rest.len()));
                buffer.extend_from_slice(now);
                while let Some(frame) = take_frame(&mut buffer).unwrap() {
                    out.push(frame.to_vec());
                }
                rest = later;
                if rest.is_empty() {
                    break;
                }
            }
            let expected: Vec<_> = datagrams.into_iter().filter(|datagram| !datagram.is_empty()).collect();
            prop_assert_eq!(out, expected);
        }

        #[test]
        fn rubbish_is_refused_or_waited_for(bytes in prop::collection::vec(any::<u8>(), 0..5_000)) {
            let mut buffer = BytesMut::from(&bytes[..]);
            while let Ok(Some(frame)) = take_frame(&mut buffer) {
                prop_assert!(!frame.is_empty() && frame.len() <= LONGEST);
            }
        }
    }
}
