//! What every request may use.

use std::{
    net::IpAddr,
    ops::Deref,
    path::PathBuf,
    sync::{Arc, Mutex},
};

use signaling::{
    authorisation::{Act, Object, Standing, Standings, Verdict},
    id::PersonId,
    journal::Identity,
    person::Domains,
    protocol::{Refusal, Role},
    retention::Terms,
    school::Directory,
    seance::Seance,
    ticket::{Bearer, Key, Ticket},
    tries::Tries,
};
use tokio::sync::{Semaphore, watch};

use crate::{
    academy::Academies,
    classroom::Classrooms,
    clock::Clock,
    figures::Door,
    http::{gaia_import::GaiaDay, viewed::Views},
    imports::Imports,
    media::Media,
    password::Passwords,
    presence::Sheets,
    proof::ProofKey,
    store::{Journal, Store, StoreError},
    turn::{Relays, Turn},
};

/// Connection checks of lobbies at once.
pub(crate) const CHECKS: usize = 64;

impl App {
    /// What speaks against a verified ticket at the door of its séance: it was given by a login that is over, it is a
    /// personal link that was taken back, its bearer has nothing to do with the séance any more, or it is an open link
    /// where only enrolled people may enter.
    pub(crate) async fn objection(
        &self,
        ticket: &Ticket,
        plan: &Seance,
    ) -> Result<Option<Refusal>, StoreError> {
        if let Some(login) = &ticket.login
            && !self.store.is_logged_in(login).await?
        {
            return Ok(Some(Refusal::LoginNeeded));
        }
        let revoked = match ticket.bearer.link() {
            Some(link) => !self.store.is_link_open(link).await?,
            None => false,
        };
        let revoked = revoked || !self.stands(ticket, plan).await?;
        let objection = if revoked { Some(Refusal::LinkRevoked) } else { None };
        Ok(objection.or_else(|| plan.refuses(&ticket.bearer)))
    }

    /// What speaks against entering the room with a verified ticket. Who was struck off during the class keeps the own
    /// line, and comes no more.
    pub(crate) async fn shut(&self, ticket: &Ticket, plan: &Seance) -> Result<Option<Refusal>, StoreError> {
        if let Some(objection) = self.objection(ticket, plan).await? {
            return Ok(Some(objection));
        }
        let Some(person) = known(&ticket.bearer).filter(|_| !ticket.role.leads()) else { return Ok(None) };
        let expected =
            ticket.role == Role::Organiser || self.store.enrolled_as(plan, person).await?.is_some();
        Ok((!expected).then_some(Refusal::LinkRevoked))
    }

    /// Whether the séance knows the bearer still, in the role of the ticket. What the platform knows nothing of (an open
    /// link, a demonstration) stands as long as it lasts.
    async fn stands(&self, ticket: &Ticket, plan: &Seance) -> Result<bool, StoreError> {
        let Some(person) = known(&ticket.bearer) else { return Ok(true) };
        if ticket.role == Role::Organiser {
            return self.manages(plan, person).await;
        }
        let standings = self.store.standings_at(plan, person).await?;
        Ok(if ticket.role.leads() { standings.contains(&Standing::Trainer) } else { !standings.is_empty() })
    }

    /// Whether somebody organises the séance by a role on the platform, which may be taken back at any time.
    async fn manages(&self, plan: &Seance, person: PersonId) -> Result<bool, StoreError> {
        let standings = Standings::of(&self.store.grants(person).await?, Object::Held(&plan.academy));
        Ok(standings.verdict(Act::CorrectLockedPresence) == Verdict::Allowed)
    }
}

/// Whose enrolment a ticket hangs on: those of personal links and of logged-in people.
fn known(bearer: &Bearer) -> Option<PersonId> {
    match bearer {
        Bearer::Person { person, identity, link, .. } | Bearer::Stay { person, identity, link, .. } => {
            (link.is_some() || *identity == Identity::Federated).then_some(*person)
        }
        Bearer::Anyone => None,
    }
}

/// The running server, for whoever asks: every connection holds one.
#[derive(Debug, Clone)]
pub(crate) struct App(Arc<Running>);

impl From<Running> for App {
    fn from(running: Running) -> Self {
        Self(Arc::new(running))
    }
}

impl Deref for App {
    type Target = Running;

    fn deref(&self) -> &Running {
        &self.0
    }
}

/// What it consists of.
#[derive(Debug)]
pub(crate) struct Running {
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
    pub(crate) tries: Arc<Mutex<Tries>>,
    /// Proxies that say who the client is.
    pub(crate) proxies: Arc<[IpAddr]>,
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
    pub(crate) imports: Imports<GaiaDay>,
    pub(crate) directories: Imports<Directory>,
    pub(crate) views: Views,
    pub(crate) sheets: Sheets,
    /// How long things stay.
    pub(crate) terms: Terms,
}
