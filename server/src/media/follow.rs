//! The one encoding of a track that the recorder takes, and which encodings anybody needs.

use std::time::{Duration, Instant};

/// An encoding that nobody needed for so long may rest.
const PATIENCE: Duration = Duration::from_secs(2);
const ENCODINGS: usize = 8;

/// Follows the best encoding; goes over to another one with a keyframe.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Follow {
    current: Option<u8>,
    wanted: Option<u8>,
}

impl Follow {
    /// The encoding taken.
    #[must_use]
    pub(super) fn current(&self) -> Option<u8> {
        self.current
    }

    /// Whether packets of this encoding matter: taken, or waited for.
    #[must_use]
    pub(super) fn takes(&self, encoding: u8) -> bool {
        self.current == Some(encoding) || self.wanted == Some(encoding)
    }

    /// The best encoding there is; `true` when a keyframe of it has to be asked for.
    pub(super) fn aim(&mut self, best: u8) -> bool {
        let changed = self.wanted != Some(best) && self.current != Some(best);
        self.wanted = (self.current != Some(best)).then_some(best);
        changed
    }

    /// Whether a packet is taken: nothing before the first aim, then any keyframe is better than nothing.
    pub(super) fn packet(&mut self, encoding: u8, keyframe: bool) -> bool {
        let nothing = self.current.is_none() && self.wanted.is_some();
        if keyframe && (nothing || self.wanted == Some(encoding)) {
            self.current = Some(encoding);
            self.wanted = self.wanted.filter(|wanted| *wanted != encoding);
        }
        self.current == Some(encoding)
    }
}

/// What the publisher was told about the need for its encodings. Encodings are the bits of a number.
#[derive(Clone, Debug)]
pub(super) struct Needs {
    told: u8,
    /// The publisher was told something.
    spoken: bool,
    unneeded_since: [Option<Instant>; ENCODINGS],
}

impl Needs {
    /// A publisher that was told nothing sends all.
    #[must_use]
    pub(super) fn new(encodings: usize) -> Self {
        let all = if encodings >= ENCODINGS { u8::MAX } else { (1 << encodings) - 1 };
        Self { told: all, spoken: false, unneeded_since: [None; ENCODINGS] }
    }

    /// What the publisher knows to be needed.
    #[must_use]
    pub(super) fn told(&self) -> u8 {
        self.told
    }

    /// Whether the publisher was ever told: it may have to be told again.
    #[must_use]
    pub(super) fn spoken(&self) -> bool {
        self.spoken
    }

    /// What is needed now; `true` when the publisher has to be told: of a need at once, of its end only after a
    /// while.
    pub(super) fn update(&mut self, needed: u8, now: Instant) -> bool {
        let mut told = self.told | needed;
        for (encoding, since) in self.unneeded_since.iter_mut().enumerate() {
            let bit = 1 << encoding;
            if needed & bit != 0 || self.told & bit == 0 {
                *since = None;
            } else if now.duration_since(*since.get_or_insert(now)) >= PATIENCE {
                told &= !bit;
                *since = None;
            }
        }
        let news = told != self.told;
        self.told = told;
        self.spoken |= news;
        news
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_recorder_changes_with_a_keyframe_only() {
        let mut follow = Follow::default();
        assert!(!follow.packet(0, true), "nothing is recorded");
        assert!(follow.aim(2) && !follow.aim(2), "asked once");
        assert!(!follow.packet(0, false));
        assert!(follow.packet(0, true), "better than nothing");
        assert!(!follow.packet(2, false));
        assert!(follow.packet(0, false), "the old one goes on until then");
        assert!(follow.packet(2, true) && !follow.packet(0, true));
    }

    #[test]
    fn a_need_is_told_at_once_and_its_end_after_a_while() {
        let start = crate::clock::instant();
        let at = |ms| start + Duration::from_millis(ms);
        let mut needs = Needs::new(3);
        assert!(!needs.update(0b111, at(0)), "all is sent anyhow");
        assert!(!needs.update(0b001, at(100)) && !needs.update(0b011, at(1_000)));
        assert!(needs.update(0b001, at(2_100)), "the highest rested long enough");
        assert_eq!(needs.told(), 0b011);
        assert!(needs.update(0b001, at(4_100)));
        assert_eq!(needs.told(), 0b001);
        assert!(needs.update(0b101, at(4_120)), "wanted again");
        assert_eq!(needs.told(), 0b101);
        assert!(!needs.update(0, at(4_200)));
        assert!(needs.update(0, at(6_200)), "nobody watches");
        assert_eq!(needs.told(), 0);
    }
}
