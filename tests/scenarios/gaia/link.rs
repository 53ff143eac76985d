//! Séances and the lists of GAIA: a session is found and linked, its séances to come follow each night, those that have
//! begun do not.

use anyhow::{Context, Result};
use harness::browser::Browser;
use serde_json::json;
use signaling::enrolment::EnrolmentRole;

use super::{FORMATION, HELENE, Night, TRAINERS, expected, imports, managed, trainees};

/// Dispositif, module, session: a trainer finds the modules that she trains in, a gestionnaire all of the academy.
async fn is_found_in_three_steps(trainer: &mut Browser, ines: &mut Browser) -> Result<()> {
    let within = "academy=ac-reunion&from=2026-11-01&to=2026-12-01";
    let found =
        trainer.get(&format!("/api/gaia/dispositifs?{within}&search=numerique%20APPRENT")).await?.json();
    assert_eq!(
        found,
        json!([{"base": "ACAREU", "dispositif": "26A0280123", "name": "Numérique et apprentissages"}])
    );
    let modules = format!("/api/gaia/modules?{within}&base=ACAREU&dispositif=26A0280123");
    assert_eq!(trainer.get(&modules).await?.json().as_array().map(Vec::len), Some(1));
    assert_eq!(ines.get(&modules).await?.json().as_array().map(Vec::len), Some(2));
    let sessions = format!("/api/gaia/sessions?{within}&base=ACAREU&dispositif=26A0280123&module=45805");
    let session = trainer.get(&format!("{sessions}&place=distance")).await?.json();
    assert_eq!(
        (&session[0]["session"], &session[0]["trainees"], &session[0]["trainers"]),
        (&json!(78576), &json!(3), &json!(1))
    );
    assert_eq!(trainer.get(&format!("{sessions}&place=ailleurs")).await?.json(), json!([]));
    Ok(())
}

#[tokio::test]
async fn a_linked_seance_follows_the_lists_until_it_begins() -> Result<()> {
    let (server, mut ines) = managed().await?;
    let helene = server.knows(HELENE, "Hélène", "MARTIN", &[]).await?;
    let other = FORMATION.replace("45805|", "45806|").replace("78576|01", "78577|01");
    let formations = format!("{FORMATION}\n{other}");
    imports(&mut ines, "20261117", [&formations, TRAINERS, &trainees(0..3)]).await?;
    let days = |days: i64| jiff::SignedDuration::from_hours(24 * days);
    let to_come = server.plans("ac-reunion", |plan| plan.starts_at += days(2)).await?.id;
    let past = server.plans("ac-reunion", |plan| plan.starts_at -= days(2)).await?.id;
    server.enrols(to_come, &helene, EnrolmentRole::Trainer).await?;
    let mut trainer = Browser::logged_in(&server, HELENE).await?;

    is_found_in_three_steps(&mut trainer, &mut ines).await?;
    let key = |module: i64, session: i64| json!({"base": "ACAREU", "dispositif": "26A0280123", "module": module, "session": session});
    let links = format!("/api/seances/{to_come}/gaia-links");
    assert_eq!(trainer.post(&links, &key(45806, 78577)).await?.status, 404, "not hers");
    let linked = trainer.post(&links, &key(45805, 78576)).await?.json();
    assert_eq!((&linked["enrolled"], &linked["sessions"][0]["session"]), (&json!(3), &json!(78576)));
    let behind = format!("/api/seances/{past}/gaia-links");
    assert_eq!(ines.post(&behind, &key(45805, 78576)).await?.json()["enrolled"], 4);

    // She who asks stays host; somebody struck off by hand stays so.
    let list = ines.get(&format!("/api/seances/{to_come}/enrolments")).await?.json();
    let zoe = list
        .as_array()
        .context("no list")?
        .iter()
        .find(|one| one["person"]["email"] == "zoe.1@ac-reunion.fr");
    let zoe = zoe.and_then(|one| one["person"]["id"].as_str()).context("no Zoé")?.to_owned();
    trainer.delete(&format!("/api/seances/{to_come}/enrolments/{zoe}")).await?;

    // The next night by command: one is gone, one is new, another trainer too.
    let night = Night::new()?;
    let more = format!("{TRAINERS}ACAREU|45805|PETIT|Luc|luc.petit@ac-reunion.fr|\n");
    night.falls("20261118", &formations, &more, &trainees(1..4))?;
    let folder = night.files.path().to_string_lossy().into_owned();
    let (code, out, err) = server.command(&["gaia", "import", &folder, "--academy", "ac-reunion"]).await?;
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(out.contains("séances à venir : 2 inscriptions, 1 désinscriptions"), "{out}");
    let now = expected(&mut ines, to_come).await?;
    assert_eq!(
        now,
        [
            "helene.martin trainer manual",
            "zoe.2 participant gaia",
            "zoe.3 participant gaia",
            "luc.petit co_trainer gaia"
        ]
    );
    let then = expected(&mut ines, past).await?;
    let kept = [
        "helene.martin co_trainer gaia",
        "zoe.0 participant gaia",
        "zoe.1 participant gaia",
        "zoe.2 participant gaia",
    ];
    assert_eq!(then, kept, "what has begun stays");

    // Followed no more: who came by the list goes; of the séance that is over everybody stays.
    let body = key(45805, 78576);
    let gone = trainer.ask("DELETE", &links, Some(&body)).await?.json();
    assert_eq!((&gone["unenrolled"], &gone["sessions"]), (&json!(3), &json!([])));
    assert_eq!(expected(&mut ines, to_come).await?, ["helene.martin trainer manual"]);
    assert_eq!(ines.ask("DELETE", &behind, Some(&body)).await?.json()["unenrolled"], 0);
    assert_eq!(expected(&mut ines, past).await?, kept);
    assert_eq!(trainer.ask("DELETE", &links, Some(&body)).await?.status, 404);
    Ok(())
}
