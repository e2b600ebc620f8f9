//! A record is gone through again: alone, with other code, and from a step on; and taken elsewhere.

use std::sync::Arc;

use serde_json::json;
use sluice_executor::{Redaction, Replayed, Replaying, Rerun, export, import, start_of};
use sluice_model::{Event, EventBody, RunId, TenantId};

use crate::house::{House, Worker};

const SOURCE: &str = "
import random
from sluice import flow
@flow(uses=['kv:log'])
def pipeline(n: int) -> list:
    with flow.step('draw'):
        drawn = random.random()
        flow.kv('log').set('drawn', drawn)
    with flow.step('settle'):
        flow.kv('log').set('settled', n)
    return [drawn, n]
";

async fn replay(worker: &Worker, events: &[Event], source: &str) -> Replayed {
    let start = start_of(events).expect("it begins with a run").clone();
    let version = worker.executor.version(&TenantId::local(), &Arc::from(source)).await;
    let version = version.expect("the source is sound");
    let replaying = Replaying {
        events,
        version: &version,
        flow: &start.flow,
        input: &start.input,
        grants: &start.grants,
    };
    worker.executor.replay(replaying, |_| ()).await.expect("the sandbox is sound")
}

fn rerun(run: &RunId) -> Rerun {
    Rerun {
        by: None,
        tenant: TenantId::local(),
        run: run.clone(),
        from: None,
        version: None,
        input: None,
        grants: Vec::new(),
        most: None,
    }
}

#[tokio::test]
async fn a_record_replays_and_other_code_shows_where_it_differs() {
    let house = House::new().await;
    let worker = house.worker();
    let run = worker.submit(SOURCE, "pipeline", json!({"n": 1})).await;
    let record = house.record(&run).await;
    assert_eq!(replay(&worker, &record, SOURCE).await, Replayed::Same);
    let other = SOURCE.replace("'settle'", "'finish'");
    let replayed = replay(&worker, &record, &other).await;
    let seq = replayed.first_difference(&record).expect("it differs");
    let EventBody::SpanStarted { name, .. } =
        &record[usize::try_from(seq).expect("small") - 1].body
    else {
        panic!("event {seq} is not where the step begins: {replayed:#?}")
    };
    assert_eq!(name, "settle");
    worker.stop().await;
}

#[tokio::test]
async fn a_run_from_a_step_keeps_what_stands_before_it() {
    let house = House::new().await;
    let worker = house.worker();
    let run = worker.submit(SOURCE, "pipeline", json!({"n": 1})).await;
    let first = House::output(house.outcome(&run).await);
    let mended = SOURCE.replace("return [drawn, n]", "return [drawn, n, 'mended']");
    let mended = format!("# Everything stands one line further down.\n{mended}");
    let version = worker.executor.version(&TenantId::local(), &Arc::from(mended.as_str())).await;
    let version = version.expect("the source is sound");
    let plan = Rerun { from: Some("settle".to_owned()), version: Some(version), ..rerun(&run) };
    let plan = worker.executor.plan(plan).await.expect("there is such a step");
    assert!(plan.difference.is_none());
    let forked = worker.executor.go_live(plan, None).await.expect("the run is taken on");
    let output = House::output(house.outcome(&forked).await);
    assert_eq!(output, json!([first[0], 1, "mended"]));
    let calls = house.record(&forked).await;
    let calls = calls.iter().filter(|event| matches!(event.body, EventBody::CallStarted { .. }));
    assert_eq!(calls.count(), 2);
    let lines = |record: &[Event]| -> Vec<Option<u32>> {
        let of_span = |event: &Event| match &event.body {
            EventBody::SpanStarted { line, .. } => Some(*line),
            _ => None,
        };
        record.iter().filter_map(of_span).collect()
    };
    assert_eq!(lines(&house.record(&run).await), [6, 8, 9, 10].map(Some));
    assert_eq!(lines(&house.record(&forked).await), [6, 8, 10, 11].map(Some), "as they were");
    assert!(house.tenant().verify(&forked).await.expect("the store answers").first_bad.is_none());
    worker.stop().await;
}

#[tokio::test]
async fn another_input_leaves_the_record_at_the_first_difference() {
    let house = House::new().await;
    let worker = house.worker();
    let run = worker.submit(SOURCE, "pipeline", json!({"n": 1})).await;
    let first = House::output(house.outcome(&run).await);
    let same = worker.executor.plan(rerun(&run)).await.expect("the run exists");
    assert!(!same.is_needed(), "the same again would do nothing new");
    let plan = Rerun { input: Some(json!({"n": 2})), ..rerun(&run) };
    let plan = worker.executor.plan(plan).await.expect("the run exists");
    let difference = plan.difference.as_ref().expect("another number is set");
    assert!(difference.details["recorded"].to_string().contains("settled"));
    let forked = worker.executor.go_live(plan, None).await.expect("the run is taken on");
    assert_eq!(House::output(house.outcome(&forked).await), json!([first[0], 2]));
    worker.stop().await;
}

#[tokio::test]
async fn a_record_is_taken_elsewhere_and_replays_there() {
    let house = House::new().await;
    let worker = house.worker();
    let run = worker.submit(SOURCE, "pipeline", json!({"n": 1})).await;
    house.outcome(&run).await;
    let text = export(&house.tenant(), &run, &Redaction::default()).await.expect("the run exists");
    worker.stop().await;

    let other = House::new().await;
    let worker = other.worker();
    let imported = import(&other.tenant(), &text).await.expect("the record is whole");
    assert_eq!(imported, run, "it keeps its id where that is free");
    let record = other.record(&imported).await;
    assert_eq!(replay(&worker, &record, SOURCE).await, Replayed::Same);
    assert!(other.tenant().verify(&imported).await.expect("the store answers").first_bad.is_none());
    let cut = text.lines().take(3).chain(text.lines().skip(4)).collect::<Vec<_>>().join("\n");
    assert!(import(&other.tenant(), &cut).await.is_err(), "an event is missing");
    worker.stop().await;
}
