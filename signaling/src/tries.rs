//! How often somebody may try to log in: wrong tries are slowed down, per account and source, and nobody can lock
//! somebody else out. A browser that logged into the account before has a count of its own.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

/// Counts kept at most; beyond that the oldest go.
const KEPT: usize = 20_000;
/// A count without another try is forgotten after that.
const FORGOTTEN: SignedDuration = SignedDuration::from_hours(1);

/// What is counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Count {
    /// This address tried from this source: mistyped passwords, or somebody who tries a few.
    AccountFrom { account: String, source: String },
    /// This source tried anything: one machine that tries everybody.
    Source(String),
    /// This address was tried from wherever: many machines that try one. Slows down, never shuts out.
    Account(String),
    /// A browser that logged into the account before.
    KnownBrowser(String),
}

impl Count {
    /// Tries without a wait, and the longest wait.
    fn allowance(&self) -> (u32, SignedDuration) {
        match self {
            Self::AccountFrom { .. } => (5, SignedDuration::from_mins(15)),
            Self::Source(_) => (50, SignedDuration::from_mins(15)),
            Self::Account(_) => (50, SignedDuration::from_secs(30)),
            Self::KnownBrowser(_) => (10, SignedDuration::from_mins(5)),
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Tried {
    times: u32,
    last: Timestamp,
}

/// The wrong tries of the last hour.
#[derive(Debug, Default)]
pub struct Tries(HashMap<Count, Tried>);

/// A try that is let through; give it back with [`Tries::right`] when the password was right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Try(Vec<Count>);

impl Tries {
    /// Counts a try as wrong before it is known to be, so that many at once count as well.
    ///
    /// # Errors
    /// Seconds to wait, at least one: nothing was counted.
    pub fn begin(&mut self, now: Timestamp, counts: Vec<Count>) -> Result<Try, u64> {
        let wait = counts.iter().map(|count| self.wait(now, count)).max().unwrap_or_default();
        if wait > SignedDuration::ZERO {
            return Err(u64::try_from(wait.as_secs()).unwrap_or_default() + 1);
        }
        self.forget(now, counts.len());
        for count in &counts {
            let tried = self.0.entry(count.clone()).or_insert(Tried { times: 0, last: now });
            *tried = Tried { times: tried.times.saturating_add(1), last: now };
        }
        Ok(Try(counts))
    }

    /// The password was right: its account starts anew, the source has one try less.
    pub fn right(&mut self, tried: Try) {
        for count in tried.0 {
            match count {
                Count::Source(_) | Count::Account(_) => {
                    if let Some(tried) = self.0.get_mut(&count) {
                        tried.times = tried.times.saturating_sub(1);
                    }
                }
                Count::AccountFrom { .. } | Count::KnownBrowser(_) => drop(self.0.remove(&count)),
            }
        }
    }

    /// How long until the next try is let through: nothing at first, then a second, two, four.
    fn wait(&self, now: Timestamp, count: &Count) -> SignedDuration {
        let Some(tried) = self.0.get(count) else { return SignedDuration::ZERO };
        let (free, longest) = count.allowance();
        let Some(over) = tried.times.checked_sub(free) else { return SignedDuration::ZERO };
        let wait = SignedDuration::from_secs(1_i64 << over.min(20)).min(longest);
        wait - now.duration_since(tried.last)
    }

    fn forget(&mut self, now: Timestamp, coming: usize) {
        if self.0.len() + coming <= KEPT {
            return;
        }
        self.0.retain(|_, tried| now.duration_since(tried.last) < FORGOTTEN);
        if self.0.len() + coming > KEPT {
            let mut lasts: Vec<Timestamp> = self.0.values().map(|tried| tried.last).collect();
            lasts.sort_unstable();
            if let Some(middle) = lasts.get(lasts.len() / 2).copied() {
                self.0.retain(|_, tried| tried.last > middle);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    fn from(account: &str, source: &str) -> Vec<Count> {
        vec![
            Count::AccountFrom { account: account.to_owned(), source: source.to_owned() },
            Count::Source(source.to_owned()),
            Count::Account(account.to_owned()),
        ]
    }

    #[test]
    fn wrong_tries_wait_longer_and_longer() {
        let mut tries = Tries::default();
        for _ in 0..5 {
            tries.begin(at(0), from("marie", "here")).unwrap();
        }
        assert_eq!(tries.begin(at(0), from("marie", "here")), Err(2));
        tries.begin(at(1), from("marie", "here")).unwrap();
        assert_eq!(tries.begin(at(1), from("marie", "here")), Err(3));
        assert!(tries.begin(at(1), from("paul", "here")).is_ok(), "another account from the same place");
        assert!(tries.begin(at(1), from("marie", "home")).is_ok(), "the same account from elsewhere");
        for later in 1..40 {
            let _ = tries.begin(at(later * 3_600), from("marie", "here"));
        }
        let longest = tries.begin(at(39 * 3_600), from("marie", "here")).unwrap_err();
        assert!(longest <= 15 * 60 + 1, "{longest}");
    }

    #[test]
    fn the_right_password_starts_anew() {
        let mut tries = Tries::default();
        for _ in 0..200 {
            let tried = tries.begin(at(0), from("marie", "school")).unwrap();
            tries.right(tried);
        }
    }

    #[test]
    fn a_stranger_slows_an_account_down_and_shuts_nobody_out() {
        let mut tries = Tries::default();
        for n in 0..5_000 {
            let _ = tries.begin(at(n), from("marie", &format!("bot {n}")));
        }
        let wait = tries.begin(at(5_000), from("marie", "home")).err().unwrap_or_default();
        assert!(wait <= 31, "{wait}");
        let known = vec![Count::KnownBrowser("hers".to_owned())];
        assert!(tries.begin(at(5_000), known).is_ok(), "her own browser does not wait");
    }

    #[test]
    fn a_source_that_tries_everybody_waits() {
        let mut tries = Tries::default();
        let refused = (0..60).filter(|n| tries.begin(at(0), from(&format!("p{n}"), "bot")).is_err()).count();
        assert_eq!(refused, 10);
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let mut tries = Tries::default();
        for n in 0..30_000 {
            let _ = tries.begin(at(n / 1_000), from(&format!("p{n}"), &format!("s{n}")));
        }
        assert!(tries.0.len() <= KEPT, "{}", tries.0.len());
    }
}
