//! The matrix of inspectors (domain rules §2.5, Annex A.3): teachers against sessions of parcours, never a minute of
//! connection.

use signaling::hours::{
    report::{SupervisedPerson, SupervisedSession},
    supervision::{Cell, Counting},
};

use super::{
    ExportError, File,
    csv::{Csv, Dialect},
    document::Edition,
    workbook::{self, Page, Styles, begun},
    writing::{joined, slug},
    zone::day,
};

/// The report of one school year.
#[derive(Debug, Clone)]
pub struct SupervisionMatrix {
    pub counting: Counting,
    pub school_year: String,
    /// For the name of the file: a circonscription or an academy.
    pub scope: String,
    pub edition: Edition,
    pub columns: Vec<SupervisedSession>,
    /// By name.
    pub rows: Vec<SupervisedPerson>,
}

impl SupervisionMatrix {
    /// `supervision_<scope>_<school year>_<counting>_v<N>.<extension>`.
    pub(super) fn file_name(&self, extension: &str) -> String {
        let (scope, year) = (slug(&self.scope), slug(&self.school_year));
        format!("supervision_{scope}_{year}_{}_v{}.{extension}", self.counting.name(), self.edition.version)
    }

    /// The four lines above the columns of sessions: title, first day, trainers, duration.
    pub(super) fn header(&self) -> [Vec<String>; 4] {
        let of = |read: &dyn Fn(&SupervisedSession) -> String| self.columns.iter().map(read).collect();
        let unsaid = |text: String, words: &str| if text.is_empty() { words.to_owned() } else { text };
        [
            of(&|session| session.title.clone()),
            of(&|session| day(session.starts_on)),
            of(&|session| unsaid(session.trainers.join(", "), "Formateurs non renseignés")),
            of(&|session| {
                let duration = session.announced.total().map(|minutes| minutes.clock());
                duration.unwrap_or_else(|| "Durée non renseignée".to_owned())
            }),
        ]
    }

    /// Only there the hours add up to something that counts.
    pub(super) fn has_total(&self) -> bool {
        self.counting == Counting::Inscription
    }
}

/// As the matrix names somebody: `Marie DURAND`.
pub(super) fn name(row: &SupervisedPerson) -> String {
    format!("{} {}", row.first_name, row.last_name.to_uppercase()).trim().to_owned()
}

/// `School – town`.
pub(super) fn place(row: &SupervisedPerson) -> String {
    joined(&[&row.school, &row.town], " – ").unwrap_or_default()
}

/// The matrix: four header lines, then a line a teacher, and in the mode `inscription` a column of totals.
///
/// # Errors
/// The table cannot be written.
pub fn supervision_csv(matrix: &SupervisionMatrix, dialect: Dialect) -> Result<File, ExportError> {
    let mut csv = Csv::new(dialect);
    for (line, last) in matrix.header().into_iter().zip(["Total", "", "", ""]) {
        let blank = [String::new(), String::new()];
        let total = matrix.has_total().then(|| last.to_owned());
        let line: Vec<String> = blank.into_iter().chain(line).chain(total).collect();
        csv.line(line.iter().map(String::as_str))?;
    }
    for row in &matrix.rows {
        let total = matrix.has_total().then(|| Cell::Hours { minutes: row.total }.text());
        let cells = row.cells.iter().map(|cell| cell.text());
        let line: Vec<String> = [name(row), place(row)].into_iter().chain(cells).chain(total).collect();
        csv.line(line.iter().map(String::as_str))?;
    }
    let extension = match dialect {
        Dialect::French => "csv",
        Dialect::Machine => "machine.csv",
    };
    Ok(File { name: matrix.file_name(extension), bytes: csv.into_bytes()? })
}

/// The same as a workbook: hours are numbers, days are days.
///
/// # Errors
/// The workbook cannot be written.
pub fn supervision_xlsx(matrix: &SupervisionMatrix) -> Result<File, ExportError> {
    let styles = Styles::new();
    let title = format!("Supervision {}", matrix.school_year);
    let mut book = begun(&title, matrix.edition.at, &matrix.edition.zone)?;
    let mut page = Page::new(&mut book, &styles, "Supervision")?;
    let labels = ["Session", "Début", "Formateurs", "Durée annoncée"];
    for (label, line) in labels.into_iter().zip(matrix.header()) {
        page.sheet.write_string_with_format(page.row, 1, label, &styles.header)?;
        for (column, text) in (2_u16..).zip(&line) {
            page.sheet.write_string_with_format(page.row, column, text, &styles.header)?;
        }
        page.row += 1;
    }
    let columns = u16::try_from(matrix.columns.len()).unwrap_or(u16::MAX);
    if matrix.has_total() {
        page.sheet.write_string_with_format(0, columns.saturating_add(2), "Total", &styles.header)?;
    }
    page.sheet.set_column_width(0, 30.0)?.set_column_width(1, 36.0)?;
    if let Some(last) = columns.checked_add(1).filter(|last| *last > 1) {
        page.sheet.set_column_range_width(2, last, 22.0)?;
    }
    page.sheet.set_freeze_panes(page.row, 2)?.set_repeat_rows(0, 3)?;
    for row in &matrix.rows {
        let (name, place) = (name(row), place(row));
        let known = [workbook::Cell::Text(&name), workbook::Cell::Text(&place)];
        let total = matrix.has_total().then_some(workbook::Cell::Hours(row.total.0));
        page.line(known.into_iter().chain(row.cells.iter().map(|cell| written(*cell))).chain(total))?;
    }
    Ok(File { name: matrix.file_name("xlsx"), bytes: book.save_to_buffer()? })
}

fn written(cell: Cell) -> workbook::Cell<'static> {
    match cell {
        Cell::Blank => workbook::Cell::Nothing,
        Cell::Hours { minutes } => workbook::Cell::Hours(minutes.0),
        Cell::NotFilled => workbook::Cell::Text("NR"),
        Cell::AttestedWithoutDuration => workbook::Cell::Text("100%"),
    }
}

#[cfg(test)]
mod tests {
    use calamine::{Data, Reader, Xlsx, open_workbook_from_rs};
    use signaling::{
        hours::{Announced, Minutes},
        id::{PersonId, SessionFormationId},
    };
    use uuid::Uuid;

    use super::{super::samples, *};

    fn matrix(counting: Counting) -> SupervisionMatrix {
        let row = |first: &str, last: &str, cells: Vec<Cell>| SupervisedPerson {
            person: PersonId(Uuid::nil()),
            last_name: last.to_owned(),
            first_name: first.to_owned(),
            school: "École Jules-Ferry".to_owned(),
            town: "Trappes".to_owned(),
            total: cells.iter().map(|cell| cell.minutes()).sum(),
            cells,
        };
        let session = |title: &str, on: &str, trainers: Vec<String>, announced| SupervisedSession {
            session_formation: SessionFormationId(Uuid::nil()),
            title: title.to_owned(),
            starts_on: on.parse().unwrap(),
            ends_on: on.parse().unwrap(),
            trainers,
            announced,
        };
        let six = Announced { distance: Some(Minutes(180)), presence: Some(Minutes(180)) };
        let hours = |minutes| Cell::Hours { minutes: Minutes(minutes) };
        SupervisionMatrix {
            counting,
            school_year: "2026-2027".to_owned(),
            scope: "Trappes".to_owned(),
            edition: samples::edition(),
            columns: vec![
                session("Calcul mental", "2026-10-07", vec!["Paul MARTIN".to_owned()], six),
                session("Laïcité", "2027-01-14", Vec::new(), Announced::default()),
            ],
            rows: vec![
                row("Marie", "DURAND", vec![hours(360), Cell::AttestedWithoutDuration]),
                row("Jean", "PETIT", vec![hours(180), hours(0)]),
            ],
        }
    }

    fn lines(file: &File) -> Vec<String> {
        let text = String::from_utf8(file.bytes.clone()).unwrap();
        text.trim_start_matches('\u{feff}').split_terminator("\r\n").map(str::to_owned).collect()
    }

    #[test]
    fn the_matrix_of_inspectors_is_the_sample() {
        let file = supervision_csv(&matrix(Counting::Attestee), Dialect::French).unwrap();
        assert_eq!(file.name, "supervision_trappes_2026-2027_attestee_v1.csv");
        assert_eq!(
            lines(&file),
            [
                ";;Calcul mental;Laïcité",
                ";;07/10/2026;14/01/2027",
                ";;Paul MARTIN;Formateurs non renseignés",
                ";;6:00;Durée non renseignée",
                "Marie DURAND;École Jules-Ferry – Trappes;6:00;100%",
                "Jean PETIT;École Jules-Ferry – Trappes;3:00;0",
            ]
        );
        let total = lines(&supervision_csv(&matrix(Counting::Inscription), Dialect::French).unwrap());
        assert_eq!(
            (total[0].as_str(), total[5].as_str()),
            (";;Calcul mental;Laïcité;Total", "Jean PETIT;École Jules-Ferry – Trappes;3:00;0;3:00")
        );
    }

    #[test]
    fn the_workbook_holds_hours_as_numbers_and_no_formula() {
        let mut matrix = matrix(Counting::Inscription);
        matrix.rows[1].last_name = "=1+1".to_owned();
        matrix.rows[1].first_name = String::new();
        let file = supervision_xlsx(&matrix).unwrap();
        let mut book: Xlsx<_> = open_workbook_from_rs(std::io::Cursor::new(file.bytes)).unwrap();
        let sheet = book.worksheet_range("Supervision").unwrap();
        let cell = |row: u32, column: u32| sheet.get_value((row, column)).unwrap().clone();
        assert_eq!(cell(0, 2), Data::String("Calcul mental".to_owned()));
        assert_eq!((cell(4, 2), cell(4, 3)), (Data::Float(6.0), Data::String("100%".to_owned())));
        assert_eq!((cell(5, 0), cell(5, 4)), (Data::String("=1+1".to_owned()), Data::Float(3.0)));
        assert!(book.worksheet_formula("Supervision").unwrap().used_cells().next().is_none());
    }
}
