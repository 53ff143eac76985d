//! Somebody of each standing, and something of each kind.

use anyhow::{Context, Result};
use harness::{
    browser::{Answer, Browser},
    server::{Place, Preau},
};
use serde_json::{Value, json};
use signaling::{authorisation::Standing, enrolment::EnrolmentRole};

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
            (Standing::Inspector, "i@ac-lyon.fr", &["--role", "inspecteur", "--scope", "0789999V"]),
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
        let parcours = world
            .made(
                Standing::Gestionnaire,
                "/api/parcours",
                json!({"title": "Calcul mental", "academy": "ac-versailles"}),
            )
            .await?;
        world.names.push(("{parcours}", parcours.clone()));
        let session = json!({"parcours": parcours, "title": "Session", "startsOn": "2026-11-01", "endsOn": "2026-12-31"});
        let session = world.made(Standing::Gestionnaire, "/api/sessions-formation", session).await?;
        world.names.push(("{session}", session.clone()));
        let listed = ["t", "tutor", "p"].map(|name| format!("{name}@ac-versailles.fr"));
        let roles = ["trainer", "tutor", "participant"];
        let listed: Vec<Value> =
            listed.iter().zip(roles).map(|(email, role)| json!({"email": email, "role": role})).collect();
        let path = format!("/api/sessions-formation/{session}/enrolments");
        let answer = world.browser(Standing::Gestionnaire).post(&path, &json!({"people": listed})).await?;
        anyhow::ensure!(answer.status == 200, "{}", answer.text());
        let attest = json!({
            "kind": "people", "people": [participant], "attested": {"distance": true, "presence": false},
            "reason": "Travail rendu.",
        });
        let path = format!("/api/sessions-formation/{session}/attestations");
        let attested = world.browser(Standing::Gestionnaire).post(&path, &attest).await?;
        let attestation = attested.json()["attestations"][0]["id"].as_str().map(str::to_owned);
        world.names.push(("{attestation}", attestation.with_context(|| attested.text())?));
        let path = format!("/api/seances/{}/requests", plan.id);
        let request = world.made(Standing::Participant, &path, json!({"text": "C’est faux."})).await?;
        world.names.push(("{request}", request));
        let path = format!("/api/seances/{}/half-days", plan.id);
        let local = plan.starts_at.to_zoned(jiff::tz::TimeZone::get(&plan.time_zone)?);
        let day = json!({"startsAt": local.strftime("%Y-%m-%dT%H:%M").to_string(), "durationMin": 180});
        let days = world.browser(Standing::Trainer).post(&path, &day).await?.json();
        let half = days["halfDays"][0]["id"].as_str().with_context(|| days.to_string())?.to_owned();
        world.names.push(("{half}", half));
        let path = format!("/api/seances/{}/export/csv", plan.id);
        let answer = world.browser(Standing::Trainer).get(&path).await?;
        anyhow::ensure!(answer.status == 200, "{}", answer.text());
        let change = json!({"circonscription": "0789999V"});
        let answer = world
            .browser(Standing::Gestionnaire)
            .patch(&format!("/api/people/{participant}"), &change)
            .await?;
        anyhow::ensure!(answer.status == 200, "{}", answer.text());
        Ok(world)
    }

    fn browser(&mut self, wanted: Standing) -> &mut Browser {
        // Who the data is about is the participant.
        let wanted = if wanted == Standing::Oneself { Standing::Participant } else { wanted };
        let found = self.people.iter().position(|(standing, _)| *standing == wanted);
        &mut self.people[found.unwrap_or_default()].1
    }

    async fn made(&mut self, by: Standing, path: &str, body: Value) -> Result<String> {
        let answer = self.browser(by).post(path, &body).await?;
        let made = answer.json();
        let id = made["id"].as_str().or_else(|| made["session"]["id"].as_str());
        Ok(id.with_context(|| format!("{path}: {}", answer.text()))?.to_owned())
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
