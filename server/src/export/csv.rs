//! CSV as a French Excel opens it by a double click, and as programs read it (domain rules §3.1).

use csv::{Terminator, Writer, WriterBuilder};

use super::ExportError;

/// How a table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// UTF-8 with a byte order mark, `;` between cells, decimal comma, French dates.
    French,
    /// No mark, `,`, decimal point, ISO 8601.
    Machine,
}

/// A table being written: CRLF after lines, RFC 4180 quotes.
#[derive(Debug)]
pub(crate) struct Csv(Writer<Vec<u8>>);

impl Csv {
    pub(crate) fn new(dialect: Dialect) -> Self {
        let (start, delimiter) = match dialect {
            Dialect::French => (vec![0xef, 0xbb, 0xbf], b';'),
            Dialect::Machine => (Vec::new(), b','),
        };
        let mut builder = WriterBuilder::new();
        builder.delimiter(delimiter).terminator(Terminator::CRLF).flexible(true);
        Self(builder.from_writer(start))
    }

    /// Adds one line.
    pub(crate) fn line<'c>(&mut self, cells: impl IntoIterator<Item = &'c str>) -> Result<(), ExportError> {
        for cell in cells {
            if is_formula(cell) {
                self.0.write_field(format!("'{cell}"))?;
            } else {
                self.0.write_field(cell)?;
            }
        }
        Ok(self.0.write_record(None::<&[u8]>)?)
    }

    pub(crate) fn into_bytes(self) -> Result<Vec<u8>, ExportError> {
        self.0.into_inner().map_err(|error| ExportError::Csv(error.into_error().into()))
    }
}

/// A table with those columns that are shown.
///
/// # Errors
/// It cannot be written.
pub(crate) fn table<const COLUMNS: usize>(
    dialect: Dialect,
    columns: [&str; COLUMNS],
    shown: impl Fn(usize) -> bool,
    rows: impl IntoIterator<Item = [String; COLUMNS]>,
) -> Result<Vec<u8>, ExportError> {
    let mut csv = Csv::new(dialect);
    csv.line(columns.into_iter().enumerate().filter(|(index, _)| shown(*index)).map(|(_, name)| name))?;
    for row in rows {
        csv.line(row.iter().enumerate().filter(|(index, _)| shown(*index)).map(|(_, cell)| cell.as_str()))?;
    }
    csv.into_bytes()
}

/// What a spreadsheet would run: a name is typed by anybody. It gets an apostrophe before it.
fn is_formula(cell: &str) -> bool {
    cell.starts_with(['=', '+', '-', '@', '\t', '\r'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(dialect: Dialect, cells: &[&str]) -> String {
        let mut csv = Csv::new(dialect);
        csv.line(cells.iter().copied()).unwrap();
        String::from_utf8(csv.into_bytes().unwrap()).unwrap()
    }

    fn french(cells: &[&str]) -> String {
        written(Dialect::French, cells).trim_start_matches('\u{feff}').to_owned()
    }

    #[test]
    fn begins_with_the_mark_and_ends_lines_as_excel_wants() {
        let mut csv = Csv::new(Dialect::French);
        csv.line(["Nom", "Présence"]).unwrap();
        csv.line(["Zoé", "1:20:00"]).unwrap();
        let bytes = csv.into_bytes().unwrap();
        assert_eq!(&bytes[..3], [0xef, 0xbb, 0xbf]);
        assert_eq!(&bytes[3..], "Nom;Présence\r\nZoé;1:20:00\r\n".as_bytes());
        assert_eq!(written(Dialect::Machine, &["a", "1.33"]), "a,1.33\r\n");
    }

    #[test]
    fn quotes_only_what_needs_it() {
        assert_eq!(french(&["Luc D'ANGELO", "a, b"]), "Luc D'ANGELO;a, b\r\n");
        assert_eq!(french(&["a;b", "c"]), "\"a;b\";c\r\n");
        assert_eq!(french(&["dit \"Zoé\"", "c"]), "\"dit \"\"Zoé\"\"\";c\r\n");
        assert_eq!(french(&["une\r\ndeux", "c"]), "\"une\r\ndeux\";c\r\n");
        assert_eq!(french(&["", ""]), ";\r\n");
        assert_eq!(written(Dialect::Machine, &["a;b", "a, b"]), "a;b,\"a, b\"\r\n");
    }

    #[test]
    fn no_cell_is_a_formula() {
        for start in ["=", "+", "-", "@", "\t"] {
            let cell = format!("{start}HYPERLINK(A1)");
            assert_eq!(french(&[&cell, "c"]), format!("'{cell};c\r\n"));
            assert_eq!(written(Dialect::Machine, &[&cell, "c"]), format!("'{cell},c\r\n"));
        }
        assert_eq!(french(&["\r=1", "c"]), "\"'\r=1\";c\r\n");
        assert_eq!(french(&["=A1;\"x\"", "c"]), "\"'=A1;\"\"x\"\"\";c\r\n");
        assert_eq!(french(&["1-2", "a=b"]), "1-2;a=b\r\n");
    }
}
