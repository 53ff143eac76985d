//! The process's DTLS certificate: made at start, announced by its fingerprint in every session description.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use dimpl::certificate::{format_fingerprint, generate_self_signed_certificate};
use dimpl::{Config, DtlsCertificate};

/// A self-signed P-256 certificate with its key; cheap to clone, one for the whole process.
#[derive(Clone)]
pub struct Certificate {
    pair: Arc<DtlsCertificate>,
    fingerprint: Arc<str>,
    config: Arc<Config>,
}

#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    #[error("cannot generate the DTLS certificate: {0}; check that the system's random source works")]
    Generate(dimpl::certificate::CertificateError),
    #[error("cannot set DTLS up: {0}")]
    Configure(dimpl::Error),
}

impl Certificate {
    /// Generates a fresh one, valid for a year.
    pub fn generate() -> Result<Self, CertificateError> {
        let pair = generate_self_signed_certificate().map_err(CertificateError::Generate)?;
        let fingerprint = format!("sha-256 {}", format_fingerprint(&pair.fingerprint())).into();
        let config = config().map_err(CertificateError::Configure)?;
        Ok(Self { pair: Arc::new(pair), fingerprint, config: Arc::new(config) })
    }

    /// As in `a=fingerprint`: `sha-256 AA:BB…` (RFC 8122 §5).
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    pub(super) fn pair(&self) -> DtlsCertificate {
        DtlsCertificate::clone(&self.pair)
    }

    pub(super) fn config(&self) -> Arc<Config> {
        Arc::clone(&self.config)
    }
}

/// ICE has proven the client's address, so a cookie would only cost a round trip. The first repetition comes early:
/// browsers repeat theirs after 50 ms.
fn config() -> Result<Config, dimpl::Error> {
    Config::builder()
        .require_client_certificate(true)
        .use_server_cookie(false)
        .flight_start_rto(Duration::from_millis(200))
        .flight_retries(8)
        .handshake_timeout(Duration::from_secs(30))
        .build()
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Certificate").field(&self.fingerprint).finish()
    }
}
