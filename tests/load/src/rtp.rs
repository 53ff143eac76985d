//! The few bytes of RTP and RTCP that the generator reads and writes (RFC 3550, RFC 4585, RFC 4588).

/// A header without payload.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Header {
    pub(crate) marker: bool,
    pub(crate) payload_type: u8,
    pub(crate) sequence: u16,
    pub(crate) timestamp: u32,
    pub(crate) ssrc: u32,
}

impl Header {
    /// Writes header and one-byte extensions (RFC 8285 §4.2) to `out`.
    pub(crate) fn write(&self, extensions: &[(u8, &[u8])], out: &mut Vec<u8>) {
        let extended = !extensions.is_empty();
        out.push(0x80 | if extended { 0x10 } else { 0 });
        out.push(self.payload_type | if self.marker { 0x80 } else { 0 });
        out.extend_from_slice(&self.sequence.to_be_bytes());
        out.extend_from_slice(&self.timestamp.to_be_bytes());
        out.extend_from_slice(&self.ssrc.to_be_bytes());
        if !extended {
            return;
        }
        let length: usize = extensions.iter().map(|(_, value)| 1 + value.len()).sum();
        out.extend_from_slice(&[0xbe, 0xde]);
        out.extend_from_slice(&(length.div_ceil(4) as u16).to_be_bytes());
        for (id, value) in extensions {
            out.push(id << 4 | (value.len().saturating_sub(1) as u8));
            out.extend_from_slice(value);
        }
        out.resize(out.len() + length.next_multiple_of(4) - length, 0);
    }
}

/// Payload type, sequence number and SSRC of an RTP packet.
pub(crate) fn identity(packet: &[u8]) -> Option<(u8, u16, u32)> {
    let &[_, m, s0, s1, _, _, _, _, a, b, c, d, ..] = packet else { return None };
    Some((m & 0x7f, u16::from_be_bytes([s0, s1]), u32::from_be_bytes([a, b, c, d])))
}

/// RTCP by its packet type (RFC 5761 §4).
pub(crate) fn is_rtcp(packet: &[u8]) -> bool {
    packet.get(1).is_some_and(|typ| (192..=223).contains(typ))
}

/// The value of a header extension, in either form (RFC 8285 §4).
pub(crate) fn extension(packet: &[u8], wanted: u8) -> Option<&[u8]> {
    let &first = packet.first()?;
    if first & 0x10 == 0 {
        return None;
    }
    let at = 12 + 4 * usize::from(first & 0x0f);
    let &[p0, p1, w0, w1] = packet.get(at..)?.first_chunk()?;
    let mut rest = packet.get(at + 4..)?.get(..4 * usize::from(u16::from_be_bytes([w0, w1])))?;
    let long = p0 == 0x10 && p1 & 0xf0 == 0;
    while let Some((&head, tail)) = rest.split_first() {
        let (id, length, tail) = match (long, head) {
            (_, 0) => {
                rest = tail;
                continue;
            }
            (false, head) => (head >> 4, usize::from(head & 0x0f) + 1, tail),
            (true, id) => (id, usize::from(*tail.first()?), tail.get(1..)?),
        };
        if id == wanted {
            return tail.get(..length);
        }
        rest = tail.get(length..)?;
    }
    None
}

/// One packet of an RTCP compound: count or format, type, and all after the first four bytes.
pub(crate) struct Report<'a> {
    pub(crate) format: u8,
    pub(crate) typ: u8,
    pub(crate) body: &'a [u8],
}

/// The packets of a compound in clear.
pub(crate) fn reports(mut compound: &[u8]) -> impl Iterator<Item = Report<'_>> {
    std::iter::from_fn(move || {
        let &[first, typ, l0, l1] = compound.first_chunk()?;
        let length = 4 * (usize::from(u16::from_be_bytes([l0, l1])) + 1);
        let (packet, rest) = compound.split_at_checked(length)?;
        compound = rest;
        Some(Report { format: first & 0x1f, typ, body: packet.get(4..)? })
    })
}

/// The n-th 32-bit word.
pub(crate) fn word(body: &[u8], n: usize) -> Option<u32> {
    body.get(4 * n..)?.first_chunk().map(|&bytes| u32::from_be_bytes(bytes))
}

/// Begins an RTCP packet; [`end`] sets its length.
pub(crate) fn begin(out: &mut Vec<u8>, format: u8, typ: u8, ssrc: u32) -> usize {
    let at = out.len();
    out.extend_from_slice(&[0x80 | format, typ, 0, 0]);
    out.extend_from_slice(&ssrc.to_be_bytes());
    at
}

/// Ends what [`begin`] began at that place, on a word.
pub(crate) fn end(out: &mut Vec<u8>, at: usize) {
    out.resize(at + (out.len() - at).next_multiple_of(4), 0);
    let words = ((out.len() - at) / 4 - 1) as u16;
    if let Some(length) = out.get_mut(at + 2..at + 4) {
        length.copy_from_slice(&words.to_be_bytes());
    }
}

pub(crate) const SENDER_REPORT: u8 = 200;
pub(crate) const RECEIVER_REPORT: u8 = 201;
pub(crate) const TRANSPORT_FEEDBACK: u8 = 205;
pub(crate) const PAYLOAD_FEEDBACK: u8 = 206;
pub(crate) const NACK: u8 = 1;
pub(crate) const TRANSPORT_CC: u8 = 15;
pub(crate) const PLI: u8 = 1;
pub(crate) const FIR: u8 = 4;

/// The sequence numbers of a generic NACK (RFC 4585 §6.2.1).
pub(crate) fn nacked(body: &[u8]) -> impl Iterator<Item = u16> {
    let pairs = body.get(8..).unwrap_or_default().chunks_exact(4).filter_map(|pair| word(pair, 0));
    pairs.flat_map(|pair| {
        let (first, mask) = ((pair >> 16) as u16, pair as u16);
        let rest = (0..16_u16).filter(move |bit| mask & (1 << bit) != 0);
        std::iter::once(first).chain(rest.map(move |bit| first.wrapping_add(bit + 1)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extensions_are_found_again() {
        let mut packet = Vec::new();
        let header = Header { payload_type: 96, sequence: 7, ssrc: 9, ..Header::default() };
        header.write(&[(4, b"v"), (3, &[1, 2])], &mut packet);
        assert_eq!(extension(&packet, 3), Some(&[1, 2][..]));
        assert_eq!(extension(&packet, 4), Some(&b"v"[..]));
        assert_eq!(extension(&packet, 5), None);
        assert_eq!(identity(&packet), Some((96, 7, 9)));
        assert_eq!(packet.len() % 4, 0);
    }

    #[test]
    fn a_nack_names_the_first_and_the_following() {
        let body = [0, 0, 0, 1, 0, 0, 0, 2, 0xff, 0xff, 0x80, 0x01];
        assert_eq!(nacked(&body).collect::<Vec<_>>(), [0xffff, 0, 15]);
    }
}
