//! Copies of packets for who listens beside the subscribers: the recorder.

use std::time::Instant;

use bytes::{BufMut, Bytes, BytesMut};

use super::{TrackKey, Worker, inbound::Media};
use crate::media::TapItem;

/// Room for the recorder's copies is taken in pieces of this size, so that few packets cost an allocation.
const SCRAPS: usize = 64 * 1024;

impl Worker {
    /// Hands a packet to the recorder, where there is one.
    pub(super) fn copy(&mut self, key: TrackKey, media: &Media<'_>, ssrc: u32, now: Instant) {
        let Some(track) = self.tracks.get_mut(key) else { return };
        let Some(room) = self.rooms.get_mut(track.room) else { return };
        let id = track.id;
        if room.recorded() {
            // What its queue had no room for is told before the next packet.
            track.announced = track.announced || room.tap(track.started(), &mut self.counters);
            if track.announced {
                let rtp = original(&mut self.scraps, media, ssrc);
                room.tap(TapItem::Packet { track: id, at: now, rtp }, &mut self.counters);
            }
        }
    }
}

/// The packet as its publisher first sent it, without padding.
fn original(scraps: &mut BytesMut, media: &Media<'_>, ssrc: u32) -> Bytes {
    let header = media.bytes.get(..media.header.len).unwrap_or_default();
    if scraps.capacity() < header.len() + media.payload().len() {
        *scraps = BytesMut::with_capacity(SCRAPS);
    }
    if let [first, second, _, _, t0, t1, t2, t3, _, _, _, _, rest @ ..] = header {
        scraps.put_u8(first & !0x20);
        scraps.put_u8(second & 0x80 | media.payload_type);
        scraps.put_u16(media.sequence);
        scraps.put_slice(&[*t0, *t1, *t2, *t3]);
        scraps.put_u32(ssrc);
        scraps.put_slice(rest);
    }
    scraps.put_slice(media.payload());
    scraps.split().freeze()
}
