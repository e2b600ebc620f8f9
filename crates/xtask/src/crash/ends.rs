//! What must hold of a run that has ended: its outcome is its flow's, and its effects happened once, or
//! once more for each time that the record says so.

use std::collections::BTreeMap;

use serde_json::Value;
use sluice_model::{Code, Outcome, RunId};

use super::book::Book;
use super::ledger::Page;
use super::record::Summary;

/// The runs of one store that ended since it was drained last.
pub(super) type Ended<'e> = BTreeMap<RunId, &'e Summary>;

/// What is wrong with a run's effects, whether or not it has ended.
pub(super) fn effects(summary: &Summary, page: &Page) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut labels: BTreeMap<&str, u32> = BTreeMap::new();
    for (call, entry) in page {
        *labels.entry(&entry.label).or_default() += 1;
        let times = entry.done.len();
        let Some(effect) = summary.effects.get(call) else {
            wrong.push(format!("{call}: `{}` was done and is not in the record", entry.label));
            continue;
        };
        if effect.label != entry.label {
            wrong.push(format!("{call}: `{}` was done as `{}`", effect.label, entry.label));
        }
        if effect.is_once && times > 1 {
            wrong.push(format!("{call}: what may be done once was done {times} times"));
        }
        if times > effect.begun as usize {
            let done: Vec<_> = entry.done.iter().map(|(_, worker)| worker.as_str()).collect();
            wrong.push(format!(
                "{call}: done {times} times, by {}, and begun {} times",
                done.join(", "),
                effect.begun
            ));
        }
    }
    for (label, calls) in labels.into_iter().filter(|(_, calls)| *calls > 1) {
        wrong.push(format!("`{label}` was done under {calls} keys"));
    }
    for (call, effect) in &summary.effects {
        let Some(receipt) = effect.receipt else { continue };
        if !page.get(call).is_some_and(|entry| entry.has(receipt)) {
            wrong.push(format!("{call}: the ledger never gave the receipt {receipt}"));
        }
    }
    wrong
}

/// What is wrong with a run that has ended.
pub(super) fn end(run: &RunId, ended: &Ended<'_>, page: &Page, book: &Book) -> Vec<String> {
    let Some(summary) = ended.get(run) else { return Vec::new() };
    let (Some(start), Some(outcome)) = (&summary.start, &summary.outcome) else {
        return vec!["it has not ended".to_owned()];
    };
    let mut wrong = Vec::new();
    let flow = start.flow.as_str();
    let parent = start.parent.as_ref().map(|parent| &parent.run);
    let is_given_up = parent.is_some_and(|parent| {
        let parent = ended.get(parent);
        parent.is_none_or(|above| {
            let gives_up = above.start.as_ref().is_some_and(|start| start.flow == "gives-up");
            gives_up || !matches!(above.outcome, Some(Outcome::Succeeded { .. }))
        })
    });
    let may_be_cancelled = book.may_be_cancelled(run) || is_given_up || flow == "forever";
    let code = outcome.failure().map(|failure| failure.code);
    let is_expected = match (flow, outcome) {
        (_, Outcome::Cancelled { .. }) => may_be_cancelled,
        ("forever", Outcome::TimedOut { .. }) => code == Some(Code::LimitDeadline),
        ("fails", Outcome::Failed { .. }) => code == Some(Code::FlowFailed),
        ("flaky", Outcome::Failed { .. }) => code == Some(Code::Exception),
        // Its child may have been ended by the deadline that both have.
        ("forever", Outcome::Failed { .. }) => {
            let is_childs = matches!(code, Some(Code::Exception | Code::ChildFailed));
            is_childs && start.deadline_us.is_some()
        }
        ("forever" | "fails", _) => false,
        (_, Outcome::Succeeded { output }) => {
            wrong.extend(output_of(flow, &start.input, output, summary, page));
            true
        }
        _ => false,
    };
    if !is_expected {
        let why = outcome.failure().map_or("", |failure| failure.message.as_str());
        wrong.push(format!("`{flow}` ended as {}: {why}", outcome.as_str()));
    }
    if flow == "forever"
        && start.deadline_us.is_none()
        && book.is_cancelled(run)
        && !matches!(outcome, Outcome::Cancelled { .. })
    {
        wrong.push("its cancel was acknowledged and is not its end".to_owned());
    }
    if let (Some(answer), Outcome::Succeeded { output }) = (book.answer(run), outcome)
        && output["answer"] != answer
    {
        wrong.push(format!("it was answered {answer} and got {}", output["answer"]));
    }
    wrong
}

/// What is wrong with what a flow returned.
fn output_of(
    flow: &str,
    input: &Value,
    output: &Value,
    summary: &Summary,
    page: &Page,
) -> Vec<String> {
    let mut wrong = Vec::new();
    let empty = serde_json::Map::new();
    let receipts = output["receipts"].as_object().unwrap_or(&empty);
    let by_label = |label: &str| page.values().find(|entry| entry.label == label);
    for (label, receipt) in receipts {
        let is_right = match receipt.as_u64() {
            Some(receipt) => by_label(label).is_some_and(|entry| entry.has(receipt)),
            // The outcome of what may be done once is unknown; the record has checked that.
            None => flow == "once",
        };
        if !is_right {
            wrong.push(format!("it returned {receipt} for `{label}`, which it did not get"));
        }
    }
    for entry in page.values() {
        if flow != "flaky" && !receipts.contains_key(&entry.label) {
            wrong.push(format!("`{}` was done and is not in what it returned", entry.label));
        }
    }
    let number = |name: &str| input[name].as_u64().unwrap_or(0);
    let effects = match flow {
        "steps" | "sleeps" | "once" | "gathers" => number("count"),
        "deep" | "asks" => 2,
        _ => 1,
    };
    if receipts.len() as u64 != effects {
        wrong.push(format!("it returned {} receipts for {effects} effects", receipts.len()));
    }
    let is_right = match flow {
        "deep" => (number("depth") == 0) == output["child"].is_null(),
        "fan" => output["numbers"] == (0..number("width")).collect::<Value>(),
        "leaf" => output["number"] == input["number"],
        "gathers" => output["order"].as_array().map_or(0, Vec::len) == receipts.len(),
        "counts" => output["number"].is_u64() && output["number"] == output["read"],
        "keeps" => output["same"] == true,
        "asks" => receipts.contains_key(&format!("after {}", output["answer"])),
        _ => true,
    };
    if !is_right {
        wrong.push(format!("it returned {output} for {input}"));
    }
    if summary.effects.len() < receipts.len() {
        wrong.push("its record has fewer effects than it returned".to_owned());
    }
    wrong
}

/// What is wrong with all of them together: keys that have two runs, numbers that two runs took.
pub(super) fn together(ended: &Ended<'_>, book: &Book) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut roots: BTreeMap<&str, &RunId> = BTreeMap::new();
    let mut numbers: BTreeMap<u64, &RunId> = BTreeMap::new();
    let mut calls = BTreeMap::new();
    for (run, summary) in ended {
        let Some(start) = &summary.start else { continue };
        if let Some(Outcome::Succeeded { output }) = &summary.outcome
            && start.flow == "counts"
            && let Some(number) = output["number"].as_u64()
            && let Some(other) = numbers.insert(number, run)
        {
            wrong.push(format!("{run} and {other} both took the number {number}"));
        }
        if let Some(parent) = &start.parent {
            if let Some(other) = calls.insert((&parent.run, parent.call), run) {
                wrong.push(format!("{run} and {other} are children of one call"));
            }
            continue;
        }
        let tag = start.input["tag"].as_str().unwrap_or_default();
        match book.order(tag) {
            None => wrong.push(format!("nobody ordered {run}")),
            Some((_, Some(known))) if known != run => {
                wrong.push(format!("{run} is there for {tag}, which was acknowledged as {known}"));
            }
            Some((order, _)) if order.flow != start.flow || order.input != start.input => {
                wrong.push(format!("{run} is not what was ordered"));
            }
            Some(_) => {}
        }
        if let Some(other) = roots.insert(tag, run) {
            wrong.push(format!("{run} and {other} are of one order"));
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use sluice_model::CallId;

    use super::super::ledger::Entry;
    use super::super::record::EffectCall;
    use super::*;

    #[test]
    fn effects_are_compared_with_what_the_record_says_of_them() {
        let effect =
            EffectCall { label: "a".to_owned(), is_once: false, begun: 1, receipt: Some(1) };
        let summary = |effect: &EffectCall| Summary {
            effects: BTreeMap::from([(CallId(1), effect.clone())]),
            ..Summary::default()
        };
        let page = |call, receipts: &[u64]| {
            let done = receipts.iter().map(|receipt| (*receipt, "w".to_owned())).collect();
            Page::from([(CallId(call), Entry { label: "a".to_owned(), done })])
        };
        let wrong = |effect: &EffectCall, page| effects(&summary(effect), &page).len();
        assert_eq!(wrong(&effect, page(1, &[1])), 0);
        assert_eq!(wrong(&EffectCall { begun: 2, ..effect.clone() }, page(1, &[1, 2])), 0);
        assert_eq!(wrong(&effect, page(1, &[1, 2])), 1, "once more than was begun");
        assert_eq!(wrong(&effect, page(1, &[2])), 1, "another receipt");
        assert_eq!(wrong(&effect, Page::new()), 1, "a receipt from nowhere");
        let unsaid = EffectCall { receipt: None, ..effect };
        assert_eq!(wrong(&unsaid, page(2, &[1])), 1, "without an intent");
    }
}
