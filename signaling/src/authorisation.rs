//! Who may do what outside the room: one table, exhaustive, so that a new act does not compile before somebody has
//! decided about it (domain rules §1.1). Inside the room `room/permission.rs` decides.
//!
//! A person stands in several ways towards one object; one that allows is enough.

use crate::attestation::Capacity;
use crate::enrolment::EnrolmentRole;
use crate::person::{Grant, PlatformRole};

/// Declares the acts with a list of all of them.
macro_rules! acts {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// What a route does. The object is named by the route: a séance, a session of a parcours, a person, an
        /// academy, or nothing.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Act {
            $($(#[$doc])* $name,)*
        }

        impl Act {
            /// All of them, for tables and tests.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];
        }
    };
}

acts! {
    // Accounts and people.
    /// Log in, take up an invitation.
    LogIn,
    /// Who am I, log out, change my password.
    SeeSelf,
    SeePeople,
    MakePerson,
    ChangePerson,
    /// A link to choose a password; whoever holds it is that person.
    InvitePerson,
    /// The same and changes, where the person has a role on the platform.
    ManageOfficer,
    GrantRole,
    /// The role of a trainer or of a concepteur, in an academy.
    AppointTrainer,
    /// Schools and their circonscriptions: public data.
    SearchSchools,
    /// Where one teaches oneself.
    ChooseOwnSchool,
    /// The directory of an academy.
    ImportSchools,
    MakePersonalLink,
    RevokePersonalLink,
    SeeOpenLink,
    EnterSeance,

    // Planning.
    SeeSeance,
    PlanSeance,
    ChangeSeance,
    CancelSeance,
    SeeEnrolments,
    ChangeEnrolments,
    /// "Je viendrai", "je ne viendrai pas".
    AnswerInvitation,
    SeeParcours,
    ChangeParcours,
    SeeSessionFormation,
    MakeSessionFormation,
    ChangeSessionFormation,
    ArchiveSessionFormation,
    SeeSessionEnrolments,
    ChangeSessionEnrolments,
    SearchGaia,
    SeeGaiaLinks,
    ChangeGaiaLinks,
    ImportGaia,
    /// One's own private calendar address.
    MakeCalendar,
    /// By the secret in the address.
    ReadCalendar,

    // Presence.
    SeePresence,
    SeeOwnPresence,
    CorrectPresence,
    /// More than 15 days after the end.
    CorrectLockedPresence,
    /// "C'est faux".
    AskCorrection,
    AnswerRequest,
    SeeHalfDays,
    PlanHalfDay,
    ShowHalfDayCode,
    SignHalfDay,
    SignForOthers,

    // Hours.
    SeeHours,
    Attest,
    RevokeAttestation,
    /// The same parcours twice in a year, or both trainer and trainee: let it count.
    AcceptHoursException,
    SeeAttestation,
    /// By the code on the paper.
    VerifyAttestation,
    /// Somebody's annual account.
    SeeHoursOf,
    Supervise,
    SeeStatistics,

    // Files and privacy.
    ExportPresence,
    /// E-mail addresses in what one exports.
    SeeAddresses,
    ExportHours,
    /// What is typed into GAIA.
    ExportGaia,
    SeeExports,
    TakeBadge,
    /// The journal of proof with its receipts.
    ExportProof,
    SeeOwnData,
    /// As long as may be, or until their term again.
    KeepRecordings,
    SeeRetention,
    ErasePerson,
}

/// How somebody stands towards an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    Administrator,
    /// Of the academy of the object.
    Gestionnaire,
    /// Trainer or co-trainer of the séance or of its session, or its maker; towards an academy, a trainer in it.
    Trainer,
    Tutor,
    /// Enrolled.
    Participant,
    /// Of the person's circonscription.
    Inspector,
    /// The person the data is about.
    Oneself,
    /// Of the academy of the object.
    Concepteur,
    /// Logged in, and nothing else.
    Stranger,
    /// Not logged in.
    Nobody,
}

use Standing::{
    Administrator, Concepteur, Gestionnaire, Inspector, Nobody, Oneself, Participant, Stranger, Trainer,
    Tutor,
};

impl Standing {
    /// All of them, for tables and tests.
    pub const ALL: [Self; 10] = [
        Administrator,
        Gestionnaire,
        Trainer,
        Tutor,
        Participant,
        Inspector,
        Oneself,
        Concepteur,
        Stranger,
        Nobody,
    ];

    /// Of the role of an enrolment.
    #[must_use]
    pub fn of_enrolment(role: EnrolmentRole) -> Self {
        match role {
            EnrolmentRole::Trainer | EnrolmentRole::CoTrainer => Trainer,
            EnrolmentRole::Tutor => Tutor,
            EnrolmentRole::Participant | EnrolmentRole::Observer => Participant,
        }
    }
}

const EVERYBODY: &[Standing] = &Standing::ALL;
const KNOWN: &[Standing] =
    &[Administrator, Gestionnaire, Trainer, Tutor, Participant, Inspector, Oneself, Concepteur, Stranger];
const MANAGE: &[Standing] = &[Administrator, Gestionnaire];
const LEAD: &[Standing] = &[Administrator, Gestionnaire, Trainer];
const PREPARE: &[Standing] = &[Administrator, Gestionnaire, Trainer, Concepteur];
const CONCEIVE: &[Standing] = &[Administrator, Gestionnaire, Concepteur];
const TAKE_PART: &[Standing] = &[Administrator, Gestionnaire, Trainer, Tutor, Participant];
const SEE: &[Standing] = &[Administrator, Gestionnaire, Trainer, Tutor, Participant, Concepteur];

/// Who may do it.
#[must_use]
pub fn who(act: Act) -> &'static [Standing] {
    match act {
        Act::LogIn | Act::ReadCalendar | Act::VerifyAttestation => EVERYBODY,
        Act::SeeSelf | Act::MakeCalendar | Act::SearchSchools | Act::ChooseOwnSchool => KNOWN,
        Act::SeePeople | Act::MakePerson | Act::ChangePerson | Act::InvitePerson => MANAGE,
        Act::AppointTrainer => MANAGE,
        Act::ManageOfficer | Act::GrantRole => &[Administrator],
        Act::SeeRetention | Act::ErasePerson => MANAGE,
        Act::MakePersonalLink | Act::RevokePersonalLink | Act::SeeOpenLink => LEAD,
        Act::EnterSeance => TAKE_PART,
        Act::SeeSeance | Act::SeeSessionFormation => SEE,
        Act::PlanSeance | Act::ChangeSeance | Act::CancelSeance => PREPARE,
        Act::SeeParcours | Act::ChangeSessionFormation => PREPARE,
        Act::ChangeParcours | Act::MakeSessionFormation => CONCEIVE,
        Act::ArchiveSessionFormation => LEAD,
        Act::SeeEnrolments | Act::ChangeEnrolments => LEAD,
        Act::SeeSessionEnrolments | Act::ChangeSessionEnrolments => LEAD,
        Act::AnswerInvitation => &[Tutor, Participant],
        Act::SearchGaia | Act::SeeGaiaLinks | Act::ChangeGaiaLinks => LEAD,
        Act::ImportGaia | Act::ImportSchools => MANAGE,
        Act::SeePresence | Act::CorrectPresence | Act::AnswerRequest => LEAD,
        Act::SeeOwnPresence => &[Trainer, Tutor, Participant],
        Act::CorrectLockedPresence => MANAGE,
        Act::AskCorrection => &[Participant],
        // The list of a half-day has lines for those who lead it, too.
        Act::SignHalfDay => &[Trainer, Tutor, Participant],
        Act::SeeHalfDays | Act::PlanHalfDay | Act::ShowHalfDayCode | Act::SignForOthers => LEAD,
        Act::SeeHours | Act::Attest | Act::RevokeAttestation => LEAD,
        Act::SeeAttestation => &[Administrator, Gestionnaire, Trainer, Inspector, Oneself],
        Act::SeeHoursOf => &[Administrator, Gestionnaire, Inspector, Oneself],
        Act::Supervise => &[Administrator, Gestionnaire, Inspector],
        Act::AcceptHoursException | Act::SeeStatistics => MANAGE,
        Act::ExportPresence | Act::ExportHours | Act::ExportGaia | Act::ExportProof => LEAD,
        Act::SeeExports | Act::SeeAddresses | Act::KeepRecordings => LEAD,
        Act::TakeBadge | Act::SeeOwnData => &[Oneself],
    }
}

/// The table.
#[must_use]
pub fn allowed(standing: Standing, act: Act) -> bool {
    who(act).contains(&standing)
}

/// All ways in which somebody stands towards one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standings(Vec<Standing>);

/// What is to be answered to somebody who asks for an act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Allowed,
    /// Nobody knows who asks.
    LoginNeeded,
    /// Somebody who has to do with the object, but may not do that.
    Refused,
    /// Somebody who has nothing to do with it: the object might as well not exist.
    Hidden,
}

/// What an object hangs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Object<'o> {
    /// Of the platform as a whole.
    Platform,
    /// An academy and what it offers: the right to plan there, its parcours.
    Academy(&'o str),
    /// A séance or a session that the academy holds; trainers lead only their own.
    Held(&'o str),
    /// The teachers of one circonscription of an academy.
    Circonscription { academy: &'o str, circonscription: &'o str },
    /// Somebody's data.
    Person { academy: &'o str, circonscription: &'o str },
}

impl Standings {
    /// Of somebody who is not logged in.
    #[must_use]
    pub fn nobody() -> Self {
        Self(vec![Nobody])
    }

    /// Of somebody with those roles on the platform.
    #[must_use]
    pub fn of(grants: &[Grant], object: Object<'_>) -> Self {
        let mut all = vec![Stranger];
        all.extend(grants.iter().filter_map(|grant| granted(grant, object)));
        Self(all)
    }

    /// With one more: an enrolment, or that the data is one's own.
    #[must_use]
    pub fn and(mut self, standing: Standing) -> Self {
        self.0.push(standing);
        self
    }

    /// As what the person attests: who leads does it as the one who was there.
    #[must_use]
    pub fn capacity(&self) -> Capacity {
        if self.0.contains(&Trainer) {
            Capacity::Formateur
        } else if self.0.contains(&Gestionnaire) {
            Capacity::Gestionnaire
        } else {
            Capacity::Administrateur
        }
    }

    /// What is to be answered.
    #[must_use]
    pub fn verdict(&self, act: Act) -> Verdict {
        if self.0.iter().any(|standing| allowed(*standing, act)) {
            Verdict::Allowed
        } else if self.0.contains(&Nobody) {
            Verdict::LoginNeeded
        } else if self.0.iter().any(|standing| *standing != Stranger) {
            Verdict::Refused
        } else {
            Verdict::Hidden
        }
    }
}

/// What a role on the platform means towards an object.
fn granted(grant: &Grant, object: Object<'_>) -> Option<Standing> {
    let academy = match object {
        Object::Academy(academy) | Object::Held(academy) | Object::Person { academy, .. } => academy,
        Object::Circonscription { .. } | Object::Platform => "",
    };
    let inspected = match object {
        Object::Circonscription { academy, circonscription }
        | Object::Person { academy, circonscription } => (academy, circonscription),
        Object::Academy(_) | Object::Held(_) | Object::Platform => ("", ""),
    };
    let of = |own: &str| !own.is_empty() && own == grant.scope;
    match grant.role {
        PlatformRole::Administrateur => Some(Administrator),
        PlatformRole::Gestionnaire => of(academy).then_some(Gestionnaire),
        PlatformRole::Inspecteur => {
            let (academy, circonscription) = inspected;
            (!academy.is_empty() && academy == grant.academy && of(circonscription)).then_some(Inspector)
        }
        PlatformRole::Concepteur => {
            (matches!(object, Object::Academy(_) | Object::Held(_)) && of(academy)).then_some(Concepteur)
        }
        PlatformRole::Formateur => (matches!(object, Object::Academy(_)) && of(academy)).then_some(Trainer),
    }
}

#[cfg(test)]
mod tests;
