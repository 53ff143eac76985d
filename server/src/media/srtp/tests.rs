//! Vectors of the RFCs, an independent implementation on the other side, and hostile packets.

use std::collections::HashMap;

use proptest::prelude::*;
use rtc_srtp::context::Context;
use rtc_srtp::crypto::default_provider;
use rtc_srtp::protection_profile::ProtectionProfile;

use super::cipher::{Cipher, Gcm};
use super::*;

const PROFILES: [Profile; 3] = [Profile::AeadAes256Gcm, Profile::AeadAes128Gcm, Profile::Aes128CmHmacSha1];
const SSRC: u32 = 0x5501_a0b2;

fn bytes(hex: &str) -> Vec<u8> {
    hex::decode(hex.replace([' ', '\n'], "")).unwrap()
}

fn master(profile: Profile) -> Master {
    let key = (0..profile.key_len()).map(|i| 7 * i as u8 + 1).collect();
    Master { key, salt: (0..profile.salt_len()).map(|i| 11 * i as u8 + 3).collect() }
}

fn contexts(profile: Profile) -> (SealContext, OpenContext) {
    let master = master(profile);
    let mut open = OpenContext::new(profile, &master).unwrap();
    open.allow(SSRC).unwrap();
    (SealContext::new(profile, &master).unwrap(), open)
}

fn header(sequence: u16) -> Vec<u8> {
    let mut header = vec![0x80, 96, 0, 0, 1, 2, 3, 4];
    header[2..4].copy_from_slice(&sequence.to_be_bytes());
    header.extend(SSRC.to_be_bytes());
    header
}

fn sealed(seal: &SealContext, index: u64, payload: &[u8]) -> Vec<u8> {
    let header = header(index as u16);
    let mut out = vec![0; header.len() + payload.len() + SealContext::MAX_TAG];
    let length = seal.seal_rtp_into(&header, payload, (index >> 16) as u32, &mut out).unwrap();
    out.truncate(length);
    out
}

fn theirs(profile: Profile) -> Context {
    let theirs = match profile {
        Profile::AeadAes256Gcm => ProtectionProfile::AeadAes256Gcm,
        Profile::AeadAes128Gcm => ProtectionProfile::AeadAes128Gcm,
        Profile::Aes128CmHmacSha1 => ProtectionProfile::Aes128CmHmacSha1_80,
    };
    let Master { key, salt } = master(profile);
    let provider = default_provider().unwrap();
    Context::new(&key, &salt, theirs, None, None, provider.crypto()).unwrap()
}

/// RFC 7714 §16: session keys 00 01 02 …, salt "Quid pro quo", "Gallia est omnis divisa in partes tres".
#[test]
fn rtp_vectors_of_rfc_7714() {
    let clear = bytes(
        "8040f17b 8041f8d3 5501a0b2 47616c6c 69612065 7374206f 6d6e6973 20646976 69736120 696e2070
         61727465 73207472 6573",
    );
    let vectors = [
        (
            16,
            "8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f 42a5f47a
             51c7d19b 36de3adf 8833899d 7f27beb1 6a9152cf 765ee439 0cce",
        ),
        (
            32,
            "8040f17b 8041f8d3 5501a0b2 32b1de78 a822fe12 ef9f78fa 332e33aa b1801238 9a58e2f3 b50b2a02
             76ffae0f 1ba63799 b87b7aa3 db36dfff d6b0f9bb 7878d7a7 6c13",
        ),
    ];
    for (key_len, expected) in vectors {
        let (seal, mut open) = rfc_7714_contexts(key_len, 0);
        let mut packet = clear.clone();
        packet.resize(clear.len() + SealContext::MAX_TAG, 0);
        let length = seal.seal_rtp(&mut packet, 12, clear.len(), 0).unwrap();
        assert_eq!(packet.get(..length).unwrap(), bytes(expected));
        let opened = open.open_rtp(&mut packet).unwrap();
        assert_eq!(opened, Opened { header: 12, length: clear.len(), index: 0xf17b });
        assert_eq!(packet.get(..opened.length).unwrap(), clear);
    }
}

/// RFC 7714 §17, with the SRTCP index 0x5d4.
#[test]
fn rtcp_vectors_of_rfc_7714() {
    let clear = bytes(
        "81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61 deadbeef deadbeef
                       deadbeef deadbeef deadbeef",
    );
    let vectors = [
        (
            16,
            "81c8000d 4d617273 63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7 6c06f32d c676a5f1 730d6fda
             4ce09b46 86303ded 0bb9275b c84aa458 96cf4d2f c5abf872 45d9eade 800005d4",
        ),
        (
            32,
            "81c8000d 4d617273 d50ae4d1 f5ce5d30 4ba297e4 7d470c28 2c3ece5d bffe0a50 a2eaa5c1 110555be
             8415f658 c61de047 6f1b6fad 1d1eb30c 4446839f 57ff6f6c b26ac3be 800005d4",
        ),
    ];
    for (key_len, expected) in vectors {
        let (mut seal, mut open) = rfc_7714_contexts(key_len, 0x5d4);
        let mut packet = vec![0; clear.len() + SealContext::MAX_RTCP_TRAILER];
        let length = seal.seal_rtcp(&clear, &mut packet).unwrap();
        assert_eq!(hex::encode(packet.get(..length).unwrap()), hex::encode(bytes(expected)));
        assert_eq!(open.open_rtcp(&mut packet), Ok(clear.len()));
        assert_eq!(packet.get(..clear.len()).unwrap(), clear);
    }
}

fn rfc_7714_contexts(key_len: u8, rtcp_index: u32) -> (SealContext, OpenContext) {
    let key: Vec<u8> = (0..key_len).collect();
    let cipher = || Cipher::Gcm(Gcm::new(&key, *b"Quid pro quo").unwrap());
    let mut open = OpenContext::with(cipher(), cipher());
    open.allow(SSRC).unwrap();
    (SealContext::with(cipher(), cipher(), rtcp_index), open)
}

/// `rtc-srtp` on ring opens what is sealed here, across a rollover, and the other way round.
#[test]
fn an_independent_implementation_agrees() {
    for profile in PROFILES {
        let (mut seal, mut open) = contexts(profile);
        let (mut their_seal, mut their_open) = (theirs(profile), theirs(profile));
        for index in 65_000_u64..66_000 {
            let payload = vec![index as u8; (index % 1200) as usize];
            let clear = [header(index as u16), payload.clone()].concat();
            let sealed = sealed(&seal, index, &payload);
            assert_eq!(their_open.decrypt_rtp(&sealed).unwrap(), clear);
            let mut packet = their_seal.encrypt_rtp(&clear).unwrap().to_vec();
            let opened = open.open_rtp(&mut packet).unwrap();
            assert_eq!((opened.index, packet.get(..opened.length).unwrap()), (index, clear.as_slice()));
        }
        for count in 0..50 {
            let clear = [bytes("80c90001 4d617273"), vec![count; 4 * usize::from(count)]].concat();
            let mut packet = vec![0; clear.len() + SealContext::MAX_RTCP_TRAILER];
            let length = seal.seal_rtcp(&clear, &mut packet).unwrap();
            assert_eq!(their_open.decrypt_rtcp(packet.get(..length).unwrap()).unwrap(), clear);
            let mut packet = their_seal.encrypt_rtcp(&clear).unwrap().to_vec();
            let length = open.open_rtcp(&mut packet).unwrap();
            assert_eq!(packet.get(..length).unwrap(), clear);
        }
    }
}

#[test]
fn a_replayed_packet_is_refused_and_a_forged_one_changes_nothing() {
    for profile in PROFILES {
        let (mut seal, mut open) = contexts(profile);
        let packet = sealed(&seal, 100, b"clear");
        let mut forged = packet.clone();
        *forged.last_mut().unwrap() ^= 1;
        assert_eq!(open.open_rtp(&mut forged), Err(SrtpError::Unauthentic));
        assert!(open.open_rtp(&mut packet.clone()).is_ok());
        assert_eq!(open.open_rtp(&mut packet.clone()), Err(SrtpError::Replayed));
        // Forgetting and expecting the SSRC again does not let it in either.
        open.forget(SSRC);
        assert_eq!(open.open_rtp(&mut packet.clone()), Err(SrtpError::UnknownSsrc(SSRC)));
        open.allow(SSRC).unwrap();
        assert_eq!(open.open_rtp(&mut packet.clone()), Err(SrtpError::Replayed));

        let mut report = vec![0; 8 + SealContext::MAX_RTCP_TRAILER];
        let length = seal.seal_rtcp(&bytes("80c90001 4d617273"), &mut report).unwrap();
        report.truncate(length);
        assert_eq!(open.open_rtcp(&mut report.clone()), Ok(8));
        assert_eq!(open.open_rtcp(&mut report), Err(SrtpError::Replayed));
    }
}

#[test]
fn ssrcs_are_bounded() {
    let (_, mut open) = contexts(Profile::AeadAes128Gcm);
    let allowed = (0..1000).filter(|&ssrc| open.allow(ssrc).is_ok()).count();
    assert_eq!(allowed, 127);
    assert_eq!(open.allow(5000), Err(SrtpError::TooManySsrcs));
    open.forget(0);
    assert_eq!(open.allow(5000), Ok(()));
}

#[test]
fn the_last_rtcp_index_is_used_once() {
    for profile in PROFILES {
        let master = master(profile);
        let cipher = |labels| Cipher::derive(profile, &master, labels).unwrap();
        let mut seal = SealContext::with(cipher(cipher::RTP), cipher(cipher::RTCP), (1 << 31) - 1);
        let mut out = [0; 64];
        assert!(seal.seal_rtcp(&bytes("80c90001 4d617273"), &mut out).is_ok());
        assert_eq!(seal.seal_rtcp(&bytes("80c90001 4d617273"), &mut out), Err(SrtpError::Exhausted));
        assert_eq!(seal.seal_rtcp(&bytes("80c90001 4d617273"), &mut out), Err(SrtpError::Exhausted));
    }
}

#[test]
fn plain_srtcp_is_refused() {
    let (mut seal, mut open) = contexts(Profile::AeadAes256Gcm);
    let mut report = vec![0; 8 + SealContext::MAX_RTCP_TRAILER];
    seal.seal_rtcp(&bytes("80c90001 4d617273"), &mut report).unwrap();
    let word = report.len() - 4;
    report[word] &= 0x7f;
    assert_eq!(open.open_rtcp(&mut report), Err(SrtpError::Unencrypted));
}

fn any_profile() -> impl Strategy<Value = Profile> {
    prop::sample::select(PROFILES.to_vec())
}

proptest! {
    /// Whatever RTP header the bytes make, with CSRCs and extensions: sealing in place and out of place agree, and
    /// opening gives the packet back.
    #[test]
    fn what_is_sealed_opens(
        profile in any_profile(),
        first in 0x80..=0xbf_u8,
        extension in 0..20_u16,
        rest in prop::collection::vec(any::<u8>(), 150..1300),
        payload in prop::collection::vec(any::<u8>(), 0..1200),
        roc in 0..2_u32,
    ) {
        let (seal, mut open) = contexts(profile);
        let csrcs = 12 + 4 * usize::from(first & 15);
        let mut header = rest;
        header[0] = first;
        header[8..12].copy_from_slice(&SSRC.to_be_bytes());
        header[csrcs + 2..csrcs + 4].copy_from_slice(&extension.to_be_bytes());
        header.truncate(csrcs + if first & 16 == 0 { 0 } else { 4 + 4 * usize::from(extension) });
        let clear = [header.clone(), payload.clone()].concat();
        let mut out = vec![0; clear.len() + SealContext::MAX_TAG];
        let length = seal.seal_rtp_into(&header, &payload, roc, &mut out).unwrap();
        let mut in_place = clear.clone();
        in_place.resize(clear.len() + SealContext::MAX_TAG, 0);
        prop_assert_eq!(seal.seal_rtp(&mut in_place, header.len(), clear.len(), roc), Ok(length));
        prop_assert_eq!(&in_place, &out);
        prop_assert_eq!(length, clear.len() + profile.tag_len());
        out.truncate(length);
        // A receiver starts at rollover zero: the other one is not authentic to it.
        match open.open_rtp(&mut out) {
            Ok(opened) => {
                prop_assert_eq!(roc, 0);
                prop_assert_eq!(out.get(..opened.length).unwrap(), clear);
                prop_assert_eq!(opened.header, header.len());
            }
            Err(error) => prop_assert_eq!((roc, error), (1, SrtpError::Unauthentic)),
        }
    }

    /// No output buffer is too short to be refused politely.
    #[test]
    fn short_buffers_are_refused(profile in any_profile(), room in 0..80_usize) {
        let (mut seal, _) = contexts(profile);
        let mut out = vec![0; room];
        let rtp = seal.seal_rtp_into(&header(1), b"twelve bytes", 0, &mut out);
        prop_assert_eq!(rtp.is_ok(), room >= 24 + profile.tag_len());
        let rtcp = seal.seal_rtcp(&[0x80; 12], &mut out);
        prop_assert_eq!(rtcp.is_ok(), room >= 12 + SealContext::MAX_RTCP_TRAILER);
    }

    /// Hostile bytes are refused, whatever their first bytes claim.
    #[test]
    fn arbitrary_packets_never_open(
        profile in any_profile(),
        claims_ssrc in any::<bool>(),
        mut packet in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let (_, mut open) = contexts(profile);
        if claims_ssrc && packet.len() >= 12 {
            packet[0] = 0x80 | packet[0] & 0x3f;
            packet[8..12].copy_from_slice(&SSRC.to_be_bytes());
        }
        prop_assert!(open.open_rtp(&mut packet.clone()).is_err());
        prop_assert!(open.open_rtcp(&mut packet).is_err());
    }

    /// One changed or missing byte is enough.
    #[test]
    fn altered_packets_never_open(
        profile in any_profile(),
        payload in prop::collection::vec(any::<u8>(), 0..300),
        place in any::<prop::sample::Index>(),
        flip in 1..=255_u8,
        cut in any::<bool>(),
    ) {
        let (mut seal, mut open) = contexts(profile);
        let report = [bytes("80c90001 4d617273"), payload.clone()].concat();
        let mut rtcp = vec![0; report.len() + SealContext::MAX_RTCP_TRAILER];
        let length = seal.seal_rtcp(&report, &mut rtcp).unwrap();
        rtcp.truncate(length);
        let mut rtp = sealed(&seal, 9, &payload);
        for packet in [&mut rtp, &mut rtcp] {
            let at = place.index(packet.len());
            if cut {
                packet.truncate(at);
            } else {
                packet[at] ^= flip;
            }
        }
        prop_assert!(open.open_rtp(&mut rtp).is_err());
        prop_assert!(open.open_rtcp(&mut rtcp).is_err());
    }

    /// No (key, SSRC, index) ever protects two different RTCP packets, whatever mix of SSRCs, sizes and failures.
    #[test]
    fn rtcp_indices_never_repeat(
        profile in any_profile(),
        steps in prop::collection::vec((0..3_u32, 0..40_usize, 0..90_usize), 1..100),
    ) {
        let (mut seal, _) = contexts(profile);
        let mut used = HashMap::new();
        for (ssrc, size, room) in steps {
            let packet = [vec![0x80, 201, 0, 1], ssrc.to_be_bytes().to_vec(), vec![ssrc as u8; size]].concat();
            let mut out = vec![0; room];
            let Ok(length) = seal.seal_rtcp(&packet, &mut out) else { continue };
            let word_at = if profile == Profile::Aes128CmHmacSha1 { length - 14 } else { length - 4 };
            let index: [u8; 4] = out[word_at..word_at + 4].try_into().unwrap();
            prop_assert!(index[0] & 0x80 != 0);
            prop_assert!(used.insert((ssrc, index), packet).is_none());
        }
    }

    /// Reordered and lost packets open with the index they were sealed under, through rollovers.
    #[test]
    fn indices_survive_loss_and_reordering(
        profile in any_profile(),
        start in 0..32_768_u64,
        steps in prop::collection::vec((1..3000_u64, 0..300_u64), 1..60),
    ) {
        let (seal, mut open) = contexts(profile);
        let mut newest = start;
        prop_assert_eq!(open.open_rtp(&mut sealed(&seal, newest, b"first")).unwrap().index, newest);
        for (forward, back) in steps {
            newest += forward;
            prop_assert_eq!(open.open_rtp(&mut sealed(&seal, newest, b"new")).unwrap().index, newest);
            let late = newest.saturating_sub(back);
            if let Ok(opened) = open.open_rtp(&mut sealed(&seal, late, b"late")) {
                prop_assert_eq!(opened.index, late);
            }
        }
    }
}
