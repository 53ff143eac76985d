//! The presence sheet as a file for those who validate hours: what it holds, in which words (domain rules §2.5, §3.1).
//!
//! Neither address nor device nor activity is in it: only who was there, when, and for how long.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use signaling::{
    attendance::{Flag, PresenceRow, PresenceSheet, Status, alphabetical},
    journal::Identity,
    protocol::{Role, seance::SeanceView},
    seance::Seance,
};

use super::csv::Csv;

/// The séance is repeated on every line: free lines above the header would break imports.
const COLUMNS: [&str; 17] = [
    "Nom",
    "Rôle",
    "Identité",
    "Arrivée",
    "Départ",
    "Connexion",
    "Présence",
    "Minutes",
    "Seuil (min)",
    "Statut",
    "Validable",
    "Remarques",
    "Séance",
    "Date",
    "Début annoncé",
    "Fin annoncée",
    "Fuseau",
];

/// Longest part of a file name taken from the title, characters.
const TITLE_CHARS: usize = 40;

/// The name (ASCII) and the bytes of the file. A sheet that will still change says so in its name.
#[must_use]
pub fn presence_csv(sheet: &PresenceSheet) -> (String, Vec<u8>) {
    let zone = Zone::named(&sheet.seance.time_zone);
    let mut csv = Csv::new(COLUMNS);
    for row in &sheet.rows {
        csv.line(cells(sheet, row, &zone).iter().map(String::as_str));
    }
    (file_name(sheet, &zone), csv.into_bytes())
}

fn cells(sheet: &PresenceSheet, row: &PresenceRow, zone: &Zone) -> [String; 17] {
    let seance = &sheet.seance;
    let announced = SignedDuration::from_mins(i64::from(seance.duration_min));
    let announced_end = seance.starts_at.checked_add(announced).unwrap_or(seance.starts_at);
    let name = if row.name.is_empty() { "(nom effacé)" } else { &row.name };
    [
        name.to_owned(),
        role(row.role).to_owned(),
        identity(row.identity).to_owned(),
        row.first_arrival.map(|at| zone.hour(at)).unwrap_or_default(),
        row.last_departure.map(|at| zone.hour(at)).unwrap_or_default(),
        length(row.connected_ms),
        length(row.presence_ms),
        row.minutes.to_string(),
        sheet.threshold_min.to_string(),
        status(sheet, row).to_owned(),
        if row.validable { "O" } else { "N" }.to_owned(),
        remarks(sheet, row),
        seance.title.clone(),
        zone.date(seance.starts_at),
        zone.hour(seance.starts_at),
        zone.hour(announced_end),
        zone.name.clone(),
    ]
}

/// `presence_<title>_<AAAAMMJJ>.csv`, dated by the local start of the séance.
fn file_name(sheet: &PresenceSheet, zone: &Zone) -> String {
    let SeanceView { title, starts_at, .. } = &sheet.seance;
    let provisional = if sheet.closed { "" } else { "_provisoire" };
    format!("presence_{}{provisional}.csv", titled(title, *starts_at, zone))
}

/// `preuve_<title>_<AAAAMMJJ>.jsonl`: the name of the bundle of proof of a séance.
#[must_use]
pub fn proof_name(plan: &Seance) -> String {
    format!("preuve_{}.jsonl", titled(&plan.title, plan.starts_at, &Zone::named(&plan.time_zone)))
}

/// The part of a name that tells the séance, in ASCII.
fn titled(title: &str, starts_at: Timestamp, zone: &Zone) -> String {
    let plain = alphabetical(title);
    let words: Vec<&str> =
        plain.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let title: String = words.join("-").chars().take(TITLE_CHARS).collect();
    let title = match title.trim_end_matches('-') {
        "" => "seance",
        title => title,
    };
    format!("{title}_{}", starts_at.to_zoned(zone.rules.clone()).strftime("%Y%m%d"))
}

/// The zone of the séance.
struct Zone {
    name: String,
    rules: TimeZone,
}

impl Zone {
    /// A zone that nobody knows any more becomes UTC, and is named so: hours and zone always agree.
    fn named(name: &str) -> Self {
        TimeZone::get(name).map_or_else(
            |_| Self { name: "UTC".to_owned(), rules: TimeZone::UTC },
            |rules| Self { name: name.to_owned(), rules },
        )
    }

    fn date(&self, at: Timestamp) -> String {
        at.to_zoned(self.rules.clone()).strftime("%d/%m/%Y").to_string()
    }

    /// An hour that occurs twice that day, in autumn, tells which of both it is.
    fn hour(&self, at: Timestamp) -> String {
        let local = at.to_zoned(self.rules.clone());
        let hour = local.strftime("%H:%M");
        if !self.rules.to_ambiguous_timestamp(local.datetime()).is_ambiguous() {
            hour.to_string()
        } else if self.rules.to_offset_info(at).dst().is_dst() {
            format!("{hour} (heure d’été)")
        } else {
            format!("{hour} (heure d’hiver)")
        }
    }
}

/// `H:MM:SS`, truncated.
fn length(ms: u64) -> String {
    let seconds = ms / 1000;
    format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

fn role(role: Role) -> &'static str {
    match role {
        Role::Trainer => "Formateur",
        Role::CoTrainer => "Co-formateur",
        Role::Speaker => "Intervenant",
        Role::Participant => "Participant",
        Role::Observer => "Observateur",
        Role::Organiser => "Organisateur",
    }
}

fn identity(identity: Identity) -> &'static str {
    match identity {
        Identity::Federated => "Compte fédéré",
        Identity::Pin => "Code téléphonique",
        Identity::PersonalLink => "Lien personnel",
        Identity::Declared => "Nom déclaré",
        Identity::None => "Anonyme",
    }
}

/// Nobody is absent as long as the séance runs.
fn status(sheet: &PresenceSheet, row: &PresenceRow) -> &'static str {
    match row.decided {
        Status::Present => "Présent",
        Status::Absent if !sheet.closed => "En cours",
        Status::Absent => "Absent",
        Status::NonSuivi => "Non suivi",
        Status::SeanceAnnulee => "Séance annulée",
        Status::Excuse => "Excusé",
    }
}

/// The flags of the row and of the séance in words; a code of a later version is shown as it is.
fn remarks(sheet: &PresenceSheet, row: &PresenceRow) -> String {
    let codes = row.flags.iter().chain(&sheet.flags);
    let words: Vec<&str> =
        codes.map(|code| Flag::of_code(code).map_or(code.as_str(), |flag| remark(flag))).collect();
    words.join(", ")
}

fn remark(flag: Flag) -> &'static str {
    match flag {
        Flag::AucunBattement => "aucun signal après l’entrée",
        Flag::Chevauchement => "présence simultanée dans une autre séance",
        Flag::CoupureServeurCreditee => "coupure du serveur comptée",
        Flag::DoubleRole => "dans les deux listes GAIA, formateurs et stagiaires",
        Flag::DoublonJoin => "entrée en double ignorée",
        Flag::FermeParFinSeance => "connexion fermée par la fin de la séance",
        Flag::HorsGaia => "hors liste GAIA",
        Flag::LeaveOrphelin => "sortie sans entrée ignorée",
        Flag::MultiConnexion => "plusieurs connexions simultanées",
        Flag::RefuseSalleAttente => "entrée refusée en salle d’attente",
        Flag::SeuilInatteignable => "seuil supérieur à la durée effective",
        Flag::SortieSansLeave => "connexion perdue",
    }
}

#[cfg(test)]
mod tests {
    use jiff::{Timestamp, tz::TimeZoneDatabase};
    use signaling::{
        attendance::{Counts, GaiaStatus, Origin, PresenceRow, PresenceSheet, RULE_VERSION, Status, Table},
        id::{PersonId, SeanceId},
        journal::Identity,
        protocol::{
            Role,
            seance::{SeanceKind, SeanceState, SeanceView},
        },
        seance::Threshold,
    };

    use super::presence_csv;

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn sheet(starts_at: &str, time_zone: &str) -> PresenceSheet {
        let starts_at = time(starts_at);
        let end = starts_at + jiff::SignedDuration::from_mins(90);
        PresenceSheet {
            seance: SeanceView {
                id: SeanceId(uuid::Uuid::from_u128(1)),
                title: "CV de lancement : l’élève & l’écran".to_owned(),
                kind: SeanceKind::ClasseVirtuelle,
                state: SeanceState::Ended,
                starts_at,
                ends_at: end,
                opens_at: starts_at,
                time_zone: time_zone.to_owned(),
                duration_min: 90,
                threshold_min: Some(45),
                recorded: false,
            },
            window_start: starts_at,
            window_end: end,
            threshold_min: 45,
            flags: Vec::new(),
            closed: true,
            computed_at: end,
            rule_version: RULE_VERSION,
            version: 0,
            threshold: Threshold::Auto,
            locked_from: end,
            archived: false,
            counts: Counts::default(),
            half_days: Vec::new(),
            attached: Vec::new(),
            history: Vec::new(),
            rows: Vec::new(),
        }
    }

    fn row(name: &str, arrival: &str, departure: &str) -> PresenceRow {
        PresenceRow {
            person: PersonId(uuid::Uuid::from_u128(2)),
            name: name.to_owned(),
            role: Role::Participant,
            table: Table::Participants,
            enrolled: true,
            gaia: GaiaStatus::Unlinked,
            identity: Identity::Federated,
            validable: true,
            here: false,
            connected_ms: 6_050_999,
            presence_ms: 5_400_000,
            minutes: 90,
            lobby_ms: 0,
            before_ms: 0,
            after_ms: 0,
            status: Status::Present,
            decided: Status::Present,
            origin: Origin::Auto,
            reason: None,
            declared_min: None,
            signatures: Vec::new(),
            signed_min: 0,
            history: Vec::new(),
            requests: Vec::new(),
            flags: Vec::new(),
            first_arrival: Some(time(arrival)),
            last_departure: Some(time(departure)),
            segments: Vec::new(),
        }
    }

    /// The lines after the header, as text.
    fn lines(sheet: &PresenceSheet) -> Vec<String> {
        let (_, bytes) = presence_csv(sheet);
        let text = String::from_utf8(bytes).unwrap();
        let mut lines = text.split_terminator("\r\n").map(str::to_owned);
        assert!(lines.next().unwrap().starts_with("\u{feff}Nom;Rôle;Identité;Arrivée;Départ;"));
        lines.collect()
    }

    #[test]
    fn a_class_in_paris() {
        let mut sheet = sheet("2026-11-18T13:00:00Z", "Europe/Paris");
        sheet.rows.push(row("Marie DURAND", "2026-11-18T12:52:10Z", "2026-11-18T14:33:00Z"));
        let mut guest = row("=cmd|'/c calc'!A1", "2026-11-18T13:00:00Z", "2026-11-18T13:44:59Z");
        guest.identity = Identity::Declared;
        guest.validable = false;
        (guest.connected_ms, guest.presence_ms, guest.minutes) = (2_699_000, 2_699_000, 44);
        guest.decided = Status::Absent;
        guest.flags = vec!["MULTI_CONNEXION".to_owned(), "PLUS_TARD".to_owned()];
        sheet.rows.push(guest);
        let seance = "CV de lancement : l’élève & l’écran;18/11/2026;14:00;15:30;Europe/Paris";
        assert_eq!(
            lines(&sheet),
            [
                format!(
                    "Marie DURAND;Participant;Compte fédéré;13:52;15:33;1:40:50;1:30:00;90;45;Présent;O;;{seance}"
                ),
                format!(
                    "'=cmd|'/c calc'!A1;Participant;Nom déclaré;14:00;14:44;0:44:59;0:44:59;44;45;Absent;N;\
                     plusieurs connexions simultanées, PLUS_TARD;{seance}"
                ),
            ]
        );
        assert_eq!(presence_csv(&sheet).0, "presence_cv-de-lancement-l-eleve-l-ecran_20261118.csv");
    }

    #[test]
    fn a_running_class_has_no_absent() {
        let mut sheet = sheet("2026-11-18T13:00:00Z", "Europe/Paris");
        sheet.closed = false;
        let mut here = row("", "2026-11-18T13:00:00Z", "2026-11-18T13:00:00Z");
        here.decided = Status::Absent;
        here.last_departure = None;
        sheet.rows.push(here);
        let line = lines(&sheet).remove(0);
        assert!(line.starts_with("(nom effacé);Participant;Compte fédéré;14:00;;"), "{line}");
        assert!(line.contains(";En cours;"), "{line}");
        assert!(presence_csv(&sheet).0.ends_with("_20261118_provisoire.csv"));
    }

    #[test]
    fn dates_and_hours_are_those_of_the_seance() {
        for (zone, expected) in [
            ("Europe/Paris", ";18/11/2026;14:00;15:30;Europe/Paris"),
            ("Pacific/Noumea", ";19/11/2026;00:00;01:30;Pacific/Noumea"),
            ("Pacific/Marquesas", ";18/11/2026;03:30;05:00;Pacific/Marquesas"),
            ("America/Miquelon", ";18/11/2026;10:00;11:30;America/Miquelon"),
            ("Europe/Atlantis", ";18/11/2026;13:00;14:30;UTC"),
        ] {
            let mut sheet = sheet("2026-11-18T13:00:00Z", zone);
            sheet.rows.push(row("A", "2026-11-18T13:00:00Z", "2026-11-18T14:00:00Z"));
            assert!(lines(&sheet)[0].ends_with(expected), "{zone}");
        }
        assert!(presence_csv(&sheet("2026-11-18T13:00:00Z", "Pacific/Noumea")).0.contains("_20261119"));
    }

    #[test]
    fn an_hour_that_occurs_twice_says_which() {
        let mut sheet = sheet("2026-10-24T23:30:00Z", "Europe/Paris");
        sheet.rows.push(row("A", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"));
        let line = lines(&sheet).remove(0);
        assert!(line.contains(";02:30 (heure d’été);02:30 (heure d’hiver);"), "{line}");
        assert!(line.ends_with(";25/10/2026;01:30;02:00 (heure d’hiver);Europe/Paris"), "{line}");
    }

    #[test]
    fn zones_are_known_on_a_machine_without_any() {
        let bundled = TimeZoneDatabase::bundled();
        for zone in ["Europe/Paris", "America/Marigot", "Pacific/Wallis", "Indian/Mayotte"] {
            assert!(bundled.get(zone).is_ok(), "{zone}");
        }
    }
}
