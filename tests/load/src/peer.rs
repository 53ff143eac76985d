//! One peer: a socket, ICE, DTLS, SRTP, and what it does with media.

use std::{
    net::{SocketAddr, UdpSocket},
    time::Instant,
};

use anyhow::{Context, Result};
use nix::sys::socket::{MultiHeaders, SockaddrIn};
use server::media::srtp::{Keys, OpenContext, SealContext};

use crate::{
    dtls::{Handshake, Identity},
    ice::{Agent, Heard},
    publish::Sender,
    receive::Receiver,
    rtp,
    sdp::{Description, Setup, Transport},
    socket::{self, BATCH, Inbox, Outgoing},
    tally::Tally,
};

/// What the peer does with media.
#[derive(Debug)]
pub(crate) enum Media {
    Receive(Receiver),
    Send(Sender),
}

/// The two directions, once there are keys.
#[derive(Debug)]
struct Protected {
    open: OpenContext,
    seal: SealContext,
}

/// One peer of the generator.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) socket: UdpSocket,
    remote: SocketAddr,
    agent: Option<Agent>,
    handshake: Option<Handshake>,
    /// How to begin the handshake once ICE is done.
    beginning: Option<(Identity, bool, String)>,
    protected: Option<Protected>,
    pub(crate) media: Media,
    pub(crate) failure: Option<String>,
}

/// What all peers of an engine share.
pub(crate) struct Desk {
    pub(crate) inbox: Inbox,
    pub(crate) outgoing: Outgoing,
    headers: MultiHeaders<SockaddrIn>,
    compound: Vec<u8>,
    sealed: Vec<u8>,
}

impl Desk {
    pub(crate) fn new() -> Self {
        Self {
            inbox: Inbox::new(),
            outgoing: Outgoing::new(),
            headers: MultiHeaders::preallocate(BATCH, None),
            compound: Vec::with_capacity(2048),
            sealed: vec![0; 4096],
        }
    }
}

impl Peer {
    /// A peer that connects to what the other side described.
    ///
    /// # Errors
    /// The socket cannot be used.
    pub(crate) fn connecting(
        socket: UdpSocket,
        identity: &Identity,
        local: &Transport,
        remote: &Description,
        media: Media,
        now: Instant,
    ) -> Result<Self> {
        let client = remote.setup != Setup::Active;
        let fingerprint = remote.transport.fingerprint.clone();
        let mut peer = Self::with(socket, remote.transport.address, media)?;
        peer.agent = Some(Agent::new(local, &remote.transport, now));
        peer.beginning = Some((identity.clone(), client, fingerprint));
        Ok(peer)
    }

    /// A peer that has its keys already.
    ///
    /// # Errors
    /// The socket or the keys cannot be used.
    pub(crate) fn keyed(socket: UdpSocket, remote: SocketAddr, keys: &Keys, media: Media) -> Result<Self> {
        let mut peer = Self::with(socket, remote, media)?;
        peer.protect(keys)?;
        Ok(peer)
    }

    fn with(socket: UdpSocket, remote: SocketAddr, media: Media) -> Result<Self> {
        socket.connect(remote).with_context(|| format!("connecting to {remote}"))?;
        if let Media::Receive(Receiver { sampled: true, .. }) = media {
            socket::stamp(&socket)?;
        }
        let (agent, handshake, beginning, protected) = (None, None, None, None);
        Ok(Self { socket, remote, agent, handshake, beginning, protected, media, failure: None })
    }

    fn protect(&mut self, keys: &Keys) -> Result<()> {
        let open = OpenContext::new(keys.profile, &keys.open)?;
        let seal = SealContext::new(keys.profile, &keys.seal)?;
        self.protected = Some(Protected { open, seal });
        Ok(())
    }

    /// DTLS is done.
    pub(crate) fn is_connected(&self) -> bool {
        self.protected.is_some()
    }

    /// The server's new description of the same connection.
    pub(crate) fn expect(&mut self, offer: &Description) {
        if let Media::Receive(receiver) = &mut self.media {
            receiver.expect(offer);
        }
    }

    /// When [`Peer::wake`] is needed; `None` when it never will be.
    pub(crate) fn due(&self) -> Option<Instant> {
        if self.failure.is_some() {
            return None;
        }
        let media = self.protected.as_ref().map(|_| match &self.media {
            Media::Receive(receiver) => receiver.due(),
            Media::Send(sender) => sender.due(),
        });
        let handshake = self.handshake.as_ref().and_then(Handshake::due);
        [media, handshake, self.agent.as_ref().map(Agent::due)].into_iter().flatten().min()
    }

    /// Takes in what the socket has.
    pub(crate) fn read(&mut self, now: Instant, desk: &mut Desk, tally: &mut Tally) {
        let stamped = matches!(&self.media, Media::Receive(Receiver { sampled: true, .. }));
        // Bounded, so that no peer keeps the others waiting.
        for _ in 0..4 {
            let received = match desk.inbox.receive(&self.socket, stamped) {
                Ok(received) => received,
                Err(error) => return self.fail(&error),
            };
            for n in 0..received {
                let Desk { inbox, outgoing, compound, .. } = desk;
                let Some((datagram, at)) = inbox.get(n) else { continue };
                if let Err(error) = self.datagram(now, datagram, at, outgoing, compound, tally) {
                    self.fail(&error);
                }
            }
            if received < BATCH {
                break;
            }
        }
        self.flush(desk, tally);
    }

    fn datagram(
        &mut self,
        now: Instant,
        datagram: &mut [u8],
        at: Option<u64>,
        out: &mut Outgoing,
        compound: &mut Vec<u8>,
        tally: &mut Tally,
    ) -> Result<()> {
        match datagram.first() {
            Some(0..=3) => self.stun(now, datagram, out),
            Some(20..=63) => self.handshake(now, Some(datagram), out),
            Some(128..=191) => {
                self.protected(now, datagram, at, out, compound, tally);
                Ok(())
            }
            Some(_) | None => Ok(()),
        }
    }

    fn protected(
        &mut self,
        now: Instant,
        datagram: &mut [u8],
        at: Option<u64>,
        out: &mut Outgoing,
        compound: &mut Vec<u8>,
        tally: &mut Tally,
    ) {
        let Some(Protected { open, seal }) = &mut self.protected else { return };
        if !rtp::is_rtcp(datagram) {
            if let Media::Receive(receiver) = &mut self.media {
                receiver.media(now, datagram, at, open, tally);
            }
            return;
        }
        let Ok(length) = open.open_rtcp(datagram) else {
            tally.unauthentic += 1;
            return;
        };
        compound.clear();
        compound.extend_from_slice(datagram.get(..length).unwrap_or_default());
        match &mut self.media {
            Media::Receive(receiver) => receiver.control(now, compound),
            Media::Send(sender) => sender.control(compound, now, seal, out, tally),
        }
    }

    fn stun(&mut self, now: Instant, datagram: &[u8], out: &mut Outgoing) -> Result<()> {
        let Some(agent) = &mut self.agent else { return Ok(()) };
        match agent.input(datagram, self.remote)? {
            Heard::Nothing => {}
            Heard::Reply(reply) => out.push(&reply),
            Heard::Connected => {
                agent.keep(now);
                if let Some((identity, client, expected)) = self.beginning.take() {
                    self.handshake = Some(Handshake::new(&identity, client, &expected, now));
                    self.handshake(now, None, out)?;
                }
            }
        }
        Ok(())
    }

    fn handshake(&mut self, now: Instant, datagram: Option<&[u8]>, out: &mut Outgoing) -> Result<()> {
        // A server's hello may overtake the answer to the check.
        if let (Some(_), Some((identity, client, expected))) = (datagram, self.beginning.take()) {
            self.handshake = Some(Handshake::new(&identity, client, &expected, now));
        }
        let Some(handshake) = &mut self.handshake else { return Ok(()) };
        if let Some(keys) = handshake.drive(now, datagram, |datagram| out.push(datagram))? {
            self.protect(&keys)?;
            // The last flight is the server's: a client has nothing to repeat.
            if handshake_is_client(&self.handshake) {
                self.handshake = None;
            }
        }
        Ok(())
    }

    /// Does what is due.
    pub(crate) fn wake(&mut self, now: Instant, desk: &mut Desk, tally: &mut Tally) {
        if let Err(error) = self.due_now(now, desk, tally) {
            self.fail(&error);
        }
        self.flush(desk, tally);
    }

    fn due_now(&mut self, now: Instant, desk: &mut Desk, tally: &mut Tally) -> Result<()> {
        if let Some(agent) = self.agent.as_mut().filter(|agent| agent.due() <= now) {
            desk.outgoing.push(&agent.check(now)?);
        }
        if self.handshake.as_ref().and_then(Handshake::due).is_some_and(|due| due <= now) {
            self.handshake(now, None, &mut desk.outgoing)?;
        }
        let Some(Protected { seal, .. }) = &mut self.protected else { return Ok(()) };
        match &mut self.media {
            Media::Send(sender) => sender.wake(now, seal, &mut desk.outgoing, tally),
            Media::Receive(receiver) => {
                let Desk { outgoing, compound, sealed, .. } = desk;
                receiver.wake(now, compound, |report| {
                    if let Ok(length) = seal.seal_rtcp(report, sealed) {
                        outgoing.push(sealed.get(..length).unwrap_or_default());
                    }
                });
            }
        }
        Ok(())
    }

    fn flush(&self, desk: &mut Desk, tally: &mut Tally) {
        if !desk.outgoing.is_empty() {
            let Desk { outgoing, headers, .. } = desk;
            tally.unsent += outgoing.flush(&self.socket, headers) as u64;
        }
    }

    pub(crate) fn pause(&mut self, paused: bool, now: Instant) {
        if let Media::Send(sender) = &mut self.media {
            sender.pause(paused, now);
        }
    }

    fn fail(&mut self, error: &anyhow::Error) {
        self.failure.get_or_insert_with(|| format!("{error:#}"));
    }
}

fn handshake_is_client(handshake: &Option<Handshake>) -> bool {
    handshake.as_ref().is_some_and(Handshake::is_client)
}
