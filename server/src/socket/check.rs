//! The lobby's connection check: a throw-away media connection that carries nothing.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use signaling::{
    id::{ParticipantId, SeanceId},
    protocol::{Notice, Refusal},
    ticket::Ticket,
};

use super::{Sink, Stream, outbox::Parcel, refuse, upgrade};
use crate::{
    app::App,
    clock,
    media::{Command, Event},
};

/// How long the page may look at its connection.
const CHECK: Duration = Duration::from_secs(15);

/// Answers the offer, waits, takes everything back.
pub(super) async fn serve(app: &App, ticket: &Ticket, sdp: String, mut sink: Sink, mut stream: Stream) {
    let Ok(_place) = app.checks.try_acquire() else {
        return refuse(&mut sink, "check", Refusal::Busy).await;
    };
    let (media, mut events) = app.media.open(SeanceId(clock::mint()));
    let participant = ParticipantId(clock::mint());
    if media.send(Command::Publish { participant, negotiation: 0, offer: sdp, tracks: Vec::new() }).is_err() {
        return refuse(&mut sink, "check", Refusal::Busy).await;
    }
    let deadline = tokio::time::sleep(CHECK);
    tokio::pin!(deadline);
    loop {
        tokio::select! {
            event = events.recv() => match event {
                Some(Event::Answered { sdp, .. }) => {
                    let ice_servers = app.relays.issue(ticket.seance, ticket.bearer.person(), app.clock.now());
                    let text = Parcel::new(None, Notice::CheckAnswer { sdp, ice_servers }).into_text();
                    if upgrade::send(&mut sink, text).await.is_err() { break; }
                }
                Some(Event::Refused { reason, .. }) => {
                    let detail = reason.to_string();
                    refuse(&mut sink, "check", Refusal::BadSdp { detail }).await;
                    break;
                }
                Some(_) => {}
                None => break,
            },
            // The page has nothing more to say: anything it sends, or its departure, ends the check.
            _ = stream.next() => break,
            () = &mut deadline => break,
        }
    }
    // Dropping the events closes the room too; this is only sooner.
    let _ = media.send(Command::Close);
    let _ = sink.close().await;
}
