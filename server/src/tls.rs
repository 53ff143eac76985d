//! TLS by certificate files, read again when they change.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, SystemTime},
};

use rustls::{
    ServerConfig,
    crypto::{CryptoProvider, aws_lc_rs},
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use tokio::signal::unix::{SignalKind, signal};
use tokio_rustls::TlsAcceptor;

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(30);

/// Why the certificate cannot be used; the text names the option.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error(
        "cannot read the certificate {path}: {message}; `http.tls_certificate` is a PEM file, the chain included"
    )]
    Certificate { path: PathBuf, message: String },
    #[error(
        "cannot read the key {path}: {message}; `http.tls_key` is the certificate's private key, a PEM file"
    )]
    Key { path: PathBuf, message: String },
    #[error(
        "the certificate cannot be used: {0}; check that `http.tls_key` belongs to `http.tls_certificate`"
    )]
    Pair(rustls::Error),
}

/// The files of the certificate and of its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Files {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

impl Files {
    fn load(&self, provider: &CryptoProvider) -> Result<CertifiedKey, TlsError> {
        let certificate = |message: String| TlsError::Certificate { path: self.certificate.clone(), message };
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(&self.certificate)
            .and_then(Iterator::collect)
            .map_err(|error| certificate(error.to_string()))?;
        if chain.is_empty() {
            return Err(certificate("there is no certificate in it".to_owned()));
        }
        let key = PrivateKeyDer::from_pem_file(&self.key)
            .map_err(|error| TlsError::Key { path: self.key.clone(), message: error.to_string() })?;
        CertifiedKey::from_der(chain, key, provider).map_err(TlsError::Pair)
    }

    /// When they were last written.
    fn written(&self) -> [Option<SystemTime>; 2] {
        let written = |path: &Path| std::fs::metadata(path).and_then(|file| file.modified()).ok();
        [written(&self.certificate), written(&self.key)]
    }
}

/// The certificate in use.
#[derive(Debug)]
struct Current(RwLock<Arc<CertifiedKey>>);

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

/// Accepts TLS connections with the certificate of the files.
#[derive(Clone)]
pub(crate) struct Tls {
    files: Files,
    current: Arc<Current>,
    provider: Arc<CryptoProvider>,
    acceptor: TlsAcceptor,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").field("files", &self.files).finish_non_exhaustive()
    }
}

impl Tls {
    /// # Errors
    /// The files cannot be read, or do not belong together.
    pub(crate) fn load(files: Files) -> Result<Self, TlsError> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let current = Arc::new(Current(RwLock::new(Arc::new(files.load(&provider)?))));
        let mut config = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Pair)?
            .with_no_client_auth()
            .with_cert_resolver(Arc::<Current>::clone(&current));
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { files, current, provider, acceptor: TlsAcceptor::from(Arc::new(config)) })
    }

    pub(crate) fn acceptor(&self) -> &TlsAcceptor {
        &self.acceptor
    }

    /// Reads the files again when they change, and when the process is told to (SIGHUP). A certificate that cannot be
    /// used is reported, and the former one stays.
    pub(crate) async fn keep_current(self) {
        let mut written = self.files.written();
        let Ok(mut told) = signal(SignalKind::hangup()) else {
            tracing::error!("SIGHUP cannot be listened for: a changed certificate needs a restart");
            return;
        };
        let mut look = tokio::time::interval(LOOK);
        loop {
            let asked = tokio::select! {
                _ = told.recv() => true,
                _ = look.tick() => false,
            };
            let now = self.files.written();
            if asked || now != written {
                written = now;
                self.reload();
            }
        }
    }

    fn reload(&self) {
        match self.files.load(&self.provider) {
            Ok(fresh) => {
                *self.current.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(fresh);
                tracing::info!("the certificate was read again");
            }
            Err(error) => tracing::error!(%error, "the former certificate stays in use"),
        }
    }
}
