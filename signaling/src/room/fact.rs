//! What a fact changes, and who hears of it: the two exhaustive matches behind `Room::commit`.

use super::*;

impl Room {
    /// What a fact changes. The only way the room's journalled state changes.
    pub(super) fn apply(&mut self, now: Timestamp, fact: &Fact) {
        match fact {
            Fact::Opened { .. } => {}
            Fact::Joined { person, participant, connection, name, role, .. } => {
                // Whether or not a timer said so before: the same in a replay.
                if self.members.overdue(now, *participant) {
                    self.forget(*participant);
                }
                let member = members::Member {
                    person: *person,
                    name: name.clone(),
                    role: *role,
                    connection: Some(*connection),
                    heard: now,
                    away_since: None,
                    acts: 0,
                    acts_since: now,
                };
                self.members.enter(*participant, member);
                if role.leads() {
                    self.led_at = Some(now);
                }
            }
            Fact::Left { participant, connection } => {
                if self.members.get(*participant).is_some_and(|m| m.connection == Some(*connection)) {
                    self.forget(*participant);
                }
            }
            Fact::Lost { connection, .. } => self.members.lose(now, *connection),
            Fact::Heartbeats { heard } => {
                for (connection, at) in heard {
                    self.members.heard(*at, *connection);
                }
            }
            Fact::Removed { participant, .. } => {
                self.stage_clear(*participant);
                self.members.ban(*participant);
                self.hands.set(*participant, false);
            }
            // Who waits is not in the room yet.
            Fact::RoomChanged { .. } | Fact::LobbyEntered { .. } | Fact::LobbyLeft { .. } => {}
            Fact::RoleChanged { participant, role, .. } => {
                self.members.give(*participant, *role);
            }
            Fact::HandRaised { participant, raised } => {
                self.hands.set(*participant, *raised);
            }
            Fact::TrackPublished { participant, track, source, muted } => {
                self.stage.add(*participant, *track, *source, *muted);
            }
            Fact::TrackMuted { track, muted, by } => {
                let by_trainer = self.stage.get(*track).is_some_and(|t| t.participant != *by);
                self.stage.mute(*track, *muted, by_trainer);
            }
            Fact::TrackUnpublished { track } => {
                self.stage.remove(*track);
            }
            Fact::ChatPosted { message, participant, client_id, text } => {
                self.chat_add(now, *message, *participant, client_id, text);
            }
            Fact::ChatDeleted { message, .. } => self.chat.delete(*message),
            Fact::RecordingStarted { recording } => {
                self.recording = Recording::On { recording: *recording, since: now };
            }
            Fact::RecordingPaused { recording } => {
                self.recording = Recording::Paused { recording: *recording }
            }
            Fact::RecordingResumed { recording } => {
                self.recording = Recording::On { recording: *recording, since: now };
            }
            Fact::RecordingStopped { failed, .. } => {
                self.recording = self.recording.stopped(*failed, self.plan.recorded);
            }
            Fact::Extended { ends_at, .. } => self.window_end = *ends_at,
            Fact::Ended { why, .. } => self.close_window(now, *why),
        }
    }

    /// What everybody hears of a fact.
    pub(super) fn announce(&self, fact: &Fact) -> Vec<Notice> {
        match fact {
            Fact::Joined { participant, .. } | Fact::RoleChanged { participant, .. } => {
                self.person_notice(*participant)
            }
            Fact::Left { participant, .. } => {
                // A connection replaced by another one of the same stay says nothing.
                if self.members.get(*participant).is_some() {
                    Vec::new()
                } else {
                    gone(*participant, Gone::Left)
                }
            }
            Fact::Lost { participant, .. } => self.person_notice(*participant),
            Fact::Removed { participant, .. } => gone(*participant, Gone::Removed),
            Fact::HandRaised { participant, .. } => {
                let mut notices = self.person_notice(*participant);
                notices.push(Notice::Hands { order: self.hands.order() });
                notices
            }
            Fact::TrackPublished { participant, .. } => self.person_notice(*participant),
            Fact::TrackMuted { track, .. } => {
                self.stage.get(*track).map_or_else(Vec::new, |t| self.person_notice(t.participant))
            }
            Fact::ChatPosted { message, .. } => {
                let found = self.chat.find(*message).cloned();
                found.map(|message| Notice::ChatPosted { message }).into_iter().collect()
            }
            Fact::ChatDeleted { message, .. } => vec![Notice::ChatDeleted { message: *message }],
            Fact::RecordingStarted { .. }
            | Fact::RecordingPaused { .. }
            | Fact::RecordingResumed { .. }
            | Fact::RecordingStopped { .. } => vec![Notice::Recording { recording: self.recording.state() }],
            Fact::Extended { .. } => vec![Notice::Seance { seance: self.view() }],
            Fact::Ended { .. } => self.ended.clone().map(Notice::Ended).into_iter().collect(),
            // The owner of an unpublished track is announced by the caller, who still knows it.
            Fact::Opened { .. }
            | Fact::Heartbeats { .. }
            | Fact::LobbyEntered { .. }
            | Fact::LobbyLeft { .. }
            | Fact::RoomChanged { .. }
            | Fact::TrackUnpublished { .. } => Vec::new(),
        }
    }

    pub(super) fn person_notice(&self, participant: ParticipantId) -> Vec<Notice> {
        self.person(participant).map(|person| Notice::Person { person }).into_iter().collect()
    }

    fn close_window(&mut self, now: Timestamp, why: EndCause) {
        let recorded = self.recording.open().is_some();
        if why == EndCause::Trainer && now < self.window_end {
            self.window_end = now;
        }
        self.ended = Some(Ending { at: now, why, recorded });
        self.stage.clear();
        self.hands = Hands::default();
    }

    fn chat_add(
        &mut self,
        now: Timestamp,
        id: MessageId,
        author: ParticipantId,
        client_id: &str,
        text: &str,
    ) {
        // Facts are applied in order, also in a replay: the author is still a member here.
        let (name, role) = self
            .members
            .get(author)
            .map_or((String::new(), Role::Participant), |member| (member.name.clone(), member.role));
        self.chat.add(ChatMessage {
            id,
            participant: author,
            name,
            role,
            at: now,
            text: text.to_owned(),
            client_id: client_id.to_owned(),
        });
    }

    /// The stay is over: its tracks and its hand go with it.
    pub(super) fn forget(&mut self, participant: ParticipantId) {
        self.stage_clear(participant);
        self.hands.set(participant, false);
        self.members.drop_stay(participant);
    }

    fn stage_clear(&mut self, participant: ParticipantId) {
        for track in self.stage.tracks_of(participant) {
            self.stage.remove(track);
        }
    }
}

/// Somebody is no longer in the room.
pub(super) fn gone(participant: ParticipantId, why: Gone) -> Vec<Notice> {
    vec![Notice::PersonGone { participant, why }]
}
