//! Dates and hours as the place of the séance has them (domain rules §2.7).

use jiff::{SignedDuration, Timestamp, Zoned, civil::Date, tz::TimeZone};

/// The zone of a séance.
#[derive(Debug, Clone)]
pub struct Zone {
    name: String,
    rules: TimeZone,
}

impl Zone {
    /// A zone that nobody knows any more becomes UTC, and is named so: hours and zone always agree.
    #[must_use]
    pub fn named(name: &str) -> Self {
        TimeZone::get(name).map_or_else(
            |_| Self { name: "UTC".to_owned(), rules: TimeZone::UTC },
            |rules| Self { name: name.to_owned(), rules },
        )
    }

    /// The IANA name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// For who computes with it.
    pub(crate) fn rules(&self) -> TimeZone {
        self.rules.clone()
    }

    /// The instant as clocks there show it.
    pub(crate) fn local(&self, at: Timestamp) -> Zoned {
        at.to_zoned(self.rules.clone())
    }

    /// `JJ/MM/AAAA`.
    pub(crate) fn date(&self, at: Timestamp) -> String {
        day(self.local(at).date())
    }

    /// `AAAAMMJJ`, for the names of files.
    pub(crate) fn stamp(&self, at: Timestamp) -> String {
        self.local(at).strftime("%Y%m%d").to_string()
    }

    /// `HH:MM`. An hour that occurs twice that day, in autumn, tells which of both it is.
    pub(crate) fn hour(&self, at: Timestamp) -> String {
        self.told(at, "%H:%M")
    }

    /// `HH:MM:SS`, with the same remark.
    pub(crate) fn time(&self, at: Timestamp) -> String {
        self.told(at, "%H:%M:%S")
    }

    /// `JJ/MM/AAAA HH:MM`.
    pub(crate) fn date_and_hour(&self, at: Timestamp) -> String {
        format!("{} {}", self.date(at), self.hour(at))
    }

    /// RFC 3339 with the offset of the place, whole seconds.
    pub(crate) fn rfc3339(&self, at: Timestamp) -> String {
        self.local(at).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
    }

    fn told(&self, at: Timestamp, form: &str) -> String {
        let local = self.local(at);
        let hour = local.strftime(form);
        if !self.rules.to_ambiguous_timestamp(local.datetime()).is_ambiguous() {
            hour.to_string()
        } else if self.rules.to_offset_info(at).dst().is_dst() {
            format!("{hour} (heure d’été)")
        } else {
            format!("{hour} (heure d’hiver)")
        }
    }
}

/// `JJ/MM/AAAA`.
pub(crate) fn day(date: Date) -> String {
    date.strftime("%d/%m/%Y").to_string()
}

/// `at` and some minutes more; `at` itself beyond the end of time.
pub(crate) fn later(at: Timestamp, minutes: u32) -> Timestamp {
    at.checked_add(SignedDuration::from_mins(i64::from(minutes))).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZoneDatabase;

    use super::Zone;

    #[test]
    fn dates_and_hours_are_those_of_the_seance() {
        let at = "2026-11-18T13:00:00Z".parse().unwrap();
        for (zone, name, expected) in [
            ("Europe/Paris", "Europe/Paris", "18/11/2026 14:00"),
            ("Pacific/Noumea", "Pacific/Noumea", "19/11/2026 00:00"),
            ("Pacific/Marquesas", "Pacific/Marquesas", "18/11/2026 03:30"),
            ("America/Miquelon", "America/Miquelon", "18/11/2026 10:00"),
            ("Europe/Atlantis", "UTC", "18/11/2026 13:00"),
        ] {
            let zone = Zone::named(zone);
            assert_eq!((zone.name(), zone.date_and_hour(at).as_str()), (name, expected));
        }
    }

    #[test]
    fn an_hour_that_occurs_twice_says_which() {
        let zone = Zone::named("Europe/Paris");
        assert_eq!(zone.hour("2026-10-25T00:30:00Z".parse().unwrap()), "02:30 (heure d’été)");
        assert_eq!(zone.time("2026-10-25T01:30:07Z".parse().unwrap()), "02:30:07 (heure d’hiver)");
        assert_eq!(zone.rfc3339("2026-10-25T01:30:07Z".parse().unwrap()), "2026-10-25T02:30:07+01:00");
    }

    #[test]
    fn zones_are_known_on_a_machine_without_any() {
        let bundled = TimeZoneDatabase::bundled();
        for zone in ["Europe/Paris", "America/Marigot", "Pacific/Wallis", "Indian/Mayotte"] {
            assert!(bundled.get(zone).is_ok(), "{zone}");
        }
    }
}
