//! The remarks that a computation leaves on a row or on a séance (domain rules §2.6).

use serde::{Deserialize, Serialize};

/// In alphabetical order of the codes, so that a set of flags is sorted as it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Flag {
    /// A connection was lost without any heartbeat after its join.
    AucunBattement,
    /// Retained presence overlaps that in another séance, or a half-day signed elsewhere.
    Chevauchement,
    /// A server outage was credited.
    CoupureServeurCreditee,
    /// In both lists of GAIA, of trainers and of trainees.
    DoubleRole,
    /// A join of a connection already open was ignored.
    DoublonJoin,
    /// A connection was still open when the séance ended.
    FermeParFinSeance,
    /// Not in the linked session of GAIA.
    HorsGaia,
    /// A leave of an unknown or closed connection was ignored.
    LeaveOrphelin,
    /// Two connections overlapped in time.
    MultiConnexion,
    /// Refused at the waiting room.
    RefuseSalleAttente,
    /// Séance: the fixed threshold is above the effective duration.
    SeuilInatteignable,
    /// A connection was lost, and closed at its last heartbeat.
    SortieSansLeave,
}

impl Flag {
    /// All flags, for tables and tests.
    pub const ALL: [Self; 12] = [
        Self::AucunBattement,
        Self::Chevauchement,
        Self::CoupureServeurCreditee,
        Self::DoubleRole,
        Self::DoublonJoin,
        Self::FermeParFinSeance,
        Self::HorsGaia,
        Self::LeaveOrphelin,
        Self::MultiConnexion,
        Self::RefuseSalleAttente,
        Self::SeuilInatteignable,
        Self::SortieSansLeave,
    ];

    /// The code shown and exported.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::AucunBattement => "AUCUN_BATTEMENT",
            Self::Chevauchement => "CHEVAUCHEMENT",
            Self::CoupureServeurCreditee => "COUPURE_SERVEUR_CREDITEE",
            Self::DoubleRole => "DOUBLE_ROLE",
            Self::DoublonJoin => "DOUBLON_JOIN",
            Self::FermeParFinSeance => "FERME_PAR_FIN_SEANCE",
            Self::HorsGaia => "HORS_GAIA",
            Self::LeaveOrphelin => "LEAVE_ORPHELIN",
            Self::MultiConnexion => "MULTI_CONNEXION",
            Self::RefuseSalleAttente => "REFUSE_SALLE_ATTENTE",
            Self::SeuilInatteignable => "SEUIL_INATTEIGNABLE",
            Self::SortieSansLeave => "SORTIE_SANS_LEAVE",
        }
    }

    /// The flag of that code.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|flag| flag.code() == code)
    }
}

#[cfg(test)]
mod tests {
    use super::Flag;

    #[test]
    fn flags_sort_as_their_codes_and_are_written_as_them() {
        assert!(Flag::ALL.is_sorted_by_key(Flag::clone));
        assert!(Flag::ALL.is_sorted_by_key(|flag| flag.code()));
        for flag in Flag::ALL {
            assert_eq!(serde_json::to_value(flag).unwrap(), flag.code());
            assert_eq!(Flag::of_code(flag.code()), Some(flag));
        }
    }
}
