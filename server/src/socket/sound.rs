//! Binary messages of one WebSocket: the microphone of somebody whom no media connection reaches.

use std::time::{Duration, Instant};

use bytes::Bytes;
use signaling::protocol::{
    Refusal,
    sound::{MAX_PER_SECOND, Spoken},
};

use super::Who;
use crate::{classroom::Classroom, clock};

const SECOND: Duration = Duration::from_secs(1);
/// A network that stood still brings a second's sound at once: dropped, and not worth a word.
const PATIENCE: u32 = 2;
/// At most so often somebody is told that they send too much.
const SPACING: Duration = Duration::from_secs(10);

/// How much sound a connection brings.
#[derive(Debug, Default)]
pub(super) struct Pace {
    second: Option<Instant>,
    count: u32,
    /// Seconds in a row with too much.
    over: u32,
    told: Option<Instant>,
}

impl Pace {
    /// Whether one more packet is taken. `Some`: it is not, and the person is to be told.
    fn admits(&mut self, now: Instant) -> Result<(), Option<Refusal>> {
        if self.second.is_none_or(|second| now.duration_since(second) >= SECOND) {
            self.over = if self.count > MAX_PER_SECOND { self.over + 1 } else { 0 };
            (self.second, self.count) = (Some(now), 0);
        }
        self.count += 1;
        if self.count <= MAX_PER_SECOND {
            return Ok(());
        }
        let tells = self.over >= PATIENCE && self.told.is_none_or(|told| now.duration_since(told) >= SPACING);
        if tells {
            self.told = Some(now);
        }
        Err(tells.then_some(Refusal::TooMuchMedia))
    }
}

/// Passes a message on to the media plane.
///
/// # Errors
/// It is no sound, or too much of it.
pub(super) fn speak(
    classroom: &Classroom,
    who: Who,
    message: &Bytes,
    pace: &mut Pace,
) -> Result<(), Refusal> {
    let Spoken { timestamp, packet } = Spoken::read(message)?;
    match pace.admits(clock::instant()) {
        Ok(()) => classroom.voice(who.participant, timestamp, message.slice_ref(packet)),
        Err(Some(reason)) => return Err(reason),
        Err(None) => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixty_a_second_pass_and_lasting_excess_is_told_now_and_then() {
        let (mut pace, start) = (Pace::default(), clock::instant());
        let (mut taken, mut told) = (0, 0);
        for n in 0..30 * 150 {
            match pace.admits(start + n * SECOND / 150) {
                Ok(()) => taken += 1,
                Err(reason) => told += u32::from(reason.is_some()),
            }
        }
        assert_eq!(taken, 30 * MAX_PER_SECOND);
        assert_eq!(told, 3);
        let mut burst = Pace::default();
        for n in 0..40 * 50 {
            // Half a second in twenty comes at once, a little late.
            let at = start + n.max(n / 1_000 * 1_000 + 25) * SECOND / 50;
            assert!(!matches!(burst.admits(at), Err(Some(_))));
        }
    }
}
