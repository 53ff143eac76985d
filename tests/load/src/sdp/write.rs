//! Writing.

use std::fmt::Write;

use super::{
    AUDIO_LEVEL, Description, MID, OPUS, Offered, RED, REPAIRED_RID, RID, Section, TRANSPORT_CC, Transport,
    VP8, VP8_RTX,
};

/// The generator's answer to a server's offer: takes everything the server sends, sends nothing. Sound with copies is
/// taken where it is wished for (`red`).
#[must_use]
pub fn answer(local: &Transport, offer: &Description, red: bool) -> String {
    let copies = |line: &str| {
        let (_, payload_type) = line.split_once(':').unwrap_or_default();
        payload_type.split(' ').next() == Some(RED.to_string().as_str())
    };
    let taken = |section: &&Section| !section.rejected && matches!(section.kind.as_str(), "audio" | "video");
    let mids: Vec<&str> = offer.sections.iter().filter(taken).map(|section| section.mid.as_str()).collect();
    let mut out = session(&mids);
    for section in &offer.sections {
        let formats = section.formats.iter().filter(|format| red || **format != RED.to_string());
        let formats = formats.map(String::as_str).collect::<Vec<_>>().join(" ");
        let port = if taken(&section) { 9 } else { 0 };
        line(&mut out, &format!("m={} {port} {} {formats}", section.kind, section.protocol));
        line(&mut out, "c=IN IP4 0.0.0.0");
        line(&mut out, &format!("a=mid:{}", section.mid));
        if port == 0 {
            line(&mut out, "a=inactive");
            continue;
        }
        transport(&mut out, local, "active");
        line(&mut out, if section.sends { "a=recvonly" } else { "a=inactive" });
        for attribute in section.lines().iter().filter(|line| red || !copies(line)) {
            line(&mut out, &format!("a={attribute}"));
        }
    }
    out
}

/// A publisher's offer; of sound with copies too, where that is wished for (`red`).
#[must_use]
pub fn offer(local: &Transport, tracks: &[Offered], red: bool) -> String {
    let mids: Vec<&str> = tracks.iter().map(|track| track.mid.as_str()).collect();
    let mut out = session(&mids);
    for track in tracks {
        let sound = track.source.is_audio();
        let formats = match (sound, red) {
            (true, false) => OPUS.to_string(),
            (true, true) => format!("{OPUS} {RED}"),
            (false, _) => format!("{VP8} {VP8_RTX}"),
        };
        line(&mut out, &format!("m={} 9 UDP/TLS/RTP/SAVPF {formats}", if sound { "audio" } else { "video" }));
        line(&mut out, &format!("c=IN IP4 0.0.0.0\r\na=mid:{}", track.mid));
        transport(&mut out, local, "actpass");
        line(&mut out, &format!("a=sendonly\r\na=msid:load {}", track.mid));
        line(&mut out, &format!("a=extmap:{MID} urn:ietf:params:rtp-hdrext:sdes:mid"));
        line(
            &mut out,
            &format!(
                "a=extmap:{TRANSPORT_CC} http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
            ),
        );
        if sound {
            audio(&mut out, red);
        } else {
            video(&mut out, track);
        }
    }
    out
}

fn audio(out: &mut String, red: bool) {
    if red {
        line(out, &format!("a=rtpmap:{RED} red/48000/2\r\na=fmtp:{RED} {OPUS}/{OPUS}"));
    }
    line(out, &format!("a=extmap:{AUDIO_LEVEL} urn:ietf:params:rtp-hdrext:ssrc-audio-level"));
    line(out, &format!("a=rtpmap:{OPUS} opus/48000/2\r\na=fmtp:{OPUS} minptime=10;useinbandfec=1"));
    line(out, &format!("a=rtcp-fb:{OPUS} transport-cc"));
}

fn video(out: &mut String, track: &Offered) {
    line(
        out,
        &format!("a=rtpmap:{VP8} VP8/90000\r\na=rtpmap:{VP8_RTX} rtx/90000\r\na=fmtp:{VP8_RTX} apt={VP8}"),
    );
    for feedback in ["nack", "nack pli", "ccm fir", "goog-remb", "transport-cc"] {
        line(out, &format!("a=rtcp-fb:{VP8} {feedback}"));
    }
    if track.rids.is_empty() {
        let Offered { ssrc, rtx_ssrc, .. } = track;
        line(out, &format!("a=ssrc-group:FID {ssrc} {rtx_ssrc}"));
        line(out, &format!("a=ssrc:{ssrc} cname:load\r\na=ssrc:{rtx_ssrc} cname:load"));
        return;
    }
    line(out, &format!("a=extmap:{RID} urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"));
    line(out, &format!("a=extmap:{REPAIRED_RID} urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"));
    for rid in &track.rids {
        line(out, &format!("a=rid:{rid} send"));
    }
    line(out, &format!("a=simulcast:send {}", track.rids.join(";")));
}

fn session(mids: &[&str]) -> String {
    let mut out = String::with_capacity(4096);
    line(&mut out, "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0");
    line(&mut out, &format!("a=group:BUNDLE {}", mids.join(" ")));
    line(&mut out, "a=msid-semantic: WMS *");
    out
}

fn transport(out: &mut String, local: &Transport, setup: &str) {
    let Transport { ufrag, pwd, fingerprint, address } = local;
    line(out, &format!("a=ice-ufrag:{ufrag}\r\na=ice-pwd:{pwd}\r\na=fingerprint:{fingerprint}"));
    line(out, &format!("a=setup:{setup}\r\na=rtcp-mux\r\na=rtcp-rsize"));
    let (ip, port) = (address.ip(), address.port());
    line(out, &format!("a=candidate:1 1 udp 2130706431 {ip} {port} typ host\r\na=end-of-candidates"));
}

fn line(out: &mut String, text: &str) {
    // Writing to a String cannot fail.
    let _ = write!(out, "{text}\r\n");
}
