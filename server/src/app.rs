//! What every request may use.

use std::{path::PathBuf, sync::Arc};

use signaling::{person::Domains, ticket::Key};
use tokio::sync::{Semaphore, watch};

use crate::{
    academy::Academies,
    classroom::Classrooms,
    clock::Clock,
    figures::Door,
    imports::Imports,
    media::Media,
    password::Passwords,
    proof::ProofKey,
    store::{Journal, Store},
    turn::{Relays, Turn},
};

/// Connection checks of lobbies at once.
pub(crate) const CHECKS: usize = 64;

/// The parts of the running server; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct App {
    pub(crate) clock: Clock,
    pub(crate) key: Key,
    pub(crate) proof: ProofKey,
    /// People reach the page by HTTPS.
    pub(crate) secure: bool,
    /// Start of the links given out, without a slash at its end.
    pub(crate) base: Arc<str>,
    /// Nothing here is real.
    pub(crate) demo: bool,
    pub(crate) academies: Arc<Academies>,
    /// Whose addresses are whose.
    pub(crate) domains: Arc<Domains>,
    pub(crate) passwords: Passwords,
    pub(crate) store: Store,
    /// True while the journal cannot be written.
    pub(crate) failing: watch::Receiver<bool>,
    pub(crate) journal: Journal,
    pub(crate) door: Arc<Door>,
    pub(crate) classrooms: Classrooms,
    pub(crate) media: Media,
    pub(crate) recordings: PathBuf,
    /// Scanned lists of signatures, each named by its SHA-256.
    pub(crate) scans: PathBuf,
    pub(crate) relays: Relays,
    /// The relay itself, where there is one.
    pub(crate) turn: Option<Arc<Turn>>,
    pub(crate) checks: Arc<Semaphore>,
    pub(crate) imports: Imports,
}
