//! What a TCP connection is, told by its first bytes.

/// STUN's magic cookie (RFC 8489 §5).
const MAGIC_COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
/// What has to be seen at most.
pub(super) const ENOUGH: usize = 10;

/// What begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opening {
    /// A method's first letter.
    Http,
    /// A handshake record (RFC 8446 §5.1).
    Tls,
    /// A STUN message by itself: a TURN client. A connection never begins with channel data (RFC 8656 §12), whose
    /// first byte could also be a letter.
    Turn,
    /// A STUN message behind its length: ICE over TCP (RFC 6544, RFC 4571).
    Ice,
    Unknown,
}

/// `None` until enough bytes are there, [`ENOUGH`] at most.
pub(super) fn opening(bytes: &[u8]) -> Option<Opening> {
    match bytes {
        [] => None,
        [b'A'..=b'Z' | b'a'..=b'z', ..] => Some(Opening::Http),
        [0x16, ..] => Some(Opening::Tls),
        [0..=3, ..] => told_by_cookie(bytes),
        _ => Some(Opening::Unknown),
    }
}

/// Both begin with a small number, a message type or a length; the cookie's place tells which.
fn told_by_cookie(bytes: &[u8]) -> Option<Opening> {
    let at = |from: usize| bytes.get(from..from + MAGIC_COOKIE.len());
    match (at(4), at(6)) {
        (Some(cookie), _) if cookie == MAGIC_COOKIE => Some(Opening::Turn),
        (_, Some(cookie)) if cookie == MAGIC_COOKIE => Some(Opening::Ice),
        (_, Some(_)) => Some(Opening::Unknown),
        (_, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const STUN: [u8; 12] = [0, 1, 0, 0x40, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4];

    #[test]
    fn each_protocol_is_recognised_as_soon_as_it_can_be() {
        assert_eq!(opening(b""), None);
        assert_eq!(opening(b"G"), Some(Opening::Http));
        assert_eq!(opening(&[0x16, 3, 1]), Some(Opening::Tls));
        assert_eq!(opening(&STUN[..7]), None);
        assert_eq!(opening(&STUN[..8]), Some(Opening::Turn));
        let framed = [&[0, 0x54][..], &STUN].concat();
        assert_eq!(opening(&framed[..9]), None);
        assert_eq!(opening(&framed), Some(Opening::Ice));
        assert_eq!(opening(&[0; ENOUGH]), Some(Opening::Unknown));
        assert_eq!(opening(&[0x80, 0]), Some(Opening::Unknown));
    }

    proptest! {
        #[test]
        fn ten_bytes_are_enough_and_a_verdict_stays(bytes in prop::collection::vec(any::<u8>(), 0..32)) {
            let whole = opening(&bytes);
            prop_assert!(bytes.len() < ENOUGH || whole.is_some());
            for end in 0..bytes.len() {
                if let Some(early) = opening(&bytes[..end]) {
                    prop_assert_eq!(Some(early), whole);
                }
            }
        }
    }
}
