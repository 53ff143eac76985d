//! The lines of the domain's section L, and what files look like when something went wrong.

use proptest::prelude::*;

use super::*;

const L01: &str = "ACAVER|26A0250123|Numérique et apprentissages|45805|Animer une classe virtuelle|78576|01|18/11/2026|14:00|18/11/2026|15:30|D|A DISTANCE|";
const L11: &str = "ACAVER|45805|MARTIN|Paul|Paul.Martin@ac-versailles.fr|";
const TRAINEE: &str = "ACAVER|78576|DURAND|Zoé|zoe.durand@ac-versailles.fr";

fn paris() -> TimeZone {
    TimeZone::get("Europe/Paris").unwrap()
}

fn cp1252(text: &str) -> Vec<u8> {
    encoding_rs::WINDOWS_1252.encode(text).0.into_owned()
}

fn formations(text: &str, zone: &TimeZone) -> Extract {
    Extract::read(
        Files { formations: &cp1252(text), intervenants: b"", stagiaires: b"" },
        zone,
        &Domains::default(),
    )
}

fn stagiaires(bytes: &[u8]) -> Extract {
    Extract::read(
        Files { formations: b"", intervenants: b"", stagiaires: bytes },
        &paris(),
        &Domains::default(),
    )
}

fn codes(extract: &Extract) -> Vec<(usize, &'static str)> {
    extract.rejected.iter().map(|rejected| (rejected.line, rejected.code.as_str())).collect()
}

#[test]
fn the_three_files_are_read() {
    let files = Files {
        formations: &cp1252(&format!("{L01}\r\n")),
        intervenants: &cp1252(L11),
        stagiaires: &cp1252(&format!("\n  {TRAINEE}  \n")),
    };
    let extract = Extract::read(files, &paris(), &Domains::default());
    assert_eq!((extract.rejected.len(), extract.remarks.len()), (0, 0));
    let session = &extract.sessions[0];
    assert_eq!(session.dispositif_name, "Numérique et apprentissages");
    assert_eq!(session.starts_at.to_string(), "2026-11-18T13:00:00Z");
    assert_eq!(session.ends_at.to_string(), "2026-11-18T14:30:00Z");
    assert_eq!((session.module, session.session, session.national()), (45_805, 78_576, false));
    assert_eq!(extract.trainers[0].email, "paul.martin@ac-versailles.fr");
    assert_eq!(extract.trainees[0].first_name, "Zoé");
}

#[test]
fn hours_are_those_of_the_academy() {
    let reunion = formations(L01, &TimeZone::get("Indian/Reunion").unwrap());
    assert_eq!(reunion.sessions[0].starts_at.to_string(), "2026-11-18T10:00:00Z");
    let national = formations(&L01.replace("26A0250123", "26NDEN0310"), &paris());
    assert!(national.sessions[0].national());
}

#[test]
fn what_cannot_be_used_is_listed_with_its_reason() {
    let lines = [
        L01.replace("Animer une classe virtuelle", " "),
        L01.replace("18/11/2026|14:00", "31/02/2026|14:00"),
        L01.replace("|15:30|", "|13:30|"),
        L01.replace("78576", "78576|x"),
        L01.replace("45805", "45 805"),
        L01.replace("26A0250123", "26A025012"),
        L01.replace("|14:00|", "|24:00|"),
        L01.replace("18/11/2026|14:00", "18/11/26|14:00"),
        L01.to_owned(),
        L01.replace("Numérique", "Autrement nommé"),
    ];
    let extract = formations(&lines.join("\n"), &paris());
    let found = [
        (1, "CHAMP_VIDE"),
        (2, "DATE_INVALIDE"),
        (3, "DATE_INVALIDE"),
        (4, "NB_CHAMPS"),
        (5, "CHAMP_INVALIDE"),
        (6, "CHAMP_INVALIDE"),
        (7, "DATE_INVALIDE"),
        (8, "DATE_INVALIDE"),
        (10, "DOUBLON"),
    ];
    assert_eq!(codes(&extract), found);
    assert_eq!(extract.sessions.len(), 1);
    assert_eq!(extract.rejected[0].why, "le nom du module manque");
    assert!(extract.rejected[8].text.contains("Autrement nommé"));
}

#[test]
fn the_hours_that_a_change_of_clocks_skips_or_doubles() {
    let spring = L01.replace("18/11/2026|14:00|18/11/2026|15:30", "29/03/2026|02:30|29/03/2026|04:00");
    let extract = formations(&spring, &paris());
    assert_eq!(codes(&extract), [(1, "DATE_INVALIDE")]);
    assert!(extract.rejected[0].why.contains("heure d’été"));

    let autumn = L01.replace("18/11/2026|14:00|18/11/2026|15:30", "25/10/2026|02:30|25/10/2026|04:00");
    let extract = formations(&autumn, &paris());
    assert_eq!(extract.sessions[0].starts_at.to_string(), "2026-10-25T00:30:00Z");
    assert!(extract.remarks[0].what.contains("existe deux fois"));
}

#[test]
fn a_long_group_number_is_kept_and_remarked_on() {
    let extract = formations(&L01.replace("|01|", "|123|"), &paris());
    assert_eq!(extract.sessions[0].group, "123");
    assert_eq!(extract.remarks.len(), 1);
}

#[test]
fn accents_come_out_right_from_both_encodings() {
    let text = format!("{TRAINEE}\nACAVER|78576|GARÇON|Chloé|chloe@ac-versailles.fr\n");
    let names = |extract: &Extract| -> Vec<String> {
        extract
            .trainees
            .iter()
            .map(|trainee| format!("{} {}", trainee.first_name, trainee.last_name))
            .collect()
    };
    for bytes in [text.clone().into_bytes(), cp1252(&text), format!("\u{feff}{text}").into_bytes()] {
        let extract = stagiaires(&bytes);
        assert_eq!(names(&extract), ["Zoé DURAND", "Chloé GARÇON"]);
    }
    // One broken line does not spoil the others.
    let mut broken = text.into_bytes();
    broken.extend(b"ACAVER|78576|D\xE9B\xC3|x|x@ac-versailles.fr\nACAVER|1|A|B|c@d.fr");
    let extract = stagiaires(&broken);
    assert_eq!(codes(&extract), [(3, "ENCODAGE")]);
    assert_eq!(extract.trainees.len(), 3);
    assert_eq!(
        codes(&stagiaires(b"ACAVER|78576|A\x81|B|a@b.fr\nACAVER|1|D\xE9|B|a@b.fr")),
        [(1, "ENCODAGE")]
    );
}

#[test]
fn trainees_need_an_address_and_are_enrolled_once() {
    let lines = [
        TRAINEE,
        &TRAINEE.to_uppercase(),
        "ACAVER|78576|SANS|Adresse|",
        "ACAVER|78576|FAUSSE|Adresse|pas une adresse",
        "DEP078|78576|DURAND|Zoé|zoe.durand@ac-versailles.fr",
    ];
    let extract = stagiaires(lines.join("\n").as_bytes());
    assert_eq!(codes(&extract), [(2, "DOUBLON"), (3, "CHAMP_VIDE"), (4, "CHAMP_INVALIDE")]);
    assert_eq!(extract.trainees.len(), 2, "another base has its own numbers");
}

proptest! {
    /// Every line that is not empty is taken or rejected, whatever the bytes.
    #[test]
    fn no_line_is_lost(bytes in proptest::collection::vec(prop_oneof![
        3 => Just(b'|'), 1 => Just(b'\n'), 4 => any::<u8>(), 2 => Just(b'1'), 1 => Just(b'@'), 1 => Just(b'.'),
    ], 0..400)) {
        let read = Extract::read(Files { formations: &bytes, intervenants: &bytes, stagiaires: &bytes }, &paris(), &Domains::default());
        for file in File::ALL {
            let rejected = read.rejected.iter().filter(|rejected| rejected.file == file).count();
            let taken = match file {
                File::Formations => read.sessions.len(),
                File::Intervenants => read.trainers.len(),
                File::Stagiaires => read.trainees.len(),
            };
            let lines = lines(&bytes).filter(|line| !line.text.trim().is_empty()).count();
            prop_assert_eq!(taken + rejected, lines);
        }
    }
}
