//! The boxes that describe a file as a whole (ISO/IEC 14496-12 §8).

use std::{io, num::NonZeroU32};

use shiguredo_mp4::{
    Either, FixedPointNumber, LanguageCode, Mp4FileTime, SampleFlags,
    boxes::{
        Brand, Co64Box, DinfBox, FtypBox, HdlrBox, MdhdBox, MdiaBox, MediaHeader, MehdBox, MinfBox, MoovBox,
        MvexBox, MvhdBox, SampleEntry, SmhdBox, StblBox, StcoBox, StscBox, StscEntry, StsdBox, StssBox,
        StszBox, SttsBox, SttsEntry, TkhdBox, TrakBox, TrexBox, VmhdBox,
    },
};

use super::{
    TRACK,
    scan::{Live, Mark},
};

pub(super) fn file_type(entry: &SampleEntry) -> FtypBox {
    let mut compatible_brands = vec![Brand::ISO5, Brand::ISO6, Brand::MP41];
    if matches!(entry, SampleEntry::Av01(_)) {
        compatible_brands.push(Brand::AV01);
    }
    FtypBox { major_brand: Brand::ISO5, minor_version: 0, compatible_brands }
}

/// The `moov` of a file that grows: one track, no samples, fragments to follow.
pub(super) fn live_movie(entry: &SampleEntry, clock: NonZeroU32, created: Mp4FileTime) -> MoovBox {
    MoovBox {
        mvhd_box: MvhdBox {
            creation_time: created,
            modification_time: created,
            timescale: clock,
            duration: 0,
            rate: MvhdBox::DEFAULT_RATE,
            volume: MvhdBox::DEFAULT_VOLUME,
            matrix: MvhdBox::DEFAULT_MATRIX,
            next_track_id: TRACK + 1,
        },
        trak_boxes: vec![track(entry, clock, created)],
        mvex_box: Some(MvexBox {
            mehd_box: Some(MehdBox { fragment_duration: 0 }),
            trex_boxes: vec![TrexBox {
                track_id: TRACK,
                default_sample_description_index: 1,
                default_sample_duration: 0,
                default_sample_size: 0,
                default_sample_flags: SampleFlags::new(0),
            }],
            unknown_boxes: Vec::new(),
        }),
        unknown_boxes: Vec::new(),
    }
}

fn track(entry: &SampleEntry, clock: NonZeroU32, created: Mp4FileTime) -> TrakBox {
    let visual = match entry {
        SampleEntry::Avc1(entry) => Some(&entry.visual),
        SampleEntry::Vp09(entry) => Some(&entry.visual),
        SampleEntry::Av01(entry) => Some(&entry.visual),
        SampleEntry::Hev1(_)
        | SampleEntry::Hvc1(_)
        | SampleEntry::Vp08(_)
        | SampleEntry::Opus(_)
        | SampleEntry::Mp4a(_)
        | SampleEntry::Flac(_)
        | SampleEntry::Stpp(_)
        | SampleEntry::Wvtt(_)
        | SampleEntry::Tx3g(_)
        | SampleEntry::Unknown(_) => None,
    };
    let side = |length: u16| FixedPointNumber::new(i16::try_from(length).unwrap_or(i16::MAX), 0);
    let (handler_type, media_header, volume) = match visual {
        Some(_) => {
            (HdlrBox::HANDLER_TYPE_VIDE, MediaHeader::Vmhd(VmhdBox::default()), TkhdBox::DEFAULT_VIDEO_VOLUME)
        }
        None => {
            (HdlrBox::HANDLER_TYPE_SOUN, MediaHeader::Smhd(SmhdBox::default()), TkhdBox::DEFAULT_AUDIO_VOLUME)
        }
    };
    TrakBox {
        tkhd_box: TkhdBox {
            flag_track_enabled: true,
            flag_track_in_movie: true,
            flag_track_in_preview: false,
            flag_track_size_is_aspect_ratio: false,
            creation_time: created,
            modification_time: created,
            track_id: TRACK,
            duration: 0,
            layer: TkhdBox::DEFAULT_LAYER,
            alternate_group: TkhdBox::DEFAULT_ALTERNATE_GROUP,
            volume,
            matrix: TkhdBox::DEFAULT_MATRIX,
            width: visual.map_or_else(Default::default, |visual| side(visual.width)),
            height: visual.map_or_else(Default::default, |visual| side(visual.height)),
        },
        edts_box: None,
        mdia_box: MdiaBox {
            mdhd_box: MdhdBox {
                creation_time: created,
                modification_time: created,
                timescale: clock,
                duration: 0,
                language: LanguageCode::UNDEFINED,
            },
            hdlr_box: HdlrBox { handler_type, name: vec![0] },
            minf_box: MinfBox {
                media_header: Some(media_header),
                dinf_box: DinfBox::LOCAL_FILE,
                stbl_box: empty_samples(entry),
                unknown_boxes: Vec::new(),
            },
            unknown_boxes: Vec::new(),
        },
        unknown_boxes: Vec::new(),
    }
}

fn empty_samples(entry: &SampleEntry) -> StblBox {
    StblBox {
        stsd_box: StsdBox { entries: vec![entry.clone()] },
        stts_box: SttsBox { entries: Vec::new() },
        ctts_box: None,
        cslg_box: None,
        stsc_box: StscBox { entries: Vec::new() },
        stsz_box: StszBox::Variable { entry_sizes: Vec::new() },
        stco_or_co64_box: Either::A(StcoBox { chunk_offsets: Vec::new() }),
        stss_box: None,
        sdtp_box: None,
        unknown_boxes: Vec::new(),
    }
}

/// The `moov` of a sealed file: the live one, with every sample found in the fragments.
pub(super) fn sealed_movie(live: &Live) -> io::Result<MoovBox> {
    let mut movie = live.movie.clone();
    movie.mvex_box = None;
    let duration = live.marks.last().map_or(0, |mark| mark.ticks.saturating_add(u64::from(mark.duration)));
    movie.mvhd_box.duration = duration;
    for track in &mut movie.trak_boxes {
        track.tkhd_box.duration = duration;
        track.mdia_box.mdhd_box.duration = duration;
        let table = &mut track.mdia_box.minf_box.stbl_box;
        table.stts_box.entries = durations(&live.marks);
        table.stsz_box = StszBox::Variable { entry_sizes: live.marks.iter().map(|mark| mark.size).collect() };
        table.stsc_box.entries = chunk_runs(&live.chunks)?;
        table.stco_or_co64_box = chunk_offsets(&live.chunks);
        table.stss_box = keyframes(&live.marks);
    }
    Ok(movie)
}

/// A jump from one fragment to the next becomes a long sample.
fn durations(marks: &[Mark]) -> Vec<SttsEntry> {
    let nexts = marks.iter().skip(1).map(|mark| Some(mark.ticks)).chain([None]);
    let mut entries: Vec<SttsEntry> = Vec::new();
    for (mark, next) in marks.iter().zip(nexts) {
        let delta = next
            .map_or(mark.duration, |next| u32::try_from(next.saturating_sub(mark.ticks)).unwrap_or(u32::MAX));
        match entries.last_mut() {
            Some(entry) if entry.sample_delta == delta => entry.sample_count += 1,
            _ => entries.push(SttsEntry { sample_count: 1, sample_delta: delta }),
        }
    }
    entries
}

fn chunk_runs(chunks: &[(u64, u32)]) -> io::Result<Vec<StscEntry>> {
    let mut entries: Vec<StscEntry> = Vec::new();
    for (number, (_, samples)) in (1u32..).zip(chunks) {
        if entries.last().is_none_or(|entry| entry.sample_per_chunk != *samples) {
            entries.push(StscEntry {
                first_chunk: NonZeroU32::new(number).ok_or_else(|| io::Error::other("too many fragments"))?,
                sample_per_chunk: *samples,
                sample_description_index: NonZeroU32::MIN,
            });
        }
    }
    Ok(entries)
}

fn chunk_offsets(chunks: &[(u64, u32)]) -> Either<StcoBox, Co64Box> {
    let short: Result<Vec<u32>, _> = chunks.iter().map(|(offset, _)| u32::try_from(*offset)).collect();
    match short {
        Ok(chunk_offsets) => Either::A(StcoBox { chunk_offsets }),
        Err(_) => Either::B(Co64Box { chunk_offsets: chunks.iter().map(|(offset, _)| *offset).collect() }),
    }
}

/// `None` when every sample is one, as in audio.
fn keyframes(marks: &[Mark]) -> Option<StssBox> {
    if marks.iter().all(|mark| mark.keyframe) {
        return None;
    }
    let sample_numbers = (1u32..)
        .zip(marks)
        .filter(|(_, mark)| mark.keyframe)
        .filter_map(|(number, _)| NonZeroU32::new(number))
        .collect();
    Some(StssBox { sample_numbers })
}

pub(super) fn duration_us(movie: &MoovBox) -> u64 {
    let us = u128::from(movie.mvhd_box.duration) * 1_000_000 / u128::from(movie.mvhd_box.timescale.get());
    u64::try_from(us).unwrap_or(u64::MAX)
}

pub(super) fn sample_flags(keyframe: bool) -> SampleFlags {
    // Depends on no other sample, or on others and is no place to start.
    if keyframe {
        SampleFlags::from_fields(0, 2, 0, 0, 0, false, 0)
    } else {
        SampleFlags::from_fields(0, 1, 0, 0, 0, true, 0)
    }
}
