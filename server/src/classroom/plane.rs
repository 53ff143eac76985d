//! The way from a room to the media plane. Nothing is lost when the plane has no room for more: it waits, in order.

use std::{
    collections::{BTreeMap, VecDeque},
    time::{Duration, Instant},
};

use signaling::{
    id::{ParticipantId, TrackId},
    protocol::media::Tile,
    room::MediaOrder,
};

use crate::{
    clock,
    media::{Command, MediaBusy, PublishedTrack, RoomMedia},
};

/// Least time between two views of one participant; the last one in between counts.
const VIEW_SPACING: Duration = Duration::from_millis(100);

/// What one participant has on the screen.
#[derive(Debug, Default)]
struct View {
    /// Not handed over yet.
    tiles: Option<Vec<Tile>>,
    handed: Option<Instant>,
}

impl View {
    fn due(&self, now: Instant) -> bool {
        self.tiles.is_some() && self.handed.is_none_or(|at| now.duration_since(at) >= VIEW_SPACING)
    }
}

/// The room's place in the media plane, with what could not be handed over yet.
#[derive(Debug)]
pub(super) struct Plane {
    media: RoomMedia,
    /// Commands the media plane had no room for, in order.
    unsent: VecDeque<Command>,
    /// What participants are to receive; the last word counts.
    subscriptions: BTreeMap<ParticipantId, Vec<TrackId>>,
    views: BTreeMap<ParticipantId, View>,
}

impl Plane {
    pub(super) fn new(media: RoomMedia) -> Self {
        Self { media, unsent: VecDeque::new(), subscriptions: BTreeMap::new(), views: BTreeMap::new() }
    }

    /// True while something could not be handed over.
    pub(super) fn is_waiting(&self) -> bool {
        !self.unsent.is_empty()
            || !self.subscriptions.is_empty()
            || self.views.values().any(|view| view.tiles.is_some())
    }

    /// Carries out what the room orders.
    pub(super) fn order(&mut self, order: MediaOrder) {
        let mut commands = Vec::new();
        match order {
            MediaOrder::Publish { participant, negotiation, sdp, tracks } => {
                let muted = tracks.iter().map(|named| (named.track, named.muted)).collect::<Vec<_>>();
                let tracks = tracks
                    .into_iter()
                    .map(|named| PublishedTrack { mid: named.mid, track: named.track, source: named.source })
                    .collect();
                commands.push(Command::Publish { participant, negotiation, offer: sdp, tracks });
                commands.extend(muted.into_iter().map(|(track, muted)| Command::Mute { track, muted }));
            }
            MediaOrder::Unpublish { track } => commands.push(Command::Unpublish { track }),
            MediaOrder::Mute { track, muted } => commands.push(Command::Mute { track, muted }),
            MediaOrder::Subscribe { participant, tracks } => {
                self.subscriptions.insert(participant, tracks);
            }
            MediaOrder::View { participant, tiles } => {
                self.views.entry(participant).or_default().tiles = Some(tiles);
            }
            MediaOrder::Answer { participant, negotiation, sdp } => {
                commands.push(Command::Answer { participant, negotiation, sdp });
            }
            MediaOrder::Floor { participant, holds } => {
                commands.push(Command::Floor { participant, holds });
            }
            MediaOrder::Speak { participant, track, muted } => {
                commands.push(Command::Speak { participant, track });
                commands.push(Command::Mute { track, muted });
            }
            // Carried out by the task, which knows the connections.
            MediaOrder::Hear { .. } => {}
            MediaOrder::Resume { participant } => commands.push(Command::Resume { participant }),
            MediaOrder::Restart { participant } => commands.push(Command::RestartSubscribe { participant }),
            MediaOrder::Leave { participant } => {
                self.subscriptions.remove(&participant);
                self.views.remove(&participant);
                commands.push(Command::Leave { participant });
            }
            MediaOrder::Close => commands.push(Command::Close),
        }
        commands.into_iter().for_each(|command| self.send(command));
    }

    /// Hands a command to the media plane, after those that wait.
    pub(super) fn send(&mut self, command: Command) {
        self.unsent.push_back(command);
        self.send_waiting();
    }

    /// What the media plane has no room for waits: a mute or a departure may not be lost.
    pub(super) fn send_waiting(&mut self) {
        while let Some(command) = self.unsent.pop_front() {
            if let Err(MediaBusy(command)) = self.media.send(command) {
                self.unsent.push_front(command);
                return;
            }
        }
        while let Some((participant, tracks)) = self.subscriptions.pop_first() {
            let command = Command::Subscribe { participant, tracks: tracks.clone() };
            if self.media.send(command).is_err() {
                self.subscriptions.insert(participant, tracks);
                return;
            }
        }
        let now = clock::instant();
        for (participant, view) in self.views.iter_mut().filter(|(_, view)| view.due(now)) {
            let Some(tiles) = view.tiles.take() else { continue };
            match self.media.send(Command::View { participant: *participant, tiles }) {
                Ok(()) => view.handed = Some(now),
                Err(MediaBusy(Command::View { tiles, .. })) => {
                    view.tiles = Some(tiles);
                    return;
                }
                Err(MediaBusy(_)) => return,
            }
        }
    }

    /// Hands over what will be asked again if it is lost.
    pub(super) fn try_send(&self, command: Command) {
        if let Err(MediaBusy(command)) = self.media.send(command) {
            tracing::debug!(?command, "the media plane is busy");
        }
    }
}
