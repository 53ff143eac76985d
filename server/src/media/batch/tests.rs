//! The batched calls against their twins in safe Rust, on real sockets.

use std::{
    net::{Ipv4Addr, SocketAddr, UdpSocket},
    time::Duration,
};

use super::{
    inbox::SLOT,
    outbox::{MESSAGES, SEGMENT, SEGMENTS},
    *,
};

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
        put(outbox, to, &datagram);
        expected.push(datagram);
    }
    expected
}

fn put(outbox: &mut Outbox, to: SocketAddr, datagram: &[u8]) {
    outbox.room()[..datagram.len()].copy_from_slice(datagram);
    outbox.commit(to, datagram.len(), Worth::Picture);
}

/// What arrives until there are so many.
fn arriving(socket: &UdpSocket, datagrams: usize) -> Vec<Vec<u8>> {
    let (mut inbox, mut arrived) = (Inbox::default(), Vec::new());
    let waker = Waker::new().unwrap();
    while arrived.len() < datagrams {
        let woken = wait(socket, &waker, Some(Duration::from_secs(10))).unwrap();
        assert!(woken.packets, "{} of {datagrams} arrived", arrived.len());
        inbox.receive(socket).unwrap();
        arrived.extend(taken(&mut inbox).into_iter().map(|(_, bytes)| bytes));
    }
    arrived
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
            let mut outbox = Outbox::new(from.is_ipv6(), false);
            let expected = fill(&mut outbox, to);
            assert!(outbox.is_full());
            let flushed = if batched_out { outbox.flush(&one) } else { outbox.flush_singly(&one) };
            assert_eq!((flushed.sent, flushed.dropped, flushed.failed), (BATCH as u64, 0, 0));
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
fn what_finds_the_buffer_full_is_counted() {
    let (one, two) = pair("127.0.0.1:0");
    socket2::SockRef::from(&two).set_recv_buffer_size(1).unwrap();
    assert_eq!(dropped(&two), Some(0));
    let to = two.local_addr().unwrap();
    let sent = (0..200).filter(|_| one.send_to(&[0; 1000], to).is_ok()).count();
    let mut inbox = Inbox::default();
    let mut taken = 0;
    while let Ok(received @ 1..) = inbox.receive(&two) {
        taken += received;
    }
    assert_eq!(dropped(&two), u32::try_from(sent - taken).ok());
    assert!(taken > 0 && taken < sent, "{taken} of {sent}");
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
    let mut outbox = Outbox::new(true, false);
    put(&mut outbox, from, b"yo");
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
    let mut outbox = Outbox::new(false, false);
    for to in ["[2001:db8::1]:9".parse().unwrap(), two.local_addr().unwrap()] {
        put(&mut outbox, to, &[7]);
    }
    let flushed = outbox.flush(&one);
    assert_eq!((flushed.sent, flushed.dropped, flushed.failed), (1, 0, 1));
}

#[test]
fn a_run_leaves_as_one_message_and_arrives_as_it_was() {
    for bind in ["127.0.0.1:0", "[::1]:0"] {
        let (one, two) = pair(bind);
        let (_, three) = pair(bind);
        let mut outbox = Outbox::of(&one, true).unwrap();
        let (mut expected, to) = (Vec::new(), two.local_addr().unwrap());
        for n in 0..8_u8 {
            // The ninth is the end of the frame, the tenth already belongs to the next.
            expected.push(vec![n; 1_100]);
        }
        expected.extend([vec![8; 500], vec![9; 1_100]]);
        for datagram in &expected {
            put(&mut outbox, to, datagram);
        }
        put(&mut outbox, three.local_addr().unwrap(), &[10; 1_100]);
        let flushed = outbox.flush(&one);
        assert_eq!((flushed.sent, flushed.calls), (11, 1));
        assert_eq!(flushed.runs, [2, 0, 0, 0, 1, 0, 0], "two single ones and a run of nine");
        assert_eq!(arriving(&two, 10), expected);
        assert_eq!(arriving(&three, 1), [vec![10; 1_100]]);
    }
}

#[test]
fn runs_that_are_long_or_large_are_split() {
    let (one, two) = pair("127.0.0.1:0");
    let mut outbox = Outbox::of(&one, true).unwrap();
    let to = two.local_addr().unwrap();
    for _ in 0..SEGMENTS + 6 {
        put(&mut outbox, to, &[1; 40]);
    }
    for _ in 0..50 {
        put(&mut outbox, to, &[2; SEGMENT]);
    }
    let flushed = outbox.flush(&one);
    assert_eq!((flushed.sent, flushed.runs), (120, [0, 0, 0, 2, 0, 0, 2]));
    let lengths: Vec<usize> = arriving(&two, 120).iter().map(Vec::len).collect();
    assert!(
        lengths.iter().take(70).all(|len| *len == 40) && lengths.iter().skip(70).all(|len| *len == SEGMENT)
    );
}

#[test]
fn a_refused_run_leaves_datagram_by_datagram() {
    let (one, two) = pair("127.0.0.1:0");
    // The kernel needs the checksums to cut a message up, and refuses when they are switched off.
    without_checksums(&one);
    let mut outbox = Outbox::of(&one, true).unwrap();
    let to = two.local_addr().unwrap();
    for round in 0.. {
        for n in 0..8_u8 {
            put(&mut outbox, to, &[n; 1_000]);
        }
        put(&mut outbox, to, &[8; 10]);
        let flushed = outbox.flush(&one);
        assert_eq!((flushed.sent, flushed.failed, flushed.dropped), (9, 0, 0));
        assert_eq!(arriving(&two, 9).len(), 9);
        // In the end it is not even tried.
        if flushed.runs[0] == 9 {
            break;
        }
        assert!(round < 100);
    }
}

#[test]
fn an_outbox_is_full_by_messages_or_by_bytes() {
    let mut outbox = Outbox::new(false, true);
    for port in 1..=MESSAGES {
        assert!(!outbox.is_full());
        let to = SocketAddr::from((Ipv4Addr::LOCALHOST, port as u16));
        put(&mut outbox, to, &[1; 100]);
    }
    assert!(outbox.is_full());
    let mut outbox = Outbox::new(false, true);
    let to = SocketAddr::from((Ipv4Addr::LOCALHOST, 9));
    let mut datagrams = 0;
    while !outbox.is_full() {
        put(&mut outbox, to, &[1; 1_100]);
        datagrams += 1;
    }
    assert!(datagrams > 200, "{datagrams}");
}

/// SO_NO_CHECK.
fn without_checksums(socket: &UdpSocket) {
    use std::os::fd::AsRawFd;
    let on: libc::c_int = 1;
    // SAFETY: the value is an int that lives during the call, and its length is given.
    let set = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_NO_CHECK,
            std::ptr::from_ref(&on).cast(),
            size_of::<libc::c_int>() as libc::socklen_t,
        )
    };
    assert_eq!(set, 0);
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
