//! SRTP and SRTCP (RFC 3711, RFC 7714): opening what a client sends, sealing what it receives.

pub use keys::{Keys, Master, Profile};
pub use open::{OpenContext, Opened};
pub use seal::SealContext;

mod cipher;
mod keys;
mod open;
mod seal;
#[cfg(test)]
mod tests;
mod window;

/// Why a packet was not opened or sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SrtpError {
    #[error("the packet is too short or its lengths do not fit")]
    Malformed,
    #[error("SSRC {0} is not expected from this peer")]
    UnknownSsrc(u32),
    #[error("the packet was received before, or is too old to tell")]
    Replayed,
    #[error("the packet is not authentic")]
    Unauthentic,
    #[error("SRTCP without encryption is not accepted")]
    Unencrypted,
    #[error("this peer already uses as many SSRCs as it may")]
    TooManySsrcs,
    #[error("the output buffer is too short")]
    NoRoom,
    #[error("all {} indices of this SRTCP key are used", 1u32 << 31)]
    Exhausted,
    #[error("the key has not the length of its profile")]
    BadKey,
}

/// Bytes of an RTP header with CSRCs and extension (RFC 3550 §5.1, §5.3.1), or `None` when they do not fit.
fn rtp_header_len(packet: &[u8]) -> Option<usize> {
    let &first = packet.first()?;
    if first >> 6 != 2 {
        return None;
    }
    let fixed = 12 + 4 * usize::from(first & 0x0f);
    let length = if first & 0x10 == 0 {
        fixed
    } else {
        let &[_, _, words_high, words_low] = packet.get(fixed..)?.first_chunk()?;
        fixed + 4 + 4 * usize::from(u16::from_be_bytes([words_high, words_low]))
    };
    (length <= packet.len()).then_some(length)
}

/// What AES-GCM authenticates besides the text of an SRTCP packet (RFC 7714 §9.2): the header and the last word.
fn rtcp_aad(header: &[u8], word: u32) -> Option<[u8; 12]> {
    let &[a, b, c, d, e, f, g, h] = header.first_chunk()?;
    let [w0, w1, w2, w3] = word.to_be_bytes();
    Some([a, b, c, d, e, f, g, h, w0, w1, w2, w3])
}
