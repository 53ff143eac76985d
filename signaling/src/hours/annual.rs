//! One person and one school year: the sessions followed, and for primary teachers the account of 18 hours.

use jiff::civil::Date;

use super::{
    Minutes,
    account::{Due, Entry, RuleSet, account},
    report::{AnnualHours, AnnualLine},
    school_year::{SchoolYear, YearStart},
    training::{Hours, Parts, Registration, Training, standing},
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
    let own: Vec<&Delivery<'_>> =
        deliveries.iter().filter(|one| SchoolYear::of(one.on(), start) == year).collect();
    let entries = own.iter().map(|one| Entry {
        session_formation: one.session.id,
        parcours: one.parcours.id,
        category: one.parcours.category,
        on: one.on(),
        hours: one.hours(),
        repeated_accepted: one.repeated_accepted,
    });
    let due = Due::of(person.quotite_percent, person.due_min.map(Minutes));
    let account = account(due, rules, entries.collect());
    let lines = account.lines.iter().filter_map(|line| {
        let one = own.iter().find(|one| one.session.id == line.session_formation)?;
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
    }
}
