//! Reading the table: CSV, or the first sheet of an XLSX workbook. Bounded while it is read, whatever
//! the file says of itself.

use std::io::{self, Read, Seek, SeekFrom};

use calamine::{DataRef, ExcelDateTime, Reader as _, Xlsx};
use vestibule_domain::import::{Entry, Header, MAX_ROWS, TableError};
use zip::ZipArchive;

/// Largest file in bytes.
const MAX_FILE: u64 = 8 << 20;
/// Most bytes that a workbook may come to when it is unpacked.
const MAX_UNPACKED: u64 = 64 << 20;
/// Most parts of a workbook.
const MAX_PARTS: usize = 1_000;
/// What a ZIP archive, and so a workbook, begins with.
const ZIP: &[u8] = b"PK\x03\x04";

/// The columns and the rows that are not empty.
pub(super) fn read(file: &mut (impl Read + Seek)) -> Result<(Header, Vec<Entry>), TableError> {
    let mut start = Vec::new();
    file.take(4).read_to_end(&mut start).map_err(unreadable)?;
    file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    if start == ZIP {
        workbook(file)
    } else {
        text(file)
    }
}

fn unreadable(error: impl std::fmt::Display) -> TableError {
    TableError::Unreadable(error.to_string().chars().take(200).collect())
}

/// The table as it grows.
#[derive(Default)]
struct Table {
    header: Option<Header>,
    entries: Vec<Entry>,
}

impl Table {
    fn add<'a>(
        &mut self,
        line: u64,
        cells: impl Iterator<Item = &'a str>,
    ) -> Result<(), TableError> {
        let Some(header) = &self.header else {
            self.header = Some(Header::parse(cells)?);
            return Ok(());
        };
        if let Some(entry) = header.entry(line, cells)? {
            if self.entries.len() == MAX_ROWS {
                return Err(TableError::TooManyRows);
            }
            self.entries.push(entry);
        }
        Ok(())
    }

    fn finished(self) -> Result<(Header, Vec<Entry>), TableError> {
        let header = self.header.ok_or(TableError::Empty)?;
        Ok((header, self.entries))
    }
}

fn text(file: &mut impl Read) -> Result<(Header, Vec<Entry>), TableError> {
    let mut bytes = Vec::new();
    file.take(MAX_FILE + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    match separated(&bytes) {
        Err(TableError::TooManyRows) => Err(TableError::TooManyRows),
        _ if bytes.len() as u64 > MAX_FILE => Err(TableError::TooLarge(MAX_FILE)),
        done => done,
    }
}

fn separated(bytes: &[u8]) -> Result<(Header, Vec<Entry>), TableError> {
    let first_line = bytes
        .split(|byte| matches!(byte, b'\r' | b'\n'))
        .find(|line| !line.is_empty())
        .unwrap_or_default();
    // Spreadsheets write semicolons where the comma is for decimals.
    let delimiter = if first_line.contains(&b';') && !first_line.contains(&b',') {
        b';'
    } else {
        b','
    };
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(bytes);
    let mut lines = Lines {
        bytes,
        at: 0,
        line: 1,
    };
    let mut table = Table::default();
    let mut record = csv::StringRecord::new();
    loop {
        let start = reader.position().byte();
        match reader.read_record(&mut record) {
            Ok(true) => table.add(lines.at(start), record.iter())?,
            Ok(false) => return table.finished(),
            Err(error) if matches!(error.kind(), csv::ErrorKind::Utf8 { .. }) => {
                return Err(TableError::Encoding(lines.at(start)));
            }
            Err(error) => return Err(unreadable(error)),
        }
    }
}

/// Counts lines, for the reader does not count the breaks in front of a row. A line ends with `\n`, `\r\n` or a
/// bare `\r`.
struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line of the row that the reader found from this byte on.
    fn at(&mut self, byte: u64) -> u64 {
        let is_break = |byte: &&u8| matches!(byte, b'\r' | b'\n');
        let start = usize::try_from(byte).unwrap_or(usize::MAX);
        let rest = self.bytes.get(start..).unwrap_or_default();
        let end = start.saturating_add(rest.iter().take_while(is_break).count());
        let passed = self.bytes.get(self.at..end).unwrap_or_default();
        // Both bytes of a `\r\n` are passed at once: it ends where no break follows.
        let following = passed.iter().skip(1).map(Some).chain([None]);
        let ends = passed.iter().zip(following).filter(|pair| match pair {
            (b'\r', next) => *next != Some(&b'\n'),
            (byte, _) => **byte == b'\n',
        });
        self.line += ends.map(|_| 1).sum::<u64>();
        self.at = end;
        self.line
    }
}

fn workbook(file: &mut (impl Read + Seek)) -> Result<(Header, Vec<Entry>), TableError> {
    let mut bytes = Vec::new();
    file.take(MAX_FILE + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(TableError::TooLarge(MAX_FILE));
    }
    refuse_bombs(&bytes)?;
    let mut book: Xlsx<_> = Xlsx::new(io::Cursor::new(bytes)).map_err(unreadable)?;
    let sheet = book
        .sheet_names()
        .first()
        .cloned()
        .ok_or(TableError::Empty)?;
    let mut cells = book.worksheet_cells_reader(&sheet).map_err(unreadable)?;
    let mut table = Table::default();
    let mut row: (u32, Vec<String>) = (0, Vec::new());
    while let Some(cell) = cells.next_cell_with_formula().map_err(unreadable)? {
        let (line, column) = cell.pos;
        if line != row.0 {
            flush(&mut table, &mut row)?;
            row.0 = line;
        }
        let text = match cell.formula {
            Some(formula) => format!("={formula}"),
            None => shown(&cell.value),
        };
        // A cell far to the right, in a row or in the sheet, is one too many in any case.
        let column = usize::try_from(column).unwrap_or(usize::MAX).min(64);
        if row.1.len() <= column {
            row.1.resize(column + 1, String::new());
        }
        if let Some(place) = row.1.get_mut(column) {
            *place = text;
        }
    }
    flush(&mut table, &mut row)?;
    table.finished()
}

fn flush(table: &mut Table, (line, cells): &mut (u32, Vec<String>)) -> Result<(), TableError> {
    let cells = std::mem::take(cells);
    if cells.iter().all(String::is_empty) {
        return Ok(());
    }
    table.add(u64::from(*line) + 1, cells.iter().map(String::as_str))
}

/// What a cell shows.
fn shown(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Empty => String::new(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => numbered(*number),
        DataRef::Bool(truth) => truth.to_string(),
        DataRef::DateTime(instant) => dated(instant),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            text.clone()
        }
        DataRef::Error(error) => error.to_string(),
    }
}

/// Digits of a number that a workbook keeps.
const DIGITS: usize = 15;

/// A number as it is written, without a decimal point where it needs none; one of which the last digits are
/// not kept as spreadsheets show it, `1.2345678901234568E+16`.
fn numbered(number: f64) -> String {
    let text = number.to_string();
    let digits = text.trim_start_matches(['-', '0', '.']).bytes();
    if digits.filter(u8::is_ascii_digit).count() <= DIGITS {
        return text;
    }
    let text = format!("{number:E}");
    match text.split_once('E') {
        Some((digits, exponent)) if !exponent.starts_with('-') => format!("{digits}E+{exponent}"),
        _ => text,
    }
}

/// First day, counted as spreadsheets do, that has no date: 10000-01-01.
const LAST_DAY: f64 = 2_958_466.0;
const MILLISECONDS_A_DAY: f64 = 86_400_000.0;

/// A date, a time of day, both or a length of time as ISO 8601 has it, without an offset, for spreadsheets have
/// none. What is out of their range is a number.
fn dated(instant: &ExcelDateTime) -> String {
    let days = instant.as_f64();
    if !(0.0..LAST_DAY).contains(&days) {
        return days.to_string();
    }
    if instant.is_duration() {
        let seconds = (days * MILLISECONDS_A_DAY).round() / 1_000.0;
        return format!("PT{seconds}S");
    }
    let (year, month, day, hour, minute, second, milli) = instant.to_ymd_hms_milli();
    let date = format!("{year:04}-{month:02}-{day:02}");
    if days.fract() == 0.0 && days > 0.0 {
        return date;
    }
    let fraction = match milli {
        0 => String::new(),
        milli => format!(".{milli:03}"),
    };
    let time = format!("{hour:02}:{minute:02}:{second:02}{fraction}");
    if days < 1.0 {
        time
    } else {
        format!("{date}T{time}")
    }
}

/// Unpacks everything once into nothing: what an archive says of the sizes in it is not believed.
fn refuse_bombs(bytes: &[u8]) -> Result<(), TableError> {
    let mut archive = ZipArchive::new(io::Cursor::new(bytes)).map_err(unreadable)?;
    if archive.len() > MAX_PARTS {
        return Err(unreadable("the workbook has too many parts"));
    }
    let mut left = MAX_UNPACKED + 1;
    for index in 0..archive.len() {
        let mut part = archive.by_index(index).map_err(unreadable)?.take(left);
        left -= io::copy(&mut part, &mut io::sink()).map_err(unreadable)?;
        if left == 0 {
            return Err(TableError::TooLarge(MAX_UNPACKED));
        }
    }
    Ok(())
}
