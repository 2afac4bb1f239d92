//! Tables in workbooks.

use std::io::{Cursor, Write as _};

use vestibule_domain::import::RowOutcome;
use zip::write::SimpleFileOptions;

use super::*;

/// A workbook with one sheet.
fn workbook(sheet: &str) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in [
        (
            "[Content_Types].xml",
            r#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>"#,
        ),
        (
            "_rels/.rels",
            r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#,
        ),
        (
            "xl/workbook.xml",
            r#"<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="People" sheetId="1" r:id="rId1"/></sheets></workbook>"#,
        ),
        (
            "xl/_rels/workbook.xml.rels",
            r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#,
        ),
        (
            "xl/styles.xml",
            // Styles 1 to 4: a date, a time of day, both, hours beyond a day.
            r#"<?xml version="1.0"?><styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="21"/><xf numFmtId="22"/><xf numFmtId="46"/></cellXfs></styleSheet>"#,
        ),
        ("xl/worksheets/sheet1.xml", sheet),
    ] {
        archive
            .start_file(name, SimpleFileOptions::default())
            .unwrap();
        archive.write_all(text.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

#[test]
fn dates_of_a_workbook_are_read_as_dates() {
    both_engines(|app| {
        let provider = app.register(third_party("Small vendors"));
        let text = |place: &str, text: &str| {
            format!(r#"<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>"#)
        };
        let (names, vendor, external) = (
            text("A1", "user_name"),
            text("B1", "vendor"),
            text("C1", "external_id"),
        );
        let cells = [
            ("ada", 1, "45943", "2025-10-13"),
            ("bob", 2, "0.5", "12:00:00"),
            ("cyd", 3, "45943.541", "2025-10-13T12:59:02.400"),
            ("dan", 3, "45943.25", "2025-10-13T06:00:00"),
            ("eve", 4, "1.5", "PT129600S"),
            ("fay", 0, "45943", "45943"),
            ("gus", 1, "-1", "-1"),
        ];
        let mut rows = vec![format!(r#"<row r="1">{names}{vendor}{external}</row>"#)];
        for (row, (name, style, value, _)) in (2..).zip(cells) {
            let (name, vendor) = (
                text(&format!("A{row}"), name),
                text(&format!("B{row}"), "Acme"),
            );
            rows.push(format!(
                r#"<row r="{row}">{name}{vendor}<c r="C{row}" s="{style}"><v>{value}</v></c></row>"#
            ));
        }
        let rows = rows.concat();
        let sheet = format!(
            r#"<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}</sheetData></worksheet>"#
        );
        let report = imported(app, provider.id, &mut Cursor::new(workbook(&sheet))).unwrap();
        assert_eq!(report.rows.len(), cells.len());
        let people = app.send("GET", "/scim/v2/Users", Some(&provider.token), None);
        let people = people.json()["Resources"].as_array().unwrap().clone();
        for (name, _, _, told) in cells {
            let person = people.iter().find(|person| person["userName"] == name);
            assert_eq!(person.unwrap()["externalId"], told, "{name}");
        }
    });
}

#[test]
fn a_workbook_is_imported_and_a_bomb_is_not() {
    both_engines(|app| {
        let provider = app.register(third_party("Small vendors")).id;
        let text = |place: &str, text: &str| {
            format!(r#"<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>"#)
        };
        let sheet = format!(
            r#"<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">{}{}{}</row><row r="3">{}{}<c r="C3"><f>1+1</f><v>2</v></c></row><row r="4"><c r="A4"><v>4711</v></c>{}</row><row r="5"><c r="A5" t="e"><v>#REF!</v></c>{}</row><row r="6">{}<c r="B6"><v>12345678901234567</v></c></row><row r="7">{}<c r="B7"><v>0.30000000000000004</v></c></row></sheetData></worksheet>"#,
            text("A1", "User Name"),
            text("B1", "vendor"),
            text("C1", "Display Name"),
            text("A3", "ada"),
            text("B3", "Acme"),
            text("B4", "Acme"),
            text("B5", "Acme"),
            text("A6", "bob"),
            text("A7", "cyd"),
        );
        let report = imported(app, provider, &mut Cursor::new(workbook(&sheet))).unwrap();
        let rows: Vec<(u64, &str)> = report
            .rows
            .iter()
            .map(|row| (row.line, row.user_name.as_str()))
            .collect();
        assert_eq!(
            rows,
            [
                (3, "ada"),
                (4, "4711"),
                (5, "#REF!"),
                (6, "bob"),
                (7, "cyd")
            ]
        );
        for (row, told) in [
            (0, "display_name: must not be a formula"),
            (2, "user_name: must not be the error #REF! of a spreadsheet"),
            (
                3,
                "vendor: must not be 1.2345678901234568E+16, a number that may have lost digits",
            ),
            (
                4,
                "vendor: must not be 3.0000000000000004E-1, a number that may have lost digits",
            ),
        ] {
            let detail = report.rows[row].detail.as_deref().unwrap();
            assert!(detail.starts_with(told), "{detail}");
        }
        assert_eq!(report.rows[1].outcome, RowOutcome::Created);
    });
    let app = TestApp::start(Engine::Sqlite).unwrap();
    let provider = app.register(third_party("Small vendors")).id;
    let bomb = workbook(&" ".repeat(65 << 20));
    assert!(bomb.len() < 1 << 20);
    let refused = imported(&app, provider, &mut Cursor::new(bomb)).unwrap_err();
    assert!(
        refused.to_string().contains("more than 67108864 bytes"),
        "{refused}"
    );
}
