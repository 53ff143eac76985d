//! A live link: enrolments of a séance that follow the lists of GAIA.

use std::collections::BTreeMap;

use super::{EnrolmentRole, EnrolmentSource};
use crate::id::PersonId;

/// Somebody on a list of GAIA that a séance follows. A trainer of the module stands here once for each linked session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Normalised.
    pub email: String,
    /// `CoTrainer` or `Participant`.
    pub role: EnrolmentRole,
    pub base: String,
    pub session: i64,
}

/// An enrolment of the séance as it stands, removed ones too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolled {
    pub person: PersonId,
    /// Normalised; empty when the person has none.
    pub email: String,
    pub role: EnrolmentRole,
    pub source: EnrolmentSource,
    /// The GAIA session that brought the person.
    pub base: Option<String>,
    pub session: Option<i64>,
    pub removed: bool,
}

/// What becomes of one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Follow {
    /// Enrolled, enrolled again, or with another role or session than before.
    Enrol(Listed),
    /// No list has the person any more.
    Remove(PersonId),
}

/// Makes the enrolments that came from GAIA those of the lists. Who was enrolled or removed by hand stays so. Somebody
/// on a list of trainers and on one of trainees is a trainer: one row, in the trainers' table.
#[must_use]
pub fn follow(listed: &[Listed], enrolled: &[Enrolled]) -> Vec<Follow> {
    let mut wanted: BTreeMap<&str, &Listed> = BTreeMap::new();
    for entry in listed {
        let kept = wanted.entry(&entry.email).or_insert(entry);
        if entry.role.leads() && !kept.role.leads() {
            *kept = entry;
        }
    }
    let mut out = Vec::new();
    for present in enrolled {
        let entry = wanted.remove(present.email.as_str());
        if present.source != EnrolmentSource::Gaia {
            continue;
        }
        match entry {
            None if !present.removed => out.push(Follow::Remove(present.person)),
            None => {}
            Some(entry) => {
                // The session that brought the person remains, as long as one of its lists has the person.
                let still = listed.iter().any(|other| {
                    other.email == present.email
                        && other.role == entry.role
                        && Some(&other.base) == present.base.as_ref()
                        && Some(other.session) == present.session
                });
                if present.removed || present.role != entry.role || !still {
                    out.push(Follow::Enrol(entry.clone()));
                }
            }
        }
    }
    out.extend(wanted.into_values().cloned().map(Follow::Enrol));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(email: &str, role: EnrolmentRole, session: i64) -> Listed {
        Listed { email: email.to_owned(), role, base: "ACAVER".to_owned(), session }
    }

    fn person(email: &str) -> PersonId {
        let number = email.bytes().fold(0, |sum: u128, byte| sum * 256 + u128::from(byte));
        PersonId(uuid::Uuid::from_u128(number))
    }

    fn enrolled(email: &str, source: EnrolmentSource, removed: bool) -> Enrolled {
        Enrolled {
            person: person(email),
            email: email.to_owned(),
            role: EnrolmentRole::Participant,
            source,
            base: Some("ACAVER".to_owned()),
            session: Some(1),
            removed,
        }
    }

    #[test]
    fn those_of_the_list_come_and_those_who_left_it_go() {
        use EnrolmentRole::{CoTrainer, Participant};
        use EnrolmentSource::{Gaia, Manual};
        let lists = [
            listed("new", Participant, 1),
            listed("both", Participant, 1),
            listed("both", CoTrainer, 1),
            listed("same", Participant, 2),
            listed("same", Participant, 1),
            listed("back", Participant, 1),
            listed("struck", Participant, 1),
            listed("moved", Participant, 2),
        ];
        let present = [
            enrolled("same", Gaia, false),
            enrolled("back", Gaia, true),
            enrolled("gone", Gaia, false),
            enrolled("long gone", Gaia, true),
            enrolled("by hand", Manual, false),
            enrolled("struck", Manual, true),
            enrolled("moved", Gaia, false),
        ];
        let acts = follow(&lists, &present);
        assert_eq!(
            acts,
            [
                Follow::Enrol(listed("back", Participant, 1)),
                Follow::Remove(person("gone")),
                Follow::Enrol(listed("moved", Participant, 2)),
                Follow::Enrol(listed("both", CoTrainer, 1)),
                Follow::Enrol(listed("new", Participant, 1)),
            ]
        );
        assert!(follow(&[], &[]).is_empty());
    }
}
