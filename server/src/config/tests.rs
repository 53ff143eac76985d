//! What can be configured, and what is refused by name.

use std::num::NonZeroU16;

use super::*;

#[test]
fn the_example_holds_every_option_with_its_default() {
    let text = include_str!("../../config.example.toml");
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
        assert!(text.lines().any(|line| line.starts_with(&format!("{option} = "))), "{option} is missing");
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
    let read =
        |name: &str, value: &str| Config::read(None, [(format!("PREAU_RETENTION_{name}"), value.to_owned())]);
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
    for url in ["", "https://classe.example.fr", "http://10.1.2.3:8080/", "https://[2001:db8::1]/classe"] {
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
