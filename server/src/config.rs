//! The one configuration: a TOML file, overridden by environment variables, read once at the start.
//!
//! An option `section.name` is overridden by `PREAU_SECTION_NAME`. Unknown options and variables are refused by name.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    num::NonZeroU16,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use signaling::retention::Terms;

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

/// Sound and picture.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Media {
    /// First UDP port; each worker takes one. 0 takes free ones.
    pub port: u16,
    /// Where ICE over TCP, and TURN over TCP, are taken.
    pub tcp_port: TcpPort,
    /// Threads that carry sound and picture. 0: one per core.
    pub workers: usize,
    /// Viewers of one room that a worker serves before the next one takes part.
    pub viewers_per_worker: usize,
    /// Runs of packets to one browser leave in one piece where the system can.
    pub gso: bool,
    /// Addresses at which browsers reach this machine. Empty: the listening address.
    pub addresses: Vec<IpAddr>,
}

/// The TCP port of sound and picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "toml::Value")]
pub enum TcpPort {
    Off,
    /// The number of the first UDP port.
    Same,
    Port(NonZeroU16),
}

impl TryFrom<toml::Value> for TcpPort {
    type Error = String;

    fn try_from(value: toml::Value) -> Result<Self, Self::Error> {
        let number = value.as_integer().and_then(|number| u16::try_from(number).ok());
        match (value.as_str(), number) {
            (Some("off"), _) | (_, Some(0)) => Ok(Self::Off),
            (Some("same"), _) => Ok(Self::Same),
            (_, Some(port)) => NonZeroU16::new(port).map(Self::Port).ok_or_else(|| "no port".to_owned()),
            _ => Err(format!("{value} is no TCP port; give \"same\", \"off\" or a number up to 65535")),
        }
    }
}

/// The relay for closed networks.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Turn {
    /// Pages may send sound and picture through the page's own port.
    pub enabled: bool,
    /// UDP port of the relay besides. 0: none.
    pub udp_port: u16,
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

/// How long what is kept about people stays. What has served its time is erased at every start and once a day.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Retention {
    /// The server purges by itself. Without it, `preau retention run` does.
    pub enabled: bool,
    /// Messages, after the end of the séance.
    pub chat_days: u32,
    /// Names typed by guests, after the end of the séance.
    pub guests_days: u32,
    pub recordings_days: u32,
    /// Records of journals, after the end of the school year; what they say of presence stays.
    pub events_months: u32,
    /// Results, after the current and the previous school year.
    pub results_years: u32,
    /// Sessions of GAIA that no séance follows and that ended before 1 January so many years back.
    pub gaia_years: u32,
    /// Logins and invitations that are over.
    pub logins_months: u32,
    /// Logs of exports, views and acts, with the exported files.
    pub logs_years: u32,
}

impl Default for Retention {
    fn default() -> Self {
        let terms = Terms::default();
        Self {
            enabled: true,
            chat_days: terms.chat_days,
            guests_days: terms.guests_days,
            recordings_days: terms.recordings_days,
            events_months: terms.events_months,
            results_years: terms.results_years,
            gaia_years: terms.gaia_years,
            logins_months: terms.logins_months,
            logs_years: terms.logs_years,
        }
    }
}

impl Retention {
    /// The durations.
    #[must_use]
    pub fn terms(&self) -> Terms {
        Terms {
            chat_days: self.chat_days,
            guests_days: self.guests_days,
            recordings_days: self.recordings_days,
            events_months: self.events_months,
            results_years: self.results_years,
            gaia_years: self.gaia_years,
            logins_months: self.logins_months,
            logs_years: self.logs_years,
        }
    }

    /// The first option out of its bounds.
    fn checked(&self) -> Result<(), ConfigError> {
        for (option, given, least, most) in [
            ("chat_days", self.chat_days, 0, 3_650),
            ("guests_days", self.guests_days, 0, 3_650),
            ("recordings_days", self.recordings_days, 1, 365),
            ("events_months", self.events_months, 0, 120),
            ("results_years", self.results_years, 0, 50),
            ("gaia_years", self.gaia_years, 0, 50),
            ("logins_months", self.logins_months, 0, 120),
            ("logs_years", self.logs_years, 1, 50),
        ] {
            if !(least..=most).contains(&given) {
                return Err(ConfigError::Term { option, given, least, most });
            }
        }
        Ok(())
    }
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

impl Default for Media {
    fn default() -> Self {
        Self {
            port: 7700,
            tcp_port: TcpPort::Same,
            workers: 0,
            viewers_per_worker: 300,
            gso: true,
            addresses: Vec::new(),
        }
    }
}

impl Default for Turn {
    fn default() -> Self {
        Self { enabled: true, udp_port: 0 }
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
mod tests {
    use super::*;

    #[test]
    fn the_example_holds_every_option_with_its_default() {
        let text = include_str!("../config.example.toml");
        assert_eq!(toml::from_str::<Config>(text).unwrap(), Config::default());
        let options = [
            "listen",
            "public_url",
            "tls_certificate",
            "tls_key",
            "proxies",
            "port",
            "tcp_port",
            "workers",
            "viewers_per_worker",
            "gso",
            "addresses",
        ];
        for option in options.into_iter().chain(["enabled", "udp_port", "data", "url", "key_file", "file"]) {
            assert!(
                text.lines().any(|line| line.starts_with(&format!("{option} = "))),
                "{option} is missing"
            );
        }
    }

    #[test]
    fn an_unknown_option_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("preau.toml");
        std::fs::write(&path, "[media]\nprot = 7\n").unwrap();
        let error = Config::read(Some(&path), []).unwrap_err().to_string();
        assert!(error.contains("prot") && error.contains("config.example.toml"), "{error}");
    }

    #[test]
    fn variables_override_and_are_checked() {
        let read = |name: &str, value: &str| Config::read(None, [(name.to_owned(), value.to_owned())]);
        assert_eq!(read("PREAU_MEDIA_PORT", "9000").unwrap().media.port, 9000);
        assert_eq!(read("PREAU_STORE_DATA", "/srv/preau").unwrap().store.data, PathBuf::from("/srv/preau"));
        let addresses = read("PREAU_MEDIA_ADDRESSES", "[\"10.1.2.3\"]").unwrap().media.addresses;
        assert_eq!(addresses, vec!["10.1.2.3".parse::<IpAddr>().unwrap()]);
        let error = read("PREAU_MEDIA_PROT", "1").unwrap_err().to_string();
        assert!(error.contains("PREAU_MEDIA_PROT"), "{error}");
        assert!(read("PREAU_MEDIA_PORT", "many").is_err());
        assert_eq!(read("HOME", "x").unwrap(), Config::default());
    }

    #[test]
    fn the_tcp_port_is_a_word_or_a_number() {
        let read = |value: &str| {
            let variable = ("PREAU_MEDIA_TCP_PORT".to_owned(), value.to_owned());
            Config::read(None, [variable]).map(|config| config.media.tcp_port)
        };
        assert_eq!(read("same").unwrap(), TcpPort::Same);
        assert_eq!(read("off").unwrap(), TcpPort::Off);
        assert_eq!(read("0").unwrap(), TcpPort::Off);
        assert_eq!(read("7443").unwrap(), TcpPort::Port(NonZeroU16::new(7443).unwrap()));
        for wrong in ["on", "70000", "-1", "true"] {
            assert!(read(wrong).unwrap_err().to_string().contains("\"same\""), "{wrong}");
        }
    }

    #[test]
    fn the_database_is_a_file_or_postgresql() {
        let read = |url: &str| Config::read(None, [("PREAU_STORE_URL".to_owned(), url.to_owned())]);
        assert_eq!(read("postgres:///preau").unwrap().store.url, "postgres:///preau");
        let error = read("mysql://root:secret@host/preau").unwrap_err().to_string();
        assert!(error.contains("store.url") && !error.contains("secret"), "{error}");
    }

    #[test]
    fn terms_out_of_bounds_are_named() {
        let read = |name: &str, value: &str| {
            Config::read(None, [(format!("PREAU_RETENTION_{name}"), value.to_owned())])
        };
        assert_eq!(read("CHAT_DAYS", "0").unwrap().retention.chat_days, 0);
        for (name, value, told) in [
            ("RECORDINGS_DAYS", "366", "retention.recordings_days"),
            ("RECORDINGS_DAYS", "0", "from 1 to 365"),
            ("LOGS_YEARS", "51", "retention.logs_years"),
            ("CHAT_DAYS", "-1", "PREAU_RETENTION_CHAT_DAYS"),
            ("CHAT_DAYS", "a month", "PREAU_RETENTION_CHAT_DAYS"),
        ] {
            let error = read(name, value).unwrap_err().to_string();
            assert!(error.contains(told), "{error}");
        }
    }

    #[test]
    fn a_certificate_comes_with_its_key() {
        let read = |name: &str| Config::read(None, [(name.to_owned(), "some.pem".to_owned())]);
        for name in ["PREAU_HTTP_TLS_CERTIFICATE", "PREAU_HTTP_TLS_KEY"] {
            assert!(matches!(read(name), Err(ConfigError::HalfTls)));
        }
    }

    #[test]
    fn an_unreachable_address_is_not_announced() {
        let mut config = Config::default();
        assert_eq!(config.announced(false).unwrap(), vec![IpAddr::V4(Ipv4Addr::LOCALHOST)]);
        config.http.listen = "0.0.0.0:8080".parse().unwrap();
        assert!(config.announced(false).unwrap_err().to_string().contains("media.addresses"));
        assert_eq!(config.announced(true).unwrap(), vec![IpAddr::V4(Ipv4Addr::LOCALHOST)]);
    }

    #[test]
    fn links_start_with_a_scheme_and_a_host() {
        let read = |url: &str| Config::read(None, [("PREAU_HTTP_PUBLIC_URL".to_owned(), url.to_owned())]);
        for url in ["", "https://classe.example.fr", "http://10.1.2.3:8080/", "https://[2001:db8::1]/classe"]
        {
            assert_eq!(read(url).unwrap().http.public_url, url);
        }
        for url in [
            "classe.example.fr",
            "//classe.example.fr",
            "https://",
            "https:///classe",
            "ftp://classe.example.fr",
            "https://classe.example.fr/#",
            "https://classe.example.fr/?a=b",
            "https://ada@classe.example.fr",
            "https://classe example.fr",
        ] {
            let error = read(url).unwrap_err().to_string();
            assert!(error.contains("http.public_url"), "{url}: {error}");
        }
    }
}
