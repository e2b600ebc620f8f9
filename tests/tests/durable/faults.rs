//! What goes wrong with one run, or comes all at once, stops nobody else.

use std::time::Duration;

use serde_json::json;
use sluice_model::{Code, Quota, RunState, TenantId};
use sluice_tests::built_in;
use tokio::task::JoinSet;

use crate::house::{House, submission};

#[tokio::test]
async fn a_damaged_record_ends_its_run_and_no_other() {
    let house = House::new().await;
    let short = |settings: &mut sluice_executor::Settings| {
        settings.lease = Duration::from_millis(200);
        settings.most_losses = 2;
    };
    let worker = house.worker_with(short);
    let run = worker.submit(&built_in("approval.py"), "approval", json!({"amount": 5})).await;
    house.until(&run, RunState::Waiting).await;
    let asked = house.asks(&run).await;
    house.damage(&format!("UPDATE events SET body = '{{' WHERE run_id = '{run}' AND seq = 3"));
    house.answer(&asked[0], json!({"approve": true, "reason": "it is due"})).await;
    let row = loop {
        let row = house.row(&run).await;
        if row.state == RunState::Ended {
            break row;
        }
        let other = worker.submit(&built_in("hello.py"), "hello", json!({"name": "Ada"})).await;
        assert!(house.outcome(&other).await.into_result().is_ok(), "others go on meanwhile");
    };
    assert_eq!(row.code.as_deref(), Some("attempts_exhausted"));
    assert!(worker.executor.panics() >= 2, "each loss is counted");
    worker.stop().await;
}

#[tokio::test]
async fn a_run_whose_start_is_damaged_holds_nobody_up() {
    let house = House::new().await;
    let idle = house.worker();
    let run = idle.submit(&built_in("approval.py"), "approval", json!({"amount": 5})).await;
    house.until(&run, RunState::Waiting).await;
    idle.stop().await;
    house.damage(&format!("UPDATE events SET body = '{{' WHERE run_id = '{run}' AND seq = 1"));
    let asked = house.asks(&run).await;
    house.answer(&asked[0], json!({"approve": true, "reason": "it is due"})).await;
    let worker = house.worker();
    let other = worker.submit(&built_in("hello.py"), "hello", json!({"name": "Ada"})).await;
    assert!(house.outcome(&other).await.into_result().is_ok());
    worker.stop().await;
}

#[tokio::test]
async fn a_burst_of_submissions_has_no_more_attempts_than_places() {
    let house = House::new().await;
    let worker = house.worker_with(|settings| settings.concurrency = 2);
    let source = "
import time
from sluice import flow
@flow
def brief() -> int:
    time.sleep(0.02)
    return 1
";
    let submitted = submission(&worker.executor, source, "brief", json!({})).await;
    let mut burst = JoinSet::new();
    for _ in 0..40 {
        let (executor, submission) = (worker.executor.clone(), submitted.clone());
        burst.spawn(async move { executor.submit(submission).await });
    }
    let mut runs = Vec::new();
    while let Some(run) = burst.join_next().await {
        runs.push(run.expect("it does not panic").expect("it is taken on"));
        assert!(worker.executor.live_attempts() <= 2);
    }
    for run in runs {
        assert!(house.outcome(&run).await.into_result().is_ok());
        assert!(worker.executor.live_attempts() <= 2);
    }
    worker.stop().await;
}

#[tokio::test]
async fn an_answer_is_heard_though_its_question_had_to_wait_for_its_turn() {
    let house = House::new().await;
    let slow = Quota { calls_per_second: 1, ..Quota::default() };
    let set = house.store.admin().set_quota(&TenantId::local(), &slow).await;
    assert!(set.expect("the store answers"));
    let source = "
from sluice import flow
@flow(uses=['ask'])
def asks() -> list:
    first = flow.ask.start('One?', bool)
    second = flow.ask.start('Two?', bool)
    return [first.result(), second.result()]
";
    let worker = house.worker();
    let run = worker.submit(source, "asks", json!({})).await;
    while house.asks(&run).await.len() < 2 {
        house.until(&run, RunState::Waiting).await;
    }
    worker.kill().await;
    for ask in house.asks(&run).await {
        house.answer(&ask, json!(true)).await;
    }
    let worker = house.worker();
    assert_eq!(House::output(house.outcome(&run).await), json!([true, true]));
    worker.stop().await;
}

#[tokio::test]
async fn a_text_that_no_store_keeps_is_the_flows_own_error() {
    let house = House::new().await;
    let worker = house.worker();
    let source = r"
from sluice import flow
@flow(uses=['ask'])
def odd() -> bool:
    return flow.ask('Who?', bool, to='a\0')
";
    let run = worker.submit(source, "odd", json!({})).await;
    let failure = house.outcome(&run).await.into_result().expect_err("there is no such person");
    assert_ne!(failure.code, Code::PlatformError, "{failure:#?}");
    assert_eq!(worker.executor.panics(), 0);
    worker.stop().await;
}
