//! Who is heard and seen: microphones that are silenced, one screen at a time.

use super::*;

#[test]
fn the_trainer_silences_and_the_person_may_speak_again() {
    let mut class = Class::open();
    class.enter(after(0), &trainer()).unwrap();
    class.enter(after(0), &participant(1)).unwrap();
    class.ask(after(1), 201, publish(&[Source::Microphone]));
    let effects = class.ask(after(2), 11, Request::MuteAll {});
    let track = class.room.stage.track_of(id(PARTICIPANTS + 1), Source::Microphone).unwrap();
    assert!(effects.contains(&Effect::Media(MediaOrder::Mute { track, muted: true })));
    let shown = class.room.person(id(PARTICIPANTS + 1)).unwrap().tracks;
    assert!(shown.first().unwrap().muted_by_trainer);
    let effects = class.ask(after(2), 201, publish(&[Source::Microphone, Source::Camera]));
    let silenced = effects.iter().find_map(|effect| match effect {
        Effect::Media(MediaOrder::Publish { tracks, .. }) => {
            tracks.iter().find(|t| t.track == track).map(|t| t.muted)
        }
        _ => None,
    });
    assert_eq!(silenced, Some(true), "a renegotiation does not undo it");
    class.ask(after(3), 201, Request::Mute { track, muted: false });
    assert!(!class.room.person(id(PARTICIPANTS + 1)).unwrap().tracks.first().unwrap().muted);
    assert_eq!(
        refusal(&class.ask(after(4), 11, Request::Mute { track, muted: true })),
        Some(Refusal::UnknownTrack)
    );
}

#[test]
fn one_screen_at_a_time_and_only_with_the_floor() {
    let mut class = Class::open();
    class.enter(after(0), &trainer()).unwrap();
    class.enter(after(0), &participant(1)).unwrap();
    assert_eq!(refusal(&class.ask(after(1), 201, publish(&[Source::Screen]))), Some(Refusal::NotAllowed));
    let floor = Request::SetRole { participant: id(PARTICIPANTS + 1), role: Role::Speaker };
    class.ask(after(2), 11, floor);
    class.ask(after(3), 201, publish(&[Source::Screen, Source::ScreenAudio]));
    assert_eq!(refusal(&class.ask(after(4), 11, publish(&[Source::Screen]))), Some(Refusal::ScreenTaken));
    let twice = publish(&[Source::Camera, Source::Camera]);
    assert_eq!(refusal(&class.ask(after(5), 11, twice)), Some(Refusal::TooManyTracks));
    let back = Request::SetRole { participant: id(PARTICIPANTS + 1), role: Role::Participant };
    let effects = class.ask(after(6), 11, back);
    let withdrawn = effects.iter().filter(|e| matches!(e, Effect::Media(MediaOrder::Unpublish { .. })));
    assert_eq!(withdrawn.count(), 2, "a screen goes with the floor");
}

#[test]
fn an_offer_that_cannot_be_used_takes_its_tracks_back() {
    let mut class = Class::open();
    class.enter(after(0), &participant(1)).unwrap();
    class.ask(after(1), 201, publish(&[Source::Camera]));
    let reason = Refusal::BadSdp { detail: "not SDP".to_owned() };
    let effects = class.room.publish_refused(after(2), id(PARTICIPANTS + 1), reason.clone());
    assert_eq!(refusal(&effects), Some(reason));
    assert!(class.room.stage.tracks_of(id(PARTICIPANTS + 1)).is_empty());
}
