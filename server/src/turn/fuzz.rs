//! What TURN clients send, for the fuzzer: see [`crate::media::fuzz`].

use bytes::BytesMut;
use rtc_stun::attributes::{ATTR_DATA, ATTR_LIFETIME, ATTR_USERNAME};
use rtc_stun::error_code::CODE_BAD_REQUEST;

use super::{framing::take_message, message::Asked};

/// The bytes as a stream and as one datagram; what can be read is answered.
pub(crate) fn turn(bytes: &[u8]) {
    let mut stream = BytesMut::from(bytes);
    let mut taken = 0;
    while let Ok(Some(message)) = take_message(&mut stream) {
        taken += message.len();
        read(&message);
    }
    assert!(taken + stream.len() <= bytes.len());
    read(bytes);
}

fn read(message: &[u8]) {
    let Some(asked) = Asked::read(message) else { return };
    let _ = (asked.text(ATTR_USERNAME), asked.number(ATTR_LIFETIME), asked.value(ATTR_DATA));
    assert!(asked.peers().count() <= message.len() / 4);
    let unknown = asked.unknown();
    assert!(unknown.len() <= 16);
    let answer = asked.refusal(CODE_BAD_REQUEST).with_unknown(unknown).bare();
    assert!(answer.is_some_and(|answer| answer.len() < 200), "a small answer to whatever was asked");
    assert!(asked.success().bare().is_some());
}
