//! What GAIA has: found in three steps, dispositif, module, session.

use jiff::Timestamp;
use signaling::{enrolment::folded, gaia::ExtSession};
use sqlx::{Row, any::AnyRow};

use super::{Store, StoreError, gaia::read_session};
use crate::export::document::GaiaSession;

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
    /// Short name of the academy whose files have it.
    pub academy: String,
    /// When GAIA's files no longer had it.
    pub removed_ms: Option<i64>,
    pub trainers: u64,
    pub trainees: u64,
}

impl Store {
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
        let words: Vec<String> = search.split_whitespace().take(5).map(folded).collect();
        let sql = format!(
            "SELECT DISTINCT dispositif, dispositif_name, base FROM ext_session x WHERE {WITHIN} \
             ORDER BY dispositif, base, dispositif_name"
        );
        let rows = of.bound(&sql).fetch_all(&self.pool).await?;
        let mut found = Vec::new();
        for row in &rows {
            let (id, name): (String, String) = (row.try_get("dispositif")?, row.try_get("dispositif_name")?);
            let text = folded(&format!("{id} {name}"));
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
        let words: Vec<String> = place.split_whitespace().take(5).map(folded).collect();
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
            let text = folded(&session.session.place);
            if words.iter().all(|word| text.contains(word.as_str())) {
                found.push(session);
            }
        }
        found.truncate(LISTED as usize);
        Ok(found)
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

/// The numbers of the people of a session `x`.
macro_rules! counted {
    () => {
        "(SELECT COUNT(*) FROM ext_trainer t WHERE t.base = x.base AND t.module = x.module AND t.removed_ms IS NULL) \
         AS trainers, (SELECT COUNT(*) FROM ext_trainee t WHERE t.base = x.base AND t.session = x.session \
         AND t.removed_ms IS NULL) AS trainees FROM ext_session x"
    };
}

/// Sessions with the numbers of their people.
const SESSIONS: &str = concat!("SELECT x.*, ", counted!());

/// The same, of which links say how they are followed.
pub(super) const LINKED: &str = concat!("SELECT x.*, l.with_trainers, l.group_name, ", counted!());

impl Searched<'_> {
    fn bound<'q>(&self, sql: &str) -> sqlx::query::Query<'q, sqlx::Any, sqlx::any::AnyArguments> {
        sqlx::query(sqlx::AssertSqlSafe(sql.to_owned()))
            .bind(self.academy.to_owned())
            .bind(self.from.as_millisecond())
            .bind(self.to.as_millisecond())
            .bind(self.trainer.unwrap_or_default().to_owned())
    }
}

pub(super) fn link(row: &AnyRow) -> Result<ExtLink, StoreError> {
    let count = |column| -> Result<u64, StoreError> {
        Ok(u64::try_from(row.try_get::<i64, _>(column)?).unwrap_or(0))
    };
    Ok(ExtLink {
        session: read_session(row)?,
        academy: row.try_get("academy")?,
        removed_ms: row.try_get("removed_ms")?,
        trainers: count("trainers")?,
        trainees: count("trainees")?,
    })
}
