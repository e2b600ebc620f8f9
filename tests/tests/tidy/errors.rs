//! Every error code has its section in docs/errors.md, and every section its code.

use sluice_model::Code;

use crate::tree::{self, Problem, hold};

const DOCUMENT: &str = "docs/errors.md";

/// Compares the codes with the headings of the form ``## `code` ``.
fn problems_of(codes: &[&str], document: &str) -> Vec<Problem> {
    let headings: Vec<(usize, &str)> = document
        .lines()
        .zip(1..)
        .filter_map(|(line, number)| {
            let code = line.strip_prefix("## `")?.trim_end().strip_suffix('`')?;
            Some((number, code))
        })
        .collect();
    let missing = codes.iter().filter(|code| !headings.iter().any(|(_, found)| found == *code));
    let missing = missing.map(|code| {
        let heading = format!("## `{code}`");
        Problem::of(DOCUMENT, format!("no section for `{code}`: add `{heading}` with what to do"))
    });
    let unknown =
        headings.iter().filter(|(_, found)| !codes.contains(found)).map(|(line, found)| {
            let what = format!("`{found}` is no error code: remove the section, or add the code");
            Problem::at(DOCUMENT, *line, what)
        });
    missing.chain(unknown).collect()
}

#[test]
fn every_error_code_is_documented() {
    let codes: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    hold("documentation of errors", &problems_of(&codes, &tree::required(DOCUMENT)));
}

#[test]
fn a_missing_and_an_unknown_code_are_found() {
    let document = "# Errors\n\n## The object\n\n## `exception`\n\n## `gone`\n";
    assert_eq!(problems_of(&["exception", "gone"], document), []);
    let problems = problems_of(&["exception", "fresh"], document);
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert!(lines[0].contains("no section for `fresh`"), "{lines:?}");
    assert!(lines[1].starts_with("docs/errors.md:7: `gone`"), "{lines:?}");
}
