//! `storm`: everybody comes at once. From the ticket in hand, before the WebSocket is opened, to the first authentic
//! media packet.

use std::time::Duration;

use anyhow::{Context, Result};
use futures_util::{StreamExt, TryStreamExt, stream};
use server::clock;

use crate::{
    Film,
    fanout::{Places, Source, Target},
    figures::{Figures, percentile},
    window::Window,
};

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Plan {
    pub source: Source,
    pub clients: usize,
    /// They come evenly over so long.
    pub seconds: u64,
}

/// Runs the plan; `None` when the server is absent. The latencies of the figures are those of entering.
///
/// # Errors
/// The server refuses somebody or does not serve everybody.
pub async fn run(plan: &Plan) -> Result<Option<Figures>> {
    let Some(mut target) = Target::open(&plan.source, Places::of_this_machine()?).await? else {
        return Ok(None);
    };
    target.fill(&[Film::trainer(500, 1_100)], 0).await?;
    let (start, every) = (tokio::time::Instant::now(), Duration::from_secs(plan.seconds));
    let crowd = &target.crowd;
    let arrivals = stream::iter(0..plan.clients).map(|n| async move {
        tokio::time::sleep_until(start + every.mul_f64(n as f64 / plan.clients as f64)).await;
        crowd.view(clock::instant()).await
    });
    let arriving = async {
        arrivals.buffer_unordered(plan.clients).try_collect::<Vec<()>>().await.context("a client")?;
        crowd.served().await
    };
    // Until everybody is served, whenever that is.
    let before = target.meter.read()?;
    arriving.await?;
    let cpu = Window::spent(target.meter, &before)?;
    target.count(plan.clients);
    let reading = target.crowd.read()?;
    let seconds = start.elapsed().as_secs_f64();
    let mut entered: Vec<u32> = reading.viewers.entered.iter().map(|time| time.as_micros() as u32).collect();
    let mut millis = |share| percentile(&mut entered, share).map(|micros| f64::from(micros) / 1_000.0);
    let packets = reading.viewers.total;
    let figures = Figures {
        target: target.crowd.name().to_owned(),
        subscribers: plan.clients,
        packets,
        pps: packets as f64 / seconds,
        cpu_ns_per_packet: cpu.map(|cpu| cpu.as_nanos() as f64 / packets.max(1) as f64),
        loss: reading.viewers.missing as f64 / reading.viewers.expected.max(1) as f64,
        latency_ms_p50: millis(0.5),
        latency_ms_p99: millis(0.99),
        rss_per_subscriber_kib: target.rss_per_viewer_kib(),
    };
    target.crowd.close().await?;
    Ok(Some(figures))
}
