//! Sender reports: a forwarded stream's clocks, what was sent of it, and whose it is.

use std::time::{Duration, Instant};

use signaling::id::ParticipantId;

use super::MAX_COMPOUND;
use crate::media::receive::{SenderClock, middle};

/// A moment on a forwarded stream's two clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::media) struct StreamClock {
    pub(in crate::media) ntp: u64,
    pub(in crate::media) rtp: u32,
}

impl StreamClock {
    /// What the publisher's clocks show now, the RTP one shifted as the subscriber sees it.
    #[must_use]
    pub(in crate::media) fn extrapolate(
        clock: &SenderClock,
        clock_rate: u32,
        offset: u32,
        now: Instant,
    ) -> Self {
        let elapsed = now.duration_since(clock.at);
        let units = elapsed.as_micros() * u128::from(clock_rate) / 1_000_000;
        #[expect(clippy::cast_possible_truncation, reason = "RTP timestamps wrap")]
        let rtp = clock.rtp.wrapping_add(units as u32).wrapping_add(offset);
        Self { ntp: clock.ntp.wrapping_add(ntp_units(elapsed)), rtp }
    }

    /// How the subscriber's reports quote it.
    #[must_use]
    pub(in crate::media) fn quoted(&self) -> u32 {
        middle(self.ntp)
    }
}

/// In 1/2^32 s.
pub(in crate::media) fn ntp_units(elapsed: Duration) -> u64 {
    (elapsed.as_secs() << 32) | ((u64::from(elapsed.subsec_nanos()) << 32) / 1_000_000_000)
}

/// Bytes of a [sender's report](sender), and how many of them make a compound.
pub(in crate::media) const SENDER: usize = 72;
pub(in crate::media) const SENDERS: usize = MAX_COMPOUND / SENDER;

/// Tells a subscriber the clock of one stream, what was sent, and whose it is: a sender report and a description of the
/// source (RFC 3550 §6.4.1, §6.5). One name for all streams of a participant; its length leaves the one zero that ends a
/// list and no padding, which some receivers mind.
#[must_use]
pub(in crate::media) fn sender(
    ssrc: u32,
    clock: &StreamClock,
    (packets, octets): (u32, u32),
    whose: ParticipantId,
) -> [u8; SENDER] {
    let mut name = [b'p'; 33];
    if let Some((_, id)) = name.split_first_chunk_mut::<1>() {
        whose.0.simple().encode_lower(id);
    }
    let mut report = [0; SENDER];
    let parts: [&[u8]; 10] = [
        &[0x80, 200, 0, 6],
        &ssrc.to_be_bytes(),
        &clock.ntp.to_be_bytes(),
        &clock.rtp.to_be_bytes(),
        &packets.to_be_bytes(),
        &octets.to_be_bytes(),
        &[0x81, 202, 0, 10],
        &ssrc.to_be_bytes(),
        &[1, 33],
        &name,
    ];
    let bytes = parts.into_iter().flatten();
    report.iter_mut().zip(bytes).for_each(|(place, byte)| *place = *byte);
    report
}

#[cfg(test)]
mod tests {
    use rtc_rtcp::{
        packet::Packet,
        sender_report::SenderReport,
        source_description::{SdesType, SourceDescription, SourceDescriptionChunk, SourceDescriptionItem},
    };

    use super::super::{Told, read};
    use super::*;

    #[test]
    fn a_sender_s_report_is_what_the_library_writes() {
        let whose = ParticipantId(uuid::Uuid::from_u128(0x0123_4567_89ab_cdef));
        let report = SenderReport {
            ssrc: 44,
            ntp_time: 1 << 40,
            rtp_time: 99,
            packet_count: 10,
            octet_count: 1_000,
            ..SenderReport::default()
        };
        let item = SourceDescriptionItem {
            sdes_type: SdesType::SdesCname,
            text: bytes::Bytes::from(format!("p{}", whose.0.simple())),
        };
        let chunk = SourceDescriptionChunk { source: 44, items: vec![item] };
        let description = SourceDescription { chunks: vec![chunk] };
        let parts: [Box<dyn Packet>; 2] = [Box::new(report), Box::new(description)];
        let ours = sender(44, &StreamClock { ntp: 1 << 40, rtp: 99 }, (10, 1_000), whose);
        assert_eq!(ours[..], rtc_rtcp::packet::marshal(&parts).unwrap()[..]);
        let mut told = Vec::new();
        read(&ours, &mut told);
        assert_eq!(told, [Told::Sender { ssrc: 44, ntp: 1 << 40, rtp: 99 }]);
    }

    #[test]
    fn clocks_run_on() {
        let at = crate::clock::instant();
        let clock = SenderClock { ntp: 5 << 32, rtp: u32::MAX, at };
        let later = StreamClock::extrapolate(&clock, 90_000, 10, at + Duration::from_millis(1_500));
        assert_eq!(later, StreamClock { ntp: (6 << 32) + (1 << 31), rtp: 135_009 });
    }
}
