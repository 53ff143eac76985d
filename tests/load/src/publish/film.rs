//! How much of a picture is sent.

/// What a publisher films.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Film {
    /// Video, kilobits of payload per second; the highest layer with simulcast.
    pub kbps: u32,
    /// Payload bytes of a full packet.
    pub packet: usize,
    pub fps: u32,
    /// Width of the picture; the height is 9/16 of it.
    pub width: u16,
    /// With a microphone.
    pub sound: bool,
    pub picture: bool,
    /// Three layers: a quarter, half and the whole of the width.
    pub simulcast: bool,
}

impl Film {
    /// A trainer: HD, with sound.
    #[must_use]
    pub const fn trainer(kbps: u32, packet: usize) -> Self {
        Self { kbps, packet, fps: 30, width: 1280, sound: true, picture: true, simulcast: false }
    }

    /// One face among thirty.
    #[must_use]
    pub const fn thumbnail(packet: usize) -> Self {
        Self { kbps: 150, packet, fps: 15, width: 320, sound: true, picture: true, simulcast: false }
    }
}

/// Bytes of the frames of one encoding: constant on average, varying as an encoder's do.
#[derive(Debug, Clone)]
pub(super) struct Frames {
    /// Bytes of an average frame.
    average: f64,
    packet: usize,
    credit: f64,
    count: usize,
}

/// Sizes of successive frames, relative to their average: the mean is 1.
const RHYTHM: [f64; 7] = [1.1, 0.8, 1.0, 1.3, 0.9, 0.7, 1.2];
/// A keyframe is so much larger than another frame.
const KEYFRAME: f64 = 5.0;
/// After a keyframe frames are smaller, never less than this.
const LEAST: f64 = 0.6;

impl Frames {
    pub(super) fn new(kbps: u32, fps: u32, packet: usize) -> Self {
        let average = f64::from(kbps) * 125.0 / f64::from(fps.max(1));
        Self { average, packet, credit: 0.0, count: 0 }
    }

    /// The packets of the next frame: how many, and the payload bytes of each. They differ by one byte at most, the
    /// larger ones last, as the packetiser of browsers makes them.
    pub(super) fn next(&mut self, keyframe: bool) -> impl Iterator<Item = usize> + use<> {
        self.credit += self.average;
        let rhythm = RHYTHM.get(self.count % RHYTHM.len()).copied().unwrap_or(1.0);
        self.count += 1;
        let wanted = if keyframe {
            self.average * KEYFRAME
        } else {
            (self.credit + self.average * (rhythm - 1.0)).max(self.average * LEAST)
        };
        let packets = (wanted / self.packet as f64).round().max(1.0);
        let bytes = (packets * self.packet as f64)
            .min(wanted.max(64.0).max((packets - 1.0) * self.packet as f64 + 1.0));
        // Whole packets, less a few bytes: an encoder's frame is no multiple of a packet.
        let bytes = if packets > 1.0 {
            packets * self.packet as f64 - (self.count % 5).min(packets as usize) as f64
        } else {
            bytes
        };
        self.credit -= bytes;
        let (packets, bytes) = (packets as usize, bytes as usize);
        let (least, larger) = (bytes / packets, bytes % packets);
        (0..packets).map(move |n| least + usize::from(n >= packets - larger))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_kept_and_packets_are_nearly_alike() {
        let mut frames = Frames::new(2_000, 30, 1_100);
        let mut bytes = 0;
        for n in 0..3_000 {
            let sizes: Vec<usize> = frames.next(n % 300 == 0).collect();
            assert!(sizes.iter().all(|&size| (1_090..=1_100).contains(&size)), "{sizes:?}");
            assert!(sizes.is_sorted(), "{sizes:?}");
            bytes += sizes.iter().sum::<usize>();
        }
        let kbps = bytes as f64 * 8.0 / 100.0 / 1_000.0;
        assert!((1_900.0..2_150.0).contains(&kbps), "{kbps}");
        let small: Vec<usize> = Frames::new(60, 15, 1_100).next(false).collect();
        assert_eq!(small.len(), 1);
        assert!((400..=600).contains(&small[0]), "{small:?}");
    }
}
