//! Refusals and errors as HTTP answers: a status, and the same JSON as on the WebSocket.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use signaling::protocol::Refusal;

use crate::store::StoreError;

/// Why a request got no answer.
#[derive(Debug)]
pub(super) enum Refused {
    /// The person may not, or not now.
    Refusal(Refusal),
    /// This process could not do its work.
    Store(StoreError),
    NotFound,
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self::Refusal(refusal)
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        match self {
            Self::Refusal(refusal) => {
                let unknown = matches!(refusal, Refusal::TicketInvalid | Refusal::TicketExpired);
                let status = if unknown {
                    StatusCode::UNAUTHORIZED
                } else if refusal == Refusal::Busy {
                    StatusCode::SERVICE_UNAVAILABLE
                } else {
                    StatusCode::FORBIDDEN
                };
                (status, Json(refusal)).into_response()
            }
            Self::Store(error) => {
                tracing::error!(%error, "a request failed");
                (StatusCode::SERVICE_UNAVAILABLE, Json(Refusal::Busy)).into_response()
            }
            Self::NotFound => StatusCode::NOT_FOUND.into_response(),
        }
    }
}

/// An address of the API that does not exist.
pub(super) async fn no_such_address() -> StatusCode {
    StatusCode::NOT_FOUND
}
