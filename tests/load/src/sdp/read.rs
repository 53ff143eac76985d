//! Reading.

use std::net::{IpAddr, SocketAddr};

use anyhow::{Context, Result, ensure};

use super::{Description, Section, Setup, Transport};

const TRANSPORT_CC_URI: &str = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";

impl Description {
    /// Reads a description with its first UDP candidate, of IPv4 if there is one.
    ///
    /// # Errors
    /// Credentials, fingerprint or candidate are missing, or the candidate is not on the loopback: load is for this
    /// machine alone.
    pub fn read(sdp: &str) -> Result<Self> {
        let value = |name: &str| sdp.lines().find_map(|line| line.trim_end().strip_prefix(name));
        let ufrag = value("a=ice-ufrag:").context("the description has no a=ice-ufrag")?.to_owned();
        let pwd = value("a=ice-pwd:").context("the description has no a=ice-pwd")?.to_owned();
        let fingerprint = value("a=fingerprint:").context("the description has no a=fingerprint")?.to_owned();
        let all = || sdp.lines().filter_map(candidate);
        let address = all().find(SocketAddr::is_ipv4).or_else(|| all().next());
        let address = address.context("the description has no UDP candidate")?;
        ensure!(
            address.ip().is_loopback(),
            "{address} is not on the loopback: load is for this machine alone"
        );
        let setup = match value("a=setup:") {
            Some("active") => Setup::Active,
            Some("passive") => Setup::Passive,
            Some(_) | None => Setup::Either,
        };
        let transport = Transport { ufrag, pwd, fingerprint, address };
        Ok(Self { transport, setup, sections: sections(sdp) })
    }
}

/// `a=candidate:<foundation> <component> udp <priority> <address> <port> typ …` (RFC 8839 §5.1).
fn candidate(line: &str) -> Option<SocketAddr> {
    let mut words = line.trim_end().strip_prefix("a=candidate:")?.split(' ').skip(1);
    let (component, transport) = (words.next()?, words.next()?);
    let (ip, port) = (words.nth(1)?, words.next()?);
    let usable = component == "1" && transport.eq_ignore_ascii_case("udp");
    let ip = ip.parse::<IpAddr>().ok().filter(|_| usable)?;
    Some(SocketAddr::new(ip, port.parse().ok()?))
}

fn sections(sdp: &str) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    for line in sdp.lines().map(str::trim_end) {
        if let Some(media) = line.strip_prefix("m=") {
            sections.push(media_line(media));
        } else if let (Some(section), Some(attribute)) = (sections.last_mut(), line.strip_prefix("a=")) {
            section.attribute(attribute);
        }
    }
    for section in &mut sections {
        let fed_back =
            section.lines.iter().any(|l| l.starts_with("rtcp-fb:") && l.ends_with(" transport-cc"));
        section.transport_cc = section.transport_cc.filter(|_| fed_back);
    }
    sections
}

fn media_line(media: &str) -> Section {
    let mut words = media.split(' ');
    let mut next = || words.next().unwrap_or_default().to_owned();
    let (kind, port, protocol) = (next(), next(), next());
    let formats = words.map(str::to_owned).collect();
    Section { kind, protocol, formats, rejected: port == "0", ..Section::default() }
}

impl Section {
    fn attribute(&mut self, attribute: &str) {
        let (name, value) = attribute.split_once(':').unwrap_or((attribute, ""));
        let first = value.split(' ').next().unwrap_or_default();
        match name {
            "mid" => value.clone_into(&mut self.mid),
            "sendonly" | "sendrecv" => self.sends = true,
            "ssrc-group" => {
                let mut ssrcs = value.strip_prefix("FID ").into_iter().flat_map(|rest| rest.split(' '));
                self.ssrc = ssrcs.next().and_then(|ssrc| ssrc.parse().ok()).or(self.ssrc);
                self.rtx_ssrc = ssrcs.next().and_then(|ssrc| ssrc.parse().ok()).or(self.rtx_ssrc);
            }
            "ssrc" => self.ssrc = self.ssrc.or(first.parse().ok()),
            "extmap" if value.ends_with(TRANSPORT_CC_URI) => {
                self.transport_cc = first.parse().ok();
                self.lines.push(attribute.to_owned());
            }
            "rtcp-fb" => {
                self.nack |= value.ends_with(" nack");
                self.lines.push(attribute.to_owned());
            }
            "rtpmap" | "fmtp" => self.lines.push(attribute.to_owned()),
            // An id that is negotiated one way only stays out of the answer.
            "extmap" if !first.contains('/') => self.lines.push(attribute.to_owned()),
            _ => {}
        }
    }

    pub(super) fn lines(&self) -> &[String] {
        &self.lines
    }
}
