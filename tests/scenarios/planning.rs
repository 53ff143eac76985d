//! Organisers plan séances, change them and call them off; parcours have sessions; calendars follow.

use anyhow::{Context, Result};
use harness::{
    browser::Browser,
    person::{Greeting, Line, Person},
    server::Preau,
};
use serde_json::{Value, json};
use signaling::protocol::{Notice, Refusal, seance::EndCause};

const PAUL: &str = "paul.martin@ac-versailles.fr";
const CLAIRE: &str = "claire.petit@ac-creteil.fr";
const MARIE: &str = "marie.durand@ac-versailles.fr";

/// Paul trains in Versailles, Claire manages Créteil, Marie is nobody in particular.
async fn staffed() -> Result<(Preau, Browser, Browser, Browser)> {
    let server = Preau::start().await?;
    server.knows(PAUL, "Paul", "MARTIN", &["--role", "formateur", "--scope", "ac-versailles"]).await?;
    server.knows(CLAIRE, "Claire", "PETIT", &["--role", "gestionnaire", "--scope", "ac-creteil"]).await?;
    server.knows(MARIE, "Marie", "DURAND", &[]).await?;
    let paul = Browser::logged_in(&server, PAUL).await?;
    let claire = Browser::logged_in(&server, CLAIRE).await?;
    let marie = Browser::logged_in(&server, MARIE).await?;
    Ok((server, paul, claire, marie))
}

fn three_fields(starts_at: &str) -> Value {
    json!({"title": "CV de lancement", "startsAt": starts_at, "durationMin": 90})
}

/// The answer to a request that must succeed.
async fn done(browser: &mut Browser, method: &str, path: &str, body: &Value) -> Result<Value> {
    let body = (!body.is_null()).then_some(body);
    let answer = browser.ask(method, path, body).await?;
    anyhow::ensure!(answer.status == 200, "{method} {path}: {} {}", answer.status, answer.text());
    Ok(answer.json())
}

fn id(value: &Value) -> Result<String> {
    Ok(value.as_str().context("no identifier")?.to_owned())
}

#[tokio::test]
async fn three_fields_and_a_click_make_a_seance_that_can_be_moved_and_called_off() -> Result<()> {
    let (_server, mut paul, ..) = staffed().await?;
    let templates = done(&mut paul, "GET", "/api/templates", &Value::Null).await?;
    assert_eq!(templates.as_array().map(Vec::len), Some(5));
    let all = "/api/seances?from=2099-01-01&to=2100-01-01";
    let looked_at =
        done(&mut paul, "POST", "/api/seances?preview=true", &three_fields("2099-03-29T02:30")).await?;
    let skipped = json!([{"code": "hour_skipped", "shown": "2099-03-29T03:30:00", "season": "summer"}]);
    assert_eq!(looked_at["warnings"], skipped);
    assert_eq!(done(&mut paul, "GET", all, &Value::Null).await?, json!([]), "a preview saves nothing");

    let made = done(&mut paul, "POST", "/api/seances", &three_fields("2099-10-25T02:30")).await?;
    let seance = &made["seance"];
    assert_eq!(made["warnings"][0]["code"], "hour_twice");
    assert_eq!(made["warnings"][0]["second"], "2099-10-25T01:30:00Z");
    assert_eq!(
        (&seance["startsAt"], &seance["timeZone"], &seance["trainers"], &seance["state"]),
        (&json!("2099-10-25T00:30:00Z"), &json!("Europe/Paris"), &json!(["Paul MARTIN"]), &json!("planned"))
    );
    assert_eq!(seance["mine"], json!({"role": "trainer", "answer": "waiting"}));
    assert_eq!(done(&mut paul, "GET", all, &Value::Null).await?[0]["id"], seance["id"]);

    let address = format!("/api/seances/{}", id(&seance["id"])?);
    let moved = json!({"seen": 0, "startsAt": "2099-10-26T14:00", "durationMin": 60});
    let moved_to = done(&mut paul, "PATCH", &address, &moved).await?;
    assert_eq!(
        (&moved_to["seance"]["sequence"], &moved_to["seance"]["thresholdMin"]),
        (&json!(1), &json!(30))
    );
    let late = paul.patch(&address, &moved).await?;
    assert_eq!((late.status, late.code().as_str()), (409, "conflict"), "somebody was faster");
    let wrong = paul.patch(&address, &json!({"timeZone": "Europe/Trappes"})).await?;
    assert_eq!((wrong.status, wrong.json()["field"].as_str()), (400, Some("timeZone")));
    for wrong in [json!({"title": "T"}), json!({"titre": "T"}), json!([])] {
        let refused = paul.post("/api/seances", &wrong).await?;
        assert_eq!((refused.status, refused.code().as_str()), (400, "malformed"), "{wrong}");
    }

    let file = paul.get(&format!("{address}/calendar.ics")).await?;
    let text = file.text();
    assert!(file.header("content-type").is_some_and(|kind| kind.starts_with("text/calendar")), "{file:?}");
    assert!(text.contains("METHOD:REQUEST\r\n") && text.contains("SEQUENCE:1\r\n"), "{text}");
    assert!(text.contains("DTSTART;TZID=Europe/Paris:20991026T140000\r\nDURATION:PT1H\r\n"), "{text}");
    let off = done(&mut paul, "DELETE", &address, &Value::Null).await?;
    assert_eq!((&off["state"], &off["sequence"]), (&json!("cancelled"), &json!(2)));
    let text = paul.get(&format!("{address}/calendar.ics")).await?.text();
    assert!(text.contains("METHOD:CANCEL\r\n") && text.contains("STATUS:CANCELLED\r\n"), "{text}");
    assert_eq!(paul.patch(&address, &json!({"startsAt": "2099-10-27T14:00"})).await?.status, 409);
    Ok(())
}

#[tokio::test]
async fn a_series_is_planned_at_once_and_a_seance_is_copied_with_its_people() -> Result<()> {
    let (_server, mut paul, _, mut marie) = staffed().await?;
    let series = json!({
        "seance": three_fields("2099-10-19T17:30"), "every": "weekly", "count": 3, "except": ["2099-10-26"],
    });
    let planned = done(&mut paul, "POST", "/api/seances/series", &series).await?;
    let starts: Vec<_> =
        planned.as_array().context("no list")?.iter().map(|one| &one["seance"]["startsAt"]).collect();
    // The hour on the wall stays when the clocks change.
    assert_eq!(starts, ["2099-10-19T15:30:00Z", "2099-11-02T16:30:00Z", "2099-11-09T16:30:00Z"]);
    let wrong = json!({"seance": three_fields("2099-10-19T17:30"), "every": "daily", "count": 61});
    assert_eq!(paul.post("/api/seances/series", &wrong).await?.json()["field"], "count");

    let first = format!("/api/seances/{}", id(&planned[0]["seance"]["id"])?);
    let people = json!({"people": [{"email": MARIE}]});
    done(&mut paul, "POST", &format!("{first}/enrolments"), &people).await?;
    let again = json!({"startsAt": "2099-12-01T09:00", "title": "La même, le matin"});
    let copy = done(&mut paul, "POST", &format!("{first}/duplicate"), &again).await?;
    assert_eq!((&copy["seance"]["sequence"], &copy["seance"]["durationMin"]), (&json!(0), &json!(90)));
    let mine = done(&mut marie, "GET", "/api/seances?from=2099-01-01&to=2100-01-01", &Value::Null).await?;
    let titles: Vec<_> = mine.as_array().context("no list")?.iter().map(|one| &one["title"]).collect();
    assert_eq!(titles, ["CV de lancement", "La même, le matin"]);
    Ok(())
}

#[tokio::test]
async fn what_belongs_to_another_academy_is_as_unknown_as_what_does_not_exist() -> Result<()> {
    let (server, mut paul, mut claire, mut marie) = staffed().await?;
    let made = done(&mut paul, "POST", "/api/seances", &three_fields("2099-10-26T14:00")).await?;
    let seance = id(&made["seance"]["id"])?;
    let people = json!({"people": [{"email": MARIE}]});
    done(&mut paul, "POST", &format!("/api/seances/{seance}/enrolments"), &people).await?;
    let nowhere = "01900000-0000-7000-8000-000000000001";
    let key = json!({"base": "B", "dispositif": "D", "module": 1, "session": 1});
    let copy = json!({"startsAt": "2099-12-01T09:00"});
    let requests = [
        ("GET", "", Value::Null),
        ("PATCH", "", json!({"title": "À moi"})),
        ("DELETE", "", Value::Null),
        ("POST", "/duplicate", copy),
        ("GET", "/enrolments", Value::Null),
        ("POST", "/enrolments", people),
        ("POST", "/enrolments/csv", json!("a@b.fr")),
        ("GET", "/gaia-links", Value::Null),
        ("POST", "/gaia-links", key.clone()),
        ("DELETE", "/gaia-links", key),
        ("POST", "/answer", json!({"answer": "yes"})),
        ("GET", "/calendar.ics", Value::Null),
    ];
    for (method, path, body) in requests {
        let body = (!body.is_null()).then_some(&body);
        let there = claire.ask(method, &format!("/api/seances/{seance}{path}"), body).await?;
        let not_there = claire.ask(method, &format!("/api/seances/{nowhere}{path}"), body).await?;
        assert_eq!((there.status, there.text()), (not_there.status, not_there.text()), "{method} {path}");
        assert_eq!((there.status, there.code().as_str()), (404, "unknown"), "{method} {path}");
        let nobody = Browser::of(&server).ask(method, &format!("/api/seances/{seance}{path}"), body).await?;
        assert_eq!((nobody.status, nobody.code().as_str()), (401, "login_needed"), "{method} {path}");
        // Who is enrolled sees the séance, answers, and has it in the calendar; no more.
        let enrolled = marie.ask(method, &format!("/api/seances/{seance}{path}"), body).await?;
        let own = matches!((method, path), ("GET", "" | "/calendar.ics") | ("POST", "/answer"));
        assert_eq!(enrolled.status, if own { 200 } else { 403 }, "{method} {path}: {}", enrolled.text());
    }
    let mine = done(&mut marie, "GET", &format!("/api/seances/{seance}"), &Value::Null).await?;
    assert_eq!(mine["mine"], json!({"role": "participant", "answer": "yes"}));
    let elsewhere =
        json!({"title": "T", "startsAt": "2099-10-26T14:00", "durationMin": 60, "academy": "ac-creteil"});
    assert_eq!(paul.post("/api/seances", &elsewhere).await?.status, 404);
    assert_eq!(marie.post("/api/seances", &three_fields("2099-10-26T14:00")).await?.status, 404);
    assert_eq!(claire.get("/api/seances?academy=ac-versailles").await?.status, 404);
    Ok(())
}

#[tokio::test]
async fn a_session_of_a_parcours_holds_seances_and_people() -> Result<()> {
    let (_server, mut paul, mut claire, mut marie) = staffed().await?;
    let draft = json!({"title": "Calcul mental", "identifiant": "26_A024_CALCUL_1.0", "distanceMin": 180});
    let parcours = done(&mut claire, "POST", "/api/parcours", &draft).await?;
    assert_eq!(parcours["announced"], json!({"distance": 180, "presence": null}));
    assert_eq!(claire.post("/api/parcours", &json!({"distanceMin": 3})).await?.json()["field"], "title");
    assert_eq!(paul.get(&format!("/api/parcours/{}", id(&parcours["id"])?)).await?.status, 404);
    let new = json!({"parcours": parcours["id"], "startsOn": "2099-10-01", "endsOn": "2099-12-01"});
    let session = done(&mut claire, "POST", "/api/sessions-formation", &new).await?;
    assert_eq!(
        (&session["session"]["title"], &session["session"]["state"]),
        (&json!("Calcul mental"), &json!("prep"))
    );
    let address = format!("/api/sessions-formation/{}", id(&session["session"]["id"])?);
    let wrong = claire.patch(&address, &json!({"endsOn": "2099-09-01"})).await?;
    assert_eq!(wrong.json()["field"], "endsOn");

    let mut seance = three_fields("2099-10-26T14:00");
    seance["sessionFormation"] = session["session"]["id"].clone();
    let seance = done(&mut claire, "POST", "/api/seances", &seance).await?;
    let people = json!({"people": [{"email": MARIE}, {"email": PAUL, "role": "co_trainer"}]});
    let enrolled = done(&mut claire, "POST", &format!("{address}/enrolments"), &people).await?;
    assert_eq!((&enrolled["added"], &enrolled["unknown"]), (&json!(2), &json!(0)));
    let seance = format!("/api/seances/{}", id(&seance["seance"]["id"])?);
    let expected = done(&mut claire, "GET", &format!("{seance}/enrolments"), &Value::Null).await?;
    let names: Vec<_> =
        expected.as_array().context("no list")?.iter().map(|one| &one["person"]["lastName"]).collect();
    assert_eq!(names, ["DURAND", "MARTIN"]);
    let shown = done(&mut marie, "GET", &seance, &Value::Null).await?;
    assert_eq!(
        (&shown["trainers"], &shown["mine"]["role"]),
        (&json!(["Paul MARTIN"]), &json!("participant"))
    );
    // Struck from one séance, still in the session.
    let person = id(&expected[0]["person"]["id"])?;
    let left = done(&mut claire, "DELETE", &format!("{seance}/enrolments/{person}"), &Value::Null).await?;
    assert_eq!(left.as_array().map(Vec::len), Some(1));
    let detail = done(&mut claire, "GET", &address, &Value::Null).await?;
    assert_eq!(detail["enrolments"].as_array().map(Vec::len), Some(2));
    assert_eq!(detail["seances"][0]["state"], "planned");
    // A participant sees no list.
    let theirs = done(&mut marie, "GET", &address, &Value::Null).await?;
    assert!(theirs["enrolments"].is_null());

    // Nobody answered for the one who is enrolled.
    let asked = claire.post(&format!("{address}/archive"), &json!({})).await?;
    assert_eq!((asked.status, asked.code().as_str()), (409, "unattested"), "{}", asked.text());
    assert_eq!((&asked.json()["people"], &asked.json()["proposed"]), (&json!(1), &json!(0)));
    done(&mut claire, "POST", &format!("{address}/archive"), &json!({"confirm": true})).await?;
    let locked = claire.patch(&address, &json!({"title": "Autre"})).await?;
    assert_eq!((locked.status, locked.code().as_str()), (403, "PERIODE_VERROUILLEE"));
    // Nothing that hangs on it changes any more.
    let new = json!({"people": [{"email": "luc.moreau@ac-creteil.fr"}]});
    let half_day = json!({"startsAt": "2026-11-18T14:00", "durationMin": 60});
    for (method, path, body) in [
        ("PATCH", seance.clone(), json!({"sessionFormation": null})),
        ("POST", format!("{seance}/enrolments"), new.clone()),
        ("POST", format!("{address}/enrolments"), new),
        ("POST", format!("{seance}/half-days"), half_day),
        ("DELETE", seance.clone(), Value::Null),
    ] {
        let refused = claire.ask(method, &path, Some(&body)).await?;
        assert_eq!((refused.status, refused.code().as_str()), (403, "session_archived"), "{method} {path}");
    }
    Ok(())
}

#[tokio::test]
async fn a_private_address_shows_the_calendar_until_it_is_revoked() -> Result<()> {
    let (server, mut paul, ..) = staffed().await?;
    let soon = (server::clock::wall() + jiff::SignedDuration::from_hours(48)).to_string();
    let local = soon.get(..16).context("no hour")?;
    done(&mut paul, "POST", "/api/seances", &three_fields(local)).await?;
    let mut urls = Vec::new();
    for _ in 0..2 {
        urls.push(id(&done(&mut paul, "POST", "/api/calendar", &json!({})).await?["url"])?);
    }
    let read = async |url: &str| {
        let (_, path) = url.split_once("/api/").context("no address")?;
        Browser::of(&server).get(&format!("/api/{path}")).await
    };
    let feed = read(&urls[1]).await?;
    assert_eq!(feed.status, 200);
    assert!(feed.text().contains("SUMMARY:Classe virtuelle – CV de lancement\r\n"), "{}", feed.text());
    assert!(!feed.text().contains("mailto:") && !feed.text().contains('#'), "nobody's address, no ticket");
    assert_eq!(read(&urls[0]).await?.status, 404, "a new address replaces the old one");
    assert_eq!(paul.delete("/api/calendar").await?.status, 204);
    assert_eq!(read(&urls[1]).await?.status, 404);
    Ok(())
}

#[tokio::test]
async fn who_is_in_the_room_hears_of_a_change_and_of_the_end() -> Result<()> {
    let server = Preau::start().await?;
    server.knows(CLAIRE, "Claire", "PETIT", &["--role", "administrateur"]).await?;
    let mut claire = Browser::logged_in(&server, CLAIRE).await?;
    let (_, path) = server.links.participant.split_once("/seance/").context("no link")?;
    let (seance, _) = path.split_once('#').context("no ticket")?;
    let address = format!("/api/seances/{seance}");
    let mut ben = Person::enters(&server, &server.links.participant, "Ben").await?;
    let renamed = done(&mut claire, "PATCH", &address, &json!({"title": "Autre titre"})).await?;
    assert_eq!(renamed["seance"]["state"], "live");
    let title = ben
        .hears("the new title", |notice| match notice {
            Notice::Seance { seance } => Some(seance.title.clone()),
            _ => None,
        })
        .await?;
    assert_eq!(title, "Autre titre");
    // It has begun: what was announced holds.
    let late = claire.patch(&address, &json!({"durationMin": 30})).await?;
    assert_eq!((late.status, late.code().as_str()), (409, "conflict"));
    done(&mut claire, "DELETE", &address, &Value::Null).await?;
    let why = ben
        .hears("the end", |notice| match notice {
            Notice::Ended(ending) => Some(ending.why),
            _ => None,
        })
        .await?;
    assert_eq!(why, EndCause::Cancelled);
    let mut line = Line::open(server.address()).await?;
    line.ask(&Greeting::with(&server.links.participant, "Chloé").request()).await?;
    assert_eq!(line.refusal().await?, Refusal::Cancelled);
    Ok(())
}
