//! The process `preau`.

pub mod clock;
pub mod media;
