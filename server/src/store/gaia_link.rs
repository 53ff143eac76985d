//! Séances that follow lists of GAIA: links n to n, and the enrolments that come from them.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use jiff::Timestamp;
use signaling::{
    attendance::Log,
    enrolment::{Enrolled, EnrolmentRole, EnrolmentSource, Follow, Listed, follow},
    gaia::ExtSession,
    id::{PersonId, SeanceId},
    journal::Fact,
};
use sqlx::{AnyConnection, Row, any::AnyRow};

use super::{
    Store, StoreError,
    acquaintance::{Newcomer, acquainted},
    enrolment::{Gathering, Origin, hold, put, strike_unlisted, worded},
    expected::name_trainers,
    gaia_search::{ExtKey, ExtLink, LINKED, link},
    person::identified,
};

/// Somebody on a list of a linked session.
#[derive(Debug)]
struct GaiaLine {
    email: String,
    /// `CoTrainer` or `Participant`.
    role: EnrolmentRole,
    last_name: String,
    first_name: String,
    /// Short name of the academy whose files have the person.
    academy: String,
    base: String,
    session: i64,
}

/// How a séance follows a session of GAIA.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Linking {
    /// Its trainers are enrolled too.
    pub with_trainers: bool,
    /// The group under which its trainees stand; empty for none.
    pub group: String,
    /// Trainees whom no followed list names are struck off.
    pub overwrite: bool,
    /// Nothing is changed: only what would be is told.
    pub preview: bool,
}

/// A session that a séance follows, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeanceLink {
    pub to: ExtLink,
    pub with_trainers: bool,
    pub group: String,
}

/// What following the lists changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Followed {
    pub enrolled: u64,
    pub unenrolled: u64,
    /// Of those who came to a séance unexpected, who is on its list now.
    pub recognised: u64,
}

/// Everybody on the lists of the linked sessions. `$1` is the séance.
const LINES: &str = "SELECT t.email, t.last_name, t.first_name, t.academy, 'participant' AS role, l.base, l.session \
     FROM seance_ext_link l JOIN ext_trainee t ON t.base = l.base AND t.session = l.session AND t.removed_ms IS NULL \
     LEFT JOIN ext_session x ON x.base = l.base AND x.dispositif = l.dispositif AND x.module = l.module \
     AND x.session = l.session WHERE l.seance_id = $1 AND x.removed_ms IS NULL \
     UNION ALL SELECT t.email, t.last_name, t.first_name, t.academy, 'co_trainer' AS role, l.base, l.session \
     FROM seance_ext_link l JOIN ext_trainer t ON t.base = l.base AND t.module = l.module AND t.removed_ms IS NULL \
     AND l.with_trainers = 1 LEFT JOIN ext_session x ON x.base = l.base AND x.dispositif = l.dispositif AND x.module = l.module \
     AND x.session = l.session WHERE l.seance_id = $1 AND x.removed_ms IS NULL";

/// Whom the list of a séance that has begun names now, though nobody expected them there: `$1` is the instant.
const LISTED_SINCE: &str = "SELECT DISTINCT l.seance_id, p.id AS person_id, t.base, t.session FROM seance_ext_link l \
     JOIN seance s ON s.id = l.seance_id AND s.starts_ms <= $1 AND s.cancelled_ms IS NULL \
     JOIN ext_trainee t ON t.base = l.base AND t.session = l.session AND t.removed_ms IS NULL \
     JOIN person p ON p.email = t.email AND p.erased_ms IS NULL \
     LEFT JOIN session_formation f ON f.id = s.session_formation_id \
     LEFT JOIN enrolment e ON e.seance_id = l.seance_id AND e.person_id = p.id \
     LEFT JOIN session_enrolment n ON n.session_formation_id = s.session_formation_id AND n.person_id = p.id \
     AND n.removed_ms IS NULL WHERE f.archived_ms IS NULL AND n.person_id IS NULL \
     AND (e.person_id IS NULL OR e.removed_ms IS NOT NULL AND e.source = 'gaia') \
     ORDER BY l.seance_id, p.id, t.base, t.session";

impl Store {
    /// Links a séance to a session of GAIA and enrols its people. Of a national dispositif the copies of other academies
    /// (same base, module name, hours and place) are linked too. What is linked already is followed in that way from now
    /// on.
    ///
    /// # Errors
    /// The database does not answer; nothing was changed then.
    pub async fn link_gaia(
        &self,
        seance: SeanceId,
        to: &ExtSession,
        how: &Linking,
        by: PersonId,
        now: Timestamp,
    ) -> Result<Followed, StoreError> {
        let mut transaction = self.writing.begin().await?;
        hold(&mut transaction, Gathering::Seance(seance)).await?;
        for key in copies_of(&mut transaction, to).await? {
            let sql = "INSERT INTO seance_ext_link \
                 (seance_id, base, dispositif, module, session, linked_by, linked_ms, with_trainers, group_name) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
                 ON CONFLICT (seance_id, base, dispositif, module, session) DO UPDATE SET \
                 with_trainers = excluded.with_trainers, group_name = excluded.group_name";
            sqlx::query(sql)
                .bind(seance.to_string())
                .bind(key.base)
                .bind(key.dispositif)
                .bind(key.module)
                .bind(key.session)
                .bind(by.to_string())
                .bind(now.as_millisecond())
                .bind(i64::from(how.with_trainers))
                .bind(&how.group)
                .execute(&mut *transaction)
                .await?;
        }
        let mut followed = follow_one(&mut transaction, seance, now).await?;
        if how.overwrite {
            followed.unenrolled += strike_unlisted(&mut transaction, seance, now).await?;
        }
        if how.preview {
            transaction.rollback().await?;
        } else {
            transaction.commit().await?;
        }
        Ok(followed)
    }

    /// Takes a link away. Of a séance to come, who was enrolled by it is no more; of one that has begun, everything
    /// stays. `None` when there was no such link.
    ///
    /// # Errors
    /// The database does not answer; nothing was changed then.
    pub async fn unlink_gaia(
        &self,
        seance: SeanceId,
        key: &ExtKey,
        now: Timestamp,
    ) -> Result<Option<Followed>, StoreError> {
        let mut transaction = self.writing.begin().await?;
        let sql = "DELETE FROM seance_ext_link \
             WHERE seance_id = $1 AND base = $2 AND dispositif = $3 AND module = $4 AND session = $5";
        let gone = sqlx::query(sql)
            .bind(seance.to_string())
            .bind(&key.base)
            .bind(&key.dispositif)
            .bind(key.module)
            .bind(key.session)
            .execute(&mut *transaction)
            .await?;
        if gone.rows_affected() == 0 {
            return Ok(None);
        }
        let to_come = sqlx::query("SELECT id FROM seance WHERE id = $1 AND starts_ms > $2")
            .bind(seance.to_string())
            .bind(now.as_millisecond())
            .fetch_optional(&mut *transaction)
            .await?;
        let followed = match to_come {
            Some(_) => follow_one(&mut transaction, seance, now).await?,
            None => Followed::default(),
        };
        transaction.commit().await?;
        Ok(Some(followed))
    }

    /// The sessions of GAIA that a séance follows.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn gaia_links(&self, seance: SeanceId) -> Result<Vec<SeanceLink>, StoreError> {
        let sql = format!(
            "{LINKED} JOIN seance_ext_link l ON x.base = l.base AND x.dispositif = l.dispositif \
             AND x.module = l.module AND x.session = l.session WHERE l.seance_id = $1 \
             ORDER BY x.starts_ms, x.base, x.session"
        );
        let rows =
            sqlx::query(sqlx::AssertSqlSafe(sql)).bind(seance.to_string()).fetch_all(&self.pool).await?;
        let each = rows.iter().map(|row| {
            let with_trainers = row.try_get::<i64, _>("with_trainers")? != 0;
            Ok(SeanceLink { to: link(row)?, with_trainers, group: row.try_get("group_name")? })
        });
        each.collect()
    }
}

/// The session itself, and of a national dispositif its copies in the files of other academies.
async fn copies_of(connection: &mut AnyConnection, to: &ExtSession) -> Result<Vec<ExtKey>, StoreError> {
    let mut keys = vec![key_of(to)];
    if to.national() {
        let sql = "SELECT base, dispositif, module, session FROM ext_session WHERE dispositif = $1 AND base = $2 \
             AND module_name = $3 AND starts_ms = $4 AND ends_ms = $5 AND place = $6 AND removed_ms IS NULL";
        let copies = sqlx::query(sql)
            .bind(&to.dispositif)
            .bind(&to.base)
            .bind(&to.module_name)
            .bind(to.starts_at.as_millisecond())
            .bind(to.ends_at.as_millisecond())
            .bind(&to.place)
            .fetch_all(connection)
            .await?;
        keys.extend(copies.iter().map(key).collect::<Result<Vec<_>, _>>()?);
    }
    Ok(keys)
}

/// Makes all séances to come that follow lists expect whom these name, and those that have begun recognise who came to
/// them unexpected.
pub(super) async fn follow_all(
    connection: &mut AnyConnection,
    now: Timestamp,
) -> Result<Followed, StoreError> {
    let sql = "SELECT DISTINCT l.seance_id FROM seance_ext_link l JOIN seance ON seance.id = l.seance_id \
         WHERE seance.starts_ms > $1 AND seance.cancelled_ms IS NULL";
    let rows = sqlx::query(sql).bind(now.as_millisecond()).fetch_all(&mut *connection).await?;
    let mut all = Followed::default();
    for row in rows {
        let one = follow_one(connection, identified(&row, "seance_id")?, now).await?;
        all.enrolled += one.enrolled;
        all.unenrolled += one.unenrolled;
    }
    all.recognised = recognise(connection, now).await?;
    Ok(all)
}

/// Enrols who came to a séance before its list named them: their minutes move to the block of GAIA without any act of
/// anybody. Nobody else is enrolled in what has begun.
async fn recognise(connection: &mut AnyConnection, now: Timestamp) -> Result<u64, StoreError> {
    let rows = sqlx::query(LISTED_SINCE).bind(now.as_millisecond()).fetch_all(&mut *connection).await?;
    let (mut came, mut recognised) = (BTreeMap::new(), BTreeSet::new());
    for row in rows {
        let (seance, person): (SeanceId, PersonId) =
            (identified(&row, "seance_id")?, identified(&row, "person_id")?);
        if let Entry::Vacant(unknown) = came.entry(seance) {
            unknown.insert(earning(connection, seance).await?);
        }
        let here = came.get(&seance).is_some_and(|people| people.contains(&person));
        if !here || !recognised.insert((seance, person)) {
            continue;
        }
        let origin = Origin {
            role: EnrolmentRole::Participant,
            source: EnrolmentSource::Gaia,
            base: Some(row.try_get("base")?),
            session: Some(row.try_get("session")?),
        };
        put(connection, Gathering::Seance(seance), person, &origin, now).await?;
    }
    Ok(u64::try_from(recognised.len()).unwrap_or(u64::MAX))
}

/// Who came to a séance, in its journal or in what is left of it, and may earn hours there.
async fn earning(connection: &mut AnyConnection, seance: SeanceId) -> Result<BTreeSet<PersonId>, StoreError> {
    let damaged = |column: &str| StoreError::Damaged { column: column.to_owned(), text: String::new() };
    let sql = "SELECT fact FROM journal WHERE seance_id = $1 AND heartbeat = 0 AND fact LIKE '{\"type\":\"joined\"%'";
    let mut people = BTreeSet::new();
    for row in sqlx::query(sql).bind(seance.to_string()).fetch_all(&mut *connection).await? {
        let fact: String = row.try_get("fact")?;
        if let Fact::Joined { person, identity, role, .. } =
            serde_json::from_str(&fact).map_err(|_| damaged("fact"))?
            && identity.validable()
            && !role.leads()
        {
            people.insert(person);
        }
    }
    let sql = "SELECT log FROM journal_result WHERE seance_id = $1";
    if let Some(row) = sqlx::query(sql).bind(seance.to_string()).fetch_optional(connection).await? {
        let log: String = row.try_get("log")?;
        let log: Log = serde_json::from_str(&log).map_err(|_| damaged("log"))?;
        people.extend(log.earning());
    }
    Ok(people)
}

async fn follow_one(
    connection: &mut AnyConnection,
    seance: SeanceId,
    now: Timestamp,
) -> Result<Followed, StoreError> {
    let at = Gathering::Seance(seance);
    let rows = sqlx::query(LINES).bind(seance.to_string()).fetch_all(&mut *connection).await?;
    let lines: Vec<GaiaLine> = rows.iter().map(line).collect::<Result<_, _>>()?;
    let listed: Vec<Listed> = lines
        .iter()
        .map(|line| Listed {
            email: line.email.clone(),
            role: line.role,
            base: line.base.clone(),
            session: line.session,
        })
        .collect();
    let acts = follow(&listed, &enrolled(connection, seance).await?);
    let coming: Vec<Newcomer> = acts
        .iter()
        .filter_map(|act| match act {
            Follow::Enrol(listed) => lines.iter().find(|line| line.email == listed.email).map(newcomer),
            Follow::Remove(_) => None,
        })
        .collect();
    let (known, _) = acquainted(connection, &coming, now).await?;
    let mut followed = Followed::default();
    for act in acts {
        match act {
            Follow::Enrol(listed) => {
                let Some(person) = known.get(&listed.email) else { continue };
                let origin = Origin {
                    role: listed.role,
                    source: EnrolmentSource::Gaia,
                    base: Some(listed.base),
                    session: Some(listed.session),
                };
                put(connection, at, *person, &origin, now).await?;
                followed.enrolled += 1;
            }
            Follow::Remove(person) => {
                let sql = "UPDATE enrolment SET removed_ms = $3 WHERE seance_id = $1 AND person_id = $2";
                sqlx::query(sql)
                    .bind(seance.to_string())
                    .bind(person.to_string())
                    .bind(now.as_millisecond())
                    .execute(&mut *connection)
                    .await?;
                followed.unenrolled += 1;
            }
        }
    }
    if followed != Followed::default() {
        name_trainers(connection, at).await?;
    }
    Ok(followed)
}

/// The enrolments of a séance, removed ones too.
async fn enrolled(connection: &mut AnyConnection, seance: SeanceId) -> Result<Vec<Enrolled>, StoreError> {
    let sql = "SELECT e.person_id, person.email, e.role, e.source, e.base, e.session, e.removed_ms \
         FROM enrolment e JOIN person ON person.id = e.person_id WHERE e.seance_id = $1";
    let rows = sqlx::query(sql).bind(seance.to_string()).fetch_all(connection).await?;
    let each = rows.iter().map(|row| {
        Ok(Enrolled {
            person: identified(row, "person_id")?,
            email: row.try_get::<Option<String>, _>("email")?.unwrap_or_default(),
            role: worded(row, "role", EnrolmentRole::of)?,
            source: worded(row, "source", EnrolmentSource::of)?,
            base: row.try_get("base")?,
            session: row.try_get("session")?,
            removed: row.try_get::<Option<i64>, _>("removed_ms")?.is_some(),
        })
    });
    each.collect()
}

fn newcomer(line: &GaiaLine) -> Newcomer {
    Newcomer {
        email: line.email.clone(),
        last_name: line.last_name.clone(),
        first_name: line.first_name.clone(),
        academy: line.academy.clone(),
        role: line.role,
        uai: String::new(),
    }
}

fn key_of(session: &ExtSession) -> ExtKey {
    ExtKey {
        base: session.base.clone(),
        dispositif: session.dispositif.clone(),
        module: session.module,
        session: session.session,
    }
}

fn key(row: &AnyRow) -> Result<ExtKey, StoreError> {
    Ok(ExtKey {
        base: row.try_get("base")?,
        dispositif: row.try_get("dispositif")?,
        module: row.try_get("module")?,
        session: row.try_get("session")?,
    })
}

fn line(row: &AnyRow) -> Result<GaiaLine, StoreError> {
    Ok(GaiaLine {
        email: row.try_get("email")?,
        role: worded(row, "role", EnrolmentRole::of)?,
        last_name: row.try_get("last_name")?,
        first_name: row.try_get("first_name")?,
        academy: row.try_get("academy")?,
        base: row.try_get("base")?,
        session: row.try_get("session")?,
    })
}
