//! A viewer who does not say when packets arrived, but what its network carries: REMB instead of transport-wide feedback.

use std::time::Duration;

use anyhow::{Result, ensure};
use harness::{PATIENCE, until};
use rtc::rtcp::payload_feedbacks::receiver_estimated_maximum_bitrate::ReceiverEstimatedMaximumBitrate;
use server::clock;
use signaling::id::TrackId;

use super::{
    arrived,
    client::{Client, is_keyframe},
    ensure_continuous,
    hall::Hall,
};

/// How often a client says it.
const SPACING: Duration = Duration::from_millis(500);
/// Less than the film takes, which is 1.9 Mbit/s, and more than the voice does.
const NARROW: f32 = 400_000.0;
const WIDE: f32 = 6_000_000.0;

/// Says what the network carries until something is so.
async fn until_with(viewer: &Client, bitrate: f32, what: &str, mut so: impl FnMut() -> bool) -> Result<()> {
    let mut last = None;
    until(what, PATIENCE, async || {
        let now = clock::instant();
        if last.is_none_or(|at| now.duration_since(at) >= SPACING) {
            last = Some(now);
            let estimate = |ssrc| -> Box<dyn rtc::rtcp::Packet> {
                Box::new(ReceiverEstimatedMaximumBitrate { sender_ssrc: 9, bitrate, ssrcs: vec![ssrc] })
            };
            viewer.tells(&estimate).await?;
        }
        Ok(so().then_some(()))
    })
    .await
}

#[tokio::test]
async fn who_says_what_its_network_carries_gets_no_more() -> Result<()> {
    let mut hall = Hall::open()?;
    let ada = hall.publishes().await?;
    let ben = hall.listens_by(Client::without_arrivals().await?, &[ada.voice, ada.picture]).await?;
    let answer = ben.client.description().await?;
    ensure!(answer.contains(" goog-remb") && !answer.contains("transport-cc"), "{answer}");
    let count = |track: TrackId| ben.client.packets(&track.to_string()).len();
    // Nothing is known of its network, and everything is sent.
    arrived(&ben.client, ada.picture, 200).await?;
    ensure!(hall.media.counters().estimated == 0, "somebody measures");

    let (mut film, mut voice) = (0, 0);
    until_with(&ben.client, NARROW, "the film to stop while the voice goes on", || {
        let (seen, heard) = (count(ada.picture), count(ada.voice));
        if seen != film {
            (film, voice) = (seen, heard);
        }
        heard >= voice + 100
    })
    .await?;

    until_with(&ben.client, WIDE, "the film to go on", || count(ada.picture) > film + 300).await?;
    ensure!(
        is_keyframe(&arrived(&ben.client, ada.picture, film + 1).await?[film].payload),
        "it goes on with a keyframe"
    );

    until_with(&ben.client, NARROW, "the film to stop again", || {
        let (seen, heard) = (count(ada.picture), count(ada.voice));
        if seen != film {
            (film, voice) = (seen, heard);
        }
        heard >= voice + 50
    })
    .await?;
    // What it said counts for some seconds; then nothing is known again, and everything is sent.
    arrived(&ben.client, ada.picture, film + 100).await?;
    let voices = ben.client.packets(&ada.voice.to_string());
    ensure!(voices.iter().all(|packet| packet.number().is_some()));
    ensure_continuous(&voices)
}
