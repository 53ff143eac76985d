//! The models of séances: what is not typed is theirs.

use serde::{Deserialize, Serialize};

use crate::{
    protocol::seance::SeanceKind,
    seance::{Lobby, Threshold},
};

/// What a kind of séance is by default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase")]
pub struct Template {
    pub kind: SeanceKind,
    /// « Classe virtuelle ».
    pub name: String,
    pub duration_min: u32,
    pub threshold: Threshold,
    pub access_before_min: u32,
    pub recorded: bool,
    /// People who only type a name may come by the open link.
    pub guests: bool,
    /// Whether those who come before the trainer wait.
    pub lobby: Lobby,
    /// Counts for the proposal to attest.
    pub required: bool,
    pub capacity: u32,
    /// All of it in one French sentence.
    pub sentence: String,
}

impl Template {
    /// All of them, in the order in which they are offered.
    #[must_use]
    pub fn all() -> Vec<Self> {
        [
            SeanceKind::ClasseVirtuelle,
            SeanceKind::Webinaire,
            SeanceKind::Audioconference,
            SeanceKind::Presentiel,
            SeanceKind::Permanente,
        ]
        .map(Self::of)
        .to_vec()
    }

    /// That of a kind. Recording is off everywhere until somebody wants it.
    #[must_use]
    pub fn of(kind: SeanceKind) -> Self {
        let (name, duration_min, threshold, access_before_min, required, capacity) = match kind {
            SeanceKind::ClasseVirtuelle => ("Classe virtuelle", 60, Threshold::Auto, 30, true, 350),
            SeanceKind::Webinaire => ("Webinaire", 90, Threshold::Auto, 30, true, 1_000),
            SeanceKind::Audioconference => ("Audioconférence", 60, Threshold::Auto, 15, true, 100),
            SeanceKind::Presentiel => ("Présentiel", 180, Threshold::Auto, 30, true, 350),
            SeanceKind::Permanente => ("Permanente", 30 * 24 * 60, Threshold::Fixed(0), 0, false, 100),
        };
        let mut template = Self {
            kind,
            name: name.to_owned(),
            duration_min,
            threshold,
            access_before_min,
            recorded: false,
            guests: false,
            lobby: match kind {
                SeanceKind::ClasseVirtuelle | SeanceKind::Webinaire | SeanceKind::Audioconference => {
                    Lobby::HostAbsent
                }
                SeanceKind::Presentiel | SeanceKind::Permanente => Lobby::None,
            },
            required,
            capacity,
            sentence: String::new(),
        };
        template.sentence = template.said();
        template
    }

    fn said(&self) -> String {
        let length = match self.duration_min {
            minutes if minutes % 1_440 == 0 => format!("{} jours", minutes / 1_440),
            minutes if minutes < 60 => format!("{minutes} min"),
            minutes if minutes % 60 == 0 => format!("{} h", minutes / 60),
            minutes => format!("{} h {:02}", minutes / 60, minutes % 60),
        };
        let doors = match (self.kind, self.access_before_min) {
            (SeanceKind::Presentiel, before) => format!("émargement ouvert {before} min avant"),
            (_, 0) => "ouverte dès le début".to_owned(),
            (_, before) if self.lobby == Lobby::HostAbsent => {
                format!("portes ouvertes {before} min avant, attente jusqu’à l’arrivée du formateur")
            }
            (_, before) => format!("portes ouvertes {before} min avant"),
        };
        let presence = match self.threshold {
            Threshold::Auto if self.kind == SeanceKind::Presentiel => "présence par émargement".to_owned(),
            Threshold::Auto => "présence comptée à partir de la moitié de la durée".to_owned(),
            Threshold::Fixed(0) => "présence non suivie".to_owned(),
            Threshold::Fixed(minutes) => format!("présence comptée à partir de {minutes} min"),
        };
        let recorded = if self.recorded { "enregistrée" } else { "sans enregistrement" };
        let guests = if self.guests { "invités admis" } else { "personnes inscrites seulement" };
        let capacity = self.capacity;
        format!("{length}, {doors}, {presence}, {recorded}, {guests}, {capacity} personnes au plus.")
    }
}
