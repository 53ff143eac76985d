//! `[retention]`: terms, and their bounds.

use serde::Deserialize;
use signaling::retention::Terms;

use super::ConfigError;

/// How long what is kept about people stays. What has served its time is erased at every start and once a day.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Retention {
    /// The server purges by itself. Without it, `preau retention run` does.
    pub enabled: bool,
    /// Messages, after the end of the séance.
    pub chat_days: u32,
    /// Names typed by guests, after the end of the séance.
    pub guests_days: u32,
    pub recordings_days: u32,
    /// Records of journals, after the end of the school year; what they say of presence stays.
    pub events_months: u32,
    /// Results, after the current and the previous school year.
    pub results_years: u32,
    /// Sessions of GAIA that no séance follows and that ended before 1 January so many years back.
    pub gaia_years: u32,
    /// Logins and invitations that are over.
    pub logins_months: u32,
    /// Logs of exports, views and acts, with the exported files.
    pub logs_years: u32,
}

impl Default for Retention {
    fn default() -> Self {
        let terms = Terms::default();
        Self {
            enabled: true,
            chat_days: terms.chat_days,
            guests_days: terms.guests_days,
            recordings_days: terms.recordings_days,
            events_months: terms.events_months,
            results_years: terms.results_years,
            gaia_years: terms.gaia_years,
            logins_months: terms.logins_months,
            logs_years: terms.logs_years,
        }
    }
}

impl Retention {
    /// The durations.
    #[must_use]
    pub fn terms(&self) -> Terms {
        Terms {
            chat_days: self.chat_days,
            guests_days: self.guests_days,
            recordings_days: self.recordings_days,
            events_months: self.events_months,
            results_years: self.results_years,
            gaia_years: self.gaia_years,
            logins_months: self.logins_months,
            logs_years: self.logs_years,
        }
    }

    /// The first option out of its bounds.
    pub(super) fn checked(&self) -> Result<(), ConfigError> {
        for (option, given, least, most) in [
            ("chat_days", self.chat_days, 0, 3_650),
            ("guests_days", self.guests_days, 0, 3_650),
            ("recordings_days", self.recordings_days, 1, 365),
            ("events_months", self.events_months, 0, 120),
            ("results_years", self.results_years, 0, 50),
            ("gaia_years", self.gaia_years, 0, 50),
            ("logins_months", self.logins_months, 0, 120),
            ("logs_years", self.logs_years, 1, 50),
        ] {
            if !(least..=most).contains(&given) {
                return Err(ConfigError::Term { option, given, least, most });
            }
        }
        Ok(())
    }
}
