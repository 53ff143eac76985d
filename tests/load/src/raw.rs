//! A peer that sends what it is told, right or wrong, over a real connection: for stories about misuse.

use std::{
    io,
    net::{IpAddr, UdpSocket},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use server::{
    clock,
    media::srtp::{OpenContext, SealContext},
};

use crate::{
    dtls::{Handshake, Identity},
    ice::{Agent, Heard},
    rtp,
    sdp::{self, Description, Offered, Setup, Transport},
};

/// Longest way to a connection.
const PATIENCE: Duration = Duration::from_secs(15);
/// How long one look at the socket waits.
const LOOK: Duration = Duration::from_millis(10);

/// A peer before it is connected.
#[derive(Debug)]
pub struct Caller {
    socket: UdpSocket,
    identity: Identity,
    local: Transport,
    red: bool,
}

impl Caller {
    /// # Errors
    /// No port or randomness is left.
    pub fn new(local: IpAddr) -> Result<Self> {
        let socket = UdpSocket::bind((local, 0))?;
        socket.set_read_timeout(Some(LOOK))?;
        let identity = Identity::generate()?;
        let letters = |bytes: &[u8]| bytes.iter().map(|byte| char::from(b'a' + byte % 26)).collect();
        let local = Transport {
            ufrag: letters(&clock::random::<8>()),
            pwd: letters(&clock::random::<24>()),
            fingerprint: identity.fingerprint.clone(),
            address: socket.local_addr()?,
        };
        Ok(Self { socket, identity, local, red: false })
    }

    /// The same, who sends and takes sound with copies of what came before.
    #[must_use]
    pub fn with_copies(self) -> Self {
        Self { red: true, ..self }
    }

    /// The offer of these tracks.
    #[must_use]
    pub fn offer(&self, tracks: &[Offered]) -> String {
        sdp::offer(&self.local, tracks, self.red)
    }

    /// The answer to a server's offer that takes everything.
    ///
    /// # Errors
    /// The offer cannot be read.
    pub fn answer(&self, offer: &str) -> Result<String> {
        Ok(sdp::answer(&self.local, &Description::read(offer)?, self.red))
    }

    /// Connects to the server that described itself so. Blocks.
    ///
    /// # Errors
    /// It does not work out in time.
    pub fn connect(self, remote: &str) -> Result<Raw> {
        let Self { socket, identity, local, .. } = self;
        let remote = Description::read(remote)?;
        socket.connect(remote.transport.address)?;
        let mut agent = Agent::new(&local, &remote.transport, clock::instant());
        let mut handshake: Option<Handshake> = None;
        let (client, fingerprint) = (remote.setup != Setup::Active, remote.transport.fingerprint.clone());
        let end = clock::instant() + PATIENCE;
        let mut buffer = [0; 2048];
        loop {
            let now = clock::instant();
            ensure!(now < end, "no connection in {PATIENCE:?}");
            if agent.due() <= now {
                socket.send(&agent.check(now)?)?;
            }
            let datagram = look(&socket, &mut buffer)?;
            match datagram.as_deref().and_then(<[u8]>::first) {
                Some(0..=3) => match agent.input(datagram.as_deref().unwrap_or_default(), local.address)? {
                    Heard::Nothing => {}
                    Heard::Reply(reply) => {
                        socket.send(&reply)?;
                    }
                    Heard::Connected => {
                        agent.keep(now);
                        handshake = Some(Handshake::new(&identity, client, &fingerprint, now));
                    }
                },
                Some(20..=63) | None => {
                    let Some(handshake) = &mut handshake else { continue };
                    let keys = handshake.drive(now, datagram.as_deref(), |flight| {
                        // A lost flight is repeated.
                        let _ = socket.send(flight);
                    })?;
                    if let Some(keys) = keys {
                        let open = OpenContext::new(keys.profile, &keys.open)?;
                        let seal = SealContext::new(keys.profile, &keys.seal)?;
                        return Ok(Raw { socket, agent, local, remote, open, seal, buffer });
                    }
                }
                Some(_) => {}
            }
        }
    }
}

fn look<'b>(socket: &UdpSocket, buffer: &'b mut [u8]) -> Result<Option<&'b mut [u8]>> {
    match socket.recv(buffer) {
        Ok(length) => Ok(buffer.get_mut(..length)),
        Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => Ok(None),
        Err(error) => Err(error).context("the socket"),
    }
}

/// A connected peer.
#[derive(Debug)]
pub struct Raw {
    socket: UdpSocket,
    agent: Agent,
    local: Transport,
    /// What the server described.
    pub remote: Description,
    open: OpenContext,
    seal: SealContext,
    buffer: [u8; 2048],
}

impl Raw {
    /// Sends a packet as it is written, sealed with the peer's own key.
    ///
    /// # Errors
    /// It is too long, or the socket is gone.
    pub fn rtp(&mut self, packet: &[u8], header: usize, rollover: u32) -> Result<()> {
        let mut sealed = packet.to_vec();
        sealed.resize(packet.len() + 32, 0);
        let length = self.seal.seal_rtp(&mut sealed, header, packet.len(), rollover)?;
        self.send(sealed.get(..length).context("a sealed packet")?)
    }

    /// Sends a compound of RTCP as it is written, sealed.
    ///
    /// # Errors
    /// It is too long, or the socket is gone.
    pub fn rtcp(&mut self, compound: &[u8]) -> Result<()> {
        let mut sealed = vec![0; compound.len() + 64];
        let length = self.seal.seal_rtcp(compound, &mut sealed)?;
        self.send(sealed.get(..length).context("a sealed report")?)
    }

    fn send(&self, datagram: &[u8]) -> Result<()> {
        match self.socket.send(datagram) {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
            Err(error) => bail!("the socket: {error}"),
        }
    }

    /// Listens until so many RTP packets have come, keeping the connection alive; gives them, opened.
    ///
    /// # Errors
    /// They do not come in time.
    pub fn hears(&mut self, packets: usize) -> Result<Vec<Vec<u8>>> {
        let end = clock::instant() + PATIENCE;
        let mut heard = Vec::new();
        while heard.len() < packets {
            let now = clock::instant();
            ensure!(now < end, "{} packets instead of {packets}", heard.len());
            self.keep(now)?;
            let Some(datagram) = look(&self.socket, &mut self.buffer)? else { continue };
            match datagram.first() {
                Some(0..=3) => {
                    if let Heard::Reply(reply) = self.agent.input(datagram, self.local.address)? {
                        self.socket.send(&reply)?;
                    }
                }
                Some(128..=191) if !rtp::is_rtcp(datagram) => {
                    let Some((_, _, ssrc)) = rtp::identity(datagram) else { continue };
                    // A stream is allowed when it is first heard: the server's own numbers are what is looked at.
                    let _ = self.open.allow(ssrc);
                    let opened = self.open.open_rtp(datagram)?;
                    heard.push(datagram.get(..opened.length).unwrap_or_default().to_vec());
                }
                Some(_) | None => {}
            }
        }
        Ok(heard)
    }

    /// Listens for a compound of RTCP, keeping the connection alive; gives it, opened.
    ///
    /// # Errors
    /// None comes in time.
    pub fn told(&mut self) -> Result<Vec<u8>> {
        let end = clock::instant() + PATIENCE;
        loop {
            let now = clock::instant();
            ensure!(now < end, "no report");
            self.keep(now)?;
            let Some(datagram) = look(&self.socket, &mut self.buffer)? else { continue };
            match datagram.first() {
                Some(0..=3) => {
                    if let Heard::Reply(reply) = self.agent.input(datagram, self.local.address)? {
                        self.socket.send(&reply)?;
                    }
                }
                Some(128..=191) if rtp::is_rtcp(datagram) => {
                    let length = self.open.open_rtcp(datagram)?;
                    return Ok(datagram.get(..length).unwrap_or_default().to_vec());
                }
                Some(_) | None => {}
            }
        }
    }

    fn keep(&mut self, now: Instant) -> Result<()> {
        if self.agent.due() <= now {
            self.socket.send(&self.agent.check(now)?)?;
            self.agent.keep(now);
        }
        Ok(())
    }
}

/// An RTP packet of a microphone that is so loud, in −dBov; its header has [`SPOKEN`] bytes.
#[must_use]
pub fn spoken(payload_type: u8, sequence: u16, ssrc: u32, level: u8, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(SPOKEN + payload.len());
    let timestamp = u32::from(sequence) * 960;
    let header = rtp::Header { marker: false, payload_type, sequence, timestamp, ssrc };
    header.write(&[(sdp::AUDIO_LEVEL, &[level])], &mut out);
    out.extend_from_slice(payload);
    out
}

/// Bytes of a header with the level of a voice.
pub const SPOKEN: usize = 20;

/// An RTP packet without header extensions.
#[must_use]
pub fn packet(payload_type: u8, sequence: u16, timestamp: u32, ssrc: u32, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(12 + payload.len());
    rtp::Header { marker: true, payload_type, sequence, timestamp, ssrc }.write(&[], &mut out);
    out.extend_from_slice(payload);
    out
}
