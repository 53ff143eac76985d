//! From an HTTP request to a WebSocket (RFC 6455 §4.2), with small buffers: there are many, and most messages are short.

use std::future::Future;

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, HeaderName, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::SinkExt;
use hyper_util::rt::TokioIo;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        self, Message, Utf8Bytes,
        handshake::derive_accept_key,
        protocol::{
            Role, WebSocketConfig,
            frame::{
                Frame,
                coding::{Data, OpCode},
            },
        },
    },
};
use tokio_util::task::TaskTracker;

use super::{HARD_LIMIT, Sink};

/// One WebSocket.
pub(super) type Socket = WebSocketStream<TokioIo<hyper::upgrade::Upgraded>>;

/// What the reading half begins with; a longer message makes it grow while it lasts.
const READING: usize = 1024;
/// Longer texts leave in parts: the writing half keeps room for its longest part as long as it lives.
const PART: usize = 2048;

/// Answers a request for a WebSocket; once it is one, `serve` gets it.
pub(crate) fn upgrade<F>(mut request: Request, serve: impl FnOnce(Socket) -> F + Send + 'static) -> Response
where
    F: Future<Output = ()> + Send + 'static,
{
    let Some(accept) = accepted(&request) else {
        return (
            StatusCode::UPGRADE_REQUIRED,
            [(header::UPGRADE, "websocket")],
            "a WebSocket is spoken here\n",
        )
            .into_response();
    };
    let upgraded = hyper::upgrade::on(&mut request);
    // It ends with its room.
    TaskTracker::new().spawn(async move {
        // The client went before it had its answer.
        let Ok(upgraded) = upgraded.await else { return };
        let config = WebSocketConfig::default()
            .max_message_size(Some(HARD_LIMIT))
            .max_frame_size(Some(HARD_LIMIT))
            .read_buffer_size(READING)
            .write_buffer_size(PART);
        let socket = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(config));
        serve(socket.await).await;
    });
    let headers = [
        (header::CONNECTION, "upgrade"),
        (header::UPGRADE, "websocket"),
        (header::SEC_WEBSOCKET_ACCEPT, accept.as_str()),
    ];
    (StatusCode::SWITCHING_PROTOCOLS, headers, Body::empty()).into_response()
}

/// What proves that the request was understood; `None` when it does not ask for a WebSocket of this version.
fn accepted(request: &Request) -> Option<String> {
    let headers = request.headers();
    let asks = request.method() == Method::GET
        && says(headers, &header::CONNECTION, "upgrade")
        && says(headers, &header::UPGRADE, "websocket")
        && says(headers, &header::SEC_WEBSOCKET_VERSION, "13");
    let key = headers.get(header::SEC_WEBSOCKET_KEY)?;
    asks.then(|| derive_accept_key(key.as_bytes()))
}

/// Whether a word is in the header's list.
fn says(headers: &HeaderMap, name: &HeaderName, word: &str) -> bool {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|said| said.trim().eq_ignore_ascii_case(word))
}

/// Sends a text, a long one in parts.
///
/// # Errors
/// The client has gone.
pub(super) async fn send(sink: &mut Sink, text: Utf8Bytes) -> Result<(), tungstenite::Error> {
    if text.len() <= PART {
        return sink.send(Message::Text(text)).await;
    }
    let mut rest = Bytes::from(text);
    let mut kind = Data::Text;
    while !rest.is_empty() {
        let part = rest.split_to(PART.min(rest.len()));
        let frame = Frame::message(part, OpCode::Data(kind), rest.is_empty());
        sink.send(Message::Frame(frame)).await?;
        kind = Data::Continue;
    }
    Ok(())
}
