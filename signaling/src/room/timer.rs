//! Timers as data, and what happens when they run out.

use jiff::SignedDuration;

use super::*;
use crate::protocol::Goodbye;

/// Heartbeats are journalled that often: a crash loses less than this plus one heartbeat interval (15 s).
const PERSIST: SignedDuration = SignedDuration::from_secs(10);
/// A forgotten séance ends that long after its end.
const FORGOTTEN: SignedDuration = SignedDuration::from_mins(30);
/// Past the end, it ends that long after the last trainer left.
const NO_TRAINER: SignedDuration = SignedDuration::from_mins(10);
/// Connections stay open that long after the end, to hear that the replay is ready.
pub(super) const AFTERWORDS: SignedDuration = SignedDuration::from_mins(2);

/// When the next periodic things are due.
#[derive(Debug, Clone, Default)]
pub(super) struct Timer {
    persist_at: Option<Timestamp>,
    /// Since when nobody who leads is connected, once somebody was.
    no_leader_since: Option<Timestamp>,
    led: bool,
}

impl Timer {
    pub(super) fn opened(&mut self, now: Timestamp) {
        self.persist_at = Some(now + PERSIST);
    }

    /// Takes note of whether somebody leads.
    pub(super) fn leaders(&mut self, now: Timestamp, present: bool) {
        self.led |= present;
        if present {
            self.no_leader_since = None;
        } else if self.led && self.no_leader_since.is_none() {
            self.no_leader_since = Some(now);
        }
    }
}

impl Room {
    /// When `wake` must next be called.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        if !self.running {
            None
        } else if self.ended.is_some() {
            self.ended.as_ref().map(|ending| ending.at + AFTERWORDS)
        } else {
            let auto_end = self.auto_end().map(|(at, _)| at);
            [self.timer.persist_at, self.members.deadline(), self.waiters.deadline(), auto_end]
                .into_iter()
                .flatten()
                .min()
        }
    }

    /// When the séance ends by itself, and why.
    fn auto_end(&self) -> Option<(Timestamp, EndCause)> {
        let forgotten = (self.window_end + FORGOTTEN, EndCause::Forgotten);
        let alone = self.timer.no_leader_since.map(|since| since.max(self.window_end) + NO_TRAINER);
        let alone = alone.map(|at| (at, EndCause::NoTrainer));
        alone.into_iter().chain([forgotten]).min_by_key(|(at, _)| *at)
    }

    /// Does what is due.
    pub fn wake(&mut self, now: Timestamp) -> Vec<Effect> {
        let mut out = Vec::new();
        if !self.running {
            return out;
        }
        if self.ended.is_some() {
            if self.finished(now) {
                let open = self.members.connections().into_iter();
                out.extend(open.map(|connection| Effect::Close { connection, goodbye: None }));
            }
            return out;
        }
        if self.timer.persist_at.is_some_and(|at| at <= now) {
            self.timer.persist_at = Some(now + PERSIST);
            let mut heard = self.members.take_heard();
            heard.extend(self.waiters.take_heard());
            if !heard.is_empty() {
                self.commit(now, Fact::Heartbeats { heard }, &mut out);
            }
        }
        for (participant, connection, last_heard) in self.members.silent(now) {
            self.commit(now, Fact::Lost { participant, connection, last_heard }, &mut out);
            out.push(Effect::Close { connection, goodbye: Some(Goodbye::Silent) });
            self.timer.leaders(now, !self.members.leading().is_empty());
        }
        self.drop_silent_waiters(now, &mut out);
        for participant in self.members.given_up(now) {
            self.forget(participant);
            for notice in fact::gone(participant, Gone::Lost) {
                self.broadcast(now, notice, &mut out);
            }
            self.depart(now, participant, &mut out);
        }
        if let Some((at, why)) = self.auto_end()
            && at <= now
        {
            self.end(now, why, None, &mut out);
        }
        out
    }
}
