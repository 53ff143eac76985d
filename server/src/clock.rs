//! The only place that reads the time.

use std::time::Instant;

/// The monotonic clock, for deadlines and durations.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place where the clock is read")]
pub fn instant() -> Instant {
    Instant::now()
}
