//! What the pages of organisers, trainers, teachers and inspectors ask over HTTP, and what they are told: one file a
//! noun.

pub mod account;
pub mod calendar;
pub mod correction;
pub mod emargement;
pub mod enrolment;
pub mod export;
pub mod gaia;
pub mod parcours;
pub mod person;
pub mod privacy;
pub mod replay;
pub mod school;
pub mod seance;
