//! From where a request comes, as far as tries are counted by it: never kept, never logged.

use std::{convert::Infallible, net::IpAddr};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{HeaderMap, request::Parts},
};

use crate::{app::App, front::Client};

/// The address of an IPv4 client, the network of an IPv6 one: a household has a whole /64 to choose from.
pub(super) struct Source(pub(super) String);

impl FromRequestParts<App> for Source {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<Client>>().map(|ConnectInfo(client)| client.0.ip());
        let address = match peer {
            Some(peer) if app.proxies.contains(&peer) => forwarded(&parts.headers).or(Some(peer)),
            other => other,
        };
        Ok(Self(address.map(network).unwrap_or_default()))
    }
}

/// The client as the proxy next to us saw it: what stands before was written by somebody else.
fn forwarded(headers: &HeaderMap) -> Option<IpAddr> {
    let last = headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
    last.rsplit(',').next()?.trim().parse().ok()
}

fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn the_last_hop_is_believed_and_networks_are_one() {
        let mut headers = HeaderMap::new();
        headers.append("x-forwarded-for", HeaderValue::from_static("198.51.100.1"));
        headers.append("x-forwarded-for", HeaderValue::from_static("203.0.113.9, 192.0.2.7"));
        assert_eq!(forwarded(&headers), Some("192.0.2.7".parse().unwrap()));
        assert_eq!(forwarded(&HeaderMap::new()), None);
        let shown = |text: &str| network(text.parse().unwrap());
        assert_eq!(shown("2001:db8:1:2:3:4:5:6"), shown("2001:db8:1:2::1"));
        assert_ne!(shown("2001:db8:1:3::1"), shown("2001:db8:1:2::1"));
        assert_eq!(shown("::ffff:192.0.2.7"), "192.0.2.7");
    }
}
