//! Somebody comes late: how soon there is a picture.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use server::clock;
use webrtc::media_stream::track_local::{TrackLocal, TrackLocalEvent, static_rtp::TrackLocalStaticRTP};

use super::{
    arrived,
    client::{Arrived, PARTS, PICTURE, is_keyframe, packet},
    hall::Hall,
};

/// From the moment a keyframe that somebody caused leaves its publisher until they have it whole.
const SOON: Duration = Duration::from_millis(500);

/// When each keyframe left, by the number of its first packet.
type Keyframes = Arc<Mutex<BTreeMap<u32, Instant>>>;

/// Films as a camera does, with a keyframe when one is asked for.
async fn film(track: Arc<TrackLocalStaticRTP>, asked: Arc<AtomicU32>, keyframes: Keyframes) {
    let mut tick = tokio::time::interval(Duration::from_millis(20));
    let (mut answered, mut number) = (u32::MAX, 0);
    for frame in 0..u32::MAX {
        tick.tick().await;
        let wanted = asked.load(Ordering::Relaxed);
        let keyframe = std::mem::replace(&mut answered, wanted) != wanted;
        if keyframe {
            keyframes.lock().unwrap_or_else(PoisonError::into_inner).insert(number, clock::instant());
        }
        for part in 0..PARTS {
            let head = [if part == 0 { 0x10 } else { 0 }, u8::from(!keyframe)];
            let payload = [&head[..], &[0x55; 900], &number.to_be_bytes()].concat();
            let packet = packet(96, number, frame.wrapping_mul(1_800), PICTURE, part + 1 == PARTS, payload);
            number += 1;
            if track.write_rtp(packet).await.is_err() {
                return;
            }
        }
    }
}

#[tokio::test]
async fn a_newcomer_sees_the_keyframe_it_caused_at_once() -> Result<()> {
    let mut hall = Hall::open()?;
    let (mut ada, camera) = hall.publishes_nothing_yet().await?;
    let (asked, keyframes) = (Arc::<AtomicU32>::default(), Keyframes::default());
    let (heard, listening) = (Arc::clone(&asked), Arc::clone(&camera));
    ada.client.goes_on(async move {
        while let Some(TrackLocalEvent::OnRtcpPacket(_)) = listening.poll().await {
            heard.fetch_add(1, Ordering::Relaxed);
        }
    });
    ada.client.goes_on(film(camera, Arc::clone(&asked), Arc::clone(&keyframes)));
    let ben = hall.listens(&[ada.picture]).await?;
    arrived(&ben.client, ada.picture, 100).await?;

    let mut took = Vec::new();
    for _ in 0..5 {
        let before = asked.load(Ordering::Relaxed);
        let late = hall.listens(&[ada.picture]).await?;
        let seen = arrived(&late.client, ada.picture, PARTS as usize).await?;
        ensure!(asked.load(Ordering::Relaxed) > before, "it came without being asked for");
        let first = seen.first().filter(|first| is_keyframe(&first.payload)).context("no keyframe")?;
        let number = first.number().context("no number")?;
        let numbers: Vec<u32> = seen.iter().take(PARTS as usize).filter_map(Arrived::number).collect();
        ensure!(numbers == (number..number + PARTS).collect::<Vec<_>>(), "{numbers:?}");
        let left = keyframes.lock().unwrap_or_else(PoisonError::into_inner).get(&number).copied();
        let whole = seen.get(PARTS as usize - 1).context("no whole picture")?.at;
        took.push(whole.saturating_duration_since(left.context("a keyframe nobody sent")?));
    }
    took.sort();
    eprintln!("{took:?}");
    // The middle one: the machine may have had something else to do once.
    ensure!(took.get(2).is_some_and(|middle| *middle <= SOON), "{took:?}");
    Ok(())
}
