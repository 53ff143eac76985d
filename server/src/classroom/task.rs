//! The task of one room: inputs in, the pure `Room` decides, effects out.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use futures_util::StreamExt;
use signaling::{
    id::{ConnectionId, ParticipantId, TrackId},
    journal::Fact,
    protocol::{
        Notice, Refusal,
        media::{Connection, OfferedTrack},
    },
    room::{Effect, Entrance, MediaOrder, RecorderOrder, Room},
    seance::Seance,
};
use tokio::sync::mpsc;

use super::{
    Input, Surroundings,
    delivery::Delivery,
    plane::Plane,
    recording::{Recording, Report},
};
use crate::{
    clock,
    media::{Command, Event, MediaRefusal, RoomMedia},
    socket::outbox::Outbox,
    store::StoreError,
};

/// Reports of the recorder waiting for the room; more are not needed, they repeat.
const REPORTS: usize = 64;

struct Task {
    room: Room,
    plan: Seance,
    around: Surroundings,
    delivery: Delivery,
    plane: Plane,
    recording: Option<Recording>,
    reports: mpsc::Sender<Report>,
    present: Arc<AtomicU32>,
    /// Somebody or something has reached this task.
    knocked: bool,
    stopping: bool,
}

/// Holds the séance until it is over or the server stops.
///
/// # Errors
/// The journal cannot be read.
pub(super) async fn run(
    plan: Seance,
    around: Surroundings,
    mut inputs: mpsc::Receiver<Input>,
    (media, mut events): (RoomMedia, mpsc::Receiver<Event>),
    present: Arc<AtomicU32>,
) -> Result<(), StoreError> {
    let records = around.store.records(plan.id).await?;
    let room = Room::replay(plan.clone(), around.clock.boot(), &records);
    drop(records);
    let (reports, mut reported) = mpsc::channel(REPORTS);
    let delivery = Delivery::new(plan.id, around.journal.clone());
    let mut failing = around.journal.failing();
    let stop = around.stop.clone();
    let mut task = Task {
        room,
        plan,
        around,
        delivery,
        plane: Plane::new(media),
        recording: None,
        reports,
        present,
        knocked: false,
        stopping: false,
    };
    let mut media_open = true;
    while !task.done() {
        let wait = task.wait();
        tokio::select! {
            Some(input) = inputs.recv() => task.input(input),
            event = events.recv(), if media_open => match event {
                Some(event) => task.event(event),
                None => media_open = false,
            },
            Some(report) = reported.recv() => task.report(report),
            Some(committed) = task.delivery.commits.next(), if !task.delivery.commits.is_empty() => {
                if committed.is_ok() { task.committed(); } else { break; }
            }
            Ok(()) = failing.changed() => {
                let told = task.room.storage(*failing.borrow_and_update());
                task.carry_out(told);
            }
            () = stop.cancelled(), if !task.stopping => task.stop(),
            () = tokio::time::sleep(wait) => task.wake(),
        }
    }
    inputs.close();
    while let Some(late) = inputs.recv().await {
        task.turn_away(late);
    }
    Ok(())
}

impl Task {
    /// Over and told, stopped and written, or never begun: whoever knocked was refused.
    fn done(&self) -> bool {
        let over = self.stopping || self.room.finished(self.around.clock.now());
        let idle = !self.room.is_running() && self.knocked;
        (over || idle) && self.recording.is_none() && self.delivery.settled()
    }

    fn wait(&self) -> std::time::Duration {
        let patience = if self.plane.is_waiting() { 20 } else { 1_000 };
        let longest = std::time::Duration::from_millis(patience);
        let next = self.room.next_deadline().map_or(longest, |at| self.around.clock.until(at));
        // What is due and cannot be done yet (a disk that refuses) does not keep the processor busy.
        next.clamp(std::time::Duration::from_millis(5), longest)
    }

    fn wake(&mut self) {
        self.plane.send_waiting();
        self.delivery.send_waiting();
        let effects = self.room.wake(self.around.clock.now());
        self.carry_out(effects);
    }

    fn stop(&mut self) {
        self.stopping = true;
        let effects = self.room.stopping(self.around.clock.now());
        self.carry_out(effects);
    }

    fn input(&mut self, input: Input) {
        self.knocked = true;
        if self.stopping {
            return self.turn_away(input);
        }
        let now = self.around.clock.now();
        match input {
            Input::Enter { entrance, outbox, answer } => {
                let outcome = self.enter(*entrance, outbox);
                // A socket that closed meanwhile reports so by itself.
                let _ = answer.send(outcome);
            }
            Input::Request { from, request } => {
                let effects = self.room.handle(now, from, request, &mut clock::mint);
                self.carry_out(effects);
            }
            Input::Gone { connection, how } => {
                self.delivery.disconnect(connection);
                let effects = self.room.disconnected(now, connection, how);
                self.carry_out(effects);
            }
            Input::View { answer } => {
                let _ = answer.send(self.room.view());
            }
            Input::Replan { plan } => {
                self.plan = (*plan).clone();
                let effects = self.room.replan(now, *plan);
                self.carry_out(effects);
            }
        }
        self.present.store(u32::try_from(self.room.present()).unwrap_or(u32::MAX), Ordering::Relaxed);
    }

    fn enter(&mut self, mut entrance: Entrance, outbox: Arc<Outbox>) -> Result<(), Refusal> {
        let now = self.around.clock.now();
        let opened = self.room.knock(now, &entrance);
        self.carry_out(opened);
        if *self.around.journal.failing().borrow() {
            // The notices missed may not be on disk yet; a whole state can leave them out.
            entrance.resume = None;
        }
        let effects = self.room.enter(now, &entrance, &mut clock::mint)?;
        self.delivery.connect(entrance.connection, outbox);
        self.carry_out_entrance(effects, entrance.connection);
        Ok(())
    }

    /// The room is closing: nobody comes in, and a departure is the server's, not the person's.
    fn turn_away(&mut self, input: Input) {
        match input {
            Input::Enter { answer, .. } => {
                let reason = if self.room.is_over() { Refusal::Ended } else { Refusal::Busy };
                // A socket that closed meanwhile needs no answer.
                let _ = answer.send(Err(reason));
            }
            Input::Gone { connection, .. } => self.delivery.disconnect(connection),
            Input::View { answer } => {
                let _ = answer.send(self.room.view());
            }
            // The plan is in the database: who opens the room again reads it there.
            Input::Request { .. } | Input::Replan { .. } => {}
        }
    }

    /// Media and recorder orders are carried out at once; facts and notices go to the delivery.
    fn carry_out(&mut self, effects: Vec<Effect>) {
        let (facts, told) = self.sort(effects);
        self.delivery.take(self.around.clock.moment(), facts, told);
    }

    fn carry_out_entrance(&mut self, effects: Vec<Effect>, entering: ConnectionId) {
        let (facts, told) = self.sort(effects);
        let at = self.around.clock.moment();
        if *self.around.journal.failing().borrow() {
            self.delivery.take_entrance_while_failing(at, facts, told, entering);
        } else {
            self.delivery.take(at, facts, told);
        }
    }

    fn sort(&mut self, effects: Vec<Effect>) -> (Vec<Fact>, Vec<Effect>) {
        let (mut facts, mut told) = (Vec::new(), Vec::new());
        for effect in effects {
            match effect {
                Effect::Journal(fact) => facts.push(fact),
                Effect::Media(MediaOrder::Hear { participant, connection, on }) => {
                    let sounds = self.delivery.sounds(connection).filter(|_| on);
                    self.plane.send(Command::Hear { participant, sounds });
                }
                Effect::Media(order) => self.plane.order(order),
                Effect::Recorder(order) => self.record(order),
                Effect::Tell { .. } | Effect::Broadcast { .. } | Effect::Close { .. } => told.push(effect),
            }
        }
        self.plane.send_waiting();
        (facts, told)
    }

    fn record(&mut self, order: RecorderOrder) {
        let now = self.around.clock.now();
        match order {
            RecorderOrder::Start { recording, at } => {
                let folder =
                    self.around.recordings.join(self.plan.id.to_string()).join(recording.to_string());
                let started = Recording::start(
                    &folder,
                    recording,
                    (&self.plan, at),
                    self.around.clock,
                    self.reports.clone(),
                );
                match started {
                    Ok((mut running, tap)) => {
                        self.room.people().for_each(|(who, name, role)| running.present(who, name, role));
                        self.recording = Some(running);
                        self.plane.send(Command::Tap { tap: Some(tap) });
                    }
                    Err(error) => {
                        tracing::error!(seance = %self.plan.id, %error, "the recording cannot be written");
                        // The room hears of it like of any failure of the recorder.
                        let _ = self.reports.try_send(Report::Failed { recording });
                    }
                }
            }
            RecorderOrder::Pause => self.recording.iter().for_each(|running| running.pause(now)),
            RecorderOrder::Resume => self.recording.iter().for_each(|running| running.resume(now)),
            RecorderOrder::Stop => {
                // The files are closed once the last facts are on disk, see `committed`.
                self.plane.send(Command::Tap { tap: None });
            }
        }
    }

    fn report(&mut self, report: Report) {
        let now = self.around.clock.now();
        match report {
            Report::Keyframe { track } => {
                // Asked again by the recorder if it was lost.
                self.plane.try_send(Command::Keyframe { track });
            }
            Report::Failed { recording } => {
                if self.recording.as_ref().is_none_or(|running| running.id() == recording) {
                    self.recording = None;
                    self.plane.send(Command::Tap { tap: None });
                    let effects = self.room.recording_failed(now);
                    self.carry_out(effects);
                }
            }
            Report::Finished { recording } => {
                if self.recording.as_ref().is_some_and(|running| running.id() == recording) {
                    self.recording = None;
                }
                let effects = self.room.recording_ready(now, recording);
                self.carry_out(effects);
            }
        }
    }

    /// The oldest batch is on disk.
    fn committed(&mut self) {
        for (at, fact) in self.delivery.committed() {
            let Some(running) = &mut self.recording else { continue };
            let stopped = matches!(fact, Fact::RecordingStopped { .. });
            running.fact(at.effective(), fact);
            if stopped {
                running.finish(at.effective());
            }
        }
    }

    fn event(&mut self, event: Event) {
        let now = self.around.clock.now();
        let effects = match event {
            Event::Answered { participant, negotiation, sdp } => {
                self.room.answered(participant, negotiation, sdp)
            }
            Event::Offered { participant, negotiation, sdp, tracks } => {
                self.offered(participant, negotiation, sdp, &tracks)
            }
            Event::Refused { participant, of: Connection::Publish, reason } => {
                self.publish_refused(participant, &reason)
            }
            Event::Refused { participant, of: Connection::Subscribe, reason } => {
                self.subscribe_refused(participant, &reason)
            }
            Event::Disconnected { participant, connection, why } => {
                tracing::info!(%participant, ?connection, ?why, "media connection lost");
                self.tell_one(participant, Notice::MediaLost { connection })
            }
            Event::Encode { participant, track, watched, rids } => {
                self.tell_one(participant, Notice::Encode { track, watched, rids })
            }
            Event::Quality { participant, level, loss_percent, round_trip_ms } => {
                self.room.quality(participant, level, loss_percent, round_trip_ms)
            }
            Event::Sounds { participant, streams } => self.room.heard_by_socket(participant, &streams),
            Event::Excess { participant } => self.room.excess(participant),
            Event::Weak { participant, weak } => self.room.weak(participant, weak),
            Event::Speaking { participants } => {
                if let Some(running) = &self.recording {
                    running.speaking(now, &participants);
                }
                self.room.tell_all(&Notice::Speaking { participants })
            }
            Event::Connected { .. } | Event::TrackLive { .. } | Event::TrackEnded { .. } => Vec::new(),
        };
        self.carry_out(effects);
    }

    fn offered(
        &self,
        participant: ParticipantId,
        negotiation: u32,
        sdp: String,
        tracks: &[(String, TrackId)],
    ) -> Vec<Effect> {
        let Some(to) = self.room.connection_of(participant) else { return Vec::new() };
        let named = tracks.iter().filter_map(|(mid, track)| {
            let (participant, source) = self.room.track(*track)?;
            Some(OfferedTrack { mid: mid.clone(), track: *track, participant, source })
        });
        let notice = Notice::SubscribeOffer { negotiation, sdp, tracks: named.collect() };
        vec![Effect::Tell { to, notice }]
    }

    /// What the offer would have published is taken back.
    fn publish_refused(&mut self, participant: ParticipantId, reason: &MediaRefusal) -> Vec<Effect> {
        let refusal = match reason {
            MediaRefusal::TooManyTracks(_) => Refusal::TooManyTracks,
            MediaRefusal::ForeignTrack => Refusal::UnknownTrack,
            MediaRefusal::Internal => Refusal::Busy,
            MediaRefusal::OutOfTurn
            | MediaRefusal::BadSdp(_)
            | MediaRefusal::NoSuchSection(_)
            | MediaRefusal::NoCodec(_) => Refusal::BadSdp { detail: reason.to_string() },
        };
        self.room.publish_refused(self.around.clock.now(), participant, refusal)
    }

    /// The person is told; the media plane offers again by itself.
    fn subscribe_refused(&self, participant: ParticipantId, reason: &MediaRefusal) -> Vec<Effect> {
        let detail = reason.to_string();
        // Out of turn is what crossing restarts look like: the page does not bother the person with it.
        let out_of_turn = *reason == MediaRefusal::OutOfTurn;
        let reason = if out_of_turn { Refusal::OutOfTurn { detail } } else { Refusal::BadSdp { detail } };
        let notice =
            Notice::Refused { request: Some("subscribe_answer".to_owned()), reason, client_id: None };
        self.tell_one(participant, notice)
    }

    /// Tells one person, should they be connected.
    fn tell_one(&self, participant: ParticipantId, notice: Notice) -> Vec<Effect> {
        let to = self.room.connection_of(participant);
        to.map(|to| Effect::Tell { to, notice }).into_iter().collect()
    }
}
