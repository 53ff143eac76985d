//! [`Lite`]: ICE-lite and a DTLS server joined into one peer's control half.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::dtls::{Event, Handshake};
use super::ice::Agent;
use super::{Certificate, Closed, IceCredentials, Output, PeerControl, Remote};
use crate::media::srtp::Keys;

/// For the first validated address, and once more from there to the keys.
const PATIENCE: Duration = Duration::from_secs(30);

/// One peer connection's ICE, DTLS and consent.
#[derive(Debug)]
pub struct Lite {
    agent: Agent,
    handshake: Handshake,
    /// The certificate announced by the client's first description.
    fingerprint: Option<[u8; 32]>,
    /// A complete handshake that waits for the client's description.
    unchecked: Option<(Keys, [u8; 32])>,
    /// When patience ends; `None` once the keys are out.
    due: Option<Instant>,
    closed: bool,
    events: VecDeque<Event>,
    output: VecDeque<Output>,
}

impl Lite {
    /// A connection that waits for its client, 30 seconds at most.
    #[must_use]
    pub fn new(certificate: &Certificate, local: IceCredentials, now: Instant) -> Self {
        Self {
            agent: Agent::new(local),
            handshake: Handshake::new(certificate.clone()),
            fingerprint: None,
            unchecked: None,
            due: Some(now + PATIENCE),
            closed: false,
            events: VecDeque::new(),
            output: VecDeque::new(),
        }
    }

    fn dtls_input(&mut self, now: Instant, from: SocketAddr, datagram: &[u8]) {
        if self.agent.is_validated(from) {
            self.handshake.input(now, datagram, &mut self.events);
            self.settle();
        }
    }

    fn ice_input(&mut self, now: Instant, from: SocketAddr, mapped: SocketAddr, datagram: &[u8]) {
        let first = self.agent.selected().is_none();
        if self.agent.input(now, from, mapped, datagram, &mut self.output) {
            self.handshake.stays();
        }
        if first && self.agent.selected().is_some() && self.due.is_some() {
            self.due = Some(now + PATIENCE);
        }
    }

    /// Turns what the handshake says into output.
    fn settle(&mut self) {
        while let Some(event) = self.events.pop_front() {
            match event {
                Event::Send(datagram) => {
                    if let Some(to) = self.agent.selected() {
                        self.output.push_back(Output::Send { to, datagram });
                    }
                }
                Event::Keys(keys, fingerprint) => {
                    self.unchecked = Some((keys, fingerprint));
                    self.release();
                }
                Event::Closed(why) => self.close(why),
            }
        }
    }

    /// Hands the keys out once it is known whose they must be.
    fn release(&mut self) {
        let Some(expected) = self.fingerprint else { return };
        let Some((keys, actual)) = self.unchecked.take() else { return };
        if actual == expected {
            self.due = None;
            self.output.push_back(Output::Keys(keys));
        } else {
            self.close(Closed::WrongFingerprint);
        }
    }

    fn close(&mut self, why: Closed) {
        if !self.closed {
            self.closed = true;
            self.output.push_back(Output::Closed(why));
        }
    }
}

impl PeerControl for Lite {
    fn local(&self) -> &IceCredentials {
        self.agent.local()
    }

    fn set_remote(&mut self, remote: Remote) {
        if self.closed {
            return;
        }
        self.agent.set_remote(remote.ufrag);
        self.fingerprint.get_or_insert(remote.fingerprint);
        self.release();
    }

    fn restart(&mut self, fresh: IceCredentials) {
        if !self.closed {
            self.agent.restart(fresh, &mut self.output);
        }
    }

    fn input_as(&mut self, now: Instant, from: SocketAddr, mapped: SocketAddr, datagram: &[u8]) {
        match datagram.first() {
            _ if self.closed => {}
            Some(0..=3) => self.ice_input(now, from, mapped, datagram),
            Some(20..=63) => self.dtls_input(now, from, datagram),
            Some(_) | None => {}
        }
    }

    fn heard(&mut self) {
        if self.handshake.confirm() {
            // There is little to queue from now on.
            (self.events, self.output) = (VecDeque::new(), self.output.drain(..).collect());
        }
    }

    fn roam(&mut self, to: SocketAddr) {
        if !self.closed {
            self.agent.roam(to, &mut self.output);
        }
    }

    fn gone(&mut self, address: SocketAddr) {
        if !self.closed {
            self.agent.gone(address, &mut self.output);
        }
    }

    fn wake(&mut self, now: Instant) {
        if self.closed {
            return;
        }
        if self.agent.wake(now, &mut self.output) {
            return self.close(Closed::ConsentLost);
        }
        self.handshake.wake(now, &mut self.events);
        self.settle();
        if self.due.is_some_and(|due| due <= now) {
            self.close(Closed::HandshakeTimeout);
        }
    }

    fn deadline(&self) -> Option<Instant> {
        if self.closed {
            return None;
        }
        [self.due, self.agent.deadline(), self.handshake.deadline()].into_iter().flatten().min()
    }

    fn output(&mut self) -> Option<Output> {
        self.output.pop_front()
    }
}
