//! TURN messages on the STUN codec: what a client asks and what it is answered (RFC 8489, RFC 8656).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use aws_lc_rs::hmac;
use rtc_stun::{
    attributes::{
        ATTR_CHANNEL_NUMBER, ATTR_DATA, ATTR_LIFETIME, ATTR_MESSAGE_INTEGRITY, ATTR_NONCE, ATTR_REALM,
        ATTR_REQUESTED_ADDRESS_FAMILY, ATTR_REQUESTED_TRANSPORT, ATTR_USERNAME, ATTR_XOR_PEER_ADDRESS,
        AttrType,
    },
    error_code::{ErrorCode, ErrorCodeAttribute},
    fingerprint::FINGERPRINT,
    message::{
        CLASS_ERROR_RESPONSE, CLASS_INDICATION, CLASS_SUCCESS_RESPONSE, MAGIC_COOKIE, METHOD_DATA, Message,
        MessageClass, MessageType, Method, Setter, TransactionId,
    },
    uattrs::UnknownAttributes,
    xoraddr::XorMappedAddress,
};

use crate::media::control;

const HEADER: usize = 20;
const ATTRIBUTE_HEADER: usize = 4;
const INTEGRITY: usize = 20;

/// A request or an indication whose shape is right.
#[derive(Debug)]
pub(super) struct Asked {
    message: Message,
    /// Where MESSAGE-INTEGRITY begins: what lies behind it is not protected and not looked at.
    integrity_at: Option<usize>,
}

impl Asked {
    /// `None` for anything but one whole STUN message.
    pub(super) fn read(datagram: &[u8]) -> Option<Self> {
        let &[_, _, high, low, c0, c1, c2, c3, ..] = datagram else { return None };
        let whole = HEADER + usize::from(u16::from_be_bytes([high, low])) == datagram.len();
        if !whole || u32::from_be_bytes([c0, c1, c2, c3]) != MAGIC_COOKIE {
            return None;
        }
        let mut message = Message::new();
        message.write(datagram).ok()?;
        let (mut at, mut integrity_at) = (HEADER, None);
        for attribute in &message.attributes.0 {
            if attribute.typ == ATTR_MESSAGE_INTEGRITY {
                integrity_at = (attribute.value.len() == INTEGRITY).then_some(at);
                break;
            }
            at += ATTRIBUTE_HEADER + attribute.value.len().next_multiple_of(4);
        }
        Some(Self { message, integrity_at })
    }

    pub(super) fn method(&self) -> Method {
        self.message.typ.method
    }

    pub(super) fn class(&self) -> MessageClass {
        self.message.typ.class
    }

    pub(super) fn transaction(&self) -> TransactionId {
        self.message.transaction_id
    }

    pub(super) fn has_integrity(&self) -> bool {
        self.integrity_at.is_some()
    }

    pub(super) fn is_authentic(&self, key: &hmac::Key) -> bool {
        self.integrity_at.is_some_and(|at| control::is_authentic(&self.message.raw, at, key))
    }

    pub(super) fn text(&self, typ: AttrType) -> Option<&str> {
        std::str::from_utf8(self.value(typ)?).ok()
    }

    pub(super) fn value(&self, typ: AttrType) -> Option<&[u8]> {
        self.protected().find(|(known, _)| *known == typ).map(|(_, value)| value)
    }

    /// The first four bytes of an attribute, as a number.
    pub(super) fn number(&self, typ: AttrType) -> Option<u32> {
        Some(u32::from_be_bytes(*self.value(typ)?.first_chunk()?))
    }

    /// The peers named, in order; `None` for one that cannot be read.
    pub(super) fn peers(&self) -> impl Iterator<Item = Option<SocketAddr>> {
        let named = self.protected().filter(|(typ, _)| *typ == ATTR_XOR_PEER_ADDRESS);
        named.map(|(_, value)| read_address(value, &self.message.transaction_id))
    }

    /// Attributes that a server must understand (below 0x8000) and this one does not.
    pub(super) fn unknown(&self) -> Vec<AttrType> {
        const UNDERSTOOD: [AttrType; 9] = [
            ATTR_USERNAME,
            ATTR_REALM,
            ATTR_NONCE,
            ATTR_CHANNEL_NUMBER,
            ATTR_LIFETIME,
            ATTR_XOR_PEER_ADDRESS,
            ATTR_DATA,
            ATTR_REQUESTED_TRANSPORT,
            ATTR_REQUESTED_ADDRESS_FAMILY,
        ];
        let unknown = self.protected().map(|(typ, _)| typ);
        unknown.filter(|typ| typ.required() && !UNDERSTOOD.contains(typ)).take(16).collect()
    }

    pub(super) fn success(&self) -> Answer {
        Answer::new(self, CLASS_SUCCESS_RESPONSE)
    }

    pub(super) fn refusal(&self, code: ErrorCode) -> Answer {
        Answer::new(self, CLASS_ERROR_RESPONSE).with(&ErrorCodeAttribute { code, reason: Vec::new() })
    }

    /// The attributes before MESSAGE-INTEGRITY; all of them when there is none.
    fn protected(&self) -> impl Iterator<Item = (AttrType, &[u8])> {
        let attributes = self.message.attributes.0.iter();
        let protected = attributes.take_while(|attribute| attribute.typ != ATTR_MESSAGE_INTEGRITY);
        protected.map(|attribute| (attribute.typ, attribute.value.as_slice()))
    }
}

/// An answer under construction.
#[derive(Debug)]
pub(super) struct Answer(Message);

impl Answer {
    fn new(asked: &Asked, class: MessageClass) -> Self {
        let mut message = Message::new();
        message.transaction_id = asked.message.transaction_id;
        message.write_header();
        message.set_type(MessageType::new(asked.method(), class));
        message.write_transaction_id();
        Self(message)
    }

    fn with(mut self, attribute: &impl Setter) -> Self {
        // Fails for texts that are too long only; ours are not.
        let _ = attribute.add_to(&mut self.0);
        self
    }

    pub(super) fn with_address(mut self, typ: AttrType, address: SocketAddr) -> Self {
        let _ = XorMappedAddress { ip: address.ip(), port: address.port() }.add_to_as(&mut self.0, typ);
        self
    }

    pub(super) fn with_value(mut self, typ: AttrType, value: &[u8]) -> Self {
        self.0.add(typ, value);
        self
    }

    pub(super) fn with_unknown(self, attributes: Vec<AttrType>) -> Self {
        self.with(&UnknownAttributes(attributes))
    }

    /// Without MESSAGE-INTEGRITY: for whoever has not proven to know the password.
    pub(super) fn bare(mut self) -> Option<Vec<u8>> {
        FINGERPRINT.add_to(&mut self.0).ok()?;
        Some(self.0.raw)
    }

    pub(super) fn signed(mut self, key: &hmac::Key) -> Option<Vec<u8>> {
        control::sign(&mut self.0, key)?;
        self.bare()
    }
}

/// A Data indication: what a peer sent that has no channel (RFC 8656 §11.4).
pub(super) fn data_indication(peer: SocketAddr, data: &[u8]) -> Option<Vec<u8>> {
    let mut message = Message::new();
    message.write_header();
    message.new_transaction_id().ok()?;
    message.set_type(MessageType::new(METHOD_DATA, CLASS_INDICATION));
    XorMappedAddress { ip: peer.ip(), port: peer.port() }
        .add_to_as(&mut message, ATTR_XOR_PEER_ADDRESS)
        .ok()?;
    message.add(ATTR_DATA, data);
    Some(message.raw)
}

/// The value of an XOR-…-ADDRESS attribute (RFC 8489 §14.2).
fn read_address(value: &[u8], transaction: &TransactionId) -> Option<SocketAddr> {
    let (&[_, family, p0, p1], rest) = value.split_first_chunk()?;
    let cookie = MAGIC_COOKIE.to_be_bytes();
    let port = u16::from_be_bytes([p0 ^ cookie[0], p1 ^ cookie[1]]);
    let mask: Vec<u8> = cookie.into_iter().chain(transaction.0).collect();
    let plain: Vec<u8> = rest.iter().zip(&mask).map(|(byte, mask)| byte ^ mask).collect();
    let ip = match (family, rest.len()) {
        (1, 4) => IpAddr::from(Ipv4Addr::from(*plain.first_chunk::<4>()?)),
        (2, 16) => IpAddr::from(Ipv6Addr::from(*plain.first_chunk::<16>()?)),
        _ => return None,
    };
    Some(SocketAddr::new(ip, port))
}
