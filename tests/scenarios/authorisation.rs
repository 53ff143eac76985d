//! Every address of the server, asked by everybody: the answers are those of the table, and an address that this list
//! does not know fails.

mod table;
mod world;

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use harness::{postgres::Postgres, server::Place};
use serde_json::{Value, json};
use signaling::authorisation::{Standing, allowed};

use self::{
    table::{ELSEWHERE, OPEN, OWN, table},
    world::World,
};

/// The page of routes itself.
const ROUTES: &str = include_str!("../../server/src/http.rs");

/// `GET /api/people/{id}` of every `.route(` of the page of routes.
fn declared() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for piece in ROUTES.split(".route(").skip(1) {
        let Some((path, handlers)) = piece.split_once('"').and_then(|(_, rest)| rest.split_once('"')) else {
            continue;
        };
        let handlers = handlers.split(".merge(").next().unwrap_or_default();
        let methods: Vec<&str> = ["get", "post", "patch", "put", "delete"]
            .into_iter()
            .filter(|method| {
                let called = format!("{method}(");
                handlers.match_indices(&called).any(|(at, _)| {
                    !handlers[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':')
                })
            })
            .collect();
        // Handlers with a layer of their own have a name, and change something.
        let methods = if methods.is_empty() { vec!["post"] } else { methods };
        found.extend(methods.into_iter().map(|method| format!("{} {path}", method.to_uppercase())));
    }
    found
}

/// Placeholders under one name, and no query.
fn plain(address: &str) -> String {
    let address = address.split('?').next().unwrap_or_default();
    let mut plain = String::new();
    let mut inside = false;
    for c in address.chars() {
        match c {
            '{' => inside = true,
            '}' => (inside, plain) = (false, plain + "{}"),
            c if !inside => plain.push(c),
            _ => {}
        }
    }
    plain
}

#[tokio::test]
async fn everybody_may_what_the_table_says_and_nothing_else() -> Result<()> {
    everybody_asks_for_everything(World::begins(Place::default()).await?).await
}

#[tokio::test]
async fn the_same_holds_on_postgresql() -> Result<()> {
    let postgres = Postgres::start().await?;
    everybody_asks_for_everything(World::begins(postgres.place("everybody").await?).await?).await
}

/// First what is refused, which changes nothing; then what is allowed.
async fn everybody_asks_for_everything(mut world: World) -> Result<()> {
    let rows = table(&world);
    let (mut asked, mut wrong) = (0, Vec::new());
    for allowing in [false, true] {
        for (address, act, on, body) in &rows {
            for standing in Standing::ALL {
                let may = allowed(standing, *act);
                // The subject stands as such towards the own data only, and is enrolled in everything else.
                let elsewhere = match standing {
                    Standing::Oneself => !on.is_personal(),
                    Standing::Participant => on.is_personal(),
                    _ => false,
                };
                let possible = may && on.concerns(standing);
                if elsewhere || possible != allowing {
                    continue;
                }
                asked += 1;
                let answer = world.asks(standing, address, body).await?;
                let (status, code) = (answer.status, answer.code());
                // Allowed, and still there may be nothing to find or to do.
                let absent =
                    ["gaia-links", "{nobody}", "recordings"].iter().any(|part| address.contains(part));
                let right = match (possible, standing) {
                    _ if status >= 500 => false,
                    (true, _) => {
                        !matches!(
                            code.as_str(),
                            "login_needed" | "not_allowed" | "csrf_missing" | "malformed"
                        ) && (code != "unknown" || absent)
                    }
                    (false, Standing::Nobody) => (status, code.as_str()) == (401, "login_needed"),
                    (false, _) if on.concerns(standing) => (status, code.as_str()) == (403, "not_allowed"),
                    (false, _) => (status, code.as_str()) == (404, "unknown"),
                };
                if !right {
                    wrong.push(format!("{standing:?} {address} ({act:?}): {status} {}", answer.text()));
                }
            }
        }
    }
    assert!(asked > rows.len() * 8, "only {asked} questions were asked");
    assert!(wrong.is_empty(), "{} of {asked} answers:\n{}", wrong.len(), wrong.join("\n"));
    Ok(())
}

#[tokio::test]
async fn what_is_ones_own_needs_a_login() -> Result<()> {
    let mut world = World::begins(Place::default()).await?;
    for (address, body) in OWN {
        let body: Value = serde_json::from_str(body).unwrap_or_default();
        let answer = world.asks(Standing::Nobody, address, &body).await?;
        assert_eq!((answer.status, answer.code().as_str()), (401, "login_needed"), "{address}");
        let answer = world.asks(Standing::Stranger, address, &body).await?;
        assert!(
            !matches!(answer.code().as_str(), "login_needed" | "malformed"),
            "{address} {}",
            answer.text()
        );
    }
    for (standing, expected) in [
        (Standing::Nobody, 401),
        (Standing::Trainer, 403),
        (Standing::Inspector, 403),
        (Standing::Gestionnaire, 200),
    ] {
        assert_eq!(
            world.asks(standing, "GET /api/people", &Value::Null).await?.status,
            expected,
            "{standing:?}"
        );
    }
    // The manager of another academy finds nobody of this one, and may not make anybody here.
    let found =
        world.asks(Standing::Stranger, "GET /api/people?search=p@ac-versailles.fr", &Value::Null).await?;
    assert_eq!(found.text(), "[]");
    let new = json!({"email": "x@ac-versailles.fr", "lastName": "X", "firstName": ""});
    assert_eq!(world.asks(Standing::Stranger, "POST /api/people", &new).await?.json()["field"], "academy");
    gestionnaires_appoint_trainers_and_no_officers(&mut world).await?;
    // Somebody must be left to give the last role back.
    let me = world.asks(Standing::Administrator, "GET /api/me", &Value::Null).await?.json();
    let roles = format!("POST /api/people/{}/roles", me["person"]["id"].as_str().unwrap());
    let revoke = json!({"role": "administrateur", "granted": false});
    assert_eq!(world.asks(Standing::Administrator, &roles, &revoke).await?.status, 409);
    Ok(())
}

/// A gestionnaire appoints who trains in the own academy, and nobody else. Whoever can invite can become that person:
/// whose role reaches further is left to administrators.
async fn gestionnaires_appoint_trainers_and_no_officers(world: &mut World) -> Result<()> {
    let mut found = Vec::new();
    for name in ["g", "c"] {
        let listed = format!("GET /api/people?search={name}@ac-versailles.fr");
        let listed = world.asks(Standing::Gestionnaire, &listed, &Value::Null).await?;
        found.push(listed.json()[0]["person"]["id"].as_str().context("nobody is found")?.to_owned());
    }
    let (officer, concepteur) = (&found[0], &found[1]);
    let invite = format!("POST /api/people/{officer}/invitation");
    assert_eq!(world.asks(Standing::Gestionnaire, &invite, &Value::Null).await?.code(), "not_allowed");
    assert_eq!(world.asks(Standing::Administrator, &invite, &Value::Null).await?.status, 200);

    let roles = format!("POST /api/people/{concepteur}/roles");
    for (role, scope, status, said) in [
        ("formateur", "ac-versailles", 200, ""),
        ("formateur", "ac-lyon", 400, "invalid"),
        ("formateur", "", 400, "invalid"),
        ("gestionnaire", "ac-versailles", 403, "not_allowed"),
        ("administrateur", "", 403, "not_allowed"),
    ] {
        let body = json!({"role": role, "scope": scope, "granted": true});
        let answer = world.asks(Standing::Gestionnaire, &roles, &body).await?;
        assert_eq!((answer.status, answer.code().as_str()), (status, said), "{role} {scope}");
    }
    let invite = format!("POST /api/people/{concepteur}/invitation");
    assert_eq!(world.asks(Standing::Gestionnaire, &invite, &Value::Null).await?.status, 200);
    // One role that reaches further, and the person is out of reach.
    let elsewhere = json!({"role": "formateur", "scope": "ac-lyon", "granted": true});
    assert_eq!(world.asks(Standing::Administrator, &roles, &elsewhere).await?.status, 200);
    assert_eq!(world.asks(Standing::Gestionnaire, &invite, &Value::Null).await?.code(), "not_allowed");
    Ok(())
}

#[tokio::test]
async fn no_address_is_forgotten() -> Result<()> {
    let world = World::begins(Place::default()).await?;
    let rows = table(&world);
    let known: BTreeSet<String> = rows
        .iter()
        .map(|(address, ..)| *address)
        .chain(OPEN.iter().copied())
        .chain(OWN.iter().map(|(address, _)| *address))
        .chain(ELSEWHERE.iter().copied())
        .map(plain)
        .collect();
    let declared: BTreeSet<String> = declared().iter().map(|address| plain(address)).collect();
    let forgotten: Vec<&String> = declared.difference(&known).collect();
    assert!(forgotten.is_empty(), "add to the table of this file: {forgotten:?}");
    let gone: Vec<&String> = known.difference(&declared).collect();
    assert!(gone.is_empty(), "no longer an address: {gone:?}");
    Ok(())
}
