//! Transport-wide feedback on the wire (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1).
//!
//! Arrival times are counted in ticks of 250 µs, the unit of the format.

/// Microseconds in a tick.
pub(super) const TICK: u64 = 250;
/// Ticks in one unit of the reference time, 64 ms.
const REFERENCE: u64 = 256;
/// Packets told of in one message at most: more could outgrow a datagram.
pub(super) const MOST: usize = 256;
/// RTCP header, SSRCs, base and count, reference time and number.
const FIXED: usize = 20;
/// Bytes of a message about [`MOST`] packets at most: two-bit chunks, large deltas, padding.
pub(super) const LONGEST: usize = FIXED + MOST.div_ceil(7) * 2 + MOST * 2 + 3;
/// Payload type (RFC 4585 §6.1) and format.
const KIND: u8 = 205;
pub(in crate::media) const FORMAT: u8 = 15;

/// What a status chunk says of a packet; the value is also the number of bytes its delta takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Symbol {
    #[default]
    Missing = 0,
    Small = 1,
    Large = 2,
}

impl Symbol {
    /// `None` for the reserved one.
    fn of(bits: u16) -> Option<Self> {
        match bits & 3 {
            0 => Some(Self::Missing),
            1 => Some(Self::Small),
            2 => Some(Self::Large),
            _ => None,
        }
    }
}

/// What a message says of itself, besides the arrivals.
#[derive(Clone, Copy, Debug)]
pub(super) struct Title {
    pub(super) sender: u32,
    pub(super) media: u32,
    /// Counts the messages.
    pub(super) number: u8,
    /// Sequence number of the first packet told of.
    pub(super) base: u16,
}

/// Writes what arrived from the packet `title.base` on: for each the tick of its arrival, or `None`.
///
/// Gives the length of the message and how many packets it covers: fewer than were given when there are more than
/// [`MOST`], or when an arrival is 8 seconds from the one before. `None` when none of them arrived or `out` is
/// shorter than [`LONGEST`].
pub(super) fn write(
    out: &mut [u8],
    title: &Title,
    arrivals: impl Iterator<Item = Option<u64>> + Clone,
) -> Option<(usize, usize)> {
    let first = arrivals.clone().take(MOST).flatten().next()?;
    let reference = first / REFERENCE;
    let mut symbols = [Symbol::Missing; MOST];
    let mut deltas = [0_i16; MOST];
    let (mut covered, mut before) = (0, reference * REFERENCE);
    for ((arrival, symbol), delta) in arrivals.zip(&mut symbols).zip(&mut deltas) {
        if let Some(tick) = arrival {
            let Ok(distance) = i16::try_from(tick.cast_signed() - before.cast_signed()) else { break };
            *symbol = if (0..256).contains(&distance) { Symbol::Small } else { Symbol::Large };
            (*delta, before) = (distance, tick);
        }
        covered += 1;
    }
    let symbols = symbols.get(..covered)?;
    let mut body = Body { out: out.get_mut(..LONGEST)?, end: FIXED };
    let mut rest = symbols;
    while !rest.is_empty() {
        let (chunk, used) = chunk(rest);
        body.put(&chunk.to_be_bytes())?;
        rest = rest.get(used..)?;
    }
    for (symbol, delta) in symbols.iter().zip(deltas) {
        let bytes = delta.to_be_bytes();
        body.put(bytes.get(2 - *symbol as usize..)?)?;
    }
    let padding = body.end.next_multiple_of(4) - body.end;
    for left in (0..padding).rev() {
        // The last byte of the padding counts it (RFC 3550 §6.4.1).
        body.put(&[if left == 0 { u8::try_from(padding).ok()? } else { 0 }])?;
    }
    let len = body.end;
    let words = u16::try_from(len / 4 - 1).ok()?;
    let [_, _, _, _, _, r0, r1, r2] = reference.to_be_bytes();
    let head = out.first_chunk_mut::<FIXED>()?;
    head[0] = 0x80 | u8::from(padding > 0) << 5 | FORMAT;
    head[1] = KIND;
    head[2..4].copy_from_slice(&words.to_be_bytes());
    head[4..8].copy_from_slice(&title.sender.to_be_bytes());
    head[8..12].copy_from_slice(&title.media.to_be_bytes());
    head[12..14].copy_from_slice(&title.base.to_be_bytes());
    head[14..16].copy_from_slice(&u16::try_from(covered).ok()?.to_be_bytes());
    head[16..20].copy_from_slice(&[r0, r1, r2, title.number]);
    Some((len, covered))
}

struct Body<'o> {
    out: &'o mut [u8],
    end: usize,
}

impl Body<'_> {
    fn put(&mut self, bytes: &[u8]) -> Option<()> {
        self.out.get_mut(self.end..self.end + bytes.len())?.copy_from_slice(bytes);
        self.end += bytes.len();
        Some(())
    }
}

/// The chunk that says most of the next symbols, and of how many.
fn chunk(symbols: &[Symbol]) -> (u16, usize) {
    let first = symbols.first().copied().unwrap_or_default();
    let run = symbols.iter().take_while(|symbol| **symbol == first).count();
    if run >= 14 || run == symbols.len() {
        // A run is at most MOST long, its field has 13 bits.
        return ((first as u16) << 13 | u16::try_from(run).unwrap_or(0), run);
    }
    let vector = |kind: u16, width: u16, room: usize| {
        let used = room.min(symbols.len());
        let pack =
            |bits: u16, (at, symbol): (u16, &Symbol)| bits | (*symbol as u16) << (14 - width * (at + 1));
        ((0..).zip(symbols.iter().take(used)).fold(kind, pack), used)
    };
    let narrow = symbols.iter().take(14).all(|symbol| *symbol != Symbol::Large);
    if narrow { vector(0x8000, 1, 14) } else { vector(0xC000, 2, 7) }
}

/// A message read: which packets arrived when.
#[derive(Clone, Copy, Debug)]
pub(in crate::media) struct Message<'m> {
    base: u16,
    count: u16,
    /// Tick that the first delta counts from.
    reference: u64,
    chunks: &'m [u8],
    deltas: &'m [u8],
}

impl<'m> Message<'m> {
    /// Takes one RTCP packet apart, of which the caller checked the length field. `None` when it is none of these,
    /// ends before its chunks do, or tells of more than `most` packets: reading costs no more than that many steps.
    #[must_use]
    pub(in crate::media) fn read(packet: &'m [u8], most: u16) -> Option<Self> {
        let (head, body) = packet.split_first_chunk::<FIXED>()?;
        let [first, KIND, _, _, _, _, _, _, _, _, _, _, b0, b1, c0, c1, r0, r1, r2, _] = *head else {
            return None;
        };
        let count = u16::from_be_bytes([c0, c1]);
        if first & 0x1f != FORMAT || count > most {
            return None;
        }
        let (mut told, mut end) = (0, 0);
        while told < usize::from(count) {
            let [high, low] = *body.get(end..end + 2)? else { return None };
            told += usize::from(Chunk::of(u16::from_be_bytes([high, low])).left);
            end += 2;
        }
        Some(Self {
            base: u16::from_be_bytes([b0, b1]),
            count,
            reference: u64::from(u32::from_be_bytes([0, r0, r1, r2])) * REFERENCE,
            chunks: body.get(..end)?,
            deltas: body.get(end..)?,
        })
    }

    /// The same after a message that counted from `last`: the 24 bits of a reference go round every twelve days. One that
    /// was overtaken lies before. The first of all lies a round in, so that there is a before.
    #[must_use]
    pub(in crate::media) fn after(mut self, last: Option<u64>) -> Self {
        const ROUND: u64 = REFERENCE << 24;
        let last = last.unwrap_or(self.reference + ROUND);
        let ahead = (self.reference + ROUND - last % ROUND) % ROUND;
        self.reference = if ahead < ROUND / 2 { last + ahead } else { (last + ahead).saturating_sub(ROUND) };
        self
    }

    /// Tick that it counts from.
    #[must_use]
    pub(in crate::media) const fn reference(&self) -> u64 {
        self.reference
    }

    /// Sequence number and tick of arrival of each packet told of, in order; `None` for one that did not arrive.
    /// Ends early where the deltas do.
    pub(in crate::media) fn statuses(self) -> Statuses<'m> {
        let Self { base, count, reference, chunks, deltas } = self;
        Statuses {
            next: base,
            left: count,
            tick: reference.cast_signed(),
            chunks,
            deltas,
            chunk: Chunk::default(),
        }
    }
}

/// Iterates over the packets of a [`Message`].
#[derive(Clone, Debug)]
pub(in crate::media) struct Statuses<'m> {
    next: u16,
    left: u16,
    tick: i64,
    chunks: &'m [u8],
    deltas: &'m [u8],
    chunk: Chunk,
}

/// A status chunk, partly used up.
#[derive(Clone, Copy, Debug, Default)]
struct Chunk {
    left: u16,
    /// The symbols that follow, from the highest bits on.
    bits: u16,
    /// Bits of one symbol; 0 for a run of the same one.
    width: u16,
}

impl Chunk {
    fn of(word: u16) -> Self {
        match (word & 0x8000 != 0, word & 0x4000 != 0) {
            (false, _) => Self { left: word & 0x1fff, bits: word << 1, width: 0 },
            (true, false) => Self { left: 14, bits: word << 2, width: 1 },
            (true, true) => Self { left: 7, bits: word << 2, width: 2 },
        }
    }

    fn symbol(&mut self) -> Option<Symbol> {
        self.left -= 1;
        if self.width == 1 {
            let symbol = Symbol::of(self.bits >> 15);
            self.bits <<= 1;
            return symbol;
        }
        let symbol = Symbol::of(self.bits >> 14);
        self.bits <<= self.width;
        symbol
    }
}

impl Iterator for Statuses<'_> {
    type Item = (u16, Option<u64>);

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        while self.chunk.left == 0 {
            let ([high, low], rest) = self.chunks.split_first_chunk()?;
            (self.chunk, self.chunks) = (Chunk::of(u16::from_be_bytes([*high, *low])), rest);
        }
        let symbol = self.chunk.symbol()?;
        let (bytes, rest) = self.deltas.split_at_checked(symbol as usize)?;
        self.deltas = rest;
        let delta = match bytes {
            [] => None,
            [small] => Some(i64::from(*small)),
            [high, low, ..] => Some(i64::from(i16::from_be_bytes([*high, *low]))),
        };
        let sequence = self.next;
        self.next = sequence.wrapping_add(1);
        self.tick += delta.unwrap_or(0);
        // A stranger's deltas may lead to before the beginning.
        Some((sequence, delta.map(|_| u64::try_from(self.tick).unwrap_or(0))))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TITLE: Title = Title { sender: 1, media: 77, number: 9, base: 65_530 };

    fn written(arrivals: &[Option<u64>]) -> Option<(Vec<u8>, usize)> {
        let mut out = [0; LONGEST];
        let (len, covered) = write(&mut out, &TITLE, arrivals.iter().copied())?;
        Some((out[..len].to_vec(), covered))
    }

    #[test]
    fn references_go_on_when_their_bits_go_round() {
        let at = |reference: u32| {
            let (mut bytes, _) = written(&[Some(2)]).unwrap();
            bytes[16..19].copy_from_slice(&reference.to_be_bytes()[1..]);
            bytes
        };
        let (mut last, mut told) = (None, Vec::new());
        for reference in [0xff_ffff, 0, 0xff_fffe, 5] {
            let bytes = at(reference);
            let message = Message::read(&bytes, 10).unwrap().after(last);
            last = last.max(Some(message.reference()));
            told.push(message.reference() / REFERENCE);
        }
        let steps: Vec<i64> = told.iter().map(|one| one.cast_signed() - told[0].cast_signed()).collect();
        assert_eq!(steps, [0, 1, -1, 6]);
    }

    #[test]
    fn the_layout_is_the_draft_s() {
        // Reference 1 (64 ms); the first after 2 ticks, one missing, one 300 ticks later, one 10 ticks before that.
        let (bytes, covered) = written(&[Some(258), None, Some(558), Some(548)]).unwrap();
        assert_eq!(covered, 4);
        let expected = [
            &[0xaf, 205, 0, 7][..],
            &[0, 0, 0, 1, 0, 0, 0, 77],
            &[0xff, 0xfa, 0, 4, 0, 0, 1, 9],
            // Two-bit vector: small, missing, large, large.
            &[0b1101_0010, 0b1000_0000],
            &[2, 1, 44, 0xff, 0xf6],
            &[1],
        ];
        let expected = expected.concat();
        assert_eq!(bytes[..4], [0xaf, 205, 0, u8::try_from(bytes.len() / 4 - 1).unwrap()]);
        assert_eq!(bytes[4..], expected[4..]);
    }

    #[test]
    fn nothing_arrived_nothing_to_tell() {
        assert_eq!(written(&[]), None);
        assert_eq!(written(&[None, None]), None);
        let far = written(&[Some(0), Some(40_000), Some(40_001)]).unwrap();
        assert_eq!(far.1, 1, "the next message tells of what is too far");
    }

    #[test]
    fn claims_beyond_the_bound_are_refused() {
        // A run of 8191 in two bytes, many times over.
        let mut packet = vec![0x8f, 205, 0, 9, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0xff, 0xff, 0, 0, 0, 0];
        packet.extend([0x1f, 0xff].repeat(10));
        assert!(Message::read(&packet, 1024).is_none());
        packet[14..16].copy_from_slice(&1024_u16.to_be_bytes());
        assert_eq!(Message::read(&packet, 1024).unwrap().statuses().count(), 1024);
        assert!(Message::read(&packet[..21], 1024).is_none(), "no whole chunk");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            steps in prop::collection::vec(prop::option::weighted(0.8, -300_i64..2_000), 1..400),
        ) {
            let mut tick = 100_000_i64;
            let arrivals: Vec<Option<u64>> = steps
                .iter()
                .map(|step| step.map(|step| { tick += step; tick.unsigned_abs() }))
                .collect();
            let Some((bytes, covered)) = written(&arrivals) else { return Ok(()) };
            prop_assert!(bytes.len() <= LONGEST && bytes.len().is_multiple_of(4));
            prop_assert_eq!(covered, arrivals.len().min(MOST));
            let read: Vec<_> = Message::read(&bytes, 1024).unwrap().statuses().collect();
            let expected: Vec<_> = (0_u16..)
                .zip(&arrivals[..covered])
                .map(|(n, arrival)| (65_530_u16.wrapping_add(n), *arrival))
                .collect();
            prop_assert_eq!(read, expected);
        }

        #[test]
        fn arbitrary_bytes_never_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Some(head) = bytes.first_chunk_mut::<2>() {
                *head = [0x8f, 205];
            }
            if let Some(message) = Message::read(&bytes, 1024) {
                prop_assert!(message.statuses().count() <= 1024);
            }
        }
    }
}
