//! Who may ask for what: one exhaustive table.

use crate::protocol::{Permission, Refusal, Request, Role, seance::SeanceKind, stage::Source};

/// What a request needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Need {
    /// Anybody in the room.
    Presence,
    /// One of the permissions of the role.
    May(Permission),
}

/// What `request` needs. A new message does not compile before it has its line here.
fn need(request: &Request) -> Need {
    match request {
        Request::Hello { .. }
        | Request::Check { .. }
        | Request::Heartbeat {}
        | Request::Leave {}
        | Request::SubscribeAnswer { .. }
        | Request::SubscribeRestart {}
        | Request::View { .. }
        | Request::Sound { microphone: false, .. }
        | Request::ChatEarlier { .. } => Need::Presence,
        Request::Publish { .. }
        | Request::Unpublish { .. }
        | Request::Mute { .. }
        | Request::Sound { microphone: true, .. } => Need::May(Permission::Publish),
        Request::RaiseHand { .. } => Need::May(Permission::RaiseHand),
        Request::ChatPost { .. } => Need::May(Permission::Chat),
        Request::ChatDelete { .. } => Need::May(Permission::DeleteChat),
        Request::MuteParticipant { .. }
        | Request::MuteAll {}
        | Request::LowerHand { .. }
        | Request::SetRole { .. }
        | Request::Remove { .. } => Need::May(Permission::Moderate),
        Request::Record { .. } => Need::May(Permission::Record),
        Request::Extend { .. } => Need::May(Permission::Extend),
        Request::EndSeance {} => Need::May(Permission::End),
    }
}

/// What a role may do in a séance of that kind.
#[must_use]
pub fn permissions(role: Role, kind: SeanceKind) -> Vec<Permission> {
    use Permission as P;
    let mut list = match role {
        Role::Trainer | Role::CoTrainer => vec![
            P::Chat,
            P::DeleteChat,
            P::RaiseHand,
            P::Moderate,
            P::Record,
            P::Extend,
            P::End,
            P::SeePresence,
            P::SeeReplay,
        ],
        Role::Speaker | Role::Participant => vec![P::Chat, P::RaiseHand, P::SeeReplay],
        Role::Observer => vec![P::SeeReplay],
        Role::Organiser => vec![P::SeePresence, P::SeeReplay],
    };
    let sources = publishable(role, kind);
    if !sources.is_empty() {
        list.push(P::Publish);
    }
    if sources.contains(&Source::Screen) {
        list.push(P::ShareScreen);
    }
    list.sort_unstable();
    list
}

/// The sources a role may publish in a séance of that kind.
#[must_use]
pub fn publishable(role: Role, kind: SeanceKind) -> Vec<Source> {
    const ALL: [Source; 4] = [Source::Microphone, Source::Camera, Source::Screen, Source::ScreenAudio];
    match (role, kind) {
        (Role::Trainer | Role::CoTrainer | Role::Speaker, _) => ALL.to_vec(),
        (Role::Participant, SeanceKind::Audioconference) => vec![Source::Microphone],
        (
            Role::Participant,
            SeanceKind::ClasseVirtuelle | SeanceKind::Permanente | SeanceKind::Presentiel,
        ) => {
            vec![Source::Microphone, Source::Camera]
        }
        (Role::Participant, SeanceKind::Webinaire) | (Role::Observer | Role::Organiser, _) => Vec::new(),
    }
}

/// Refuses what the role may not ask.
///
/// # Errors
/// `TrainersOnly` when only those who lead may, `NotAllowed` otherwise.
pub fn check(role: Role, kind: SeanceKind, request: &Request) -> Result<(), Refusal> {
    let Need::May(permission) = need(request) else { return Ok(()) };
    if permissions(role, kind).contains(&permission) {
        return Ok(());
    }
    Err(match permission {
        Permission::Moderate
        | Permission::DeleteChat
        | Permission::Record
        | Permission::Extend
        | Permission::End
        | Permission::SeePresence => Refusal::TrainersOnly,
        Permission::Publish
        | Permission::ShareScreen
        | Permission::Chat
        | Permission::RaiseHand
        | Permission::SeeReplay => Refusal::NotAllowed,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{MessageId, ParticipantId, TrackId};

    fn one_of_each() -> Vec<Request> {
        let participant = ParticipantId(uuid::Uuid::nil());
        let track = TrackId(uuid::Uuid::nil());
        let message = MessageId(uuid::Uuid::nil());
        vec![
            Request::Heartbeat {},
            Request::Leave {},
            Request::SubscribeAnswer { negotiation: 1, sdp: String::new() },
            Request::SubscribeRestart {},
            Request::View { tiles: Vec::new() },
            Request::Sound { on: true, microphone: false },
            Request::ChatEarlier { before: message },
            Request::Publish { negotiation: 1, sdp: String::new(), tracks: Vec::new() },
            Request::Unpublish { track },
            Request::Mute { track, muted: true },
            Request::Sound { on: true, microphone: true },
            Request::RaiseHand { raised: true },
            Request::ChatPost { client_id: String::new(), text: String::new() },
            Request::ChatDelete { message },
            Request::MuteParticipant { participant, source: Source::Microphone },
            Request::MuteAll {},
            Request::LowerHand { participant },
            Request::SetRole { participant, role: Role::Speaker },
            Request::Remove { participant },
            Request::Record { on: true },
            Request::Extend { minutes: 5 },
            Request::EndSeance {},
        ]
    }

    /// The table as people would say it: which of the requests above each role may make, in that order.
    #[test]
    fn every_role_and_every_request() {
        let classe = [
            (Role::Trainer, "......................"),
            (Role::CoTrainer, "......................"),
            (Role::Speaker, ".............xxxxxxxxx"),
            (Role::Participant, ".............xxxxxxxxx"),
            (Role::Observer, ".......xxxxxxxxxxxxxxx"),
            (Role::Organiser, ".......xxxxxxxxxxxxxxx"),
        ];
        for (role, expected) in classe {
            let found: String = one_of_each()
                .iter()
                .map(
                    |request| {
                        if check(role, SeanceKind::ClasseVirtuelle, request).is_ok() { '.' } else { 'x' }
                    },
                )
                .collect();
            assert_eq!(found, expected, "{role:?}");
        }
    }

    #[test]
    fn a_webinar_participant_does_not_publish() {
        let publish = Request::Publish { negotiation: 1, sdp: String::new(), tracks: Vec::new() };
        assert_eq!(check(Role::Participant, SeanceKind::Webinaire, &publish), Err(Refusal::NotAllowed));
        assert_eq!(check(Role::Speaker, SeanceKind::Webinaire, &publish), Ok(()));
    }

    #[test]
    fn a_refusal_names_who_may() {
        assert_eq!(
            check(Role::Participant, SeanceKind::ClasseVirtuelle, &Request::MuteAll {}),
            Err(Refusal::TrainersOnly)
        );
        let chat = Request::ChatPost { client_id: String::new(), text: String::new() };
        assert_eq!(check(Role::Observer, SeanceKind::ClasseVirtuelle, &chat), Err(Refusal::NotAllowed));
    }
}
