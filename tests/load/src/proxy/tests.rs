use std::{
    net::{Ipv4Addr, SocketAddr, UdpSocket},
    time::Duration,
};

use server::clock;

use super::*;

/// Deadline of one receive, for a machine ten times slower.
const PATIENCE: Duration = Duration::from_secs(15);

fn socket() -> UdpSocket {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket
}

/// Waits for these counts: a datagram is counted just after it was sent.
fn counts(proxy: &Proxy, expected: impl Fn(Counts, Counts) -> bool) {
    let deadline = clock::instant() + PATIENCE;
    let mut now = proxy.counts();
    while !expected(now.0, now.1) {
        assert!(clock::instant() < deadline, "{now:?}");
        std::thread::yield_now();
        now = proxy.counts();
    }
}

fn front() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, 0))
}

#[test]
fn clients_reach_the_server_and_it_reaches_each_of_them() {
    let server = socket();
    let proxy = Proxy::start(front(), server.local_addr().unwrap(), 1, Network::default()).unwrap();
    let clients = [socket(), socket()];
    let mut seen = Vec::new();
    for (n, client) in (0..).zip(&clients) {
        client.send_to(&[n], proxy.front()).unwrap();
        let mut buffer = [0; 16];
        let (length, from) = server.recv_from(&mut buffer).unwrap();
        assert_eq!(buffer[..length], [n]);
        seen.push(from);
    }
    assert_ne!(seen[0], seen[1], "each client has a port of its own");
    for (n, (client, from)) in (10..).zip(clients.iter().zip(&seen)) {
        server.send_to(&[n], from).unwrap();
        let mut buffer = [0; 16];
        let (length, from) = client.recv_from(&mut buffer).unwrap();
        assert_eq!((&buffer[..length], from), (&[n][..], proxy.front()));
    }
    drop(server);
    counts(&proxy, |up, down| (up.carried, down.carried, up.lost + down.lost) == (2, 2, 0));
}

/// 5 Mbit/s for a second, half of it lost by the seed: all the rest comes, late and in order.
#[test]
fn what_is_not_lost_comes_late_and_in_order() {
    let server = socket();
    let delay = Duration::from_millis(50);
    let bad = Network::both(Impairment { loss: 0.5, delay, ..Impairment::default() });
    let proxy = Proxy::start(front(), server.local_addr().unwrap(), 5, bad).unwrap();
    let client = socket();
    let start = clock::instant();
    let sender = std::thread::spawn({
        let (client, front) = (client.try_clone().unwrap(), proxy.front());
        move || {
            for number in 0_u32..600 {
                let mut datagram = [0; 1_040];
                datagram[..4].copy_from_slice(&number.to_be_bytes());
                datagram[4..20].copy_from_slice(&start.elapsed().as_nanos().to_be_bytes());
                client.send_to(&datagram, front).unwrap();
                std::thread::sleep(Duration::from_micros(1_600));
            }
        }
    });
    let reader = std::thread::spawn(move || {
        let (mut numbers, mut buffer) = (Vec::new(), [0; 2048]);
        loop {
            let (length, _) = server.recv_from(&mut buffer).unwrap();
            if length < 1_040 {
                return numbers;
            }
            let sent = Duration::from_nanos_u128(u128::from_be_bytes(*buffer[4..].first_chunk().unwrap()));
            assert!(start.elapsed() - sent >= delay, "a datagram came early");
            numbers.push(u32::from_be_bytes(*buffer.first_chunk().unwrap()));
        }
    });
    sender.join().unwrap();
    counts(&proxy, |up, _| up.carried + up.lost == 600 && up.overflowed == 0);
    proxy.set(Network::default());
    client.send_to(b"the end", proxy.front()).unwrap();
    let numbers = reader.join().unwrap();
    counts(&proxy, |up, _| up.carried == numbers.len() as u64 + 1);
    assert!((240..360).contains(&numbers.len()), "{}", numbers.len());
    assert!(numbers.is_sorted());
}

#[test]
fn who_roams_comes_from_another_port_and_is_still_reached() {
    let server = socket();
    let proxy = Proxy::start(front(), server.local_addr().unwrap(), 1, Network::default()).unwrap();
    let (client, mut buffer) = (socket(), [0; 16]);
    client.send_to(b"home", proxy.front()).unwrap();
    let (_, before) = server.recv_from(&mut buffer).unwrap();
    proxy.roam();
    client.send_to(b"away", proxy.front()).unwrap();
    let (_, after) = server.recv_from(&mut buffer).unwrap();
    assert_ne!(before, after);
    server.send_to(b"hello", after).unwrap();
    let (length, _) = client.recv_from(&mut buffer).unwrap();
    assert_eq!(&buffer[..length], b"hello");
}

#[test]
fn a_change_of_network_holds_from_then_on() {
    let server = socket();
    let proxy = Proxy::start(front(), server.local_addr().unwrap(), 1, Network::default()).unwrap();
    let (client, mut buffer) = (socket(), [0; 16]);
    client.send_to(b"1", proxy.front()).unwrap();
    server.recv_from(&mut buffer).unwrap();
    proxy.set(Network { up: Impairment { loss: 1.0, ..Impairment::default() }, ..Network::default() });
    for _ in 0..10 {
        client.send_to(b"2", proxy.front()).unwrap();
    }
    counts(&proxy, |up, _| (up.carried, up.lost) == (1, 10));
}

#[test]
fn only_loopback_addresses_are_served() {
    let foreign = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
    assert!(Proxy::start(foreign, front(), 1, Network::default()).is_err());
    assert!(Proxy::start(front(), SocketAddr::from(([192, 0, 2, 1], 9)), 1, Network::default()).is_err());
}
