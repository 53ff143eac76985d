//! Datagrams nobody should send.

use std::net::SocketAddr;

use anyhow::Result;
use tokio::net::UdpSocket;

/// One of each kind, and mutations of them.
pub(crate) fn garbage() -> Vec<Vec<u8>> {
    let binding = [&[0, 1, 0, 8, 0x21, 0x12, 0xa4, 0x42][..], &[7; 12], &[0, 6, 0, 4], b"ab:c"].concat();
    let lying =
        [&[0, 1, 0xff, 0xfc, 0x21, 0x12, 0xa4, 0x42][..], &[7; 12], &[0, 6, 0xff, 0xff], b"ab:c"].concat();
    let hello = [&[22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 40, 1, 0, 0, 28][..], &[0; 36]].concat();
    let packet = [&[0x80, 96, 0, 1, 0, 0, 0, 1, 0x10, 0, 0, 2][..], &[9; 200]].concat();
    let unknown = [&[0x80, 111, 0, 1, 0, 0, 0, 1, 0xde, 0xad, 0xbe, 0xef][..], &[9; 200]].concat();
    // The extension claims more words than the packet has.
    let extended =
        [&[0x9f, 96, 0, 1, 0, 0, 0, 1, 0x10, 0, 0, 2][..], &[0xbe, 0xde, 0xff, 0xff], &[1; 20]].concat();
    let report = [&[0x81, 200, 0, 12, 0, 0, 0, 1][..], &[0xee; 60]].concat();
    let nacks = [&[0x81, 205, 0, 250, 0, 0, 0, 1][..], &[0xff; 1_000]].concat();
    let valid = [binding, lying, hello, packet, unknown, extended, report, nacks];
    let mut all = vec![vec![], vec![0], vec![22], vec![128], vec![128, 200], vec![255; 1_500], vec![64; 9]];
    for datagram in valid {
        all.extend((0..datagram.len().min(64)).map(|len| datagram.iter().take(len).copied().collect()));
        all.extend((0..datagram.len().min(64)).map(|at| {
            let mut changed = datagram.clone();
            if let Some(byte) = changed.get_mut(at) {
                *byte = !*byte;
            }
            changed
        }));
        all.push(datagram);
    }
    all
}

/// Sends all of it from a fresh address.
pub(crate) async fn storm(server: SocketAddr) -> Result<()> {
    let socket = UdpSocket::bind("127.0.0.1:0").await?;
    for datagram in garbage() {
        socket.send_to(&datagram, server).await?;
        tokio::task::yield_now().await;
    }
    Ok(())
}
