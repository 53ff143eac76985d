//! People with valid tickets, keys and connections who misbehave: what they do costs little, is cut and counted, and
//! nobody else notices.

use std::sync::{Arc, atomic::Ordering};

use anyhow::{Result, ensure};
use harness::{PATIENCE, until};
use rtc::rtcp::{
    Packet,
    payload_feedbacks::picture_loss_indication::PictureLossIndication,
    transport_feedbacks::transport_layer_nack::{NackPair, TransportLayerNack},
};
use server::media::{Event, Limits};
use webrtc::media_stream::track_local::static_rtp::TrackLocalStaticRTP;

use super::{
    arrived,
    client::flood,
    ensure_continuous,
    hall::{Hall, Listener, Speaker},
};

/// Ada speaks to Ben, and Mallory publishes as well.
struct Class {
    hall: Hall,
    ada: Speaker,
    ben: Listener,
    mallory: Speaker,
    weapon: Arc<TrackLocalStaticRTP>,
}

impl Class {
    async fn opens(limits: Limits) -> Result<Self> {
        let mut hall = Hall::limited(limits)?;
        let ada = hall.publishes().await?;
        let (mallory, weapon) = hall.publishes_nothing_yet().await?;
        let ben = hall.listens(&[ada.voice, mallory.picture]).await?;
        arrived(&ben.client, ada.voice, 10).await?;
        Ok(Self { hall, ada, ben, mallory, weapon })
    }

    /// Ada is heard without a hole all the while.
    async fn goes_on(&self) -> Result<()> {
        let so_far = self.ben.client.packets(&self.ada.voice.to_string()).len();
        ensure_continuous(&arrived(&self.ben.client, self.ada.voice, so_far + 50).await?)?;
        let counters = self.hall.media.counters();
        ensure!(counters.panics == 0, "{counters:?}");
        Ok(())
    }
}

#[tokio::test]
async fn a_flood_of_picture_is_cut_and_its_sender_told() -> Result<()> {
    // A quarter of what the flood is; what Ada sends fits in.
    let limits = Limits { publish_bitrate: 1_000_000, ..Limits::default() };
    let mut class = Class::opens(limits).await?;
    flood(&class.weapon, 6, |count| count).await;
    let mallory = class.mallory.id;
    class
        .hall
        .hears("the excess", |event| (*event == Event::Excess { participant: mallory }).then_some(()))
        .await?;
    until("the packets that were cut", PATIENCE, async || {
        Ok((class.hall.media.counters().excess > 100).then_some(()))
    })
    .await?;
    class.goes_on().await
}

#[tokio::test]
async fn sequence_numbers_that_jump_about_cost_a_keyframe_request_now_and_then() -> Result<()> {
    let class = Class::opens(Limits::default()).await?;
    let before = class.hall.media.counters();
    flood(&class.weapon, 2, |count| count.wrapping_mul(20_011)).await;
    class.goes_on().await?;
    let after = class.hall.media.counters();
    // Two seconds and a bit: one request a half second for hers, and the same for Ada’s picture.
    let asked = after.keyframes_asked - before.keyframes_asked;
    ensure!(asked < 100, "{asked} keyframe requests");
    ensure!(after.asked_again - before.asked_again < 20_000, "{after:?}");
    Ok(())
}

#[tokio::test]
async fn giant_lists_of_losses_and_floods_of_keyframe_wishes_are_answered_in_measure() -> Result<()> {
    let mut class = Class::opens(Limits::default()).await?;
    let eve = class.hall.listens(&[class.ada.voice, class.ada.picture]).await?;
    arrived(&eve.client, class.ada.picture, 200).await?;
    let (before, asked) = (class.hall.media.counters(), class.ada.client.asked.load(Ordering::Relaxed));
    for _ in 0..200 {
        eve.client
            .tells(&|media_ssrc| -> Box<dyn Packet> {
                let nacks = (0..250_u16).map(|n| NackPair { packet_id: n * 262, lost_packets: 0xffff });
                Box::new(TransportLayerNack { sender_ssrc: 1, media_ssrc, nacks: nacks.collect() })
            })
            .await?;
        eve.client
            .tells(&|media_ssrc| -> Box<dyn Packet> {
                Box::new(PictureLossIndication { sender_ssrc: 1, media_ssrc })
            })
            .await?;
    }
    class.goes_on().await?;
    until("an answer to the wishes", PATIENCE, async || {
        Ok((class.ada.client.asked.load(Ordering::Relaxed) > asked).then_some(()))
    })
    .await?;
    let after = class.hall.media.counters();
    let (sent, resent) = (after.sent - before.sent, after.resent - before.resent);
    ensure!(resent < 400 + sent / 2, "{resent} packets again of {sent}");
    ensure!(after.keyframes_asked - before.keyframes_asked < 100, "{after:?}");
    Ok(())
}
