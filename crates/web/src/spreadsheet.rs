//! Lists for spreadsheets: CSV (RFC 4180) in which nothing is calculated.

use csv::{QuoteStyle, Terminator, WriterBuilder};

/// The records one after the other, each value in quotes. What a spreadsheet would take for a formula
/// gets an apostrophe in front (R-WEB-3). All records have the same number of values.
pub(crate) fn written(records: impl IntoIterator<Item = Vec<String>>) -> Vec<u8> {
    let mut writer = WriterBuilder::new()
        .quote_style(QuoteStyle::Always)
        .terminator(Terminator::CRLF)
        .from_writer(Vec::new());
    for record in records {
        writer
            .write_record(record.into_iter().map(harmless))
            .expect("records of one list have the same columns, and memory takes what is written");
    }
    writer.into_inner().expect("memory takes what is written")
}

fn harmless(text: String) -> String {
    let formula = matches!(
        text.chars().next(),
        Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠')
    );
    if formula { format!("'{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_csv_is_calculated_or_breaks_out() {
        let values = [
            "=1+1", "+1", "-1", "@x", "\tx", "＝1", "a\"b", "a,b", "plain",
        ];
        let record = values.into_iter().map(str::to_owned).collect();
        assert_eq!(
            String::from_utf8(written([record])).unwrap(),
            "\"'=1+1\",\"'+1\",\"'-1\",\"'@x\",\"'\tx\",\"'＝1\",\"a\"\"b\",\"a,b\",\"plain\"\r\n"
        );
    }
}
