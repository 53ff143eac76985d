//! What was agreed on with a subscriber for a track, and what it wants of it.

use crate::media::{codec::Size, layers::Choice};

/// A mid we gave: short digits.
#[derive(Clone, Copy, Debug)]
pub(in crate::media) struct Mid {
    bytes: [u8; 4],
    len: u8,
}

impl Mid {
    /// `None` when it is longer than the mids this server writes.
    #[must_use]
    pub(in crate::media) fn new(mid: &str) -> Option<Self> {
        let mut bytes = [0; 4];
        bytes.get_mut(..mid.len())?.copy_from_slice(mid.as_bytes());
        Some(Self { bytes, len: u8::try_from(mid.len()).ok()? })
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }
}

/// What was agreed on with the subscriber for this track.
#[derive(Clone, Copy, Debug)]
pub(in crate::media) struct Terms {
    pub(in crate::media) ssrc: u32,
    pub(in crate::media) payload_type: u8,
    /// SSRC and payload type of the repair stream.
    pub(in crate::media) rtx: Option<(u32, u8)>,
    /// Extension id and mid, when the subscriber took the extension.
    pub(in crate::media) mid: Option<(u8, Mid)>,
    /// Id of the extension that numbers all packets of the connection, when the subscriber took it.
    pub(in crate::media) transport: Option<u8>,
    pub(in crate::media) clock_rate: u32,
    /// Decoding can begin with keyframes only.
    pub(in crate::media) video: bool,
    /// Sound with copies of what came before.
    pub(in crate::media) redundant: bool,
    /// First sequence numbers of the stream and of its repair stream.
    pub(in crate::media) first: u16,
    pub(in crate::media) first_rtx: u16,
}

/// Where the subscriber has the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::media) enum Shown {
    /// It did not say: as large as can be.
    Somewhere,
    /// Not on the screen.
    Nowhere,
    /// In a tile of this size in pixels.
    Tile(Size),
}

/// What a subscriber wants of a picture.
#[derive(Clone, Copy, Debug)]
pub(in crate::media) struct Demand {
    pub(in crate::media) shown: Shown,
    /// What it is to have once its publisher sends it.
    pub(in crate::media) desired: Option<Choice>,
    /// The tile changed since that was decided.
    pub(in crate::media) fresh: bool,
}
