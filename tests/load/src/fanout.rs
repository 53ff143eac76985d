//! `fanout`: publishers to many viewers, measured in windows.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, Result};
use futures_util::{StreamExt, TryStreamExt, stream};
use server::clock;

use crate::{
    Film,
    crowd::{Crowd, Way},
    demonstration::Demonstration,
    figures::{Figures, median, percentile},
    floor::Floor,
    galene::Galene,
    janus::Janus,
    livekit::LiveKit,
    preau::Preau,
    process,
    sfu::Sfu,
    window::{Meter, Window},
};

/// Medians are taken over so many windows.
const WINDOWS: u32 = 5;
/// Viewers who enter at once.
const ENTERING: usize = 16;
/// Encoders, estimators and buffers come to rest before anything is measured.
const WARM_UP: Duration = Duration::from_secs(2);

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    Preau,
    Janus,
    Livekit,
    Galene,
    Floor,
}

impl Kind {
    /// As on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Preau => "preau",
            Self::Janus => "janus",
            Self::Livekit => "livekit",
            Self::Galene => "galene",
            Self::Floor => "floor",
        }
    }
}

/// Where it is.
#[derive(Debug, Clone)]
pub struct Source {
    pub kind: Kind,
    pub url: Option<String>,
    pub ticket: Option<String>,
    pub server_pid: Option<u32>,
    /// The floor sends runs with segments.
    pub gso: bool,
}

impl Source {
    /// Started here.
    #[must_use]
    pub const fn own(kind: Kind, gso: bool) -> Self {
        Self { kind, url: None, ticket: None, server_pid: None, gso }
    }
}

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Plan {
    pub source: Source,
    pub subscribers: usize,
    pub publishers: usize,
    pub film: Film,
    pub seconds: u64,
}

/// The processors: the server's, the generator's. Both absent on a machine with one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Places {
    pub server: Option<usize>,
    pub generator: Option<usize>,
}

impl Places {
    /// The first for the server, the last for the generator.
    ///
    /// # Errors
    /// The system does not say which there are.
    pub fn of_this_machine() -> Result<Self> {
        let all = process::processors()?;
        Ok(match all.as_slice() {
            [first, .., last] => Self { server: Some(*first), generator: Some(*last) },
            _ => Self { server: None, generator: None },
        })
    }
}

/// A server to measure, and how.
#[derive(Debug)]
pub struct Target {
    pub crowd: Crowd,
    pub meter: Meter,
    /// Resident memory before anybody entered.
    rss_before: Option<u64>,
    viewers: usize,
    /// What must live as long.
    _server: Option<Demonstration>,
}

impl Target {
    /// Reaches the server, or starts it. `None`, with a word on standard error, when it is absent from this machine.
    ///
    /// # Errors
    /// It does not start, or its address cannot be used.
    pub async fn open(source: &Source, places: Places) -> Result<Option<Self>> {
        match source.kind {
            Kind::Preau => Self::preau(source, places).await.map(Some),
            Kind::Floor => {
                let floor = Arc::new(Floor::start(places.server, source.gso)?);
                let meter = Meter::Task(floor.task());
                Self::with(Way::Floor(floor), meter, places, None).map(Some)
            }
            Kind::Janus => {
                let Some(janus) = Janus::start().await? else { return Ok(None) };
                if let Some(cpu) = places.server {
                    process::pin_process(janus.pid(), cpu)?;
                }
                let meter = Meter::Process(janus.pid());
                Self::with(Way::Sfu(Arc::new(janus)), meter, places, None).map(Some)
            }
            Kind::Livekit => {
                let found = LiveKit::new(source.url.as_deref(), source.ticket.as_deref())?;
                found.map(|sfu| Self::running(Arc::new(sfu), source, places)).transpose()
            }
            Kind::Galene => {
                let found = Galene::new(source.url.as_deref(), source.ticket.as_deref())?;
                found.map(|sfu| Self::running(Arc::new(sfu), source, places)).transpose()
            }
        }
    }

    /// Somebody else started it.
    fn running(sfu: Arc<dyn Sfu>, source: &Source, places: Places) -> Result<Self> {
        let meter = source.server_pid.map_or(Meter::Unknown, Meter::Process);
        Self::with(Way::Sfu(sfu), meter, places, None)
    }

    async fn preau(source: &Source, places: Places) -> Result<Self> {
        if let (Some(url), Some(link)) = (&source.url, &source.ticket) {
            return Self::running(Arc::new(Preau::new(url, link)?), source, places);
        }
        let started = Demonstration::start(places.server).await?;
        let sfu = Arc::new(Preau::new(&started.url, &started.trainer)?);
        let meter = Meter::Process(started.pid);
        Self::with(Way::Sfu(sfu), meter, places, Some(started))
    }

    fn with(way: Way, meter: Meter, places: Places, server: Option<Demonstration>) -> Result<Self> {
        let crowd = Crowd::new(way, places.generator)?;
        Ok(Self { crowd, meter, rss_before: meter.rss_kib(), viewers: 0, _server: server })
    }

    /// Lets everybody in and waits until all are served.
    ///
    /// # Errors
    /// Somebody is not.
    pub async fn fill(&mut self, films: &[Film], viewers: usize) -> Result<()> {
        for film in films {
            self.crowd.publish(*film).await.context("a publisher")?;
        }
        let crowd = &self.crowd;
        let entering = stream::iter(0..viewers).map(|_| crowd.view(clock::instant()));
        entering.buffer_unordered(ENTERING).try_collect::<Vec<()>>().await.context("a viewer")?;
        self.count(viewers);
        self.crowd.served().await?;
        Ok(())
    }

    /// So many viewers entered by themselves.
    pub(crate) fn count(&mut self, viewers: usize) {
        self.viewers += viewers;
    }

    /// Resident memory that each viewer costs, KiB.
    #[must_use]
    pub fn rss_per_viewer_kib(&self) -> Option<f64> {
        let (before, now) = (self.rss_before?, self.meter.rss_kib()?);
        (self.viewers > 0).then(|| now.saturating_sub(before) as f64 / self.viewers as f64)
    }
}

/// Runs the plan; `None` when the server is absent.
///
/// # Errors
/// The server refuses somebody or does not serve everybody.
pub async fn run(plan: &Plan) -> Result<Option<Figures>> {
    let Some(mut target) = Target::open(&plan.source, Places::of_this_machine()?).await? else {
        return Ok(None);
    };
    target.fill(&vec![plan.film; plan.publishers], plan.subscribers).await?;
    tokio::time::sleep(WARM_UP).await;
    let length = Duration::from_secs(plan.seconds) / WINDOWS;
    let mut windows = Vec::new();
    for _ in 0..WINDOWS {
        let window = Window::measure(&target.crowd, target.meter, length).await?;
        eprintln!("{}", told(&window));
        windows.push(window);
    }
    let figures = sum(plan.source.kind.name(), plan.subscribers, &windows, target.rss_per_viewer_kib());
    target.crowd.close().await?;
    Ok(Some(figures))
}

/// Medians of the windows' costs, sums of their counts.
#[must_use]
pub fn sum(target: &str, subscribers: usize, windows: &[Window], rss: Option<f64>) -> Figures {
    let costs: Vec<f64> = windows.iter().filter_map(Window::cpu_ns_per_packet).collect();
    let mut latencies: Vec<u32> =
        windows.iter().flat_map(|window| window.latencies.iter().copied()).collect();
    let mut millis = |share| percentile(&mut latencies, share).map(|micros| f64::from(micros) / 1_000.0);
    let total = |pick: fn(&Window) -> u64| windows.iter().map(pick).sum::<u64>();
    let seconds: f64 = windows.iter().map(|window| window.seconds).sum();
    Figures {
        target: target.to_owned(),
        subscribers,
        packets: total(|window| window.packets),
        pps: total(|window| window.packets) as f64 / seconds.max(f64::MIN_POSITIVE),
        cpu_ns_per_packet: median(&costs),
        loss: total(|window| window.missing) as f64 / total(|window| window.expected).max(1) as f64,
        latency_ms_p50: millis(0.5),
        latency_ms_p99: millis(0.99),
        rss_per_subscriber_kib: rss,
    }
}

/// One window in words.
#[must_use]
pub fn told(window: &Window) -> String {
    let cost = window.cpu_ns_per_packet().map_or_else(|| "?".to_owned(), |ns| format!("{ns:.0}"));
    let busy = window.cpu.map_or(0.0, |cpu| 100.0 * cpu.as_secs_f64() / window.seconds);
    let mut latencies = window.latencies.clone();
    let mut millis = |share| f64::from(percentile(&mut latencies, share).unwrap_or(0)) / 1_000.0;
    let doubt = window.doubt().map_or_else(String::new, |doubt| format!("; DOUBTFUL: {doubt}"));
    format!(
        "{:.0} packets/s, {cost} ns each, server {busy:.0} %, generator {:.0} %, loss {:.5}, {} repairs, \
         latency p50 {:.2} ms p99 {:.2} ms{doubt}",
        window.pps(),
        100.0 * window.generator,
        window.loss(),
        window.repairs,
        millis(0.5),
        millis(0.99),
    )
}
