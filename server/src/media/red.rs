//! Sound that repeats itself: each packet holds copies of what came before, so that a lost one is heard all the same
//! (RED, RFC 2198, with Opus inside).
//!
//! A track of sound has two encodings, whatever its publisher sends: [`PLAIN`] for everybody, and [`REDUNDANT`] for those
//! who negotiated it. What comes without copies is wrapped for these in a byte that says so.

/// The encoding of a track of sound that is Opus alone.
pub(super) const PLAIN: u8 = 0;
/// The encoding that is Opus inside RED.
pub(super) const REDUNDANT: u8 = 1;
/// Copies in one packet: browsers send one, nine at most.
const COPIES: usize = 15;
/// Packets after which no copy of one can come: the offset of 14 bits is a third of a second, and no Opus packet is
/// shorter than 2.5 ms.
pub(super) const REACH: u64 = 140;

/// Before a copy: a bit that more follows, payload type, time in the past of 14 bits, length of 10 bits.
const COPY: usize = 4;
const MORE: u8 = 0x80;

/// A payload of RED, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Blocks<'p> {
    /// What is said of each copy.
    heads: &'p [[u8; COPY]],
    copies: &'p [u8],
    /// What the packet is sent for.
    pub(super) primary: &'p [u8],
}

impl<'p> Blocks<'p> {
    /// `None` when the payload is not of this form, or not everything inside is of that payload type.
    #[must_use]
    pub(super) fn read(payload: &'p [u8], payload_type: u8) -> Option<Self> {
        let (words, _) = payload.as_chunks::<COPY>();
        let copies = words.iter().take_while(|[first, ..]| first & MORE != 0).count();
        let heads = words.get(..copies).filter(|heads| heads.len() <= COPIES)?;
        let (last, blocks) = payload.get(copies * COPY..)?.split_first()?;
        if heads.iter().any(|[first, ..]| first & !MORE != payload_type) || *last != payload_type {
            return None;
        }
        let length =
            heads.iter().map(|[_, _, high, low]| usize::from(u16::from_be_bytes([high & 3, *low]))).sum();
        let (copies, primary) = blocks.split_at_checked(length)?;
        (!primary.is_empty()).then_some(Self { heads, copies, primary })
    }

    /// Only what the packet is sent for.
    #[must_use]
    pub(super) fn alone(primary: &'p [u8]) -> Self {
        Self { heads: &[], copies: &[], primary }
    }

    /// Bytes of the payload.
    #[must_use]
    pub(super) fn len(&self) -> usize {
        self.heads.len() * COPY + 1 + self.copies.len() + self.primary.len()
    }

    /// Writes the payload, everything inside under that payload type; `None` when there is no room for it.
    pub(super) fn write<'o>(&self, payload_type: u8, out: &'o mut [u8]) -> Option<&'o [u8]> {
        let (out, _) = out.split_at_mut_checked(self.len())?;
        let (front, rest) = out.split_at_mut_checked(self.heads.len() * COPY)?;
        for (written, [_, times @ ..]) in front.as_chunks_mut::<COPY>().0.iter_mut().zip(self.heads) {
            let [t0, t1, t2] = *times;
            *written = [MORE | payload_type, t0, t1, t2];
        }
        let (last, blocks) = rest.split_first_mut()?;
        *last = payload_type;
        let (copies, primary) = blocks.split_at_mut_checked(self.copies.len())?;
        copies.copy_from_slice(self.copies);
        primary.copy_from_slice(self.primary);
        Some(out)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A copy of two bytes from 960 units ago, and a primary block of three.
    const ONE_COPY: [u8; 10] = [0x80 | 111, 0x0f, 0x00, 2, 111, 1, 2, 7, 8, 9];

    #[test]
    fn a_payload_is_taken_apart() {
        let blocks = Blocks::read(&ONE_COPY, 111).unwrap();
        assert_eq!((blocks.copies, blocks.primary), (&[1, 2][..], &[7, 8, 9][..]));
        assert_eq!(Blocks::read(&[111, 7], 111), Some(Blocks::alone(&[7])), "without a copy");
    }

    #[test]
    fn what_is_cut_short_or_of_another_kind_is_refused() {
        for length in 0..=ONE_COPY.len() - 3 {
            assert_eq!(Blocks::read(&ONE_COPY[..length], 111), None, "{length} bytes");
        }
        assert_eq!(Blocks::read(&ONE_COPY, 96), None);
        let mut foreign = ONE_COPY;
        foreign[0] = 0x80 | 13;
        assert_eq!(Blocks::read(&foreign, 111), None, "a copy of something else");
        let many = [[0x80 | 111, 0, 0, 0]; COPIES + 1].concat();
        assert_eq!(
            Blocks::read(&[&many[..], &[111, 7]].concat(), 111),
            None,
            "more copies than anybody sends"
        );
    }

    #[test]
    fn everything_inside_gets_our_payload_type() {
        let mut out = [0; 16];
        let blocks = Blocks::read(&ONE_COPY, 111).unwrap();
        let written = blocks.write(96, &mut out).unwrap();
        assert_eq!(written, [0x80 | 96, 0x0f, 0x00, 2, 96, 1, 2, 7, 8, 9]);
        assert_eq!(blocks.write(96, &mut [0; 9]), None, "no room");
    }

    proptest! {
        #[test]
        fn what_is_read_is_written_back(payload in prop::collection::vec(any::<u8>(), 0..80), copies in 0..4_usize) {
            let mut payload = payload;
            for (n, byte) in payload.iter_mut().step_by(COPY).take(copies + 1).enumerate() {
                *byte = if n < copies { MORE | 111 } else { 111 };
            }
            for byte in payload.iter_mut().skip(2).step_by(COPY).take(copies) {
                *byte &= 0xfc;
            }
            if let Some(blocks) = Blocks::read(&payload, 111) {
                let mut out = [0; 80];
                prop_assert_eq!(blocks.write(111, &mut out), Some(&payload[..]));
            }
        }
    }
}
