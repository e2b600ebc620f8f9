//! The tests of the Python SDK where they count: in the sandbox. The same files run under plain
//! CPython and pytest in `make test`.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, ensure};
use serde::Deserialize;
use serde_json::json;
use sluice_model::Failure;

use crate::guest::Guest;
use crate::places::in_repository;

/// The flow that runs one test module.
const DRIVER: &str = include_str!("driver.py");

/// The part of pytest that the tests use.
const PYTEST: &str = include_str!("pytest_part.py");

/// Options of `sdk-tests`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Run only the test modules with this in their name.
    #[arg(long, value_name = "TEXT", default_value = "")]
    filter: String,
}

/// What the driver says of one test module.
#[derive(Deserialize)]
struct Report {
    passed: u32,
    failures: Vec<Failed>,
}

/// A test that failed.
#[derive(Deserialize)]
struct Failed {
    test: String,
    traceback: String,
}

/// Runs each test module in an instance of its own. True when every test passed.
pub(crate) fn run(args: &Args) -> anyhow::Result<bool> {
    let sources = sources()?;
    let is_test = |name: &&String| name.starts_with("test_") && name.contains(&args.filter);
    let modules: Vec<&String> = sources.keys().filter(is_test).collect();
    ensure!(!modules.is_empty(), "no test module has `{}` in its name", args.filter);

    let guest = Guest::open()?;
    let (mut passed, mut failed) = (0, 0);
    for module in modules {
        let input = json!({ "sources": sources, "pytest": PYTEST, "module": module });
        let (ended, took) = guest.run::<Report>(DRIVER, input)?;
        let report = ended.unwrap_or_else(|failure| Report::of_failure(module, &failure));
        for Failed { test, traceback } in &report.failures {
            println!("FAILED {module}::{test}\n{}\n", traceback.trim_end());
        }
        let (good, bad) = (report.passed, report.failures.len());
        println!("{module}: {good} passed, {bad} failed in {} ms", took.as_millis());
        passed += good;
        failed += bad;
    }
    println!("{passed} passed, {failed} failed");
    Ok(failed == 0)
}

impl Report {
    /// A module whose run did not come to its end is one failed test.
    fn of_failure(module: &str, failure: &Failure) -> Report {
        let traceback = format!("{}: {}", failure.code.as_str(), failure.message);
        let test = failure.step.last().map_or(module, String::as_str).to_owned();
        Report { passed: 0, failures: vec![Failed { test, traceback }] }
    }
}

/// The test modules and what they share, by module name.
fn sources() -> anyhow::Result<BTreeMap<String, String>> {
    let folder = in_repository("python-runtime/tests");
    let mut sources = BTreeMap::new();
    for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        let name = path.file_stem().and_then(|name| name.to_str()).map(str::to_owned);
        if let (Some(name), Some("py")) = (name, path.extension().and_then(|end| end.to_str())) {
            let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
            sources.insert(name, text);
        }
    }
    Ok(sources)
}
