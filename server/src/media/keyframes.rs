//! Asks a publisher for a keyframe, not more often than useful.
//!
//! However many subscribers ask, the publisher of a layer hears one request per half second, repeated until
//! the keyframe arrives.

use std::time::{Duration, Instant};

/// Least time between two requests for the same layer.
pub(super) const SPACING: Duration = Duration::from_millis(500);
/// After so many unanswered requests the publisher is left alone until somebody asks again.
const ATTEMPTS: u8 = 20;

/// The keyframe requests of one layer of one track.
#[derive(Clone, Debug, Default)]
pub(super) struct Keyframes {
    wanted: bool,
    attempts: u8,
    asked: Option<Instant>,
}

impl Keyframes {
    /// Somebody needs a keyframe.
    pub(super) fn want(&mut self) {
        self.wanted = true;
        self.attempts = 0;
    }

    /// A keyframe began to arrive.
    pub(super) fn arrived(&mut self) {
        self.wanted = false;
    }

    /// Whether to send a request now; `true` counts as sent.
    pub(super) fn due(&mut self, now: Instant) -> bool {
        if !self.wanted || self.asked.is_some_and(|asked| now.duration_since(asked) < SPACING) {
            return false;
        }
        self.asked = Some(now);
        self.attempts += 1;
        self.wanted = self.attempts < ATTEMPTS;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_merged_spaced_and_repeated_until_answered() {
        let start = crate::clock::instant();
        let at = |ms| start + Duration::from_millis(ms);
        let mut keyframes = Keyframes::default();
        assert!(!keyframes.due(at(0)), "nobody asked");
        keyframes.want();
        keyframes.want();
        assert!(keyframes.due(at(0)), "the first request leaves at once");
        assert!(!keyframes.due(at(499)));
        assert!(keyframes.due(at(500)), "no answer: once more");
        keyframes.arrived();
        assert!(!keyframes.due(at(2000)));
        keyframes.want();
        assert!(keyframes.due(at(2000)));
    }

    #[test]
    fn a_silent_publisher_is_left_alone_in_the_end() {
        let start = crate::clock::instant();
        let mut keyframes = Keyframes::default();
        keyframes.want();
        let asked = (0..100).filter(|n| keyframes.due(start + SPACING * *n)).count();
        assert_eq!(asked, usize::from(ATTEMPTS));
    }
}
