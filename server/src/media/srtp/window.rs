//! The replay window of one SSRC (RFC 3711 §3.3.2): checked before a packet is authenticated, marked after.

/// How many indices behind the newest one are remembered. Video at 1000 packets a second may be half a second late.
pub(super) const WINDOW: u64 = 512;
const WORDS: usize = (WINDOW / 64) as usize;

/// Which of the newest indices were received.
#[derive(Debug, Clone, Default)]
pub(super) struct Window {
    highest: Option<u64>,
    /// A ring: index i is bit i mod [`WINDOW`].
    seen: [u64; WORDS],
}

impl Window {
    /// The newest index received.
    pub(super) const fn highest(&self) -> Option<u64> {
        self.highest
    }

    /// Whether this index is new and recent enough to tell.
    pub(super) fn admits(&self, index: u64) -> bool {
        let Some(highest) = self.highest else { return true };
        if index > highest {
            return true;
        }
        let (word, bit) = place(index);
        highest - index < WINDOW && self.seen.get(word).is_some_and(|seen| seen & bit == 0)
    }

    /// Remembers an authenticated index that [`Window::admits`].
    pub(super) fn mark(&mut self, index: u64) {
        let highest = *self.highest.get_or_insert(index);
        if index > highest {
            if index - highest >= WINDOW {
                self.seen = [0; WORDS];
            } else {
                (highest + 1..index).for_each(|skipped| self.set(skipped, false));
            }
            self.highest = Some(index);
        }
        self.set(index, true);
    }

    fn set(&mut self, index: u64, received: bool) {
        let (word, bit) = place(index);
        if let Some(seen) = self.seen.get_mut(word) {
            *seen = if received { *seen | bit } else { *seen & !bit };
        }
    }
}

const fn place(index: u64) -> (usize, u64) {
    let position = index % WINDOW;
    ((position / 64) as usize, 1 << (position % 64))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Against a model that remembers everything: whatever is admitted is new, and every recent new index is.
        #[test]
        fn admits_each_recent_index_once(steps in prop::collection::vec((any::<bool>(), 0..1500_u64), 1..400)) {
            let (mut window, mut model, mut newest) = (Window::default(), HashSet::new(), 10_000_u64);
            for (forward, distance) in steps {
                let index = if forward { newest + distance % 700 } else { newest.saturating_sub(distance) };
                let recent = model.is_empty() || index > newest || newest - index < WINDOW;
                prop_assert_eq!(window.admits(index), recent && !model.contains(&index));
                if window.admits(index) {
                    window.mark(index);
                    newest = if model.is_empty() { index } else { newest.max(index) };
                    model.insert(index);
                }
            }
        }
    }
}
