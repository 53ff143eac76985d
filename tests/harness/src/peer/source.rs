//! What a peer sends: synthetic Opus and VP8.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, Result};
use rtc::{
    media_stream::MediaStreamTrack,
    rtp_transceiver::rtp_sender::{
        RTCRtpCodec, RTCRtpCodingParameters, RTCRtpEncodingParameters, RtpCodecKind,
    },
};
use rtc_rtp::{Packet, header::Header};
use signaling::protocol::{media::PublishedSource, stage::Source};
use webrtc::media_stream::track_local::{TrackLocal, static_rtp::TrackLocalStaticRTP};

/// Payload types of the `webrtc` crate's default codecs.
const OPUS: u8 = 111;
const VP8: u8 = 96;

/// A track of one SSRC, for the `webrtc` crate to send.
#[must_use]
pub fn local(
    kind: RtpCodecKind,
    mime_type: &str,
    clock_rate: u32,
    channels: u16,
    ssrc: u32,
) -> Arc<TrackLocalStaticRTP> {
    let codec = RTCRtpCodec {
        mime_type: mime_type.to_owned(),
        clock_rate,
        channels,
        sdp_fmtp_line: String::new(),
        rtcp_feedback: vec![],
    };
    let encoding = RTCRtpEncodingParameters {
        rtp_coding_parameters: RTCRtpCodingParameters { ssrc: Some(ssrc), ..Default::default() },
        codec,
        ..Default::default()
    };
    let track =
        MediaStreamTrack::new("peer".to_owned(), format!("{kind}"), format!("{kind}"), kind, vec![encoding]);
    Arc::new(TrackLocalStaticRTP::new(track))
}

/// The mids of an offer and what each carries: the first sound is the microphone, the first picture the camera.
pub(super) fn sources(sdp: &str) -> Result<Vec<PublishedSource>> {
    let mut sources = Vec::new();
    for section in sdp.split("\r\nm=").skip(1) {
        let mid =
            section.lines().find_map(|line| line.strip_prefix("a=mid:")).context("a section has no mid")?;
        let source = if section.starts_with("audio") { Source::Microphone } else { Source::Camera };
        sources.push(PublishedSource { mid: mid.to_owned(), source, muted: false });
    }
    Ok(sources)
}

/// Sends an Opus packet every 20 ms: comfort-length frames of a valid table of contents.
pub(super) async fn speak(track: Arc<TrackLocalStaticRTP>) {
    let mut tick = tokio::time::interval(Duration::from_millis(20));
    for sequence in 0..u32::MAX {
        tick.tick().await;
        // Configuration 31 (fullband, 20 ms), mono, one frame (RFC 6716, section 3.1).
        let payload = [&[0xf8_u8][..], &[0xaa; 60]].concat();
        let packet = packet(OPUS, sequence, sequence.wrapping_mul(960), 0x1000_0001, sequence == 0, payload);
        if track.write_rtp(packet).await.is_err() {
            return;
        }
    }
}

/// Sends a VP8 frame of one packet every 40 ms, each a keyframe.
pub(super) async fn film(track: Arc<TrackLocalStaticRTP>) {
    let mut tick = tokio::time::interval(Duration::from_millis(40));
    for sequence in 0..u32::MAX {
        tick.tick().await;
        // Descriptor: start of partition 0 (RFC 7741, section 4.2). Frame tag: keyframe, shown; start code; 16×16.
        let head = [0x10_u8, 0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 16, 0, 16, 0];
        let payload = [&head[..], &[0x55; 400]].concat();
        let packet = packet(VP8, sequence, sequence.wrapping_mul(3_600), 0x1000_0002, true, payload);
        if track.write_rtp(packet).await.is_err() {
            return;
        }
    }
}

fn packet(
    payload_type: u8,
    sequence: u32,
    timestamp: u32,
    ssrc: u32,
    marker: bool,
    payload: Vec<u8>,
) -> Packet {
    let header = Header {
        version: 2,
        marker,
        payload_type,
        sequence_number: (sequence & 0xffff) as u16,
        timestamp,
        ssrc,
        ..Default::default()
    };
    Packet { header, payload: payload.into() }
}
