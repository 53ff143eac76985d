//! What is said in a séance, and what it means.
#![forbid(unsafe_code)]

pub mod id;
