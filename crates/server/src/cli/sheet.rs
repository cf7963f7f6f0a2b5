//! Lists of people, as spreadsheets save them: CSV with a first line that names the columns.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

/// A line of a list.
pub(super) struct Line {
    /// Its number in the file; the names of the columns stand in line 1.
    pub(super) number: u64,
    cells: BTreeMap<String, String>,
}

impl Line {
    /// The text in a column, without the space around it; empty if there is no such column.
    pub(super) fn cell(&self, column: &str) -> &str {
        self.cells.get(column).map(|cell| cell.trim()).unwrap_or_default()
    }

    /// The same, without the sign that [`write`] puts before what a spreadsheet would calculate.
    pub(super) fn value(&self, column: &str) -> &str {
        let cell = self.cell(column);
        cell.strip_prefix(GUARD).filter(|rest| is_formula(rest)).unwrap_or(cell)
    }
}

/// Reads the file, or standard input for `-`.
pub(super) fn load(path: &Path) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let read = match path.to_str() {
        Some("-") => std::io::stdin().read_to_end(&mut bytes).map(drop),
        _ => std::fs::read(path).map(|read| bytes = read),
    };
    read.map(|()| bytes).map_err(|error| format!("{}: {error}", path.display()))
}

/// What makes text of a formula, in all spreadsheets.
const GUARD: char = '\'';

/// Whether a spreadsheet would calculate it (OWASP, CSV injection).
fn is_formula(cell: &str) -> bool {
    cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'])
}

/// Writes a list that a spreadsheet opens without calculating anything in it.
pub(super) fn write(names: &[&str], lines: &[Vec<String>]) -> Result<String, String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(names).map_err(|error| error.to_string())?;
    for line in lines {
        writer.write_record(line.iter().cloned().map(safe)).map_err(|error| error.to_string())?;
    }
    let bytes = writer.into_inner().map_err(|error| error.to_string())?;
    String::from_utf8(bytes).map_err(|error| error.to_string())
}

/// One line of such a list, without its end.
pub(super) fn line(cells: impl Iterator<Item = String>) -> Result<String, String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(cells.map(safe)).map_err(|error| error.to_string())?;
    let bytes = writer.into_inner().map_err(|error| error.to_string())?;
    let line = String::from_utf8(bytes).map_err(|error| error.to_string())?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// What a spreadsheet would calculate, as text.
fn safe(cell: String) -> String {
    if is_formula(&cell) { format!("{GUARD}{cell}") } else { cell }
}

/// The cells of one column, each with its line; whatever other columns there are.
pub(super) fn column(bytes: &[u8], name: &str) -> Result<Vec<(u64, String)>, Vec<String>> {
    let lines =
        parse(bytes, |names| check_names(names, &[name], &names.iter().map(String::as_str).collect::<Vec<_>>()))?;
    Ok(lines.iter().map(|line| (line.number, line.value(name).to_owned())).collect())
}

/// Takes the lines apart. Columns may stand in any order, separated by commas or semicolons.
pub(super) fn read(bytes: &[u8], required: &[&str], optional: &[&str]) -> Result<Vec<Line>, Vec<String>> {
    parse(bytes, |names| check_names(names, required, optional))
}

/// Takes the lines apart if the names of the columns pass the check.
fn parse(bytes: &[u8], check: impl Fn(&[String]) -> Result<(), Vec<String>>) -> Result<Vec<Line>, Vec<String>> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let first = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let delimiter = if first.contains(&b';') && !first.contains(&b',') { b';' } else { b',' };
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(bytes);
    let names = reader.headers().map_err(|error| vec![format!("line 1: {}", plain(&error))])?;
    let names: Vec<String> = names.iter().map(|name| name.trim().to_lowercase()).collect();
    check(&names)?;
    let (mut lines, mut problems) = (Vec::new(), Vec::new());
    let mut place = Place { bytes, at: 0, number: 1 };
    for record in reader.records() {
        match record {
            Ok(record) => {
                let number = place.line(record.position());
                let cells = names.iter().cloned().zip(record.iter().map(str::to_owned)).collect();
                lines.push(Line { number, cells });
            }
            Err(error) => problems.push(format!("line {}: {}", place.line(error.position()), plain(&error))),
        }
    }
    if problems.is_empty() { Ok(lines) } else { Err(problems) }
}

/// Counts lines. The reader's own count lags behind where lines are empty or end in two characters.
struct Place<'a> {
    bytes: &'a [u8],
    at: usize,
    number: u64,
}

impl Place<'_> {
    fn line(&mut self, position: Option<&csv::Position>) -> u64 {
        let from = position.map_or(self.at, |position| usize::try_from(position.byte()).unwrap_or(self.at));
        let rest = self.bytes.get(from..).unwrap_or_default();
        let ends = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let passed = self.bytes.get(self.at..from + ends).unwrap_or_default();
        self.number += passed.iter().filter(|byte| **byte == b'\n').count() as u64;
        self.at = self.at.max(from + ends);
        self.number
    }
}

fn check_names(names: &[String], required: &[&str], optional: &[&str]) -> Result<(), Vec<String>> {
    let missing = required.iter().filter(|wanted| !names.iter().any(|name| name == *wanted));
    let missing = missing.map(|wanted| format!("line 1: the column \"{wanted}\" is missing"));
    let unknown = names.iter().filter(|name| !required.iter().chain(optional).any(|known| known == name));
    let known = required.iter().chain(optional).copied().collect::<Vec<_>>().join(", ");
    let unknown = unknown.map(|name| format!("line 1: the column \"{name}\" is unknown; the columns are: {known}"));
    let twice = names.iter().enumerate().filter(|(place, name)| names.iter().take(*place).any(|other| other == *name));
    let twice = twice.map(|(_, name)| format!("line 1: the column \"{name}\" stands there twice"));
    let problems: Vec<String> = missing.chain(unknown).chain(twice).collect();
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

fn plain(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => format!(
            "has {len} cells, but line 1 names {expected_len} columns; put a cell with a comma in it in quotation marks"
        ),
        csv::ErrorKind::Utf8 { .. } => "is not in UTF-8; save the list as \"CSV UTF-8\"".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &[u8]) -> String {
        read(text, &["user_id", "name"], &["mail"]).err().unwrap().join("\n")
    }

    #[test]
    fn columns_stand_in_any_order_and_lines_keep_their_numbers() {
        for text in [
            "\u{feff}name, User_ID ,mail\r\n\"Bloggs, Jo\", jo ,\r\n\r\nSam,sam,sam@example.org\r\n",
            "name;user_id;mail\n\"Bloggs, Jo\";jo;\n\nSam;sam;sam@example.org",
        ] {
            let lines = read(text.as_bytes(), &["user_id", "name"], &["mail"]).unwrap();
            let cells = |line: &Line| ["user_id", "name", "mail", "other"].map(|column| line.cell(column).to_owned());
            assert_eq!(cells(&lines[0]), ["jo", "Bloggs, Jo", "", ""]);
            assert_eq!(cells(&lines[1]), ["sam", "Sam", "sam@example.org", ""]);
            assert_eq!((lines[0].number, lines[1].number), (2, 4));
        }
    }

    #[test]
    fn nothing_in_a_list_is_calculated_and_it_comes_back_as_it_was() {
        let cells = ["=1+1", "+447700900123", "-2", "@SUM(A1)", "\tx", "plain, with a comma", "it's", "'quoted'"];
        let lines: Vec<Vec<String>> = cells.iter().map(|cell| vec!["jo".into(), (*cell).into()]).collect();
        let written = write(&["user_id", "name"], &lines).unwrap();
        let raw = read(written.as_bytes(), &["user_id", "name"], &[]).unwrap();
        assert!(!written.lines().any(|line| line.split(',').any(|cell| is_formula(cell.trim_start_matches('"')))));
        for (line, cell) in raw.iter().zip(cells) {
            assert_eq!(line.value("name"), cell);
        }
        assert_eq!(column(b"name,user_id\nJo,jo\n,sam\n", "user_id").unwrap(), [(2, "jo".into()), (3, "sam".into())]);
        assert!(column(b"name\nJo\n", "user_id").is_err());
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        assert!(problems(b"").contains("\"user_id\" is missing"));
        assert!(problems(b"user_id,name,phone\n").contains("\"phone\" is unknown"));
        assert!(problems(b"user_id,name,name\n").contains("\"name\" stands there twice"));
        let told = problems(b"user_id,name\njo,Bloggs, Jo\nsam,Sam\nr\xf6,R\n");
        assert!(told.contains("line 2: has 3 cells") && told.contains("line 4: is not in UTF-8"), "{told}");
    }
}
