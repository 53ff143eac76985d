//! What each address does to what.

use serde_json::{Value, json};
use signaling::authorisation::{Act, Standing};

use super::world::World;

/// Addresses that ask no standing: what they open is a secret in the request, or nothing at all.
pub(super) const OPEN: &[&str] = &[
    "GET /healthz",
    "GET /ws",
    "POST /api/login",
    "POST /api/logout",
    "GET /api/me",
    "POST /api/invitation",
    "GET /api/verifier",
    "GET /badges/issuer",
    "GET /badges/keys",
    "GET /badges/keys/{kid}",
    "GET /badges/status",
    // By the code on a paper.
    "GET /api/attestation/{code}",
    "GET /api/calendar/{secret}",
    "GET /api/{*other}",
    // By the ticket of a link; `refusals` and `attendance` ask these.
    "GET /api/entry",
    "GET /api/presence",
    "GET /api/presence/me",
    "GET /api/presence.csv",
    "GET /api/presence.proof",
    "POST /api/replay/{recording}/open",
    "POST /api/replay/{recording}/watched",
    "GET /api/replay/{recording}/{*file}",
];

/// Addresses for everybody who is logged in; what they list is each one's own.
pub(super) const OWN: &[(&str, &str)] = &[
    ("POST /api/password", r#"{"old":"","new":""}"#),
    ("GET /api/me/data", ""),
    ("GET /api/me/data.pdf", ""),
    ("GET /api/me/views", ""),
    ("GET /api/templates", ""),
    ("GET /api/seances", ""),
    ("GET /api/parcours", ""),
    ("GET /api/gaia/academies", ""),
    ("GET /api/sessions-formation", ""),
    ("GET /api/hours/mine", ""),
    ("GET /api/interventions/mine", ""),
    ("GET /api/attestations/mine", ""),
    ("POST /api/calendar", "{}"),
    ("DELETE /api/calendar", ""),
    ("GET /api/exports?scope=mine", ""),
    ("GET /api/recordings/expiring", ""),
    ("POST /api/emargement", r#"{"code":"000000"}"#),
    ("POST /api/gaia/import", r#"{"token":"none"}"#),
    ("POST /api/schools/import", r#"{"token":"none"}"#),
    ("GET /api/schools?search=x", ""),
    ("POST /api/me/school", r#"{"uai":"0780001C"}"#),
];

/// What the object of an address is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum On {
    Seance,
    Session,
    Parcours,
    Academy,
    Person,
    /// What was attested of a person in a session.
    Attestation,
}

impl On {
    /// About one person, whose own data it is.
    pub(super) fn is_personal(self) -> bool {
        matches!(self, Self::Person | Self::Attestation)
    }

    /// Whether somebody in that standing has anything to do with the object: others are told that there is none.
    pub(super) fn concerns(self, standing: Standing) -> bool {
        use Standing as S;
        match standing {
            S::Administrator | S::Gestionnaire => true,
            S::Trainer => self != Self::Person,
            S::Concepteur => self != Self::Person,
            S::Tutor => matches!(self, Self::Seance | Self::Session | Self::Attestation),
            S::Participant => matches!(self, Self::Seance | Self::Session),
            S::Inspector | S::Oneself => self.is_personal(),
            S::Stranger | S::Nobody => false,
        }
    }
}

/// What each address does to what. Those that destroy come last.
pub(super) fn table(world: &World) -> Vec<(&'static str, Act, On, Value)> {
    let person = &world.participant;
    let enrolment = json!({"people": [{"email": "neu@ac-versailles.fr"}]});
    let gaia = json!({"base": "ACAVER", "dispositif": "26A0250123", "module": 1, "session": 1});
    let correction = json!({"kind": "status", "people": [person], "new": "absent", "reason": "AUTRE", "text": "", "seen": 0});
    let room = json!({"shared": person, "people": [], "minutes": 10, "text": "", "seen": 0});
    let half_day = json!({"startsAt": "2026-11-18T09:00", "durationMin": 180});
    let later = json!({"startsAt": "2026-12-18T14:00"});
    let seance = json!({"title": "Essai", "startsAt": "2026-12-18T14:00", "durationMin": 60, "academy": "ac-versailles"});
    let parcours = json!({"title": "Essai", "academy": "ac-versailles"});
    let none = Value::Null;
    vec![
        ("GET /api/seances/{id}", Act::SeeSeance, On::Seance, none.clone()),
        ("GET /api/seances/{id}/calendar.ics", Act::SeeSeance, On::Seance, none.clone()),
        ("GET /api/seances/{id}/open-link", Act::SeeOpenLink, On::Seance, none.clone()),
        ("GET /api/seances/{id}/enrolments", Act::SeeEnrolments, On::Seance, none.clone()),
        ("GET /api/seances/{id}/gaia-links", Act::SeeGaiaLinks, On::Seance, none.clone()),
        ("GET /api/seances/{id}/presence", Act::SeePresence, On::Seance, none.clone()),
        ("GET /api/seances/{id}/presence/me", Act::SeeOwnPresence, On::Seance, none.clone()),
        ("GET /api/seances/{id}/half-days", Act::SeeHalfDays, On::Seance, none.clone()),
        ("GET /api/half-days/{half}/code", Act::ShowHalfDayCode, On::Seance, none.clone()),
        ("GET /api/half-days/{half}/scans/{nobody}", Act::SeeHalfDays, On::Seance, none.clone()),
        ("POST /api/half-days/{half}/scans", Act::SignForOthers, On::Seance, none.clone()),
        (
            "POST /api/half-days/{half}/signatures",
            Act::SignForOthers,
            On::Seance,
            json!({"person": person, "method": "tick"}),
        ),
        ("GET /api/sessions-formation/{session}", Act::SeeSessionFormation, On::Session, none.clone()),
        (
            "GET /api/sessions-formation/{session}/enrolments",
            Act::SeeSessionEnrolments,
            On::Session,
            none.clone(),
        ),
        ("GET /api/sessions-formation/{session}/hours", Act::SeeHours, On::Session, none.clone()),
        ("GET /api/sessions-formation/{session}/interventions", Act::SeeHours, On::Session, none.clone()),
        (
            "POST /api/sessions-formation/{session}/attestations",
            Act::Attest,
            On::Session,
            json!({"kind": "all_proposed"}),
        ),
        (
            "POST /api/sessions-formation/{session}/hours-exceptions",
            Act::AcceptHoursException,
            On::Session,
            json!({"person": person, "kind": "repeated"}),
        ),
        ("GET /api/people/{person}/hours", Act::SeeHoursOf, On::Person, none.clone()),
        ("GET /api/attestations/{attestation}/pdf", Act::SeeAttestation, On::Attestation, none.clone()),
        ("GET /api/attestations/{attestation}/badge", Act::TakeBadge, On::Attestation, none.clone()),
        ("GET /api/attestations/{attestation}/receipt", Act::SeeAttestation, On::Attestation, none.clone()),
        (
            "DELETE /api/attestations/{attestation}",
            Act::RevokeAttestation,
            On::Attestation,
            json!({"reason": "Erreur."}),
        ),
        ("GET /api/parcours/{parcours}", Act::SeeParcours, On::Parcours, none.clone()),
        ("GET /api/gaia/dispositifs?academy=ac-versailles", Act::SearchGaia, On::Academy, none.clone()),
        (
            "GET /api/gaia/modules?academy=ac-versailles&base=ACAVER&dispositif=26A0250123",
            Act::SearchGaia,
            On::Academy,
            none.clone(),
        ),
        (
            "GET /api/gaia/sessions?academy=ac-versailles&base=ACAVER&dispositif=26A0250123&module=1",
            Act::SearchGaia,
            On::Academy,
            none.clone(),
        ),
        (
            "GET /api/statistics?year=2026&academy=ac-versailles",
            Act::SeeStatistics,
            On::Academy,
            none.clone(),
        ),
        ("GET /api/seances/{id}/export/{format}", Act::ExportPresence, On::Seance, none.clone()),
        ("GET /api/seances/{id}/exports", Act::SeeExports, On::Seance, none.clone()),
        ("GET /api/exports/{number}", Act::SeeExports, On::Seance, none.clone()),
        ("POST /api/seances/{id}/recordings/kept", Act::KeepRecordings, On::Seance, none.clone()),
        ("DELETE /api/seances/{id}/recordings/kept", Act::KeepRecordings, On::Seance, none.clone()),
        (
            "GET /api/sessions-formation/{session}/export/{format}",
            Act::ExportHours,
            On::Session,
            none.clone(),
        ),
        ("POST /api/seances/{id}/enter", Act::EnterSeance, On::Seance, none.clone()),
        ("POST /api/seances/{id}/requests", Act::AskCorrection, On::Seance, json!({"text": "C’est faux."})),
        (
            "POST /api/requests/{request}/answer",
            Act::AnswerRequest,
            On::Seance,
            json!({"answer": "refused", "text": "Non."}),
        ),
        ("POST /api/seances/{id}/answer", Act::AnswerInvitation, On::Seance, json!({"answer": "yes"})),
        ("POST /api/seances/{id}/corrections", Act::CorrectPresence, On::Seance, correction),
        ("POST /api/seances/{id}/shared-room", Act::CorrectPresence, On::Seance, room),
        (
            "DELETE /api/half-days/{half}/signatures/{nobody}",
            Act::SignForOthers,
            On::Seance,
            json!({"reason": "Erreur de ligne."}),
        ),
        ("DELETE /api/half-days/{half}", Act::PlanHalfDay, On::Seance, none.clone()),
        ("POST /api/seances/{id}/half-days", Act::PlanHalfDay, On::Seance, half_day),
        ("POST /api/seances/{id}/personal-links/{person}", Act::MakePersonalLink, On::Seance, none.clone()),
        (
            "DELETE /api/seances/{id}/personal-links/{person}",
            Act::RevokePersonalLink,
            On::Seance,
            none.clone(),
        ),
        ("POST /api/seances/{id}/enrolments", Act::ChangeEnrolments, On::Seance, enrolment.clone()),
        (
            "POST /api/seances/{id}/enrolments/csv?preview=true",
            Act::ChangeEnrolments,
            On::Seance,
            json!("text"),
        ),
        ("POST /api/seances/{id}/gaia-links", Act::ChangeGaiaLinks, On::Seance, gaia.clone()),
        ("DELETE /api/seances/{id}/gaia-links", Act::ChangeGaiaLinks, On::Seance, gaia.clone()),
        (
            "POST /api/sessions-formation/{session}/enrolments",
            Act::ChangeSessionEnrolments,
            On::Session,
            enrolment,
        ),
        (
            "POST /api/sessions-formation/{session}/enrolments/csv?preview=true",
            Act::ChangeSessionEnrolments,
            On::Session,
            json!("text"),
        ),
        (
            "PATCH /api/sessions-formation/{session}",
            Act::ChangeSessionFormation,
            On::Session,
            json!({"title": "Autre"}),
        ),
        ("PATCH /api/parcours/{parcours}", Act::ChangeParcours, On::Parcours, json!({"title": "Autre"})),
        ("PATCH /api/seances/{id}", Act::ChangeSeance, On::Seance, json!({"title": "Autre"})),
        ("POST /api/seances/{id}/duplicate", Act::ChangeSeance, On::Seance, later),
        ("POST /api/seances", Act::PlanSeance, On::Academy, seance.clone()),
        (
            "POST /api/seances/series",
            Act::PlanSeance,
            On::Academy,
            json!({"seance": seance, "every": "weekly", "count": 2}),
        ),
        ("POST /api/parcours", Act::ChangeParcours, On::Academy, parcours),
        ("PATCH /api/people/{person}", Act::ChangePerson, On::Person, json!({"town": "Trappes"})),
        ("POST /api/people/{person}/invitation", Act::InvitePerson, On::Person, none.clone()),
        (
            "POST /api/people/{person}/roles",
            Act::GrantRole,
            On::Person,
            json!({"role": "inspecteur", "scope": "X", "granted": false}),
        ),
        (
            "POST /api/people/{person}/roles",
            Act::AppointTrainer,
            On::Person,
            json!({"role": "formateur", "scope": "ac-versailles", "granted": false}),
        ),
        (
            "DELETE /api/sessions-formation/{session}/enrolments/{nobody}",
            Act::ChangeSessionEnrolments,
            On::Session,
            none.clone(),
        ),
        ("DELETE /api/seances/{id}/enrolments/{nobody}", Act::ChangeEnrolments, On::Seance, none.clone()),
        (
            "POST /api/sessions-formation/{session}/archive",
            Act::ArchiveSessionFormation,
            On::Session,
            none.clone(),
        ),
        ("DELETE /api/seances/{id}", Act::CancelSeance, On::Seance, none),
        ("POST /api/people/{person}/erasure", Act::ErasePerson, On::Person, json!({"reason": "Demande."})),
    ]
}

/// Addresses whose object is only named in the body, or that list by scope: refused in their own stories.
pub(super) const ELSEWHERE: &[&str] = &[
    "GET /api/people",
    "POST /api/people",
    "POST /api/sessions-formation",
    "POST /api/gaia/preview",
    "POST /api/schools/preview",
    // By the circonscriptions and academies of the asker: in `supervision`.
    "GET /api/supervision",
    "GET /api/supervision/export/{format}",
    "GET /api/retention",
    "GET /api/retention/{run}/certificate",
];
