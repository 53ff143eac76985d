//! Corrections of a presence sheet: by whom, with what history, after the lock, and two people at once.

use anyhow::{Context, Result};
use harness::{browser::Browser, person::Person, server::Preau};
use jiff::SignedDuration;
use serde_json::{Value, json};
use server::clock::wall;
use signaling::{enrolment::EnrolmentRole, id::SeanceId, seance::Seance};

const PAUL: &str = "paul.martin@ac-versailles.fr";
const CLAIRE: &str = "claire.petit@ac-versailles.fr";
const MARIE: &str = "marie.durand@ac-versailles.fr";

/// Paul leads, Claire manages the academy, Marie and twelve others are expected.
struct Class {
    server: Preau,
    paul: Browser,
    claire: Browser,
    marie: Browser,
    people: Vec<String>,
    address: String,
}

impl Class {
    async fn over_for(days: i64) -> Result<Self> {
        let server = Preau::start().await?;
        let trainer = server.knows(PAUL, "Paul", "MARTIN", &[]).await?;
        let manager = ["--role", "gestionnaire", "--scope", "ac-versailles"];
        server.knows(CLAIRE, "Claire", "PETIT", &manager).await?;
        let mut people = vec![server.knows(MARIE, "Marie", "DURAND", &[]).await?];
        for n in 2..=4 {
            let email = format!("stagiaire.{n}@ac-versailles.fr");
            people.push(server.knows(&email, "Camille", &format!("STAGIAIRE {n}"), &[]).await?);
        }
        let ended = wall() - SignedDuration::from_hours(24 * days);
        let plan = server
            .plans("ac-versailles", |plan: &mut Seance| {
                plan.duration_min = 90;
                plan.starts_at = ended - SignedDuration::from_mins(90);
                plan.kind = signaling::protocol::seance::SeanceKind::Presentiel;
            })
            .await?;
        server.enrols(plan.id, &trainer, EnrolmentRole::Trainer).await?;
        for person in &people {
            server.enrols(plan.id, person, EnrolmentRole::Participant).await?;
        }
        Ok(Self {
            paul: Browser::logged_in(&server, PAUL).await?,
            claire: Browser::logged_in(&server, CLAIRE).await?,
            marie: Browser::logged_in(&server, MARIE).await?,
            address: format!("/api/seances/{}", plan.id),
            server,
            people,
        })
    }

    fn seance(&self) -> Result<SeanceId> {
        Ok(self.address.rsplit('/').next().context("no identifier")?.parse()?)
    }

    fn status(&self, who: usize, new: &str, seen: u64) -> Value {
        json!({"people": [self.people[who]], "kind": "status", "new": new, "reason": "PANNE_RESEAU",
            "text": "coupure ADSL", "seen": seen})
    }
}

fn row<'s>(sheet: &'s Value, person: &str) -> Result<&'s Value> {
    let rows = sheet["rows"].as_array().context("no rows")?;
    rows.iter().find(|row| row["person"] == person).context("no such row")
}

#[tokio::test]
async fn a_row_is_corrected_with_its_history_and_the_first_value_stays() -> Result<()> {
    let mut class = Class::over_for(1).await?;
    let (corrections, presence) =
        (format!("{}/corrections", class.address), format!("{}/presence", class.address));
    let before = class.paul.get(&presence).await?;
    assert_eq!(
        (before.status, before.json()["counts"]["enrolled"].as_u64()),
        (200, Some(4)),
        "{}",
        before.text()
    );
    assert_eq!(row(&before.json(), &class.people[0])?["status"], "absent");

    let answer = class.paul.post(&corrections, &class.status(0, "present", 0)).await?;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let answer = class.claire.post(&corrections, &class.status(0, "absent", 1)).await?;
    let marie = row(&answer.json(), &class.people[0])?.clone();
    assert_eq!(
        (&marie["status"], &marie["decided"], &marie["origin"]),
        (&json!("absent"), &json!("absent"), &json!("manuel"))
    );
    let history = marie["history"].as_array().context("no history")?;
    assert_eq!(history.len(), 2);
    assert_eq!(
        (&history[0]["authorName"], &history[0]["text"]),
        (&json!("Paul MARTIN"), &json!("coupure ADSL"))
    );
    assert_eq!(history[1]["old"], json!({"kind": "status", "new": "present"}));

    // The same room, excused, the threshold lowered.
    let others = &class.people[1..3];
    let room =
        json!({"shared": class.people[0], "people": others, "minutes": 85, "text": "École", "seen": 2});
    let answer = class.paul.post(&format!("{}/shared-room", class.address), &room).await?;
    assert_eq!(answer.json()["counts"]["declared"], 2, "{}", answer.text());
    let lower =
        json!({"kind": "threshold", "new": {"mode": "fixed", "minutes": 20}, "reason": "AUTRE", "seen": 4});
    let answer = class.paul.post(&corrections, &lower).await?;
    assert_eq!((&answer.json()["thresholdMin"], &answer.json()["version"]), (&json!(20), &json!(5)));

    // What was decided is proven; whoever touches it in the database is found out.
    let file = class.server.data().join("proof.jsonl");
    let (seance, out) = (class.seance()?.to_string(), file.display().to_string());
    let export = ["export", "--seance", &seance, "--format", "bundle", "--out", &out];
    let (code, _, wrong) = class.server.command(&export).await?;
    assert_eq!(code, Some(0), "{wrong}");
    let whole = std::fs::read_to_string(&file)?;
    let verified = async || -> Result<(Option<i32>, String)> {
        let done =
            tokio::process::Command::new(harness::server::binary()).arg("verify").arg(&file).output().await?;
        Ok((done.status.code(), String::from_utf8(done.stdout)?))
    };
    let (code, said) = verified().await?;
    assert!(code == Some(0) && whole.contains("{\"adjustment\""), "{said}");
    std::fs::write(&file, whole.replacen("coupure ADSL", "coupure fibre", 1))?;
    let (code, said) = verified().await?;
    assert!(code == Some(1) && said.starts_with("altered at correction 1"), "{said}");
    Ok(())
}

#[tokio::test]
async fn two_people_at_once_do_not_undo_each_other() -> Result<()> {
    let class = Class::over_for(1).await?;
    let path = format!("{}/corrections", class.address);
    let mut tries = Vec::new();
    for n in 0..12 {
        let mut browser = if n % 2 == 0 { class.paul.clone() } else { class.claire.clone() };
        let (path, body) =
            (path.clone(), class.status(n % 3, if n % 2 == 0 { "present" } else { "absent" }, 0));
        tries.push(async move { browser.post(&path, &body).await });
    }
    let answers = futures_util::future::try_join_all(tries).await?;
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    // One of each row's four was written, the others are told to look again.
    assert_eq!(statuses, [vec![200; 3], vec![409; 9]].concat());
    let mut claire = class.claire;
    let sheet = claire.get(&format!("{}/presence", class.address)).await?;
    assert_eq!(sheet.json()["version"], 3);
    // Who has the same sheet is not sent it again.
    let tag = sheet.header("etag").context("no tag")?.to_owned();
    assert!(tag.starts_with("W/\""), "{tag}");
    assert_eq!(claire.get(&format!("{}/presence", class.address)).await?.header("etag"), Some(tag.as_str()));
    Ok(())
}

#[tokio::test]
async fn after_fifteen_days_the_trainer_is_refused_and_the_gestionnaire_is_not() -> Result<()> {
    let mut class = Class::over_for(16).await?;
    let path = format!("{}/corrections", class.address);
    let refused = class.paul.post(&path, &class.status(0, "present", 0)).await?;
    assert_eq!((refused.status, refused.code().as_str()), (403, "PERIODE_VERROUILLEE"));
    let room = json!({"shared": class.people[0], "people": [class.people[1]], "minutes": 60, "seen": 0});
    let refused = class.paul.post(&format!("{}/shared-room", class.address), &room).await?;
    assert_eq!(refused.code(), "PERIODE_VERROUILLEE");
    let sheet = class.paul.get(&format!("{}/presence", class.address)).await?.json();
    assert_eq!(
        (&sheet["version"], row(&sheet, &class.people[0])?["history"].as_array().map(Vec::len)),
        (&json!(0), Some(0))
    );
    assert_eq!(class.claire.post(&path, &class.status(0, "present", 0)).await?.status, 200);
    Ok(())
}

#[tokio::test]
async fn before_anything_has_begun_an_absence_is_excused_and_nobody_is_present() -> Result<()> {
    let mut class = Class::over_for(-1).await?;
    let path = format!("{}/corrections", class.address);
    let change = |kind: &str, new: Value, seen: u64| json!({"people": [class.people[0]], "kind": kind, "new": new, "reason": "EXCUSE", "seen": seen});
    for (kind, new) in
        [("status", json!("present")), ("status", json!("absent")), ("declared_minutes", json!(60))]
    {
        let refused = class.paul.post(&path, &change(kind, new, 0)).await?;
        assert_eq!((refused.status, refused.code().as_str()), (409, "not_begun"), "{kind}");
    }
    let excused = class.paul.post(&path, &change("excuse", json!(true), 0)).await?;
    assert_eq!(row(&excused.json(), &class.people[0])?["decided"], "excuse", "{}", excused.text());
    let back = class.paul.post(&path, &change("status", json!(null), 1)).await?;
    assert_eq!(row(&back.json(), &class.people[0])?["decided"], "absent", "{}", back.text());
    Ok(())
}

#[tokio::test]
async fn the_teacher_sees_the_own_line_and_says_what_is_wrong() -> Result<()> {
    let mut class = Class::over_for(1).await?;
    let own = class.marie.get(&format!("{}/presence/me", class.address)).await?;
    assert_eq!(own.json()["rows"].as_array().map(Vec::len), Some(1), "{}", own.text());
    assert!(!own.text().contains("STAGIAIRE"), "nobody else");
    for path in ["presence", "half-days"] {
        let refused = class.marie.get(&format!("{}/{path}", class.address)).await?;
        assert_eq!(refused.status, 403, "{path}");
    }
    let path = format!("{}/corrections", class.address);
    assert_eq!(class.marie.post(&path, &class.status(0, "present", 0)).await?.status, 403);

    let requests = format!("{}/requests", class.address);
    let empty = class.marie.post(&requests, &json!({"text": "  "})).await?;
    assert_eq!((empty.status, empty.json()["field"].as_str()), (400, Some("text")));
    let asked = class.marie.post(&requests, &json!({"text": "J’étais là, au fond."})).await?;
    assert_eq!(asked.status, 200, "{}", asked.text());
    assert_eq!(class.marie.post(&requests, &json!({"text": "Vraiment."})).await?.status, 409);
    let sheet = class.paul.get(&format!("{}/presence", class.address)).await?.json();
    assert_eq!(row(&sheet, &class.people[0])?["requests"][0]["text"], "J’étais là, au fond.");
    let answer = format!("/api/requests/{}/answer", asked.json()["id"].as_str().context("no id")?);
    assert_eq!(class.marie.post(&answer, &json!({"answer": "accepted"})).await?.status, 403, "not one's own");
    let mute = class.paul.post(&answer, &json!({"answer": "refused"})).await?;
    assert_eq!(mute.json()["field"], "text", "a refusal has a reason");
    assert_eq!(class.paul.post(&answer, &json!({"answer": "accepted"})).await?.status, 200);
    assert_eq!(class.claire.post(&answer, &json!({"answer": "accepted"})).await?.status, 409);
    let own = class.marie.get(&format!("{}/presence/me", class.address)).await?.json();
    assert_eq!(own["rows"][0]["requests"][0]["answer"], "accepted");
    Ok(())
}

#[tokio::test]
async fn nonsense_and_strangers_are_refused() -> Result<()> {
    let mut class = Class::over_for(1).await?;
    let path = format!("{}/corrections", class.address);
    let base = class.status(0, "present", 0);
    for (field, value, named) in [
        ("new", json!("excuse"), "new"),
        ("people", json!([]), "people"),
        ("people", json!(["01900000-0000-7000-8000-000000000000"]), "people"),
        ("text", json!("é".repeat(501)), "text"),
    ] {
        let mut wrong = base.clone();
        wrong[field] = value;
        let refused = class.paul.post(&path, &wrong).await?;
        assert_eq!(
            (refused.status, refused.json()["field"].as_str()),
            (400, Some(named)),
            "{}",
            refused.text()
        );
    }
    for (field, value) in [("reason", json!("PARCE_QUE")), ("kind", json!("miracle")), ("seen", json!(-1))] {
        let mut wrong = base.clone();
        wrong[field] = value;
        assert_eq!(class.paul.post(&path, &wrong).await?.code(), "malformed", "{field}");
    }
    class
        .server
        .knows(
            "zoe.leroy@ac-creteil.fr",
            "Zoé",
            "LEROY",
            &["--role", "gestionnaire", "--scope", "ac-creteil"],
        )
        .await?;
    let mut stranger = Browser::logged_in(&class.server, "zoe.leroy@ac-creteil.fr").await?;
    assert_eq!(stranger.post(&path, &base).await?.status, 404, "another academy's séance does not exist");
    assert_eq!(Browser::of(&class.server).post(&path, &base).await?.status, 401);
    let nowhere = "/api/requests/01900000-0000-7000-8000-000000000000/answer";
    assert_eq!(class.paul.post(nowhere, &json!({"answer": "accepted"})).await?.status, 404);
    Ok(())
}

/// In the demonstration, with tickets alone: a guest who only typed a name becomes present by the trainer's word.
#[tokio::test]
async fn a_trainer_who_came_by_a_link_corrects_in_that_seance() -> Result<()> {
    let server = Preau::start().await?;
    let trainer = Person::enters(&server, &server.links.trainer, "Paul").await?;
    let guest = Person::enters(&server, &server.links.participant, "Camille").await?;
    let mut browser = Browser::of(&server);
    browser.ticket = Some(trainer.stay().to_owned());
    let sheet = browser.get("/api/presence").await?.json();
    let seance = sheet["seance"]["id"].as_str().context("no séance")?.to_owned();
    let rows = sheet["rows"].as_array().context("no rows")?;
    let person = rows.iter().find(|row| row["name"] == "Camille").context("no guest")?["person"].clone();
    let present =
        json!({"people": [person], "kind": "status", "new": "present", "reason": "AUTRE", "seen": 0});
    let path = format!("/api/seances/{seance}/corrections");
    let answer = browser.post(&path, &present).await?;
    assert_eq!(answer.status, 200, "{}", answer.text());
    browser.ticket = Some(guest.stay().to_owned());
    assert_eq!(browser.post(&path, &present).await?.status, 403);
    Ok(())
}

/// Case F10: the same person, expected under one address and come by another way.
#[tokio::test]
async fn who_came_under_the_name_of_somebody_expected_is_proposed_and_attached() -> Result<()> {
    let server = Preau::start().await?;
    let paul = server.knows(PAUL, "Paul", "MARTIN", &[]).await?;
    let marie = server.knows(MARIE, "Marie", "DURAND", &[]).await?;
    let plan = server.plans("ac-versailles", |plan| plan.guests = true).await?;
    server.enrols(plan.id, &paul, EnrolmentRole::Trainer).await?;
    server.enrols(plan.id, &marie, EnrolmentRole::Participant).await?;
    let mut paul = Browser::logged_in(&server, PAUL).await?;
    let address = format!("/api/seances/{}", plan.id);
    let open = paul.get(&format!("{address}/open-link")).await?.json()["link"].clone();
    let open = open.as_str().context("no link")?;
    let _guest = Person::enters(&server, open, "durand marie").await?;
    let _other = Person::enters(&server, open, "Jean Petit").await?;

    let presence = format!("{address}/presence");
    let sheet = paul.get(&presence).await?.json();
    let pairs = sheet["pairs"].as_array().context("no pairs")?;
    assert_eq!((pairs.len(), &pairs[0]["to"]), (1, &json!(marie)), "{pairs:?}");
    let mut own = Browser::logged_in(&server, MARIE).await?;
    assert_eq!(own.get(&format!("{presence}/me")).await?.json()["pairs"], json!([]), "not hers to decide");
    let attach = |to: Value| {
        json!({"people": [pairs[0]["guest"]], "kind": "attach", "new": to, "reason": "ERREUR_IDENTITE",
            "text": "", "seen": if to.is_null() { 1 } else { 0 }})
    };
    let done = paul.post(&format!("{address}/corrections"), &attach(json!(marie))).await?;
    assert_eq!((done.status, &done.json()["pairs"]), (200, &json!([])), "{}", done.text());
    let joined = row(&done.json(), &marie)?.clone();
    assert!(joined["here"] == true && joined["history"].as_array().is_some_and(|all| all.len() == 1));
    // Taken back, it is not proposed again.
    let back = paul.post(&format!("{address}/corrections"), &attach(Value::Null)).await?;
    assert_eq!((back.status, &back.json()["pairs"]), (200, &json!([])), "{}", back.text());
    Ok(())
}
