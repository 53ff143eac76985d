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

use std::{sync::Arc, time::Duration};

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use harness::{PATIENCE, until};
use server::{
    clock,
    media::{Command, Sounds},
};
use signaling::id::{ParticipantId, TrackId};
use tokio::task::JoinSet;

use self::{counting::Counting, hall::Hall};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const LISTENERS: usize = 10;
/// Who hear by a WebSocket, and how often somebody says something there.
const EARS: usize = 3;
const SAID: Duration = Duration::from_millis(4);
/// Long enough for the reports that come once a second to be in both spells alike.
const SPELL: Duration = Duration::from_secs(4);

/// What may happen in one spell and not in another: a ping, an offer of the timers. Traced: forwarding itself has none,
/// nor have sender reports.
const EDGES: u64 = 300;
/// Recorded packets for which the worker asks once for room.
const RECORDED: u64 = 40;
/// Share of the packets that get lost, for a while.
const LOST: f64 = 0.1;

/// Allocations of the worker, datagrams it sent, how many of them were repairs, and sounds for sockets.
#[derive(Clone, Copy, Debug)]
struct Spell {
    allocations: u64,
    sent: u64,
    resent: u64,
    heard: u64,
}

async fn spell(hall: &Hall, worker: u32) -> Spell {
    let (allocations, before) = (counting::allocations_of(worker), hall.media.counters());
    tokio::time::sleep(SPELL).await;
    let after = hall.media.counters();
    Spell {
        allocations: counting::allocations_of(worker) - allocations,
        sent: after.sent - before.sent,
        resent: after.resent - before.resent,
        heard: after.sounds_sent - before.sounds_sent,
    }
}

/// Somebody speaks by a WebSocket without a pause: first nobody hears it so, then some do.
async fn spells_by_socket(hall: &Hall, worker: u32) -> Result<(Spell, Spell)> {
    let (speaker, mut tasks) = (ParticipantId(clock::mint()), JoinSet::new());
    hall.send(Command::Speak { participant: speaker, track: TrackId(clock::mint()) })?;
    let room = hall.room.clone();
    tasks.spawn(async move {
        let mut tick = tokio::time::interval(SAID);
        for number in 0..u32::MAX {
            tick.tick().await;
            let packet = Bytes::from_static(&[0x5a; 60]);
            let said = Command::Voice { participant: speaker, timestamp: number.wrapping_mul(960), packet };
            // A full queue loses it, as sound is lost everywhere.
            let _ = room.send(said);
        }
    });
    // Tables and queues find their sizes in the first spell of each kind.
    spell(hall, worker).await;
    let spoken = spell(hall, worker).await;
    let mut people = vec![speaker];
    for _ in 0..EARS {
        let (participant, sounds) = (ParticipantId(clock::mint()), Arc::<Sounds>::default());
        hall.send(Command::Hear { participant, sounds: Some(Arc::clone(&sounds)) })?;
        people.push(participant);
        tasks.spawn(async move {
            loop {
                sounds.next().await;
            }
        });
    }
    spell(hall, worker).await;
    let heard = spell(hall, worker).await;
    people.into_iter().try_for_each(|participant| hall.send(Command::Leave { participant }))?;
    Ok((spoken, heard))
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
    let (spoken, heard) = spells_by_socket(&hall, worker).await?;
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
    let told =
        format!("{many:?}, {few:?}, {spoken:?}, {heard:?}, {lossy:?}, {recorded:?} with {items} items");
    let beyond = |spell: Spell, base: Spell| spell.allocations.saturating_sub(base.allocations);
    ensure!(beyond(many, few) <= EDGES, "for {packets} packets: {told}");
    ensure!(heard.heard > 5 * EDGES, "too few sounds to tell: {told}");
    ensure!(beyond(heard, spoken) <= EDGES, "for sound by WebSocket: {told}");
    ensure!(lossy.resent > 200, "too few repairs to tell: {told}");
    ensure!(beyond(lossy, many) <= EDGES, "for repairs: {told}");
    ensure!(items > 200, "too little is recorded to tell: {told}");
    ensure!(beyond(recorded, many) <= EDGES + items / RECORDED, "for the recorder: {told}");
    Ok(())
}
