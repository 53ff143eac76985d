//! Refusals and errors as HTTP answers: a status, and the same JSON as on the WebSocket.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use signaling::protocol::Refusal;

use crate::{password::PasswordError, store::StoreError};

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

impl From<PasswordError> for Refused {
    fn from(error: PasswordError) -> Self {
        tracing::error!(%error, "a password cannot be checked");
        Refusal::Busy.into()
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        match self {
            Self::Refusal(refusal) => {
                let mut response = (status(&refusal), Json(&refusal)).into_response();
                if let Refusal::TooManyTries { seconds } = refusal {
                    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
                }
                response
            }
            Self::Store(error) => {
                tracing::error!(%error, "a request failed");
                (StatusCode::SERVICE_UNAVAILABLE, Json(Refusal::Busy)).into_response()
            }
            Self::NotFound => StatusCode::NOT_FOUND.into_response(),
        }
    }
}

/// The status of a refusal; whatever is not said here is forbidden.
fn status(refusal: &Refusal) -> StatusCode {
    use Refusal as R;
    if matches!(
        refusal,
        R::TicketInvalid | R::TicketExpired | R::LinkRevoked | R::LoginNeeded | R::LoginFailed
    ) {
        StatusCode::UNAUTHORIZED
    } else if matches!(refusal, R::Busy | R::StorageFailing) {
        StatusCode::SERVICE_UNAVAILABLE
    } else if matches!(refusal, R::RecordingDeleted { .. }) {
        StatusCode::GONE
    } else if matches!(refusal, R::Unknown) {
        StatusCode::NOT_FOUND
    } else if matches!(refusal, R::FileErased) {
        StatusCode::GONE
    } else if matches!(refusal, R::Malformed { .. } | R::Invalid { .. }) {
        StatusCode::BAD_REQUEST
    } else if matches!(refusal, R::TooLarge) {
        StatusCode::PAYLOAD_TOO_LARGE
    } else if matches!(
        refusal,
        R::Conflict { .. }
            | R::KeptUntil { .. }
            | R::RoleHeld
            | R::HeldBack
            | R::Unattested { .. }
            | R::NotBegun
    ) {
        StatusCode::CONFLICT
    } else if matches!(refusal, R::TooManyTries { .. } | R::TooFast) {
        StatusCode::TOO_MANY_REQUESTS
    } else {
        StatusCode::FORBIDDEN
    }
}

/// An address of the API that does not exist.
pub(super) async fn no_such_address() -> StatusCode {
    StatusCode::NOT_FOUND
}
