//! The publishing half of a participant: which packets belong to which of its tracks.

use std::time::{Duration, Instant};

use rustc_hash::FxHashMap;

use super::{TrackKey, track::Track};
use crate::media::{
    allowance::Allowance,
    estimate::Arrivals,
    packet::Header,
    receive::middle,
    report::ntp_units,
    sdp::{Description, Extension, Feedback, Section},
};

/// SSRCs of one publisher: six tracks of three layers, each with its repair stream.
pub(super) const MAX_SOURCES: usize = 36;

/// SSRCs of tracks that ended whose place is remembered.
const MAX_FORMER: usize = 2 * MAX_SOURCES;

/// What an SSRC was, of a track that ended.
#[derive(Clone, Debug)]
struct Former {
    mid: String,
    layer: usize,
}

/// Which layer of which track an SSRC is, or repairs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SourceRef {
    pub(super) track: TrackKey,
    pub(super) layer: usize,
    pub(super) repair: bool,
}

/// What the publisher's header extension ids mean.
#[derive(Clone, Debug, Default)]
pub(super) struct Meaning(pub(super) [Option<Extension>; 16]);

impl Meaning {
    fn of(description: &Description) -> Self {
        let mut meaning = Self::default();
        for (id, extension) in description.sections.iter().flat_map(|section| &section.extensions) {
            if let Some(slot) = meaning.0.get_mut(usize::from(*id)) {
                *slot = Some(*extension);
            }
        }
        meaning
    }

    pub(super) fn get(&self, id: u8) -> Option<Extension> {
        self.0.get(usize::from(id)).copied().flatten()
    }
}

/// A media section that carries a track.
#[derive(Clone, Debug)]
pub(super) struct PublishedSection {
    pub(super) mid: String,
    pub(super) track: TrackKey,
    pub(super) payload_type: u8,
    pub(super) rtx: Option<u8>,
    /// The payload type of the same with copies of what came before.
    pub(super) red: Option<u8>,
}

impl PublishedSection {
    /// Whether packets of that payload type are the track itself, not a repair of it.
    fn carries(&self, payload_type: u8) -> bool {
        payload_type == self.payload_type || Some(payload_type) == self.red
    }
}

/// The publishing half of a participant.
#[derive(Debug, Default)]
pub(super) struct Publisher {
    pub(super) sections: Vec<PublishedSection>,
    pub(super) sources: FxHashMap<u32, SourceRef>,
    /// A browser names an SSRC in its first packets only. A section that ends and is used again goes on with its SSRCs
    /// (a camera that comes back with the floor), and nothing in the packets tells them apart any more.
    former: FxHashMap<u32, Former>,
    pub(super) meanings: Meaning,
    pub(super) allowance: Allowance,
    /// It was told once, at the first packet, how much it may send.
    pub(super) promised: bool,
    /// When its packets arrived, where that was agreed on: the id of the header extension, and the times.
    pub(super) arrivals: Option<(u8, Arrivals)>,
    /// When it was first told the time, and when last, with what it is to send back of that.
    begun: Option<Instant>,
    told: Option<(u32, Instant)>,
}

impl Publisher {
    /// Its browser agreed to number all packets and to hear when each arrived.
    pub(super) fn agree(&mut self, description: &Description, now: Instant) {
        self.meanings = Meaning::of(description);
        let agreed = |section: &&Section| {
            section.codecs.iter().any(|codec| codec.feedback.contains(&Feedback::TransportCc))
        };
        let id = description.sections.iter().filter(agreed).find_map(|s| s.extension(Extension::TransportCc));
        match (id, &mut self.arrivals) {
            (Some(id), Some((known, _))) => *known = id,
            (Some(id), none) => *none = Some((id, Arrivals::new(now))),
            (None, some) => *some = None,
        }
    }

    /// The time to tell it, in 1/2^32 s.
    pub(super) fn time(&mut self, now: Instant) -> u64 {
        // Zero would say that there is none.
        let elapsed = now.duration_since(*self.begun.get_or_insert(now)) + Duration::from_secs(1);
        let time = ntp_units(elapsed);
        self.told = Some((middle(time), now));
        time
    }

    /// The time came back, after `delay` there, in 1/65536 s: how long that took on the way. `None` when it is another
    /// than the last that was told.
    pub(super) fn returned(&mut self, time: u32, delay: u32, now: Instant) -> Option<Duration> {
        let (_, at) = self.told.take_if(|(told, _)| *told == time)?;
        let delay = Duration::from_micros(u64::from(delay) * 1_000_000 / 65_536);
        now.duration_since(at).checked_sub(delay)
    }

    /// Takes note of an authentic packet's arrival.
    pub(super) fn arrived(&mut self, header: &Header, packet: &[u8], now: Instant) {
        if let Some((wanted, arrivals)) = &mut self.arrivals
            && let Some((_, [high, low])) = header.extensions(packet).find(|(id, _)| id == wanted)
        {
            arrivals.arrived(u16::from_be_bytes([*high, *low]), header.ssrc, now);
        }
    }

    pub(super) fn section_of(&self, track: TrackKey) -> Option<&PublishedSection> {
        self.sections.iter().find(|section| section.track == track)
    }

    /// Which source an unknown SSRC must be, by the mid and rid in its packet, else by its payload type.
    pub(super) fn learn(
        &self,
        header: &Header,
        packet: &[u8],
        tracks: &slab::Slab<Track>,
    ) -> Option<SourceRef> {
        let (mid, rid) = self.names(header, packet);
        let former = self.former.get(&header.ssrc).filter(|_| mid.is_none() && rid.is_none());
        let section = match mid.or(former.map(|former| former.mid.as_bytes())) {
            Some(mid) => self.sections.iter().find(|section| section.mid.as_bytes() == mid)?,
            None => self.only_section_with(header.payload_type)?,
        };
        let layers = &tracks.get(section.track)?.layers;
        let layer = match (rid, former) {
            (Some(rid), _) => {
                let named =
                    |layer: &super::track::Layer| layer.rid.as_deref().map(str::as_bytes) == Some(rid);
                layers.iter().position(named)?
            }
            (None, Some(former)) if former.layer < layers.len() => former.layer,
            (None, _) if layers.iter().all(|layer| layer.rid.is_none()) => 0,
            (None, _) => return None,
        };
        let repair = Some(header.payload_type) == section.rtx;
        if !repair && !section.carries(header.payload_type) {
            return None;
        }
        let source = SourceRef { track: section.track, layer, repair };
        let replaces = self.sources.values().any(|known| *known == source);
        (replaces || self.sources.len() < MAX_SOURCES).then_some(source)
    }

    /// The mid and the rid in the packet.
    fn names<'p>(&self, header: &Header, packet: &'p [u8]) -> (Option<&'p [u8]>, Option<&'p [u8]>) {
        let (mut mid, mut rid) = (None, None);
        for (id, data) in header.extensions(packet) {
            match self.meanings.get(id) {
                Some(Extension::Mid) => mid = Some(data),
                Some(Extension::Rid | Extension::RepairedRid) => rid = Some(data),
                Some(
                    Extension::AudioLevel
                    | Extension::TransportCc
                    | Extension::AbsSendTime
                    | Extension::VideoOrientation
                    | Extension::PlayoutDelay
                    | Extension::DependencyDescriptor
                    | Extension::ColorSpace,
                )
                | None => {}
            }
        }
        (mid, rid)
    }

    fn only_section_with(&self, payload_type: u8) -> Option<&PublishedSection> {
        let fits =
            |section: &&PublishedSection| section.carries(payload_type) || section.rtx == Some(payload_type);
        let mut fitting = self.sections.iter().filter(fits);
        let section = fitting.next()?;
        fitting.next().is_none().then_some(section)
    }

    /// The SSRCs that belonged to the track.
    pub(super) fn forget_track(&mut self, track: TrackKey) -> Vec<u32> {
        let mid = self.section_of(track).map(|section| section.mid.clone());
        self.sections.retain(|section| section.track != track);
        let own =
            |(ssrc, source): (&u32, &SourceRef)| (source.track == track).then_some((*ssrc, source.layer));
        let layers: Vec<(u32, usize)> = self.sources.iter().filter_map(own).collect();
        for (ssrc, layer) in &layers {
            self.sources.remove(ssrc);
            let Some(mid) = mid.clone() else { continue };
            if self.former.len() >= MAX_FORMER {
                self.former.clear();
            }
            self.former.insert(*ssrc, Former { mid, layer: *layer });
        }
        layers.into_iter().map(|(ssrc, _)| ssrc).collect()
    }
}
