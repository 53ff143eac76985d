//! ICE user names and passwords (RFC 8445 §5.3), ours and the client's. Neither is ever printed.

use std::fmt;

use aws_lc_rs::rand;

/// The characters of `ice-char` (RFC 8839 §5.4): 64, so six random bits make one.
const ICE_CHARS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/// The worker and 90 random bits: unique for the lifetime of a server without asking anybody.
const UFRAG_CHARS: usize = 16;
/// 144 random bits; RFC 8445 §5.3 asks for 128.
const PWD_CHARS: usize = 24;

/// One side's ICE user name fragment and password.
#[derive(Clone, PartialEq, Eq)]
pub struct IceCredentials {
    pub ufrag: String,
    pub pwd: String,
}

/// What the client's description says about it: ICE credentials and the SHA-256 of its certificate.
#[derive(Clone, PartialEq, Eq)]
pub struct Remote {
    pub ufrag: String,
    pub pwd: String,
    pub fingerprint: [u8; 32],
}

#[derive(Debug, thiserror::Error)]
#[error("the system's random source failed")]
pub struct CredentialsError;

impl IceCredentials {
    /// Fresh random credentials for a connection of this worker. The ufrag is the worker's demultiplexing key, and its
    /// first character the worker's number, for whoever has to find the worker first.
    pub fn generate(worker: u8) -> Result<Self, CredentialsError> {
        let mark = ICE_CHARS.get(usize::from(worker) % ICE_CHARS.len()).map(|&c| char::from(c));
        let ufrag = mark.into_iter().chain(random_chars(UFRAG_CHARS)?.chars().skip(1)).collect();
        Ok(Self { ufrag, pwd: random_chars(PWD_CHARS)? })
    }
}

/// Which worker a local ufrag belongs to; the number may be that of no worker.
pub(crate) fn worker_of(ufrag: &str) -> Option<usize> {
    let mark = *ufrag.as_bytes().first()?;
    ICE_CHARS.iter().position(|&c| c == mark)
}

fn random_chars(length: usize) -> Result<String, CredentialsError> {
    let mut bytes = vec![0; length];
    rand::fill(&mut bytes).map_err(|_| CredentialsError)?;
    Ok(bytes
        .iter()
        .filter_map(|byte| ICE_CHARS.get(usize::from(byte % 64)))
        .map(|&c| char::from(c))
        .collect())
}

impl fmt::Debug for IceCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IceCredentials")
    }
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Remote")
    }
}
