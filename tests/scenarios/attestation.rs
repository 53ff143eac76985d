//! What papers say: what was attested, as it was attested, and of GAIA what concerns the person.

use anyhow::{Context, Result, ensure};
use harness::browser::Browser;
use jiff::SignedDuration;
use serde_json::{Value, json};
use server::clock::wall;

use crate::{badge::Attested, gaia::previews, readers::paper};

pub(crate) const HELENE: &str = "ACAVER|45805|LEROY|Hélène|helene.leroy@ac-versailles.fr|\n";

/// Two sessions of one module of GAIA.
pub(crate) fn formations() -> String {
    let line = |session: u32, group: &str| {
        format!(
            "ACAVER|26A0250123|Numérique et apprentissages|45805|Animer une classe virtuelle|{session}|{group}|18/11/2026|14:00|18/11/2026|15:30|D|A DISTANCE|\n"
        )
    };
    line(78576, "01") + &line(78577, "02")
}

async fn done(by: &mut Browser, method: &str, path: &str, body: Value) -> Result<Value> {
    let answer = by.ask(method, path, Some(&body)).await?;
    ensure!(answer.status == 200, "{method} {path}: {} {}", answer.status, answer.text());
    Ok(answer.json())
}

/// Marie is in the first session of GAIA, Jean in the second; both are linked to a séance of Marie's session.
pub(crate) async fn followed() -> Result<(Attested, String)> {
    let mut world = Attested::begins().await?;
    let trainees = "ACAVER|78576|DURAND|Marie|marie.durand@ac-versailles.fr\n\
         ACAVER|78577|PETIT|Jean|jean.petit@ac-versailles.fr\n";
    let formations = formations();
    let texts = [formations.as_str(), HELENE, trainees];
    let previewed = previews(&mut world.claire, "ac-versailles", "20261117", texts).await?;
    let yes = json!({"token": previewed.json()["token"], "acceptRemovals": false});
    done(&mut world.claire, "POST", "/api/gaia/import", yes).await?;
    let in_a_day = wall() + SignedDuration::from_hours(24);
    let plan = world.server.plans("ac-versailles", |plan| {
        plan.starts_at = in_a_day;
        plan.session_formation = world.session.parse().ok();
    });
    let seance = plan.await?.id.to_string();
    for session in [78576, 78577] {
        let key = json!({"base": "ACAVER", "dispositif": "26A0250123", "module": 45805, "session": session});
        done(&mut world.claire, "POST", &format!("/api/seances/{seance}/gaia-links"), key).await?;
    }
    Ok((world, seance))
}

#[tokio::test]
async fn a_paper_says_what_was_attested_whatever_things_are_called_since() -> Result<()> {
    let (mut world, seance) = followed().await?;
    let aid = format!("/api/seances/{seance}/export/gaia");
    let both = world.claire.get(&aid).await?.text();
    assert!(both.contains("ACAVER;78576;DURAND;") && both.contains("ACAVER;78577;PETIT;"), "{both}");
    let second = world.claire.get(&format!("{aid}?session=ACAVER%2F78577")).await?.text();
    assert!(second.contains("\r\nPETIT;Jean;") && !second.contains("DURAND"), "{second}");
    assert_eq!(world.claire.get(&format!("{aid}?session=ACALYO%2F78577")).await?.status, 404);
    assert_eq!(world.claire.get(&format!("{aid}?session=78577")).await?.json()["field"], "session");
    let session = format!("/api/sessions-formation/{}", world.session);
    let known = world.claire.get(&session).await?.json();
    let of = |field: &str| known[field].as_str().or(known["session"][field].as_str()).map(str::to_owned);
    let parcours = of("parcours").with_context(|| known.to_string())?;
    let other = json!({"title": "Géométrie", "identifiant": "27_A025_GEOMETRIE_2.0"});
    done(&mut world.claire, "PATCH", &format!("/api/parcours/{parcours}"), other).await?;
    let dates = json!({"startsOn": "2026-09-21", "endsOn": "2027-01-29"});
    done(&mut world.claire, "PATCH", &session, dates).await?;
    let marie = world.marie.get("/api/me").await?.json();
    let marie = marie["person"]["id"].as_str().or(marie["id"].as_str()).context("no id")?.to_owned();
    let name = json!({"lastName": "BERNARD"});
    done(&mut world.claire, "PATCH", &format!("/api/people/{marie}"), name).await?;

    let path = format!("/api/attestations/{}/pdf", world.attestation);
    let text = paper(&mut world.marie, &path).await?;
    for words in [
        "DURAND Marie",
        "« Calcul mental » (26_A025_CALCULMENTAL_1.0)",
        "07/10/2026 – 18/12/2026",
        "Dispositif 26A0250123, module 45805, session 78576",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    for words in ["BERNARD", "Géométrie", "GEOMETRIE", "29/01/2027", "78577"] {
        assert!(!text.contains(words), "{words}: {text}");
    }
    // Whoever leads a séance of the session leads the session; who follows only in GAIA's list is enrolled too.
    let text = paper(&mut world.claire, &format!("{session}/export/pdf")).await?;
    let (_, leading) = text.split_once("Formateurs").context("nobody leads")?;
    assert!(leading.contains("Paul MARTIN") && leading.contains("Hélène LEROY"), "{text}");
    Ok(())
}
