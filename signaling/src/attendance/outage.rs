//! The hole that a stop of the server leaves in somebody's presence (domain rules §2.2, step 4).

use jiff::Timestamp;

use super::{Params, interval::Interval, threshold::moved};

/// Somebody was cut off by a stop of the server.
///
/// Every return within the tolerance is credited, not only the first one: connections come and go while a server
/// starts, and a second device that came back for a moment must not cost its owner anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cut {
    /// When the first of the connections cut off was last heard.
    since: Timestamp,
    /// Until when a return is credited; `None` while the server is down.
    until: Option<Timestamp>,
}

impl Cut {
    pub(super) fn new(since: Timestamp) -> Self {
        Self { since, until: None }
    }

    /// The server is down again: whoever still had time to come back is not late.
    pub(super) fn again(self, at: Timestamp) -> Option<Self> {
        self.until.is_none_or(|until| at <= until).then_some(Self { until: None, ..self })
    }

    pub(super) fn server_up(&mut self, at: Timestamp, params: &Params) {
        if self.until.is_none() {
            self.until = Some(moved(at, params.restart_tolerance));
        }
    }

    /// The whole hole, for somebody who comes back in time.
    pub(super) fn credit(self, back: Timestamp) -> Option<Interval> {
        let in_time = self.until.is_none_or(|until| back <= until);
        let hole = Interval::new(self.since, back);
        (in_time && !hole.is_empty()).then_some(hole)
    }
}
