//! The turning code: made from the server's key, the half-day and the time, and recognised again.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{HalfDay, NotSigned};
use crate::id::HalfDayId;
use crate::ticket::Key;

/// Seconds of a step.
const STEP: i64 = 30;
/// Bytes of the HMAC in what the QR code holds.
const TAG: usize = 16;

/// The key of all codes, derived from that of the tickets.
#[derive(Debug, Clone)]
pub struct CodeKey(Key);

/// What the trainer's screen shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase")]
pub struct Shown {
    /// Six digits.
    pub code: String,
    /// What the QR code gives to the page.
    pub token: String,
    /// Until the next one; this one is taken for 30 seconds more.
    pub seconds_left: u32,
}

impl CodeKey {
    #[must_use]
    pub fn new(tickets: &Key) -> Self {
        Self(tickets.derive("emargement/1"))
    }

    /// The code of now.
    ///
    /// # Errors
    /// [`NotSigned::OutOfWindow`].
    pub fn shown(&self, half_day: &HalfDay, now: Timestamp) -> Result<Shown, NotSigned> {
        if !half_day.is_open(now) {
            return Err(NotSigned::OutOfWindow);
        }
        let step = step(now);
        let next = (step + 1).saturating_mul(STEP);
        let seconds_left = u32::try_from(next.saturating_sub(now.as_second())).unwrap_or(0);
        Ok(Shown { code: self.digits(half_day.id, step), token: self.token(half_day.id, step), seconds_left })
    }

    /// The half-day that six digits sign now, among those at which the person is expected.
    ///
    /// # Errors
    /// Any [`NotSigned`] but `NotExpected`.
    pub fn typed(&self, digits: &str, expected: &[HalfDay], now: Timestamp) -> Result<HalfDayId, NotSigned> {
        let digits: String = digits.chars().filter(|character| !character.is_whitespace()).collect();
        let current = step(now);
        let mut open = expected.iter().filter(|half_day| half_day.is_open(now)).peekable();
        if open.peek().is_none() {
            return Err(NotSigned::OutOfWindow);
        }
        let fits = |half_day: &HalfDay, step| equal(&self.digits(half_day.id, step), &digits);
        for half_day in open {
            if fits(half_day, current) || fits(half_day, current - 1) {
                return Ok(half_day.id);
            }
        }
        // A real code of before is no guess.
        let past = expected.iter().any(|half_day| {
            let last = step(half_day.closes_at()).min(current - 2);
            (step(half_day.opens_at())..=last).any(|step| fits(half_day, step))
        });
        Err(if past { NotSigned::Expired } else { NotSigned::Wrong })
    }

    /// The half-day that a QR code signs now.
    ///
    /// # Errors
    /// Any [`NotSigned`].
    pub fn scanned(&self, token: &str, expected: &[HalfDay], now: Timestamp) -> Result<HalfDayId, NotSigned> {
        let (id, made) = read(token).ok_or(NotSigned::Wrong)?;
        if !equal(&self.token(id, made), token) {
            return Err(NotSigned::Wrong);
        }
        let half_day = expected.iter().find(|half_day| half_day.id == id).ok_or(NotSigned::NotExpected)?;
        let age = step(now) - made;
        if half_day.is_open(now) && (0..=1).contains(&age) {
            Ok(id)
        } else if expected.iter().any(|half_day| half_day.is_open(now)) {
            Err(NotSigned::Expired)
        } else {
            Err(NotSigned::OutOfWindow)
        }
    }

    /// As in RFC 4226 §5.3, on SHA-256.
    fn digits(&self, half_day: HalfDayId, step: i64) -> String {
        let tag = self.0.tag(&format!("code\n{half_day}\n{step}"));
        let offset = usize::from(tag.last().copied().unwrap_or(0) & 15);
        let word = tag.iter().skip(offset).take(4).fold(0_u32, |word, byte| word << 8 | u32::from(*byte));
        format!("{:06}", (word & 0x7fff_ffff) % 1_000_000)
    }

    fn token(&self, half_day: HalfDayId, step: i64) -> String {
        let tag = self.0.tag(&format!("qr\n{half_day}\n{step}"));
        let tag = URL_SAFE_NO_PAD.encode(tag.get(..TAG).unwrap_or(&tag));
        format!("{}.{step}.{tag}", half_day.0.simple())
    }
}

fn step(at: Timestamp) -> i64 {
    at.as_second().div_euclid(STEP)
}

/// Half-day and step of a token, not yet believed.
fn read(token: &str) -> Option<(HalfDayId, i64)> {
    let mut parts = token.split('.');
    let id = Uuid::try_parse(parts.next()?).ok()?;
    let made: i64 = parts.next()?.parse().ok().filter(|made| (0..i64::MAX / STEP).contains(made))?;
    Some((HalfDayId(id), made))
}

/// Takes the same time wherever two texts differ.
fn equal(left: &str, right: &str) -> bool {
    let differences = left.bytes().zip(right.bytes()).fold(0, |found, (one, other)| found | (one ^ other));
    left.len() == right.len() && differences == 0
}
