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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heard<'p> {
    /// As `sound` names it.
    pub stream: u32,
    /// RTP timestamp, 48 kHz.
    pub timestamp: u32,
    pub packet: &'p [u8],
}

impl Heard<'_> {
    /// What comes before the packet.
    #[must_use]
    pub fn head(&self) -> [u8; 9] {
        let ([s0, s1, s2, s3], [t0, t1, t2, t3]) = (self.stream.to_be_bytes(), self.timestamp.to_be_bytes());
        [VERSION, s0, s1, s2, s3, t0, t1, t2, t3]
    }
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
        let heard = Heard { stream: 2, timestamp: 3, packet: b"opus" };
        assert_eq!(heard.head(), [1, 0, 0, 0, 2, 0, 0, 0, 3]);
    }
}
