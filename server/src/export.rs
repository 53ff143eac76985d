//! What leaves the server as a file, in the conventions of those who open it. Pure: documents in, bytes out.

pub mod badge;
pub mod correction;
pub mod csv;
pub mod document;
mod hours;
mod intervention;
pub mod json;
pub mod pdf;
pub mod personal;
mod presence;
pub mod roll;
mod supervision;
mod workbook;
pub(crate) mod writing;
pub mod xapi;
pub mod zone;

#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;

pub use hours::{HoursDocument, HoursRow, hours_csv};
pub use intervention::interventions_csv;
pub use presence::{gaia_entry_aid, header_csv, presence_csv, row_digest};
pub use supervision::{SupervisionMatrix, supervision_csv, supervision_xlsx};
pub use workbook::{hours_xlsx, presence_xlsx};
pub use xapi::{Pseudonyms, hours_xapi, seance_xapi};

use signaling::seance::Seance;

/// On a row of an export that differs from the version before (domain rules §2.6).
pub const CHANGED: &str = "MODIFIE_DEPUIS_EXPORT";

/// A file on its way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// ASCII.
    pub name: String,
    pub bytes: Vec<u8>,
}

/// Why a file cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error("the table cannot be written: {0}")]
    Csv(#[from] ::csv::Error),
    #[error("the workbook cannot be written: {0}")]
    Workbook(#[from] rust_xlsxwriter::XlsxError),
    #[error("the PDF cannot be written: {0}")]
    Pdf(String),
    #[error("the badge cannot be written: {0}")]
    Badge(String),
    #[error("the JSON cannot be written: {0}")]
    Json(#[from] serde_json::Error),
}

/// `preuve_<title>_<AAAAMMJJ>.jsonl`: the name of the bundle of proof of a séance.
#[must_use]
pub fn proof_name(plan: &Seance) -> String {
    let stamp = zone::Zone::named(&plan.time_zone).stamp(plan.starts_at);
    format!("preuve_{}_{stamp}.jsonl", writing::slug(&plan.title))
}
