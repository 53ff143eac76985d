//! Packets on their way to another worker: decrypted once, copied once, read by all that need them.

use std::sync::Arc;

use signaling::id::TrackId;

use super::ring::{Kept, Packet};

/// Batches that are kept to be filled again. More are under way only when a worker is far behind.
const POOL: usize = 64;

#[derive(Clone, Copy, Debug)]
struct Place {
    track: TrackId,
    layer: u8,
    quiet: bool,
    kept: Kept,
    two_byte: bool,
    extensions: u16,
    payload: u16,
}

/// One packet of a batch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Relayed<'b> {
    pub(super) track: TrackId,
    pub(super) layer: u8,
    /// Only for those who have its speaker large.
    pub(super) quiet: bool,
    pub(super) packet: Packet<'b>,
}

/// New packets of a room, in order.
#[derive(Debug, Default)]
pub(super) struct Batch {
    places: Vec<Place>,
    bytes: Vec<u8>,
}

impl Batch {
    fn clear(&mut self) {
        self.places.clear();
        self.bytes.clear();
    }

    /// Copies a packet.
    pub(super) fn push(&mut self, track: TrackId, layer: u8, quiet: bool, packet: &Packet<'_>) {
        let lengths = (u16::try_from(packet.extensions.len()), u16::try_from(packet.payload.len()));
        // A ring holds none that is longer.
        let (Ok(extensions), Ok(payload)) = lengths else { return };
        self.bytes.extend_from_slice(packet.extensions);
        self.bytes.extend_from_slice(packet.payload);
        let (kept, two_byte) = (*packet.kept, packet.two_byte);
        self.places.push(Place { track, layer, quiet, kept, two_byte, extensions, payload });
    }

    #[must_use]
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// The packets, in order.
    pub(super) fn packets(&self) -> impl Iterator<Item = Relayed<'_>> {
        let mut rest = self.bytes.as_slice();
        self.places.iter().filter_map(move |place| {
            let (extensions, after) = rest.split_at_checked(place.extensions.into())?;
            let (payload, after) = after.split_at_checked(place.payload.into())?;
            rest = after;
            let packet = Packet { kept: &place.kept, extensions, two_byte: place.two_byte, payload };
            Some(Relayed { track: place.track, layer: place.layer, quiet: place.quiet, packet })
        })
    }
}

/// Batches in use and at rest: those that everybody has read are filled again.
#[derive(Debug, Default)]
pub(super) struct Pool {
    batches: Vec<Arc<Batch>>,
    next: usize,
}

impl Pool {
    /// Fills a batch; gives it to be shared.
    pub(super) fn filled(&mut self, fill: impl FnOnce(&mut Batch)) -> Arc<Batch> {
        self.next = (self.next + 1) % POOL;
        if self.next >= self.batches.len() {
            self.batches.push(Arc::default());
            self.next = self.batches.len() - 1;
        }
        let Some(batch) = self.batches.get_mut(self.next) else { return Arc::default() };
        // Somebody still reads it: it is theirs, and another takes its place.
        if Arc::get_mut(batch).is_none() {
            *batch = Arc::default();
        }
        if let Some(own) = Arc::get_mut(batch) {
            own.clear();
            fill(own);
        }
        Arc::clone(batch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet<'p>(kept: &'p Kept, extensions: &'p [u8], payload: &'p [u8]) -> Packet<'p> {
        Packet { kept, extensions, two_byte: false, payload }
    }

    #[test]
    fn packets_come_out_as_they_went_in() {
        let track = TrackId(crate::clock::mint());
        let kept = Kept { index: 7, marker: true, ..Kept::default() };
        let mut batch = Batch::default();
        batch.push(track, 2, true, &packet(&kept, b"ext", b"payload"));
        batch.push(track, 0, false, &packet(&kept, b"", b"more"));
        let out: Vec<_> = batch
            .packets()
            .map(|relayed| (relayed.layer, relayed.quiet, relayed.packet.extensions, relayed.packet.payload))
            .collect();
        assert_eq!(out, [(2, true, &b"ext"[..], &b"payload"[..]), (0, false, b"", b"more")]);
        assert!(batch.packets().all(|relayed| relayed.packet.kept.index == 7 && relayed.track == track));
    }

    #[test]
    fn a_batch_that_is_read_is_not_written() {
        let track = TrackId(crate::clock::mint());
        let kept = Kept::default();
        let mut pool = Pool::default();
        let mut held = Vec::new();
        for n in 0..3 * POOL as u8 {
            let batch = pool.filled(|batch| batch.push(track, n, false, &packet(&kept, b"", &[n])));
            if n.is_multiple_of(2) {
                held.push((n, batch));
            }
        }
        for (n, batch) in held {
            assert_eq!(batch.packets().map(|relayed| relayed.layer).collect::<Vec<_>>(), [n]);
        }
        assert!(pool.batches.len() <= POOL);
    }
}
