//! Module docs: each source file begins by saying what it is for.

use crate::tree::{self, Problem, extension, hold};

/// What a file of one language begins with, or nothing where this rule does not know it.
fn opening(path: &str, text: &str) -> Option<(&'static [&'static str], &'static str)> {
    Some(match extension(path) {
        Some("rs") => (&["//! "], "a module doc, `//! ...`"),
        Some("py") => (&["\"\"\"", "r\"\"\""], "a docstring"),
        Some("c" | "h") => (&["/* ", "// "], "a comment"),
        Some("sh") => (&["# "], "a comment, below `#!`"),
        Some("ts") => (&["/** ", "// "], "a comment"),
        Some("svelte") => (&["<!--"], "a comment"),
        None if text.starts_with("#!") => (&["# "], "a comment, below `#!`"),
        _ => return None,
    })
}

fn undocumented(path: &str, text: &str) -> Option<Problem> {
    let (openings, what) = opening(path, text)?;
    let is_code = |line: &&str| !line.trim().is_empty() && !line.starts_with("#!");
    let first = text.lines().find(is_code).unwrap_or_default();
    let documented = openings.iter().any(|opening| first.starts_with(opening));
    let what = || format!("begin it with {what} that says what it is for and what always holds");
    (!documented).then(|| Problem::at(path, 1, what()))
}

#[test]
fn every_module_says_what_it_is_for() {
    let mut files = tree::sources(&["rs", "py", "c", "h", "sh", "ts", "svelte"]);
    files.extend(tree::files().into_iter().filter(|path| extension(path).is_none()));
    let problems: Vec<Problem> =
        files.iter().filter_map(|path| undocumented(path, &tree::text(path)?)).collect();
    hold("module docs", &problems);
}

#[test]
fn a_module_that_says_nothing_is_found() {
    let documented = |path: &str, text: &str| undocumented(path, text).is_none();
    assert!(documented("a.rs", "//! The walls.\n\nuse std::fmt;\n"));
    assert!(documented("a.py", "#!/usr/bin/env python3\n\"\"\"Walls.\"\"\"\n"));
    assert!(documented("scripts/walls", "#!/bin/sh\n# Holds the walls.\n"));
    assert!(documented("LICENSE", "Apache License\n"));
    for (path, text) in [
        ("a.rs", "use std::fmt;\n//! The walls.\n"),
        ("a.rs", "// The walls.\n"),
        ("a.py", "import sluice\n"),
        ("__init__.py", ""),
        ("a.c", "#include <stdio.h>\n"),
        ("a.sh", "#!/bin/sh\nset -eu\n"),
        ("scripts/walls", "#!/bin/sh\nset -eu\n"),
    ] {
        assert!(!documented(path, text), "{path}: {text}");
    }
}
