//! Schools and circonscriptions from outside: a directory by command and through the page, teachers who get theirs by a
//! list, by themselves or by the gestionnaire, and the inspector who sees them, also after the map was redrawn.

use std::fs;

use anyhow::{Context, Result, ensure};
use harness::{
    browser::{Answer, Browser},
    postgres::Postgres,
    server::{Place, Preau},
};
use serde_json::{Value, json};
use signaling::person::uai;

/// Two circonscriptions, by the codes of their inspectors' offices.
pub(crate) const TRAPPES: &str = "0781234T";
pub(crate) const PLAISIR: &str = "0785678Y";

/// Three schools of Versailles, a collège, and one of Lyon, as the ministry's directory lists them.
pub(crate) const NATIONAL: &str = "\u{feff}Identifiant_de_l_etablissement;Nom_etablissement;Type_etablissement;Statut_public_prive;\
    Nom_commune;Code_departement;Code_academie;Libelle_academie;nom_circonscription;code_nature;code_circonscription\r\n\
    0780001C;École Jules-Ferry;Ecole;Public;Trappes;078;25;Versailles;Trappes;151;0781234T\r\n\
    0780002D;École de l’Étang;Ecole;Public;Trappes;078;25;Versailles;Trappes;101;0781234T\r\n\
    0780003E;École Molière;Ecole;Privé;Plaisir;078;25;Versailles;Plaisir;151;0785678Y\r\n\
    0780004F;Collège des Prés;Collège;Public;Plaisir;078;25;Versailles;;340;\r\n\
    0780004X;École sans code;Ecole;Public;Plaisir;078;25;Versailles;Plaisir;151;0785678Y\r\n\
    0690001B;École des Fleurs;Ecole;Public;Lyon;069;10;Lyon;Lyon 1;151;0691111H\r\n";

/// An academy with a manager, two inspectors, and a session for teachers.
struct World {
    server: Preau,
    manager: Browser,
    trappes: Browser,
    plaisir: Browser,
    session: String,
}

impl World {
    async fn begins(place: Place) -> Result<Self> {
        let server = Preau::start_at(place).await?;
        server.knows("g@ac-versailles.fr", "Anne", "ROY", &["--role", "gestionnaire"]).await?;
        let mut manager = Browser::logged_in(&server, "g@ac-versailles.fr").await?;
        let mut inspectors = Vec::new();
        for (email, code) in [("i@ac-versailles.fr", TRAPPES), ("j@ac-versailles.fr", PLAISIR)] {
            server.knows(email, "Inès", "NGUYEN", &["--role", "inspecteur", "--scope", code]).await?;
            inspectors.push(Browser::logged_in(&server, email).await?);
        }
        let plaisir = inspectors.pop().context("two inspectors")?;
        let trappes = inspectors.pop().context("two inspectors")?;
        let parcours = json!({"title": "Calcul mental", "academy": "ac-versailles", "distanceMin": 180});
        let parcours = manager.made("/api/parcours", &parcours).await?;
        let session =
            json!({"parcours": parcours, "startsOn": "2026-10-07", "endsOn": "2026-12-18", "state": "open"});
        let session = manager.made("/api/sessions-formation", &session).await?;
        Ok(Self { server, manager, trappes, plaisir, session })
    }

    /// `preau schools import`, beside the running server.
    async fn imports(&self, text: &str, more: &[&str]) -> Result<(Option<i32>, String, String)> {
        let file = tempfile::NamedTempFile::new()?;
        fs::write(file.path(), text)?;
        let path = file.path().to_str().context("a path of letters")?;
        let mut words = vec!["schools", "import", path, "--academy", "ac-versailles"];
        words.extend(more);
        self.server.command(&words).await
    }

    /// Three teachers: two whose list says where they teach, one with no school.
    async fn enrols(&mut self) -> Result<()> {
        let list = "courriel;nom;prénom;RNE\nmarie.durand@ac-versailles.fr;DURAND;Marie;0780001c\n\
             jean.petit@ac-versailles.fr;PETIT;Jean;0780003E\nluc.dangelo@ac-versailles.fr;D’ANGELO;Luc;\n\
             zoe@ac-versailles.fr;GARÇON;Zoé;0780003X\n";
        let path = format!("/api/sessions-formation/{}/enrolments/csv", self.session);
        let report = self.manager.send("POST", &path, "text/plain", list.as_bytes()).await?.json();
        assert_eq!((&report["added"], &report["unknown"]), (&json!(3), &json!(2)), "{report}");
        let expected =
            json!([{"line": 5, "code": "UAI_INVALIDE", "text": "zoe@ac-versailles.fr;GARÇON;Zoé;0780003X"}]);
        assert_eq!(report["rejected"], expected);
        Ok(())
    }
}

/// Who is on a report, and where: `DURAND École Jules-Ferry – Trappes`.
async fn followed(browser: &mut Browser) -> Result<Vec<String>> {
    let report = browser.get("/api/supervision?year=2026&mode=inscription").await?;
    ensure!(report.status == 200, "{}", report.text());
    let text = |row: &Value, field: &str| row[field].as_str().unwrap_or_default().to_owned();
    let rows = report.json()["rows"].as_array().cloned().unwrap_or_default();
    let line = |row: &Value| {
        format!("{} {} – {} {}", text(row, "lastName"), text(row, "school"), text(row, "town"), row["total"])
    };
    Ok(rows.iter().map(line).collect())
}

pub(crate) async fn previews(browser: &mut Browser, academy: &str, text: &str) -> Result<Answer> {
    let body = format!(
        "--edge\r\nContent-Disposition: form-data; name=\"academy\"\r\n\r\n{academy}\r\n--edge\r\n\
         Content-Disposition: form-data; name=\"file\"; filename=\"ecoles.csv\"\r\nContent-Type: text/csv\r\n\r\n\
         {text}\r\n--edge--\r\n"
    );
    let kind = "multipart/form-data; boundary=edge";
    browser.send("POST", "/api/schools/preview", kind, body.as_bytes()).await
}

async fn teachers_follow_their_schools(place: Place) -> Result<()> {
    let mut world = World::begins(place).await?;
    world.server.knows("luc.dangelo@ac-versailles.fr", "Luc", "D’ANGELO", &[]).await?;
    // Enrolled before there is a directory: the code is kept, and says the rest once there is one.
    world.enrols().await?;
    assert!(followed(&mut world.trappes).await?.is_empty());
    let (code, out, err) = world.imports(NATIONAL, &["--dry-run"]).await?;
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("4 ajouts, 0 modifications, 0 retraits") && out.contains("Simulation"), "{out}");
    assert!(out.contains("lignes d’autres académies : 1") && out.contains("ligne 6 UAI_INVALIDE |"), "{out}");
    assert!(followed(&mut world.trappes).await?.is_empty(), "a simulation changes nothing");
    let (code, out, err) = world.imports(NATIONAL, &[]).await?;
    assert!(code == Some(0) && out.contains("enseignants mis à jour : 2"), "{out}{err}");
    assert_eq!(followed(&mut world.trappes).await?, ["DURAND École Jules-Ferry – Trappes 180"]);
    assert_eq!(followed(&mut world.plaisir).await?, ["PETIT École Molière – Plaisir 180"]);

    // Luc looks for his school and chooses it: once.
    let mut luc = Browser::logged_in(&world.server, "luc.dangelo@ac-versailles.fr").await?;
    let names = |answer: &Answer| -> Vec<String> {
        let found = answer.json().as_array().cloned().unwrap_or_default();
        found.iter().map(|one| one["name"].as_str().unwrap_or_default().to_owned()).collect()
    };
    for (search, found) in [
        ("trappes%20ETANG", vec!["École de l’Étang"]),
        ("0780003e", vec!["École Molière"]),
        ("plaisir", vec!["Collège des Prés", "École Molière"]),
        ("lyon", vec![]),
        ("%25", vec![]),
    ] {
        let answer = luc.get(&format!("/api/schools?search={search}&academy=ac-versailles")).await?;
        assert_eq!(names(&answer), found, "{search} {}", answer.text());
    }
    let chosen = luc.post("/api/me/school", &json!({"uai": "0780002D"})).await?.json();
    assert_eq!((&chosen["town"], &chosen["degree"]), (&json!("Trappes"), &json!("PU1D")), "{chosen}");
    for (uai, problem) in [("0780001C", "taken"), ("0780009L", "unknown")] {
        let refused = luc.post("/api/me/school", &json!({"uai": uai})).await?;
        assert_eq!((refused.status, refused.json()["problem"].as_str()), (400, Some(problem)), "{uai}");
    }
    assert_eq!(followed(&mut world.trappes).await?.len(), 2);

    // The map is redrawn: the school goes to Plaisir under a new name, and takes Marie along.
    let redrawn = NATIONAL.replace(
        "École Jules-Ferry;Ecole;Public;Trappes;078;25;Versailles;Trappes;151;0781234T",
        "École Clémence-Royer;Ecole;Public;Trappes;078;25;Versailles;Plaisir;151;0785678Y",
    );
    let (code, out, err) = world.imports(&redrawn, &[]).await?;
    assert!(code == Some(0) && out.contains("0 ajouts, 1 modifications, 0 retraits, 3 sans"), "{out}{err}");
    assert_eq!(followed(&mut world.trappes).await?, ["D’ANGELO École de l’Étang – Trappes 180"]);
    let both = ["DURAND École Clémence-Royer – Trappes 180", "PETIT École Molière – Plaisir 180"];
    assert_eq!(followed(&mut world.plaisir).await?, both);

    // The gestionnaire moves Luc: the code says the rest.
    let path = format!("/api/people/{}", chosen["id"].as_str().context("no id")?);
    let moved = world.manager.patch(&path, &json!({"uai": "0780003E", "school": "tapée"})).await?.json();
    assert_eq!((&moved["school"], &moved["circonscription"]), (&json!("École Molière"), &json!(PLAISIR)));
    assert!(followed(&mut world.trappes).await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn an_inspector_sees_the_teachers_of_the_schools_of_the_own_circonscription() -> Result<()> {
    teachers_follow_their_schools(Place::default()).await
}

#[tokio::test]
async fn the_same_holds_on_postgresql() -> Result<()> {
    let postgres = Postgres::start().await?;
    teachers_follow_their_schools(postgres.place("schools").await?).await
}

#[tokio::test]
async fn a_directory_is_imported_through_the_page_by_those_who_manage_the_academy() -> Result<()> {
    let mut world = World::begins(Place::default()).await?;
    let previewed = previews(&mut world.manager, "ac-versailles", NATIONAL).await?.json();
    let counts = json!({"added": 4, "changed": 0, "removed": 0, "same": 0});
    assert_eq!((&previewed["schools"], &previewed["elsewhere"]), (&counts, &json!(1)), "{previewed}");
    assert_eq!(previewed["rejected"][0]["line"], 6);
    let yes = json!({"token": previewed["token"]});
    // Neither another academy's manager nor an inspector.
    world.server.knows("g@ac-lyon.fr", "Luce", "PETIT", &["--role", "gestionnaire"]).await?;
    let mut elsewhere = Browser::logged_in(&world.server, "g@ac-lyon.fr").await?;
    assert_eq!(previews(&mut elsewhere, "ac-versailles", NATIONAL).await?.status, 404);
    assert_eq!(elsewhere.post("/api/schools/import", &yes).await?.status, 404);
    let refused = previews(&mut world.trappes, "ac-versailles", NATIONAL).await?;
    assert!(matches!(refused.status, 403 | 404), "{}", refused.text());
    assert_eq!(world.manager.post("/api/schools/import", &yes).await?.json()["schools"], counts);
    assert_eq!(world.manager.post("/api/schools/import", &yes).await?.status, 404, "good for once");
    // Another academy cannot take a school over, and with it its teachers.
    let grasping =
        "uai;nom;circonscription\n0780001C;École Jules-Ferry;0691111H\n0690001B;École des Fleurs;0691111H";
    let answer = previews(&mut elsewhere, "ac-lyon", grasping).await?.json();
    assert_eq!(
        answer["rejected"],
        json!([{"line": 2, "code": "AUTRE_ACADEMIE", "text": "0780001C École Jules-Ferry"}])
    );
    assert_eq!(answer["schools"]["added"], 1);
    // A file cut short, and what is no directory.
    let many: String = (780_100..780_140).map(|number| format!("{};École {number}\n", uai(number))).collect();
    let whole = previews(&mut world.manager, "ac-versailles", &format!("uai;nom\n{many}")).await?.json();
    let yes = json!({"token": whole["token"], "acceptRemovals": true});
    assert_eq!(world.manager.post("/api/schools/import", &yes).await?.json()["schools"]["removed"], 4);
    let cut =
        previews(&mut world.manager, "ac-versailles", "uai;nom\n0780001C;École Jules-Ferry").await?.json();
    assert_eq!(cut["collapse"], true);
    let refused = world.manager.post("/api/schools/import", &json!({"token": cut["token"]})).await?;
    assert_eq!((refused.status, refused.json()["field"].as_str()), (400, Some("acceptRemovals")));
    let (code, _, err) = world.imports("uai;nom\n0780001C;École Jules-Ferry", &[]).await?;
    assert!(code == Some(1) && err.contains("--accept-removals"), "{err}");
    for (text, field) in [("prénom;note\nZoé;15", "file"), ("", "file")] {
        let refused = previews(&mut world.manager, "ac-versailles", text).await?;
        assert_eq!((refused.status, refused.json()["field"].as_str()), (400, Some(field)), "{text}");
    }
    let (code, _, err) = world.imports("prénom;note\nZoé;15", &[]).await?;
    assert!(code == Some(1) && err.contains("identifiant_de_l_etablissement"), "{err}");
    Ok(())
}
