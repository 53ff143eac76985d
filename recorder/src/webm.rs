//! WebM for VP8, which browsers refuse in MP4 when it comes through Media Source Extensions.
//!
//! Clusters of known size follow a preamble of fixed length. Sealing appends the cues (clusters that begin with a
//! keyframe, no others: seeking elsewhere shows rubbish) and rewrites the preamble, which fits one disk sector, with
//! the sizes. Element identifiers: RFC 9559 §5.

mod ebml;

use std::{fs::File, io, os::unix::fs::FileExt};

use ebml::{element, float, master, text, uint};

use crate::segment::{Contents, Sample, Sealing};

const SEGMENT: u32 = 0x1853_8067;
const INFO: u32 = 0x1549_a966;
const TRACKS: u32 = 0x1654_ae6b;
const CLUSTER: u32 = 0x1f43_b675;
const CUES: u32 = 0x1c53_bb6b;
const DURATION: u32 = 0x4489;
const SIMPLE_BLOCK: u8 = 0xa3;
/// A segment size that says "until the end of the file".
const UNKNOWN_SIZE: u64 = 0x00ff_ffff_ffff_ffff;
/// Length of the last frame when there is no other to measure by.
const USUAL_FRAME_MS: u64 = 33;

/// What is known of a file only when it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seal {
    segment_size: u64,
    duration_ms: u64,
    /// From the first byte of the segment's contents.
    cues_at: u64,
}

/// Everything before the first cluster.
pub(crate) fn header(width: u16, height: u16) -> Vec<u8> {
    let video = master(0xe0, &[uint(0xb0, u64::from(width)), uint(0xba, u64::from(height))]);
    let entry = master(
        0xae,
        &[uint(0xd7, 1), uint(0x73c5, 1), uint(0x83, 1), uint(0x9c, 0), text(0x86, "V_VP8"), video],
    );
    let mut bytes = preamble(None);
    bytes.extend_from_slice(&master(TRACKS, &[entry]));
    bytes
}

/// One cluster: samples whose times are within a signed 16-bit number of milliseconds of the first.
pub(crate) fn cluster(clock_rate: u32, samples: &[Sample]) -> io::Result<Vec<u8>> {
    let ms = |sample: &Sample| sample.ticks.saturating_mul(1_000) / u64::from(clock_rate.max(1));
    let begins = samples.first().map_or(0, ms);
    let mut body = uint(0xe7, begins);
    for sample in samples {
        let offset = i16::try_from(ms(sample).saturating_sub(begins)).map_err(io::Error::other)?;
        let [high, low] = offset.to_be_bytes();
        let flags = if sample.keyframe { 0x80 } else { 0 };
        body.push(SIMPLE_BLOCK);
        body.extend_from_slice(&ebml::size(sample.data.len() as u64 + 4));
        body.extend_from_slice(&[0x81, high, low, flags]);
        body.extend_from_slice(&sample.data);
    }
    Ok(element(CLUSTER, &body))
}

/// Seals a live file, whole or torn; one already sealed is left as it is.
pub(crate) fn seal(file: &File) -> io::Result<Sealing> {
    let length = file.metadata()?.len();
    let Some(head) = read_preamble(file, length)? else { return Ok(Sealing::Unusable) };
    if head != preamble(None) {
        return Ok(sealed(&head, length).map_or(Sealing::Unusable, Sealing::Sealed));
    }
    let Some(tracks) = Element::at(file, head.len() as u64, length)?.filter(|found| found.id == TRACKS)
    else {
        return Ok(Sealing::Unusable);
    };
    let scan = scan(file, tracks.end, length)?;
    if scan.end == tracks.end { Ok(Sealing::Unusable) } else { seal_live(file, &scan).map(Sealing::Sealed) }
}

/// Until the preamble is rewritten, the file still reads as a live one.
fn seal_live(file: &File, scan: &Scan) -> io::Result<Contents> {
    let origin = segment_origin();
    let points: Vec<Vec<u8>> = scan
        .keyframes
        .iter()
        .map(|(ms, at)| {
            let position = master(0xb7, &[uint(0xf7, 1), uint(0xf1, at - origin)]);
            master(0xbb, &[uint(0xb3, *ms), position])
        })
        .collect();
    let cues = master(CUES, &points);
    let bytes = scan.end + cues.len() as u64;
    file.set_len(scan.end)?;
    file.write_all_at(&cues, scan.end)?;
    file.sync_data()?;
    let seal =
        Seal { segment_size: bytes - origin, duration_ms: scan.duration_ms, cues_at: scan.end - origin };
    file.write_all_at(&preamble(Some(seal)), 0)?;
    file.sync_data()?;
    Ok(Contents { duration_us: scan.duration_ms.saturating_mul(1_000), bytes })
}

/// What a sealed file holds; `None` when it is not a sealed one.
pub(crate) fn contents(file: &File) -> io::Result<Option<Contents>> {
    let length = file.metadata()?.len();
    Ok(read_preamble(file, length)?.and_then(|head| sealed(&head, length)))
}

fn read_preamble(file: &File, length: u64) -> io::Result<Option<Vec<u8>>> {
    let mut head = preamble(None);
    if length < head.len() as u64 {
        return Ok(None);
    }
    file.read_exact_at(&mut head, 0)?;
    Ok(Some(head))
}

/// What a file of this length and this preamble holds, if it is sealed.
fn sealed(head: &[u8], length: u64) -> Option<Contents> {
    let field = head.strip_prefix(ebml_header().as_slice())?.strip_prefix(&SEGMENT.to_be_bytes())?;
    let size = u64::from_be_bytes(*field.first_chunk::<8>()?) & UNKNOWN_SIZE;
    let duration_ms = f64::from_be_bytes(*head.last_chunk::<8>()?) as u64;
    (size == length - segment_origin())
        .then_some(Contents { duration_us: duration_ms.saturating_mul(1_000), bytes: length })
}

fn ebml_header() -> Vec<u8> {
    let fields = [
        uint(0x4286, 1),
        uint(0x42f7, 1),
        uint(0x42f2, 4),
        uint(0x42f3, 8),
        text(0x4282, "webm"),
        uint(0x4287, 4),
        uint(0x4285, 2),
    ];
    master(0x1a45_dfa3, &fields)
}

/// Where the segment's contents begin: positions in the file are counted from there.
fn segment_origin() -> u64 {
    ebml_header().len() as u64 + 12
}

/// EBML header, segment header, seek head and info; the same length before and after sealing.
fn preamble(seal: Option<Seal>) -> Vec<u8> {
    let mut bytes = ebml_header();
    bytes.extend_from_slice(&SEGMENT.to_be_bytes());
    let size = seal.map_or(UNKNOWN_SIZE, |seal| seal.segment_size);
    bytes.extend_from_slice(&(size | 1 << 56).to_be_bytes());
    let contents = seek_head(seal.map_or(0, |seal| seal.cues_at));
    // Cues that do not exist yet must not be looked for: the same room, left void.
    bytes.extend_from_slice(&if seal.is_some() { contents.clone() } else { ebml::void(contents.len()) });
    let duration = float(DURATION, seal.map_or(0.0, |seal| seal.duration_ms as f64));
    let duration = if seal.is_some() { duration } else { ebml::void(duration.len()) };
    // The duration comes last, so that its eight bytes end the preamble.
    bytes.extend_from_slice(&master(
        INFO,
        &[uint(0x2a_d7b1, 1_000_000), text(0x4d80, "preau"), text(0x5741, "preau"), duration],
    ));
    bytes
}

fn seek_head(cues_at: u64) -> Vec<u8> {
    let seek = |id: u32, at: u64| master(0x4dbb, &[element(0x53ab, &id.to_be_bytes()), uint(0x53ac, at)]);
    // Positions are written in eight bytes, so these lengths are always the same.
    let length = seek(INFO, 0).len() * 3 + ebml::HEAD;
    let info_at = length as u64;
    let info_length =
        ebml::HEAD + uint(0x2a_d7b1, 0).len() + 2 * text(0x4d80, "preau").len() + float(DURATION, 0.0).len();
    master(
        0x114d_9b74,
        &[seek(INFO, info_at), seek(TRACKS, info_at + info_length as u64), seek(CUES, cues_at)],
    )
}

/// The whole clusters of a file.
struct Scan {
    /// Time in milliseconds and offset of every cluster that begins with a keyframe.
    keyframes: Vec<(u64, u64)>,
    duration_ms: u64,
    end: u64,
}

fn scan(file: &File, start: u64, length: u64) -> io::Result<Scan> {
    let mut scan = Scan { keyframes: Vec::new(), duration_ms: 0, end: start };
    let mut last = None;
    while let Some(cluster) = Element::at(file, scan.end, length)?.filter(|found| found.id == CLUSTER) {
        let Some((begins, first)) = begin_of(file, &cluster)? else { break };
        if first.keyframe {
            scan.keyframes.push((begins, cluster.start));
        }
        scan.end = cluster.end;
        last = Some((begins, first));
    }
    if let Some((begins, first)) = last {
        scan.duration_ms = begins.saturating_add(end_of(file, first, scan.end)?);
    }
    Ok(scan)
}

/// The time of a cluster and its first block.
fn begin_of(file: &File, cluster: &Element) -> io::Result<Option<(u64, Block)>> {
    let Some(time) = Element::at(file, cluster.body, cluster.end)?.filter(|found| found.id == 0xe7) else {
        return Ok(None);
    };
    let mut bytes = [0; 8];
    if time.end - time.body != 8 {
        return Ok(None);
    }
    file.read_exact_at(&mut bytes, time.body)?;
    Ok(Block::at(file, time.end, cluster.end)?.map(|block| (u64::from_be_bytes(bytes), block)))
}

/// When a cluster's last frame ends, in milliseconds from its beginning.
fn end_of(file: &File, first: Block, end: u64) -> io::Result<u64> {
    let (mut block, mut frame) = (first, USUAL_FRAME_MS);
    while let Some(next) = Block::at(file, block.end, end)? {
        frame = next.ms.saturating_sub(block.ms).max(1);
        block = next;
    }
    Ok(block.ms + frame)
}

#[derive(Debug, Clone, Copy)]
struct Block {
    ms: u64,
    keyframe: bool,
    end: u64,
}

impl Block {
    fn at(file: &File, start: u64, limit: u64) -> io::Result<Option<Self>> {
        let Some(found) =
            Element::at(file, start, limit)?.filter(|found| found.id == u32::from(SIMPLE_BLOCK))
        else {
            return Ok(None);
        };
        if found.end - found.body < 4 {
            return Ok(None);
        }
        let mut head = [0; 4];
        file.read_exact_at(&mut head, found.body)?;
        let [_, high, low, flags] = head;
        let ms = u64::try_from(i16::from_be_bytes([high, low])).unwrap_or(0);
        Ok(Some(Self { ms, keyframe: flags & 0x80 != 0, end: found.end }))
    }
}

/// An element that ends inside the file.
struct Element {
    id: u32,
    start: u64,
    body: u64,
    end: u64,
}

impl Element {
    fn at(file: &File, start: u64, limit: u64) -> io::Result<Option<Self>> {
        let mut head = [0; 12];
        let room = usize::try_from(limit.saturating_sub(start)).unwrap_or(usize::MAX).min(head.len());
        let Some(head) = head.get_mut(..room) else { return Ok(None) };
        file.read_exact_at(head, start)?;
        let Some((id, size, length)) = ebml::read_head(head) else { return Ok(None) };
        let body = start + length as u64;
        let end = body.checked_add(size).filter(|end| *end <= limit);
        Ok(end.map(|end| Self { id, start, body, end }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_preamble_keeps_its_length_and_fits_a_sector() {
        let seal = Seal { segment_size: 123_456, duration_ms: 9_876, cues_at: 120_000 };
        assert_eq!(preamble(None).len(), preamble(Some(seal)).len());
        assert!(preamble(None).len() < 512);
    }

    #[test]
    fn the_seek_head_points_at_what_it_names() {
        let seal = Seal { segment_size: 1, duration_ms: 1, cues_at: 1 };
        let origin = usize::try_from(segment_origin()).unwrap();
        let bytes = header(16, 16);
        let sealed = preamble(Some(seal));
        let info = sealed
            .windows(4)
            .position(|window| window == INFO.to_be_bytes())
            .map(|_| seek_head(0).len())
            .unwrap();
        assert_eq!(&sealed[origin + info..origin + info + 4], INFO.to_be_bytes());
        assert_eq!(&bytes[sealed.len()..sealed.len() + 4], TRACKS.to_be_bytes());
    }
}
