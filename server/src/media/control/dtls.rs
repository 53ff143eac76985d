//! The DTLS 1.2 server of one connection (RFC 5764, RFC 8827 §6.5): a handshake that ends in SRTP keys.

use std::collections::VecDeque;
use std::fmt;
use std::time::{Duration, Instant};

use aws_lc_rs::digest;
use dimpl::{Dtls, Error, SecurityError, SrtpProfile};

use super::{Certificate, Closed};
use crate::media::srtp::{Keys, Profile};

/// What a handshake may cost before it is complete. An honest one takes about ten datagrams each way; with every flight
/// lost several times it stays below a hundred.
const MAX_DATAGRAMS: u32 = 256;
const MAX_BYTES: usize = 128 * 1024;
/// The largest datagram or certificate taken from dimpl.
const MAX_OUTPUT: usize = 16 * 1024;
/// After the handshake DTLS has next to nothing to say: one datagram per this long, and a few in hand.
const QUIET_INTERVAL: Duration = Duration::from_millis(100);
const QUIET_BURST: u32 = 32;
/// The type of an alert's record, such as the client's farewell.
const ALERT: u8 = 21;
/// A farewell that cannot be checked any more counts once nothing authentic has come for so long after it. Browsers
/// ping every 2.5 seconds when they have nothing else to say.
pub(super) const FAREWELL: Duration = Duration::from_secs(4);

/// One handshake and what follows it.
pub(super) struct Handshake {
    certificate: Certificate,
    state: State,
    deadline: Option<Instant>,
    datagrams: u32,
    bytes: usize,
    client_certificate: Option<[u8; 32]>,
}

enum State {
    /// No hello yet: a handshake's memory is spent only on somebody who starts one.
    Idle,
    Running(Box<Dtls>),
    Connected {
        dtls: Box<Dtls>,
        allowance: Allowance,
    },
    /// The client has the keys too, and the memory of the handshake is given back. Alerts can be heard, not checked.
    Confirmed,
    Over,
}

/// What came out of a handshake.
#[derive(Debug)]
pub(super) enum Event {
    Send(Vec<u8>),
    /// Complete: the SRTP keys, and the SHA-256 of the certificate whose key the client has proven to hold.
    Keys(Keys, [u8; 32]),
    Closed(Closed),
}

impl Handshake {
    pub(super) const fn new(certificate: Certificate) -> Self {
        let state = State::Idle;
        Self { certificate, state, deadline: None, datagrams: 0, bytes: 0, client_certificate: None }
    }

    /// When [`Handshake::wake`] is due.
    pub(super) const fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// A DTLS datagram from an address that ICE validated.
    pub(super) fn input(&mut self, now: Instant, datagram: &[u8], events: &mut VecDeque<Event>) {
        match &mut self.state {
            State::Idle | State::Running(_) => {
                self.datagrams += 1;
                self.bytes += datagram.len();
                if self.datagrams > MAX_DATAGRAMS || self.bytes > MAX_BYTES {
                    let excess = format!("no end after {} datagrams, {} bytes", self.datagrams, self.bytes);
                    return self.close(Closed::Dtls(excess), events);
                }
                if let State::Idle = self.state {
                    let config = self.certificate.config();
                    self.state = State::Running(Box::new(Dtls::new_12(config, self.certificate.pair(), now)));
                }
            }
            State::Connected { allowance, .. } => {
                if !allowance.take(now) {
                    return;
                }
            }
            State::Confirmed => {
                if datagram.first() == Some(&ALERT) {
                    self.deadline.get_or_insert(now + FAREWELL);
                }
                return;
            }
            State::Over => return,
        }
        self.drive(now, Some(datagram), events);
    }

    /// The client used its keys, so it has our last flight, and nothing of the handshake is needed again. `true` when
    /// that is news.
    pub(super) fn confirm(&mut self) -> bool {
        self.stays();
        let news = matches!(self.state, State::Connected { .. });
        if news {
            self.state = State::Confirmed;
            self.deadline = None;
        }
        news
    }

    /// Something authentic came from the client: whoever said farewell, it was not the client.
    pub(super) fn stays(&mut self) {
        if matches!(self.state, State::Confirmed) {
            self.deadline = None;
        }
    }

    /// Time passed: lost flights are sent again.
    pub(super) fn wake(&mut self, now: Instant, events: &mut VecDeque<Event>) {
        if self.deadline.is_none_or(|deadline| deadline > now) {
            return;
        }
        if matches!(self.state, State::Confirmed) {
            return self.close(Closed::CloseNotify, events);
        }
        self.drive(now, None, events);
    }

    fn drive(&mut self, now: Instant, datagram: Option<&[u8]>, events: &mut VecDeque<Event>) {
        let dtls = match &mut self.state {
            State::Running(dtls) | State::Connected { dtls, .. } => dtls,
            State::Idle | State::Confirmed | State::Over => return,
        };
        let mut drained = Drained::default();
        // The clock first: dimpl draws its random on the first tick, and a hello may follow at once.
        let mut result = dtls.handle_timeout(now);
        drained.drain(dtls, events);
        if let (Ok(()), Some(datagram)) = (&result, datagram) {
            result = dtls.handle_packet(datagram);
            drained.drain(dtls, events);
        }
        self.deadline = drained.deadline;
        if let Some(fingerprint) = drained.client_certificate {
            self.client_certificate = Some(fingerprint);
        }
        if let Err(error) = result {
            return self.fail(&error, events);
        }
        if drained.connected {
            self.complete(now, drained.keys, events);
        }
        if drained.close_notify {
            self.close(Closed::CloseNotify, events);
        }
    }

    fn complete(&mut self, now: Instant, keys: Option<Keys>, events: &mut VecDeque<Event>) {
        let (Some(keys), Some(fingerprint)) = (keys, self.client_certificate) else {
            let missing = "the client offers none of the SRTP profiles of this server";
            return self.close(Closed::Dtls(missing.to_owned()), events);
        };
        if let State::Running(dtls) = std::mem::replace(&mut self.state, State::Over) {
            self.state = State::Connected { dtls, allowance: Allowance { left: QUIET_BURST, at: now } };
        }
        events.push_back(Event::Keys(keys, fingerprint));
    }

    fn fail(&mut self, error: &Error, events: &mut VecDeque<Event>) {
        let alert = matches!(error, Error::SecurityError(SecurityError::FatalAlert { .. }));
        match (&self.state, error) {
            // Keys are out and media is protected by them: only the client itself can end that.
            (State::Connected { .. }, _) if !alert => {
                self.state = State::Over;
                self.deadline = None;
            }
            (_, Error::Timeout(_)) => self.close(Closed::HandshakeTimeout, events),
            (_, error) => self.close(Closed::Dtls(error.to_string()), events),
        }
    }

    fn close(&mut self, why: Closed, events: &mut VecDeque<Event>) {
        self.state = State::Over;
        self.deadline = None;
        events.push_back(Event::Closed(why));
    }
}

/// What one round of polling found.
#[derive(Default)]
struct Drained {
    deadline: Option<Instant>,
    client_certificate: Option<[u8; 32]>,
    connected: bool,
    keys: Option<Keys>,
    close_notify: bool,
}

impl Drained {
    fn drain(&mut self, dtls: &mut Dtls, events: &mut VecDeque<Event>) {
        let mut buffer = vec![0; 2048];
        loop {
            match dtls.poll_output(&mut buffer) {
                dimpl::Output::Packet(datagram) => events.push_back(Event::Send(datagram.to_vec())),
                dimpl::Output::BufferTooSmall { needed } if needed > MAX_OUTPUT => return,
                dimpl::Output::BufferTooSmall { needed } => buffer.resize(needed, 0),
                dimpl::Output::Timeout(at) => {
                    self.deadline = Some(at);
                    return;
                }
                dimpl::Output::Connected => self.connected = true,
                dimpl::Output::PeerCert(der) => self.client_certificate = sha256(der),
                dimpl::Output::KeyingMaterial(material, profile) => self.keys = keys(&material, profile),
                // There is no data channel: what a client sends over one is dropped.
                dimpl::Output::ApplicationData(_) => {}
                dimpl::Output::CloseNotify => self.close_notify = true,
                _ => {}
            }
        }
    }
}

fn sha256(der: &[u8]) -> Option<[u8; 32]> {
    digest::digest(&digest::SHA256, der).as_ref().try_into().ok()
}

fn keys(material: &[u8], profile: SrtpProfile) -> Option<Keys> {
    let profile = match profile {
        SrtpProfile::AEAD_AES_256_GCM => Profile::AeadAes256Gcm,
        SrtpProfile::AEAD_AES_128_GCM => Profile::AeadAes128Gcm,
        SrtpProfile::AES128_CM_SHA1_80 => Profile::Aes128CmHmacSha1,
        _ => return None,
    };
    Keys::from_server_export(profile, material)
}

/// A small budget that fills up again with time.
struct Allowance {
    left: u32,
    at: Instant,
}

impl Allowance {
    fn take(&mut self, now: Instant) -> bool {
        let earned = now.saturating_duration_since(self.at).as_millis() / QUIET_INTERVAL.as_millis();
        if earned > 0 {
            self.left =
                u32::try_from(earned).map_or(QUIET_BURST, |e| self.left.saturating_add(e)).min(QUIET_BURST);
            self.at = now;
        }
        let granted = self.left > 0;
        self.left = self.left.saturating_sub(1);
        granted
    }
}

impl fmt::Debug for Handshake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.state {
            State::Idle => "Idle",
            State::Running(_) => "Running",
            State::Connected { .. } => "Connected",
            State::Confirmed => "Confirmed",
            State::Over => "Over",
        })
    }
}
