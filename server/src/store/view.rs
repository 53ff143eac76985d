//! Who looked at whose data: one line for each viewer, person and thing an hour.

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use signaling::{
    id::{PersonId, SeanceId},
    office::privacy::{ViewOfMe, Viewed},
};
use sqlx::Row;

use super::{Store, StoreError, correction::instant};

const HOUR_MS: i64 = 3_600_000;
/// Lines of one statement: databases bound the number of values.
const TOGETHER: usize = 400;
/// Lines of one answer.
const LISTED: i64 = 500;

/// What is looked at, and by whom.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct View {
    /// A person's identifier; empty for who came by a link without a name.
    pub viewer: String,
    pub what: Viewed,
    /// `seance`, `session_formation`, `attestation`, or empty.
    pub scope: &'static str,
    pub scope_id: String,
}

impl View {
    /// The hour in which it falls: what is looked at again within it adds nothing.
    #[must_use]
    pub fn hour(now: Timestamp) -> i64 {
        now.as_millisecond().div_euclid(HOUR_MS)
    }

    /// The line of one person.
    fn line(&self, person: PersonId, hour: i64) -> String {
        let text = format!(
            "{}\n{}\n{}\n{}\n{person}\n{hour}",
            self.viewer,
            self.what.word(),
            self.scope,
            self.scope_id
        );
        hex::encode(Sha256::digest(text.as_bytes()))
    }
}

impl Store {
    /// Writes down that somebody looks at those people's data, before it is shown. One's own looking is none.
    ///
    /// # Errors
    /// The database does not answer; nothing was written then.
    pub async fn note_view(
        &self,
        view: &View,
        people: &[PersonId],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let others: Vec<PersonId> =
            people.iter().copied().filter(|person| person.to_string() != view.viewer).collect();
        let mut transaction = self.pool.begin().await?;
        for some in others.chunks(TOGETHER) {
            let mut places = Vec::with_capacity(some.len());
            for n in 0..some.len() {
                let first = 6 + 2 * n;
                places.push(format!("(${first}, $1, ${}, $2, $3, $4, $5)", first + 1));
            }
            let sql = format!(
                "INSERT INTO view_log (id, viewer, person_id, what, at_ms, scope, scope_id) VALUES {} \
                 ON CONFLICT (id) DO NOTHING",
                places.join(", ")
            );
            let mut query = sqlx::query(sqlx::AssertSqlSafe(sql))
                .bind(view.viewer.clone())
                .bind(view.what.word())
                .bind(now.as_millisecond())
                .bind(view.scope)
                .bind(view.scope_id.clone());
            for person in some {
                query = query.bind(view.line(*person, View::hour(now))).bind(person.to_string());
            }
            query.execute(&mut *transaction).await?;
        }
        Ok(transaction.commit().await?)
    }

    /// Who looked at somebody's data, the last one first; five hundred at most.
    ///
    /// # Errors
    /// The database does not answer, or a row was damaged.
    pub async fn views_of(&self, person: PersonId) -> Result<Vec<ViewOfMe>, StoreError> {
        let sql = "SELECT v.what, v.at_ms, v.scope, v.scope_id, p.first_name, p.last_name, s.title \
             FROM view_log v LEFT JOIN person p ON p.id = v.viewer \
             LEFT JOIN session_formation s ON v.scope = 'session_formation' AND s.id = v.scope_id \
             WHERE v.person_id = $1 ORDER BY v.at_ms DESC, v.id LIMIT $2";
        let rows = sqlx::query(sql).bind(person.to_string()).bind(LISTED).fetch_all(&self.pool).await?;
        let mut views = Vec::with_capacity(rows.len());
        for row in rows {
            let text = |column: &str| row.try_get::<Option<String>, _>(column).map(Option::unwrap_or_default);
            let title = match (text("scope")?.as_str(), text("scope_id")?.parse::<SeanceId>()) {
                ("seance", Ok(id)) => self.seance(id).await?.map(|plan| plan.title).unwrap_or_default(),
                _ => text("title")?,
            };
            let name = format!("{} {}", text("first_name")?, text("last_name")?.to_uppercase());
            views.push(ViewOfMe {
                viewer: name.trim().to_owned(),
                what: Viewed::of(&text("what")?),
                title,
                at: instant(&row, "at_ms")?,
            });
        }
        Ok(views)
    }
}

#[cfg(test)]
mod tests {
    use signaling::person::Person;

    use super::*;
    use crate::clock;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[tokio::test]
    async fn looking_is_one_line_an_hour_for_each_person() {
        let data = tempfile::tempdir().unwrap();
        let store = Store::open(data.path()).await.unwrap();
        let people: Vec<PersonId> = (0..1_000).map(|_| PersonId(clock::mint())).collect();
        let (me, viewer) = (people[700], people[0]);
        let first = at("2026-11-18T14:10:00Z");
        store.put_person(&Person::named(viewer, None, "martin", "Paul"), first).await.unwrap();
        let view = View {
            viewer: viewer.to_string(),
            what: Viewed::Presence,
            scope: "seance",
            scope_id: SeanceId(clock::mint()).to_string(),
        };
        for now in ["2026-11-18T14:10:00Z", "2026-11-18T14:59:59Z", "2026-11-18T15:00:00Z"] {
            store.note_view(&view, &people, at(now)).await.unwrap();
        }
        let exported = View { what: Viewed::Export, ..view.clone() };
        store.note_view(&exported, &people, first).await.unwrap();
        let nameless = View { viewer: String::new(), ..view };
        store.note_view(&nameless, &people, first).await.unwrap();
        let views = store.views_of(me).await.unwrap();
        let told: Vec<_> = views.iter().map(|one| (one.viewer.as_str(), one.what, one.at)).collect();
        assert_eq!(told.len(), 4, "{told:?}");
        assert_eq!(told[0], ("Paul MARTIN", Viewed::Presence, at("2026-11-18T15:00:00Z")));
        assert!(told.contains(&("Paul MARTIN", Viewed::Export, first)));
        assert!(told.contains(&("", Viewed::Presence, first)));
        assert_eq!(store.views_of(viewer).await.unwrap().len(), 1, "one's own looking is none");
        store.close().await;
    }
}
