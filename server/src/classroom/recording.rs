//! A recording under way: its own thread, fed by bounded queues that drop and count, never wait.

use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use crossbeam_channel::{Receiver, Sender, bounded, select, unbounded};
use jiff::Timestamp;
use recorder::{Opening, Recorder, RecorderError, Track};
use serde_json::{Value, json};
use signaling::{
    id::{ParticipantId, RecordingId, TrackId},
    journal::Fact,
    protocol::{Role, stage::Source},
    seance::Seance,
};
use tokio::sync::mpsc;

use super::micros_between;
use crate::{
    clock::Clock,
    media::{Codec, TapItem},
};

/// Packets waiting for the disk: some seconds of a busy class. More are dropped and counted by the media plane.
const PACKETS: usize = 8_192;
/// Events waiting: two for everybody who is here when it starts.
const ORDERS: usize = 16_384;
/// How often the recorder looks at its timers.
const TICK: Duration = Duration::from_millis(200);
/// How often it looks for packets: to be woken for each would cost the media worker more than to forward it to a viewer.
const LOOK: Duration = Duration::from_millis(40);

/// After a disk error the recorder tries that many times…
const RESCUES: u32 = 60;
/// …that far apart to make playable what is there. Then the next start of the server does.
const RESCUE: Duration = Duration::from_secs(10);

/// What the recorder reports to the room.
#[derive(Debug, Clone, Copy)]
pub(super) enum Report {
    Keyframe { track: TrackId },
    Failed { recording: RecordingId },
    Finished { recording: RecordingId },
}

/// What the room tells the recorder's thread.
#[derive(Debug)]
enum Order {
    /// The name to show for somebody.
    Name {
        participant: ParticipantId,
        name: String,
    },
    Event {
        t_us: u64,
        kind: &'static str,
        data: Value,
    },
    Pause {
        t_us: u64,
    },
    Resume {
        t_us: u64,
    },
}

/// A recording under way, seen from the room.
#[derive(Debug)]
pub(super) struct Recording {
    id: RecordingId,
    started: Timestamp,
    orders: Sender<Order>,
    /// The end, apart from the other orders: it always finds room.
    finish: Sender<u64>,
    /// Whose arrival was told.
    here: HashSet<ParticipantId>,
}

impl Recording {
    /// Creates the folder and starts the thread. Packets go into the sender returned.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub(super) fn start(
        folder: &Path,
        id: RecordingId,
        (plan, started): (&Seance, Timestamp),
        clock: Clock,
        reports: mpsc::Sender<Report>,
    ) -> Result<(Self, Sender<TapItem>), RecorderError> {
        let opening = Opening {
            seance: plan.id,
            recording: id,
            title: plan.title.clone(),
            started_ms: started.as_millisecond(),
        };
        let recorder = Recorder::begin(folder, opening)?;
        let (orders, ordered) = unbounded();
        let (tap, packets) = bounded(PACKETS);
        let (finish, finished) = bounded(1);
        let folder_kept = folder.to_owned();
        let writer = Writer {
            recorder,
            folder: folder_kept,
            id,
            clock,
            started,
            names: HashMap::new(),
            reports,
            seq: 0,
        };
        thread::Builder::new()
            .name("recorder".to_owned())
            .spawn(move || writer.run(&ordered, &packets, &finished))
            .map_err(|source| RecorderError::Write { path: folder.to_owned(), source })?;
        Ok((Self { id, started, orders, finish, here: HashSet::new() }, tap))
    }

    pub(super) fn id(&self) -> RecordingId {
        self.id
    }

    fn send(&self, order: Order) {
        if self.orders.len() >= ORDERS || self.orders.send(order).is_err() {
            tracing::warn!(recording = %self.id, "the recorder cannot keep up; an event is missing from the replay");
        }
    }

    fn event(&self, at: Timestamp, kind: &'static str, data: Value) {
        self.send(Order::Event { t_us: micros_between(self.started, at), kind, data });
    }

    /// Somebody who was here when the recording started.
    pub(super) fn present(&mut self, participant: ParticipantId, name: &str, role: Role) {
        self.here.insert(participant);
        self.send(Order::Name { participant, name: name.to_owned() });
        self.event(self.started, "join", json!({ "participant": participant, "name": name, "role": role }));
    }

    pub(super) fn speaking(&self, at: Timestamp, participants: &[ParticipantId]) {
        self.event(at, "speaking", json!({ "participants": participants }));
    }

    pub(super) fn pause(&self, at: Timestamp) {
        self.send(Order::Pause { t_us: micros_between(self.started, at) });
    }

    pub(super) fn resume(&self, at: Timestamp) {
        self.send(Order::Resume { t_us: micros_between(self.started, at) });
    }

    /// Closes the files; `Report::Finished` or `Report::Failed` follows.
    pub(super) fn finish(&self, at: Timestamp) {
        // Full: the end was told already.
        let _ = self.finish.try_send(micros_between(self.started, at));
    }

    /// A fact that is on disk: what the replay shows of it.
    pub(super) fn fact(&mut self, at: Timestamp, fact: Fact) {
        match fact {
            Fact::Joined { participant, name, role, .. } => {
                if self.here.insert(participant) {
                    self.send(Order::Name { participant, name: name.clone() });
                    self.event(at, "join", json!({ "participant": participant, "name": name, "role": role }));
                }
            }
            Fact::Left { participant, .. }
            | Fact::Lost { participant, .. }
            | Fact::Removed { participant, .. } => {
                self.here.remove(&participant);
                self.event(at, "leave", json!({ "participant": participant }));
            }
            Fact::HandRaised { participant, raised } => {
                self.event(at, "hand", json!({ "participant": participant, "raised": raised }));
            }
            Fact::TrackMuted { track, muted, .. } => {
                self.event(at, "mute", json!({ "track": track, "muted": muted }));
            }
            Fact::ChatPosted { message, participant, text, .. } => {
                let data = json!({ "id": message, "participant": participant, "text": text, "at": at });
                self.event(at, "chat", data);
            }
            Fact::ChatDeleted { message, .. } => self.event(at, "chat.delete", json!({ "id": message })),
            Fact::RecordingStarted { .. } => self.event(at, "rec.start", json!({})),
            Fact::RecordingPaused { .. } => self.event(at, "rec.pause", json!({})),
            Fact::RecordingResumed { .. } => self.event(at, "rec.resume", json!({})),
            Fact::RecordingStopped { .. } => self.event(at, "rec.stop", json!({})),
            Fact::Ended { .. } => self.event(at, "end", json!({})),
            Fact::Opened { .. }
            | Fact::LobbyEntered { .. }
            | Fact::LobbyLeft { .. }
            | Fact::Heartbeats { .. }
            | Fact::RoomChanged { .. }
            | Fact::RoleChanged { .. }
            | Fact::TrackPublished { .. }
            | Fact::TrackUnpublished { .. }
            | Fact::Extended { .. } => {}
        }
    }
}

/// The thread's half.
struct Writer {
    recorder: Recorder,
    folder: PathBuf,
    id: RecordingId,
    clock: Clock,
    started: Timestamp,
    names: HashMap<ParticipantId, String>,
    reports: mpsc::Sender<Report>,
    /// Number of the last event of this recording.
    seq: u64,
}

impl Writer {
    fn run(mut self, orders: &Receiver<Order>, packets: &Receiver<TapItem>, finish: &Receiver<u64>) {
        let tick = crossbeam_channel::tick(TICK);
        let look = crossbeam_channel::tick(LOOK);
        loop {
            select! {
                recv(finish) -> t_us => {
                    // Gone without a word, the room ends the recording too.
                    let t_us = t_us.unwrap_or_else(|_| self.now_us());
                    while let Ok(order) = orders.try_recv() {
                        self.order(order);
                    }
                    return self.finish(t_us, packets);
                }
                recv(orders) -> order => match order {
                    Ok(order) => {
                        // What came before it belongs before it.
                        self.take_in(packets);
                        self.order(order);
                    }
                    // `finish` is closed with it.
                    Err(_) => continue,
                },
                recv(look) -> _ => self.take_in(packets),
                recv(tick) -> _ => {
                    self.tick();
                    if let Some(error) = self.recorder.failure() {
                        tracing::error!(recording = %self.id, %error, "the recording stopped; the class goes on");
                        return self.save_what_is_there();
                    }
                }
            }
        }
    }

    fn take_in(&mut self, packets: &Receiver<TapItem>) {
        for item in packets.try_iter().take(PACKETS) {
            self.item(item);
        }
    }

    /// After a disk error: what was written becomes playable once there is room again.
    fn save_what_is_there(self) {
        let Self { recorder, folder, id: recording, reports, .. } = self;
        drop(recorder);
        // The room may be gone already.
        let _ = reports.blocking_send(Report::Failed { recording });
        for _ in 0..RESCUES {
            if recorder::repair::recover(&folder).is_ok() {
                // The same.
                let _ = reports.blocking_send(Report::Finished { recording });
                return;
            }
            thread::sleep(RESCUE);
        }
    }

    fn now_us(&self) -> u64 {
        micros_between(self.started, self.clock.now())
    }

    /// The séance clock of an instant read by a media thread.
    fn t_us(&self, at: std::time::Instant) -> u64 {
        micros_between(self.started, self.clock.timestamp(at))
    }

    fn tick(&mut self) {
        let now = self.now_us();
        self.recorder.tick(now);
        for track in self.recorder.keyframes_wanted() {
            // Asked again at the next tick when the room is busy.
            let _ = self.reports.try_send(Report::Keyframe { track });
        }
    }

    fn order(&mut self, order: Order) {
        match order {
            Order::Name { participant, name } => {
                self.names.insert(participant, name);
            }
            Order::Event { t_us, kind, mut data } => {
                self.seq += 1;
                self.sign(&mut data);
                self.recorder.event(t_us, self.seq, kind, data);
            }
            Order::Pause { t_us } => self.recorder.pause(t_us),
            Order::Resume { t_us } => self.recorder.resume(t_us),
        }
    }

    /// A chat message is shown with its author's name, also when the author has left.
    fn sign(&self, data: &mut Value) {
        let Some(fields) = data.as_object_mut() else { return };
        let author = fields.get("participant").and_then(Value::as_str).and_then(|id| id.parse().ok());
        if let Some(name) = author.and_then(|id: ParticipantId| self.names.get(&id)) {
            fields.entry("name").or_insert_with(|| json!(name));
        }
    }

    fn item(&mut self, item: TapItem) {
        match item {
            TapItem::Started { track, participant, source, codec, clock_rate } => {
                let name = self.names.get(&participant).cloned().unwrap_or_default();
                let track = Track {
                    id: track,
                    participant,
                    name,
                    source: shown(source),
                    codec: recorded(codec),
                    clock_rate,
                };
                let now = self.now_us();
                if let Err(error) = self.recorder.track_started(now, track) {
                    tracing::warn!(recording = %self.id, %error, "a track is not recorded");
                }
            }
            TapItem::Packet { track, at, rtp } => self.recorder.packet(self.t_us(at), track, &rtp),
            TapItem::Report { track, at, ntp, rtp } => {
                self.recorder.sender_report(self.t_us(at), track, ntp, rtp)
            }
            TapItem::Ended { track, at } => self.recorder.track_ended(self.t_us(at), track),
            TapItem::Dropped { count } => {
                tracing::warn!(recording = %self.id, count, "packets are missing from the recording");
            }
        }
    }

    fn finish(mut self, t_us: u64, packets: &Receiver<TapItem>) {
        while let Ok(item) = packets.try_recv() {
            self.item(item);
        }
        let recording = self.id;
        let report = match self.recorder.finish(t_us) {
            Ok(_) => Report::Finished { recording },
            Err(error) => {
                tracing::error!(%recording, %error, "the recording could not be closed; `recordings recover` will try");
                Report::Failed { recording }
            }
        };
        // The room waits for it.
        let _ = self.reports.blocking_send(report);
    }
}

fn recorded(codec: Codec) -> recorder::Codec {
    match codec {
        Codec::Opus => recorder::Codec::Opus,
        Codec::Vp8 => recorder::Codec::Vp8,
        Codec::Vp9 { .. } => recorder::Codec::Vp9,
        Codec::H264 { .. } => recorder::Codec::H264,
        Codec::Av1 => recorder::Codec::Av1,
    }
}

fn shown(source: Source) -> recorder::Source {
    match source {
        Source::Microphone => recorder::Source::Microphone,
        Source::Camera => recorder::Source::Camera,
        Source::Screen => recorder::Source::Screen,
        Source::ScreenAudio => recorder::Source::ScreenAudio,
    }
}
