//! How many runs a second: on one thread, on two threads of one process, in two processes.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

use super::figures::Figures;
use super::{Bench, FLOWS};

const ROUND: Duration = Duration::from_millis(1_500);
const ROUNDS: usize = 3;

pub(super) fn measure() -> anyhow::Result<()> {
    println!("\nthroughput of `trivial`, runs per second (median of {ROUNDS} rounds)");
    let (mut one, mut threads, mut processes) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        one.push(in_threads(1)?);
        threads.push(in_threads(2)?);
        processes.push(in_processes(2)?);
    }
    let one = Figures::of(one).median();
    println!("  one thread            {one:>8.0}");
    for (what, samples) in [("two threads", threads), ("two processes", processes)] {
        let median = Figures::of(samples).median();
        println!("  {what:<21} {median:>8.0}   {:.2} times one thread", median / one);
    }
    Ok(())
}

/// Runs per second of so many threads that share an engine.
fn in_threads(threads: usize) -> anyhow::Result<f64> {
    let bench = Bench::open()?;
    let flow = bench.prepare(FLOWS[1].1)?;
    let runs = std::thread::scope(|scope| {
        let worker = || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
            let mut runs = 0_u32;
            let began = Instant::now();
            while began.elapsed() < ROUND {
                let mut door = sluice_sandbox::LocalDoor::new(|_, _| ());
                let attempt = super::attempt(&flow, json!({}));
                runtime.block_on(bench.sandbox.run(attempt, &mut door, std::future::pending()))?;
                runs += 1;
            }
            anyhow::Ok(runs)
        };
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        running
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|_| anyhow::bail!("a worker panicked")))
            .sum::<anyhow::Result<u32>>()
    })?;
    Ok(f64::from(runs) / ROUND.as_secs_f64())
}

/// Runs per second of so many processes.
fn in_processes(processes: usize) -> anyhow::Result<f64> {
    let program = std::env::current_exe()?;
    let spawn = || {
        Command::new(&program)
            .args(["bench", "--worker-ms", &ROUND.as_millis().to_string()])
            .stdout(Stdio::piped())
            .spawn()
    };
    let running = (0..processes).map(|_| spawn()).collect::<Result<Vec<_>, _>>()?;
    let mut total = 0.0;
    for process in running {
        let output = process.wait_with_output()?;
        total += String::from_utf8(output.stdout)?.trim().parse::<f64>()?;
    }
    Ok(total)
}

/// One such process: runs per second, after a warm-up.
pub(super) fn worker(duration_ms: u64) -> anyhow::Result<f64> {
    let bench = Bench::open()?;
    let flow = bench.prepare(FLOWS[1].1)?;
    for _ in 0..50 {
        bench.run(&flow, json!({}))?;
    }
    let duration = Duration::from_millis(duration_ms);
    let began = Instant::now();
    let mut runs = 0_u32;
    while began.elapsed() < duration {
        bench.run(&flow, json!({}))?;
        runs += 1;
    }
    Ok(f64::from(runs) / began.elapsed().as_secs_f64())
}
