//! A client that is not ours (dimpl as DTLS client, pings built by `rtc-stun`) on a network made of two queues and a
//! clock that moves by hand.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dimpl::{Config, Dtls, DtlsCertificate, SrtpProfile};
use rtc_srtp::crypto::{RTCCryptoProvider, default_provider};
use rtc_stun::attributes::{
    ATTR_ICE_CONTROLLING, ATTR_PRIORITY, ATTR_USE_CANDIDATE, ATTR_USERNAME, RawAttribute,
};
use rtc_stun::fingerprint::FINGERPRINT;
use rtc_stun::integrity::MessageIntegrity;
use rtc_stun::message::{BINDING_REQUEST, BINDING_SUCCESS, Message, Setter, TransactionId};
use rtc_stun::textattrs::TextAttribute;

use super::*;
use crate::media::srtp::{Keys, OpenContext, Profile, SealContext};

mod dtls;
mod hostile;
mod ice;

const CLIENT_UFRAG: &str = "client";

pub(super) fn address(last: u8) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, last], 40_000))
}

#[expect(clippy::disallowed_methods, reason = "the clock starts somewhere, then moves by hand")]
pub(super) fn start() -> Instant {
    Instant::now()
}

fn attribute(typ: rtc_stun::attributes::AttrType, value: &[u8]) -> Box<dyn Setter> {
    Box::new(RawAttribute { typ, length: 0, value: value.to_vec() })
}

/// A connectivity check as a browser sends it, without USE-CANDIDATE.
pub(super) struct Ping {
    pub local: IceCredentials,
    pub remote_ufrag: String,
    pub attributes: Vec<Box<dyn Setter>>,
    pub late_attributes: Vec<Box<dyn Setter>>,
    pub provider: Arc<dyn RTCCryptoProvider>,
}

impl Ping {
    pub(super) fn to(local: &IceCredentials) -> Self {
        let attributes = vec![
            attribute(ATTR_ICE_CONTROLLING, &[7; 8]),
            attribute(ATTR_PRIORITY, &1_853_824_767_u32.to_be_bytes()),
        ];
        let (late_attributes, provider) = (Vec::new(), default_provider().unwrap());
        Self {
            local: local.clone(),
            remote_ufrag: CLIENT_UFRAG.to_owned(),
            attributes,
            late_attributes,
            provider,
        }
    }

    pub(super) fn nominating(mut self) -> Self {
        self.attributes.push(attribute(ATTR_USE_CANDIDATE, &[]));
        self
    }

    pub(super) fn with(mut self, typ: rtc_stun::attributes::AttrType, value: &[u8]) -> Self {
        self.attributes.push(attribute(typ, value));
        self
    }

    pub(super) fn with_priority(mut self, priority: u32) -> Self {
        self.attributes[1] = attribute(ATTR_PRIORITY, &priority.to_be_bytes());
        self
    }

    pub(super) fn build(self) -> Vec<u8> {
        let username = format!("{}:{}", self.local.ufrag, self.remote_ufrag);
        let mut setters: Vec<Box<dyn Setter + '_>> = vec![
            Box::new(BINDING_REQUEST),
            Box::new(TransactionId([9; 12])),
            Box::new(TextAttribute::new(ATTR_USERNAME, username)),
        ];
        setters.extend(self.attributes);
        let (pwd, crypto) = (self.local.pwd, self.provider.crypto());
        setters.push(Box::new(MessageIntegrity::new_short_term_integrity_with_provider(pwd, crypto)));
        setters.extend(self.late_attributes);
        setters.push(Box::new(FINGERPRINT));
        let mut message = Message::new();
        message.build(&setters).unwrap();
        message.raw
    }
}

pub(super) type Loss = Box<dyn FnMut(bool, &[u8]) -> bool>;

/// Both ends of a call.
pub(super) struct Call {
    pub lite: Lite,
    pub now: Instant,
    /// Where the client sends from.
    pub from: SocketAddr,
    /// What came out of the server besides datagrams.
    pub outputs: Vec<Output>,
    /// STUN answers of the server, with where they went.
    pub answers: Vec<(SocketAddr, Message)>,
    pub client: Dtls,
    pub client_keys: Option<Keys>,
    /// DTLS datagrams that either side sent.
    pub client_sent: usize,
    pub server_sent: usize,
    client_due: Option<Instant>,
    /// Which DTLS datagram gets lost: by direction (true: towards the server) and content.
    pub loses: Loss,
}

pub(super) fn client_certificate() -> DtlsCertificate {
    dimpl::certificate::generate_self_signed_certificate().unwrap()
}

impl Call {
    pub(super) fn new() -> Self {
        Self::with(Config::builder())
    }

    pub(super) fn with(config: dimpl::ConfigBuilder) -> Self {
        let (now, identity) = (start(), client_certificate());
        let local = IceCredentials::generate(0).unwrap();
        let mut lite = Lite::new(&Certificate::generate().unwrap(), local, now);
        lite.set_remote(remote(CLIENT_UFRAG, &identity));
        let mut client = Dtls::new_12(Arc::new(config.build().unwrap()), identity, now);
        client.set_active(true);
        Self {
            lite,
            now,
            from: address(1),
            outputs: Vec::new(),
            answers: Vec::new(),
            client,
            client_keys: None,
            client_sent: 0,
            server_sent: 0,
            client_due: Some(now),
            loses: Box::new(|_, _| false),
        }
    }

    pub(super) fn ping(&mut self, ping: Ping) {
        self.receive(self.from, &ping.build());
    }

    pub(super) fn receive(&mut self, from: SocketAddr, datagram: &[u8]) {
        self.lite.input(self.now, from, datagram);
        self.drain();
    }

    /// Moves the clock, waking the server whenever it asks for it.
    pub(super) fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(due) = self.lite.deadline().filter(|&due| due <= end) {
            self.now = due.max(self.now);
            self.lite.wake(self.now);
            self.drain();
        }
        self.now = end;
    }

    fn drain(&mut self) {
        let mut to_client = VecDeque::new();
        while let Some(output) = self.lite.output() {
            let Output::Send { to, datagram } = output else {
                self.outputs.push(output);
                continue;
            };
            if datagram[0] <= 3 {
                let mut answer = Message::new();
                answer.write(&datagram).unwrap();
                self.answers.push((to, answer));
            } else {
                to_client.push_back(datagram);
            }
        }
        self.server_sent += to_client.len();
        for datagram in to_client {
            if !(self.loses)(false, &datagram) {
                self.client.handle_packet(&datagram).unwrap();
            }
        }
    }

    /// Lets both ends talk until both have their keys, the server closes, or `time` has passed.
    pub(super) fn handshake(&mut self, time: Duration) {
        let end = self.now + time;
        while self.now <= end && !self.is_closed() {
            self.client.handle_timeout(self.now).unwrap();
            let datagrams = self.poll_client();
            for datagram in &datagrams {
                self.client_sent += 1;
                if !(self.loses)(true, datagram) {
                    self.receive(self.from, datagram);
                }
            }
            if !datagrams.is_empty() {
                continue;
            }
            if self.client_keys.is_some() && self.keys().is_some() {
                return;
            }
            let due = self.lite.deadline().into_iter().chain(self.client_due).min().unwrap();
            if due > end {
                self.now = end;
                return;
            }
            self.now = due.max(self.now + Duration::from_millis(1));
            self.lite.wake(self.now);
            self.drain();
        }
    }

    pub(super) fn poll_client(&mut self) -> Vec<Vec<u8>> {
        let (mut buffer, mut datagrams) = (vec![0; 2048], Vec::new());
        loop {
            let output = self.client.poll_output(&mut buffer);
            if let dimpl::Output::Packet(datagram) = output {
                datagrams.push(datagram.to_vec());
            } else if let dimpl::Output::KeyingMaterial(material, profile) = output {
                assert_eq!(profile, SrtpProfile::AEAD_AES_256_GCM);
                self.client_keys = Keys::from_server_export(Profile::AeadAes256Gcm, &material);
            } else if let dimpl::Output::Timeout(due) = output {
                self.client_due = Some(due);
                return datagrams;
            }
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed().is_some()
    }

    pub(super) fn closed(&self) -> Option<&Closed> {
        self.outputs.iter().find_map(|output| if let Output::Closed(why) = output { Some(why) } else { None })
    }

    pub(super) fn keys(&self) -> Option<&Keys> {
        let mut keys = self
            .outputs
            .iter()
            .filter_map(|output| if let Output::Keys(keys) = output { Some(keys) } else { None });
        let first = keys.next();
        assert!(keys.next().is_none(), "keys come once");
        first
    }

    /// Where media goes now, by what the server said.
    pub(super) fn nominated(&self) -> Option<SocketAddr> {
        self.outputs
            .iter()
            .rev()
            .find_map(|output| if let Output::Nominated(address) = output { Some(*address) } else { None })
    }

    pub(super) fn is_answered(&mut self, ping: Ping) -> bool {
        let before = self.answers.len();
        self.ping(ping);
        self.answers.get(before).is_some_and(|(_, answer)| answer.typ == BINDING_SUCCESS)
    }

    /// What one side seals, the other opens.
    pub(super) fn assert_keys_fit(&self) {
        let (server, client) = (self.keys().unwrap(), self.client_keys.as_ref().unwrap());
        for (sealing, opening) in [(&server.seal, &client.seal), (&client.open, &server.open)] {
            let mut packet = *b"\x80\x60\x00\x01........clear\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
            let ssrc = u32::from_be_bytes(packet[8..12].try_into().unwrap());
            SealContext::new(server.profile, sealing).unwrap().seal_rtp(&mut packet, 12, 17, 0).unwrap();
            let mut open = OpenContext::new(client.profile, opening).unwrap();
            open.allow(ssrc).unwrap();
            assert_eq!(open.open_rtp(&mut packet).unwrap().length, 17);
        }
    }
}

pub(super) fn remote(ufrag: &str, identity: &DtlsCertificate) -> Remote {
    let fingerprint = identity.fingerprint().try_into().unwrap();
    Remote { ufrag: ufrag.to_owned(), pwd: "the password of the client".to_owned(), fingerprint }
}
