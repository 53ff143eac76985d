//! `[media]` and `[turn]`: how sound and picture come through.

use std::{net::IpAddr, num::NonZeroU16};

use serde::Deserialize;

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
