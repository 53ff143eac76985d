//! RTCP: what peers tell, and what we tell them.
//!
//! The compound is split here by lengths that were checked, and `rtc-rtcp` only sees single packets of the
//! kinds we read.

mod sender;

use std::ops::Range;

use bytes::BytesMut;
use rtc_rtcp::{
    extended_report::{ExtendedReport, rrt::ReceiverReferenceTimeReportBlock},
    header::PacketType,
    packet::Packet,
    payload_feedbacks::{
        full_intra_request::FullIntraRequest, picture_loss_indication::PictureLossIndication,
        receiver_estimated_maximum_bitrate::ReceiverEstimatedMaximumBitrate,
    },
    receiver_report::ReceiverReport,
    reception_report::ReceptionReport,
    sender_report::SenderReport,
    transport_feedbacks::transport_layer_nack::{NackPair, TransportLayerNack},
};
use rtc_shared::marshal::Unmarshal;

pub(super) use self::sender::{SENDER, SENDERS, StreamClock, ntp_units, sender};
use super::{estimate, receive::Reception};

/// One thing a peer told.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Told {
    /// The publisher's clock.
    Sender { ssrc: u32, ntp: u64, rtp: u32 },
    /// How our packets arrive.
    Reception { ssrc: u32, last_report: u32, delay: u32, fraction_lost: u8 },
    /// Packets are missing: where in the compound their [sequence numbers](sequences) lie.
    Lost { ssrc: u32, pairs: Range<usize> },
    /// When packets arrived: where in the compound the message lies, to be read by whom it concerns.
    Transport { message: Range<usize> },
    /// A keyframe is needed (PLI or FIR).
    Keyframe { ssrc: u32 },
    /// What the network carries as the receiver sees it, bit/s (REMB).
    Estimate { bitrate: u64 },
    /// The [time](Compounds::time) we told has come back, after it stayed there for `delay`, in 1/65536 s.
    Returned { time: u32, delay: u32 },
}

/// Sequence numbers read from one NACK packet at most; the rest of a giant list is ignored.
const MAX_LOST: usize = 512;
/// Packets of one compound read at most.
const MAX_PARTS: usize = 64;

/// Reads a decrypted compound into `told`. Unknown kinds are skipped, reading stops at the first malformed length;
/// never panics.
pub(super) fn read(compound: &[u8], told: &mut Vec<Told>) {
    let mut rest = compound;
    for _ in 0..MAX_PARTS {
        let [first, kind, high, low, ..] = *rest else { break };
        let len = (usize::from(u16::from_be_bytes([high, low])) + 1) * 4;
        let (Some(part), Some(next)) = (rest.get(..len), rest.get(len..)) else { break };
        if first >> 6 != 2 {
            break;
        }
        let at = compound.len() - rest.len();
        match (PacketType::from(kind), first & 0x1f) {
            (PacketType::TransportSpecificFeedback, estimate::FORMAT) => {
                told.push(Told::Transport { message: at..at + len });
            }
            (PacketType::TransportSpecificFeedback, rtc_rtcp::header::FORMAT_TLN) => {
                if let Some(ssrc) = part.get(8..).and_then(<[u8]>::first_chunk) {
                    told.push(Told::Lost { ssrc: u32::from_be_bytes(*ssrc), pairs: at + 12..at + len });
                }
            }
            (PacketType::ExtendedReport, _) => told.extend(returned(part)),
            (_, format) => read_part(format, kind, part, told),
        }
        rest = next;
    }
}

fn read_part(format: u8, kind: u8, part: &[u8], told: &mut Vec<Told>) {
    let mut bytes = part;
    match (PacketType::from(kind), format) {
        (PacketType::SenderReport, _) => {
            if let Ok(report) = SenderReport::unmarshal(&mut bytes) {
                told.push(Told::Sender { ssrc: report.ssrc, ntp: report.ntp_time, rtp: report.rtp_time });
                told.extend(report.reports.iter().map(reception));
            }
        }
        (PacketType::ReceiverReport, _) => {
            if let Ok(report) = ReceiverReport::unmarshal(&mut bytes) {
                told.extend(report.reports.iter().map(reception));
            }
        }
        (PacketType::PayloadSpecificFeedback, rtc_rtcp::header::FORMAT_PLI) => {
            if let Ok(pli) = PictureLossIndication::unmarshal(&mut bytes) {
                told.push(Told::Keyframe { ssrc: pli.media_ssrc });
            }
        }
        (PacketType::PayloadSpecificFeedback, rtc_rtcp::header::FORMAT_FIR) => {
            if let Ok(request) = FullIntraRequest::unmarshal(&mut bytes) {
                told.extend(request.fir.iter().map(|entry| Told::Keyframe { ssrc: entry.ssrc }));
            }
        }
        (PacketType::PayloadSpecificFeedback, rtc_rtcp::header::FORMAT_REMB) => {
            told.extend(estimate(part).map(|bitrate| Told::Estimate { bitrate }));
        }
        _ => {}
    }
}

/// The bitrate of a REMB (draft-alvestrand-rmcat-remb-03 §2.2).
fn estimate(part: &[u8]) -> Option<u64> {
    if part.get(12..16)? != b"REMB" {
        return None;
    }
    let [high, middle, low] = *part.get(17..)?.first_chunk()?;
    let mantissa = u128::from(u32::from_be_bytes([0, high & 3, middle, low]));
    // At most 18 bits moved by 63.
    Some(u64::try_from(mantissa << (high >> 2)).unwrap_or(u64::MAX))
}

/// What an extended report says of our [time](Compounds::time) (RFC 3611 §4.5).
fn returned(part: &[u8]) -> Option<Told> {
    const DELAYS: u8 = 5;
    let mut rest = part.get(8..)?;
    loop {
        let [kind, _, high, low, tail @ ..] = rest else { return None };
        let (block, next) = tail.split_at_checked(4 * usize::from(u16::from_be_bytes([*high, *low])))?;
        let (words, _) = block.as_chunks::<4>();
        let (delays, _) = words.as_chunks::<3>();
        let word = |bytes: &[u8; 4]| u32::from_be_bytes(*bytes);
        let own = delays.iter().find(|[ssrc, ..]| *kind == DELAYS && word(ssrc) == OWN_SSRC);
        if let Some([_, time, delay]) = own {
            return Some(Told::Returned { time: word(time), delay: word(delay) });
        }
        rest = next;
    }
}

/// The sequence numbers of a [NACK](Told::Lost): each with a mask of the sixteen that follow it (RFC 4585 §6.2.1).
pub(super) fn sequences(compound: &[u8], pairs: &Range<usize>) -> impl Iterator<Item = u16> {
    let pairs = compound.get(pairs.clone()).unwrap_or_default();
    let numbers = |pair: &[u8; 4]| {
        let (first, mask) = (u16::from_be_bytes([pair[0], pair[1]]), u16::from_be_bytes([pair[2], pair[3]]));
        let missing = (0..16).filter(move |n| mask >> n & 1 == 1).map(move |n| first.wrapping_add(n + 1));
        std::iter::once(first).chain(missing)
    };
    pairs.as_chunks().0.iter().flat_map(numbers).take(MAX_LOST)
}

fn reception(report: &ReceptionReport) -> Told {
    Told::Reception {
        ssrc: report.ssrc,
        last_report: report.last_sender_report,
        delay: report.delay,
        fraction_lost: report.fraction_lost,
    }
}

/// Bytes of RTCP put into one datagram before the next one is begun.
const MAX_COMPOUND: usize = 1100;

/// Collects RTCP for one peer into datagrams that each begin with a report, as RFC 3550 §6.1 wants.
#[derive(Debug, Default)]
pub(super) struct Compounds {
    parts: Vec<Box<dyn Packet>>,
    size: usize,
    done: Vec<BytesMut>,
}

impl Compounds {
    fn push(&mut self, part: Box<dyn Packet>) {
        let size = part.raw_size();
        if self.size + size > MAX_COMPOUND {
            self.close();
        }
        let is_report =
            matches!(part.header().packet_type, PacketType::SenderReport | PacketType::ReceiverReport);
        if self.parts.is_empty() && !is_report {
            self.parts.push(Box::new(ReceiverReport { ssrc: OWN_SSRC, ..ReceiverReport::default() }));
            self.size += 8;
        }
        self.size += size;
        self.parts.push(part);
    }

    fn close(&mut self) {
        if !self.parts.is_empty()
            && let Ok(bytes) = rtc_rtcp::packet::marshal(&self.parts)
        {
            self.done.push(bytes);
        }
        self.parts.clear();
        self.size = 0;
    }

    /// Asks for a keyframe.
    pub(super) fn keyframe(&mut self, ssrc: u32) {
        self.push(Box::new(PictureLossIndication { sender_ssrc: OWN_SSRC, media_ssrc: ssrc }));
    }

    /// Asks for lost packets, in ascending order.
    pub(super) fn lost(&mut self, ssrc: u32, sequences: &[u16]) {
        let nacks = pairs(sequences);
        for nacks in nacks.chunks(128) {
            let nack = TransportLayerNack { sender_ssrc: OWN_SSRC, media_ssrc: ssrc, nacks: nacks.to_vec() };
            self.push(Box::new(nack));
        }
    }

    /// Reports reception of up to 31 sources, and the bitrate the publisher may use.
    pub(super) fn receptions(&mut self, blocks: &[(u32, Reception)], bitrate: Option<f32>) {
        let reports = blocks.iter().take(31).map(|(ssrc, block)| report_block(*ssrc, block)).collect();
        self.push(Box::new(ReceiverReport { ssrc: OWN_SSRC, reports, ..ReceiverReport::default() }));
        if let Some(bitrate) = bitrate {
            let ssrcs = blocks.iter().take(31).map(|(ssrc, _)| *ssrc).collect();
            self.push(Box::new(ReceiverEstimatedMaximumBitrate { sender_ssrc: OWN_SSRC, bitrate, ssrcs }));
        }
    }

    /// Tells the time, in 1/2^32 s: whoever sends and gets no reports by us to measure with says when it came and went
    /// (RFC 3611 §4.4).
    pub(super) fn time(&mut self, ntp_timestamp: u64) {
        let time = ReceiverReferenceTimeReportBlock { ntp_timestamp };
        self.push(Box::new(ExtendedReport { sender_ssrc: OWN_SSRC, reports: vec![Box::new(time)] }));
    }

    /// The datagrams, unencrypted.
    pub(super) fn finish(&mut self) -> Vec<BytesMut> {
        self.close();
        std::mem::take(&mut self.done)
    }
}

/// The SSRC our feedback comes from; nothing is ever sent as media with it.
pub(super) const OWN_SSRC: u32 = 1;

fn report_block(ssrc: u32, block: &Reception) -> ReceptionReport {
    ReceptionReport {
        ssrc,
        fraction_lost: block.fraction_lost,
        total_lost: block.total_lost,
        last_sequence_number: block.highest,
        jitter: block.jitter,
        last_sender_report: block.last_report,
        delay: block.delay,
    }
}

fn pairs(sequences: &[u16]) -> Vec<NackPair> {
    let mut pairs: Vec<NackPair> = Vec::new();
    for sequence in sequences {
        if let Some(pair) = pairs.last_mut()
            && let distance @ 1..=16 = sequence.wrapping_sub(pair.packet_id)
        {
            pair.lost_packets |= 1 << (distance - 1);
        } else {
            pairs.push(NackPair::new(*sequence));
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn said(compound: &[u8]) -> Vec<Told> {
        let mut told = Vec::new();
        read(compound, &mut told);
        told
    }

    #[test]
    fn what_is_asked_is_read() {
        let mut compounds = Compounds::default();
        compounds.keyframe(5);
        compounds.lost(6, &[10, 11, 26, 27, 65_535]);
        let datagrams = compounds.finish();
        assert_eq!(datagrams.len(), 1);
        assert_eq!(&datagrams[0][..2], &[0x80, 201], "a report comes first");
        let told = said(&datagrams[0]);
        let [Told::Keyframe { ssrc: 5 }, Told::Lost { ssrc: 6, pairs }] = &told[..] else {
            panic!("{told:?}")
        };
        let asked: Vec<u16> = sequences(&datagrams[0], pairs).collect();
        assert_eq!(asked, [10, 11, 26, 27, 65_535]);
        assert!(compounds.finish().is_empty());
    }

    #[test]
    fn reports_are_read() {
        let block = Reception {
            fraction_lost: 3,
            total_lost: 9,
            highest: 77,
            jitter: 4,
            last_report: 0xaabb,
            delay: 12,
        };
        let mut compounds = Compounds::default();
        compounds.receptions(&[(9, block)], Some(5_000_000.0));
        let told: Vec<Told> = compounds.finish().iter().flat_map(|datagram| said(datagram)).collect();
        assert_eq!(
            told,
            [
                Told::Reception { ssrc: 9, last_report: 0xaabb, delay: 12, fraction_lost: 3 },
                Told::Estimate { bitrate: 5_000_000 },
            ]
        );
    }

    #[test]
    fn our_time_comes_back_with_how_long_it_stayed() {
        let mut compounds = Compounds::default();
        compounds.time(0x0102_0304_0506_0708);
        let datagrams = compounds.finish();
        assert_eq!(&datagrams[0][..2], &[0x80, 201], "a report comes first");
        assert_eq!(
            datagrams[0][8..],
            [&[0x80, 207, 0, 4][..], &[0, 0, 0, 1, 4, 0, 0, 2], &[1, 2, 3, 4, 5, 6, 7, 8]].concat()
        );

        let delay = |ssrc: u8, time: u8, delay: u8| [0, 0, 0, ssrc, 0, 0, 0, time, 0, 0, 0, delay];
        let report = |block: &[u8]| {
            let words = u8::try_from(block.len() / 4).unwrap();
            // After a block that does not matter.
            [&[0x80, 207, 0, words + 3, 0, 0, 0, 9, 1, 0, 0, 0, 5, 0, 0, words][..], block].concat()
        };
        let both = [delay(2, 7, 8), delay(1, 3, 4)].concat();
        assert_eq!(said(&report(&both)), [Told::Returned { time: 3, delay: 4 }]);
        assert_eq!(said(&report(&delay(2, 7, 8))), [], "somebody else's");
        let mut cut = report(&both);
        cut[15] += 1;
        assert_eq!(said(&cut), [], "longer than it is");
    }

    #[test]
    fn long_requests_are_cut_into_datagrams() {
        let mut compounds = Compounds::default();
        for ssrc in 0..60 {
            compounds.lost(ssrc, &(0..20).map(|n| n * 40).collect::<Vec<_>>());
        }
        let datagrams = compounds.finish();
        assert!(datagrams.len() > 1 && datagrams.iter().all(|datagram| datagram.len() <= 1200));
        assert_eq!(datagrams.iter().map(|datagram| said(datagram).len()).sum::<usize>(), 60);
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            said(&bytes);
            // Plausible headers get further into the decoders.
            for (at, kind) in [(0, 200), (8, 201), (16, 205), (32, 206), (48, 207)] {
                if let Some([first, second, high, low]) = bytes.get_mut(at..at + 4) {
                    *first = 0x80 | *first & 0x3f;
                    *second = kind;
                    *high = 0;
                    *low &= 0x0f;
                }
            }
            said(&bytes);
        }
    }
}
