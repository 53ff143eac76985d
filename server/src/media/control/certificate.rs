//! The process's DTLS certificate: made at start, announced by its fingerprint in every session description.

use std::fmt;
use std::sync::Arc;

use dimpl::DtlsCertificate;
use dimpl::certificate::{format_fingerprint, generate_self_signed_certificate};

/// A self-signed P-256 certificate with its key; cheap to clone, one for the whole process.
#[derive(Clone)]
pub struct Certificate {
    pair: Arc<DtlsCertificate>,
    fingerprint: Arc<str>,
}

#[derive(Debug, thiserror::Error)]
#[error("cannot generate the DTLS certificate: {0}; check that the system's random source works")]
pub struct CertificateError(dimpl::certificate::CertificateError);

impl Certificate {
    /// Generates a fresh one, valid for a year.
    pub fn generate() -> Result<Self, CertificateError> {
        let pair = generate_self_signed_certificate().map_err(CertificateError)?;
        let fingerprint = format!("sha-256 {}", format_fingerprint(&pair.fingerprint())).into();
        Ok(Self { pair: Arc::new(pair), fingerprint })
    }

    /// As in `a=fingerprint`: `sha-256 AA:BB…` (RFC 8122 §5).
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    pub(super) fn pair(&self) -> DtlsCertificate {
        DtlsCertificate::clone(&self.pair)
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Certificate").field(&self.fingerprint).finish()
    }
}
