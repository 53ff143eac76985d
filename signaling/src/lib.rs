//! What is said in a séance, and what it means.
//!
//! This crate is pure: no socket, no task, no clock, no random number. Time and identifiers come in as arguments,
//! effects go out as values, so the same journal always gives the same room and the same presence.
#![forbid(unsafe_code)]

pub mod attendance;
pub mod attestation;
pub mod authorisation;
pub mod correction;
mod delimited;
pub mod emargement;
pub mod enrolment;
pub mod gaia;
pub mod hours;
pub mod id;
pub mod journal;
pub mod office;
pub mod parcours;
pub mod password;
pub mod person;
pub mod planning;
pub mod protocol;
pub mod replay;
pub mod retention;
pub mod room;
pub mod school;
pub mod seance;
pub mod ticket;
pub mod tries;
