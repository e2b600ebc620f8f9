//! Nothing in the tree names a place that only some machine has.

use crate::tree::{self, Problem, hold};

/// Beginnings of such places; written in halves, so that this file is not one of them.
const PRIVATE: &[&str] = &[
    concat!("../", "shared"),
    concat!("/wo", "rk/main"),
    concat!("/wo", "rk/."),
    concat!("/ro", "ot/"),
    concat!("/ho", "me/runner"),
];

fn problems_of(path: &str, text: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        if let Some(found) = PRIVATE.iter().find(|needle| line.contains(*needle)) {
            let what = format!("`{found}` is on some machine only: use a path of this repository");
            problems.push(Problem::at(path, number, what));
        }
    }
    problems
}

#[test]
fn no_file_names_a_private_place() {
    let files = tree::files();
    let texts = files.iter().filter_map(|path| Some((path, tree::text(path)?)));
    let problems: Vec<Problem> = texts.flat_map(|(path, text)| problems_of(path, &text)).collect();
    hold("places that only some machine has", &problems);
}

#[test]
fn a_private_place_is_found() {
    assert_eq!(problems_of("a.md", "see docs/ and web/roots/"), []);
    let text = format!("see docs/\nand {}/DESIGN.md", PRIVATE[0]);
    assert_eq!(problems_of("a.md", &text).len(), 1);
}
