//! Files that leave: by route and by command, numbered, kept, and not at all when they cannot be kept.

use anyhow::{Context, Result, ensure};
use harness::{
    browser::Browser,
    person::Person,
    server::{Preau, TRAINER},
};
use jiff::SignedDuration;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The séance of a link.
fn seance_of(link: &str) -> Result<&str> {
    let (_, rest) = link.split_once("/seance/").context("no link into a séance")?;
    rest.split(['#', '/']).next().context("no identifier")
}

/// A browser that asks by the ticket of a link.
fn with_link(server: &Preau, link: &str) -> Result<Browser> {
    let (_, ticket) = link.split_once('#').context("no ticket")?;
    let mut browser = Browser::of(server);
    browser.ticket = Some(ticket.to_owned());
    Ok(browser)
}

#[tokio::test]
async fn every_form_leaves_with_a_number_and_can_be_had_again() -> Result<()> {
    let server = Preau::start().await?;
    let _trainer = Person::enters(&server, &server.links.trainer, TRAINER).await?;
    let _ben = Person::enters(&server, &server.links.participant, "=Ben Morel").await?;
    let seance = seance_of(&server.links.trainer)?.to_owned();
    let trainer = Some(server.links.trainer.as_str());
    for (format, start) in [
        ("csv", "\u{feff}base_gaia;dispositif;module;session_gaia;groupe;nom;prenom;courriel;uai;"),
        ("csv-machine", "base_gaia,dispositif,module,session_gaia,groupe,nom,"),
        ("entete", "\u{feff}rubrique;valeur\r\n"),
        ("xlsx", "PK"),
        ("pdf", "%PDF-1.7"),
        ("json", "{\"schema\":\"presence/1\","),
        ("ics", "BEGIN:VCALENDAR\r\n"),
        ("xapi", "[{\"id\":\""),
        ("bundle", "{\"preau_proof\":"),
    ] {
        let (status, body) = server.get(&format!("/api/seances/{seance}/export/{format}"), trainer).await?;
        assert_eq!(status, 200, "{format}: {body}");
        assert!(body.starts_with(start), "{format}: {}", body.chars().take(80).collect::<String>());
        // Neither where from nor with what anybody came; an invitation holds the address of the page itself.
        assert!(["ics", "xapi"].contains(&format) || !body.contains("127.0.0.1"), "{format}");
    }
    let (_, csv) = server.get(&format!("/api/seances/{seance}/export/csv"), trainer).await?;
    assert!(csv.contains(";'=Ben Morel;;"), "no cell is a formula: {csv}");
    for format in ["gaia", "docx"] {
        let path = format!("/api/seances/{seance}/export/{format}");
        assert_eq!(
            server.get(&path, trainer).await?.0,
            404,
            "{format}: no GAIA session is linked, no such form"
        );
    }

    let (status, log) = server.get(&format!("/api/seances/{seance}/exports"), trainer).await?;
    let log: Vec<Value> = serde_json::from_str(&log).with_context(|| format!("{status} {log}"))?;
    let told: Vec<_> = log.iter().map(|line| (line["number"].as_u64(), line["version"].as_u64())).collect();
    assert_eq!(told.first(), Some(&(Some(10), Some(2))), "the second CSV");
    assert_eq!(told.len(), 10);
    let (status, again) = server.get("/api/exports/10", trainer).await?;
    assert_eq!(status, 401, "by a login only: {again}");

    let participant = Some(server.links.participant.as_str());
    for path in ["export/csv", "export/pdf", "export/bundle", "exports"] {
        for link in [participant, None] {
            let (status, body) = server.get(&format!("/api/seances/{seance}/{path}"), link).await?;
            assert!((401..=404).contains(&status) && !body.contains("Morel"), "{path}: {status} {body}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_command_writes_every_form_beside_the_server() -> Result<()> {
    let server = Preau::start().await?;
    let _trainer = Person::enters(&server, &server.links.trainer, TRAINER).await?;
    let seance = seance_of(&server.links.trainer)?.to_owned();
    let folder = tempfile::tempdir()?;
    for format in ["csv", "csv-machine", "entete", "xlsx", "pdf", "json", "ics", "xapi", "bundle"] {
        let out = folder.path().join(format).display().to_string();
        let words = ["export", "--seance", &seance, "--format", format, "--out", &out];
        let (code, said, err) = server.command(&words).await?;
        assert_eq!(code, Some(0), "{format}: {err}");
        assert!(said.contains("(export ") && std::fs::metadata(&out)?.len() > 100, "{format}: {said}");
    }
    let out = folder.path().join("gaia").display().to_string();
    for (words, told) in [
        (["--seance", seance.as_str(), "--format", "gaia"], "GAIA"),
        (["--seance", seance.as_str(), "--format", "docx"], "csv-machine"),
        (["--session", "01900000-0000-7000-8000-000000000000", "--format", "csv"], "--session"),
    ] {
        let words: Vec<&str> = ["export"].into_iter().chain(words).chain(["--out", &out]).collect();
        let (code, _, err) = server.command(&words).await?;
        assert!(code != Some(0) && err.contains(told), "{words:?}: {err}");
    }
    assert!(!std::path::Path::new(&out).exists());
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_kept_does_not_leave() -> Result<()> {
    let server = Preau::start().await?;
    let _trainer = Person::enters(&server, &server.links.trainer, TRAINER).await?;
    let seance = seance_of(&server.links.trainer)?.to_owned();
    let trainer = Some(server.links.trainer.as_str());
    let blocked = server.data().join("exports");
    std::fs::write(&blocked, "where the folder should be")?;
    let path = format!("/api/seances/{seance}/export/csv");
    let (status, body) = server.get(&path, trainer).await?;
    assert!(status == 503 && body.contains("storage_failing"), "{status} {body}");
    let log = format!("/api/seances/{seance}/exports");
    assert_eq!(server.get(&log, trainer).await?.1, "[]", "no export took place");
    std::fs::remove_file(&blocked)?;
    assert_eq!(server.get(&path, trainer).await?.0, 200);
    assert!(server.get(&log, trainer).await?.1.contains("\"number\":1,"));
    Ok(())
}

/// What other programs fetch: told anew only when something changed, page by page from one and the same export.
#[tokio::test]
async fn json_is_told_once_and_its_pages_fit_together() -> Result<()> {
    let server = Preau::start().await?;
    let _trainer = Person::enters(&server, &server.links.trainer, TRAINER).await?;
    let _ben = Person::enters(&server, &server.links.participant, "Ben").await?;
    let _zoe = Person::enters(&server, &server.links.participant, "Zoé").await?;
    let seance = seance_of(&server.links.trainer)?.to_owned();
    let mut reader = with_link(&server, &server.links.trainer)?;
    let path = format!("/api/seances/{seance}/export/json");
    let first = reader.get(&format!("{path}?limit=1")).await?;
    let mut rows = first.json()["rows"].as_array().context("no rows")?.clone();
    let mut next = first.json()["next"].as_str().map(str::to_owned);
    // Somebody comes meanwhile: the pages that follow are still those of the first one.
    let _late = Person::enters(&server, &server.links.participant, "Aïcha").await?;
    while let Some(cursor) = next {
        let page = reader.get(&format!("{path}?limit=1&cursor={cursor}")).await?;
        ensure!(page.status == 200, "{}", page.text());
        assert_eq!(page.json()["version"], first.json()["version"]);
        rows.extend(page.json()["rows"].as_array().context("no rows")?.iter().cloned());
        next = page.json()["next"].as_str().map(str::to_owned);
    }
    assert_eq!(rows.len(), 3);
    let log = reader.get(&format!("/api/seances/{seance}/exports")).await?.json();
    assert_eq!(log.as_array().map(Vec::len), Some(1), "all pages are one export");

    for (query, field) in [("limit=0", "limit"), ("limit=99999", "limit"), ("cursor=first", "cursor")] {
        let answer = reader.get(&format!("{path}?{query}")).await?;
        assert_eq!((answer.status, answer.json()["field"].as_str()), (400, Some(field)), "{query}");
    }
    assert_eq!(reader.get(&format!("{path}?cursor=77-0")).await?.status, 404);
    assert_eq!(reader.get(&format!("{path}?limit=many")).await?.code(), "malformed");
    Ok(())
}

/// A séance that goes on changes all the time: its JSON does not fill the disk, however often it is fetched.
#[tokio::test]
async fn of_a_running_class_the_last_two_are_kept_and_the_log_tells_all() -> Result<()> {
    let server = Preau::start().await?;
    let _trainer = Person::enters(&server, &server.links.trainer, TRAINER).await?;
    let seance = seance_of(&server.links.trainer)?.to_owned();
    let mut reader = with_link(&server, &server.links.trainer)?;
    let path = format!("/api/seances/{seance}/export/json");
    let mut people = Vec::new();
    for name in ["Aïcha", "Ben", "Chloé", "Dan"] {
        people.push(Person::enters(&server, &server.links.participant, name).await?);
        let told = reader.get(&path).await?;
        ensure!(told.status == 200, "{}", told.text());
        assert_eq!(told.json()["version"].as_u64(), Some(people.len() as u64));
    }
    let log = reader.get(&format!("/api/seances/{seance}/exports")).await?.json();
    let kept: Vec<_> = log.as_array().context("no log")?.iter().map(|line| &line["kept"]).collect();
    assert_eq!(kept, [true, true, false, false]);
    assert_eq!(std::fs::read_dir(server.data().join("exports"))?.count(), 2);
    assert_eq!(reader.get(&format!("{path}?limit=1&cursor=1-0")).await?.status, 404, "of the first one");
    assert_eq!(reader.get(&format!("{path}?limit=1&cursor=3-0")).await?.status, 200);
    Ok(())
}

#[tokio::test]
async fn who_has_the_same_json_is_told_so_and_nothing_is_logged() -> Result<()> {
    let server = Preau::start().await?;
    server.knows("t@ac-versailles.fr", "Paul", "MARTIN", &["--role", "gestionnaire"]).await?;
    // Nobody comes, and it is over: what is said of it stays the same.
    let plan = server.plans("ac-versailles", |plan| plan.starts_at -= SignedDuration::from_hours(24)).await?;
    let mut reader = Browser::logged_in(&server, "t@ac-versailles.fr").await?;
    let path = format!("/api/seances/{}/export/json", plan.id);
    let first = reader.get(&path).await?;
    let tag = first.header("etag").context("no tag")?.to_owned();
    let same = reader.asking(&[("If-None-Match", &tag)]).get(&path).await?;
    assert_eq!((same.status, same.body.len(), same.header("etag")), (304, 0, Some(tag.as_str())));
    let other = reader.asking(&[("If-None-Match", "\"other\"")]).get(&path).await?;
    assert_eq!((other.status, other.json()["version"].as_u64()), (200, Some(2)));
    assert_eq!(other.header("etag"), Some(tag.as_str()), "neither version nor time are in the tag");
    let body = json!({"people": [{"email": "marie.durand@ac-versailles.fr", "role": "participant"}]});
    let enrolled = reader.post(&format!("/api/seances/{}/enrolments", plan.id), &body).await?;
    ensure!(enrolled.status == 200, "{}", enrolled.text());
    let changed = reader.asking(&[("If-None-Match", &tag)]).get(&path).await?;
    assert_eq!(changed.status, 200, "somebody is expected now");
    let log = reader.get(&format!("/api/exports?scope=seance&id={}", plan.id)).await?.json();
    assert_eq!(log.as_array().map(Vec::len), Some(3));
    Ok(())
}

/// What left is listed for those who may see it, and had again, byte by byte.
#[tokio::test]
async fn the_log_tells_who_took_what_and_gives_the_same_bytes_again() -> Result<()> {
    let server = Preau::start().await?;
    for (email, academy) in [("t@ac-versailles.fr", "versailles"), ("s@ac-nice.fr", "nice")] {
        server.knows(email, "Paul", academy, &["--role", "gestionnaire"]).await?;
    }
    let plan = server.plans("ac-versailles", |_| {}).await?;
    let mut trainer = Browser::logged_in(&server, "t@ac-versailles.fr").await?;
    let mut stranger = Browser::logged_in(&server, "s@ac-nice.fr").await?;
    let body = json!({"people": [{"email": "marie.durand@ac-versailles.fr", "lastName": "DURAND",
        "firstName": "Marie", "role": "participant"}]});
    trainer.post(&format!("/api/seances/{}/enrolments", plan.id), &body).await?;
    let mut left = Vec::new();
    for format in ["csv", "xlsx", "pdf", "json", "xapi", "bundle"] {
        let answer = trainer.get(&format!("/api/seances/{}/export/{format}", plan.id)).await?;
        ensure!(answer.status == 200, "{format}: {}", answer.text());
        left.push((format, answer.body));
    }
    let parcours = json!({"title": "Calcul mental", "academy": "ac-versailles"});
    let parcours = trainer.post("/api/parcours", &parcours).await?.json()["id"].clone();
    let session =
        json!({"parcours": parcours, "title": "Automne", "startsOn": "2026-11-01", "endsOn": "2026-12-31"});
    let session = trainer.post("/api/sessions-formation", &session).await?.json();
    let session =
        session["id"].as_str().or(session["session"]["id"].as_str()).context("no session")?.to_owned();
    for format in ["csv", "csv-machine", "xlsx", "pdf", "xapi"] {
        let answer = trainer.get(&format!("/api/sessions-formation/{session}/export/{format}")).await?;
        ensure!(answer.status == 200, "{format}: {}", answer.text());
        left.push((format, answer.body));
    }
    for (number, (format, bytes)) in (1..).zip(&left) {
        let again = trainer.get(&format!("/api/exports/{number}")).await?;
        assert!(again.status == 200 && again.body == *bytes, "{format}");
        assert_eq!(stranger.get(&format!("/api/exports/{number}")).await?.status, 404, "{format}");
    }
    let mine = trainer.get("/api/exports?scope=mine").await?.json();
    let mine = mine.as_array().context("no list")?;
    assert_eq!(mine.len(), left.len());
    for (line, (format, bytes)) in mine.iter().rev().zip(&left) {
        assert_eq!(
            (line["format"].as_str(), line["authorName"].as_str()),
            (Some(*format), Some("Paul versailles"))
        );
        assert_eq!(line["sha256"].as_str(), Some(hex::encode(Sha256::digest(bytes)).as_str()), "{format}");
    }
    let older = trainer.get("/api/exports?scope=mine&before=3").await?.json();
    assert_eq!(older.as_array().map(Vec::len), Some(2));
    assert_eq!(stranger.get("/api/exports?scope=mine").await?.text(), "[]");
    for (scope, id) in [("seance", plan.id.to_string()), ("session", session)] {
        let path = format!("/api/exports?scope={scope}&id={id}");
        assert!(!trainer.get(&path).await?.json().as_array().is_none_or(Vec::is_empty), "{scope}");
        assert_eq!(stranger.get(&path).await?.status, 404, "{scope}");
    }
    for query in ["", "?scope=all", "?scope=seance&id=one"] {
        let status = trainer.get(&format!("/api/exports{query}")).await?.status;
        assert!(status == 400 || status == 404, "{query}: {status}");
    }
    // Somebody wrote into the archive: what was logged is not given out as if it were that.
    let kept = server.data().join("exports").join(hex::encode(Sha256::digest(&left[0].1)));
    std::fs::write(&kept, "forged")?;
    assert_eq!(trainer.get("/api/exports/1").await?.status, 503);
    // Erased, which is no failure: the line stays, and the answer says so.
    std::fs::remove_file(kept)?;
    let gone = trainer.get("/api/exports/1").await?;
    assert_eq!((gone.status, gone.json()["code"].as_str()), (410, Some("file_erased")));
    Ok(())
}

/// A file to be passed on: no form holds an address, nor a column for one.
#[tokio::test]
async fn without_addresses_no_form_holds_one() -> Result<()> {
    let server = Preau::start().await?;
    server.knows("t@ac-versailles.fr", "Paul", "MARTIN", &["--role", "gestionnaire"]).await?;
    let plan = server.plans("ac-versailles", |_| {}).await?;
    let mut trainer = Browser::logged_in(&server, "t@ac-versailles.fr").await?;
    let body = json!({"people": [{"email": "marie.durand@ac-versailles.fr", "role": "participant"}]});
    trainer.post(&format!("/api/seances/{}/enrolments", plan.id), &body).await?;
    for (format, wanted) in [
        ("csv", true),
        ("csv-machine", true),
        ("entete", false),
        ("json", false),
        ("xapi", false),
        ("ics", false),
        ("bundle", false),
    ] {
        let path = format!("/api/seances/{}/export/{format}", plan.id);
        let with = trainer.get(&path).await?.text();
        assert_eq!(with.contains("marie.durand@"), wanted, "{format}");
        let without = trainer.get(&format!("{path}?addresses=false")).await?;
        assert_eq!(without.status, 200, "{format}");
        assert!(!without.text().contains("marie.durand") && !without.text().contains("courriel"), "{format}");
    }
    Ok(())
}
