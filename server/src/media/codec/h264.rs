//! H.264 NAL units in RTP, RFC 6184 §5, and the size in a sequence parameter set, H.264 §7.3.2.1.1.

use super::Size;

const STAP_A: u8 = 24;
const FU_A: u8 = 28;
const SLICE_IDR: u8 = 5;
const SEQUENCE: u8 = 7;

/// A sequence parameter set or a slice of an instantaneous decoding refresh.
fn opens(kind: u8) -> bool {
    matches!(kind & 0x1f, SLICE_IDR | SEQUENCE)
}

/// Whether a decoder can begin with this packet; `None` when the payload ends too early.
#[must_use]
pub fn starts_keyframe(payload: &[u8]) -> Option<bool> {
    match payload.first()? & 0x1f {
        STAP_A => Some(units(payload.get(1..)?).any(|unit| unit.first().is_some_and(|kind| opens(*kind)))),
        FU_A => payload.get(1).map(|fragment| fragment & 0x80 != 0 && opens(*fragment)),
        kind => Some(opens(kind)),
    }
}

/// The units of an aggregation packet; the last one may be cut short.
fn units(mut rest: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let [high, low, unit @ ..] = rest else { return None };
        let len = usize::from(u16::from_be_bytes([*high, *low]));
        rest = unit.get(len..).unwrap_or_default();
        Some(unit.get(..len).unwrap_or(unit))
    })
}

/// The size in the sequence parameter set of this packet, should it have one.
#[must_use]
pub fn size(payload: &[u8]) -> Option<Size> {
    let is_sequence = |unit: &&[u8]| unit.first().is_some_and(|kind| kind & 0x1f == SEQUENCE);
    let unit = match payload.first()? & 0x1f {
        STAP_A => units(payload.get(1..)?).find(is_sequence)?,
        SEQUENCE => payload,
        _ => return None,
    };
    sequence(unit.get(1..)?)
}

/// Bits after the removal of the emulation prevention bytes, H.264 §7.3.1.
struct Bits<'p> {
    bytes: &'p [u8],
    zeros: u8,
    byte: u8,
    left: u8,
}

impl Bits<'_> {
    fn bit(&mut self) -> Option<u32> {
        if self.left == 0 {
            let mut byte = self.take()?;
            if self.zeros >= 2 && byte == 3 {
                self.zeros = 0;
                byte = self.take()?;
            }
            self.zeros = if byte == 0 { self.zeros.saturating_add(1) } else { 0 };
            (self.byte, self.left) = (byte, 8);
        }
        self.left -= 1;
        Some(u32::from(self.byte >> self.left & 1))
    }

    fn take(&mut self) -> Option<u8> {
        let (first, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(*first)
    }

    fn bits(&mut self, count: u8) -> Option<u32> {
        let mut value = 0;
        for _ in 0..count {
            value = value << 1 | self.bit()?;
        }
        Some(value)
    }

    /// Exp-Golomb, H.264 §9.1; at most 16 leading zeros make sense here.
    fn golomb(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while self.bit()? == 0 {
            zeros += 1;
            if zeros > 16 {
                return None;
            }
        }
        Some((1 << zeros) - 1 + self.bits(zeros)?)
    }

    fn signed(&mut self) -> Option<i64> {
        let value = i64::from(self.golomb()?);
        Some(if value & 1 == 1 { (value + 1) / 2 } else { -value / 2 })
    }
}

/// Profiles with a chroma format and scaling lists.
const HIGH: [u32; 13] = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135];

fn sequence(bytes: &[u8]) -> Option<Size> {
    let mut bits = Bits { bytes, zeros: 0, byte: 0, left: 0 };
    let profile = bits.bits(8)?;
    bits.bits(16)?;
    bits.golomb()?;
    let mut chroma = 1;
    if HIGH.contains(&profile) {
        chroma = high_profile(&mut bits)?;
    }
    bits.golomb()?;
    match bits.golomb()? {
        0 => drop(bits.golomb()?),
        1 => order_count(&mut bits)?,
        _ => {}
    }
    bits.golomb()?;
    bits.bit()?;
    let (columns, rows) = (bits.golomb()? + 1, bits.golomb()? + 1);
    let frames_only = bits.bit()?;
    if frames_only == 0 {
        bits.bit()?;
    }
    bits.bit()?;
    let [mut left, mut right, mut top, mut bottom] = [0; 4];
    if bits.bit()? == 1 {
        [left, right, top, bottom] = [bits.golomb()?, bits.golomb()?, bits.golomb()?, bits.golomb()?];
    }
    let (unit_x, unit_y) = match chroma {
        1 => (2, 2),
        2 => (2, 1),
        _ => (1, 1),
    };
    let fields = 2 - frames_only;
    let width = columns.checked_mul(16)?.checked_sub((left + right).checked_mul(unit_x)?)?;
    let height = rows.checked_mul(16 * fields)?.checked_sub((top + bottom).checked_mul(unit_y * fields)?)?;
    Some((u16::try_from(width).ok()?, u16::try_from(height).ok()?))
}

/// The part only these profiles have; gives the chroma format.
fn high_profile(bits: &mut Bits<'_>) -> Option<u32> {
    let chroma = bits.golomb()?;
    if chroma == 3 {
        bits.bit()?;
    }
    bits.golomb()?;
    bits.golomb()?;
    bits.bit()?;
    if bits.bit()? == 1 {
        for list in 0..if chroma == 3 { 12 } else { 8 } {
            if bits.bit()? == 1 {
                scaling_list(bits, if list < 6 { 16 } else { 64 })?;
            }
        }
    }
    Some(chroma)
}

fn scaling_list(bits: &mut Bits<'_>, entries: usize) -> Option<()> {
    let (mut last, mut next) = (8, 8);
    for _ in 0..entries {
        if next != 0 {
            next = (last + bits.signed()? + 256) % 256;
        }
        if next != 0 {
            last = next;
        }
    }
    Some(())
}

/// The order of pictures told by a cycle.
fn order_count(bits: &mut Bits<'_>) -> Option<()> {
    bits.bit()?;
    bits.signed()?;
    bits.signed()?;
    for _ in 0..bits.golomb()?.min(255) {
        bits.signed()?;
    }
    Some(())
}
