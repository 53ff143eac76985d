//! GAIA in the page: the search in three steps, and the lists that a séance follows. The import is in `gaia_import.rs`.

use axum::{Json, extract::State};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use signaling::{
    authorisation::Act,
    id::SeanceId,
    office::gaia::{
        GaiaAcademy, GaiaDispositif, GaiaKey, GaiaLink, GaiaLinks, GaiaModule, GaiaSession, NewGaiaLink,
    },
    planning::Invalid,
    protocol::Refusal,
    seance::Seance,
};

use super::{
    asker::{Asker, Scope},
    input::{Body, Path, Query},
    refused::Refused,
    session_formation::unarchived,
    stretch::moment,
};
use crate::{
    app::App,
    store::{ExtKey, ExtLink, Followed, Linking, Searched},
};

/// The search reaches from a week back to a month ahead when nobody says it.
const BEHIND: SignedDuration = SignedDuration::from_hours(8 * 24);
const AHEAD: SignedDuration = SignedDuration::from_hours(31 * 24);

/// What is searched; each step adds its field.
#[derive(Debug, Deserialize)]
pub(super) struct Search {
    /// Short name; one's own when absent.
    academy: Option<String>,
    from: Option<String>,
    to: Option<String>,
    #[serde(default)]
    search: String,
    base: Option<String>,
    dispositif: Option<String>,
    module: Option<i64>,
    #[serde(default)]
    place: String,
}

/// Where somebody may search, and of whom.
struct Reach {
    academy: String,
    /// Who does not manage the academy finds the own modules only.
    trainer: Option<String>,
    from: Timestamp,
    to: Timestamp,
}

impl Reach {
    fn searched(&self) -> Searched<'_> {
        let Self { academy, trainer, from, to } = self;
        Searched { academy, trainer: trainer.as_deref(), from: *from, to: *to }
    }
}

async fn reach(app: &App, asker: &Asker, search: &Search) -> Result<Reach, Refused> {
    let academy = search.academy.clone().unwrap_or(asker.logged_in()?.academy.clone());
    asker.academy(app, &academy, Act::SearchGaia).await?;
    let now = app.clock.now();
    let read = |field, text: &Option<String>, otherwise: SignedDuration| match text {
        None => Ok(now + otherwise),
        Some(text) => moment(text).ok_or(Refusal::from(Invalid::malformed(field))),
    };
    Ok(Reach {
        trainer: only(app, asker, &academy).await?,
        academy,
        from: read("from", &search.from, -BEHIND)?,
        to: read("to", &search.to, AHEAD)?,
    })
}

/// The address of a trainer who sees the own modules only; `None` for who manages the academy.
async fn only(app: &App, asker: &Asker, academy: &str) -> Result<Option<String>, Refused> {
    if asker.academy(app, academy, Act::ImportGaia).await.is_ok() {
        return Ok(None);
    }
    Ok(Some(asker.logged_in()?.email.clone().ok_or(Refusal::NotAllowed)?))
}

/// `GET /api/gaia/academies`: those whose GAIA the person who asks may search, by the own roles or as a trainer there.
pub(super) async fn academies(
    State(app): State<App>,
    asker: Asker,
) -> Result<Json<Vec<GaiaAcademy>>, Refused> {
    let person = asker.logged_in()?.id;
    let own = match asker.scope(Act::SearchGaia)? {
        Scope::Everywhere => None,
        Scope::Academies(mut names) => {
            names.extend(app.store.academies_trained_in(person).await?);
            Some(names)
        }
    };
    let open = app.academies.all().iter();
    let open = open.filter(|academy| own.as_ref().is_none_or(|names| names.contains(&academy.name)));
    let each = open.map(|academy| GaiaAcademy { name: academy.name.clone(), label: academy.label.clone() });
    Ok(Json(each.collect()))
}

/// `GET /api/gaia/dispositifs?academy=&from=&to=&search=`.
pub(super) async fn dispositifs(
    State(app): State<App>,
    asker: Asker,
    Query(search): Query<Search>,
) -> Result<Json<Vec<GaiaDispositif>>, Refused> {
    let reach = reach(&app, &asker, &search).await?;
    let found = app.store.gaia_dispositifs(&reach.searched(), &search.search).await?;
    let each = found.into_iter().map(|(dispositif, name, base)| GaiaDispositif { base, dispositif, name });
    Ok(Json(each.collect()))
}

/// `GET /api/gaia/modules?base=&dispositif=`.
pub(super) async fn modules(
    State(app): State<App>,
    asker: Asker,
    Query(search): Query<Search>,
) -> Result<Json<Vec<GaiaModule>>, Refused> {
    let reach = reach(&app, &asker, &search).await?;
    let (base, dispositif) = (needed("base", &search.base)?, needed("dispositif", &search.dispositif)?);
    let found = app.store.gaia_modules(&reach.searched(), base, dispositif).await?;
    Ok(Json(found.into_iter().map(|(module, name)| GaiaModule { module, name }).collect()))
}

/// `GET /api/gaia/sessions?base=&dispositif=&module=&place=`.
pub(super) async fn sessions(
    State(app): State<App>,
    asker: Asker,
    Query(search): Query<Search>,
) -> Result<Json<Vec<GaiaSession>>, Refused> {
    let reach = reach(&app, &asker, &search).await?;
    let (base, dispositif) = (needed("base", &search.base)?, needed("dispositif", &search.dispositif)?);
    let module = *needed("module", &search.module)?;
    let found = app.store.gaia_sessions(&reach.searched(), (base, dispositif, module), &search.place).await?;
    Ok(Json(found.into_iter().map(session).collect()))
}

fn needed<'f, T>(field: &'static str, value: &'f Option<T>) -> Result<&'f T, Refused> {
    value.as_ref().ok_or_else(|| Refusal::from(Invalid::missing(field)).into())
}

/// `GET /api/seances/{id}/gaia-links`.
pub(super) async fn links(
    State(app): State<App>,
    asker: Asker,
    Path(id): Path<SeanceId>,
) -> Result<Json<GaiaLinks>, Refused> {
    asker.seance(&app, id, Act::SeeGaiaLinks).await?;
    linked(&app, id, Followed::default(), false).await.map(Json)
}

/// `?preview=true`: what would become of it.
#[derive(Debug, Deserialize)]
pub(super) struct Preview {
    #[serde(default)]
    preview: bool,
}

/// `POST /api/seances/{id}/gaia-links?preview=`: enrols the people of the session now, and follows its lists at every
/// import until the séance begins.
pub(super) async fn link(
    State(app): State<App>,
    asker: Asker,
    Path(id): Path<SeanceId>,
    Query(Preview { preview }): Query<Preview>,
    Body(new): Body<NewGaiaLink>,
) -> Result<Json<GaiaLinks>, Refused> {
    let plan = asker.seance(&app, id, Act::ChangeGaiaLinks).await?;
    unarchived(&app, plan.session_formation).await?;
    let by = asker.logged_in()?.id;
    let how = Linking {
        with_trainers: new.trainers.unwrap_or(true),
        group: new.group_name().map_err(Refusal::from)?,
        overwrite: new.overwrite.unwrap_or(false),
        preview,
    };
    let now = app.clock.now();
    // Who was expected at what has begun may have come.
    if how.overwrite && plan.starts_at <= now {
        return Err(Refusal::from(Invalid::range("overwrite")).into());
    }
    let found = app.store.ext_session(&key_of(new.key())).await?.filter(|found| found.removed_ms.is_none());
    let found = found.ok_or(Refusal::Unknown)?;
    theirs(&app, &asker, &plan, &found).await?;
    let followed = app.store.link_gaia(id, &found.session, &how, by, now).await?;
    linked(&app, id, followed, preview).await.map(Json)
}

/// `DELETE /api/seances/{id}/gaia-links`: the lists are followed no more; what people attended stays.
pub(super) async fn unlink(
    State(app): State<App>,
    asker: Asker,
    Path(id): Path<SeanceId>,
    Body(key): Body<GaiaKey>,
) -> Result<Json<GaiaLinks>, Refused> {
    let plan = asker.seance(&app, id, Act::ChangeGaiaLinks).await?;
    unarchived(&app, plan.session_formation).await?;
    let followed = app.store.unlink_gaia(id, &key_of(key), app.clock.now()).await?;
    linked(&app, id, followed.ok_or(Refusal::Unknown)?, false).await.map(Json)
}

/// A session of the academy that holds the séance, a national one, or, for a séance of several academies, one of another
/// academy whose GAIA the person who asks may search too; for trainers, of a module they train in.
async fn theirs(app: &App, asker: &Asker, plan: &Seance, found: &ExtLink) -> Result<(), Refused> {
    if visible(app, asker, &plan.academy, found).await? {
        return Ok(());
    }
    // Of lists that the person may not see nothing more is told than of lists that there are not.
    let other = asker.academy(app, &found.academy, Act::SearchGaia).await.is_ok();
    let seen = other && visible(app, asker, &found.academy, found).await?;
    if seen { Ok(()) } else { Err(Refusal::Unknown.into()) }
}

/// Whether the search in that academy finds it.
async fn visible(app: &App, asker: &Asker, academy: &str, found: &ExtLink) -> Result<bool, Refused> {
    let session = &found.session;
    let reach = Reach {
        academy: academy.to_owned(),
        trainer: only(app, asker, academy).await?,
        from: session.starts_at,
        to: session.starts_at + SignedDuration::from_secs(1),
    };
    let module = (session.base.as_str(), session.dispositif.as_str(), session.module);
    let all = app.store.gaia_sessions(&reach.searched(), module, "").await?;
    Ok(all.iter().any(|other| other.session.session == session.session))
}

async fn linked(app: &App, id: SeanceId, followed: Followed, preview: bool) -> Result<GaiaLinks, Refused> {
    let links = app.store.gaia_links(id).await?.into_iter().map(|link| GaiaLink {
        session: session(link.to),
        with_trainers: link.with_trainers,
        group_name: link.group,
    });
    let Followed { enrolled, unenrolled, .. } = followed;
    Ok(GaiaLinks { sessions: links.collect(), enrolled, unenrolled, preview })
}

fn session(link: ExtLink) -> GaiaSession {
    GaiaSession::of(link.academy, link.session, link.trainers, link.trainees, link.removed_ms.is_some())
}

fn key_of(key: GaiaKey) -> ExtKey {
    ExtKey { base: key.base, dispositif: key.dispositif, module: key.module, session: key.session }
}
