//! XLSX: sheets "Synthèse", "Présences", "Corrections", "Paramètres", cells of their real type (domain rules §3.2).
//!
//! Names and texts are cells of the type string, which no spreadsheet runs; there is no macro and no link to outside.

use std::borrow::Cow;

use jiff::{Timestamp, civil::DateTime};
use rust_xlsxwriter::{Color, DocProperties, ExcelDateTime, Format, FormatAlign, Workbook, Worksheet};

use super::{
    ExportError, File,
    document::SeanceDocument,
    hours::{self, HoursDocument, UNKNOWN},
    presence::{self, COLUMNS, header_block, indicators},
    writing::{hmm, letter, mode_word},
    zone::Zone,
};

/// How cells of each type are shown.
pub(super) struct Styles {
    pub(super) header: Format,
    label: Format,
    pub(super) text: Format,
    date: Format,
    instant: Format,
    length: Format,
    hours: Format,
    /// Beside words, not at the far end of a wide column.
    count: Format,
}

impl Styles {
    pub(super) fn new() -> Self {
        let header = Format::new()
            .set_bold()
            .set_background_color(Color::RGB(0xE8_EC_F4))
            .set_align(FormatAlign::VerticalCenter);
        Self {
            header,
            label: Format::new().set_bold(),
            // "@": a code that looks like a number stays what was typed.
            text: Format::new().set_num_format("@"),
            date: Format::new().set_num_format("dd/mm/yyyy"),
            instant: Format::new().set_num_format("dd/mm/yyyy hh:mm"),
            length: Format::new().set_num_format("[h]:mm:ss"),
            hours: Format::new().set_num_format("0.00"),
            count: Format::new().set_align(FormatAlign::Left),
        }
    }
}

/// A cell by its type.
pub(super) enum Cell<'c> {
    Text(&'c str),
    Number(f64),
    Length(u64),
    Hours(u32),
    Date(DateTime),
    Instant(DateTime),
    Nothing,
}

/// A sheet that is filled line by line.
pub(super) struct Page<'w> {
    pub(super) sheet: &'w mut Worksheet,
    styles: &'w Styles,
    pub(super) row: u32,
}

impl<'w> Page<'w> {
    pub(super) fn new(book: &'w mut Workbook, styles: &'w Styles, name: &str) -> Result<Self, ExportError> {
        let sheet = book.add_worksheet();
        sheet.set_name(name)?.set_landscape().set_paper_size(9).set_print_fit_to_pages(1, 0);
        Ok(Self { sheet, styles, row: 0 })
    }

    /// The header, frozen, repeated on paper.
    fn header<'c>(&mut self, names: impl IntoIterator<Item = (&'c str, f64)>) -> Result<(), ExportError> {
        let mut column = 0;
        for (name, width) in names {
            self.sheet.set_column_width(column, width)?;
            self.sheet.write_string_with_format(0, column, name, &self.styles.header)?;
            column = column.saturating_add(1);
        }
        self.sheet.set_freeze_panes(1, 0)?.set_repeat_rows(0, 0)?;
        self.row = 1;
        Ok(())
    }

    pub(super) fn line<'c>(&mut self, cells: impl IntoIterator<Item = Cell<'c>>) -> Result<(), ExportError> {
        let styles = self.styles;
        for (column, cell) in (0_u16..).zip(cells) {
            let (sheet, row) = (&mut *self.sheet, self.row);
            match cell {
                Cell::Text("") | Cell::Nothing => sheet,
                Cell::Text(text) => {
                    sheet.write_string_with_format(row, column, fitting(text), &styles.text)?
                }
                Cell::Number(number) => sheet.write_number(row, column, number)?,
                Cell::Length(ms) => {
                    // Truncated to whole seconds, as everywhere; a day is 1.
                    let days = seconds(ms) / 86_400.0;
                    sheet.write_number_with_format(row, column, days, &styles.length)?
                }
                Cell::Hours(minutes) => {
                    sheet.write_number_with_format(row, column, f64::from(minutes) / 60.0, &styles.hours)?
                }
                Cell::Date(date) => {
                    sheet.write_datetime_with_format(row, column, excel(date)?, &styles.date)?
                }
                Cell::Instant(at) => {
                    sheet.write_datetime_with_format(row, column, excel(at)?, &styles.instant)?
                }
            };
        }
        self.row = self.row.saturating_add(1);
        Ok(())
    }

    fn filtered(&mut self, columns: u16) -> Result<(), ExportError> {
        let last = self.row.saturating_sub(1);
        self.sheet.autofilter(0, 0, last, columns.saturating_sub(1))?;
        Ok(())
    }
}

/// Most characters of a cell.
const LONGEST: usize = 32_767;

/// What a cell can hold: a text that nobody reads in a cell ends with an ellipsis, and costs nobody the whole file.
fn fitting(text: &str) -> Cow<'_, str> {
    // Counted as spreadsheets count, in UTF-16.
    if text.len() <= LONGEST || text.encode_utf16().count() <= LONGEST {
        return Cow::Borrowed(text);
    }
    let mut units = 1;
    let kept = text.chars().take_while(|letter| {
        units += letter.len_utf16();
        units <= LONGEST
    });
    Cow::Owned(kept.chain(['…']).collect())
}

fn seconds(ms: u64) -> f64 {
    u32::try_from(ms / 1000).map_or(f64::from(u32::MAX), f64::from)
}

fn excel(at: DateTime) -> Result<ExcelDateTime, ExportError> {
    let part = |value: i8| u8::try_from(value).unwrap_or(0);
    let year = u16::try_from(at.year()).unwrap_or(0);
    let day = ExcelDateTime::from_ymd(year, part(at.month()), part(at.day()))?;
    Ok(day.and_hms(u16::from(part(at.hour())), part(at.minute()), f64::from(at.second()))?)
}

fn local(zone: &Zone, at: Timestamp) -> DateTime {
    zone.local(at).datetime()
}

/// The workbook of a séance. `addresses`: whether the reader may have the e-mail addresses.
///
/// # Errors
/// The workbook cannot be written.
pub fn presence_xlsx(document: &SeanceDocument, addresses: bool) -> Result<File, ExportError> {
    let styles = Styles::new();
    let mut book = begun(&document.seance.title, document.edition.at, &document.edition.zone)?;
    summary(&mut book, &styles, document)?;
    presences(&mut book, &styles, document, addresses)?;
    corrections(&mut book, &styles, document)?;
    parameters(&mut book, &styles, document)?;
    Ok(File { name: presence::file_name(document, "presence", "xlsx"), bytes: book.save_to_buffer()? })
}

pub(super) fn begun(title: &str, at: Timestamp, zone: &Zone) -> Result<Workbook, ExportError> {
    let mut book = Workbook::new();
    let made = excel(local(zone, at))?;
    book.set_properties(
        &DocProperties::new().set_title(title).set_author("Préau").set_creation_datetime(&made),
    );
    Ok(book)
}

fn summary(book: &mut Workbook, styles: &Styles, document: &SeanceDocument) -> Result<(), ExportError> {
    let mut page = Page::new(book, styles, "Synthèse")?;
    page.header([("Rubrique", 28.0), ("Valeur", 80.0)])?;
    for (name, value) in header_block(document) {
        page.sheet.write_string_with_format(page.row, 0, name, &styles.label)?;
        // Counts are numbers, so that they can be added up.
        if let (true, Ok(count)) = (COUNTS.contains(&name), value.parse::<u32>()) {
            page.sheet.write_number_with_format(page.row, 1, count, &styles.count)?;
        } else {
            page.sheet.write_string_with_format(page.row, 1, fitting(&value), &styles.text)?;
        }
        page.row = page.row.saturating_add(1);
    }
    Ok(())
}

const COUNTS: [&str; 6] = ["Inscrits", "Présents", "Absents", "Excusés", "Hors liste", "Invités"];

/// Widths of the columns of the sheet, in characters.
const WIDTHS: [f64; 31] = [
    10.0, 12.0, 8.0, 12.0, 8.0, 20.0, 16.0, 34.0, 10.0, 28.0, 18.0, 13.0, 11.0, 34.0, 12.0, 17.0, 17.0, 16.0,
    18.0, 20.0, 14.0, 15.0, 13.0, 16.0, 9.0, 7.0, 8.0, 20.0, 40.0, 9.0, 9.0,
];

fn presences(
    book: &mut Workbook,
    styles: &Styles,
    document: &SeanceDocument,
    addresses: bool,
) -> Result<(), ExportError> {
    let mut page = Page::new(book, styles, "Présences")?;
    let shown = presence::shown(document, addresses);
    let names = COLUMNS.into_iter().zip(WIDTHS).enumerate();
    page.header(names.filter(|(index, _)| shown(*index)).map(|(_, column)| column))?;
    // On paper: thirty columns are three pages side by side, each with the names.
    page.sheet.set_print_fit_to_pages(3, 0).set_repeat_columns(5, 6)?;
    let seance = &document.seance;
    let at = |at: Option<Timestamp>| at.map_or(Cell::Nothing, |at| Cell::Instant(local(&seance.zone, at)));
    for row in &document.rows {
        let flags = indicators(document, row);
        let gaia = row.gaia.as_ref();
        let (module, session) =
            (gaia.map(|key| key.module.to_string()), gaia.map(|key| key.session.to_string()));
        let text = |text: Option<&String>| text.map(String::as_str).unwrap_or_default().to_owned();
        let (base, dispositif, group) = (
            text(gaia.map(|key| &key.base)),
            text(gaia.map(|key| &key.dispositif)),
            text(gaia.map(|key| &key.group)),
        );
        let cells = [
            Cell::Text(&base),
            Cell::Text(&dispositif),
            Cell::Text(module.as_deref().unwrap_or_default()),
            Cell::Text(session.as_deref().unwrap_or_default()),
            Cell::Text(&group),
            Cell::Text(&row.who.last_name),
            Cell::Text(&row.who.first_name),
            Cell::Text(row.who.email.as_deref().unwrap_or_default()),
            Cell::Text(&row.who.uai),
            Cell::Text(&row.who.school),
            Cell::Text(&row.who.town),
            Cell::Text(row.part.word()),
            Cell::Text(row.enrolment.word()),
            Cell::Text(&seance.title),
            Cell::Date(local(&seance.zone, seance.starts_at)),
            at(Some(seance.starts_at)),
            at(Some(seance.announced_end())),
            Cell::Text(seance.zone.name()),
            at(row.first_in),
            at(row.last_out),
            Cell::Number(f64::from(row.connections)),
            Cell::Length(row.connected_ms),
            Cell::Length(row.presence_ms),
            Cell::Number(f64::from(u32::try_from(row.presence_ms / 60_000).unwrap_or(u32::MAX))),
            Cell::Number(f64::from(seance.threshold_min)),
            Cell::Text(letter(row.status, seance.closed)),
            Cell::Text(if row.manual { "manuel" } else { "auto" }),
            Cell::Text(&row.reason),
            Cell::Text(&flags),
            Cell::Text(if row.validable { "O" } else { "N" }),
            Cell::Length(row.replay_ms),
        ];
        page.line(cells.into_iter().enumerate().filter(|(index, _)| shown(*index)).map(|(_, cell)| cell))?;
    }
    let columns = (0..COLUMNS.len()).filter(|column| shown(*column)).count();
    page.filtered(u16::try_from(columns).unwrap_or(u16::MAX))
}

fn corrections(book: &mut Workbook, styles: &Styles, document: &SeanceDocument) -> Result<(), ExportError> {
    let mut page = Page::new(book, styles, "Corrections")?;
    page.header([
        ("date", 17.0),
        ("personne", 30.0),
        ("nature", 16.0),
        ("avant", 20.0),
        ("apres", 20.0),
        ("motif", 20.0),
        ("precision", 50.0),
        ("auteur", 30.0),
    ])?;
    for correction in &document.corrections {
        page.line([
            Cell::Instant(local(&document.seance.zone, correction.at)),
            Cell::Text(&correction.who),
            Cell::Text(&correction.kind),
            Cell::Text(&correction.old),
            Cell::Text(&correction.new),
            Cell::Text(&correction.reason),
            Cell::Text(&correction.text),
            Cell::Text(&correction.author),
        ])?;
    }
    page.filtered(8)
}

fn parameters(book: &mut Workbook, styles: &Styles, document: &SeanceDocument) -> Result<(), ExportError> {
    let params = signaling::attendance::Params::default();
    let mut page = Page::new(book, styles, "Paramètres")?;
    page.header([("parametre", 34.0), ("valeur", 24.0)])?;
    let span = |span: jiff::SignedDuration| Cell::Length(u64::try_from(span.as_millis()).unwrap_or(0));
    let seance = &document.seance;
    let rule = seance.rule_version.to_string();
    for (name, value) in [
        ("version de la règle", Cell::Text(&rule)),
        ("seuil (minutes)", Cell::Number(f64::from(seance.threshold_min))),
        ("seuil automatique", Cell::Text(if seance.threshold_auto { "O" } else { "N" })),
        ("durée annoncée", Cell::Length(u64::from(seance.announced_min) * 60_000)),
        ("durée effective", Cell::Length(seance.effective_ms)),
        ("silence avant perte", span(params.heartbeat_timeout)),
        ("coupure pontée au plus", span(params.reconnect_tolerance)),
        ("retour après arrêt du serveur", span(params.restart_tolerance)),
        ("décompte des heures", Cell::Text(mode_word(&document.frame.hours_mode))),
    ] {
        page.line([Cell::Text(name), value])?;
    }
    Ok(())
}

/// The workbook of the hours of a session of a parcours.
///
/// # Errors
/// The workbook cannot be written.
pub fn hours_xlsx(document: &HoursDocument, addresses: bool) -> Result<File, ExportError> {
    let (styles, frame) = (Styles::new(), &document.frame);
    let mut book = begun(&frame.title, document.edition.at, &document.edition.zone)?;
    let mut page = Page::new(&mut book, &styles, "Heures")?;
    let columns = [
        ("nom", 20.0),
        ("prenom", 16.0),
        ("courriel", 34.0),
        ("etablissement", 28.0),
        ("parcours", 34.0),
        ("identifiant", 28.0),
        ("mode", 12.0),
        ("duree_distance", 14.0),
        ("duree_presence", 14.0),
        ("atteste_distance", 15.0),
        ("atteste_presence", 15.0),
        ("heures_validees", 15.0),
        ("heures_hmm", 12.0),
        ("date_attestation", 17.0),
        ("atteste_par", 28.0),
    ];
    let shown = |index: &usize| addresses || *index != 2;
    page.header(columns.into_iter().enumerate().filter(|(index, _)| shown(index)).map(|(_, column)| column))?;
    let span = |minutes: Option<u32>| minutes.map_or(Cell::Text(UNKNOWN), Cell::Hours);
    let yes = |told: bool| Cell::Text(if told { "O" } else { "N" });
    for row in &document.rows {
        let place = row.who.place();
        let told = row.validated_min.map_or_else(|| UNKNOWN.to_owned(), hmm);
        let cells = [
            Cell::Text(&row.who.last_name),
            Cell::Text(&row.who.first_name),
            Cell::Text(row.who.email.as_deref().unwrap_or_default()),
            Cell::Text(&place),
            Cell::Text(&frame.parcours_title),
            Cell::Text(&frame.parcours_identifiant),
            Cell::Text(&frame.hours_mode),
            span(frame.distance_min),
            span(frame.presence_min),
            yes(row.distance_attested),
            yes(row.presence_attested),
            span(row.validated_min),
            Cell::Text(&told),
            row.attested_at.map_or(Cell::Nothing, |at| Cell::Instant(local(&document.zone, at))),
            Cell::Text(&row.attested_by),
        ];
        page.line(cells.into_iter().enumerate().filter(|(index, _)| shown(index)).map(|(_, cell)| cell))?;
    }
    page.filtered(if addresses { 15 } else { 14 })?;
    Ok(File { name: hours::file_name(document, "heures", "xlsx"), bytes: book.save_to_buffer()? })
}
