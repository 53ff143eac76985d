//! A season of a clerk's work in one story: files of GAIA come, a séance follows them, is held, corrected, signed,
//! attested, exported, proven, followed by an inspector and kept by the retention clock, and the server is killed on the
//! way. Once on SQLite, once on PostgreSQL.

use std::{collections::BTreeMap, path::PathBuf};

use anyhow::{Context, Result, ensure};
use harness::{
    PATIENCE,
    browser::{Browser, text, typed},
    person::Person,
    postgres::Postgres,
    server::{Place, Preau, binary},
    until,
};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde_json::{Value, json};
use server::clock::wall;
use signaling::protocol::Request;
use tokio::process::Command;

use crate::gaia::previews;

const ANNE: &str = "anne.roy@ac-versailles.fr";
const PAUL: &str = "paul.martin@ac-versailles.fr";
const MARIE: &str = "marie.durand@ac-versailles.fr";
const JEAN: &str = "jean.petit@ac-versailles.fr";
const INES: &str = "ines.nguyen@ac-versailles.fr";
const TRAPPES: &str = "0781234R";

const TRAINERS: &str = "ACAVER|45805|MARTIN|Paul|paul.martin@ac-versailles.fr|\n";
const MARIE_FOLLOWS: &str = "ACAVER|78576|DURAND|Marie|marie.durand@ac-versailles.fr\n";
const JEAN_FOLLOWS: &str = "ACAVER|78576|PETIT|Jean|jean.petit@ac-versailles.fr\n";
const LUC_FOLLOWS: &str = "ACAVER|78576|D'ANGELO|Luc|luc.dangelo@ac-versailles.fr\n";

/// Anne manages the academy, Paul trains, Marie and Jean follow, Inès inspects.
struct Clerk {
    server: Preau,
    anne: Browser,
    paul: Browser,
    marie: Browser,
    jean: Browser,
    ines: Browser,
    /// Identifiers by address.
    ids: BTreeMap<&'static str, String>,
    session: String,
    files: tempfile::TempDir,
}

/// The line of GAIA about the session that everything here follows.
fn formation() -> Result<String> {
    let day = wall().to_zoned(TimeZone::get("Europe/Paris")?).strftime("%d/%m/%Y");
    Ok(format!(
        "ACAVER|26A0250123|Numérique et apprentissages|45805|Animer une classe virtuelle|78576|01|{day}|14:00|{day}|15:30|D|A DISTANCE|\n"
    ))
}

impl Clerk {
    async fn begins(place: Place) -> Result<Self> {
        let server = Preau::start_at(place).await?;
        let manager = ["--role", "gestionnaire", "--scope", "ac-versailles"];
        let inspector = ["--role", "inspecteur", "--scope", TRAPPES];
        let mut ids = BTreeMap::new();
        for (email, first, last, role) in [
            (ANNE, "Anne", "ROY", &manager[..]),
            (PAUL, "Paul", "MARTIN", &[]),
            (MARIE, "Marie", "DURAND", &[]),
            (JEAN, "Jean", "PETIT", &[]),
            (INES, "Inès", "NGUYEN", &inspector),
        ] {
            ids.insert(email, server.knows(email, first, last, role).await?);
        }
        let mut anne = Browser::logged_in(&server, ANNE).await?;
        for email in [MARIE, JEAN] {
            let school = json!({"circonscription": TRAPPES, "degree": "PU1D"});
            let path = format!("/api/people/{}", ids.get(email).context("unknown")?);
            anne.done("PATCH", &path, &school).await?;
        }
        let parcours = json!({"title": "Calcul mental", "academy": "ac-versailles", "distanceMin": 180});
        let parcours = anne.made("/api/parcours", &parcours).await?;
        let today = wall().to_zoned(TimeZone::get("Europe/Paris")?).date();
        let session = json!({"parcours": parcours, "title": "Automne", "startsOn": today, "endsOn": today});
        let session = anne.made("/api/sessions-formation", &session).await?;
        let people =
            json!({"people": [{"email": PAUL, "role": "trainer"}, {"email": MARIE}, {"email": JEAN}]});
        anne.done("POST", &format!("/api/sessions-formation/{session}/enrolments"), &people).await?;
        Ok(Self {
            paul: Browser::logged_in(&server, PAUL).await?,
            marie: Browser::logged_in(&server, MARIE).await?,
            jean: Browser::logged_in(&server, JEAN).await?,
            ines: Browser::logged_in(&server, INES).await?,
            files: tempfile::tempdir()?,
            anne,
            server,
            ids,
            session,
        })
    }

    fn id(&self, email: &str) -> &str {
        self.ids.get(email).map_or("", String::as_str)
    }

    /// In a séance of an hour that begins then, planned in three fields and linked to the session of GAIA.
    async fn plans(&mut self, title: &str, starts: Timestamp, more: Value) -> Result<String> {
        let mut new = json!({"title": title, "startsAt": typed(starts)?, "durationMin": 60, "academy": "ac-versailles"});
        for (field, value) in more.as_object().into_iter().flatten() {
            new[field] = value.clone();
        }
        self.anne.made("/api/seances", &new).await
    }

    async fn links(&mut self, seance: &str) -> Result<Value> {
        let key = json!({"base": "ACAVER", "dispositif": "26A0250123", "module": 45805, "session": 78576});
        self.anne.done("POST", &format!("/api/seances/{seance}/gaia-links"), &key).await
    }

    /// Who is expected, addresses in order.
    async fn expected(&mut self, seance: &str) -> Result<Vec<String>> {
        let list = self.anne.seen(&format!("/api/seances/{seance}/enrolments")).await?;
        let mut all: Vec<String> = list
            .as_array()
            .context("no list")?
            .iter()
            .filter_map(|one| one["person"]["email"].as_str())
            .filter_map(|email| email.split('@').next().map(str::to_owned))
            .collect();
        all.sort_unstable();
        Ok(all)
    }

    /// Files by the page, a séance of today and one of tomorrow that follow them, the next night by command.
    async fn imports(&mut self) -> Result<(String, String)> {
        let lists = format!("{MARIE_FOLLOWS}{JEAN_FOLLOWS}");
        let formation = formation()?;
        let texts = [formation.as_str(), TRAINERS, lists.as_str()];
        let previewed = previews(&mut self.anne, "ac-versailles", "20261118", texts).await?;
        ensure!(previewed.status == 200, "{}", previewed.text());
        let yes = json!({"token": previewed.json()["token"], "acceptRemovals": false});
        let imported = self.anne.done("POST", "/api/gaia/import", &yes).await?;
        assert_eq!(imported["trainees"]["added"], 2, "{imported}");

        let in_session = json!({"sessionFormation": self.session});
        let today = self.plans("Classe du jour", wall(), in_session).await?;
        let tomorrow = wall() + SignedDuration::from_hours(24);
        let tomorrow = self.plans("Classe de demain", tomorrow, json!({})).await?;
        for seance in [&today, &tomorrow] {
            self.links(seance).await?;
        }
        assert_eq!(self.expected(&tomorrow).await?, ["jean.petit", "marie.durand", "paul.martin"]);
        let night = format!("{MARIE_FOLLOWS}{LUC_FOLLOWS}");
        for (word, text) in
            [("Formations", &formation), ("Intervenants", &TRAINERS.to_owned()), ("Stagiaires", &night)]
        {
            std::fs::write(self.files.path().join(format!("ACAVER_{word}_20261119.csv")), text)?;
        }
        let folder = self.files.path().display().to_string();
        let words = ["gaia", "import", &folder, "--academy", "ac-versailles"];
        let (code, out, err) = self.server.command(&words).await?;
        assert_eq!(code, Some(0), "{out}{err}");
        assert_eq!(self.expected(&tomorrow).await?, ["luc.dangelo", "marie.durand", "paul.martin"]);
        assert_eq!(
            self.expected(&today).await?,
            ["jean.petit", "marie.durand", "paul.martin"],
            "it has begun"
        );
        Ok((today, tomorrow))
    }

    async fn enters(&mut self, email: &str, seance: &str) -> Result<Person> {
        let by = match email {
            PAUL => &mut self.paul,
            MARIE => &mut self.marie,
            _ => &mut self.jean,
        };
        let made = by.done("POST", &format!("/api/seances/{seance}/enter"), &json!({})).await?;
        Person::enters(&self.server, &text(&made["link"])?, "").await
    }

    /// People come and go, the power fails, they come back, and the trainer ends it.
    async fn holds(&mut self, seance: &str) -> Result<Value> {
        let mut paul = self.enters(PAUL, seance).await?;
        let mut marie = self.enters(MARIE, seance).await?;
        let jean = self.enters(JEAN, seance).await?;
        marie.says("bonjour").await?;
        paul.reads("bonjour").await?;
        drop(jean);
        self.server.kill().await?;
        self.server.restart().await?;
        let again = self.enters(MARIE, seance).await?;
        assert!(again.welcome.chat.messages.iter().any(|message| message.text == "bonjour"));
        let mut paul = self.enters(PAUL, seance).await?;
        paul.asks(Request::EndSeance {}).await?;
        let path = format!("/api/seances/{seance}/presence");
        until("the closed sheet", PATIENCE, async || {
            let sheet = self.paul.clone().seen(&path).await?;
            Ok((sheet["closed"] == true).then_some(sheet))
        })
        .await
    }

    /// Marie by the trainer's word, Jean because he asks and is heard.
    async fn corrects(&mut self, seance: &str, sheet: &Value) -> Result<()> {
        let path = format!("/api/seances/{seance}/corrections");
        let correction = |person: &str, seen: &Value| {
            json!({"people": [person], "kind": "status", "new": "present", "reason": "PANNE_RESEAU",
                "text": "coupure ADSL", "seen": seen})
        };
        let marie = correction(self.id(MARIE), &sheet["version"]);
        let corrected = self.paul.done("POST", &path, &marie).await?;
        let request = json!({"text": "J’étais là toute l’heure."});
        let asked = self.jean.done("POST", &format!("/api/seances/{seance}/requests"), &request).await?;
        let answer = format!("/api/requests/{}/answer", text(&asked["id"])?);
        self.paul.done("POST", &answer, &json!({"answer": "accepted"})).await?;
        let jean = correction(self.id(JEAN), &corrected["version"]);
        self.anne.done("POST", &path, &jean).await?;
        let own = self.marie.seen(&format!("/api/seances/{seance}/presence/me")).await?;
        assert_eq!(own["rows"][0]["history"][0]["reason"], "PANNE_RESEAU", "{own}");
        assert!(own["rows"][0]["presenceMs"].as_u64().is_some_and(|ms| ms > 0), "she was there: {own}");
        Ok(())
    }

    /// A half-day face to face: one by the code, one by the trainer's hand.
    async fn signs(&mut self) -> Result<String> {
        let starts = wall() - SignedDuration::from_mins(4);
        let kind = json!({"template": "presentiel", "durationMin": 360});
        let seance = self.plans("Journée sur place", starts, kind).await?;
        let people =
            json!({"people": [{"email": PAUL, "role": "trainer"}, {"email": MARIE}, {"email": JEAN}]});
        self.anne.done("POST", &format!("/api/seances/{seance}/enrolments"), &people).await?;
        let half_day = json!({"startsAt": typed(starts)?, "durationMin": 180});
        let path = format!("/api/seances/{seance}/half-days");
        let planned = self.paul.done("POST", &path, &half_day).await?;
        let half_day = text(&planned["halfDays"][0]["id"])?;
        let shown = self.paul.seen(&format!("/api/half-days/{half_day}/code")).await?;
        self.marie.done("POST", "/api/emargement", &json!({"token": shown["token"]})).await?;
        let tick = json!({"person": self.id(JEAN), "method": "tick"});
        self.paul.done("POST", &format!("/api/half-days/{half_day}/signatures"), &tick).await?;
        let sheet = self.paul.seen(&format!("/api/seances/{seance}/presence")).await?;
        let signed =
            sheet["rows"].as_array().context("no rows")?.iter().filter(|row| row["signedMin"] == 180);
        assert_eq!(signed.count(), 2, "{sheet}");
        Ok(seance)
    }

    /// All proposed at once; the receipt holds.
    async fn attests(&mut self) -> Result<String> {
        let path = format!("/api/sessions-formation/{}/attestations", self.session);
        let made = self.paul.done("POST", &path, &json!({"kind": "all_proposed"})).await?;
        assert_eq!(made["attestations"].as_array().map(Vec::len), Some(2), "{made}");
        let mine = self.marie.seen("/api/attestations/mine").await?;
        let id = text(&mine[0]["id"])?;
        let receipt = self.marie.get(&format!("/api/attestations/{id}/receipt")).await?;
        self.verified(&receipt.body, "receipt.json").await?;
        let paper = self.marie.get(&format!("/api/attestations/{id}/pdf")).await?;
        assert!(paper.status == 200 && paper.body.starts_with(b"%PDF-1.7"), "{}", paper.text());
        let badge = self.marie.get(&format!("/api/attestations/{id}/badge")).await?;
        assert_eq!(badge.status, 200, "{}", badge.text());
        let mut anybody = Browser::of(&self.server);
        let told = anybody.seen(&format!("/api/attestation/{}", text(&mine[0]["verifyCode"])?)).await?;
        assert_eq!(told["name"], "M. D.");
        Ok(id)
    }

    /// `preau verify`, which knows nothing of any database.
    async fn verified(&self, bytes: &[u8], name: &str) -> Result<String> {
        let path: PathBuf = self.files.path().join(name);
        std::fs::write(&path, bytes)?;
        let done = Command::new(binary()).arg("verify").arg(&path).output().await?;
        let said = String::from_utf8(done.stdout)?;
        ensure!(done.status.code() == Some(0), "{name}: {said}");
        Ok(said)
    }

    /// Every form of a séance and of a session, through the page and by command.
    async fn exports(&mut self, seance: &str) -> Result<()> {
        let all = ["csv", "csv-machine", "entete", "xlsx", "pdf", "json", "gaia", "ics", "xapi", "bundle"];
        for format in all {
            let answer = self.anne.get(&format!("/api/seances/{seance}/export/{format}")).await?;
            ensure!(answer.status == 200 && !answer.body.is_empty(), "{format}: {}", answer.text());
            if format == "bundle" {
                let said = self.verified(&answer.body, "proof.jsonl").await?;
                assert!(said.starts_with("intact: "), "{said}");
            }
            let out = self.files.path().join(format).display().to_string();
            let words = ["export", "--seance", seance, "--format", format, "--out", &out];
            let (code, said, err) = self.server.command(&words).await?;
            assert!(code == Some(0) && said.contains("(export "), "{format}: {said}{err}");
        }
        for format in ["csv", "csv-machine", "xlsx", "pdf", "xapi"] {
            let path = format!("/api/sessions-formation/{}/export/{format}", self.session);
            let answer = self.anne.get(&path).await?;
            ensure!(answer.status == 200 && !answer.body.is_empty(), "{format}: {}", answer.text());
        }
        let log = self.anne.seen("/api/exports?scope=mine").await?;
        assert_eq!(log.as_array().map(Vec::len), Some(15), "{log}");
        Ok(())
    }

    async fn is_followed(&mut self) -> Result<()> {
        let report = self.ines.seen("/api/supervision").await?;
        let totals: Vec<_> = report["rows"]
            .as_array()
            .context("no rows")?
            .iter()
            .map(|row| (row["lastName"].as_str(), row["total"].as_u64()))
            .collect();
        assert_eq!(totals, [(Some("DURAND"), Some(180)), (Some("PETIT"), Some(180))], "{report}");
        for format in ["csv", "xlsx"] {
            let file = self.ines.get(&format!("/api/supervision/export/{format}")).await?;
            ensure!(file.status == 200, "{format}: {}", file.text());
        }
        let figures = self.anne.seen("/api/statistics?academy=ac-versailles").await?;
        assert_eq!(figures["total"]["people"]["kind"], "hidden", "two are few: {figures}");
        Ok(())
    }

    /// Nothing is due; what is held is told by the command, what was done by the page.
    async fn retains(&mut self, seance: &str) -> Result<()> {
        let hold = ["retention", "hold", "--seance", seance, "--reason", "recours"];
        assert_eq!(self.server.command(&hold).await?.0, Some(0));
        let (code, said, err) = self.server.command(&["retention", "run"]).await?;
        assert!(code == Some(0) && said.contains("chat\t0\t0\t0"), "{said}{err}");
        let report = self.anne.seen("/api/retention").await?;
        assert!(report["runs"].as_array().is_some_and(|runs| !runs.is_empty()), "{report}");
        let data = self.marie.seen("/api/me/data").await?;
        assert_eq!(data["person"]["email"], MARIE);
        Ok(())
    }

    /// What everybody sees, before and after a stop.
    async fn everything(&mut self, seances: &[&str], attestation: &str) -> Result<Vec<(String, Value)>> {
        let mut all = Vec::new();
        for seance in seances {
            for way in ["", "/enrolments", "/gaia-links", "/exports"] {
                let path = format!("/api/seances/{seance}{way}");
                all.push((path.clone(), self.anne.seen(&path).await?));
            }
        }
        // The sheet of a séance that goes on would count on.
        let closed = format!("/api/seances/{}/presence", seances.first().context("none")?);
        let session = format!("/api/sessions-formation/{}", self.session);
        for path in
            [closed, session.clone(), format!("{session}/hours"), "/api/people?search=durand".to_owned()]
        {
            let mut said = self.anne.seen(&path).await?;
            said.as_object_mut().and_then(|sheet| sheet.remove("computedAt"));
            all.push((path, said));
        }
        for path in ["/api/hours/mine".to_owned(), "/api/attestations/mine".to_owned()] {
            all.push((path.clone(), self.marie.seen(&path).await?));
        }
        let receipt = self.marie.get(&format!("/api/attestations/{attestation}/receipt")).await?;
        all.push(("receipt".to_owned(), json!(receipt.text())));
        all.push(("supervision".to_owned(), self.ines.seen("/api/supervision").await?));
        Ok(all)
    }
}

async fn a_season_is_kept(place: Place) -> Result<()> {
    let mut clerk = Clerk::begins(place).await?;
    let (today, tomorrow) = clerk.imports().await?;
    let sheet = clerk.holds(&today).await?;
    clerk.corrects(&today, &sheet).await?;
    let on_site = clerk.signs().await?;
    let attestation = clerk.attests().await?;
    clerk.exports(&today).await?;
    clerk.is_followed().await?;
    clerk.retains(&today).await?;
    let seances = [today.as_str(), tomorrow.as_str(), on_site.as_str()];
    let before = clerk.everything(&seances, &attestation).await?;
    clerk.server.kill().await?;
    clerk.server.restart().await?;
    let after = clerk.everything(&seances, &attestation).await?;
    for ((path, then), (_, now)) in before.iter().zip(&after) {
        assert_eq!(then, now, "{path}");
    }
    let (code, said, err) = clerk.server.command(&["journal", "verify"]).await?;
    assert!(code == Some(0) && said.contains("unbroken"), "{said}{err}");
    Ok(())
}

#[tokio::test]
async fn a_season_of_work_is_kept_in_a_file() -> Result<()> {
    a_season_is_kept(Place::default()).await
}

#[tokio::test]
async fn a_season_of_work_is_kept_on_postgresql() -> Result<()> {
    let postgres = Postgres::start().await?;
    a_season_is_kept(postgres.place("season").await?).await
}
