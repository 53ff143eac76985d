//! Publishers and viewers of one server: signalling by its [`Sfu`], media by two engines.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use server::clock;
use signaling::protocol::stage::Source;

use crate::{
    Film,
    dtls::Identity,
    engine::Engine,
    floor::Floor,
    peer::{Media, Peer},
    publish::Sender,
    receive::Receiver,
    sdp::{self, Description, Offered, Transport},
    sfu::{Answerer, Published, Sfu},
    socket,
    tally::Tally,
};

/// How long a server may take to connect everybody.
const PATIENCE: Duration = Duration::from_secs(60);
/// Viewers whose every packet is opened and timed.
const SAMPLED: u32 = 8;

/// How peers reach what is measured.
pub enum Way {
    Sfu(Arc<dyn Sfu>),
    /// Without signalling, keys in hand.
    Floor(Arc<Floor>),
}

/// Everybody at one server.
pub struct Crowd {
    way: Way,
    identity: Identity,
    publishers: Engine,
    viewers: Arc<Engine>,
    /// Numbers the streams: every SSRC of a publisher, every reporter.
    next: AtomicU32,
    expected: AtomicU32,
    /// What is published, where no description says so.
    ssrcs: Mutex<Vec<u32>>,
}

impl Crowd {
    /// Nobody yet. The generator's threads run on that processor.
    ///
    /// # Errors
    /// The threads or a certificate cannot be made.
    pub fn new(way: Way, cpu: Option<usize>) -> Result<Self> {
        Ok(Self {
            way,
            identity: Identity::generate()?,
            publishers: Engine::start("publishers", cpu)?,
            viewers: Arc::new(Engine::start("viewers", cpu)?),
            next: AtomicU32::new(0),
            expected: AtomicU32::new(0),
            ssrcs: Mutex::default(),
        })
    }

    /// The server's name, as in `--target`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match &self.way {
            Way::Sfu(sfu) => sfu.name(),
            Way::Floor(_) => "floor",
        }
    }

    fn transport(&self, socket: &std::net::UdpSocket) -> Result<Transport> {
        Ok(Transport {
            ufrag: letters(&clock::random::<4>()),
            pwd: letters(&clock::random::<12>()),
            fingerprint: self.identity.fingerprint.clone(),
            address: socket.local_addr()?,
        })
    }

    /// Adds a publisher and waits until its media connection stands.
    ///
    /// # Errors
    /// The server refuses it, or does not connect it in time.
    pub async fn publish(&self, film: Film) -> Result<()> {
        let tracks = tracks(self.next.fetch_add(1, Ordering::Relaxed), film);
        let peer = match &self.way {
            Way::Sfu(sfu) => self.publisher(sfu.as_ref(), &tracks, film).await?,
            Way::Floor(floor) => self.publisher_below(floor, &tracks, film)?,
        };
        self.publishers.add(peer)?;
        self.settle("the publishers do not connect", |all| all.publishers.connected == all.publishers.peers)
            .await
    }

    async fn publisher(&self, sfu: &dyn Sfu, tracks: &[Offered], film: Film) -> Result<Peer> {
        let socket = socket::bind(sfu.local())?;
        let local = self.transport(&socket)?;
        let named = |track: &Offered| Published { mid: track.mid.clone(), source: track.source };
        let published: Vec<_> = tracks.iter().map(named).collect();
        let answer = sfu.publish(&sdp::offer(&local, tracks, false), &published).await?;
        let answer = Description::read(&answer).context("the server's answer")?;
        ensure!(
            answer.sections.iter().all(|section| !section.rejected),
            "the server refused a media section"
        );
        let transport_cc = answer.sections.iter().any(|section| section.transport_cc.is_some());
        let now = clock::instant();
        let media = Media::Send(Sender::new(tracks, film, transport_cc, now));
        Peer::connecting(socket, &self.identity, &local, &answer, media, now)
    }

    fn publisher_below(&self, floor: &Floor, tracks: &[Offered], film: Film) -> Result<Peer> {
        ensure!(!film.simulcast, "the floor chooses no layers");
        let socket = socket::bind(floor.address().ip())?;
        let ssrcs: Vec<u32> = tracks.iter().map(|track| track.ssrc).collect();
        self.ssrcs.lock().unwrap_or_else(PoisonError::into_inner).extend(&ssrcs);
        let keys = floor.publisher(socket.local_addr()?, ssrcs)?;
        let media = Media::Send(Sender::new(tracks, film, false, clock::instant()));
        Peer::keyed(socket, floor.address(), &keys, media)
    }

    /// Adds a viewer; it is served when [`Crowd::served`] says so. `entered` is when the person asked to enter.
    ///
    /// # Errors
    /// The server refuses it.
    pub async fn view(&self, entered: Instant) -> Result<()> {
        let number = self.expected.fetch_add(1, Ordering::Relaxed);
        let ssrc = 0x7000_0000 | self.next.fetch_add(1, Ordering::Relaxed);
        let receiver = Receiver::new(ssrc, number < SAMPLED, entered, clock::instant());
        match &self.way {
            Way::Sfu(sfu) => sfu.subscribe(self.answerer(sfu.as_ref(), receiver)?).await,
            Way::Floor(floor) => self.viewer_below(floor, receiver),
        }
    }

    fn answerer(&self, sfu: &dyn Sfu, receiver: Receiver) -> Result<Answerer> {
        let socket = socket::bind(sfu.local())?;
        let local = self.transport(&socket)?;
        let (identity, engine) = (self.identity.clone(), Arc::clone(&self.viewers));
        let mut waiting = Some((socket, receiver));
        let mut key = 0;
        Ok(Box::new(move |offer| {
            let offer = Description::read(offer).context("the server's offer")?;
            let answer = sdp::answer(&local, &offer, false);
            if let Some((socket, mut receiver)) = waiting.take() {
                receiver.expect(&offer);
                let (media, now) = (Media::Receive(receiver), clock::instant());
                key = engine.add(Peer::connecting(socket, &identity, &local, &offer, media, now)?)?;
            } else {
                engine.expect(key, offer)?;
            }
            Ok(answer)
        }))
    }

    fn viewer_below(&self, floor: &Floor, mut receiver: Receiver) -> Result<()> {
        let socket = socket::bind(floor.address().ip())?;
        let keys = floor.viewer(socket.local_addr()?)?;
        receiver.expect_streams(&self.ssrcs.lock().unwrap_or_else(PoisonError::into_inner));
        self.viewers.add(Peer::keyed(socket, floor.address(), &keys, Media::Receive(receiver))?)?;
        Ok(())
    }

    /// Waits until every viewer has authentic packets of every stream it was offered.
    ///
    /// # Errors
    /// Not in time.
    pub async fn served(&self) -> Result<Duration> {
        let start = clock::instant();
        let expected = self.expected.load(Ordering::Relaxed) as usize;
        self.settle("not every viewer is served", |all| all.viewers.served == expected).await?;
        Ok(clock::instant().saturating_duration_since(start))
    }

    async fn settle(&self, what: &str, done: impl Fn(&Reading) -> bool) -> Result<()> {
        let deadline = clock::instant() + PATIENCE;
        let mut sum = Tally::default();
        loop {
            let reading = self.read()?;
            if done(&reading) {
                return Ok(());
            }
            sum.unauthentic += reading.viewers.unauthentic;
            sum.packets += reading.viewers.packets;
            let failures = [&reading.publishers.failures[..], &reading.viewers.failures[..]].concat();
            if clock::instant() > deadline || !failures.is_empty() {
                let Tally { peers, connected, served, .. } = reading.viewers;
                bail!(
                    "{what}: of {} publishers {} are connected; of {peers} viewers {connected} are connected, \
                     {served} served; {} packets, {} not authentic; {}",
                    reading.publishers.peers,
                    reading.publishers.connected,
                    sum.packets,
                    sum.unauthentic,
                    failures.join("; "),
                );
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Publishers stop sending media, or go on.
    ///
    /// # Errors
    /// A thread is gone.
    pub fn pause(&self, paused: bool) -> Result<()> {
        self.publishers.pause(paused)
    }

    /// What was seen since the last reading.
    ///
    /// # Errors
    /// A thread is gone.
    pub fn read(&self) -> Result<Reading> {
        Ok(Reading {
            publishers: self.publishers.read()?,
            viewers: self.viewers.read()?,
            cpu: self.publishers.cpu() + self.viewers.cpu(),
        })
    }

    /// Everybody leaves.
    ///
    /// # Errors
    /// The server does not answer.
    pub async fn close(&self) -> Result<()> {
        match &self.way {
            Way::Sfu(sfu) => sfu.close().await,
            Way::Floor(_) => Ok(()),
        }
    }
}

impl std::fmt::Debug for Way {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Sfu(sfu) => sfu.name(),
            Self::Floor(_) => "floor",
        })
    }
}

impl std::fmt::Debug for Crowd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Crowd").field("way", &self.way).finish_non_exhaustive()
    }
}

/// Both engines' counts, and the processor time of both since their start.
#[derive(Debug, Clone)]
pub struct Reading {
    pub publishers: Tally,
    pub viewers: Tally,
    pub cpu: Duration,
}

fn tracks(number: u32, film: Film) -> Vec<Offered> {
    let ssrc = 0x1000_0000 | number << 8;
    let track = |n: u32, mid: &str, source, rids| {
        let ssrc = ssrc + 16 * n;
        Offered { mid: mid.to_owned(), source, ssrc, rtx_ssrc: ssrc + 1, rids }
    };
    let rids = if film.simulcast { vec!["l", "m", "h"] } else { Vec::new() };
    let sound = film.sound.then(|| track(0, "0", Source::Microphone, Vec::new()));
    let picture = film.picture.then(|| track(1, "1", Source::Camera, rids));
    sound.into_iter().chain(picture).collect()
}

/// Bytes as hexadecimal digits, which are ice-chars (RFC 8839 §5.4).
fn letters(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
