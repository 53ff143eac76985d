//! Rubbish on the media port while a class is held.

use anyhow::Result;
use harness::{peer::Peer, person::Person, server::Preau};

/// A reproducible stream of bytes (xorshift, Marsaglia 2003).
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn datagram(&mut self, first: u8) -> Vec<u8> {
        let length = 1 + usize::try_from(self.next() % 1_400).unwrap_or(0);
        let mut bytes: Vec<u8> = (0..length).map(|_| self.next().to_le_bytes()[0]).collect();
        bytes[0] = first;
        bytes
    }
}

#[tokio::test]
async fn garbage_on_the_media_port_disturbs_nobody() -> Result<()> {
    let mut server = Preau::start().await?;
    let mut trainer = Person::enters(&server, &server.links.trainer, "Ada").await?;
    let mut ben = Person::enters(&server, &server.links.participant, "Ben").await?;
    let mut voice = Peer::new().await?;
    let ear = Peer::new().await?;
    voice.publishes(&mut trainer).await?;
    ear.subscribes(&mut ben, 2).await?;
    ear.receives(5).await?;

    let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await?;
    let mut noise = Noise(0x5eed);
    for round in 0..4_000_u32 {
        // The first byte makes it STUN, DTLS, TURN, RTP or RTCP (RFC 7983), or nothing at all.
        let first = [0, 1, 20, 22, 25, 63, 64, 79, 128, 144, 191, 255][round as usize % 12];
        let mut datagram = noise.datagram(first);
        if round % 3 == 0 && datagram.len() >= 20 {
            // A plausible STUN header: binding request, magic cookie (RFC 8489, section 5).
            datagram[..8].copy_from_slice(&[0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42]);
        }
        socket.send_to(&datagram, server.media_address()).await?;
        if round % 200 == 0 {
            ear.receives(1).await?;
        }
    }
    socket.send_to(&[], server.media_address()).await?;
    ear.receives(25).await?;
    ben.says("rien remarqué").await?;
    assert!(server.runs()?);
    Ok(())
}
