//! TURN over a stream: where one message ends and the next begins (RFC 8656 §12.5: channel data is padded there).

use std::io;

use bytes::BytesMut;

/// Longest message taken in: a datagram of WebRTC in a Send indication is far below.
const LONGEST: usize = 2048;

/// Cuts the first whole message off; `None` while it is not complete.
///
/// # Errors
/// What comes is neither STUN nor channel data, or too long.
pub(super) fn take_message(buffer: &mut BytesMut) -> io::Result<Option<BytesMut>> {
    let Some(&[first, _, high, low]) = buffer.first_chunk() else { return Ok(None) };
    let length = usize::from(u16::from_be_bytes([high, low]));
    let (length, padded) = match first {
        0..=3 if length.is_multiple_of(4) => (20 + length, 20 + length),
        0x40..=0x4f => (4 + length, 4 + length.next_multiple_of(4)),
        _ => return Err(io::ErrorKind::InvalidData.into()),
    };
    if length > LONGEST {
        return Err(io::ErrorKind::InvalidData.into());
    }
    if buffer.len() < padded {
        return Ok(None);
    }
    let mut message = buffer.split_to(padded);
    message.truncate(length);
    Ok(Some(message))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn stun_and_padded_channel_data_follow_each_other() {
        let stun = [&[0, 1, 0, 4][..], &[7; 20]].concat();
        let mut buffer =
            BytesMut::from(&[&stun[..], &[0x40, 0, 0, 5, 1, 2, 3, 4, 5, 0, 0, 0], &stun[..3]].concat()[..]);
        assert_eq!(take_message(&mut buffer).unwrap().unwrap(), stun);
        assert_eq!(take_message(&mut buffer).unwrap().unwrap()[..], [0x40, 0, 0, 5, 1, 2, 3, 4, 5]);
        assert_eq!(take_message(&mut buffer).unwrap(), None);
        assert_eq!(buffer, stun[..3]);
        for wrong in [[0x16, 3, 1, 0], [b'G', b'E', b'T', b' '], [0, 1, 0, 3], [0, 1, 8, 0], [0x80, 0, 0, 0]]
        {
            assert!(take_message(&mut BytesMut::from(&wrong[..])).is_err(), "{wrong:?}");
        }
    }

    proptest! {
        #[test]
        fn rubbish_is_refused_or_waited_for(bytes in prop::collection::vec(any::<u8>(), 0..5_000)) {
            let mut buffer = BytesMut::from(&bytes[..]);
            while let Ok(Some(message)) = take_message(&mut buffer) {
                prop_assert!((4..=LONGEST).contains(&message.len()));
            }
        }
    }
}
