//! How a séance follows lists of GAIA: with trainers or without, under a group, instead of who was expected before, of
//! several academies; and who is on two lists stands on both.

use anyhow::{Context, Result, ensure};
use harness::{browser::Browser, server::Preau};
use jiff::SignedDuration;
use serde_json::{Value, json};
use signaling::id::SeanceId;

use crate::gaia::{FORMATION, TRAINERS, expected, imports, managed, previews, trainees};

const LUC: &str = "luc.petit@ac-reunion.fr";

fn key(base: &str, dispositif: &str) -> Value {
    json!({"base": base, "dispositif": dispositif, "module": 45805, "session": 78576})
}

/// The session of La Réunion, followed in that way.
fn followed(how: &Value) -> Value {
    let mut body = key("ACAREU", "26A0280123");
    if let (Some(body), Some(how)) = (body.as_object_mut(), how.as_object()) {
        body.extend(how.clone());
    }
    body
}

async fn planned(server: &Preau, days: i64) -> Result<SeanceId> {
    let plan = server.plans("ac-reunion", |plan| plan.starts_at += SignedDuration::from_hours(24 * days));
    Ok(plan.await?.id)
}

async fn done(browser: &mut Browser, path: &str, body: &Value) -> Result<Value> {
    let answer = browser.post(path, body).await?;
    ensure!(answer.status == 200, "{path}: {} {}", answer.status, answer.text());
    Ok(answer.json())
}

#[tokio::test]
async fn a_link_says_before_whom_it_enrols_and_strikes_off() -> Result<()> {
    let (server, mut ines) = managed().await?;
    let account = server.knows("zoe.1@ac-reunion.fr", "Zoé", "NOM1", &[]).await?;
    imports(&mut ines, "20261117", [FORMATION, TRAINERS, &trainees(0..3)]).await?;
    let seance = planned(&server, 2).await?;
    let luc = json!({"people": [{"email": LUC}]});
    done(&mut ines, &format!("/api/seances/{seance}/enrolments"), &luc).await?;
    let links = format!("/api/seances/{seance}/gaia-links");
    let how = followed(&json!({"trainers": false, "group": "  Groupe   A ", "overwrite": true}));
    let told = done(&mut ines, &format!("{links}?preview=true"), &how).await?;
    assert_eq!(
        (&told["preview"], &told["enrolled"], &told["unenrolled"], &told["sessions"]),
        (&json!(true), &json!(3), &json!(1), &json!([]))
    );
    assert_eq!(expected(&mut ines, seance).await?, ["luc.petit participant manual"], "nothing was changed");

    let linked = done(&mut ines, &links, &how).await?;
    assert_eq!((&linked["enrolled"], &linked["unenrolled"]), (&json!(3), &json!(1)));
    let link = &linked["sessions"][0];
    assert_eq!(
        (&link["groupName"], &link["withTrainers"], &link["academy"]),
        (&json!("Groupe A"), &json!(false), &json!("ac-reunion"))
    );
    let three = ["zoe.0 participant gaia", "zoe.1 participant gaia", "zoe.2 participant gaia"];
    assert_eq!(expected(&mut ines, seance).await?, three);
    let list = ines.get(&format!("/api/seances/{seance}/enrolments")).await?.json();
    assert_eq!((&list[0]["group"], &list[0]["neverIn"]), (&json!("Groupe A"), &json!(true)));
    assert_eq!((&list[1]["person"]["id"], &list[1]["neverIn"]), (&json!(account), &json!(false)), "{list}");

    // The same session again is followed otherwise from now on.
    let again = done(&mut ines, &links, &followed(&json!({}))).await?;
    assert_eq!((&again["enrolled"], &again["sessions"][0]["groupName"]), (&json!(1), &json!("")));
    assert!(expected(&mut ines, seance).await?.contains(&"helene.martin co_trainer gaia".to_owned()));
    let without = done(&mut ines, &links, &followed(&json!({"trainers": false}))).await?;
    assert_eq!(without["unenrolled"], 1);
    // Whom the link replaced comes back with GAIA's list.
    let with_luc = format!("{}ACAREU|78576|PETIT|Luc|{LUC}\n", trainees(0..3));
    imports(&mut ines, "20261118", [FORMATION, TRAINERS, &with_luc]).await?;
    assert!(expected(&mut ines, seance).await?.contains(&"luc.petit participant gaia".to_owned()));

    let past = planned(&server, -2).await?;
    let late = format!("/api/seances/{past}/gaia-links");
    for (path, how, field) in [
        (&links, json!({"group": "x".repeat(41)}), "group"),
        (&late, json!({"overwrite": true}), "overwrite"),
    ] {
        let refused = ines.post(path, &followed(&how)).await?;
        assert_eq!((refused.status, &refused.json()["field"]), (400, &json!(field)), "{}", refused.text());
    }
    Ok(())
}

#[tokio::test]
async fn a_seance_of_two_academies_follows_both_and_one_person_stands_on_both_lists() -> Result<()> {
    let (server, mut ines) = managed().await?;
    let granted = ["user", "role", "ines.nguyen@ac-reunion.fr", "gestionnaire", "--scope", "ac-mayotte"];
    let (status, _, said) = server.command(&granted).await?;
    assert_eq!(status, Some(0), "{said}");
    imports(&mut ines, "20261117", [FORMATION, TRAINERS, &trainees(0..2)]).await?;
    let formation = FORMATION.replace("ACAREU", "ACAMAY").replace("26A0280123", "26A0430123");
    let people = "ACAMAY|78576|NOM0|Zoé|zoe.0@ac-reunion.fr\nACAMAY|78576|ROY|Anne|anne.roy@ac-mayotte.fr\n";
    let previewed = previews(&mut ines, "ac-mayotte", "20261117", [&formation, "", people]).await?;
    let token = previewed.json()["token"].clone();
    done(&mut ines, "/api/gaia/import", &json!({"token": token})).await?;

    // Who manages one academy finds its lists only, and links none of the other's.
    let one = ["--role", "gestionnaire", "--scope", "ac-reunion"];
    server.knows("luc.petit@ac-reunion.fr", "Luc", "PETIT", &one).await?;
    let mut luc = Browser::logged_in(&server, LUC).await?;
    let names = async |browser: &mut Browser| -> Result<Vec<String>> {
        let found = browser.get("/api/gaia/academies").await?.json();
        let each = found.as_array().context("no list")?.iter();
        Ok(each.filter_map(|academy| academy["name"].as_str()).map(str::to_owned).collect())
    };
    assert_eq!(names(&mut luc).await?, ["ac-reunion"]);
    assert_eq!(names(&mut ines).await?, ["ac-reunion", "ac-mayotte"]);
    let seance = planned(&server, 2).await?;
    let links = format!("/api/seances/{seance}/gaia-links");
    let (own, other) = (key("ACAREU", "26A0280123"), key("ACAMAY", "26A0430123"));
    let nowhere = key("ACANUL", "26A0430123");
    for (path, body) in [(links.clone(), &other), (format!("{links}?preview=true"), &other)] {
        let (hidden, unknown) = (luc.post(&path, body).await?, luc.post(&path, &nowhere).await?);
        assert_eq!((hidden.status, hidden.text()), (404, unknown.text()), "{path}");
    }
    assert_eq!(done(&mut ines, &links, &own).await?["enrolled"], 3);
    let both = done(&mut ines, &links, &other).await?;
    assert_eq!(both["enrolled"], 1, "Zoé was expected already");
    assert_eq!(both["sessions"].as_array().map(Vec::len), Some(2));

    let file = ines.get(&format!("/api/seances/{seance}/export/json")).await?.json();
    let rows = file["rows"].as_array().context("no rows")?;
    let mut lists: Vec<usize> = rows.iter().map(|row| row["links"].as_array().map_or(0, Vec::len)).collect();
    lists.sort_unstable();
    assert_eq!(lists, [0, 1, 1, 2], "trainers are on no list of trainees: {file}");
    let aid = ines.get(&format!("/api/seances/{seance}/export/gaia")).await?.text();
    assert_eq!(aid.matches("zoe.0@ac-reunion.fr").count(), 2, "{aid}");
    assert_eq!(aid.matches("anne.roy@ac-mayotte.fr").count(), 1, "{aid}");
    Ok(())
}
