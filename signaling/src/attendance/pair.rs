//! Two rows that bear one name (case F10): somebody expected who seems to be absent, and the same person come by another
//! way. A name proves nothing, so they are only proposed to whoever may attach the one to the other.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{PresenceRow, Table, alphabetical};
use crate::correction::{Change, Ledger};
use crate::id::PersonId;

/// Somebody who is not expected, and who bears the name of one person who is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "attendance.ts"))]
#[serde(rename_all = "camelCase")]
pub struct Pair {
    pub guest: PersonId,
    pub to: PersonId,
}

/// The pairs to propose. Where two expected people bear the name nobody can tell whom it means, and what somebody took
/// back is not proposed again.
pub(super) fn pairs(rows: &[PresenceRow], ledger: &Ledger<'_>) -> Vec<Pair> {
    let participants = || rows.iter().filter(|row| row.table == Table::Participants);
    let mut expected: BTreeMap<String, BTreeSet<PersonId>> = BTreeMap::new();
    for row in participants().filter(|row| row.enrolled) {
        expected.entry(folded(&row.name)).or_default().insert(row.person);
    }
    let decided = |guest: &PresenceRow| {
        let mut written = ledger.of(guest.person).iter();
        written.any(|one| one.person == Some(guest.person) && matches!(one.new, Change::Attach(_)))
    };
    let mut found = Vec::new();
    for guest in participants().filter(|row| !row.enrolled && !decided(row)) {
        let name = folded(&guest.name);
        let bearers = expected.get(&name).filter(|bearers| bearers.len() == 1 && !name.is_empty());
        found.extend(bearers.into_iter().flatten().map(|to| Pair { guest: guest.person, to: *to }));
    }
    found
}

/// The words of a name without case, accents, hyphens and order: "DURAND Marie" is "Marie Durand".
fn folded(name: &str) -> String {
    let plain = alphabetical(name);
    let mut words: Vec<&str> =
        plain.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
    words.sort_unstable();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::folded;

    #[test]
    fn a_name_is_the_same_in_any_order_and_spelling() {
        assert_eq!(folded("Marie DURAND"), folded("durand, marie"));
        assert_eq!(folded("Anne-Élise D’ANGELO"), folded("D'Angelo Anne Elise"));
        assert_ne!(folded("Marie Durand"), folded("Marie Durant"));
        assert_eq!(folded(" – "), "");
    }
}
