//! Bytes to lines: UTF-8 when the file is written in it, else CP1252.

use std::borrow::Cow;

use encoding_rs::{UTF_8, WINDOWS_1252};

/// One line of a file, without its end.
pub(crate) struct Line<'f> {
    pub(crate) text: Cow<'f, str>,
    /// False when characters were lost, or are none that a text has.
    pub(crate) readable: bool,
}

/// The lines of a file, however they end.
pub(crate) fn lines(bytes: &[u8]) -> impl Iterator<Item = Line<'_>> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let encoding = if is_utf_8(bytes) { UTF_8 } else { WINDOWS_1252 };
    bytes.split(|byte| *byte == b'\n').map(move |line| {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let (text, replaced) = encoding.decode_without_bom_handling(line);
        // The five bytes that CP1252 leaves open are decoded to controls.
        let readable = !replaced && !text.chars().any(|c| c.is_control() && c != '\t');
        Line { text, readable }
    })
}

/// A damaged line does not make a file of UTF-8 one of CP1252: what there is more of decides. Accents of CP1252 are
/// hardly ever followed by what would make them UTF-8.
fn is_utf_8(bytes: &[u8]) -> bool {
    let (mut characters, mut broken) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        characters += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    characters > broken
}
