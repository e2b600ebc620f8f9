//! What is expected of each module of the suite: the committed table `expected.toml`.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;

use anyhow::Context;
use serde::{Deserialize, Serialize};

use crate::places;

const FILE: &str = "crates/xtask/src/cpython_tests/expected.toml";

const HEAD: &str = "\
# The modules of CPython's own tests that run in the sandbox, and what becomes of their tests there.
# `cargo xtask cpython-tests` fails on any difference; with `--update` it writes the numbers anew.
# `refused`: the sandbox itself said that it does not have something, as files or threads. `why` is
# for people: the reason of what failed or is left out (`without`). A new module: add its name alone,
# as in `[test_new]`, and update.

";

/// The table: module to what is expected.
pub(super) type Table = BTreeMap<String, Expected>;

/// What is expected of one module, or what became of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Expected {
    /// Tests that passed.
    pub(super) passed: u32,
    /// Tests that failed.
    pub(super) failed: u32,
    /// Tests to which the sandbox said that it does not have what they use.
    pub(super) refused: u32,
    /// Tests that skipped themselves.
    pub(super) skipped: u32,
    /// The code of the failure that ended the run, and with it all tests, before its time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ended: Option<String>,
    /// Classes that are left out, since one of their tests ends the run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) without: Vec<String>,
    /// The reason of what failed or is left out.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) why: String,
}

impl Expected {
    /// Whether the numbers are the same.
    pub(super) fn agrees(&self, other: &Expected) -> bool {
        *self == Expected { why: self.why.clone(), ..other.clone() }
    }

    /// Adds the numbers of another row.
    pub(super) fn add(&mut self, other: &Expected) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.refused += other.refused;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Expected { passed, failed, refused, skipped, ended, .. } = self;
        write!(f, "{passed} passed, {failed} failed, {refused} refused, {skipped} skipped")?;
        match ended {
            Some(code) => write!(f, ", ended by {code}"),
            None => Ok(()),
        }
    }
}

/// Reads the table.
pub(super) fn read() -> anyhow::Result<Table> {
    let text = fs::read_to_string(places::in_repository(FILE)).context(FILE)?;
    toml::from_str(&text).context(FILE)
}

/// Writes the table anew.
pub(super) fn write(table: &Table) -> anyhow::Result<()> {
    let text = format!("{HEAD}{}", toml::to_string(table)?);
    fs::write(places::in_repository(FILE), text).context(FILE)
}
