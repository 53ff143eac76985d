//! Garbage, mutations and floods: nothing panics, nothing unauthenticated has an effect.

use proptest::prelude::*;

use super::*;

fn hello() -> Vec<u8> {
    let mut call = Call::new();
    call.client.handle_timeout(call.now).unwrap();
    call.poll_client().remove(0)
}

#[test]
fn a_flood_of_handshake_datagrams_ends_the_connection() {
    let mut call = Call::new();
    let ping = Ping::to(call.lite.local());
    call.ping(ping);
    call.loses = Box::new(|_, _| true);
    let mut noise = hello();
    for count in 0..400_u16 {
        // Records of a handshake message that never becomes whole.
        noise[17..19].copy_from_slice(&count.to_be_bytes());
        noise[9..11].copy_from_slice(&count.to_be_bytes());
        call.receive(address(1), &noise);
    }
    assert!(matches!(call.closed(), Some(Closed::Dtls(_))), "{:?}", call.closed());
    assert!(call.keys().is_none());
}

#[test]
fn the_ufrag_of_a_ping_is_found_without_trusting_it() {
    let local = IceCredentials::generate(0).unwrap();
    let ping = Ping::to(&local).build();
    assert_eq!(local_ufrag_of(&ping), Some(local.ufrag.as_str()));
    for end in 0..ping.len() {
        assert_eq!(local_ufrag_of(&ping[..end]), None);
    }
    assert_eq!(local_ufrag_of(&hello()), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Any change of a ping that reaches under its signature or its fingerprint makes it worthless.
    #[test]
    fn altered_pings_are_ignored(place in any::<prop::sample::Index>(), flip in 1..=255_u8, cut in any::<bool>()) {
        let mut call = Call::new();
        let mut ping = Ping::to(call.lite.local()).nominating().build();
        let at = place.index(ping.len());
        if cut {
            ping.truncate(at);
        } else {
            ping[at] ^= flip;
        }
        let _ = local_ufrag_of(&ping);
        call.receive(address(1), &ping);
        prop_assert!(call.answers.is_empty() && call.outputs.is_empty());
    }

    /// STUN of any shape: attributes with any lengths, signed by nobody.
    #[test]
    fn arbitrary_stun_is_ignored(
        attributes in prop::collection::vec((0..12_u16, prop::collection::vec(any::<u8>(), 0..40), any::<bool>()), 0..12),
        length_off in -8..8_i16,
    ) {
        let mut datagram = vec![0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
        for (typ, mut value, honest) in attributes {
            datagram.extend((if typ > 9 { 0x8020 + typ } else { typ }).to_be_bytes());
            datagram.extend((if honest { value.len() } else { 3 * value.len() } as u16).to_be_bytes());
            value.resize(value.len().next_multiple_of(4), 0);
            datagram.extend(value);
        }
        let length = (datagram.len() as i16 - 20).saturating_add(length_off).max(0) as u16;
        datagram[2..4].copy_from_slice(&length.to_be_bytes());
        let _ = local_ufrag_of(&datagram);
        let mut call = Call::new();
        call.receive(address(1), &datagram);
        prop_assert!(call.answers.is_empty() && call.outputs.is_empty());
    }

    /// Any bytes at any moment of a call; the call that was up stays up.
    #[test]
    fn arbitrary_datagrams_do_not_disturb_a_call(
        noise in prop::collection::vec((any::<u8>(), prop::collection::vec(any::<u8>(), 0..120)), 1..40),
    ) {
        let mut call = Call::new();
        let ping = Ping::to(call.lite.local()).nominating();
        call.ping(ping);
        call.handshake(Duration::from_secs(5));
        for (first, rest) in &noise {
            call.receive(address(1), &[&[*first], rest.as_slice()].concat());
            call.receive(address(1), &[&[20 + first % 8, 254, 253, 0, first % 2], rest.as_slice()].concat());
        }
        prop_assert!(!call.is_closed());
        call.assert_keys_fit();
        call.client.close().unwrap();
        call.pass(Duration::from_secs(5));
        for datagram in call.poll_client() {
            call.receive(address(1), &datagram);
        }
        prop_assert_eq!(call.closed(), Some(&Closed::CloseNotify));
    }

    /// A mutated hello, cut and repeated, then time: no panic, and an end in any case.
    #[test]
    fn mutated_hellos_come_to_an_end(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 14..400_usize), 1..12),
    ) {
        let mut call = Call::new();
        let ping = Ping::to(call.lite.local());
        call.ping(ping);
        call.loses = Box::new(|_, _| true);
        let hello = hello();
        for (place, value, end) in changes {
            let mut hello = hello.clone();
            let at = place.index(hello.len());
            hello[at] = value;
            hello.truncate(end);
            call.receive(address(1), &hello);
        }
        call.pass(Duration::from_secs(31));
        prop_assert!(call.is_closed() && call.keys().is_none());
    }
}
