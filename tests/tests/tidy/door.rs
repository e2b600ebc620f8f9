//! The door is the same thing in WIT, in Rust, in the documents and in Python.

use sluice_model::{CallKind, Capability};

use crate::tree::{self, Problem, hold};

const WORLD: &str = "wit/world.wit";
const CALLS: &str = "docs/calls.md";
const HOST: &str = "python-runtime/sluice/_host.py";

/// The interfaces that a world imports, with their lines.
fn imports(world: &str) -> Vec<(usize, &str)> {
    let lines = world.lines().zip(1..);
    lines
        .filter_map(|(line, number)| {
            Some((number, line.trim().strip_prefix("import ")?.strip_suffix(';')?))
        })
        .collect()
}

/// The words in backticks in the first column of a document's tables, with their lines.
fn first_column(document: &str) -> Vec<(usize, &str)> {
    let rows = document.lines().zip(1..).filter(|(line, _)| line.starts_with('|'));
    rows.flat_map(|(line, number)| {
        let cell = line.split('|').nth(1).unwrap_or_default();
        cell.split('`').skip(1).step_by(2).map(move |word| (number, word))
    })
    .collect()
}

/// Compares the kinds of calls with the table of the document.
fn undocumented_calls(kinds: &[&str], document: &str) -> Vec<Problem> {
    let rows = first_column(document);
    let missing = kinds.iter().filter(|kind| !rows.iter().any(|(_, word)| word == *kind));
    let missing = missing.map(|kind| {
        Problem::of(CALLS, format!("the table has no `{kind}`: say what the call takes and gives"))
    });
    let unknown = rows.iter().filter(|(_, word)| !kinds.contains(word)).map(|(line, word)| {
        Problem::at(CALLS, *line, format!("`{word}` is no kind of call: remove it from the table"))
    });
    missing.chain(unknown).collect()
}

/// The lines of a Python file that import `_sluice`.
fn imports_of_the_door(path: &str, text: &str) -> Vec<Problem> {
    let is_import = |line: &str| {
        let mut words = line.split(|c: char| !c.is_alphanumeric() && c != '_');
        let first = words.next();
        (first == Some("from") || first == Some("import")) && words.any(|word| word == "_sluice")
    };
    let lines = text.lines().zip(1..).filter(|(line, _)| is_import(line.trim_start()));
    let what = format!("only {HOST} imports `_sluice`: import what you need from there");
    lines.map(|(_, number)| Problem::at(path, number, what.clone())).collect()
}

#[test]
fn every_imported_interface_has_its_host_module() {
    let world = tree::required(WORLD);
    let imports = imports(&world);
    assert!(!imports.is_empty(), "{WORLD}: no import found; has its form changed?");
    let module =
        |interface: &str| format!("crates/sandbox/src/host/{}.rs", interface.replace('-', "_"));
    let missing = imports.iter().filter(|(_, name)| !tree::root().join(module(name)).is_file());
    let problems: Vec<Problem> = missing
        .map(|(line, name)| {
            let what = format!("`{name}` has no host module: write {}", module(name));
            Problem::at(WORLD, *line, what)
        })
        .collect();
    hold("interfaces and their host modules", &problems);
}

#[test]
fn every_kind_of_call_is_documented() {
    let kinds = CallKind::ALL.map(CallKind::as_str);
    hold("documentation of calls", &undocumented_calls(&kinds, &tree::required(CALLS)));
}

#[test]
fn every_kind_of_call_is_a_word_of_capabilities_unless_it_needs_none() {
    for kind in CallKind::ALL {
        let words = [kind.as_str().to_owned(), format!("{}:target", kind.as_str())];
        let accepted = words.iter().any(|word| word.parse::<Capability>().is_ok());
        assert_eq!(accepted, kind.needs_grant(), "`Capability` and `{}`", kind.as_str());
    }
}

#[test]
fn the_sdk_imports_the_door_in_one_place() {
    let files = tree::sources(&["py"]);
    let others = files.iter().filter(|path| *path != HOST);
    let problems: Vec<Problem> =
        others.flat_map(|path| imports_of_the_door(path, &tree::required(path))).collect();
    hold("the one importer of the door", &problems);
}

#[test]
fn disagreements_about_the_door_are_found() {
    assert_eq!(imports("world w {\n  import trace;\n  export run: func();\n}"), [(2, "trace")]);
    let table = "| kind | takes |\n|---|---|\n| `sleep` | `duration_ms` |\n| `rpc`, `http` | |";
    assert_eq!(undocumented_calls(&["sleep", "rpc", "http"], table), []);
    assert_eq!(undocumented_calls(&["sleep", "rpc", "http", "kv"], table).len(), 1);
    assert_eq!(undocumented_calls(&["sleep", "rpc"], table).len(), 1);
    let found = |text| imports_of_the_door("a.py", text).len();
    assert_eq!(found("from ._host import log\nx = '_sluice'\nfrom sluice import flow"), 0);
    for text in ["import _sluice", "    from _sluice import log", "from . import _sluice as s"] {
        assert_eq!(found(text), 1, "{text}");
    }
}
