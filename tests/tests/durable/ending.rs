//! Runs that end otherwise than by returning: tried again, too late, given up.

use std::time::Duration;

use serde_json::json;
use sluice_db::{Claim, Places};
use sluice_executor::now_us;
use sluice_model::{Code, EventBody, Outcome, RetryPolicy, RunState};

use crate::house::{House, submission};

#[tokio::test]
async fn a_run_is_tried_again_with_another_seed_and_numbers_go_on() {
    let source = "
import random
from sluice import flow
@flow(uses=['kv:tries'])
def unlucky() -> list:
    tries = flow.kv('tries')
    drawn = (tries.get('drawn') or []) + [random.random()]
    tries.set('drawn', drawn)
    if len(drawn) < 3:
        raise ConnectionError('try again')
    return [len(drawn), len(set(drawn))]
";
    let house = House::new().await;
    let worker = house.worker();
    let retry = RetryPolicy { retries: 2, backoff_ms: 10, ..RetryPolicy::default() };
    let run =
        worker.submit_with(source, "unlucky", json!({}), |submission| submission.retry = retry);
    let run = run.await;
    assert_eq!(House::output(house.outcome(&run).await), json!([3, 3]));
    let record = house.record(&run).await;
    let calls: Vec<u64> = record
        .iter()
        .filter_map(|event| match &event.body {
            EventBody::CallStarted { call } => Some(call.call.0),
            _ => None,
        })
        .collect();
    assert_eq!(calls, [1, 2, 3, 4, 5, 6]);
    let intact = house.tenant().verify(&run).await.expect("the store answers").first_bad.is_none();
    assert!(intact);
    worker.stop().await;
}

#[tokio::test]
async fn a_run_that_waits_ends_at_its_deadline() {
    let source = "
from sluice import flow
@flow(uses=['ask'])
def waiting() -> bool:
    with flow.step('wait'):
        return flow.ask('Go on?')
";
    let house = House::new().await;
    let worker = house.worker();
    let deadline = now_us() + 400_000;
    let run = worker.submit_with(source, "waiting", json!({}), |submission| {
        submission.deadline_us = Some(deadline);
    });
    let run = run.await;
    house.until(&run, RunState::Waiting).await;
    let Outcome::TimedOut { failure } = house.outcome(&run).await else {
        panic!("it timed out");
    };
    assert_eq!(failure.code, Code::LimitDeadline);
    let record = house.record(&run).await;
    let mut tree = sluice_model::Tree::default();
    for event in &record {
        tree.apply(event.at_us, &event.body);
    }
    assert!(tree.walk().all(|(_, span)| span.ended_at_us.is_some()), "{tree:#?}");
    worker.stop().await;
}

#[tokio::test]
async fn a_run_that_computes_is_cancelled() {
    let source = "
from sluice import flow
@flow
def spinning():
    with flow.step('spin'):
        while True:
            pass
";
    let house = House::new().await;
    let worker = house.worker();
    let run = worker.submit(source, "spinning", json!({})).await;
    let mut notices = house.store.notices();
    while house.row(&run).await.seq < 3 {
        notices.recv().await.expect("the store lives");
    }
    let tenant = house.tenant();
    assert!(tenant.cancel(&run, "enough", now_us()).await.expect("the store answers"));
    let outcome = house.outcome(&run).await;
    let failure = outcome.failure().expect("it was cancelled");
    assert_eq!(failure.code, Code::Cancelled);
    assert_eq!(failure.step, ["spin"]);
    worker.stop().await;
}

#[tokio::test]
async fn a_run_that_every_worker_loses_is_given_up() {
    let house = House::new().await;
    let worker = house.worker();
    let source = "from sluice import flow\n@flow\ndef poison():\n    return 1\n";
    let submission = submission(&worker.executor, source, "poison", json!({})).await;
    let executor = worker.executor.clone();
    worker.stop().await;
    let run = executor.submit(submission).await.expect("the run is taken on");
    let queue = house.store.queue();
    for _ in 0..6 {
        let now = now_us();
        let claim = Claim { worker: "dies".to_owned(), lease_until_us: now };
        let taken =
            queue.claim(&claim, executor.image_digest(), None, now, &Places::new(1, [])).await;
        assert_eq!(taken.expect("the store answers").len(), 1);
    }
    let worker = house.worker();
    let outcome = house.outcome(&run).await;
    assert_eq!(outcome.failure().map(|failure| failure.code), Some(Code::AttemptsExhausted));
    worker.stop().await;
}

#[tokio::test]
async fn an_input_that_does_not_fit_is_refused_before_there_is_a_run() {
    let house = House::new().await;
    let worker = house.worker_with(|settings| settings.linger = Duration::ZERO);
    let source = "from sluice import flow\n@flow\ndef square(n: int) -> int:\n    return n * n\n";
    let submission = submission(&worker.executor, source, "square", json!({"n": "two"})).await;
    let refused = worker.executor.submit(submission).await.expect_err("a text is no number");
    let sluice_executor::NotSubmitted::Refused(failure) = refused else { panic!("{refused}") };
    assert_eq!(failure.code, Code::InputInvalid);
    let runs = house.tenant().runs(&sluice_db::RunFilter::default()).await;
    assert!(runs.expect("the store answers").is_empty());
    worker.stop().await;
}
