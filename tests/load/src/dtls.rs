//! DTLS 1.2 by `dimpl`, as client or as server: a handshake that ends in SRTP keys.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use aws_lc_rs::digest;
use dimpl::{Config, Dtls, DtlsCertificate, Output, SrtpProfile, certificate};
use server::media::srtp::{Keys, Profile};

/// The certificate of every peer of this process: making one each would measure the making.
#[derive(Clone)]
pub struct Identity {
    certificate: Arc<DtlsCertificate>,
    config: Arc<Config>,
    /// As in `a=fingerprint`.
    pub fingerprint: String,
}

impl Identity {
    /// # Errors
    /// No randomness.
    pub fn generate() -> Result<Self> {
        let certificate = certificate::generate_self_signed_certificate().context("making a certificate")?;
        let config = Config::builder()
            .use_server_cookie(false)
            .flight_start_rto(Duration::from_millis(200))
            .flight_retries(8)
            .handshake_timeout(Duration::from_secs(30))
            .build()?;
        let fingerprint = format!("sha-256 {}", certificate::format_fingerprint(&certificate.fingerprint()));
        Ok(Self { certificate: Arc::new(certificate), config: Arc::new(config), fingerprint })
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Identity").field(&self.fingerprint).finish()
    }
}

/// One handshake.
pub(crate) struct Handshake {
    dtls: Dtls,
    client: bool,
    /// The certificate that the other side announced.
    expected: String,
    proven: bool,
    keys: Option<Keys>,
    due: Option<Instant>,
}

impl Handshake {
    pub(crate) fn new(identity: &Identity, client: bool, expected: &str, now: Instant) -> Self {
        let certificate = DtlsCertificate::clone(&identity.certificate);
        let mut dtls = Dtls::new_12(Arc::clone(&identity.config), certificate, now);
        dtls.set_active(client);
        Self { dtls, client, expected: expected.to_owned(), proven: false, keys: None, due: Some(now) }
    }

    pub(crate) const fn is_client(&self) -> bool {
        self.client
    }

    pub(crate) const fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Takes a datagram, or the passing of time; hands out what to send. Gives the keys once.
    ///
    /// # Errors
    /// The handshake failed, or the certificate is another one.
    pub(crate) fn drive(
        &mut self,
        now: Instant,
        datagram: Option<&[u8]>,
        mut send: impl FnMut(&[u8]),
    ) -> Result<Option<Keys>> {
        // The clock first: dimpl draws its random on the first tick.
        self.dtls.handle_timeout(now)?;
        self.drain(&mut send)?;
        if let Some(datagram) = datagram {
            self.dtls.handle_packet(datagram)?;
            self.drain(&mut send)?;
        }
        Ok(self.keys.take_if(|_| self.proven))
    }

    fn drain(&mut self, send: &mut impl FnMut(&[u8])) -> Result<()> {
        let mut buffer = vec![0; 2048];
        loop {
            match self.dtls.poll_output(&mut buffer) {
                Output::Packet(datagram) => send(datagram),
                Output::BufferTooSmall { needed } => {
                    ensure!(needed <= 64 * 1024, "a flight of {needed} bytes");
                    buffer.resize(needed, 0);
                }
                Output::Timeout(at) => {
                    self.due = Some(at);
                    return Ok(());
                }
                Output::PeerCert(der) => {
                    let sha256 = digest::digest(&digest::SHA256, der);
                    let seen = format!("sha-256 {}", certificate::format_fingerprint(sha256.as_ref()));
                    ensure!(
                        seen.eq_ignore_ascii_case(&self.expected),
                        "the server shows another certificate"
                    );
                    self.proven = true;
                }
                Output::KeyingMaterial(material, profile) => {
                    let exported =
                        Keys::from_server_export(known(profile)?, &material).context("short keys")?;
                    self.keys = Some(if self.client { exported.reversed() } else { exported });
                }
                Output::CloseNotify => bail!("the server closed the connection"),
                // There is no data channel.
                Output::Connected | Output::ApplicationData(_) => {}
                _ => {}
            }
        }
    }
}

fn known(profile: SrtpProfile) -> Result<Profile> {
    Ok(match profile {
        SrtpProfile::AEAD_AES_256_GCM => Profile::AeadAes256Gcm,
        SrtpProfile::AEAD_AES_128_GCM => Profile::AeadAes128Gcm,
        SrtpProfile::AES128_CM_SHA1_80 => Profile::Aes128CmHmacSha1,
        _ => bail!("an unknown SRTP profile"),
    })
}

impl fmt::Debug for Handshake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handshake").field("client", &self.client).field("proven", &self.proven).finish()
    }
}
