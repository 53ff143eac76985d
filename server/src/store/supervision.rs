//! Teachers and what they follow, for inspectors and statistics: a few queries, whatever the number of people.

use std::collections::{BTreeMap, BTreeSet};

use signaling::{
    enrolment::collation,
    hours::{
        Minutes,
        report::ExceptionKind,
        supervision::{Attested, Following, Offer},
        training::{Parts, Registration},
    },
    id::{ParcoursId, PersonId, SessionFormationId},
    parcours::{Parcours, SessionFormation},
    person::Person,
};
use sqlx::{Any, AnyPool, Row, any::AnyRow};

use super::{
    Store, StoreError, parcours,
    person::{COLUMNS, identified, read},
    session_formation,
};

/// Whose teachers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Supervised {
    /// Everybody; then the lists say nothing.
    pub everywhere: bool,
    /// Short names of academies.
    pub academies: Vec<String>,
    pub circonscriptions: Vec<String>,
    /// Of these, only the people of that circonscription.
    pub only: Option<String>,
}

/// What they follow.
#[derive(Debug, Clone, Default)]
pub struct Taught {
    /// By name in French order.
    pub people: Vec<Person>,
    pub offers: BTreeMap<SessionFormationId, Offer>,
    pub followed: BTreeMap<PersonId, BTreeMap<SessionFormationId, Following>>,
}

impl Supervised {
    /// The condition on `person`, with its values from `$1` on. An erased identity is nobody's any more.
    fn condition(&self) -> (String, Vec<&str>) {
        let mut values: Vec<&str> = Vec::new();
        let mut within = Vec::new();
        for (column, names) in [("academy", &self.academies), ("circonscription", &self.circonscriptions)] {
            if names.is_empty() {
                continue;
            }
            let places: Vec<String> = names
                .iter()
                .map(|name| {
                    values.push(name);
                    format!("${}", values.len())
                })
                .collect();
            within.push(format!("person.{column} IN ({})", places.join(", ")));
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
            values.push(only);
            condition += &format!(" AND person.circonscription = ${}", values.len());
        }
        (condition, values)
    }
}

/// Rows of a query with those values.
async fn rows(pool: &AnyPool, sql: String, values: &[&str]) -> Result<Vec<AnyRow>, StoreError> {
    let mut query: sqlx::query::Query<'_, Any, _> = sqlx::query(sqlx::AssertSqlSafe(sql));
    for value in values {
        query = query.bind((*value).to_owned());
    }
    Ok(query.fetch_all(pool).await?)
}

impl Store {
    /// Those teachers, and what they follow that ends in the calendar year or in the next one: every school year that
    /// begins in it lies within.
    ///
    /// # Errors
    /// The database does not answer, or a row was damaged.
    pub async fn taught(&self, whose: &Supervised, year: i16) -> Result<Taught, StoreError> {
        let (condition, mut values) = whose.condition();
        let sql = format!("SELECT {COLUMNS} FROM person WHERE {condition}");
        let found = rows(&self.pool, sql, &values).await?;
        let mut people = found.iter().map(read).collect::<Result<Vec<Person>, _>>()?;
        people.sort_by_cached_key(|person| (collation(&person.last_name, &person.first_name), person.id));
        // Days are ISO texts: their order is that of time.
        let (from, to) = (format!("{year:04}-01-01"), format!("{:04}-12-31", year.saturating_add(1)));
        let during = format!("f.ends_on BETWEEN ${} AND ${}", values.len() + 1, values.len() + 2);
        let offers = self.offers(&from, &to).await?;
        values.extend([from.as_str(), to.as_str()]);
        let followed = self.followings(&condition, &during, &values).await?;
        Ok(Taught { people, offers, followed })
    }

    /// The sessions that end between two days, with their trainers.
    async fn offers(&self, from: &str, to: &str) -> Result<BTreeMap<SessionFormationId, Offer>, StoreError> {
        let sql = "SELECT * FROM parcours WHERE id IN \
             (SELECT parcours_id FROM session_formation WHERE ends_on BETWEEN $1 AND $2)";
        let mut designs: BTreeMap<ParcoursId, Parcours> = BTreeMap::new();
        for row in rows(&self.pool, sql.to_owned(), &[from, to]).await? {
            let parcours = parcours::read(&row)?;
            designs.insert(parcours.id, parcours);
        }
        let sql = "SELECT * FROM session_formation WHERE ends_on BETWEEN $1 AND $2";
        let mut offers = BTreeMap::new();
        for row in rows(&self.pool, sql.to_owned(), &[from, to]).await? {
            let session = session_formation::read(&row)?;
            let Some(design) = designs.get(&session.parcours) else { continue };
            offers.insert(session.id, offer(session, design));
        }
        self.name_trainers_of(&mut offers, from, to).await?;
        Ok(offers)
    }

    async fn name_trainers_of(
        &self,
        offers: &mut BTreeMap<SessionFormationId, Offer>,
        from: &str,
        to: &str,
    ) -> Result<(), StoreError> {
        let sql = "SELECT e.session_formation_id, person.last_name, person.first_name FROM session_enrolment e \
             JOIN person ON person.id = e.person_id JOIN session_formation f ON f.id = e.session_formation_id \
             WHERE e.role IN ('trainer', 'co_trainer') AND e.removed_ms IS NULL AND f.ends_on BETWEEN $1 AND $2 \
             UNION SELECT f.id AS session_formation_id, person.last_name, person.first_name FROM enrolment e \
             JOIN person ON person.id = e.person_id JOIN seance ON seance.id = e.seance_id \
             JOIN session_formation f ON f.id = seance.session_formation_id \
             WHERE e.role IN ('trainer', 'co_trainer') AND e.removed_ms IS NULL AND f.ends_on BETWEEN $1 AND $2";
        let mut names: Vec<(SessionFormationId, String, String)> = Vec::new();
        for row in rows(&self.pool, sql.to_owned(), &[from, to]).await? {
            let (last, first) = (row.try_get("last_name")?, row.try_get("first_name")?);
            names.push((identified(&row, "session_formation_id")?, last, first));
        }
        names.sort_by_cached_key(|(_, last, first)| collation(last, first));
        for (session, last, first) in names {
            let name = format!("{first} {}", last.to_uppercase()).trim().to_owned();
            if let Some(offer) = offers.get_mut(&session).filter(|_| !name.is_empty()) {
                offer.trainers.push(name);
            }
        }
        Ok(())
    }

    /// Who follows what as a trainee: enrolled in the session or in one of its séances, or with an attestation of it.
    async fn followings(
        &self,
        condition: &str,
        during: &str,
        values: &[&str],
    ) -> Result<BTreeMap<PersonId, BTreeMap<SessionFormationId, Following>>, StoreError> {
        let repeated = self.exceptions(ExceptionKind::Repeated).await?;
        let both = self.exceptions(ExceptionKind::DoubleRole).await?;
        let sql = format!(
            "SELECT e.person_id, f.id AS session_formation_id, e.source FROM session_enrolment e \
             JOIN session_formation f ON f.id = e.session_formation_id JOIN person ON person.id = e.person_id \
             WHERE {condition} AND {during} AND e.removed_ms IS NULL AND e.role = 'participant' \
             UNION SELECT e.person_id, f.id AS session_formation_id, e.source FROM enrolment e \
             JOIN seance ON seance.id = e.seance_id JOIN session_formation f ON f.id = seance.session_formation_id \
             JOIN person ON person.id = e.person_id \
             WHERE {condition} AND {during} AND e.removed_ms IS NULL AND e.role = 'participant'"
        );
        let mut followed: BTreeMap<PersonId, BTreeMap<SessionFormationId, Following>> = BTreeMap::new();
        for row in rows(&self.pool, sql, values).await? {
            let key = (identified(&row, "session_formation_id")?, identified(&row, "person_id")?);
            let nominative = row.try_get::<String, _>("source")? != "walkin";
            let following =
                followed.entry(key.1).or_default().entry(key.0).or_insert_with(|| following(key, &repeated));
            following.registration.nominative |= nominative;
        }
        let sql = format!(
            "SELECT a.person_id, a.session_formation_id, a.distance_min, a.presence_min, a.distance_attested, \
             a.presence_attested FROM attestation a JOIN session_formation f ON f.id = a.session_formation_id \
             JOIN person ON person.id = a.person_id WHERE {condition} AND {during} AND a.revoked_ms IS NULL"
        );
        for row in rows(&self.pool, sql, values).await? {
            let key = (identified(&row, "session_formation_id")?, identified(&row, "person_id")?);
            let following =
                followed.entry(key.1).or_default().entry(key.0).or_insert_with(|| following(key, &repeated));
            following.attested = Some(attested(&row)?);
            // A trainer of it whom a gestionnaire lets count as a trainee too stands on its list.
            following.registration.nominative |= both.contains(&key);
        }
        Ok(followed)
    }

    /// The circonscriptions that those teachers belong to, in order.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn circonscriptions(&self, whose: &Supervised) -> Result<Vec<String>, StoreError> {
        let (condition, values) = whose.condition();
        let sql = format!(
            "SELECT DISTINCT person.circonscription FROM person \
             WHERE {condition} AND person.circonscription <> '' ORDER BY person.circonscription"
        );
        let found = rows(&self.pool, sql, &values).await?;
        found.iter().map(|row| Ok(row.try_get("circonscription")?)).collect()
    }
}

fn offer(session: SessionFormation, design: &Parcours) -> Offer {
    Offer {
        session_formation: session.id,
        parcours: session.parcours,
        title: session.title,
        starts_on: session.starts_on,
        ends_on: session.ends_on,
        trainers: Vec::new(),
        announced: design.announced,
        mode: session.hours_mode,
        category: design.category,
        counted: design.counted,
    }
}

fn following(
    key: (SessionFormationId, PersonId),
    repeated: &BTreeSet<(SessionFormationId, PersonId)>,
) -> Following {
    Following {
        registration: Registration { nominative: false, double_role: false },
        repeated_accepted: repeated.contains(&key),
        attested: None,
    }
}

fn attested(row: &AnyRow) -> Result<Attested, StoreError> {
    let minutes = |column: &str| -> Result<Option<Minutes>, StoreError> {
        let minutes: Option<i64> = row.try_get(column)?;
        Ok(minutes.map(|minutes| Minutes(u32::try_from(minutes).unwrap_or(0))))
    };
    let flag = |column: &str| -> Result<bool, StoreError> { Ok(row.try_get::<i64, _>(column)? != 0) };
    Ok(Attested {
        parts: Parts { distance: flag("distance_attested")?, presence: flag("presence_attested")? },
        distance: minutes("distance_min")?,
        presence: minutes("presence_min")?,
    })
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use signaling::{
        enrolment::{EnrolmentRole, EnrolmentSource},
        id::AttestationId,
        parcours::{ParcoursDraft, SessionFormationDraft},
    };
    use uuid::Uuid;

    use super::{super::Gathering, *};
    use crate::{
        clock::mint,
        store::{Act, Attestation},
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
            distance: Some(Minutes(180)),
            presence: None,
            attested: Parts { distance: true, presence: false },
            by_hand: false,
            reason: String::new(),
            author,
            at: NOW,
            revoked_at: None,
            verify_code: id.to_string(),
            act,
            leaf_index: 0,
            leaf: String::new(),
            salt: String::new(),
            line: None,
        };
        assert!(store.attest(&signed, &[one]).await.unwrap());
        id
    }

    fn of(academies: &[&str], circonscriptions: &[&str], only: Option<&str>) -> Supervised {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Supervised {
            everywhere: false,
            academies: owned(academies),
            circonscriptions: owned(circonscriptions),
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

        let ids = |taught: &Taught| taught.people.iter().map(|person| person.id).collect::<Vec<_>>();
        let found = store.taught(&of(&[], &["A"], None), 2026).await.unwrap();
        assert_eq!(ids(&found), [marie, zoe]);
        assert_eq!(found.offers.keys().copied().collect::<BTreeSet<_>>(), BTreeSet::from([here, there]));
        assert_eq!(found.offers[&here].trainers, ["Anne MARTIN"]);
        let hers = &found.followed[&marie];
        assert_eq!(hers.keys().copied().collect::<BTreeSet<_>>(), BTreeSet::from([here, there]));
        assert_eq!(hers[&here].attested.map(|one| one.distance), Some(Some(Minutes(180))));
        assert!(hers[&there].attested.is_none() && hers[&there].registration.nominative);
        assert!(!found.followed[&zoe][&there].registration.nominative);
        assert!(!found.followed.contains_key(&luc));

        assert_eq!(ids(&store.taught(&of(&["ac-versailles"], &[], None), 2026).await.unwrap()).len(), 3);
        let only = of(&["ac-versailles"], &["A"], Some("A"));
        assert_eq!(ids(&store.taught(&only, 2026).await.unwrap()), [marie, zoe]);
        let other = of(&["ac-lyon"], &[], Some("B"));
        assert!(store.taught(&other, 2026).await.unwrap().people.is_empty());
        assert!(store.taught(&of(&[], &[], None), 2026).await.unwrap().people.is_empty());
        let all = Supervised { everywhere: true, ..of(&["ac-lyon"], &["B"], None) };
        assert_eq!(ids(&store.taught(&all, 2026).await.unwrap()), [marie, luc, paul, zoe]);
        assert_eq!(store.circonscriptions(&all).await.unwrap(), ["A", "B"]);
        let lyon = of(&["ac-lyon"], &[], None);
        assert_eq!(store.circonscriptions(&lyon).await.unwrap(), ["A"]);

        store.revoke_attestation(attested, paul, NOW).await.unwrap();
        store.unenrol(Gathering::Session(there), marie, NOW).await.unwrap();
        let after = store.taught(&of(&[], &["A"], None), 2026).await.unwrap();
        assert!(after.followed[&marie][&here].attested.is_none());
        assert!(!after.followed[&marie].contains_key(&there));
        store.close().await;
    }
}
