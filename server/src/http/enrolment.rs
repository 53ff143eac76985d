//! Who is expected: seen, enrolled by hand and by list, struck off.

use axum::{Json, body::Bytes, extract::State};
use serde::Deserialize;
use signaling::{
    authorisation::Act,
    enrolment::{
        EnrolmentRole, EnrolmentSource, from_address,
        list::{ListCode, ListedPerson, MAX_LINES, PeopleList, RejectedLine, read},
    },
    id::{PersonId, SeanceId, SessionFormationId},
    office::{
        enrolment::{EnrolmentReport, EnrolmentView, NewEnrolment, NewEnrolments},
        person::PersonView,
        privacy::Viewed,
    },
    protocol::{Problem, Refusal},
};

use super::{
    asker::Asker,
    input::{Body, Path, Query},
    refused::Refused,
    session_formation::unarchived,
    viewed::noted,
};
use crate::{
    app::App,
    store::{Expected, Gathering, Newcomer},
};

/// Longest name, characters.
const MAX_NAME: usize = 100;

/// `?preview=true`: what would be enrolled.
#[derive(Debug, Deserialize)]
pub(super) struct Preview {
    #[serde(default)]
    preview: bool,
}

/// To what the address of a request enrols.
trait Addressed {
    async fn gathering(self, app: &App, asker: &Asker, how: How) -> Result<Gathering, Refused>;
}

#[derive(Clone, Copy)]
enum How {
    See,
    Change,
}

impl Addressed for SeanceId {
    async fn gathering(self, app: &App, asker: &Asker, how: How) -> Result<Gathering, Refused> {
        let act = match how {
            How::See => Act::SeeEnrolments,
            How::Change => Act::ChangeEnrolments,
        };
        let plan = asker.seance(app, self, act).await?;
        if let How::Change = how {
            unarchived(app, plan.session_formation).await?;
        }
        Ok(Gathering::Seance(self))
    }
}

impl Addressed for SessionFormationId {
    async fn gathering(self, app: &App, asker: &Asker, how: How) -> Result<Gathering, Refused> {
        let act = match how {
            How::See => Act::SeeSessionEnrolments,
            How::Change => Act::ChangeSessionEnrolments,
        };
        asker.session_formation(app, self, act).await?;
        if let How::Change = how {
            unarchived(app, Some(self)).await?;
        }
        Ok(Gathering::Session(self))
    }
}

/// `GET /api/seances/{id}/enrolments`: everybody who is expected.
pub(super) async fn of_seance(
    State(app): State<App>,
    asker: Asker,
    Path(id): Path<SeanceId>,
) -> Result<Json<Vec<EnrolmentView>>, Refused> {
    looked_at(&app, &asker, id.gathering(&app, &asker, How::See).await?).await.map(Json)
}

/// `POST /api/seances/{id}/enrolments`.
pub(super) async fn enrol(
    State(app): State<App>,
    asker: Asker,
    Path(id): Path<SeanceId>,
    Body(new): Body<NewEnrolments>,
) -> Result<Json<EnrolmentReport>, Refused> {
    by_hand(&app, id.gathering(&app, &asker, How::Change).await?, &new).await.map(Json)
}

/// `POST /api/seances/{id}/enrolments/csv?preview=`: a list of addresses, whatever its form.
pub(super) async fn csv(
    State(app): State<App>,
    asker: Asker,
    Path(id): Path<SeanceId>,
    Query(Preview { preview }): Query<Preview>,
    text: Bytes,
) -> Result<Json<EnrolmentReport>, Refused> {
    by_list(&app, id.gathering(&app, &asker, How::Change).await?, &text, preview).await.map(Json)
}

/// `DELETE /api/seances/{id}/enrolments/{person}`: struck off; what the person has attended stays.
pub(super) async fn strike(
    State(app): State<App>,
    asker: Asker,
    Path((id, person)): Path<(SeanceId, PersonId)>,
) -> Result<Json<Vec<EnrolmentView>>, Refused> {
    struck(&app, id.gathering(&app, &asker, How::Change).await?, person).await.map(Json)
}

/// `GET /api/sessions-formation/{id}/enrolments`.
pub(super) async fn of_session(
    State(app): State<App>,
    asker: Asker,
    Path(id): Path<SessionFormationId>,
) -> Result<Json<Vec<EnrolmentView>>, Refused> {
    looked_at(&app, &asker, id.gathering(&app, &asker, How::See).await?).await.map(Json)
}

/// `POST /api/sessions-formation/{id}/enrolments`: expected at all its séances.
pub(super) async fn enrol_in_session(
    State(app): State<App>,
    asker: Asker,
    Path(id): Path<SessionFormationId>,
    Body(new): Body<NewEnrolments>,
) -> Result<Json<EnrolmentReport>, Refused> {
    by_hand(&app, id.gathering(&app, &asker, How::Change).await?, &new).await.map(Json)
}

/// `POST /api/sessions-formation/{id}/enrolments/csv?preview=`.
pub(super) async fn csv_of_session(
    State(app): State<App>,
    asker: Asker,
    Path(id): Path<SessionFormationId>,
    Query(Preview { preview }): Query<Preview>,
    text: Bytes,
) -> Result<Json<EnrolmentReport>, Refused> {
    by_list(&app, id.gathering(&app, &asker, How::Change).await?, &text, preview).await.map(Json)
}

/// `DELETE /api/sessions-formation/{id}/enrolments/{person}`.
pub(super) async fn strike_from_session(
    State(app): State<App>,
    asker: Asker,
    Path((id, person)): Path<(SessionFormationId, PersonId)>,
) -> Result<Json<Vec<EnrolmentView>>, Refused> {
    struck(&app, id.gathering(&app, &asker, How::Change).await?, person).await.map(Json)
}

/// The list, and a line in the log of views of everybody on it.
pub(super) async fn looked_at(
    app: &App,
    asker: &Asker,
    of: Gathering,
) -> Result<Vec<EnrolmentView>, Refused> {
    let list = listed(app, of).await?;
    let people: Vec<PersonId> = list.iter().map(|one| one.person.id).collect();
    let scope = match of {
        Gathering::Seance(id) => ("seance", id.to_string()),
        Gathering::Session(id) => ("session_formation", id.to_string()),
    };
    noted(app, asker.person(), Viewed::Enrolment, scope, &people).await?;
    Ok(list)
}

async fn listed(app: &App, of: Gathering) -> Result<Vec<EnrolmentView>, Refused> {
    let expected = match of {
        Gathering::Seance(id) => app.store.expected(id).await?,
        Gathering::Session(id) => app.store.enrolled_in(id).await?,
    };
    let came = app.store.have_come(of).await?;
    Ok(expected.iter().map(|one| view(one, came.contains(&one.person.id))).collect())
}

fn view(expected: &Expected, came: bool) -> EnrolmentView {
    EnrolmentView {
        person: PersonView::from(&expected.person),
        role: expected.role,
        source: expected.source,
        answer: expected.answer,
        base: expected.base.clone(),
        session: expected.session,
        by_session: expected.by_session,
        group: expected.group.clone(),
        never_in: !came && !expected.account,
    }
}

/// Typed by hand: one that is wrong does not keep the others out.
async fn by_hand(app: &App, to: Gathering, new: &NewEnrolments) -> Result<EnrolmentReport, Refused> {
    if new.people.len() > MAX_LINES {
        return Err(Refusal::Invalid { field: "people".to_owned(), problem: Problem::TooLong }.into());
    }
    let mut list = PeopleList::default();
    for (line, one) in (1_u32..).zip(&new.people) {
        match typed(app, line, one) {
            Some(person) if list.people.iter().any(|other| other.email == person.email) => {
                list.rejected.push(RejectedLine { line, code: ListCode::Doublon, text: one.email.clone() });
            }
            Some(person) => list.people.push(person),
            None => list.rejected.push(RejectedLine {
                line,
                code: ListCode::AdresseInvalide,
                text: one.email.chars().take(MAX_NAME).collect(),
            }),
        }
    }
    carried_out(app, to, list, EnrolmentSource::Manual, false).await
}

fn typed(app: &App, line: u32, one: &NewEnrolment) -> Option<ListedPerson> {
    let email = app.domains.email(&one.email)?;
    let name = |name: &Option<String>| name.as_deref().unwrap_or_default().trim().to_owned();
    let (mut last_name, mut first_name) = (name(&one.last_name), name(&one.first_name));
    if last_name.is_empty() && first_name.is_empty() {
        (last_name, first_name) = from_address(&email);
    }
    let role = one.role.unwrap_or(EnrolmentRole::Participant);
    Some(ListedPerson { line, email, last_name, first_name, role, uai: String::new() })
}

async fn by_list(app: &App, to: Gathering, text: &[u8], preview: bool) -> Result<EnrolmentReport, Refused> {
    carried_out(app, to, read(text, &app.domains), EnrolmentSource::Csv, preview).await
}

async fn carried_out(
    app: &App,
    to: Gathering,
    list: PeopleList,
    source: EnrolmentSource,
    preview: bool,
) -> Result<EnrolmentReport, Refused> {
    let newcomers: Vec<Newcomer> = list
        .people
        .iter()
        .map(|person| Newcomer {
            email: person.email.clone(),
            last_name: person.last_name.chars().take(MAX_NAME).collect(),
            first_name: person.first_name.chars().take(MAX_NAME).collect(),
            academy: app.domains.academy(&person.email).unwrap_or_default().to_owned(),
            role: person.role,
            uai: person.uai.clone(),
        })
        .collect();
    let done = if preview {
        app.store.would_enrol(to, &newcomers).await?
    } else {
        app.store.enrol(to, &newcomers, source, app.clock.now()).await?
    };
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Ok(EnrolmentReport {
        added: count(done.added),
        changed: count(done.changed),
        same: count(done.same),
        unknown: count(done.unknown),
        people: list.people,
        rejected: list.rejected,
        preview,
    })
}

async fn struck(app: &App, from: Gathering, person: PersonId) -> Result<Vec<EnrolmentView>, Refused> {
    if !app.store.unenrol(from, person, app.clock.now()).await? {
        return Err(Refusal::Unknown.into());
    }
    listed(app, from).await
}
