//! Many open microphones: the loudest three are heard, and whom a viewer has large, at whatever worker the viewer is.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    time::Duration,
};

use anyhow::{Result, ensure};
use harness::{PATIENCE, until};
use load::raw::{Caller, Raw, SPOKEN, spoken};
use server::media::Command;
use signaling::{id::TrackId, protocol::media::Tile};

use super::hall::{Hall, Listener, RAW_VOICE};

const OPUS: u8 = 111;
/// Enough for a crowd.
const PEOPLE: usize = 8;
/// −dBov of speech, of somebody far from the microphone, and of silence.
const LOUD: u8 = 25;
const SOFT: u8 = 50;
const SILENT: u8 = 127;

/// Everybody's microphones and cameras, and how loud everybody is.
struct Crowd {
    voices: Vec<TrackId>,
    pictures: Vec<TrackId>,
    levels: Vec<Arc<AtomicU8>>,
}

impl Crowd {
    async fn gathers(hall: &mut Hall) -> Result<Self> {
        let mut crowd = Self { voices: Vec::new(), pictures: Vec::new(), levels: Vec::new() };
        for _ in 0..PEOPLE {
            let caller = Caller::new(IpAddr::V4(Ipv4Addr::LOCALHOST))?;
            let (raw, voice, picture) = hall.publishes_raw(caller).await?;
            let level = Arc::new(AtomicU8::new(SOFT));
            speaks(raw, Arc::clone(&level));
            crowd.voices.push(voice);
            crowd.pictures.push(picture);
            crowd.levels.push(level);
        }
        Ok(crowd)
    }

    fn sets(&self, who: usize, level: u8) {
        self.levels[who].store(level, Ordering::Relaxed);
    }

    /// How many packets of everybody this viewer has.
    fn heard(&self, viewer: &Listener) -> Vec<usize> {
        self.voices.iter().map(|voice| viewer.client.packets(&voice.to_string()).len()).collect()
    }

    /// Waits until these viewers hear these people, each of them through a hundred packets, and nobody else meanwhile.
    async fn is_heard(&self, expected: &[(&Listener, &[usize])]) -> Result<()> {
        let mut since: Vec<Vec<usize>> = expected.iter().map(|(viewer, _)| self.heard(viewer)).collect();
        let what = format!("{:?}", expected.iter().map(|(_, who)| *who).collect::<Vec<_>>());
        until(&format!("{what} to be heard and nobody else"), 2 * PATIENCE, async || {
            let now: Vec<Vec<usize>> = expected.iter().map(|(viewer, _)| self.heard(viewer)).collect();
            let mut enough = true;
            let mut others = false;
            for (((_, wanted), now), before) in expected.iter().zip(&now).zip(&since) {
                for (who, (now, before)) in now.iter().zip(before).enumerate() {
                    enough &= !wanted.contains(&who) || *now >= before + 100;
                    others |= !wanted.contains(&who) && now > before;
                }
            }
            if others {
                since = now;
            }
            Ok((enough && !others).then_some(()))
        })
        .await
    }
}

/// Speaks every 20 ms, as loudly as it is told, until nobody tells it any more.
fn speaks(mut raw: Raw, level: Arc<AtomicU8>) {
    std::thread::spawn(move || {
        for number in 0..u16::MAX {
            let packet = spoken(OPUS, number, RAW_VOICE, level.load(Ordering::Relaxed), &[0xf8, 7, 7, 7]);
            if Arc::strong_count(&level) == 1 || raw.rtp(&packet, SPOKEN, 0).is_err() {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    });
}

/// The viewer has that picture large.
fn enlarges(hall: &Hall, viewer: &Listener, picture: TrackId) -> Result<()> {
    let tiles = vec![Tile { track: picture, width: 1280, height: 720 }];
    hall.send(Command::View { participant: viewer.id, tiles })
}

#[tokio::test]
async fn three_voices_reach_the_viewers_of_either_worker() -> Result<()> {
    let mut hall = Hall::spread()?;
    let crowd = Crowd::gathers(&mut hall).await?;
    let near = hall.listens(&crowd.voices).await?;
    let far = hall.listens(&crowd.voices).await?;
    ensure!(near.port == hall.server.port() && far.port != near.port, "they are served by two workers");

    (0..3).for_each(|who| crowd.sets(who, LOUD));
    crowd.is_heard(&[(&near, &[0, 1, 2]), (&far, &[0, 1, 2])]).await?;

    // Whom a viewer has large is heard by that viewer, however loud others are.
    enlarges(&hall, &far, crowd.pictures[7])?;
    crowd.is_heard(&[(&near, &[0, 1, 2]), (&far, &[0, 1, 2, 7])]).await?;
    enlarges(&hall, &near, crowd.pictures[6])?;
    crowd.is_heard(&[(&near, &[0, 1, 2, 6]), (&far, &[0, 1, 2, 7])]).await?;

    // Another speaks; one of the three falls silent. Somebody who is large becomes one of the loudest.
    crowd.sets(0, SILENT);
    crowd.sets(7, LOUD);
    crowd.is_heard(&[(&near, &[1, 2, 6, 7]), (&far, &[1, 2, 7])]).await?;
    crowd.sets(1, SILENT);
    crowd.sets(3, LOUD);
    crowd.is_heard(&[(&near, &[2, 3, 6, 7]), (&far, &[2, 3, 7])]).await?;

    // Nobody is large any more; who speaks is heard all the same.
    for viewer in [&near, &far] {
        hall.send(Command::View { participant: viewer.id, tiles: Vec::new() })?;
    }
    crowd.is_heard(&[(&near, &[2, 3, 7]), (&far, &[2, 3, 7])]).await?;

    // Pauses and beginnings leave no hole: to the receiver that would be a loss.
    for viewer in [&near, &far] {
        for voice in &crowd.voices {
            let packets = viewer.client.packets(&voice.to_string());
            let next = |pair: &[super::client::Arrived]| pair[1].sequence == pair[0].sequence.wrapping_add(1);
            ensure!(packets.windows(2).all(next), "a hole");
        }
    }
    let counters = hall.media.counters();
    ensure!((counters.panics, counters.relay_dropped) == (0, 0), "{counters:?}");
    Ok(())
}
