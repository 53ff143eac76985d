//! Whether a correction may be written: the rules that hold whoever asks, the lock, and what others did meanwhile.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{Change, Correction, Ledger, MAX_ROWS, MAX_TEXT, Reason, SharedRoom};
use crate::attendance::{PresenceRow, PresenceSheet, Status};
use crate::id::PersonId;
use crate::seance::Threshold;

/// Longest time that can be declared, minutes: two whole days of training.
pub const MAX_DECLARED_MIN: u32 = 2 * 24 * 60;

/// Who asks, and when.
#[derive(Debug, Clone, Copy)]
pub struct Permit {
    /// A gestionnaire of the academy, or an administrator: not held by the lock of trainers.
    pub senior: bool,
    pub now: Timestamp,
}

/// Why a correction is not written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    #[error("the period in which trainers correct is over; ask the gestionnaire")]
    Locked,
    #[error("nothing of it has begun; only an absence can be excused before")]
    NotBegun,
    #[error("the session was archived; nothing of it is corrected any more")]
    Archived,
    #[error("somebody corrected the same row meanwhile; look at it and decide again")]
    Conflict,
    #[error("`{0}` cannot be accepted")]
    Invalid(&'static str),
    #[error("nobody by that identifier is on the sheet")]
    UnknownPerson,
}

/// The old values of a correction that may be written, row by row; none of them is written otherwise.
///
/// # Errors
/// Any [`Denied`].
pub fn permit(
    correction: &Correction,
    sheet: &PresenceSheet,
    ledger: &Ledger<'_>,
    permit: Permit,
) -> Result<Vec<(Option<PersonId>, Change)>, Denied> {
    if sheet.archived {
        return Err(Denied::Archived);
    }
    if !permit.senior && permit.now > sheet.locked_from {
        return Err(Denied::Locked);
    }
    plausible(correction)?;
    if says_who_was_there(correction.change) && !has_begun(sheet, permit.now) {
        return Err(Denied::NotBegun);
    }
    let olds = match correction.change {
        Change::Threshold(_) => vec![(None, Change::Threshold(sheet.threshold))],
        Change::Attach(target) => vec![attach(correction, target, sheet, ledger)?],
        Change::Status(_) | Change::DeclaredMinutes(_) | Change::Excuse(_) => {
            let old = |person: &PersonId| {
                let row = row(sheet, *person)?;
                Ok((Some(*person), held(row, correction.change)))
            };
            correction.people.iter().map(old).collect::<Result<_, _>>()?
        }
    };
    let target = match correction.change {
        Change::Attach(target) => target,
        Change::Status(_) | Change::DeclaredMinutes(_) | Change::Excuse(_) | Change::Threshold(_) => None,
    };
    let mut touched = olds.iter().map(|(person, _)| *person).chain(target.map(Some));
    if touched.any(|person| ledger.is_changed_since(person, correction.seen)) {
        return Err(Denied::Conflict);
    }
    Ok(olds)
}

/// The shared room as a correction of all these rows.
///
/// # Errors
/// [`Denied`]: nobody was at that connection, or it says no minutes.
pub fn shared_room(asked: &SharedRoom, sheet: &PresenceSheet) -> Result<Correction, Denied> {
    let shared = row(sheet, asked.shared)?;
    let minutes = asked.minutes.unwrap_or(shared.minutes);
    if minutes == 0 {
        return Err(Denied::Invalid("minutes"));
    }
    if asked.people.contains(&asked.shared) {
        return Err(Denied::Invalid("people"));
    }
    Ok(Correction {
        people: asked.people.clone(),
        change: Change::DeclaredMinutes(Some(minutes)),
        reason: Reason::SallePartagee,
        text: asked.text.clone(),
        seen: asked.seen,
    })
}

/// True of what nobody can know of a séance to come. An absence that is foreseen is excused before.
fn says_who_was_there(change: Change) -> bool {
    match change {
        Change::Status(status) => status.is_some(),
        Change::DeclaredMinutes(minutes) => minutes.is_some(),
        Change::Attach(_) | Change::Excuse(_) | Change::Threshold(_) => false,
    }
}

/// A half-day may be held before its séance.
fn has_begun(sheet: &PresenceSheet, now: Timestamp) -> bool {
    let starts = sheet.half_days.iter().map(|day| day.starts_at).chain([sheet.window_start]);
    sheet.closed || starts.min().is_none_or(|first| first <= now)
}

/// What can be said without the sheet.
fn plausible(correction: &Correction) -> Result<(), Denied> {
    if correction.text.chars().count() > MAX_TEXT {
        return Err(Denied::Invalid("text"));
    }
    let distinct: BTreeSet<_> = correction.people.iter().collect();
    let rows = correction.people.len();
    let rows_fit = match correction.change {
        Change::Threshold(_) => rows == 0,
        Change::Attach(_) => rows == 1,
        Change::Status(_) | Change::DeclaredMinutes(_) | Change::Excuse(_) => (1..=MAX_ROWS).contains(&rows),
    };
    if !rows_fit || distinct.len() != rows {
        return Err(Denied::Invalid("people"));
    }
    let sensible = match correction.change {
        Change::Status(status) => matches!(status, None | Some(Status::Present | Status::Absent)),
        Change::DeclaredMinutes(minutes) => minutes.is_none_or(|minutes| minutes <= MAX_DECLARED_MIN),
        Change::Threshold(Threshold::Fixed(minutes)) => minutes <= MAX_DECLARED_MIN,
        Change::Threshold(Threshold::Auto) | Change::Attach(_) | Change::Excuse(_) => true,
    };
    if sensible { Ok(()) } else { Err(Denied::Invalid("new")) }
}

/// Only a row that is not expected is attached, and only to an expected one.
fn attach(
    correction: &Correction,
    target: Option<PersonId>,
    sheet: &PresenceSheet,
    ledger: &Ledger<'_>,
) -> Result<(Option<PersonId>, Change), Denied> {
    let guest = *correction.people.first().ok_or(Denied::Invalid("people"))?;
    let held = ledger.attached().get(&guest).copied();
    match target {
        Some(target) => {
            if held.is_none() && row(sheet, guest)?.enrolled {
                return Err(Denied::Invalid("people"));
            }
            if !row(sheet, target)?.enrolled || target == guest {
                return Err(Denied::Invalid("new"));
            }
        }
        None if held.is_none() => return Err(Denied::Invalid("people")),
        None => {}
    }
    Ok((Some(guest), Change::Attach(held)))
}

/// What holds now of what is to be changed.
fn held(row: &PresenceRow, change: Change) -> Change {
    match change {
        Change::Status(_) => Change::Status(Some(row.decided)),
        Change::DeclaredMinutes(_) => Change::DeclaredMinutes(row.declared_min),
        Change::Excuse(_) => Change::Excuse(row.decided == Status::Excuse),
        Change::Attach(_) | Change::Threshold(_) => change,
    }
}

fn row(sheet: &PresenceSheet, person: PersonId) -> Result<&PresenceRow, Denied> {
    sheet.rows.iter().find(|row| row.person == person).ok_or(Denied::UnknownPerson)
}
