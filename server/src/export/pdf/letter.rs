//! The font, and how wide text is in it. Noto Sans has every letter of the languages of France, overseas included, and
//! Greek and Cyrillic; what it lacks is shown as a replacement sign rather than left out.

use krilla::text::Font;
use ttf_parser::Face;

use crate::export::ExportError;

static REGULAR: &[u8] = include_bytes!("../../../assets/fonts/NotoSans-Regular.ttf");
static BOLD: &[u8] = include_bytes!("../../../assets/fonts/NotoSans-Bold.ttf");

/// What a letter becomes that the font lacks.
const REPLACEMENT: char = '\u{fffd}';

/// Which of both cuts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    Regular,
    Bold,
}

/// One cut of the font.
struct Typeface {
    font: Font,
    face: Face<'static>,
}

impl Typeface {
    fn read(bytes: &'static [u8]) -> Result<Self, ExportError> {
        let unusable = || ExportError::Pdf("the built-in font is unusable".to_owned());
        let font = Font::new(bytes.into(), 0).ok_or_else(unusable)?;
        let face = Face::parse(bytes, 0).map_err(|_| unusable())?;
        Ok(Self { font, face })
    }

    fn advance(&self, letter: char) -> Option<u16> {
        self.face.glyph_index(letter).and_then(|glyph| self.face.glyph_hor_advance(glyph))
    }
}

/// Both cuts.
pub(super) struct Letters {
    regular: Typeface,
    bold: Typeface,
}

impl Letters {
    pub(super) fn read() -> Result<Self, ExportError> {
        Ok(Self { regular: Typeface::read(REGULAR)?, bold: Typeface::read(BOLD)? })
    }

    fn cut(&self, cut: Cut) -> &Typeface {
        match cut {
            Cut::Regular => &self.regular,
            Cut::Bold => &self.bold,
        }
    }

    pub(super) fn font(&self, cut: Cut) -> Font {
        self.cut(cut).font.clone()
    }

    /// Points, without kerning: a little too wide rather than too narrow.
    pub(super) fn width(&self, text: &str, cut: Cut, size: f32) -> f32 {
        let typeface = self.cut(cut);
        let units: u32 = text.chars().filter_map(|letter| typeface.advance(letter)).map(u32::from).sum();
        // A text has never so many letters that their widths lose precision that can be seen.
        units as f32 * size / f32::from(typeface.face.units_per_em())
    }

    /// The text with what can be drawn of it: lines stay, other control and invisible characters go.
    pub(super) fn printable(&self, text: &str) -> String {
        text.chars()
            .filter_map(|letter| match letter {
                '\n' => Some('\n'),
                '\t' => Some(' '),
                letter if letter.is_control() || invisible(letter) => None,
                letter if self.regular.advance(letter).is_some() => Some(letter),
                _ => Some(REPLACEMENT),
            })
            .collect()
    }

    /// Lines no wider than `width`: broken at blanks, inside a word only when the word alone is wider. A line that goes
    /// on in the next one keeps its blank, so that words stay apart for who reads the tags.
    pub(super) fn wrap(&self, text: &str, cut: Cut, size: f32, width: f32) -> Vec<String> {
        let mut lines = Vec::new();
        for paragraph in self.printable(text).split('\n') {
            let mut line = String::new();
            for word in paragraph.split(' ').filter(|word| !word.is_empty()) {
                let wider = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
                if self.width(&wider, cut, size) <= width {
                    line = wider;
                    continue;
                }
                if !line.is_empty() {
                    line.push(' ');
                    lines.push(std::mem::take(&mut line));
                }
                line = self.broken(word, cut, size, width, &mut lines);
            }
            lines.push(line);
        }
        lines
    }

    /// Puts the full lines of a word that is too wide into `lines` and gives the rest.
    fn broken(&self, word: &str, cut: Cut, size: f32, width: f32, lines: &mut Vec<String>) -> String {
        let mut line = String::new();
        for letter in word.chars() {
            line.push(letter);
            if self.width(&line, cut, size) > width && line.chars().count() > 1 {
                line.pop();
                lines.push(std::mem::replace(&mut line, letter.to_string()));
            }
        }
        line
    }
}

/// Marks of direction and of joining, soft hyphens: they show nothing, and no font has a glyph for them that counts.
fn invisible(letter: char) -> bool {
    matches!(
        letter,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_of_french_and_of_overseas_languages_is_there() {
        let letters = Letters::read().unwrap();
        let text = "ÀÂÄÆÇÉÈÊËÎÏÔÖŒÙÛÜŸàâäæçéèêëîïôöœùûüÿ«»’“”–—…€°№ ʻŌāēīōū ŋ ẽ ñ Nguyễn Ö\u{202f}!";
        assert_eq!(letters.printable(text), text);
        assert_eq!(letters.printable("a\u{7}\u{200e}\u{ad}b 😀"), "ab \u{fffd}");
        for letter in text.chars().filter(|letter| *letter != '\n') {
            assert!(letters.bold.advance(letter).is_some(), "{letter} in bold");
        }
    }

    #[test]
    fn lines_are_broken_where_they_should() {
        let letters = Letters::read().unwrap();
        let wrap = |text: &str, width| letters.wrap(text, Cut::Regular, 10.0, width);
        assert_eq!(wrap("un deux", 500.0), ["un deux"]);
        assert_eq!(wrap("", 500.0), [""]);
        assert_eq!(wrap("un\ndeux", 500.0), ["un", "deux"]);
        let lines = wrap("anticonstitutionnellement parlant", 60.0);
        assert!(lines.len() > 2 && lines.iter().all(|line| letters.width(line, Cut::Regular, 10.0) < 64.0));
        assert_eq!(lines.concat(), "anticonstitutionnellement parlant");
        // Narrower than any letter: still one letter a line, never none.
        assert_eq!(wrap("abc", 0.5), ["a", "b", "c"]);
    }
}
