//! Who follows which session of a parcours, and what was attested of it: for annual accounts, inspectors and statistics.
//! No journal is read for that.

use std::collections::{BTreeMap, BTreeSet};

use signaling::{
    hours::{
        Minutes,
        training::{DayCredit, Hours, Parts},
    },
    id::{ParcoursId, PersonId, SessionFormationId},
    parcours::{Parcours, SessionFormation},
};
use sqlx::{Row, any::AnyRow};

use super::{Store, StoreError, parcours, person::identified, session_formation, supervision::Supervised};

/// Identifiers asked for at once: fewer than any database refuses.
const AT_ONCE: usize = 400;

/// Whose sessions are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose<'w> {
    Person(PersonId),
    Within(&'w Supervised),
}

impl Whose<'_> {
    /// The condition on `person`, with its values from `$1` on.
    fn condition(self) -> (String, Vec<String>) {
        match self {
            Self::Person(id) => ("person.id = $1".to_owned(), vec![id.to_string()]),
            Self::Within(reach) => reach.condition(),
        }
    }
}

/// Somebody follows a session as a trainee, or did and holds an attestation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Following {
    pub person: PersonId,
    pub session_formation: SessionFormationId,
    /// Enrolled by name.
    pub nominative: bool,
    /// What the attestation that holds counts for.
    pub act: Option<Hours>,
    /// Day by day, where it was made in the mode `par_seance`.
    pub days: Vec<DayCredit>,
    /// The parts that it tells of.
    pub told: Option<Parts>,
}

impl Store {
    /// The sessions they follow, by person and session. Somebody who leads one too follows it once a gestionnaire
    /// accepted that.
    ///
    /// # Errors
    /// The database does not answer, or a row was damaged.
    pub async fn followed(&self, whose: Whose<'_>) -> Result<Vec<Following>, StoreError> {
        let (condition, values) = whose.condition();
        let enrolled = format!(
            "SELECT e.person_id, e.session_formation_id, e.source FROM session_enrolment e \
             JOIN person ON person.id = e.person_id \
             WHERE {condition} AND e.removed_ms IS NULL AND e.role = 'participant' \
             UNION SELECT e.person_id, seance.session_formation_id, e.source FROM enrolment e \
             JOIN seance ON seance.id = e.seance_id JOIN person ON person.id = e.person_id \
             WHERE {condition} AND e.removed_ms IS NULL AND e.role = 'participant' \
             AND seance.session_formation_id IS NOT NULL \
             UNION SELECT x.person_id, x.session_formation_id, 'manual' AS source FROM hours_exception x \
             JOIN person ON person.id = x.person_id WHERE {condition} AND x.kind = 'double_role'"
        );
        let mut found: BTreeMap<(PersonId, SessionFormationId), Following> = BTreeMap::new();
        let rows = self.rows(enrolled, &values).await?;
        for row in &rows {
            let walk_in = row.try_get::<String, _>("source")? == "walkin";
            following(&mut found, row)?.nominative |= !walk_in;
        }
        let attested = format!(
            "SELECT a.person_id, a.session_formation_id, a.distance_min, a.presence_min, a.distance_attested, \
             a.presence_attested, a.days FROM attestation a JOIN person ON person.id = a.person_id \
             WHERE {condition} AND a.revoked_ms IS NULL"
        );
        let rows = self.rows(attested, &values).await?;
        for row in &rows {
            let following = following(&mut found, row)?;
            (following.act, following.told) = (Some(counted(row)?), Some(told(row)?));
            following.days = days(row)?;
        }
        Ok(found.into_values().collect())
    }

    /// Those sessions with their parcours.
    ///
    /// # Errors
    /// The database does not answer, or a row was damaged.
    pub async fn deliveries(
        &self,
        sessions: &BTreeSet<SessionFormationId>,
    ) -> Result<BTreeMap<SessionFormationId, (SessionFormation, Parcours)>, StoreError> {
        let ids: Vec<String> = sessions.iter().map(ToString::to_string).collect();
        let rows = self.by_identifier("session_formation", &ids).await?;
        let sessions = rows.iter().map(session_formation::read).collect::<Result<Vec<_>, _>>()?;
        let of: BTreeSet<ParcoursId> = sessions.iter().map(|session| session.parcours).collect();
        let ids: Vec<String> = of.iter().map(ToString::to_string).collect();
        let rows = self.by_identifier("parcours", &ids).await?;
        let designs = rows.iter().map(|row| parcours::read(row).map(|one| (one.id, one)));
        let designs = designs.collect::<Result<BTreeMap<_, _>, _>>()?;
        let both = |session: SessionFormation| {
            designs.get(&session.parcours).map(|design| (session.id, (session, design.clone())))
        };
        Ok(sessions.into_iter().filter_map(both).collect())
    }

    async fn by_identifier(&self, table: &str, ids: &[String]) -> Result<Vec<AnyRow>, StoreError> {
        let mut rows = Vec::new();
        for some in ids.chunks(AT_ONCE) {
            let places: Vec<String> = (1..=some.len()).map(|place| format!("${place}")).collect();
            let sql = format!("SELECT * FROM {table} WHERE id IN ({})", places.join(", "));
            rows.extend(self.rows(sql, some).await?);
        }
        Ok(rows)
    }

    /// The rows of a query with those values.
    pub(super) async fn rows(&self, sql: String, values: &[String]) -> Result<Vec<AnyRow>, StoreError> {
        let mut query = sqlx::query(sqlx::AssertSqlSafe(sql));
        for value in values {
            query = query.bind(value);
        }
        Ok(query.fetch_all(&self.pool).await?)
    }
}

fn following<'f>(
    found: &'f mut BTreeMap<(PersonId, SessionFormationId), Following>,
    row: &AnyRow,
) -> Result<&'f mut Following, StoreError> {
    let (person, session_formation) =
        (identified(row, "person_id")?, identified(row, "session_formation_id")?);
    let new = || Following {
        person,
        session_formation,
        nominative: false,
        act: None,
        days: Vec::new(),
        told: None,
    };
    Ok(found.entry((person, session_formation)).or_insert_with(new))
}

/// The days of an attestation.
pub(super) fn days(row: &AnyRow) -> Result<Vec<DayCredit>, StoreError> {
    let text: String = row.try_get("days")?;
    if text.is_empty() {
        return Ok(Vec::new());
    }
    serde_json::from_str(&text).map_err(|_| StoreError::Damaged { column: "days".to_owned(), text })
}

/// What an attestation counts for.
pub(super) fn counted(row: &AnyRow) -> Result<Hours, StoreError> {
    let minutes = |column: &str| -> Result<Option<Minutes>, StoreError> {
        let minutes: Option<i64> = row.try_get(column)?;
        Ok(minutes.map(|minutes| Minutes(u32::try_from(minutes).unwrap_or(0))))
    };
    let told = told(row)?;
    Ok(match (minutes("distance_min")?, minutes("presence_min")?) {
        (None, None) => Hours::NotFilled { attested: told.distance || told.presence },
        (distance, presence) => {
            Hours::Counted { distance: distance.unwrap_or_default(), presence: presence.unwrap_or_default() }
        }
    })
}

/// The parts that an attestation tells of.
fn told(row: &AnyRow) -> Result<Parts, StoreError> {
    let flag = |column: &str| -> Result<bool, StoreError> { Ok(row.try_get::<i64, _>(column)? != 0) };
    Ok(Parts { distance: flag("distance_attested")?, presence: flag("presence_attested")? })
}
