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
    enrolment::{Gathering, Newcomer, Origin, acquainted, hold, name_trainers, put, worded},
    gaia::read_session,
    person::identified,
};

/// Dispositifs, modules or sessions of one answer.
const LISTED: i64 = 100;

/// Which session of GAIA.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExtKey {
    pub base: String,
    pub dispositif: String,
    pub module: i64,
    pub session: i64,
}

/// A session of GAIA that a séance follows, with what it brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtLink {
    pub session: ExtSession,
    /// When GAIA's files no longer had it.
    pub removed_ms: Option<i64>,
    pub trainers: u64,
    pub trainees: u64,
}

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

    /// A session of GAIA with its counts.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn ext_session(&self, key: &ExtKey) -> Result<Option<ExtLink>, StoreError> {
        let sql = format!(
            "{SESSIONS} WHERE x.base = $1 AND x.dispositif = $2 AND x.module = $3 AND x.session = $4"
        );
        let row = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(&key.base)
            .bind(&key.dispositif)
            .bind(key.module)
            .bind(key.session)
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| link(&row)).transpose()
    }

    /// First step of the search: the dispositifs of an academy, and the national ones, with a session between the two
    /// instants, whose identifier or name has every word. Identifier, name, base.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn gaia_dispositifs(
        &self,
        of: &Searched<'_>,
        search: &str,
    ) -> Result<Vec<(String, String, String)>, StoreError> {
        let words: Vec<String> = search.split_whitespace().take(5).map(plain).collect();
        let sql = format!(
            "SELECT DISTINCT dispositif, dispositif_name, base FROM ext_session x WHERE {WITHIN} \
             ORDER BY dispositif, base, dispositif_name"
        );
        let rows = of.bound(&sql).fetch_all(&self.pool).await?;
        let mut found = Vec::new();
        for row in &rows {
            let (id, name): (String, String) = (row.try_get("dispositif")?, row.try_get("dispositif_name")?);
            let text = plain(&format!("{id} {name}"));
            if words.iter().all(|word| text.contains(word.as_str())) {
                found.push((id, name, row.try_get("base")?));
            }
            // Compared here: the databases disagree about accents.
            if found.len() == LISTED as usize {
                break;
            }
        }
        Ok(found)
    }

    /// Second step: the modules of a dispositif. Number and name.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn gaia_modules(
        &self,
        of: &Searched<'_>,
        base: &str,
        dispositif: &str,
    ) -> Result<Vec<(i64, String)>, StoreError> {
        let sql = format!(
            "SELECT DISTINCT module, module_name FROM ext_session x WHERE {WITHIN} AND x.base = $5 \
             AND x.dispositif = $6 ORDER BY module_name, module LIMIT {LISTED}"
        );
        let rows =
            of.bound(&sql).bind(base.to_owned()).bind(dispositif.to_owned()).fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok((row.try_get("module")?, row.try_get("module_name")?))).collect()
    }

    /// Third step: the sessions of a module, whose place has every word.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn gaia_sessions(
        &self,
        of: &Searched<'_>,
        module: (&str, &str, i64),
        place: &str,
    ) -> Result<Vec<ExtLink>, StoreError> {
        let words: Vec<String> = place.split_whitespace().take(5).map(plain).collect();
        let (base, dispositif, module) = module;
        let sql = format!(
            "{SESSIONS} WHERE {WITHIN} AND x.base = $5 AND x.dispositif = $6 AND x.module = $7 \
             ORDER BY x.starts_ms, x.session"
        );
        let rows = of
            .bound(&sql)
            .bind(base.to_owned())
            .bind(dispositif.to_owned())
            .bind(module)
            .fetch_all(&self.pool)
            .await?;
        let mut found = Vec::new();
        for row in &rows {
            let session = link(row)?;
            let text = plain(&session.session.place);
            if words.iter().all(|word| text.contains(word.as_str())) {
                found.push(session);
            }
        }
        found.truncate(LISTED as usize);
        Ok(found)
    }
}

/// Where and when somebody searches. Dispositifs of other academies are seen when they are national.
#[derive(Debug, Clone, Copy)]
pub struct Searched<'s> {
    /// Short name.
    pub academy: &'s str,
    /// Only the modules that this address trains in; `None` is every one.
    pub trainer: Option<&'s str>,
    pub from: Timestamp,
    pub to: Timestamp,
}

/// `$1` academy, `$2` and `$3` the stretch of time in which a session lies at least in part, `$4` the address of a
/// trainer, or nothing.
const WITHIN: &str = "(x.academy = $1 OR SUBSTR(x.dispositif, 3, 1) = 'N') AND x.removed_ms IS NULL \
     AND x.ends_ms >= $2 AND x.starts_ms < $3 AND ($4 = '' OR EXISTS (SELECT 1 FROM ext_trainer t \
     WHERE t.base = x.base AND t.module = x.module AND t.email = $4 AND t.removed_ms IS NULL))";

const SESSIONS: &str = "SELECT x.*, \
     (SELECT COUNT(*) FROM ext_trainer t WHERE t.base = x.base AND t.module = x.module AND t.removed_ms IS NULL) \
     AS trainers, (SELECT COUNT(*) FROM ext_trainee t WHERE t.base = x.base AND t.session = x.session \
     AND t.removed_ms IS NULL) AS trainees FROM ext_session x";

impl Searched<'_> {
    fn bound<'q>(&self, sql: &str) -> sqlx::query::Query<'q, sqlx::Any, sqlx::any::AnyArguments> {
        sqlx::query(sqlx::AssertSqlSafe(sql.to_owned()))
            .bind(self.academy.to_owned())
            .bind(self.from.as_millisecond())
            .bind(self.to.as_millisecond())
            .bind(self.trainer.unwrap_or_default().to_owned())
    }
}

/// Without accents and case.
fn plain(text: &str) -> String {
    signaling::enrolment::collation(text, "").0
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

fn link(row: &AnyRow) -> Result<ExtLink, StoreError> {
    let count = |column| -> Result<u64, StoreError> {
        Ok(u64::try_from(row.try_get::<i64, _>(column)?).unwrap_or(0))
    };
    Ok(ExtLink {
        session: read_session(row)?,
        removed_ms: row.try_get("removed_ms")?,
        trainers: count("trainers")?,
        trainees: count("trainees")?,
    })
}
