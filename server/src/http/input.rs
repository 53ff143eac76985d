//! What comes with a request: refused in the same words as everywhere when it is not of the form it should have.

use axum::{
    Json,
    extract::{
        FromRequest, FromRequestParts, Path as Segments, Query as Options, Request,
        rejection::{JsonRejection, QueryRejection},
    },
    http::request::Parts,
};
use serde::de::DeserializeOwned;
use signaling::protocol::Refusal;

use super::refused::Refused;

/// Longest explanation, characters.
const DETAIL: usize = 200;

/// A JSON body.
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refused> {
        match Json::from_request(request, state).await {
            Ok(Json(value)) => Ok(Self(value)),
            Err(JsonRejection::BytesRejection(_)) => Err(Refusal::TooLarge.into()),
            Err(error) => Err(malformed(&error.body_text())),
        }
    }
}

/// What follows the `?`.
pub(super) struct Query<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        let options: Result<Options<T>, QueryRejection> = Options::from_request_parts(parts, state).await;
        options.map(|Options(value)| Self(value)).map_err(|error| malformed(&error.body_text()))
    }
}

/// The identifiers in the address. What is none names nothing: as unknown as one of somebody else.
pub(super) struct Path<T>(pub(super) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        let segments = Segments::from_request_parts(parts, state).await;
        segments.map(|Segments(value)| Self(value)).map_err(|_| Refusal::Unknown.into())
    }
}

/// What the page sent is not sent back whole.
fn malformed(detail: &str) -> Refused {
    Refusal::Malformed { detail: detail.chars().take(DETAIL).collect() }.into()
}
