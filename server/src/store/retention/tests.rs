//! A class that was held long ago, and what is left of it as time goes by; on PostgreSQL too.

mod age;
mod identity;

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
    protocol::{Role, seance::EndCause},
    retention::{Kind, Terms},
};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::{
    academy::Academies,
    clock,
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
        duration_min: 60,
        capacity: 100,
        academy: "ac-versailles".to_owned(),
        ..Seance::new(SeanceId(clock::mint()), "Lire un album", starts_at)
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
