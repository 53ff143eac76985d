//! Elements of EBML (RFC 8794): an identifier, a size, a body.

/// Length of the head of a master element: four bytes of identifier at most, eight of size.
pub(super) const HEAD: usize = 12;

/// A size in eight bytes.
pub(super) fn size(size: u64) -> [u8; 8] {
    (size | 1 << 56).to_be_bytes()
}

pub(super) fn element(id: u32, body: &[u8]) -> Vec<u8> {
    let mut bytes: Vec<u8> = id.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect();
    bytes.extend_from_slice(&size(body.len() as u64));
    bytes.extend_from_slice(body);
    bytes
}

pub(super) fn master(id: u32, children: &[Vec<u8>]) -> Vec<u8> {
    element(id, &children.concat())
}

/// A number, always in eight bytes.
pub(super) fn uint(id: u32, value: u64) -> Vec<u8> {
    element(id, &value.to_be_bytes())
}

pub(super) fn float(id: u32, value: f64) -> Vec<u8> {
    element(id, &value.to_be_bytes())
}

pub(super) fn text(id: u32, value: &str) -> Vec<u8> {
    element(id, value.as_bytes())
}

/// Room for something else: an element to skip, of `length` bytes in all (at least nine).
pub(super) fn void(length: usize) -> Vec<u8> {
    element(0xec, &vec![0; length.saturating_sub(9)])
}

/// Identifier, size and length of the head; `None` when it is cut short or the size is unknown.
pub(super) fn read_head(bytes: &[u8]) -> Option<(u32, u64, usize)> {
    let id_length = usize::try_from(bytes.first()?.leading_zeros()).ok()? + 1;
    let id = bytes.get(..id_length.min(5)).filter(|id| id.len() <= 4)?;
    let id = id.iter().fold(0, |id, byte| id << 8 | u32::from(*byte));
    let rest = bytes.get(id_length..)?;
    let size_length = usize::try_from(rest.first()?.leading_zeros()).ok()? + 1;
    let field = rest.get(..size_length.min(9)).filter(|field| field.len() <= 8)?;
    let value = field.iter().fold(0u64, |size, byte| size << 8 | u64::from(*byte));
    let mask = (1u64 << (7 * size_length)) - 1;
    (value & mask != mask).then_some((id, value & mask, id_length + size_length))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for (id, body) in [(0xe7, 8), (0x4286, 3), (0x2a_d7b1, 0), (0x1f43_b675, 70_000)] {
            let bytes = element(id, &vec![0; body]);
            let (read, size, head) = read_head(&bytes).unwrap();
            assert_eq!((read, size, head + body), (id, body as u64, bytes.len()));
        }
    }

    #[test]
    fn short_sizes_and_unknown_ones() {
        assert_eq!(read_head(&[0xa3, 0x84]), Some((0xa3, 4, 2)));
        assert_eq!(read_head(&[0xa3, 0xff]), None);
        assert_eq!(read_head(&[0x1f, 0x43]), None);
        assert_eq!(read_head(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..12)) {
            read_head(&bytes);
        }
    }
}
