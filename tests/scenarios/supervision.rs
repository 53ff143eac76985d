//! The report of inspectors and the statistics, from outside: who sees whom, in the two ways of counting, as a file.

use anyhow::{Context, Result, ensure};
use harness::{
    browser::Browser,
    postgres::Postgres,
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

/// A session of a new parcours, with those people.
async fn gives(browser: &mut Browser, parcours: Value, people: &[(&str, &str)]) -> Result<String> {
    let parcours = browser.made("/api/parcours", &parcours).await?;
    let session =
        json!({"parcours": parcours, "startsOn": "2026-10-07", "endsOn": "2026-12-18", "state": "open"});
    let session = browser.made("/api/sessions-formation", &session).await?;
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

async fn an_inspector_follows_the_own_circonscription(place: Place) -> Result<()> {
    let mut world = World::begins(place).await?;
    let (here, there) = world.trains().await?;
    // In Lyon a circonscription may be called the same.
    let zoe = world.server.knows("zoe.leroy@ac-lyon.fr", "Zoé", "LEROY", &[]).await?;
    let change = json!({"circonscription": TRAPPES, "degree": "PU1D"});
    let answer = world.elsewhere.patch(&format!("/api/people/{zoe}"), &change).await?;
    ensure!(answer.status == 200, "{}", answer.text());
    let of_another = world.inspector.get(&format!("/api/people/{zoe}/hours?year=2026")).await?;
    assert_eq!(of_another.status, 404, "{}", of_another.text());
    let enrolled = "/api/supervision?year=2026&mode=inscription";
    let report = world.inspector.get(enrolled).await?.json();
    assert_eq!(report["schoolYear"], "2026-2027", "{report}");
    assert_eq!(report["circonscriptions"], json!([TRAPPES]));
    assert_eq!(report["columns"][0]["trainers"], json!(["Paul MARTIN"]));
    // Hours in two academies; the one without a duration is not made up.
    let expected = [line("DURAND", &["360", "not_filled"], 360), line("PETIT", &["360", ""], 360)];
    assert_eq!(cells(&report), expected, "{report}");

    // Nothing was attested yet.
    let attested = "/api/supervision?year=2026";
    let report = world.inspector.get(attested).await?.json();
    assert_eq!(cells(&report), [line("DURAND", &["0", "0"], 0), line("PETIT", &["0", ""], 0)]);
    let attest = |people: Vec<&str>, distance: bool, presence: bool| {
        let parts = json!({"distance": distance, "presence": presence});
        json!({"kind": "people", "people": people, "attested": parts, "reason": "Travaux rendus."})
    };
    let path = |session: &str| format!("/api/sessions-formation/{session}/attestations");
    let (marie, jean) = (world.marie.clone(), world.jean.clone());
    let answer = world.manager.post(&path(&here), &attest(vec![&marie], true, true)).await?;
    ensure!(answer.status == 200, "{}", answer.text());
    let answer = world.manager.post(&path(&here), &attest(vec![&jean], false, true)).await?;
    let revocable = answer.json()["attestations"][0]["id"].as_str().context(answer.text())?.to_owned();
    let answer = world.elsewhere.post(&path(&there), &attest(vec![&marie], true, false)).await?;
    ensure!(answer.status == 200, "{}", answer.text());
    let report = world.inspector.get(attested).await?.json();
    let whole = line("DURAND", &["360", "attested_without_duration"], 360);
    assert_eq!(cells(&report), [whole.clone(), line("PETIT", &["180", ""], 180)], "{report}");
    let minutes = report.to_string();
    assert!(!minutes.contains("presenceMs") && !minutes.contains("email"), "hours and nothing else");

    let file = world.inspector.get("/api/supervision/export/csv?year=2026").await?;
    let text = file.text();
    let lines: Vec<&str> = text.trim_start_matches('\u{feff}').lines().collect();
    assert_eq!(
        lines,
        [
            ";;Calcul mental;Laïcité",
            ";;07/10/2026;07/10/2026",
            ";;Paul MARTIN;Formateurs non renseignés",
            ";;6:00;Durée non renseignée",
            "Marie DURAND;École Jules-Ferry – Trappes;6:00;100%",
            "Jean PETIT;École Jules-Ferry – Trappes;3:00;",
        ]
    );
    assert!(file.header("etag").is_some_and(|tag| tag.len() == 66), "{:?}", file.headers);
    let name = file.header("content-disposition").unwrap_or_default();
    assert!(name.contains("supervision_0781234r_2026-2027_attestee_v1.csv"), "{name}");
    let again = world.inspector.get("/api/supervision/export/csv?year=2026").await?;
    assert!(again.header("content-disposition").is_some_and(|name| name.contains("_v2.csv")));
    let book = world.inspector.get("/api/supervision/export/xlsx?year=2026").await?;
    assert!(book.body.starts_with(b"PK"), "{}", book.text());
    // Numbered and kept: the same bytes again, for the one who took it.
    assert_eq!(world.inspector.get("/api/exports/1").await?.body, file.body);
    assert_eq!(world.manager.get("/api/exports/1").await?.status, 404);

    let reason = json!({"reason": "Attestée par erreur."});
    let answer =
        world.manager.ask("DELETE", &format!("/api/attestations/{revocable}"), Some(&reason)).await?;
    ensure!(answer.status == 200, "{}", answer.text());
    let report = world.inspector.get(attested).await?.json();
    assert_eq!(cells(&report), [whole, line("PETIT", &["0", ""], 0)], "a revoked one counts no longer");
    Ok(())
}

#[tokio::test]
async fn both_ways_of_counting_are_shown_to_the_inspector() -> Result<()> {
    an_inspector_follows_the_own_circonscription(Place::default()).await
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
            uai: String::new(),
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

#[tokio::test]
async fn the_same_report_stands_on_postgresql() -> Result<()> {
    let postgres = Postgres::start().await?;
    an_inspector_follows_the_own_circonscription(postgres.place("supervision").await?).await
}
