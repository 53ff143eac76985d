//! The table as people would say it.

use super::*;

fn may(standing: Standing, acts: &[Act]) {
    for act in acts {
        assert!(allowed(standing, *act), "{standing:?} may {act:?}");
    }
}

fn may_not(standing: Standing, acts: &[Act]) {
    for act in acts {
        assert!(!allowed(standing, *act), "{standing:?} may not {act:?}");
    }
}

const PRESENCE: &[Act] =
    &[Act::SeePresence, Act::CorrectPresence, Act::AnswerRequest, Act::ExportPresence, Act::SignForOthers];
const GAIA: &[Act] = &[Act::SearchGaia, Act::SeeGaiaLinks, Act::ChangeGaiaLinks, Act::ExportGaia];

#[test]
fn who_is_not_logged_in_may_log_in_and_use_what_a_secret_opens() {
    let open: Vec<Act> = Act::ALL.iter().copied().filter(|act| allowed(Nobody, *act)).collect();
    assert_eq!(open, [Act::LogIn, Act::ReadCalendar, Act::VerifyAttestation]);
}

#[test]
fn a_stranger_has_only_the_own_account_besides() {
    let open: Vec<Act> = Act::ALL.iter().copied().filter(|act| allowed(Stranger, *act)).collect();
    let own = [
        Act::LogIn,
        Act::SeeSelf,
        Act::SearchSchools,
        Act::ChooseOwnSchool,
        Act::MakeCalendar,
        Act::ReadCalendar,
        Act::VerifyAttestation,
    ];
    assert_eq!(open, own);
}

#[test]
fn a_tutor_sees_no_list_of_gaia_and_no_presence() {
    may(Tutor, &[Act::SeeSeance, Act::EnterSeance, Act::AnswerInvitation, Act::SeeOwnPresence]);
    may_not(Tutor, GAIA);
    may_not(Tutor, PRESENCE);
    may_not(Tutor, &[Act::SeeEnrolments, Act::SeeSessionEnrolments, Act::SeeHours]);
}

#[test]
fn a_trainer_leads_corrects_and_attests_until_the_lock() {
    may(Trainer, PRESENCE);
    may(Trainer, GAIA);
    may(Trainer, &[Act::PlanSeance, Act::ChangeEnrolments, Act::MakePersonalLink, Act::Attest]);
    may_not(
        Trainer,
        &[
            Act::CorrectLockedPresence,
            Act::ImportGaia,
            Act::SeePeople,
            Act::InvitePerson,
            Act::ChangeParcours,
            Act::SeeHoursOf,
            Act::Supervise,
            Act::AcceptHoursException,
        ],
    );
}

#[test]
fn a_participant_sees_the_own_line_and_asks() {
    may(Participant, &[Act::SeeOwnPresence, Act::AskCorrection, Act::SignHalfDay, Act::AnswerInvitation]);
    may_not(Participant, PRESENCE);
    may_not(Participant, &[Act::SeeEnrolments, Act::ChangeSeance, Act::SeeOpenLink, Act::SeeHours]);
}

#[test]
fn an_inspector_sees_hours_and_attestations_never_minutes() {
    may(Inspector, &[Act::SeeHoursOf, Act::SeeAttestation, Act::Supervise]);
    may_not(Inspector, PRESENCE);
    may_not(
        Inspector,
        &[Act::SeeSeance, Act::SeeHours, Act::SeeOwnPresence, Act::SeeEnrolments, Act::Attest],
    );
}

#[test]
fn a_concepteur_prepares_and_sees_nobody() {
    may(Concepteur, &[Act::PlanSeance, Act::ChangeSeance, Act::ChangeParcours, Act::MakeSessionFormation]);
    may_not(Concepteur, PRESENCE);
    may_not(Concepteur, GAIA);
    may_not(Concepteur, &[Act::SeeEnrolments, Act::EnterSeance, Act::SeePeople, Act::SeeHours]);
}

#[test]
fn a_gestionnaire_manages_and_does_not_make_officers() {
    may(Gestionnaire, PRESENCE);
    may(Gestionnaire, &[Act::CorrectLockedPresence, Act::ImportGaia, Act::InvitePerson, Act::SeeStatistics]);
    may(Gestionnaire, &[Act::ErasePerson, Act::SeeRetention]);
    may_not(Gestionnaire, &[Act::GrantRole, Act::ManageOfficer]);
    may(Gestionnaire, &[Act::AppointTrainer]);
    may(Gestionnaire, &[Act::Attest, Act::AcceptHoursException]);
}

#[test]
fn an_administrator_may_all_but_what_is_personal() {
    let personal = [
        Act::AnswerInvitation,
        Act::SeeOwnPresence,
        Act::AskCorrection,
        Act::SignHalfDay,
        Act::TakeBadge,
        Act::SeeOwnData,
    ];
    let refused: Vec<Act> = Act::ALL.iter().copied().filter(|act| !allowed(Administrator, *act)).collect();
    assert_eq!(refused, personal);
}

#[test]
fn who_leads_attests_as_the_one_who_was_there() {
    let manages =
        vec![Grant { role: PlatformRole::Gestionnaire, scope: "ac-lyon".to_owned(), academy: String::new() }];
    let standings = Standings::of(&manages, Object::Held("ac-lyon"));
    assert_eq!(standings.capacity(), Capacity::Gestionnaire);
    assert_eq!(standings.and(Trainer).capacity(), Capacity::Formateur);
    let all =
        vec![Grant { role: PlatformRole::Administrateur, scope: String::new(), academy: String::new() }];
    assert_eq!(Standings::of(&all, Object::Held("ac-lyon")).capacity(), Capacity::Administrateur);
}

#[test]
fn roles_reach_as_far_as_their_scope() {
    let granted = |role, scope: &str, academy: &str| {
        vec![Grant { role, scope: scope.to_owned(), academy: academy.to_owned() }]
    };
    let grant = |role, scope: &str| granted(role, scope, "");
    let here = grant(PlatformRole::Gestionnaire, "ac-lyon");
    let held = |academy| Standings::of(&here, Object::Held(academy)).verdict(Act::SeePresence);
    assert_eq!(held("ac-lyon"), Verdict::Allowed);
    assert_eq!(held("ac-nice"), Verdict::Hidden);
    assert_eq!(held(""), Verdict::Hidden, "what belongs to no academy is no gestionnaire's");
    assert_eq!(Standings::of(&here, Object::Held("ac-lyon")).verdict(Act::GrantRole), Verdict::Refused);
    assert_eq!(Standings::nobody().verdict(Act::SeePresence), Verdict::LoginNeeded);
    assert_eq!(Standings::nobody().verdict(Act::VerifyAttestation), Verdict::Allowed);

    let formateur = grant(PlatformRole::Formateur, "ac-lyon");
    let plans = Standings::of(&formateur, Object::Academy("ac-lyon"));
    assert_eq!(plans.verdict(Act::PlanSeance), Verdict::Allowed);
    assert_eq!(Standings::of(&formateur, Object::Held("ac-lyon")).verdict(Act::SeePresence), Verdict::Hidden);

    let inspector = granted(PlatformRole::Inspecteur, "Vénissieux", "ac-lyon");
    let about = |academy, circonscription| {
        let person = Object::Person { academy, circonscription };
        Standings::of(&inspector, person).verdict(Act::SeeHoursOf)
    };
    assert_eq!(about("ac-lyon", "Vénissieux"), Verdict::Allowed);
    assert_eq!(about("ac-nice", "Vénissieux"), Verdict::Hidden, "the same name elsewhere");
    assert_eq!(about("", "Vénissieux"), Verdict::Hidden);
    assert_eq!(about("ac-lyon", "Bron"), Verdict::Hidden);
    assert_eq!(about("ac-lyon", ""), Verdict::Hidden);
    let nowhere = grant(PlatformRole::Inspecteur, "Vénissieux");
    let nobody = Object::Person { academy: "", circonscription: "Vénissieux" };
    assert_eq!(Standings::of(&nowhere, nobody).verdict(Act::SeeHoursOf), Verdict::Hidden);
    let unbounded = grant(PlatformRole::Inspecteur, "");
    let nowhere = Object::Person { academy: "", circonscription: "" };
    assert_eq!(Standings::of(&unbounded, nowhere).verdict(Act::SeeHoursOf), Verdict::Hidden);
}
