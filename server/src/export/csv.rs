//! CSV as a French Excel opens it by a double click (domain rules §3.1).

/// A table being written: UTF-8 with a byte order mark, `;` between cells, CRLF after lines, RFC 4180 quotes.
#[derive(Debug)]
pub(crate) struct Csv {
    text: String,
}

impl Csv {
    /// Begins with the header line.
    pub(crate) fn new<'c>(header: impl IntoIterator<Item = &'c str>) -> Self {
        let mut csv = Self { text: String::from('\u{feff}') };
        csv.line(header);
        csv
    }

    /// Adds one line.
    pub(crate) fn line<'c>(&mut self, cells: impl IntoIterator<Item = &'c str>) {
        for (index, cell) in cells.into_iter().enumerate() {
            if index > 0 {
                self.text.push(';');
            }
            self.cell(cell);
        }
        self.text.push_str("\r\n");
    }

    /// A cell that a spreadsheet would take for a formula begins with an apostrophe: a name is typed by anybody.
    fn cell(&mut self, cell: &str) {
        let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
        let quoted = cell.contains([';', '"', '\r', '\n']);
        let quote = if quoted { "\"" } else { "" };
        self.text.push_str(quote);
        if formula {
            self.text.push('\'');
        }
        self.text.push_str(&cell.replace('"', "\"\""));
        self.text.push_str(quote);
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.text.into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::Csv;

    fn written(cells: &[&str]) -> String {
        let mut csv = Csv::new(["a", "b"]);
        csv.line(cells.iter().copied());
        String::from_utf8(csv.into_bytes()).unwrap()
    }

    #[test]
    fn begins_with_the_mark_and_ends_lines_as_excel_wants() {
        let mut csv = Csv::new(["Nom", "Présence"]);
        csv.line(["Zoé", "1:20:00"]);
        let bytes = csv.into_bytes();
        assert_eq!(&bytes[..3], [0xef, 0xbb, 0xbf]);
        assert_eq!(&bytes[3..], "Nom;Présence\r\nZoé;1:20:00\r\n".as_bytes());
    }

    #[test]
    fn quotes_only_what_needs_it() {
        assert!(written(&["Luc D'ANGELO", "a, b"]).ends_with("\nLuc D'ANGELO;a, b\r\n"));
        assert!(written(&["a;b", "c"]).ends_with("\n\"a;b\";c\r\n"));
        assert!(written(&["dit \"Zoé\"", "c"]).ends_with("\n\"dit \"\"Zoé\"\"\";c\r\n"));
        assert!(written(&["une\r\ndeux", "c"]).ends_with("\n\"une\r\ndeux\";c\r\n"));
        assert!(written(&["", ""]).ends_with("\n;\r\n"));
    }

    #[test]
    fn no_cell_is_a_formula() {
        for start in ["=", "+", "-", "@", "\t"] {
            let cell = format!("{start}HYPERLINK(A1)");
            assert!(written(&[&cell, "c"]).ends_with(&format!("\n'{cell};c\r\n")));
        }
        assert!(written(&["\r=1", "c"]).ends_with("\n\"'\r=1\";c\r\n"));
        assert!(written(&["=A1;\"x\"", "c"]).ends_with("\n\"'=A1;\"\"x\"\"\";c\r\n"));
        assert!(written(&["1-2", "a=b"]).ends_with("\n1-2;a=b\r\n"));
    }
}
