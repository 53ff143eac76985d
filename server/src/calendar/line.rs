//! Content lines: escaped, folded at 75 octets, ended by CRLF (RFC 5545 §3.1, §3.3.11).

/// Longest line, octets without its end.
const FOLD: usize = 75;

/// Lines under way.
#[derive(Debug, Default)]
pub(super) struct Lines(String);

impl Lines {
    /// A line as it is; what could end it early is left out.
    pub(super) fn raw(&mut self, line: &str) {
        let mut width = 0;
        for c in line.chars().filter(|c| !c.is_control()) {
            if width + c.len_utf8() > FOLD {
                self.0.push_str("\r\n ");
                width = 1;
            }
            self.0.push(c);
            width += c.len_utf8();
        }
        self.0.push_str("\r\n");
    }

    /// A property whose value is text.
    pub(super) fn text(&mut self, name: &str, value: &str) {
        let mut line = format!("{name}:");
        for c in value.chars() {
            match c {
                '\\' | ';' | ',' => line.extend(['\\', c]),
                '\n' => line.push_str("\\n"),
                c => line.push(c),
            }
        }
        self.raw(&line);
    }

    pub(super) fn finish(self) -> String {
        self.0
    }
}

/// The value of a parameter, in quotes; it cannot hold any itself.
pub(super) fn parameter(value: &str) -> String {
    let kept: String = value.chars().map(|c| if c == '"' { '\'' } else { c }).collect();
    format!("\"{kept}\"")
}
