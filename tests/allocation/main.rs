//! What the media worker allocates while it forwards: nothing per packet.
//!
//! A test binary of its own, because the allocator that counts is the whole process's. Two spells of the same length
//! are compared, with the same people, reports and timers, but few and many forwarded packets.

#![expect(clippy::wildcard_enum_match_arm, reason = "a test waits for one event among many")]

#[path = "../scenarios/media/client.rs"]
#[expect(dead_code, reason = "the scenarios use more of it")]
mod client;
mod counting;
#[path = "../scenarios/media/hall.rs"]
#[expect(dead_code, reason = "the scenarios use more of it")]
mod hall;
#[path = "../scenarios/media/hostile.rs"]
#[expect(dead_code, reason = "the scenarios use more of it")]
mod hostile;
#[path = "../scenarios/media/proxy.rs"]
#[expect(dead_code, reason = "the scenarios use more of it")]
mod proxy;

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::{PATIENCE, until};
use server::media::Command;

use self::{counting::Counting, hall::Hall};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const LISTENERS: usize = 10;
/// Long enough for the reports that come once a second to be in both spells alike.
const SPELL: Duration = Duration::from_secs(4);

/// Allocations of a sender report with its name, and of what the timers do at the edges of a spell.
const REPORT: u64 = 12;

/// Allocations of the worker, and datagrams it sent.
#[derive(Clone, Copy, Debug)]
struct Spell {
    allocations: u64,
    sent: u64,
}

async fn spell(hall: &Hall, worker: u32) -> Spell {
    let (allocations, sent) = (counting::allocations_of(worker), hall.media.counters().sent);
    tokio::time::sleep(SPELL).await;
    Spell {
        allocations: counting::allocations_of(worker) - allocations,
        sent: hall.media.counters().sent - sent,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forwarding_a_packet_allocates_nothing() -> Result<()> {
    let mut hall = Hall::open()?;
    // A thread takes its name after it has begun.
    let worker = until("the worker", PATIENCE, async || Ok(counting::thread("media-0")?)).await?;
    let ada = hall.publishes().await?;
    let mut listeners = Vec::new();
    for _ in 0..LISTENERS {
        listeners.push(hall.listens(&[ada.voice, ada.picture]).await?);
    }
    // Rings, tables and queues have found their sizes once everybody has seen more than a ring holds.
    for listener in &listeners {
        let name = ada.picture.to_string();
        until("a full ring", PATIENCE, async || {
            Ok((listener.client.packets(&name).len() > 1_100).then_some(()))
        })
        .await?;
    }
    let many = spell(&hall, worker).await;
    hall.send(Command::Mute { track: ada.picture, muted: true })?;
    let few = spell(&hall, worker).await;
    ensure!(counting::allocations_of(worker) > 0, "nothing is counted");
    let packets = many.sent.checked_sub(few.sent).filter(|packets| *packets > 2_000);
    let packets = packets.with_context(|| format!("too few packets to tell: {many:?}, {few:?}"))?;
    let more = many.allocations.saturating_sub(few.allocations);
    // What is left are the sender reports that only a running film has: one a second for each listener.
    let reports = LISTENERS as u64 * SPELL.as_secs();
    ensure!(
        more <= reports * REPORT,
        "{more} allocations for {packets} packets and {reports} reports: {many:?}, {few:?}"
    );
    Ok(())
}
