//! Sound with copies of what came before (RED): passed through to those who negotiated it, unpacked for everybody else.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::{
        Arc,
        atomic::{AtomicU16, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use harness::{PATIENCE, until};
use load::{
    raw::{Caller, Raw, packet},
    sdp::{OPUS, RED},
};
use server::media::{Command, TapItem};
use tokio::task::JoinHandle;

use super::{
    arrived,
    hall::{Hall, RAW_VOICE},
};

/// Of a packet, in units of its timestamps.
const LASTS: u16 = 960;
const SPEECH: [u8; 60] = [7; 60];

fn caller() -> Result<Caller> {
    Ok(Caller::new(IpAddr::V4(Ipv4Addr::LOCALHOST))?.with_copies())
}

/// An Opus packet with its number.
fn word(number: u16) -> Vec<u8> {
    [&[0xf8][..], &SPEECH, &number.to_be_bytes()].concat()
}

fn alone(number: u16) -> Vec<u8> {
    [&[OPUS][..], &word(number)].concat()
}

/// The same behind a copy of the one before.
fn with_copy(number: u16) -> Vec<u8> {
    let copy = word(number.wrapping_sub(1));
    let [_, when @ ..] = (u32::from(LASTS) << 10 | copy.len() as u32).to_be_bytes();
    [&[0x80 | OPUS][..], &when, &[OPUS], &copy, &word(number)].concat()
}

/// The payload of a packet as it was received.
fn payload(packet: &[u8]) -> &[u8] {
    let extensions = if packet[0] & 0x10 == 0 { 0 } else { 4 + 4 * usize::from(packet[15]) };
    &packet[12 + extensions..]
}

/// The number of the word that a payload ends with.
fn number(payload: &[u8]) -> u16 {
    payload.last_chunk().map_or(0, |number| u16::from_be_bytes(*number))
}

/// Speaks every five milliseconds until the listeners are gone; tells how far it is.
fn speaks(mut raw: Raw) -> (Arc<AtomicU16>, JoinHandle<()>) {
    let said = Arc::new(AtomicU16::new(0));
    let so_far = Arc::clone(&said);
    let task = tokio::task::spawn_blocking(move || {
        for number in 1..8_000 {
            let timestamp = u32::from(number) * u32::from(LASTS);
            let packet = packet(RED, number, timestamp, RAW_VOICE, &with_copy(number));
            if Arc::strong_count(&so_far) == 1 || raw.rtp(&packet, 12, 0).is_err() {
                return;
            }
            so_far.store(number, Ordering::Relaxed);
            std::thread::sleep(Duration::from_millis(5));
        }
    });
    (said, task)
}

/// Hears so many packets, on a thread of its own.
async fn hears(mut ear: Raw, packets: usize) -> Result<(Raw, Vec<Vec<u8>>)> {
    tokio::task::spawn_blocking(move || {
        let heard = ear.hears(packets)?;
        Ok((ear, heard))
    })
    .await?
}

#[tokio::test]
async fn copies_reach_those_who_negotiated_them_and_nobody_else() -> Result<()> {
    let mut hall = Hall::open()?;
    let (raw, voice, _) = hall.publishes_raw(caller()?).await?;
    let ear = hall.listens_raw(caller()?, &[voice]).await?;
    let ben = hall.listens(&[voice]).await?;
    let (tap, items) = crossbeam_channel::bounded(10_000);
    hall.send(Command::Tap { tap: Some(tap) })?;
    let (_said, _speaking) = speaks(raw);

    let (_, heard) = hears(ear, 100).await?;
    for packet in &heard {
        ensure!(packet[1] & 0x7f == RED, "{packet:02x?}");
        ensure!(payload(packet) == with_copy(number(packet)), "{packet:02x?}");
    }
    for packet in arrived(&ben.client, voice, 100).await? {
        ensure!(packet.payload == word(number(&packet.payload)), "{:02x?}", packet.payload);
    }
    let mut recorded = 0;
    until("enough to be recorded", PATIENCE, async || {
        for item in items.try_iter() {
            if let TapItem::Packet { rtp, .. } = item {
                ensure!(rtp[1] & 0x7f == OPUS && payload(&rtp) == word(number(&rtp)), "{rtp:02x?}");
                recorded += 1;
            }
        }
        Ok((recorded >= 100).then_some(()))
    })
    .await?;
    let counters = hall.media.counters();
    ensure!((counters.malformed, counters.unnegotiated, counters.panics) == (0, 0, 0), "{counters:?}");
    Ok(())
}

/// A copy is what was said a moment ago: after a mute that was said while nobody was to hear it.
#[tokio::test]
async fn copies_say_nothing_of_what_was_muted() -> Result<()> {
    let mut hall = Hall::open()?;
    let (raw, voice, _) = hall.publishes_raw(caller()?).await?;
    let ear = hall.listens_raw(caller()?, &[voice]).await?;
    let (said, _speaking) = speaks(raw);
    let (ear, before) = hears(ear, 50).await?;
    hall.send(Command::Mute { track: voice, muted: true })?;
    let muted = said.load(Ordering::Relaxed);
    until("something to be said in vain", PATIENCE, async || {
        Ok((said.load(Ordering::Relaxed) > muted + 50).then_some(()))
    })
    .await?;
    hall.send(Command::Mute { track: voice, muted: false })?;
    let (_, after) = hears(ear, 350).await?;

    let payloads: Vec<&[u8]> = before.iter().chain(&after).map(|packet| payload(packet)).collect();
    let gap = payloads.windows(2).position(|pair| number(pair[1]) > number(pair[0]) + 20);
    let again = gap.context("nothing was left out")? + 1;
    let (clean, copied) = payloads.split_at(again + 100);
    for payload in &clean[..again] {
        ensure!(*payload == with_copy(number(payload)));
    }
    for payload in &clean[again..] {
        ensure!(*payload == alone(number(payload)), "{payload:02x?}");
    }
    ensure!(copied.last().is_some_and(|payload| *payload == with_copy(number(payload))), "copies come back");
    Ok(())
}

#[tokio::test]
async fn sound_without_copies_is_heard_by_who_takes_copies() -> Result<()> {
    let mut hall = Hall::open()?;
    let ada = hall.publishes().await?;
    let ear = hall.listens_raw(caller()?, &[ada.voice]).await?;
    let (_, heard) = hears(ear, 50).await?;
    for packet in heard {
        let [wrapped, opus @ ..] = payload(&packet) else { continue };
        ensure!((packet[1] & 0x7f, *wrapped, opus.first()) == (RED, OPUS, Some(&0xf8)), "{packet:02x?}");
    }
    Ok(())
}
