//! What the media worker allocates while it forwards, repairs and hands packets to the recorder: nothing per packet.
//!
//! A test binary of its own, because the allocator that counts is the whole process's. Spells of the same length are
//! compared, with the same people, reports and timers, but few and many packets forwarded, asked for again or recorded.

#![expect(clippy::wildcard_enum_match_arm, reason = "a test waits for one event among many")]

#[path = "../scenarios/media/client.rs"]
#[expect(dead_code, reason = "the scenarios use more of it")]
mod client;
mod counting;
#[path = "../scenarios/media/hall.rs"]
#[expect(dead_code, reason = "the scenarios use more of it")]
mod hall;

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

/// What may happen in one spell and not in another: a ping, an offer of the timers. Traced: forwarding itself has none,
/// nor have sender reports.
const EDGES: u64 = 300;
/// Recorded packets for which the worker asks once for room.
const RECORDED: u64 = 40;
/// Share of the packets that get lost, for a while.
const LOST: f64 = 0.1;

/// Allocations of the worker, datagrams it sent, and how many of them were repairs.
#[derive(Clone, Copy, Debug)]
struct Spell {
    allocations: u64,
    sent: u64,
    resent: u64,
}

async fn spell(hall: &Hall, worker: u32) -> Spell {
    let (allocations, before) = (counting::allocations_of(worker), hall.media.counters());
    tokio::time::sleep(SPELL).await;
    let (sent, resent) =
        (hall.media.counters().sent - before.sent, hall.media.counters().resent - before.resent);
    Spell { allocations: counting::allocations_of(worker) - allocations, sent, resent }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forwarding_a_packet_allocates_nothing() -> Result<()> {
    let mut hall = Hall::with_losses()?;
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
    hall.network()?.set(hall::losing(0.0, LOST));
    let lossy = spell(&hall, worker).await;
    hall.network()?.set(hall::losing(0.0, 0.0));
    let (tap, tapped) = crossbeam_channel::bounded(100_000);
    hall.send(Command::Tap { tap: Some(tap) })?;
    let recorded = spell(&hall, worker).await;
    let items = tapped.try_iter().count() as u64;
    hall.send(Command::Tap { tap: None })?;
    hall.send(Command::Mute { track: ada.picture, muted: true })?;
    let few = spell(&hall, worker).await;
    ensure!(counting::allocations_of(worker) > 0, "nothing is counted");
    let packets = many.sent.checked_sub(few.sent).filter(|packets| *packets > 2_000);
    let packets = packets.with_context(|| format!("too few packets to tell: {many:?}, {few:?}"))?;
    let told = format!("{many:?}, {few:?}, {lossy:?}, {recorded:?} with {items} items");
    let beyond = |spell: Spell, base: Spell| spell.allocations.saturating_sub(base.allocations);
    ensure!(beyond(many, few) <= EDGES, "for {packets} packets: {told}");
    ensure!(lossy.resent > 200, "too few repairs to tell: {told}");
    ensure!(beyond(lossy, many) <= EDGES, "for repairs: {told}");
    ensure!(items > 200, "too little is recorded to tell: {told}");
    ensure!(beyond(recorded, many) <= EDGES + items / RECORDED, "for the recorder: {told}");
    Ok(())
}
