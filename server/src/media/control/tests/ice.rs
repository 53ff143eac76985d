//! Pings: answered, refused, and what follows for addresses.

use std::time::Duration;

use rtc_stun::attributes::{
    ATTR_FINGERPRINT, ATTR_ICE_CONTROLLED, ATTR_MESSAGE_INTEGRITY, ATTR_NETWORK_COST, ATTR_XORMAPPED_ADDRESS,
    AttrType,
};
use rtc_stun::error_code::{CODE_ROLE_CONFLICT, CODE_UNKNOWN_ATTRIBUTE, ErrorCodeAttribute};
use rtc_stun::message::{BINDING_ERROR, Getter};
use rtc_stun::uattrs::UnknownAttributes;
use rtc_stun::xoraddr::XorMappedAddress;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn assert_signed(call: &mut Call) {
    let (_, answer) = call.answers.last_mut().unwrap();
    let provider = default_provider().unwrap();
    MessageIntegrity::check(answer, call.lite.local().pwd.as_bytes(), provider.crypto()).unwrap();
    FINGERPRINT.check(answer).unwrap();
    assert_eq!(answer.transaction_id, TransactionId([9; 12]));
}

fn error(call: &mut Call) -> u16 {
    assert_signed(call);
    let (_, answer) = call.answers.last().unwrap();
    assert_eq!(answer.typ, BINDING_ERROR);
    let mut code = ErrorCodeAttribute::default();
    code.get_from(answer).unwrap();
    code.code.0
}

#[test]
fn a_ping_is_answered_with_the_address_it_came_from() {
    let mut call = Call::new();
    let ping = Ping::to(call.lite.local()).with(ATTR_NETWORK_COST, &[0, 1, 0, 10]);
    assert!(call.is_answered(ping));
    assert_signed(&mut call);
    let (to, answer) = call.answers.last().unwrap();
    let order: Vec<AttrType> = answer.attributes.0.iter().map(|attribute| attribute.typ).collect();
    assert_eq!(order, [ATTR_XORMAPPED_ADDRESS, ATTR_MESSAGE_INTEGRITY, ATTR_FINGERPRINT]);
    let mut mapped = XorMappedAddress::default();
    mapped.get_from(answer).unwrap();
    assert_eq!((*to, SocketAddr::new(mapped.ip, mapped.port)), (address(1), address(1)));
    assert!(
        matches!(call.outputs[..], [Output::Validated(a), Output::Nominated(b)] if a == b && a == address(1))
    );
}

/// Whoever could not have the address at first may have it later.
#[test]
fn every_authentic_ping_proves_the_address_again() {
    let mut call = Call::new();
    let local = call.lite.local().clone();
    for _ in 0..3 {
        assert!(call.is_answered(Ping::to(&local)));
    }
    call.ping(Ping::to(&IceCredentials { ufrag: local.ufrag, pwd: "not the password at all".to_owned() }));
    let proofs = call.outputs.iter().filter(|output| matches!(output, Output::Validated(_))).count();
    assert_eq!(proofs, 3);
}

#[test]
fn a_dual_stack_socket_maps_to_the_client_s_ipv4_address() {
    let mut call = Call::new();
    call.from = "[::ffff:192.0.2.7]:5000".parse().unwrap();
    let ping = Ping::to(call.lite.local());
    assert!(call.is_answered(ping));
    let mut mapped = XorMappedAddress::default();
    mapped.get_from(&call.answers.last().unwrap().1).unwrap();
    assert_eq!((mapped.ip, mapped.port), ([192, 0, 2, 7].into(), 5000));
}

#[test]
fn pings_that_are_not_for_this_peer_get_no_answer() {
    let mut call = Call::new();
    let local = call.lite.local().clone();
    let wrong = |ufrag: &str, pwd: &str| IceCredentials { ufrag: ufrag.to_owned(), pwd: pwd.to_owned() };
    call.ping(Ping::to(&wrong(&local.ufrag, "not the password at all")));
    call.ping(Ping::to(&wrong("nobody", &local.pwd)));
    let mut stranger = Ping::to(&local);
    stranger.remote_ufrag = "stranger".to_owned();
    call.ping(stranger);
    let whole = Ping::to(&local).build();
    call.receive(address(1), &whole[..whole.len() - 8]);
    assert!(call.answers.is_empty() && call.outputs.is_empty());
}

#[test]
fn a_client_that_thinks_it_is_controlled_is_told_to_switch() {
    let mut call = Call::new();
    let mut ping = Ping::to(call.lite.local());
    ping.attributes.remove(0);
    call.ping(ping.with(ATTR_ICE_CONTROLLED, &[0xff; 8]));
    assert_eq!(error(&mut call), CODE_ROLE_CONFLICT.0);
    assert!(call.outputs.is_empty());
}

#[test]
fn attributes_that_must_be_understood_are_named() {
    let mut call = Call::new();
    let ping = Ping::to(call.lite.local()).with(AttrType(0x7001), b"x").with(AttrType(0xc001), b"fine");
    call.ping(ping);
    assert_eq!(error(&mut call), CODE_UNKNOWN_ATTRIBUTE.0);
    let mut unknown = UnknownAttributes(Vec::new());
    unknown.get_from(&call.answers.last().unwrap().1).unwrap();
    assert_eq!(unknown.0, [AttrType(0x7001)]);
    assert!(call.outputs.is_empty());
}

/// What follows MESSAGE-INTEGRITY is not protected by it (RFC 8489 §14.5).
#[test]
fn a_nomination_behind_the_signature_does_not_count() {
    let mut call = Call::new();
    let ping = Ping::to(call.lite.local()).nominating();
    call.ping(ping);
    call.pass(SECOND);
    call.from = address(2);
    let mut ping = Ping::to(call.lite.local());
    ping.late_attributes.push(attribute(ATTR_USE_CANDIDATE, &[]));
    assert!(call.is_answered(ping));
    assert_eq!(call.nominated(), Some(address(1)));
}

#[test]
fn media_follows_nominations_and_never_mere_pings() {
    let mut call = Call::new();
    let local = call.lite.local().clone();
    call.ping(Ping::to(&local));
    assert_eq!(
        call.nominated(),
        Some(address(1)),
        "the first validated address serves until one is nominated"
    );
    call.from = address(2);
    call.ping(Ping::to(&local));
    assert_eq!(call.nominated(), Some(address(1)));
    call.ping(Ping::to(&local).nominating());
    assert_eq!(call.nominated(), Some(address(2)));
    // While the client nominates all it tries, priority decides; later its latest word counts.
    call.from = address(3);
    call.ping(Ping::to(&local).nominating().with_priority(1));
    assert_eq!(call.nominated(), Some(address(2)));
    call.from = address(4);
    call.ping(Ping::to(&local).nominating().with_priority(u32::MAX));
    assert_eq!(call.nominated(), Some(address(4)));
    call.pass(SECOND);
    call.from = address(3);
    call.ping(Ping::to(&local).nominating().with_priority(1));
    assert_eq!(call.nominated(), Some(address(3)));
}

#[test]
fn a_client_that_moves_is_followed_and_its_old_address_forgotten() {
    let mut call = Call::new();
    let local = call.lite.local().clone();
    call.ping(Ping::to(&local).nominating());
    call.handshake(5 * SECOND);
    call.from = address(2);
    for _ in 0..20 {
        call.pass(2 * SECOND);
        call.ping(Ping::to(&local).nominating());
    }
    assert_eq!(call.nominated(), Some(address(2)));
    let forgotten: Vec<_> = call.outputs.iter().filter(|o| matches!(o, Output::Forgotten(_))).collect();
    assert!(matches!(forgotten[..], [Output::Forgotten(old)] if *old == address(1)), "{forgotten:?}");
    assert!(!call.is_closed());
}

#[test]
fn silence_on_the_nominated_address_falls_back_to_one_that_is_heard() {
    let mut call = Call::new();
    let local = call.lite.local().clone();
    call.ping(Ping::to(&local).nominating());
    call.handshake(5 * SECOND);
    call.from = address(2);
    for _ in 0..16 {
        call.ping(Ping::to(&local));
        call.pass(2 * SECOND);
    }
    assert_eq!(call.nominated(), Some(address(2)));
}

#[test]
fn consent_ends_after_thirty_silent_seconds() {
    let mut call = Call::new();
    let ping = Ping::to(call.lite.local()).nominating();
    call.ping(ping);
    call.handshake(5 * SECOND);
    let heard = call.now;
    let ping = Ping::to(call.lite.local());
    call.ping(ping);
    call.pass(30 * SECOND - Duration::from_millis(1));
    assert!(!call.is_closed());
    call.pass(Duration::from_millis(1));
    assert_eq!((call.closed(), call.now), (Some(&Closed::ConsentLost), heard + 30 * SECOND));
}

#[test]
fn addresses_are_bounded_and_the_nominated_one_stays() {
    let mut call = Call::new();
    let local = call.lite.local().clone();
    call.ping(Ping::to(&local).nominating());
    for last in 2..100 {
        call.pass(Duration::from_millis(10));
        call.from = address(last);
        assert!(call.is_answered(Ping::to(&local)));
    }
    let count = |f: fn(&&Output) -> bool| call.outputs.iter().filter(f).count();
    let known = count(|o| matches!(o, Output::Validated(_))) - count(|o| matches!(o, Output::Forgotten(_)));
    assert_eq!(known, 8);
    assert!(!call.outputs.iter().any(|o| matches!(o, Output::Forgotten(a) if *a == address(1))));
}

/// A second restart before the first one came through: only the latest fresh credentials count.
#[test]
fn an_abandoned_restart_is_retired() {
    let mut call = Call::new();
    let old = call.lite.local().clone();
    let (first, second) = (IceCredentials::generate(0).unwrap(), IceCredentials::generate(0).unwrap());
    call.lite.restart(first.clone());
    call.lite.restart(second.clone());
    assert!(!call.is_answered(Ping::to(&first)));
    assert!(call.is_answered(Ping::to(&old)));
    // The answer with the client's new ufrag may come after its first ping.
    let mut ping = Ping::to(&second);
    ping.remote_ufrag = "again".to_owned();
    assert!(call.is_answered(ping));
    let retired: Vec<_> = call.outputs.iter().filter(|o| matches!(o, Output::Retired(_))).collect();
    assert!(
        matches!(retired[..], [Output::Retired(a), Output::Retired(b)] if *a == first.ufrag && *b == old.ufrag)
    );
}

#[test]
fn credentials_never_show() {
    let call = Call::new();
    let IceCredentials { ufrag, pwd } = call.lite.local();
    let shown = format!("{:?} {:?}", call.lite, call.lite.local());
    assert!(!shown.contains(ufrag.as_str()) && !shown.contains(pwd.as_str()));
    assert!(ufrag.len() == 16 && pwd.len() == 24 && ufrag != &IceCredentials::generate(0).unwrap().ufrag);
}

/// A NAT gave the client another port: it goes on pinging, but nominates nothing anew.
#[test]
fn media_follows_a_client_whose_address_changed_under_it() {
    let mut call = Call::new();
    let local = call.lite.local().clone();
    assert!(call.is_answered(Ping::to(&local).nominating()));
    call.from = address(2);
    call.lite.roam(address(2));
    assert_eq!(call.lite.output().map(|_| ()), None, "an address that was never proven");
    assert!(call.is_answered(Ping::to(&local)));
    assert_eq!(call.nominated(), Some(address(1)), "a ping alone moves nothing");
    call.lite.roam(address(2));
    assert!(matches!(call.lite.output(), Some(Output::Nominated(to)) if to == address(2)));
    call.lite.roam(address(2));
    assert!(call.lite.output().is_none());
}
