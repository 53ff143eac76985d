//! One person and one school year: the sessions followed, and for primary teachers the account of 18 hours.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::{
    Minutes,
    account::{Due, Entry, RuleSet, account},
    report::{AnnualHours, AnnualLine, YearChoice},
    school_year::{SchoolYear, YearStart},
    training::{DayCredit, Hours, HoursMode, Parts, Registration, Training, standing, sum},
};
use crate::{
    parcours::{Parcours, SessionFormation},
    person::{Degree, Person},
};

/// A session of a parcours as one person follows it.
#[derive(Debug, Clone)]
pub struct Delivery<'a> {
    pub session: &'a SessionFormation,
    pub parcours: &'a Parcours,
    /// Enrolled by name.
    pub nominative: bool,
    /// What the attestation that holds counts for.
    pub act: Option<Hours>,
    /// Day by day, where it was made in the mode `par_seance`.
    pub days: &'a [DayCredit],
    /// The parts that it tells of.
    pub told: Option<Parts>,
    /// A gestionnaire let the same parcours count again.
    pub repeated_accepted: bool,
}

impl Delivery<'_> {
    /// The day that decides the school year.
    #[must_use]
    pub fn on(&self) -> Date {
        self.session.ends_on
    }

    /// The hours of a session that fall in a school year, and the day that stands for them: by the day of each séance
    /// where an act credited séances, else by the end of the session. None when nothing of it does.
    #[must_use]
    pub fn in_year(&self, year: SchoolYear, start: YearStart, hours: Hours) -> Option<(Date, Hours)> {
        if self.days.is_empty() || self.session.hours_mode != HoursMode::ParSeance {
            return (SchoolYear::of(self.on(), start) == year).then(|| (self.on(), hours));
        }
        let of = || self.days.iter().filter(|day| SchoolYear::of(day.on, start) == year);
        Some((of().map(|day| day.on).max()?, sum(of())))
    }

    /// The school years that have something of it.
    fn years(&self, start: YearStart) -> Vec<SchoolYear> {
        if self.days.is_empty() || self.session.hours_mode != HoursMode::ParSeance {
            return vec![SchoolYear::of(self.on(), start)];
        }
        self.days.iter().map(|day| SchoolYear::of(day.on, start)).collect()
    }

    /// The hours as things stand.
    #[must_use]
    pub fn hours(&self) -> Hours {
        let registration = Registration { nominative: self.nominative, double_role: false };
        standing(&Training::of(self.session, self.parcours), registration, self.act)
    }
}

impl Training {
    /// What a session of a parcours says.
    #[must_use]
    pub fn of(session: &SessionFormation, parcours: &Parcours) -> Self {
        Self {
            mode: session.hours_mode,
            rule: session.rule,
            announced: parcours.announced,
            counted: parcours.counted,
        }
    }
}

/// The year of somebody. `deliveries` in any order; those of other years are left out.
#[must_use]
pub fn annual(
    person: &Person,
    year: SchoolYear,
    start: YearStart,
    rules: RuleSet,
    deliveries: &[Delivery<'_>],
) -> AnnualHours {
    let own: Vec<(&Delivery<'_>, (Date, Hours))> =
        deliveries.iter().filter_map(|one| Some((one, one.in_year(year, start, one.hours())?))).collect();
    let entries = own.iter().map(|(one, (on, hours))| Entry {
        session_formation: one.session.id,
        parcours: one.parcours.id,
        category: one.parcours.category,
        on: *on,
        hours: *hours,
        repeated_accepted: one.repeated_accepted,
    });
    let due = Due::of(person.quotite_percent, person.due_min.map(Minutes));
    let account = account(due, rules, entries.collect());
    let lines = account.lines.iter().filter_map(|line| {
        let (one, _) = own.iter().find(|(one, _)| one.session.id == line.session_formation)?;
        Some(AnnualLine {
            session_formation: line.session_formation,
            title: one.session.title.clone(),
            identifiant: one.parcours.identifiant.clone(),
            mode: one.session.hours_mode,
            category: line.category,
            on: line.on,
            hours: line.hours,
            repeated: line.repeated,
            attested: one.act.is_some(),
        })
    });
    let lines = lines.collect();
    let total = account.total;
    AnnualHours {
        person: person.id,
        school_year: year.to_string(),
        year: year.first(),
        account: person.degree.is_some_and(Degree::is_primary).then_some(account),
        total,
        days: total.days(),
        lines,
        years: choices(deliveries, year, start),
    }
}

/// The school years with something in them, and the one that is shown; latest first.
fn choices(deliveries: &[Delivery<'_>], shown: SchoolYear, start: YearStart) -> Vec<YearChoice> {
    let years = deliveries.iter().flat_map(|one| one.years(start)).chain([shown]);
    let each = years.map(|year| YearChoice { year: year.first(), school_year: year.to_string() });
    let distinct: BTreeSet<YearChoice> = each.collect();
    distinct.into_iter().rev().collect()
}
