//! What leaves the server as a file, in the conventions of those who open it. Pure: sheets in, bytes out.

mod csv;
mod presence;

pub use presence::{presence_csv, proof_name};
