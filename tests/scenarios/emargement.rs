//! Émargement: the turning code, what is refused, and what the trainer ticks.

use anyhow::{Context, Result};
use harness::{browser::Browser, server::Preau};
use jiff::{SignedDuration, tz::TimeZone};
use serde_json::{Value, json};
use server::{clock::wall, config::Config, secret::ticket_key, store::Store};
use signaling::{
    emargement::HalfDay,
    enrolment::EnrolmentRole,
    id::{HalfDayId, SeanceId},
    protocol::seance::SeanceKind,
};

const PAUL: &str = "paul.martin@ac-versailles.fr";
const MARIE: &str = "marie.durand@ac-versailles.fr";
const LUC: &str = "luc.petit@ac-versailles.fr";

/// Paul leads a day of face-to-face training, Marie and Luc are expected.
struct Day {
    server: Preau,
    paul: Browser,
    marie: Browser,
    luc: Browser,
    luc_id: String,
    seance: SeanceId,
}

impl Day {
    async fn planned() -> Result<Self> {
        let server = Preau::start().await?;
        let trainer = server.knows(PAUL, "Paul", "MARTIN", &[]).await?;
        let marie_id = server.knows(MARIE, "Marie", "DURAND", &[]).await?;
        let luc_id = server.knows(LUC, "Luc", "PETIT", &[]).await?;
        let plan = server
            .plans("ac-versailles", |plan| {
                plan.kind = SeanceKind::Presentiel;
                plan.duration_min = 360;
                plan.starts_at = wall() - SignedDuration::from_mins(4);
            })
            .await?;
        server.enrols(plan.id, &trainer, EnrolmentRole::Trainer).await?;
        for person in [&marie_id, &luc_id] {
            server.enrols(plan.id, person, EnrolmentRole::Participant).await?;
        }
        Ok(Self {
            paul: Browser::logged_in(&server, PAUL).await?,
            marie: Browser::logged_in(&server, MARIE).await?,
            luc: Browser::logged_in(&server, LUC).await?,
            seance: plan.id,
            server,
            luc_id,
        })
    }

    /// A half-day that began so many minutes ago, written beside the running server.
    async fn half_day(&self, minutes_ago: i64, duration_min: u32) -> Result<HalfDayId> {
        let store = Store::open(self.server.data()).await?;
        let id = HalfDayId(server::clock::mint());
        let starts_at = wall() - SignedDuration::from_mins(minutes_ago);
        store.add_half_days(self.seance, &[HalfDay { id, starts_at, duration_min }]).await?;
        store.close().await;
        Ok(id)
    }

    async fn shown(&mut self, half_day: HalfDayId) -> Result<Value> {
        let answer = self.paul.get(&format!("/api/half-days/{half_day}/code")).await?;
        anyhow::ensure!(answer.status == 200, "{}", answer.text());
        Ok(answer.json())
    }
}

/// A code that is not that one.
fn other(code: &str, n: u32) -> Result<String> {
    Ok(format!("{:06}", (code.parse::<u32>()? + 1 + n) % 1_000_000))
}

#[tokio::test]
async fn a_half_day_is_signed_by_code_by_qr_or_by_the_trainer_once() -> Result<()> {
    let mut day = Day::planned().await?;
    let path = format!("/api/seances/{}/half-days", day.seance);
    let local = wall().to_zoned(TimeZone::get("Europe/Paris")?).strftime("%Y-%m-%dT%H:%M").to_string();
    let planned = day.paul.post(&path, &json!({"startsAt": local, "durationMin": 180})).await?;
    assert_eq!(planned.status, 200, "{}", planned.text());
    let twice = day.paul.post(&path, &json!({"startsAt": local, "durationMin": 30})).await?;
    assert_eq!((twice.status, twice.json()["field"].as_str()), (400, Some("startsAt")), "they overlap");
    for (wrong, field) in [
        (json!({"startsAt": "demain", "durationMin": 180}), "startsAt"),
        (json!({"startsAt": "2026-02-31T09:00", "durationMin": 180}), "startsAt"),
        (json!({"startsAt": "2027-01-11T09:00", "durationMin": 5}), "durationMin"),
    ] {
        assert_eq!(day.paul.post(&path, &wrong).await?.json()["field"], field);
    }
    let half_day: HalfDayId = planned.json()["halfDays"][0]["id"].as_str().context("no half-day")?.parse()?;

    let shown = day.shown(half_day).await?;
    assert!(shown["svg"].as_str().is_some_and(|svg| svg.contains("<svg")), "{shown}");
    assert!(shown["link"].as_str().is_some_and(|link| link.ends_with(shown["token"].as_str().unwrap())));
    let code = shown["code"].as_str().context("no code")?;
    let typed = json!({"code": format!("{} {}", &code[..3], &code[3..])});
    let signed = day.marie.post("/api/emargement", &typed).await?;
    assert_eq!(signed.status, 200, "{}", signed.text());
    // Again, by the other way: the first signature stays.
    let again = day.marie.post("/api/emargement", &json!({"token": shown["token"]})).await?;
    assert_eq!(again.json()["signature"], signed.json()["signature"]);
    assert_eq!(again.json()["signature"]["method"], "code");
    assert_eq!(
        day.marie.get(&format!("/api/half-days/{half_day}/code")).await?.status,
        403,
        "not for teachers"
    );

    // Who leads stands on the list too, and is credited by it.
    let led = day.paul.post("/api/emargement", &json!({"token": shown["token"]})).await?;
    assert_eq!(led.status, 200, "{}", led.text());

    let signatures = format!("/api/half-days/{half_day}/signatures");
    for (wrong, field) in [
        (json!({"person": day.luc_id, "method": "code"}), "method"),
        (json!({"person": "01900000-0000-7000-8000-000000000000", "method": "tick"}), "person"),
        (json!({"person": day.luc_id, "method": "paper", "attachment": "../liste"}), "attachment"),
    ] {
        assert_eq!(day.paul.post(&signatures, &wrong).await?.json()["field"], field, "{wrong}");
    }
    let scans = format!("/api/half-days/{half_day}/scans");
    let page = day.paul.send("POST", &scans, "application/pdf", b"<script>").await?;
    assert_eq!((page.status, page.json()["field"].as_str()), (400, Some("scan")));
    let kept = day.paul.send("POST", &scans, "application/pdf", b"%PDF-1.4 liste").await?;
    let digest = kept.json()["sha256"].as_str().context("no digest")?.to_owned();
    let seen = format!("{scans}/{digest}");
    assert_eq!(day.paul.get(&seen).await?.status, 404, "no signature names it yet");
    let paper = json!({"person": day.luc_id, "method": "paper", "attachment": digest});
    let entered = day.paul.post(&signatures, &paper).await?;
    assert_eq!(entered.json()["signature"]["attachmentSha256"].as_str(), Some(digest.as_str()));
    let scan = day.paul.get(&seen).await?;
    assert_eq!((scan.status, scan.header("content-type")), (200, Some("application/pdf")));
    assert_eq!(scan.text(), "%PDF-1.4 liste");
    assert_eq!(day.marie.get(&seen).await?.status, 403, "not for teachers");

    let sheet = day.paul.get(&format!("/api/seances/{}/presence", day.seance)).await?.json();
    let told: Vec<_> = sheet["rows"]
        .as_array()
        .context("no rows")?
        .iter()
        .filter(|row| row["table"] == "participants")
        .map(|row| (&row["name"], &row["decided"], &row["origin"], &row["signedMin"]))
        .collect();
    let led = sheet["rows"].as_array().context("no rows")?.iter().find(|row| row["table"] == "trainers");
    assert_eq!(led.map(|row| (&row["decided"], &row["signedMin"])), Some((&json!("present"), &json!(180))));
    let (marie, luc) = (json!("Marie DURAND"), json!("Luc PETIT"));
    let (present, auto, manual, credit) = (json!("present"), json!("auto"), json!("manuel"), json!(180));
    assert_eq!(told, [(&marie, &present, &auto, &credit), (&luc, &present, &manual, &credit)]);
    Ok(())
}

#[tokio::test]
async fn forged_expired_and_foreign_codes_are_refused() -> Result<()> {
    let mut day = Day::planned().await?;
    let (morning, now) = (day.half_day(300, 180).await?, day.half_day(0, 180).await?);
    assert_eq!(day.paul.get(&format!("/api/half-days/{morning}/code")).await?.code(), "HORS_FENETRE");
    let shown = day.shown(now).await?;
    let token = shown["token"].as_str().context("no token")?;
    let parts: Vec<&str> = token.split('.').collect();
    let step: i64 = parts[1].parse()?;
    // Another half-day, another step, another tag, nonsense: none is believed.
    let forged = [
        format!("{}.{}.{}", morning.0.simple(), parts[1], parts[2]),
        format!("{}.{}.{}", parts[0], step + 1, parts[2]),
        format!("{}.{}.{}A", parts[0], parts[1], &parts[2][..parts[2].len() - 1]),
        "\u{1f600}".repeat(40),
    ];
    for token in forged.iter().filter(|forged| *forged != token) {
        let refused = day.luc.post("/api/emargement", &json!({"token": token})).await?;
        assert_eq!((refused.status, refused.code().as_str()), (403, "code_wrong"), "{token}");
    }
    // What the screen showed before is no guess, and opens nothing.
    let mut config = Config::default();
    day.server.data().clone_into(&mut config.store.data);
    let key = ticket_key(&config)?;
    let key = signaling::emargement::CodeKey::new(&key);
    let old = HalfDay { id: now, starts_at: wall(), duration_min: 180 };
    let before = key.shown(&old, wall() - SignedDuration::from_mins(5))?;
    let earlier =
        HalfDay { id: morning, starts_at: wall() - SignedDuration::from_hours(5), duration_min: 180 };
    let of_morning = key.shown(&earlier, earlier.starts_at)?;
    for body in [
        json!({"code": before.code}),
        json!({"token": before.token}),
        json!({"code": of_morning.code}),
        json!({"token": of_morning.token}),
    ] {
        let refused = day.marie.post("/api/emargement", &body).await?;
        assert_eq!((refused.status, refused.code().as_str()), (403, "CODE_EXPIRE"), "{body}");
    }
    for body in [json!({}), json!({"code": "123456", "token": "x"})] {
        assert_eq!(day.marie.post("/api/emargement", &body).await?.json()["field"], "code");
    }
    assert_eq!(
        Browser::of(&day.server).post("/api/emargement", &json!({"code": "000000"})).await?.status,
        401
    );
    // Somebody who is not expected may hold the right code: it is none of theirs.
    day.server.knows("zoe.leroy@ac-creteil.fr", "Zoé", "LEROY", &[]).await?;
    let mut stranger = Browser::logged_in(&day.server, "zoe.leroy@ac-creteil.fr").await?;
    let shown = day.shown(now).await?;
    assert_eq!(
        stranger.post("/api/emargement", &json!({"code": shown["code"]})).await?.code(),
        "HORS_FENETRE"
    );
    assert_eq!(
        stranger.post("/api/emargement", &json!({"token": shown["token"]})).await?.code(),
        "not_allowed"
    );
    Ok(())
}

#[tokio::test]
async fn five_wrong_codes_close_the_door_and_the_trainer_is_told() -> Result<()> {
    let mut day = Day::planned().await?;
    let half_day = day.half_day(0, 180).await?;
    let code = day.shown(half_day).await?["code"].as_str().context("no code")?.to_owned();
    // All at once: no more than five are looked at.
    let tries: Vec<_> = (0..12)
        .map(|n| {
            let (mut marie, code) = (day.marie.clone(), other(&code, n));
            async move { marie.post("/api/emargement", &json!({"code": code?})).await }
        })
        .collect();
    let answers = futures_util::future::try_join_all(tries).await?;
    let wrong = answers.iter().filter(|answer| answer.code() == "code_wrong").count();
    assert!(wrong <= 5, "{wrong}");
    for n in 20..30 {
        let answer = day.marie.post("/api/emargement", &json!({"code": other(&code, n)?})).await?;
        if answer.status == 429 {
            break;
        }
    }
    let code = day.shown(half_day).await?["code"].clone();
    let refused = day.marie.post("/api/emargement", &json!({"code": code})).await?;
    assert_eq!((refused.status, refused.code().as_str()), (429, "too_many_tries"), "even the right one");
    assert!(refused.json()["seconds"].as_u64().is_some_and(|seconds| (300..=601).contains(&seconds)));

    let path = format!("/api/seances/{}/half-days", day.seance);
    let told = day.paul.get(&path).await?.json();
    assert_eq!(told["blocked"].as_array().map(Vec::len), Some(1), "{told}");
    // The others sign, and the trainer ticks the one who is locked out.
    assert_eq!(day.luc.post("/api/emargement", &json!({"code": code})).await?.status, 200);
    let tick = json!({"person": told["blocked"][0]["person"], "method": "tick"});
    assert_eq!(day.paul.post(&format!("/api/half-days/{half_day}/signatures"), &tick).await?.status, 200);
    Ok(())
}

#[tokio::test]
async fn half_days_go_with_their_seance_are_copied_and_taken_back_while_unsigned() -> Result<()> {
    let mut day = Day::planned().await?;
    let zone = TimeZone::get("Europe/Paris")?;
    let morning = |days: i64| {
        let date = (wall() + SignedDuration::from_hours(24 * days)).to_zoned(zone.clone()).date();
        (date.to_string() + "T09:00", date.to_string() + "T13:30")
    };
    let (first, afternoon) = morning(3);
    let (later, later_afternoon) = morning(5);
    // Of a day to come.
    let plan = day
        .server
        .plans("ac-versailles", |plan| {
            plan.kind = SeanceKind::Presentiel;
            plan.starts_at = wall() + SignedDuration::from_hours(96);
        })
        .await?;
    let trainer = day.paul.get("/api/me").await?.json();
    let trainer = trainer["person"]["id"].as_str().or(trainer["id"].as_str()).context("no id")?.to_owned();
    day.server.enrols(plan.id, &trainer, EnrolmentRole::Trainer).await?;
    day.server.enrols(plan.id, &day.luc_id, EnrolmentRole::Participant).await?;
    let path = format!("/api/seances/{}", plan.id);
    let moved = day.paul.patch(&path, &json!({"startsAt": first, "timeZone": "Europe/Paris"})).await?;
    assert_eq!(moved.status, 200, "{}", moved.text());
    for starts in [&first, &afternoon] {
        let body = json!({"startsAt": starts, "durationMin": 180});
        assert_eq!(day.paul.post(&format!("{path}/half-days"), &body).await?.status, 200);
    }
    let hours = async |paul: &mut Browser, path: &str| -> Result<Vec<String>> {
        let told = paul.get(&format!("{path}/half-days")).await?.json();
        let each = told["halfDays"].as_array().with_context(|| told.to_string())?.iter().map(|one| {
            let at: jiff::Timestamp = one["startsAt"].as_str().context("no start")?.parse()?;
            Ok(at.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M").to_string())
        });
        each.collect()
    };
    assert_eq!(hours(&mut day.paul, &path).await?, [first, afternoon]);
    assert_eq!(day.paul.patch(&path, &json!({"startsAt": later})).await?.status, 200);
    assert_eq!(
        hours(&mut day.paul, &path).await?,
        [later.clone(), later_afternoon.clone()],
        "they go with it"
    );

    let (again, again_afternoon) = morning(40);
    let copy = day.paul.post(&format!("{path}/duplicate"), &json!({"startsAt": again})).await?.json();
    let copy = format!("/api/seances/{}", copy["seance"]["id"].as_str().with_context(|| copy.to_string())?);
    assert_eq!(hours(&mut day.paul, &copy).await?, [again, again_afternoon], "a copy has its own");
    assert_eq!(hours(&mut day.paul, &path).await?.len(), 2);

    let told = day.paul.get(&format!("{path}/half-days")).await?.json();
    let half = |n: usize| told["halfDays"][n]["id"].as_str().map(|id| format!("/api/half-days/{id}"));
    let (kept, wrong) = (half(0).context("no half-day")?, half(1).context("no half-day")?);
    let tick = json!({"person": day.luc_id, "method": "tick"});
    let early = day.paul.post(&format!("{kept}/signatures"), &tick).await?;
    assert_eq!((early.status, early.code().as_str()), (403, "HORS_FENETRE"), "nobody was there yet");
    let today = format!("/api/half-days/{}", day.half_day(0, 180).await?);
    assert_eq!(day.paul.post(&format!("{today}/signatures"), &tick).await?.status, 200);
    let refused = day.paul.ask("DELETE", &today, None).await?;
    assert_eq!((refused.status, refused.code().as_str()), (409, "conflict"), "somebody signed it");
    assert_eq!(day.luc.ask("DELETE", &wrong, None).await?.status, 403, "not for teachers");
    assert_eq!(day.paul.ask("DELETE", &wrong, None).await?.status, 200);
    assert_eq!(day.paul.ask("DELETE", &wrong, None).await?.status, 404, "twice");
    assert_eq!(day.paul.post(&format!("{wrong}/signatures"), &tick).await?.status, 404);
    assert_eq!(hours(&mut day.paul, &path).await?, [later], "the other one stays");
    Ok(())
}

#[tokio::test]
async fn a_wrong_tick_is_taken_back_with_a_reason_and_stays_told() -> Result<()> {
    let mut day = Day::planned().await?;
    let half_day = day.half_day(4, 180).await?;
    let seance = format!("/api/seances/{}", day.seance);
    let tick = json!({"person": day.luc_id, "method": "tick"});
    let signatures = format!("/api/half-days/{half_day}/signatures");
    assert_eq!(day.paul.post(&signatures, &tick).await?.status, 200);
    let credited = async |paul: &mut Browser| -> Result<Value> {
        let sheet = paul.get(&format!("{seance}/presence")).await?.json();
        let rows = sheet["rows"].as_array().context("no rows")?;
        let row = rows.iter().find(|row| row["name"] == "Luc PETIT").context("no row")?;
        Ok(json!([row["decided"], row["signedMin"]]))
    };
    assert_eq!(credited(&mut day.paul).await?, json!(["present", 180]));
    let own = format!("{signatures}/{}", day.luc_id);
    let reason = json!({"reason": "Mauvaise ligne."});
    for (body, status) in [(json!({"reason": " "}), 400), (json!({"reason": "x".repeat(501)}), 400)] {
        let answer = day.paul.ask("DELETE", &own, Some(&body)).await?;
        assert_eq!((answer.status, answer.json()["field"].as_str()), (status, Some("reason")));
    }
    assert_eq!(day.luc.ask("DELETE", &own, Some(&reason)).await?.status, 403, "not one's own");
    let taken = day.paul.ask("DELETE", &own, Some(&reason)).await?;
    assert_eq!(taken.status, 200, "{}", taken.text());
    let told = taken.json();
    assert_eq!(told["signatures"], json!([]));
    let line = &told["withdrawn"][0];
    assert_eq!(
        (&line["withdrawal"]["reason"], &line["byName"], &line["signature"]["method"]),
        (&json!("Mauvaise ligne."), &json!("Paul MARTIN"), &json!("tick"))
    );
    assert_eq!(credited(&mut day.paul).await?[1], 0);
    assert_eq!(day.paul.ask("DELETE", &own, Some(&reason)).await?.status, 409, "twice");
    // Whose tick it should have been signs all the same; what was is still told, and the half-day cannot be struck.
    assert_eq!(day.paul.post(&signatures, &tick).await?.status, 200);
    assert_eq!(credited(&mut day.paul).await?, json!(["present", 180]));
    assert_eq!(day.paul.ask("DELETE", &own, Some(&reason)).await?.status, 200);
    assert_eq!(day.paul.ask("DELETE", &format!("/api/half-days/{half_day}"), None).await?.status, 409);
    Ok(())
}
