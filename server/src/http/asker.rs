//! Who asks, by the cookie of a login or by a ticket, and what that person may do: the object is loaded, the standings
//! are found, and the table of `signaling::authorisation` decides.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, Method, header, request::Parts},
};
use cookie::Cookie;
use jiff::SignedDuration;
use signaling::{
    attestation::Capacity,
    authorisation::{Act, Object, Standing, Standings, Verdict},
    id::{PersonId, SeanceId, SessionFormationId},
    person::{Grant, Person, PlatformRole},
    protocol::{Refusal, Role},
    seance::Seance,
    ticket::{Bearer as Whose, Key, Ticket},
};

use super::{bearer::Bearer, refused::Refused};
use crate::{
    app::App,
    store::{Circonscription, Login, Supervised, digest_of},
};

/// The header that shows that a request comes from a page of ours.
pub(super) const CSRF: &str = "x-preau-csrf";
/// A login that lies unused so long is over.
const IDLE: SignedDuration = SignedDuration::from_hours(12);
/// How exactly the last use is kept.
const SEEN_EVERY: SignedDuration = SignedDuration::from_mins(5);

/// Who asks.
#[derive(Debug)]
pub(super) struct Asker(By);

#[derive(Debug)]
enum By {
    Nobody,
    Login { login: Box<Login>, secret: String },
    Ticket(Box<Bearer>),
}

/// Where somebody may do something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Scope {
    Everywhere,
    /// In those academies, none when it is empty.
    Academies(Vec<String>),
}

impl Scope {
    /// For queries: `None` is everywhere.
    pub(super) fn academies(&self) -> Option<&[String]> {
        match self {
            Self::Everywhere => None,
            Self::Academies(academies) => Some(academies),
        }
    }
}

impl Asker {
    /// The person, when it is known.
    pub(super) fn person(&self) -> Option<PersonId> {
        match &self.0 {
            By::Nobody => None,
            By::Login { login, .. } => Some(login.person.id),
            By::Ticket(bearer) => bearer.ticket.bearer.person(),
        }
    }

    /// The person who is logged in.
    ///
    /// # Errors
    /// `LoginNeeded` for everybody else, tickets included.
    pub(super) fn logged_in(&self) -> Result<&Person, Refused> {
        match &self.0 {
            By::Login { login, .. } => Ok(&login.person),
            By::Nobody | By::Ticket(_) => Err(Refusal::LoginNeeded.into()),
        }
    }

    /// The roles on the platform; a ticket brings none.
    pub(super) fn grants(&self) -> &[Grant] {
        match &self.0 {
            By::Login { login, .. } => &login.grants,
            By::Nobody | By::Ticket(_) => &[],
        }
    }

    /// What the cookie holds.
    pub(super) fn secret(&self) -> Option<&str> {
        match &self.0 {
            By::Login { secret, .. } => Some(secret),
            By::Nobody | By::Ticket(_) => None,
        }
    }

    /// The séance, for that act.
    ///
    /// # Errors
    /// 404 when there is none or the person has nothing to do with it, 401, 403.
    pub(super) async fn seance(&self, app: &App, id: SeanceId, act: Act) -> Result<Seance, Refused> {
        let plan = app.store.seance(id).await?;
        let standings = match &plan {
            Some(plan) => self.standings_at(app, plan).await?,
            None => self.standings(Object::Platform),
        };
        let allowed = decide(&standings, act);
        // Who is not logged in is told to log in, whether the séance exists or not.
        let plan = plan.ok_or(Refusal::Unknown);
        allowed.and(plan.map_err(Refused::from))
    }

    /// Whether the act on a session of a parcours is allowed. (`Store::session_formation` loads it.)
    ///
    /// # Errors
    /// As [`Asker::seance`].
    pub(super) async fn session_formation(
        &self,
        app: &App,
        id: SessionFormationId,
        act: Act,
    ) -> Result<(), Refused> {
        self.capacity(app, id, act).await.map(|_| ())
    }

    /// The same, and as what the person does it.
    ///
    /// # Errors
    /// As [`Asker::seance`].
    pub(super) async fn capacity(
        &self,
        app: &App,
        id: SessionFormationId,
        act: Act,
    ) -> Result<Capacity, Refused> {
        let academy = app.store.academy_of_session(id).await?;
        let mut standings = match &academy {
            Some(academy) => self.standings(Object::Held(academy)),
            None => self.standings(Object::Platform),
        };
        if let (By::Login { login, .. }, Some(_)) = (&self.0, &academy) {
            for standing in app.store.standings_in(id, login.person.id).await? {
                standings = standings.and(standing);
            }
            if app.store.leads_in(id, login.person.id).await? {
                standings = standings.and(Standing::Trainer);
            }
        }
        decide(&standings, act)?;
        academy.map(|_| standings.capacity()).ok_or_else(|| Refusal::Unknown.into())
    }

    /// Whether the act in an academy, by its short name, is allowed.
    ///
    /// # Errors
    /// As [`Asker::seance`].
    pub(super) async fn academy(&self, app: &App, name: &str, act: Act) -> Result<(), Refused> {
        let mut standings = self.standings(Object::Academy(name));
        if let By::Login { login, .. } = &self.0
            && app.store.trains_in(login.person.id, name).await?
        {
            standings = standings.and(Standing::Trainer);
        }
        decide(&standings, act)?;
        let known = app.academies.all().iter().any(|academy| academy.name == name);
        if known { Ok(()) } else { Err(Refusal::Unknown.into()) }
    }

    /// Somebody, for an act on that person's data.
    ///
    /// # Errors
    /// As [`Asker::seance`].
    pub(super) async fn about(&self, app: &App, id: PersonId, act: Act) -> Result<Person, Refused> {
        let person = app.store.person(id).await?;
        let standings = match &person {
            Some(person) => {
                let object =
                    Object::Person { academy: &person.academy, circonscription: &person.circonscription };
                let standings = self.standings(object);
                if self.logged_in().is_ok_and(|own| own.id == id) {
                    standings.and(Standing::Oneself)
                } else {
                    standings
                }
            }
            None => self.standings(Object::Platform),
        };
        let allowed = decide(&standings, act);
        allowed.and(person.ok_or_else(|| Refusal::Unknown.into()))
    }

    /// Whether an act on the platform as a whole is allowed.
    ///
    /// # Errors
    /// As [`Asker::seance`].
    pub(super) fn platform(&self, act: Act) -> Result<(), Refused> {
        decide(&self.standings(Object::Platform), act)
    }

    /// The academies in which the roles of the person allow an act: what lists are bounded by.
    ///
    /// # Errors
    /// `LoginNeeded`.
    pub(super) fn scope(&self, act: Act) -> Result<Scope, Refused> {
        self.logged_in()?;
        if self.platform(act).is_ok() {
            return Ok(Scope::Everywhere);
        }
        let here = |grant: &&Grant| {
            let alone = std::slice::from_ref(*grant);
            Standings::of(alone, Object::Academy(&grant.scope)).verdict(act) == Verdict::Allowed
        };
        let bounded = self.grants().iter().filter(|grant| grant.role != PlatformRole::Inspecteur);
        Ok(Scope::Academies(bounded.filter(here).map(|grant| grant.scope.clone()).collect()))
    }

    /// Whose hours the roles of the person let be followed: of academies, of circonscriptions, or of everybody; `only`
    /// narrows it.
    ///
    /// # Errors
    /// `LoginNeeded`, or `NotAllowed` when the roles reach nobody.
    pub(super) fn supervised(&self, only: Option<&str>) -> Result<Supervised, Refused> {
        let act = Act::Supervise;
        let scope = self.scope(act)?;
        let follows = |grant: &&Grant| {
            let alone = std::slice::from_ref(*grant);
            let own = Object::Circonscription { academy: &grant.academy, circonscription: &grant.scope };
            Standings::of(alone, own).verdict(act) == Verdict::Allowed
        };
        let inspected = self.grants().iter().filter(|grant| grant.role == PlatformRole::Inspecteur);
        let whose = Supervised {
            everywhere: scope == Scope::Everywhere,
            academies: scope.academies().unwrap_or_default().to_vec(),
            circonscriptions: inspected
                .filter(follows)
                .map(|grant| Circonscription { academy: grant.academy.clone(), name: grant.scope.clone() })
                .collect(),
            only: only.map(str::to_owned),
        };
        if !whose.everywhere && whose.academies.is_empty() && whose.circonscriptions.is_empty() {
            return Err(Refusal::NotAllowed.into());
        }
        Ok(whose)
    }

    fn standings(&self, object: Object<'_>) -> Standings {
        match &self.0 {
            By::Nobody => Standings::nobody(),
            By::Login { login, .. } => Standings::of(&login.grants, object),
            By::Ticket(_) => Standings::of(&[], object),
        }
    }

    async fn standings_at(&self, app: &App, plan: &Seance) -> Result<Standings, Refused> {
        let mut standings = self.standings(Object::Held(&plan.academy));
        match &self.0 {
            By::Nobody => {}
            By::Login { login, .. } => {
                for standing in app.store.standings_at(plan, login.person.id).await? {
                    standings = standings.and(standing);
                }
            }
            By::Ticket(bearer) if bearer.ticket.seance == plan.id => {
                if let Some(standing) = ticketed(&bearer.ticket) {
                    standings = standings.and(standing);
                }
            }
            // A ticket says nothing about another séance.
            By::Ticket(_) => {}
        }
        Ok(standings)
    }
}

/// What a ticket makes of its bearer, in its séance.
fn ticketed(ticket: &Ticket) -> Option<Standing> {
    match ticket.role {
        Role::Trainer | Role::CoTrainer => Some(Standing::Trainer),
        Role::Organiser => Some(Standing::Gestionnaire),
        Role::Speaker | Role::Participant | Role::Observer => match ticket.bearer {
            Whose::Anyone => None,
            Whose::Person { .. } | Whose::Stay { .. } => Some(Standing::Participant),
        },
    }
}

fn decide(standings: &Standings, act: Act) -> Result<(), Refused> {
    match standings.verdict(act) {
        Verdict::Allowed => Ok(()),
        Verdict::LoginNeeded => Err(Refusal::LoginNeeded.into()),
        Verdict::Refused => Err(Refusal::NotAllowed.into()),
        Verdict::Hidden => Err(Refusal::Unknown.into()),
    }
}

impl FromRequestParts<App> for Asker {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refused> {
        if parts.headers.contains_key(header::AUTHORIZATION) {
            let bearer = Bearer::from_request_parts(parts, app).await?;
            return Ok(Self(By::Ticket(Box::new(bearer))));
        }
        let Some(secret) = cookie_of(&parts.headers, cookie_name(app)) else { return Ok(Self(By::Nobody)) };
        let (digest, now) = (digest_of(&secret), app.clock.now());
        let Some(login) = app.store.login(&digest, now, now - IDLE).await? else {
            return Ok(Self(By::Nobody));
        };
        let safe = matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS);
        if !safe && !is_csrf(app, &secret, &parts.headers) {
            return Err(Refusal::CsrfMissing.into());
        }
        if now.duration_since(login.seen) >= SEEN_EVERY {
            app.store.touch_login(&digest, now).await?;
        }
        Ok(Self(By::Login { login: Box::new(login), secret }))
    }
}

/// The login's cookie. The prefix binds it to this host, and browsers take it by HTTPS only.
pub(super) fn cookie_name(app: &App) -> &'static str {
    if app.secure { "__Host-preau" } else { "preau" }
}

/// The value of a cookie.
pub(super) fn cookie_of(headers: &HeaderMap, name: &str) -> Option<String> {
    let texts = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut cookies = texts.flat_map(Cookie::split_parse).filter_map(Result::ok);
    cookies.find(|cookie| cookie.name() == name).map(|cookie| cookie.value().to_owned())
}

/// The value of the header [`CSRF`] for a login.
pub(super) fn csrf_of(key: &Key, secret: &str) -> String {
    hex::encode(key.derive("csrf").tag(secret))
}

fn is_csrf(app: &App, secret: &str, headers: &HeaderMap) -> bool {
    let wanted = csrf_of(&app.key, secret);
    let given = headers.get(CSRF).map_or(&b""[..], |value| value.as_bytes());
    aws_lc_rs::constant_time::verify_slices_are_equal(wanted.as_bytes(), given).is_ok()
}
