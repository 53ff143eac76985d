//! Somebody of each standing, and something of each kind.

use anyhow::{Context, Result};
use harness::{
    browser::{Answer, Browser, text},
    server::{Place, Preau},
};
use serde_json::{Value, json};
use signaling::{authorisation::Standing, enrolment::EnrolmentRole, seance::Seance};

/// A séance in a session of a parcours, and one browser of each standing.
pub(super) struct World {
    server: Preau,
    pub(super) participant: String,
    /// What stands for `{id}`, `{session}` and so on.
    names: Vec<(&'static str, String)>,
    people: Vec<(Standing, Browser)>,
}

impl World {
    pub(super) async fn begins(place: Place) -> Result<Self> {
        let server = Preau::start_at(place).await?;
        let academy = |role| ["--role", role];
        let mut ids = Vec::new();
        let mut people = vec![(Standing::Nobody, Browser::of(&server))];
        for (standing, email, more) in [
            (Standing::Administrator, "a@ac-lyon.fr", &academy("administrateur")[..]),
            (Standing::Gestionnaire, "g@ac-versailles.fr", &academy("gestionnaire")[..]),
            (Standing::Trainer, "t@ac-versailles.fr", &[]),
            (Standing::Tutor, "tutor@ac-versailles.fr", &[]),
            (Standing::Participant, "p@ac-versailles.fr", &[]),
            (Standing::Inspector, "i@ac-versailles.fr", &["--role", "inspecteur", "--scope", "0789999V"]),
            (Standing::Concepteur, "c@ac-versailles.fr", &academy("concepteur")[..]),
            // A manager too, of another academy.
            (Standing::Stranger, "s@ac-nice.fr", &academy("gestionnaire")[..]),
        ] {
            ids.push((standing, server.knows(email, "Anne", "ROY", more).await?));
            people.push((standing, Browser::logged_in(&server, email).await?));
        }
        let id = |wanted| {
            let found = ids.iter().find(|(standing, _)| *standing == wanted);
            found.map(|(_, id)| id.clone()).context("nobody stands so")
        };
        let participant = id(Standing::Participant)?;
        let mut world = Self { server, participant: participant.clone(), names: Vec::new(), people };
        let plan = world.server.plans("ac-versailles", |_| {}).await?;
        for (standing, role) in [
            (Standing::Trainer, EnrolmentRole::Trainer),
            (Standing::Tutor, EnrolmentRole::Tutor),
            (Standing::Participant, EnrolmentRole::Participant),
        ] {
            world.server.enrols(plan.id, &id(standing)?, role).await?;
        }
        world.names = vec![
            ("{id}", plan.id.to_string()),
            ("{nobody}", "00000000-0000-7000-8000-000000000000".to_owned()),
            ("{person}", participant.clone()),
            ("{format}", "csv".to_owned()),
            // The first one that leaves.
            ("{number}", "1".to_owned()),
        ];
        world.teaches().await?;
        world.happens(&plan).await?;
        Ok(world)
    }

    /// A session of a parcours with people, one of them attested.
    async fn teaches(&mut self) -> Result<()> {
        let parcours = json!({"title": "Calcul mental", "academy": "ac-versailles"});
        let parcours = self.browser(Standing::Gestionnaire).made("/api/parcours", &parcours).await?;
        let session = json!({"parcours": parcours, "title": "Session", "startsOn": "2026-11-01", "endsOn": "2026-12-31"});
        let session = self.browser(Standing::Gestionnaire).made("/api/sessions-formation", &session).await?;
        let of = |way| format!("/api/sessions-formation/{session}/{way}");
        let listed = json!({"people": [
            {"email": "t@ac-versailles.fr", "role": "trainer"},
            {"email": "tutor@ac-versailles.fr", "role": "tutor"},
            {"email": "p@ac-versailles.fr", "role": "participant"},
        ]});
        let attest = json!({
            "kind": "people", "people": [self.participant], "attested": {"distance": true, "presence": false},
            "reason": "Travail rendu.",
        });
        let manager = self.browser(Standing::Gestionnaire);
        manager.done("POST", &of("enrolments"), &listed).await?;
        let attested = manager.done("POST", &of("attestations"), &attest).await?;
        let attestation = text(&attested["attestations"][0]["id"])?;
        self.names.extend([("{parcours}", parcours), ("{session}", session), ("{attestation}", attestation)]);
        Ok(())
    }

    /// A request for correction, a half-day and a file of the séance; the participant's inspector.
    async fn happens(&mut self, plan: &Seance) -> Result<()> {
        let of = |way| format!("/api/seances/{}/{way}", plan.id);
        let contested = json!({"text": "C’est faux."});
        let request = self.browser(Standing::Participant).made(&of("requests"), &contested).await?;
        let local = plan.starts_at.to_zoned(jiff::tz::TimeZone::get(&plan.time_zone)?);
        let day = json!({"startsAt": local.strftime("%Y-%m-%dT%H:%M").to_string(), "durationMin": 180});
        let trainer = self.browser(Standing::Trainer);
        let days = trainer.done("POST", &of("half-days"), &day).await?;
        let answer = trainer.get(&of("export/csv")).await?;
        anyhow::ensure!(answer.status == 200, "{}", answer.text());
        self.names.extend([("{request}", request), ("{half}", text(&days["halfDays"][0]["id"])?)]);
        let person = format!("/api/people/{}", self.participant);
        let inspected = json!({"circonscription": "0789999V"});
        self.browser(Standing::Gestionnaire).done("PATCH", &person, &inspected).await?;
        Ok(())
    }

    fn browser(&mut self, wanted: Standing) -> &mut Browser {
        // Who the data is about is the participant.
        let wanted = if wanted == Standing::Oneself { Standing::Participant } else { wanted };
        let found = self.people.iter().position(|(standing, _)| *standing == wanted);
        &mut self.people[found.unwrap_or_default()].1
    }

    pub(super) async fn asks(&mut self, standing: Standing, address: &str, body: &Value) -> Result<Answer> {
        let (method, path) = address.split_once(' ').context("no method")?;
        let path = self.names.iter().fold(path.to_owned(), |path, (name, id)| path.replace(name, id));
        let browser = self.browser(standing);
        match body {
            Value::Null if method == "GET" => browser.ask(method, &path, None).await,
            Value::Null => browser.ask(method, &path, Some(&json!({}))).await,
            Value::String(_) => browser.send(method, &path, "text/plain", b"x@ac-versailles.fr").await,
            body => browser.ask(method, &path, Some(body)).await,
        }
    }
}
