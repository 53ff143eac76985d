//! People are enrolled by hand and by list; every line is taken or told.

use anyhow::{Context, Result, ensure};
use harness::{
    browser::{Answer, Browser},
    server::Preau,
};
use jiff::SignedDuration;
use serde_json::{Value, json};
use server::clock::wall;
use signaling::{
    enrolment::EnrolmentRole, id::SessionFormationId, protocol::seance::SeanceKind, seance::Seance,
};

use crate::{
    attestation::{HELENE, followed, formations},
    gaia::previews,
    hours::Session,
};

const PAUL: &str = "paul.martin@ac-versailles.fr";

/// A séance in two days that Paul leads.
async fn planned(server: &Preau) -> Result<(Seance, Browser)> {
    let paul = server.knows(PAUL, "Paul", "MARTIN", &[]).await?;
    let plan = server.plans("ac-versailles", |plan| plan.starts_at += SignedDuration::from_hours(48)).await?;
    server.enrols(plan.id, &paul, EnrolmentRole::Trainer).await?;
    Ok((plan, Browser::logged_in(server, PAUL).await?))
}

async fn list(browser: &mut Browser, address: &str, text: &[u8]) -> Result<Answer> {
    browser.send("POST", address, "text/plain", text).await
}

fn brief(list: &Value) -> Result<Vec<String>> {
    let each = list.as_array().context("no list")?.iter().map(|one| {
        let (person, text) = (&one["person"], |value: &Value| value.as_str().unwrap_or_default().to_owned());
        let (last, first) = (text(&person["lastName"]), text(&person["firstName"]));
        format!("{last} {first} {} {} {}", text(&person["email"]), text(&one["role"]), text(&one["source"]))
    });
    Ok(each.collect())
}

#[tokio::test]
async fn lists_are_previewed_enrolled_and_no_line_is_lost() -> Result<()> {
    let server = Preau::start().await?;
    let (plan, mut paul) = planned(&server).await?;
    let address = format!("/api/seances/{}/enrolments", plan.id);
    let text = "Courriel;Nom;Prénom;Rôle\n\
         Zoe.GARCON@ac-versailles.fr;GARÇON;Zoé;\n\
         luc.petit@ac-caen.fr;;;tuteur\n\
         pas une adresse;X;Y;\n\
         ines@ex.fr;D'ANGELO;Inès;chef\n\
         zoe.garcon@ac-versailles.fr;GARÇON;Zoé;\n";
    // As Excel writes it: CP1252.
    let bytes = text.chars().map(|c| u8::try_from(u32::from(c))).collect::<Result<Vec<u8>, _>>()?;
    let looked_at = list(&mut paul, &format!("{address}/csv?preview=true"), &bytes).await?.json();
    assert_eq!(
        (&looked_at["added"], &looked_at["unknown"], &looked_at["preview"]),
        (&json!(2), &json!(2), &json!(true))
    );
    assert_eq!(brief(&paul.get(&address).await?.json())?.len(), 1, "a preview enrols nobody");

    let done = list(&mut paul, &format!("{address}/csv"), &bytes).await?.json();
    assert_eq!((&done["added"], &done["unknown"]), (&json!(2), &json!(2)));
    let rejected: Vec<_> =
        done["rejected"].as_array().context("no list")?.iter().map(|r| (&r["line"], &r["code"])).collect();
    assert_eq!(
        rejected,
        [
            (&json!(4), &json!("ADRESSE_INVALIDE")),
            (&json!(5), &json!("ROLE_INCONNU")),
            (&json!(6), &json!("DOUBLON")),
        ]
    );
    let expected = [
        "GARÇON Zoé zoe.garcon@ac-versailles.fr participant csv",
        "MARTIN Paul paul.martin@ac-versailles.fr trainer manual",
        "PETIT Luc luc.petit@ac-normandie.fr tutor csv",
    ];
    assert_eq!(brief(&paul.get(&address).await?.json())?, expected);
    // Once more changes nothing.
    let again = list(&mut paul, &format!("{address}/csv"), &bytes).await?.json();
    assert_eq!((&again["added"], &again["same"]), (&json!(0), &json!(2)));

    for odd in [&b""[..], b"\x00\x81\n\xff", "é".repeat(500_000).as_bytes()] {
        let answer = list(&mut paul, &format!("{address}/csv"), odd).await?;
        assert_eq!((answer.status, &answer.json()["added"]), (200, &json!(0)), "{}", answer.text());
    }
    assert_eq!(list(&mut paul, &format!("{address}/csv"), &vec![b'x'; 1 << 21]).await?.status, 413);
    Ok(())
}

#[tokio::test]
async fn people_typed_by_hand_come_and_go_and_answer() -> Result<()> {
    let server = Preau::start().await?;
    let (plan, mut paul) = planned(&server).await?;
    let marie = server.knows("marie.durand@ac-versailles.fr", "Marie", "DURAND", &[]).await?;
    let luc = server.knows("luc.petit@ac-versailles.fr", "Luc", "PETIT", &[]).await?;
    server.enrols(plan.id, &luc, EnrolmentRole::Tutor).await?;
    let address = format!("/api/seances/{}/enrolments", plan.id);
    let people = json!({"people": [
        {"email": " Marie.Durand@ac-versailles.fr", "role": "participant"},
        {"email": "jean-pierre.le-goff@ac-rennes.fr", "role": "co_trainer"},
        {"email": "nobody"},
    ]});
    let done = paul.post(&address, &people).await?.json();
    assert_eq!(
        (&done["added"], &done["unknown"], &done["rejected"][0]["line"]),
        (&json!(2), &json!(1), &json!(3))
    );
    let seance = paul.get(&format!("/api/seances/{}", plan.id)).await?.json();
    assert_eq!(seance["trainers"], json!(["Paul MARTIN", "Jean-Pierre LE-GOFF"]), "the lobby names them");

    let mut she = Browser::logged_in(&server, "marie.durand@ac-versailles.fr").await?;
    let answer = format!("/api/seances/{}/answer", plan.id);
    assert_eq!(she.post(&answer, &json!({"answer": "no"})).await?.json()["mine"]["answer"], "no");
    assert_eq!(she.post(&answer, &json!({"answer": "peut-être"})).await?.status, 400);
    let told = she.get(&format!("/api/seances/{}/calendar.ics", plan.id)).await?.text();
    assert!(told.contains("PARTSTAT=DECLINED"), "{told}");
    let handed_on = paul.get(&format!("/api/seances/{}/export/ics", plan.id)).await?.text();
    assert!(handed_on.contains("METHOD:PUBLISH") && !handed_on.contains("ATTENDEE"), "{handed_on}");
    let mut tutor = Browser::logged_in(&server, "luc.petit@ac-versailles.fr").await?;
    for path in [address.clone(), format!("/api/seances/{}/gaia-links", plan.id)] {
        assert_eq!(tutor.get(&path).await?.status, 403, "a tutor sees no list");
    }
    let left = paul.delete(&format!("{address}/{marie}")).await?.json();
    assert_eq!(brief(&left)?.iter().filter(|line| line.starts_with("DURAND")).count(), 0);
    assert_eq!(paul.delete(&format!("{address}/{marie}")).await?.status, 404);
    assert_eq!(she.get(&format!("/api/seances/{}", plan.id)).await?.status, 404, "no longer hers to see");
    assert_eq!(paul.post(&address, &people).await?.json()["added"], 1);
    Ok(())
}

#[tokio::test]
async fn who_is_struck_off_one_seance_of_a_session_keeps_the_past_and_enters_no_more() -> Result<()> {
    let mut session = Session::of(1).await?;
    let of: SessionFormationId = session.id.parse()?;
    let mut to_come = Vec::new();
    for days in [2, 3] {
        let starts = wall() + SignedDuration::from_hours(24 * days);
        let plan = session.server.plans("ac-versailles", |plan| {
            (plan.starts_at, plan.session_formation) = (starts, Some(of));
        });
        to_come.push(plan.await?.id.to_string());
    }
    let past = session.held(SeanceKind::ClasseVirtuelle, 1).await?;
    session.finds_present(&past, &[session.people[0].clone()]).await?;
    let marie = session.people[0].clone();
    for seance in [&to_come[0], &past] {
        assert_eq!(session.marie.get(&format!("/api/seances/{seance}")).await?.status, 200);
        let struck = session.paul.delete(&format!("/api/seances/{seance}/enrolments/{marie}")).await?;
        ensure!(struck.status == 200, "{}", struck.text());
    }
    // Of the one to come nothing is left, of the other the own line, and the right to say that it is wrong.
    for (seance, way, status) in [
        (&to_come[0], "", 404),
        (&to_come[0], "/presence/me", 404),
        (&to_come[1], "", 200),
        (&past, "", 200),
        (&past, "/presence/me", 200),
    ] {
        let answer = session.marie.get(&format!("/api/seances/{seance}{way}")).await?;
        assert_eq!(answer.status, status, "{way} {}", answer.text());
    }
    let own = session.marie.get(&format!("/api/seances/{past}/presence/me")).await?.json();
    assert_eq!(own["rows"][0]["decided"], "present", "{own}");
    for (seance, status) in [(&to_come[0], 404), (&past, 403), (&to_come[1], 200)] {
        let answer = session.marie.post(&format!("/api/seances/{seance}/enter"), &json!({})).await?;
        assert_eq!(answer.status, status, "{}", answer.text());
    }
    let wrong = json!({"text": "J’y étais bien."});
    assert_eq!(session.marie.post(&format!("/api/seances/{past}/requests"), &wrong).await?.status, 200);
    Ok(())
}

#[tokio::test]
async fn who_leaves_the_list_of_gaia_is_still_expected_by_the_session() -> Result<()> {
    let (mut world, seance) = followed().await?;
    let formations = formations();
    let night = "ACAVER|78577|ROY|Zoé|zoe.roy@ac-versailles.fr\n";
    let texts = [formations.as_str(), HELENE, night];
    let previewed = previews(&mut world.claire, "ac-versailles", "20261118", texts).await?;
    let yes = json!({"token": previewed.json()["token"], "acceptRemovals": true});
    let imported = world.claire.post("/api/gaia/import", &yes).await?;
    assert_eq!(imported.status, 200, "{}", imported.text());
    let sheet = world.claire.get(&format!("/api/seances/{seance}/presence")).await?.json();
    let rows = sheet["rows"].as_array().with_context(|| sheet.to_string())?;
    let listed = rows.iter().filter(|row| row["table"] == "participants" && row["enrolled"] == true);
    let names: Vec<&str> = listed.filter_map(|row| row["name"].as_str()).collect();
    assert_eq!(names, ["Marie DURAND", "Zoé ROY"], "the session expects Marie, nobody expects Jean");
    assert_eq!((&sheet["counts"]["enrolled"], &sheet["counts"]["offList"]), (&json!(2), &json!(0)));
    let header = world.claire.get(&format!("/api/seances/{seance}/export/entete")).await?.text();
    assert!(header.contains("Inscrits;2\r\n") && header.contains("Hors liste;0\r\n"), "{header}");
    Ok(())
}
