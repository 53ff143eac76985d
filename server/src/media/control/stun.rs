//! The STUN messages of ICE (RFC 8489, RFC 8445 §7): read, authenticated, answered.

/// Which peer a binding request is for: the part of USERNAME before the colon, which is the ufrag of this side.
/// `None` for anything that is not a well-formed binding request. Allocates nothing; nothing is authenticated yet.
#[must_use]
pub fn local_ufrag_of(datagram: &[u8]) -> Option<&str> {
    let body = binding_request_body(datagram)?;
    let username = attribute(body, USERNAME)?;
    let colon = username.iter().position(|&byte| byte == b':')?;
    std::str::from_utf8(username.get(..colon)?).ok()
}

const HEADER: usize = 20;
const BINDING_REQUEST: [u8; 2] = [0, 1];
const MAGIC_COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const USERNAME: u16 = 0x0006;

/// The attributes of a binding request whose length fits the datagram exactly.
fn binding_request_body(datagram: &[u8]) -> Option<&[u8]> {
    let (header, body) = datagram.split_at_checked(HEADER)?;
    let length = u16::from_be_bytes([*header.get(2)?, *header.get(3)?]);
    let fits = usize::from(length) == body.len() && length.is_multiple_of(4);
    (fits && header.starts_with(&BINDING_REQUEST) && header.get(4..8)? == MAGIC_COOKIE).then_some(body)
}

/// The value of the first attribute of this type.
fn attribute(mut body: &[u8], wanted: u16) -> Option<&[u8]> {
    while let Some((&[t0, t1, l0, l1], rest)) = body.split_first_chunk() {
        let length = usize::from(u16::from_be_bytes([l0, l1]));
        if u16::from_be_bytes([t0, t1]) == wanted {
            return rest.get(..length);
        }
        body = rest.get(length.next_multiple_of(4)..)?;
    }
    None
}
