//! The client half of ICE (RFC 8445): one pair, always controlling, nominated with the first check.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use aws_lc_rs::hmac;
use rtc_stun::{
    attributes::{
        ATTR_ICE_CONTROLLING, ATTR_MESSAGE_INTEGRITY, ATTR_PRIORITY, ATTR_USE_CANDIDATE, ATTR_USERNAME,
    },
    fingerprint::FINGERPRINT,
    message::{BINDING_REQUEST, BINDING_SUCCESS, Message, Setter, TransactionId},
    xoraddr::XorMappedAddress,
};
use server::clock;

use crate::sdp::Transport;

/// Consent (RFC 7675 §5.1) is asked for every five seconds.
const CONSENT: Duration = Duration::from_secs(5);
/// Checks without an answer come at this distance, doubling up to [`SLOWEST`].
const FIRST: Duration = Duration::from_millis(25);
const SLOWEST: Duration = Duration::from_millis(400);
/// MESSAGE-INTEGRITY with its attribute header.
const INTEGRITY: usize = 24;
const HEADER: usize = 20;

/// Checks of one pair.
#[derive(Debug)]
pub(crate) struct Agent {
    username: String,
    /// Signs requests: the server's password.
    remote: hmac::Key,
    /// Signs answers: the own password.
    local: hmac::Key,
    transaction: [u8; 12],
    unanswered: u32,
    due: Instant,
    connected: bool,
}

/// What a STUN datagram leads to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    Nothing,
    /// The first answered check: the pair can be used.
    Connected,
    /// The answer to the other side's check.
    Reply(Vec<u8>),
}

impl Agent {
    pub(crate) fn new(local: &Transport, remote: &Transport, now: Instant) -> Self {
        let key = |password: &str| hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes());
        Self {
            username: format!("{}:{}", remote.ufrag, local.ufrag),
            remote: key(&remote.pwd),
            local: key(&local.pwd),
            transaction: clock::random(),
            unanswered: 0,
            due: now,
            connected: false,
        }
    }

    pub(crate) const fn due(&self) -> Instant {
        self.due
    }

    /// The check that is due now.
    ///
    /// # Errors
    /// A message that cannot be built.
    pub(crate) fn check(&mut self, now: Instant) -> Result<Vec<u8>> {
        self.transaction = clock::random();
        let wait = FIRST.saturating_mul(1 << self.unanswered.min(8)).min(SLOWEST);
        self.due = now + if self.connected { CONSENT } else { wait };
        self.unanswered += 1;
        let mut request = Message::new();
        request.write_header();
        request.set_type(BINDING_REQUEST);
        TransactionId(self.transaction).add_to(&mut request)?;
        request.add(ATTR_USERNAME, self.username.as_bytes());
        request.add(ATTR_ICE_CONTROLLING, &[1; 8]);
        request.add(ATTR_PRIORITY, &1_853_824_767_u32.to_be_bytes());
        request.add(ATTR_USE_CANDIDATE, &[]);
        finish(request, &self.remote)
    }

    /// A STUN datagram from the server.
    ///
    /// # Errors
    /// It cannot be read or answered.
    pub(crate) fn input(&mut self, datagram: &[u8], from: std::net::SocketAddr) -> Result<Heard> {
        let mut message = Message::new();
        message.write(datagram)?;
        if message.typ == BINDING_SUCCESS && message.transaction_id.0 == self.transaction {
            let first = !self.connected;
            (self.connected, self.unanswered) = (true, 0);
            return Ok(if first { Heard::Connected } else { Heard::Nothing });
        }
        if message.typ != BINDING_REQUEST {
            return Ok(Heard::Nothing);
        }
        let mut answer = Message::new();
        answer.write_header();
        answer.set_type(BINDING_SUCCESS);
        message.transaction_id.add_to(&mut answer)?;
        XorMappedAddress { ip: from.ip(), port: from.port() }.add_to(&mut answer)?;
        Ok(Heard::Reply(finish(answer, &self.local)?))
    }

    pub(crate) fn keep(&mut self, now: Instant) {
        self.due = now + CONSENT;
    }
}

/// Adds MESSAGE-INTEGRITY (RFC 8489 §14.5) and FINGERPRINT.
///
/// # Errors
/// The message has no header, or is too long.
pub fn finish(mut message: Message, key: &hmac::Key) -> Result<Vec<u8>> {
    let (typ, rest) = message.raw.split_at_checked(2).context("a message without header")?;
    let covered = u16::try_from(message.raw.len() + INTEGRITY - HEADER)?;
    let mut context = hmac::Context::with_key(key);
    context.update(typ);
    context.update(&covered.to_be_bytes());
    context.update(rest.get(2..).context("a message without header")?);
    let tag = context.sign();
    message.add(ATTR_MESSAGE_INTEGRITY, tag.as_ref());
    FINGERPRINT.add_to(&mut message)?;
    Ok(message.raw)
}
