//! In which forms files leave.

/// In which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Csv,
    CsvMachine,
    /// The header block beside the lines.
    Header,
    Xlsx,
    /// The sheet to sign; of a session the collective attestation.
    Pdf,
    Json,
    Gaia,
    Ics,
    /// Journal, presence, rule and signatures, for `preau verify`.
    Bundle,
    /// Statements for a learning record store.
    Xapi,
    /// Of a session: what those who lead it did.
    Interventions,
}

impl Format {
    /// All of them with the names that addresses and the log have.
    pub const ALL: [(&str, Self); 11] = [
        ("csv", Self::Csv),
        ("csv-machine", Self::CsvMachine),
        ("entete", Self::Header),
        ("xlsx", Self::Xlsx),
        ("pdf", Self::Pdf),
        ("json", Self::Json),
        ("gaia", Self::Gaia),
        ("ics", Self::Ics),
        ("bundle", Self::Bundle),
        ("xapi", Self::Xapi),
        ("interventions", Self::Interventions),
    ];

    /// The format of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(known, _)| *known == name).map(|(_, format)| format)
    }

    /// As addresses and the log name it.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.into_iter().find(|(_, format)| *format == self).map_or("", |(name, _)| name)
    }

    /// The media type of its files.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Csv | Self::CsvMachine | Self::Header | Self::Gaia | Self::Interventions => {
                "text/csv; charset=utf-8"
            }
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Pdf => "application/pdf",
            Self::Json | Self::Xapi => "application/json",
            Self::Ics => "text/calendar; charset=utf-8",
            Self::Bundle => "application/jsonl",
        }
    }
}
