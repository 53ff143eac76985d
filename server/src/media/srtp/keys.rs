//! Master keys as DTLS exports them (RFC 5764 §4.2) and the protection profiles they belong to.

use std::fmt;

/// A protection profile (RFC 5764 §4.1.2, RFC 7714 §14.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    AeadAes256Gcm,
    AeadAes128Gcm,
    Aes128CmHmacSha1,
}

/// One direction's master key and salt.
#[derive(Clone)]
pub struct Master {
    pub(super) key: Vec<u8>,
    pub(super) salt: Vec<u8>,
}

/// Both directions: `open` is what the client seals with, `seal` what the server seals with.
#[derive(Debug, Clone)]
pub struct Keys {
    pub profile: Profile,
    pub open: Master,
    pub seal: Master,
}

impl Profile {
    /// Bytes of the master key.
    #[must_use]
    pub const fn key_len(self) -> usize {
        match self {
            Self::AeadAes256Gcm => 32,
            Self::AeadAes128Gcm | Self::Aes128CmHmacSha1 => 16,
        }
    }

    /// Bytes of the master salt.
    #[must_use]
    pub const fn salt_len(self) -> usize {
        match self {
            Self::AeadAes256Gcm | Self::AeadAes128Gcm => 12,
            Self::Aes128CmHmacSha1 => 14,
        }
    }

    /// Bytes that sealing adds to an RTP packet; SRTCP adds four more for the index.
    #[must_use]
    pub const fn tag_len(self) -> usize {
        match self {
            Self::AeadAes256Gcm | Self::AeadAes128Gcm => 16,
            Self::Aes128CmHmacSha1 => 10,
        }
    }
}

impl Keys {
    /// Splits the exported keying material of a DTLS *server*: client key, server key, client salt, server salt.
    /// `None` when its length is not the profile's.
    #[must_use]
    pub fn from_server_export(profile: Profile, material: &[u8]) -> Option<Self> {
        let (key, salt) = (profile.key_len(), profile.salt_len());
        let (client_key, rest) = material.split_at_checked(key)?;
        let (server_key, rest) = rest.split_at_checked(key)?;
        let (client_salt, server_salt) = rest.split_at_checked(salt)?;
        (server_salt.len() == salt).then(|| Self {
            profile,
            open: Master { key: client_key.to_vec(), salt: client_salt.to_vec() },
            seal: Master { key: server_key.to_vec(), salt: server_salt.to_vec() },
        })
    }

    /// The same connection seen from the other side: opens what this one seals.
    #[must_use]
    pub fn reversed(&self) -> Self {
        Self { profile: self.profile, open: self.seal.clone(), seal: self.open.clone() }
    }
}

impl fmt::Debug for Master {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Master")
    }
}
