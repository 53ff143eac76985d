//! Calls over bad networks: the `webrtc` crate on both ends, a seeded proxy between them and the server.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use harness::{PATIENCE, until};
use load::proxy::{Impairment, Network};
use signaling::id::TrackId;

use super::{
    arrived,
    client::{Arrived, Client, PARTS},
    hall::Hall,
    newest,
};

/// A gap between whole pictures from which a viewer sees a frozen one.
const FREEZE: Duration = Duration::from_millis(500);

/// The pictures that arrived whole, by number, with when the last missing packet of each came.
fn whole(packets: &[Arrived]) -> BTreeMap<u32, Instant> {
    let mut parts: BTreeMap<u32, (BTreeSet<u32>, Option<Instant>)> = BTreeMap::new();
    for packet in packets {
        let Some(number) = packet.number() else { continue };
        let (seen, complete) = parts.entry(number / PARTS).or_default();
        seen.insert(number % PARTS);
        if seen.len() == PARTS as usize {
            complete.get_or_insert(packet.at);
        }
    }
    parts.into_iter().filter_map(|(frame, (_, complete))| Some((frame, complete?))).collect()
}

/// How long the picture was frozen in all, where pictures are shown in order and a late one is passed over.
fn frozen(whole: &BTreeMap<u32, Instant>) -> Duration {
    let mut times: Vec<Instant> = whole.values().copied().collect();
    times.sort();
    let gaps = times.windows(2).map(|pair| pair[1].duration_since(pair[0]));
    gaps.filter(|gap| *gap > FREEZE).sum()
}

/// Waits until the newest picture of `track` is `frames` further than now; the numbers before and after.
async fn films(client: &Client, track: TrackId, frames: u32) -> Result<(u32, u32)> {
    let first = newest(client, track).unwrap_or(0) / PARTS + 1;
    // The machine may be ten times slower than the film.
    let patience = Duration::from_millis(20) * frames * 10 + PATIENCE;
    let last = until("more pictures", patience, async || {
        Ok(newest(client, track).map(|newest| newest / PARTS).filter(|newest| *newest >= first + frames))
    })
    .await?;
    Ok((first, last))
}

#[tokio::test]
async fn a_lossy_and_slow_network_shows_nearly_every_picture() -> Result<()> {
    let (mut hall, proxy) = Hall::behind(20)?;
    let ada = hall.publishes().await?;
    let ben = hall.listens(&[ada.voice, ada.picture]).await?;
    arrived(&ben.client, ada.picture, 50).await?;
    let bad = Impairment { loss: 0.05, delay: Duration::from_millis(50), ..Impairment::default() };
    proxy.set(Network::both(bad));
    // Nothing sent before the change is counted, nor are the last pictures, which may still be repaired.
    films(&ben.client, ada.picture, 50).await?;
    let (first, last) = films(&ben.client, ada.picture, 1_000).await?;
    films(&ben.client, ada.picture, 50).await?;

    let whole: BTreeMap<u32, Instant> = whole(&ben.client.packets(&ada.picture.to_string()))
        .range(first..last)
        .map(|(f, t)| (*f, *t))
        .collect();
    let asked = last - first;
    let (up, down) = proxy.counts();
    let frozen = frozen(&whole);
    let counters = hall.media.counters();
    eprintln!(
        "{} of {asked} pictures, frozen for {} ms; {} packets waited, {} were given up, {} sent again; estimate {}",
        whole.len(),
        frozen.as_millis(),
        counters.paced,
        counters.given_up,
        counters.resent,
        counters.estimates,
    );
    let took =
        whole.values().max().zip(whole.values().min()).map_or(Duration::ZERO, |(b, a)| b.duration_since(*a));
    ensure!(up.lost > 200 && down.lost > 200, "too few losses to show anything: {up:?} {down:?}");
    ensure!(whole.len() * 100 > asked as usize * 99, "{} of {asked} pictures", whole.len());
    ensure!(frozen * 100 < took, "frozen for {frozen:?} of {took:?}");
    Ok(())
}

#[tokio::test]
async fn an_uneven_network_that_reorders_shows_nearly_every_picture() -> Result<()> {
    let (mut hall, proxy) = Hall::behind(23)?;
    let ada = hall.publishes().await?;
    let ben = hall.listens(&[ada.voice, ada.picture]).await?;
    arrived(&ben.client, ada.picture, 50).await?;
    let ms = Duration::from_millis;
    let uneven = Impairment {
        delay: ms(30),
        jitter: ms(30),
        reordering: 0.03,
        duplication: 0.01,
        ..Impairment::default()
    };
    proxy.set(Network::both(uneven));
    films(&ben.client, ada.picture, 50).await?;
    let (first, last) = films(&ben.client, ada.picture, 500).await?;
    films(&ben.client, ada.picture, 50).await?;

    let packets = ben.client.packets(&ada.picture.to_string());
    let overtaken = packets.windows(2).filter(|pair| pair[0].number() > pair[1].number()).count();
    let (whole, asked) = (whole(&packets).range(first..last).count(), (last - first) as usize);
    eprintln!("{whole} of {asked} pictures; {overtaken} packets came late");
    ensure!(overtaken > 50, "too little disorder to show anything: {overtaken}");
    ensure!(whole * 100 >= asked * 99, "{whole} of {asked} pictures");
    let heard: BTreeSet<u32> =
        ben.client.packets(&ada.voice.to_string()).iter().filter_map(Arrived::number).collect();
    let (from, to) = (heard.first().copied().unwrap_or(0), heard.last().copied().unwrap_or(0));
    ensure!(heard.len() * 100 >= (to - from) as usize * 99, "{} of {from} to {to}", heard.len());
    Ok(())
}

#[tokio::test]
async fn a_call_goes_on_when_the_network_changes_its_port() -> Result<()> {
    let (mut hall, proxy) = Hall::behind(21)?;
    let ada = hall.publishes().await?;
    let ben = hall.listens(&[ada.voice, ada.picture]).await?;
    arrived(&ben.client, ada.picture, 50).await?;
    proxy.roam();
    let after = newest(&ben.client, ada.picture).unwrap_or(0);
    // Publisher and viewer both come from other ports now. Their next ping proves these, and then media follows.
    until("the picture to go on", PATIENCE, async || {
        Ok(newest(&ben.client, ada.picture).filter(|newest| *newest > after + 500))
    })
    .await?;
    let so_far = ben.client.packets(&ada.voice.to_string()).len();
    arrived(&ben.client, ada.voice, so_far + 50).await?;
    Ok(())
}

#[tokio::test]
async fn a_network_that_becomes_narrow_is_noticed_and_its_end_too() -> Result<()> {
    let (mut hall, proxy) = Hall::behind(22)?;
    let ada = hall.publishes().await?;
    let ben = hall.listens(&[ada.voice, ada.picture]).await?;
    arrived(&ben.client, ada.picture, 50).await?;
    let estimate = |what: &'static str, good: fn(u64) -> bool| {
        let media = hall.media.clone();
        until(what, PATIENCE, async move || {
            let counters = media.counters();
            Ok((counters.estimated == 1 && good(counters.estimates)).then_some(()))
        })
    };
    // The film takes 1.9 Mbit/s with all that goes with it; the first guess is 1.
    estimate("room for the film to be found by probing", |rate| rate > 2_000_000).await?;
    assert!(hall.media.counters().padding > 0);

    let narrow = Impairment { rate: Some(500_000), ..Impairment::default() };
    proxy.set(Network { down: narrow, ..Network::default() });
    estimate("the cut to be noticed", |rate| rate < 600_000).await?;
    // The film does not fit any more, and makes room for the voice.
    let (film, voice) = (newest(&ben.client, ada.picture), ben.client.packets(&ada.voice.to_string()).len());
    arrived(&ben.client, ada.voice, voice + 100).await?;
    ensure!(newest(&ben.client, ada.voice) > Some(100));

    proxy.set(Network::default());
    estimate("the end of the cut to be noticed", |rate| rate > 2_000_000).await?;
    until("the film to go on", PATIENCE, async || {
        Ok(newest(&ben.client, ada.picture).filter(|newest| Some(*newest) > film.map(|film| film + 500)))
    })
    .await?;
    Ok(())
}
