//! What one person led in a school year, gathered from the sheets of the séances.

use jiff::{Timestamp, tz::TimeZone};
use signaling::{
    hours::{
        Minutes,
        intervention::{OwnInterventions, SeanceInterventions, Sharing},
        roll::Held,
        school_year::SchoolYear,
    },
    id::PersonId,
};

use crate::{
    academy::{Academies, Academy},
    presence,
    store::{Store, StoreError},
};

/// How an academy credits those who lead together.
pub(crate) fn sharing(academies: &Academies, academy: &str) -> Sharing {
    academies.find(academy).map(|academy| academy.interventions).unwrap_or_default()
}

/// The séances of that year which somebody led or helped in. A séance falls in a year by its local date.
pub(crate) async fn own(
    store: &Store,
    academies: &Academies,
    (person, academy): (PersonId, Option<&Academy>),
    year: SchoolYear,
    now: Timestamp,
) -> Result<OwnInterventions, StoreError> {
    let start = academy.map(|academy| academy.school_year).unwrap_or_default();
    let mut seances = Vec::new();
    for plan in store.seances_led(person).await? {
        let zone = TimeZone::get(&plan.time_zone).unwrap_or(TimeZone::UTC);
        if plan.starts_at > now || SchoolYear::at(plan.starts_at, &zone, start) != year {
            continue;
        }
        let sheet = presence::sheet(store, &plan, now).await?;
        let sharing = sharing(academies, &plan.academy);
        seances.extend(SeanceInterventions::of(&Held { plan, sheet }, sharing).only(person));
    }
    let closed = || seances.iter().filter(|one| one.closed).flat_map(|one| &one.people);
    let animation: Minutes = closed().map(|one| one.animation).sum();
    let credited: Minutes = closed().map(|one| one.credited).sum();
    Ok(OwnInterventions { school_year: year.to_string(), year: year.first(), seances, animation, credited })
}
