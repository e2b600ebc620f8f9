//! The code map in ARCHITECTURE.md against the tree.
//!
//! The map is the section under the heading `## Code map`. An entry is a bullet that begins with
//! paths in backticks, up to a colon:
//!
//! ```text
//! - `crates/sandbox/`: alone knows wasmtime.
//!   - `src/door.rs`, `src/host/`: what a guest can reach.
//! ```
//!
//! Directories end with `/`. Paths are from the repository's root; those of an indented entry are
//! from the first path of the entry that it is indented under. Every path must exist. The map must
//! name every crate, every module one level below `crates/*/src` (by its file or its directory), and
//! every other directory at the root and below `python-runtime/`.

use std::collections::BTreeSet;

use crate::tree::{self, Problem, hold};

const DOCUMENT: &str = "ARCHITECTURE.md";
const HEADING: &str = "## Code map";

/// The paths of the map, from the root, with their lines.
fn entries(document: &str) -> Vec<(usize, String)> {
    let lines = document.lines().zip(1..).skip_while(|(line, _)| line.trim_end() != HEADING);
    let section = lines.skip(1).take_while(|(line, _)| !line.starts_with("## "));
    let mut bases: Vec<(usize, String)> = Vec::new();
    let mut entries = Vec::new();
    for (line, number) in section {
        let text = line.trim_start();
        let Some(text) = text.strip_prefix("- `") else { continue };
        let Some((head, _)) = text.split_once("`:") else { continue };
        let indent = line.len() - line.trim_start().len();
        bases.retain(|(outer, _)| *outer < indent);
        let base = bases.last().map_or("", |(_, base)| base.as_str());
        let paths: Vec<String> =
            head.split('`').step_by(2).map(|path| format!("{base}{path}")).collect();
        bases.push((indent, paths[0].clone()));
        entries.extend(paths.into_iter().map(|path| (number, path)));
    }
    entries
}

/// What the map must name: each is a list of paths of which one suffices.
fn required(files: &[String]) -> BTreeSet<Vec<String>> {
    let mut required = BTreeSet::new();
    for file in files {
        let parts: Vec<&str> = file.split('/').collect();
        match parts.as_slice() {
            [hidden, ..] if hidden.starts_with('.') => continue,
            ["crates", krate, "src", module] => {
                let name = module.strip_suffix(".rs").unwrap_or(module);
                if !["lib", "main", "tests"].contains(&name) {
                    required.insert(module_paths(krate, name));
                }
            }
            ["crates", krate, "src", directory, ..] => {
                required.insert(module_paths(krate, directory));
            }
            ["python-runtime", directory, _, ..] => {
                required.insert(vec![format!("python-runtime/{directory}/")]);
            }
            _ => {}
        }
        if let ["crates", krate, _, ..] = parts.as_slice() {
            required.insert(vec![format!("crates/{krate}/")]);
        }
        if let [directory, _, ..] = parts.as_slice()
            && *directory != "crates"
        {
            required.insert(vec![format!("{directory}/")]);
        }
    }
    required
}

fn module_paths(krate: &str, module: &str) -> Vec<String> {
    vec![format!("crates/{krate}/src/{module}.rs"), format!("crates/{krate}/src/{module}/")]
}

/// Compares a map with the files of a tree.
fn problems_of(document: &str, files: &[String]) -> Vec<Problem> {
    let entries = entries(document);
    if entries.is_empty() {
        let what = format!("no entry under `{HEADING}`: its form is described in {}", file!());
        return vec![Problem::of(DOCUMENT, what)];
    }
    let exists = |path: &String| match path.strip_suffix('/') {
        Some(_) => files.iter().any(|file| file.starts_with(path)),
        None => files.contains(path),
    };
    let gone = entries.iter().filter(|(_, path)| !exists(path)).map(|(line, path)| {
        let what = format!("`{path}` is not in the tree: remove or correct the entry");
        Problem::at(DOCUMENT, *line, what)
    });
    let named =
        |paths: &[String]| paths.iter().any(|path| entries.iter().any(|(_, entry)| entry == path));
    let required = required(files);
    let missing = required.iter().filter(|paths| !named(paths)).map(|paths| {
        let what = format!("the code map does not name `{}`: add an entry", paths.join("` or `"));
        Problem::of(DOCUMENT, what)
    });
    gone.chain(missing).collect()
}

#[test]
fn the_code_map_is_the_tree() {
    let Some(document) = tree::text(DOCUMENT) else {
        panic!("{DOCUMENT} is missing: the code map belongs there");
    };
    hold("the code map", &problems_of(&document, &tree::files()));
}

#[test]
fn a_map_that_drifted_is_found() {
    let files = ["crates/a/src/lib.rs", "crates/a/src/door.rs", "crates/a/src/host/mod.rs"];
    let files: Vec<String> = [&files[..], &["wit/world.wit", ".ci/run", "README.md"]]
        .concat()
        .iter()
        .map(|path| (*path).to_owned())
        .collect();
    let whole = "# A\n\n## Code map\n\n- `crates/`: ours\n  - `a/`: one\n    - `src/door.rs`, \
                 `src/host/`: two\n- `wit/`: the door\n\n## After\n\n- `gone/`: not of the map\n";
    assert_eq!(problems_of(whole, &files), []);
    assert_eq!(problems_of("# A\n", &files).len(), 1);
    let drifted = whole.replace("src/door.rs", "src/gate.rs");
    let lines: Vec<String> =
        problems_of(&drifted, &files).iter().map(ToString::to_string).collect();
    assert!(lines[0].starts_with("ARCHITECTURE.md:7: `crates/a/src/gate.rs`"), "{lines:?}");
    assert!(lines[1].contains("does not name `crates/a/src/door.rs`"), "{lines:?}");
    assert_eq!(lines.len(), 2, "{lines:?}");
}
