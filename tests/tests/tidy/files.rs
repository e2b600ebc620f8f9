//! Files: none too long, none with a name that says nothing.

use crate::tree::{self, Problem, hold};

/// What counts as source.
const SOURCES: &[&str] = &["rs", "py", "ts", "svelte", "c", "h", "sh"];

/// The most lines of a source file.
const MAX_LINES: usize = 600;

/// Names that say where a thing was left and not what it is.
const EMPTY_NAMES: &[&str] = &["util", "utils", "helper", "helpers", "common", "misc", "types"];

fn too_long(path: &str, text: &str) -> Option<Problem> {
    let lines = text.lines().count();
    let what = || {
        format!(
            "{lines} lines, and {MAX_LINES} are the most: find the second idea in it and give that \
             a file of its own; long tests go to a `tests.rs` beside"
        )
    };
    (lines > MAX_LINES).then(|| Problem::of(path, what()))
}

fn badly_named(path: &str) -> Option<Problem> {
    let mut parts = path.split('/').map(|part| part.split('.').next().unwrap_or(part));
    let name = parts.find(|part| EMPTY_NAMES.contains(&part.trim_start_matches('_')))?;
    Some(Problem::of(path, format!("`{name}` names nothing: say what is in it")))
}

#[test]
fn no_source_is_too_long() {
    let sources = tree::sources(SOURCES);
    let long = |path: &String| too_long(path, &tree::required(path));
    hold("length of files", &sources.iter().filter_map(long).collect::<Vec<_>>());
}

#[test]
fn every_source_has_a_name_that_says_something() {
    let sources = tree::sources(SOURCES);
    let problems: Vec<Problem> = sources.iter().filter_map(|path| badly_named(path)).collect();
    hold("names of files", &problems);
}

#[test]
fn long_files_and_empty_names_are_found() {
    assert_eq!(too_long("a.rs", &"line\n".repeat(MAX_LINES)), None);
    assert!(too_long("a.rs", &"line\n".repeat(MAX_LINES + 1)).is_some());
    assert_eq!(badly_named("crates/sandbox/src/host/mod.rs"), None);
    for path in ["src/utils.rs", "src/common/door.rs", "sluice/_types.py", "web/misc.svelte.ts"] {
        assert!(badly_named(path).is_some(), "{path}");
    }
}
