//! The `webrtc` crate as a participant: an implementation that is not ours joins, publishes and receives.

use anyhow::Result;
use harness::{PATIENCE, peer::Peer, person::Person, server::Preau, until};
use signaling::protocol::{
    MAX_TILES, Notice, Refusal, Request, media::QualityLevel, media::Tile, stage::Source,
};

#[tokio::test]
async fn the_webrtc_crate_publishes_and_receives() -> Result<()> {
    let server = Preau::start().await?;
    let mut trainer = Person::enters(&server, &server.links.trainer, "Ada").await?;
    let mut ben = Person::enters(&server, &server.links.participant, "Ben").await?;
    let mut hers = Peer::new().await?;
    let mut his = Peer::new().await?;
    hers.publishes(&mut trainer).await?;
    his.publishes(&mut ben).await?;
    hers.subscribes(&mut trainer, 2).await?;
    his.subscribes(&mut ben, 2).await?;
    hers.receives(25).await?;
    his.receives(25).await?;
    hers.closes().await?;
    his.closes().await
}

#[tokio::test]
async fn a_muted_microphone_is_not_forwarded() -> Result<()> {
    let server = Preau::start().await?;
    let mut trainer = Person::enters(&server, &server.links.trainer, "Ada").await?;
    let mut ben = Person::enters(&server, &server.links.participant, "Ben").await?;
    let ear = Peer::new().await?;
    let mut voice = Peer::new().await?;
    voice.publishes(&mut ben).await?;
    ear.subscribes(&mut trainer, 2).await?;
    ear.receives(10).await?;

    let participant = ben.id();
    trainer.asks(Request::MuteParticipant { participant, source: Source::Microphone }).await?;
    // Ben’s client does not obey: it goes on sending. The server enforces.
    ben.hears("muted by the trainer", |notice| match notice {
        Notice::Person { person } if person.id == participant => {
            person.tracks.iter().any(|track| track.muted_by_trainer).then_some(())
        }
        _ => None,
    })
    .await?;
    let (before, _) = {
        // A packet may still be on its way when the notice arrives.
        ear.receives_pictures(3).await?;
        ear.received()
    };
    ear.receives_pictures(25).await?;
    let (after, _) = ear.received();
    assert_eq!(before, after, "sound is still forwarded");
    Ok(())
}

/// What is off the screen is not sent, though its publisher goes on sending.
#[tokio::test]
async fn a_picture_off_the_screen_is_not_sent() -> Result<()> {
    let server = Preau::start().await?;
    let mut trainer = Person::enters(&server, &server.links.trainer, "Ada").await?;
    let mut ben = Person::enters(&server, &server.links.participant, "Ben").await?;
    let mut camera = Peer::new().await?;
    let eye = Peer::new().await?;
    camera.publishes(&mut ben).await?;
    eye.subscribes(&mut trainer, 2).await?;
    eye.receives(10).await?;
    let his = ben.id();
    let camera_of = |notice: &Notice| match notice {
        Notice::Person { person } if person.id == his => {
            person.tracks.iter().find(|own| own.source == Source::Camera).map(|own| own.track)
        }
        _ => None,
    };
    let track = trainer.hears("the camera", camera_of).await?;
    trainer.asks(Request::View { tiles: Vec::new() }).await?;
    let mut last = eye.received();
    until("sound without a picture", PATIENCE, async || {
        let (sounds, pictures) = eye.received();
        if pictures != last.1 {
            last = (sounds, pictures);
        }
        Ok((sounds >= last.0 + 25).then_some(()))
    })
    .await?;
    trainer.asks(Request::View { tiles: vec![Tile { track, width: 320, height: 180 }] }).await?;
    eye.receives_pictures(10).await?;
    let tiles = vec![Tile { track, width: 1, height: 1 }; MAX_TILES + 1];
    let refusal = trainer.is_refused(Request::View { tiles }).await?;
    assert!(matches!(refusal, Refusal::Malformed { .. }), "{refusal:?}");
    Ok(())
}

#[tokio::test]
async fn people_learn_how_good_their_own_connection_is() -> Result<()> {
    let server = Preau::start().await?;
    let mut trainer = Person::enters(&server, &server.links.trainer, "Ada").await?;
    let mut ben = Person::enters(&server, &server.links.participant, "Ben").await?;
    let (mut voice, ear) = (Peer::new().await?, Peer::new().await?);
    voice.publishes(&mut trainer).await?;
    ear.subscribes(&mut ben, 2).await?;
    for person in [&mut trainer, &mut ben] {
        let figures = person
            .hears("the quality", |notice| match notice {
                Notice::Quality { level, loss_percent, .. } => Some((*level, *loss_percent)),
                _ => None,
            })
            .await?;
        assert_eq!(figures, (QualityLevel::Good, 0), "nothing is lost on the loopback");
    }
    Ok(())
}
