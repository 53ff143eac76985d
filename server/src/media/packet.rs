//! RTP on the wire: where things are in a received packet, and how a forwarded one is written.
//!
//! RFC 3550 §5.1 (header), RFC 7983 and RFC 5761 (demultiplexing), RFC 8285 (header extensions). Every
//! length comes from a stranger, so nothing here indexes without looking first.

use std::ops::Range;

use super::codec::Patch;

/// What a datagram is, told by its first two bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Stun,
    Dtls,
    Rtp,
    Rtcp,
    Unknown,
}

/// RFC 7983 by the first byte, RFC 5761 §4 between RTP and RTCP.
#[must_use]
pub(super) fn kind(datagram: &[u8]) -> Kind {
    match datagram {
        [0..=3, ..] => Kind::Stun,
        [20..=63, ..] => Kind::Dtls,
        [128..=191, 192..=223, ..] => Kind::Rtcp,
        [128..=191, _, ..] => Kind::Rtp,
        _ => Kind::Unknown,
    }
}

const FIXED: usize = 12;
/// Profile of one-byte extension elements, RFC 8285 §4.2.
const ONE_BYTE: u16 = 0xBEDE;
/// Profile of two-byte extension elements, RFC 8285 §4.3; the low four bits are free.
const TWO_BYTE: u16 = 0x1000;

/// The header of a received packet. The offsets were checked against the packet it was parsed from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) marker: bool,
    pub(super) payload_type: u8,
    pub(super) sequence: u16,
    pub(super) timestamp: u32,
    pub(super) ssrc: u32,
    padding: bool,
    profile: u16,
    elements: Range<usize>,
    /// Length of the header, extensions included; the payload starts here.
    pub(super) len: usize,
}

fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

impl Header {
    /// `None` when the packet is not RTP version 2 or shorter than its header says. Works on SRTP too:
    /// the header is not encrypted.
    #[must_use]
    pub(super) fn parse(packet: &[u8]) -> Option<Self> {
        let first = *packet.first()?;
        let second = *packet.get(1)?;
        if first >> 6 != 2 {
            return None;
        }
        let mut len = FIXED + 4 * usize::from(first & 0x0f);
        let mut profile = 0;
        let mut elements = len..len;
        if first & 0x10 != 0 {
            profile = be16(packet, len)?;
            let words = usize::from(be16(packet, len + 2)?);
            elements = len + 4..len + 4 + 4 * words;
            len = elements.end;
        }
        if packet.len() < len {
            return None;
        }
        Some(Self {
            marker: second & 0x80 != 0,
            payload_type: second & 0x7f,
            sequence: be16(packet, 2)?,
            timestamp: be32(packet, 4)?,
            ssrc: be32(packet, 8)?,
            padding: first & 0x20 != 0,
            profile,
            elements,
            len,
        })
    }

    /// The payload of a decrypted packet without its padding; `None` when the padding is longer than it.
    #[must_use]
    pub(super) fn payload<'p>(&self, packet: &'p [u8]) -> Option<&'p [u8]> {
        let payload = packet.get(self.len..)?;
        if !self.padding {
            return Some(payload);
        }
        let padding = usize::from(*payload.last()?);
        if padding == 0 {
            return None;
        }
        payload.get(..payload.len().checked_sub(padding)?)
    }

    /// The extension elements as (id, data), in order; stops at the first malformed one.
    #[must_use]
    pub(super) fn extensions<'p>(&self, packet: &'p [u8]) -> Elements<'p> {
        let rest = packet.get(self.elements.clone()).unwrap_or_default();
        Elements { rest, two_byte: self.profile & 0xfff0 == TWO_BYTE, known: self.known_profile() }
    }

    fn known_profile(&self) -> bool {
        self.profile == ONE_BYTE || self.profile & 0xfff0 == TWO_BYTE
    }
}

/// Iterates over header extension elements.
#[derive(Clone, Debug)]
pub(super) struct Elements<'p> {
    rest: &'p [u8],
    two_byte: bool,
    known: bool,
}

impl<'p> Iterator for Elements<'p> {
    type Item = (u8, &'p [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        if !self.known {
            return None;
        }
        while let [0, rest @ ..] = self.rest {
            self.rest = rest;
        }
        let (id, len, data) = if self.two_byte {
            let [id, len, data @ ..] = self.rest else { return None };
            (*id, usize::from(*len), data)
        } else {
            let [first, data @ ..] = self.rest else { return None };
            // Id 15 is reserved: processing stops there (RFC 8285 §4.2).
            if first >> 4 == 15 {
                return None;
            }
            (first >> 4, usize::from(first & 0x0f) + 1, data)
        };
        let element = data.get(..len)?;
        self.rest = data.get(len..)?;
        Some((id, element))
    }
}

/// The most bytes a rewritten extension block may take: room for a dependency descriptor with its
/// structure, far more than any other element needs.
pub(super) const MAX_ELEMENTS: usize = 192;

/// Extension elements in *our* ids, ready to be copied into every subscriber's header.
#[derive(Clone, Debug)]
pub(super) struct Block {
    bytes: [u8; MAX_ELEMENTS],
    len: usize,
    two_byte: bool,
}

impl Block {
    /// Collects elements; one that does not fit is left out. `two_byte` elements may be longer than 16 bytes.
    #[must_use]
    pub(super) fn new(two_byte: bool) -> Self {
        Self { bytes: [0; MAX_ELEMENTS], len: 0, two_byte }
    }

    pub(super) fn push(&mut self, id: u8, data: &[u8]) {
        if let Some(room) = self.bytes.get_mut(self.len..)
            && let Some(written) = write_element(room, self.two_byte, id, data)
        {
            self.len += written;
        }
    }

    #[must_use]
    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    #[must_use]
    pub(super) fn two_byte(&self) -> bool {
        self.two_byte
    }
}

/// `None` when the element fits neither the form nor the room.
fn write_element(out: &mut [u8], two_byte: bool, id: u8, data: &[u8]) -> Option<usize> {
    let prefix = if two_byte { 2 } else { 1 };
    let room = out.get_mut(..prefix + data.len())?;
    let (head, body) = room.split_at_mut_checked(prefix)?;
    if two_byte {
        head.copy_from_slice(&[id, u8::try_from(data.len()).ok()?]);
    } else {
        if data.is_empty() || data.len() > 16 || !(1..=14).contains(&id) {
            return None;
        }
        head.copy_from_slice(&[id << 4 | u8::try_from(data.len() - 1).ok()?]);
    }
    body.copy_from_slice(data);
    Some(prefix + data.len())
}

/// The header of a packet we send.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outgoing<'a> {
    pub(super) marker: bool,
    pub(super) payload_type: u8,
    pub(super) sequence: u16,
    pub(super) timestamp: u32,
    pub(super) ssrc: u32,
    /// Elements already in our ids, see [`Block`].
    pub(super) elements: &'a [u8],
    pub(super) two_byte: bool,
    /// (extension id, mid), when the receiver knows the extension.
    pub(super) mid: Option<(u8, &'a [u8])>,
    /// (extension id, number) of the packet among all that its receiver gets.
    pub(super) transport: Option<(u8, u16)>,
    /// What to write over the beginning of the payload.
    pub(super) patch: Patch,
}

/// Room that a header written by [`Outgoing::write`] always fits in.
pub(super) const MAX_HEADER: usize = FIXED + 4 + MAX_ELEMENTS + 2 + 32;

impl Outgoing<'_> {
    /// Writes the header and gives its length; `None` when `out` is too short.
    pub(super) fn write(&self, out: &mut [u8]) -> Option<usize> {
        let extended = self.mid.is_some() || self.transport.is_some() || !self.elements.is_empty();
        let fixed = out.first_chunk_mut::<FIXED>()?;
        fixed[0] = if extended { 0x90 } else { 0x80 };
        fixed[1] = u8::from(self.marker) << 7 | self.payload_type & 0x7f;
        fixed[2..4].copy_from_slice(&self.sequence.to_be_bytes());
        fixed[4..8].copy_from_slice(&self.timestamp.to_be_bytes());
        fixed[8..12].copy_from_slice(&self.ssrc.to_be_bytes());
        if !extended {
            return Some(FIXED);
        }
        let start = FIXED + 4;
        let mut end = start;
        if let Some((id, mid)) = self.mid {
            end += write_element(out.get_mut(end..)?, self.two_byte, id, mid)?;
        }
        out.get_mut(end..end + self.elements.len())?.copy_from_slice(self.elements);
        end += self.elements.len();
        if let Some((id, number)) = self.transport {
            end += write_element(out.get_mut(end..)?, self.two_byte, id, &number.to_be_bytes())?;
        }
        let padded = start + (end - start).next_multiple_of(4);
        out.get_mut(end..padded)?.fill(0);
        let profile = if self.two_byte { TWO_BYTE } else { ONE_BYTE };
        let words = u16::try_from((padded - start) / 4).ok()?;
        out.get_mut(FIXED..FIXED + 2)?.copy_from_slice(&profile.to_be_bytes());
        out.get_mut(FIXED + 2..start)?.copy_from_slice(&words.to_be_bytes());
        Some(padded)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn outgoing<'a>(elements: &'a [u8], two_byte: bool, mid: Option<(u8, &'a [u8])>) -> Outgoing<'a> {
        Outgoing {
            marker: true,
            payload_type: 96,
            sequence: 65_535,
            timestamp: 0xdead_beef,
            ssrc: 7,
            elements,
            two_byte,
            mid,
            transport: None,
            patch: Patch::default(),
        }
    }

    #[test]
    fn demultiplexes_by_the_first_bytes() {
        assert_eq!(kind(&[0, 1]), Kind::Stun);
        assert_eq!(kind(&[22, 254]), Kind::Dtls);
        assert_eq!(kind(&[0x80, 96]), Kind::Rtp);
        assert_eq!(kind(&[0x90, 0xe0]), Kind::Rtp, "payload type 96 with the marker bit");
        assert_eq!(kind(&[0x81, 200]), Kind::Rtcp);
        assert_eq!(kind(&[70, 0]), Kind::Unknown);
        assert_eq!(kind(&[]), Kind::Unknown);
        assert_eq!(kind(&[0x80]), Kind::Unknown);
    }

    #[test]
    fn padding_longer_than_the_payload_is_refused() {
        let mut packet = vec![0xa0, 96, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 9, 9, 2];
        let header = Header::parse(&packet).unwrap();
        assert_eq!(header.payload(&packet), Some(&[9][..]));
        packet[14] = 4;
        assert_eq!(header.payload(&packet), None);
        packet[14] = 0;
        assert_eq!(header.payload(&packet), None);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            one in prop::collection::vec(any::<u8>(), 1..=16),
            two in prop::collection::vec(any::<u8>(), 1..=120),
            two_byte: bool, with_mid: bool, number: Option<u16>,
        ) {
            let mut block = Block::new(two_byte);
            block.push(3, &one);
            block.push(9, &two);
            let mid = with_mid.then_some((4, &b"12"[..]));
            let mut out = [0; MAX_HEADER];
            let transport = number.map(|number| (5, number));
            let numbered = Outgoing { transport, ..outgoing(block.bytes(), two_byte, mid) };
            let len = numbered.write(&mut out).unwrap();
            let header = Header::parse(&out[..len]).unwrap();
            prop_assert_eq!((header.len, header.sequence, header.ssrc), (len, 65_535, 7));
            prop_assert_eq!((header.timestamp, header.marker, header.payload_type), (0xdead_beef, true, 96));
            let mut expected: Vec<(u8, &[u8])> = mid.into_iter().collect();
            expected.push((3, &one));
            if two_byte || two.len() <= 16 {
                expected.push((9, &two));
            }
            let number = number.map(u16::to_be_bytes);
            expected.extend(number.iter().map(|number| (5, &number[..])));
            prop_assert_eq!(header.extensions(&out).collect::<Vec<_>>(), expected);
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = kind(&bytes);
            if let Some(header) = Header::parse(&bytes) {
                let _ = header.payload(&bytes);
                prop_assert!(header.extensions(&bytes).count() <= bytes.len());
            }
        }
    }
}
