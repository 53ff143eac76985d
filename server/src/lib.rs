//! The process `preau`.
