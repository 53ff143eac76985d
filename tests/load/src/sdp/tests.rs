use super::*;

fn local() -> Transport {
    Transport {
        ufrag: "abcd".to_owned(),
        pwd: "0123456789012345678901".to_owned(),
        fingerprint: format!("sha-256 {}", ["AA"; 32].join(":")),
        address: SocketAddr::from(([127, 0, 0, 1], 5004)),
    }
}

fn track(mid: &str, source: Source, rids: Vec<&'static str>) -> Offered {
    Offered { mid: mid.to_owned(), source, ssrc: 11, rtx_ssrc: 12, rids }
}

#[test]
fn the_server_reads_an_offer_as_it_is_meant() {
    let tracks = [
        track("0", Source::Microphone, vec![]),
        track("1", Source::Camera, vec![]),
        track("2", Source::Screen, vec!["l", "m", "h"]),
    ];
    let read = server::media::sdp::parse(&offer(&local(), &tracks, true)).unwrap();
    assert_eq!(read.remote.ufrag, "abcd");
    let kinds: Vec<_> =
        read.sections.iter().map(|s| (s.codecs.len(), s.ssrc, s.rtx_ssrc, s.rids.len())).collect();
    assert_eq!(read.sections[0].codecs[0].red, Some(RED));
    assert_eq!(kinds[1..], [(1, Some(11), Some(12), 0), (1, None, None, 3)]);
    assert_eq!(read.sections[1].codecs[0].rtx, Some(VP8_RTX));
}

#[test]
fn a_description_is_read_back_and_answered() {
    let read = Description::read(&offer(&local(), &[track("v", Source::Camera, vec![])], false)).unwrap();
    assert_eq!((read.transport.address, read.setup), (local().address, Setup::Either));
    let section = &read.sections[0];
    assert!(section.sends && section.nack && !section.rejected);
    assert_eq!(
        (section.ssrc, section.rtx_ssrc, section.transport_cc),
        (Some(11), Some(12), Some(TRANSPORT_CC))
    );
    let answer = answer(&local(), &read, false);
    let answer = server::media::sdp::parse(&answer).unwrap();
    assert_eq!(answer.sections[0].direction, server::media::sdp::Direction::ReceiveOnly);
    assert_eq!(answer.sections[0].codecs.len(), 1);
}

#[test]
fn copies_of_sound_are_taken_where_they_are_wished_for() {
    let read = Description::read(&offer(&local(), &[track("a", Source::Microphone, vec![])], true)).unwrap();
    for red in [false, true] {
        let answer = server::media::sdp::parse(&answer(&local(), &read, red)).unwrap();
        assert_eq!(answer.sections[0].codecs[0].red, red.then_some(RED));
    }
}

#[test]
fn load_stays_on_this_machine() {
    let elsewhere = Transport { address: SocketAddr::from(([192, 0, 2, 1], 5004)), ..local() };
    let refused = Description::read(&offer(&elsewhere, &[track("v", Source::Camera, vec![])], false));
    assert!(refused.unwrap_err().to_string().contains("loopback"));
}
