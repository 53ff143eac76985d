//! One measured stretch of time.

use std::{collections::HashMap, time::Duration};

use anyhow::Result;
use server::clock;

use crate::{crowd::Crowd, process};

/// Whose processor time is the server's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meter {
    /// All threads of a process.
    Process(u32),
    /// One thread of this process.
    Task(u64),
    /// Nobody's: the server was given by its address alone.
    Unknown,
}

impl Meter {
    pub(crate) fn read(self) -> Result<HashMap<String, Duration>> {
        Ok(match self {
            Self::Process(pid) => process::cpu(pid)?,
            Self::Task(task) => HashMap::from([(String::new(), process::own_task_cpu(task))]),
            Self::Unknown => HashMap::new(),
        })
    }

    /// Resident memory of the server, KiB, where it has a process of its own.
    #[must_use]
    pub fn rss_kib(self) -> Option<u64> {
        match self {
            Self::Process(pid) => process::rss_kib(pid).ok(),
            Self::Task(_) | Self::Unknown => None,
        }
    }
}

/// What was seen in it.
#[derive(Debug, Clone)]
pub struct Window {
    pub seconds: f64,
    pub packets: u64,
    pub expected: u64,
    /// Not delivered by the server.
    pub missing: u64,
    /// Dropped by the generator's own sockets: its loss, not the server's.
    pub dropped: u64,
    pub unsent: u64,
    /// Streams that flowed to viewers, of all viewers together.
    pub streams: usize,
    pub repairs: u64,
    /// The server's processor time.
    pub cpu: Option<Duration>,
    /// Share of one processor that the generator's media threads used.
    pub generator: f64,
    /// Microseconds.
    pub latencies: Vec<u32>,
}

impl Window {
    /// Measures for so long.
    ///
    /// # Errors
    /// The server or a thread of the generator is gone.
    pub async fn measure(crowd: &Crowd, meter: Meter, length: Duration) -> Result<Self> {
        let drops = || process::drops().map(|drops| drops.values().sum::<u64>());
        let (before, dropped) = (crowd.read()?, drops()?);
        let (start, used) = (clock::instant(), meter.read()?);
        tokio::time::sleep(length).await;
        let cpu = Self::spent(meter, &used)?;
        let seconds = clock::instant().saturating_duration_since(start).as_secs_f64();
        let (after, dropped) = (crowd.read()?, drops()?.saturating_sub(dropped));
        let missing = after.viewers.missing.saturating_sub(before.viewers.missing);
        Ok(Self {
            seconds,
            packets: after.viewers.packets,
            expected: after.viewers.expected.saturating_sub(before.viewers.expected),
            missing: missing.saturating_sub(dropped),
            dropped,
            unsent: after.publishers.unsent,
            repairs: after.viewers.repairs,
            cpu,
            streams: after.viewers.streams,
            generator: after.cpu.saturating_sub(before.cpu).as_secs_f64() / seconds,
            latencies: after.viewers.latencies,
        })
    }

    /// The server's processor time since a reading of its meter.
    ///
    /// # Errors
    /// The server is gone.
    pub(crate) fn spent(meter: Meter, before: &HashMap<String, Duration>) -> Result<Option<Duration>> {
        let used = process::used(before, &meter.read()?);
        Ok((meter != Meter::Unknown).then_some(used))
    }

    /// The server's processor time by packet, nanoseconds.
    #[must_use]
    pub fn cpu_ns_per_packet(&self) -> Option<f64> {
        let delivered = self.packets + self.dropped;
        self.cpu.filter(|_| delivered > 0).map(|cpu| cpu.as_nanos() as f64 / delivered as f64)
    }

    #[must_use]
    pub fn pps(&self) -> f64 {
        self.packets as f64 / self.seconds
    }

    #[must_use]
    pub fn loss(&self) -> f64 {
        self.missing as f64 / self.expected.max(1) as f64
    }

    /// What makes the figures doubtful, in words.
    #[must_use]
    pub fn doubt(&self) -> Option<String> {
        let busy = (self.generator > 0.9)
            .then(|| format!("the generator is busy to {:.0} %", 100.0 * self.generator));
        let dropped = (self.dropped > 0).then(|| format!("the generator's sockets dropped {}", self.dropped));
        let unsent = (self.unsent > 0).then(|| format!("{} packets could not be published", self.unsent));
        let doubts: Vec<String> = [busy, dropped, unsent].into_iter().flatten().collect();
        (!doubts.is_empty()).then(|| doubts.join(", "))
    }
}
