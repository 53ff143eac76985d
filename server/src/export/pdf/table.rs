//! Tables: wrapped cells, lines around them, the header again on every page.

use krilla::tagging::{TableHeaderScope, Tag, TagKind};

use super::{
    flow::{Flow, LEADING, MARGIN},
    ink::{Ink, Part},
    letter::Cut,
};

/// Between a line and the text, points.
const PADDING: f32 = 3.0;

/// Most lines of a cell.
const MOST_LINES: usize = 24;

/// A column.
#[derive(Debug, Clone)]
pub(super) struct Column {
    pub(super) title: String,
    /// Share of the width of the page.
    pub(super) share: f32,
}

impl Column {
    pub(super) fn new(title: impl Into<String>, share: f32) -> Self {
        Self { title: title.into(), share }
    }
}

/// A table to be put into a flow.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) columns: Vec<Column>,
    pub(super) rows: Vec<Vec<String>>,
    pub(super) size: f32,
    /// Rows are at least that high, for what is written by hand.
    pub(super) least: f32,
    /// The column that names the row.
    pub(super) naming: usize,
}

/// A row with its cells broken into lines.
struct Set {
    cells: Vec<Vec<String>>,
    height: f32,
}

impl Table {
    /// Height of its header and its first row.
    pub(super) fn beginning(&self, flow: &Flow) -> f32 {
        let (header, widths) = self.head(flow);
        let first =
            self.rows.first().map(|row| self.set(flow, row, &widths, Cut::Regular, self.least).height);
        header.height + first.unwrap_or(self.least)
    }

    /// The header, and the widths of the columns.
    fn head(&self, flow: &Flow) -> (Set, Vec<f32>) {
        let shares: f32 = self.columns.iter().map(|column| column.share).sum();
        let widths: Vec<f32> =
            self.columns.iter().map(|column| column.share / shares * flow.width()).collect();
        let titles: Vec<String> = self.columns.iter().map(|column| column.title.clone()).collect();
        (self.set(flow, &titles, &widths, Cut::Bold, 0.0), widths)
    }

    /// Puts the table where the flow stands.
    pub(super) fn put(&self, flow: &mut Flow) {
        flow.need(self.beginning(flow));
        let (header, widths) = self.head(flow);
        let head = self.header(flow, &header, &widths);
        let mut body = Vec::new();
        for row in &self.rows {
            let set = self.set(flow, row, &widths, Cut::Regular, self.least);
            if flow.left() < set.height {
                flow.break_page();
                self.repeat_header(flow, &header, &widths);
            }
            body.push(self.row(flow, &set, &widths));
        }
        let mut parts = vec![Part::Group(TagKind::THead(Tag::THead), vec![head])];
        if !body.is_empty() {
            parts.push(Part::Group(TagKind::TBody(Tag::TBody), body));
        }
        flow.push(Part::Group(TagKind::Table(Tag::Table), parts));
        flow.space(8.0);
    }

    fn set(&self, flow: &Flow, cells: &[String], widths: &[f32], cut: Cut, least: f32) -> Set {
        let cells: Vec<Vec<String>> = widths
            .iter()
            .enumerate()
            .map(|(index, width)| {
                let text = cells.get(index).map(String::as_str).unwrap_or_default();
                shortened(flow.letters.wrap(text, cut, self.size, width - 2.0 * PADDING))
            })
            .collect();
        let lines = cells.iter().map(Vec::len).max().unwrap_or(1);
        let lines = f32::from(u16::try_from(lines).unwrap_or(u16::MAX));
        Set { cells, height: (lines * self.size * LEADING + 2.0 * PADDING).max(least) }
    }

    fn header(&self, flow: &mut Flow, set: &Set, widths: &[f32]) -> Part {
        flow.put(Ink::Ground { x: MARGIN, y: flow.y, width: flow.width(), height: set.height });
        let cells = self.cells(flow, set, widths, Cut::Bold);
        let cells = cells.into_iter().map(|leaves| {
            Part::Group(
                Tag::TH(TableHeaderScope::Column).into(),
                vec![Part::Group(TagKind::P(Tag::P), leaves)],
            )
        });
        let row = Part::Group(TagKind::TR(Tag::TR), cells.collect());
        lines_around(flow, set.height, widths);
        row
    }

    /// On the pages that follow the header is there for the eye only.
    fn repeat_header(&self, flow: &mut Flow, set: &Set, widths: &[f32]) {
        flow.put(Ink::Ground { x: MARGIN, y: flow.y, width: flow.width(), height: set.height });
        let mut x = MARGIN;
        for (lines, width) in set.cells.iter().zip(widths) {
            let mut y = flow.y + PADDING;
            for line in lines {
                let (text, size) = (line.clone(), self.size);
                flow.put(Ink::Text { x: x + PADDING, y: y + size, size, cut: Cut::Bold, text, leaf: None });
                y += size * LEADING;
            }
            x += width;
        }
        lines_around(flow, set.height, widths);
    }

    fn row(&self, flow: &mut Flow, set: &Set, widths: &[f32]) -> Part {
        let cells = self.cells(flow, set, widths, Cut::Regular);
        let cells = cells.into_iter().enumerate().map(|(index, leaves)| {
            let tag: TagKind = if index == self.naming {
                Tag::TH(TableHeaderScope::Row).into()
            } else {
                TagKind::TD(Tag::TD)
            };
            Part::Group(tag, vec![Part::Group(TagKind::P(Tag::P), leaves)])
        });
        let row = Part::Group(TagKind::TR(Tag::TR), cells.collect());
        lines_around(flow, set.height, widths);
        row
    }

    /// Writes the cells of a row; the leaves of each.
    fn cells(&self, flow: &mut Flow, set: &Set, widths: &[f32], cut: Cut) -> Vec<Vec<Part>> {
        let mut x = MARGIN;
        let mut all = Vec::new();
        for (lines, width) in set.cells.iter().zip(widths) {
            let mut y = flow.y + PADDING;
            let mut leaves = Vec::new();
            for line in lines {
                leaves.push(flow.text(line, cut, self.size, x + PADDING, y + self.size));
                y += self.size * LEADING;
            }
            all.push(leaves);
            x += width;
        }
        all
    }
}

/// A row must fit on a page: what nobody reads in a table ends with an ellipsis.
fn shortened(mut lines: Vec<String>) -> Vec<String> {
    if lines.len() > MOST_LINES {
        lines.truncate(MOST_LINES);
        if let Some(last) = lines.last_mut() {
            last.push('…');
        }
    }
    lines
}

/// Draws the lines of the row that begins where the flow stands, and goes below it.
fn lines_around(flow: &mut Flow, height: f32, widths: &[f32]) {
    let (top, bottom) = (flow.y, flow.y + height);
    let right = MARGIN + flow.width();
    flow.put(Ink::Line { from: (MARGIN, top), to: (right, top) });
    flow.put(Ink::Line { from: (MARGIN, bottom), to: (right, bottom) });
    let mut x = MARGIN;
    flow.put(Ink::Line { from: (x, top), to: (x, bottom) });
    for width in widths {
        x += width;
        flow.put(Ink::Line { from: (x, top), to: (x, bottom) });
    }
    flow.y = bottom;
}
