//! One client of the relay: its requests, its allocation, its data. No socket, no clock.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use aws_lc_rs::hmac;
use bytes::{Buf, BufMut, BytesMut};
use rtc_stun::{
    attributes::{
        ATTR_CHANNEL_NUMBER, ATTR_DATA, ATTR_LIFETIME, ATTR_NONCE, ATTR_REALM, ATTR_REQUESTED_ADDRESS_FAMILY,
        ATTR_REQUESTED_TRANSPORT, ATTR_USERNAME, ATTR_XOR_RELAYED_ADDRESS, ATTR_XORMAPPED_ADDRESS,
    },
    error_code::{
        CODE_ADDR_FAMILY_NOT_SUPPORTED, CODE_ALLOC_MISMATCH, CODE_ALLOC_QUOTA_REACHED, CODE_BAD_REQUEST,
        CODE_FORBIDDEN, CODE_INSUFFICIENT_CAPACITY, CODE_STALE_NONCE, CODE_UNAUTHORIZED,
        CODE_UNKNOWN_ATTRIBUTE, CODE_UNSUPPORTED_TRANS_PROTO, CODE_WRONG_CREDENTIALS, ErrorCode,
    },
    message::{
        CLASS_INDICATION, CLASS_REQUEST, METHOD_ALLOCATE, METHOD_BINDING, METHOD_CHANNEL_BIND,
        METHOD_CREATE_PERMISSION, METHOD_REFRESH, METHOD_SEND,
    },
};
use tokio::sync::mpsc;

use super::{
    Turn,
    allocation::{Allocation, Denied},
    credentials::{Credentials, REALM},
    message::{Answer, Asked, data_indication},
};
use crate::media::{control, stream::Outgoing};

/// UDP, the only thing that is relayed (RFC 8656 §18.8).
const UDP: u32 = 17;
/// What an allocation lives without a refresh, at least and at most (RFC 8656 §7.2).
const LIFETIME: u32 = 600;
const LONGEST_LIFETIME: u32 = 3_600;

/// One client, known by where its messages come from.
#[derive(Debug)]
pub(super) struct Client {
    turn: Arc<Turn>,
    from: SocketAddr,
    /// What the media workers send to it.
    queue: mpsc::Sender<Outgoing>,
    allocation: Option<Allocation>,
}

/// The integrity key of a request whose sender knows the password.
struct Proven {
    username: String,
    key: hmac::Key,
}

impl Client {
    pub(super) fn new(turn: Arc<Turn>, from: SocketAddr, queue: mpsc::Sender<Outgoing>) -> Self {
        Self { turn, from, queue, allocation: None }
    }

    /// When its allocation ends; `None` while it has none.
    pub(super) fn expires(&self) -> Option<Instant> {
        self.allocation.as_ref().map(Allocation::expires)
    }

    /// The numbers of its streams to the workers.
    pub(super) fn streams(&self) -> impl Iterator<Item = u64> {
        self.allocation.iter().flat_map(Allocation::streams)
    }

    /// Takes one message of the client; the answer, if it gets one.
    pub(super) fn hear(&mut self, message: BytesMut, now: Instant) -> Option<Vec<u8>> {
        if self.expires().is_some_and(|at| at <= now) {
            self.allocation = None;
        }
        match message.first()? {
            0x40..=0x4f => {
                self.channel_data(message, now);
                None
            }
            0..=3 => self.stun(&Asked::read(&message)?, now),
            _ => None,
        }
    }

    /// Puts what a worker sent into a message for the client, behind what `out` holds already.
    pub(super) fn wrap(&self, outgoing: &Outgoing, padded: bool, now: Instant, out: &mut BytesMut) {
        let Some(allocation) = self.allocation.as_ref().filter(|allocation| allocation.expires() > now)
        else {
            return;
        };
        let Some((peer, channel)) = allocation.peer_of(outgoing.stream, now) else { return };
        let Ok(length) = u16::try_from(outgoing.datagram.len()) else { return };
        match channel {
            Some(channel) => {
                out.put_u16(channel);
                out.put_u16(length);
                out.put_slice(&outgoing.datagram);
                if padded {
                    out.put_bytes(0, outgoing.datagram.len().next_multiple_of(4) - outgoing.datagram.len());
                }
            }
            None => out.put_slice(&data_indication(peer, &outgoing.datagram).unwrap_or_default()),
        }
    }

    fn channel_data(&mut self, mut message: BytesMut, now: Instant) {
        let (Some(allocation), Some(&[n0, n1, l0, l1])) = (&self.allocation, message.first_chunk()) else {
            return;
        };
        let (channel, length) = (u16::from_be_bytes([n0, n1]), usize::from(u16::from_be_bytes([l0, l1])));
        message.advance(4);
        if length <= message.len()
            && let Some(stream) = allocation.stream_of(channel, now)
        {
            message.truncate(length);
            stream.send(message);
        }
    }

    fn stun(&mut self, asked: &Asked, now: Instant) -> Option<Vec<u8>> {
        match (asked.class(), asked.method()) {
            (CLASS_INDICATION, METHOD_SEND) => {
                self.send_indication(asked, now);
                None
            }
            (CLASS_REQUEST, METHOD_BINDING) => {
                asked.success().with_address(ATTR_XORMAPPED_ADDRESS, self.from).bare()
            }
            (
                CLASS_REQUEST,
                METHOD_ALLOCATE | METHOD_REFRESH | METHOD_CREATE_PERMISSION | METHOD_CHANNEL_BIND,
            ) => match self.prove(asked) {
                Ok(proven) => self.carry_out(asked, &proven, now).signed(&proven.key),
                Err(answer) => answer.bare(),
            },
            _ => None,
        }
    }

    /// Data for a peer without a channel. There is no answer to it, whatever is wrong.
    fn send_indication(&mut self, asked: &Asked, now: Instant) {
        let (Some(allocation), Some(Some(peer)), Some(data)) =
            (&mut self.allocation, asked.peers().next(), asked.value(ATTR_DATA))
        else {
            return;
        };
        match allocation.stream_to(peer, &self.turn.streams, &self.queue, now) {
            Ok(stream) => {
                stream.send(BytesMut::from(data));
            }
            Err(Denied::Foreign) => self.turn.figures.refused_a_peer(),
            Err(Denied::Unpermitted | Denied::Busy | Denied::Taken) => {}
        }
    }

    /// The mechanism of long-term credentials (RFC 8489 §9.2.4).
    fn prove(&self, asked: &Asked) -> Result<Proven, Answer> {
        let wall = self.turn.clock.now();
        let challenge = |code: ErrorCode| {
            let nonce = self.turn.nonces.fresh(wall);
            asked
                .refusal(code)
                .with_value(ATTR_REALM, REALM.as_bytes())
                .with_value(ATTR_NONCE, nonce.as_bytes())
        };
        if !asked.has_integrity() {
            return Err(challenge(CODE_UNAUTHORIZED));
        }
        let (Some(username), Some(nonce), Some(_)) =
            (asked.text(ATTR_USERNAME), asked.text(ATTR_NONCE), asked.text(ATTR_REALM))
        else {
            return Err(asked.refusal(CODE_BAD_REQUEST));
        };
        if !self.turn.nonces.is_good(nonce, wall) {
            return Err(challenge(CODE_STALE_NONCE));
        }
        let unknown = || {
            self.turn.figures.refused_a_client();
            challenge(CODE_UNAUTHORIZED)
        };
        let key = self.turn.credentials.integrity_key(username).map_err(|_| unknown())?;
        let key = control::integrity_key(key);
        // What opens an allocation has a date; what is open lives on.
        let dated = self.allocation.is_some() || Credentials::check_date(username, wall).is_ok();
        if !asked.is_authentic(&key) || !dated {
            return Err(unknown());
        }
        if self.allocation.as_ref().is_some_and(|allocation| allocation.username() != username) {
            return Err(asked.refusal(CODE_WRONG_CREDENTIALS));
        }
        Ok(Proven { username: username.to_owned(), key })
    }

    fn carry_out(&mut self, asked: &Asked, proven: &Proven, now: Instant) -> Answer {
        let unknown = asked.unknown();
        if !unknown.is_empty() {
            return asked.refusal(CODE_UNKNOWN_ATTRIBUTE).with_unknown(unknown);
        }
        let done = match asked.method() {
            METHOD_ALLOCATE => self.allocate(asked, proven, now),
            METHOD_REFRESH => self.refresh(asked, now),
            METHOD_CREATE_PERMISSION => self.permit(asked, now),
            _ => self.bind(asked, now),
        };
        done.unwrap_or_else(|code| {
            if code == CODE_FORBIDDEN {
                self.turn.figures.refused_a_peer();
            }
            asked.refusal(code)
        })
    }

    fn allocate(&mut self, asked: &Asked, proven: &Proven, now: Instant) -> Result<Answer, ErrorCode> {
        if let Some(allocation) = &self.allocation {
            // Asked again because the answer was lost.
            let again = allocation.asked_by() == asked.transaction();
            return if again { Ok(self.allocated(asked, allocation, now)) } else { Err(CODE_ALLOC_MISMATCH) };
        }
        match asked.number(ATTR_REQUESTED_TRANSPORT).map(|transport| transport >> 24) {
            Some(UDP) => {}
            Some(_) => return Err(CODE_UNSUPPORTED_TRANS_PROTO),
            None => return Err(CODE_BAD_REQUEST),
        }
        let v6 = match asked.number(ATTR_REQUESTED_ADDRESS_FAMILY).map(|family| family >> 24) {
            Some(1) => Some(false),
            Some(2) => Some(true),
            Some(_) => return Err(CODE_ADDR_FAMILY_NOT_SUPPORTED),
            None => None,
        };
        let relayed = self.turn.relayed_address(v6).ok_or(CODE_ADDR_FAMILY_NOT_SUPPORTED)?;
        let place = self.turn.streams.place().ok_or(CODE_INSUFFICIENT_CAPACITY)?;
        let holder = Credentials::holder(&proven.username).map_err(|_| CODE_BAD_REQUEST)?;
        let Some(share) = self.turn.quota.take(holder) else {
            self.turn.figures.refused_a_client();
            return Err(CODE_ALLOC_QUOTA_REACHED);
        };
        let expires = now + lifetime(asked);
        let allocation =
            Allocation::new(&proven.username, (share, place), relayed, asked.transaction(), expires);
        let answer = self.allocated(asked, &allocation, now);
        self.allocation = Some(allocation);
        Ok(answer)
    }

    fn allocated(&self, asked: &Asked, allocation: &Allocation, now: Instant) -> Answer {
        asked
            .success()
            .with_address(ATTR_XOR_RELAYED_ADDRESS, allocation.relayed())
            .with_address(ATTR_XORMAPPED_ADDRESS, self.from)
            .with_value(ATTR_LIFETIME, &seconds(allocation.expires().saturating_duration_since(now)))
    }

    fn refresh(&mut self, asked: &Asked, now: Instant) -> Result<Answer, ErrorCode> {
        let allocation = self.allocation.as_mut().ok_or(CODE_ALLOC_MISMATCH)?;
        if asked.number(ATTR_LIFETIME) == Some(0) {
            self.allocation = None;
            return Ok(asked.success().with_value(ATTR_LIFETIME, &[0; 4]));
        }
        let lifetime = lifetime(asked);
        allocation.extend(now + lifetime);
        Ok(asked.success().with_value(ATTR_LIFETIME, &seconds(lifetime)))
    }

    fn permit(&mut self, asked: &Asked, now: Instant) -> Result<Answer, ErrorCode> {
        let allocation = self.allocation.as_mut().ok_or(CODE_ALLOC_MISMATCH)?;
        let peers: Vec<SocketAddr> = asked.peers().collect::<Option<_>>().ok_or(CODE_BAD_REQUEST)?;
        if peers.is_empty() {
            return Err(CODE_BAD_REQUEST);
        }
        // All of them or none (RFC 8656 §10.2).
        if !peers.iter().all(|peer| self.turn.streams.announces_ip(peer.ip())) {
            return Err(CODE_FORBIDDEN);
        }
        peers.iter().for_each(|peer| allocation.permit(peer.ip(), now));
        Ok(asked.success())
    }

    fn bind(&mut self, asked: &Asked, now: Instant) -> Result<Answer, ErrorCode> {
        let allocation = self.allocation.as_mut().ok_or(CODE_ALLOC_MISMATCH)?;
        let channel = asked.number(ATTR_CHANNEL_NUMBER).and_then(|number| u16::try_from(number >> 16).ok());
        let channel = channel.filter(|channel| (0x4000..=0x4fff).contains(channel));
        let peer = asked.peers().next().flatten();
        let (Some(channel), Some(peer)) = (channel, peer) else { return Err(CODE_BAD_REQUEST) };
        if !self.turn.streams.announces(peer) {
            return Err(CODE_FORBIDDEN);
        }
        allocation.permit(peer.ip(), now);
        match allocation.bind(channel, peer, &self.turn.streams, &self.queue, now) {
            Ok(()) => Ok(asked.success()),
            Err(Denied::Taken) => Err(CODE_BAD_REQUEST),
            Err(Denied::Foreign | Denied::Unpermitted) => Err(CODE_FORBIDDEN),
            Err(Denied::Busy) => Err(CODE_INSUFFICIENT_CAPACITY),
        }
    }
}

/// What is granted of what is asked.
fn lifetime(asked: &Asked) -> Duration {
    let wanted = asked.number(ATTR_LIFETIME).unwrap_or(LIFETIME);
    Duration::from_secs(wanted.clamp(LIFETIME, LONGEST_LIFETIME).into())
}

fn seconds(duration: Duration) -> [u8; 4] {
    u32::try_from(duration.as_secs()).unwrap_or(u32::MAX).to_be_bytes()
}
