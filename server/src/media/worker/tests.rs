//! A worker without its thread: what it survives, and what it tells the classroom.

mod bench;
mod crowd;
mod encodings;
mod publisher;

use signaling::{
    id::{ParticipantId, TrackId},
    protocol::{media::Connection as Role, stage::Source},
};

use self::bench::{Bench, ROOM, agreed};
use super::{connection::Half, publisher::Publisher, subscriber::Subscriber, *};
use crate::media::{
    Codec, Command, TapItem,
    srtp::{Keys, Profile},
};

#[test]
fn a_panic_in_the_beat_costs_its_connection_only() {
    let mut bench = Bench::new();
    let (_, fine) = bench.connect(Half::Subscribe(Subscriber::new()));
    let (participant, bad) = bench.connect(Half::Subscribe(Subscriber::new()));
    // The sum that spreads reports overflows for the second connection.
    bench.worker.beats = u64::MAX - 1;
    bench.worker.guarded_beat(bench.now);
    assert!(bench.worker.connections.contains(fine) && !bench.worker.connections.contains(bad));
    assert_eq!(
        bench.told(),
        [Event::Disconnected { participant, connection: Role::Subscribe, why: Closed::Failed }]
    );
    assert_eq!(bench.worker.counters.panics, 1);
}

#[test]
fn a_panic_in_the_fan_out_costs_its_track_only() {
    let mut bench = Bench::new();
    let (_, fine) = bench.track(Source::Microphone);
    let (id, bad) = bench.track(Source::Microphone);
    bench.receives(fine);
    bench.receives(bad);
    bench.arrives(fine, 1, false);
    bench.arrives(bad, 1, false);
    // Its subscriber's numbers run over.
    bench.arrives(bad, u64::MAX, false);
    bench.worker.fan_out(bench.now);
    assert_eq!(bench.told(), [Event::TrackEnded { track: id }]);
    assert!(bench.worker.tracks[fine].pending.is_empty());
    assert_eq!(bench.worker.counters.panics, 1);
    assert_eq!(bench.worker.tracks[fine].subscriptions[0].sent().0, 1);
}

#[test]
fn what_came_before_the_first_packet_of_a_keyframe_goes_with_it() {
    let mut bench = Bench::new();
    let (_, picture) = bench.track(Source::Camera);
    bench.receives(picture);
    let sent = |bench: &Bench| bench.worker.tracks[picture].subscriptions[0].sent().0;
    for index in [9, 11, 12] {
        bench.arrives(picture, index, false);
    }
    bench.worker.fan_out(bench.now);
    assert_eq!(sent(&bench), 0, "nothing to begin with");
    bench.arrives(picture, 10, true);
    bench.arrives(picture, 13, false);
    bench.worker.fan_out(bench.now);
    assert_eq!(sent(&bench), 4, "all but what came before the keyframe");
}

#[test]
fn pictures_for_many_leave_in_slices_and_sound_overtakes_them() {
    const VIEWERS: usize = 600;
    let mut bench = Bench::new();
    let (_, picture) = bench.track(Source::Camera);
    let (_, sound) = bench.track(Source::Microphone);
    (0..VIEWERS).for_each(|_| {
        bench.receives(picture);
    });
    bench.receives(sound);
    bench.arrives(picture, 1, true);
    bench.arrives(picture, 2, false);
    bench.worker.fan_out(bench.now);
    let sent = |bench: &Bench, track: usize| -> Vec<u32> {
        bench.worker.tracks[track].subscriptions.iter().map(|(_, own)| own.sent().0).collect()
    };
    let first = sent(&bench, picture);
    assert!(first[..512].iter().all(|sent| *sent == 2) && first[512..].iter().all(|sent| *sent == 0));
    assert_eq!(bench.worker.fan_out_at, Some(bench.now), "it goes on at once");
    bench.arrives(picture, 3, false);
    bench.arrives(sound, 1, false);
    bench.worker.fan_out(bench.now);
    assert_eq!(sent(&bench, sound), [1]);
    assert!(sent(&bench, picture)[..512].iter().all(|sent| *sent == 2), "first the rest of the rest");
    assert!(sent(&bench, picture)[512..].iter().all(|sent| *sent == 2));
    bench.worker.fan_out(bench.now);
    assert!(sent(&bench, picture).iter().all(|sent| *sent == 3));
    assert!(bench.worker.dirty.is_empty() && bench.worker.fan_out_at.is_none());
}

#[test]
fn who_asked_hears_of_a_panic() {
    let mut bench = Bench::new();
    let (_, publisher) = bench.track(Source::Microphone);
    let track = bench.worker.tracks[publisher].id;
    let (participant, _) = bench.connect(Half::Subscribe(Subscriber::new()));
    bench.worker.rooms[bench.room].members.get_mut(&participant).unwrap().negotiation = u32::MAX;
    let (orders, queue) = crossbeam_channel::bounded(8);
    let command = Command::Subscribe { participant, tracks: vec![track] };
    orders.send(Order::Room { room: ROOM, command }).unwrap();
    assert!(bench.worker.carry_out(&queue, bench.now));
    let (of, reason) = (Role::Subscribe, MediaRefusal::Internal);
    assert_eq!(bench.told(), [Event::Refused { participant, of, reason }]);
}

#[test]
fn an_offer_without_answer_is_repeated() {
    let mut bench = Bench::new();
    let (track, _) = bench.track(Source::Camera);
    let participant = ParticipantId(clock::mint());
    bench.ask(Command::Subscribe { participant, tracks: vec![track] });
    assert_eq!(bench.offered(), (1, vec![track]));
    // The browser had no WebSocket when it was told.
    bench.ask(Command::Resume { participant });
    assert_eq!(bench.offered(), (2, vec![track]));
    bench.worker.guarded_beat(bench.now + subscriber::PATIENCE - BEAT);
    assert_eq!(bench.told(), []);
    // What changed meanwhile is in the next one.
    let (other, _) = bench.track(Source::Microphone);
    bench.ask(Command::Subscribe { participant, tracks: vec![track, other] });
    assert_eq!(bench.told(), []);
    bench.worker.guarded_beat(bench.now + subscriber::PATIENCE);
    assert_eq!(bench.offered(), (3, vec![track, other]));
    bench.worker.guarded_beat(bench.now + subscriber::PATIENCE + BEAT);
    assert_eq!(bench.told(), []);
}

#[test]
fn a_loss_is_told_again_until_it_is_made_good() {
    let mut bench = Bench::new();
    let (track, key) = bench.track(Source::Camera);
    let publisher = bench.worker.tracks[key].publisher;
    let participant = bench.worker.tracks[key].participant;
    let lost = |connection| Event::Disconnected { participant, connection, why: Closed::CloseNotify };
    bench.ask(Command::Resume { participant });
    assert_eq!(bench.told(), [], "nothing was lost");
    bench.worker.lost(publisher, Closed::CloseNotify, bench.now);
    assert_eq!(bench.told(), [Event::TrackEnded { track }, lost(Role::Publish)]);
    for _ in 0..2 {
        bench.ask(Command::Resume { participant });
        assert_eq!(bench.told(), [lost(Role::Publish)]);
    }
    // Another one's track: its loss ends with the new offer.
    let (track, _) = bench.track(Source::Camera);
    bench.ask(Command::Subscribe { participant, tracks: vec![track] });
    assert_eq!(bench.offered().0, 1);
    let subscribe = bench.worker.rooms[bench.room].connection(participant, Role::Subscribe).unwrap();
    bench.worker.lost(subscribe, Closed::CloseNotify, bench.now);
    assert_eq!(bench.told(), [lost(Role::Subscribe)]);
    bench.ask(Command::RestartSubscribe { participant });
    assert_eq!(bench.offered(), (2, vec![track]), "numbers count on");
    bench.ask(Command::Resume { participant });
    assert_eq!(
        bench
            .told()
            .into_iter()
            .filter(|event| matches!(event, Event::Disconnected { .. }))
            .collect::<Vec<_>>(),
        [lost(Role::Publish)]
    );
}

#[test]
fn a_large_class_gets_what_there_is_room_for() {
    let mut bench = Bench::new();
    let mut wanted = Vec::new();
    for _ in 0..subscriber::LINES_OF_KIND + 5 {
        wanted.push(bench.track(Source::Camera).0);
        wanted.push(bench.track(Source::Microphone).0);
    }
    let participant = ParticipantId(clock::mint());
    let cameras = |offered: &[TrackId], wanted: &[TrackId]| {
        wanted.iter().step_by(2).filter(|camera| offered.contains(camera)).count()
    };
    bench.ask(Command::Subscribe { participant, tracks: wanted.clone() });
    let first = bench.agrees(participant);
    assert_eq!((first.len(), cameras(&first, &wanted)), (60, 30));
    assert_eq!(bench.told(), [], "the answer with its 60 sections was taken");
    // A screen is shared: a camera makes room for it, in two steps.
    let (screen, _) = bench.track(Source::Screen);
    wanted.push(screen);
    bench.ask(Command::Subscribe { participant, tracks: wanted.clone() });
    let second = bench.agrees(participant);
    assert_eq!((second.len(), cameras(&second, &wanted[..70])), (59, 29));
    let third = bench.agrees(participant);
    assert!(third.contains(&screen) && third.len() == 60);
    assert!(second.iter().all(|track| third.contains(track)), "everybody else stays");
    assert_eq!(bench.told(), []);
}

#[test]
fn a_bad_answer_is_refused_and_the_offer_repeated() {
    let mut bench = Bench::new();
    let (track, _) = bench.track(Source::Camera);
    let participant = ParticipantId(clock::mint());
    bench.ask(Command::Subscribe { participant, tracks: vec![track] });
    let (negotiation, ..) = bench.offer();
    bench.ask(Command::Answer { participant, negotiation, sdp: "v=0".to_owned() });
    let told = bench.told();
    assert!(
        matches!(&told[..], [Event::Refused { of: Role::Subscribe, reason: MediaRefusal::BadSdp(_), .. }]),
        "{told:?}"
    );
    bench.worker.guarded_beat(bench.now + subscriber::PATIENCE);
    assert_eq!(bench.agrees(participant), [track]);
    assert_eq!(bench.told(), []);
}

#[test]
fn whoever_sees_nothing_for_want_of_a_keyframe_has_one_asked_for() {
    let mut bench = Bench::new();
    let (_, key) = bench.track(Source::Camera);
    bench.receives(key);
    let asks = |bench: &mut Bench, seconds: u64| {
        let at = bench.now + Duration::from_secs(seconds);
        bench.worker.tracks[key].layers[0].keyframes.due(at)
    };
    // However long the publisher does not answer: every packet shows that somebody still waits.
    for n in 1..100 {
        bench.arrives(key, n, false);
        bench.worker.fan_out(bench.now);
        assert!(asks(&mut bench, n), "{n}");
    }
    bench.worker.tracks[key].layers[0].keyframes.arrived();
    bench.arrives(key, 100, true);
    bench.arrives(key, 101, false);
    bench.worker.fan_out(bench.now);
    assert!(!asks(&mut bench, 101));
}

/// VP8 payloads: descriptor and first byte of the frame.
const KEYFRAME: [u8; 3] = [0x10, 0x00, 0];
const INTERFRAME: [u8; 3] = [0x10, 0x01, 0];

#[test]
fn a_source_that_begins_anew_is_asked_for_a_keyframe() {
    let mut bench = Bench::new();
    let (_, key) = bench.track(Source::Camera);
    let due = |bench: &mut Bench| bench.worker.tracks[key].layers[0].keyframes.due(bench.now);
    bench.sends(key, 1, &KEYFRAME);
    bench.sends(key, 20_000, &INTERFRAME);
    assert!(!due(&mut bench), "nobody sees it");
    bench.receives(key);
    bench.sends(key, 40_000, &KEYFRAME);
    assert!(!due(&mut bench), "it begins with one");
    bench.sends(key, 60_000, &INTERFRAME);
    assert!(due(&mut bench));
}

#[test]
fn an_answer_of_another_connection_gets_an_offer_of_a_fresh_one() {
    let mut bench = Bench::new();
    let (track, _) = bench.track(Source::Camera);
    let participant = ParticipantId(clock::mint());
    bench.ask(Command::Subscribe { participant, tracks: vec![track] });
    bench.agrees(participant);
    let (other, _) = bench.track(Source::Microphone);
    bench.ask(Command::Subscribe { participant, tracks: vec![track, other] });
    let (negotiation, _, offer) = bench.offer();
    // The page was reloaded: another certificate.
    let certificate = Certificate::generate().unwrap();
    let answer =
        agreed(&offer).replace(bench.worker.settings.certificate.fingerprint(), certificate.fingerprint());
    bench.ask(Command::Answer { participant, negotiation, sdp: answer });
    let told = bench.told();
    let [
        Event::Disconnected { connection: Role::Subscribe, .. },
        Event::Offered { negotiation: 3, sdp, tracks, .. },
    ] = &told[..]
    else {
        panic!("{told:?}")
    };
    assert_eq!(tracks.len(), 2);
    assert_eq!(bench.worker.rooms[bench.room].tracks.len(), 2);
    bench.ask(Command::Answer { participant, negotiation: 3, sdp: agreed(sdp) });
    assert_eq!(bench.told(), []);
}

#[test]
fn a_track_that_came_back_with_another_codec_does_not_flow_under_the_old_terms() {
    let mut bench = Bench::new();
    let (track, key) = bench.track(Source::Camera);
    let participant = ParticipantId(clock::mint());
    bench.ask(Command::Subscribe { participant, tracks: vec![track] });
    bench.worker.tracks[key].codec = Codec::Av1;
    bench.agrees(participant);
    assert!(bench.worker.tracks[key].subscriptions.is_empty());
}

#[test]
fn keys_are_taken_once() {
    let mut bench = Bench::new();
    let (participant, key) = bench.connect(Half::Publish(Publisher::default()));
    let keys = Keys::from_server_export(Profile::AeadAes128Gcm, &[1; 56]).unwrap();
    bench.worker.keyed(key, &keys, bench.now);
    bench.worker.keyed(key, &keys, bench.now);
    assert_eq!(bench.told(), [Event::Connected { participant, connection: Role::Publish }]);
}

#[test]
fn media_goes_to_own_addresses_only() {
    let mut bench = Bench::new();
    let (_, first) = bench.connect(Half::Publish(Publisher::default()));
    let (_, second) = bench.connect(Half::Publish(Publisher::default()));
    let address = "192.0.2.7:5000".parse().unwrap();
    let goes = |bench: &Bench, key: ConnectionKey| bench.worker.connections[key].address;
    bench.worker.accept_address(first, address, bench.now);
    bench.worker.nominate(first, address);
    assert_eq!(goes(&bench, first), Some(address));
    // Another one claims it while the owner is heard there.
    bench.worker.accept_address(second, address, bench.now + ADDRESS_HOLD);
    bench.worker.nominate(second, address);
    assert_eq!((goes(&bench, first), goes(&bench, second)), (Some(address), None));
    // Every ping tries again: once the owner is silent, the address changes hands, and media with it.
    bench.worker.accept_address(second, address, bench.now + ADDRESS_HOLD + BEAT);
    assert_eq!((goes(&bench, first), goes(&bench, second)), (None, Some(address)));
}

#[test]
fn a_recorder_that_was_busy_learns_of_a_track_later() {
    let mut bench = Bench::new();
    let (_, key) = bench.track(Source::Camera);
    let (tap, items) = crossbeam_channel::bounded(2);
    tap.send(TapItem::Dropped { count: 1 }).unwrap();
    tap.send(TapItem::Dropped { count: 1 }).unwrap();
    bench.ask(Command::Tap { tap: Some(tap) });
    bench.sends(key, 1, &KEYFRAME);
    assert_eq!(items.try_iter().count(), 2);
    bench.sends(key, 2, &INTERFRAME);
    let took: Vec<TapItem> = items.try_iter().collect();
    assert!(matches!(took[..], [TapItem::Dropped { .. }, TapItem::Started { .. }]), "{took:?}");
    bench.sends(key, 3, &INTERFRAME);
    let took: Vec<TapItem> = items.try_iter().collect();
    assert!(matches!(took[..], [TapItem::Dropped { .. }, TapItem::Packet { .. }]), "{took:?}");
}

#[test]
fn packets_get_their_turn_among_many_orders() {
    let mut bench = Bench::new();
    let (orders, queue) = crossbeam_channel::unbounded();
    for _ in 0..ORDERS_PER_TURN + 1 {
        orders.send(Order::Room { room: ROOM, command: Command::Close }).unwrap();
    }
    assert!(bench.worker.carry_out(&queue, bench.now));
    assert_eq!(queue.len(), 1);
    // And the rest is not forgotten: waiting returns at once.
    batch::wait(&bench.worker.socket, &bench.worker.desk.waker, None).unwrap();
    assert!(bench.worker.carry_out(&queue, bench.now));
    assert!(queue.is_empty());
}

#[test]
fn rubbish_does_not_hold_an_address() {
    let mut bench = Bench::new();
    let (_, first) = bench.connect(Half::Publish(Publisher::default()));
    let (_, second) = bench.connect(Half::Publish(Publisher::default()));
    let address = "192.0.2.7:5000".parse().unwrap();
    bench.worker.accept_address(first, address, bench.now);
    let later = bench.now + ADDRESS_HOLD + BEAT;
    let ufrag = bench.worker.connections[first].control.local().ufrag.clone();
    let mut ping = vec![0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let name = format!("{ufrag}:x");
    ping.extend_from_slice(&[0, 6, 0, name.len() as u8]);
    ping.extend_from_slice(name.as_bytes());
    ping.resize(ping.len().next_multiple_of(4), 0);
    ping[3] = (ping.len() - 20) as u8;
    let rtp = [0x80, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 1, 2, 3];
    let rtcp = [0x80, 200, 0, 6, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0];
    let dtls = [22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0];
    for mut rubbish in [ping, rtp.to_vec(), rtcp.to_vec(), dtls.to_vec()] {
        bench.worker.datagram(address, &mut rubbish, later);
    }
    assert_eq!(bench.worker.counters.strangers, 0, "all of it reached the connection");
    bench.worker.accept_address(second, address, later);
    assert_eq!(bench.worker.by_address[&address], second);
}

#[test]
fn a_track_is_live_with_its_first_packet() {
    let mut bench = Bench::new();
    let (track, key) = bench.track(Source::Camera);
    bench.sends(key, 1, &INTERFRAME);
    assert_eq!(bench.told(), [Event::TrackLive { track, codec: Codec::Vp8 }]);
    bench.sends(key, 2, &KEYFRAME);
    assert_eq!(bench.told(), []);
}
