//! The STUN messages of ICE (RFC 8489, RFC 8445 §7): read, authenticated, answered. The server only ever answers.

use std::net::SocketAddr;

use aws_lc_rs::{constant_time, hmac};
use rtc_stun::attributes::{
    ATTR_ICE_CONTROLLED, ATTR_MESSAGE_INTEGRITY, ATTR_PRIORITY, ATTR_USE_CANDIDATE, ATTR_USERNAME, AttrType,
};
use rtc_stun::error_code::{CODE_ROLE_CONFLICT, CODE_UNKNOWN_ATTRIBUTE};
use rtc_stun::fingerprint::FINGERPRINT;
use rtc_stun::message::{BINDING_ERROR, BINDING_REQUEST, BINDING_SUCCESS, Message, Setter};
use rtc_stun::uattrs::UnknownAttributes;
use rtc_stun::xoraddr::XorMappedAddress;

const HEADER: usize = 20;
const ATTRIBUTE_HEADER: usize = 4;
const INTEGRITY: usize = 20;
const MAGIC_COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
/// USERNAME is at most 513 bytes (RFC 8489 §14.3); ICE user names are two times 256 and a colon.
const LONGEST_USERNAME: usize = 513;

/// Which peer a binding request is for: the part of USERNAME before the colon, which is the ufrag of this side.
/// `None` for anything that is not a well-formed binding request. Allocates nothing; nothing is authenticated yet.
#[must_use]
pub fn local_ufrag_of(datagram: &[u8]) -> Option<&str> {
    let body = binding_request_body(datagram)?;
    let (at, length) = locate(body, ATTR_USERNAME)?;
    let username = body.get(at..at + length).filter(|username| username.len() <= LONGEST_USERNAME)?;
    let colon = username.iter().position(|&byte| byte == b':')?;
    std::str::from_utf8(username.get(..colon)?).ok()
}

/// A binding request whose shape and FINGERPRINT are right; who sent it shows [`Request::is_authentic`].
#[derive(Debug)]
pub(super) struct Request {
    message: Message,
    /// Where MESSAGE-INTEGRITY begins: what lies behind it is not protected and not looked at.
    integrity_at: usize,
}

/// How a request is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Success,
    /// 487: a lite agent is always controlled, so the client has to switch (RFC 8445 §7.3.1.1, §6.1.1).
    RoleConflict,
    /// 420 with the attributes that must be understood and are not.
    UnknownAttributes,
}

impl Request {
    pub(super) fn read(datagram: &[u8]) -> Option<Self> {
        let body = binding_request_body(datagram)?;
        let (value_at, length) = locate(body, ATTR_MESSAGE_INTEGRITY)?;
        let integrity_at = (HEADER + value_at).checked_sub(ATTRIBUTE_HEADER)?;
        let mut message = Message::new();
        message.write(datagram).ok()?;
        let whole = length == INTEGRITY && FINGERPRINT.check(&message).is_ok();
        (whole && message.typ == BINDING_REQUEST).then_some(Self { message, integrity_at })
    }

    /// Both halves of USERNAME: the ufrag of this side, the ufrag of the client.
    pub(super) fn username(&self) -> Option<(&str, &str)> {
        let username = self.protected().find(|(typ, _)| *typ == ATTR_USERNAME)?.1;
        std::str::from_utf8(username).ok()?.split_once(':')
    }

    /// Whether the sender knows the password of this side (RFC 8489 §14.5).
    pub(super) fn is_authentic(&self, key: &hmac::Key) -> bool {
        is_authentic(&self.message.raw, self.integrity_at, key)
    }

    pub(super) fn use_candidate(&self) -> bool {
        self.protected().any(|(typ, _)| typ == ATTR_USE_CANDIDATE)
    }

    /// The priority of the pair as the client sees it; zero when it does not say.
    pub(super) fn priority(&self) -> u32 {
        let value = self.protected().find(|(typ, _)| *typ == ATTR_PRIORITY).map(|(_, value)| value);
        value.and_then(|value| value.try_into().ok()).map_or(0, u32::from_be_bytes)
    }

    pub(super) fn verdict(&self) -> Verdict {
        if self.unknown().next().is_some() {
            Verdict::UnknownAttributes
        } else if self.protected().any(|(typ, _)| typ == ATTR_ICE_CONTROLLED) {
            Verdict::RoleConflict
        } else {
            Verdict::Success
        }
    }

    /// The answer for this sender, signed with the password of this side.
    pub(super) fn answer(&self, verdict: Verdict, from: SocketAddr, key: &hmac::Key) -> Option<Vec<u8>> {
        let mut answer = Message::new();
        answer.write_header();
        answer.set_type(if verdict == Verdict::Success { BINDING_SUCCESS } else { BINDING_ERROR });
        self.message.transaction_id.add_to(&mut answer).ok()?;
        match verdict {
            Verdict::Success => {
                let mapped = XorMappedAddress { ip: from.ip().to_canonical(), port: from.port() };
                mapped.add_to(&mut answer).ok()?;
            }
            Verdict::RoleConflict => CODE_ROLE_CONFLICT.add_to(&mut answer).ok()?,
            Verdict::UnknownAttributes => {
                CODE_UNKNOWN_ATTRIBUTE.add_to(&mut answer).ok()?;
                UnknownAttributes(self.unknown().take(16).collect()).add_to(&mut answer).ok()?;
            }
        }
        sign(&mut answer, key)?;
        FINGERPRINT.add_to(&mut answer).ok()?;
        Some(answer.raw)
    }

    /// Attributes that a receiver must understand (below 0x8000) and this one does not.
    fn unknown(&self) -> impl Iterator<Item = AttrType> {
        const UNDERSTOOD: [AttrType; 3] = [ATTR_USERNAME, ATTR_PRIORITY, ATTR_USE_CANDIDATE];
        self.protected().map(|(typ, _)| typ).filter(|typ| typ.required() && !UNDERSTOOD.contains(typ))
    }

    /// The attributes before MESSAGE-INTEGRITY.
    fn protected(&self) -> impl Iterator<Item = (AttrType, &[u8])> {
        let attributes = self.message.attributes.0.iter();
        let protected = attributes.take_while(|attribute| attribute.typ != ATTR_MESSAGE_INTEGRITY);
        protected.map(|attribute| (attribute.typ, attribute.value.as_slice()))
    }
}

/// Whether the MESSAGE-INTEGRITY that begins at `integrity_at` was made with this key.
pub(crate) fn is_authentic(raw: &[u8], integrity_at: usize, key: &hmac::Key) -> bool {
    let value = integrity_at + ATTRIBUTE_HEADER..integrity_at + ATTRIBUTE_HEADER + INTEGRITY;
    let (Some(text), Some(tag)) = (raw.get(..integrity_at), raw.get(value)) else { return false };
    let Some(expected) = integrity(text, key) else { return false };
    constant_time::verify_slices_are_equal(expected.as_ref(), tag).is_ok()
}

/// The key of short-term credentials is the password itself (RFC 8489 §9.1.1), of long-term ones a digest (§9.2.2).
pub(crate) fn integrity_key(password: impl AsRef<[u8]>) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, password.as_ref())
}

/// Appends MESSAGE-INTEGRITY.
pub(crate) fn sign(message: &mut Message, key: &hmac::Key) -> Option<()> {
    let tag = integrity(&message.raw, key)?;
    message.add(ATTR_MESSAGE_INTEGRITY, tag.as_ref());
    Some(())
}

/// HMAC-SHA1 over a message up to its MESSAGE-INTEGRITY, with the header's length as if that attribute were the last.
fn integrity(text: &[u8], key: &hmac::Key) -> Option<hmac::Tag> {
    let (typ, rest) = text.split_at_checked(2)?;
    let length = u16::try_from((text.len() + ATTRIBUTE_HEADER + INTEGRITY).checked_sub(HEADER)?).ok()?;
    let mut context = hmac::Context::with_key(key);
    context.update(typ);
    context.update(&length.to_be_bytes());
    context.update(rest.get(2..)?);
    Some(context.sign())
}

/// The attributes of a binding request whose length fits the datagram exactly.
fn binding_request_body(datagram: &[u8]) -> Option<&[u8]> {
    let (header, body) = datagram.split_at_checked(HEADER)?;
    let &[t0, t1, l0, l1, c0, c1, c2, c3, ..] = header else { return None };
    let length = usize::from(u16::from_be_bytes([l0, l1]));
    let fits = length == body.len() && length.is_multiple_of(4);
    let request = u16::from_be_bytes([t0, t1]) == BINDING_REQUEST.value() && [c0, c1, c2, c3] == MAGIC_COOKIE;
    (fits && request).then_some(body)
}

/// Offset and length of the value of the first attribute of this type.
fn locate(body: &[u8], wanted: AttrType) -> Option<(usize, usize)> {
    let mut at = 0;
    loop {
        let &[t0, t1, l0, l1] = body.get(at..)?.first_chunk()?;
        let length = usize::from(u16::from_be_bytes([l0, l1]));
        at += ATTRIBUTE_HEADER;
        if u16::from_be_bytes([t0, t1]) == wanted.value() {
            return (at + length <= body.len()).then_some((at, length));
        }
        at += length.next_multiple_of(4);
    }
}
