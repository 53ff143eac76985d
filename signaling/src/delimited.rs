//! Lines whose cells stand between `;`, `,` or tabs, as spreadsheets write them and people paste them.

/// The separator that stands most often in the text, outside quotes; `;` when none does.
pub(crate) fn separator(bytes: &[u8]) -> char {
    let mut counts = [0_usize; 3];
    let mut quoted = false;
    for byte in bytes {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' => quoted = false,
            b';' if !quoted => counts[0] += 1,
            b'\t' if !quoted => counts[1] += 1,
            b',' if !quoted => counts[2] += 1,
            _ => {}
        }
    }
    let [semicolons, tabs, commas] = counts;
    if tabs > semicolons && tabs >= commas {
        '\t'
    } else if commas > semicolons {
        ','
    } else {
        ';'
    }
}

/// The trimmed cells of a line; a cell in quotes may hold the separator, and a doubled quote is one.
pub(crate) fn cells(line: &str, separator: char) -> Vec<String> {
    let mut cells = Vec::new();
    let (mut cell, mut quoted) = (String::new(), false);
    let mut characters = line.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                cell.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if cell.trim().is_empty() => {
                cell.clear();
                quoted = true;
            }
            c if c == separator && !quoted => cells.push(std::mem::take(&mut cell)),
            c => cell.push(c),
        }
    }
    cells.push(cell);
    cells.iter().map(|cell| cell.trim().to_owned()).collect()
}
