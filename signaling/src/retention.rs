//! How long what is kept about people stays (domain rules §4.1), as pure dates: what is older than that goes.

use jiff::{SignedDuration, Span, Timestamp, ToSpan, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};

use crate::hours::school_year::YearStart;
use crate::office::privacy::{TermShown, TermUnit};

/// A kind of data with a term of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Identities whose erasure was asked for and is due.
    Erasures,
    /// Messages of séances.
    Chat,
    /// Names that guests typed.
    Guests,
    Recordings,
    /// The records of journals; what they say of presence stays.
    Events,
    /// Presence, corrections, signatures, attestations; figures stay.
    Results,
    /// Rows of GAIA that no séance follows.
    Gaia,
    /// Logins and invitations that are over, wrong codes.
    Logins,
    /// Log of exports with the files, log of views, audit.
    Logs,
    /// Scans and files that nothing refers to any more.
    Files,
}

impl Kind {
    /// In the order in which a purge goes through them.
    pub const ALL: [Self; 10] = [
        Self::Erasures,
        Self::Chat,
        Self::Guests,
        Self::Recordings,
        Self::Events,
        Self::Results,
        Self::Gaia,
        Self::Logins,
        Self::Logs,
        Self::Files,
    ];

    /// As commands say it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Erasures => "erasures",
            Self::Chat => "chat",
            Self::Guests => "guests",
            Self::Recordings => "recordings",
            Self::Events => "events",
            Self::Results => "results",
            Self::Gaia => "gaia",
            Self::Logins => "logins",
            Self::Logs => "logs",
            Self::Files => "files",
        }
    }
}

/// The durations, as configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// After the end of the séance.
    pub chat_days: u32,
    pub guests_days: u32,
    /// After the recording.
    pub recordings_days: u32,
    /// After the end of the school year of the séance.
    pub events_months: u32,
    /// After the current and the previous school year.
    pub results_years: u32,
    /// Sessions of GAIA that ended before 1 January of the year so many years back.
    pub gaia_years: u32,
    pub logins_months: u32,
    pub logs_years: u32,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            chat_days: 30,
            guests_days: 30,
            recordings_days: 90,
            events_months: 12,
            results_years: 3,
            gaia_years: 1,
            logins_months: 12,
            logs_years: 3,
        }
    }
}

/// No recording is kept longer, whoever wishes it, days (domain rules §4.1).
const LONGEST_RECORDING: u32 = 365;
/// So long before a recording goes, those who led the séance are told, days.
const NOTICE: u32 = 7;

/// Whether those who lead are told now that something goes then.
#[must_use]
pub fn is_noticed(end: Timestamp, now: Timestamp) -> bool {
    now >= end.checked_sub(SignedDuration::from_hours(24 * i64::from(NOTICE))).unwrap_or(end)
}

/// School years that are never in the archive: the current one and the one before.
const BASE_YEARS: i16 = 2;

impl Terms {
    /// Of what goes by age alone: what is from before that instant is due. `None` for the other kinds.
    #[must_use]
    pub fn before(&self, kind: Kind, now: Timestamp) -> Option<Timestamp> {
        let ago = match kind {
            Kind::Chat => days(self.chat_days),
            Kind::Guests => days(self.guests_days),
            Kind::Recordings => days(self.recordings_days),
            Kind::Logins => months(self.logins_months),
            Kind::Logs => months(self.logs_years.saturating_mul(12)),
            Kind::Gaia => {
                let year = now.to_zoned(TimeZone::UTC).year().saturating_sub(whole(self.gaia_years));
                return Date::new(year, 1, 1).ok().and_then(|day| midnight(day, &TimeZone::UTC));
            }
            Kind::Erasures | Kind::Events | Kind::Results | Kind::Files => return None,
        };
        now.to_zoned(TimeZone::UTC).checked_sub(ago).ok().map(|zoned| zoned.timestamp())
    }

    /// When a recording that ended then goes: after its days, or after the longest that may be where somebody who
    /// leads the séance wished so.
    #[must_use]
    pub fn recording_end(&self, ended: Timestamp, longest: bool) -> Timestamp {
        let count = if longest { LONGEST_RECORDING.max(self.recordings_days) } else { self.recordings_days };
        let end = ended.to_zoned(TimeZone::UTC).checked_add(days(count));
        end.map_or(Timestamp::MAX, |zoned| zoned.timestamp())
    }

    /// When the records of a séance that ended then go, on the calendar of its academy.
    #[must_use]
    pub fn events_end(&self, ended: Timestamp, zone: &TimeZone, start: YearStart) -> Timestamp {
        let end = start.next_after(ended.to_zoned(zone.clone()).date());
        let day = end.checked_add(months(self.events_months)).unwrap_or(Date::MAX);
        midnight(day, zone).unwrap_or(Timestamp::MAX)
    }

    /// When the results of a séance, or an attestation of that instant, go.
    #[must_use]
    pub fn results_end(&self, at: Timestamp, zone: &TimeZone, start: YearStart) -> Timestamp {
        let end = start.next_after(at.to_zoned(zone.clone()).date());
        let years = whole(self.results_years).saturating_add(BASE_YEARS - 1);
        let day = end.checked_add(i64::from(years).years()).unwrap_or(Date::MAX);
        midnight(day, zone).unwrap_or(Timestamp::MAX)
    }

    /// As the report says them.
    #[must_use]
    pub fn shown(&self, now: Timestamp) -> Vec<TermShown> {
        let rows = [
            (Kind::Chat, TermUnit::Days, self.chat_days),
            (Kind::Guests, TermUnit::Days, self.guests_days),
            (Kind::Recordings, TermUnit::Days, self.recordings_days),
            (Kind::Events, TermUnit::MonthsAfterYear, self.events_months),
            (Kind::Results, TermUnit::YearsAfterBase, self.results_years),
            (Kind::Gaia, TermUnit::CalendarYears, self.gaia_years),
            (Kind::Logins, TermUnit::Months, self.logins_months),
            (Kind::Logs, TermUnit::Years, self.logs_years),
        ];
        let shown = rows.into_iter().map(|(kind, unit, count)| {
            let before = self.before(kind, now).map(|at| at.to_zoned(TimeZone::UTC).date());
            TermShown { kind, unit, count, before }
        });
        shown.collect()
    }
}

fn days(count: u32) -> Span {
    i64::from(count).days()
}

fn months(count: u32) -> Span {
    i64::from(count).months()
}

fn whole(count: u32) -> i16 {
    i16::try_from(count).unwrap_or(i16::MAX)
}

fn midnight(day: Date, zone: &TimeZone) -> Option<Timestamp> {
    day.to_zoned(zone.clone()).ok().map(|zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn start(text: &str) -> YearStart {
        YearStart::try_from(text.to_owned()).unwrap()
    }

    #[test]
    fn what_goes_by_age_goes_to_the_day() {
        let (terms, now) = (Terms::default(), at("2026-11-22T03:00:00Z"));
        for (kind, before) in [
            (Kind::Chat, "2026-10-23T03:00:00Z"),
            (Kind::Guests, "2026-10-23T03:00:00Z"),
            (Kind::Recordings, "2026-08-24T03:00:00Z"),
            (Kind::Gaia, "2025-01-01T00:00:00Z"),
            (Kind::Logins, "2025-11-22T03:00:00Z"),
            (Kind::Logs, "2023-11-22T03:00:00Z"),
        ] {
            assert_eq!(terms.before(kind, now), Some(at(before)), "{kind:?}");
        }
        for kind in [Kind::Erasures, Kind::Events, Kind::Results, Kind::Files] {
            assert_eq!(terms.before(kind, now), None, "{kind:?}");
        }
        assert_eq!(Terms { chat_days: 0, ..terms }.before(Kind::Chat, now), Some(now));
    }

    #[test]
    fn a_recording_is_announced_a_week_before_it_goes_and_stays_a_year_at_most() {
        let (terms, ended) = (Terms::default(), at("2026-11-18T15:00:00Z"));
        let end = terms.recording_end(ended, false);
        assert_eq!(end, at("2027-02-16T15:00:00Z"));
        assert_eq!(terms.before(Kind::Recordings, end), Some(ended), "the purge counts the same");
        assert_eq!(terms.recording_end(ended, true), at("2027-11-18T15:00:00Z"));
        let longer = Terms { recordings_days: 400, ..terms };
        assert_eq!(longer.recording_end(ended, true), longer.recording_end(ended, false));
        assert!(!is_noticed(end, at("2027-02-09T14:59:59Z")) && is_noticed(end, at("2027-02-09T15:00:00Z")));
    }

    #[test]
    fn school_years_end_on_the_calendar_of_the_academy() {
        let terms = Terms::default();
        let (paris, noumea) =
            (TimeZone::get("Europe/Paris").unwrap(), TimeZone::get("Pacific/Noumea").unwrap());
        for (ended, zone, first, events, results) in [
            // The school year of a séance in November 2026 ends on 31 August 2027.
            ("2026-11-18T14:00:00Z", &paris, "09-01", "2028-08-31T22:00:00Z", "2031-08-31T22:00:00Z"),
            // On its last day, and on the first one of the next.
            ("2027-08-31T21:59:00Z", &paris, "09-01", "2028-08-31T22:00:00Z", "2031-08-31T22:00:00Z"),
            ("2027-08-31T22:00:00Z", &paris, "09-01", "2029-08-31T22:00:00Z", "2032-08-31T22:00:00Z"),
            // Where the school year is the calendar's.
            ("2026-11-18T02:00:00Z", &noumea, "02-15", "2028-02-14T13:00:00Z", "2031-02-14T13:00:00Z"),
        ] {
            assert_eq!(terms.events_end(at(ended), zone, start(first)), at(events), "{ended}");
            assert_eq!(terms.results_end(at(ended), zone, start(first)), at(results), "{ended}");
        }
    }

    #[test]
    fn results_outlive_what_they_were_computed_from() {
        let (terms, zone) = (Terms::default(), TimeZone::UTC);
        for month in 1..=12 {
            let ended = at(&format!("2026-{month:02}-15T10:00:00Z"));
            let start = YearStart::default();
            assert!(terms.events_end(ended, &zone, start) < terms.results_end(ended, &zone, start));
        }
    }

    #[test]
    fn every_term_is_shown() {
        let shown = Terms::default().shown(at("2026-11-22T03:00:00Z"));
        let told: Vec<Kind> = shown.iter().map(|term| term.kind).collect();
        let missing: Vec<Kind> = Kind::ALL.into_iter().filter(|kind| !told.contains(kind)).collect();
        assert_eq!(missing, [Kind::Erasures, Kind::Files], "they have no term of their own");
        assert_eq!(shown[0].before, Some(Date::constant(2026, 10, 23)));
    }
}
