//! What reads a stranger's bytes, each as one function of them: for the fuzzer and the replay of its corpus.
//!
//! A target panics when a reader breaks its promise; that a reader panics itself is found all the same.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::LazyLock,
};

use bytes::BytesMut;
use rtc_stun::{
    attributes::ATTR_USERNAME,
    fingerprint::FINGERPRINT,
    message::{BINDING_REQUEST, Message, Setter},
};

use super::{
    codec,
    codec::Patch,
    control::{self, Certificate, IceCredentials, Lite, Output, PeerControl},
    estimate,
    packet::{Block, Header, Kind, MAX_HEADER, Outgoing, kind},
    red::Blocks,
    report::{self, Told},
    sdp::{self, AcceptedSection, Codec, H264Profile},
};
use crate::{clock, front::take_frame};

/// A reader of bytes.
pub type Target = fn(&[u8]);

/// Every target, by the name of its corpus.
pub const TARGETS: &[(&str, Target)] = &[
    ("demultiplexer", demultiplexer),
    ("header_rewriter", header_rewriter),
    ("rtcp", rtcp),
    ("twcc", twcc),
    ("vp8", vp8),
    ("vp9", vp9),
    ("h264", h264),
    ("av1", av1),
    ("dependency", dependency),
    ("red", red),
    ("stun", stun),
    ("turn", turn),
    ("framing", framing),
    ("sdp", sdp),
];

/// What the first bytes say, and where an RTP header says its parts are.
pub fn demultiplexer(datagram: &[u8]) {
    let kind = kind(datagram);
    if control::local_ufrag_of(datagram).is_some() {
        assert_eq!(kind, Kind::Stun, "only STUN names a peer");
    }
    let Some(header) = Header::parse(datagram) else { return };
    assert!(header.len <= datagram.len());
    if let Some(payload) = header.payload(datagram) {
        assert!(header.len + payload.len() <= datagram.len());
    }
    assert!(header.extensions(datagram).count() <= datagram.len());
}

/// A header of ours, made from a received one, is read back as it was meant.
pub fn header_rewriter(packet: &[u8]) {
    let Some(header) = Header::parse(packet) else { return };
    // As the worker keeps them: known elements only, in the longer form when one needs it.
    let known = || header.extensions(packet).filter(|(id, _)| (1..=14).contains(id));
    let mut block = Block::new(known().any(|(_, data)| data.len() > 16));
    known().for_each(|(id, data)| block.push(id, data));
    let outgoing = Outgoing {
        marker: header.marker,
        payload_type: header.payload_type,
        sequence: header.sequence,
        timestamp: header.timestamp,
        ssrc: header.ssrc,
        elements: block.bytes(),
        two_byte: block.two_byte(),
        mid: header.sequence.is_multiple_of(2).then_some((4, b"17")),
        transport: None,
        patch: Patch::default(),
    };
    let mut out = [0; MAX_HEADER];
    let Some(len) = outgoing.write(&mut out) else { panic!("no room for a header of ours") };
    let Some(read) = out.get(..len).and_then(Header::parse) else { panic!("our own header is not read") };
    assert_eq!(
        (read.len, read.marker, read.payload_type, read.sequence, read.timestamp, read.ssrc),
        (len, header.marker, header.payload_type, header.sequence, header.timestamp, header.ssrc)
    );
    let mut written = read.extensions(&out);
    if let Some(mid) = outgoing.mid {
        assert_eq!(written.next(), Some((mid.0, mid.1)));
    }
    // What did not fit is left out, but nothing is changed or reordered.
    let mut asked = known();
    for element in written {
        assert!(asked.any(|asked| asked == element), "an element nobody sent");
    }
}

/// A decrypted compound tells a bounded amount, whatever it claims.
pub fn rtcp(compound: &[u8]) {
    let mut told = Vec::new();
    report::read(compound, &mut told);
    assert!(told.len() <= compound.len());
    for one in &told {
        if let Told::Lost { pairs, .. } = one {
            assert!(report::sequences(compound, pairs).count() <= 512);
        }
    }
}

/// Transport-wide feedback costs no more than the packets it may tell of.
pub fn twcc(packet: &[u8]) {
    const MOST: u16 = 1_024;
    if let Some(message) = estimate::Message::read(packet, MOST) {
        assert!(message.statuses().count() <= usize::from(MOST));
    }
}

/// One payload, behind the marker and by how much its numbers are lowered: what is read stays the same when its numbers
/// are rewritten, and they are rewritten as asked.
fn payload(codec: Codec, bytes: &[u8]) {
    let Some(([marker, i0, i1, base_by], payload)) = bytes.split_first_chunk() else { return };
    let (marker, id_by) = (marker & 1 != 0, u16::from_be_bytes([*i0, *i1]));
    let picture = codec::read(codec, payload, marker, None);
    let _ = codec::sizes(codec, payload, None);
    assert!(usize::from(picture.spatial) < codec::SPATIAL && usize::from(picture.temporal) < codec::TEMPORAL);
    let (id, base) = (picture.numbers.id(payload), picture.numbers.base(payload));
    let mut rewritten = payload.to_vec();
    picture.numbers.lowered(payload, id_by, *base_by).apply(&mut rewritten);
    assert_eq!(codec::read(codec, &rewritten, marker, None), picture, "another picture");
    assert_eq!(picture.numbers.base(&rewritten), base.map(|base| base.wrapping_sub(*base_by)));
    let lowered = picture.numbers.id(&rewritten);
    let fits = |width: u16| lowered == id.map(|id| id.wrapping_sub(id_by) & width);
    assert!(fits(0x7f) || fits(0x7fff), "{id:?} lowered by {id_by} is not {lowered:?}");
}

pub fn vp8(bytes: &[u8]) {
    payload(Codec::Vp8, bytes);
}

pub fn vp9(bytes: &[u8]) {
    payload(Codec::Vp9 { profile: 0 }, bytes);
}

pub fn h264(bytes: &[u8]) {
    payload(Codec::H264 { profile: H264Profile::ConstrainedBaseline, packetization_mode: 1 }, bytes);
}

pub fn av1(bytes: &[u8]) {
    payload(Codec::Av1, bytes);
}

/// Sound with copies: what is read is written as it was, and fits in no less.
pub fn red(payload: &[u8]) {
    const OPUS: u8 = 111;
    let Some(blocks) = Blocks::read(payload, OPUS) else { return };
    assert!(!blocks.primary.is_empty() && payload.ends_with(blocks.primary));
    let mut out = vec![0; payload.len()];
    assert_eq!(blocks.write(OPUS, &mut out), Some(payload));
    if let Some((_, less)) = out.split_first_mut() {
        assert_eq!(blocks.write(OPUS, less), None, "written beyond its end");
    }
}

/// The dependency descriptors of one source, each behind a byte with its length.
pub fn dependency(bytes: &[u8]) {
    let (mut known, mut rest) = (None, bytes);
    while let [length, tail @ ..] = rest {
        let (descriptor, tail) = tail.split_at(tail.len().min((*length).into()));
        rest = tail;
        if let Some(frame) = codec::dependency::read(descriptor, &mut known) {
            assert!(known.is_some(), "explained by nothing");
            let picture = codec::read(Codec::Av1, &[0x10, 0x0a], false, Some(&frame));
            assert!(usize::from(picture.spatial) < codec::SPATIAL);
            assert!(usize::from(picture.temporal) < codec::TEMPORAL);
        }
        let _ = codec::sizes(Codec::Av1, &[], known.as_deref());
    }
}

static CERTIFICATE: LazyLock<Option<Certificate>> = LazyLock::new(|| Certificate::generate().ok());

fn credentials() -> IceCredentials {
    IceCredentials { ufrag: "fuzz".to_owned(), pwd: "a password of this side".to_owned() }
}

/// What comes before media: the bytes from a stranger; as attributes of an authentic binding request; and once more,
/// from an address that is known then.
pub fn stun(bytes: &[u8]) {
    let Some(certificate) = CERTIFICATE.as_ref() else { return };
    let (now, from) = (clock::instant(), SocketAddr::from((Ipv4Addr::LOCALHOST, 9)));
    let mut lite = Lite::new(certificate, credentials(), now);
    lite.input(now, from, bytes);
    assert!(lite.output().is_none(), "a stranger is answered");
    let Some(request) = authentic(bytes) else { return };
    assert_eq!(control::local_ufrag_of(&request), Some("fuzz"));
    lite.input(now, from, &request);
    while let Some(output) = lite.output() {
        if let Output::Send { datagram, .. } = output {
            assert_eq!(kind(&datagram), Kind::Stun);
        }
    }
    lite.input(now, from, bytes);
    while lite.output().is_some() {}
}

/// A binding request with these attributes, signed as who knows the password signs it.
fn authentic(attributes: &[u8]) -> Option<Vec<u8>> {
    let mut message = Message::new();
    message.write_header();
    BINDING_REQUEST.add_to(&mut message).ok()?;
    message.add(ATTR_USERNAME, b"fuzz:peer");
    let whole = attributes.len().min(1_200) / 4 * 4;
    message.raw.extend_from_slice(attributes.get(..whole)?);
    message.length += u32::try_from(whole).ok()?;
    control::sign(&mut message, &control::integrity_key(&credentials().pwd))?;
    FINGERPRINT.add_to(&mut message).ok()?;
    Some(message.raw)
}

/// What TURN clients send, over UDP or a stream.
pub fn turn(bytes: &[u8]) {
    crate::turn::fuzz::turn(bytes);
}

/// ICE over TCP: datagrams behind their length (RFC 4571).
pub fn framing(bytes: &[u8]) {
    let mut stream = BytesMut::from(bytes);
    let mut taken = 0;
    while let Ok(Some(datagram)) = take_frame(&mut stream) {
        taken += 2 + datagram.len();
        demultiplexer(&datagram);
    }
    assert!(taken + stream.len() <= bytes.len(), "more came out than went in");
}

/// Session descriptions: what is read is answered section by section.
pub fn sdp(bytes: &[u8]) {
    let (Some(certificate), Ok(text)) = (CERTIFICATE.as_ref(), std::str::from_utf8(bytes)) else { return };
    let Ok(description) = sdp::parse(text) else { return };
    let accepted: Vec<AcceptedSection> = description
        .sections
        .iter()
        .map(|section| AcceptedSection {
            mid: section.mid.clone(),
            payload_types: section.codecs.iter().map(|codec| codec.payload_type).collect(),
            active: true,
            stereo: false,
        })
        .collect();
    let from = [sdp::Candidate::Udp(SocketAddr::from((Ipv4Addr::LOCALHOST, 9)))];
    let answer = sdp::write_answer(&credentials(), certificate, &from, &description, &accepted);
    let sections = answer.lines().filter(|line| line.starts_with("m=")).count();
    assert_eq!(sections, description.sections.len());
}
