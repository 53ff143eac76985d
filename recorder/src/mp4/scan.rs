//! Walks a file from box to box, reading headers and `moof`s and never the media.

use std::{fs::File, io, os::unix::fs::FileExt, panic};

use shiguredo_mp4::{
    Decode,
    boxes::{MoofBox, MoovBox},
};

use super::{PLACEHOLDER, boxes};
use crate::segment::Contents;

/// Largest `moov` or `moof` read into memory.
const LARGEST_INDEX: u64 = 64 << 20;

/// What a file turned out to be.
#[derive(Debug)]
pub(super) enum Found {
    /// Not one of ours, or not one whole fragment: never touched.
    Unusable,
    Sealed(Contents),
    Live(Box<Live>),
}

/// A live file, up to its last whole fragment.
#[derive(Debug)]
pub(super) struct Live {
    pub(super) movie: MoovBox,
    /// Where the placeholder is.
    pub(super) placeholder: u64,
    pub(super) marks: Vec<Mark>,
    /// Offset and number of samples of each fragment's media.
    pub(super) chunks: Vec<(u64, u32)>,
    /// End of the last whole fragment.
    pub(super) end: u64,
}

/// One sample, without its bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    pub(super) ticks: u64,
    pub(super) duration: u32,
    pub(super) size: u32,
    pub(super) keyframe: bool,
}

#[derive(Debug, Clone, Copy)]
struct Part {
    kind: [u8; 4],
    start: u64,
    body: u64,
    end: u64,
}

/// A file and its length: boxes are believed only when they end inside it.
struct Walk<'a> {
    file: &'a File,
    length: u64,
}

pub(super) fn scan(file: &File) -> io::Result<Found> {
    let walk = Walk { file, length: file.metadata()?.len() };
    let Some(file_type) = walk.part(0, *b"ftyp")? else { return Ok(Found::Unusable) };
    let Some(second) = walk.any_part(file_type.end)? else { return Ok(Found::Unusable) };
    if second.kind == *b"mdat" {
        let movie = walk.movie(second.end)?;
        return Ok(movie.map_or(Found::Unusable, |(movie, end)| {
            Found::Sealed(Contents { duration_us: boxes::duration_us(&movie), bytes: end })
        }));
    }
    if second.kind != *b"free" || second.end - second.start != PLACEHOLDER.len() as u64 {
        return Ok(Found::Unusable);
    }
    let Some((movie, end)) = walk.movie(second.end)? else { return Ok(Found::Unusable) };
    let mut live = Live { movie, placeholder: second.start, marks: Vec::new(), chunks: Vec::new(), end };
    while walk.fragment(&mut live)? {}
    Ok(if live.chunks.is_empty() { Found::Unusable } else { Found::Live(Box::new(live)) })
}

impl Walk<'_> {
    /// The box at `start`, when all of it is there.
    fn any_part(&self, start: u64) -> io::Result<Option<Part>> {
        if self.length.saturating_sub(start) < 8 {
            return Ok(None);
        }
        let mut head = [0; 8];
        self.file.read_exact_at(&mut head, start)?;
        let [a, b, c, d, kind @ ..] = head;
        let (size, body) = match u32::from_be_bytes([a, b, c, d]) {
            1 if self.length - start >= 16 => {
                let mut large = [0; 8];
                self.file.read_exact_at(&mut large, start + 8)?;
                (u64::from_be_bytes(large), 16)
            }
            size => (u64::from(size), 8),
        };
        let end = start.checked_add(size).filter(|end| size >= body && *end <= self.length);
        Ok(end.map(|end| Part { kind, start, body: start + body, end }))
    }

    fn part(&self, start: u64, kind: [u8; 4]) -> io::Result<Option<Part>> {
        Ok(self.any_part(start)?.filter(|part| part.kind == kind))
    }

    fn movie(&self, start: u64) -> io::Result<Option<(MoovBox, u64)>> {
        let Some(part) = self.part(start, *b"moov")? else { return Ok(None) };
        Ok(self.decode::<MoovBox>(part)?.map(|movie| (movie, part.end)))
    }

    /// Adds the fragment that begins where the last one ended; `false` when there is no whole one.
    fn fragment(&self, live: &mut Live) -> io::Result<bool> {
        let Some(head) = self.part(live.end, *b"moof")? else { return Ok(false) };
        let Some(data) = self.part(head.end, *b"mdat")? else { return Ok(false) };
        let Some(fragment) = self.decode::<MoofBox>(head)? else { return Ok(false) };
        let Some(marks) = marks(&fragment, data.end - data.body) else { return Ok(false) };
        let Ok(count) = u32::try_from(marks.len()) else { return Ok(false) };
        live.marks.extend(marks);
        live.chunks.push((data.body, count));
        live.end = data.end;
        Ok(true)
    }

    fn decode<B: Decode>(&self, part: Part) -> io::Result<Option<B>> {
        let size = part.end - part.start;
        if size > LARGEST_INDEX {
            return Ok(None);
        }
        let mut bytes = vec![0; usize::try_from(size).map_err(io::Error::other)?];
        self.file.read_exact_at(&mut bytes, part.start)?;
        // A torn file may hold anything at all; what it does to the decoder must stay here.
        let decoded = panic::catch_unwind(|| B::decode(&bytes).ok().map(|(value, _)| value));
        Ok(decoded.unwrap_or(None))
    }
}

/// The samples of one fragment, if they fill its media exactly.
fn marks(fragment: &MoofBox, media: u64) -> Option<Vec<Mark>> {
    let traf = fragment.traf_boxes.first()?;
    let mut ticks = traf.tfdt_box.as_ref()?.base_media_decode_time;
    let mut marks = Vec::new();
    for sample in traf.trun_boxes.iter().flat_map(|run| &run.samples) {
        let (duration, size) = (sample.duration?, sample.size?);
        let keyframe = !sample.flags?.sample_is_non_sync_sample();
        marks.push(Mark { ticks, duration, size, keyframe });
        ticks = ticks.checked_add(u64::from(duration))?;
    }
    let filled: u64 = marks.iter().map(|mark| u64::from(mark.size)).sum();
    (!marks.is_empty() && filled == media).then_some(marks)
}
