//! Whoever looks at somebody's data leaves a line that this person can read, written before anything is shown.

use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Arc, Mutex, PoisonError},
};

use jiff::Timestamp;
use signaling::{
    attendance::PresenceSheet,
    hours::report::SessionHours,
    id::{PersonId, SessionFormationId},
    office::privacy::Viewed,
    seance::Seance,
};

use super::{asker::Asker, refused::Refused};
use crate::{app::App, store::View};

/// Views remembered, at most: beyond it the database is asked again, and changes nothing.
const REMEMBERED: usize = 10_000;

/// What was written down in this hour already: pages that refresh themselves cost nothing.
#[derive(Debug, Clone, Default)]
pub(crate) struct Views(Arc<Mutex<(i64, HashSet<u64>)>>);

impl Views {
    /// True when exactly that was noted within this hour.
    fn knows(&self, view: &View, people: &[PersonId], now: Timestamp) -> bool {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let hour = View::hour(now);
        if noted.0 != hour {
            *noted = (hour, HashSet::new());
        }
        noted.1.contains(&digest(view, people))
    }

    fn learn(&self, view: &View, people: &[PersonId], now: Timestamp) {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.0 == View::hour(now) && noted.1.len() < REMEMBERED {
            noted.1.insert(digest(view, people));
        }
    }
}

fn digest(view: &View, people: &[PersonId]) -> u64 {
    let mut hasher = DefaultHasher::new();
    (view, people).hash(&mut hasher);
    hasher.finish()
}

/// Notes that `viewer` looks at those people's data.
///
/// # Errors
/// It cannot be written: then nothing is shown.
pub(super) async fn noted(
    app: &App,
    viewer: Option<PersonId>,
    what: Viewed,
    (scope, scope_id): (&'static str, String),
    people: &[PersonId],
) -> Result<(), Refused> {
    let others = people.iter().any(|person| Some(*person) != viewer);
    let viewer = viewer.map(|person| person.to_string()).unwrap_or_default();
    let (view, now) = (View { viewer, what, scope, scope_id }, app.clock.now());
    if !others || app.views.knows(&view, people, now) {
        return Ok(());
    }
    app.store.note_view(&view, people, now).await?;
    app.views.learn(&view, people, now);
    Ok(())
}

/// Notes that somebody looks at a presence sheet: at the rows of those whom the platform knows.
///
/// # Errors
/// As [`noted`].
pub(super) async fn sheet_noted(
    app: &App,
    viewer: Option<PersonId>,
    what: Viewed,
    plan: &Seance,
    sheet: &PresenceSheet,
) -> Result<(), Refused> {
    let people: Vec<PersonId> =
        sheet.rows.iter().filter(|row| row.enrolled || row.validable).map(|row| row.person).collect();
    noted(app, viewer, what, ("seance", plan.id.to_string()), &people).await
}

/// Notes that a file about a séance leaves.
///
/// # Errors
/// As [`noted`].
pub(super) async fn export_noted(app: &App, viewer: Option<PersonId>, plan: &Seance) -> Result<(), Refused> {
    let sheet = super::attendance::sheet_of(app, plan).await?;
    sheet_noted(app, viewer, Viewed::Export, plan, &sheet).await
}

/// Notes that somebody looks at the hours of a session, or takes them along.
///
/// # Errors
/// As [`noted`].
pub(super) async fn hours_noted(
    app: &App,
    asker: &Asker,
    what: Viewed,
    id: SessionFormationId,
    hours: &SessionHours,
) -> Result<(), Refused> {
    let people: Vec<PersonId> = hours.rows.iter().map(|row| row.person).collect();
    noted(app, asker.person(), what, ("session_formation", id.to_string()), &people).await
}

/// Notes that somebody else looks at one person's data.
///
/// # Errors
/// As [`noted`].
pub(super) async fn person_noted(
    app: &App,
    asker: &Asker,
    what: Viewed,
    scope: (&'static str, String),
    person: PersonId,
) -> Result<(), Refused> {
    noted(app, asker.person(), what, scope, &[person]).await
}
