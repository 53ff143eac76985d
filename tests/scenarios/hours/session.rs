//! A session of a parcours as the stories about hours begin: people, séances that were held, what is asked about it.

use anyhow::{Context, Result, ensure};
use harness::{
    browser::{Answer, Browser},
    server::{Place, Preau},
};
use jiff::{SignedDuration, civil::Date};
use serde_json::{Value, json};
use server::clock::wall;
use signaling::{id::SessionFormationId, protocol::seance::SeanceKind};

pub(crate) const PAUL: &str = "paul.martin@ac-versailles.fr";
const CLAIRE: &str = "claire.petit@ac-versailles.fr";
pub(super) const MARIE: &str = "marie.durand@ac-versailles.fr";

/// Paul leads the session of a parcours of three hours, Marie and others follow it, Claire manages the academy.
pub(crate) struct Session {
    pub(crate) server: Preau,
    pub(crate) paul: Browser,
    pub(crate) claire: Browser,
    pub(crate) marie: Browser,
    pub(crate) people: Vec<String>,
    pub(crate) parcours: String,
    pub(crate) id: String,
}

impl Session {
    pub(crate) async fn of(trainees: usize) -> Result<Self> {
        Self::at(Place::default(), trainees).await
    }

    pub(crate) async fn at(place: Place, trainees: usize) -> Result<Self> {
        let server = Preau::start_at(place).await?;
        server.knows(PAUL, "Paul", "MARTIN", &[]).await?;
        let manager = ["--role", "gestionnaire", "--scope", "ac-versailles"];
        server.knows(CLAIRE, "Claire", "PETIT", &manager).await?;
        let mut people = vec![server.knows(MARIE, "Marie", "DURAND", &[]).await?];
        let mut claire = Browser::logged_in(&server, CLAIRE).await?;
        let design = json!({"title": "Calcul mental", "academy": "ac-versailles", "distanceMin": 180,
            "identifiant": "26_A025_CALCULMENTAL_1.0"});
        let parcours = claire.made("/api/parcours", &design).await?;
        let id = opened(&mut claire, &parcours, wall_day()).await?;
        let mut listed = vec![json!({"email": PAUL, "role": "trainer"}), json!({"email": MARIE})];
        let more = (2..=trainees)
            .map(|n| json!({"email": format!("stagiaire.{n}@ac-versailles.fr"), "lastName": "STAGIAIRE"}));
        listed.extend(more);
        let answer = claire.post(&of(&id, "enrolments"), &json!({"people": listed})).await?;
        ensure!(answer.status == 200, "{}", answer.text());
        let hours = claire.get(&of(&id, "hours")).await?.json();
        let rows = hours["rows"].as_array().context("no rows")?.clone();
        let others = rows.iter().filter_map(|row| row["person"].as_str()).filter(|id| *id != people[0]);
        let others: Vec<String> = others.map(str::to_owned).collect();
        people.extend(others);
        ensure!(people.len() == trainees, "{hours}");
        Ok(Self {
            paul: Browser::logged_in(&server, PAUL).await?,
            marie: Browser::logged_in(&server, MARIE).await?,
            claire,
            server,
            people,
            parcours,
            id,
        })
    }

    /// A séance of it that is over; who was present is decided afterwards.
    pub(crate) async fn held(&mut self, kind: SeanceKind, days_ago: i64) -> Result<String> {
        let session: SessionFormationId = self.id.parse()?;
        let starts = wall() - SignedDuration::from_hours(24 * days_ago) - SignedDuration::from_mins(10);
        let plan = self.server.plans("ac-versailles", |plan| {
            (plan.kind, plan.starts_at, plan.duration_min) = (kind, starts, 60);
            plan.session_formation = Some(session);
        });
        Ok(plan.await?.id.to_string())
    }

    /// Corrects everybody of the list to present.
    pub(crate) async fn finds_present(&mut self, seance: &str, people: &[String]) -> Result<()> {
        let body = json!({"people": people, "kind": "status", "new": "present", "reason": "PANNE_RESEAU",
            "text": "", "seen": 0});
        let answer = self.claire.post(&format!("/api/seances/{seance}/corrections"), &body).await?;
        ensure!(answer.status == 200, "{}", answer.text());
        Ok(())
    }

    pub(super) async fn hours(&mut self) -> Result<Value> {
        Ok(self.paul.get(&of(&self.id, "hours")).await?.json())
    }

    pub(super) async fn row(&mut self, person: usize) -> Result<Value> {
        let hours = self.hours().await?;
        let rows = hours["rows"].as_array().context("no rows")?;
        rows.iter().find(|row| row["person"] == self.people[person].as_str()).cloned().context("no such row")
    }

    pub(super) fn attest(&self) -> String {
        of(&self.id, "attestations")
    }

    pub(super) fn by_hand(&self, person: usize, reason: &str) -> Value {
        json!({"kind": "people", "people": [self.people[person]], "attested": {"distance": true, "presence": false},
            "reason": reason})
    }
}

pub(crate) fn of(session: &str, way: &str) -> String {
    format!("/api/sessions-formation/{session}/{way}")
}

pub(super) fn all_proposed() -> Value {
    json!({"kind": "all_proposed"})
}

pub(super) fn wall_day() -> Date {
    wall().to_zoned(jiff::tz::TimeZone::UTC).date()
}

pub(super) async fn opened(by: &mut Browser, parcours: &str, day: Date) -> Result<String> {
    let session = json!({"parcours": parcours, "title": "Session", "startsOn": day, "endsOn": day});
    by.made("/api/sessions-formation", &session).await
}

pub(super) fn attestations(answer: &Answer) -> Result<Vec<Value>> {
    let found = answer.json()["attestations"].as_array().cloned();
    found.with_context(|| format!("{} {}", answer.status, answer.text()))
}

pub(super) fn text<'v>(value: &'v Value, field: &str) -> &'v str {
    value[field].as_str().unwrap_or_default()
}
