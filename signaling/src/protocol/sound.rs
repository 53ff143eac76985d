//! Sound in binary messages of the WebSocket, one Opus packet each. All numbers are big endian.

use super::Refusal;

/// The first byte of every message.
const VERSION: u8 = 1;

/// Longest Opus packet of one frame, bytes (RFC 6716, section 3.4).
pub const MAX_PACKET: usize = 1_275;

/// Packets of one person in a second at most: 20 ms each, and a margin for clocks.
pub const MAX_PER_SECOND: u32 = 60;

/// What a page says: version, timestamp, Opus packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spoken<'m> {
    /// RTP timestamp, 48 kHz.
    pub timestamp: u32,
    pub packet: &'m [u8],
}

impl<'m> Spoken<'m> {
    /// Reads a message.
    ///
    /// # Errors
    /// `Malformed` when it is of another version or holds no packet, `TooLarge` when that is too long.
    pub fn read(message: &'m [u8]) -> Result<Self, Refusal> {
        let malformed = |detail: &str| Refusal::Malformed { detail: detail.to_owned() };
        let [VERSION, t0, t1, t2, t3, packet @ ..] = message else {
            return Err(malformed("a binary message is sound: version 1, timestamp, Opus packet"));
        };
        if packet.is_empty() {
            return Err(malformed("a binary message without an Opus packet"));
        }
        if packet.len() > MAX_PACKET {
            return Err(Refusal::TooLarge);
        }
        Ok(Self { timestamp: u32::from_be_bytes([*t0, *t1, *t2, *t3]), packet })
    }
}

/// What a page hears: version, stream, timestamp, Opus packet.
#[must_use]
pub fn heard(stream: u32, timestamp: u32, packet: &[u8]) -> Vec<u8> {
    let mut message = Vec::with_capacity(9 + packet.len());
    message.push(VERSION);
    message.extend_from_slice(&stream.to_be_bytes());
    message.extend_from_slice(&timestamp.to_be_bytes());
    message.extend_from_slice(packet);
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_messages_of_this_version_are_sound() {
        let message = [&[1, 0, 1, 2, 3][..], b"opus"].concat();
        assert_eq!(Spoken::read(&message), Ok(Spoken { timestamp: 0x10203, packet: b"opus" }));
        for wrong in [&b""[..], b"\x01\0\0\0", b"\x01\0\0\0\0", b"\x02\0\0\0\0opus", b"rubbish"] {
            assert!(matches!(Spoken::read(wrong), Err(Refusal::Malformed { .. })), "{wrong:?}");
        }
        let long = [&[1, 0, 0, 0, 0][..], &[7; MAX_PACKET + 1]].concat();
        assert_eq!(Spoken::read(&long), Err(Refusal::TooLarge));
        assert!(Spoken::read(&long[..long.len() - 1]).is_ok());
        assert_eq!(heard(2, 3, b"op"), [1, 0, 0, 0, 2, 0, 0, 0, 3, b'o', b'p']);
    }
}
