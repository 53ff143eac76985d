//! A certificate authority of the test's own, and clients that trust nothing else.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, Result};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, ServerName},
};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::server::Preau;

/// Signs certificates for `localhost` and 127.0.0.1.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    root: CertificateDer<'static>,
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Authority")
    }
}

impl Authority {
    pub fn new() -> Result<Self> {
        let mut params = CertificateParams::new(Vec::<String>::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate()?;
        let root = params.self_signed(&key)?.der().clone();
        Ok(Self { issuer: Issuer::new(params, key), root })
    }

    /// Writes a fresh certificate and its key into the folder; their paths.
    pub fn certify(&self, folder: &Path) -> Result<(PathBuf, PathBuf)> {
        let params = CertificateParams::new(["localhost".to_owned(), "127.0.0.1".to_owned()])?;
        let key = KeyPair::generate()?;
        let (certificate, private) = (folder.join("certificate.pem"), folder.join("key.pem"));
        std::fs::write(&private, key.serialize_pem())?;
        std::fs::write(&certificate, params.signed_by(&key, &self.issuer)?.pem())?;
        Ok((certificate, private))
    }

    /// A TLS connection to the page's port.
    pub async fn connect(&self, server: &Preau) -> Result<TlsStream<TcpStream>> {
        self.connect_to(server.address()).await
    }

    /// A TLS connection.
    pub async fn connect_to(&self, address: SocketAddr) -> Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(self.root.clone())?;
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let stream = TcpStream::connect(address).await?;
        let connector = TlsConnector::from(Arc::new(config));
        connector
            .connect(ServerName::try_from("localhost")?, stream)
            .await
            .context("the TLS handshake failed")
    }

    /// A port that speaks plainly and leads to one that speaks TLS, for people who do not.
    pub async fn tunnel(self: Arc<Self>, to: SocketAddr) -> Result<Tunnel> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let mut running = JoinSet::new();
        running.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((mut plain, _)) = listener.accept().await {
                let authority = Arc::clone(&self);
                connections.spawn(async move {
                    let mut secured = authority.connect_to(to).await?;
                    copy_bidirectional(&mut plain, &mut secured).await?;
                    anyhow::Ok(())
                });
            }
        });
        Ok(Tunnel { address, _running: running })
    }
}

/// A running tunnel; it ends when dropped.
#[derive(Debug)]
pub struct Tunnel {
    pub address: SocketAddr,
    _running: JoinSet<()>,
}
