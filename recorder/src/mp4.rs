//! Hybrid fragmented MP4: readable while it grows, an ordinary seekable file once sealed.
//!
//! ```text
//! live    ftyp free(16) moov moof mdat moof mdat …
//! sealed  ftyp mdat(64-bit size: everything up to the last fragment) moov
//! ```
//! The 16 bytes of `free` become the header of the `mdat`, so sealing copies no media. See `FORMAT.md`.

mod boxes;
mod scan;

use std::{fs::File, io, num::NonZeroU32, os::unix::fs::FileExt};

use shiguredo_mp4::{
    BoxHeader, Encode, Mp4FileTime,
    boxes::{MfhdBox, MoofBox, SampleEntry, TfdtBox, TfhdBox, TrafBox, TrunBox, TrunSample},
};

use crate::segment::{Contents, Sample, Sealing};

/// The box that is `free` while the file is live and the header of the `mdat` once it is sealed.
const PLACEHOLDER: [u8; 16] = *b"\0\0\0\x10free\0\0\0\0\0\0\0\0";
const TRACK: u32 = 1;

/// Everything before the first fragment.
pub(crate) fn header(entry: &SampleEntry, clock: NonZeroU32, created: Mp4FileTime) -> io::Result<Vec<u8>> {
    let mut bytes = encoded(&boxes::file_type(entry))?;
    bytes.extend_from_slice(&PLACEHOLDER);
    bytes.extend_from_slice(&encoded(&boxes::live_movie(entry, clock, created))?);
    Ok(bytes)
}

/// One `moof` and its `mdat`.
pub(crate) fn fragment(sequence: u32, samples: &[Sample]) -> io::Result<Vec<u8>> {
    let payload: usize = samples.iter().map(|sample| sample.data.len()).sum();
    let moof_size = encoded(&moof(sequence, samples, 0)?)?.len();
    let data_offset = i32::try_from(moof_size + BoxHeader::MIN_SIZE).map_err(io::Error::other)?;
    let mut bytes = encoded(&moof(sequence, samples, data_offset)?)?;
    bytes.reserve(BoxHeader::MIN_SIZE + payload);
    let size = u32::try_from(payload + BoxHeader::MIN_SIZE).map_err(io::Error::other)?;
    bytes.extend_from_slice(&size.to_be_bytes());
    bytes.extend_from_slice(b"mdat");
    for sample in samples {
        bytes.extend_from_slice(&sample.data);
    }
    Ok(bytes)
}

/// Seals a live file, whole or torn; one already sealed is left as it is.
pub(crate) fn seal(file: &File) -> io::Result<Sealing> {
    match scan::scan(file)? {
        scan::Found::Unusable => Ok(Sealing::Unusable),
        scan::Found::Sealed(contents) => Ok(Sealing::Sealed(contents)),
        scan::Found::Live(live) => seal_live(file, &live).map(Sealing::Sealed),
    }
}

/// What a sealed file holds; `None` when it is not a sealed one.
pub(crate) fn contents(file: &File) -> io::Result<Option<Contents>> {
    match scan::scan(file)? {
        scan::Found::Sealed(contents) => Ok(Some(contents)),
        scan::Found::Unusable | scan::Found::Live(_) => Ok(None),
    }
}

/// The order matters: until the placeholder is overwritten, the file still reads as a live one.
fn seal_live(file: &File, live: &scan::Live) -> io::Result<Contents> {
    let movie = boxes::sealed_movie(live)?;
    let bytes = encoded(&movie)?;
    file.set_len(live.end)?;
    file.write_all_at(&bytes, live.end)?;
    file.sync_data()?;
    // A size of 1 says that the true one follows the name.
    let size = (live.end - live.placeholder).to_be_bytes();
    file.write_all_at(&[&[0, 0, 0, 1], b"mdat".as_slice(), &size].concat(), live.placeholder)?;
    file.sync_data()?;
    Ok(Contents { duration_us: boxes::duration_us(&movie), bytes: live.end + bytes.len() as u64 })
}

fn moof(sequence: u32, samples: &[Sample], data_offset: i32) -> io::Result<MoofBox> {
    let begins = samples.first().map_or(0, |sample| sample.ticks);
    let samples = samples
        .iter()
        .map(|sample| {
            Ok(TrunSample {
                duration: Some(sample.duration),
                size: Some(u32::try_from(sample.data.len()).map_err(io::Error::other)?),
                flags: Some(boxes::sample_flags(sample.keyframe)),
                composition_time_offset: None,
            })
        })
        .collect::<io::Result<Vec<_>>>()?;
    Ok(MoofBox {
        mfhd_box: MfhdBox { sequence_number: sequence },
        traf_boxes: vec![TrafBox {
            tfhd_box: TfhdBox {
                track_id: TRACK,
                base_data_offset: None,
                sample_description_index: None,
                default_sample_duration: None,
                default_sample_size: None,
                default_sample_flags: None,
                duration_is_empty: false,
                default_base_is_moof: true,
            },
            tfdt_box: Some(TfdtBox { version: 1, base_media_decode_time: begins }),
            trun_boxes: vec![TrunBox { data_offset: Some(data_offset), first_sample_flags: None, samples }],
            unknown_boxes: Vec::new(),
        }],
        unknown_boxes: Vec::new(),
    })
}

fn encoded(part: &impl Encode) -> io::Result<Vec<u8>> {
    part.encode_to_vec().map_err(|error| io::Error::other(error.to_string()))
}
