//! What a whole coded frame is: a keyframe or not, and the configuration its container must announce.
//!
//! The bitstream parsers are `shiguredo_mp4`'s; they read hostile bytes, so a panic in one of them costs the frame
//! and not the process.

use std::{collections::BTreeMap, panic};

use shiguredo_mp4::{
    bitstream::{
        av1::{self, Av1ObuParseContext, Av1ObuType, Av1SampleEntryConfig, Av1SequenceHeader},
        h264::{self, H264SampleEntryConfig, LengthSize},
        opus::{ChannelCount, OpusSampleEntryConfig, build_opus_box},
        vp8, vp9,
    },
    boxes::SampleEntry,
    codec_string,
};

use crate::Codec;

/// Parameter sets kept per kind; more than any encoder uses.
const MOST_PARAMETER_SETS: usize = 16;
/// Colour described as "unspecified" (ISO/IEC 23091-2).
const UNSPECIFIED: u8 = 2;

/// What every frame of one file has in common. A change begins a new file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Configuration {
    /// For MP4; WebM (VP8) needs none.
    pub(crate) entry: Option<SampleEntry>,
    /// Width and height of a picture.
    pub(crate) size: Option<(u16, u16)>,
    /// As in RFC 6381: `avc1.42c01f`, `vp8`, `opus`…
    pub(crate) codec: String,
}

/// One frame, ready for its container.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Picture {
    pub(crate) data: Vec<u8>,
    /// `Some` for a keyframe.
    pub(crate) configuration: Option<Configuration>,
}

/// A frame that its own codec would not accept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unreadable;

/// Reads the frames of one track.
#[derive(Debug)]
pub(crate) struct Viewer {
    codec: Codec,
    sps: BTreeMap<u32, Vec<u8>>,
    pps: BTreeMap<u32, Vec<u8>>,
    sequence: Option<Av1SequenceHeader>,
}

impl Viewer {
    pub(crate) fn new(codec: Codec) -> Self {
        Self { codec, sps: BTreeMap::new(), pps: BTreeMap::new(), sequence: None }
    }

    /// Reads one frame. For audio every frame stands alone and has no configuration of its own.
    pub(crate) fn read(&mut self, data: Vec<u8>) -> Result<Picture, Unreadable> {
        panic::catch_unwind(panic::AssertUnwindSafe(|| match self.codec {
            Codec::Opus => Ok(Picture { data, configuration: None }),
            Codec::Vp8 => read_vp8(data),
            Codec::Vp9 => read_vp9(data),
            Codec::H264 => self.read_h264(&data),
            Codec::Av1 => self.read_av1(data),
        }))
        .unwrap_or(Err(Unreadable))
    }

    /// Parameter sets go into the sample entry, the rest stays in the frame (`avc1`, ISO/IEC 14496-15 §5).
    fn read_h264(&mut self, frame: &[u8]) -> Result<Picture, Unreadable> {
        let mut data = Vec::with_capacity(frame.len());
        let (mut keyframe, mut rest) = (false, frame);
        while let Some((length, after)) = rest.split_first_chunk::<4>() {
            let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| Unreadable)?;
            let (unit, after) = after.split_at_checked(length).ok_or(Unreadable)?;
            rest = after;
            match unit.first().ok_or(Unreadable)? & 0x1f {
                7 => keep(&mut self.sps, parameter_set_id(unit, 4)?, unit)?,
                8 => keep(&mut self.pps, parameter_set_id(unit, 1)?, unit)?,
                // Delimiter, ends and filler carry nothing.
                9..=12 => {}
                kind => {
                    keyframe |= kind == 5;
                    data.extend_from_slice(&u32::try_from(length).map_err(|_| Unreadable)?.to_be_bytes());
                    data.extend_from_slice(unit);
                }
            }
        }
        let configuration = if keyframe { Some(self.h264_configuration()?) } else { None };
        Ok(Picture { data, configuration })
    }

    fn h264_configuration(&self) -> Result<Configuration, Unreadable> {
        let lists = |sets: &BTreeMap<u32, Vec<u8>>| sets.values().cloned().collect::<Vec<_>>();
        let config = H264SampleEntryConfig { length_size: LengthSize::FourBytes };
        let entry =
            h264::build_avc1_box(&lists(&self.sps), &lists(&self.pps), &config).map_err(|_| Unreadable)?;
        let size = (entry.visual.width, entry.visual.height);
        described(SampleEntry::Avc1(entry), Some(size))
    }

    fn read_av1(&mut self, data: Vec<u8>) -> Result<Picture, Unreadable> {
        let mut configuration = None;
        let mut header = None;
        let mut keyframe = None;
        for obu in av1::parse_obus(&data, Av1ObuParseContext::Sample).map_err(|_| Unreadable)? {
            match obu.obu_type {
                Av1ObuType::SequenceHeader => {
                    self.sequence = Some(av1::parse_sequence_header(obu.payload).map_err(|_| Unreadable)?);
                    header = Some(obu.obu);
                }
                Av1ObuType::Frame | Av1ObuType::FrameHeader if keyframe.is_none() => {
                    let sequence = self.sequence.as_ref().ok_or(Unreadable)?;
                    let prefix =
                        av1::parse_frame_header_prefix(obu.payload, sequence).map_err(|_| Unreadable)?;
                    keyframe = Some(prefix.is_rap() && header.is_some());
                }
                Av1ObuType::Reserved(_)
                | Av1ObuType::TemporalDelimiter
                | Av1ObuType::Frame
                | Av1ObuType::FrameHeader
                | Av1ObuType::TileGroup
                | Av1ObuType::Metadata
                | Av1ObuType::RedundantFrameHeader
                | Av1ObuType::TileList
                | Av1ObuType::Padding => {}
            }
        }
        if let (Some(true), Some(header), Some(sequence)) = (keyframe, header, &self.sequence) {
            let config = Av1SampleEntryConfig { initial_presentation_delay_minus_one: None };
            let entry = av1::build_av01_box(sequence, header, &config).map_err(|_| Unreadable)?;
            let size = (entry.visual.width, entry.visual.height);
            configuration = Some(described(SampleEntry::Av01(entry), Some(size))?);
        }
        Ok(Picture { data, configuration })
    }
}

/// The configuration of every Opus file: stereo decodes mono too, and a live stream has no encoder start to skip.
pub(crate) fn opus_configuration() -> Configuration {
    let entry = build_opus_box(&OpusSampleEntryConfig {
        channel_count: ChannelCount::Stereo,
        pre_skip: 0,
        input_sample_rate: crate::opus::CLOCK_RATE,
        output_gain: 0,
    });
    Configuration { entry: Some(SampleEntry::Opus(entry)), size: None, codec: "opus".to_owned() }
}

fn described(entry: SampleEntry, size: Option<(u16, u16)>) -> Result<Configuration, Unreadable> {
    let codec = codec_string::from_sample_entry(&entry).map_err(|_| Unreadable)?;
    Ok(Configuration { entry: Some(entry), size, codec })
}

fn keep(sets: &mut BTreeMap<u32, Vec<u8>>, id: u32, unit: &[u8]) -> Result<(), Unreadable> {
    if sets.len() >= MOST_PARAMETER_SETS && !sets.contains_key(&id) {
        return Err(Unreadable);
    }
    sets.insert(id, unit.to_vec());
    Ok(())
}

/// The identifier that begins a parameter set, an Exp-Golomb number at byte `at` (ITU-T H.264 §7.3.2).
fn parameter_set_id(unit: &[u8], at: usize) -> Result<u32, Unreadable> {
    let mut bits = unit
        .iter()
        .skip(at)
        .take(4)
        .flat_map(|byte| (0..8).rev().map(move |shift| u32::from(byte >> shift) & 1));
    let zeros = bits.by_ref().take_while(|bit| *bit == 0).count();
    if zeros > 8 {
        return Err(Unreadable);
    }
    let tail = (0..zeros).try_fold(0, |value, _| bits.next().map(|bit| value * 2 + bit)).ok_or(Unreadable)?;
    Ok((1 << zeros) - 1 + tail)
}

fn read_vp8(data: Vec<u8>) -> Result<Picture, Unreadable> {
    let header = vp8::parse_frame_header(&data).map_err(|_| Unreadable)?;
    let configuration = header.keyframe.map(|key| Configuration {
        entry: None,
        size: Some((key.width, key.height)),
        codec: "vp8".to_owned(),
    });
    Ok(Picture { data, configuration })
}

fn read_vp9(data: Vec<u8>) -> Result<Picture, Unreadable> {
    let header = vp9::parse_frame_header(&data).map_err(|_| Unreadable)?;
    if header.frame_type != vp9::Vp9FrameType::Key || header.show_existing_frame.is_some() {
        return Ok(Picture { data, configuration: None });
    }
    // With spatial layers the last one is the picture that is shown.
    let shown = vp9::parse_frame_header(last_of_superframe(&data)).map_err(|_| Unreadable)?;
    let ((vp9::Vp9FrameSize::Resolved { width, height }, _)
    | (_, vp9::Vp9FrameSize::Resolved { width, height })) = (shown.frame_size, header.frame_size)
    else {
        return Err(Unreadable);
    };
    let (width, height) = u16::try_from(width).ok().zip(u16::try_from(height).ok()).ok_or(Unreadable)?;
    let config = vp9::Vp9SampleEntryConfig {
        level: vp9_level(width, height),
        colour_primaries: UNSPECIFIED,
        transfer_characteristics: UNSPECIFIED,
        matrix_coefficients: UNSPECIFIED,
        width,
        height,
    };
    let entry = vp9::build_vp09_box(&header, &config).map_err(|_| Unreadable)?;
    Ok(Picture { data, configuration: Some(described(SampleEntry::Vp09(entry), Some((width, height)))?) })
}

/// The last frame of a superframe whose index has four-byte sizes, as our depacketiser writes it; else everything.
fn last_of_superframe(data: &[u8]) -> &[u8] {
    let Some((marker, rest)) = data.split_last().filter(|(marker, _)| *marker & 0xf8 == 0xd8) else {
        return data;
    };
    let sizes = (usize::from(marker & 0x07) + 1) * 4;
    let Some((frames, index)) = rest.split_at_checked(rest.len().saturating_sub(sizes + 1)) else {
        return data;
    };
    let last = index.last_chunk::<4>().and_then(|size| usize::try_from(u32::from_le_bytes(*size)).ok());
    match (index.first() == Some(marker), last) {
        (true, Some(last)) => frames.get(frames.len().saturating_sub(last)..).unwrap_or(data),
        _ => data,
    }
}

/// The lowest VP9 level whose picture size fits, times ten (VP9 bitstream specification, Annex A).
fn vp9_level(width: u16, height: u16) -> u8 {
    let samples = u32::from(width) * u32::from(height);
    let levels = [
        (36_864, 10),
        (73_728, 11),
        (122_880, 20),
        (245_760, 21),
        (552_960, 30),
        (983_040, 31),
        (2_228_224, 41),
        (8_912_896, 51),
    ];
    levels.iter().find(|(most, _)| samples <= *most).map_or(61, |(_, level)| *level)
}
