//! Sound by the WebSocket: who has no media connection at all hears a peer who has, and is heard.

use std::{fs, path::Path, time::Duration};

use anyhow::{Context, Result, bail, ensure};
use harness::{
    PATIENCE,
    peer::{Peer, Sound},
    person::Person,
    server::Preau,
    until,
};
use serde_json::Value;
use signaling::{
    id::{ParticipantId, TrackId},
    protocol::{Notice, Refusal, Request, media::SoundStream, sound::MAX_PACKET, stage::Source},
};

const FRAME: u32 = 960;

/// What a page without media sends: numbered packets that say nothing, but are long enough for a voice.
fn spoken(number: u32) -> Vec<u8> {
    let timestamp = number.wrapping_mul(FRAME).wrapping_add(u32::MAX - 10 * FRAME);
    [&[1][..], &timestamp.to_be_bytes(), &packet(number)].concat()
}

fn packet(number: u32) -> Vec<u8> {
    [&[0xf8_u8][..], &[0x5a; 40], &number.to_be_bytes()].concat()
}

/// The number of a packet of [`spoken`]; `None` for those of others.
fn number(sound: &Sound) -> Option<u32> {
    let number = sound.payload.last_chunk().map(|bytes| u32::from_be_bytes(*bytes))?;
    (sound.payload == packet(number)).then_some(number)
}

/// Speaks fifty times a second.
async fn speaks(person: &mut Person, numbers: std::ops::Range<u32>) -> Result<()> {
    let mut tick = tokio::time::interval(Duration::from_millis(20));
    for number in numbers {
        tick.tick().await;
        person.line().send_bytes(spoken(number)).await?;
    }
    Ok(())
}

/// Asks for sound by the socket; gives the track of the own microphone.
async fn asks(person: &mut Person, on: bool, microphone: bool) -> Result<Option<TrackId>> {
    person.asks(Request::Sound { on, microphone }).await?;
    person
        .hears("the answer", |notice| match notice {
            Notice::Sound { on: told, microphone, .. } if *told == on => Some(*microphone),
            _ => None,
        })
        .await
}

/// Waits for a binary message, and gives its stream, its timestamp and its packet.
async fn hears(person: &mut Person) -> Result<(u32, u32, Vec<u8>)> {
    until("sound by the socket", PATIENCE, async || {
        person.listens_for(Duration::from_millis(10)).await?;
        let Some(message) = person.line().sounds.pop_front() else { return Ok(None) };
        let [1, s0, s1, s2, s3, t0, t1, t2, t3, packet @ ..] = message.as_slice() else {
            bail!("not sound: {message:?}")
        };
        let be = |bytes: [u8; 4]| u32::from_be_bytes(bytes);
        Ok(Some((be([*s0, *s1, *s2, *s3]), be([*t0, *t1, *t2, *t3]), packet.to_vec())))
    })
    .await
}

/// The numbered packets that a peer has heard, without those of others.
fn numbered(peer: &Peer) -> Vec<(u32, Sound)> {
    peer.sounds().into_iter().filter_map(|sound| Some((number(&sound)?, sound))).collect()
}

async fn is_heard(peer: &Peer, last: u32) -> Result<Vec<(u32, Sound)>> {
    until(&format!("packet {last}"), PATIENCE, async || {
        let heard = numbered(peer);
        Ok(heard.iter().any(|(number, _)| *number == last).then_some(heard))
    })
    .await
}

#[tokio::test]
async fn who_has_no_media_hears_and_is_heard_and_recorded() -> Result<()> {
    let server = Preau::start().await?;
    let mut ada = Person::enters(&server, &server.links.trainer, "Ada").await?;
    let mut ben = Person::enters(&server, &server.links.participant, "Ben").await?;
    let (mut voice, ear) = (Peer::new().await?, Peer::new().await?);
    voice.publishes(&mut ada).await?;

    let microphone = asks(&mut ben, true, true).await?.context("no microphone is named")?;
    let (stream, first, packet) = hears(&mut ben).await?;
    ensure!(packet == [&[0xf8_u8][..], &[0xaa; 60]].concat(), "{packet:?}");
    for n in 1..50 {
        ensure!(hears(&mut ben).await? == (stream, first.wrapping_add(n * FRAME), packet.clone()));
    }
    let named = ben
        .hears("whose stream it is", |notice| match notice {
            Notice::Sound { streams, .. } => streams.iter().find(|named| named.stream == stream).cloned(),
            _ => None,
        })
        .await?;
    let SoundStream { participant, source, .. } = named;
    ensure!((participant, source) == (ada.id(), Source::Microphone));

    ear.subscribes(&mut ada, 1).await?;
    speaks(&mut ben, 0..150).await?;
    let heard = is_heard(&ear, 149).await?;
    ensure!(heard.len() >= 100, "{} of 150", heard.len());
    let (from, origin) = heard.first().context("nothing")?.clone();
    for (number, sound) in &heard {
        let on = number - from;
        ensure!(sound.ssrc == origin.ssrc);
        ensure!(sound.sequence == origin.sequence.wrapping_add(u16::try_from(on)?), "{number}");
        ensure!(sound.timestamp == origin.timestamp.wrapping_add(on * FRAME), "{number}");
    }

    is_silenced_by_the_trainer(&mut ada, &mut ben, microphone, &ear).await?;
    asks(&mut ben, false, false).await?;
    let his = ben.id();
    ada.sees("Ben without a microphone", |person| person.id == his && person.tracks.is_empty()).await?;
    is_recorded(&mut ada, server.data(), his).await?;
    voice.closes().await
}

/// The server enforces it, whatever Ben's page does.
async fn is_silenced_by_the_trainer(
    ada: &mut Person,
    ben: &mut Person,
    track: TrackId,
    ear: &Peer,
) -> Result<()> {
    let participant = ben.id();
    ada.asks(Request::MuteParticipant { participant, source: Source::Microphone }).await?;
    let muted = |wanted: bool| {
        move |notice: &Notice| match notice {
            Notice::Person { person } if person.id == participant => {
                person.tracks.iter().any(|track| track.muted == wanted).then_some(())
            }
            _ => None,
        }
    };
    ben.hears("muted by the trainer", muted(true)).await?;
    speaks(ben, 1_000..1_050).await?;
    ben.asks(Request::Mute { track, muted: false }).await?;
    ben.hears("heard again", muted(false)).await?;
    speaks(ben, 2_000..2_010).await?;
    let heard = is_heard(ear, 2_009).await?;
    let forbidden = heard.iter().filter(|(number, _)| (1_000..1_050).contains(number)).count();
    ensure!(forbidden == 0, "{forbidden} packets were forwarded");
    Ok(())
}

/// The replay has most of the three seconds of Ben's microphone.
async fn is_recorded(ada: &mut Person, data: &Path, who: ParticipantId) -> Result<()> {
    ada.asks(Request::EndSeance {}).await?;
    let recording = ada
        .hears("the replay", |notice| match notice {
            Notice::RecordingReady { recording } => Some(*recording),
            _ => None,
        })
        .await?;
    let folder = data.join("recordings").join(ada.welcome.seance.id.to_string()).join(recording.to_string());
    let manifest: Value = serde_json::from_slice(&fs::read(folder.join("manifest.json"))?)?;
    let tracks = manifest["tracks"].as_array().context("no tracks")?;
    let own =
        tracks.iter().find(|track| track["participant"] == who.to_string()).context("no track of his")?;
    let segments = own["segments"].as_array().context("no segments")?;
    let recorded: u64 = segments.iter().filter_map(|segment| segment["dur_us"].as_u64()).sum();
    ensure!(own["codec"] == "opus" && recorded > 2_500_000, "{own}");
    Ok(())
}

#[tokio::test]
async fn a_microphone_goes_over_to_the_socket_and_back_in_one_stream() -> Result<()> {
    let server = Preau::start().await?;
    let mut ada = Person::enters(&server, &server.links.trainer, "Ada").await?;
    let mut ben = Person::enters(&server, &server.links.participant, "Ben").await?;
    let (ear, mut voice) = (Peer::new().await?, Peer::new().await?);
    voice.publishes(&mut ben).await?;
    ear.subscribes(&mut ada, 2).await?;
    ear.receives(25).await?;
    // His media connection breaks down; the server need not know that yet.
    asks(&mut ben, true, true).await?.context("no microphone is named")?;
    speaks(&mut ben, 0..50).await?;
    is_heard(&ear, 49).await?;

    let mut again = Peer::new().await?;
    again.publishes(&mut ben).await?;
    let before = ear.sounds().len();
    until("sound by the new connection", PATIENCE, async || {
        Ok((ear.sounds().len() > before + 50).then_some(()))
    })
    .await?;
    // It has taken the track over: no longer by the socket takes nothing back.
    ensure!(asks(&mut ben, false, false).await?.is_none());
    ear.receives(25).await?;
    let sounds = ear.sounds();
    ensure!(sounds.iter().all(|sound| sound.ssrc == sounds[0].ssrc), "one stream");
    for pair in sounds.windows(2) {
        let [one, next] = pair else { continue };
        ensure!(next.sequence == one.sequence.wrapping_add(1), "{} then {}", one.sequence, next.sequence);
    }
    again.closes().await
}

#[tokio::test]
async fn what_is_no_sound_or_not_allowed_is_refused() -> Result<()> {
    let server = Preau::start().await?;
    let mut watcher = Person::enters(&server, &server.links.organiser, "Olga").await?;
    let mut ben = Person::enters(&server, &server.links.participant, "Ben").await?;
    let speak = Request::Sound { on: true, microphone: true };
    ensure!(watcher.is_refused(speak).await? == Refusal::NotAllowed);
    ensure!(asks(&mut watcher, true, false).await?.is_none(), "who may not speak may hear");

    asks(&mut ben, true, true).await?;
    ben.line().send_bytes(b"rubbish".to_vec()).await?;
    ensure!(matches!(ben.hears_refusal().await?, Refusal::Malformed { .. }));
    ben.line().send_bytes([&[1, 0, 0, 0, 0][..], &[0; MAX_PACKET + 1]].concat()).await?;
    ensure!(ben.hears_refusal().await? == Refusal::TooLarge);
    // Nobody's microphone: dropped, and the connection goes on.
    for number in 0..20 {
        watcher.line().send_bytes(spoken(number)).await?;
    }
    // Twice as much as a voice, for several seconds.
    let mut tick = tokio::time::interval(Duration::from_millis(10));
    for number in 0..400 {
        tick.tick().await;
        ben.line().send_bytes(spoken(number)).await?;
    }
    ensure!(ben.hears_refusal().await? == Refusal::TooMuchMedia);
    watcher.reads(&ben.says("toujours là").await?.text).await?;
    Ok(())
}
