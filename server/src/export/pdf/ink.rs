//! Pages as they were laid out → the bytes of a PDF, with the tree of tags for those who hear it.

use jiff::{Timestamp, tz::TimeZone};
use krilla::{
    Document, SerializeSettings,
    color::luma,
    configure::{Accessibility, Archival, ConfigurationBuilder},
    destination::XyzDestination,
    geom::{PathBuilder, Point, Rect},
    metadata::{DateTime, Metadata},
    num::NormalizedF32,
    outline::{Outline, OutlineNode},
    page::PageSettings,
    paint::{Fill, FillRule, Stroke},
    surface::Surface,
    tagging::{Artifact, ArtifactType, ContentTag, Identifier, Node, SpanTag, TagGroup, TagKind, TagTree},
    text::TextDirection,
};

use super::letter::{Cut, Letters};
use crate::export::ExportError;

/// Something on a page. Lengths are points, from the top left corner.
#[derive(Debug, Clone)]
pub(super) enum Ink {
    /// One line; `y` is its base line. A text with a leaf is read, one without is decoration.
    Text {
        x: f32,
        y: f32,
        size: f32,
        cut: Cut,
        text: String,
        leaf: Option<usize>,
    },
    Line {
        from: (f32, f32),
        to: (f32, f32),
    },
    /// A grey ground.
    Ground {
        x: f32,
        y: f32,
        width: f32,
        height: f32,
    },
    /// An empty box.
    Frame {
        x: f32,
        y: f32,
        width: f32,
        height: f32,
    },
    /// A QR code: its dark squares, row by row.
    Code {
        x: f32,
        y: f32,
        module: f32,
        rows: Vec<Vec<bool>>,
        leaf: usize,
    },
    /// At the bottom of the page.
    Footer {
        x: f32,
        y: f32,
        text: String,
    },
}

/// A part of the tree of tags.
#[derive(Debug, Clone)]
pub(super) enum Part {
    Group(TagKind, Vec<Self>),
    Leaf(usize),
}

/// What was laid out.
#[derive(Debug)]
pub(super) struct Laid {
    pub(super) size: (f32, f32),
    pub(super) pages: Vec<Vec<Ink>>,
    pub(super) tree: Vec<Part>,
    /// How many leaves the pages hold.
    pub(super) leaves: usize,
    /// Headings: text, page, height.
    pub(super) outline: Vec<(String, usize, f32)>,
    pub(super) title: String,
    pub(super) made_at: Timestamp,
}

/// The bytes of the file, checked against PDF/A-2a and PDF/UA-1 as they are written.
pub(super) fn written(laid: Laid, letters: &Letters) -> Result<Vec<u8>, ExportError> {
    let failed = |what: String| ExportError::Pdf(what);
    let configuration = ConfigurationBuilder::new()
        .with_archival_validator(Archival::A2_A)
        .with_accessibility_validator(Accessibility::UA1)
        .finish()
        .map_err(|error| failed(format!("{error:?}")))?;
    let settings = SerializeSettings { configuration, enable_tagging: true, ..SerializeSettings::default() };
    let mut document = Document::new_with(settings);
    let mut identifiers: Vec<Option<Identifier>> = vec![None; laid.leaves];
    let sheet =
        PageSettings::from_wh(laid.size.0, laid.size.1).ok_or_else(|| failed("no page".to_owned()))?;
    for inks in &laid.pages {
        let mut page = document.start_page_with(sheet.clone());
        let mut surface = page.surface();
        for ink in inks {
            draw(&mut surface, letters, ink, &mut identifiers);
        }
        surface.finish();
        page.finish();
    }
    let mut tree = TagTree::new().with_lang(Some("fr-FR".to_owned()));
    for part in laid.tree {
        if let Some(node) = node(part, &identifiers) {
            tree.push(node);
        }
    }
    document.set_tag_tree(tree);
    let mut outline = Outline::new();
    for (text, page, y) in laid.outline {
        outline.push_child(OutlineNode::new(text, XyzDestination::new(page, Point::from_xy(0.0, y))));
    }
    document.set_outline(outline);
    document.set_metadata(
        Metadata::new()
            .title(laid.title)
            .language("fr-FR".to_owned())
            .creator("Préau".to_owned())
            .creation_date(dated(laid.made_at)),
    );
    document.finish().map_err(|error| failed(format!("{error:?}")))
}

fn node(part: Part, identifiers: &[Option<Identifier>]) -> Option<Node> {
    match part {
        Part::Leaf(leaf) => identifiers.get(leaf).copied().flatten().map(Node::from),
        Part::Group(tag, parts) => {
            let children = parts.into_iter().filter_map(|part| node(part, identifiers)).collect();
            Some(TagGroup::with_children(tag, children).into())
        }
    }
}

fn draw(surface: &mut Surface<'_>, letters: &Letters, ink: &Ink, identifiers: &mut [Option<Identifier>]) {
    let layout = ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout));
    match ink {
        Ink::Text { x, y, size, cut, text, leaf } => {
            let tag = if leaf.is_some() { ContentTag::Span(SpanTag::empty()) } else { layout };
            let identifier = surface.start_tagged(tag);
            write(surface, letters, (*x, *y), *size, *cut, text);
            surface.end_tagged();
            keep(identifiers, *leaf, identifier);
        }
        Ink::Line { from, to } => {
            let mut path = PathBuilder::new();
            path.move_to(from.0, from.1);
            path.line_to(to.0, to.1);
            surface.start_tagged(layout);
            stroke(surface, path);
            surface.end_tagged();
        }
        Ink::Ground { x, y, width, height } => {
            let mut path = PathBuilder::new();
            push_rect(&mut path, *x, *y, *width, *height);
            surface.start_tagged(layout);
            fill(surface, path, luma::Color::new(232));
            surface.end_tagged();
        }
        Ink::Frame { x, y, width, height } => {
            let mut path = PathBuilder::new();
            push_rect(&mut path, *x, *y, *width, *height);
            surface.start_tagged(layout);
            stroke(surface, path);
            surface.end_tagged();
        }
        Ink::Code { x, y, module, rows, leaf } => {
            let mut path = PathBuilder::new();
            let mut top = *y;
            for row in rows {
                let mut left = *x;
                for dark in row {
                    if *dark {
                        push_rect(&mut path, left, top, *module, *module);
                    }
                    left += module;
                }
                top += module;
            }
            let identifier = surface.start_tagged(ContentTag::Other);
            fill(surface, path, luma::Color::black());
            surface.end_tagged();
            keep(identifiers, Some(*leaf), identifier);
        }
        Ink::Footer { x, y, text } => {
            surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Footer)));
            write(surface, letters, (*x, *y), 8.0, Cut::Regular, text);
            surface.end_tagged();
        }
    }
}

fn keep(identifiers: &mut [Option<Identifier>], leaf: Option<usize>, identifier: Identifier) {
    if let Some(slot) = leaf.and_then(|leaf| identifiers.get_mut(leaf)) {
        *slot = Some(identifier);
    }
}

fn write(surface: &mut Surface<'_>, letters: &Letters, at: (f32, f32), size: f32, cut: Cut, text: &str) {
    surface.set_stroke(None);
    surface.set_fill(Some(Fill { paint: luma::Color::black().into(), ..Fill::default() }));
    let start = Point::from_xy(at.0, at.1);
    surface.draw_text(start, letters.font(cut), size, text, false, TextDirection::LeftToRight);
}

fn stroke(surface: &mut Surface<'_>, path: PathBuilder) {
    surface.set_fill(None);
    surface.set_stroke(Some(Stroke { width: 0.5, ..Stroke::default() }));
    if let Some(path) = path.finish() {
        surface.draw_path(&path);
    }
}

fn fill(surface: &mut Surface<'_>, path: PathBuilder, color: luma::Color) {
    surface.set_stroke(None);
    surface.set_fill(Some(Fill {
        paint: color.into(),
        opacity: NormalizedF32::ONE,
        rule: FillRule::NonZero,
    }));
    if let Some(path) = path.finish() {
        surface.draw_path(&path);
    }
}

fn push_rect(path: &mut PathBuilder, x: f32, y: f32, width: f32, height: f32) {
    if let Some(rect) = Rect::from_xywh(x, y, width, height) {
        path.push_rect(rect);
    }
}

fn dated(at: Timestamp) -> DateTime {
    let at = at.to_zoned(TimeZone::UTC);
    let part = |value: i8| u8::try_from(value).unwrap_or(0);
    DateTime::new(u16::try_from(at.year()).unwrap_or(0))
        .month(part(at.month()))
        .day(part(at.day()))
        .hour(part(at.hour()))
        .minute(part(at.minute()))
        .second(part(at.second()))
        .utc_offset_hour(0)
        .utc_offset_minute(0)
}
