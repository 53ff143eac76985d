//! What networks lose, spoil and add: filled in, thrown away, and recorded once.

use std::collections::BTreeSet;

use anyhow::Result;
use harness::{PATIENCE, until};
use server::media::{Codec, Command, Event, TapItem};

use super::{
    arrived,
    client::Arrived,
    ensure_continuous,
    hall::{Hall, losing},
    hostile, newest,
};

#[tokio::test]
async fn lost_packets_are_asked_again_and_resent() -> Result<()> {
    let mut hall = Hall::with_losses()?;
    let ada = hall.publishes().await?;
    let ben = hall.listens(&[ada.picture]).await?;
    arrived(&ben.client, ada.picture, 20).await?;
    hall.network()?.set(losing(0.08, 0.08));
    let first = newest(&ben.client, ada.picture).unwrap_or(0);
    until("a thousand packets more", PATIENCE, async || {
        Ok(newest(&ben.client, ada.picture).filter(|newest| *newest >= first + 1_000))
    })
    .await?;
    hall.network()?.set(losing(0.0, 0.0));
    let (up, down) = hall.network()?.counts();
    assert!(up.lost + down.lost > 100, "{up:?} {down:?}");

    until("the holes to be filled", PATIENCE, async || {
        let numbers: BTreeSet<u32> =
            ben.client.packets(&ada.picture.to_string()).iter().filter_map(Arrived::number).collect();
        Ok((numbers.range(first..first + 1_000).count() >= 990).then_some(()))
    })
    .await?;
    until("the counters", PATIENCE, async || {
        let counters = hall.media.counters();
        Ok((counters.resent > 30 && counters.asked_again > 30 && counters.recovered > 30).then_some(()))
    })
    .await
}

#[tokio::test]
async fn strangers_and_garbage_do_not_disturb_a_call() -> Result<()> {
    let mut hall = Hall::with_losses()?;
    let ada = hall.publishes().await?;
    let ben = hall.listens(&[ada.voice, ada.picture]).await?;
    arrived(&ben.client, ada.voice, 10).await?;
    let before = hall.media.counters();
    // From addresses nobody knows, and, by the proxy, from the very addresses of the call.
    hostile::storm(hall.server).await?;
    hall.network()?.spoil(hostile::garbage());
    let so_far = ben.client.packets(&ada.voice.to_string()).len();
    arrived(&ben.client, ada.voice, so_far + 100).await?;
    hall.network()?.spoil(Vec::new());

    let so_far =
        (ben.client.packets(&ada.voice.to_string()).len(), newest(&ben.client, ada.picture).unwrap_or(0));
    let sound = arrived(&ben.client, ada.voice, so_far.0 + 50).await?;
    ensure_continuous(&sound)?;
    until("the picture to go on", PATIENCE, async || {
        Ok(newest(&ben.client, ada.picture).filter(|newest| *newest > so_far.1 + 200))
    })
    .await?;
    let counters = until("the counters", PATIENCE, async || {
        let after = hall.media.counters();
        let counted = after.strangers > before.strangers + 100
            && after.unauthentic > before.unauthentic + 100
            && after.replayed > before.replayed + 50;
        Ok(counted.then_some(after))
    })
    .await?;
    assert_eq!(counters.panics, 0, "{counters:?}");
    Ok(())
}

#[tokio::test]
async fn the_recorder_gets_every_packet_once() -> Result<()> {
    let mut hall = Hall::with_losses()?;
    let ada = hall.publishes().await?;
    let ben = hall.listens(&[ada.picture]).await?;
    arrived(&ben.client, ada.picture, 10).await?;
    let (tap, items) = crossbeam_channel::bounded(10_000);
    hall.send(Command::Tap { tap: Some(tap) })?;
    hall.network()?.set(losing(0.05, 0.0));
    let first = newest(&ben.client, ada.picture).unwrap_or(0) + 50;
    let far = async |distance: u32| {
        until("more picture", PATIENCE, async || {
            Ok(newest(&ben.client, ada.picture).filter(|newest| *newest > first + distance))
        })
        .await
    };
    far(500).await?;
    hall.network()?.set(losing(0.0, 0.0));
    far(600).await?;
    hall.send(Command::Unpublish { track: ada.picture })?;
    hall.hears("the end", |event| (*event == Event::TrackEnded { track: ada.picture }).then_some(())).await?;

    let (mut numbers, mut started, mut ended) = (Vec::new(), 0, 0);
    for item in items.try_iter() {
        match item {
            TapItem::Started { track, codec, clock_rate, .. } if track == ada.picture => {
                assert_eq!((codec, clock_rate), (Codec::Vp8, 90_000));
                started += 1;
            }
            TapItem::Packet { track, rtp, .. } if track == ada.picture => {
                assert_eq!(
                    (rtp[0] >> 6, rtp[1] & 0x7f),
                    (2, 96),
                    "an RTP packet of the publisher's payload type"
                );
                numbers.push(u32::from_be_bytes(*rtp.last_chunk().expect("a number")));
            }
            TapItem::Ended { track, .. } if track == ada.picture => ended += 1,
            _ => {}
        }
    }
    assert_eq!((started, ended), (1, 1));
    let distinct: BTreeSet<u32> = numbers.iter().copied().collect();
    assert_eq!(distinct.len(), numbers.len(), "no packet twice");
    let recorded = distinct.range(first..first + 500).count();
    assert!(recorded >= 495, "{recorded} of 500 recorded");
    Ok(())
}
