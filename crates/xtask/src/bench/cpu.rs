//! The interpreter's speed against native CPython on the same code: `micro.py`, tuned and held out.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use anyhow::Context as _;
use serde::Deserialize;
use serde_json::json;

use super::Bench;
use super::figures::{Figures, geometric_mean};

const MICRO: &str = include_str!("micro.py");
const ROUNDS: usize = 7;
const REPEATS: usize = 8;

/// What `micro.py` prints natively.
#[derive(Deserialize)]
struct Native {
    version: String,
    ms: BTreeMap<String, f64>,
}

pub(super) fn measure(native: Option<&Path>) -> anyhow::Result<()> {
    let bench = Bench::open()?;
    let micro = bench.prepare(MICRO)?;
    let cpu_ms = |names: &[&str], repeats: usize| {
        let usage = bench.run(&micro, json!({"names": names, "repeats": repeats}))?;
        anyhow::Ok(usage.cpu_time_us as f64 / 1e3)
    };

    // Native and sandboxed rounds take turns, so that a slow moment of the machine meets both.
    let names = names();
    let mut natives: Vec<Native> = Vec::new();
    let mut sandboxed: BTreeMap<&str, (Vec<f64>, Vec<f64>)> = BTreeMap::new();
    for _ in 0..ROUNDS {
        if let Some(program) = native {
            natives.push(run_natively(program)?);
        }
        for (name, _) in &names {
            let (once, more) = sandboxed.entry(name).or_default();
            once.push(cpu_ms(&[name], 1)?);
            more.push(cpu_ms(&[name], 1 + REPEATS)?);
        }
    }

    let version = natives.first().map_or("none given: see --native", |native| &native.version);
    println!("\nCPU time of one call, ms (least of {ROUNDS} rounds); native CPython: {version}");
    for held_out in [false, true] {
        let mut ratios = Vec::new();
        for (name, _) in names.iter().filter(|(_, held)| *held == held_out) {
            // What start-up and the first call take is in both, and so in neither.
            let (once, more) = &sandboxed[name];
            let least = |samples: &Vec<f64>| Figures::of(samples.clone()).least();
            let here = (least(more) - least(once)) / REPEATS as f64;
            let there: Vec<f64> =
                natives.iter().filter_map(|native| native.ms.get(*name).copied()).collect();
            if there.is_empty() {
                println!("  {name:<20} {here:>9.2}");
            } else {
                let there = Figures::of(there).least();
                println!("  {name:<20} {here:>9.2} {there:>9.2}   {:.2} times", here / there);
                ratios.push(here / there);
            }
        }
        if !ratios.is_empty() {
            let set = if held_out { "held out" } else { "tuned" };
            println!(
                "  {set}: geometric mean {:.2} times native",
                geometric_mean(ratios.into_iter())
            );
        }
    }
    Ok(())
}

/// The benchmarks of `micro.py` in its order, and whether each is held out.
fn names() -> Vec<(&'static str, bool)> {
    let list = |title: &str| {
        let list = MICRO.split_once(title).and_then(|(_, rest)| rest.split_once(']'));
        list.map_or("", |(list, _)| list).split(',').map(str::trim).filter(|name| !name.is_empty())
    };
    let tuned = list("TUNED = [").map(|name| (name, false));
    tuned.chain(list("HELD_OUT = [").map(|name| (name, true))).collect()
}

fn run_natively(program: &Path) -> anyhow::Result<Native> {
    let output = Command::new(program)
        .args(["-", &REPEATS.to_string()])
        .stdin(micro_file()?)
        .output()
        .with_context(|| format!("cannot run {}", program.display()))?;
    anyhow::ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// `micro.py` as a file to read from.
fn micro_file() -> anyhow::Result<std::fs::File> {
    use std::io::{Seek as _, Write as _};
    let mut file = tempfile::tempfile()?;
    file.write_all(MICRO.as_bytes())?;
    file.rewind()?;
    Ok(file)
}
