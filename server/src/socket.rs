//! One WebSocket: the ticket, two halves, and what happens when one of them is slow, silent or hostile.

mod check;
pub(crate) mod outbox;
mod sound;
mod upgrade;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt, stream::SplitSink, stream::SplitStream};
use signaling::{
    id::{ConnectionId, ParticipantId, PersonId},
    journal::Identity,
    protocol::{MAX_MESSAGE, MAX_NAME_CHARS, Notice, Refusal, Request, Role, VERSION, entry::Resume},
    room::{Departure, Entrance},
    seance::Seance,
    ticket::{Bearer, Ticket},
};
use tokio_tungstenite::tungstenite::{
    Message,
    protocol::{CloseFrame, frame::coding::CloseCode},
};

use crate::{app::App, classroom::Classroom, clock};
use outbox::{Next, Outbox, Parcel};
pub(crate) use upgrade::upgrade;

/// A connection that has not said hello by then is closed.
const HELLO: Duration = Duration::from_secs(10);
/// A browser that takes a notice no faster than that is gone.
const SEND: Duration = Duration::from_secs(15);
/// After the last words a browser has that long to close.
const LINGER: Duration = Duration::from_secs(5);
/// Messages in a second that are nobody's clicks; the connection is closed.
const FLOOD: u32 = 200;
/// A stay ticket lets somebody come back that long…
const STAY: jiff::SignedDuration = jiff::SignedDuration::from_hours(36);
/// …and no longer than that after the announced end.
const STAY_AFTER: jiff::SignedDuration = jiff::SignedDuration::from_hours(24);

/// How often it is asked whether who organises still may.
const LOOKS: Duration = Duration::from_secs(5);

/// Larger messages are not even read to their end.
const HARD_LIMIT: usize = 4 * MAX_MESSAGE;

/// Longest explanation of a refusal, characters.
const DETAIL: usize = 200;

type Sink = SplitSink<upgrade::Socket, Message>;
type Stream = SplitStream<upgrade::Socket>;

/// What came out of one read.
enum Heard {
    Request(Request),
    /// Sound, in binary.
    Sound(Bytes),
    /// Not a request; the person is told why.
    Wrong(Refusal),
    Gone,
}

/// Serves one connection to its end.
pub(crate) async fn serve(app: App, socket: upgrade::Socket) {
    let _open = app.door.opened();
    let (mut sink, mut stream) = socket.split();
    let first = tokio::time::timeout(HELLO, read(&mut stream)).await;
    let checked = matches!(&first, Ok(Heard::Request(Request::Check { .. })));
    let asked = if checked { "check" } else { "hello" };
    let refusal = match first {
        Err(_) => Refusal::NotJoined,
        Ok(Heard::Gone) => return,
        Ok(Heard::Wrong(reason)) => reason,
        Ok(Heard::Request(Request::Hello { version, ticket, name, resume, recording_acknowledged })) => {
            let hello = Hello { name, resume, recording_acknowledged };
            // What lasts for a moment does not take up room in what lasts for a class.
            let entered = Box::pin(hello.enter(&app, version, &ticket)).await;
            app.door.asked(entered.is_ok());
            match entered {
                Ok(Entered { classroom, who, outbox, revocable: None }) => {
                    drop(app);
                    return converse(&classroom, who, &outbox, sink, stream).await;
                }
                Ok(Entered { classroom, who, outbox, revocable: Some(ticket) }) => {
                    return Box::pin(watched(&app, &ticket, &classroom, who, &outbox, sink, stream)).await;
                }
                Err(reason) => reason,
            }
        }
        Ok(Heard::Request(Request::Check { version, ticket, sdp })) => {
            match admitted(&app, version, &ticket) {
                Ok(ticket) => return Box::pin(check::serve(&app, &ticket, sdp, sink, stream)).await,
                Err(reason) => reason,
            }
        }
        Ok(Heard::Request(_) | Heard::Sound(_)) => Refusal::NotJoined,
    };
    refuse(&mut sink, asked, refusal).await;
    linger(&mut stream).await;
}

/// The ticket of a first message, verified.
fn admitted(app: &App, version: u16, ticket: &str) -> Result<Ticket, Refusal> {
    if version != VERSION {
        return Err(Refusal::UnsupportedVersion);
    }
    app.key.verify(ticket, app.clock.now())
}

/// Tells why and closes. The page does not come back by itself.
async fn refuse(sink: &mut Sink, request: &str, reason: Refusal) {
    let notice = Notice::Refused { request: Some(request.to_owned()), reason, client_id: None };
    let text = Parcel::new(None, notice).into_text();
    let frame = CloseFrame { code: CloseCode::Policy, reason: "refused".into() };
    // Whoever is refused may already have gone.
    let _ = upgrade::send(sink, text).await;
    let _ = sink.send(Message::Close(Some(frame))).await;
}

/// Whose connection it is.
#[derive(Debug, Clone, Copy)]
struct Who {
    connection: ConnectionId,
    participant: ParticipantId,
}

/// A connection that was let in.
struct Entered {
    classroom: Classroom,
    who: Who,
    outbox: Arc<Outbox>,
    /// Of who organises by a role on the platform: looked at again and again.
    revocable: Option<Ticket>,
}

/// The rest of a `hello`.
struct Hello {
    name: Option<String>,
    resume: Option<Resume>,
    recording_acknowledged: bool,
}

impl Hello {
    async fn enter(self, app: &App, version: u16, ticket: &str) -> Result<Entered, Refusal> {
        let ticket = admitted(app, version, ticket)?;
        let plan = app.store.seance(ticket.seance).await.map_err(|error| {
            tracing::error!(%error, "a séance cannot be read");
            Refusal::Busy
        })?;
        let plan = plan.ok_or(Refusal::TicketInvalid)?;
        let objection = app.shut(&ticket, &plan).await.map_err(|error| {
            tracing::error!(%error, "a link cannot be checked");
            Refusal::Busy
        })?;
        if let Some(refusal) = objection {
            return Err(refusal);
        }
        let revocable = (ticket.role == Role::Organiser).then(|| ticket.clone());
        let entrance = self.entrance(app, ticket, &plan)?;
        let who = Who { connection: entrance.connection, participant: entrance.participant };
        let outbox = Arc::new(Outbox::default());
        // A room that has just closed is opened again; twice is enough.
        for _ in 0..2 {
            let classroom = app.classrooms.open(&plan);
            if let Ok(outcome) = classroom.enter(entrance.clone(), Arc::clone(&outbox)).await {
                return outcome.map(|()| Entered { classroom, who, outbox, revocable });
            }
        }
        Err(Refusal::Busy)
    }

    fn entrance(self, app: &App, ticket: Ticket, plan: &Seance) -> Result<Entrance, Refusal> {
        let (closing, link) = (plan.announced_end(), ticket.bearer.link());
        let (participant, person, name, identity) = match ticket.bearer {
            Bearer::Anyone => {
                let name = named(self.name.as_deref())?;
                (ParticipantId(clock::mint()), PersonId(clock::mint()), name, Identity::Declared)
            }
            Bearer::Person { person, name, identity, .. } => {
                (ParticipantId(clock::mint()), person, name, identity)
            }
            Bearer::Stay { participant, person, name, identity, .. } => (participant, person, name, identity),
        };
        let until = (app.clock.now() + STAY).min(closing + STAY_AFTER);
        let stay = Ticket {
            seance: ticket.seance,
            role: ticket.role,
            bearer: Bearer::Stay { participant, person, name: name.clone(), identity, link },
            until,
            login: ticket.login,
        };
        let open = Ticket {
            seance: ticket.seance,
            role: Role::Participant,
            bearer: Bearer::Anyone,
            until: closing,
            login: None,
        };
        Ok(Entrance {
            connection: ConnectionId(clock::mint()),
            participant,
            person,
            name,
            role: ticket.role,
            identity,
            stay: app.key.sign(&stay),
            ice_servers: app.relays.issue(ticket.seance, Some(person), app.clock.now()),
            invitation: plan.guests.then(|| app.key.sign(&open)),
            resume: self.resume,
            recording_acknowledged: self.recording_acknowledged,
        })
    }
}

/// The name typed, on one line, without stray spaces and without what only disturbs its reading.
fn named(name: Option<&str>) -> Result<String, Refusal> {
    // Zero-width and bidirectional marks (Unicode TR 36): invisible, and made to look like somebody else.
    let invisible = |c: &char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    let visible: String = name.unwrap_or_default().chars().filter(|c| !invisible(c)).collect();
    let name = visible.split_whitespace().collect::<Vec<_>>().join(" ");
    let length = name.chars().count();
    if length == 0 || length > MAX_NAME_CHARS || name.chars().any(char::is_control) {
        return Err(Refusal::NameNeeded);
    }
    Ok(name)
}

/// Requests in, notices out, until one side has enough.
async fn converse(classroom: &Classroom, who: Who, outbox: &Arc<Outbox>, mut sink: Sink, mut stream: Stream) {
    let reading = receive(classroom, who, outbox, &mut stream);
    let writing = deliver(outbox, &mut sink);
    let how = tokio::select! {
        () = reading => Departure::Closed,
        // It took nothing more: the person was there until last heard. (Whom the room sent away is gone already.)
        () = writing => Departure::Silent,
    };
    outbox.sounds().close();
    classroom.gone(who.connection, how).await;
    linger(&mut stream).await;
}

/// The same for who organises: when the role or the login is taken away, so is the place in the room.
async fn watched(
    app: &App,
    ticket: &Ticket,
    classroom: &Classroom,
    who: Who,
    outbox: &Arc<Outbox>,
    sink: Sink,
    stream: Stream,
) {
    let objected = async {
        loop {
            tokio::time::sleep(LOOKS).await;
            let Ok(Some(plan)) = app.store.seance(ticket.seance).await else { continue };
            // A database that does not answer takes nobody's place away.
            if let Ok(Some(refusal)) = app.shut(ticket, &plan).await {
                outbox.push(refused(refusal));
                outbox.close(None);
                // The writing half ends the conversation once that is sent.
                return std::future::pending::<()>().await;
            }
        }
    };
    tokio::select! {
        () = objected => {}
        () = converse(classroom, who, outbox, sink, stream) => {}
    }
}

/// Reads on until the browser has closed as well: a socket closed with unread messages is reset, and the last words
/// with it (RFC 6455 §7.1.1).
async fn linger(stream: &mut Stream) {
    let heard = async { while stream.next().await.is_some_and(|message| message.is_ok()) {} };
    // Who does not close in time has lost the last words anyway.
    let _ = tokio::time::timeout(LINGER, heard).await;
}

/// Sends what the outbox holds until it is closed or the browser takes nothing more.
async fn deliver(outbox: &Outbox, sink: &mut Sink) {
    loop {
        let next = tokio::select! {
            next = outbox.next() => Ok(next),
            sound = outbox.sounds().next() => Err(sound),
        };
        let last = matches!(next, Ok(Next::Close));
        let sending = async {
            match next {
                Ok(Next::Send(parcel)) => upgrade::send(sink, parcel.into_text()).await,
                Ok(Next::Close) => sink.send(Message::Close(None)).await,
                Err(sound) => sink.send(Message::Binary(sound)).await,
            }
        };
        // Once the outbox is closed, a browser that takes nothing is not waited for as long.
        let patience = if outbox.is_closed() { SEND / 2 } else { SEND };
        let sent = tokio::time::timeout(patience, sending).await;
        if last || !matches!(sent, Ok(Ok(()))) {
            return;
        }
    }
}

async fn receive(classroom: &Classroom, who: Who, outbox: &Outbox, stream: &mut Stream) {
    let mut pace = sound::Pace::default();
    let mut second = clock::instant();
    let mut count = 0_u32;
    loop {
        let heard = read(stream).await;
        if second.elapsed() >= Duration::from_secs(1) {
            (second, count) = (clock::instant(), 0);
        }
        count += 1;
        let refusal = match heard {
            Heard::Gone => return,
            _ if count > FLOOD => {
                outbox.push(refused(Refusal::TooFast));
                outbox.close(None);
                // The writing half ends the conversation once that is sent.
                return std::future::pending().await;
            }
            Heard::Request(request) => {
                if classroom.request(who.connection, request).await.is_ok() {
                    continue;
                }
                return;
            }
            Heard::Sound(message) => match sound::speak(classroom, who, &message, &mut pace) {
                Ok(()) => continue,
                Err(reason) => reason,
            },
            Heard::Wrong(reason) => reason,
        };
        outbox.push(refused(refusal));
    }
}

fn refused(reason: Refusal) -> Parcel {
    Parcel::new(None, Notice::Refused { request: None, reason, client_id: None })
}

/// The next message of the browser.
async fn read(stream: &mut Stream) -> Heard {
    loop {
        return match stream.next().await {
            None | Some(Err(_)) | Some(Ok(Message::Close(_))) => Heard::Gone,
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => continue,
            Some(Ok(Message::Binary(message))) => Heard::Sound(message),
            Some(Ok(Message::Text(text))) if text.len() > MAX_MESSAGE => Heard::Wrong(Refusal::TooLarge),
            Some(Ok(Message::Text(text))) => match serde_json::from_str(&text) {
                Ok(request) => Heard::Request(request),
                Err(error) => {
                    // What the page sent is not sent back whole.
                    let detail = error.to_string().chars().take(DETAIL).collect();
                    Heard::Wrong(Refusal::Malformed { detail })
                }
            },
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_readable_line() {
        assert_eq!(named(Some("  Ada \n Lovelace ")).unwrap(), "Ada Lovelace");
        assert_eq!(named(Some("\u{202e}ecirtamroF\u{200b}")).unwrap(), "ecirtamroF");
        for wrong in [None, Some(""), Some(" \u{200b} "), Some("a\u{7}b")] {
            assert_eq!(named(wrong), Err(Refusal::NameNeeded));
        }
        assert_eq!(named(Some(&"x".repeat(61))), Err(Refusal::NameNeeded));
    }
}
