//! Planning: from what an organiser types to a séance. Three fields and a template suffice (domain rules §1.7, §2.7).

mod clock;
mod draft;
mod series;
mod template;
#[cfg(test)]
mod tests;

pub use clock::{ClockWarning, Occurrence, Season, instant, season, written};
pub use draft::{Change, Context, NewSeance, PlanWarning, SeancePatch, change, plan, touches_hours};
pub use series::{NewSeries, Rhythm};
pub use template::Template;

use crate::protocol::{Problem, Refusal};

/// A field that cannot be taken as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{field} is not right: {problem:?}")]
pub struct Invalid {
    /// As it is called in the request.
    pub field: &'static str,
    pub problem: Problem,
}

impl Invalid {
    /// A field that is needed.
    #[must_use]
    pub fn missing(field: &'static str) -> Self {
        Self { field, problem: Problem::Missing }
    }

    /// A value that is not possible.
    #[must_use]
    pub fn range(field: &'static str) -> Self {
        Self { field, problem: Problem::Range }
    }

    /// A text not of the form it should have.
    #[must_use]
    pub fn malformed(field: &'static str) -> Self {
        Self { field, problem: Problem::Malformed }
    }

    /// A value that names nothing.
    #[must_use]
    pub fn unknown(field: &'static str) -> Self {
        Self { field, problem: Problem::Unknown }
    }
}

impl From<Invalid> for Refusal {
    fn from(Invalid { field, problem }: Invalid) -> Self {
        Self::Invalid { field: field.to_owned(), problem }
    }
}

/// A text without blanks around it, of one character at least.
pub(crate) fn text(field: &'static str, typed: &str, most: usize) -> Result<String, Invalid> {
    let typed = typed.trim();
    if typed.is_empty() || typed.chars().all(|c| c.is_whitespace() || c.is_control()) {
        return Err(Invalid::missing(field));
    }
    if typed.chars().count() > most {
        return Err(Invalid { field, problem: Problem::TooLong });
    }
    Ok(typed.chars().filter(|c| !c.is_control() || *c == '\n').collect())
}
