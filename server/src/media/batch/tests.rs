//! The batched calls against their twins in safe Rust, on real sockets.

use super::*;

fn pair(bind: &str) -> (UdpSocket, UdpSocket) {
    let (one, two) = (UdpSocket::bind(bind).unwrap(), UdpSocket::bind(bind).unwrap());
    one.set_nonblocking(true).unwrap();
    two.set_nonblocking(true).unwrap();
    (one, two)
}

fn fill(outbox: &mut Outbox, to: SocketAddr) -> Vec<Vec<u8>> {
    let mut expected = Vec::new();
    for n in 0..BATCH {
        let datagram = vec![n as u8; n * 23 + 1];
        outbox.room()[..datagram.len()].copy_from_slice(&datagram);
        outbox.commit(to, datagram.len());
        expected.push(datagram);
    }
    expected
}

fn taken(inbox: &mut Inbox) -> Vec<(SocketAddr, Vec<u8>)> {
    (0..inbox.heads.len()).filter_map(|n| inbox.get(n).map(|(from, bytes)| (from, bytes.to_vec()))).collect()
}

#[test]
fn batched_and_single_calls_do_the_same() {
    for bind in ["127.0.0.1:0", "[::1]:0"] {
        let (one, two) = pair(bind);
        let (from, to) = (one.local_addr().unwrap(), two.local_addr().unwrap());
        let waker = Waker::new().unwrap();
        for (batched_out, batched_in) in [(true, true), (true, false), (false, true), (false, false)] {
            let mut outbox = Outbox::new(from.is_ipv6());
            let expected = fill(&mut outbox, to);
            assert!(outbox.is_full());
            let flushed = if batched_out { outbox.flush(&one) } else { outbox.flush_singly(&one) };
            assert_eq!(flushed, Flushed { sent: BATCH as u64, ..Flushed::default() });
            assert!(outbox.is_empty());
            wait(&two, &waker, None).unwrap();
            let mut inbox = Inbox::default();
            let received =
                if batched_in { inbox.receive(&two).unwrap() } else { inbox.receive_singly(&two).unwrap() };
            assert_eq!(received, BATCH);
            let expected: Vec<_> = expected.into_iter().map(|datagram| (from, datagram)).collect();
            assert_eq!(taken(&mut inbox), expected);
            assert_eq!(inbox.receive(&two).unwrap(), 0);
            assert_eq!(inbox.receive_singly(&two).unwrap(), 0);
        }
    }
}

#[test]
fn an_ipv6_socket_speaks_to_ipv4_peers() {
    let dual = UdpSocket::bind("[::]:0").unwrap();
    dual.set_nonblocking(true).unwrap();
    let peer = UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = dual.local_addr().unwrap().port();
    peer.send_to(b"hello", (Ipv4Addr::LOCALHOST, port)).unwrap();
    wait(&dual, &Waker::new().unwrap(), None).unwrap();
    let mut inbox = Inbox::default();
    inbox.receive(&dual).unwrap();
    let (from, bytes) = inbox.get(0).unwrap();
    assert_eq!((from, &*bytes), (peer.local_addr().unwrap(), &b"hello"[..]));
    let mut outbox = Outbox::new(true);
    outbox.room()[..2].copy_from_slice(b"yo");
    outbox.commit(from, 2);
    assert_eq!(outbox.flush(&dual).sent, 1);
    let mut buffer = [0; 10];
    assert_eq!(peer.recv(&mut buffer).unwrap(), 2);
}

#[test]
fn a_datagram_too_long_comes_as_empty() {
    let (one, two) = pair("127.0.0.1:0");
    one.send_to(&[1; SLOT + 1], two.local_addr().unwrap()).unwrap();
    wait(&two, &Waker::new().unwrap(), None).unwrap();
    let mut inbox = Inbox::default();
    assert_eq!(inbox.receive(&two).unwrap(), 1);
    assert!(inbox.get(0).unwrap().1.is_empty());
}

#[test]
fn an_impossible_address_does_not_hold_up_the_others() {
    let (one, two) = pair("127.0.0.1:0");
    let mut outbox = Outbox::new(false);
    for to in ["[2001:db8::1]:9".parse().unwrap(), two.local_addr().unwrap()] {
        outbox.room()[0] = 7;
        outbox.commit(to, 1);
    }
    assert_eq!(outbox.flush(&one), Flushed { sent: 1, dropped: 0, failed: 1 });
}

#[test]
fn waking_ends_the_wait_once() {
    let (one, _two) = pair("127.0.0.1:0");
    let waker = Waker::new().unwrap();
    waker.wake();
    waker.wake();
    wait(&one, &waker, None).unwrap();
    waker.reset();
    let start = crate::clock::instant();
    wait(&one, &waker, Some(Duration::from_millis(20))).unwrap();
    assert!(crate::clock::instant() - start >= Duration::from_millis(19));
}
