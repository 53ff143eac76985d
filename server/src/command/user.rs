//! `user`: people and their roles from the console, so that the first administrator needs no browser. May run beside
//! the server.

use std::{
    io::{IsTerminal, Read},
    path::PathBuf,
    process::ExitCode,
};

use anyhow::{Context, bail};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use clap::{Args, Subcommand};
use jiff::{SignedDuration, Timestamp};
use server::{
    academy::Academies,
    clock::{self, Clock},
    config::Config,
    password,
    store::{Store, digest_of},
};
use signaling::{
    id::PersonId,
    office::person::NewPerson,
    person::{Grant, Person, PlatformRole, Reach},
};

/// How long an invitation may wait.
const INVITED: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Who grants from here, in the database.
const CONSOLE: &str = "console";

#[derive(Debug, Subcommand)]
pub(super) enum UserCommand {
    /// Makes somebody known, and prints a link to choose a password.
    Add {
        email: String,
        #[arg(long)]
        last_name: String,
        #[arg(long)]
        first_name: String,
        /// Short name or code of the academy. Absent: that of the address.
        #[arg(long)]
        academy: Option<String>,
        /// Gives a role at once: formateur, concepteur, gestionnaire, inspecteur, administrateur.
        #[arg(long)]
        role: Option<PlatformRole>,
        /// Academy or circonscription of the role.
        #[arg(long, default_value = "")]
        scope: String,
        #[command(flatten)]
        way: Way,
        #[command(flatten)]
        place: Place,
    },
    /// Prints a link to choose a new password, or reads the password.
    Passwd {
        email: String,
        #[command(flatten)]
        way: Way,
        #[command(flatten)]
        place: Place,
    },
    /// Gives a role, or takes it away.
    Role {
        email: String,
        /// formateur, concepteur, gestionnaire, inspecteur or administrateur.
        role: PlatformRole,
        /// Academy of a formateur, concepteur or gestionnaire, circonscription of an inspecteur.
        #[arg(long, default_value = "")]
        scope: String,
        /// Academy of the circonscription of an inspecteur. Absent: the person's own.
        #[arg(long)]
        academy: Option<String>,
        #[arg(long)]
        revoke: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Erases an identity: account, names, address, texts. Figures and proofs stay whole.
    Erase {
        email: String,
        /// Why, for the log.
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        place: Place,
    },
    /// Lists people with their roles.
    List {
        #[command(flatten)]
        place: Place,
    },
}

#[derive(Debug, Args)]
pub(super) struct Way {
    /// Reads the password from standard input, one line.
    #[arg(long)]
    password_stdin: bool,
}

#[derive(Debug, Args)]
pub(super) struct Place {
    /// Folder of the database.
    #[arg(long)]
    data: Option<PathBuf>,
    /// Configuration file (TOML).
    #[arg(long)]
    config: Option<PathBuf>,
}

/// What the commands work with.
struct Desk {
    config: Config,
    academies: Academies,
    store: Store,
    now: Timestamp,
}

impl UserCommand {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Add { email, last_name, first_name, academy, role, scope, way, place } => {
                let desk = Desk::open(place).await?;
                let academy =
                    academy.map(|name| desk.academies.find(&name).map(|a| a.name.clone())).transpose()?;
                let person = desk.add(NewPerson { email, last_name, first_name, academy }).await?;
                if let Some(role) = role {
                    desk.grant(&person, (role, &scope, None), false).await?;
                }
                desk.let_in(&person, &way).await?;
                desk.store.close().await;
            }
            Self::Passwd { email, way, place } => {
                let desk = Desk::open(place).await?;
                let person = desk.find(&email).await?;
                desk.let_in(&person, &way).await?;
                desk.store.close().await;
            }
            Self::Role { email, role, scope, academy, revoke, place } => {
                let desk = Desk::open(place).await?;
                let person = desk.find(&email).await?;
                desk.grant(&person, (role, &scope, academy.as_deref()), revoke).await?;
                desk.store.close().await;
            }
            Self::Erase { email, reason, place } => {
                let desk = super::retention::Desk::open(place.data, place.config).await?;
                return desk.erase(&email, &reason).await;
            }
            Self::List { place } => {
                let desk = Desk::open(place).await?;
                desk.list().await?;
                desk.store.close().await;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Desk {
    async fn open(place: Place) -> anyhow::Result<Self> {
        let clock = Clock::start();
        let mut config = Config::read(place.config.as_deref(), super::variables())?;
        if let Some(data) = place.data {
            config.store.data = data;
        }
        let academies = Academies::read(&config.academies.file)?;
        let store = Store::connect(&config.store).await?;
        Ok(Self { config, academies, store, now: clock.now() })
    }

    async fn find(&self, email: &str) -> anyhow::Result<Person> {
        let Some(address) = self.academies.domains().email(email) else {
            bail!("{email} is no e-mail address")
        };
        let found = self.store.person_by_email(&address).await?;
        found.with_context(|| format!("nobody has the address {address}; see `preau user list`"))
    }

    async fn add(&self, new: NewPerson) -> anyhow::Result<Person> {
        let person = new.person(PersonId(clock::mint()), &self.academies.domains())?;
        match self.store.put_person(&person, self.now).await {
            Err(error) if error.is_repetition() => {
                let email = person.email.unwrap_or_default();
                bail!("{email} is known already; see `preau user passwd` and `preau user role`")
            }
            other => other?,
        }
        self.store.audit_as(CONSOLE, "person made", &person.id.to_string(), "", self.now).await?;
        super::say(&format!("person {}", person.id))?;
        Ok(person)
    }

    async fn grant(
        &self,
        person: &Person,
        (role, scope, academy): (PlatformRole, &str, Option<&str>),
        revoke: bool,
    ) -> anyhow::Result<()> {
        let scope = match role.reach() {
            Reach::Academy if scope.is_empty() && !person.academy.is_empty() => person.academy.clone(),
            Reach::Academy => self.academies.find(scope)?.name.clone(),
            Reach::Circonscription if scope.is_empty() => {
                bail!("an inspecteur needs --scope, the circonscription")
            }
            Reach::Circonscription => scope.to_owned(),
            Reach::Everything => String::new(),
        };
        let academy = match (role.reach(), academy) {
            (Reach::Circonscription, None) if person.academy.is_empty() => {
                bail!("an inspecteur of no academy needs --academy, that of the circonscription")
            }
            (Reach::Circonscription, None) => person.academy.clone(),
            (Reach::Circonscription, Some(academy)) => self.academies.find(academy)?.name.clone(),
            (Reach::Academy | Reach::Everything, _) => String::new(),
        };
        let grant = Grant { role, scope, academy };
        let act = if revoke {
            self.store.revoke(person.id, &grant).await?;
            "role revoked"
        } else {
            self.store.grant(person.id, &grant, CONSOLE, self.now).await?;
            "role granted"
        };
        let detail = format!("{} {}", grant.role, grant.scope);
        self.store.audit_as(CONSOLE, act, &person.id.to_string(), &detail, self.now).await?;
        super::say(format!("{act}: {detail}").trim_end())
    }

    /// By the password read, or by a link.
    async fn let_in(&self, person: &Person, way: &Way) -> anyhow::Result<()> {
        if way.password_stdin {
            let chosen = typed()?;
            let email = person.email.as_deref().unwrap_or_default();
            signaling::password::check(&chosen, &[&person.last_name, &person.first_name, email]).map_err(
                |problem| anyhow::anyhow!("this password is not accepted ({problem:?}): at least 12 characters, no usual word, no name"),
            )?;
            self.store.put_password(person.id, &password::hash(&chosen)?, self.now).await?;
            return super::say("password set; every browser is logged out");
        }
        let token = URL_SAFE_NO_PAD.encode(clock::random::<32>());
        self.store.put_invitation(&digest_of(&token), person.id, CONSOLE, self.now + INVITED).await?;
        super::say(&format!("invitation {}/invitation#{token}", super::base(&self.config.http)))
    }

    async fn list(&self) -> anyhow::Result<()> {
        for (person, account) in self.store.people("", None).await? {
            let grants = self.store.grants(person.id).await?;
            let roles: Vec<String> = grants
                .iter()
                .map(|grant| format!("{} {}", grant.role, grant.scope).trim_end().to_owned())
                .collect();
            let email = person.email.as_deref().unwrap_or("-");
            let account = if account { "account" } else { "no account" };
            super::say(&format!("{email}\t{}\t{account}\t{}", person.display_name(), roles.join(", ")))?;
        }
        Ok(())
    }
}

/// One line of standard input, shown by no terminal of ours.
fn typed() -> anyhow::Result<String> {
    let mut text = String::new();
    if std::io::stdin().is_terminal() {
        bail!("--password-stdin reads a file or a pipe, so that the password stays off the screen");
    }
    std::io::stdin().take(4_096).read_to_string(&mut text).context("reading the password")?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}
