//! Every address of the server, asked by everybody: the answers are those of the table, and an address that this list
//! does not know fails.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use harness::{
    browser::{Answer, Browser},
    postgres::Postgres,
    server::{Place, Preau},
};
use serde_json::{Value, json};
use signaling::{
    authorisation::{Act, Standing, allowed},
    enrolment::EnrolmentRole,
};

/// The page of routes itself.
const ROUTES: &str = include_str!("../../server/src/http.rs");

/// Addresses that ask no standing: what they open is a secret in the request, or nothing at all.
const OPEN: &[&str] = &[
    "GET /healthz",
    "GET /ws",
    "POST /api/login",
    "POST /api/logout",
    "GET /api/me",
    "POST /api/invitation",
    "GET /api/verifier",
    "GET /badges/issuer",
    "GET /badges/keys",
    "GET /badges/keys/{kid}",
    "GET /badges/status",
    // By the code on a paper.
    "GET /api/attestation/{code}",
    "GET /api/calendar/{secret}",
    "GET /api/{*other}",
    // By the ticket of a link; `refusals` and `attendance` ask these.
    "GET /api/entry",
    "GET /api/presence",
    "GET /api/presence/me",
    "GET /api/presence.csv",
    "GET /api/presence.proof",
    "POST /api/replay/{recording}/open",
    "GET /api/replay/{recording}/{*file}",
];

/// Addresses for everybody who is logged in; what they list is each one's own.
const OWN: &[(&str, &str)] = &[
    ("POST /api/password", r#"{"old":"","new":""}"#),
    ("GET /api/me/data", ""),
    ("GET /api/me/data.pdf", ""),
    ("GET /api/me/views", ""),
    ("GET /api/templates", ""),
    ("GET /api/seances", ""),
    ("GET /api/parcours", ""),
    ("GET /api/sessions-formation", ""),
    ("GET /api/hours/mine", ""),
    ("GET /api/interventions/mine", ""),
    ("GET /api/attestations/mine", ""),
    ("POST /api/calendar", "{}"),
    ("DELETE /api/calendar", ""),
    ("GET /api/exports?scope=mine", ""),
    ("GET /api/recordings/expiring", ""),
    ("POST /api/emargement", r#"{"code":"000000"}"#),
    ("POST /api/gaia/import", r#"{"token":"none"}"#),
    ("POST /api/schools/import", r#"{"token":"none"}"#),
    ("GET /api/schools?search=x", ""),
    ("POST /api/me/school", r#"{"uai":"0780001C"}"#),
];

/// What the object of an address is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum On {
    Seance,
    Session,
    Parcours,
    Academy,
    Person,
    /// What was attested of a person in a session.
    Attestation,
}

impl On {
    /// About one person, whose own data it is.
    fn is_personal(self) -> bool {
        matches!(self, Self::Person | Self::Attestation)
    }

    /// Whether somebody in that standing has anything to do with the object: others are told that there is none.
    fn concerns(self, standing: Standing) -> bool {
        use Standing as S;
        match standing {
            S::Administrator | S::Gestionnaire => true,
            S::Trainer => self != Self::Person,
            S::Concepteur => self != Self::Person,
            S::Tutor => matches!(self, Self::Seance | Self::Session | Self::Attestation),
            S::Participant => matches!(self, Self::Seance | Self::Session),
            S::Inspector | S::Oneself => self.is_personal(),
            S::Stranger | S::Nobody => false,
        }
    }
}

/// What each address does to what. Those that destroy come last.
fn table(world: &World) -> Vec<(&'static str, Act, On, Value)> {
    let person = &world.participant;
    let enrolment = json!({"people": [{"email": "neu@ac-versailles.fr"}]});
    let gaia = json!({"base": "ACAVER", "dispositif": "26A0250123", "module": 1, "session": 1});
    let correction = json!({"kind": "status", "people": [person], "new": "absent", "reason": "AUTRE", "text": "", "seen": 0});
    let room = json!({"shared": person, "people": [], "minutes": 10, "text": "", "seen": 0});
    let half_day = json!({"startsAt": "2026-11-18T09:00", "durationMin": 180});
    let later = json!({"startsAt": "2026-12-18T14:00"});
    let seance = json!({"title": "Essai", "startsAt": "2026-12-18T14:00", "durationMin": 60, "academy": "ac-versailles"});
    let parcours = json!({"title": "Essai", "academy": "ac-versailles"});
    let none = Value::Null;
    vec![
        ("GET /api/seances/{id}", Act::SeeSeance, On::Seance, none.clone()),
        ("GET /api/seances/{id}/calendar.ics", Act::SeeSeance, On::Seance, none.clone()),
        ("GET /api/seances/{id}/open-link", Act::SeeOpenLink, On::Seance, none.clone()),
        ("GET /api/seances/{id}/enrolments", Act::SeeEnrolments, On::Seance, none.clone()),
        ("GET /api/seances/{id}/gaia-links", Act::SeeGaiaLinks, On::Seance, none.clone()),
        ("GET /api/seances/{id}/presence", Act::SeePresence, On::Seance, none.clone()),
        ("GET /api/seances/{id}/presence/me", Act::SeeOwnPresence, On::Seance, none.clone()),
        ("GET /api/seances/{id}/half-days", Act::SeeHalfDays, On::Seance, none.clone()),
        ("GET /api/half-days/{half}/code", Act::ShowHalfDayCode, On::Seance, none.clone()),
        ("GET /api/half-days/{half}/scans/{nobody}", Act::SeeHalfDays, On::Seance, none.clone()),
        ("POST /api/half-days/{half}/scans", Act::SignForOthers, On::Seance, none.clone()),
        (
            "POST /api/half-days/{half}/signatures",
            Act::SignForOthers,
            On::Seance,
            json!({"person": person, "method": "tick"}),
        ),
        ("GET /api/sessions-formation/{session}", Act::SeeSessionFormation, On::Session, none.clone()),
        (
            "GET /api/sessions-formation/{session}/enrolments",
            Act::SeeSessionEnrolments,
            On::Session,
            none.clone(),
        ),
        ("GET /api/sessions-formation/{session}/hours", Act::SeeHours, On::Session, none.clone()),
        ("GET /api/sessions-formation/{session}/interventions", Act::SeeHours, On::Session, none.clone()),
        (
            "POST /api/sessions-formation/{session}/attestations",
            Act::Attest,
            On::Session,
            json!({"kind": "all_proposed"}),
        ),
        (
            "POST /api/sessions-formation/{session}/hours-exceptions",
            Act::AcceptHoursException,
            On::Session,
            json!({"person": person, "kind": "repeated"}),
        ),
        ("GET /api/people/{person}/hours", Act::SeeHoursOf, On::Person, none.clone()),
        ("GET /api/attestations/{attestation}/pdf", Act::SeeAttestation, On::Attestation, none.clone()),
        ("GET /api/attestations/{attestation}/badge", Act::TakeBadge, On::Attestation, none.clone()),
        ("GET /api/attestations/{attestation}/receipt", Act::SeeAttestation, On::Attestation, none.clone()),
        (
            "DELETE /api/attestations/{attestation}",
            Act::RevokeAttestation,
            On::Attestation,
            json!({"reason": "Erreur."}),
        ),
        ("GET /api/parcours/{parcours}", Act::SeeParcours, On::Parcours, none.clone()),
        ("GET /api/gaia/dispositifs?academy=ac-versailles", Act::SearchGaia, On::Academy, none.clone()),
        (
            "GET /api/gaia/modules?academy=ac-versailles&base=ACAVER&dispositif=26A0250123",
            Act::SearchGaia,
            On::Academy,
            none.clone(),
        ),
        (
            "GET /api/gaia/sessions?academy=ac-versailles&base=ACAVER&dispositif=26A0250123&module=1",
            Act::SearchGaia,
            On::Academy,
            none.clone(),
        ),
        (
            "GET /api/statistics?year=2026&academy=ac-versailles",
            Act::SeeStatistics,
            On::Academy,
            none.clone(),
        ),
        ("GET /api/seances/{id}/export/{format}", Act::ExportPresence, On::Seance, none.clone()),
        ("GET /api/seances/{id}/exports", Act::SeeExports, On::Seance, none.clone()),
        ("GET /api/exports/{number}", Act::SeeExports, On::Seance, none.clone()),
        ("POST /api/seances/{id}/recordings/kept", Act::KeepRecordings, On::Seance, none.clone()),
        ("DELETE /api/seances/{id}/recordings/kept", Act::KeepRecordings, On::Seance, none.clone()),
        (
            "GET /api/sessions-formation/{session}/export/{format}",
            Act::ExportHours,
            On::Session,
            none.clone(),
        ),
        ("POST /api/seances/{id}/enter", Act::EnterSeance, On::Seance, none.clone()),
        ("POST /api/seances/{id}/requests", Act::AskCorrection, On::Seance, json!({"text": "C’est faux."})),
        (
            "POST /api/requests/{request}/answer",
            Act::AnswerRequest,
            On::Seance,
            json!({"answer": "refused", "text": "Non."}),
        ),
        ("POST /api/seances/{id}/answer", Act::AnswerInvitation, On::Seance, json!({"answer": "yes"})),
        ("POST /api/seances/{id}/corrections", Act::CorrectPresence, On::Seance, correction),
        ("POST /api/seances/{id}/shared-room", Act::CorrectPresence, On::Seance, room),
        ("POST /api/seances/{id}/half-days", Act::PlanHalfDay, On::Seance, half_day),
        ("POST /api/seances/{id}/personal-links/{person}", Act::MakePersonalLink, On::Seance, none.clone()),
        (
            "DELETE /api/seances/{id}/personal-links/{person}",
            Act::RevokePersonalLink,
            On::Seance,
            none.clone(),
        ),
        ("POST /api/seances/{id}/enrolments", Act::ChangeEnrolments, On::Seance, enrolment.clone()),
        (
            "POST /api/seances/{id}/enrolments/csv?preview=true",
            Act::ChangeEnrolments,
            On::Seance,
            json!("text"),
        ),
        ("POST /api/seances/{id}/gaia-links", Act::ChangeGaiaLinks, On::Seance, gaia.clone()),
        ("DELETE /api/seances/{id}/gaia-links", Act::ChangeGaiaLinks, On::Seance, gaia.clone()),
        (
            "POST /api/sessions-formation/{session}/enrolments",
            Act::ChangeSessionEnrolments,
            On::Session,
            enrolment,
        ),
        (
            "POST /api/sessions-formation/{session}/enrolments/csv?preview=true",
            Act::ChangeSessionEnrolments,
            On::Session,
            json!("text"),
        ),
        (
            "PATCH /api/sessions-formation/{session}",
            Act::ChangeSessionFormation,
            On::Session,
            json!({"title": "Autre"}),
        ),
        ("PATCH /api/parcours/{parcours}", Act::ChangeParcours, On::Parcours, json!({"title": "Autre"})),
        ("PATCH /api/seances/{id}", Act::ChangeSeance, On::Seance, json!({"title": "Autre"})),
        ("POST /api/seances/{id}/duplicate", Act::ChangeSeance, On::Seance, later),
        ("POST /api/seances", Act::PlanSeance, On::Academy, seance.clone()),
        (
            "POST /api/seances/series",
            Act::PlanSeance,
            On::Academy,
            json!({"seance": seance, "every": "weekly", "count": 2}),
        ),
        ("POST /api/parcours", Act::ChangeParcours, On::Academy, parcours),
        ("PATCH /api/people/{person}", Act::ChangePerson, On::Person, json!({"town": "Trappes"})),
        ("POST /api/people/{person}/invitation", Act::InvitePerson, On::Person, none.clone()),
        (
            "POST /api/people/{person}/roles",
            Act::GrantRole,
            On::Person,
            json!({"role": "inspecteur", "scope": "X", "granted": false}),
        ),
        (
            "DELETE /api/sessions-formation/{session}/enrolments/{nobody}",
            Act::ChangeSessionEnrolments,
            On::Session,
            none.clone(),
        ),
        ("DELETE /api/seances/{id}/enrolments/{nobody}", Act::ChangeEnrolments, On::Seance, none.clone()),
        (
            "POST /api/sessions-formation/{session}/archive",
            Act::ArchiveSessionFormation,
            On::Session,
            none.clone(),
        ),
        ("DELETE /api/seances/{id}", Act::CancelSeance, On::Seance, none),
        ("POST /api/people/{person}/erasure", Act::ErasePerson, On::Person, json!({"reason": "Demande."})),
    ]
}

/// Addresses whose object is only named in the body, or that list by scope: refused in their own stories.
const ELSEWHERE: &[&str] = &[
    "GET /api/people",
    "POST /api/people",
    "POST /api/sessions-formation",
    "POST /api/gaia/preview",
    "POST /api/schools/preview",
    // By the circonscriptions and academies of the asker: in `supervision`.
    "GET /api/supervision",
    "GET /api/supervision/export/{format}",
    "GET /api/retention",
    "GET /api/retention/{run}/certificate",
];

/// A séance in a session of a parcours, and one browser of each standing.
struct World {
    server: Preau,
    participant: String,
    /// What stands for `{id}`, `{session}` and so on.
    names: Vec<(&'static str, String)>,
    people: Vec<(Standing, Browser)>,
}

impl World {
    async fn begins(place: Place) -> Result<Self> {
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
        let day = json!({"startsAt": "2026-11-17T09:00", "durationMin": 180});
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

    async fn asks(&mut self, standing: Standing, address: &str, body: &Value) -> Result<Answer> {
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

/// `GET /api/people/{id}` of every `.route(` of the page of routes.
fn declared() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for piece in ROUTES.split(".route(").skip(1) {
        let Some((path, handlers)) = piece.split_once('"').and_then(|(_, rest)| rest.split_once('"')) else {
            continue;
        };
        let handlers = handlers.split(".merge(").next().unwrap_or_default();
        let methods: Vec<&str> = ["get", "post", "patch", "put", "delete"]
            .into_iter()
            .filter(|method| {
                let called = format!("{method}(");
                handlers.match_indices(&called).any(|(at, _)| {
                    !handlers[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':')
                })
            })
            .collect();
        // Handlers with a layer of their own have a name, and change something.
        let methods = if methods.is_empty() { vec!["post"] } else { methods };
        found.extend(methods.into_iter().map(|method| format!("{} {path}", method.to_uppercase())));
    }
    found
}

/// Placeholders under one name, and no query.
fn plain(address: &str) -> String {
    let address = address.split('?').next().unwrap_or_default();
    let mut plain = String::new();
    let mut inside = false;
    for c in address.chars() {
        match c {
            '{' => inside = true,
            '}' => (inside, plain) = (false, plain + "{}"),
            c if !inside => plain.push(c),
            _ => {}
        }
    }
    plain
}

#[tokio::test]
async fn everybody_may_what_the_table_says_and_nothing_else() -> Result<()> {
    everybody_asks_for_everything(World::begins(Place::default()).await?).await
}

#[tokio::test]
async fn the_same_holds_on_postgresql() -> Result<()> {
    let postgres = Postgres::start().await?;
    let config = format!("[store]\nurl = \"{}\"\n", postgres.database("everybody").await?);
    let place = Place { config: Some(config), ..Place::default() };
    everybody_asks_for_everything(World::begins(place).await?).await
}

/// First what is refused, which changes nothing; then what is allowed.
async fn everybody_asks_for_everything(mut world: World) -> Result<()> {
    let rows = table(&world);
    let (mut asked, mut wrong) = (0, Vec::new());
    for allowing in [false, true] {
        for (address, act, on, body) in &rows {
            for standing in Standing::ALL {
                let may = allowed(standing, *act);
                // The subject stands as such towards the own data only, and is enrolled in everything else.
                let elsewhere = match standing {
                    Standing::Oneself => !on.is_personal(),
                    Standing::Participant => on.is_personal(),
                    _ => false,
                };
                let possible = may && on.concerns(standing);
                if elsewhere || possible != allowing {
                    continue;
                }
                asked += 1;
                let answer = world.asks(standing, address, body).await?;
                let (status, code) = (answer.status, answer.code());
                // Allowed, and still there may be nothing to find or to do.
                let absent =
                    ["gaia-links", "{nobody}", "recordings"].iter().any(|part| address.contains(part));
                let right = match (possible, standing) {
                    _ if status >= 500 => false,
                    (true, _) => {
                        !matches!(
                            code.as_str(),
                            "login_needed" | "not_allowed" | "csrf_missing" | "malformed"
                        ) && (code != "unknown" || absent)
                    }
                    (false, Standing::Nobody) => (status, code.as_str()) == (401, "login_needed"),
                    (false, _) if on.concerns(standing) => (status, code.as_str()) == (403, "not_allowed"),
                    (false, _) => (status, code.as_str()) == (404, "unknown"),
                };
                if !right {
                    wrong.push(format!("{standing:?} {address} ({act:?}): {status} {}", answer.text()));
                }
            }
        }
    }
    assert!(asked > rows.len() * 8, "only {asked} questions were asked");
    assert!(wrong.is_empty(), "{} of {asked} answers:\n{}", wrong.len(), wrong.join("\n"));
    Ok(())
}

#[tokio::test]
async fn what_is_ones_own_needs_a_login() -> Result<()> {
    let mut world = World::begins(Place::default()).await?;
    for (address, body) in OWN {
        let body: Value = serde_json::from_str(body).unwrap_or_default();
        let answer = world.asks(Standing::Nobody, address, &body).await?;
        assert_eq!((answer.status, answer.code().as_str()), (401, "login_needed"), "{address}");
        let answer = world.asks(Standing::Stranger, address, &body).await?;
        assert!(
            !matches!(answer.code().as_str(), "login_needed" | "malformed"),
            "{address} {}",
            answer.text()
        );
    }
    for (standing, expected) in [
        (Standing::Nobody, 401),
        (Standing::Trainer, 403),
        (Standing::Inspector, 403),
        (Standing::Gestionnaire, 200),
    ] {
        assert_eq!(
            world.asks(standing, "GET /api/people", &Value::Null).await?.status,
            expected,
            "{standing:?}"
        );
    }
    // The manager of another academy finds nobody of this one, and may not make anybody here.
    let found =
        world.asks(Standing::Stranger, "GET /api/people?search=p@ac-versailles.fr", &Value::Null).await?;
    assert_eq!(found.text(), "[]");
    let new = json!({"email": "x@ac-versailles.fr", "lastName": "X", "firstName": ""});
    assert_eq!(world.asks(Standing::Stranger, "POST /api/people", &new).await?.json()["field"], "academy");
    // Whoever can invite can become that person: officers are left to administrators.
    let listed =
        world.asks(Standing::Gestionnaire, "GET /api/people?search=c@ac-versailles.fr", &Value::Null).await?;
    let officer = listed.json()[0]["person"]["id"].as_str().unwrap().to_owned();
    let invite = format!("POST /api/people/{officer}/invitation");
    assert_eq!(world.asks(Standing::Gestionnaire, &invite, &Value::Null).await?.code(), "not_allowed");
    assert_eq!(world.asks(Standing::Administrator, &invite, &Value::Null).await?.status, 200);
    // Somebody must be left to give the last role back.
    let me = world.asks(Standing::Administrator, "GET /api/me", &Value::Null).await?.json();
    let roles = format!("POST /api/people/{}/roles", me["person"]["id"].as_str().unwrap());
    let revoke = json!({"role": "administrateur", "granted": false});
    assert_eq!(world.asks(Standing::Administrator, &roles, &revoke).await?.status, 409);
    Ok(())
}

#[tokio::test]
async fn no_address_is_forgotten() -> Result<()> {
    let world = World::begins(Place::default()).await?;
    let rows = table(&world);
    let known: BTreeSet<String> = rows
        .iter()
        .map(|(address, ..)| *address)
        .chain(OPEN.iter().copied())
        .chain(OWN.iter().map(|(address, _)| *address))
        .chain(ELSEWHERE.iter().copied())
        .map(plain)
        .collect();
    let declared: BTreeSet<String> = declared().iter().map(|address| plain(address)).collect();
    let forgotten: Vec<&String> = declared.difference(&known).collect();
    assert!(forgotten.is_empty(), "add to the table of this file: {forgotten:?}");
    let gone: Vec<&String> = known.difference(&declared).collect();
    assert!(gone.is_empty(), "no longer an address: {gone:?}");
    Ok(())
}
