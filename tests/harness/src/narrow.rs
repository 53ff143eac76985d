//! A narrow road for TCP: passes on what the server sends no faster than so many bits per second, and looks at the
//! sound that comes out.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use anyhow::Result;
use server::clock;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
    task::JoinSet,
    time::sleep_until,
};

/// Bytes that pass at once.
const PIECE: usize = 1_024;
/// What waits at the entrance of the road itself: a router's few packets, so that the server feels how narrow it is.
const ENTRANCE: u32 = 8 * 1024;
/// Payload type and clock of Opus towards viewers.
const SOUND: u8 = 111;
const CLOCK: u32 = 48_000;

/// A packet of sound that came out.
#[derive(Clone, Copy, Debug)]
struct Sound {
    at: Instant,
    timestamp: u32,
}

/// A running road to one server; it ends when dropped.
#[derive(Debug)]
pub struct Narrow {
    address: SocketAddr,
    sounds: Arc<Mutex<Vec<Sound>>>,
    _running: JoinSet<()>,
}

impl Narrow {
    /// Leads to this address, with so many bit/s towards the client.
    pub async fn open(server: SocketAddr, rate: u32) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let (address, sounds) = (listener.local_addr()?, Arc::default());
        let mut running = JoinSet::new();
        let heard = Arc::clone(&sounds);
        running.spawn(async move {
            let mut roads = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                roads.spawn(road(client, server, rate, Arc::clone(&heard)));
            }
        });
        Ok(Self { address, sounds, _running: running })
    }

    /// Where its entrance is.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// How many packets of sound came out, of how many that were sent meanwhile (20 ms each), and how much later than
    /// the fastest the slowest came.
    #[must_use]
    pub fn sounds(&self) -> (usize, usize, Duration) {
        let sounds = self.sounds.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(first) = sounds.first() else { return (0, 0, Duration::ZERO) };
        let said =
            |sound: &Sound| f64::from(sound.timestamp.wrapping_sub(first.timestamp)) / f64::from(CLOCK);
        let late = |sound: &Sound| sound.at.duration_since(first.at).as_secs_f64() - said(sound);
        let (least, most) = sounds
            .iter()
            .map(late)
            .fold((f64::MAX, f64::MIN), |(least, most), late| (least.min(late), most.max(late)));
        let sent = sounds.last().map_or(0.0, said) / 0.020;
        (sounds.len(), sent as usize + 1, Duration::from_secs_f64(most - least))
    }
}

async fn road(client: TcpStream, server: SocketAddr, rate: u32, sounds: Arc<Mutex<Vec<Sound>>>) {
    let Ok(server) = enter(server).await else { return };
    let ((mut from_client, mut to_client), (mut from_server, mut to_server)) =
        (client.into_split(), server.into_split());
    let back = async {
        let _ = tokio::io::copy(&mut from_client, &mut to_server).await;
    };
    let forth = async {
        let (mut piece, mut frames, mut free) = ([0; PIECE], Frames::default(), clock::instant());
        while let Ok(read @ 1..) = from_server.read(&mut piece).await {
            let passed = Duration::from_secs_f64(read as f64 * 8.0 / f64::from(rate));
            free = free.max(clock::instant()) + passed;
            sleep_until(free.into()).await;
            let piece = piece.get(..read).unwrap_or_default();
            frames.pass(piece, &sounds);
            if to_client.write_all(piece).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = back => {}
        () = forth => {}
    }
}

async fn enter(server: SocketAddr) -> io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(ENTRANCE)?;
    socket.connect(server).await
}

/// Datagrams behind their length (RFC 4571).
#[derive(Debug, Default)]
struct Frames(Vec<u8>);

impl Frames {
    fn pass(&mut self, piece: &[u8], sounds: &Mutex<Vec<Sound>>) {
        self.0.extend_from_slice(piece);
        while let Some(&[high, low]) = self.0.first_chunk() {
            let end = 2 + usize::from(u16::from_be_bytes([high, low]));
            if self.0.len() < end {
                return;
            }
            if let Some(&[first, second, _, _, t0, t1, t2, t3]) =
                self.0.get(2..end).and_then(<[u8]>::first_chunk)
                && (128..=191).contains(&first)
                && second & 0x7f == SOUND
            {
                let sound = Sound { at: clock::instant(), timestamp: u32::from_be_bytes([t0, t1, t2, t3]) };
                sounds.lock().unwrap_or_else(PoisonError::into_inner).push(sound);
            }
            self.0.drain(..end);
        }
    }
}
