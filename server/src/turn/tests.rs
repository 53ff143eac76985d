//! The relay's answers to one client, message by message.

use std::{
    net::UdpSocket,
    time::{Duration, Instant},
};

use bytes::BytesMut;
use jiff::SignedDuration;
use md5::Digest;
use proptest::prelude::*;
use rtc_stun::{
    attributes::{
        ATTR_CHANNEL_NUMBER, ATTR_DATA, ATTR_ERROR_CODE, ATTR_LIFETIME, ATTR_NONCE, ATTR_REALM,
        ATTR_REQUESTED_TRANSPORT, ATTR_USERNAME, ATTR_XOR_PEER_ADDRESS, ATTR_XOR_RELAYED_ADDRESS,
    },
    message::{
        CLASS_INDICATION, CLASS_REQUEST, CLASS_SUCCESS_RESPONSE, METHOD_ALLOCATE, METHOD_BINDING,
        METHOD_CHANNEL_BIND, METHOD_CREATE_PERMISSION, METHOD_REFRESH, METHOD_SEND, Message, MessageType,
        Method,
    },
    xoraddr::XorMappedAddress,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::{client::Client, quota::PER_PERSON, *};
use crate::{
    clock,
    front::Place,
    media::{
        Limits, Media, MediaConfig, control,
        stream::{Lane, Outgoing},
    },
};

/// For what happens at once, on any machine.
const PATIENCE: Duration = Duration::from_secs(60);
const FOREIGN: &str = "198.51.100.9:53";
const SEANCE: SeanceId = SeanceId(Uuid::from_u128(1));
const ADA: PersonId = PersonId(Uuid::from_u128(2));
const BEN: PersonId = PersonId(Uuid::from_u128(3));

/// A relay in front of a real media worker, and one client of it.
struct Desk {
    media: Media,
    turn: Arc<Turn>,
    client: Client,
    worker: SocketAddr,
    username: String,
    password: String,
    nonce: String,
    now: Instant,
    _outgoing: Lane,
}

impl Desk {
    fn new() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let worker = socket.local_addr().unwrap();
        let media = Media::start(MediaConfig {
            sockets: vec![socket],
            announced: vec![worker.ip()],
            tcp_ports: Vec::new(),
            limits: Limits::default(),
            gso: false,
        });
        let media = media.unwrap();
        let turn = Turn::new(&Key::new(&[7; 32]), Clock::start(), media.streams().clone());
        let (username, password) = turn.credentials.issue(SEANCE, Some(ADA), turn.clock.now());
        let nonce = turn.nonces.fresh(turn.clock.now());
        let (queue, outgoing) = Streams::queue();
        let client = Client::new(Arc::clone(&turn), "192.0.2.1:4000".parse().unwrap(), queue);
        let now = clock::instant();
        Self { media, turn, client, worker, username, password, nonce, now, _outgoing: outgoing }
    }

    /// Another client of the same relay.
    fn beside(&self) -> Client {
        Client::new(Arc::clone(&self.turn), "192.0.2.2:4000".parse().unwrap(), Streams::queue().0)
    }

    fn signed(&self, method: Method, attributes: impl FnOnce(&mut Message)) -> BytesMut {
        let mut message = bare(method, |message| {
            attributes(message);
            message.add(ATTR_USERNAME, self.username.as_bytes());
            message.add(ATTR_REALM, b"preau");
            message.add(ATTR_NONCE, self.nonce.as_bytes());
        });
        let key = md5::Md5::digest(format!("{}:preau:{}", self.username, self.password));
        control::sign(&mut message, &control::integrity_key(key)).unwrap();
        BytesMut::from(&message.raw[..])
    }

    fn asks(&mut self, method: Method, attributes: impl FnOnce(&mut Message)) -> Result<Message, u16> {
        let request = self.signed(method, attributes);
        verdict(&self.client.hear(request, self.now).expect("an answer"))
    }

    fn allocates(&mut self) -> Result<Message, u16> {
        self.asks(METHOD_ALLOCATE, |message| message.add(ATTR_REQUESTED_TRANSPORT, &[17, 0, 0, 0]))
    }
}

fn bare(method: Method, attributes: impl FnOnce(&mut Message)) -> Message {
    let mut message = Message::new();
    message.write_header();
    message.new_transaction_id().unwrap();
    message.set_type(MessageType::new(method, CLASS_REQUEST));
    attributes(&mut message);
    message
}

fn peer(message: &mut Message, address: &str) {
    let address: SocketAddr = address.parse().unwrap();
    let peer = XorMappedAddress { ip: address.ip(), port: address.port() };
    peer.add_to_as(message, ATTR_XOR_PEER_ADDRESS).unwrap();
}

/// The answer, or the code of a refusal.
fn verdict(answer: &[u8]) -> Result<Message, u16> {
    let mut message = Message::new();
    message.write(answer).unwrap();
    if message.typ.class == CLASS_SUCCESS_RESPONSE {
        return Ok(message);
    }
    let code = message.get(ATTR_ERROR_CODE).unwrap();
    Err(u16::from(code[2]) * 100 + u16::from(code[3]))
}

#[test]
fn a_stranger_is_asked_who_they_are_and_gets_an_address_of_this_machine() {
    let mut desk = Desk::new();
    let request = bare(METHOD_ALLOCATE, |message| message.add(ATTR_REQUESTED_TRANSPORT, &[17, 0, 0, 0]));
    let answer = desk.client.hear(BytesMut::from(&request.raw[..]), desk.now).unwrap();
    assert_eq!(verdict(&answer).unwrap_err(), 401);
    let mut challenge = Message::new();
    challenge.write(&answer).unwrap();
    assert_eq!(challenge.get(ATTR_REALM).unwrap(), b"preau");
    assert!(
        desk.turn.nonces.is_good(
            std::str::from_utf8(&challenge.get(ATTR_NONCE).unwrap()).unwrap(),
            desk.turn.clock.now()
        )
    );

    let allocated = desk.allocates().unwrap();
    let mut relayed = XorMappedAddress::default();
    relayed.get_from_as(&allocated, ATTR_XOR_RELAYED_ADDRESS).unwrap();
    assert_eq!(relayed.ip, desk.worker.ip());
    assert_eq!(allocated.get(ATTR_LIFETIME).unwrap(), 600_u32.to_be_bytes());
    assert_eq!(desk.turn.quota.total(), 1);
    assert_eq!(desk.allocates().unwrap_err(), 437, "one client, one allocation");
    assert_eq!(desk.asks(METHOD_REFRESH, |message| message.add(ATTR_LIFETIME, &[0; 4])).map(drop), Ok(()));
    assert_eq!(desk.turn.quota.total(), 0);
    desk.media.shutdown();
}

#[test]
fn wrong_expired_and_foreign_credentials_open_nothing() {
    let mut desk = Desk::new();
    let good = std::mem::replace(&mut desk.password, "guess".to_owned());
    assert_eq!(desk.allocates().unwrap_err(), 401);
    desk.password = good;

    let past = desk.turn.clock.now() - SignedDuration::from_hours(25);
    let fresh = (desk.username.clone(), desk.password.clone());
    (desk.username, desk.password) = desk.turn.credentials.issue(SEANCE, Some(ADA), past);
    assert_eq!(desk.allocates().unwrap_err(), 401);
    assert_eq!(desk.turn.figures.clients_refused.load(Ordering::Relaxed), 2);
    (desk.username, desk.password) = fresh;

    let nonce = std::mem::replace(&mut desk.nonce, desk.turn.nonces.fresh(past));
    assert_eq!(desk.allocates().unwrap_err(), 438);
    desk.nonce = nonce;

    desk.allocates().unwrap();
    (desk.username, desk.password) = desk.turn.credentials.issue(SEANCE, Some(BEN), desk.turn.clock.now());
    assert_eq!(desk.asks(METHOD_REFRESH, |_| ()).unwrap_err(), 441, "somebody else's allocation");
    desk.media.shutdown();
}

#[test]
fn no_peer_but_a_media_worker_is_reached_and_others_are_counted() {
    let mut desk = Desk::new();
    assert_eq!(desk.asks(METHOD_CREATE_PERMISSION, |message| peer(message, FOREIGN)).unwrap_err(), 437);
    desk.allocates().unwrap();
    let worker = desk.worker.to_string();
    let beside = SocketAddr::new(desk.worker.ip(), desk.worker.port().wrapping_add(1)).to_string();

    assert_eq!(desk.asks(METHOD_CREATE_PERMISSION, |message| peer(message, FOREIGN)).unwrap_err(), 403);
    let both = desk.asks(METHOD_CREATE_PERMISSION, |message| {
        peer(message, &worker);
        peer(message, FOREIGN);
    });
    assert_eq!(both.unwrap_err(), 403);
    for (channel, address) in [(0x4000_u16, FOREIGN), (0x4001, &beside), (0x4002, "[::1]:80")] {
        let bound = desk.asks(METHOD_CHANNEL_BIND, |message| {
            message.add(ATTR_CHANNEL_NUMBER, &[&channel.to_be_bytes()[..], &[0; 2]].concat());
            peer(message, address);
        });
        assert_eq!(bound.unwrap_err(), 403, "{address}");
    }
    let mut send = bare(METHOD_SEND, |message| {
        peer(message, FOREIGN);
        message.add(ATTR_DATA, b"anything");
    });
    send.set_type(MessageType::new(METHOD_SEND, CLASS_INDICATION));
    assert_eq!(desk.client.hear(BytesMut::from(&send.raw[..]), desk.now), None);
    assert_eq!(desk.turn.figures.peers_refused.load(Ordering::Relaxed), 6);
    assert_eq!(desk.client.streams().count(), 0, "nothing was opened");
    assert_eq!(desk.asks(METHOD_CREATE_PERMISSION, |message| peer(message, &worker)).map(drop), Ok(()));
    desk.media.shutdown();
}

#[test]
fn a_channel_is_one_workers_and_lasts_as_long_as_it_is_renewed() {
    let mut desk = Desk::new();
    desk.allocates().unwrap();
    let worker = desk.worker.to_string();
    let bind = |desk: &mut Desk, channel: u16| {
        let bound = desk.asks(METHOD_CHANNEL_BIND, |message| {
            message.add(ATTR_CHANNEL_NUMBER, &[&channel.to_be_bytes()[..], &[0; 2]].concat());
            peer(message, &worker);
        });
        bound.map(drop)
    };
    assert_eq!(bind(&mut desk, 0x3fff), Err(400));
    assert_eq!(bind(&mut desk, 0x5000), Err(400));
    assert_eq!(bind(&mut desk, 0x4000), Ok(()));
    assert_eq!(bind(&mut desk, 0x4001), Err(400), "it has a channel");
    let stream = desk.client.streams().next().unwrap();
    let sent = Outgoing::of(stream, vec![1, 2, 3].into());
    let wrapped = |desk: &Desk| {
        let mut out = BytesMut::new();
        desk.client.wrap(&sent, true, desk.now, &mut out);
        out.to_vec()
    };
    assert_eq!(wrapped(&desk), [0x40, 0, 0, 3, 1, 2, 3, 0]);
    desk.now += Duration::from_secs(299);
    assert_eq!(wrapped(&desk).len(), 8);
    desk.now += Duration::from_secs(2);
    assert!(wrapped(&desk).is_empty(), "the permission has ended");
    assert_eq!(desk.asks(METHOD_CREATE_PERMISSION, |message| peer(message, &worker)).map(drop), Ok(()));
    assert_eq!(wrapped(&desk).len(), 8);
    desk.now += Duration::from_secs(300);
    assert_eq!(desk.asks(METHOD_REFRESH, |_| ()).map(drop).unwrap_err(), 437, "the allocation has ended");
    desk.media.shutdown();
}

#[test]
fn one_person_does_not_take_all_allocations() {
    let mut desk = Desk::new();
    let mut clients: Vec<Client> = (0..PER_PERSON).map(|_| desk.beside()).collect();
    for client in &mut clients {
        let request =
            desk.signed(METHOD_ALLOCATE, |message| message.add(ATTR_REQUESTED_TRANSPORT, &[17, 0, 0, 0]));
        assert!(verdict(&client.hear(request, desk.now).unwrap()).is_ok());
    }
    assert_eq!(desk.allocates().unwrap_err(), 486);
    clients.pop();
    assert!(desk.allocates().is_ok());
    desk.media.shutdown();
}

#[tokio::test]
async fn a_client_is_heard_while_it_takes_nothing() {
    /// What the road keeps, each way; requests that are many times more, and so are the answers.
    const ROAD: usize = 1_024;
    const REQUESTS: usize = 1_000;
    let desk = Desk::new();
    let (mut theirs, ours) = tokio::io::duplex(ROAD);
    let from = "192.0.2.3:4000".parse().unwrap();
    let turn = Arc::clone(&desk.turn);
    let serving = TaskTracker::new().spawn(turn.serve(ours, from, Place::kept()));
    let request = bare(METHOD_BINDING, |_| ()).raw;
    let asked = async {
        for _ in 0..REQUESTS {
            theirs.write_all(&request).await.unwrap();
        }
    };
    tokio::time::timeout(PATIENCE, asked).await.expect("it goes on listening");
    for _ in 0..REQUESTS {
        let mut header = [0; 20];
        let read = tokio::time::timeout(PATIENCE, theirs.read_exact(&mut header)).await;
        read.expect("an answer").unwrap();
        assert!(header[..2] == [1, 1] && header[8..] == request[8..20]);
        let mut attributes = vec![0; usize::from(u16::from_be_bytes([header[2], header[3]]))];
        theirs.read_exact(&mut attributes).await.unwrap();
    }
    drop(theirs);
    serving.await.unwrap();
    desk.media.shutdown();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn rubbish_is_passed_over(messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 1..40)) {
        let mut desk = Desk::new();
        desk.allocates().unwrap();
        for message in messages {
            // With the cookie it gets further.
            let mut likely = message.clone();
            if let Some(head) = likely.get_mut(..8) {
                head[0] &= 3;
                head[4..].copy_from_slice(&[0x21, 0x12, 0xa4, 0x42]);
            }
            desk.client.hear(BytesMut::from(&message[..]), desk.now);
            desk.client.hear(BytesMut::from(&likely[..]), desk.now);
        }
        desk.media.shutdown();
    }
}
