//! Who asks: the ticket in the `Authorization` header, and what it allows.

use axum::{extract::FromRequestParts, http::header::AUTHORIZATION, http::request::Parts};
use signaling::{
    protocol::{Permission, Refusal},
    room::permission,
    seance::Seance,
    ticket::Ticket,
};

use super::refused::Refused;
use crate::app::App;

/// A verified ticket with its séance.
#[derive(Debug)]
pub(super) struct Bearer {
    pub(super) ticket: Ticket,
    pub(super) plan: Seance,
}

impl Bearer {
    /// The séance of a verified ticket.
    pub(super) async fn of(app: &App, ticket: Ticket) -> Result<Self, Refused> {
        let plan = app.store.seance(ticket.seance).await?;
        let plan = plan.ok_or(Refused::Refusal(Refusal::TicketInvalid))?;
        if let Some(refusal) = app.objection(&ticket, &plan).await? {
            return Err(refusal.into());
        }
        Ok(Self { ticket, plan })
    }

    /// Refuses a bearer whose role lacks the permission.
    pub(super) fn may(&self, wanted: Permission) -> Result<(), Refused> {
        let allowed = permission::permissions(self.ticket.role, self.plan.kind);
        if allowed.contains(&wanted) { Ok(()) } else { Err(Refusal::NotAllowed.into()) }
    }
}

impl FromRequestParts<App> for Bearer {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refused> {
        let header = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let text = header.and_then(|value| value.strip_prefix("Bearer ")).ok_or(Refusal::TicketInvalid)?;
        let ticket = app.key.verify(text, app.clock.now())?;
        Self::of(app, ticket).await
    }
}
