//! Stories on real loopback sockets, with the real process.
#![expect(clippy::wildcard_enum_match_arm, reason = "a story waits for one notice and passes over the rest")]

mod account;
mod attendance;
mod authorisation;
mod chat;
mod configuration;
mod correction;
mod cut;
mod emargement;
mod enrolment;
mod export;
mod gaia;
mod hostile;
mod hours;
mod join;
mod journal;
mod kill;
mod lobby;
mod media;
mod metrics;
mod peer;
mod personal_link;
mod planning;
mod postgres;
mod privacy;
mod process;
mod proof;
mod reconnect;
mod refusals;
mod sound;
mod stage;
mod storage_full;
mod tcp;
mod tls;
mod turn;
