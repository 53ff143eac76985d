//! The only place that reads the time, mints identifiers and draws random bytes.

use std::time::Instant;

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use jiff::{SignedDuration, Timestamp};
use signaling::{id::BootId, journal::Moment};
use uuid::Uuid;

/// One run of the process: its wall time at the start, and monotonic time since then.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    boot: BootId,
    boot_at: Timestamp,
    started: Instant,
}

impl Clock {
    /// Starts counting.
    #[must_use]
    pub fn start() -> Self {
        let boot_at = wall();
        // Whole milliseconds read better in the journal, and nothing is measured finer.
        let boot_at = Timestamp::from_millisecond(boot_at.as_millisecond()).unwrap_or(boot_at);
        Self { boot: BootId(mint()), boot_at, started: instant() }
    }

    /// This run.
    #[must_use]
    pub fn boot(&self) -> BootId {
        self.boot
    }

    /// Now, for the journal.
    #[must_use]
    pub fn moment(&self) -> Moment {
        let mono_ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        Moment { boot: self.boot, boot_at: self.boot_at, mono_ms }
    }

    /// Effective time: wall time at the start plus monotonic milliseconds. A stepped wall clock changes nothing.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.moment().effective()
    }

    /// The effective time of an instant read by another thread.
    #[must_use]
    pub fn timestamp(&self, at: Instant) -> Timestamp {
        let elapsed =
            i64::try_from(at.saturating_duration_since(self.started).as_micros()).unwrap_or(i64::MAX);
        self.boot_at.checked_add(SignedDuration::from_micros(elapsed)).unwrap_or(Timestamp::MAX)
    }

    /// How long from `earlier` on this clock until the effective time `at`; zero when it is past.
    #[must_use]
    pub fn until(&self, at: Timestamp) -> std::time::Duration {
        at.duration_since(self.now()).max(SignedDuration::ZERO).unsigned_abs()
    }
}

/// What the wall clock shows; evidence only.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the place that reads the clock")]
pub fn wall() -> Timestamp {
    Timestamp::now()
}

/// Monotonic time.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the place that reads the clock")]
pub fn instant() -> Instant {
    Instant::now()
}

/// A new identifier, sortable by age.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the place that mints identifiers")]
pub fn mint() -> Uuid {
    Uuid::now_v7()
}

/// Bytes nobody can guess. The process stops when the system has none: nothing is safe then.
#[must_use]
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    if SystemRandom::new().fill(&mut bytes).is_err() {
        tracing::error!("the system gives no random bytes; stopping");
        std::process::abort();
    }
    bytes
}
