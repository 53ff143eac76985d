//! The same séance several times: the hour on the wall is the same each time, whatever the clocks do.

use jiff::{
    Span, ToSpan,
    civil::{Date, DateTime, Weekday},
};
use serde::{Deserialize, Serialize};

use super::{Invalid, NewSeance};

/// Most séances of one series.
const MOST: u32 = 60;

/// How often.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "snake_case")]
pub enum Rhythm {
    /// From Monday to Friday.
    Daily,
    Weekly,
    Fortnightly,
    /// The same day of each month, the last one where there is no such day.
    Monthly,
}

/// Several séances at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts", optional_fields))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewSeries {
    /// The first one.
    pub seance: NewSeance,
    pub every: Rhythm,
    /// How many, those left out not counted.
    pub count: u32,
    /// Days left out: holidays.
    #[serde(default)]
    #[cfg_attr(test, ts(type = "Array<string>", optional))]
    pub except: Vec<Date>,
}

impl NewSeries {
    /// The séances one by one.
    ///
    /// # Errors
    /// The first hour is none, there are too many, or the days left out leave nothing.
    pub fn each(&self) -> Result<Vec<NewSeance>, Invalid> {
        if !(1..=MOST).contains(&self.count) {
            return Err(Invalid::range("count"));
        }
        if self.except.len() > 400 {
            return Err(Invalid::range("except"));
        }
        let first: DateTime =
            self.seance.starts_at.trim().parse().map_err(|_| Invalid::malformed("startsAt"))?;
        let mut days = Vec::new();
        // Twice the longest series and all that can be left out.
        for step in 0..(i64::from(MOST) * 2 + 400) {
            if days.len() == self.count as usize {
                break;
            }
            let day = first.checked_add(self.after(step)).map_err(|_| Invalid::range("startsAt"))?;
            let weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
            let skipped = self.every == Rhythm::Daily && weekend && step > 0;
            if !skipped && !self.except.contains(&day.date()) {
                days.push(day);
            }
        }
        let each =
            days.into_iter().map(|day| NewSeance { starts_at: day.to_string(), ..self.seance.clone() });
        Ok(each.collect())
    }

    fn after(&self, step: i64) -> Span {
        match self.every {
            Rhythm::Daily => step.days(),
            Rhythm::Weekly => step.weeks(),
            Rhythm::Fortnightly => (step * 2).weeks(),
            Rhythm::Monthly => step.months(),
        }
    }
}
