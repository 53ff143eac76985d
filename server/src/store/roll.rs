//! What stands around a séance when a file about it is made: the session, GAIA, who is expected, corrections,
//! signatures.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use signaling::{
    correction::{Adjustment, Change},
    hours::report::ExceptionKind,
    id::{PersonId, SeanceId, SessionFormationId},
    journal::Fact,
    seance::Seance,
};
use sqlx::{Row as _, any::AnyRow};

use super::{Store, StoreError};
use crate::export::{
    correction::{kind, words},
    document::{Correction, Enrolment, Frame, GaiaKey, GaiaSession, HalfDay, Part, Signature, Trainer, Who},
    roll::{Expected, Roll},
};

/// The people of one séance, its own list before that of its session.
const EXPECTED: &str = "SELECT p.*, e.role, e.source, e.base, e.session, e.removed_ms, 0 AS rank \
    FROM enrolment e JOIN person p ON p.id = e.person_id WHERE e.seance_id = $1 \
    UNION ALL SELECT p.*, e.role, e.source, e.base, e.session, e.removed_ms, 1 AS rank \
    FROM session_enrolment e JOIN person p ON p.id = e.person_id WHERE e.session_formation_id = $2 \
    ORDER BY rank";

/// Those who lead or help in a session, or in a séance of it; who leads before who helps.
const LEADING: &str = "SELECT p.*, e.role, e.source FROM session_enrolment e JOIN person p ON p.id = e.person_id \
    WHERE e.session_formation_id = $1 AND e.removed_ms IS NULL AND e.role IN ('trainer', 'co_trainer', 'tutor') \
    UNION ALL SELECT p.*, e.role, e.source FROM enrolment e JOIN person p ON p.id = e.person_id \
    JOIN seance ON seance.id = e.seance_id WHERE seance.session_formation_id = $1 AND e.removed_ms IS NULL \
    AND e.role IN ('trainer', 'co_trainer', 'tutor') ORDER BY role";

/// E-mail address → the linked sessions of GAIA that list it.
pub type Listed = BTreeMap<String, Vec<GaiaKey>>;

/// The list that an address stands on, and the others.
pub(crate) fn lists(listed: &Listed, email: Option<&str>) -> (Option<GaiaKey>, Vec<GaiaKey>) {
    let mut keys = email.and_then(|email| listed.get(email)).cloned().unwrap_or_default().into_iter();
    (keys.next(), keys.collect())
}

impl Store {
    /// The roll of a séance. `came` are the people of its journal: those whom the database knows get their names.
    ///
    /// # Errors
    /// The database does not answer, or holds something unreadable.
    pub async fn roll(&self, plan: &Seance, came: &[PersonId]) -> Result<Roll, StoreError> {
        let mut frame = match plan.session_formation {
            Some(session) => self.frame_alone(session).await?,
            None => Frame { academy: plan.academy.clone(), ..Frame::default() },
        };
        frame.gaia = self.linked(plan.id).await?;
        let listed = self.listed(&frame.gaia).await?;
        let mut people = self.on_the_lists(plan, &frame.gaia, &listed).await?;
        for person in came.iter().copied() {
            if let std::collections::btree_map::Entry::Vacant(missing) = people.entry(person)
                && let Some(who) = self.who(person).await?
            {
                let (gaia, also) = lists(&listed, who.email.as_deref());
                missing.insert(Expected { who, gaia, also, ..Expected::default() });
            }
        }
        frame.trainers = trainers(people.values());
        if frame.trainers.is_empty() {
            let named = |name: &String| Trainer { name: name.clone(), email: None, tutor: false };
            frame.trainers = plan.trainers.iter().map(named).collect();
        }
        let half_days = self.signed(plan.id, &mut people).await?;
        let corrections = self.adjustments_of(plan.id).await?;
        let accepted = match plan.session_formation {
            Some(session) => self.exceptions_in(session, ExceptionKind::DoubleRole).await?,
            None => BTreeSet::new(),
        };
        Ok(Roll { frame, people, corrections, half_days, accepted })
    }

    /// The session of a parcours with its parcours; nothing of GAIA and nobody yet.
    ///
    /// # Errors
    /// The database does not answer, or holds something unreadable.
    pub async fn frame_alone(&self, id: SessionFormationId) -> Result<Frame, StoreError> {
        let row = sqlx::query(
            "SELECT s.academy, s.title, s.starts_on, s.ends_on, s.hours_mode, p.identifiant, p.title AS parcours, \
             p.distance_min, p.presence_min, p.objectives, p.competences \
             FROM session_formation s JOIN parcours p ON p.id = s.parcours_id WHERE s.id = $1",
        )
        .bind(id.to_string())
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(Frame::default()) };
        let minutes = |column: &str| -> Result<Option<u32>, StoreError> {
            Ok(row.try_get::<Option<i64>, _>(column)?.and_then(|minutes| u32::try_from(minutes).ok()))
        };
        Ok(Frame {
            academy: row.try_get("academy")?,
            parcours_identifiant: row.try_get("identifiant")?,
            parcours_title: row.try_get("parcours")?,
            title: row.try_get("title")?,
            starts_on: row.try_get::<String, _>("starts_on")?.parse().ok(),
            ends_on: row.try_get::<String, _>("ends_on")?.parse().ok(),
            hours_mode: row.try_get("hours_mode")?,
            distance_min: minutes("distance_min")?,
            presence_min: minutes("presence_min")?,
            objectives: row.try_get("objectives")?,
            competences: row.try_get("competences")?,
            trainers: Vec::new(),
            gaia: Vec::new(),
        })
    }

    /// The same with the people who lead it and the sessions of GAIA that its séances are linked to.
    ///
    /// # Errors
    /// The database does not answer, or holds something unreadable.
    pub async fn frame_of(&self, id: SessionFormationId) -> Result<Frame, StoreError> {
        let mut frame = self.frame_alone(id).await?;
        let rows = sqlx::query(
            "SELECT DISTINCT x.* FROM seance s JOIN seance_ext_link l ON l.seance_id = s.id \
             JOIN ext_session x ON x.base = l.base AND x.dispositif = l.dispositif AND x.module = l.module \
             AND x.session = l.session WHERE s.session_formation_id = $1 \
             ORDER BY x.base, x.dispositif, x.module, x.session",
        )
        .bind(id.to_string())
        .fetch_all(&self.pool)
        .await?;
        frame.gaia = rows.iter().map(gaia_session).collect::<Result<_, _>>()?;
        let rows = sqlx::query(LEADING).bind(id.to_string()).fetch_all(&self.pool).await?;
        let mut people: BTreeMap<PersonId, Expected> = BTreeMap::new();
        for row in &rows {
            let led = Expected { who: who(row)?, enrolment: enrolment(row)?, ..Expected::default() };
            people.entry(person_id(row, "id")?).or_insert(led);
        }
        frame.trainers = trainers(people.values());
        Ok(frame)
    }

    async fn linked(&self, seance: SeanceId) -> Result<Vec<GaiaSession>, StoreError> {
        let rows = sqlx::query(
            "SELECT x.* FROM seance_ext_link l JOIN ext_session x ON x.base = l.base \
             AND x.dispositif = l.dispositif AND x.module = l.module AND x.session = l.session \
             WHERE l.seance_id = $1 ORDER BY x.base, x.dispositif, x.module, x.session",
        )
        .bind(seance.to_string())
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(gaia_session).collect()
    }

    /// E-mail address → the linked sessions that list it, as trainee or as trainer.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn listed(&self, gaia: &[GaiaSession]) -> Result<Listed, StoreError> {
        let mut listed = Listed::new();
        for session in gaia {
            let rows = sqlx::query(
                "SELECT email FROM ext_trainee WHERE base = $1 AND session = $2 AND removed_ms IS NULL \
                 UNION SELECT email FROM ext_trainer WHERE base = $1 AND module = $3 AND removed_ms IS NULL",
            )
            .bind(session.key.base.clone())
            .bind(session.key.session)
            .bind(session.key.module)
            .fetch_all(&self.pool)
            .await?;
            for row in rows {
                listed.entry(row.try_get("email")?).or_default().push(session.key.clone());
            }
        }
        Ok(listed)
    }

    async fn on_the_lists(
        &self,
        plan: &Seance,
        gaia: &[GaiaSession],
        listed: &Listed,
    ) -> Result<BTreeMap<PersonId, Expected>, StoreError> {
        let session = plan.session_formation.map(|id| id.to_string()).unwrap_or_default();
        let rows =
            sqlx::query(EXPECTED).bind(plan.id.to_string()).bind(session).fetch_all(&self.pool).await?;
        let mut people = BTreeMap::new();
        for row in rows {
            let person = person_id(&row, "id")?;
            let who = who(&row)?;
            let removed: Option<i64> = row.try_get("removed_ms")?;
            let enrolment = enrolment(&row)?.filter(|_| removed.is_none());
            let (base, number): (Option<String>, Option<i64>) =
                (row.try_get("base")?, row.try_get("session")?);
            let brought = gaia.iter().find(|session| {
                Some(&session.key.base) == base.as_ref() && Some(session.key.session) == number
            });
            let (by_address, also) = lists(listed, who.email.as_deref());
            // A list that names the person no more does not hold her any longer.
            let key =
                by_address.or(brought.filter(|_| who.email.is_none()).map(|session| session.key.clone()));
            let expected = Expected { gaia: key, also, who, enrolment, signatures: Vec::new() };
            let kept: &mut Expected = people.entry(person).or_insert_with(|| expected.clone());
            if kept.enrolment.is_none() {
                *kept = expected;
            }
        }
        Ok(people)
    }

    /// A person's name, address and school; `None` for who is not in the database.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn who(&self, person: PersonId) -> Result<Option<Who>, StoreError> {
        let row = sqlx::query("SELECT * FROM person WHERE id = $1")
            .bind(person.to_string())
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(who).transpose()
    }

    async fn signed(
        &self,
        seance: SeanceId,
        people: &mut BTreeMap<PersonId, Expected>,
    ) -> Result<Vec<HalfDay>, StoreError> {
        let rows = sqlx::query(
            "SELECT h.id, h.starts_ms, h.duration_min, s.person_id, s.method, s.at_ms FROM half_day h \
             LEFT JOIN signature s ON s.half_day_id = h.id WHERE h.seance_id = $1 ORDER BY h.starts_ms, h.id",
        )
        .bind(seance.to_string())
        .fetch_all(&self.pool)
        .await?;
        let (mut days, mut ids): (Vec<HalfDay>, Vec<String>) = (Vec::new(), Vec::new());
        for row in rows {
            let id: String = row.try_get("id")?;
            if ids.last() != Some(&id) {
                let duration: i64 = row.try_get("duration_min")?;
                let duration_min = u32::try_from(duration).unwrap_or(0);
                days.push(HalfDay { starts_at: instant(&row, "starts_ms")?, duration_min });
                ids.push(id);
            }
            let Some(method) = row.try_get::<Option<String>, _>("method")? else { continue };
            let expected = people.entry(person_id(&row, "person_id")?).or_default();
            expected.signatures.resize(days.len(), None);
            if let Some(last) = expected.signatures.last_mut() {
                *last = Some(Signature { method, at: instant(&row, "at_ms")? });
            }
        }
        people.values_mut().for_each(|expected| expected.signatures.resize(days.len(), None));
        Ok(days)
    }

    /// How many times each person connected.
    ///
    /// # Errors
    /// The database does not answer, or a record cannot be read.
    pub async fn connections(&self, seance: SeanceId) -> Result<BTreeMap<PersonId, u32>, StoreError> {
        if self.condensed_at(seance).await?.is_some() {
            return Ok(self.log(seance).await?.connections());
        }
        let rows = sqlx::query("SELECT fact FROM journal WHERE seance_id = $1 AND heartbeat = 0")
            .bind(seance.to_string())
            .fetch_all(&self.pool)
            .await?;
        let mut counts = BTreeMap::new();
        for row in rows {
            let text: String = row.try_get("fact")?;
            let fact = serde_json::from_str(&text)
                .map_err(|why| StoreError::Damaged { column: "fact".to_owned(), text: why.to_string() })?;
            if let Fact::Joined { person, .. } = fact {
                *counts.entry(person).or_insert(0_u32) += 1;
            }
        }
        Ok(counts)
    }

    async fn adjustments_of(&self, seance: SeanceId) -> Result<Vec<Correction>, StoreError> {
        let all = self.adjustments(seance).await?;
        let named = all.iter().flat_map(|one| [one.old, one.new]).filter_map(|change| match change {
            Change::Attach(person) => person,
            Change::Status(_) | Change::DeclaredMinutes(_) | Change::Excuse(_) | Change::Threshold(_) => None,
        });
        let names = self.names(&named.collect()).await?;
        let rows = sqlx::query(
            "SELECT p.last_name, p.first_name, w.last_name AS author_last, w.first_name AS author_first \
             FROM adjustment a LEFT JOIN person p ON p.id = a.person_id LEFT JOIN person w ON w.id = a.author \
             WHERE a.seance_id = $1 ORDER BY a.number",
        )
        .bind(seance.to_string())
        .fetch_all(&self.pool)
        .await?;
        let name = |row: &AnyRow, last: &str, first: &str| -> Result<String, StoreError> {
            let part = |column: &str| row.try_get::<Option<String>, _>(column).map(Option::unwrap_or_default);
            Ok(format!("{} {}", part(last)?, part(first)?).trim().to_owned())
        };
        let read = |(row, one): (&AnyRow, &Adjustment)| {
            Ok(Correction {
                at: one.at,
                who: name(row, "last_name", "first_name")?,
                kind: kind(one.new).to_owned(),
                old: words(one.old, &names),
                new: words(one.new, &names),
                reason: one.reason.code().to_owned(),
                text: one.text.clone(),
                author: name(row, "author_first", "author_last")?,
            })
        };
        rows.iter().zip(&all).map(read).collect()
    }
}

/// Those who lead and help, as papers name them.
fn trainers<'p>(people: impl Iterator<Item = &'p Expected>) -> Vec<Trainer> {
    let leads = |expected: &'p Expected| {
        let (part, _) = expected.enrolment?;
        let tutor = match part {
            Part::Participant => return None,
            Part::Trainer | Part::CoTrainer => false,
            Part::Tutor => true,
        };
        let name = format!("{} {}", expected.who.first_name, expected.who.last_name).trim().to_owned();
        Some(Trainer { name, email: expected.who.email.clone(), tutor })
    };
    let mut trainers: Vec<Trainer> = people.filter_map(leads).collect();
    trainers.sort_by(|one, other| (one.tutor, &one.name).cmp(&(other.tutor, &other.name)));
    trainers
}

/// The enrolled role and the list; observers are in no table.
fn enrolment(row: &AnyRow) -> Result<Option<(Part, Enrolment)>, StoreError> {
    let (role, source): (String, String) = (row.try_get("role")?, row.try_get("source")?);
    let part = match role.as_str() {
        "trainer" => Part::Trainer,
        "co_trainer" => Part::CoTrainer,
        "tutor" => Part::Tutor,
        "participant" => Part::Participant,
        _ => return Ok(None),
    };
    let enrolment = match source.as_str() {
        "gaia" => Enrolment::Gaia,
        "csv" => Enrolment::Csv,
        "walkin" => Enrolment::HorsGaia,
        _ => Enrolment::Manuel,
    };
    Ok(Some((part, enrolment)))
}

/// Name, address and school of a row of `person`.
pub(super) fn who(row: &AnyRow) -> Result<Who, StoreError> {
    Ok(Who {
        last_name: row.try_get("last_name")?,
        first_name: row.try_get("first_name")?,
        email: row.try_get("email")?,
        uai: row.try_get("uai")?,
        school: row.try_get("school")?,
        town: row.try_get("town")?,
    })
}

fn gaia_session(row: &AnyRow) -> Result<GaiaSession, StoreError> {
    Ok(GaiaSession {
        key: GaiaKey {
            base: row.try_get("base")?,
            dispositif: row.try_get("dispositif")?,
            module: row.try_get("module")?,
            session: row.try_get("session")?,
            group: row.try_get("group_number")?,
        },
        dispositif_name: row.try_get("dispositif_name")?,
        module_name: row.try_get("module_name")?,
        starts_at: instant(row, "starts_ms")?,
        ends_at: instant(row, "ends_ms")?,
    })
}

/// A column of milliseconds.
pub(super) fn instant(row: &AnyRow, column: &str) -> Result<Timestamp, StoreError> {
    let ms: i64 = row.try_get(column)?;
    Timestamp::from_millisecond(ms)
        .map_err(|why| StoreError::Damaged { column: column.to_owned(), text: why.to_string() })
}

fn person_id(row: &AnyRow, column: &str) -> Result<PersonId, StoreError> {
    let text: String = row.try_get(column)?;
    text.parse()
        .map_err(|why: uuid::Error| StoreError::Damaged { column: column.to_owned(), text: why.to_string() })
}
