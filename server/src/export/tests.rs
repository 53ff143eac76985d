//! The samples of the domain rules (Annex A) and the file checks M01 to M05, byte by byte.

use calamine::{Data, Reader, Xlsx, open_workbook_from_rs};
use signaling::attendance::Status;

use super::{
    csv::Dialect,
    document::{GaiaNumber, Part, Who},
    gaia_entry_aid, header_csv, hours_csv, hours_xlsx,
    json::PresenceJson,
    pdf::{
        AttestationDocument, Chapter, CollectiveDocument, PersonalDocument, attestation_pdf, collective_pdf,
        emargement_pdf, personal_pdf,
    },
    presence_csv, presence_xlsx, row_digest, samples,
    zone::Zone,
};

const PRESENCE: &str = "base_gaia;dispositif;module;session_gaia;groupe;nom;prenom;courriel;uai;etablissement;ville;\
    role;inscription;seance;date;debut_annonce;fin_annonce;fuseau;premiere_connexion;derniere_deconnexion;\
    nb_connexions;duree_connexion;temps_retenu;temps_retenu_min;seuil_min;statut;origine;motif;indicateurs;validable";

fn lines(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    text.trim_start_matches('\u{feff}').split_terminator("\r\n").map(str::to_owned).collect()
}

#[test]
fn presence_is_the_sample_byte_by_byte() {
    let file = presence_csv(&samples::seance(), Dialect::French, true).unwrap();
    assert_eq!(&file.bytes[..3], [0xef, 0xbb, 0xbf], "M01");
    assert!(!String::from_utf8(file.bytes.clone()).unwrap().replace("\r\n", "").contains(['\r', '\n']));
    let lines = lines(&file.bytes);
    let gaia = "ACAVER;26A0250123;45805;78576;01";
    let place = "0789999V;École Jules-Ferry;Trappes;participant";
    let seance = "CV de lancement;18/11/2026;14:00;15:30;Europe/Paris";
    assert_eq!(lines[0], PRESENCE);
    assert_eq!(
        lines[1],
        format!(
            "{gaia};DURAND;Marie;marie.durand@ac-versailles.fr;{place};gaia;{seance};13:52:10;15:33:00;1;1:40:50;\
             1:30:00;90;45;P;auto;;;O"
        )
    );
    assert_eq!(
        lines[2],
        format!(
            "{gaia};D'ANGELO;Luc;luc.dangelo@ac-versailles.fr;{place};gaia;{seance};14:00:00;14:44:59;1;0:44:59;\
             0:44:59;44;45;A;auto;;;O"
        )
    );
    assert_eq!(
        lines[3],
        format!(
            "{gaia};PETIT;Jean;jean.petit@ac-versailles.fr;{place};gaia;{seance};;;0;0:00:00;0:00:00;0;45;A;auto;;;O"
        )
    );
    assert_eq!(
        lines[4],
        format!(
            ";;;;;NGUYEN;Inès;ines.nguyen@ac-creteil.fr;{place};hors_gaia;{seance};14:00:30;15:29:10;1;1:28:40;\
             1:28:40;88;45;P;auto;;HORS_GAIA;O"
        )
    );
    assert_eq!(file.name, "presence_26A0250123_78576_20261118_v1.csv");
}

/// F09: in a column of its own, where there is something to say.
#[test]
fn what_was_seen_of_the_replay_stands_apart() {
    let mut document = samples::seance();
    let before = row_digest(&document, &document.rows[2]);
    document.rows[2].replay_ms = 3_600_000;
    for (dialect, column, hour) in [
        (Dialect::French, ";validable;replay", ";0;45;A;auto;;;O;1:00:00"),
        (Dialect::Machine, ",validable,replay", ",0,45,A,auto,,,O,PT1H"),
    ] {
        let lines = lines(&presence_csv(&document, dialect, true).unwrap().bytes);
        assert!(lines[0].ends_with(column) && lines[3].ends_with(hour), "{lines:?}");
    }
    let mut book: Xlsx<_> =
        open_workbook_from_rs(std::io::Cursor::new(presence_xlsx(&document, true).unwrap().bytes)).unwrap();
    let sheet = book.worksheet_range("Présences").unwrap();
    assert_eq!(sheet.get_value((0, 30)), Some(&Data::String("replay".to_owned())));
    assert!(sheet.get_value((3, 30)).unwrap().to_string().starts_with("0.0416"), "an hour of a day");
    assert_eq!(row_digest(&document, &document.rows[2]), before, "no decision changed");
    assert!(emargement_pdf(&document).is_ok());
}

#[test]
fn readers_without_the_right_get_no_column_of_addresses() {
    for dialect in [Dialect::French, Dialect::Machine] {
        let file = presence_csv(&samples::seance(), dialect, false).unwrap();
        let text = String::from_utf8(file.bytes).unwrap();
        assert!(!text.contains("courriel") && !text.contains('@') && !text.contains('*'), "M05");
        let hours = String::from_utf8(hours_csv(&samples::hours(), dialect, false).unwrap().bytes).unwrap();
        assert!(!hours.contains("courriel") && !hours.contains('@'));
    }
    let aid = gaia_entry_aid(&samples::seance(), None, false).unwrap();
    assert_eq!(lines(&aid.bytes)[..2], ["NOM;PRENOM;PRESENCE(P/A)", "DURAND;Marie;P"]);
}

#[test]
fn machines_get_iso_8601_and_no_mark() {
    let file = presence_csv(&samples::seance(), Dialect::Machine, true).unwrap();
    let lines = lines(&file.bytes);
    assert_eq!(lines[0], PRESENCE.replace(';', ","));
    assert!(
        lines[1].ends_with(
            ",CV de lancement,2026-11-18,2026-11-18T14:00:00+01:00,2026-11-18T15:30:00+01:00,Europe/Paris,\
             2026-11-18T13:52:10+01:00,2026-11-18T15:33:00+01:00,1,PT1H40M50S,PT1H30M,90,45,P,auto,,,O"
        ),
        "{}",
        lines[1]
    );
}

#[test]
fn a_running_seance_has_no_absent_and_says_so_in_its_name() {
    let mut document = samples::seance();
    document.seance.closed = false;
    document.frame.gaia.clear();
    let file = presence_csv(&document, Dialect::French, true).unwrap();
    assert_eq!(file.name, "presence_cv-de-lancement_20261118_provisoire_v1.csv");
    assert!(lines(&file.bytes)[3].ends_with(";0;45;;auto;;;O"));
}

#[test]
fn codes_are_a_sorted_set_and_formulas_are_words() {
    let mut document = samples::seance();
    document.seance.flags = vec!["SEUIL_INATTEIGNABLE".to_owned(), "HORS_GAIA".to_owned()];
    document.rows[3].who = Who { last_name: "=cmd|'/c calc'!A1".to_owned(), ..Who::default() };
    document.rows[3].flags = vec!["MULTI_CONNEXION".to_owned(), "HORS_GAIA".to_owned()];
    let lines = lines(&presence_csv(&document, Dialect::French, true).unwrap().bytes);
    assert!(lines[4].starts_with(";;;;;'=cmd|'/c calc'!A1;"), "{}", lines[4]);
    assert!(lines[4].ends_with(";HORS_GAIA MULTI_CONNEXION SEUIL_INATTEIGNABLE;O"), "{}", lines[4]);
}

#[test]
fn the_header_block_counts_and_names_the_document() {
    let file = header_csv(&samples::seance(), Dialect::French).unwrap();
    let text = String::from_utf8(file.bytes).unwrap();
    for line in [
        "Inscrits;3",
        "Présents;1",
        "Absents;2",
        "Hors liste;1",
        "Invités;0",
        "Durée effective;1:30:00",
        "Document n°;12",
        "Édité le;18/11/2026 16:02 (Europe/Paris)",
        "Horaire annoncé;14:00 – 15:30 (Europe/Paris)",
    ] {
        assert!(text.contains(&format!("{line}\r\n")), "{line} in {text}");
    }
    assert!(
        text.contains("Session GAIA;ACAVER 26A0250123 – 45805 – 78576 (Numérique et apprentissages, Animer")
    );
}

#[test]
fn what_is_keyed_into_gaia_says_of_which_session_it_is() {
    let mut document = samples::seance();
    document.sort();
    document.rows[1].status = Status::Excuse;
    let file = gaia_entry_aid(&document, None, true).unwrap();
    assert_eq!(file.name, "saisie-gaia_26A0250123_78576_20261118_v1.csv");
    let of_one = [
        "NOM;PRENOM;COURRIEL;PRESENCE(P/A)",
        "D'ANGELO;Luc;luc.dangelo@ac-versailles.fr;A",
        "DURAND;Marie;marie.durand@ac-versailles.fr;A",
        "PETIT;Jean;jean.petit@ac-versailles.fr;A",
    ];
    assert_eq!(lines(&file.bytes), of_one);
    // The same number in another base is another session.
    let mut other = document.frame.gaia[0].clone();
    other.key.base = "ACALYO".to_owned();
    document.rows[3].gaia = Some(other.key.clone());
    document.frame.gaia.push(other);
    let file = gaia_entry_aid(&document, None, true).unwrap();
    assert_eq!(file.name, "saisie-gaia_cv-de-lancement_20261118_v1.csv");
    assert_eq!(
        lines(&file.bytes),
        [
            "BASE;SESSION;NOM;PRENOM;COURRIEL;PRESENCE(P/A)",
            "ACAVER;78576;D'ANGELO;Luc;luc.dangelo@ac-versailles.fr;A",
            "ACAVER;78576;DURAND;Marie;marie.durand@ac-versailles.fr;A",
            "ACALYO;78576;PETIT;Jean;jean.petit@ac-versailles.fr;A",
        ]
    );
    // On both lists: a line in each, and both in the JSON.
    document.rows[0].also = document.rows[3].gaia.iter().cloned().collect();
    let both = gaia_entry_aid(&document, None, true).unwrap();
    assert_eq!(lines(&both.bytes).iter().filter(|line| line.starts_with("ACALYO;")).count(), 2);
    let json = serde_json::to_value(PresenceJson::of(&document)).unwrap();
    let bases: Vec<&str> = json["rows"][0]["links"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|link| link["base"].as_str())
        .collect();
    assert_eq!(bases, ["ACAVER", "ACALYO"]);
    document.rows[0].also.clear();
    let lyon = GaiaNumber::read("ACALYO/78576").unwrap();
    let file = gaia_entry_aid(&document, Some(&lyon), true).unwrap();
    assert_eq!(lines(&file.bytes), [of_one[0], of_one[3]]);
    for text in ["78576", "/78576", "ACALYO/", "ACALYO/one"] {
        assert_eq!(GaiaNumber::read(text), None, "{text}");
    }
}

#[test]
fn the_hours_of_a_session_are_the_sample() {
    let file = hours_csv(&samples::hours(), Dialect::French, true).unwrap();
    assert_eq!(
        lines(&file.bytes),
        [
            "nom;prenom;courriel;parcours;identifiant;mode;duree_distance;duree_presence;atteste_distance;\
             atteste_presence;heures_validees;heures_hmm;date_attestation;atteste_par",
            "DURAND;Marie;marie.durand@ac-versailles.fr;Calcul mental;26_A025_CALCULMENTAL_1.0;attestee;3,00;3,00;O;O;\
             6,00;6:00;20/12/2026;MARTIN Paul",
            "PETIT;Jean;jean.petit@ac-versailles.fr;Calcul mental;26_A025_CALCULMENTAL_1.0;attestee;3,00;3,00;N;O;\
             3,00;3:00;20/12/2026;MARTIN Paul",
        ]
    );
    let mut odd = samples::hours();
    odd.frame.distance_min = Some(80);
    odd.rows[0].validated_min = Some(80);
    odd.rows[1].validated_min = None;
    let french = lines(&hours_csv(&odd, Dialect::French, true).unwrap().bytes);
    assert!(french[1].contains(";1,33;3,00;O;O;1,33;1:20;"), "M03: {}", french[1]);
    assert!(french[2].contains(";NR;NR;"), "{}", french[2]);
    let machine = lines(&hours_csv(&odd, Dialect::Machine, true).unwrap().bytes);
    assert!(machine[1].contains(",1.33,3.00,O,O,1.33,1:20,2026-12-20T10:00:00+01:00,"), "{}", machine[1]);
}

#[test]
fn the_digest_of_a_line_follows_what_it_says_only() {
    let mut document = samples::seance();
    let before = row_digest(&document, &document.rows[1]);
    document.rows[1].flags.push(super::CHANGED.to_owned());
    assert_eq!(row_digest(&document, &document.rows[1]), before);
    document.rows[1].status = Status::Present;
    assert_ne!(row_digest(&document, &document.rows[1]), before);
}

#[test]
fn a_text_too_long_for_a_cell_does_not_cost_the_workbook() {
    let mut document = samples::seance();
    document.rows[0].who.school = "É".repeat(40_000);
    document.corrections[0].text = "😀".repeat(20_000);
    let file = presence_xlsx(&document, true).unwrap();
    let mut book: Xlsx<_> = open_workbook_from_rs(std::io::Cursor::new(file.bytes)).unwrap();
    let sheet = book.worksheet_range("Présences").unwrap();
    let school = sheet.get_value((1, 9)).unwrap().to_string();
    assert!(school.ends_with("É…") && school.chars().count() == 32_767, "{}", school.chars().count());
    let text = book.worksheet_range("Corrections").unwrap().get_value((1, 6)).unwrap().to_string();
    assert!(text.ends_with("😀…") && text.encode_utf16().count() == 32_767);
}

#[test]
fn the_workbook_has_real_types_and_no_formula() {
    let mut document = samples::seance();
    document.rows[3].who.last_name = "=1+1".to_owned();
    document.rows[3].who.uai = "0123456E".to_owned();
    let file = presence_xlsx(&document, true).unwrap();
    let mut book: Xlsx<_> = open_workbook_from_rs(std::io::Cursor::new(file.bytes)).unwrap();
    assert_eq!(book.sheet_names(), ["Synthèse", "Présences", "Corrections", "Paramètres"]);
    let sheet = book.worksheet_range("Présences").unwrap();
    assert_eq!(sheet.get_size(), (6, 30));
    let cell = |row: u32, column: u32| sheet.get_value((row, column)).unwrap().clone();
    assert_eq!(cell(4, 5), Data::String("=1+1".to_owned()));
    assert_eq!(cell(4, 8), Data::String("0123456E".to_owned()));
    assert_eq!(cell(1, 3), Data::String("78576".to_owned()), "identifiers are text");
    assert_eq!(cell(1, 20), Data::Float(1.0));
    let Data::DateTime(first) = cell(1, 18) else { panic!("{:?}", cell(1, 18)) };
    assert_eq!(first.as_f64(), 46_344.0 + (13.0 * 3600.0 + 52.0 * 60.0 + 10.0) / 86_400.0);
    let Data::DateTime(length) = cell(1, 22) else { panic!("{:?}", cell(1, 22)) };
    assert!(length.is_duration(), "a duration of 90 minutes, not an hour of the day");
    assert_eq!(length.as_f64(), 90.0 / 1440.0);
    let formulas = book.worksheet_formula("Présences").unwrap();
    assert!(formulas.used_cells().next().is_none(), "no formula");
    let corrections = book.worksheet_range("Corrections").unwrap();
    assert_eq!(corrections.get_value((1, 6)), Some(&Data::String("=coupure de 20 s".to_owned())));
    let without = presence_xlsx(&document, false).unwrap();
    let mut book: Xlsx<_> = open_workbook_from_rs(std::io::Cursor::new(without.bytes)).unwrap();
    let sheet = book.worksheet_range("Présences").unwrap();
    assert_eq!(sheet.get_size().1, 29);
    assert!(sheet.used_cells().all(|(_, _, cell)| !cell.to_string().contains('@')));
    let hours = hours_xlsx(&samples::hours(), true).unwrap();
    let mut book: Xlsx<_> = open_workbook_from_rs(std::io::Cursor::new(hours.bytes)).unwrap();
    let sheet = book.worksheet_range("Heures").unwrap();
    assert_eq!(sheet.get_value((1, 11)), Some(&Data::Float(6.0)));
    assert_eq!(sheet.get_value((1, 12)), Some(&Data::String("6:00".to_owned())));
    assert_eq!(sheet.get_value((0, 12)), Some(&Data::String("heures_hmm".to_owned())));
}

pub(super) fn attestation() -> AttestationDocument {
    AttestationDocument {
        frame: samples::frame(),
        who: samples::who("DURAND", "Marie", "marie.durand@ac-versailles.fr"),
        number: "2026-000012".to_owned(),
        distance_attested: true,
        presence_attested: false,
        attested_by: "Paul MARTIN".to_owned(),
        capacity: "formateur".to_owned(),
        attested_at: samples::time("2026-12-20T09:00:00Z"),
        zone: Zone::named("Europe/Paris"),
        verify_code: "K7M4-9QXZ".to_owned(),
        verify_url: "https://cv.example.fr/attestation/K7M49QXZ".to_owned(),
        duplicate: false,
        legal_notice: "Responsable du traitement : académie de Versailles.".to_owned(),
    }
}

/// All four kinds, written beside the build for whoever wants to look at them (`target/papers`); the library refuses
/// what is neither PDF/A-2a nor PDF/UA-1.
#[test]
fn papers_are_written_as_pdf_a_and_pdf_ua() {
    let mut long = samples::seance();
    for number in 0..70_u128 {
        let name = format!("PARTICIPANTE-AU-NOM-COMPOSÉ {number}");
        long.rows.push(samples::row(
            100 + number,
            samples::who(&name, "Nguyễn Anne\u{301}-Lise 😀", "a@b.fr"),
            Part::Participant,
        ));
    }
    long.sort();
    let mut face_to_face = samples::seance();
    face_to_face.seance.kind = signaling::protocol::seance::SeanceKind::Presentiel;
    let collective =
        CollectiveDocument { hours: samples::hours(), comment: "Session d’automne.".to_owned() };
    let personal = PersonalDocument {
        name: "Marie DURAND".to_owned(),
        made_at: samples::time("2026-12-20T09:00:00Z"),
        zone: Zone::named("Europe/Paris"),
        chapters: vec![
            Chapter {
                title: "Présences".to_owned(),
                remark: "Conservées jusqu’à la fin de l’année scolaire suivante.".to_owned(),
                columns: vec!["Séance".to_owned(), "Date".to_owned(), "Minutes".to_owned()],
                rows: vec![vec!["CV de lancement".to_owned(), "18/11/2026".to_owned(), "90".to_owned()]],
            },
            Chapter {
                title: "Corrections".to_owned(),
                remark: String::new(),
                columns: Vec::new(),
                rows: Vec::new(),
            },
        ],
    };
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/papers");
    std::fs::create_dir_all(&folder).unwrap();
    let mut files = vec![
        emargement_pdf(&long).unwrap(),
        collective_pdf(&collective).unwrap(),
        attestation_pdf(&attestation()).unwrap(),
        personal_pdf(&personal).unwrap(),
        presence_xlsx(&samples::seance(), true).unwrap(),
    ];
    let mut signed = emargement_pdf(&face_to_face).unwrap();
    signed.name = signed.name.replace("emargement", "emargement-presentiel");
    files.push(signed);
    for file in files {
        assert!(file.name.is_ascii());
        let pdf = file.bytes.starts_with(b"%PDF-1.7");
        assert_eq!(pdf, file.name.ends_with(".pdf"), "{}", file.name);
        std::fs::write(folder.join(&file.name), &file.bytes).unwrap();
    }
}
