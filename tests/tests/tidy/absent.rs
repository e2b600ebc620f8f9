//! What may be absent from what we send is not described as required.

use crate::tree::{self, Problem, hold};

/// A member left out by another rule than that of `Option`, and without `default`: the schema that is
/// derived of it asks for it.
fn required_but_left_out(path: &str, text: &str) -> Vec<Problem> {
    let is_wrong = |line: &str| {
        line.contains("skip_serializing_if")
            && !line.contains("Option::is_none")
            && !line.contains("default")
    };
    let what = "write `default` beside `skip_serializing_if`: its schema says required otherwise";
    let lines = text.lines().enumerate().filter(|(_, line)| is_wrong(line));
    lines.map(|(index, _)| Problem::at(path, index + 1, what)).collect()
}

#[test]
fn what_may_be_absent_is_not_required() {
    let mut files = tree::sources(&["rs"]);
    files.retain(|path| path.starts_with("crates/") && !path.starts_with("crates/xtask/"));
    let problems: Vec<Problem> = files
        .iter()
        .filter_map(|path| Some(required_but_left_out(path, &tree::text(path)?)))
        .flatten()
        .collect();
    hold("absent members", &problems);
}

#[test]
fn a_member_that_is_required_but_left_out_is_found() {
    let right = r#"#[serde(default, skip_serializing_if = "Vec::is_empty")]"#;
    let wrong = r#"#[serde(skip_serializing_if = "Vec::is_empty")]"#;
    assert!(required_but_left_out("a.rs", right).is_empty());
    assert_eq!(required_but_left_out("a.rs", wrong).len(), 1);
}
