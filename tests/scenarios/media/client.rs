//! One connection of a person, by the `webrtc` crate, straight on the media plane's facade.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use harness::{PATIENCE, peer::local};
use rtc::{
    interceptor::{Attribute, Interceptor, Packet as Intercepted, Slot, StreamInfo, TaggedPacket},
    peer_connection::{
        configuration::{
            RTCOfferOptions,
            interceptor_registry::{configure_nack, configure_rtcp_reports},
            media_engine::{MIME_TYPE_OPUS, MIME_TYPE_VP8},
        },
        transport::RTCDtlsRole,
    },
    rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication,
    rtp_transceiver::rtp_sender::RtpCodecKind,
    sansio::Protocol,
};
use rtc_dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use rtc_rtp::{Packet, header::Header};
use server::clock;
use tokio::{sync::watch, task::JoinSet, time::timeout};
use webrtc::{
    media_stream::{
        track_local::{TrackLocal, TrackLocalEvent, static_rtp::TrackLocalStaticRTP},
        track_remote::{TrackRemote, TrackRemoteEvent},
    },
    peer_connection::{
        MediaEngine, PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, RTCIceGatheringState,
        RTCPeerConnectionState, RTCSessionDescription, Registry, SettingEngineBuilder,
        register_default_interceptors,
    },
    runtime::default_runtime,
};

/// One packet as it was received.
#[derive(Clone, Debug)]
pub(crate) struct Arrived {
    pub(crate) sequence: u16,
    pub(crate) ssrc: u32,
    pub(crate) timestamp: u32,
    pub(crate) payload: Vec<u8>,
    pub(crate) at: Instant,
}

impl Arrived {
    /// The number that [`film`] and [`speak`] put at the end.
    pub(crate) fn number(&self) -> Option<u32> {
        self.payload.last_chunk().map(|bytes| u32::from_be_bytes(*bytes))
    }
}

#[derive(Default)]
struct Seen {
    /// By the track name that the offer gave.
    packets: HashMap<String, Vec<Arrived>>,
    readers: JoinSet<()>,
    tracks: Vec<Arc<dyn TrackRemote>>,
}

struct Progress {
    gathered: watch::Sender<bool>,
    connected: watch::Sender<bool>,
    seen: Arc<Mutex<Seen>>,
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
        let name = track.track_id().await;
        let seen = Arc::clone(&self.seen);
        let heard = Arc::clone(&track);
        let reader = async move {
            while let Some(event) = track.poll().await {
                if let TrackRemoteEvent::OnRtpPacket(packet) = event
                    && let Ok(mut seen) = seen.lock()
                {
                    seen.packets.entry(name.clone()).or_default().push(Arrived {
                        sequence: packet.header.sequence_number,
                        ssrc: packet.header.ssrc,
                        timestamp: packet.header.timestamp,
                        payload: packet.payload.to_vec(),
                        at: clock::instant(),
                    });
                }
            }
        };
        if let Ok(mut seen) = self.seen.lock() {
            seen.readers.spawn(reader);
            seen.tracks.push(heard);
        }
    }
}

/// Lets keyframe requests through to the application.
#[derive(Default)]
struct KeyframeRequests {
    read: VecDeque<TaggedPacket>,
    written: VecDeque<TaggedPacket>,
}

impl Protocol<TaggedPacket, TaggedPacket, ()> for KeyframeRequests {
    type Rout = TaggedPacket;
    type Wout = TaggedPacket;
    type Eout = ();
    type Error = rtc::shared::error::Error;
    type Time = Instant;

    fn handle_read(&mut self, mut packet: TaggedPacket) -> Result<(), Self::Error> {
        if let Intercepted::Rtcp(parts) = &mut packet.message.packet {
            // What is delivered is routed by its first part, so that must be the request.
            parts.retain(|part| part.as_any().is::<PictureLossIndication>());
            if parts.is_empty() {
                return Ok(());
            }
            packet.message.add(Attribute::DeliverToApplication);
        }
        self.read.push_back(packet);
        Ok(())
    }

    fn poll_read(&mut self) -> Option<Self::Rout> {
        self.read.pop_front()
    }

    fn handle_write(&mut self, packet: TaggedPacket) -> Result<(), Self::Error> {
        self.written.push_back(packet);
        Ok(())
    }

    fn poll_write(&mut self) -> Option<Self::Wout> {
        self.written.pop_front()
    }
}

impl Interceptor for KeyframeRequests {
    fn bind_local_stream(&mut self, _: &StreamInfo) {}
    fn unbind_local_stream(&mut self, _: &StreamInfo) {}
    fn bind_remote_stream(&mut self, _: &StreamInfo) {}
    fn unbind_remote_stream(&mut self, _: &StreamInfo) {}
}

/// One peer connection of the `webrtc` crate.
pub(crate) struct Client {
    inner: Arc<dyn PeerConnection>,
    progress: Arc<Progress>,
    sending: JoinSet<()>,
    /// Keyframes that were asked of the video track.
    pub(crate) asked: Arc<AtomicU32>,
}

impl Client {
    pub(crate) async fn new() -> Result<Self> {
        Self::offering(Vec::new()).await
    }

    /// A client that offers these SRTP profiles alone; all that it knows when there are none.
    pub(crate) async fn offering(profiles: Vec<SrtpProtectionProfile>) -> Result<Self> {
        let mut codecs = MediaEngine::default();
        codecs.register_default_codecs()?;
        let interceptors = register_default_interceptors(Registry::new(), &mut codecs)?;
        Self::of(codecs, interceptors, profiles).await
    }

    /// A client that does not say when packets arrived.
    pub(crate) async fn without_arrivals() -> Result<Self> {
        let mut codecs = MediaEngine::default();
        codecs.register_default_codecs()?;
        let interceptors = configure_rtcp_reports(configure_nack(Registry::new(), &mut codecs));
        Self::of(codecs, interceptors, Vec::new()).await
    }

    async fn of(
        codecs: MediaEngine,
        interceptors: Registry,
        profiles: Vec<SrtpProtectionProfile>,
    ) -> Result<Self> {
        let interceptors = interceptors.with(Slot::from(14_000), KeyframeRequests::default());
        let progress = Arc::new(Progress {
            gathered: watch::Sender::new(false),
            connected: watch::Sender::new(false),
            seen: Arc::default(),
        });
        let inner = PeerConnectionBuilder::new()
            .with_media_engine(codecs)
            // To an ICE-lite offer the crate would answer as DTLS server; the media plane is always the server.
            .with_setting_engine(
                SettingEngineBuilder::new()
                    .with_answering_dtls_role(RTCDtlsRole::Client)
                    .with_srtp_protection_profiles(profiles)
                    .build(),
            )
            .with_interceptor_registry(interceptors)
            .with_handler(Arc::<Progress>::clone(&progress))
            .with_runtime(default_runtime().context("the webrtc crate has no runtime")?)
            .with_udp_addrs(vec!["127.0.0.1:0"])
            .build()
            .await?;
        let (sending, asked) = (JoinSet::new(), Arc::default());
        Ok(Self { inner: Arc::new(inner), progress, sending, asked })
    }

    async fn describe(&self, description: RTCSessionDescription) -> Result<String> {
        self.inner.set_local_description(description).await?;
        let mut gathered = self.progress.gathered.subscribe();
        timeout(PATIENCE, gathered.wait_for(|done| *done)).await.context("candidates are not gathered")??;
        Ok(self.inner.local_description().await.context("no local description")?.sdp)
    }

    pub(crate) async fn connected(&self) -> Result<()> {
        let mut connected = self.progress.connected.subscribe();
        timeout(PATIENCE, connected.wait_for(|done| *done)).await.context("media does not connect")??;
        Ok(())
    }

    pub(crate) async fn add(&self, track: &Arc<TrackLocalStaticRTP>) -> Result<()> {
        self.inner.add_track(Arc::clone(track) as Arc<dyn TrackLocal>).await?;
        Ok(())
    }

    pub(crate) async fn offer(&self, ice_restart: bool) -> Result<String> {
        let options = ice_restart.then_some(RTCOfferOptions { ice_restart });
        let offer = self.inner.create_offer(options).await?;
        self.describe(offer).await
    }

    pub(crate) async fn answered(&self, sdp: String) -> Result<()> {
        Ok(self.inner.set_remote_description(RTCSessionDescription::answer(sdp)?).await?)
    }

    pub(crate) async fn answer(&self, offer: String) -> Result<String> {
        self.inner.set_remote_description(RTCSessionDescription::offer(offer)?).await?;
        let answer = self.inner.create_answer(None).await?;
        self.describe(answer).await
    }

    /// What arrived of a track so far.
    pub(crate) fn packets(&self, track: &str) -> Vec<Arrived> {
        let seen = self.progress.seen.lock();
        seen.ok().and_then(|seen| seen.packets.get(track).cloned()).unwrap_or_default()
    }

    /// Tells the server something by RTCP, right or wrong.
    pub(crate) async fn tells(&self, report: &impl Fn(u32) -> Box<dyn rtc::rtcp::Packet>) -> Result<()> {
        let (tracks, ssrcs) = match self.progress.seen.lock() {
            Ok(seen) => {
                let first = seen.packets.values().filter_map(|packets| packets.first());
                (seen.tracks.clone(), first.map(|packet| packet.ssrc).collect::<Vec<_>>())
            }
            Err(_) => return Ok(()),
        };
        let Some(track) = tracks.first() else { return Ok(()) };
        track.write_rtcp(ssrcs.into_iter().map(report).collect()).await?;
        Ok(())
    }

    /// Sends a sound packet every 20 ms from now on.
    pub(crate) fn speak(&mut self, track: Arc<TrackLocalStaticRTP>) {
        self.sending.spawn(speak(track));
    }

    /// Sends [`PARTS`] packets of picture every 20 ms; a keyframe first, then only when one is asked for.
    pub(crate) fn film(&mut self, track: Arc<TrackLocalStaticRTP>) {
        let asked = Arc::clone(&self.asked);
        let listening = Arc::clone(&track);
        self.sending.spawn(async move {
            while let Some(TrackLocalEvent::OnRtcpPacket(_)) = listening.poll().await {
                asked.fetch_add(1, Ordering::Relaxed);
            }
        });
        self.sending.spawn(film(track, Arc::clone(&self.asked)));
    }

    /// Does something until the client is dropped.
    pub(crate) fn goes_on(&mut self, sending: impl Future<Output = ()> + Send + 'static) {
        self.sending.spawn(sending);
    }

    /// Its own description as it was last made.
    pub(crate) async fn description(&self) -> Result<String> {
        Ok(self.inner.local_description().await.context("no local description")?.sdp)
    }

    pub(crate) async fn close(&self) -> Result<()> {
        Ok(self.inner.close().await?)
    }
}

pub(crate) const VOICE: u32 = 0x1000_0001;
pub(crate) const PICTURE: u32 = 0x1000_0002;

/// Packets of one picture.
pub(crate) const PARTS: u32 = 5;

pub(crate) fn voice() -> Arc<TrackLocalStaticRTP> {
    local(RtpCodecKind::Audio, MIME_TYPE_OPUS, 48_000, 2, VOICE)
}

pub(crate) fn picture() -> Arc<TrackLocalStaticRTP> {
    local(RtpCodecKind::Video, MIME_TYPE_VP8, 90_000, 0, PICTURE)
}

async fn speak(track: Arc<TrackLocalStaticRTP>) {
    let mut tick = tokio::time::interval(Duration::from_millis(20));
    for number in 0..u32::MAX {
        tick.tick().await;
        let payload = [&[0xf8_u8][..], &[0xaa; 60], &number.to_be_bytes()].concat();
        let packet = packet(111, number, number.wrapping_mul(960), VOICE, number == 0, payload);
        if track.write_rtp(packet).await.is_err() {
            return;
        }
    }
}

/// Sends picture without end: five hundred packets a second, numbered as `number` says.
pub(crate) async fn flood(track: &TrackLocalStaticRTP, seconds: u64, number: impl Fn(u32) -> u32) {
    let mut tick = tokio::time::interval(Duration::from_millis(10));
    for turn in 0..seconds * 100 {
        tick.tick().await;
        for part in 0..5 {
            let count = u32::try_from(turn).unwrap_or(0) * 5 + part;
            let payload = [&[0x10, 1][..], &[0x55; 1_000]].concat();
            if track.write_rtp(packet(96, number(count), count * 900, PICTURE, true, payload)).await.is_err()
            {
                return;
            }
        }
    }
}

/// The last four bytes number the packets; the first of a VP8 payload tell keyframes from others.
async fn film(track: Arc<TrackLocalStaticRTP>, asked: Arc<AtomicU32>) {
    let mut tick = tokio::time::interval(Duration::from_millis(20));
    let mut answered = u32::MAX;
    let mut number = 0_u32;
    for frame in 0..u32::MAX {
        tick.tick().await;
        let wanted = asked.load(Ordering::Relaxed);
        let keyframe = wanted != answered;
        answered = wanted;
        for part in 0..PARTS {
            let descriptor = if part == 0 { 0x10 } else { 0x00 };
            let head = [descriptor, u8::from(!keyframe)];
            let payload = [&head[..], &[0x55; 900], &number.to_be_bytes()].concat();
            let packet = packet(96, number, frame.wrapping_mul(1_800), PICTURE, part == PARTS - 1, payload);
            number += 1;
            if track.write_rtp(packet).await.is_err() {
                return;
            }
        }
    }
}

pub(crate) fn is_keyframe(payload: &[u8]) -> bool {
    matches!(payload, [0x10, 0, ..])
}

pub(crate) fn packet(
    payload_type: u8,
    number: u32,
    timestamp: u32,
    ssrc: u32,
    marker: bool,
    payload: Vec<u8>,
) -> Packet {
    let header = Header {
        version: 2,
        marker,
        payload_type,
        // Starts just below the wrap, so that every story crosses it.
        sequence_number: ((number + 65_400) & 0xffff) as u16,
        timestamp,
        ssrc,
        ..Default::default()
    };
    Packet { header, payload: payload.into() }
}
