//! Makes the packet files of `samples/` again: `cargo test -p recorder --test capture -- --ignored`.
//!
//! Each holds the RTP packets of a few seconds of a test picture or tone as `ffmpeg` (for AV1: libaom and `rtc-rtp`)
//! packetises them, one after the other: two bytes of length, then the packet.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::{
    fs,
    net::UdpSocket,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use rtc_rtp::{codec::av1::Av1Payloader, packetizer::Payloader};

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples")
}

fn write(name: &str, packets: &[Vec<u8>]) {
    let mut bytes = Vec::new();
    for packet in packets {
        bytes.extend_from_slice(&u16::try_from(packet.len()).unwrap().to_be_bytes());
        bytes.extend_from_slice(packet);
    }
    fs::write(samples().join(name), bytes).unwrap();
}

/// What `ffmpeg` sends in real time, until it ends.
fn sent(input: &str, codec: &str) -> Vec<Vec<u8>> {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
    let port = socket.local_addr().unwrap().port();
    let mut child = Command::new("ffmpeg")
        .args(["-v", "error", "-re", "-f", "lavfi", "-i", input])
        .args(codec.split_whitespace())
        .args(["-f", "rtp", &format!("rtp://127.0.0.1:{port}?pkt_size=1000")])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut packets = Vec::new();
    let mut buffer = [0; 2_048];
    loop {
        match socket.recv(&mut buffer) {
            Ok(length) => packets.push(buffer[..length].to_vec()),
            Err(_) if child.try_wait().unwrap().is_some() => return packets,
            Err(_) => {}
        }
    }
}

#[test]
#[ignore = "writes the samples that the other tests read"]
fn capture() {
    let picture = "testsrc2=size=320x180:rate=25:duration=8";
    let rate = "-b:v 90k -maxrate 90k -bufsize 90k -g 50";
    write(
        "vp8.rtp",
        &sent(picture, &format!("-c:v libvpx -deadline realtime -cpu-used 8 -auto-alt-ref 0 {rate}")),
    );
    write(
        "vp9.rtp",
        &sent(
            picture,
            &format!("-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -lag-in-frames 0 -strict -2 {rate}"),
        ),
    );
    write(
        "h264.rtp",
        &sent(
            picture,
            &format!(
                "-c:v libx264 -profile:v baseline -preset ultrafast -tune zerolatency -bsf:v dump_extra {rate}"
            ),
        ),
    );
    write(
        "opus.rtp",
        &sent("sine=frequency=1000:sample_rate=48000:duration=8", "-c:a libopus -b:a 16k -application voip"),
    );
    write(
        "vp8-small.rtp",
        &sent(
            "testsrc2=size=160x90:rate=25:duration=2",
            "-c:v libvpx -deadline realtime -cpu-used 8 -auto-alt-ref 0 -b:v 40k -g 50",
        ),
    );
    write("av1.rtp", &av1(picture));
}

/// The temporal units of an IVF file, packetised.
fn av1(picture: &str) -> Vec<Vec<u8>> {
    let file = tempfile::NamedTempFile::with_suffix(".ivf").unwrap();
    let status = Command::new("ffmpeg")
        .args(["-v", "error", "-y", "-f", "lavfi", "-i", picture])
        .args(
            "-c:v libaom-av1 -usage realtime -cpu-used 8 -lag-in-frames 0 -b:v 90k -g 50".split_whitespace(),
        )
        .arg(file.path())
        .status()
        .unwrap();
    assert!(status.success());
    let bytes = fs::read(file.path()).unwrap();
    let mut rest = &bytes[32..];
    let mut payloader = Av1Payloader::default();
    let (mut packets, mut seq, mut timestamp) = (Vec::new(), 60_000u16, 1_000u32);
    while rest.len() >= 12 {
        let length = u32::from_le_bytes(rest[..4].try_into().unwrap()) as usize;
        let payloads = payloader.payload(1_000, &rest[12..12 + length].to_vec().into()).unwrap();
        let last = payloads.len() - 1;
        for (index, payload) in payloads.iter().enumerate() {
            let mut packet = vec![0x80, if index == last { 0x80 | 45 } else { 45 }];
            packet.extend_from_slice(&seq.to_be_bytes());
            packet.extend_from_slice(&timestamp.to_be_bytes());
            packet.extend_from_slice(&[0, 0, 0, 5]);
            packet.extend_from_slice(payload);
            packets.push(packet);
            seq = seq.wrapping_add(1);
        }
        timestamp += 3_600;
        rest = &rest[12 + length..];
    }
    packets
}
