//! The tree that the rules look at, as git sees it, and the problems that they find in it.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Files that a tool wrote or that we took over as they are: no rule on the form of sources is for
/// them. Each is a file, or a directory with a `/` at its end.
const NOT_OURS_TO_FORM: &[&str] = &[
    "python-runtime/cpython/artifact/",
    "python-runtime/cpython/stdlib/_sysconfigdata__wasi_wasm32-wasi.py",
];

/// One place that breaks a rule.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    path: String,
    line: Option<usize>,
    what: String,
}

impl Problem {
    /// A problem with a file or directory as a whole.
    pub(crate) fn of(path: impl Into<String>, what: impl Into<String>) -> Problem {
        Problem { path: path.into(), line: None, what: what.into() }
    }

    /// A problem with one line, counted from 1.
    pub(crate) fn at(path: impl Into<String>, line: usize, what: impl Into<String>) -> Problem {
        Problem { path: path.into(), line: Some(line), what: what.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}", self.what)
    }
}

/// Fails the test that calls it where there is a problem, and shows all of them.
#[track_caller]
pub(crate) fn hold(rule: &str, problems: &[Problem]) {
    let lines: Vec<String> = problems.iter().map(|problem| format!("\n  {problem}")).collect();
    assert!(problems.is_empty(), "{rule}:{}\n", lines.concat());
}

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().expect("the package is in a directory of the workspace").to_owned()
}

/// Every file, by its path from the root: what git tracks, and what is new and not ignored.
pub(crate) fn files() -> Vec<String> {
    let listing = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .expect("the tidy test needs git to list the tree");
    assert!(listing.status.success(), "{}", String::from_utf8_lossy(&listing.stderr));
    let paths = String::from_utf8(listing.stdout).expect("paths are UTF-8");
    let mut files: Vec<String> = paths
        .split_terminator('\0')
        .filter(|path| root().join(path).is_file())
        .map(str::to_owned)
        .collect();
    files.sort();
    files.dedup();
    files
}

/// The sources with one of these extensions that are ours to form.
pub(crate) fn sources(extensions: &[&str]) -> Vec<String> {
    let mut files = files();
    files.retain(|path| {
        let foreign = NOT_OURS_TO_FORM.iter().any(|foreign| match foreign.strip_suffix('/') {
            Some(_) => path.starts_with(foreign),
            None => path == foreign,
        });
        extension(path).is_some_and(|found| extensions.contains(&found)) && !foreign
    });
    files
}

/// The content of a file, or nothing where it is no text.
pub(crate) fn text(path: &str) -> Option<String> {
    String::from_utf8(fs::read(root().join(path)).ok()?).ok()
}

/// The content of a file that a rule cannot do without.
pub(crate) fn required(path: &str) -> String {
    text(path).unwrap_or_else(|| panic!("{path}: the file is missing or not a text"))
}

/// What stands behind the last dot of a path's last part.
pub(crate) fn extension(path: &str) -> Option<&str> {
    Path::new(path).extension()?.to_str()
}
