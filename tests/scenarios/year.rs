//! A teacher's year in one chain: a list of GAIA becomes a séance's people, the séance is held, presence is decided and
//! attested, the directory of schools says who follows whom, and inspector and teacher read the same hours. Once on
//! SQLite, once on PostgreSQL.

use anyhow::{Context, Result, ensure};
use harness::{
    PATIENCE,
    browser::{Browser, text, typed},
    person::Person,
    postgres::Postgres,
    server::{Place, Preau},
    until,
};
use jiff::{SignedDuration, tz::TimeZone};
use serde_json::{Value, json};
use server::clock::wall;
use signaling::protocol::Request;

use crate::{gaia, hours::of, school};

const ANNE: &str = "anne.roy@ac-versailles.fr";
const PAUL: &str = "paul.martin@ac-versailles.fr";
const MARIE: &str = "marie.durand@ac-versailles.fr";
const JEAN: &str = "jean.petit@ac-versailles.fr";

const TRAINERS: &str = "ACAVER|45805|MARTIN|Paul|paul.martin@ac-versailles.fr|\n";
/// Marie and Jean have accounts; Luc is known by GAIA alone, from the second night on.
const FIRST_NIGHT: &str = "ACAVER|78576|DURAND|Marie|marie.durand@ac-versailles.fr\n\
     ACAVER|78576|PETIT|Jean|jean.petit@ac-versailles.fr\n";
const LUC_COMES: &str = "ACAVER|78576|D'ANGELO|Luc|luc.dangelo@ac-versailles.fr\n";

/// Anne manages, Paul trains, two inspectors follow a circonscription each.
struct Year {
    server: Preau,
    anne: Browser,
    paul: Browser,
    marie: Browser,
    jean: Browser,
    trappes: Browser,
    plaisir: Browser,
    /// Of the parcours: three hours at a distance and three on site.
    session: String,
    /// Of Marie, Jean and Luc, once they are expected.
    people: [String; 3],
}

impl Year {
    async fn begins(place: Place) -> Result<Self> {
        let server = Preau::start_at(place).await?;
        server.knows(ANNE, "Anne", "ROY", &["--role", "gestionnaire", "--scope", "ac-versailles"]).await?;
        for (email, first, last) in
            [(PAUL, "Paul", "MARTIN"), (MARIE, "Marie", "DURAND"), (JEAN, "Jean", "PETIT")]
        {
            server.knows(email, first, last, &[]).await?;
        }
        for (email, code) in
            [("i@ac-versailles.fr", school::TRAPPES), ("j@ac-versailles.fr", school::PLAISIR)]
        {
            server.knows(email, "Inès", "NGUYEN", &["--role", "inspecteur", "--scope", code]).await?;
        }
        let mut anne = Browser::logged_in(&server, ANNE).await?;
        let parcours = json!({"title": "Calcul mental", "academy": "ac-versailles", "distanceMin": 180, "presenceMin": 180});
        let parcours = anne.made("/api/parcours", &parcours).await?;
        let today = wall().to_zoned(TimeZone::get("Europe/Paris")?).date();
        let session = json!({"parcours": parcours, "startsOn": today, "endsOn": today, "state": "open"});
        let session = anne.made("/api/sessions-formation", &session).await?;
        Ok(Self {
            session,
            paul: Browser::logged_in(&server, PAUL).await?,
            marie: Browser::logged_in(&server, MARIE).await?,
            jean: Browser::logged_in(&server, JEAN).await?,
            trappes: Browser::logged_in(&server, "i@ac-versailles.fr").await?,
            plaisir: Browser::logged_in(&server, "j@ac-versailles.fr").await?,
            people: Default::default(),
            anne,
            server,
        })
    }

    /// A night's files through the page.
    async fn imports(&mut self, day: &str, trainees: &str) -> Result<Value> {
        let on = wall().to_zoned(TimeZone::get("Europe/Paris")?).strftime("%d/%m/%Y");
        let formation = format!(
            "ACAVER|26A0250123|Numérique|45805|Animer une classe virtuelle|78576|01|{on}|14:00|{on}|15:30|D|A DISTANCE|\n"
        );
        let texts = [formation.as_str(), TRAINERS, trainees];
        let previewed = gaia::previews(&mut self.anne, "ac-versailles", day, texts).await?.json();
        let yes = json!({"token": previewed["token"], "acceptRemovals": false});
        self.anne.done("POST", "/api/gaia/import", &yes).await
    }

    /// A séance of the session, linked to GAIA's.
    async fn plans(&mut self, new: Value) -> Result<String> {
        let seance = self.anne.made("/api/seances", &new).await?;
        let key = json!({"base": "ACAVER", "dispositif": "26A0250123", "module": 45805, "session": 78576});
        self.anne.done("POST", &format!("/api/seances/{seance}/gaia-links"), &key).await?;
        Ok(seance)
    }

    /// Who is expected, with their identifiers: by address.
    async fn expected(&mut self, seance: &str) -> Result<Vec<(String, String)>> {
        let list = self.anne.seen(&format!("/api/seances/{seance}/enrolments")).await?;
        let each = list.as_array().context("no list")?.iter();
        let mut all: Vec<(String, String)> = each
            .map(|one| Ok((text(&one["person"]["email"])?, text(&one["person"]["id"])?)))
            .collect::<Result<_>>()?;
        all.sort_unstable();
        Ok(all)
    }

    /// A class that nobody is enrolled in by hand: the lists of two nights are its people. Then it is brought forward to
    /// this minute.
    async fn gathers(&mut self) -> Result<String> {
        self.imports("20261118", FIRST_NIGHT).await?;
        let later = typed(wall() + SignedDuration::from_hours(2))?;
        let class = self
            .plans(json!({"title": "Classe virtuelle", "startsAt": later, "durationMin": 60, "academy": "ac-versailles",
                "sessionFormation": self.session}))
            .await?;
        let addresses =
            |expected: &[(String, String)]| expected.iter().map(|one| one.0.clone()).collect::<Vec<_>>();
        assert_eq!(addresses(&self.expected(&class).await?), [JEAN, MARIE, PAUL]);
        let night = self.imports("20261119", &format!("{FIRST_NIGHT}{LUC_COMES}")).await?;
        assert_eq!((&night["trainees"]["added"], &night["enrolled"]), (&json!(1), &json!(1)), "{night}");
        let expected = self.expected(&class).await?;
        assert_eq!(addresses(&expected), [JEAN, "luc.dangelo@ac-versailles.fr", MARIE, PAUL]);
        let id = |at: usize| expected[at].1.clone();
        self.people = [id(2), id(0), id(1)];
        let now = json!({"startsAt": typed(wall())?});
        self.anne.done("PATCH", &format!("/api/seances/{class}"), &now).await?;
        Ok(class)
    }

    /// Marie and Luc come; the trainer ends it and finds both present. Jean stayed away.
    async fn holds(&mut self, class: &str) -> Result<()> {
        let enter = format!("/api/seances/{class}/enter");
        let mut links = Vec::new();
        for by in [&mut self.paul, &mut self.marie] {
            links.push(text(&by.done("POST", &enter, &json!({})).await?["link"])?);
        }
        let personal = format!("/api/seances/{class}/personal-links/{}", self.people[2]);
        links.push(text(&self.anne.done("POST", &personal, &json!({})).await?["link"])?);
        let mut paul = Person::enters(&self.server, &links[0], "").await?;
        let mut marie = Person::enters(&self.server, &links[1], "").await?;
        let mut luc = Person::enters(&self.server, &links[2], "").await?;
        marie.says("bonjour").await?;
        luc.reads("bonjour").await?;
        paul.asks(Request::EndSeance {}).await?;
        let path = format!("/api/seances/{class}/presence");
        let sheet = until("the closed sheet", PATIENCE, async || {
            let sheet = self.paul.clone().seen(&path).await?;
            Ok((sheet["closed"] == true).then_some(sheet))
        })
        .await?;
        let rows = sheet["rows"].as_array().context("no rows")?;
        let came = |person: &str| {
            let row = rows.iter().find(|row| row["person"] == person);
            row.is_some_and(|row| row["presenceMs"].as_u64().is_some_and(|ms| ms > 0))
        };
        assert_eq!(self.people.each_ref().map(|person| came(person)), [true, false, true], "{sheet}");
        let [marie, _, luc] = &self.people;
        let present = json!({"people": [marie, luc], "kind": "status", "new": "present", "reason": "AUTRE",
            "text": "Classe écourtée d’un commun accord.", "seen": sheet["version"]});
        self.paul.done("POST", &format!("/api/seances/{class}/corrections"), &present).await?;
        Ok(())
    }

    /// The half-day on site: Marie signs by the code, Jean is ticked, Luc is not there.
    async fn signs(&mut self) -> Result<()> {
        let starts = typed(wall() - SignedDuration::from_mins(4))?;
        let day = self
            .plans(json!({"title": "Matinée sur place", "startsAt": starts, "durationMin": 180, "template": "presentiel",
                "academy": "ac-versailles", "sessionFormation": self.session}))
            .await?;
        let half_day = json!({"startsAt": starts, "durationMin": 180});
        let planned = self.paul.done("POST", &format!("/api/seances/{day}/half-days"), &half_day).await?;
        let half_day = text(&planned["halfDays"][0]["id"])?;
        let shown = self.paul.seen(&format!("/api/half-days/{half_day}/code")).await?;
        self.marie.done("POST", "/api/emargement", &json!({"token": shown["token"]})).await?;
        let tick = json!({"person": self.people[1], "method": "tick"});
        self.paul.done("POST", &format!("/api/half-days/{half_day}/signatures"), &tick).await?;
        Ok(())
    }

    /// Marie's and Luc's schools are typed in before there is a directory; Jean chooses his own from it.
    async fn teaches(&mut self) -> Result<()> {
        for (person, uai) in [(&self.people[0], "0780001C"), (&self.people[2], "0780002D")] {
            self.anne.done("PATCH", &format!("/api/people/{person}"), &json!({"uai": uai})).await?;
        }
        let previewed = school::previews(&mut self.anne, "ac-versailles", school::NATIONAL).await?.json();
        assert_eq!(
            (&previewed["schools"]["added"], &previewed["people"]),
            (&json!(4), &json!(2)),
            "{previewed}"
        );
        let imported =
            self.anne.done("POST", "/api/schools/import", &json!({"token": previewed["token"]})).await?;
        assert_eq!(imported["people"], 2, "{imported}");
        self.jean.done("POST", "/api/me/school", &json!({"uai": "0780003E"})).await?;
        Ok(())
    }

    /// What each inspector reads: names with the hours of the year.
    async fn followed(&mut self) -> Result<[Vec<(String, u64)>; 2]> {
        let mut both = Vec::new();
        for inspector in [&mut self.trappes, &mut self.plaisir] {
            let report = inspector.seen("/api/supervision").await?;
            let rows = report["rows"].as_array().context("no rows")?;
            let line =
                |row: &Value| Ok((text(&row["lastName"])?, row["total"].as_u64().context("no total")?));
            both.push(rows.iter().map(line).collect::<Result<Vec<_>>>()?);
        }
        both.try_into().map_err(|_| anyhow::anyhow!("two inspectors"))
    }

    /// The same by the teachers' own accounts: Marie's and Jean's as they see them, Luc's as the gestionnaire does.
    async fn own(&mut self) -> Result<[Value; 3]> {
        let luc = format!("/api/people/{}/hours", self.people[2]);
        let luc = self.anne.seen(&luc).await?;
        Ok([self.marie.seen("/api/hours/mine").await?, self.jean.seen("/api/hours/mine").await?, luc])
    }

    /// Everybody reads the same minutes: those of Marie, Jean and Luc.
    async fn agrees(&mut self, minutes: [u64; 3]) -> Result<()> {
        let [marie, jean, luc] = minutes;
        let line = |name: &str, total| (name.to_owned(), total);
        let expected = [vec![line("D'ANGELO", luc), line("DURAND", marie)], vec![line("PETIT", jean)]];
        assert_eq!(self.followed().await?, expected, "what the inspectors read");
        for (account, total) in self.own().await?.iter().zip(minutes) {
            assert_eq!(account["total"], total, "{account}");
            assert_eq!(account["account"]["remaining"], 1_080_u64.saturating_sub(total), "{account}");
        }
        Ok(())
    }
}

async fn the_hours_are_those_of_the_list_the_class_and_the_school(place: Place) -> Result<()> {
    let mut year = Year::begins(place).await?;
    let class = year.gathers().await?;
    year.holds(&class).await?;
    year.signs().await?;
    year.teaches().await?;
    year.agrees([0, 0, 0]).await?;

    let attestations = of(&year.session, "attestations");
    let made = year.paul.done("POST", &attestations, &json!({"kind": "all_proposed"})).await?;
    ensure!(made["attestations"].as_array().map(Vec::len) == Some(3), "{made}");
    year.agrees([360, 180, 180]).await?;
    // What the inspector takes away says it, too.
    let file = year.trappes.get("/api/supervision/export/csv").await?.text();
    assert!(file.contains("Marie DURAND;École Jules-Ferry – Trappes;6:00\r\n"), "{file}");
    assert!(file.contains("Luc D'ANGELO;École de l’Étang – Trappes;3:00\r\n"), "{file}");

    year.server.kill().await?;
    year.server.restart().await?;
    year.agrees([360, 180, 180]).await?;

    let mine = year.jean.seen("/api/attestations/mine").await?;
    let revoked = format!("/api/attestations/{}", text(&mine[0]["id"])?);
    year.anne.done("DELETE", &revoked, &json!({"reason": "Attestée par erreur."})).await?;
    year.agrees([360, 0, 180]).await
}

#[tokio::test]
async fn an_inspector_reads_the_hours_that_teachers_read_of_themselves() -> Result<()> {
    the_hours_are_those_of_the_list_the_class_and_the_school(Place::default()).await
}

#[tokio::test]
async fn the_same_hours_stand_on_postgresql() -> Result<()> {
    let postgres = Postgres::start().await?;
    the_hours_are_those_of_the_list_the_class_and_the_school(postgres.place("year").await?).await
}
