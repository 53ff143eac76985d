//! The media plane by itself: an implementation that is not ours publishes and receives over real sockets, on good
//! networks and bad ones, among strangers who send rubbish.

mod attack;
mod client;
mod hall;
mod hostile;
mod loss;
mod loudest;
mod misuse;
mod network;
mod newcomer;
mod profile;
mod red;
mod remb;
mod round_trip;
mod simulcast;
mod spread;

use std::{collections::BTreeSet, sync::atomic::Ordering};

use anyhow::{Result, ensure};
use harness::{PATIENCE, until};
use server::{
    clock,
    media::{Codec, Command, Event, PublishedTrack, TapItem},
};
use signaling::{
    id::{ParticipantId, TrackId},
    protocol::stage::Source,
};

use client::{Arrived, Client, is_keyframe};
use hall::Hall;

/// Waits until the client has so many packets of a track, and gives them.
async fn arrived(client: &Client, track: TrackId, count: usize) -> Result<Vec<Arrived>> {
    let name = track.to_string();
    until(&format!("{count} packets of {name}"), PATIENCE, async || {
        let packets = client.packets(&name);
        Ok((packets.len() >= count).then_some(packets))
    })
    .await
}

/// The highest number that arrived of a track.
fn newest(client: &Client, track: TrackId) -> Option<u32> {
    client.packets(&track.to_string()).iter().filter_map(Arrived::number).max()
}

/// Sequence numbers and source numbers keep their distance, whatever the order of arrival.
fn ensure_continuous(packets: &[Arrived]) -> Result<()> {
    for pair in packets.windows(2) {
        let [a, b] = pair else { continue };
        let (Some(x), Some(y)) = (a.number(), b.number()) else { continue };
        ensure!(b.sequence.wrapping_sub(a.sequence) == (y.wrapping_sub(x) & 0xffff) as u16, "{x} then {y}");
        ensure!(a.ssrc == b.ssrc);
    }
    Ok(())
}

#[tokio::test]
async fn sound_and_picture_reach_a_subscriber_unchanged() -> Result<()> {
    let mut hall = Hall::open()?;
    let ada = hall.publishes().await?;
    let live = |event: &Event| match event {
        Event::TrackLive { track, codec } => Some((*track, *codec)),
        _ => None,
    };
    let mut codecs = vec![hall.hears("a track", live).await?, hall.hears("a track", live).await?];
    codecs.sort_by_key(|(track, _)| *track != ada.voice);
    assert_eq!(codecs, [(ada.voice, Codec::Opus), (ada.picture, Codec::Vp8)]);

    let ben = hall.listens(&[ada.voice, ada.picture]).await?;
    let sound = arrived(&ben.client, ada.voice, 100).await?;
    let picture = arrived(&ben.client, ada.picture, 300).await?;
    ensure_continuous(&sound)?;
    ensure_continuous(&picture)?;
    assert!(is_keyframe(&picture[0].payload), "the picture begins with a keyframe");
    assert!(ada.client.asked.load(Ordering::Relaxed) > 0, "which was asked for");
    assert!(sound[0].sequence < 1 << 15 && picture[0].sequence < 1 << 15);
    let counters = hall.media.counters();
    assert_eq!((counters.unauthentic, counters.malformed, counters.panics), (0, 0, 0));
    Ok(())
}

#[tokio::test]
async fn nothing_of_a_muted_track_is_forwarded_or_recorded() -> Result<()> {
    let mut hall = Hall::open()?;
    let ada = hall.publishes().await?;
    let (tap, recorded) = crossbeam_channel::bounded(10_000);
    hall.send(Command::Tap { tap: Some(tap) })?;
    let ben = hall.listens(&[ada.voice, ada.picture]).await?;
    arrived(&ben.client, ada.voice, 10).await?;
    arrived(&ben.client, ada.picture, 10).await?;
    for track in [ada.voice, ada.picture] {
        hall.send(Command::Mute { track, muted: true })?;
    }
    // How long the mute lasts, by what the publisher sends meanwhile.
    tokio::time::sleep(std::time::Duration::from_millis(800)).await;
    let so_far = |track: TrackId| ben.client.packets(&track.to_string()).len();
    let before = [(ada.voice, so_far(ada.voice)), (ada.picture, so_far(ada.picture))];
    for track in [ada.voice, ada.picture] {
        hall.send(Command::Mute { track, muted: false })?;
    }
    for (track, before) in before {
        let packets = arrived(&ben.client, track, before + 50).await?;
        let gaps: Vec<_> = packets.windows(2).filter(|pair| numbers(pair).1 != numbers(pair).0 + 1).collect();
        assert_eq!(gaps.len(), 1, "one silence");
        let (last, next) = numbers(gaps[0]);
        assert!(next - last > 30, "what was sent meanwhile stays unheard, not only {last} to {next}");
        assert_eq!(gaps[0][1].sequence, gaps[0][0].sequence.wrapping_add(1), "no hole for the receiver");
        if track == ada.picture {
            assert!(is_keyframe(&gaps[0][1].payload));
        } else {
            let silence = last + 1..next;
            let heard =
                numbers_of(track, &recorded).into_iter().filter(|number| silence.contains(number)).count();
            assert_eq!(heard, 0, "the recorder heard {heard} packets while muted");
        }
    }
    Ok(())
}

/// The numbers of two neighbours.
fn numbers(pair: &[Arrived]) -> (u32, u32) {
    let number = |at: usize| pair.get(at).and_then(Arrived::number).unwrap_or(0);
    (number(0), number(1))
}

/// The numbers of a track's packets that the recorder got.
fn numbers_of(wanted: TrackId, recorded: &crossbeam_channel::Receiver<TapItem>) -> Vec<u32> {
    let number = |item| match item {
        TapItem::Packet { track, rtp, .. } if track == wanted => {
            rtp.last_chunk().map(|bytes| u32::from_be_bytes(*bytes))
        }
        _ => None,
    };
    let numbers: Vec<u32> = recorded.try_iter().filter_map(number).collect();
    assert!(!numbers.is_empty(), "nothing was recorded at all");
    numbers
}

#[tokio::test]
async fn both_connections_survive_an_ice_restart() -> Result<()> {
    let mut hall = Hall::open()?;
    let ada = hall.publishes().await?;
    let ben = hall.listens(&[ada.voice]).await?;
    arrived(&ben.client, ada.voice, 10).await?;

    hall.negotiates(&ada, true).await?;
    let so_far = ben.client.packets(&ada.voice.to_string()).len();
    arrived(&ben.client, ada.voice, so_far + 50).await?;

    hall.send(Command::RestartSubscribe { participant: ben.id })?;
    hall.takes_offer(&ben).await?;
    let so_far = ben.client.packets(&ada.voice.to_string()).len();
    let packets = arrived(&ben.client, ada.voice, so_far + 50).await?;
    ensure_continuous(&packets)
}

#[tokio::test]
async fn tracks_come_and_go() -> Result<()> {
    let mut hall = Hall::open()?;
    let ada = hall.publishes().await?;
    let ben = hall.listens(&[ada.voice, ada.picture]).await?;
    arrived(&ben.client, ada.voice, 10).await?;

    // Ada closes her page: the server hears it at once.
    ada.client.close().await?;
    for _ in 0..2 {
        hall.hears("the end of a track", |event| match event {
            Event::TrackEnded { track } => (*track == ada.voice || *track == ada.picture).then_some(()),
            _ => None,
        })
        .await?;
    }
    hall.send(Command::Subscribe { participant: ben.id, tracks: vec![] })?;
    assert!(hall.takes_offer(&ben).await?.is_empty());

    // Carol's tracks take over the free media sections.
    let carol = hall.publishes().await?;
    hall.send(Command::Subscribe { participant: ben.id, tracks: vec![carol.voice, carol.picture] })?;
    let mut offered = hall.takes_offer(&ben).await?;
    offered.sort();
    assert_eq!(offered.iter().map(|(mid, _)| mid.as_str()).collect::<Vec<_>>(), ["0", "1"]);
    Ok(())
}

#[tokio::test]
async fn a_publisher_who_comes_back_keeps_its_subscribers() -> Result<()> {
    let mut hall = Hall::open()?;
    let ada = hall.publishes().await?;
    let ben = hall.listens(&[ada.voice, ada.picture]).await?;
    arrived(&ben.client, ada.voice, 10).await?;
    let before = arrived(&ben.client, ada.picture, 10).await?;
    // Her page lost everything and negotiates the same tracks anew; the old connection is still open.
    let _back = hall.comes_back(&ada).await?;
    let so_far = (ben.client.packets(&ada.voice.to_string()).len(), before.len());
    arrived(&ben.client, ada.voice, so_far.0 + 50).await?;
    until("the first keyframe of the new connection", PATIENCE, async || {
        let packets = ben.client.packets(&ada.picture.to_string());
        let anew = packets.iter().skip(so_far.1).any(|packet| packet.number() == Some(0));
        Ok(anew.then_some(()))
    })
    .await?;
    let packets = ben.client.packets(&ada.picture.to_string());
    let ssrcs: BTreeSet<u32> = packets.iter().map(|packet| packet.ssrc).collect();
    assert_eq!(ssrcs.len(), 1, "the subscriber sees one stream");
    let mut sequences: Vec<u16> = packets.iter().map(|packet| packet.sequence).collect();
    sequences.dedup();
    let distinct: BTreeSet<u16> = sequences.iter().copied().collect();
    assert_eq!(distinct.len(), sequences.len(), "no sequence number twice");
    Ok(())
}

#[tokio::test]
async fn somebody_may_wait_for_a_track_that_is_not_there_yet() -> Result<()> {
    let mut hall = Hall::open()?;
    let ada = hall.publishes().await?;
    let ben = hall.listens(&[ada.voice]).await?;
    let (early, late) = (ada.voice, hall.publishes().await?);
    hall.send(Command::Subscribe { participant: ben.id, tracks: vec![early, late.picture] })?;
    assert_eq!(hall.takes_offer(&ben).await?.len(), 2);
    arrived(&ben.client, late.picture, 10).await?;
    hall.send(Command::Leave { participant: late.id })?;
    hall.hears("the end of the picture", |event| {
        (*event == Event::TrackEnded { track: late.picture }).then_some(())
    })
    .await?;
    let so_far = ben.client.packets(&early.to_string()).len();
    arrived(&ben.client, early, so_far + 20).await?;
    Ok(())
}

#[tokio::test]
async fn wrong_requests_are_refused_and_disturb_nobody() -> Result<()> {
    let mut hall = Hall::open()?;
    let ada = hall.publishes().await?;
    let ben = hall.listens(&[ada.voice]).await?;
    let mallory = ParticipantId(clock::mint());
    let offer = ada.client.offer(false).await?;
    let tracks = ada.tracks(&offer)?;
    let own = |mid: &str| {
        vec![PublishedTrack {
            mid: mid.to_owned(),
            track: TrackId(clock::mint()),
            source: Source::Microphone,
        }]
    };
    let publish = |offer: &str, tracks: Vec<PublishedTrack>| Command::Publish {
        participant: mallory,
        negotiation: 1,
        offer: offer.to_owned(),
        tracks,
    };
    let many = (0..7).flat_map(|n| own(&n.to_string())).collect();
    let requests = [
        (publish("v=0\r\nthis is not SDP", vec![]), "BadSdp"),
        (publish(&"a=x\r\n".repeat(20_000), vec![]), "BadSdp"),
        (publish(&offer, many), "TooManyTracks(6)"),
        (publish(&offer, own("7")), "NoSuchSection(\"7\")"),
        (publish(&offer, own("1")), "NoSuchSection(\"1\")"),
        (publish(&offer, tracks), "ForeignTrack"),
        (Command::Answer { participant: mallory, negotiation: 1, sdp: offer.clone() }, "OutOfTurn"),
        (Command::Answer { participant: ben.id, negotiation: 1, sdp: offer.clone() }, "OutOfTurn"),
    ];
    for (request, expected) in requests {
        hall.send(request)?;
        let reason = hall
            .hears("a refusal", |event| match event {
                Event::Refused { reason, .. } => Some(format!("{reason:?}")),
                _ => None,
            })
            .await?;
        assert!(reason.starts_with(expected), "{reason}, not {expected}");
    }
    let so_far = ben.client.packets(&ada.voice.to_string()).len();
    arrived(&ben.client, ada.voice, so_far + 20).await?;
    Ok(())
}

#[tokio::test]
async fn a_room_that_nobody_hears_closes_and_shutdown_ends_everything() -> Result<()> {
    let mut hall = Hall::open()?;
    let ada = hall.publishes().await?;
    let counters = until("the figures", PATIENCE, async || {
        Ok(Some(hall.media.counters()).filter(|counters| counters.connections > 0))
    })
    .await?;
    assert_eq!((counters.rooms, counters.connections, counters.tracks), (1, 1, 2));
    let (media, room) = hall.abandoned();
    until("the room to close", PATIENCE, async || {
        let counters = media.counters();
        Ok((counters.rooms == 0 && counters.connections == 0 && counters.tracks == 0).then_some(()))
    })
    .await?;
    // The room is gone: what is sent to it has no effect.
    room.send(Command::Leave { participant: ada.id })?;
    media.shutdown();
    media.shutdown();
    assert!(room.send(Command::Close).is_err());
    Ok(())
}
