//! Runs go on where they were: after a wait, after the death of a worker, after a good stop.

use std::time::Duration;

use serde_json::json;
use sluice_db::{Places, WriteError};
use sluice_model::{AttemptEnd, Event, EventBody, RunState};
use sluice_tests::built_in;

use crate::house::{House, submission, worker_on};

fn attempts(record: &[Event]) -> usize {
    record.iter().filter(|event| matches!(event.body, EventBody::AttemptStarted { .. })).count()
}

#[tokio::test]
async fn a_run_that_waits_for_a_person_is_a_row_and_keeps_what_it_drew() {
    let house = House::new().await;
    let worker = house.worker();
    let run = worker.submit(&built_in("approval.py"), "approval", json!({"amount": 5})).await;
    house.until(&run, RunState::Waiting).await;
    worker.kill().await;
    let asked = house.asks(&run).await;
    let [ask] = asked.as_slice() else { panic!("one question stands: {asked:#?}") };
    let ticket = ask.question.details["ticket"].clone();

    let worker = house.worker();
    house.answer(ask, json!({"approve": true, "reason": "it is due"})).await;
    let output = House::output(house.outcome(&run).await);
    assert_eq!(output["paid"], true);
    assert_eq!(output["reason"], "it is due");
    assert_eq!(output["ticket"], ticket, "what was drawn before the wait is drawn again");
    let record = house.record(&run).await;
    assert!(attempts(&record) >= 2);
    let verified = house.tenant().verify(&run).await.expect("the store answers");
    assert!(verified.first_bad.is_none(), "{verified:#?}");
    worker.stop().await;
}

#[tokio::test]
async fn a_run_whose_worker_died_goes_on_with_another_when_the_lease_is_over() {
    let house = House::new().await;
    let short = Duration::from_millis(300);
    let worker = house.worker_with(|settings| {
        settings.lease = short;
        settings.linger = Duration::from_mins(1);
    });
    let source = "
import time, uuid
from sluice import flow
@flow
def sleeper() -> list:
    drawn = uuid.uuid4().hex
    with flow.step(drawn):
        flow.sleep(0.6)
    return [drawn, time.time()]
";
    let run = worker.submit(source, "sleeper", json!({})).await;
    let mut notices = house.store.notices();
    while house.row(&run).await.seq < 5 {
        notices.recv().await.expect("the store lives");
    }
    worker.kill().await;
    let worker = house.worker_with(|settings| settings.lease = short);
    let output = House::output(house.outcome(&run).await);
    let record = house.record(&run).await;
    let drawn = record.iter().find_map(|event| match &event.body {
        EventBody::SpanStarted { name, .. } => Some(name.clone()),
        _ => None,
    });
    assert_eq!(output[0].as_str(), drawn.as_deref());
    assert!(attempts(&record) >= 2);
    worker.stop().await;
}

#[tokio::test]
async fn a_worker_that_lost_its_lease_writes_nothing() {
    let house = House::new().await;
    let idle = house.worker();
    let short = Duration::from_millis(1);
    let run = {
        let source = built_in("hello.py");
        let submission = submission(&idle.executor, &source, "hello", json!({})).await;
        let executor = idle.executor.clone();
        idle.kill().await;
        executor.submit(submission).await.expect("the run is taken on")
    };
    let claim = |worker: &str| sluice_db::Claim {
        worker: worker.to_owned(),
        lease_until_us: sluice_executor::now_us() + 1,
    };
    let image = sluice_tests::sandbox().image_digest().to_owned();
    let take = async |worker: &str| {
        tokio::time::sleep(short).await;
        let now = sluice_executor::now_us();
        let queue = house.store.queue();
        let mut leased = queue
            .claim(&claim(worker), &image, None, now, &Places::new(1, []))
            .await
            .expect("the store answers");
        leased.pop().expect("the run is due")
    };
    let mut first = take("first").await;
    let second = take("second").await;
    assert!(second.fence > first.fence);
    let event = sluice_db::NewEvent {
        at_us: 1,
        observed: sluice_model::Observed::default(),
        body: EventBody::Waiting { until_ms: 1 },
    };
    let refused = first.log.append(vec![event]).await;
    assert!(matches!(refused, Err(WriteError::Fenced)), "{refused:?}");
    assert_eq!(house.row(&run).await.seq, 1);
}

#[tokio::test]
async fn a_worker_that_stops_leaves_its_runs_to_others() {
    let house = House::new().await;
    let worker = house.worker_with(|settings| settings.linger = Duration::from_mins(1));
    let source = "
from sluice import flow
@flow
def patient() -> bool:
    return flow.ask('Go on?')
";
    let run = worker.submit(source, "patient", json!({})).await;
    let mut notices = house.store.notices();
    while house.asks(&run).await.is_empty() {
        notices.recv().await.expect("the store lives");
    }
    worker.stop().await;
    assert_eq!(house.row(&run).await.state, RunState::Waiting);
    // Another process answers, and a third one goes on.
    let elsewhere = house.another_store().await;
    let other = worker_on(elsewhere, |_| ());
    let asked = house.asks(&run).await;
    house.answer(&asked[0], json!(true)).await;
    assert_eq!(House::output(house.outcome(&run).await), json!(true));
    let record = house.record(&run).await;
    assert!(record.iter().any(|event| matches!(
        &event.body,
        EventBody::AttemptEnded { why: AttemptEnd::Suspended { .. }, .. }
    )));
    other.stop().await;
}

#[tokio::test]
async fn many_runs_that_wait_take_no_places() {
    let house = House::new().await;
    let worker = house.worker_with(|settings| {
        settings.concurrency = 2;
        settings.linger = Duration::from_mins(1);
    });
    let source = "
from sluice import flow
@flow
def patient(n: int) -> int:
    flow.sleep(0.3)
    return n
";
    let mut runs = Vec::new();
    for n in 0..20 {
        runs.push(worker.submit(source, "patient", json!({"n": n})).await);
    }
    for (n, run) in runs.iter().enumerate() {
        assert_eq!(House::output(house.outcome(run).await), json!(n));
    }
    worker.stop().await;
}
