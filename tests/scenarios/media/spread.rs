//! A room that is too large for one worker: its viewers are served by two, and notice nothing.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use harness::{PATIENCE, until};
use server::media::{Command, Event, RoomTally};
use signaling::{id::TrackId, protocol::media::Connection};

use super::{
    arrived,
    client::{Arrived, is_keyframe},
    ensure_continuous,
    hall::{Hall, Listener, Speaker, losing},
    newest,
};

/// A speaker, and two viewers at different workers.
async fn class(hall: &mut Hall) -> Result<(Speaker, Listener, Listener)> {
    let ada = hall.publishes().await?;
    let near = hall.listens(&[ada.voice, ada.picture]).await?;
    let far = hall.listens(&[ada.voice, ada.picture]).await?;
    ensure!(near.port == hall.server.port(), "the first is served where the room is");
    ensure!(far.port != near.port, "the second elsewhere");
    Ok((ada, near, far))
}

/// Waits for so many packets of a track more than there are; gives the newest number.
async fn goes_on(viewer: &Listener, track: TrackId, packets: u32) -> Result<u32> {
    let before = newest(&viewer.client, track).unwrap_or(0);
    until("the track to go on", PATIENCE, async || {
        Ok(newest(&viewer.client, track).filter(|newest| *newest >= before + packets))
    })
    .await
}

#[tokio::test]
async fn viewers_of_two_workers_see_and_hear_the_same() -> Result<()> {
    let mut hall = Hall::spread()?;
    let (ada, near, far) = class(&mut hall).await?;
    for viewer in [&near, &far] {
        let sound = arrived(&viewer.client, ada.voice, 50).await?;
        let picture = arrived(&viewer.client, ada.picture, 200).await?;
        ensure_continuous(&sound)?;
        ensure_continuous(&picture)?;
        ensure!(is_keyframe(&picture[0].payload), "a picture begins with a keyframe");
    }
    // Somebody who comes later, there as well.
    let late = hall.listens(&[ada.picture]).await?;
    ensure!(is_keyframe(&arrived(&late.client, ada.picture, 50).await?[0].payload));
    // A departure concerns nobody else.
    hall.send(Command::Leave { participant: far.id })?;
    goes_on(&near, ada.picture, 100).await?;
    goes_on(&late, ada.picture, 100).await?;
    // A track that ends is told once.
    hall.send(Command::Unpublish { track: ada.voice })?;
    let ended =
        |event: &Event| matches!(event, Event::TrackEnded { track } if *track == ada.voice).then_some(());
    hall.hears("the end of the voice", ended).await?;
    goes_on(&near, ada.picture, 100).await?;
    goes_on(&late, ada.picture, 100).await?;
    let counters = hall.media.counters();
    assert_eq!((counters.panics, counters.relay_dropped, counters.unauthentic), (0, 0, 0));
    assert_eq!(counters.rooms, 2, "the room and its annex");
    hall.send(Command::Close)?;
    until("both to be closed", PATIENCE, async || {
        let counters = hall.media.counters();
        Ok(((counters.rooms, counters.connections, counters.tracks) == (0, 0, 0)).then_some(()))
    })
    .await
}

#[tokio::test]
async fn a_mute_holds_at_both_workers() -> Result<()> {
    let mut hall = Hall::spread()?;
    let (ada, near, far) = class(&mut hall).await?;
    for viewer in [&near, &far] {
        arrived(&viewer.client, ada.voice, 20).await?;
        arrived(&viewer.client, ada.picture, 20).await?;
    }
    hall.send(Command::Mute { track: ada.voice, muted: true })?;
    let mut silent = Vec::new();
    for viewer in [&near, &far] {
        // What was on its way has arrived by then.
        goes_on(viewer, ada.picture, 100).await?;
        silent.push(newest(&viewer.client, ada.voice));
    }
    for viewer in [&near, &far] {
        goes_on(viewer, ada.picture, 250).await?;
    }
    assert_eq!([&near, &far].map(|viewer| newest(&viewer.client, ada.voice)).to_vec(), silent);
    hall.send(Command::Mute { track: ada.voice, muted: false })?;
    for (viewer, silent) in [&near, &far].into_iter().zip(silent) {
        ensure!(goes_on(viewer, ada.voice, 20).await? > silent.context("nothing was heard before")? + 20);
    }
    Ok(())
}

#[tokio::test]
async fn lost_packets_are_resent_by_the_worker_that_serves_the_viewer() -> Result<()> {
    let mut hall = Hall::spread()?;
    let (ada, near, far) = class(&mut hall).await?;
    arrived(&far.client, ada.picture, 20).await?;
    let network = hall.far.as_ref().context("no second proxy")?;
    network.set(losing(0.0, 0.08));
    let first = newest(&far.client, ada.picture).unwrap_or(0);
    goes_on(&far, ada.picture, 1_000).await?;
    network.set(losing(0.0, 0.0));
    ensure!(network.counts().1.lost > 50);
    until("the holes to be filled", PATIENCE, async || {
        let packets = far.client.packets(&ada.picture.to_string());
        let numbers: BTreeSet<u32> = packets.iter().filter_map(Arrived::number).collect();
        Ok((numbers.range(first..first + 1_000).count() >= 990).then_some(()))
    })
    .await?;
    until("the counters", PATIENCE, async || Ok((hall.media.counters().resent > 30).then_some(()))).await?;
    ensure_continuous(&arrived(&near.client, ada.picture, 200).await?)
}

#[tokio::test]
async fn a_viewer_elsewhere_may_lose_and_restart_its_connection() -> Result<()> {
    let mut hall = Hall::spread()?;
    let (ada, _near, mut far) = class(&mut hall).await?;
    arrived(&far.client, ada.picture, 20).await?;
    far.client.close().await?;
    let gone = far.id;
    hall.hears("the loss", |event| match event {
        Event::Disconnected { participant, connection: Connection::Subscribe, .. } => {
            (*participant == gone).then_some(())
        }
        _ => None,
    })
    .await?;
    far.client = super::client::Client::new().await?;
    hall.send(Command::RestartSubscribe { participant: far.id })?;
    hall.takes_offer(&far).await?;
    far.client.connected().await?;
    ensure!(is_keyframe(&arrived(&far.client, ada.picture, 50).await?[0].payload));
    Ok(())
}

/// The rooms that the workers have, and the annexes among them.
async fn rooms(hall: &Hall) -> Result<(usize, usize)> {
    let rooms = hall.media.tallies().await.context("a worker is busy")?;
    Ok((rooms.len(), rooms.iter().filter(|room| room.annex).count()))
}

#[tokio::test]
async fn an_annex_whose_viewers_have_left_is_given_back() -> Result<()> {
    let mut hall = Hall::spread()?;
    let (ada, near, far) = class(&mut hall).await?;
    goes_on(&far, ada.voice, 50).await?;
    ensure!(rooms(&hall).await? == (2, 1), "the room and its annex");
    hall.send(Command::Leave { participant: far.id })?;
    until("the annex to close", PATIENCE, async || Ok((rooms(&hall).await? == (1, 0)).then_some(()))).await?;
    until("its place to be free", PATIENCE, async || {
        let second = hall.media.counters_by_worker().get(1).copied().context("no second worker")?;
        Ok(((second.rooms, second.connections, second.tracks) == (0, 0, 0)).then_some(()))
    })
    .await?;
    goes_on(&near, ada.picture, 100).await?;
    // And taken again.
    let next = hall.listens(&[ada.voice, ada.picture]).await?;
    ensure!(next.port == far.port && rooms(&hall).await? == (2, 1));
    ensure!(is_keyframe(&arrived(&next.client, ada.picture, 50).await?[0].payload));
    ensure_continuous(&arrived(&next.client, ada.voice, 50).await?)?;
    goes_on(&near, ada.voice, 50).await?;
    ensure!(hall.media.counters().panics == 0);
    Ok(())
}

#[tokio::test]
async fn who_comes_back_to_a_full_worker_is_served_by_another_alone() -> Result<()> {
    let mut hall = Hall::spread()?;
    let ada = hall.publishes().await?;
    let mut ben = hall.listens(&[ada.voice, ada.picture]).await?;
    ensure!(ben.port == hall.server.port());
    ben.client.close().await?;
    let gone = ben.id;
    hall.hears("the loss", |event| match event {
        Event::Disconnected { participant, .. } => (*participant == gone).then_some(()),
        _ => None,
    })
    .await?;
    // Somebody else has his place by the time he is back.
    let eve = hall.listens(&[ada.voice, ada.picture]).await?;
    ensure!(eve.port == hall.server.port());
    ben.client = super::client::Client::new().await?;
    hall.send(Command::Subscribe { participant: ben.id, tracks: vec![ada.voice, ada.picture] })?;
    hall.takes_offer(&ben).await?;
    ben.client.connected().await?;
    hall.connected(ben.id, Connection::Subscribe).await?;
    ensure!(is_keyframe(&arrived(&ben.client, ada.picture, 50).await?[0].payload));
    // What he had asked for where he was before is not offered there as well.
    for track in [ada.voice, ada.picture] {
        hall.send(Command::Unpublish { track })?;
        hall.hears("the end", |event| (*event == Event::TrackEnded { track }).then_some(())).await?;
    }
    let back = hall.comes_back(&ada).await?;
    // The tracks come to the annex one after the other.
    while hall.takes_offer(&ben).await?.len() < 2 {}
    hall.takes_offer(&eve).await?;
    let so_far = ben.client.packets(&back.voice.to_string()).len();
    arrived(&ben.client, back.voice, so_far + 50).await?;
    ensure!(hall.offers_waiting(ben.id) == 0, "he is served twice");
    let rooms = hall.media.tallies().await.context("a worker is busy")?;
    let serving = |room: &&RoomTally| room.subscribers.iter().any(|one| one.participant == ben.id);
    ensure!(
        rooms.iter().filter(serving).count() == 1 && rooms.iter().any(|room| room.annex && serving(&room))
    );
    Ok(())
}
