//! Counts of one engine.

use std::time::Duration;

use crate::receive::MAGIC;

/// Latencies kept between two readings; more are not looked at.
const LATENCIES: usize = 1 << 20;

/// What the peers of one engine saw since the last reading; the balance is since their beginning.
#[derive(Debug, Default, Clone)]
pub struct Tally {
    /// Media packets received, each once; repairs are counted apart.
    pub packets: u64,
    /// The same since the beginning.
    pub total: u64,
    pub bytes: u64,
    pub duplicates: u64,
    pub repairs: u64,
    /// Holes that repairs filled.
    pub recovered: u64,
    pub unauthentic: u64,
    pub opened: u64,
    /// Media packets sent, and those the socket did not take.
    pub sent: u64,
    pub unsent: u64,
    pub keyframes: u64,
    /// From sending to the receiver's socket, microseconds.
    pub latencies: Vec<u32>,
    /// From asking to enter to the first authentic media packet.
    pub entered: Vec<Duration>,
    /// Packets expected and still missing, of all streams since their beginning.
    pub expected: u64,
    pub missing: u64,
    /// Streams of all viewers that flowed at least once.
    pub streams: usize,
    /// Peers there are, peers whose DTLS is done, viewers who hear and see something where there is something.
    pub peers: usize,
    pub connected: usize,
    pub served: usize,
    /// Why peers were given up, the first few.
    pub failures: Vec<String>,
}

impl Tally {
    /// A packet in clear that arrived at that wall time, nanoseconds.
    pub(crate) fn latency(&mut self, packet: &[u8], at: u64) {
        let Some((rest, sent)) = packet.split_last_chunk::<8>() else { return };
        if !rest.ends_with(&MAGIC) || self.latencies.len() >= LATENCIES {
            return;
        }
        let micros = at.saturating_sub(u64::from_be_bytes(*sent)) / 1_000;
        self.latencies.push(u32::try_from(micros).unwrap_or(u32::MAX));
    }
}
