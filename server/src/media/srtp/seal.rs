//! Sealing what a client receives. The caller owns the RTP index; the SRTCP index lives here and never repeats.

use std::fmt;

use aws_lc_rs::aead::Aad;

use super::cipher::{Cipher, GCM_TAG, HMAC_TAG, RTCP, RTP};
use super::open::{ENCRYPTED, rollover};
use super::{Master, Profile, SrtpError};

/// Seals everything one client receives.
pub struct SealContext {
    rtp: Cipher,
    rtcp: Cipher,
    /// The next SRTCP index, shared by all SSRCs: receivers only ask that it grows.
    rtcp_index: u32,
}

impl SealContext {
    /// The most bytes that sealing adds to an RTP packet.
    pub const MAX_TAG: usize = 16;
    /// The most bytes that sealing adds to an RTCP packet.
    pub const MAX_RTCP_TRAILER: usize = Self::MAX_TAG + 4;

    /// # Errors
    /// [`SrtpError::BadKey`] when the master key does not fit the profile.
    pub fn new(profile: Profile, master: &Master) -> Result<Self, SrtpError> {
        Ok(Self::with(Cipher::derive(profile, master, RTP)?, Cipher::derive(profile, master, RTCP)?, 0))
    }

    pub(super) fn with(rtp: Cipher, rtcp: Cipher, rtcp_index: u32) -> Self {
        Self { rtp, rtcp, rtcp_index }
    }

    /// Seals the packet of which the first `length` bytes of `packet` are header and payload, in place, and returns
    /// the length with the tag. The index is `roc` · 2^16 + the header's sequence number: the caller sees to it that
    /// no (SSRC, index) is ever sealed with two different contents.
    ///
    /// # Errors
    /// [`SrtpError::NoRoom`] when the tag does not fit behind, [`SrtpError::Malformed`] when the header does not.
    pub fn seal_rtp(
        &self,
        packet: &mut [u8],
        header: usize,
        length: usize,
        roc: u32,
    ) -> Result<usize, SrtpError> {
        let (text, trailer) = packet.split_at_mut_checked(length).ok_or(SrtpError::NoRoom)?;
        let (ssrc, index) = identity(text, roc).ok_or(SrtpError::Malformed)?;
        match &self.rtp {
            Cipher::Gcm(gcm) => {
                let tag = trailer.first_chunk_mut::<GCM_TAG>().ok_or(SrtpError::NoRoom)?;
                let (header, body) = text.split_at_mut_checked(header).ok_or(SrtpError::Malformed)?;
                let nonce = gcm.nonce(ssrc, index);
                let sealed = gcm.key.seal_in_place_scatter(nonce, Aad::from(&*header), body, &[], tag);
                sealed.map_err(|_| SrtpError::Malformed)?;
                Ok(length + GCM_TAG)
            }
            Cipher::Cm(cm) => {
                let tag = trailer.first_chunk_mut::<HMAC_TAG>().ok_or(SrtpError::NoRoom)?;
                cm.apply(ssrc, index, text.get_mut(header..).ok_or(SrtpError::Malformed)?)?;
                *tag = cm.tag(text, rollover(index));
                Ok(length + HMAC_TAG)
            }
        }
    }

    /// Writes `header` and the sealed `payload` with its tag to the start of `out` and returns the length. The payload
    /// stays as it is: other subscribers need it. The caller guards the index as in [`SealContext::seal_rtp`].
    ///
    /// # Errors
    /// [`SrtpError::NoRoom`] when `out` is shorter than header, payload and tag.
    pub fn seal_rtp_into(
        &self,
        header: &[u8],
        payload: &[u8],
        roc: u32,
        out: &mut [u8],
    ) -> Result<usize, SrtpError> {
        let (ssrc, index) = identity(header, roc).ok_or(SrtpError::Malformed)?;
        let (out_header, rest) = out.split_at_mut_checked(header.len()).ok_or(SrtpError::NoRoom)?;
        out_header.copy_from_slice(header);
        let (body, trailer) = rest.split_at_mut_checked(payload.len()).ok_or(SrtpError::NoRoom)?;
        match &self.rtp {
            Cipher::Gcm(gcm) => {
                let tag = trailer.first_chunk_mut::<GCM_TAG>().ok_or(SrtpError::NoRoom)?;
                let (nonce, aad) = (gcm.nonce(ssrc, index), Aad::from(header));
                let sealed = gcm.key.seal_out_of_place_scatter(nonce, aad, payload, body, &[], tag);
                sealed.map_err(|_| SrtpError::Malformed)?;
                Ok(header.len() + payload.len() + GCM_TAG)
            }
            Cipher::Cm(_) => {
                body.copy_from_slice(payload);
                self.seal_rtp(out, header.len(), header.len() + payload.len(), roc)
            }
        }
    }

    /// Seals a compound RTCP packet into the start of `out` under the next index and returns the length.
    ///
    /// # Errors
    /// [`SrtpError::NoRoom`] when `out` lacks [`SealContext::MAX_RTCP_TRAILER`] bytes more than `packet`,
    /// [`SrtpError::Malformed`] below the eight bytes of an RTCP header, [`SrtpError::Exhausted`] after 2^31 packets.
    pub fn seal_rtcp(&mut self, packet: &[u8], out: &mut [u8]) -> Result<usize, SrtpError> {
        let (header, payload) = packet.split_at_checked(8).ok_or(SrtpError::Malformed)?;
        let ssrc = header.last_chunk().map(|&ssrc| u32::from_be_bytes(ssrc)).ok_or(SrtpError::Malformed)?;
        let (text, trailer) = out.split_at_mut_checked(packet.len()).ok_or(SrtpError::NoRoom)?;
        let trailer = trailer.first_chunk_mut::<{ Self::MAX_RTCP_TRAILER }>().ok_or(SrtpError::NoRoom)?;
        let (out_header, body) = text.split_at_mut_checked(8).ok_or(SrtpError::NoRoom)?;
        // The index is spent before anything is sealed with it, so that no failure can lead to its reuse.
        let index = self.rtcp_index;
        if index & ENCRYPTED != 0 {
            return Err(SrtpError::Exhausted);
        }
        self.rtcp_index += 1;
        let word = index | ENCRYPTED;
        out_header.copy_from_slice(header);
        match &self.rtcp {
            Cipher::Gcm(gcm) => {
                let (tag, word_out) = trailer.split_at_mut_checked(GCM_TAG).ok_or(SrtpError::NoRoom)?;
                let aad = Aad::from(super::rtcp_aad(header, word).ok_or(SrtpError::Malformed)?);
                let nonce = gcm.nonce(ssrc, u64::from(index));
                let sealed = gcm.key.seal_out_of_place_scatter(nonce, aad, payload, body, &[], tag);
                sealed.map_err(|_| SrtpError::Malformed)?;
                word_out.copy_from_slice(&word.to_be_bytes());
                Ok(packet.len() + GCM_TAG + 4)
            }
            Cipher::Cm(cm) => {
                body.copy_from_slice(payload);
                cm.apply(ssrc, u64::from(index), body)?;
                let tag = cm.tag(text, word.to_be_bytes());
                let bytes = word.to_be_bytes().into_iter().chain(tag);
                trailer.iter_mut().zip(bytes).for_each(|(out, byte)| *out = byte);
                Ok(packet.len() + HMAC_TAG + 4)
            }
        }
    }
}

/// SSRC and index of an RTP packet.
fn identity(header: &[u8], roc: u32) -> Option<(u32, u64)> {
    let &[_, _, s0, s1, _, _, _, _, a, b, c, d, ..] = header else { return None };
    let sequence = u16::from_be_bytes([s0, s1]);
    Some((u32::from_be_bytes([a, b, c, d]), u64::from(roc) << 16 | u64::from(sequence)))
}

impl fmt::Debug for SealContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealContext").field("rtp", &self.rtp).field("rtcp_index", &self.rtcp_index).finish()
    }
}
