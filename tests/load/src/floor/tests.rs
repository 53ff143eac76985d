use super::*;

fn packets(lengths: &[usize]) -> Vec<Opened> {
    lengths.iter().map(|&length| Opened { bytes: vec![0; length], header: 12, roc: 0 }).collect()
}

#[test]
fn a_run_is_of_one_length_and_may_end_shorter() {
    let packets = packets(&[1_099, 1_099, 1_100, 1_100, 900, 900, 1_000]);
    let lengths: Vec<usize> = batch::runs(&packets).map(<[Opened]>::len).collect();
    assert_eq!(lengths, [2, 3, 1, 1]);
}

#[test]
fn what_is_published_reaches_every_viewer() {
    for gso in [false, true] {
        let floor = Floor::start(None, gso).unwrap();
        let publisher = socket::bind(Ipv4Addr::LOCALHOST.into()).unwrap();
        let keys = floor.publisher(publisher.local_addr().unwrap(), vec![7]).unwrap();
        let viewers: Vec<_> = (0..20)
            .map(|_| {
                let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
                socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
                let keys = floor.viewer(socket.local_addr().unwrap()).unwrap();
                (socket, OpenContext::new(keys.profile, &keys.open).unwrap())
            })
            .collect();
        let seal = SealContext::new(keys.profile, &keys.seal).unwrap();
        // Orders are carried out before the packets behind them are looked at.
        std::thread::sleep(Duration::from_millis(2 * u64::from(LOOK)));
        for n in 0..5_u16 {
            let mut packet = Vec::new();
            let header = rtp::Header { marker: n == 4, payload_type: 96, sequence: n, ssrc: 7, timestamp: 0 };
            header.write(&[], &mut packet);
            packet.resize(1_000 + usize::from(n / 3), n as u8);
            let length = packet.len();
            packet.resize(length + SealContext::MAX_TAG, 0);
            let length = seal.seal_rtp(&mut packet, 12, length, 0).unwrap();
            publisher.send_to(&packet[..length], floor.address()).unwrap();
        }
        for (socket, mut open) in viewers {
            open.allow(7).unwrap();
            for n in 0..5_u8 {
                let mut packet = [0; 2_000];
                let length = socket.recv(&mut packet).unwrap();
                let opened = open.open_rtp(&mut packet[..length]).unwrap();
                assert_eq!((packet[3], packet[opened.length - 1]), (n, n), "gso: {gso}");
            }
        }
    }
}
