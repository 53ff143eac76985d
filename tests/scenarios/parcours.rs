//! A parcours and a session of it are changed where they stand: what is announced, what is proposed, and the steps from
//! preparation to the archive.

use anyhow::{Context, Result};
use harness::{
    browser::Browser,
    server::{Place, Preau},
};
use serde_json::{Value, json};
use signaling::protocol::seance::SeanceKind;

use crate::hours::{Session, of};

/// What the page asks to know, and how hours are proposed, after a change of the rule.
async fn proposed_by(session: &mut Session, rule: &Value) -> Result<Value> {
    let path = format!("/api/sessions-formation/{}", session.id);
    let answer = session.paul.patch(&path, &json!({"rule": rule})).await?;
    assert_eq!((answer.status, &answer.json()["session"]["rule"]), (200, rule), "{}", answer.text());
    let hours = session.paul.get(&of(&session.id, "hours")).await?.json();
    Ok(hours["rows"][0]["proposal"]["distance"].clone())
}

#[tokio::test]
async fn a_trainer_chooses_what_is_proposed_and_no_impossible_rule() -> Result<()> {
    let mut session = Session::of(1).await?;
    let marie = session.people.clone();
    let attended = session.held(SeanceKind::ClasseVirtuelle, 2).await?;
    // Tomorrow there is another one, which nobody has attended yet.
    session.held(SeanceKind::ClasseVirtuelle, -1).await?;
    session.finds_present(&attended, &marie).await?;
    for (rule, proposed) in [
        (json!({"kind": "all"}), false),
        (json!({"kind": "at_least", "count": 1}), true),
        (json!({"kind": "at_least", "count": 2}), false),
        (json!({"kind": "ratio", "percent": 50}), true),
        (json!({"kind": "ratio", "percent": 51}), false),
    ] {
        assert_eq!(proposed_by(&mut session, &rule).await?, proposed, "{rule}");
    }
    let path = format!("/api/sessions-formation/{}", session.id);
    for (change, field) in [
        (json!({"rule": {"kind": "at_least", "count": 0}}), "rule"),
        (json!({"rule": {"kind": "at_least", "count": 1000}}), "rule"),
        (json!({"rule": {"kind": "ratio", "percent": 0}}), "rule"),
        (json!({"rule": {"kind": "ratio", "percent": 101}}), "rule"),
        (json!({"endsOn": "2000-01-01"}), "endsOn"),
        (json!({"state": "archived"}), "state"),
        (json!({"title": " "}), "title"),
    ] {
        let refused = session.paul.patch(&path, &change).await?;
        assert_eq!((refused.status, &refused.json()["field"]), (400, &json!(field)), "{change}");
    }
    let shown = session.paul.get(&path).await?.json();
    assert_eq!(shown["session"]["rule"], json!({"kind": "ratio", "percent": 51}), "nothing came of all that");

    // In the mode by séance each is worth its length, or what was planned for it.
    assert_eq!(session.paul.patch(&path, &json!({"hoursMode": "par_seance"})).await?.status, 200);
    let seance = format!("/api/seances/{attended}");
    let refused = session.paul.patch(&seance, &json!({"creditMin": 10_000})).await?;
    assert_eq!((refused.status, &refused.json()["field"]), (400, &json!("creditMin")));
    assert_eq!(session.paul.patch(&seance, &json!({"creditMin": 45})).await?.status, 200);
    let attest = json!({"kind": "all_proposed"});
    assert_eq!(session.paul.post(&of(&session.id, "attestations"), &attest).await?.status, 200);
    let hours = session.paul.get(&of(&session.id, "hours")).await?.json();
    let worth = json!({"kind": "counted", "distance": 45, "presence": 0});
    assert_eq!(hours["rows"][0]["hours"], worth, "{hours}");
    Ok(())
}

#[tokio::test]
async fn the_steps_of_a_session_and_who_may_take_them() -> Result<()> {
    let mut session = Session::of(1).await?;
    let path = format!("/api/sessions-formation/{}", session.id);
    let listed = async |marie: &mut Browser| -> Result<usize> {
        let mine = marie.get("/api/sessions-formation").await?.json();
        Ok(mine.as_array().context("no list")?.len())
    };
    assert_eq!(listed(&mut session.marie).await?, 0, "in preparation it is nobody's yet who only follows it");
    assert_eq!(listed(&mut session.paul).await?, 1, "who leads it prepares it");
    for (state, found) in [("open", 1), ("prep", 0), ("open", 1)] {
        let step = session.paul.patch(&path, &json!({"state": state})).await?;
        assert_eq!((step.status, &step.json()["session"]["state"]), (200, &json!(state)));
        assert_eq!(listed(&mut session.marie).await?, found, "{state}");
    }
    // Doors that would stay shut are not drawn: the answer says which.
    let rights = |change, archive, design| json!({"change": change, "archive": archive, "design": design});
    for (browser, expected) in [
        (&mut session.claire, rights(true, true, true)),
        (&mut session.paul, rights(true, true, false)),
        (&mut session.marie, rights(false, false, false)),
    ] {
        assert_eq!(browser.get(&path).await?.json()["may"], expected);
    }
    let parcours = format!("/api/parcours/{}", session.parcours);
    assert_eq!(session.marie.patch(&path, &json!({"state": "prep"})).await?.status, 403);
    // A trainer of it has nothing to do with the academy's offer.
    let refused = session.paul.patch(&parcours, &json!({"title": "Autre"})).await?.status;
    assert!(matches!(refused, 403 | 404), "{refused}");

    let texts = json!({"objectives": "Calculer de tête.", "competences": "P3.", "presenceMin": 60,
        "distanceMin": null, "category": "ap"});
    let changed = session.claire.patch(&parcours, &texts).await?.json();
    assert_eq!(
        changed["announced"],
        json!({"distance": null, "presence": 60}),
        "not filled in, which is not zero"
    );
    assert_eq!((&changed["title"], &changed["category"]), (&json!("Calcul mental"), &json!("ap")));
    for (change, field) in [
        (json!({"distanceMin": 60_001}), "distanceMin"),
        (json!({"title": ""}), "title"),
        (json!({"identifiant": "x".repeat(65)}), "identifiant"),
        (json!({"objectives": "x".repeat(4_001)}), "objectives"),
    ] {
        let refused = session.claire.patch(&parcours, &change).await?;
        assert_eq!((refused.status, &refused.json()["field"]), (400, &json!(field)), "{}", refused.text());
    }
    assert_eq!(session.claire.patch(&parcours, &json!({"distanceMin": -1})).await?.code(), "malformed");
    Ok(())
}

#[tokio::test]
async fn a_new_session_counts_hours_as_its_academy_does() -> Result<()> {
    const CLAIRE: &str = "claire.petit@ac-creteil.fr";
    let folder = tempfile::tempdir()?;
    let table = folder.path().join("academies.toml");
    let row = |name: &str, more: &str| {
        format!(
            "[[academy]]\nname = \"{name}\"\ncode = \"A\"\nzone = \"Europe/Paris\"\nlabel = \"L\"\n{more}\n"
        )
    };
    std::fs::write(&table, row("ac-creteil", "hours_mode = \"inscription\"") + &row("ac-nice", ""))?;
    let config = format!("[academies]\nfile = {:?}\n", table.display().to_string());
    let server = Preau::start_at(Place { config: Some(config), ..Place::default() }).await?;
    let both = ["--role", "gestionnaire", "--scope", "ac-creteil"];
    server.knows(CLAIRE, "Claire", "PETIT", &both).await?;
    let (status, _, said) =
        server.command(&["user", "role", CLAIRE, "gestionnaire", "--scope", "ac-nice"]).await?;
    assert_eq!(status, Some(0), "{said}");
    let mut claire = Browser::logged_in(&server, CLAIRE).await?;
    for (academy, chosen, mode) in [
        ("ac-creteil", None, "inscription"),
        ("ac-creteil", Some("par_seance"), "par_seance"),
        ("ac-nice", None, "attestee"),
    ] {
        let parcours = claire.post("/api/parcours", &json!({"title": "T", "academy": academy})).await?.json();
        let mut session =
            json!({"parcours": parcours["id"], "startsOn": "2099-10-01", "endsOn": "2099-12-01"});
        if let Some(chosen) = chosen {
            session["hoursMode"] = json!(chosen);
        }
        let made = claire.post("/api/sessions-formation", &session).await?;
        assert_eq!(made.json()["session"]["hoursMode"], mode, "{academy}: {}", made.text());
    }
    Ok(())
}
