//! Whose hours somebody may follow, and who leads what they follow: a few queries, whatever the number of people.

use std::collections::BTreeMap;

use signaling::{enrolment::collation, id::SessionFormationId, person::Person};
use sqlx::Row;

use super::{
    Store, StoreError,
    person::{COLUMNS, identified, read},
};

/// A circonscription: names repeat among academies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Circonscription {
    /// Short name.
    pub academy: String,
    /// Name or code, as its teachers have it.
    pub name: String,
}

/// Whose teachers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Supervised {
    /// Everybody; then the lists say nothing.
    pub everywhere: bool,
    /// Short names of academies.
    pub academies: Vec<String>,
    pub circonscriptions: Vec<Circonscription>,
    /// Of these, only the people of that circonscription.
    pub only: Option<String>,
}

impl Supervised {
    /// The condition on `person`, with its values from `$1` on. An erased identity is nobody's any more.
    pub(super) fn condition(&self) -> (String, Vec<String>) {
        let mut values: Vec<String> = Vec::new();
        let mut within = Vec::new();
        for academy in &self.academies {
            values.push(academy.clone());
            within.push(format!("person.academy = ${}", values.len()));
        }
        for Circonscription { academy, name } in &self.circonscriptions {
            values.extend([academy.clone(), name.clone()]);
            let (of, named) = (values.len() - 1, values.len());
            within.push(format!("person.academy = ${of} AND person.circonscription = ${named}"));
        }
        let reach = match (self.everywhere, within.is_empty()) {
            (true, _) => {
                values.clear();
                "1 = 1".to_owned()
            }
            (false, true) => "1 = 0".to_owned(),
            (false, false) => within.join(" OR "),
        };
        let mut condition = format!("person.erased_ms IS NULL AND ({reach})");
        if let Some(only) = &self.only {
            values.push(only.clone());
            condition += &format!(" AND person.circonscription = ${}", values.len());
        }
        (condition, values)
    }
}

/// Who leads a session, or one of its séances.
const LEADING: &str = "SELECT e.session_formation_id, person.last_name, person.first_name FROM session_enrolment e \
     JOIN person ON person.id = e.person_id WHERE e.role IN ('trainer', 'co_trainer') AND e.removed_ms IS NULL \
     UNION SELECT seance.session_formation_id, person.last_name, person.first_name FROM enrolment e \
     JOIN person ON person.id = e.person_id JOIN seance ON seance.id = e.seance_id \
     WHERE e.role IN ('trainer', 'co_trainer') AND e.removed_ms IS NULL AND seance.session_formation_id IS NOT NULL";

impl Store {
    /// Those people, by name in French order.
    ///
    /// # Errors
    /// The database does not answer, or a row was damaged.
    pub async fn supervised(&self, whose: &Supervised) -> Result<Vec<Person>, StoreError> {
        let (condition, values) = whose.condition();
        let rows = self.rows(format!("SELECT {COLUMNS} FROM person WHERE {condition}"), &values).await?;
        let mut people = rows.iter().map(read).collect::<Result<Vec<Person>, _>>()?;
        people.sort_by_cached_key(|person| (collation(&person.last_name, &person.first_name), person.id));
        Ok(people)
    }

    /// The names of those who lead each session, in French order: `Paul MARTIN`.
    ///
    /// # Errors
    /// The database does not answer, or a row was damaged.
    pub async fn leading(&self) -> Result<BTreeMap<SessionFormationId, Vec<String>>, StoreError> {
        let mut found: Vec<(SessionFormationId, String, String)> = Vec::new();
        for row in self.rows(LEADING.to_owned(), &[]).await? {
            let (last, first) = (row.try_get("last_name")?, row.try_get("first_name")?);
            found.push((identified(&row, "session_formation_id")?, last, first));
        }
        found.sort_by_cached_key(|(_, last, first)| collation(last, first));
        let mut leading: BTreeMap<SessionFormationId, Vec<String>> = BTreeMap::new();
        for (session, last, first) in found {
            let name = format!("{first} {}", last.to_uppercase()).trim().to_owned();
            if !name.is_empty() {
                leading.entry(session).or_default().push(name);
            }
        }
        Ok(leading)
    }

    /// The circonscriptions that those people belong to, in order.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn circonscriptions(&self, whose: &Supervised) -> Result<Vec<String>, StoreError> {
        let (condition, values) = whose.condition();
        let sql = format!(
            "SELECT DISTINCT person.circonscription FROM person \
             WHERE {condition} AND person.circonscription <> '' ORDER BY person.circonscription"
        );
        let rows = self.rows(sql, &values).await?;
        rows.iter().map(|row| Ok(row.try_get("circonscription")?)).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::Timestamp;
    use signaling::{
        enrolment::{EnrolmentRole, EnrolmentSource},
        hours::{
            Minutes,
            training::{Hours, Parts},
        },
        id::{AttestationId, ParcoursId, PersonId},
        parcours::{Parcours, ParcoursDraft, SessionFormation, SessionFormationDraft},
    };
    use uuid::Uuid;

    use super::*;
    use crate::{
        clock::mint,
        store::{Act, Attestation, Gathering, Replaced, Whose},
    };

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    async fn makes(store: &Store, last: &str, academy: &str, circonscription: &str) -> PersonId {
        let mut person = Person::named(PersonId(mint()), None, last, "Anne");
        academy.clone_into(&mut person.academy);
        circonscription.clone_into(&mut person.circonscription);
        store.put_person(&person, NOW).await.unwrap();
        person.id
    }

    async fn offers(store: &Store, academy: &str, ends_on: &str) -> SessionFormationId {
        let draft = ParcoursDraft {
            title: Some("Calcul mental".to_owned()),
            distance_min: Some(Some(180)),
            presence_min: Some(None),
            ..ParcoursDraft::default()
        };
        let parcours = Parcours::new(ParcoursId(mint()), academy, &draft).unwrap();
        store.put_parcours(&parcours, NOW).await.unwrap();
        let day = Some(ends_on.parse().unwrap());
        let draft =
            SessionFormationDraft { starts_on: day, ends_on: day, ..SessionFormationDraft::default() };
        let session = SessionFormation::new(SessionFormationId(mint()), &parcours, &draft).unwrap();
        store.put_session_formation(&session, NOW).await.unwrap();
        session.id
    }

    async fn enrols(store: &Store, session: SessionFormationId, person: PersonId, role: EnrolmentRole) {
        let (to, source) = (Gathering::Session(session), EnrolmentSource::Manual);
        store.enrol_person(to, person, role, source, NOW).await.unwrap();
    }

    async fn attests(store: &Store, session: SessionFormationId, person: PersonId) -> AttestationId {
        let (id, act) = (AttestationId(mint()), mint());
        let author = PersonId(Uuid::nil());
        let signed = Act {
            id: act,
            session_formation: session,
            author,
            at: NOW,
            root: String::new(),
            public_key: String::new(),
            signature: String::new(),
        };
        let one = Attestation {
            id,
            number: id.to_string(),
            session_formation: session,
            person,
            hours: Hours::Counted { distance: Minutes(180), presence: Minutes::ZERO },
            days: Vec::new(),
            attested: Parts { distance: true, presence: false },
            proposed: Parts { distance: true, presence: false },
            by_hand: false,
            reason: String::new(),
            author,
            at: NOW,
            revoked: None,
            verify_code: id.to_string(),
            act,
            leaf_index: 0,
            leaf: String::new(),
            salt: String::new(),
            line: None,
        };
        assert!(store.attest(&signed, &[Replaced { attestation: one, before: None }]).await.unwrap());
        id
    }

    /// Of these academies, and of these circonscriptions of Versailles.
    fn of(academies: &[&str], circonscriptions: &[&str], only: Option<&str>) -> Supervised {
        let inspected =
            |name: &&str| Circonscription { academy: "ac-versailles".to_owned(), name: (*name).to_owned() };
        Supervised {
            everywhere: false,
            academies: academies.iter().map(|name| (*name).to_owned()).collect(),
            circonscriptions: circonscriptions.iter().map(inspected).collect(),
            only: only.map(str::to_owned),
        }
    }

    #[tokio::test]
    async fn everybody_of_the_reach_and_what_they_follow_is_found() {
        let data = tempfile::tempdir().unwrap();
        let store = Store::open(data.path()).await.unwrap();
        let marie = makes(&store, "DURAND", "ac-versailles", "A").await;
        let luc = makes(&store, "ÉVRARD", "ac-versailles", "B").await;
        let zoe = makes(&store, "ZOLA", "ac-lyon", "A").await;
        let paul = makes(&store, "MARTIN", "ac-versailles", "").await;
        let here = offers(&store, "ac-versailles", "2026-12-01").await;
        let there = offers(&store, "ac-lyon", "2027-02-01").await;
        let before = offers(&store, "ac-versailles", "2025-12-31").await;
        for (session, person) in [(here, marie), (there, marie), (before, marie), (here, luc)] {
            enrols(&store, session, person, EnrolmentRole::Participant).await;
        }
        enrols(&store, here, paul, EnrolmentRole::Trainer).await;
        let attested = attests(&store, here, marie).await;
        // Of a session that nobody enrolled her in.
        attests(&store, there, zoe).await;

        let people = async |whose: &Supervised| {
            let found = store.supervised(whose).await.unwrap();
            found.iter().map(|person| person.id).collect::<Vec<_>>()
        };
        let inspected = of(&[], &["A"], None);
        assert_eq!(people(&inspected).await, [marie], "Zoé is of a circonscription of the same name in Lyon");
        let lyon = of(&["ac-lyon"], &["A"], None);
        let follows = async || {
            let found = store.followed(Whose::Within(&lyon)).await.unwrap();
            let each = found.into_iter().map(|one| ((one.person, one.session_formation), one));
            each.collect::<BTreeMap<_, _>>()
        };
        let found = follows().await;
        let keys: BTreeSet<_> = found.keys().copied().collect();
        let expected = [(marie, here), (marie, there), (marie, before), (zoe, there)];
        assert_eq!(keys, BTreeSet::from(expected));
        let hers = &found[&(marie, here)];
        let parts = Parts { distance: true, presence: false };
        assert_eq!((hers.act.map(Hours::total), hers.told), (Some(Minutes(180)), Some(parts)));
        assert!(found[&(marie, there)].act.is_none() && found[&(marie, there)].nominative);
        assert!(!found[&(zoe, there)].nominative);
        assert_eq!(store.leading().await.unwrap(), BTreeMap::from([(here, vec!["Anne MARTIN".to_owned()])]));

        assert_eq!(people(&of(&["ac-versailles"], &[], None)).await, [marie, luc, paul]);
        assert_eq!(people(&of(&["ac-lyon"], &["A"], Some("A"))).await, [marie, zoe]);
        assert_eq!(people(&of(&["ac-lyon"], &[], Some("B"))).await, []);
        assert_eq!(people(&of(&[], &[], None)).await, []);
        let all = Supervised { everywhere: true, ..of(&["ac-lyon"], &["B"], None) };
        assert_eq!(people(&all).await, [marie, luc, paul, zoe]);
        assert_eq!(store.circonscriptions(&all).await.unwrap(), ["A", "B"]);
        assert_eq!(store.circonscriptions(&of(&["ac-lyon"], &[], None)).await.unwrap(), ["A"]);

        store.revoke_attestation((here, attested), paul, "Erreur.", NOW).await.unwrap();
        store.unenrol(Gathering::Session(there), marie, NOW).await.unwrap();
        let after = follows().await;
        assert!(after[&(marie, here)].act.is_none());
        assert!(!after.contains_key(&(marie, there)));
        store.close().await;
    }
}
