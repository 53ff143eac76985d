//! Session keys (RFC 3711 §4.3, RFC 7714 §11) and the two cipher families they drive.

use std::fmt;

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::{AES_128, AES_256, EncryptingKey, EncryptionContext, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::{constant_time, hmac};

use super::{Master, Profile, SrtpError};

/// The tag of HMAC-SHA1-80.
pub(super) const HMAC_TAG: usize = 10;
/// The tag of AES-GCM.
pub(super) const GCM_TAG: usize = 16;

/// Which of the three session keys a label derives (RFC 3711 §4.3.2), for one of the two protocols.
#[derive(Debug, Clone, Copy)]
pub(super) struct Labels {
    key: u8,
    auth: u8,
    salt: u8,
}

pub(super) const RTP: Labels = Labels { key: 0, auth: 1, salt: 2 };
pub(super) const RTCP: Labels = Labels { key: 3, auth: 4, salt: 5 };

/// The session keys of one direction and one protocol.
pub(super) enum Cipher {
    Gcm(Gcm),
    Cm(Box<Cm>),
}

/// AES in Galois/counter mode (RFC 7714).
pub(super) struct Gcm {
    pub(super) key: LessSafeKey,
    salt: [u8; 12],
}

/// AES in counter mode with a truncated HMAC-SHA1 (RFC 3711 §4).
pub(super) struct Cm {
    key: EncryptingKey,
    salt: [u8; 14],
    auth: hmac::Key,
}

impl Cipher {
    pub(super) fn derive(profile: Profile, master: &Master, labels: Labels) -> Result<Self, SrtpError> {
        if master.key.len() != profile.key_len() || master.salt.len() != profile.salt_len() {
            return Err(SrtpError::BadKey);
        }
        let mut key = [0; 32];
        let key = key.get_mut(..profile.key_len()).ok_or(SrtpError::BadKey)?;
        derive(master, labels.key, key)?;
        match profile {
            Profile::AeadAes256Gcm | Profile::AeadAes128Gcm => {
                let mut salt = [0; 12];
                derive(master, labels.salt, &mut salt)?;
                Gcm::new(key, salt).map(Self::Gcm)
            }
            Profile::Aes128CmHmacSha1 => {
                let (mut salt, mut auth) = ([0; 14], [0; 20]);
                derive(master, labels.salt, &mut salt)?;
                derive(master, labels.auth, &mut auth)?;
                Cm::new(key, salt, &auth).map(|cm| Self::Cm(Box::new(cm)))
            }
        }
    }
}

impl Gcm {
    pub(super) fn new(key: &[u8], salt: [u8; 12]) -> Result<Self, SrtpError> {
        let algorithm = if key.len() == 32 { &AES_256_GCM } else { &AES_128_GCM };
        let key = UnboundKey::new(algorithm, key).map_err(|_| SrtpError::BadKey)?;
        Ok(Self { key: LessSafeKey::new(key), salt })
    }

    /// RFC 7714 §8.1 and §9.1: two zero bytes, SSRC, 48-bit index, all of it XOR the salt.
    pub(super) fn nonce(&self, ssrc: u32, index: u64) -> Nonce {
        let mut nonce = u128::from(ssrc) << 48 | u128::from(index & INDEX_MASK);
        nonce ^= self.salt.iter().fold(0, |salt, &byte| salt << 8 | u128::from(byte));
        let [_, _, _, _, nonce @ ..] = nonce.to_be_bytes();
        Nonce::assume_unique_for_key(nonce)
    }
}

impl Cm {
    pub(super) fn new(key: &[u8], salt: [u8; 14], auth: &[u8]) -> Result<Self, SrtpError> {
        Ok(Self {
            key: counter_key(key)?,
            salt,
            auth: hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, auth),
        })
    }

    /// Encrypts or decrypts in place: the same thing in counter mode. RFC 3711 §4.1.1: the counter block starts at
    /// salt · 2^16 XOR SSRC · 2^64 XOR index · 2^16.
    pub(super) fn apply(&self, ssrc: u32, index: u64, text: &mut [u8]) -> Result<(), SrtpError> {
        let salt = self.salt.iter().fold(0, |salt, &byte| salt << 8 | u128::from(byte)) << 16;
        let block = salt ^ u128::from(ssrc) << 64 ^ u128::from(index & INDEX_MASK) << 16;
        counter(&self.key, block, text)
    }

    /// The truncated tag over both parts.
    pub(super) fn tag(&self, packet: &[u8], suffix: [u8; 4]) -> [u8; HMAC_TAG] {
        let mut context = hmac::Context::with_key(&self.auth);
        context.update(packet);
        context.update(&suffix);
        let mut tag = [0; HMAC_TAG];
        tag.iter_mut().zip(context.sign().as_ref()).for_each(|(short, &full)| *short = full);
        tag
    }

    pub(super) fn verify(&self, packet: &[u8], suffix: [u8; 4], tag: &[u8]) -> Result<(), SrtpError> {
        constant_time::verify_slices_are_equal(&self.tag(packet, suffix), tag)
            .map_err(|_| SrtpError::Unauthentic)
    }
}

/// An RTP index has 48 bits, an SRTCP index 31.
const INDEX_MASK: u64 = (1 << 48) - 1;

/// The key derivation function (RFC 3711 §4.3.1) with a derivation rate of zero: `key` is filled with the key stream
/// of the master key over the counter blocks that start at (salt XOR label · 2^48) · 2^16. A 96-bit salt is first
/// multiplied by 2^16 (RFC 7714 §11).
fn derive(master: &Master, label: u8, key: &mut [u8]) -> Result<(), SrtpError> {
    let salt =
        master.salt.iter().chain(&[0; 14]).take(14).fold(0, |salt, &byte| salt << 8 | u128::from(byte));
    let block = (salt ^ u128::from(label) << 48) << 16;
    key.fill(0);
    counter(&counter_key(&master.key)?, block, key)
}

fn counter_key(key: &[u8]) -> Result<EncryptingKey, SrtpError> {
    let algorithm = if key.len() == 32 { &AES_256 } else { &AES_128 };
    UnboundCipherKey::new(algorithm, key).and_then(EncryptingKey::ctr).map_err(|_| SrtpError::BadKey)
}

fn counter(key: &EncryptingKey, block: u128, text: &mut [u8]) -> Result<(), SrtpError> {
    let context = EncryptionContext::Iv128(FixedLength::from(block.to_be_bytes()));
    key.less_safe_encrypt(text, context).map(drop).map_err(|_| SrtpError::BadKey)
}

impl fmt::Debug for Cipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gcm(_) => "Gcm",
            Self::Cm(_) => "Cm",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 3711 appendix B.3.
    #[test]
    fn session_keys_of_the_rfc() {
        let master = Master {
            key: hex::decode("E1F97A0D3E018BE0D64FA32C06DE4139").unwrap(),
            salt: hex::decode("0EC675AD498AFEEBB6960B3AABE6").unwrap(),
        };
        let mut key = [0; 16];
        derive(&master, RTP.key, &mut key).unwrap();
        assert_eq!(hex::encode_upper(key), "C61E7A93744F39EE10734AFE3FF7A087");
        let mut salt = [0; 14];
        derive(&master, RTP.salt, &mut salt).unwrap();
        assert_eq!(hex::encode_upper(salt), "30CBBC08863D8C85D49DB34A9AE1");
        let mut auth = [0; 94];
        derive(&master, RTP.auth, &mut auth).unwrap();
        assert_eq!(
            hex::encode_upper(auth),
            "CEBE321F6FF7716B6FD4AB49AF256A156D38BAA48F0A0ACF3C34E2359E6CDBCEE049646C43D9327AD175578EF7227098\
             6371C10C9A369AC2F94A8C5FBCDDDC256D6E919A48B610EF17C2041E474035766B68642C59BBFC2F34DB60DBDFB2"
        );
    }

    /// RFC 3711 appendix B.2: the key stream of SSRC 0 and index 0.
    #[test]
    fn counter_mode_of_the_rfc() {
        let mut salt = [0; 14];
        hex::decode_to_slice("F0F1F2F3F4F5F6F7F8F9FAFBFCFD", &mut salt).unwrap();
        let key = hex::decode("2B7E151628AED2A6ABF7158809CF4F3C").unwrap();
        let mut text = [0; 48];
        Cm::new(&key, salt, &[0; 20]).unwrap().apply(0, 0, &mut text).unwrap();
        assert_eq!(
            hex::encode_upper(text),
            "E03EAD0935C95E80E166B16DD92B4EB4D23513162B02D0F72A43A2FE4A5F97AB41E95B3BB0A2E8DD477901E4FCA894C0"
        );
    }
}
