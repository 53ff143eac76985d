//! Handshakes: honest, lossy, fragmented, with the wrong certificate, never finished.

use std::collections::HashSet;
use std::time::Duration;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn connected() -> Call {
    let mut call = Call::new();
    let ping = Ping::to(call.lite.local()).nominating();
    assert!(call.is_answered(ping));
    call.handshake(5 * SECOND);
    call.assert_keys_fit();
    call
}

#[test]
fn a_handshake_gives_both_sides_the_same_keys() {
    let call = connected();
    assert_eq!(call.keys().unwrap().profile, Profile::AeadAes256Gcm);
    assert!(!call.is_closed());
}

#[test]
fn the_first_copy_of_every_datagram_may_be_lost() {
    let mut call = Call::new();
    let ping = Ping::to(call.lite.local());
    call.ping(ping);
    // What makes a datagram: the type of its first record, of its first message, and the fragment's place in it.
    let mut seen = HashSet::new();
    call.loses = Box::new(move |to_server, datagram| {
        let place = if datagram[0] == 22 { datagram[13..22].to_vec() } else { Vec::new() };
        seen.insert((to_server, datagram[0], place))
    });
    call.handshake(25 * SECOND);
    call.assert_keys_fit();
}

/// Loss that hits at regular intervals, at several rates and phases, in both directions.
#[test]
fn regular_loss_delays_and_no_more() {
    for every in [3, 4, 5, 7] {
        for phase in 0..every {
            let mut call = Call::new();
            let ping = Ping::to(call.lite.local());
            call.ping(ping);
            let mut count = phase;
            call.loses = Box::new(move |_, _| {
                count += 1;
                count % every == 0
            });
            call.handshake(29 * SECOND);
            assert!(call.keys().is_some(), "every {every}th lost, phase {phase}: {:?}", call.closed());
        }
    }
}

/// As browsers do with their ML-KEM key share.
#[test]
fn a_hello_in_fragments_is_put_together() {
    let mut call = Call::with(Config::builder().mtu(100));
    let ping = Ping::to(call.lite.local());
    call.ping(ping);
    call.client.handle_timeout(call.now).unwrap();
    let hello = call.poll_client();
    assert!(hello.len() >= 2 && hello.iter().all(|fragment| fragment[13] == 1), "the hello is fragmented");
    // Out of order, for good measure.
    let now = call.now;
    for fragment in hello.iter().rev() {
        assert!(call.lite.output().is_none(), "no answer to half a hello");
        call.lite.input(now, call.from, fragment);
    }
    call.drain();
    call.handshake(5 * SECOND);
    call.assert_keys_fit();
}

#[test]
fn another_certificate_than_announced_gets_no_keys() {
    let mut call = Call::new();
    call.lite = Lite::new(&Certificate::generate().unwrap(), IceCredentials::generate(0).unwrap(), call.now);
    call.lite.set_remote(remote(CLIENT_UFRAG, &client_certificate()));
    let ping = Ping::to(call.lite.local());
    call.ping(ping);
    call.handshake(5 * SECOND);
    assert_eq!(call.closed(), Some(&Closed::WrongFingerprint));
    assert!(call.keys().is_none());
}

/// A subscriber's pings and hello may be faster than its answer: the keys wait for the fingerprint.
#[test]
fn keys_wait_for_the_description() {
    let (mut call, identity) = (Call::new(), client_certificate());
    call.lite = Lite::new(&Certificate::generate().unwrap(), IceCredentials::generate(0).unwrap(), call.now);
    call.client = Dtls::new_12(Arc::new(Config::default()), identity.clone(), call.now);
    call.client.set_active(true);
    let ping = Ping::to(call.lite.local()).nominating();
    assert!(call.is_answered(ping));
    call.handshake(2 * SECOND);
    assert!(call.client_keys.is_some() && call.keys().is_none());
    call.lite.set_remote(remote(CLIENT_UFRAG, &identity));
    call.drain();
    call.assert_keys_fit();
}

#[test]
fn dtls_is_heard_from_validated_addresses_only() {
    let mut call = Call::new();
    call.handshake(2 * SECOND);
    assert!(call.client_sent > 0 && call.outputs.is_empty() && call.server_sent == 0);
    let ping = Ping::to(call.lite.local());
    call.ping(ping);
    call.handshake(8 * SECOND);
    call.assert_keys_fit();
}

#[test]
fn close_notify_ends_the_connection() {
    let mut call = connected();
    call.client.close().unwrap();
    for datagram in call.poll_client() {
        call.receive(call.from, &datagram);
    }
    assert_eq!(call.closed(), Some(&Closed::CloseNotify));
    assert_eq!(call.lite.deadline(), None);
}

/// Once the client has sent media the handshake's memory is gone, and a farewell could be anybody's.
#[test]
fn a_farewell_is_believed_when_silence_follows() {
    let mut call = connected();
    call.lite.heard();
    call.assert_keys_fit();
    call.client.close().unwrap();
    let farewell = call.poll_client();
    let bye = |call: &mut Call| {
        farewell.iter().for_each(|datagram| call.receive(call.from, datagram));
    };
    // Forged: the client goes on with pings, or with media.
    bye(&mut call);
    call.pass(3 * SECOND);
    assert!(call.is_answered(Ping::to(&call.lite.local().clone())));
    call.pass(3 * SECOND);
    bye(&mut call);
    call.pass(3 * SECOND);
    call.lite.heard();
    call.pass(3 * SECOND);
    assert!(!call.is_closed());
    bye(&mut call);
    call.pass(5 * SECOND);
    assert_eq!(call.closed(), Some(&Closed::CloseNotify));
    assert_eq!(call.lite.deadline(), None);
}

#[test]
fn a_client_that_never_comes_is_given_up() {
    let mut call = Call::new();
    call.pass(29 * SECOND);
    assert!(!call.is_closed());
    call.pass(SECOND);
    assert_eq!(call.closed(), Some(&Closed::HandshakeTimeout));
}

#[test]
fn a_client_that_pings_but_never_shakes_hands_is_given_up() {
    let mut call = Call::new();
    for _ in 0..14 {
        let ping = Ping::to(call.lite.local());
        assert!(call.is_answered(ping));
        call.pass(2 * SECOND);
    }
    assert!(!call.is_closed());
    let ping = Ping::to(call.lite.local());
    call.ping(ping);
    call.pass(3 * SECOND);
    assert_eq!(call.closed(), Some(&Closed::HandshakeTimeout));
}

/// RFC 8445 §9: the keys outlive the restart, and so does the DTLS association.
#[test]
fn an_ice_restart_keeps_the_keys() {
    let mut call = connected();
    let (old, fresh) = (call.lite.local().clone(), IceCredentials::generate(0).unwrap());
    call.lite.restart(fresh.clone());
    assert_eq!(call.lite.local(), &fresh);
    call.pass(SECOND);
    assert!(call.is_answered(Ping::to(&old)), "the old path lives until the new one does");
    call.from = address(2);
    let mut ping = Ping::to(&fresh).nominating();
    ping.remote_ufrag = "again".to_owned();
    let mut description = remote("again", &client_certificate());
    description.fingerprint = [0; 32];
    call.lite.set_remote(description);
    assert!(call.is_answered(ping));
    assert_eq!(call.nominated(), Some(address(2)));
    let retired = call.outputs.iter().any(|o| matches!(o, Output::Retired(ufrag) if *ufrag == old.ufrag));
    assert!(retired && !call.is_answered(Ping::to(&old)));
    call.assert_keys_fit();
    call.client.close().unwrap();
    for datagram in call.poll_client() {
        call.receive(call.from, &datagram);
    }
    assert_eq!(call.closed(), Some(&Closed::CloseNotify));
}
