//! Opening a client's packets: replay checked, authenticated, decrypted in place.

use std::collections::VecDeque;
use std::fmt;

use aws_lc_rs::aead::Aad;
use rustc_hash::FxHashMap;

use super::cipher::{Cipher, GCM_TAG, HMAC_TAG, RTCP, RTP};
use super::window::Window;
use super::{Master, Profile, SrtpError, rtp_header_len};

/// Every stream, repair stream and simulcast layer of one client, with room to spare.
const MAX_SSRCS: usize = 128;
/// RTCP comes from whatever SSRCs a client reports with; each is authenticated before it takes a place here.
const MAX_REPORTERS: usize = 256;
/// Forgotten streams whose replay windows are kept, so that forgetting never lets an old packet in again.
const MAX_RETIRED: usize = 64;

/// Opens everything one client sends: a replay window per SSRC, over bounded tables.
pub struct OpenContext {
    rtp: Cipher,
    rtcp: Cipher,
    streams: FxHashMap<u32, Window>,
    retired: VecDeque<(u32, Window)>,
    reporters: FxHashMap<u32, Window>,
}

/// An RTP packet in clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opened {
    /// Bytes of the RTP header with CSRCs and extensions.
    pub header: usize,
    /// Bytes of header and payload (padding included): the rest of the buffer was the tag.
    pub length: usize,
    /// Rollover counter · 2^16 + sequence number.
    pub index: u64,
}

impl OpenContext {
    /// # Errors
    /// [`SrtpError::BadKey`] when the master key does not fit the profile.
    pub fn new(profile: Profile, master: &Master) -> Result<Self, SrtpError> {
        Ok(Self::with(Cipher::derive(profile, master, RTP)?, Cipher::derive(profile, master, RTCP)?))
    }

    pub(super) fn with(rtp: Cipher, rtcp: Cipher) -> Self {
        let (streams, reporters) = (FxHashMap::default(), FxHashMap::default());
        Self { rtp, rtcp, streams, retired: VecDeque::new(), reporters }
    }

    /// Expects RTP from this SSRC; again is harmless. To learn an SSRC from a packet: allow, open, and forget when the
    /// packet is not authentic.
    ///
    /// # Errors
    /// [`SrtpError::TooManySsrcs`] beyond 128.
    pub fn allow(&mut self, ssrc: u32) -> Result<(), SrtpError> {
        if self.streams.contains_key(&ssrc) {
            return Ok(());
        }
        if self.streams.len() >= MAX_SSRCS {
            return Err(SrtpError::TooManySsrcs);
        }
        let known = self.retired.iter().position(|(retired, _)| *retired == ssrc);
        let window =
            known.and_then(|at| self.retired.remove(at)).map(|(_, window)| window).unwrap_or_default();
        self.streams.insert(ssrc, window);
        Ok(())
    }

    /// Expects nothing more from this SSRC.
    pub fn forget(&mut self, ssrc: u32) {
        let Some(window) = self.streams.remove(&ssrc) else { return };
        if window.highest().is_none() {
            return;
        }
        if self.retired.len() >= MAX_RETIRED {
            self.retired.pop_front();
        }
        self.retired.push_back((ssrc, window));
    }

    /// Opens an SRTP packet in place. On an error the bytes are worthless and no state has changed.
    ///
    /// # Errors
    /// [`SrtpError`] says which check failed: shape, SSRC, replay, authentication, in this order.
    pub fn open_rtp(&mut self, packet: &mut [u8]) -> Result<Opened, SrtpError> {
        let header = rtp_header_len(packet).ok_or(SrtpError::Malformed)?;
        let &[_, _, s0, s1, _, _, _, _, a, b, c, d, ..] = &*packet else { return Err(SrtpError::Malformed) };
        let (ssrc, sequence) = (u32::from_be_bytes([a, b, c, d]), u16::from_be_bytes([s0, s1]));
        let window = self.streams.get_mut(&ssrc).ok_or(SrtpError::UnknownSsrc(ssrc))?;
        let index = estimate(window.highest(), sequence).ok_or(SrtpError::Replayed)?;
        if !window.admits(index) {
            return Err(SrtpError::Replayed);
        }
        let length = match &self.rtp {
            Cipher::Gcm(gcm) => {
                let (header, body) = packet.split_at_mut_checked(header).ok_or(SrtpError::Malformed)?;
                let length = body.len().checked_sub(GCM_TAG).ok_or(SrtpError::Malformed)?;
                let opened = gcm.key.open_in_place(gcm.nonce(ssrc, index), Aad::from(&*header), body);
                opened.map_err(|_| SrtpError::Unauthentic)?;
                header.len() + length
            }
            Cipher::Cm(cm) => {
                let length = packet.len().checked_sub(HMAC_TAG).ok_or(SrtpError::Malformed)?;
                let (text, tag) = packet.split_at_mut_checked(length).ok_or(SrtpError::Malformed)?;
                let body = text.get(header..).ok_or(SrtpError::Malformed)?.len();
                cm.verify(text, rollover(index), tag)?;
                let (_, body) = text.split_at_mut_checked(length - body).ok_or(SrtpError::Malformed)?;
                cm.apply(ssrc, index, body)?;
                length
            }
        };
        window.mark(index);
        Ok(Opened { header, length, index })
    }

    /// Opens an SRTCP packet in place and returns the length of the compound packet in clear.
    ///
    /// # Errors
    /// [`SrtpError`] says which check failed; no state has changed then.
    pub fn open_rtcp(&mut self, packet: &mut [u8]) -> Result<usize, SrtpError> {
        let (ssrc, word, length) = self.rtcp_layout(packet)?;
        if word & ENCRYPTED == 0 {
            return Err(SrtpError::Unencrypted);
        }
        let index = u64::from(word & !ENCRYPTED);
        match self.reporters.get(&ssrc) {
            Some(window) if !window.admits(index) => return Err(SrtpError::Replayed),
            None if self.reporters.len() >= MAX_REPORTERS => return Err(SrtpError::TooManySsrcs),
            Some(_) | None => {}
        }
        let (text, trailer) = packet.split_at_mut_checked(length).ok_or(SrtpError::Malformed)?;
        match &self.rtcp {
            Cipher::Gcm(gcm) => {
                let (tag, _) = trailer.split_at_checked(GCM_TAG).ok_or(SrtpError::Malformed)?;
                let (header, body) = text.split_at_mut_checked(8).ok_or(SrtpError::Malformed)?;
                let aad = Aad::from(super::rtcp_aad(header, word).ok_or(SrtpError::Malformed)?);
                let opened = gcm.key.open_in_place_separate_tag(gcm.nonce(ssrc, index), aad, tag, body);
                opened.map_err(|_| SrtpError::Unauthentic)?;
            }
            Cipher::Cm(cm) => {
                let (_, tag) = trailer.split_at_checked(4).ok_or(SrtpError::Malformed)?;
                cm.verify(text, word.to_be_bytes(), tag)?;
                cm.apply(ssrc, index, text.get_mut(8..).ok_or(SrtpError::Malformed)?)?;
            }
        }
        self.reporters.entry(ssrc).or_default().mark(index);
        Ok(length)
    }

    /// The sender's SSRC, the word with the E flag and the index, and the length of the text without trailer.
    fn rtcp_layout(&self, packet: &[u8]) -> Result<(u32, u32, usize), SrtpError> {
        let tag = match self.rtcp {
            Cipher::Gcm(_) => GCM_TAG,
            Cipher::Cm(_) => HMAC_TAG,
        };
        let length =
            packet.len().checked_sub(tag + 4).filter(|&length| length >= 8).ok_or(SrtpError::Malformed)?;
        let word_at = match self.rtcp {
            Cipher::Gcm(_) => length + tag,
            Cipher::Cm(_) => length,
        };
        let word = |at: usize| {
            let bytes = packet.get(at..).and_then(|rest| rest.first_chunk());
            bytes.map(|&bytes| u32::from_be_bytes(bytes)).ok_or(SrtpError::Malformed)
        };
        match packet.first() {
            Some(first) if first >> 6 == 2 => Ok((word(4)?, word(word_at)?, length)),
            Some(_) | None => Err(SrtpError::Malformed),
        }
    }
}

/// The E flag of an SRTCP packet (RFC 3711 §3.4).
pub(super) const ENCRYPTED: u32 = 1 << 31;

/// The most significant 32 bits of an index, as the authentication tag covers them.
pub(super) const fn rollover(index: u64) -> [u8; 4] {
    ((index >> 16) as u32).to_be_bytes()
}

/// The index that this sequence number most likely has (RFC 3711 §3.3.1, appendix A); `None` below zero or beyond
/// 48 bits.
fn estimate(highest: Option<u64>, sequence: u16) -> Option<u64> {
    let Some(highest) = highest else { return Some(u64::from(sequence)) };
    let (rollover, last) = (highest >> 16, highest as u16);
    let rollover = if last < 0x8000 && sequence.saturating_sub(last) > 0x8000 {
        rollover.checked_sub(1)?
    } else if last >= 0x8000 && last - 0x8000 > sequence {
        rollover + 1
    } else {
        rollover
    };
    (rollover <= u64::from(u32::MAX)).then_some(rollover << 16 | u64::from(sequence))
}

impl fmt::Debug for OpenContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenContext").field("rtp", &self.rtp).field("streams", &self.streams.len()).finish()
    }
}
