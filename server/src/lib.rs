//! The process `preau`.

pub mod media;
