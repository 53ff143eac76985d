//! Hours and attestations: presence proposes, an act attests, the year counts, a receipt proves, and nobody else may.

mod session;

use anyhow::Result;
use harness::{browser::Browser, person::Person, server::binary};
use jiff::civil::Date;
use serde_json::{Value, json};
use signaling::protocol::{Request, seance::SeanceKind};

use session::{MARIE, all_proposed, attestations, opened, text, wall_day};
pub(crate) use session::{PAUL, Session, of};

#[tokio::test]
async fn presence_proposes_an_act_attests_and_the_year_counts_it() -> Result<()> {
    let mut session = Session::of(3).await?;
    let degree = json!({"degree": "PU1D"});
    let marie = format!("/api/people/{}", session.people[0]);
    assert_eq!(session.claire.patch(&marie, &degree).await?.status, 200);
    let seance = session.held(SeanceKind::ClasseVirtuelle, 0).await?;
    // Paul comes and ends it: it took place, and nobody else was there.
    let enter = session.paul.post(&format!("/api/seances/{seance}/enter"), &json!({})).await?;
    let mut paul = Person::enters(&session.server, text(&enter.json(), "link"), "Paul").await?;
    assert_eq!(session.row(0).await?["outcomes"], json!(["to_come"]), "it runs");
    paul.asks(Request::EndSeance {}).await?;
    harness::until("the end of the séance", harness::PATIENCE, async || {
        let answer = session.paul.clone().get(&format!("/api/seances/{seance}/presence")).await?;
        Ok((answer.json()["closed"] == true).then_some(()))
    })
    .await?;
    assert_eq!(session.row(0).await?["outcomes"], json!(["absent"]));
    assert!(attestations(&session.paul.post(&session.attest(), &all_proposed()).await?)?.is_empty());
    let two = session.people[..2].to_vec();
    session.finds_present(&seance, &two).await?;
    assert_eq!(session.hours().await?["toAttest"], 2);
    let nothing = json!({"kind": "counted", "distance": 0, "presence": 0});
    assert_eq!(session.row(0).await?["hours"], nothing, "no hour without an act");

    let made = attestations(&session.paul.post(&session.attest(), &all_proposed()).await?)?;
    assert_eq!(made.len(), 2);
    assert_eq!(session.hours().await?["toAttest"], 0);
    let row = session.row(0).await?;
    assert_eq!(row["hours"], json!({"kind": "counted", "distance": 180, "presence": 0}));
    assert_eq!(
        (&row["attestation"]["by"], &row["attestation"]["byHand"]),
        (&json!("Paul MARTIN"), &json!(false))
    );
    let year = session.marie.get("/api/hours/mine").await?.json();
    assert_eq!((&year["total"], &year["account"]["remaining"]), (&json!(180), &json!(900)), "{year}");
    let mine = session.marie.get("/api/attestations/mine").await?.json();
    assert_eq!(mine[0]["timeZone"], "Europe/Paris", "the day is read where the paper reads it");
    assert_eq!(mine.as_array().map(Vec::len), Some(1), "the other one is somebody else's: {mine}");
    let paper = session.marie.get(&format!("/api/attestations/{}/pdf", text(&mine[0], "id"))).await?;
    assert!(paper.status == 200 && paper.text().starts_with("%PDF-1.7"), "{}", paper.status);
    let table = session.paul.get(&of(&session.id, "export/csv")).await?.text();
    assert!(table.contains("DURAND;Marie") && table.contains(";O;N;3,00;3:00;"), "{table}");

    // The code on the paper, typed by whoever holds it.
    let code = text(&mine[0], "verifyCode").to_lowercase().replace('-', " ");
    let address = format!("/api/attestation/{}", code.replace(' ', "%20"));
    let mut anybody = Browser::of(&session.server);
    let told = anybody.get(&address).await?;
    assert_eq!((told.status, text(&told.json(), "name")), (200, "M. D."), "{}", told.text());
    assert!(told.json()["revokedAt"].is_null() && !told.text().contains("DURAND"), "{}", told.text());
    assert_eq!(anybody.get("/api/attestation/AAAA-BBBB-CCCC-DDDD").await?.status, 404);
    assert_eq!(anybody.get("/api/attestation/0").await?.status, 404);

    proves_its_own_line(&mut session, text(&mine[0], "id")).await
}

/// The receipt holds with nothing but itself, and no longer once touched.
async fn proves_its_own_line(session: &mut Session, id: &str) -> Result<()> {
    let receipt = session.marie.get(&format!("/api/attestations/{id}/receipt")).await?.text();
    assert!(receipt.contains("DURAND") && !receipt.contains("STAGIAIRE"), "{receipt}");
    let file = session.server.data().join("receipt.json");
    let verified = async |text: &str| -> Result<(Option<i32>, String)> {
        std::fs::write(&file, text)?;
        let done = tokio::process::Command::new(binary()).arg("verify").arg(&file).output().await?;
        Ok((done.status.code(), String::from_utf8(done.stdout)?))
    };
    let (code, said) = verified(&receipt).await?;
    assert!(code == Some(0) && said.contains("of Marie DURAND") && said.contains("one of 2 lines"), "{said}");
    for (old, new) in
        [("\"distance\":180", "\"distance\":240"), ("DURAND", "DUPOND"), ("\"size\":2", "\"size\":3")]
    {
        let (code, said) = verified(&receipt.replacen(old, new, 1)).await?;
        assert!(code == Some(1) && said.starts_with("altered at the receipt"), "{old}: {said}");
    }
    let (code, said) = verified(&receipt[..receipt.len() / 2]).await?;
    assert!(code == Some(1) && said.contains("its end is missing"), "{said}");
    Ok(())
}

#[tokio::test]
async fn what_was_acknowledged_survives_what_is_revoked_stays_told_and_is_attested_anew() -> Result<()> {
    let mut session = Session::of(2).await?;
    let first = session.paul.post(&session.attest(), &session.by_hand(0, "Travail rendu.")).await?;
    let first = attestations(&first)?.remove(0);
    session.server.kill().await?;
    session.server.restart().await?;
    let row = session.row(0).await?;
    assert_eq!(
        (&row["attestation"]["id"], &row["attestation"]["reason"]),
        (&first["id"], &json!("Travail rendu."))
    );

    let address = format!("/api/attestations/{}", text(&first, "id"));
    for (body, status) in
        [(json!({"reason": "  "}), 400), (json!({}), 400), (json!({"reason": "x".repeat(501)}), 400)]
    {
        assert_eq!(session.paul.ask("DELETE", &address, Some(&body)).await?.status, status, "{body}");
    }
    let reason = json!({"reason": "Erreur de personne."});
    let revoked = session.paul.ask("DELETE", &address, Some(&reason)).await?;
    assert_eq!(revoked.status, 200, "{}", revoked.text());
    assert_eq!(session.paul.ask("DELETE", &address, Some(&reason)).await?.status, 409, "twice");
    assert!(session.row(0).await?["attestation"].is_null());
    assert_eq!(session.marie.get("/api/hours/mine").await?.json()["total"], 0);
    let mine = session.marie.get("/api/attestations/mine").await?.json();
    assert_eq!(text(&mine[0], "revokedReason"), "Erreur de personne.");
    let mut anybody = Browser::of(&session.server);
    let told = anybody.get(&format!("/api/attestation/{}", text(&first, "verifyCode"))).await?;
    assert!(told.json()["revokedAt"].is_string(), "{}", told.text());
    assert_eq!(session.marie.get(&format!("{address}/pdf")).await?.status, 404, "no paper any more");

    let again = session.claire.post(&session.attest(), &session.by_hand(0, "Après vérification.")).await?;
    let again = attestations(&again)?.remove(0);
    assert!(text(&again, "number") > text(&first, "number") && again["id"] != first["id"]);
    let other = session.paul.post(&session.attest(), &session.by_hand(0, "Autre motif.")).await?;
    assert_eq!(attestations(&other)?.len(), 1, "it takes the place of the one before");
    let mine = session.marie.get("/api/attestations/mine").await?.json();
    assert_eq!(
        mine.as_array().map(Vec::len),
        Some(2),
        "the one that holds, and the one that was revoked: {mine}"
    );
    assert_eq!(session.marie.get("/api/hours/mine").await?.json()["total"], 180);
    Ok(())
}

#[tokio::test]
async fn everybody_at_once_attests_each_person_once() -> Result<()> {
    let mut session = Session::of(12).await?;
    let day = session.held(SeanceKind::Presentiel, 20).await?;
    // The presence is locked since five days; Claire may still correct, and attesting knows no such lock.
    let people = session.people.clone();
    session.finds_present(&day, &people).await?;
    let half_day = json!({"startsAt": (wall_day() - jiff::Span::new().days(20)).to_string() + "T09:00", "durationMin": 180});
    let planned = session.claire.post(&format!("/api/seances/{day}/half-days"), &half_day).await?;
    assert_eq!(planned.status, 200, "{}", planned.text());
    assert_eq!(session.hours().await?["toAttest"], 12);
    let tries = (0..6).map(|n| {
        let mut browser = if n % 2 == 0 { session.paul.clone() } else { session.claire.clone() };
        let path = session.attest();
        async move { browser.post(&path, &all_proposed()).await }
    });
    let mut numbers = Vec::new();
    for one in futures_util::future::join_all(tries).await {
        let made = attestations(&one?)?;
        numbers.extend(made.iter().map(|one| text(one, "number").to_owned()));
    }
    numbers.sort();
    let all = numbers.len();
    numbers.dedup();
    assert_eq!((numbers.len(), all), (12, 12), "each person once, each number once");
    assert_eq!(session.hours().await?["toAttest"], 0);
    Ok(())
}

#[tokio::test]
async fn others_may_not_and_what_makes_no_sense_is_said() -> Result<()> {
    let mut session = Session::of(2).await?;
    let server = &session.server;
    let nice = ["--role", "gestionnaire", "--scope", "ac-nice"];
    server.knows("sonia.roy@ac-nice.fr", "Sonia", "ROY", &nice).await?;
    let other_trainer = server.knows("omar.blin@ac-versailles.fr", "Omar", "BLIN", &[]).await?;
    let elsewhere = opened(&mut session.claire, &session.parcours, wall_day()).await?;
    let body = json!({"people": [{"email": "omar.blin@ac-versailles.fr", "role": "trainer"}]});
    assert_eq!(session.claire.post(&of(&elsewhere, "enrolments"), &body).await?.status, 200);
    let made = session.paul.post(&session.attest(), &session.by_hand(0, "Travail rendu.")).await?;
    let made = format!("/api/attestations/{}", text(&attestations(&made)?[0], "id"));
    let reason = json!({"reason": "Non."});
    for (email, status) in [("sonia.roy@ac-nice.fr", 404), ("omar.blin@ac-versailles.fr", 404), (MARIE, 403)]
    {
        let mut browser = Browser::logged_in(&session.server, email).await?;
        assert_eq!(browser.get(&of(&session.id, "hours")).await?.status, status, "{email}");
        let asked = browser.post(&session.attest(), &session.by_hand(1, "Oui.")).await?;
        assert_eq!(asked.status, status, "{email}: {}", asked.text());
        assert_eq!(browser.ask("DELETE", &made, Some(&reason)).await?.status, status, "{email}");
        let seen = browser.get(&format!("{made}/receipt")).await?.status;
        assert_eq!(seen, if email == MARIE { 200 } else { 404 }, "{email}");
    }
    assert_eq!(Browser::of(&session.server).post(&session.attest(), &all_proposed()).await?.status, 401);

    let nobody = json!({"kind": "people", "people": [], "attested": {"distance": true, "presence": false}, "reason": ""});
    let stranger = json!({"kind": "people", "people": [other_trainer], "attested": {"distance": true, "presence": false}, "reason": "Oui."});
    for (body, field) in [
        (nobody, "people"),
        (stranger, "people"),
        (session.by_hand(1, ""), "reason"),
        (session.by_hand(1, &"x".repeat(501)), "reason"),
    ] {
        let answer = session.paul.post(&session.attest(), &body).await?;
        assert_eq!((answer.status, text(&answer.json(), "field")), (400, field), "{}", answer.text());
    }
    let malformed = session.paul.post(&session.attest(), &json!({"kind": "everything"})).await?;
    assert_eq!((malformed.status, malformed.code().as_str()), (400, "malformed"));
    assert!(session.row(1).await?["attestation"].is_null(), "nothing came of all that");

    let mode = json!({"hoursMode": "par_seance"});
    let path = format!("/api/sessions-formation/{}", session.id);
    assert_eq!(
        session.claire.patch(&path, &mode).await?.status,
        409,
        "hours were attested in the other mode"
    );
    assert_eq!(
        session.claire.post(&of(&session.id, "archive"), &json!({"confirm": true})).await?.status,
        200
    );
    let late = session.paul.post(&session.attest(), &session.by_hand(1, "Oui.")).await?;
    assert_eq!((late.status, late.code().as_str()), (403, "PERIODE_VERROUILLEE"), "{}", late.text());
    assert_eq!(session.paul.ask("DELETE", &made, Some(&reason)).await?.code(), "PERIODE_VERROUILLEE");
    // Years that are over stay as they are, whatever becomes of the parcours.
    let parcours = format!("/api/parcours/{}", session.parcours);
    for (body, status) in [
        (json!({"distanceMin": 360}), 409),
        (json!({"presenceMin": 60}), 409),
        (json!({"counted": false}), 409),
        (json!({"distanceMin": 180, "title": "Calcul mental au cycle 2"}), 200),
    ] {
        assert_eq!(session.claire.patch(&parcours, &body).await?.status, status, "{body}");
    }
    Ok(())
}

#[tokio::test]
async fn the_same_parcours_counts_once_a_year_unless_a_gestionnaire_accepts_it() -> Result<()> {
    let mut session = Session::of(1).await?;
    let today = wall_day();
    // Both in one school year, whatever today is.
    let begun = if today.month() >= 9 { today.year() } else { today.year() - 1 };
    let mut ids = Vec::new();
    for day in [Date::new(begun, 9, 1)?, Date::new(begun + 1, 8, 31)?, Date::new(begun, 8, 31)?] {
        let id = opened(&mut session.claire, &session.parcours, day).await?;
        let body = json!({"people": [{"email": MARIE}]});
        assert_eq!(session.claire.post(&of(&id, "enrolments"), &body).await?.status, 200);
        let attested =
            session.claire.post(&of(&id, "attestations"), &session.by_hand(0, "Travail rendu.")).await?;
        assert_eq!(attestations(&attested)?.len(), 1);
        ids.push(id);
    }
    let path = format!("/api/hours/mine?year={begun}");
    let year = session.marie.get(&path).await?.json();
    let repeated = |year: &Value| {
        let lines = year["lines"].as_array().cloned().unwrap_or_default();
        lines.iter().filter(|line| line["repeated"] == true).count()
    };
    assert_eq!(
        (&year["total"], repeated(&year)),
        (&json!(180), 1),
        "E09: the last day of August closes it; {year}"
    );
    let before = session.marie.get(&format!("/api/hours/mine?year={}", begun - 1)).await?.json();
    assert_eq!(before["total"], 180, "{before}");
    assert_eq!(session.marie.get("/api/hours/mine?year=12").await?.status, 400);
    let exception = json!({"person": session.people[0], "kind": "repeated"});
    let accept = of(&ids[1], "hours-exceptions");
    assert_eq!(session.paul.post(&accept, &exception).await?.status, 404, "Paul has nothing to do with it");
    assert_eq!(session.paul.post(&of(&session.id, "hours-exceptions"), &exception).await?.status, 403);
    let nobody = json!({"person": "00000000-0000-7000-8000-000000000000", "kind": "repeated"});
    assert_eq!(session.claire.post(&accept, &nobody).await?.status, 400);
    assert_eq!(session.claire.post(&accept, &exception).await?.status, 200);
    let year = session.marie.get(&path).await?.json();
    assert_eq!((&year["total"], repeated(&year)), (&json!(360), 0), "{year}");
    let seen = session.claire.get(&format!("/api/people/{}/hours?year={begun}", session.people[0])).await?;
    assert_eq!((seen.status, &seen.json()["total"]), (200, &json!(360)));
    Ok(())
}
