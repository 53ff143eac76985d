//! Accounts from the outside: the first administrator, invitations, passwords, tries, logging out everywhere.

use anyhow::Result;
use harness::{
    browser::{Browser, PASSWORD},
    server::{Place, Preau},
};
use serde_json::json;

const PAUL: &str = "paul.martin@ac-versailles.fr";

#[tokio::test]
async fn the_first_administrator_comes_by_a_link_that_is_good_for_once() -> Result<()> {
    let server = Preau::start().await?;
    let add =
        ["user", "add", "Paul.MARTIN@ac-versailles.fr", "--last-name", "MARTIN", "--first-name", "Paul"];
    let (code, said, wrong) = server.command(&[&add[..], &["--role", "administrateur"]].concat()).await?;
    assert_eq!(code, Some(0), "{wrong}");
    let token = said.lines().find_map(|line| line.split_once("/invitation#")).unwrap().1.to_owned();
    let mut browser = Browser::of(&server);
    for (password, problem) in
        [("court", "too_short"), ("motdepasse2026", "too_common"), ("Paul-Martin-78", "too_personal")]
    {
        let answer = browser.post("/api/invitation", &json!({"token": token, "password": password})).await?;
        assert_eq!((answer.status, answer.code().as_str()), (400, "invalid"), "{password}");
        assert_eq!(answer.json()["problem"], problem);
    }
    let taken = json!({"token": token, "password": PASSWORD});
    let answer = browser.post("/api/invitation", &taken).await?;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json()["person"]["academy"], "ac-versailles");
    assert_eq!(answer.json()["roles"], json!([{"role": "administrateur", "scope": "", "academy": ""}]));
    let cookie = answer.header("set-cookie").unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    for token in [token.as_str(), "", "nonsense"] {
        let again = json!({"token": token, "password": PASSWORD});
        let answer = Browser::of(&server).post("/api/invitation", &again).await?;
        assert_eq!(answer.code(), "invitation_invalid");
    }
    assert_eq!(browser.get("/api/me").await?.json()["person"]["lastName"], "MARTIN");
    let (code, _, wrong) = server.command(&add).await?;
    assert_eq!(code, Some(1));
    assert!(wrong.contains("known already"), "{wrong}");
    Ok(())
}

#[tokio::test]
async fn what_changes_something_comes_from_a_page_of_ours() -> Result<()> {
    let server = Preau::start().await?;
    server.knows(PAUL, "Paul", "MARTIN", &[]).await?;
    let mut browser = Browser::logged_in(&server, PAUL).await?;
    let right = browser.csrf.clone();
    let change = json!({"old": PASSWORD, "new": "cinq autres chevaux"});
    let mut other = Browser::logged_in(&server, PAUL).await?;
    for wrong in [None, Some(String::new()), other.csrf.clone()] {
        browser.csrf = wrong;
        assert_eq!(browser.post("/api/password", &change).await?.code(), "csrf_missing");
    }
    browser.csrf = right;
    assert_eq!(browser.post("/api/password", &change).await?.status, 200);
    // Every other browser is out, this one is in anew.
    assert!(other.get("/api/me").await?.json()["person"].is_null());
    assert_eq!(browser.get("/api/me").await?.json()["person"]["email"], PAUL);
    let wrong = browser.post("/api/password", &json!({"old": "wrong", "new": PASSWORD})).await?;
    assert_eq!((wrong.status, wrong.json()["field"].as_str()), (400, Some("old")));

    let kept = browser.clone();
    assert!(browser.post("/api/logout", &json!({})).await?.json()["person"].is_null());
    // What was copied from the cookie's jar is of no use either.
    let mut copied = kept;
    assert!(copied.get("/api/me").await?.json()["person"].is_null());
    Ok(())
}

#[tokio::test]
async fn wrong_tries_wait_and_shut_nobody_else_out() -> Result<()> {
    let config = Some("[http]\nproxies = [\"127.0.0.1\"]\n".to_owned());
    let server = Preau::start_at(Place { config, ..Place::default() }).await?;
    server.knows(PAUL, "Paul", "MARTIN", &[]).await?;
    let from = |address: &str| Browser::of(&server).seen_from(address);
    let wrong = json!({"email": PAUL, "password": "onze ou douze"});
    let right = json!({"email": PAUL, "password": PASSWORD});
    let mut own = from("192.0.2.1");
    assert_eq!(own.post("/api/login", &right).await?.status, 200);
    own.post("/api/logout", &json!({})).await?;

    let mut stranger = from("203.0.113.9");
    let unknown = json!({"email": "nobody@ac-versailles.fr", "password": "onze ou douze"});
    let mut answers = Vec::new();
    for email in [&wrong, &unknown] {
        let answer = stranger.post("/api/login", email).await?;
        answers.push((answer.status, answer.text()));
    }
    assert_eq!(answers.first(), answers.last(), "known and unknown addresses are answered alike");
    let mut refused = None;
    for _ in 0..8 {
        let answer = stranger.post("/api/login", &wrong).await?;
        if answer.status == 429 {
            refused = Some(answer);
            break;
        }
        assert_eq!((answer.status, answer.code().as_str()), (401, "login_failed"));
    }
    let refused = refused.expect("wrong tries are slowed down");
    assert!(refused.header("retry-after").unwrap().parse::<u64>()? >= 1);
    // From there even the right password waits; from anywhere else it does not.
    assert_eq!(stranger.post("/api/login", &right).await?.status, 429);
    assert_eq!(from("192.0.2.77").post("/api/login", &right).await?.status, 200);
    // The owner's own browser, behind the same address as the stranger.
    own.from = stranger.from.clone();
    assert_eq!(own.post("/api/login", &right).await?.status, 200);
    Ok(())
}

#[tokio::test]
async fn people_are_managed_beside_the_running_server() -> Result<()> {
    let server = Preau::start().await?;
    server.knows(PAUL, "Paul", "MARTIN", &["--role", "gestionnaire"]).await?;
    let mut browser = Browser::logged_in(&server, PAUL).await?;
    assert_eq!(browser.get("/api/people").await?.status, 200);
    let (code, said, _) = server.command(&["user", "list"]).await?;
    assert!(code == Some(0) && said.contains(PAUL) && said.contains("gestionnaire ac-versailles"), "{said}");
    let revoke = ["user", "role", PAUL, "gestionnaire", "--revoke"];
    assert_eq!(server.command(&revoke).await?.0, Some(0));
    assert_eq!(browser.get("/api/people").await?.code(), "not_allowed");
    let (code, said, _) = server.command(&["user", "passwd", PAUL]).await?;
    assert!(code == Some(0) && said.contains("/invitation#"), "{said}");
    for (words, expected) in [
        (vec!["user", "role", PAUL, "chef"], "no such role"),
        (vec!["user", "role", PAUL, "inspecteur"], "--scope"),
        (vec!["user", "role", PAUL, "gestionnaire", "--scope", "ac-atlantis"], "ac-atlantis"),
        (vec!["user", "passwd", "nobody@ac-paris.fr"], "nobody"),
        (vec!["user", "passwd", "nobody"], "no e-mail address"),
    ] {
        let (code, _, wrong) = server.command(&words).await?;
        assert!(code != Some(0) && wrong.contains(expected), "{words:?}: {wrong}");
    }
    Ok(())
}

#[tokio::test]
async fn bodies_that_are_none_are_refused_in_words() -> Result<()> {
    let server = Preau::start().await?;
    let mut browser = Browser::of(&server);
    for body in ["", "{", "[]", r#"{"email":"a@b.fr"}"#, r#"{"email":"a@b.fr","password":"x","more":1}"#] {
        let answer = browser.send("POST", "/api/login", "application/json", body.as_bytes()).await?;
        assert_eq!((answer.status, answer.code().as_str()), (400, "malformed"), "{body}");
    }
    // A form of another site sends no JSON.
    let form = br#"{"email":"a@b.fr","password":"x"}"#;
    assert_eq!(browser.send("POST", "/api/login", "text/plain", form).await?.code(), "malformed");
    let large = format!(r#"{{"email":"{}","password":"x"}}"#, "a".repeat(70_000));
    let answer = browser.send("POST", "/api/login", "application/json", large.as_bytes()).await?;
    assert_eq!((answer.status, answer.code().as_str()), (413, "too_large"));
    Ok(())
}
