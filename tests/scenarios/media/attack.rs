//! Peers with valid keys who send by hand what no client sends: bounded, refused, counted, and nobody else notices.

use std::net::{IpAddr, Ipv4Addr};

use anyhow::{Result, ensure};
use harness::{PATIENCE, until};
use load::raw::{Caller, Raw, packet};
use server::media::Counters;

use super::{
    arrived, ensure_continuous,
    hall::{Hall, Listener, RAW_PICTURE, RAW_VOICE, Speaker},
};

const OPUS: u8 = 111;
const VP8: u8 = 96;
const RTX: u8 = 97;

fn caller() -> Result<Caller> {
    Caller::new(IpAddr::V4(Ipv4Addr::LOCALHOST))
}

/// Ada speaks to Ben.
struct Class {
    hall: Hall,
    ada: Speaker,
    ben: Listener,
}

impl Class {
    async fn opens() -> Result<Self> {
        let mut hall = Hall::open()?;
        let ada = hall.publishes().await?;
        let ben = hall.listens(&[ada.voice]).await?;
        arrived(&ben.client, ada.voice, 10).await?;
        Ok(Self { hall, ada, ben })
    }

    /// Ada is heard without a hole all the while.
    async fn goes_on(&self) -> Result<()> {
        let so_far = self.ben.client.packets(&self.ada.voice.to_string()).len();
        ensure_continuous(&arrived(&self.ben.client, self.ada.voice, so_far + 50).await?)?;
        let counters = self.hall.media.counters();
        ensure!(counters.panics == 0, "{counters:?}");
        Ok(())
    }

    async fn counted(&self, what: &str, enough: impl Fn(&Counters) -> bool) -> Result<Counters> {
        until(what, PATIENCE, async || {
            let counters = self.hall.media.counters();
            Ok(enough(&counters).then_some(counters))
        })
        .await
    }
}

/// Sends on a thread of its own, a little at a time: what the kernel drops teaches nothing.
async fn sends(
    mut raw: Raw,
    each: impl Fn(&mut Raw, u32) -> Result<()> + Send + 'static,
    times: u32,
) -> Result<Raw> {
    tokio::task::spawn_blocking(move || {
        for n in 0..times {
            each(&mut raw, n)?;
            if n.is_multiple_of(20) {
                std::thread::sleep(std::time::Duration::from_millis(5));
            }
        }
        Ok(raw)
    })
    .await?
}

#[tokio::test]
async fn invented_sources_are_bounded_and_counted() -> Result<()> {
    let mut class = Class::opens().await?;
    let (mallory, voice, _) = class.hall.publishes_raw(caller()?).await?;
    let dan = class.hall.listens(&[voice]).await?;
    let before = class.hall.media.counters();
    // Of a payload type that was agreed on: each takes the place of the one before.
    let mallory = sends(
        mallory,
        |raw, n| raw.rtp(&packet(OPUS, n as u16, n * 960, 0x5000_0000 + n, &[0xf8; 40]), 12, 0),
        2_000,
    )
    .await?;
    // Of others: nobody's.
    let mallory = sends(
        mallory,
        |raw, n| raw.rtp(&packet(20 + (n % 8) as u8, n as u16, n, 0x6000_0000 + n, &[9; 40]), 12, 0),
        2_000,
    )
    .await?;
    let after =
        class.counted("what was refused", |now| now.unnegotiated >= before.unnegotiated + 1_000).await?;
    ensure!((after.tracks, after.panics) == (4, 0), "{after:?}");
    class.goes_on().await?;
    // She may still come to her senses.
    let heard = dan.client.packets(&voice.to_string()).len();
    let speaking = sends(
        mallory,
        |raw, n| {
            std::thread::sleep(std::time::Duration::from_millis(10));
            raw.rtp(&packet(OPUS, n as u16, n * 960, RAW_VOICE, &[0xf8; 40]), 12, 0)
        },
        300,
    );
    let (spoken, listened) = tokio::join!(speaking, arrived(&dan.client, voice, heard + 50));
    spoken?;
    listened?;
    Ok(())
}

#[tokio::test]
async fn a_storm_of_repairs_is_taken_once() -> Result<()> {
    let mut class = Class::opens().await?;
    let (mallory, _, picture) = class.hall.publishes_raw(caller()?).await?;
    let dan = class.hall.listens(&[picture]).await?;
    let keyframe = |n: u16| {
        let head = [0x10_u8, 0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 16, 0, 16, 0];
        packet(VP8, n, u32::from(n) * 3_000, RAW_PICTURE, &[&head[..], &[0x55; 400]].concat())
    };
    let mallory = sends(mallory, move |raw, n| raw.rtp(&keyframe(n as u16), 12, 0), 100).await?;
    let first = arrived(&dan.client, picture, 50).await?.len();
    let before = class.hall.media.counters();
    // The same twenty packets again and again, each in a repair packet of its own (RFC 4588).
    let _mallory = sends(
        mallory,
        |raw, n| {
            let original = (n % 20) as u16;
            let payload = [&original.to_be_bytes()[..], &[0x10, 0x10], &[0x66; 400]].concat();
            raw.rtp(&packet(RTX, n as u16, n, RAW_PICTURE + 1, &payload), 12, 0)
        },
        3_000,
    )
    .await?;
    let after = class.counted("what was refused", |now| now.replayed >= before.replayed + 1_000).await?;
    ensure!(after.recovered - before.recovered <= 20, "{after:?}");
    class.goes_on().await?;
    let more = dan.client.packets(&picture.to_string()).len() - first;
    ensure!(more <= 100, "{more} packets were forwarded for twenty");
    Ok(())
}

/// Transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01): `chunks` and `deltas` as they are.
fn feedback(media: u32, base: u16, count: u16, number: u8, chunks: &[u16], deltas: &[u8]) -> Vec<u8> {
    let mut out = vec![0x8f, 205, 0, 0];
    out.extend_from_slice(&[0, 0, 0, 1]);
    out.extend_from_slice(&media.to_be_bytes());
    out.extend_from_slice(&base.to_be_bytes());
    out.extend_from_slice(&count.to_be_bytes());
    out.extend_from_slice(&[0xff, 0xff, number, number]);
    chunks.iter().for_each(|chunk| out.extend_from_slice(&chunk.to_be_bytes()));
    out.extend_from_slice(deltas);
    out.resize(out.len().next_multiple_of(4), 0);
    let words = u16::try_from(out.len() / 4 - 1).unwrap_or(u16::MAX);
    if let Some(length) = out.get_mut(2..4) {
        length.copy_from_slice(&words.to_be_bytes());
    }
    out
}

#[tokio::test]
async fn invented_arrivals_harm_only_who_invents_them() -> Result<()> {
    let mut class = Class::opens().await?;
    let tracks = [class.ada.voice, class.ada.picture];
    let mut eve = class.hall.listens_raw(caller()?, &tracks).await?;
    let mut eve = tokio::task::spawn_blocking(move || eve.hears(100).map(|_| eve)).await??;
    let ssrc = eve.remote.sections.first().and_then(|section| section.ssrc).unwrap_or(1);
    let before = class.hall.media.counters();
    // A keyframe now and then, so that there is something to send.
    eve = sends(
        eve,
        move |raw, n| {
            let (base, number) = ((n * 977) as u16, n as u8);
            let compound = match n % 6 {
                // Everything was lost; everything came at once; more than there is room for; nothing at all.
                0 => feedback(ssrc, base, 8_191, number, &[0x1fff], &[]),
                1 => feedback(ssrc, base, 200, number, &[0x2000 | 200], &[0; 200]),
                2 => feedback(ssrc, base, u16::MAX, number, &[0x3fff], &[1; 3]),
                3 => feedback(ssrc, base, 0, number, &[], &[]),
                // Every packet earlier than the one before; chunks of both kinds that contradict the count.
                4 => feedback(ssrc, base, 100, number, &[0x4000 | 100], &[0x80; 200]),
                _ => feedback(ssrc, base, 3, number, &[0xffff, 0xbfff, 0x5fff, 0], &[0xff; 40]),
            };
            raw.rtcp(&compound)
        },
        3_000,
    )
    .await?;
    class.goes_on().await?;
    let after = class.hall.media.counters();
    let (sent, padding) = (after.sent - before.sent, after.padding - before.padding);
    ensure!(padding < 2_000 && sent < 20_000, "{padding} packets of padding, {sent} in all");
    // Her sound is not taken from her, whatever she says of her network.
    let heard = tokio::task::spawn_blocking(move || eve.hears(50)).await??;
    ensure!(heard.len() == 50);
    Ok(())
}
