//! The annual account of a professeur des écoles: 18 hours, of which 9 of formation continue (domain rules §2.1, §2.4).

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Minutes, training::Hours};
use crate::id::{ParcoursId, SessionFormationId};

/// 18 h.
const DUE: u32 = 1_080;
/// What the rules of 2013 asked to be digital: 9 h.
const DIGITAL_2013: Minutes = Minutes(540);

/// What a parcours counts as.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "hours.ts"))]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// Formation continue.
    #[default]
    Fc,
    /// Animation pédagogique.
    Ap,
}

impl Category {
    /// As it is stored.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Fc => "fc",
            Self::Ap => "ap",
        }
    }

    /// Of a stored name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Fc, Self::Ap].into_iter().find(|category| category.name() == name)
    }
}

/// Which wording of the rules.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "hours.ts"))]
pub enum RuleSet {
    /// At least half is formation continue, all or part of it at a distance.
    #[default]
    #[serde(rename = "2016")]
    Of2016,
    /// At least 9 of the 18 hours on digital media; kept for history.
    #[serde(rename = "2013")]
    Of2013,
}

/// What somebody owes in a school year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "hours.ts"))]
#[serde(rename_all = "camelCase")]
pub struct Due {
    pub total: Minutes,
    /// Formation continue: half of it.
    pub fc: Minutes,
}

impl Due {
    /// By the share of full time (percent), unless another amount was set for the person.
    #[must_use]
    pub fn of(quotite_percent: u32, set: Option<Minutes>) -> Self {
        let by_share = Minutes(DUE.saturating_mul(quotite_percent.min(100)) / 100);
        let total = set.unwrap_or(by_share);
        // Half a minute counts for the person who owes it.
        Self { total, fc: Minutes(total.0 / 2) }
    }
}

/// One session of a parcours in the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub session_formation: SessionFormationId,
    pub parcours: ParcoursId,
    pub category: Category,
    /// Decides the school year and the order: the end of the session.
    pub on: Date,
    pub hours: Hours,
    /// A gestionnaire let the same parcours count again.
    pub repeated_accepted: bool,
}

/// One line as it counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "hours.ts"))]
#[serde(rename_all = "camelCase")]
pub struct AccountLine {
    pub session_formation: SessionFormationId,
    pub parcours: ParcoursId,
    pub category: Category,
    #[cfg_attr(test, ts(type = "string"))]
    pub on: Date,
    pub hours: Hours,
    /// `DOUBLON_PARCOURS`: the same parcours earlier in the year; 0 h until a gestionnaire accepts it.
    pub repeated: bool,
}

/// The account of one person and one school year.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "hours.ts"))]
#[serde(rename_all = "camelCase")]
pub struct Account {
    pub due: Due,
    pub fc: Minutes,
    pub ap: Minutes,
    pub total: Minutes,
    /// Of the total, at a distance.
    pub distance: Minutes,
    /// What is still owed.
    pub remaining: Minutes,
    pub fc_missing: Minutes,
    /// Shown, never carried over.
    pub excess: Minutes,
    /// Nothing is owed any more.
    pub satisfied: bool,
    /// `AUCUNE_HEURE_A_DISTANCE`: a warning only.
    pub no_distance: bool,
    /// What is missing to 9 digital hours, under the rules of 2013.
    pub digital_missing: Option<Minutes>,
    /// By date.
    pub lines: Vec<AccountLine>,
}

/// Adds up one school year. Minutes are added first, rounded last.
#[must_use]
pub fn account(due: Due, rules: RuleSet, mut entries: Vec<Entry>) -> Account {
    entries.sort_by_key(|entry| (entry.on, entry.session_formation));
    let lines = once_a_year(entries);
    let of = |category| {
        let such = lines.iter().filter(move |line| line.category == category);
        such.map(|line| line.hours.total()).sum::<Minutes>()
    };
    let (fc, ap) = (of(Category::Fc), of(Category::Ap));
    let distance: Minutes = lines.iter().map(|line| line.hours.distance()).sum();
    let total = fc + ap;
    let (remaining, fc_missing) = (due.total.less(total), due.fc.less(fc));
    Account {
        due,
        fc,
        ap,
        total,
        distance,
        remaining,
        fc_missing,
        excess: total.less(due.total),
        satisfied: remaining == Minutes::ZERO && fc_missing == Minutes::ZERO,
        no_distance: distance == Minutes::ZERO,
        digital_missing: match rules {
            RuleSet::Of2016 => None,
            RuleSet::Of2013 => Some(DIGITAL_2013.less(distance)),
        },
        lines,
    }
}

/// The first time a parcours gives hours it counts; again only where that was accepted. In order of time.
pub(super) fn once_a_year(entries: Vec<Entry>) -> Vec<AccountLine> {
    let mut followed = BTreeSet::new();
    let lines = entries.into_iter().map(|entry| {
        let Entry { session_formation, parcours, category, on, hours, repeated_accepted } = entry;
        let given = hours.total() > Minutes::ZERO;
        let repeated = given && !followed.insert(parcours) && !repeated_accepted;
        let hours = if repeated { Hours::NONE } else { hours };
        AccountLine { session_formation, parcours, category, on, hours, repeated }
    });
    lines.collect()
}
