//! The people and the séance of the samples (domain rules, Annex A) and of case A01.

use signaling::{
    attendance::{Counts, Status},
    id::{PersonId, SeanceId, SessionFormationId},
    protocol::seance::SeanceKind,
};

use super::{
    document::{
        Correction, Edition, Enrolment, Frame, GaiaKey, GaiaSession, Part, Row, SeanceDocument, SeanceHeader,
        Trainer, Who,
    },
    hours::{HoursDocument, HoursRow},
    zone::Zone,
};

pub(super) fn time(text: &str) -> jiff::Timestamp {
    text.parse().unwrap()
}

pub(super) fn person(number: u128) -> PersonId {
    PersonId(uuid::Uuid::from_u128(number))
}

fn key() -> GaiaKey {
    GaiaKey {
        base: "ACAVER".to_owned(),
        dispositif: "26A0250123".to_owned(),
        module: 45805,
        session: 78576,
        group: "01".to_owned(),
    }
}

pub(super) fn frame() -> Frame {
    Frame {
        academy: "Versailles".to_owned(),
        parcours_identifiant: "26_A025_CALCULMENTAL_1.0".to_owned(),
        parcours_title: "Calcul mental".to_owned(),
        title: "Calcul mental, automne 2026".to_owned(),
        starts_on: Some("2026-10-07".parse().unwrap()),
        ends_on: Some("2026-12-18".parse().unwrap()),
        hours_mode: "attestee".to_owned(),
        distance_min: Some(180),
        presence_min: Some(180),
        objectives: "Construire une progression en calcul mental au cycle 3.".to_owned(),
        competences: "P3 : construire des situations d’apprentissage.".to_owned(),
        trainers: vec![Trainer {
            name: "Paul MARTIN".to_owned(),
            email: Some("paul.martin@ac-versailles.fr".to_owned()),
            tutor: false,
        }],
        gaia: vec![GaiaSession {
            key: key(),
            dispositif_name: "Numérique et apprentissages".to_owned(),
            module_name: "Animer une classe virtuelle".to_owned(),
            starts_at: time("2026-11-18T13:00:00Z"),
            ends_at: time("2026-11-18T14:30:00Z"),
        }],
    }
}

pub(super) fn who(last: &str, first: &str, email: &str) -> Who {
    Who {
        last_name: last.to_owned(),
        first_name: first.to_owned(),
        email: Some(email.to_owned()),
        uai: "0789999V".to_owned(),
        school: "École Jules-Ferry".to_owned(),
        town: "Trappes".to_owned(),
    }
}

pub(super) fn row(number: u128, who: Who, part: Part) -> Row {
    Row {
        person: person(number),
        who,
        gaia: Some(key()),
        also: Vec::new(),
        part,
        enrolment: Enrolment::Gaia,
        first_in: None,
        last_out: None,
        connections: 0,
        connected_ms: 0,
        lobby_ms: 0,
        presence_ms: 0,
        replay_ms: 0,
        status: Status::Absent,
        manual: false,
        reason: String::new(),
        flags: Vec::new(),
        validable: true,
        authenticated: true,
        signatures: Vec::new(),
    }
}

fn came(mut row: Row, from: &str, to: &str, connected_ms: u64, presence_ms: u64) -> Row {
    (row.first_in, row.last_out) = (Some(time(from)), Some(time(to)));
    (row.connections, row.connected_ms, row.presence_ms) = (1, connected_ms, presence_ms);
    row.status = if presence_ms >= 45 * 60_000 { Status::Present } else { Status::Absent };
    row
}

pub(super) fn edition() -> Edition {
    Edition {
        at: time("2026-11-18T15:02:11Z"),
        zone: Zone::named("Europe/Paris"),
        by: "Paul MARTIN".to_owned(),
        version: 1,
        number: 12,
        base_url: "https://cv.example.fr".to_owned(),
    }
}

/// A.1: one before and after the window, one a second short, one who never came, one outside GAIA, and the trainer.
pub(super) fn seance() -> SeanceDocument {
    let durand = row(7, who("DURAND", "Marie", "marie.durand@ac-versailles.fr"), Part::Participant);
    let angelo = row(8, who("D'ANGELO", "Luc", "luc.dangelo@ac-versailles.fr"), Part::Participant);
    let petit = row(9, who("PETIT", "Jean", "jean.petit@ac-versailles.fr"), Part::Participant);
    let nguyen = row(10, who("NGUYEN", "Inès", "ines.nguyen@ac-creteil.fr"), Part::Participant);
    let martin = row(11, who("MARTIN", "Paul", "paul.martin@ac-versailles.fr"), Part::Trainer);
    let mut nguyen = came(nguyen, "2026-11-18T13:00:30Z", "2026-11-18T14:29:10Z", 5_320_000, 5_320_000);
    (nguyen.gaia, nguyen.enrolment) = (None, Enrolment::HorsGaia);
    nguyen.flags.push("HORS_GAIA".to_owned());
    SeanceDocument {
        frame: frame(),
        seance: SeanceHeader {
            id: SeanceId(uuid::Uuid::from_u128(1)),
            kind: SeanceKind::ClasseVirtuelle,
            title: "CV de lancement".to_owned(),
            starts_at: time("2026-11-18T13:00:00Z"),
            zone: Zone::named("Europe/Paris"),
            announced_min: 90,
            effective_ms: 5_400_000,
            threshold_min: 45,
            threshold_auto: true,
            flags: Vec::new(),
            closed: true,
            rule_version: 1,
        },
        edition: edition(),
        counts: Counts { enrolled: 3, present: 1, absent: 2, off_list: 1, ..Counts::default() },
        rows: vec![
            came(durand, "2026-11-18T12:52:10Z", "2026-11-18T14:33:00Z", 6_050_000, 5_400_000),
            came(angelo, "2026-11-18T13:00:00Z", "2026-11-18T13:44:59Z", 2_699_000, 2_699_000),
            petit,
            nguyen,
            came(martin, "2026-11-18T12:40:00Z", "2026-11-18T14:31:00Z", 6_660_000, 5_400_000),
        ],
        corrections: vec![Correction {
            at: time("2026-11-19T08:00:00Z"),
            who: "D'ANGELO Luc".to_owned(),
            kind: "statut".to_owned(),
            old: "absent".to_owned(),
            new: "présent".to_owned(),
            reason: "PANNE_RESEAU".to_owned(),
            text: "=coupure de 20 s".to_owned(),
            author: "Paul MARTIN".to_owned(),
        }],
        half_days: Vec::new(),
    }
}

/// A.2: one with both parts attested, one with the face-to-face part only.
pub(super) fn hours() -> HoursDocument {
    let line = |number, who: Who, distance_attested, validated| HoursRow {
        person: person(number),
        who,
        gaia: vec![key()],
        nominative: true,
        distance_attested,
        presence_attested: true,
        validated_min: Some(validated),
        attested_at: Some(time("2026-12-20T09:00:00Z")),
        attested_by: "MARTIN Paul".to_owned(),
    };
    HoursDocument {
        id: SessionFormationId(uuid::Uuid::from_u128(2)),
        frame: frame(),
        zone: Zone::named("Europe/Paris"),
        edition: edition(),
        rows: vec![
            line(7, who("DURAND", "Marie", "marie.durand@ac-versailles.fr"), true, 360),
            line(9, who("PETIT", "Jean", "jean.petit@ac-versailles.fr"), false, 180),
        ],
    }
}
