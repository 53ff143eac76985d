//! The one configuration: a TOML file, overridden by environment variables, read once at the start.
//!
//! An option `section.name` is overridden by `PREAU_SECTION_NAME`. Unknown options and variables are refused by name.

mod media;
mod retention;

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

use serde::Deserialize;

pub use self::{
    media::{Media, TcpPort, Turn},
    retention::Retention,
};
use crate::tls::Files;

/// Everything that can be configured. Defaults are those of `server/config.example.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    pub http: Http,
    pub media: Media,
    pub turn: Turn,
    pub store: Store,
    pub ticket: Ticket,
    pub proof: Proof,
    pub admin: Admin,
    pub academies: Academies,
    pub retention: Retention,
}

/// The page and the API.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Http {
    /// Address and port of the page.
    pub listen: SocketAddr,
    /// What people type: start of the links given out. Empty: the scheme and the listening address.
    pub public_url: String,
    /// PEM file of the certificate, the chain included. Empty: no TLS here.
    pub tls_certificate: PathBuf,
    /// PEM file of its private key.
    pub tls_key: PathBuf,
    /// Addresses of proxies whose `X-Forwarded-For` is believed.
    pub proxies: Vec<IpAddr>,
}

impl Http {
    /// The files of the certificate, when the page is served by HTTPS.
    pub(crate) fn tls(&self) -> Option<Files> {
        let given = !self.tls_certificate.as_os_str().is_empty();
        given.then(|| Files { certificate: self.tls_certificate.clone(), key: self.tls_key.clone() })
    }

    /// How the page's address begins when `public_url` does not say it.
    #[must_use]
    pub fn scheme(&self) -> &'static str {
        if self.tls().is_some() { "https" } else { "http" }
    }
}

/// Where everything is kept.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Store {
    /// Folder of the database, the recordings and the generated secrets.
    pub data: PathBuf,
    /// `postgres://…`: the database is there. Empty: a file in the data folder.
    pub url: String,
}

/// The links.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct Ticket {
    /// File with at least 32 secret bytes that sign the links. Empty: `ticket.key` in the data folder, made once.
    pub key_file: PathBuf,
}

/// What signs journals and bundles.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct Proof {
    /// File with an Ed25519 key in PKCS#8 (DER). Empty: `proof.key` in the data folder, made once.
    pub key_file: PathBuf,
}

/// The academies and their zones.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct Academies {
    /// A table in the form of `server/academies.toml`. Empty: that one.
    pub file: PathBuf,
}

/// What operators look at.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct Admin {
    /// Address and port of `/metrics`. Empty: nowhere.
    #[serde(deserialize_with = "address_or_empty")]
    pub listen: Option<SocketAddr>,
}

fn address_or_empty<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<SocketAddr>, D::Error> {
    let text = String::deserialize(from)?;
    if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(serde::de::Error::custom) }
}

impl Default for Http {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            public_url: String::new(),
            tls_certificate: PathBuf::new(),
            tls_key: PathBuf::new(),
            proxies: Vec::new(),
        }
    }
}

impl Default for Store {
    fn default() -> Self {
        Self { data: PathBuf::from("./data"), url: String::new() }
    }
}

/// Why the configuration cannot be used; the text names the option and says what to do.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("cannot read the configuration file {path}: {source}; check --config")]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("{path}: {message}\nCompare with server/config.example.toml, which holds every option.")]
    Wrong { path: PathBuf, message: String },
    #[error(
        "environment variable {name}: {message}; unset it or correct it (PREAU_SECTION_OPTION, see --help)"
    )]
    Variable { name: String, message: String },
    #[error(
        "http.public_url is {0:?}; give the start of the links as people type it, \
         http:// or https:// and a host, for example \"https://classe.example.fr\""
    )]
    PublicUrl(String),
    // The address itself is not repeated: it may hold a password.
    #[error("store.url does not begin with postgres://; leave it empty for a file in the data folder")]
    StoreUrl,
    #[error("retention.{option} is {given}; give a number from {least} to {most}")]
    Term { option: &'static str, given: u32, least: u32, most: u32 },
    #[error("http.tls_certificate and http.tls_key belong together; set both, or none")]
    HalfTls,
    #[error(
        "media.addresses is empty and http.listen is {0}, which is no address a browser can reach; \
         set media.addresses to this machine's addresses"
    )]
    NoAddress(SocketAddr),
}

impl Config {
    /// Reads the file, if any, then the variables.
    ///
    /// # Errors
    /// See [`ConfigError`].
    pub fn read(
        file: Option<&Path>,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let mut table = toml::Table::new();
        if let Some(path) = file {
            let text = std::fs::read_to_string(path)
                .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
            let wrong = |error: toml::de::Error| ConfigError::Wrong {
                path: path.to_owned(),
                message: error.to_string(),
            };
            toml::from_str::<Self>(&text).map_err(wrong)?;
            table = text.parse().map_err(wrong)?;
        }
        let named: BTreeMap<String, String> =
            variables.into_iter().filter(|(name, _)| name.starts_with("PREAU_")).collect();
        for (name, value) in named {
            table = overridden(&table, &name, &value)?;
        }
        let config: Self = table.try_into().map_err(|error| ConfigError::Variable {
            name: "PREAU_*".to_owned(),
            message: toml::de::Error::to_string(&error),
        })?;
        if config.http.tls_certificate.as_os_str().is_empty() != config.http.tls_key.as_os_str().is_empty() {
            return Err(ConfigError::HalfTls);
        }
        config.retention.checked()?;
        let url = &config.store.url;
        if !url.is_empty() && !["postgres://", "postgresql://"].iter().any(|start| url.starts_with(start)) {
            return Err(ConfigError::StoreUrl);
        }
        let url = &config.http.public_url;
        if url.is_empty() || starts_links(url) {
            Ok(config)
        } else {
            Err(ConfigError::PublicUrl(url.clone()))
        }
    }

    /// The addresses given to browsers for media.
    ///
    /// # Errors
    /// `NoAddress` when none is configured and none can be guessed.
    pub fn announced(&self, demo: bool) -> Result<Vec<IpAddr>, ConfigError> {
        let mut addresses = self.media.addresses.clone();
        if addresses.is_empty() {
            if self.http.listen.ip().is_unspecified() && !demo {
                return Err(ConfigError::NoAddress(self.http.listen));
            }
            if !self.http.listen.ip().is_unspecified() {
                addresses.push(self.http.listen.ip());
            }
        }
        let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
        if demo && !addresses.contains(&loopback) {
            addresses.push(loopback);
        }
        Ok(addresses)
    }
}

/// Whether a link may start with that: a scheme, a host, and neither a query nor a fragment, where a ticket comes.
fn starts_links(url: &str) -> bool {
    let parsed = url.parse::<axum::http::Uri>().ok();
    let addressed = parsed.is_some_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some_and(|host| !host.is_empty())
    });
    addressed && !url.contains(['?', '#', '@'])
}

/// `table` with one variable applied, checked at once so that a mistake is told with its name.
fn overridden(table: &toml::Table, name: &str, value: &str) -> Result<toml::Table, ConfigError> {
    let wrong = |message: String| ConfigError::Variable { name: name.to_owned(), message };
    let path = name.trim_start_matches("PREAU_").to_ascii_lowercase();
    let (section, option) = path.split_once('_').ok_or_else(|| wrong("names no option".to_owned()))?;
    let attempt = |value: toml::Value| {
        let mut changed = table.clone();
        let entry = changed.entry(section).or_insert_with(|| toml::Value::Table(toml::Table::new()));
        if let toml::Value::Table(options) = entry {
            options.insert(option.to_owned(), value);
        }
        changed.clone().try_into::<Config>().map(|_| changed)
    };
    // A value may be a TOML value (`7700`, `["10.0.0.1"]`) or plain text.
    let as_toml = format!("v = {value}").parse::<toml::Table>().ok().and_then(|mut t| t.remove("v"));
    if let Some(Ok(changed)) = as_toml.map(attempt) {
        return Ok(changed);
    }
    attempt(toml::Value::String(value.to_owned())).map_err(|error| wrong(error.message().to_owned()))
}

#[cfg(test)]
mod tests;
