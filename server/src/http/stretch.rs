//! A stretch of time after the `?` of an address.

use std::str::FromStr;

use jiff::{SignedDuration, Timestamp, civil::DateTime, tz::TimeZone};
use serde::Deserialize;
use signaling::protocol::{Problem, Refusal};

use super::refused::Refused;

/// `?from=&to=&academy=`, instants or days in UTC.
#[derive(Debug, Deserialize)]
pub(super) struct Stretch {
    from: Option<String>,
    to: Option<String>,
    pub(super) academy: Option<String>,
}

impl Stretch {
    /// From when and until when; what is absent lies so far behind and ahead of now.
    ///
    /// # Errors
    /// `from` or `to` cannot be read.
    pub(super) fn bounds(
        &self,
        now: Timestamp,
        behind: SignedDuration,
        ahead: SignedDuration,
    ) -> Result<(Timestamp, Timestamp), Refused> {
        let read = |field: &str, text: &Option<String>, otherwise: SignedDuration| match text {
            None => Ok(now.checked_add(otherwise).unwrap_or(now)),
            Some(text) => {
                moment(text).ok_or(Refusal::Invalid { field: field.to_owned(), problem: Problem::Malformed })
            }
        };
        Ok((read("from", &self.from, -behind)?, read("to", &self.to, ahead)?))
    }
}

/// An instant, or the beginning of a day in UTC.
pub(super) fn moment(text: &str) -> Option<Timestamp> {
    let day = || TimeZone::UTC.to_timestamp(DateTime::from_str(text).ok()?).ok();
    text.parse().ok().or_else(day)
}
