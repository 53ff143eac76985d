//! The server's own descriptions: small, bundled, ICE-lite.

use std::fmt::{Arguments, Write};

use super::{
    AcceptedSection, Candidate, Codec, Description, Direction, Extension, Feedback, FixedCodec, Kind,
    OfferSection, OfferedCodec, Section, parse::MIXED,
};
use crate::media::control::{Certificate, IceCredentials};

/// What the server wants in the header of audio, and of video, from publishers and towards subscribers alike.
const AUDIO_EXTENSIONS: [Extension; 3] = [Extension::AudioLevel, Extension::Mid, Extension::TransportCc];
const VIDEO_EXTENSIONS: [Extension; 7] = [
    Extension::Mid,
    Extension::Rid,
    Extension::RepairedRid,
    Extension::VideoOrientation,
    Extension::DependencyDescriptor,
    Extension::ColorSpace,
    Extension::TransportCc,
];
/// The largest id of the one-byte header form (RFC 8285 §4.2).
const LARGEST_ID: u8 = 14;

/// Answers an offer for the publish connection: takes what `accepted` lists, rejects every other m-line. Payload types
/// and extension ids stay the client's.
#[must_use]
pub fn write_answer(
    local: &IceCredentials,
    certificate: &Certificate,
    candidates: &[Candidate],
    offer: &Description,
    accepted: &[AcceptedSection],
) -> String {
    let transport = Transport { local, certificate, candidates, setup: "passive" };
    let mut lines = Lines::new(offer.version, {
        let taken = offer.sections.iter().filter(|section| acceptance(section, accepted).is_some());
        taken.map(|section| section.mid.as_str())
    });
    if offer.mixed {
        lines.add(format_args!("a={MIXED}"));
    }
    for section in &offer.sections {
        match acceptance(section, accepted) {
            Some(acceptance) => lines.answer(&transport, section, &acceptance),
            None => lines.reject(section),
        }
    }
    lines.0
}

/// What of a section is taken.
struct Acceptance<'a> {
    codecs: Vec<&'a OfferedCodec>,
    active: bool,
    stereo: bool,
}

fn acceptance<'a>(section: &'a Section, accepted: &[AcceptedSection]) -> Option<Acceptance<'a>> {
    let wanted = accepted.iter().find(|accepted| accepted.mid == section.mid && !section.rejected)?;
    let offered = |payload_type| section.codecs.iter().find(|codec| codec.payload_type == payload_type);
    let codecs: Vec<_> = wanted.payload_types.iter().copied().filter_map(offered).collect();
    (!codecs.is_empty()).then_some(Acceptance { codecs, active: wanted.active, stereo: wanted.stereo })
}

/// Offers the subscribe connection: one m-line per section, `sendonly` or `inactive`, with the server's own payload
/// types and extension ids. `version` must grow with every offer on a connection (RFC 9429 §5.2.2).
#[must_use]
pub fn write_offer(
    local: &IceCredentials,
    certificate: &Certificate,
    candidates: &[Candidate],
    version: u64,
    sections: &[OfferSection],
) -> String {
    let transport = Transport { local, certificate, candidates, setup: "actpass" };
    let mut lines = Lines::new(version, sections.iter().map(|section| section.mid.as_str()));
    lines.add(format_args!("a={MIXED}"));
    for section in sections {
        lines.offer(&transport, section);
    }
    lines.0
}

struct Transport<'a> {
    local: &'a IceCredentials,
    certificate: &'a Certificate,
    candidates: &'a [Candidate],
    setup: &'static str,
}

/// A description under construction.
struct Lines(String);

impl Lines {
    fn new<'a>(version: u64, bundle: impl Iterator<Item = &'a str>) -> Self {
        let mut lines = Self(String::with_capacity(4096));
        lines.add(format_args!("v=0\r\no=- 1 {version} IN IP4 0.0.0.0\r\ns=-\r\nt=0 0"));
        let mids: Vec<&str> = bundle.collect();
        if !mids.is_empty() {
            lines.add(format_args!("a=group:BUNDLE {}", mids.join(" ")));
        }
        lines.add(format_args!("a=ice-lite\r\na=msid-semantic: WMS *"));
        lines
    }

    fn add(&mut self, line: Arguments<'_>) {
        // Writing to a String cannot fail.
        let _ = self.0.write_fmt(line);
        self.0.push_str("\r\n");
    }

    fn reject(&mut self, section: &Section) {
        let (protocol, formats) = (&section.media_line.protocol, section.media_line.formats.join(" "));
        self.add(format_args!("m={} 0 {protocol} {formats}\r\nc=IN IP4 0.0.0.0", name(section.kind)));
        self.add(format_args!("a=mid:{}\r\na=inactive", section.mid));
    }

    fn answer(&mut self, transport: &Transport<'_>, section: &Section, accepted: &Acceptance<'_>) {
        let codecs = &accepted.codecs;
        // The first is what the client sends: with copies, where it can and they are wanted.
        let red = |codec: &OfferedCodec| codec.red.filter(|_| !accepted.stereo);
        let formats =
            codecs.iter().flat_map(|codec| [red(codec), Some(codec.payload_type), codec.rtx]).flatten();
        self.media_line(section.kind, &section.media_line.protocol, formats);
        let direction = if accepted.active { "recvonly" } else { "inactive" };
        self.transport(transport, &section.mid, direction);
        for extension in extensions(section.kind) {
            let Some(id) = section.extension(extension).filter(|&id| id <= LARGEST_ID) else { continue };
            let way =
                section.media_line.one_way.iter().find(|(one_way, _)| *one_way == id).map(|&(_, way)| way);
            match way {
                None | Some(Direction::SendReceive) => {
                    self.add(format_args!("a=extmap:{id} {}", extension.uri()))
                }
                Some(Direction::SendOnly) => {
                    self.add(format_args!("a=extmap:{id}/recvonly {}", extension.uri()))
                }
                Some(Direction::ReceiveOnly | Direction::Inactive) => {}
            }
        }
        for offered in codecs {
            let Some(fixed) = offered.codec.fixed() else { continue };
            let fmtp = match (offered.codec, accepted.stereo) {
                (Codec::Opus, true) => "minptime=10;useinbandfec=1;stereo=1",
                (Codec::Opus, false) => "minptime=10;useinbandfec=1;usedtx=1",
                _ => &offered.fmtp,
            };
            self.codec(fixed, offered.payload_type, offered.rtx, fmtp);
            self.red(fixed, offered.payload_type, red(offered));
            let wanted = feedback(section.kind).filter(|feedback| offered.feedback.contains(feedback));
            self.feedback(offered.payload_type, wanted);
        }
        if accepted.active && !section.rids.is_empty() {
            for rid in &section.rids {
                self.add(format_args!("a=rid:{rid} recv"));
            }
            self.add(format_args!("a=simulcast:recv {}", section.rids.join(";")));
        }
        self.candidates(transport.candidates);
    }

    fn offer(&mut self, transport: &Transport<'_>, section: &OfferSection) {
        // A browser that cannot decode the codec would reject the m-line, and with the first one the whole bundle.
        // VP8 keeps it; whether the codec itself was taken is in the answer.
        let fallback =
            Codec::Vp8.fixed().filter(|vp8| section.kind == Kind::Video && vp8.codec != section.codec);
        let codecs = || section.codec.fixed().into_iter().chain(fallback);
        let formats = codecs().flat_map(|fixed| [Some(fixed.payload_type), fixed.rtx, fixed.red]).flatten();
        self.media_line(section.kind, "UDP/TLS/RTP/SAVPF", formats);
        let direction = if section.active { "sendonly" } else { "inactive" };
        self.transport(transport, &section.mid, direction);
        for extension in extensions(section.kind) {
            // A subscriber gets one layer under one SSRC: no rids.
            let layered = matches!(extension, Extension::Rid | Extension::RepairedRid);
            if let Some(id) = extension.fixed_id().filter(|_| !layered) {
                self.add(format_args!("a=extmap:{id} {}", extension.uri()));
            }
        }
        for fixed in codecs() {
            self.codec(fixed, fixed.payload_type, fixed.rtx, fixed.fmtp);
            self.red(fixed, fixed.payload_type, fixed.red);
            self.feedback(fixed.payload_type, feedback(section.kind));
        }
        if section.active {
            self.source(section);
        }
        self.candidates(transport.candidates);
    }

    fn source(&mut self, section: &OfferSection) {
        let OfferSection { stream, track, ssrc, .. } = section;
        self.add(format_args!("a=msid:{stream} {track}"));
        let repairable = section.codec.fixed().is_some_and(|fixed| fixed.rtx.is_some());
        match section.rtx_ssrc.filter(|_| repairable) {
            Some(rtx) => {
                self.add(format_args!("a=ssrc-group:FID {ssrc} {rtx}"));
                self.add(format_args!("a=ssrc:{ssrc} cname:{stream}\r\na=ssrc:{rtx} cname:{stream}"));
            }
            None => self.add(format_args!("a=ssrc:{ssrc} cname:{stream}")),
        }
    }

    fn media_line(&mut self, kind: Kind, protocol: &str, formats: impl Iterator<Item = u8>) {
        let mut line = format!("m={} 9 {protocol}", name(kind));
        for payload_type in formats {
            let _ = write!(line, " {payload_type}");
        }
        self.add(format_args!("{line}\r\nc=IN IP4 0.0.0.0"));
    }

    fn transport(&mut self, transport: &Transport<'_>, mid: &str, direction: &str) {
        let Transport { local, certificate, setup, .. } = transport;
        self.add(format_args!("a=mid:{mid}\r\na=ice-ufrag:{}\r\na=ice-pwd:{}", local.ufrag, local.pwd));
        self.add(format_args!("a=fingerprint:{}\r\na=setup:{setup}", certificate.fingerprint()));
        self.add(format_args!("a={direction}\r\na=rtcp-mux\r\na=rtcp-rsize"));
    }

    fn codec(&mut self, fixed: &FixedCodec, payload_type: u8, rtx: Option<u8>, fmtp: &str) {
        let FixedCodec { name, clock_rate, channels, .. } = fixed;
        match channels {
            1 => self.add(format_args!("a=rtpmap:{payload_type} {name}/{clock_rate}")),
            _ => self.add(format_args!("a=rtpmap:{payload_type} {name}/{clock_rate}/{channels}")),
        }
        if !fmtp.is_empty() {
            self.add(format_args!("a=fmtp:{payload_type} {fmtp}"));
        }
        if let Some(rtx) = rtx {
            self.add(format_args!("a=rtpmap:{rtx} rtx/{clock_rate}\r\na=fmtp:{rtx} apt={payload_type}"));
        }
    }

    /// One copy in each packet.
    fn red(&mut self, fixed: &FixedCodec, payload_type: u8, red: Option<u8>) {
        let FixedCodec { clock_rate, channels, .. } = fixed;
        if let Some(red) = red {
            self.add(format_args!("a=rtpmap:{red} red/{clock_rate}/{channels}"));
            self.add(format_args!("a=fmtp:{red} {payload_type}/{payload_type}"));
        }
    }

    fn feedback(&mut self, payload_type: u8, feedback: impl Iterator<Item = Feedback>) {
        for what in feedback {
            self.add(format_args!("a=rtcp-fb:{payload_type} {}", what.name()));
        }
    }

    /// Host candidates, UDP before TCP, the first one of each preferred (RFC 8445 §5.1.2, RFC 6544 §4.2).
    fn candidates(&mut self, candidates: &[Candidate]) {
        for (number, candidate) in candidates.iter().enumerate() {
            let place = u32::try_from(number).unwrap_or(u32::MAX);
            let foundation = number + 1;
            match candidate {
                Candidate::Udp(address) => {
                    let priority = (126 << 24) + (65_535_u32.saturating_sub(place) << 8) + 255;
                    let (ip, port) = (address.ip(), address.port());
                    self.add(format_args!("a=candidate:{foundation} 1 udp {priority} {ip} {port} typ host"));
                }
                Candidate::Tcp(address) => {
                    // Direction preference 4: a passive host candidate.
                    let local = (4 << 13) + 8_191_u32.saturating_sub(place);
                    let priority = (90 << 24) + (local << 8) + 255;
                    let (ip, port) = (address.ip(), address.port());
                    self.add(format_args!(
                        "a=candidate:{foundation} 1 tcp {priority} {ip} {port} typ host tcptype passive"
                    ));
                }
            }
        }
        self.add(format_args!("a=end-of-candidates"));
    }
}

fn extensions(kind: Kind) -> impl Iterator<Item = Extension> {
    let wanted: &[Extension] = match kind {
        Kind::Audio => &AUDIO_EXTENSIONS,
        Kind::Video => &VIDEO_EXTENSIONS,
        Kind::Application => &[],
    };
    wanted.iter().copied()
}

/// The feedback the server sends or understands.
fn feedback(kind: Kind) -> impl Iterator<Item = Feedback> {
    let all =
        [Feedback::Nack, Feedback::NackPli, Feedback::CcmFir, Feedback::GoogRemb, Feedback::TransportCc];
    all.into_iter().filter(move |feedback| match feedback {
        Feedback::Nack | Feedback::NackPli | Feedback::CcmFir | Feedback::GoogRemb => kind == Kind::Video,
        Feedback::TransportCc => true,
    })
}

impl Feedback {
    const fn name(self) -> &'static str {
        match self {
            Self::Nack => "nack",
            Self::NackPli => "nack pli",
            Self::CcmFir => "ccm fir",
            Self::TransportCc => "transport-cc",
            Self::GoogRemb => "goog-remb",
        }
    }
}

const fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Audio => "audio",
        Kind::Video => "video",
        Kind::Application => "application",
    }
}
