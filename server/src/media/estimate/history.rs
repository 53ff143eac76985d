//! What was sent to one subscriber lately, by transport-wide sequence number.

/// Packets remembered at most; at 10 Mbit/s a second.
pub(super) const REMEMBERED: u16 = 1024;
/// Packets remembered at first: half a second of a good picture. Powers of two.
const FEW: u16 = 128;
/// Reports were in time for so long, in microseconds: fewer packets are to be remembered again.
const IN_TIME: u64 = 10_000_000;

#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    /// Microseconds, wrapping.
    sent: u32,
    bytes: u16,
    /// The probe it was part of; 0 for none.
    probe: u8,
    state: State,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Flying,
    Missing,
    Settled,
}

/// What a report says of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fate {
    /// Microseconds since the estimator began.
    pub(super) sent: u64,
    pub(super) bytes: u16,
    pub(super) probe: u8,
    /// It was reported missing before.
    pub(super) was_missing: bool,
}

/// The last packets of one connection, eight bytes each. Remembers more when reports come late.
#[derive(Debug)]
pub(super) struct History {
    entries: Box<[Entry]>,
    /// Packets sent so far; the low bits number the next.
    sent: u64,
    /// The packets from this one on were not reported on in any way, and are so many bytes.
    unheard: (u64, u64),
    /// When more than half of what would do with fewer was last under way.
    late: u64,
}

impl Default for History {
    fn default() -> Self {
        let entries = vec![Entry::default(); usize::from(FEW)].into_boxed_slice();
        Self { entries, sent: 0, unheard: (0, 0), late: 0 }
    }
}

impl History {
    /// Takes note of a packet and gives its transport-wide sequence number.
    pub(super) fn push(&mut self, bytes: u16, probe: u8, micros: u64) -> u16 {
        #[expect(clippy::cast_possible_truncation, reason = "the low bits are what is wanted")]
        let (sequence, sent) = (self.sent as u16, micros as u32);
        if self.forgets_too_early() {
            self.resize(2 * self.entries.len());
        }
        if self.sent - self.unheard.0 > self.entries.len() as u64 / 4 {
            self.late = micros;
        } else if self.entries.len() > usize::from(FEW) && micros.saturating_sub(self.late) > IN_TIME {
            self.resize(self.entries.len() / 2);
            self.late = micros;
        }
        if self.sent - self.unheard.0 >= self.entries.len() as u64 {
            self.heard(self.unheard.0);
        }
        let slot = self.slot(self.sent);
        if let Some(entry) = self.entries.get_mut(slot) {
            *entry = Entry { sent, bytes, probe, state: State::Flying };
        }
        self.sent += 1;
        self.unheard.1 += u64::from(bytes);
        sequence
    }

    /// Bytes that are under way as far as is known: sent after the newest packet that was reported on.
    #[must_use]
    pub(super) const fn under_way(&self) -> u64 {
        self.unheard.1
    }

    /// Everything up to this packet was reported on, or will never be.
    fn heard(&mut self, index: u64) {
        while self.unheard.0 <= index {
            let slot = self.slot(self.unheard.0);
            let bytes = self.entries.get(slot).map_or(0, |entry| u64::from(entry.bytes));
            self.unheard = (self.unheard.0 + 1, self.unheard.1.saturating_sub(bytes));
        }
    }

    fn slot(&self, packet: u64) -> usize {
        // The remainder is below the length, which is a usize.
        usize::try_from(packet % self.entries.len().max(1) as u64).unwrap_or(0)
    }

    /// The next packet would take the place of one that was not reported on.
    fn forgets_too_early(&self) -> bool {
        let length = self.entries.len();
        let oldest = self.entries.get(self.slot(self.sent));
        length < usize::from(REMEMBERED)
            && self.sent >= length as u64
            && oldest.is_some_and(|entry| entry.state == State::Flying)
    }

    /// Remembers so many packets from now on.
    fn resize(&mut self, length: usize) {
        let kept = length.min(self.entries.len()) as u64;
        let mut other = Self { entries: vec![Entry::default(); length].into_boxed_slice(), ..*self };
        for packet in self.sent.saturating_sub(kept)..self.sent {
            let (from, to) = (self.slot(packet), other.slot(packet));
            if let (Some(entry), Some(place)) = (self.entries.get(from), other.entries.get_mut(to)) {
                *place = *entry;
            }
        }
        *self = other;
    }

    /// Whether a packet left after this and is not reported on.
    #[must_use]
    pub(super) fn flying(&self, since: u64, micros: u64) -> bool {
        let Some(newest) = self.sent.checked_sub(1) else { return false };
        let slot = self.slot(newest);
        #[expect(clippy::cast_possible_truncation, reason = "both wrap alike")]
        let age = |entry: &Entry| (micros as u32).wrapping_sub(entry.sent);
        self.entries
            .get(slot)
            .is_some_and(|entry| entry.state == State::Flying && micros - u64::from(age(entry)) > since)
    }

    /// The subscriber reports on a packet. `None` when that tells nothing new, or the packet is unknown.
    pub(super) fn settle(&mut self, sequence: u16, arrived: bool, micros: u64) -> Option<Fate> {
        #[expect(clippy::cast_possible_truncation, reason = "the low bits are what is wanted")]
        let behind = (self.sent as u16).wrapping_sub(sequence);
        if behind == 0 || usize::from(behind) > self.entries.len() {
            return None;
        }
        let packet = self.sent.checked_sub(behind.into())?;
        self.heard(packet);
        let slot = self.slot(packet);
        let entry = self.entries.get_mut(slot)?;
        let was_missing = match (entry.state, arrived) {
            (State::Flying, _) => false,
            (State::Missing, true) => true,
            (State::Missing, false) | (State::Settled, _) => return None,
        };
        entry.state = if arrived { State::Settled } else { State::Missing };
        #[expect(clippy::cast_possible_truncation, reason = "both wrap alike")]
        let age = (micros as u32).wrapping_sub(entry.sent);
        let sent = micros.saturating_sub(age.into());
        Some(Fate { sent, bytes: entry.bytes, probe: entry.probe, was_missing })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_settles_once() {
        let mut history = History::default();
        assert!(history.settle(0, true, 0).is_none(), "nothing was sent");
        assert_eq!((history.push(1200, 0, 5), history.push(300, 7, 9)), (0, 1));
        let fate = Fate { sent: 9, bytes: 300, probe: 7, was_missing: false };
        assert_eq!(history.settle(1, true, 50), Some(fate));
        assert_eq!(history.settle(1, true, 60), None);
        assert_eq!(history.settle(1, false, 60), None);
        assert_eq!(history.settle(2, true, 60), None, "not sent yet");
        assert!(history.settle(0, false, 60).is_some_and(|fate| !fate.was_missing));
        assert!(history.settle(0, false, 60).is_none());
        assert!(history.settle(0, true, 60).is_some_and(|fate| fate.was_missing));
    }

    #[test]
    fn what_was_not_reported_on_is_under_way() {
        let mut history = History::default();
        (0..10).for_each(|n| {
            history.push(100, 0, n);
        });
        assert_eq!(history.under_way(), 1_000);
        history.settle(3, false, 50);
        assert_eq!(history.under_way(), 600, "what came before was lost, or its report");
        history.settle(1, true, 60);
        assert_eq!(history.under_way(), 600);
        history.settle(9, true, 70);
        assert_eq!(history.under_way(), 0);
        (0..u64::from(REMEMBERED) + 5).for_each(|n| {
            history.push(1, 0, n);
        });
        assert_eq!(history.under_way(), u64::from(REMEMBERED), "no longer remembered");
    }

    #[test]
    fn more_is_remembered_when_reports_come_late() {
        let mut history = History::default();
        for n in 0..300 {
            assert_eq!(history.push(100 + n, 0, n.into()), n);
        }
        assert_eq!(history.entries.len(), 512);
        assert!((0..300).all(|n| history.settle(n, true, 400).is_some_and(|fate| fate.bytes == 100 + n)));
        // Reported on in time, nothing more is needed.
        for n in 300..9_000 {
            history.push(1, 0, n.into());
            assert!(history.settle(n, true, n.into()).is_some());
        }
        assert_eq!(history.entries.len(), 512);
        // For long enough: nothing more is kept, and nothing is forgotten that matters.
        for n in 9_000..30_000 {
            history.push(7, 0, u64::from(n) * 1_000);
            let fate = history.settle(n - 3, true, u64::from(n) * 1_000);
            assert!(n < 9_003 || fate.is_some_and(|fate| fate.bytes == 7));
        }
        assert_eq!(history.entries.len(), usize::from(FEW));
    }

    #[test]
    fn what_was_overwritten_is_unknown_and_clocks_wrap() {
        let mut history = History::default();
        let hour = 3_600_000_000_u64;
        for n in 0..70_000 {
            history.push(100, 0, 2 * hour + n);
        }
        let last = (70_000_u32 - 1) as u16;
        assert!(history.settle(last.wrapping_sub(REMEMBERED), true, 2 * hour).is_none());
        let fate = history.settle(last, true, 2 * hour + 100_000).unwrap();
        assert_eq!(fate.sent, 2 * hour + 69_999);
    }
}
