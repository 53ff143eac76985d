//! The relay's addresses, as pages are told (RFC 7065).

use std::net::{IpAddr, SocketAddr};

/// Where the relay can be reached.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Doors<'a> {
    /// The start of the links, when configured.
    pub(crate) public_url: &'a str,
    /// The page's port takes TLS off by itself.
    pub(crate) secured: bool,
    /// The page's address as people on this network reach it.
    pub(crate) page: SocketAddr,
    /// Where media is announced.
    pub(crate) announced: &'a [IpAddr],
    pub(crate) tcp_port: Option<u16>,
    pub(crate) udp_port: Option<u16>,
}

/// UDP first, then the page's own port, last the media port by TCP. The page's port is left out where somebody else
/// takes TLS off in front of it: a proxy for HTTP does not let this through.
pub(crate) fn urls(doors: &Doors<'_>) -> Vec<String> {
    let uri = doors.public_url.parse::<axum::http::Uri>().ok();
    let named = uri.as_ref().and_then(|uri| uri.host()).map(str::to_owned);
    let host = named.unwrap_or_else(|| written(doors.page.ip()));
    let behind_proxy = !doors.secured && doors.public_url.starts_with("https:");
    let (scheme, default) = if doors.secured { ("turns", 443) } else { ("turn", 80) };
    let port = match &uri {
        Some(uri) if uri.host().is_some() => uri.port_u16().unwrap_or(default),
        Some(_) | None => doors.page.port(),
    };
    let udp = doors.udp_port.map(|port| format!("turn:{host}:{port}?transport=udp"));
    let page = (!behind_proxy).then(|| format!("{scheme}:{host}:{port}?transport=tcp"));
    let aside = doors.tcp_port.filter(|_| behind_proxy).zip(doors.announced.first());
    let aside = aside.map(|(port, ip)| format!("turn:{}:{port}?transport=tcp", written(*ip)));
    udp.into_iter().chain(page).chain(aside).collect()
}

fn written(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_told_of_every_door_that_leads_here() {
        let doors = Doors {
            public_url: "",
            secured: false,
            page: "127.0.0.1:8080".parse().unwrap(),
            announced: &["203.0.113.7".parse().unwrap()],
            tcp_port: Some(7700),
            udp_port: None,
        };
        assert_eq!(urls(&doors), ["turn:127.0.0.1:8080?transport=tcp"]);
        let at = |public_url| Doors { public_url, ..doors };
        assert_eq!(urls(&at("http://classe.example.fr")), ["turn:classe.example.fr:80?transport=tcp"]);
        assert_eq!(urls(&at("https://classe.example.fr")), ["turn:203.0.113.7:7700?transport=tcp"]);
        let secured = Doors { secured: true, udp_port: Some(3478), ..at("https://classe.example.fr/a") };
        assert_eq!(
            urls(&secured),
            ["turn:classe.example.fr:3478?transport=udp", "turns:classe.example.fr:443?transport=tcp"]
        );
        let v6 = Doors { secured: true, ..at("https://[2001:db8::1]:8443") };
        assert_eq!(urls(&v6), ["turns:[2001:db8::1]:8443?transport=tcp"]);
    }
}
