//! PDF/A-2a and PDF/UA-1 (tagged, in French, fonts embedded): sheets to sign, attestations, one's own data (domain
//! rules §3.3). Layout is our own and small: `flow` puts text and tables on pages, `ink` writes them down.

mod attestation;
mod collective;
mod deletion;
mod emargement;
mod flow;
mod ink;
mod letter;
mod personal;
mod table;

pub use attestation::{AttestationDocument, attestation_pdf};
pub use collective::{CollectiveDocument, collective_pdf, comment};
pub use deletion::{DeletedFiles, DeletionDocument, DeletionLine, deletion_pdf};
pub use emargement::emargement_pdf;
pub use personal::{Chapter, PersonalDocument, personal_pdf};

/// A4, points.
const A4: (f32, f32) = (595.28, 841.89);
/// The same, lying.
const A4_LANDSCAPE: (f32, f32) = (841.89, 595.28);
