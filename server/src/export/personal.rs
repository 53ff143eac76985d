//! Everything that is kept about one person, for that person: complete as JSON, readable as PDF. No address of a network,
//! no device, and nobody else but those who looked.

use jiff::Timestamp;
use serde::Serialize;
use signaling::{
    attendance::{Origin, Segment, Status},
    attestation::AttestedLine,
    correction::{Answer, Change, Reason},
    id::{AttestationId, SeanceId},
    office::{
        person::PersonView,
        privacy::{ViewOfMe, Viewed},
    },
    person::Grant,
};

use super::{
    pdf::{Chapter, PersonalDocument},
    writing::{hmm, length, word},
    zone::Zone,
};

/// The version of the form.
pub const SCHEMA: &str = "my-data/1";

/// One person's data. Durations in the unit that the name says.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PersonalData {
    pub schema: &'static str,
    pub made_at: Timestamp,
    pub person: PersonView,
    /// When the password was last set; absent without an account.
    pub account_changed_at: Option<Timestamp>,
    pub roles: Vec<Grant>,
    pub logins: Vec<Login>,
    pub enrolments: Vec<Enrolment>,
    pub sessions: Vec<Enrolment>,
    pub seances: Vec<Attended>,
    pub attestations: Vec<Attested>,
    /// How many files that left hold a line about this person.
    pub exports: u64,
    pub views: Vec<ViewOfMe>,
}

/// A browser that is or was logged in.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Login {
    pub made_at: Timestamp,
    pub seen_at: Timestamp,
    pub until: Timestamp,
}

/// Expected at a séance, or in a session of a parcours.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Enrolment {
    pub id: String,
    pub title: String,
    pub role: String,
    pub source: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub answer: String,
    pub added_at: Timestamp,
    pub removed_at: Option<Timestamp>,
}

/// One's own line of the presence sheet of a séance, and what one wrote there.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Attended {
    pub seance: SeanceId,
    pub title: String,
    pub starts_at: Timestamp,
    pub duration_min: u32,
    pub time_zone: String,
    /// Absent where there is no line: nobody expected, nobody came.
    pub presence: Option<Presence>,
    pub messages: Vec<Message>,
}

/// The line.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Presence {
    pub threshold_min: u32,
    pub connected_ms: u64,
    pub presence_ms: u64,
    /// Of the recordings, played.
    pub replay_ms: u64,
    pub status: Status,
    pub decided: Status,
    pub origin: Origin,
    pub declared_min: Option<u32>,
    pub first_arrival: Option<Timestamp>,
    pub last_departure: Option<Timestamp>,
    pub segments: Vec<Segment>,
    pub flags: Vec<String>,
    pub corrections: Vec<Correction>,
    pub requests: Vec<Request>,
    pub signatures: Vec<Signed>,
}

/// A correction of one's line; who made it, the sheet says.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Correction {
    pub at: Timestamp,
    pub old: Change,
    pub new: Change,
    pub reason: Reason,
    pub text: String,
}

/// What one asked for.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    pub asked_at: Timestamp,
    pub text: String,
    pub answer: Option<Answer>,
    pub answer_text: String,
    pub answered_at: Option<Timestamp>,
}

/// A half-day that was signed.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Signed {
    pub at: Timestamp,
    /// `qr`, `code`, `tick`, `paper`.
    pub method: String,
}

/// A message of the chat.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    pub at: Timestamp,
    pub text: String,
}

/// An attestation.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Attested {
    pub id: AttestationId,
    pub number: String,
    pub at: Timestamp,
    pub distance_min: Option<u32>,
    pub presence_min: Option<u32>,
    pub reason: String,
    pub verify_code: String,
    pub revoked_at: Option<Timestamp>,
    pub line: Option<AttestedLine>,
}

impl PersonalData {
    /// The same for people to read.
    #[must_use]
    pub fn document(&self, zone: Zone) -> PersonalDocument {
        let name = format!("{} {}", self.person.first_name, self.person.last_name);
        let chapters = vec![
            self.identity(&zone),
            self.expected(&zone),
            self.attended(&zone),
            self.decisions(&zone),
            self.written(&zone),
            self.attested(&zone),
            self.seen(&zone),
        ];
        PersonalDocument { name: name.trim().to_owned(), made_at: self.made_at, zone, chapters }
    }

    fn identity(&self, zone: &Zone) -> Chapter {
        let person = &self.person;
        let roles: Vec<String> =
            self.roles.iter().map(|grant| format!("{} {}", grant.role, grant.scope)).collect();
        let quotite = format!("{} %", person.quotite_percent);
        let exports = self.exports.to_string();
        let mut rows: Vec<Vec<String>> = [
            ("Nom", person.last_name.as_str()),
            ("Prénom", &person.first_name),
            ("Courriel", person.email.as_deref().unwrap_or_default()),
            ("Académie", &person.academy),
            ("École", &person.school),
            ("Commune", &person.town),
            ("Code UAI", &person.uai),
            ("Circonscription", &person.circonscription),
            ("Degré et secteur", person.degree.map_or("", signaling::person::Degree::code)),
            ("Quotité", &quotite),
            ("Fichiers exportés qui portent une ligne à ce nom", &exports),
        ]
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(title, value)| vec![title.to_owned(), value.to_owned()])
        .collect();
        for role in roles {
            rows.push(vec!["Rôle".to_owned(), role.trim_end().to_owned()]);
        }
        if let Some(changed) = self.account_changed_at {
            rows.push(vec!["Compte, mot de passe du".to_owned(), zone.date_and_hour(changed)]);
        }
        for login in &self.logins {
            let span =
                format!("{} – {}", zone.date_and_hour(login.made_at), zone.date_and_hour(login.seen_at));
            rows.push(vec!["Connexion au compte".to_owned(), span]);
        }
        let remark = "Gardés tant que le compte ou une inscription existe. Ni adresse de réseau ni appareil.";
        chapter("Identité et compte", remark, &["Donnée", "Valeur"], rows)
    }

    fn expected(&self, zone: &Zone) -> Chapter {
        let rows = self.enrolments.iter().chain(&self.sessions).map(|one| {
            vec![
                one.title.clone(),
                one.role.clone(),
                one.source.clone(),
                zone.date(one.added_at),
                one.removed_at.map(|at| zone.date(at)).unwrap_or_default(),
            ]
        });
        let columns = ["Séance ou session", "Rôle", "Source", "Depuis le", "Jusqu’au"];
        chapter("Inscriptions", RESULTS, &columns, rows.collect())
    }

    fn attended(&self, zone: &Zone) -> Chapter {
        let lines = self.seances.iter().filter_map(|one| Some((one, one.presence.as_ref()?)));
        let rows = lines.map(|(one, line)| {
            let at = |at: Option<Timestamp>| at.map(|at| zone.time(at)).unwrap_or_default();
            let bounds = format!("{} – {}", at(line.first_arrival), at(line.last_departure));
            vec![
                format!("{} {}", zone.date_and_hour(one.starts_at), one.title),
                bounds.trim_matches([' ', '–']).to_owned(),
                length(line.presence_ms),
                length(line.replay_ms),
                format!("{} min", line.threshold_min),
                word(line.decided, true).to_owned(),
            ]
        });
        let columns = ["Séance", "Arrivée – départ", "Présence retenue", "Replay vu", "Seuil", "Statut"];
        chapter("Présence", RESULTS, &columns, rows.collect())
    }

    fn decisions(&self, zone: &Zone) -> Chapter {
        let mut rows = Vec::new();
        for one in &self.seances {
            let Some(line) = &one.presence else { continue };
            let row = |at: Timestamp, what: &str, text: String| {
                vec![one.title.clone(), zone.date_and_hour(at), what.to_owned(), text]
            };
            for fix in &line.corrections {
                rows.push(row(fix.at, "correction", format!("{} {}", fix.reason.code(), fix.text)));
            }
            for asked in &line.requests {
                rows.push(row(asked.asked_at, "demande", asked.text.clone()));
                if let Some(at) = asked.answered_at {
                    let accepted = asked.answer == Some(Answer::Accepted);
                    let what = if accepted { "demande acceptée" } else { "demande refusée" };
                    rows.push(row(at, what, asked.answer_text.clone()));
                }
            }
            for signed in &line.signatures {
                rows.push(row(signed.at, "émargement", signed.method.clone()));
            }
        }
        let columns = ["Séance", "Le", "Quoi", "Texte"];
        chapter("Corrections, demandes, émargements", RESULTS, &columns, rows)
    }

    fn written(&self, zone: &Zone) -> Chapter {
        let rows = self.seances.iter().flat_map(|one| {
            one.messages
                .iter()
                .map(|said| vec![one.title.clone(), zone.date_and_hour(said.at), said.text.clone()])
        });
        let remark = "Gardés quelques jours après la séance, puis effacés.";
        chapter("Messages de discussion", remark, &["Séance", "Le", "Texte"], rows.collect())
    }

    fn attested(&self, zone: &Zone) -> Chapter {
        let minutes = |count: Option<u32>| count.map(hmm).unwrap_or_default();
        let rows = self.attestations.iter().map(|one| {
            vec![
                one.number.clone(),
                zone.date(one.at),
                one.line.as_ref().map(|line| line.title.clone()).unwrap_or_default(),
                minutes(one.distance_min),
                minutes(one.presence_min),
                one.revoked_at.map(|at| zone.date(at)).unwrap_or_default(),
            ]
        });
        let columns = ["Numéro", "Le", "Formation", "À distance", "En présence", "Révoquée le"];
        chapter("Attestations", RESULTS, &columns, rows.collect())
    }

    fn seen(&self, zone: &Zone) -> Chapter {
        let rows = self.views.iter().map(|view| {
            let what = match view.what {
                Viewed::Presence => "feuille de présence",
                Viewed::Export => "fichier exporté",
                Viewed::Hours => "heures",
                Viewed::Attestation => "attestation",
                Viewed::People => "liste des personnes",
                Viewed::Supervision => "suivi de circonscription",
                Viewed::Enrolment => "liste des inscrits",
                Viewed::Other => "autre consultation",
            };
            vec![zone.date_and_hour(view.at), view.viewer.clone(), what.to_owned(), view.title.clone()]
        });
        let columns = ["Le", "Par", "Quoi", "Titre"];
        chapter("Qui a consulté ces données", "Une ligne par heure au plus.", &columns, rows.collect())
    }
}

/// Why and until when.
const RESULTS: &str = "Gardé le temps de valider les heures : l’année scolaire, la suivante, puis l’archive.";

fn chapter(title: &str, remark: &str, columns: &[&str], rows: Vec<Vec<String>>) -> Chapter {
    Chapter {
        title: title.to_owned(),
        remark: remark.to_owned(),
        columns: columns.iter().map(|one| (*one).to_owned()).collect(),
        rows,
    }
}
