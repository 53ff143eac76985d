//! Badges: taken by the person an attestation is about, checked by anybody with nothing but what the server publishes.

use std::io::Read;

use anyhow::{Context, Result, ensure};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use harness::{browser::Browser, server::Preau};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header, jwk::Jwk};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const MARIE: &str = "marie.durand@ac-versailles.fr";

/// A session that Claire manages, in which Marie's participation was attested.
pub(crate) struct Attested {
    pub(crate) server: Preau,
    pub(crate) claire: Browser,
    pub(crate) marie: Browser,
    pub(crate) session: String,
    pub(crate) attestation: String,
}

impl Attested {
    pub(crate) async fn begins() -> Result<Self> {
        let server = Preau::start().await?;
        let manager = ["--role", "gestionnaire", "--scope", "ac-versailles"];
        server.knows("claire.petit@ac-versailles.fr", "Claire", "PETIT", &manager).await?;
        let person = server.knows(MARIE, "Marie", "DURAND", &[]).await?;
        let mut claire = Browser::logged_in(&server, "claire.petit@ac-versailles.fr").await?;
        let design = json!({"title": "Calcul mental", "academy": "ac-versailles", "distanceMin": 180,
            "presenceMin": 180, "identifiant": "26_A025_CALCULMENTAL_1.0"});
        let parcours = claire.made("/api/parcours", &design).await?;
        let dates = json!({"parcours": parcours, "title": "Automne", "startsOn": "2026-10-07", "endsOn": "2026-12-18"});
        let session = claire.made("/api/sessions-formation", &dates).await?;
        let path = format!("/api/sessions-formation/{session}");
        let listed = json!({"people": [{"email": MARIE}, {"email": "paul.martin@ac-versailles.fr",
            "lastName": "MARTIN", "firstName": "Paul", "role": "trainer"}]});
        let enrolled = claire.post(&format!("{path}/enrolments"), &listed).await?;
        ensure!(enrolled.status == 200, "{}", enrolled.text());
        let act = json!({"kind": "people", "people": [person], "reason": "Émargement papier vérifié.",
            "attested": {"distance": true, "presence": true}});
        let attested = claire.post(&format!("{path}/attestations"), &act).await?;
        let id = attested.json()["attestations"][0]["id"].as_str().map(str::to_owned);
        let attestation = id.with_context(|| attested.text())?;
        let marie = Browser::logged_in(&server, MARIE).await?;
        Ok(Self { server, claire, marie, session, attestation })
    }

    fn badge(&self) -> String {
        format!("/api/attestations/{}/badge", self.attestation)
    }
}

/// What a token says, checked as anybody would: by the key that its header names.
async fn checked(server: &Preau, anybody: &mut Browser, token: &str) -> Result<Value> {
    let header = decode_header(token)?;
    assert_eq!(header.alg, Algorithm::EdDSA);
    let kid = header.kid.context("no key is named")?;
    let path =
        kid.strip_prefix(server.links.listening.trim_end_matches('/')).context("the key is elsewhere")?;
    let published = anybody.get(path).await?;
    assert_eq!(published.header("access-control-allow-origin"), Some("*"), "for who checks in a page");
    let key: Jwk = serde_json::from_slice(&published.body)?;
    let mut rules = Validation::new(Algorithm::EdDSA);
    rules.required_spec_claims.clear();
    rules.validate_exp = false;
    rules.validate_nbf = true;
    Ok(decode::<Value>(token, &DecodingKey::from_jwk(&key)?, &rules)?.claims)
}

/// Whether the list says that the badge was revoked.
async fn is_revoked(server: &Preau, anybody: &mut Browser, badge: &Value) -> Result<bool> {
    let status = &badge["credentialStatus"];
    let list = status["statusListCredential"].as_str().context("no list")?;
    let path =
        list.strip_prefix(server.links.listening.trim_end_matches('/')).context("the list is elsewhere")?;
    let token = anybody.get(path).await?.text();
    let list = checked(server, anybody, &token).await?;
    let encoded = list["credentialSubject"]["encodedList"].as_str().context("no list")?;
    let packed = URL_SAFE_NO_PAD.decode(encoded.strip_prefix('u').context("another base")?)?;
    let mut bits = Vec::new();
    flate2::read::GzDecoder::new(packed.as_slice()).read_to_end(&mut bits)?;
    let place: usize = status["statusListIndex"].as_str().context("no place")?.parse()?;
    Ok(bits.get(place / 8).context("not on the list")? & (0x80 >> (place % 8)) != 0)
}

#[tokio::test]
async fn anybody_can_check_a_badge_and_nobody_learns_the_address() -> Result<()> {
    let mut world = Attested::begins().await?;
    let mut anybody = Browser::of(&world.server);
    let taken = world.marie.get(&world.badge()).await?;
    ensure!(taken.status == 200, "{}", taken.text());
    let token = taken.text();
    assert_eq!(taken.header("content-type"), Some("application/jwt"));
    let badge = checked(&world.server, &mut anybody, &token).await?;

    let subject = &badge["credentialSubject"];
    assert_eq!(subject["achievement"]["name"], "Participation – Calcul mental");
    assert_eq!(subject["achievement"]["description"], "Parcours hybride de 6 heures");
    let identity = &subject["identifier"][0];
    let salt = identity["salt"].as_str().context("no salt")?;
    let digest = format!("sha256${}", hex::encode(Sha256::digest(format!("{MARIE}{salt}"))));
    assert_eq!(identity["identityHash"], digest.as_str(), "who was given the address can check it");
    let text = badge.to_string();
    assert!(!text.contains("marie") && !text.contains("DURAND"), "{text}");
    let issuer = badge["iss"].as_str().context("no issuer")?;
    let path =
        issuer.strip_prefix(world.server.links.listening.trim_end_matches('/')).context("elsewhere")?;
    assert_eq!(anybody.get(path).await?.json()["id"], issuer);
    assert_eq!(anybody.get("/badges/keys").await?.json()["keys"].as_array().map(Vec::len), Some(1));
    assert_eq!(anybody.get("/badges/keys/other").await?.status, 404);

    // One letter changed, and nobody believes it.
    let (head, rest) = token.split_once('.').context("no token")?;
    let (claims, signature) = rest.split_once('.').context("no token")?;
    let changed = String::from_utf8(URL_SAFE_NO_PAD.decode(claims)?)?.replace("6 heures", "9 heures");
    let forged = format!("{head}.{}.{signature}", URL_SAFE_NO_PAD.encode(changed));
    assert!(checked(&world.server, &mut anybody, &forged).await.is_err());

    assert_eq!(world.marie.get(&world.badge()).await?.text(), token, "the same badge every time");
    let picture = world.marie.get(&format!("{}?form=svg", world.badge())).await?;
    assert_eq!(picture.header("content-type"), Some("image/svg+xml"));
    assert!(picture.text().contains(&format!("<openbadges:credential verify=\"{token}\"/>")));
    assert_eq!(world.marie.get(&format!("{}?form=png", world.badge())).await?.code(), "malformed");
    Ok(())
}

#[tokio::test]
async fn a_revoked_badge_is_on_the_list_and_is_not_given_again() -> Result<()> {
    let mut world = Attested::begins().await?;
    let mut anybody = Browser::of(&world.server);
    for (browser, status) in [(&mut world.claire.clone(), 403), (&mut anybody, 401)] {
        assert_eq!(browser.get(&world.badge()).await?.status, status, "by the person's own wish only");
    }
    let token = world.marie.get(&world.badge()).await?.text();
    let badge = checked(&world.server, &mut anybody, &token).await?;
    assert!(!is_revoked(&world.server, &mut anybody, &badge).await?);
    let path = format!("/api/attestations/{}", world.attestation);
    let revoked = world.claire.ask("DELETE", &path, Some(&json!({"reason": "Erreur de personne."}))).await?;
    ensure!(revoked.status == 200, "{}", revoked.text());
    assert!(is_revoked(&world.server, &mut anybody, &badge).await?, "from now on");
    assert_eq!(world.marie.get(&world.badge()).await?.status, 404);
    Ok(())
}
