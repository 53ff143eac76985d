//! Hours that are settled, and what comes afterwards: parts that come late, an archive that holds, a lock that locks.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use signaling::protocol::seance::SeanceKind;

use crate::hours::{Session, of};

/// The row of the only trainee.
async fn row(session: &mut Session) -> Result<Value> {
    let hours = session.paul.get(&of(&session.id, "hours")).await?.json();
    hours["rows"].get(0).cloned().with_context(|| hours.to_string())
}

/// One click, and how many lines came of it.
async fn attests(session: &mut Session) -> Result<Option<usize>> {
    let all = json!({"kind": "all_proposed"});
    let answer = session.paul.post(&of(&session.id, "attestations"), &all).await?;
    Ok(answer.json()["attestations"].as_array().map(Vec::len))
}

#[tokio::test]
async fn a_part_that_comes_after_the_first_attestation_is_attested_too() -> Result<()> {
    let mut session = Session::of(1).await?;
    let parcours = format!("/api/parcours/{}", session.parcours);
    assert_eq!(session.claire.patch(&parcours, &json!({"presenceMin": 180})).await?.status, 200);
    let morning = session.held(SeanceKind::Presentiel, 1).await?;
    let local = jiff::Timestamp::from_millisecond(server::clock::wall().as_millisecond() - 86_400_000)?;
    let local = local.to_zoned(jiff::tz::TimeZone::get("Europe/Paris")?).strftime("%Y-%m-%dT%H:%M");
    let half_day = json!({"startsAt": local.to_string(), "durationMin": 180});
    let planned = session.claire.post(&format!("/api/seances/{morning}/half-days"), &half_day).await?;
    assert_eq!(planned.status, 200, "{}", planned.text());
    let remote = session.held(SeanceKind::ClasseVirtuelle, 2).await?;
    let marie = session.people.clone();
    session.finds_present(&morning, &marie).await?;
    assert_eq!(attests(&mut session).await?, Some(1));
    let first = row(&mut session).await?;
    assert_eq!(first["hours"], json!({"kind": "counted", "distance": 0, "presence": 180}));
    assert_eq!((attests(&mut session).await?, &first["toAttest"]), (Some(0), &Value::Null), "done");

    session.finds_present(&remote, &marie).await?;
    let both = json!({"distance": true, "presence": true});
    assert_eq!(row(&mut session).await?["toAttest"], both);
    let archive = session.claire.post(&of(&session.id, "archive"), &json!({})).await?;
    let told = archive.json();
    assert_eq!(
        (archive.code().as_str(), &told["people"], &told["proposed"]),
        ("unattested", &json!(1), &json!(1))
    );
    assert_eq!(attests(&mut session).await?, Some(1));
    let second = row(&mut session).await?;
    assert_eq!(second["hours"], json!({"kind": "counted", "distance": 180, "presence": 180}));
    assert_eq!(second["attestation"]["byHand"], false);
    let person = format!("/api/people/{}", marie[0]);
    assert_eq!(session.claire.patch(&person, &json!({"degree": "PU1D"})).await?.status, 200);
    let year = session.marie.get("/api/hours/mine").await?.json();
    assert_eq!((&year["total"], &year["account"]["digitalMissing"]), (&json!(360), &Value::Null), "{year}");
    // The wording of 2013: nine hours at a distance.
    let before = session.marie.get("/api/hours/mine?rules=2013").await?.json();
    assert_eq!(before["account"]["digitalMissing"], 360, "{before}");
    assert_eq!(session.marie.get("/api/hours/mine?rules=1998").await?.status, 400);
    // The first one is kept: whoever holds its paper is told that it holds no longer.
    let code = first["attestation"]["verifyCode"].as_str().context("no code")?;
    let told = session.marie.get(&format!("/api/attestation/{code}")).await?.json();
    assert!(told["revokedAt"].is_string(), "{told}");

    // What a trainer decided against the proposal is not proposed again.
    let refused = json!({"kind": "people", "people": marie, "attested": {"distance": false, "presence": true},
        "reason": "Travail non rendu."});
    assert_eq!(session.paul.post(&of(&session.id, "attestations"), &refused).await?.status, 200);
    assert_eq!(
        (attests(&mut session).await?, &row(&mut session).await?["toAttest"]),
        (Some(0), &Value::Null)
    );
    assert_eq!(session.claire.post(&of(&session.id, "archive"), &json!({})).await?.status, 200);
    Ok(())
}

#[tokio::test]
async fn what_is_archived_stays_archived_whoever_changes_it_at_the_same_time() -> Result<()> {
    let mut session = Session::of(1).await?;
    let path = format!("/api/sessions-formation/{}", session.id);
    let by_hand = json!({"kind": "people", "people": session.people, "attested": {"distance": true, "presence": false},
        "reason": "Travail rendu."});
    for round in 0..4 {
        let changes = (0..12).map(|n| {
            let (mut paul, path, session) = (session.paul.clone(), path.clone(), session.id.clone());
            let by_hand = by_hand.clone();
            async move {
                match n % 3 {
                    0 => paul.post(&of(&session, "attestations"), &by_hand).await,
                    _ => paul.patch(&path, &json!({"title": format!("Session {n}"), "state": "open"})).await,
                }
            }
        });
        let mut claire = session.claire.clone();
        let archive = of(&session.id, "archive");
        let archived = async { claire.post(&archive, &json!({"confirm": true})).await };
        let (answers, archived) =
            futures_util::future::join(futures_util::future::join_all(changes), archived).await;
        for answer in answers {
            let answer = answer?;
            assert!([200, 403].contains(&answer.status), "{}", answer.text());
        }
        assert_eq!(archived?.status, if round == 0 { 200 } else { 403 });
        let detail = session.paul.get(&path).await?.json();
        assert_eq!(detail["session"]["state"], "archived", "{detail}");
    }
    Ok(())
}

#[tokio::test]
async fn after_the_lock_a_trainer_changes_nothing_that_hours_are_made_of() -> Result<()> {
    let mut session = Session::of(1).await?;
    let seance = session.held(SeanceKind::ClasseVirtuelle, 20).await?;
    let path = format!("/api/seances/{seance}");
    let half_day = json!({"startsAt": "2026-11-18T09:00", "durationMin": 180});
    for (body, status) in [
        (json!({"creditMin": 180}), 403),
        (json!({"required": false}), 403),
        (json!({"sessionFormation": null}), 403),
        (json!({"title": "Un autre titre"}), 200),
    ] {
        let answer = session.paul.patch(&path, &body).await?;
        assert_eq!(answer.status, status, "{body}: {}", answer.text());
        if status == 403 {
            assert_eq!(answer.code(), "PERIODE_VERROUILLEE", "{body}");
        }
    }
    let answer = session.paul.post(&format!("{path}/half-days"), &half_day).await?;
    assert_eq!(answer.code(), "PERIODE_VERROUILLEE");
    let answer = session.claire.patch(&path, &json!({"creditMin": 60})).await?;
    assert_eq!(answer.status, 200, "the gestionnaire still may: {}", answer.text());
    let later = session.held(SeanceKind::ClasseVirtuelle, 10).await?;
    let answer = session.paul.patch(&format!("/api/seances/{later}"), &json!({"creditMin": 60})).await?;
    assert_eq!(answer.status, 200, "ten days after: {}", answer.text());
    Ok(())
}
