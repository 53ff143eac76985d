//! Text from top to bottom, page after page.

use std::num::NonZeroU16;

use fast_qr::{ECL, QRBuilder};
use jiff::Timestamp;
use krilla::tagging::{Tag, TagKind};

use super::{
    ink::{Ink, Laid, Part, written},
    letter::{Cut, Letters},
};
use crate::export::ExportError;

/// Around the text, points.
pub(super) const MARGIN: f32 = 40.0;
/// Kept free at the bottom for the footer.
const FOOT: f32 = 22.0;
/// From base line to base line, in sizes of the letters.
pub(super) const LEADING: f32 = 1.36;

/// A document that grows.
pub(super) struct Flow {
    pub(super) letters: Letters,
    size: (f32, f32),
    pages: Vec<Vec<Ink>>,
    /// Where the next thing begins, from the top of the page.
    pub(super) y: f32,
    tree: Vec<Part>,
    leaves: usize,
    outline: Vec<(String, usize, f32)>,
}

impl Flow {
    pub(super) fn new(size: (f32, f32)) -> Result<Self, ExportError> {
        let letters = Letters::read()?;
        let pages = vec![Vec::new()];
        Ok(Self { letters, size, pages, y: MARGIN, tree: Vec::new(), leaves: 0, outline: Vec::new() })
    }

    /// Width of the text.
    pub(super) fn width(&self) -> f32 {
        self.size.0 - 2.0 * MARGIN
    }

    /// What is left of the page.
    pub(super) fn left(&self) -> f32 {
        self.size.1 - MARGIN - FOOT - self.y
    }

    pub(super) fn put(&mut self, ink: Ink) {
        if let Some(page) = self.pages.last_mut() {
            page.push(ink);
        }
    }

    pub(super) fn break_page(&mut self) {
        self.pages.push(Vec::new());
        self.y = MARGIN;
    }

    /// Begins a new page unless so much room is left.
    pub(super) fn need(&mut self, height: f32) {
        if self.left() < height && self.y > MARGIN {
            self.break_page();
        }
    }

    pub(super) fn space(&mut self, height: f32) {
        self.y += height;
    }

    pub(super) fn leaf(&mut self) -> usize {
        self.leaves += 1;
        self.leaves - 1
    }

    pub(super) fn push(&mut self, part: Part) {
        self.tree.push(part);
    }

    /// A heading of level 1 or 2.
    pub(super) fn heading(&mut self, level: u16, text: &str) {
        self.heading_of(level, text, 24.0);
    }

    /// The same, on one page with what it is the heading of: so much room for the beginning of that.
    pub(super) fn heading_of(&mut self, level: u16, text: &str, room: f32) {
        let size = if level == 1 { 17.0 } else { 12.0 };
        self.space(if level == 1 { 0.0 } else { 10.0 });
        self.need(size * LEADING + 4.0 + room);
        let (page, y) = (self.pages.len().saturating_sub(1), self.y);
        let title = self.letters.printable(text);
        self.outline.push((title.clone(), page, y));
        let level = NonZeroU16::new(level).unwrap_or(NonZeroU16::MIN);
        let leaves = self.lines(text, Cut::Bold, size, MARGIN, self.width());
        self.push(Part::Group(Tag::Hn(level, Some(title)).into(), leaves));
        self.space(4.0);
    }

    pub(super) fn paragraph(&mut self, text: &str, cut: Cut, size: f32) {
        let leaves = self.lines(text, cut, size, MARGIN, self.width());
        self.push(Part::Group(TagKind::P(Tag::P), leaves));
        self.space(size * 0.4);
    }

    /// Lines of text from `x` on, over as many pages as they take; the leaves of the tree that they are.
    fn lines(&mut self, text: &str, cut: Cut, size: f32, x: f32, width: f32) -> Vec<Part> {
        let mut leaves = Vec::new();
        for line in self.letters.wrap(text, cut, size, width) {
            self.need(size * LEADING);
            leaves.push(self.text(&line, cut, size, x, self.y + size));
            self.space(size * LEADING);
        }
        leaves
    }

    /// One line with its base line at `y`.
    pub(super) fn text(&mut self, line: &str, cut: Cut, size: f32, x: f32, y: f32) -> Part {
        let leaf = self.leaf();
        // A blank, for what is empty: a part without content would be missing from the tree.
        let text = if line.is_empty() { " ".to_owned() } else { line.to_owned() };
        self.put(Ink::Text { x, y, size, cut, text, leaf: Some(leaf) });
        Part::Leaf(leaf)
    }

    /// Names with their values, in two columns read from left to right.
    pub(super) fn pairs(&mut self, pairs: &[(&str, String)], size: f32) {
        const GAP: f32 = 18.0;
        let width = (self.width() - GAP) / 2.0;
        for two in pairs.chunks(2) {
            let wrapped: Vec<Vec<String>> = two
                .iter()
                .map(|(name, value)| {
                    self.letters.wrap(&format!("{name}\u{202f}: {value}"), Cut::Regular, size, width)
                })
                .collect();
            let most = wrapped.iter().map(Vec::len).max().unwrap_or(0);
            // Few lines ever stand beside each other.
            let height = size * LEADING * f32::from(u16::try_from(most).unwrap_or(u16::MAX));
            self.need(height);
            let (top, mut x) = (self.y, MARGIN);
            for lines in wrapped {
                let mut y = top;
                let mut leaves = Vec::new();
                for line in lines {
                    leaves.push(self.text(&line, Cut::Regular, size, x, y + size));
                    y += size * LEADING;
                }
                self.push(Part::Group(TagKind::P(Tag::P), leaves));
                x += width + GAP;
            }
            self.y = top + height;
        }
        self.space(size * 0.6);
    }

    /// An empty box with words in its corner, for a signature.
    pub(super) fn signature_box(&mut self, words: &str, width: f32, height: f32) {
        self.need(height + 8.0);
        let (x, y) = (self.size.0 - MARGIN - width, self.y + 4.0);
        self.put(Ink::Frame { x, y, width, height });
        let leaf = self.text(words, Cut::Regular, 9.0, x + 6.0, y + 14.0);
        self.push(Part::Group(TagKind::P(Tag::P), vec![leaf]));
        self.space(height + 8.0);
    }

    /// A QR code of that side, where the flow stands; what it leads to is said for who cannot see it.
    pub(super) fn code(&mut self, content: &str, side: f32) -> Result<(), ExportError> {
        let unreadable = || ExportError::Pdf("the address is too long for a QR code".to_owned());
        let code = QRBuilder::new(content).ecl(ECL::M).build().map_err(|_| unreadable())?;
        let rows: Vec<Vec<bool>> = (0..code.size)
            .map(|row| {
                let cells = code.data.iter().skip(row * code.size).take(code.size);
                cells.map(|module| module.value()).collect()
            })
            .collect();
        self.need(side);
        let modules = u16::try_from(code.size.max(1)).unwrap_or(u16::MAX);
        let (module, leaf) = (side / f32::from(modules), self.leaf());
        self.put(Ink::Code { x: MARGIN, y: self.y, module, rows, leaf });
        let alt = format!("Code QR menant à {content}");
        self.push(Part::Group(Tag::Figure(Some(alt)).into(), vec![Part::Leaf(leaf)]));
        self.space(side + 6.0);
        Ok(())
    }

    /// Numbers the pages, with `foot` on the left of each, and writes the file.
    pub(super) fn finish(
        mut self,
        title: &str,
        foot: &str,
        made_at: Timestamp,
    ) -> Result<Vec<u8>, ExportError> {
        let count = self.pages.len();
        let (foot, y) = (self.letters.printable(foot), self.size.1 - MARGIN + 8.0);
        for (page, number) in self.pages.iter_mut().zip(1_usize..) {
            let place = format!("Page {number}/{count}");
            let x = self.size.0 - MARGIN - self.letters.width(&place, Cut::Regular, 8.0);
            page.push(Ink::Footer { x: MARGIN, y, text: foot.clone() });
            page.push(Ink::Footer { x, y, text: place });
        }
        let title = self.letters.printable(title);
        let Self { letters, size, pages, tree, leaves, outline, .. } = self;
        written(Laid { size, pages, tree, leaves, outline, title, made_at }, &letters)
    }
}
