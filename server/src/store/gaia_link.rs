//! Séances that follow lists of GAIA: links n to n, and the enrolments that come from them.

use jiff::Timestamp;
use signaling::{
    enrolment::{Enrolled, EnrolmentRole, EnrolmentSource, Follow, Listed, follow},
    gaia::ExtSession,
    id::{PersonId, SeanceId},
};
use sqlx::{AnyConnection, Row, any::AnyRow};

use super::{
    Store, StoreError,
    acquaintance::{Newcomer, acquainted},
    enrolment::{Gathering, Origin, hold, put, worded},
    expected::name_trainers,
    gaia_search::{ExtKey, ExtLink, SESSIONS, link},
    person::identified,
};
use crate::export::document::GaiaSession;

/// Somebody on a list of a linked session, also who is on it no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GaiaLine {
    pub email: String,
    /// `CoTrainer` or `Participant`.
    pub role: EnrolmentRole,
    pub last_name: String,
    pub first_name: String,
    /// Short name of the academy whose files have the person.
    pub academy: String,
    pub key: ExtKey,
    pub group: String,
    /// When GAIA's files no longer had the person, or the session.
    pub removed_ms: Option<i64>,
}

/// What following the lists changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Followed {
    pub enrolled: u64,
    pub unenrolled: u64,
}

/// Everybody on the lists of the linked sessions. `$1` is the séance.
const LINES: &str = "SELECT t.email, t.last_name, t.first_name, t.academy, 'participant' AS role, l.base, l.dispositif, l.module, \
     l.session, COALESCE(x.group_number, '') AS group_number, COALESCE(t.removed_ms, x.removed_ms) AS removed_ms \
     FROM seance_ext_link l JOIN ext_trainee t ON t.base = l.base AND t.session = l.session \
     LEFT JOIN ext_session x ON x.base = l.base AND x.dispositif = l.dispositif AND x.module = l.module \
     AND x.session = l.session WHERE l.seance_id = $1 \
     UNION ALL SELECT t.email, t.last_name, t.first_name, t.academy, 'co_trainer' AS role, l.base, l.dispositif, l.module, \
     l.session, COALESCE(x.group_number, '') AS group_number, COALESCE(t.removed_ms, x.removed_ms) AS removed_ms \
     FROM seance_ext_link l JOIN ext_trainer t ON t.base = l.base AND t.module = l.module \
     LEFT JOIN ext_session x ON x.base = l.base AND x.dispositif = l.dispositif AND x.module = l.module \
     AND x.session = l.session WHERE l.seance_id = $1";

impl Store {
    /// Links a séance to a session of GAIA and enrols its people. Of a national dispositif the copies of other academies
    /// (same base, module name, hours and place) are linked too.
    ///
    /// # Errors
    /// The database does not answer; nothing was changed then.
    pub async fn link_gaia(
        &self,
        seance: SeanceId,
        to: &ExtSession,
        by: PersonId,
        now: Timestamp,
    ) -> Result<Followed, StoreError> {
        let mut transaction = self.writing.begin().await?;
        hold(&mut transaction, Gathering::Seance(seance)).await?;
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
                .fetch_all(&mut *transaction)
                .await?;
            keys.extend(copies.iter().map(key).collect::<Result<Vec<_>, _>>()?);
        }
        for key in keys {
            let sql = "INSERT INTO seance_ext_link \
                 (seance_id, base, dispositif, module, session, linked_by, linked_ms) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7) \
                 ON CONFLICT (seance_id, base, dispositif, module, session) DO NOTHING";
            sqlx::query(sql)
                .bind(seance.to_string())
                .bind(key.base)
                .bind(key.dispositif)
                .bind(key.module)
                .bind(key.session)
                .bind(by.to_string())
                .bind(now.as_millisecond())
                .execute(&mut *transaction)
                .await?;
        }
        let followed = follow_one(&mut transaction, seance, now).await?;
        transaction.commit().await?;
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
    pub async fn gaia_links(&self, seance: SeanceId) -> Result<Vec<ExtLink>, StoreError> {
        let sql = format!(
            "{SESSIONS} JOIN seance_ext_link l ON x.base = l.base AND x.dispositif = l.dispositif \
             AND x.module = l.module AND x.session = l.session WHERE l.seance_id = $1 \
             ORDER BY x.starts_ms, x.base, x.session"
        );
        let rows =
            sqlx::query(sqlx::AssertSqlSafe(sql)).bind(seance.to_string()).fetch_all(&self.pool).await?;
        rows.iter().map(link).collect()
    }

    /// Everybody on the lists of the sessions of GAIA that a séance follows, also who is on them no more: what decides
    /// in which block of the sheet somebody stands, walk-ins too.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn gaia_lines(&self, seance: SeanceId) -> Result<Vec<GaiaLine>, StoreError> {
        let rows = sqlx::query(LINES).bind(seance.to_string()).fetch_all(&self.pool).await?;
        rows.iter().map(line).collect()
    }

    /// Of these sessions of GAIA, those that list a trainee of that address.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn listing(
        &self,
        gaia: Vec<GaiaSession>,
        email: Option<&str>,
    ) -> Result<Vec<GaiaSession>, StoreError> {
        let Some(email) = email else { return Ok(Vec::new()) };
        let mut listing = Vec::new();
        for session in gaia {
            let found = sqlx::query(
                "SELECT email FROM ext_trainee WHERE base = $1 AND session = $2 AND email = $3 \
                 AND removed_ms IS NULL",
            )
            .bind(session.key.base.clone())
            .bind(session.key.session)
            .bind(email.to_owned())
            .fetch_optional(&self.pool)
            .await?;
            if found.is_some() {
                listing.push(session);
            }
        }
        Ok(listing)
    }
}

/// Makes all séances to come that follow lists expect whom these name.
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
    Ok(all)
}

async fn follow_one(
    connection: &mut AnyConnection,
    seance: SeanceId,
    now: Timestamp,
) -> Result<Followed, StoreError> {
    let at = Gathering::Seance(seance);
    let rows = sqlx::query(LINES).bind(seance.to_string()).fetch_all(&mut *connection).await?;
    let lines = rows.iter().map(line).collect::<Result<Vec<_>, _>>()?;
    let lines: Vec<GaiaLine> = lines.into_iter().filter(|line| line.removed_ms.is_none()).collect();
    let listed: Vec<Listed> = lines
        .iter()
        .map(|line| Listed {
            email: line.email.clone(),
            role: line.role,
            base: line.key.base.clone(),
            session: line.key.session,
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
        key: key(row)?,
        group: row.try_get("group_number")?,
        removed_ms: row.try_get("removed_ms")?,
    })
}
