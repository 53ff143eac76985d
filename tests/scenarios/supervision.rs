//! The report of inspectors and the statistics, from outside: who sees whom, in the two ways of counting, as a file.

use anyhow::{Context, Result, ensure};
use harness::{
    browser::Browser,
    server::{Place, Preau},
};
use serde_json::{Value, json};
use server::{
    clock::wall,
    store::{Gathering, Newcomer, Store},
};
use signaling::enrolment::{EnrolmentRole, EnrolmentSource};
use sqlx::{AnyConnection, Connection};

/// Two circonscriptions, by the codes of their inspectors' offices.
const TRAPPES: &str = "0781234R";
const PLAISIR: &str = "0785678W";

/// Two academies with a training each; three teachers.
struct World {
    server: Preau,
    manager: Browser,
    elsewhere: Browser,
    inspector: Browser,
    marie: String,
    jean: String,
}

async fn made(browser: &mut Browser, path: &str, body: Value) -> Result<String> {
    let answer = browser.post(path, &body).await?;
    let made = answer.json();
    let id = made["id"].as_str().or_else(|| made["session"]["id"].as_str());
    Ok(id.with_context(|| format!("{path}: {}", answer.text()))?.to_owned())
}

/// A session of a new parcours, with those people.
async fn gives(browser: &mut Browser, parcours: Value, people: &[(&str, &str)]) -> Result<String> {
    let parcours = made(browser, "/api/parcours", parcours).await?;
    let session =
        json!({"parcours": parcours, "startsOn": "2026-10-07", "endsOn": "2026-12-18", "state": "open"});
    let session = made(browser, "/api/sessions-formation", session).await?;
    let people: Vec<Value> =
        people.iter().map(|(email, role)| json!({"email": email, "role": role})).collect();
    let path = format!("/api/sessions-formation/{session}/enrolments");
    let answer = browser.post(&path, &json!({"people": people})).await?;
    ensure!(answer.status == 200, "{}", answer.text());
    Ok(session)
}

impl World {
    async fn begins(place: Place) -> Result<Self> {
        let server = Preau::start_at(place).await?;
        server.knows("g@ac-versailles.fr", "Anne", "ROY", &["--role", "gestionnaire"]).await?;
        server.knows("g@ac-lyon.fr", "Luce", "PETIT", &["--role", "gestionnaire"]).await?;
        server
            .knows("i@ac-versailles.fr", "Inès", "NGUYEN", &["--role", "inspecteur", "--scope", TRAPPES])
            .await?;
        let manager = Browser::logged_in(&server, "g@ac-versailles.fr").await?;
        let elsewhere = Browser::logged_in(&server, "g@ac-lyon.fr").await?;
        let inspector = Browser::logged_in(&server, "i@ac-versailles.fr").await?;
        server.knows("paul.martin@ac-versailles.fr", "Paul", "MARTIN", &[]).await?;
        let marie = server.knows("marie.durand@ac-versailles.fr", "Marie", "DURAND", &[]).await?;
        let jean = server.knows("jean.petit@ac-versailles.fr", "Jean", "PETIT", &[]).await?;
        let luc = server.knows("luc.dangelo@ac-versailles.fr", "Luc", "D’ANGELO", &[]).await?;
        let mut world = Self { server, manager, elsewhere, inspector, marie, jean };
        for (person, circonscription) in [(&world.marie, TRAPPES), (&world.jean, TRAPPES), (&luc, PLAISIR)] {
            let change = json!({
                "circonscription": circonscription, "degree": "PU1D", "school": "École Jules-Ferry", "town": "Trappes",
            });
            let answer = world.manager.patch(&format!("/api/people/{person}"), &change).await?;
            ensure!(answer.status == 200, "{}", answer.text());
        }
        Ok(world)
    }

    /// Mental arithmetic in Versailles, with a trainer; a training of unknown duration in Lyon.
    async fn trains(&mut self) -> Result<(String, String)> {
        let here = json!({
            "title": "Calcul mental", "academy": "ac-versailles", "distanceMin": 180, "presenceMin": 180,
        });
        let people = [
            ("paul.martin@ac-versailles.fr", "trainer"),
            ("marie.durand@ac-versailles.fr", "participant"),
            ("jean.petit@ac-versailles.fr", "participant"),
            ("luc.dangelo@ac-versailles.fr", "participant"),
        ];
        let here = gives(&mut self.manager, here, &people).await?;
        let there = json!({"title": "Laïcité", "academy": "ac-lyon"});
        let people = [("marie.durand@ac-versailles.fr", "participant")];
        let there = gives(&mut self.elsewhere, there, &people).await?;
        Ok((here, there))
    }
}

/// Names and cells of a report.
fn cells(report: &Value) -> Vec<(String, Vec<String>, u64)> {
    let text = |cell: &Value| match cell["kind"].as_str().unwrap_or_default() {
        "hours" => cell["minutes"].to_string(),
        "blank" => String::new(),
        kind => kind.to_owned(),
    };
    let rows = report["rows"].as_array().cloned().unwrap_or_default();
    let row = |row: &Value| {
        let cells = row["cells"].as_array().map(|cells| cells.iter().map(text).collect());
        (
            row["lastName"].as_str().unwrap_or_default().to_owned(),
            cells.unwrap_or_default(),
            row["total"].as_u64().unwrap_or_default(),
        )
    };
    rows.iter().map(row).collect()
}

fn line(name: &str, cells: &[&str], total: u64) -> (String, Vec<String>, u64) {
    (name.to_owned(), cells.iter().map(|cell| (*cell).to_owned()).collect(), total)
}

#[tokio::test]
async fn nobody_sees_further_than_their_role_reaches() -> Result<()> {
    let mut world = World::begins(Place::default()).await?;
    world.trains().await?;
    let names = |answer: &Value| cells(answer).into_iter().map(|row| row.0).collect::<Vec<_>>();
    let mut nobody = Browser::of(&world.server);
    let mut marie = Browser::logged_in(&world.server, "marie.durand@ac-versailles.fr").await?;
    for path in [
        "/api/supervision?year=2026",
        "/api/supervision/export/csv?year=2026",
        "/api/statistics?year=2026&academy=ac-versailles",
    ] {
        assert_eq!(nobody.get(path).await?.code(), "login_needed", "{path}");
        let refused = marie.get(path).await?;
        assert!(matches!(refused.status, 403 | 404), "{path} {}", refused.text());
    }
    // Another circonscription is as unknown as one that there is not.
    for code in [PLAISIR, "0000000A"] {
        let path = format!("/api/supervision?year=2026&circonscription={code}");
        assert_eq!(world.inspector.get(&path).await?.status, 404, "{code}");
        let path = format!("/api/supervision/export/csv?year=2026&circonscription={code}");
        assert_eq!(world.inspector.get(&path).await?.status, 404, "{code}");
    }
    assert_eq!(
        world.elsewhere.get(&format!("/api/supervision?circonscription={TRAPPES}")).await?.status,
        404
    );
    assert_eq!(names(&world.elsewhere.get("/api/supervision?year=2026").await?.json()), [""; 0]);
    // A manager sees the teachers of the academy, all or those of one circonscription.
    let all = world.manager.get("/api/supervision?year=2026").await?.json();
    assert_eq!(names(&all), ["D’ANGELO", "DURAND", "PETIT"]);
    assert_eq!(all["circonscriptions"], json!([TRAPPES, PLAISIR]));
    let some = world.manager.get(&format!("/api/supervision?year=2026&circonscription={PLAISIR}")).await?;
    assert_eq!(names(&some.json()), ["D’ANGELO"]);
    for (query, found) in [
        ("search=d%27angelo", vec!["D’ANGELO"]),
        ("search=PETIT%20jean", vec!["PETIT"]),
        ("school=trappes%20ferry&search=marie", vec!["DURAND"]),
        ("school=Plaisir", vec![]),
    ] {
        let answer = world.manager.get(&format!("/api/supervision?year=2026&{query}")).await?.json();
        assert_eq!(names(&answer), found, "{query}");
    }
    for (query, status) in
        [("year=99", 400), ("year=x", 400), ("mode=presence", 400), ("page=-1", 400), ("page=7", 200)]
    {
        let answer = world.manager.get(&format!("/api/supervision?{query}")).await?;
        assert_eq!(answer.status, status, "{query} {}", answer.text());
    }
    assert_eq!(world.manager.get("/api/supervision/export/pdf").await?.status, 404);
    Ok(())
}

#[tokio::test]
async fn statistics_have_nobody_in_them() -> Result<()> {
    let mut world = World::begins(Place::default()).await?;
    world.trains().await?;
    let path = "/api/statistics?year=2026&academy=ac-versailles";
    let few = world.manager.get(path).await?.json();
    assert_eq!(few["total"]["people"], json!({"kind": "hidden"}), "three are few: {few}");
    assert!(few["byCirconscription"].as_array().is_some_and(|all| {
        all.iter().all(|one| one["people"]["kind"] == "hidden" || one["people"]["count"] == 0)
    }));
    assert_eq!(world.elsewhere.get(path).await?.status, 404);
    let none = world.manager.get("/api/statistics?year=2019&academy=ac-versailles").await?.json();
    assert_eq!(none["total"]["people"], json!({"kind": "shown", "count": 0}), "{none}");
    Ok(())
}

/// Not a limit: a figure for whoever reads the log, and that pages hold a hundred.
#[tokio::test]
async fn three_thousand_teachers_are_answered_page_by_page() -> Result<()> {
    let mut world = World::begins(Place::default()).await?;
    let (here, there) = world.trains().await?;
    let store = Store::connect(&world.server.kept()?).await?;
    let crowd: Vec<Newcomer> = (0..3_000)
        .map(|number| Newcomer {
            email: format!("enseignant{number}@ac-versailles.fr"),
            last_name: format!("NOM{number:04}"),
            first_name: "Anne".to_owned(),
            academy: "ac-versailles".to_owned(),
            role: EnrolmentRole::Participant,
        })
        .collect();
    for session in [&here, &there] {
        let to = Gathering::Session(session.parse()?);
        store.enrol(to, &crowd, EnrolmentSource::Manual, wall()).await?;
    }
    store.close().await;
    let address = format!("sqlite://{}", world.server.data().join("preau.sqlite").display());
    let mut connection = AnyConnection::connect(&address).await?;
    sqlx::query("UPDATE person SET circonscription = $1 WHERE last_name LIKE 'NOM%'")
        .bind(TRAPPES)
        .execute(&mut connection)
        .await?;
    connection.close().await?;
    let began = wall();
    let last = world.inspector.get("/api/supervision?year=2026&mode=inscription&page=31").await?.json();
    let answered = wall().duration_since(began);
    let began = wall();
    let file = world.inspector.get("/api/supervision/export/xlsx?year=2026").await?;
    let written = wall().duration_since(began);
    eprintln!("supervision of 3,002 teachers: page in {answered:#}, workbook in {written:#}");
    assert!(file.body.starts_with(b"PK"));
    assert_eq!((&last["people"], &last["pages"]), (&json!(3_002), &json!(31)));
    assert_eq!(
        cells(&last),
        [line("NOM2999", &["360", "not_filled"], 360), line("PETIT", &["360", ""], 360)]
    );
    let counts = world.manager.get("/api/statistics?year=2026&academy=ac-versailles").await?.json();
    assert_eq!(counts["total"]["people"], json!({"kind": "shown", "count": 3_003}), "{counts}");
    Ok(())
}
