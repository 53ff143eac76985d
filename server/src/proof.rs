//! Proof of presence: the server signs the heads of its journals, and gives out bundles that anybody can check.
//!
//! Ed25519 (RFC 8032). What is signed is text, one item a line, so that it can be checked by hand:
//! `preau-seal/1`, séance, number of the last record, its hash, instant. A bundle adds the digest of its own lines.

mod bundle;
mod receipt;
mod token;
mod verdict;

pub use bundle::{Bundle, BundleError};
pub use receipt::{Receipted, verify_receipt};
pub use verdict::{Verdict, verify};

use std::{
    fs::OpenOptions,
    io::{ErrorKind, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use signaling::{
    correction::{self, Adjustment},
    id::{PersonId, SeanceId},
    journal::Head,
};

use crate::export::Pseudonyms;

/// Why the proof key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    #[error("cannot read or make the proof key {path}: {source}; check `proof.key_file` and its rights")]
    File { path: PathBuf, source: std::io::Error },
    #[error(
        "{0} holds no Ed25519 key in PKCS#8; check `proof.key_file`, or remove the option to have one made"
    )]
    Unusable(PathBuf),
    #[error("the system gives no random bytes for a proof key")]
    Random,
}

/// The key that signs, kept for as long as its signatures are to be believed.
#[derive(Debug, Clone)]
pub struct ProofKey(Arc<Ed25519KeyPair>);

/// A signed head of a journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seal {
    /// The last record sealed.
    pub seq: u64,
    pub hash: String,
    pub at: Timestamp,
    /// Hex.
    pub key: String,
    /// Hex.
    pub signature: String,
}

impl ProofKey {
    /// The configured file, or `proof.key` in the data folder, made once.
    ///
    /// # Errors
    /// The file cannot be read or made, or holds no such key.
    pub fn open(configured: &Path, data: &Path) -> Result<Self, ProofError> {
        let own = configured.as_os_str().is_empty();
        let path = if own { data.join("proof.key") } else { configured.to_owned() };
        let failed = |source| ProofError::File { path: path.clone(), source };
        if own {
            let made =
                Ed25519KeyPair::generate().and_then(|key| key.to_pkcs8()).map_err(|_| ProofError::Random)?;
            match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
                Ok(mut file) => {
                    file.write_all(made.as_ref()).and_then(|()| file.sync_all()).map_err(failed)?;
                }
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(failed(error)),
            }
        }
        let bytes = std::fs::read(&path).map_err(failed)?;
        let key = Ed25519KeyPair::from_pkcs8(&bytes).map_err(|_| ProofError::Unusable(path))?;
        Ok(Self(Arc::new(key)))
    }

    /// In hex, as it is published.
    #[must_use]
    pub fn public(&self) -> String {
        hex::encode(self.0.public_key())
    }

    /// Signs a head as it stands.
    #[must_use]
    pub fn seal(&self, head: &Head, at: Timestamp) -> Seal {
        let (seq, hash) = (head.seq, head.hash.clone());
        let signature = self.sign(&statement(head.seance, seq, &hash, at));
        Seal { seq, hash, at, key: self.public(), signature }
    }

    /// Signs a correction that was just put at this head of its chain.
    #[must_use]
    pub fn countersign(&self, head: &correction::Head, mut one: Adjustment) -> Adjustment {
        one.link.key = self.public();
        one.link.signature = self.sign(&head.statement());
        one
    }

    /// What only the holder of this key can know about a text, the same every time (32 bytes, hex).
    #[must_use]
    pub fn secret_of(&self, text: &str) -> String {
        // Ed25519 signatures are deterministic (RFC 8032 §5.1.6), and nobody can make one without the key. This one is
        // never given out.
        hex::encode(Sha256::digest(self.sign(&format!("preau-secret/1\n{text}\n"))))
    }

    /// Signs a text: hex.
    #[must_use]
    pub fn sign(&self, text: &str) -> String {
        hex::encode(self.0.sign(text.as_bytes()))
    }
}

impl Pseudonyms for ProofKey {
    fn pseudonym(&self, person: PersonId) -> String {
        let secret = self.secret_of(&format!("pseudonym {person}"));
        format!("p-{}", secret.get(..16).unwrap_or_default())
    }
}

impl Seal {
    /// Whether its own key signed it, for this séance.
    #[must_use]
    pub fn holds(&self, seance: SeanceId) -> bool {
        signed(&self.key, &self.signature, &statement(seance, self.seq, &self.hash, self.at))
    }
}

fn statement(seance: SeanceId, seq: u64, hash: &str, at: Timestamp) -> String {
    format!("preau-seal/1\n{seance}\n{seq}\n{hash}\n{at}\n")
}

/// Key and signature in hex, in the one way in which they are written.
fn signed(key: &str, signature: &str, text: &str) -> bool {
    let bytes = |text: &str| hex::decode(text).ok().filter(|bytes| hex::encode(bytes) == text);
    let (Some(key), Some(signature)) = (bytes(key), bytes(signature)) else { return false };
    UnparsedPublicKey::new(&ED25519, key).verify(text.as_bytes(), &signature).is_ok()
}

#[cfg(test)]
mod tests;
