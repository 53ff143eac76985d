//! Media by the `webrtc` crate: publishes synthetic Opus and VP8, receives and counts what others publish.

mod source;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use anyhow::{Context, Result, anyhow};
use rtc::{
    peer_connection::{
        configuration::media_engine::{MIME_TYPE_OPUS, MIME_TYPE_VP8},
        transport::RTCDtlsRole,
    },
    rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication,
    rtp_transceiver::rtp_sender::RtpCodecKind,
};
use signaling::protocol::{Notice, Request, media::IceServer};
use tokio::{sync::watch, task::JoinSet, time::timeout};
use webrtc::{
    media_stream::{
        track_local::TrackLocal,
        track_remote::{TrackRemote, TrackRemoteEvent},
    },
    peer_connection::{
        MediaEngine, PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler,
        RTCConfigurationBuilder, RTCIceCandidateInit, RTCIceGatheringState, RTCIceServer,
        RTCIceTransportPolicy, RTCPeerConnectionState, RTCSessionDescription, Registry, SettingEngineBuilder,
        register_default_interceptors,
    },
    runtime::default_runtime,
};

pub use self::source::local;
use self::source::{film, sources, speak};
use crate::{PATIENCE, person::Person, until};

/// A packet of sound as it was received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sound {
    pub ssrc: u32,
    pub sequence: u16,
    pub timestamp: u32,
    pub payload: Vec<u8>,
}

/// A picture, with the number of its stream once a packet has come.
type Picture = (Arc<dyn TrackRemote>, Arc<OnceLock<u32>>);

/// What one connection has seen, filled in by the crate's callbacks.
struct Progress {
    gathered: watch::Sender<bool>,
    connected: watch::Sender<bool>,
    /// Packets received, by mid or, before it is known, by track.
    packets: Mutex<HashMap<String, Arc<AtomicU64>>>,
    sounds: Arc<Mutex<Vec<Sound>>>,
    pictures: Mutex<Vec<Picture>>,
    readers: Mutex<JoinSet<()>>,
}

impl Progress {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            gathered: watch::Sender::new(false),
            connected: watch::Sender::new(false),
            packets: Mutex::default(),
            sounds: Arc::default(),
            pictures: Mutex::default(),
            readers: Mutex::default(),
        })
    }
}

#[async_trait::async_trait]
impl PeerConnectionEventHandler for Progress {
    async fn on_ice_gathering_state_change(&self, state: RTCIceGatheringState) {
        self.gathered.send_replace(state == RTCIceGatheringState::Complete);
    }

    async fn on_connection_state_change(&self, state: RTCPeerConnectionState) {
        self.connected.send_replace(state == RTCPeerConnectionState::Connected);
    }

    async fn on_track(&self, track: Arc<dyn TrackRemote>) {
        let count = Arc::new(AtomicU64::new(0));
        let kind = track.kind().await;
        let name = format!("{kind} {}", track.track_id().await);
        if let Ok(mut packets) = self.packets.lock() {
            packets.insert(name, Arc::clone(&count));
        }
        let ssrc = Arc::new(OnceLock::new());
        if let (RtpCodecKind::Video, Ok(mut pictures)) = (kind, self.pictures.lock()) {
            pictures.push((Arc::clone(&track), Arc::clone(&ssrc)));
        }
        let sounds = (kind == RtpCodecKind::Audio).then(|| Arc::clone(&self.sounds));
        if let Ok(mut readers) = self.readers.lock() {
            readers.spawn(async move {
                while let Some(event) = track.poll().await {
                    let TrackRemoteEvent::OnRtpPacket(packet) = event else { continue };
                    count.fetch_add(1, Ordering::Relaxed);
                    ssrc.get_or_init(|| packet.header.ssrc);
                    if let Some(Ok(mut sounds)) = sounds.as_ref().map(|sounds| sounds.lock()) {
                        sounds.push(Sound {
                            ssrc: packet.header.ssrc,
                            sequence: packet.header.sequence_number,
                            timestamp: packet.header.timestamp,
                            payload: packet.payload.to_vec(),
                        });
                    }
                }
            });
        }
    }
}

/// How the packets of a peer travel.
#[derive(Debug, Clone, Default)]
pub enum Way {
    #[default]
    Udp,
    /// ICE over TCP, to this port when it is not the one announced.
    Tcp(Option<u16>),
    /// Through the relay alone, which the crate reaches by UDP.
    Relay(IceServer),
}

/// One of the two connections of a person.
struct Connection {
    inner: Arc<dyn PeerConnection>,
    way: Way,
    progress: Arc<Progress>,
}

impl Connection {
    async fn new(way: &Way) -> Result<Self> {
        let mut codecs = MediaEngine::default();
        codecs.register_default_codecs()?;
        let interceptors = register_default_interceptors(Registry::new(), &mut codecs)?;
        let progress = Progress::new();
        let builder = PeerConnectionBuilder::new()
            .with_media_engine(codecs)
            // To an ICE-lite offer the crate would answer as DTLS server; the media plane is always the server.
            .with_setting_engine(
                SettingEngineBuilder::new().with_answering_dtls_role(RTCDtlsRole::Client).build(),
            )
            .with_interceptor_registry(interceptors)
            // The crate would rather be the DTLS server of an ICE-lite peer; ours is never the client (PROTOCOL.md).
            .with_setting_engine(
                SettingEngineBuilder::new().with_answering_dtls_role(RTCDtlsRole::Client).build(),
            )
            .with_handler(Arc::<Progress>::clone(&progress))
            .with_runtime(default_runtime().context("the webrtc crate has no runtime")?);
        let any = vec!["127.0.0.1:0"];
        let inner: Arc<dyn PeerConnection> = match way {
            Way::Udp => Arc::new(builder.with_udp_addrs(any).build().await?),
            Way::Tcp(_) => Arc::new(builder.with_tcp_addrs(any).build().await?),
            Way::Relay(IceServer { urls, username, credential }) => {
                let server = RTCIceServer {
                    urls: urls.clone(),
                    username: username.clone(),
                    credential: credential.clone(),
                };
                let configuration = RTCConfigurationBuilder::new()
                    .with_ice_servers(vec![server])
                    .with_ice_transport_policy(RTCIceTransportPolicy::Relay)
                    .build();
                Arc::new(builder.with_udp_addrs(any).with_configuration(configuration).build().await?)
            }
        };
        Ok(Self { inner, way: way.clone(), progress })
    }

    /// Sets the remote description. By TCP the crate connects to candidates that it is told one by one, and it takes
    /// two of the same address and port for one.
    async fn hears(&self, mut description: RTCSessionDescription) -> Result<()> {
        let Way::Tcp(port) = self.way else {
            return Ok(self.inner.set_remote_description(description).await?);
        };
        let (candidates, others): (Vec<_>, Vec<_>) =
            description.sdp.lines().partition(|line| line.starts_with("a=candidate:"));
        let candidate =
            candidates.into_iter().find(|line| line.contains(" tcp ")).context("no TCP candidate")?;
        let mut words: Vec<String> = candidate.split(' ').map(str::to_owned).collect();
        if let Some(port) = port {
            *words.get_mut(5).context("a candidate has a port")? = port.to_string();
        }
        let candidate = words.join(" ").replacen("a=", "", 1);
        description.sdp = others.join("\r\n") + "\r\n";
        self.inner.set_remote_description(description).await?;
        self.inner.add_ice_candidate(RTCIceCandidateInit { candidate, ..Default::default() }).await?;
        Ok(())
    }

    /// Sets the local description and waits until its candidates are in it.
    async fn describe(&self, description: RTCSessionDescription) -> Result<String> {
        self.inner.set_local_description(description).await?;
        let mut gathered = self.progress.gathered.subscribe();
        timeout(PATIENCE, gathered.wait_for(|done| *done)).await.context("candidates are not gathered")??;
        Ok(self.inner.local_description().await.context("no local description")?.sdp)
    }

    async fn connected(&self) -> Result<()> {
        let mut connected = self.progress.connected.subscribe();
        timeout(PATIENCE, connected.wait_for(|done| *done)).await.context("media does not connect")??;
        Ok(())
    }
}

/// The media of one person.
pub struct Peer {
    publish: Connection,
    subscribe: Connection,
    sending: JoinSet<()>,
}

impl std::fmt::Debug for Peer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Peer").finish_non_exhaustive()
    }
}

impl Peer {
    pub async fn new() -> Result<Self> {
        Self::by(&Way::Udp).await
    }

    pub async fn by(way: &Way) -> Result<Self> {
        Ok(Self {
            publish: Connection::new(way).await?,
            subscribe: Connection::new(way).await?,
            sending: JoinSet::new(),
        })
    }

    /// Publishes a microphone and a camera through `person`, and keeps sending until dropped.
    pub async fn publishes(&mut self, person: &mut Person) -> Result<()> {
        let voice = local(RtpCodecKind::Audio, MIME_TYPE_OPUS, 48_000, 2, 0x1000_0001);
        let picture = local(RtpCodecKind::Video, MIME_TYPE_VP8, 90_000, 0, 0x1000_0002);
        self.publish.inner.add_track(Arc::clone(&voice) as Arc<dyn TrackLocal>).await?;
        self.publish.inner.add_track(Arc::clone(&picture) as Arc<dyn TrackLocal>).await?;
        let offer = self.publish.inner.create_offer(None).await?;
        let sdp = self.publish.describe(offer).await?;
        let tracks = sources(&sdp)?;
        person.asks(Request::Publish { negotiation: 1, sdp, tracks }).await?;
        let answer = person
            .hears("the answer to publish", |notice| match notice {
                Notice::PublishAnswer { negotiation: 1, sdp, .. } => Some(Ok(sdp.clone())),
                Notice::Refused { reason, .. } => Some(Err(anyhow!("publish is refused: {reason}"))),
                _ => None,
            })
            .await??;
        self.publish.hears(RTCSessionDescription::answer(answer)?).await?;
        self.publish.connected().await?;
        self.sending.spawn(speak(voice));
        self.sending.spawn(film(picture));
        Ok(())
    }

    /// Answers the server's offers until `tracks` tracks are offered, and waits for the connection.
    pub async fn subscribes(&self, person: &mut Person, tracks: usize) -> Result<()> {
        loop {
            let (negotiation, sdp, offered) = person
                .hears("a subscribe offer", |notice| match notice {
                    Notice::SubscribeOffer { negotiation, sdp, tracks } => {
                        Some((*negotiation, sdp.clone(), tracks.len()))
                    }
                    _ => None,
                })
                .await?;
            self.subscribe.hears(RTCSessionDescription::offer(sdp)?).await?;
            let answer = self.subscribe.inner.create_answer(None).await?;
            let sdp = self.subscribe.describe(answer).await?;
            person.asks(Request::SubscribeAnswer { negotiation, sdp }).await?;
            if offered >= tracks {
                break;
            }
        }
        self.subscribe.connected().await
    }

    /// Packets received so far of all sounds and of all pictures.
    #[must_use]
    pub fn received(&self) -> (u64, u64) {
        let Ok(packets) = self.subscribe.progress.packets.lock() else { return (0, 0) };
        let sum = |kind: &str| {
            let of_kind = packets.iter().filter(|(name, _)| name.starts_with(kind));
            of_kind.map(|(_, count)| count.load(Ordering::Relaxed)).sum()
        };
        (sum("audio"), sum("video"))
    }

    /// The packets of all sounds so far, in the order of their arrival.
    #[must_use]
    pub fn sounds(&self) -> Vec<Sound> {
        self.subscribe.progress.sounds.lock().map(|sounds| sounds.clone()).unwrap_or_default()
    }

    /// Waits until at least that many more packets of each kind have arrived.
    pub async fn receives(&self, more: u64) -> Result<()> {
        let (sounds, pictures) = self.received();
        until("sound and picture", PATIENCE, async || {
            let (heard, seen) = self.received();
            Ok((heard >= sounds + more && seen >= pictures + more).then_some(()))
        })
        .await
        .with_context(|| format!("received {:?}, first {sounds} and {pictures}", self.received()))
    }

    /// Waits until at least that many more packets of pictures have arrived.
    pub async fn receives_pictures(&self, more: u64) -> Result<()> {
        let (_, before) = self.received();
        until("picture", PATIENCE, async || Ok((self.received().1 >= before + more).then_some(()))).await
    }

    /// Asks for a keyframe of every picture that has come.
    pub async fn wants_keyframes(&self) -> Result<()> {
        let pictures = match self.subscribe.progress.pictures.lock() {
            Ok(pictures) => pictures.clone(),
            Err(_) => Vec::new(),
        };
        for (track, ssrc) in pictures {
            let Some(media_ssrc) = ssrc.get().copied() else { continue };
            track.write_rtcp(vec![Box::new(PictureLossIndication { sender_ssrc: 1, media_ssrc })]).await?;
        }
        Ok(())
    }

    /// Ends both connections.
    pub async fn closes(self) -> Result<()> {
        self.publish.inner.close().await?;
        self.subscribe.inner.close().await?;
        Ok(())
    }
}
