//! CPython's own tests in the sandbox: how much of Python a flow has, in numbers.

mod expected;
mod suite;

use std::collections::BTreeMap;

use anyhow::ensure;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sluice_model::Failure;

use crate::guest::Guest;
use expected::Expected;
use suite::Suite;

/// The flow that runs one module of the suite.
const DRIVER: &str = include_str!("driver.py");

/// Options of `cpython-tests`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Run only the modules with this in their name.
    #[arg(long, value_name = "NAME", default_value = "")]
    filter: String,
    /// Print what became of each module as JSON, one object a line, with every failure.
    #[arg(long)]
    json: bool,
    /// Write the numbers into the table of what is expected.
    #[arg(long)]
    update: bool,
}

/// What the driver says of one module.
#[derive(Default, Serialize, Deserialize)]
struct Report {
    passed: u32,
    refused: u32,
    skipped: u32,
    failures: Vec<Failed>,
    /// Why tests were refused or skipped, and how many for that reason.
    reasons: BTreeMap<String, u32>,
}

/// A test that failed, and the first lines of why.
#[derive(Serialize, Deserialize)]
struct Failed {
    test: String,
    text: String,
}

/// What became of one module.
#[derive(Serialize)]
struct Row {
    module: String,
    took_ms: u128,
    /// The code of the failure that ended the run before its time.
    ended: Option<&'static str>,
    #[serde(flatten)]
    report: Report,
}

/// Runs each module in an instance of its own. True when all is as expected.
pub(crate) fn run(args: &Args) -> anyhow::Result<bool> {
    let mut table = expected::read()?;
    let chosen = |module: &&String| module.contains(&args.filter);
    let modules: Vec<String> = table.keys().filter(chosen).cloned().collect();
    ensure!(!modules.is_empty(), "no module of the table has `{}` in its name", args.filter);

    let suite = Suite::open()?;
    let guest = Guest::open()?;
    if !args.json {
        print_columns("module", ["passed", "failed", "refused", "skipped", "ms"], "");
    }
    let (mut sum, mut different) = (Expected::default(), 0);
    for module in modules {
        let row = Row::of(&guest, &suite, &module, &table[&module].without)?;
        let found = row.found(&table[&module]);
        let agrees = table[&module].agrees(&found);
        if args.json {
            println!("{}", serde_json::to_string(&row)?);
        } else {
            row.print(&table[&module], agrees);
        }
        sum.add(&found);
        different += u32::from(!agrees);
        table.insert(module, found);
    }
    if args.update {
        expected::write(&table)?;
    }
    eprintln!("{sum}; {different} modules are not as expected");
    Ok(different == 0 || args.update)
}

impl Row {
    fn of(guest: &Guest, suite: &Suite, module: &str, without: &[String]) -> anyhow::Result<Row> {
        let sources = suite.closure(module);
        let input = json!({
            "sources": sources,
            "library": suite.library(&sources),
            "data": suite.read_by(&sources),
            "module": format!("test.{module}"),
            "without": without,
        });
        let (ended, took) = guest.run::<Report>(DRIVER, input)?;
        let (report, ended) = match ended {
            Ok(report) => (report, None),
            Err(failure) => (Report::of_failure(module, &failure), Some(failure.code.as_str())),
        };
        Ok(Row { module: module.to_owned(), took_ms: took.as_millis(), ended, report })
    }

    /// The row of the table with the numbers of this run.
    fn found(&self, expected: &Expected) -> Expected {
        Expected {
            passed: self.report.passed,
            failed: count(&self.report.failures),
            refused: self.report.refused,
            skipped: self.report.skipped,
            ended: self.ended.map(str::to_owned),
            without: expected.without.clone(),
            why: expected.why.clone(),
        }
    }

    /// One line where all is as expected; else what was expected, and why each test failed.
    fn print(&self, expected: &Expected, agrees: bool) {
        let Report { passed, refused, skipped, failures, reasons } = &self.report;
        let failed = count(failures);
        let numbers = [*passed, failed, *refused, *skipped].map(|number| number.to_string());
        let [passed, failed, refused, skipped] = &numbers;
        let took_ms = self.took_ms.to_string();
        print_columns(&self.module, [passed, failed, refused, skipped, &took_ms], &expected.why);
        if agrees {
            return;
        }
        println!("  NOT AS EXPECTED, which is {expected}");
        for Failed { test, text } in failures {
            println!("  failed {test}\n    {}", text.replace('\n', "\n    "));
        }
        for (reason, count) in reasons {
            println!("  {count} {reason}");
        }
    }
}

fn count(failures: &[Failed]) -> u32 {
    u32::try_from(failures.len()).unwrap_or(u32::MAX)
}

fn print_columns(module: &str, [passed, failed, refused, skipped, ms]: [&str; 5], why: &str) {
    println!("{module:<36}{passed:>8}{failed:>8}{refused:>8}{skipped:>8}{ms:>8}  {why}");
}

impl Report {
    /// A module whose run did not come to its end is one failed test.
    fn of_failure(module: &str, failure: &Failure) -> Report {
        let test = failure.step.last().map_or(module, String::as_str).to_owned();
        let why = format!("{}: {}", failure.code.as_str(), failure.message);
        Report { failures: vec![Failed { test, text: why }], ..Report::default() }
    }
}
