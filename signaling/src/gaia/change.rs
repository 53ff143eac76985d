//! What an import changes: the files against what is known.

use std::{collections::HashMap, hash::Hash};

use super::{ExtPerson, ExtSession, Extract};

/// The rows of one academy that are in force.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    pub sessions: Vec<ExtSession>,
    pub trainers: Vec<ExtPerson>,
    pub trainees: Vec<ExtPerson>,
}

/// What becomes of the rows of one sort.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference<Row> {
    pub added: Vec<Row>,
    /// As they are now.
    pub changed: Vec<Row>,
    /// As they were. Nothing that hangs on them is lost.
    pub removed: Vec<Row>,
    pub same: usize,
}

/// What an import changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub sessions: Difference<ExtSession>,
    pub trainers: Difference<ExtPerson>,
    pub trainees: Difference<ExtPerson>,
}

/// Below so many rows a large share of them may well go at once.
const FEW: usize = 20;

impl<Row> Difference<Row> {
    /// More than half of what was known would go: files are more often cut short than offers are.
    pub(crate) fn is_collapse(&self) -> bool {
        let known = self.changed.len() + self.removed.len() + self.same;
        known >= FEW && self.removed.len() * 2 > known
    }
}

impl<Row: Clone + PartialEq> Difference<Row> {
    pub(crate) fn between<Key: Hash + Eq>(known: Vec<Row>, read: &[Row], key: impl Fn(&Row) -> Key) -> Self {
        let mut before: HashMap<Key, Row> = known.into_iter().map(|row| (key(&row), row)).collect();
        let mut found = Self { added: Vec::new(), changed: Vec::new(), removed: Vec::new(), same: 0 };
        for row in read {
            match before.remove(&key(row)) {
                None => found.added.push(row.clone()),
                Some(old) if old == *row => found.same += 1,
                Some(_) => found.changed.push(row.clone()),
            }
        }
        found.removed = before.into_values().collect();
        found
    }
}

impl Change {
    #[must_use]
    pub fn between(known: Known, read: &Extract) -> Self {
        let person = |row: &ExtPerson| (row.base.clone(), row.number, row.email.clone());
        Self {
            sessions: Difference::between(known.sessions, &read.sessions, |row| {
                (row.base.clone(), row.dispositif.clone(), row.module, row.session)
            }),
            trainers: Difference::between(known.trainers, &read.trainers, person),
            trainees: Difference::between(known.trainees, &read.trainees, person),
        }
    }

    /// More than half of the sessions, trainers or trainees would go.
    #[must_use]
    pub fn is_collapse(&self) -> bool {
        self.sessions.is_collapse() || self.trainers.is_collapse() || self.trainees.is_collapse()
    }
}
