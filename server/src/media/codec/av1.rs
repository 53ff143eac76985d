//! The AV1 aggregation header, "RTP Payload Format For AV1" §4.4. Layers are in the dependency descriptor.

const SEQUENCE_HEADER: u8 = 1;

/// Whether a coded video sequence begins with this packet. The N bit announces it; encoders that forget it still
/// send the sequence header first. `None` when the payload ends too early.
#[must_use]
pub fn starts_keyframe(payload: &[u8]) -> Option<bool> {
    let aggregation = *payload.first()?;
    let (continues, count, new_sequence) =
        (aggregation & 0x80 != 0, aggregation >> 4 & 0x03, aggregation & 0x08 != 0);
    if continues {
        return Some(false);
    }
    if new_sequence {
        return Some(true);
    }
    let mut at = 1;
    if count != 1 {
        while payload.get(at)? & 0x80 != 0 {
            at += 1;
        }
        at += 1;
    }
    Some(payload.get(at)? >> 3 & 0x0f == SEQUENCE_HEADER)
}
