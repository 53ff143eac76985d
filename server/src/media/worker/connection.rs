//! One peer connection of one participant, and what its control half asks of the worker.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use rustc_hash::FxHashMap;
use signaling::{id::ParticipantId, protocol::media::Connection as Role};

use super::{
    ADDRESS_HOLD, ConnectionKey, RoomKey, Worker,
    fanout::BESIDE,
    pending::Run,
    publisher::Publisher,
    queue::{Queue, Stream},
    subscriber::Subscriber,
};
use crate::media::{
    Event,
    control::{Closed, IceCredentials, Lite, Output, PeerControl, Remote},
    estimate::{Estimator, Quality},
    srtp::{Keys, OpenContext, SealContext},
};

/// A nominated address from which nothing came for this long is left for one from which media does. Longer than the
/// second or so between a receiver's reports.
const ROAM_HOLD: Duration = Duration::from_millis(1_500);

/// What the two kinds of connections have of their own.
#[derive(Debug)]
pub(super) enum Half {
    Publish(Publisher),
    Subscribe(Subscriber),
}

pub(super) struct Connection {
    pub(super) room: RoomKey,
    pub(super) participant: ParticipantId,
    pub(super) control: Lite,
    pub(super) half: Half,
    /// Where to send: what the client nominated, once that is its own.
    pub(super) address: Option<SocketAddr>,
    nominated: Option<SocketAddr>,
    pub(super) open: Option<OpenContext>,
    pub(super) seal: Option<SealContext>,
    /// Addresses in the worker's map that are this connection's, with the last time each was heard.
    addresses: Vec<(SocketAddr, Instant)>,
    ufrags: Vec<String>,
    remote: Option<Remote>,
}

impl Connection {
    pub(super) fn role(&self) -> Role {
        match self.half {
            Half::Publish(_) => Role::Publish,
            Half::Subscribe(_) => Role::Subscribe,
        }
    }

    pub(super) fn publisher(&mut self) -> Option<&mut Publisher> {
        match &mut self.half {
            Half::Publish(publisher) => Some(publisher),
            Half::Subscribe(_) => None,
        }
    }

    pub(super) fn subscriber(&mut self) -> Option<&mut Subscriber> {
        match &mut self.half {
            Half::Subscribe(subscriber) => Some(subscriber),
            Half::Publish(_) => None,
        }
    }

    /// How the network between this client and us does, as far as it is measured on this connection.
    pub(super) fn quality(&self) -> Quality {
        match &self.half {
            Half::Subscribe(subscriber) => {
                subscriber.estimator.as_ref().map(|estimator| estimator.quality()).unwrap_or_default()
            }
            Half::Publish(_) => Quality::default(),
        }
    }

    /// How to send media; `None` before that is known.
    pub(super) fn way(&mut self) -> Option<Way<'_>> {
        let (estimator, queue) = match &mut self.half {
            Half::Subscribe(subscriber) => (subscriber.estimator.as_deref_mut(), Some(&mut subscriber.queue)),
            Half::Publish(_) => (None, None),
        };
        Some(Way { seal: self.seal.as_ref()?, to: self.address?, estimator, queue })
    }

    /// Nothing more is expected of the track's SSRCs.
    pub(super) fn forget_track(&mut self, track: super::TrackKey) {
        let Half::Publish(publisher) = &mut self.half else { return };
        for ssrc in publisher.forget_track(track) {
            if let Some(open) = &mut self.open {
                open.forget(ssrc);
            }
        }
    }

    /// Something authentic came from this address. True when media follows the client there: the control half has to
    /// be drained.
    pub(super) fn heard(&mut self, from: SocketAddr, now: Instant) -> bool {
        self.control.heard();
        if let Some((_, at)) = self.addresses.iter_mut().find(|(address, _)| *address == from) {
            *at = now;
        }
        let roamed = self
            .nominated
            .is_some_and(|nominated| nominated != from && self.silent_at(nominated, ROAM_HOLD, now));
        if roamed {
            self.control.roam(from);
        }
        roamed
    }

    /// The address is not this connection's any more.
    fn give_up(&mut self, address: SocketAddr) {
        self.addresses.retain(|(known, _)| *known != address);
        self.address = self.address.filter(|own| *own != address);
    }

    fn silent_at(&self, address: SocketAddr, hold: Duration, now: Instant) -> bool {
        let heard = self.addresses.iter().find(|(known, _)| *known == address);
        heard.is_none_or(|(_, at)| now.duration_since(*at) > hold)
    }

    /// Whether these are the credentials and the certificate of the client as known, or how they differ.
    pub(super) fn compare(&self, remote: &Remote) -> Comparison {
        match &self.remote {
            None => Comparison::Unknown,
            Some(known) if known.fingerprint != remote.fingerprint => Comparison::Stranger,
            Some(known) if known == remote => Comparison::Same,
            Some(_) => Comparison::Restart,
        }
    }

    pub(super) fn set_remote(&mut self, remote: Remote) {
        self.control.set_remote(remote.clone());
        self.remote = Some(remote);
    }
}

/// How to send media to a client.
pub(super) struct Way<'c> {
    pub(super) seal: &'c SealContext,
    pub(super) to: SocketAddr,
    /// Who is to be told of what is sent.
    pub(super) estimator: Option<&'c mut Estimator>,
    /// Where pictures wait that may not leave yet.
    pub(super) queue: Option<&'c mut Queue>,
}

impl Way<'_> {
    /// To be called before pictures are sent: time went on for [`is_open`](Self::is_open).
    pub(super) fn go_on(&mut self, now: Instant) {
        if let Some(estimator) = &mut self.estimator {
            let hurry = self.queue.as_ref().is_some_and(|queue| queue.hurries(now));
            estimator.go_on(hurry, now);
        }
    }

    /// Whether a packet of a picture may leave: nothing waits, and the network takes it. Sound never waits.
    pub(super) fn is_open(&self) -> bool {
        self.estimator.as_ref().is_none_or(|estimator| estimator.is_open())
            && self.queue.as_ref().is_none_or(|queue| queue.is_empty())
    }

    /// Packets wait; `true` when nothing waited before.
    pub(super) fn wait(&mut self, stream: Stream, run: Run, keyframe: bool, now: Instant) -> bool {
        let Some(queue) = &mut self.queue else { return false };
        let first = queue.is_empty();
        queue.wait(stream, run, keyframe, now);
        first
    }

    /// A packet to be sent again waits; `true` when nothing waited before.
    pub(super) fn repair_later(&mut self, stream: Stream, sequence: u16) -> bool {
        let Some(queue) = &mut self.queue else { return false };
        let first = queue.is_empty();
        queue.repair(stream, sequence);
        first
    }

    /// The number that a packet bears among all of its connection, told to the estimator.
    pub(super) fn number(&mut self, id: Option<u8>, payload: usize, now: Instant) -> Option<(u8, u16)> {
        Some((id?, self.estimator.as_mut()?.stamp(payload + BESIDE, now)))
    }
}

/// A client's description against what is known of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    /// Nothing was known yet.
    Unknown,
    Same,
    /// Same certificate, new ICE credentials.
    Restart,
    /// Another certificate: the client made a new connection.
    Stranger,
}

impl Worker {
    /// Makes a connection that waits for its client; `None` when there is no randomness.
    pub(super) fn connect(
        &mut self,
        room: RoomKey,
        participant: ParticipantId,
        half: Half,
        now: Instant,
    ) -> Option<ConnectionKey> {
        let local = IceCredentials::generate(self.settings.number).ok()?;
        let ufrag = local.ufrag.clone();
        let control = Lite::new(&self.settings.certificate, local, now);
        let key = self.connections.insert(Connection {
            room,
            participant,
            control,
            half,
            address: None,
            nominated: None,
            open: None,
            seal: None,
            addresses: Vec::new(),
            ufrags: vec![ufrag.clone()],
            remote: None,
        });
        self.by_ufrag.insert(ufrag, key);
        self.publish_load();
        Some(key)
    }

    /// Gives the connection fresh ICE credentials; DTLS and media go on.
    pub(super) fn restart_ice(&mut self, key: ConnectionKey) {
        let (Some(connection), Ok(fresh)) =
            (self.connections.get_mut(key), IceCredentials::generate(self.settings.number))
        else {
            return;
        };
        connection.ufrags.push(fresh.ufrag.clone());
        self.by_ufrag.insert(fresh.ufrag.clone(), key);
        connection.control.restart(fresh);
    }

    /// Carries out what the control half asks for.
    pub(super) fn drain_control(&mut self, key: ConnectionKey, now: Instant) {
        while let Some(output) =
            self.connections.get_mut(key).and_then(|connection| connection.control.output())
        {
            match output {
                Output::Send { to, datagram } => self.post(to, &datagram),
                Output::Validated(address) => self.accept_address(key, address, now),
                Output::Forgotten(address) => self.forget_address(key, address),
                Output::Nominated(address) => self.nominate(key, address),
                Output::Retired(ufrag) => {
                    self.by_ufrag.remove(&ufrag);
                    if let Some(connection) = self.connections.get_mut(key) {
                        connection.ufrags.retain(|known| *known != ufrag);
                    }
                }
                Output::Keys(keys) => self.keyed(key, &keys, now),
                Output::Closed(why) => {
                    self.lost(key, why, now);
                    return;
                }
            }
        }
    }

    /// An address belongs to whoever proved it first, as long as packets keep coming from there: the source of a
    /// binding request can be forged, and must not steal a running connection.
    pub(super) fn accept_address(&mut self, key: ConnectionKey, address: SocketAddr, now: Instant) {
        if let Some(owner) = self.by_address.get(&address).copied()
            && owner != key
        {
            match self.connections.get_mut(owner) {
                Some(other) if !other.silent_at(address, ADDRESS_HOLD, now) => return,
                Some(other) => other.give_up(address),
                None => {}
            }
        }
        let Some(connection) = self.connections.get_mut(key) else { return };
        self.by_address.insert(address, key);
        connection.addresses.retain(|(known, _)| *known != address);
        connection.addresses.push((address, now));
        if connection.nominated == Some(address) {
            connection.address = Some(address);
        }
    }

    /// Media goes to a nominated address once it is the connection's own: nobody may direct it at somebody else.
    pub(super) fn nominate(&mut self, key: ConnectionKey, address: SocketAddr) {
        let own = self.by_address.get(&address) == Some(&key);
        if let Some(connection) = self.connections.get_mut(key) {
            connection.nominated = Some(address);
            if own {
                connection.address = Some(address);
            }
        }
    }

    fn forget_address(&mut self, key: ConnectionKey, address: SocketAddr) {
        if let Some(connection) = self.connections.get_mut(key) {
            connection.give_up(address);
        }
        if self.by_address.get(&address) == Some(&key) {
            self.by_address.remove(&address);
        }
    }

    /// The handshake is done: media may flow.
    pub(super) fn keyed(&mut self, key: ConnectionKey, keys: &Keys, now: Instant) {
        let Some(connection) = self.connections.get_mut(key) else { return };
        // A second set of contexts would begin its nonces anew.
        if connection.seal.is_some() {
            return;
        }
        let open = OpenContext::new(keys.profile, &keys.open);
        let seal = SealContext::new(keys.profile, &keys.seal);
        let (Ok(mut open), Ok(seal)) = (open, seal) else {
            self.lost(key, Closed::Dtls("unusable key material".to_owned()), now);
            return;
        };
        if let Half::Publish(publisher) = &connection.half {
            for ssrc in publisher.sources.keys() {
                // Their number is below the context's limit: the publisher's own limit is lower.
                let _ = open.allow(*ssrc);
            }
        }
        connection.open = Some(open);
        connection.seal = Some(seal);
        let (room, participant, role) = (connection.room, connection.participant, connection.role());
        if role == Role::Subscribe {
            self.want_keyframes(key);
        }
        self.tell(room, Event::Connected { participant, connection: role });
    }

    /// A connection ended by itself.
    pub(super) fn lost(&mut self, key: ConnectionKey, why: Closed, now: Instant) {
        let Some(connection) = self.connections.get(key) else { return };
        let (room, participant, role) = (connection.room, connection.participant, connection.role());
        self.drop_connection(key, now);
        if let Some(room) = self.rooms.get_mut(room) {
            room.lost(participant, role, why.clone());
        }
        self.tell(room, Event::Disconnected { participant, connection: role, why });
    }

    /// Frees a connection with its tracks or subscriptions.
    pub(super) fn drop_connection(&mut self, key: ConnectionKey, now: Instant) {
        self.drop_tracks_of(key, now);
        let Some(connection) = self.connections.try_remove(key) else { return };
        self.by_ufrag.retain(|_, owner| *owner != key);
        for (address, _) in &connection.addresses {
            if self.by_address.get(address) == Some(&key) {
                self.by_address.remove(address);
            }
        }
        if let Half::Subscribe(subscriber) = &connection.half {
            self.detach_all(subscriber);
        }
        if let Some(room) = self.rooms.get_mut(connection.room) {
            room.forget_connection(connection.participant, key);
        }
        self.publish_load();
    }
}

/// SSRCs of a subscriber's streams.
pub(super) type Places = FxHashMap<u32, (super::TrackKey, usize)>;
