//! Offers that browsers really made, answers read back, and text that is not SDP.

use proptest::prelude::*;

use super::*;
use crate::media::control::{Certificate, IceCredentials};

const CHROMIUM: &str = include_str!("samples/chromium-156-offer.sdp");
const FIREFOX: &str = include_str!("samples/firefox-153-offer.sdp");

fn accept_all(offer: &Description) -> Vec<AcceptedSection> {
    let accepted = |section: &Section| AcceptedSection {
        mid: section.mid.clone(),
        payload_types: section.codecs.iter().map(|codec| codec.payload_type).collect(),
        active: true,
        stereo: false,
    };
    offer.sections.iter().map(accepted).collect()
}

fn answer(offer: &Description, accepted: &[AcceptedSection]) -> (String, IceCredentials, Certificate) {
    let (local, certificate) = (IceCredentials::generate(0).unwrap(), Certificate::generate().unwrap());
    let candidates = [
        Candidate::Udp("192.0.2.1:3478".parse().unwrap()),
        Candidate::Udp("[2001:db8::1]:3478".parse().unwrap()),
        Candidate::Tcp("192.0.2.1:3478".parse().unwrap()),
    ];
    (write_answer(&local, &certificate, &candidates, offer, accepted), local, certificate)
}

/// Reads what the server wrote as if a full client had written it.
fn read_back(sdp: &str) -> Description {
    parse(&sdp.replace("a=ice-lite\r\n", "").replace("setup:passive", "setup:active")).unwrap()
}

#[test]
fn chromium_s_offer_is_understood() {
    let offer = parse(CHROMIUM).unwrap();
    assert_eq!((offer.version, offer.remote.ufrag.as_str(), offer.remote.pwd.len()), (2, "JWKp", 24));
    assert_eq!(offer.remote.fingerprint[..4], [0x76, 0x9d, 0xce, 0x17]);
    let [audio, simulcast, screen, data] = &offer.sections[..] else { panic!("four m-lines") };
    assert_eq!(
        (audio.kind, audio.direction, audio.ssrc),
        (Kind::Audio, Direction::SendOnly, Some(2_860_197_733))
    );
    assert_eq!(audio.codecs.iter().map(|c| c.codec).collect::<Vec<_>>(), [Codec::Opus]);
    assert_eq!(audio.codecs[0].fmtp, "minptime=10;useinbandfec=1");
    assert_eq!((audio.extension(Extension::AudioLevel), audio.extension(Extension::Rid)), (Some(1), None));
    assert_eq!((simulcast.rids.join(","), simulcast.ssrc), ("q,h,f".to_owned(), None));
    assert_eq!(simulcast.extension(Extension::RepairedRid), Some(11));
    assert_eq!((screen.ssrc, screen.rtx_ssrc), (Some(4_240_764_826), Some(1_404_360_359)));
    assert_eq!(screen.msid.as_deref(), Some("- 24e6422e-ead3-4b3d-980a-06cb6cbf0bf6"));
    assert_eq!((data.kind, data.codecs.len(), data.rejected), (Kind::Application, 0, false));
    assert_eq!(audio.codecs[0].red, Some(63), "and the same with copies");
    // Every video codec of Chromium has its place in the server's table; red and ulpfec of pictures are left out.
    let offered: Vec<_> = screen.codecs.iter().map(|c| (c.codec, c.payload_type, c.rtx)).collect();
    let h264 = |profile, packetization_mode| Codec::H264 { profile, packetization_mode };
    assert_eq!(
        offered,
        [
            (Codec::Vp8, 96, Some(97)),
            (h264(H264Profile::Baseline, 1), 102, Some(103)),
            (h264(H264Profile::Baseline, 0), 104, Some(107)),
            (h264(H264Profile::ConstrainedBaseline, 1), 108, Some(109)),
            (h264(H264Profile::ConstrainedBaseline, 0), 114, Some(115)),
            (h264(H264Profile::Main, 1), 116, Some(117)),
            (h264(H264Profile::Main, 0), 39, Some(40)),
            (Codec::Av1, 45, Some(46)),
            (Codec::Vp9 { profile: 0 }, 98, Some(99)),
            (Codec::Vp9 { profile: 2 }, 100, Some(101)),
        ]
    );
    let vp8 = screen.offered(Codec::Vp8).unwrap();
    assert!([Feedback::Nack, Feedback::NackPli, Feedback::CcmFir].iter().all(|f| vp8.feedback.contains(f)));
}

#[test]
fn firefox_s_offer_is_understood() {
    let offer = parse(FIREFOX).unwrap();
    assert_eq!((offer.remote.ufrag.as_str(), offer.remote.fingerprint[31]), ("2d757b34", 0x6e));
    let [audio, simulcast, screen, _] = &offer.sections[..] else { panic!("four m-lines") };
    assert!(
        offer.sections.iter().all(|section| !section.rejected),
        "port zero with bundle-only is no rejection"
    );
    assert_eq!(audio.offered(Codec::Opus).unwrap().payload_type, 109);
    assert_eq!(
        (simulcast.rids.len(), simulcast.ssrc, simulcast.extension(Extension::Rid)),
        (3, None, Some(9))
    );
    let codecs: Vec<_> = screen.codecs.iter().map(|c| (c.codec, c.payload_type, c.rtx)).collect();
    let vp9 = Codec::Vp9 { profile: 0 };
    assert_eq!(codecs, [(Codec::Vp8, 120, Some(124)), (vp9, 121, Some(125)), (Codec::Av1, 99, Some(100))]);
    assert_eq!((screen.ssrc, screen.rtx_ssrc), (Some(2_098_781_393), Some(1_670_537_609)));
}

#[test]
fn an_answer_keeps_the_client_s_numbers() {
    for sdp in [CHROMIUM, FIREFOX] {
        let offer = parse(sdp).unwrap();
        let (text, local, certificate) = answer(&offer, &accept_all(&offer));
        assert!(text.contains("a=ice-lite\r\n") && text.contains("a=group:BUNDLE 0 1 2\r\n"));
        assert_eq!(text.matches("a=setup:passive\r\n").count(), 3);
        assert!(text.contains("a=candidate:1 1 udp 2130706431 192.0.2.1 3478 typ host\r\n"));
        assert!(text.contains("a=rid:h recv\r\n") && text.contains("a=simulcast:recv q;h;f\r\n"));
        assert!(text.contains("m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\n"));
        assert!(text.contains(" transport-cc\r\n") && text.contains("transport-wide-cc"));
        let back = read_back(&text);
        assert_eq!(
            (&back.remote.ufrag, &back.remote.pwd, back.version),
            (&local.ufrag, &local.pwd, offer.version)
        );
        assert!(certificate.fingerprint().starts_with("sha-256 "));
        for (section, offered) in back.sections.iter().zip(&offer.sections).take(3) {
            assert_eq!((section.direction, section.rejected), (Direction::ReceiveOnly, false));
            let numbers =
                |s: &Section| s.codecs.iter().map(|c| (c.codec, c.payload_type, c.rtx)).collect::<Vec<_>>();
            assert_eq!(numbers(section), numbers(offered));
            for (id, extension) in &section.extensions {
                assert_eq!(offered.extension(*extension), Some(*id));
            }
            assert!(section.extension(Extension::Mid).is_some());
        }
        assert!(back.sections[3].rejected);
    }
    assert!(
        answer(&parse(FIREFOX).unwrap(), &accept_all(&parse(FIREFOX).unwrap()))
            .0
            .contains("a=extmap:9/recvonly ")
    );
}

#[test]
fn an_answer_takes_no_more_than_was_accepted() {
    let offer = parse(CHROMIUM).unwrap();
    let accepted = [
        AcceptedSection { mid: "0".to_owned(), payload_types: vec![111], active: true, stereo: true },
        AcceptedSection { mid: "1".to_owned(), payload_types: vec![98, 96], active: false, stereo: false },
        AcceptedSection { mid: "2".to_owned(), payload_types: vec![77], active: true, stereo: false },
        AcceptedSection { mid: "9".to_owned(), payload_types: vec![96], active: true, stereo: false },
    ];
    let (text, ..) = answer(&offer, &accepted);
    assert!(text.contains("a=group:BUNDLE 0 1\r\n"));
    assert!(text.contains("a=fmtp:111 minptime=10;useinbandfec=1;stereo=1\r\n"));
    assert!(text.contains("m=video 9 UDP/TLS/RTP/SAVPF 98 99 96 97\r\n") && !text.contains("a=simulcast"));
    assert_eq!(text.matches("a=inactive\r\n").count(), 3);
    let back = read_back(&text);
    assert_eq!(back.sections.iter().map(|s| s.rejected).collect::<Vec<_>>(), [false, false, true, true]);
    assert_eq!(back.sections[1].direction, Direction::Inactive);
}

fn offered_section(mid: &str, codec: Codec, active: bool) -> OfferSection {
    OfferSection {
        mid: mid.to_owned(),
        kind: codec.kind(),
        codec,
        ssrc: 1000,
        rtx_ssrc: Some(1001),
        stream: "stream-a".to_owned(),
        track: "track-b".to_owned(),
        active,
    }
}

#[test]
fn an_offer_uses_the_server_s_numbers() {
    let (local, certificate) = (IceCredentials::generate(0).unwrap(), Certificate::generate().unwrap());
    let mut sections = vec![offered_section("0", Codec::Opus, true)];
    for (mid, fixed) in FIXED_CODECS.iter().enumerate().skip(1) {
        sections.push(offered_section(&mid.to_string(), fixed.codec, mid % 3 != 0));
    }
    let text =
        write_offer(&local, &certificate, &[Candidate::Udp("192.0.2.1:9".parse().unwrap())], 7, &sections);
    assert!(text.contains("a=setup:actpass\r\n") && text.contains("o=- 1 7 IN IP4 0.0.0.0\r\n"));
    let back = read_back(&text);
    assert_eq!((back.version, back.sections.len()), (7, sections.len()));
    for (section, offered) in back.sections.iter().zip(&sections) {
        let fixed = offered.codec.fixed().unwrap();
        let codec = section.offered(offered.codec).unwrap();
        assert_eq!((codec.payload_type, codec.rtx, codec.red), (fixed.payload_type, fixed.rtx, fixed.red));
        assert_eq!(
            section.codecs.len(),
            if matches!(offered.codec, Codec::Opus | Codec::Vp8) { 1 } else { 2 }
        );
        assert_eq!(section.direction, if offered.active { Direction::SendOnly } else { Direction::Inactive });
        assert_eq!(section.ssrc, offered.active.then_some(1000));
        assert_eq!(section.rtx_ssrc, (offered.active && fixed.rtx.is_some()).then_some(1001));
        for (id, extension) in &section.extensions {
            assert_eq!(extension.fixed_id(), Some(*id));
        }
    }
}

/// A voice comes with copies where the client can send them, first in the list; the sound of a screen comes without, and
/// so does what would hold anything but Opus.
#[test]
fn a_voice_is_answered_with_copies() {
    let offer = parse(CHROMIUM).unwrap();
    let answered = |offer: &Description, stereo| {
        let payload_types = vec![111];
        let voice = AcceptedSection { mid: "0".to_owned(), payload_types, active: true, stereo };
        answer(offer, &[voice]).0
    };
    let text = answered(&offer, false);
    assert!(text.contains("m=audio 9 UDP/TLS/RTP/SAVPF 63 111\r\n"));
    assert!(text.contains("a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n"));
    assert!(!answered(&offer, true).contains("red/48000"));
    for other in ["a=fmtp:63 111/13", "a=fmtp:63 9/9", "a=fmtp:63 111/x", "a=nothing"] {
        let offer = parse(&CHROMIUM.replace("a=fmtp:63 111/111", other)).unwrap();
        assert_eq!(offer.sections[0].codecs[0].red, None, "{other}");
    }
    assert_eq!(parse(FIREFOX).unwrap().sections[0].codecs[0].red, None);
}

/// Both forms of header extensions alternate where a dependency descriptor is long: agreed on, not taken for granted.
#[test]
fn both_forms_of_header_extensions_are_negotiated() {
    let offer = parse(CHROMIUM).unwrap();
    let (text, ..) = answer(&offer, &accept_all(&offer));
    assert!(read_back(&text).mixed);
    let offer = parse(&CHROMIUM.replace("a=extmap-allow-mixed\r\n", "")).unwrap();
    let (text, ..) = answer(&offer, &accept_all(&offer));
    assert!(!read_back(&text).mixed);
    let (local, certificate) = (IceCredentials::generate(0).unwrap(), Certificate::generate().unwrap());
    let sections = [offered_section("0", Codec::Av1, true)];
    let text =
        write_offer(&local, &certificate, &[Candidate::Udp("192.0.2.1:9".parse().unwrap())], 1, &sections);
    assert!(read_back(&text).mixed);
}

#[test]
fn the_server_s_numbers_are_distinct_and_safe() {
    let mut payload_types: Vec<u8> =
        FIXED_CODECS.iter().flat_map(|f| [Some(f.payload_type), f.rtx, f.red]).flatten().collect();
    let count = payload_types.len();
    payload_types.sort_unstable();
    payload_types.dedup();
    assert_eq!(payload_types.len(), count);
    assert!(payload_types.iter().all(|pt| (35..64).contains(pt) || (96..128).contains(pt)));
    let mut ids: Vec<u8> = FIXED_EXTENSIONS.iter().map(|&(id, _)| id).collect();
    ids.dedup();
    assert!(ids.len() == FIXED_EXTENSIONS.len() && ids.iter().all(|id| (1..=14).contains(id)));
}

/// Each refusal says what to change.
#[test]
fn what_cannot_be_used_is_refused() {
    let complaint = |from: &str, to: &str| parse(&CHROMIUM.replace(from, to)).unwrap_err().to_string();
    assert!(complaint("a=setup:actpass", "a=setup:passive").contains("a=setup"));
    assert!(complaint("a=ice-ufrag:JWKp", "a=ice-ufrag:J").contains("a=ice-ufrag"));
    assert!(complaint("a=ice-pwd:", "a=ice-pwd:short\r\na=x:").contains("a=ice-pwd"));
    assert!(complaint("a=fingerprint:sha-256 ", "a=fingerprint:sha-1 ").contains("sha-256"));
    assert!(complaint("a=fingerprint:sha-256 76:", "a=fingerprint:sha-256 7g:").contains("sha-256"));
    assert!(complaint("a=rtcp-mux\r\n", "").contains("section 0 has no a=rtcp-mux"));
    assert!(complaint("a=mid:2", "a=mid:1").contains("section 2 repeats the mid"));
    assert!(complaint("a=mid:0", "a=mid:seventeen-letters").contains("section 0 has no a=mid"));
    assert!(complaint("s=-\r\n", "s=-\r\na=x\r\n").contains("not SDP"));
    assert!(complaint("t=0 0\r\n", "t=0 0\r\na=ice-lite\r\n").contains("ice-lite"));
    assert!(complaint("m=application", "m=message").contains("section 3 is neither"));
    assert_eq!(parse(&"x".repeat(70_000)), Err(SdpError::TooLong(70_000)));
    let many = format!("{CHROMIUM}{}", "m=audio 0 RTP/AVP 0\r\n".repeat(61));
    assert_eq!(parse(&many), Err(SdpError::TooManySections(65)));
    for nothing in ["", "v=0", "hello", "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"] {
        assert!(parse(nothing).is_err());
    }
}

/// The work of joining attributes grows with their product: their number is bounded, well above what browsers write.
#[test]
fn a_section_has_a_bounded_number_of_attributes() {
    let with = |count: usize| {
        let rids: String = (0..count).map(|n| format!("a=rid:r{n} send\r\n")).collect();
        parse(&CHROMIUM.replacen("a=mid:1\r\n", &format!("a=mid:1\r\n{rids}"), 1))
    };
    assert_eq!(with(300).unwrap().sections[1].rids, ["q", "h", "f"]);
    assert_eq!(with(513), Err(SdpError::Section { section: 1, what: "has more than 512 attributes" }));
    // Names beyond the first sixteen are not even looked up.
    let many: String = (0..200).map(|n| format!("x{n};")).collect();
    let offer = parse(&CHROMIUM.replace("a=simulcast:send q", &format!("a=simulcast:send {many}q"))).unwrap();
    assert!(offer.sections[1].rids.is_empty());
    // Nor are parameters read that no codec has.
    let long = format!("a=fmtp:111 x={};", "y".repeat(1024));
    let offer = parse(&CHROMIUM.replace("a=fmtp:111 ", &long)).unwrap();
    assert_eq!(offer.sections[0].codecs[0].fmtp, "");
}

#[test]
fn sections_outside_the_bundle_are_rejected() {
    let offer = parse(&CHROMIUM.replace("BUNDLE 0 1 2 3", "BUNDLE 1 0")).unwrap();
    assert_eq!(offer.sections.iter().map(|s| s.rejected).collect::<Vec<_>>(), [false, false, true, true]);
}

proptest! {
    #[test]
    fn arbitrary_text_is_refused(text in "\\PC{0,300}") {
        prop_assert!(parse(&text).is_err());
    }

    /// Lines lost, repeated, swapped and altered: an error or a description that can be answered, and no panic.
    #[test]
    fn mutated_offers_are_refused_or_answered(
        firefox in any::<bool>(),
        changes in prop::collection::vec((0..4_u8, any::<prop::sample::Index>(), any::<prop::sample::Index>(), "\\PC{0,12}"), 1..12),
    ) {
        let mut lines: Vec<String> = if firefox { FIREFOX } else { CHROMIUM }.lines().map(str::to_owned).collect();
        for (what, first, second, text) in changes {
            let (first, second) = (first.index(lines.len()), second.index(lines.len()));
            match what {
                0 => drop(lines.remove(first)),
                1 => lines.swap(first, second),
                2 => lines.insert(first, lines[second].clone()),
                _ => {
                    let line = &mut lines[first];
                    let at = line.char_indices().map(|(at, _)| at).nth(second % line.chars().count().max(1));
                    line.insert_str(at.unwrap_or(0), &text);
                }
            }
        }
        if let Ok(offer) = parse(&lines.join("\r\n")) {
            let (text, ..) = answer(&offer, &accept_all(&offer));
            prop_assert_eq!(text.matches("\r\nm=").count(), offer.sections.len());
            prop_assert!(text.lines().all(|line| line.as_bytes().get(1) == Some(&b'=')));
        }
    }
}
