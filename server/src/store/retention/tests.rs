//! A class that was held long ago, and what is left of it as time goes by; on PostgreSQL too.

use std::path::{Path, PathBuf};

use jiff::SignedDuration;
use signaling::{
    attendance::{PresenceSheet, decided},
    correction::{CorrectionRequest, Remark},
    enrolment::{EnrolmentRole, EnrolmentSource},
    id::{BootId, ConnectionId, CorrectionRequestId, MessageId, ParticipantId},
    journal::{Moment, verify},
    office::privacy::Viewed,
    person::Person,
    protocol::{
        Role,
        seance::{EndCause, SeanceKind},
    },
    retention::{Kind, Terms},
    seance::Threshold,
};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::{
    academy::Academies,
    proof::{Bundle, ProofKey, Verdict},
    retention::{Erasure, Purge},
    store::{Asked, Entry, Gathering, JournalWriter, View},
};

const SECRETS: [&str; 5] = ["DURAND", "Marie", "marie.durand", "bonjour de la part", "C’est faux"];

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

struct Class {
    data: tempfile::TempDir,
    store: Store,
    academies: Academies,
    plan: Seance,
    paul: PersonId,
    marie: PersonId,
}

impl Class {
    /// An hour with a trainer, a participant who wrote, and a guest.
    async fn held(starts: &str) -> Self {
        let data = tempfile::tempdir().unwrap();
        let store = Store::open(data.path()).await.unwrap();
        let starts = at(starts);
        let mut plan = planned(starts);
        let mut people = Vec::new();
        for (email, last, first, role) in [
            ("paul.martin@ac-versailles.fr", "MARTIN", "Paul", EnrolmentRole::Trainer),
            ("marie.durand@ac-versailles.fr", "DURAND", "Marie", EnrolmentRole::Participant),
        ] {
            let id = PersonId(clock::mint());
            let mut person = Person::named(id, Some(email.to_owned()), last, first);
            person.academy = "ac-versailles".to_owned();
            store.put_person(&person, starts).await.unwrap();
            people.push((id, role));
        }
        plan.made_by = Some(people[0].0);
        store.put_seance(&plan).await.unwrap();
        for (person, role) in &people {
            let to = Gathering::Seance(plan.id);
            store.enrol_person(to, *person, *role, EnrolmentSource::Manual, starts).await.unwrap();
        }
        let plan = store.seance(plan.id).await.unwrap().unwrap();
        let class = Self {
            academies: Academies::read(Path::new("")).unwrap(),
            store,
            plan,
            paul: people[0].0,
            marie: people[1].0,
            data,
        };
        class.is_written_down().await;
        class
    }

    async fn is_written_down(&self) {
        let boot_at = self.plan.starts_at;
        let boot = BootId(clock::mint());
        let entries = story(self.paul, self.marie).into_iter().map(|(minute, fact)| {
            let at = Moment { boot, boot_at, mono_ms: minute * 60_000 };
            Entry { at, wall: at.effective(), fact }
        });
        let (journal, writer) = JournalWriter::new(self.store.clone(), self.key());
        let committed = journal.append(self.plan.id, entries.collect()).unwrap();
        let last = CancellationToken::new();
        last.cancel();
        writer.run(last).await;
        committed.await.unwrap();
    }

    fn key(&self) -> ProofKey {
        ProofKey::open(Path::new(""), self.data.path()).unwrap()
    }

    fn purge<'p>(&'p self, now: &str) -> Purge<'p> {
        Purge {
            store: &self.store,
            data: self.data.path(),
            terms: Terms::default(),
            academies: &self.academies,
            now: at(now),
            dry: false,
        }
    }

    /// What a purge of that day does: kind, count, held.
    async fn purged(&self, now: &str, dry: bool) -> Vec<(Kind, u64, u64)> {
        let run = Purge { dry, ..self.purge(now) }.run(|_, _, _, _| ()).await.unwrap();
        run.lines.iter().map(|line| (line.kind, line.count, line.held)).collect()
    }

    async fn sheet(&self) -> PresenceSheet {
        let (log, known) =
            (self.store.log(self.plan.id).await.unwrap(), self.store.known_here(&self.plan).await.unwrap());
        decided(&self.plan, log.view(&self.plan), &log, &known, at("2026-12-01T00:00:00Z"))
    }

    async fn bundle(&self) -> Vec<u8> {
        let (records, seals) =
            (self.store.records(self.plan.id).await.unwrap(), self.store.seals(self.plan.id).await.unwrap());
        let known = self.store.known_here(&self.plan).await.unwrap();
        let made =
            Bundle::make(&self.plan, &records, &seals, &known, &self.key(), at("2026-12-01T00:00:00Z"));
        made.unwrap().into_bytes()
    }

    async fn asks(&self) -> CorrectionRequestId {
        let id = CorrectionRequestId(clock::mint());
        let asked = CorrectionRequest {
            id,
            person: self.marie,
            text: "C’est faux : j’étais là.".to_owned(),
            asked_at: self.plan.starts_at,
            answer: None,
            answer_text: String::new(),
            answered_at: None,
        };
        self.store.ask_correction(self.plan.id, &asked).await.unwrap();
        id
    }

    /// Every text of every table.
    async fn everything(&self) -> String {
        let mut all = String::new();
        for table in tables() {
            let sql = format!("SELECT * FROM {table}");
            let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(&self.store.pool).await.unwrap();
            for row in &rows {
                for column in 0..row.len() {
                    let text = row.try_get::<Option<String>, _>(column).ok().flatten();
                    all += &format!("{table}: {}\n", text.unwrap_or_default());
                }
            }
        }
        all
    }
}

/// All tables there are, by the migrations.
fn tables() -> Vec<String> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let all: String = files.map(|file| std::fs::read_to_string(file).unwrap()).collect();
    let tables: Vec<String> = all
        .split("CREATE TABLE ")
        .skip(1)
        .map(|rest| rest.split([' ', '(']).next().unwrap().to_owned())
        .collect();
    assert!(tables.len() > 25, "{tables:?}");
    tables
}

fn planned(starts_at: Timestamp) -> Seance {
    Seance {
        id: SeanceId(clock::mint()),
        title: "Lire un album".to_owned(),
        kind: SeanceKind::ClasseVirtuelle,
        starts_at,
        time_zone: "Europe/Paris".to_owned(),
        duration_min: 60,
        threshold: Threshold::Auto,
        access_before_min: 30,
        recorded: false,
        trainers: Vec::new(),
        capacity: 100,
        lobby: signaling::seance::Lobby::None,
        session_formation: None,
        academy: "ac-versailles".to_owned(),
        guests: true,
        required: true,
        credit_min: None,
        sequence: 0,
        cancelled_at: None,
        made_by: None,
    }
}

fn story(paul: PersonId, marie: PersonId) -> Vec<(u64, Fact)> {
    let stays = |person, name: &str, role, identity| {
        let (participant, connection) = (ParticipantId(clock::mint()), ConnectionId(clock::mint()));
        let name = name.to_owned();
        (participant, connection, Fact::Joined { person, participant, connection, name, role, identity })
    };
    let (leader, _, paul) = stays(paul, "Paul MARTIN", Role::Trainer, Identity::PersonalLink);
    let (teacher, line, marie) = stays(marie, "Marie DURAND", Role::Participant, Identity::PersonalLink);
    let guest = PersonId(clock::mint());
    let (_, _, guest) = stays(guest, "Zoé Invitée", Role::Participant, Identity::Declared);
    let said = Fact::ChatPosted {
        message: MessageId(clock::mint()),
        participant: teacher,
        client_id: "1".to_owned(),
        text: "bonjour de la part de Marie".to_owned(),
    };
    vec![
        (0, Fact::Opened { heard_until: None }),
        (0, paul),
        (1, marie),
        (2, guest),
        (3, said),
        (45, Fact::Left { participant: teacher, connection: line }),
        (60, Fact::Ended { why: EndCause::Trainer, by: Some(leader) }),
    ]
}

#[tokio::test]
async fn messages_and_guests_go_and_the_proof_stays() {
    let class = Class::held("2026-10-12T13:00:00Z").await;
    let (sheet, earlier) = (class.sheet().await, class.bundle().await);
    assert_eq!(class.purged("2026-11-11T13:59:00Z", false).await, []);
    let due = vec![(Kind::Chat, 1, 0), (Kind::Guests, 1, 0)];
    let now = "2026-11-11T14:01:00Z";
    assert_eq!(class.purged(now, true).await, due);
    assert_eq!(class.bundle().await.len(), earlier.len(), "nothing was done by saying what would be");
    assert_eq!(class.purged(now, false).await, due);
    assert_eq!(class.purged(now, false).await, [], "once");

    let records = class.store.records(class.plan.id).await.unwrap();
    assert_eq!(verify(class.plan.id, &records).unwrap().seq, 7);
    let all = class.everything().await;
    assert!(!all.contains("bonjour de la part") && !all.contains("Zoé Invitée"), "{all}");
    let after = class.sheet().await;
    for one in &sheet.rows {
        let other = after.rows.iter().find(|other| other.person == one.person).unwrap();
        assert_eq!((one.presence_ms, one.decided), (other.presence_ms, other.decided));
        let name = if one.name == "Zoé Invitée" { "" } else { one.name.as_str() };
        assert_eq!(other.name, name);
    }
    assert_eq!(after.counts, sheet.counts);
    for bundle in [earlier, class.bundle().await] {
        let verdict = crate::proof::verify(&bundle);
        assert!(matches!(verdict, Verdict::Intact { records: 7, .. }), "{verdict}");
    }
    let kept = class.store.purges().await.unwrap();
    assert_eq!(kept.len(), 3, "dry runs leave no report");
    assert_eq!(kept[1].lines.len(), 2);
}

#[tokio::test]
async fn what_is_live_or_may_be_corrected_stays() {
    let class = Class::held("2026-10-12T13:00:00Z").await;
    let terms = Terms { chat_days: 0, guests_days: 0, ..Terms::default() };
    let purged = async |now: &str| {
        let run = Purge { terms, ..class.purge(now) }.run(|_, _, _, _| ()).await.unwrap();
        run.lines.iter().map(|line| (line.kind, line.count, line.held)).collect::<Vec<_>>()
    };
    assert_eq!(purged("2026-10-12T13:30:00Z").await, [], "the class goes on");
    assert_eq!(purged("2026-10-12T14:30:00Z").await, [(Kind::Chat, 1, 0), (Kind::Guests, 0, 1)]);
    assert_eq!(purged("2026-10-27T13:59:00Z").await, [(Kind::Guests, 0, 1)], "it may still be corrected");
    let request = class.asks().await;
    assert_eq!(purged("2026-10-28T14:00:00Z").await, [(Kind::Guests, 0, 1)], "a request waits");
    let answer = (signaling::correction::Answer::Refused, "Non.");
    class.store.answer_correction(request, answer, class.paul, at("2026-10-28T15:00:00Z")).await.unwrap();
    let scope = ("seance", class.plan.id.to_string());
    class.store.put_hold((scope.0, &scope.1), Some("recours"), at("2026-10-28T15:00:00Z")).await.unwrap();
    assert_eq!(purged("2026-10-28T16:00:00Z").await, [(Kind::Guests, 0, 1)], "held");
    class.store.put_hold((scope.0, &scope.1), None, at("2026-10-28T17:00:00Z")).await.unwrap();
    let person = class.marie.to_string();
    class.store.put_hold(("person", &person), Some("recours"), at("2026-10-28T17:00:00Z")).await.unwrap();
    assert_eq!(purged("2026-10-28T17:30:00Z").await, [(Kind::Guests, 0, 1)], "held for one of its people");
    class.store.put_hold(("person", &person), None, at("2026-10-28T17:00:00Z")).await.unwrap();
    assert_eq!(purged("2026-10-28T18:00:00Z").await, [(Kind::Guests, 1, 0)]);
}

#[tokio::test]
async fn records_go_with_the_school_year_and_presence_stays() {
    let class = Class::held("2024-11-18T13:00:00Z").await;
    class.purged("2026-08-31T21:59:00Z", false).await;
    assert_eq!(class.store.records(class.plan.id).await.unwrap().len(), 7);
    let before = class.sheet().await;
    let connections = class.store.connections(class.plan.id).await.unwrap();
    class.asks().await;
    assert_eq!(class.purged("2026-08-31T22:01:00Z", false).await, [(Kind::Events, 0, 1)], "contested");
    sqlx::query("DELETE FROM correction_request").execute(&class.store.pool).await.unwrap();
    assert_eq!(class.purged("2026-08-31T22:01:00Z", false).await, [(Kind::Events, 1, 0)]);
    assert!(class.store.journals().await.unwrap().is_empty());
    assert!(class.store.condensed_at(class.plan.id).await.unwrap().is_some());
    assert_eq!(class.sheet().await, before);
    assert_eq!(class.store.connections(class.plan.id).await.unwrap(), connections);
    assert_eq!(class.purged("2026-09-02T00:00:00Z", false).await, []);
}

#[tokio::test]
async fn of_results_figures_stay_and_nobody() {
    let class = Class::held("2024-11-18T13:00:00Z").await;
    let counts = class.sheet().await.counts;
    assert_eq!((counts.enrolled, counts.present), (1, 1));
    class.purged("2029-08-31T21:59:00Z", false).await;
    assert!(class.everything().await.contains("DURAND"));
    let purged = class.purged("2029-08-31T22:01:00Z", false).await;
    assert!(purged.contains(&(Kind::Results, 1, 0)), "{purged:?}");
    let all = class.everything().await;
    assert!(SECRETS.iter().all(|secret| !all.contains(secret)), "{all}");
    assert!(!all.contains("MARTIN") && !all.contains("Zoé"), "{all}");
    let sql = "SELECT enrolled, present, absent FROM seance_figures";
    let row = sqlx::query(sql).fetch_one(&class.store.pool).await.unwrap();
    let figure = |column: &str| row.try_get::<i64, _>(column).unwrap();
    assert_eq!((figure("enrolled"), figure("present"), figure("absent")), (1, 1, 0));
    assert_eq!(class.purged("2029-09-02T00:00:00Z", false).await, []);
}

#[tokio::test]
async fn logs_logins_lists_and_files_go_by_age() {
    let class = Class::held("2026-10-12T13:00:00Z").await;
    let (store, then) = (&class.store, at("2022-11-18T13:00:00Z"));
    store.put_login("digest", class.marie, then, then + SignedDuration::from_hours(24)).await.unwrap();
    let view =
        View { viewer: class.paul.to_string(), what: Viewed::Presence, scope: "", scope_id: String::new() };
    store.note_view(&view, &[class.marie], then).await.unwrap();
    store.audit(class.paul, "role granted", "x", "", then).await.unwrap();
    for (session, ends) in [(1_i64, then), (2, at("2026-06-01T00:00:00Z"))] {
        let insert = "INSERT INTO ext_session (base, dispositif, module, session, academy, dispositif_name, \
             module_name, group_number, starts_ms, ends_ms, place_type, place) \
             VALUES ('ACAVER', '22A', 7, $1, 'ac-versailles', '', '', '', 0, $2, '', '')";
        sqlx::query(insert).bind(session).bind(ends.as_millisecond()).execute(&store.pool).await.unwrap();
        let insert = "INSERT INTO ext_trainee (base, session, email, academy, last_name, first_name) \
             VALUES ('ACAVER', $1, 'x@ac-versailles.fr', 'ac-versailles', 'X', 'Y')";
        sqlx::query(insert).bind(session).execute(&store.pool).await.unwrap();
    }
    let exports = class.data.path().join("exports");
    std::fs::create_dir(&exports).unwrap();
    std::fs::write(exports.join("nobody-knows-it"), "MARTIN").unwrap();
    let expected = vec![(Kind::Gaia, 1, 0), (Kind::Logins, 1, 0), (Kind::Logs, 2, 0)];
    let now = "2026-11-01T00:00:00Z";
    assert_eq!(class.purged(now, true).await, expected);
    assert_eq!(class.purged(now, false).await, expected);
    let left = sqlx::query("SELECT session FROM ext_trainee").fetch_all(&store.pool).await.unwrap();
    assert_eq!(left.len(), 1, "the other list is of last school year");
    // The file is of today: by then it is old.
    let later = clock::wall() + SignedDuration::from_hours(48);
    let run = Purge { now: later, ..class.purge(now) }.run(|_, _, _, _| ()).await.unwrap();
    let files: Vec<_> = run.lines.iter().filter(|line| line.kind == Kind::Files).collect();
    assert_eq!((files.len(), files[0].count, files[0].bytes), (1, 1, 6));
    assert!(std::fs::read_dir(exports).unwrap().next().is_none());
}

/// Somebody with all that an identity can have.
async fn known_everywhere(class: &Class, now: Timestamp) {
    let store = &class.store;
    store.put_password(class.marie, "$argon2id$x", now).await.unwrap();
    store.put_login("digest", class.marie, now, now).await.unwrap();
    let request = class.asks().await;
    let answer = (signaling::correction::Answer::Refused, "Non, Marie.");
    store.answer_correction(request, answer, class.paul, now).await.unwrap();
    let insert = "INSERT INTO ext_trainee (base, session, email, academy, last_name, first_name) \
         VALUES ('ACAVER', 1, 'marie.durand@ac-versailles.fr', 'ac-versailles', 'DURAND', 'Marie')";
    sqlx::query(insert).execute(&store.pool).await.unwrap();
    let insert = "INSERT INTO adjustment (id, seance_id, person_id, kind, old, new, reason, text, author, at_ms, \
         number, salt, digest) VALUES ('a', 'elsewhere', $1, 'excuse', '', '', 'AUTRE', 'Marie est malade', '', 0, 1, 's', 'd')";
    sqlx::query(insert).bind(class.marie.to_string()).execute(&store.pool).await.unwrap();
    let view =
        View { viewer: class.paul.to_string(), what: Viewed::People, scope: "", scope_id: String::new() };
    store.note_view(&view, &[class.marie], now).await.unwrap();
}

#[tokio::test]
async fn an_erased_identity_is_in_no_table_and_in_no_figure_missed() {
    let class = Class::held("2026-10-12T13:00:00Z").await;
    let now = at("2026-10-13T00:00:00Z");
    known_everywhere(&class, now).await;
    let (sheet, earlier) = (class.sheet().await, class.bundle().await);
    let person = class.store.person(class.marie).await.unwrap().unwrap();
    let purge = class.purge("2026-10-13T00:00:00Z");
    assert_eq!(purge.asked(&person, "console", "demande de Marie DURAND").await.unwrap(), Erasure::Done);
    let all = class.everything().await;
    for secret in SECRETS {
        let found: Vec<&str> = all.lines().filter(|line| line.contains(secret)).collect();
        assert!(found.is_empty(), "{secret}: {found:?}");
    }
    assert!(all.contains("MARTIN") && all.contains("Zoé Invitée"), "nobody else");
    let after = class.sheet().await;
    assert_eq!(after.counts, sheet.counts);
    let remarks = |sheet: &PresenceSheet| -> Vec<Remark> {
        sheet.rows.iter().flat_map(|row| row.history.clone()).collect()
    };
    assert_eq!(remarks(&after).len(), remarks(&sheet).len());
    for bundle in [earlier, class.bundle().await] {
        let verdict = crate::proof::verify(&bundle);
        assert!(matches!(verdict, Verdict::Intact { .. }), "{verdict}");
    }
    assert!(class.store.person(class.marie).await.unwrap().unwrap().erased);
    assert!(class.store.login("digest", now, now).await.unwrap().is_none());
}

#[tokio::test]
async fn an_identity_waits_for_its_attestation_and_for_answers() {
    let class = Class::held("2026-10-12T13:00:00Z").await;
    let now = "2026-11-01T00:00:00Z";
    let person = class.store.person(class.marie).await.unwrap().unwrap();
    class.asks().await;
    let asked = async |now: &str| class.purge(now).asked(&person, "console", "demande").await.unwrap();
    assert_eq!(asked(now).await, Erasure::Held);
    sqlx::query("UPDATE correction_request SET answered_ms = 1, answer = 'refused'")
        .execute(&class.store.pool)
        .await
        .unwrap();
    let insert = "INSERT INTO attestation (id, number, session_formation_id, person_id, distance_attested, \
         presence_attested, origin, reason, author, at_ms, revoked_by, verify_code, act_id, leaf_index, leaf, salt, \
         line) VALUES ($1, '1', $1, $2, 1, 0, 'auto', '', $2, $3, '', 'C', $1, 0, '', '', '')";
    sqlx::query(insert)
        .bind(clock::mint().to_string())
        .bind(class.marie.to_string())
        .bind(at("2026-10-13T00:00:00Z").as_millisecond())
        .execute(&class.store.pool)
        .await
        .unwrap();
    let until = "2031-09-01".parse().unwrap();
    assert_eq!(asked(now).await, Erasure::Later(until));
    let named = async || class.store.person(class.marie).await.unwrap().unwrap().last_name;
    class.purged("2031-08-31T21:00:00Z", false).await;
    assert_eq!(named().await, "DURAND");
    let purged = class.purged("2031-08-31T22:01:00Z", false).await;
    assert!(purged.contains(&(Kind::Erasures, 1, 0)), "{purged:?}");
    assert_eq!(named().await, "");
    // What was cut short is taken up again.
    let asked = Asked { person: class.paul, by: "console", reason: "", due: at(now) };
    class.store.ask_erasure(&asked, at(now)).await.unwrap();
    class.purged("2031-09-02T00:00:00Z", false).await;
    assert!(class.store.person(class.paul).await.unwrap().unwrap().erased);
    assert!(class.store.erasures_due(at("2099-01-01T00:00:00Z")).await.unwrap().is_empty());
}
