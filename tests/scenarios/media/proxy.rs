//! A network that loses packets: a proxy in user space, at the announced address.

use std::{
    collections::{HashMap, hash_map::Entry},
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
};

use anyhow::Result;
use tokio::{net::UdpSocket, task::JoinSet};

/// Losses in percent of the media packets, by direction. Everything else passes.
#[derive(Debug, Default)]
pub(crate) struct Losses {
    pub(crate) to_server: AtomicU32,
    pub(crate) to_clients: AtomicU32,
    pub(crate) lost: AtomicU64,
    dice: AtomicU32,
}

impl Losses {
    /// A seeded die: the same losses in every run.
    fn loses(&self, percent: &AtomicU32, datagram: &[u8]) -> bool {
        let media = matches!(datagram, [128..=191, second, ..] if !(192..=223).contains(second));
        if !media {
            return false;
        }
        let step = |dice: u32| Some(dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
        let dice = self.dice.fetch_update(Ordering::Relaxed, Ordering::Relaxed, step).unwrap_or(0);
        let lost = (dice >> 16) % 100 < percent.load(Ordering::Relaxed);
        if lost {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
        lost
    }
}

/// Forwards between the clients that talk to `front` and `server` until dropped.
pub(crate) struct Proxy {
    pub(crate) losses: Arc<Losses>,
    /// While set, every media packet goes to the server three times (as it is, with a changed byte, cut short),
    /// and garbage goes along with it.
    pub(crate) mischief: Arc<AtomicBool>,
    _task: JoinSet<()>,
}

impl Proxy {
    pub(crate) async fn start(front: SocketAddr, server: SocketAddr) -> Result<Self> {
        let front = Arc::new(UdpSocket::bind(front).await?);
        let losses = Arc::new(Losses::default());
        let mut task = JoinSet::new();
        let mischief = Arc::new(AtomicBool::new(false));
        task.spawn(run(front, server, Arc::clone(&losses), Arc::clone(&mischief)));
        Ok(Self { losses, mischief, _task: task })
    }
}

async fn run(front: Arc<UdpSocket>, server: SocketAddr, losses: Arc<Losses>, mischief: Arc<AtomicBool>) {
    let garbage = super::hostile::garbage();
    let mut next = garbage.iter().cycle();
    let mut clients: HashMap<SocketAddr, Arc<UdpSocket>> = HashMap::new();
    let mut returns = JoinSet::new();
    let mut buffer = [0; 2048];
    while let Ok((len, from)) = front.recv_from(&mut buffer).await {
        if let Entry::Vacant(vacant) = clients.entry(from) {
            let Ok(back) = UdpSocket::bind("127.0.0.1:0").await else { continue };
            let back = Arc::clone(vacant.insert(Arc::new(back)));
            returns.spawn(give_back(Arc::clone(&front), back, from, Arc::clone(&losses)));
        }
        if let (Some(back), Some(datagram)) = (clients.get(&from), buffer.get(..len))
            && !losses.loses(&losses.to_server, datagram)
        {
            let _ = back.send_to(datagram, server).await;
            if mischief.load(Ordering::Relaxed) {
                spoil(back, server, datagram).await;
                for garbage in next.by_ref().take(4) {
                    let _ = back.send_to(garbage, server).await;
                }
            }
        }
    }
}

/// The same datagram again, changed, and cut short.
async fn spoil(back: &UdpSocket, server: SocketAddr, datagram: &[u8]) {
    let mut changed = datagram.to_vec();
    if let Some(byte) = changed.last_mut() {
        *byte ^= 1;
    }
    for copy in [datagram, &changed, datagram.split_at(datagram.len() / 2).0] {
        let _ = back.send_to(copy, server).await;
    }
}

async fn give_back(front: Arc<UdpSocket>, back: Arc<UdpSocket>, client: SocketAddr, losses: Arc<Losses>) {
    let mut buffer = [0; 2048];
    while let Ok(len) = back.recv(&mut buffer).await {
        if let Some(datagram) = buffer.get(..len)
            && !losses.loses(&losses.to_clients, datagram)
        {
            let _ = front.send_to(datagram, client).await;
        }
    }
}
