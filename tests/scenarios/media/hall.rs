//! A running media plane with one room, and people in it who speak straight to its facade.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
    sync::Arc,
};

use anyhow::{Context, Result, anyhow, bail};
use harness::PATIENCE;
use load::{
    proxy::{Impairment, Network, Proxy},
    raw::{Caller, Raw},
    sdp::Offered,
};
use server::{
    clock,
    media::{Command, Event, Limits, Media, MediaConfig, PublishedTrack, RoomMedia},
};
use signaling::{
    id::{ParticipantId, SeanceId, TrackId},
    protocol::{media::Connection, stage::Source},
};
use tokio::{sync::mpsc, time::timeout};
use webrtc::media_stream::track_local::static_rtp::TrackLocalStaticRTP;

use super::client::{self, Client};

/// SSRCs of [`Hall::publishes_raw`].
pub(crate) const RAW_VOICE: u32 = 0x2000_0001;
pub(crate) const RAW_PICTURE: u32 = 0x2000_0011;

/// Of the losses.
const SEED: u64 = 7;

/// A network that loses this share of the datagrams each way, and does nothing else to them.
pub(crate) fn losing(up: f64, down: f64) -> Network {
    let share = |loss| Impairment { loss, ..Impairment::default() };
    Network { up: share(up), down: share(down) }
}

/// Where a proxy stands.
const FRONT: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

pub(crate) struct Hall {
    pub(crate) media: Media,
    pub(crate) room: RoomMedia,
    /// Where the worker really listens.
    pub(crate) server: SocketAddr,
    /// At the announced address, when the hall has a bad network.
    pub(crate) proxy: Option<Proxy>,
    /// The same for a second worker.
    pub(crate) far: Option<Proxy>,
    events: mpsc::Receiver<Event>,
    waiting: Vec<Event>,
}

impl Hall {
    pub(crate) fn open() -> Result<Self> {
        Self::limited(Limits::default())
    }

    /// With other limits than usual.
    pub(crate) fn limited(limits: Limits) -> Result<Self> {
        Self::announcing(IpAddr::V4(Ipv4Addr::LOCALHOST), limits)
    }

    /// Everybody reaches the server through a lossy proxy.
    pub(crate) fn with_losses() -> Result<Self> {
        let mut hall = Self::announcing(FRONT, Limits::default())?;
        let front = SocketAddr::new(FRONT, hall.server.port());
        hall.proxy = Some(Proxy::start(front, hall.server, SEED, Network::default())?);
        Ok(hall)
    }

    /// Everybody reaches the server through a network that can be made worse, from its seed.
    pub(crate) fn behind(seed: u64) -> Result<(Self, Proxy)> {
        let hall = Self::announcing(FRONT, Limits::default())?;
        let front = SocketAddr::new(FRONT, hall.server.port());
        let proxy = Proxy::start(front, hall.server, seed, Network::default())?;
        Ok((hall, proxy))
    }

    /// Two workers, of which each serves one viewer before the other takes part, behind lossy proxies.
    pub(crate) fn spread() -> Result<Self> {
        let sockets = vec![UdpSocket::bind("127.0.0.1:0")?, UdpSocket::bind("127.0.0.1:0")?];
        let second = sockets[1].local_addr()?;
        let mut hall = Self::over(sockets, FRONT, Limits { viewers_per_worker: 1, ..Limits::default() })?;
        let front = |server: SocketAddr| SocketAddr::new(FRONT, server.port());
        hall.proxy = Some(Proxy::start(front(hall.server), hall.server, SEED, Network::default())?);
        hall.far = Some(Proxy::start(front(second), second, SEED + 1, Network::default())?);
        Ok(hall)
    }

    /// On an address of IPv6.
    pub(crate) fn v6() -> Result<Self> {
        let loopback = IpAddr::V6(Ipv6Addr::LOCALHOST);
        Self::over(vec![UdpSocket::bind((loopback, 0))?], loopback, Limits::default())
    }

    /// The network in front of the first worker.
    pub(crate) fn network(&self) -> Result<&Proxy> {
        self.proxy.as_ref().context("this hall has no network in front of it")
    }

    fn announcing(address: IpAddr, limits: Limits) -> Result<Self> {
        Self::over(vec![UdpSocket::bind("127.0.0.1:0")?], address, limits)
    }

    fn over(sockets: Vec<UdpSocket>, address: IpAddr, limits: Limits) -> Result<Self> {
        // Of several workers that serve nobody the first gets the room.
        let server = sockets.first().context("no socket")?.local_addr()?;
        let config =
            MediaConfig { sockets, announced: vec![address], tcp_ports: Vec::new(), limits, gso: true };
        let media = Media::start(config)?;
        let (room, events) = media.open(SeanceId(clock::mint()));
        Ok(Self { media, room, server, proxy: None, far: None, events, waiting: Vec::new() })
    }

    pub(crate) fn send(&self, command: Command) -> Result<()> {
        Ok(self.room.send(command)?)
    }

    /// Nobody listens to the room's events any more.
    pub(crate) fn abandoned(self) -> (Media, RoomMedia) {
        (self.media, self.room)
    }

    /// The first event that `pick` takes, heard before or to come.
    pub(crate) async fn hears<T>(
        &mut self,
        what: &str,
        mut pick: impl FnMut(&Event) -> Option<T>,
    ) -> Result<T> {
        for at in 0..self.waiting.len() {
            if let Some(found) = pick(&self.waiting[at]) {
                self.waiting.remove(at);
                return Ok(found);
            }
        }
        let search = async {
            while let Some(event) = self.events.recv().await {
                if let Some(found) = pick(&event) {
                    return Ok(found);
                }
                self.waiting.push(event);
            }
            bail!("the room closed")
        };
        let found = timeout(PATIENCE, search).await;
        found.with_context(|| format!("waiting for {what}; heard {:?}", self.waiting))?
    }

    /// Publishes a microphone and a camera and begins to send.
    pub(crate) async fn publishes(&mut self) -> Result<Speaker> {
        let (voice, picture) = (TrackId(clock::mint()), TrackId(clock::mint()));
        self.begins(ParticipantId(clock::mint()), voice, picture).await
    }

    /// Publishes a microphone and a camera, and gives the camera's track to send over.
    pub(crate) async fn publishes_nothing_yet(&mut self) -> Result<(Speaker, Arc<TrackLocalStaticRTP>)> {
        let (voice, picture) = (TrackId(clock::mint()), TrackId(clock::mint()));
        let (speaker, _, picture) = self.joins(ParticipantId(clock::mint()), voice, picture).await?;
        Ok((speaker, picture))
    }

    /// The same person publishes the same tracks over a new connection.
    pub(crate) async fn comes_back(&mut self, speaker: &Speaker) -> Result<Speaker> {
        self.begins(speaker.id, speaker.voice, speaker.picture).await
    }

    async fn begins(&mut self, id: ParticipantId, voice: TrackId, picture: TrackId) -> Result<Speaker> {
        let (mut speaker, voice, picture) = self.joins(id, voice, picture).await?;
        speaker.begins(voice, picture);
        Ok(speaker)
    }

    /// Publishes a microphone and a camera by that client, and begins to send.
    pub(crate) async fn publishes_by(&mut self, client: Client) -> Result<Speaker> {
        let (voice, picture) = (TrackId(clock::mint()), TrackId(clock::mint()));
        let speaker = Speaker { id: ParticipantId(clock::mint()), client, voice, picture };
        let (mut speaker, voice, picture) = self.joins_as(speaker).await?;
        speaker.begins(voice, picture);
        Ok(speaker)
    }

    async fn joins(
        &mut self,
        id: ParticipantId,
        voice: TrackId,
        picture: TrackId,
    ) -> Result<(Speaker, Arc<TrackLocalStaticRTP>, Arc<TrackLocalStaticRTP>)> {
        self.joins_as(Speaker { id, client: Client::new().await?, voice, picture }).await
    }

    async fn joins_as(
        &mut self,
        speaker: Speaker,
    ) -> Result<(Speaker, Arc<TrackLocalStaticRTP>, Arc<TrackLocalStaticRTP>)> {
        let (voice, picture) = (client::voice(), client::picture());
        speaker.client.add(&voice).await?;
        speaker.client.add(&picture).await?;
        self.negotiates(&speaker, false).await?;
        speaker.client.connected().await?;
        self.connected(speaker.id, Connection::Publish).await?;
        Ok((speaker, voice, picture))
    }

    /// One offer and answer of a publish connection.
    pub(crate) async fn negotiates(&mut self, speaker: &Speaker, ice_restart: bool) -> Result<()> {
        let offer = speaker.client.offer(ice_restart).await?;
        let tracks = speaker.tracks(&offer)?;
        let participant = speaker.id;
        self.send(Command::Publish { participant, negotiation: 1, offer, tracks })?;
        let answer = self
            .hears("the answer", |event| match event {
                Event::Answered { participant: of, sdp, .. } if *of == participant => Some(Ok(sdp.clone())),
                Event::Refused { participant: of, reason, .. } if *of == participant => {
                    Some(Err(anyhow!("{reason}")))
                }
                _ => None,
            })
            .await??;
        speaker.client.answered(answer).await
    }

    pub(crate) async fn connected(&mut self, who: ParticipantId, which: Connection) -> Result<()> {
        self.hears("the connection", |event| match event {
            Event::Connected { participant, connection } => {
                (*participant == who && *connection == which).then_some(())
            }
            _ => None,
        })
        .await
    }

    /// Somebody new receives these tracks.
    pub(crate) async fn listens(&mut self, tracks: &[TrackId]) -> Result<Listener> {
        self.listens_by(Client::new().await?, tracks).await
    }

    /// That client receives these tracks.
    pub(crate) async fn listens_by(&mut self, client: Client, tracks: &[TrackId]) -> Result<Listener> {
        let mut listener = Listener { id: ParticipantId(clock::mint()), client, port: 0 };
        self.send(Command::Subscribe { participant: listener.id, tracks: tracks.to_vec() })?;
        let (negotiation, offer, _) = self.offer_to(listener.id).await?;
        let candidate =
            offer.lines().find_map(|line| line.strip_prefix("a=candidate:")).context("no candidate")?;
        listener.port = candidate.split(' ').nth(5).context("no port")?.parse()?;
        let sdp = listener.client.answer(offer).await?;
        self.send(Command::Answer { participant: listener.id, negotiation, sdp })?;
        listener.client.connected().await?;
        self.connected(listener.id, Connection::Subscribe).await?;
        Ok(listener)
    }

    /// The listener answers the next offer; gives the tracks in it.
    pub(crate) async fn takes_offer(&mut self, listener: &Listener) -> Result<Vec<(String, TrackId)>> {
        let (negotiation, offer, tracks) = self.offer_to(listener.id).await?;
        let sdp = listener.client.answer(offer).await?;
        self.send(Command::Answer { participant: listener.id, negotiation, sdp })?;
        Ok(tracks)
    }

    /// Publishes by hand: a microphone and a camera, over a real connection.
    pub(crate) async fn publishes_raw(&mut self, caller: Caller) -> Result<(Raw, TrackId, TrackId)> {
        let participant = ParticipantId(clock::mint());
        let (voice, picture) = (TrackId(clock::mint()), TrackId(clock::mint()));
        let offered = |mid: &str, source, ssrc| Offered {
            mid: mid.to_owned(),
            source,
            ssrc,
            rtx_ssrc: ssrc + 1,
            rids: Vec::new(),
        };
        let sections =
            [offered("0", Source::Microphone, RAW_VOICE), offered("1", Source::Camera, RAW_PICTURE)];
        let published = |mid: &str, track, source| PublishedTrack { mid: mid.to_owned(), track, source };
        let tracks = vec![published("0", voice, Source::Microphone), published("1", picture, Source::Camera)];
        self.send(Command::Publish { participant, negotiation: 1, offer: caller.offer(&sections), tracks })?;
        let answer = self
            .hears("the answer", |event| match event {
                Event::Answered { participant: of, sdp, .. } if *of == participant => Some(sdp.clone()),
                _ => None,
            })
            .await?;
        let raw = tokio::task::spawn_blocking(move || caller.connect(&answer)).await??;
        self.connected(participant, Connection::Publish).await?;
        Ok((raw, voice, picture))
    }

    /// Receives these tracks by hand.
    pub(crate) async fn listens_raw(&mut self, caller: Caller, tracks: &[TrackId]) -> Result<Raw> {
        let participant = ParticipantId(clock::mint());
        self.send(Command::Subscribe { participant, tracks: tracks.to_vec() })?;
        let (negotiation, offer, _) = self.offer_to(participant).await?;
        self.send(Command::Answer { participant, negotiation, sdp: caller.answer(&offer)? })?;
        let raw = tokio::task::spawn_blocking(move || caller.connect(&offer)).await??;
        self.connected(participant, Connection::Subscribe).await?;
        Ok(raw)
    }

    /// Offers to somebody that nobody has taken yet.
    pub(crate) fn offers_waiting(&mut self, who: ParticipantId) -> usize {
        while let Ok(event) = self.events.try_recv() {
            self.waiting.push(event);
        }
        let to = |event: &&Event| matches!(event, Event::Offered { participant, .. } if *participant == who);
        self.waiting.iter().filter(to).count()
    }

    pub(crate) async fn offer_to(
        &mut self,
        who: ParticipantId,
    ) -> Result<(u32, String, Vec<(String, TrackId)>)> {
        self.hears("an offer", |event| match event {
            Event::Offered { participant, negotiation, sdp, tracks } if *participant == who => {
                Some((*negotiation, sdp.clone(), tracks.clone()))
            }
            _ => None,
        })
        .await
    }
}

/// Somebody who publishes.
pub(crate) struct Speaker {
    pub(crate) id: ParticipantId,
    pub(crate) client: Client,
    pub(crate) voice: TrackId,
    pub(crate) picture: TrackId,
}

impl Speaker {
    fn begins(&mut self, voice: Arc<TrackLocalStaticRTP>, picture: Arc<TrackLocalStaticRTP>) {
        self.client.speak(voice);
        self.client.film(picture);
    }

    /// What the offer's media sections carry.
    pub(crate) fn tracks(&self, offer: &str) -> Result<Vec<PublishedTrack>> {
        let mut tracks = Vec::new();
        for section in offer.split("\r\nm=").skip(1) {
            let mid =
                section.lines().find_map(|line| line.strip_prefix("a=mid:")).context("no mid")?.to_owned();
            tracks.push(if section.starts_with("audio") {
                PublishedTrack { mid, track: self.voice, source: Source::Microphone }
            } else {
                PublishedTrack { mid, track: self.picture, source: Source::Camera }
            });
        }
        Ok(tracks)
    }
}

/// Somebody who receives.
pub(crate) struct Listener {
    pub(crate) id: ParticipantId,
    pub(crate) client: Client,
    /// Of the worker that serves it.
    pub(crate) port: u16,
}
