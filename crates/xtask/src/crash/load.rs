//! What a worker is told in one cycle: a random mix of runs, answers and cancels, each at its time.

use std::time::Duration;

use serde_json::{Value, json};
use sluice_model::RunId;

use super::book::Book;
use super::chance::Chance;
use super::words::{Command, Order};

/// The crash points of the store and the executor, with how often each may be passed before it is the
/// end: about so many passes fit in one cycle.
const POINTS: [(&str, u64); 9] = [
    ("before-begin", 40),
    ("before-commit", 40),
    ("after-commit", 40),
    ("before-answer", 80),
    ("submit", 8),
    ("claim", 12),
    ("end", 12),
    ("before-effect", 20),
    ("after-effect", 20),
];

/// How often each flow is in the mix.
const MIX: [(&str, u64); 14] = [
    ("steps", 20),
    ("sleeps", 14),
    ("deep", 8),
    ("fan", 3),
    ("asks", 12),
    ("once", 12),
    ("gathers", 10),
    ("counts", 8),
    ("forever", 6),
    ("fails", 3),
    ("flaky", 5),
    ("catches", 4),
    ("keeps", 4),
    ("gives-up", 3),
];

/// A command with its time since the worker was ready.
pub(super) type Planned = (Duration, Command);

/// A crash point, as `NAME:N`.
pub(super) fn crash_point(chance: &mut Chance) -> String {
    let (name, most) = chance.one_of(&POINTS).copied().unwrap_or(POINTS[0]);
    format!("{name}:{}", chance.within(1, most))
}

/// The commands of one cycle, in the order of their times.
pub(super) fn plan(chance: &mut Chance, book: &mut Book, within: Duration) -> Vec<Planned> {
    let within_ms = u64::try_from(within.as_millis()).unwrap_or(u64::MAX);
    let mut planned: Vec<Planned> = Vec::new();
    // What was never acknowledged is ordered again, under the same key.
    for order in book.unacknowledged() {
        if chance.percent(60) {
            planned.push((chance.millis(0, within_ms), Command::Submit(order)));
        }
    }
    for _ in 0..chance.within(3, 9) {
        let order = order(chance, book.next_key());
        book.ordered(&order);
        // Most of the work is there from the beginning, or workers would be killed idle.
        let at = if chance.percent(60) { Duration::ZERO } else { chance.millis(0, within_ms) };
        planned.push((at, Command::Submit(order)));
    }
    while chance.percent(50) {
        let (value, most) = (book.next_answers(), 4);
        planned.push((chance.millis(0, within_ms), Command::Answer { value, most }));
    }
    while chance.percent(35) {
        let runs: Vec<RunId> = book.acknowledged().cloned().collect();
        let Some(run) = chance.one_of(&runs).cloned() else { break };
        book.cancelling(&run);
        planned.push((chance.millis(0, within_ms), Command::Cancel { run }));
    }
    planned.sort_by_key(|(at, _)| *at);
    planned
}

fn order(chance: &mut Chance, key: String) -> Order {
    let all = MIX.iter().map(|(_, weight)| weight).sum();
    let mut drawn = chance.below(all);
    let mut flow = MIX[0].0;
    for (name, weight) in MIX {
        if drawn < weight {
            flow = name;
            break;
        }
        drawn -= weight;
    }
    let mut input = members(chance, flow);
    input["tag"] = json!(key);
    let deadline_ms = (flow == "forever" && chance.percent(40)).then(|| chance.within(50, 800));
    let retries = if flow == "flaky" { 3 } else { 0 };
    Order { key, flow: flow.to_owned(), input, retries, deadline_ms }
}

fn members(chance: &mut Chance, flow: &str) -> Value {
    match flow {
        "steps" | "once" => {
            json!({"count": chance.within(1, 8), "slow_ms": chance.within(0, 15)})
        }
        "sleeps" => json!({"count": chance.within(1, 4), "sleep_ms": chance.within(1, 150)}),
        "deep" => json!({"depth": chance.within(1, 4)}),
        "fan" => {
            json!({"width": if chance.percent(25) { 50 } else { chance.within(2, 10) }})
        }
        "gathers" => json!({"count": chance.within(2, 8)}),
        "forever" => json!({"depth": chance.within(0, 3)}),
        "keeps" => json!({"size": chance.within(1, 40_000)}),
        "gives-up" => json!({"width": chance.within(1, 4)}),
        _ => json!({}),
    }
}
