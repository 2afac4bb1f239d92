//! People imported from a table, for vendors whose people no product pushes.
//!
//! The first row names the columns, in any order, case and spelling of words (`userName`, `user_name`,
//! `User name`). Every cell is text, and a formula is refused: a name or an address is what it would have
//! come to, and nobody has computed that. So are what spreadsheets put in the place of a value: the name of an error, or
//! a long number without its last digits.

use crate::mail::check_address;
use crate::named::named;

/// Most people in one table.
pub const MAX_ROWS: usize = 10_000;
/// Most characters in a cell.
const MAX_CELL: usize = 256;
/// What spreadsheets show where a formula has no value.
const ERRORS: [&str; 12] = [
    "#BLOCKED!",
    "#CALC!",
    "#CONNECT!",
    "#DATA!",
    "#DIV/0!",
    "#FIELD!",
    "#N/A",
    "#NAME?",
    "#NULL!",
    "#NUM!",
    "#REF!",
    "#VALUE!",
];

named! {
    /// A column of the table.
    pub enum Column ("column") {
        UserName = "user_name",
        Email = "email",
        GivenName = "given_name",
        FamilyName = "family_name",
        DisplayName = "display_name",
        ExternalId = "external_id",
        /// The name of the vendor: it comes into being with its first person.
        Vendor = "vendor",
    }
}

named! {
    /// What became of a row.
    pub enum RowOutcome ("outcome of a row") {
        Created = "created",
        /// Somebody has this user name already; they were not changed.
        Exists = "exists",
        Refused = "refused",
    }
}

/// What is wrong with a table as a whole. Nothing of it is imported.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    #[error("the table is empty; its first row names the columns: {}", words())]
    Empty,
    #[error(
        "column {position} is called {name:?}, which is not known; the columns are {}",
        words()
    )]
    UnknownColumn { position: usize, name: String },
    #[error("column {position}: {column} stands there twice")]
    RepeatedColumn { position: usize, column: Column },
    #[error("the column user_name is missing")]
    NoUserName,
    #[error("the column vendor is missing, and no vendor is named for all rows")]
    NoVendor,
    #[error("the column vendor stands there, but a vendor is named for all rows too")]
    VendorTwice,
    #[error("the table has more than {MAX_ROWS} people; import them in several tables")]
    TooManyRows,
    #[error("line {line} has more cells than the first row names columns")]
    TooManyCells { line: u64 },
    #[error("the file has more than {0} bytes")]
    TooLarge(u64),
    #[error("line {0} is not text in UTF-8; save the table as CSV UTF-8")]
    Encoding(u64),
    #[error("the table cannot be read: {0}")]
    Unreadable(String),
}

fn words() -> String {
    let words: Vec<&str> = Column::ALL.iter().map(|column| column.name()).collect();
    words.join(", ")
}

/// The columns of a table, by their places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header(Vec<Column>);

/// A row of the table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Entry {
    /// In the file, from 1.
    pub line: u64,
    cells: Vec<(Column, String)>,
    /// The first mistake in it.
    pub mistake: Option<String>,
}

impl Header {
    pub fn parse<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, TableError> {
        let names: Vec<&str> = names.into_iter().map(str::trim).collect();
        // Spreadsheets like to add empty columns behind the last.
        let used = names.iter().rposition(|name| !name.is_empty());
        let used = used.ok_or(TableError::Empty)?;
        let mut columns = Vec::new();
        for (position, name) in (1..).zip(names.into_iter().take(used + 1)) {
            let column = column(name).ok_or_else(|| TableError::UnknownColumn {
                position,
                name: name.chars().take(64).collect(),
            })?;
            if columns.contains(&column) {
                return Err(TableError::RepeatedColumn { position, column });
            }
            columns.push(column);
        }
        if columns.contains(&Column::UserName) {
            Ok(Self(columns))
        } else {
            Err(TableError::NoUserName)
        }
    }

    /// Whether vendors are named row by row, or one for all as it must be then.
    pub fn check_vendor(&self, one_for_all: bool) -> Result<(), TableError> {
        match (self.0.contains(&Column::Vendor), one_for_all) {
            (true, true) => Err(TableError::VendorTwice),
            (false, false) => Err(TableError::NoVendor),
            _ => Ok(()),
        }
    }

    /// A row; none for one that is empty.
    pub fn entry<'a>(
        &self,
        line: u64,
        cells: impl IntoIterator<Item = &'a str>,
    ) -> Result<Option<Entry>, TableError> {
        let mut entry = Entry {
            line,
            ..Entry::default()
        };
        for (position, cell) in cells.into_iter().enumerate() {
            let cell = cell.trim_matches(' ');
            if cell.is_empty() {
                continue;
            }
            let column = *self
                .0
                .get(position)
                .ok_or(TableError::TooManyCells { line })?;
            if let Err(mistake) = check(column, cell) {
                entry.mistake.get_or_insert(format!("{column}: {mistake}"));
            }
            entry
                .cells
                .push((column, cell.chars().take(MAX_CELL).collect()));
        }
        if entry.cells.is_empty() {
            return Ok(None);
        }
        if entry.cell(Column::UserName).is_none() {
            let mistake = "user_name: must not be empty".to_owned();
            entry.mistake.get_or_insert(mistake);
        }
        Ok(Some(entry))
    }
}

impl Entry {
    /// What stands in a column; none for nothing.
    pub fn cell(&self, column: Column) -> Option<&str> {
        self.cells
            .iter()
            .find(|(found, _)| *found == column)
            .map(|(_, cell)| cell.as_str())
    }

    /// Who is meant.
    pub fn user_name(&self) -> &str {
        self.cell(Column::UserName).unwrap_or_default()
    }
}

fn column(name: &str) -> Option<Column> {
    let name: String = name
        .trim_start_matches('\u{feff}')
        .chars()
        .filter(|c| !matches!(c, ' ' | '_' | '-'))
        .flat_map(char::to_lowercase)
        .collect();
    Column::ALL
        .iter()
        .copied()
        .find(|column| column.name().replace('_', "") == name)
}

fn check(column: Column, cell: &str) -> Result<(), String> {
    if cell.chars().any(char::is_control) {
        return Err("must not hold line breaks or other control characters".to_owned());
    }
    if cell.starts_with(['=', '＝']) {
        return Err("must not be a formula; put what it comes to in its place".to_owned());
    }
    if ERRORS.contains(&cell) {
        return Err(format!(
            "must not be the error {cell} of a spreadsheet; put what is meant in its place"
        ));
    }
    if is_scientific(cell) {
        return Err(format!(
            "must not be {cell}, a number that may have lost digits; make the cell text and write all of them"
        ));
    }
    if cell.chars().nth(MAX_CELL).is_some() {
        return Err(format!("must not be longer than {MAX_CELL} characters"));
    }
    if column == Column::Email {
        check_address(cell).map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// Whether it is a number as spreadsheets write one that is too long for them: `1.23457E+16`.
fn is_scientific(cell: &str) -> bool {
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let Some((number, exponent)) = cell.split_once(['e', 'E']) else {
        return false;
    };
    let number = number.strip_prefix('-').unwrap_or(number);
    let (whole, fraction) = number.split_once(['.', ',']).unwrap_or((number, "0"));
    is_digits(whole)
        && is_digits(fraction)
        && exponent.strip_prefix(['+', '-']).is_some_and(is_digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_found_in_any_spelling_and_order() {
        let header = Header::parse(["\u{feff}Email", "User name", "familyName", ""]).unwrap();
        let entry = header
            .entry(2, ["a@b.example", " ada ", "+1"])
            .unwrap()
            .unwrap();
        assert_eq!(entry.user_name(), "ada");
        assert_eq!(entry.cell(Column::FamilyName), Some("+1"));
        assert_eq!(entry.mistake, None);
        assert_eq!(header.entry(3, ["", " ", ""]).unwrap(), None);
        assert_eq!(
            header.entry(4, ["", "x", "", "y"]),
            Err(TableError::TooManyCells { line: 4 })
        );
    }

    #[test]
    fn wrong_columns_are_named() {
        let told = |names: &[&str]| {
            Header::parse(names.iter().copied())
                .unwrap_err()
                .to_string()
        };
        assert!(told(&["user_name", "shoe size"]).starts_with("column 2 is called \"shoe size\""));
        assert_eq!(
            told(&["user_name", "userName"]),
            "column 2: user_name stands there twice"
        );
        assert_eq!(told(&["email"]), "the column user_name is missing");
        assert!(told(&[]).starts_with("the table is empty"));
        let header = Header::parse(["user_name"]).unwrap();
        assert_eq!(header.check_vendor(false), Err(TableError::NoVendor));
        let header = Header::parse(["user_name", "vendor"]).unwrap();
        assert_eq!(header.check_vendor(true), Err(TableError::VendorTwice));
    }

    #[test]
    fn a_row_names_its_first_mistake() {
        let header = Header::parse(["user_name", "email"]).unwrap();
        let mistake = |cells: [&str; 2]| header.entry(2, cells).unwrap().unwrap().mistake;
        assert_eq!(mistake(["ada", "ada@acme.example"]), None);
        let injected = mistake(["ada", "ada@acme.example\r\nBcc: eve@evil.example"]).unwrap();
        assert!(
            injected.starts_with("email: must not hold line breaks"),
            "{injected}"
        );
        assert!(
            mistake(["", "ada@acme.example"])
                .unwrap()
                .starts_with("user_name")
        );
        assert!(mistake(["ada", "nowhere"]).unwrap().starts_with("email"));
        assert!(mistake([&"a".repeat(257), ""]).unwrap().contains("256"));
        let formula = mistake(["=cmd|' /C calc'!A0", ""]).unwrap();
        assert!(
            formula.starts_with("user_name: must not be a formula"),
            "{formula}"
        );
        for error in ["#N/A", "#REF!", "#DIV/0!"] {
            let told = mistake([error, ""]).unwrap();
            let expected = format!("user_name: must not be the error {error} of a spreadsheet");
            assert!(told.starts_with(&expected), "{told}");
        }
        for number in ["1.23457E+16", "1,23457e+16", "-5E-07", "4E+16"] {
            let told = mistake([number, ""]).unwrap();
            let expected =
                format!("user_name: must not be {number}, a number that may have lost digits");
            assert!(told.starts_with(&expected), "{told}");
        }
        for name in [
            "#1",
            "#N/A!",
            "1E5",
            "E+5",
            "1.E+5",
            "1E+",
            "a1E+5",
            "12345678901234567890",
        ] {
            assert_eq!(mistake([name, ""]), None, "{name}");
        }
    }
}
