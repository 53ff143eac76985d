use proptest::prelude::*;

use super::*;
use crate::{gaia::lines, id::PersonId};

const VERSAILLES: Whose<'_> = Whose { name: "ac-versailles", label: "Versailles", code: "A025" };

fn read(text: &str) -> Directory {
    Directory::read(text.as_bytes(), VERSAILLES).unwrap()
}

fn brief(directory: &Directory) -> Vec<String> {
    let schools = directory.schools.iter().map(|(line, school)| {
        let degree = school.degree.map_or("", Degree::code);
        format!("{line} {}|{}|{}|{}|{degree}", school.uai, school.name, school.town, school.circonscription)
    });
    let rejected = directory.rejected.iter().map(|one| format!("{} {}", one.line, one.code.as_str()));
    schools.chain(rejected).collect()
}

#[test]
fn the_national_directory_and_short_lists_are_read() {
    let national = "\u{feff}Identifiant_de_l_etablissement;Nom_etablissement;Type_etablissement;Statut_public_prive;\
         Nom_commune;Code_departement;Code_academie;Libelle_academie;nom_circonscription;code_nature;code_circonscription\r\n\
         0780001C;Ecole primaire Jules Ferry;Ecole;Public;Trappes;078;25;Versailles;Trappes;151;0781234T\r\n\
         0780002D;\"Collège; les Étangs\";Collège;Privé;Plaisir;078;25;Versailles;;340;\r\n\
         0690001B;Ecole des Fleurs;Ecole;Public;Lyon;069;10;Lyon;Lyon 1;151;0691111H\r\n";
    let expected = [
        "2 0780001C|Ecole primaire Jules Ferry|Trappes|0781234T|PU1D",
        "3 0780002D|Collège; les Étangs|Plaisir||PR2D",
    ];
    let directory = read(national);
    assert_eq!(brief(&directory), expected);
    assert_eq!(directory.elsewhere, 1);
    assert_eq!(directory.schools[0].1.circonscription_name, "Trappes");
    // The same by number alone, and without any academy.
    let numbered = national.replace("Libelle_academie", "autre");
    assert_eq!((brief(&read(&numbered)).len(), read(&numbered).elsewhere), (2, 1));

    for (text, expected) in [
        (
            "uai;nom;ville;circonscription\n0780001c;École  A;Trappes;0781234t",
            "2 0780001C|École A|Trappes|0781234T|",
        ),
        (
            "RNE,Nom,Commune,Circonscription\n0780001C,A,Trappes,Trappes",
            "2 0780001C|A|Trappes|Trappes (ac-versailles)|",
        ),
        ("nom\tuai\tdegre\nA\t0780001C\tPU2D", "2 0780001C|A|||PU2D"),
        ("uai;nom;degre;secteur\n0780001C;A;1D;privé", "2 0780001C|A|||PR1D"),
    ] {
        assert_eq!(brief(&read(text)), [expected], "{text}");
    }
}

/// Lines that the ministry published: each year has its own titles, spellings of names, and columns.
#[test]
fn the_ministrys_own_exports_are_read() {
    let (of_2021, addresses) = (include_str!("annuaire-2021.csv"), include_str!("addresses-2024.csv"));
    let ajaccio = Whose { name: "ac-corse", label: "Corse", code: "A027" };
    let rennes = Whose { name: "ac-rennes", label: "Rennes", code: "A014" };
    let nantes = Whose { name: "ac-nantes", label: "Nantes", code: "A017" };
    let grenoble = Whose { name: "ac-grenoble", label: "Grenoble", code: "A008" };
    for (text, whose, expected, district, elsewhere) in [
        (
            of_2021,
            ajaccio,
            "2 6200088B|Ecole primaire Bonifacio|Bonifacio|Porto Vecchio (ac-corse)|PU1D",
            "Porto Vecchio",
            1,
        ),
        (
            of_2021,
            rennes,
            "3 0351698F|Ecole primaire privée Ste Anne|Bruc-sur-Aff|Redon (ac-rennes)|PR1D",
            "Redon",
            1,
        ),
        (
            SAMPLE,
            nantes,
            "2 0491381K|Ecole primaire privée Notre-Dame|Tiercé|0491700G|PR1D",
            "Durtal-Les Trois Rivieres",
            0,
        ),
        (addresses, grenoble, "2 0380004Y|Collège Arc en Ciers|Les Avenières Veyrins-Thuellin||PU2D", "", 0),
    ] {
        // With commas and without labels of academies, as other portals hand it on.
        let columns = text.lines().next().unwrap().split(';').count();
        let commas: String = text
            .trim_start_matches('\u{feff}')
            .lines()
            .map(|line| {
                let cells: Vec<String> = line.split(';').map(|cell| format!("\"{cell}\"")).collect();
                assert_eq!(cells.len(), columns, "{line}");
                format!("{}\n", cells.join(","))
            })
            .collect();
        let numbers = text.replacen("Libelle_academie", "autre", 1).replacen("libelle_academie", "autre", 1);
        for text in [text, &commas, &numbers] {
            let directory = Directory::read(text.as_bytes(), whose).unwrap();
            assert_eq!(brief(&directory), [expected]);
            assert_eq!(directory.schools[0].1.circonscription_name, district);
            assert_eq!((directory.elsewhere, directory.without_effect), (elsewhere, 0), "{text}");
        }
    }
}

#[test]
fn circonscriptions_are_called_as_people_call_them() {
    for (written, called) in [
        ("Trappes", "Trappes"),
        ("Circonscription d'inspection du 1er degré de La Rochelle", "La Rochelle"),
        ("Circonscription d’inspection du 1r degré d'Angers 2", "Angers 2"),
        ("Circonscription d'inspection du 1er degré ASH", "ASH"),
        ("CIRCONSCRIPTION 1ER DEGRE IEN MAMOUDZOU NORD", "MAMOUDZOU NORD"),
        ("Circonscription", "Circonscription"),
        ("D'un autre nom", "D'un autre nom"),
    ] {
        let text = format!("uai;nom;circonscription\n0780001C;A;{written}");
        assert_eq!(read(&text).schools[0].1.circonscription_name, called, "{written}");
    }
}

#[test]
fn schools_that_are_closed_and_further_lines_of_one_change_nothing() {
    let text = "uai;nom;commune;code_nature;secteur;etat\n\
         0780001C;Lycée A;T;;Public;OUVERT\n0780001C;Lycée A;T;320;Public;OUVERT\n0780001C;Lycée A;T;302;Public;OUVERT\n\
         0780002D;École B;T;151;Public;FERMÉ\n0780003E;École C;T;151;Public;A FERMER\n0780004F;École D;T;151;Public;A OUVRIR\n\
         0780001C;Lycée Z;T;302;Public;OUVERT\n";
    let directory = read(text);
    assert_eq!(brief(&directory), ["2 0780001C|Lycée A|T||PU2D", "6 0780003E|École C|T||PU1D", "8 DOUBLON"]);
    assert_eq!(directory.without_effect, 4);
}

#[test]
fn academies_are_told_by_their_names_whatever_the_spelling() {
    let reunion = Whose { name: "ac-reunion", label: "La Réunion", code: "A028" };
    let nancy = Whose { name: "ac-nancy-metz", label: "Nancy-Metz", code: "A012" };
    for (whose, label) in [
        (reunion, "Réunion"),
        (reunion, "LA REUNION"),
        (reunion, "Académie de La Réunion"),
        (nancy, "Nancy Metz"),
    ] {
        let text = format!("uai;nom;academie\n0780001C;A;{label}\n0780002D;B;Nice");
        let directory = Directory::read(text.as_bytes(), whose).unwrap();
        assert_eq!((directory.schools.len(), directory.elsewhere), (1, 1), "{label}");
    }
}

#[test]
fn every_line_that_is_not_taken_says_why() {
    let text = "uai;nom;ville\n0780001B;A;T\n;A;T\n0780001C;;T\n0780001C;A\n0780001C;A;T\n0780001C;B;T";
    let expected =
        ["6 0780001C|A|T||", "2 UAI_INVALIDE", "3 CHAMP_VIDE", "4 CHAMP_VIDE", "5 NB_CHAMPS", "7 DOUBLON"];
    assert_eq!(brief(&read(text)), expected);
    for no_directory in ["", "0780001C;A;T", "nom;ville\nA;T", "courriel\nmarie@ex.fr"] {
        assert_eq!(Directory::read(no_directory.as_bytes(), VERSAILLES), Err(Headless), "{no_directory}");
    }
    let mut damaged = b"uai;nom\n0780001C;\xC3\x89cole\n0780002D;".to_vec();
    damaged.extend(b"\x07\n");
    assert_eq!(brief(&Directory::read(&damaged, VERSAILLES).unwrap())[1], "3 ENCODAGE");
}

#[test]
fn what_another_academy_holds_stays_there() {
    let before = read("uai;nom;circonscription\n0780001C;A;X\n0780002D;B;X");
    let known: Vec<School> = before.schools.iter().map(|(_, school)| school.clone()).collect();
    let after = read("uai;nom;circonscription\n0780001C;A;Y\n0780003E;C;X\n0780004F;D;X");
    let held = HashSet::from(["0780004F".to_owned()]);
    let change = after.change(known, &held);
    let uais = |schools: &[School]| schools.iter().map(|school| school.uai.clone()).collect::<Vec<_>>();
    assert_eq!(uais(&change.schools.added), ["0780003E"]);
    assert_eq!(uais(&change.schools.changed), ["0780001C"]);
    assert_eq!(uais(&change.schools.removed), ["0780002D"]);
    let rejected: Vec<_> = change.rejected.iter().map(|one| (one.line, one.code)).collect();
    assert_eq!(rejected, [(4, SchoolCode::AutreAcademie)]);
    assert!(!change.is_collapse(), "two schools are few");
}

#[test]
fn who_teaches_in_a_school_belongs_to_its_circonscription() {
    let directory =
        read("uai;nom;ville;circonscription;degre\n0780001C;A;Trappes;0781234T;PU1D\n0780002D;B;Plaisir;;");
    let mut person = Person::named(PersonId(uuid::Uuid::nil()), None, "DURAND", "Marie");
    for (at, expected) in [(0, ("A", "Trappes", "0781234T")), (1, ("B", "Plaisir", ""))] {
        directory.schools[at].1.takes(&mut person);
        let told = (person.school.as_str(), person.town.as_str(), person.circonscription.as_str());
        assert_eq!(told, expected);
        assert_eq!(person.degree, Some(Degree::Pu1d), "what the directory does not say stays");
    }
}

proptest! {
    /// Every line is a school, rejected, or another academy's, whatever the bytes.
    #[test]
    fn no_line_is_lost(bytes in proptest::collection::vec(prop_oneof![
        2 => Just(b'\n'), 2 => Just(b';'), 1 => Just(b'"'), 4 => proptest::char::range('0', '9').prop_map(|c| c as u8),
        1 => any::<u8>(),
    ], 0..300)) {
        let text = [b"uai;nom\n0780001C;A\n".as_slice(), &bytes].concat();
        let directory = Directory::read(&text, VERSAILLES).unwrap();
        let lines = lines(&text).filter(|line| !line.text.trim().is_empty()).count();
        let told = directory.schools.len() + directory.rejected.len() + directory.elsewhere + directory.without_effect;
        prop_assert_eq!(told + 1, lines);
    }
}
