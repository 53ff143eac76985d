//! What leaves the server as a file, in the conventions of those who open it. Pure: sheets in, bytes out.

pub(crate) mod csv;
pub(crate) mod presence;
