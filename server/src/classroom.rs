//! One task per open room. The task owns the pure `Room`; everybody else holds a `Classroom`, a way to its inbox.
//!
//! The directory is a `DashMap`: many readers, rare writes, each entry independent.

mod delivery;
mod plane;
mod recording;
mod task;

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use bytes::Bytes;
use dashmap::DashMap;
use jiff::Timestamp;
use signaling::{
    id::{ConnectionId, ParticipantId, SeanceId},
    protocol::{Refusal, Request, seance::SeanceView},
    room::{Departure, Entrance},
    seance::Seance,
};
use tokio::sync::{mpsc, oneshot};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    clock::Clock,
    media::{Command, Media, MediaBusy, RoomMedia},
    socket::outbox::Outbox,
    store::{Journal, Store},
};

/// Inputs waiting for a room; a socket that finds it full waits.
const INBOX: usize = 1_024;

/// What reaches a room.
#[derive(Debug)]
pub(crate) enum Input {
    Enter { entrance: Box<Entrance>, outbox: Arc<Outbox>, answer: oneshot::Sender<Result<(), Refusal>> },
    Request { from: ConnectionId, request: Request },
    Gone { connection: ConnectionId, how: Departure },
    View { answer: oneshot::Sender<SeanceView> },
    Replan { plan: Box<Seance> },
}

/// What all rooms need.
#[derive(Debug, Clone)]
pub struct Surroundings {
    pub clock: Clock,
    pub store: Store,
    pub journal: Journal,
    pub media: Media,
    /// Folder of all recordings.
    pub recordings: PathBuf,
    pub tasks: TaskTracker,
    pub stop: CancellationToken,
}

/// A way to an open room.
#[derive(Debug, Clone)]
pub struct Classroom {
    inbox: mpsc::Sender<Input>,
    present: Arc<AtomicU32>,
    media: RoomMedia,
}

/// The open rooms.
#[derive(Debug, Clone)]
pub struct Classrooms {
    open: Arc<DashMap<SeanceId, Classroom>>,
    around: Surroundings,
}

/// The room has just closed; open it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closed;

impl Classrooms {
    #[must_use]
    pub fn new(around: Surroundings) -> Self {
        Self { open: Arc::default(), around }
    }

    /// The classroom of a séance, opened if it was not.
    #[must_use]
    pub fn open(&self, plan: &Seance) -> Classroom {
        self.open.entry(plan.id).or_insert_with(|| self.start(plan.clone())).clone()
    }

    /// The classroom of a séance, if it is open.
    #[must_use]
    pub fn find(&self, seance: SeanceId) -> Option<Classroom> {
        self.open.get(&seance).map(|found| found.clone())
    }

    /// How many rooms are open, and how many people are connected to them.
    #[must_use]
    pub fn size(&self) -> (u64, u64) {
        let people = self.open.iter().map(|room| u64::from(room.present())).sum();
        (self.open.len() as u64, people)
    }

    fn start(&self, plan: Seance) -> Classroom {
        let (inbox, inputs) = mpsc::channel(INBOX);
        let (media, events) = self.around.media.open(plan.id);
        let classroom = Classroom { inbox, present: Arc::default(), media: media.clone() };
        let open = Arc::clone(&self.open);
        let mine = classroom.clone();
        let around = self.around.clone();
        self.around.tasks.spawn(async move {
            let seance = plan.id;
            if let Err(error) =
                task::run(plan, around, inputs, (media, events), Arc::clone(&mine.present)).await
            {
                tracing::error!(%seance, %error, "the room could not be opened");
            }
            // Only itself: the room may have been opened anew in between.
            open.remove_if(&seance, |_, found| found.inbox.same_channel(&mine.inbox));
        });
        classroom
    }

    /// A séance as its room sees it now; `None` when that is not open.
    pub async fn view(&self, seance: SeanceId) -> Option<SeanceView> {
        self.find(seance)?.view().await.ok()
    }
}

impl Classroom {
    /// Lets a connection in. The notices go to `outbox`.
    ///
    /// # Errors
    /// Outer: the room has just closed. Inner: why the person is not admitted.
    pub async fn enter(
        &self,
        entrance: Entrance,
        outbox: Arc<Outbox>,
    ) -> Result<Result<(), Refusal>, Closed> {
        let (answer, answered) = oneshot::channel();
        let input = Input::Enter { entrance: Box::new(entrance), outbox, answer };
        self.inbox.send(input).await.map_err(|_| Closed)?;
        answered.await.map_err(|_| Closed)
    }

    /// Passes a request on.
    ///
    /// # Errors
    /// The room has closed.
    pub async fn request(&self, from: ConnectionId, request: Request) -> Result<(), Closed> {
        self.inbox.send(Input::Request { from, request }).await.map_err(|_| Closed)
    }

    /// Passes on one Opus packet of somebody's microphone, past the room: it has said who may speak so. A worker that
    /// is too busy loses it.
    pub(crate) fn voice(&self, participant: ParticipantId, timestamp: u32, packet: Bytes) {
        if let Err(MediaBusy(_)) = self.media.send(Command::Voice { participant, timestamp, packet }) {
            tracing::debug!("the media plane is busy; a packet of sound is lost");
        }
    }

    /// Tells that a connection is gone.
    pub async fn gone(&self, connection: ConnectionId, how: Departure) {
        // A room that has closed has already let everybody go.
        let _ = self.inbox.send(Input::Gone { connection, how }).await;
    }

    /// How many people are connected.
    #[must_use]
    pub fn present(&self) -> u32 {
        self.present.load(Ordering::Relaxed)
    }

    /// Tells the room that its plan was changed.
    pub async fn replan(&self, plan: Seance) {
        // A room that has closed reads the plan when it is opened again.
        let _ = self.inbox.send(Input::Replan { plan: Box::new(plan) }).await;
    }

    async fn view(&self) -> Result<SeanceView, Closed> {
        let (answer, answered) = oneshot::channel();
        self.inbox.send(Input::View { answer }).await.map_err(|_| Closed)?;
        answered.await.map_err(|_| Closed)
    }
}

/// How long after `from` the instant `to` is, microseconds; 0 when it is before.
fn micros_between(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.duration_since(from).as_micros()).unwrap_or(0)
}
