//! A worker with one open room, and what is done with it.

use std::{sync::Mutex, sync::atomic::AtomicUsize};

use signaling::{
    id::{ParticipantId, SeanceId, TrackId},
    protocol::stage::Source,
};
use tokio::sync::mpsc;

use super::super::{
    connection::Half,
    publisher::{PublishedSection, Publisher, SourceRef},
    subscriber::Subscriber,
    track::Published,
    *,
};
use crate::media::{
    Codec, Command,
    batch::Waker,
    codec::Picture,
    forward::{Subscription, Terms},
    packet::{Block, Header},
    ring::Kept,
    srtp::{Keys, Profile, SealContext},
};

pub(super) const ROOM: u64 = 7;

/// A worker with one open room.
pub(super) struct Bench {
    pub(super) worker: Worker,
    pub(super) room: RoomKey,
    events: mpsc::Receiver<Event>,
    pub(super) now: Instant,
}

/// The desk of a worker that takes these orders.
fn desk(orders: crossbeam_channel::Sender<Order>) -> Desk {
    Desk {
        orders,
        waker: Waker::new().unwrap(),
        load: AtomicUsize::new(0),
        rooms: AtomicUsize::new(0),
        counters: Mutex::default(),
        candidates: Vec::new(),
        streams: crossbeam_channel::bounded(1).0,
    }
}

impl Bench {
    pub(super) fn new() -> Self {
        let (orders, _) = crossbeam_channel::bounded(1);
        let desk = desk(orders);
        let settings = Settings {
            certificate: Certificate::generate().unwrap(),
            number: 0,
            candidates: vec![Candidate::Udp("127.0.0.1:9".parse().unwrap())],
            streams: crossbeam_channel::bounded(1).1,
            limits: Limits::default(),
            gso: true,
        };
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let mut worker = Worker::new(socket, [Arc::new(desk)].into(), settings).unwrap();
        let (told, events) = mpsc::channel(64);
        let now = clock::instant();
        worker.order(Order::Open { room: ROOM, seance: SeanceId(clock::mint()), events: told }, now);
        let room = worker.rooms_by_number[&ROOM];
        Self { worker, room, events, now }
    }

    /// A participant's connection, registered as a subscription or a publication makes it.
    pub(super) fn connect(&mut self, half: Half) -> (ParticipantId, ConnectionKey) {
        let participant = ParticipantId(clock::mint());
        let key = self.worker.connect(self.room, participant, half, self.now).unwrap();
        let role = self.worker.connections[key].role();
        self.worker.rooms[self.room].joined(participant, role, key);
        (participant, key)
    }

    /// The orders of another worker beside this one.
    pub(super) fn beside(&mut self) -> Receiver<Order> {
        let (orders, queue) = crossbeam_channel::unbounded();
        let other = desk(orders);
        self.worker.desks = [Arc::clone(&self.worker.desk), Arc::new(other)].into();
        queue
    }

    pub(super) fn track(&mut self, source: Source) -> (TrackId, TrackKey) {
        self.publishes(source, &[])
    }

    /// A track in these encodings.
    pub(super) fn publishes(&mut self, source: Source, rids: &[String]) -> (TrackId, TrackKey) {
        let (participant, publisher) = self.connect(Half::Publish(Publisher::default()));
        let codec = if source.is_audio() { Codec::Opus } else { Codec::Vp8 };
        let id = TrackId(clock::mint());
        let published = Published {
            id,
            room: self.room,
            participant,
            source,
            publisher,
            codec,
            clock_rate: codec.fixed().unwrap().clock_rate,
            repairs: true,
        };
        let key = self.worker.tracks.insert(Track::new(published, rids));
        self.worker.rooms[self.room].tracks.insert(id, key);
        let section =
            PublishedSection { mid: "0".to_owned(), track: key, payload_type: 96, rtx: None, red: None };
        self.worker.connections[publisher].publisher().unwrap().sections.push(section);
        (id, key)
    }

    /// A packet of the publisher, opened.
    pub(super) fn sends(&mut self, track: TrackKey, sequence: u16, payload: &[u8]) {
        let mut packet = vec![0x80, 96, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9];
        packet[2..4].copy_from_slice(&sequence.to_be_bytes());
        packet.extend_from_slice(payload);
        let publisher = self.worker.tracks[track].publisher;
        self.worker.tracks[track].layers[0].ssrc = Some(9);
        let source = SourceRef { track, layer: 0, repair: false };
        self.worker.opened(publisher, source, &Header::parse(&packet).unwrap(), &packet, self.now);
    }

    /// A connection with keys and an address that gets the track.
    pub(super) fn receives(&mut self, track: TrackKey) -> ConnectionKey {
        let (_, key) = self.connect(Half::Subscribe(Subscriber::new()));
        let profile = Profile::AeadAes128Gcm;
        let keys = Keys::from_server_export(profile, &[1; 56]).unwrap();
        let connection = &mut self.worker.connections[key];
        connection.seal = Some(SealContext::new(profile, &keys.seal).unwrap());
        connection.address = Some(self.worker.socket.local_addr().unwrap());
        self.subscribes(key, track, 1);
        key
    }

    /// A connection gets the track under this SSRC; gives its place there.
    pub(super) fn subscribes(&mut self, key: ConnectionKey, track: TrackKey, ssrc: u32) -> usize {
        let track = &mut self.worker.tracks[track];
        let fixed = track.codec.fixed().unwrap();
        let terms = Terms {
            ssrc,
            payload_type: fixed.payload_type,
            rtx: None,
            mid: None,
            transport: None,
            clock_rate: fixed.clock_rate,
            video: track.video(),
            redundant: false,
            first: 1,
            first_rtx: 0,
        };
        track.subscribe(Subscription::new(key, terms))
    }

    pub(super) fn arrives(&mut self, track: TrackKey, index: u64, keyframe: bool) {
        let state = &mut self.worker.tracks[track];
        let picture = Picture { keyframe, ..Picture::default() };
        let kept = Kept { index, marker: true, picture, ..Kept::default() };
        let position = state.ring_mut(0).unwrap().push(kept, &Block::new(false), &[1, 2, 3]).unwrap();
        if state.pending.add(false, 0, position, true, self.now) {
            self.worker.dirty.push(track);
        }
    }

    pub(super) fn ask(&mut self, command: Command) {
        self.worker.order(Order::Room { room: ROOM, command }, self.now);
    }

    /// The number and tracks of the only thing told, an offer.
    pub(super) fn offered(&mut self) -> (u32, Vec<TrackId>) {
        let (negotiation, tracks, _) = self.offer();
        (negotiation, tracks)
    }

    pub(super) fn offer(&mut self) -> (u32, Vec<TrackId>, String) {
        match &self.told()[..] {
            [Event::Offered { negotiation, tracks, sdp, .. }] => {
                (*negotiation, tracks.iter().map(|(_, track)| *track).collect(), sdp.clone())
            }
            other => panic!("not one offer but {other:?}"),
        }
    }

    /// Takes everything that the last offer offers; gives what was in it.
    pub(super) fn agrees(&mut self, participant: ParticipantId) -> Vec<TrackId> {
        let (negotiation, tracks, offer) = self.offer();
        self.ask(Command::Answer { participant, negotiation, sdp: agreed(&offer) });
        tracks
    }

    pub(super) fn told(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.events.try_recv().ok()).collect()
    }
}

/// The offer turned into the answer of a client that takes everything.
pub(super) fn agreed(offer: &str) -> String {
    offer
        .replace("a=ice-lite\r\n", "")
        .replace("setup:actpass", "setup:active")
        .replace("a=sendonly", "a=recvonly")
}
