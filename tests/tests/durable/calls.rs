//! What the store answers: questions, keys and values, artifacts; and effects outside.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use serde_json::{Value, json};
use sluice_db::{AnswerRefused, DbError};
use sluice_executor::{CallContext, Performer};
use sluice_model::{Answer, Call, CallKind, EventBody, Failure, RunState};
use sluice_tests::built_in;
use tokio::sync::Notify;

use crate::house::House;

#[tokio::test]
async fn keys_and_values_outlive_the_run_and_are_compared_before_they_are_set() {
    let source = "
from sluice import flow
@flow(uses=['kv:notes'])
def counting() -> list:
    notes = flow.kv('notes')
    before = notes.get('count')
    swapped = notes.compare_and_set('count', before, (before or 0) + 1)
    stale = notes.compare_and_set('count', 'never', 0)
    notes.set('gone', 1)
    return [before, swapped, stale, notes.delete('gone'), notes.get('gone'), notes.list('co')]
";
    let house = House::new().await;
    let worker = house.worker();
    for before in [json!(null), json!(1)] {
        let run = worker.submit(source, "counting", json!({})).await;
        let after = before.as_u64().unwrap_or(0) + 1;
        assert_eq!(
            House::output(house.outcome(&run).await),
            json!([before, true, false, true, null, {"count": after}])
        );
    }
    worker.stop().await;
}

#[tokio::test]
async fn an_artifact_is_kept_with_the_run_and_read_again() {
    let source = "
from sluice import flow
@flow(uses=['artifact:*'])
def keeping() -> list:
    kept = flow.artifact('report.bin', bytes(range(256)) * 40)
    flow.sleep(0.01)
    return [kept.size_bytes, flow.artifact.read('report.bin') == bytes(range(256)) * 40]
";
    let house = House::new().await;
    let worker = house.worker();
    let run = worker.submit(source, "keeping", json!({})).await;
    assert_eq!(House::output(house.outcome(&run).await), json!([10240, true]));
    let artifacts = house.tenant().artifacts(&run).await.expect("the store answers");
    assert_eq!(artifacts.len(), 1);
    worker.stop().await;
}

#[tokio::test]
async fn a_question_that_nobody_answers_in_time_is_taken_back() {
    let source = "
from sluice import flow
@flow(uses=['ask'])
def impatient() -> str:
    try:
        flow.ask('Now?', timeout=0.2)
    except TimeoutError as error:
        return error.code
";
    let house = House::new().await;
    let worker = house.worker();
    let run = worker.submit(source, "impatient", json!({})).await;
    assert_eq!(House::output(house.outcome(&run).await), json!("call_timed_out"));
    worker.stop().await;
}

/// Counts what it does by key, and does not answer before it is told to.
struct Outside {
    is_idempotent: bool,
    seen: std::sync::Mutex<HashMap<String, u32>>,
    began: Notify,
    holding: AtomicU32,
}

impl Outside {
    fn new(is_idempotent: bool) -> Arc<Outside> {
        Arc::new(Outside {
            is_idempotent,
            seen: std::sync::Mutex::default(),
            began: Notify::new(),
            holding: AtomicU32::new(1),
        })
    }
}

#[async_trait]
impl Performer for Outside {
    fn is_idempotent(&self, _: &Call) -> bool {
        self.is_idempotent
    }

    async fn perform(&self, context: CallContext, _: Call) -> Result<Answer, Box<Failure>> {
        let times = {
            let mut seen = self.seen.lock().expect("nobody panics");
            let times = seen.entry(context.idempotency_key).or_default();
            *times += 1;
            *times
        };
        self.began.notify_one();
        if self.holding.load(Ordering::Relaxed) == 1 {
            std::future::pending::<()>().await;
        }
        Ok(Answer::of(json!(times)))
    }
}

const PAYING: &str = "
from hero_rpc import bank
from sluice import flow, OutcomeUnknown
@flow(uses=['rpc:bank.*'])
def paying() -> object:
    try:
        return bank.pay(amount=5)
    except OutcomeUnknown as error:
        return error.code
";

/// Knows whether calls may be made again once it has asked, which it cannot the first time.
struct Asking(Arc<Outside>, AtomicU32);

#[async_trait]
impl Performer for Asking {
    fn is_idempotent(&self, _: &Call) -> bool {
        self.1.load(Ordering::Relaxed) > 1
    }

    async fn prepare(&self) -> Result<(), DbError> {
        match self.1.fetch_add(1, Ordering::Relaxed) {
            0 => Err(DbError::Statement("not now".to_owned())),
            _ => Ok(()),
        }
    }

    async fn perform(&self, context: CallContext, call: Call) -> Result<Answer, Box<Failure>> {
        self.0.perform(context, call).await
    }
}

/// The worker dies while the call is under way; another goes on. What the flow returns.
async fn cut_off(outside: &Arc<Outside>) -> (Value, bool) {
    cut_off_with(outside, Arc::clone(outside) as _).await
}

async fn cut_off_with(outside: &Arc<Outside>, performer: Arc<dyn Performer>) -> (Value, bool) {
    let house = House::new().await;
    let perform = |settings: &mut sluice_executor::Settings| {
        settings.performers.insert(CallKind::Rpc, Arc::clone(&performer));
        settings.lease = std::time::Duration::from_millis(300);
    };
    let worker = house.worker_with(perform);
    let run = worker.submit(PAYING, "paying", json!({})).await;
    outside.began.notified().await;
    worker.kill().await;
    outside.holding.store(0, Ordering::Relaxed);
    let worker = house.worker_with(perform);
    let output = House::output(house.outcome(&run).await);
    let record = house.record(&run).await;
    worker.stop().await;
    let retried = record.iter().any(|event| matches!(event.body, EventBody::CallRetried { .. }));
    (output, retried)
}

#[tokio::test]
async fn a_call_in_flight_is_made_again_with_the_same_key_if_it_may_be() {
    let outside = Outside::new(true);
    assert_eq!(cut_off(&outside).await, (json!(2), true));
    assert_eq!(outside.seen.lock().expect("nobody panics").len(), 1);
}

#[tokio::test]
async fn a_call_in_flight_that_may_not_be_made_again_has_an_unknown_outcome() {
    let outside = Outside::new(false);
    assert_eq!(cut_off(&outside).await, (json!("outcome_unknown"), false));
    let seen = outside.seen.lock().expect("nobody panics");
    assert_eq!(seen.values().collect::<Vec<_>>(), [&1]);
}

#[tokio::test]
async fn where_nobody_knows_yet_whether_a_call_may_be_made_again_the_next_attempt_asks() {
    let outside = Outside::new(true);
    let asking = Arc::new(Asking(Arc::clone(&outside), AtomicU32::new(0)));
    assert_eq!(cut_off_with(&outside, asking).await, (json!(2), true));
}

/// Panics the first time.
struct Fragile(AtomicU32);

#[async_trait]
impl Performer for Fragile {
    fn is_idempotent(&self, _: &Call) -> bool {
        true
    }

    async fn perform(&self, _: CallContext, _: Call) -> Result<Answer, Box<Failure>> {
        let times = self.0.fetch_add(1, Ordering::Relaxed) + 1;
        assert!(times > 1, "the first time");
        Ok(Answer::of(json!(times)))
    }
}

#[tokio::test]
async fn an_attempt_that_panics_is_counted_and_its_run_goes_on() {
    let house = House::new().await;
    let worker = house.worker_with(|settings| {
        settings.performers.insert(CallKind::Rpc, Arc::new(Fragile(AtomicU32::new(0))));
        settings.lease = std::time::Duration::from_millis(300);
    });
    assert_eq!(worker.executor.panics(), 0);
    let run = worker.submit(PAYING, "paying", json!({})).await;
    assert_eq!(House::output(house.outcome(&run).await), json!(2));
    assert_eq!(worker.executor.panics(), 1);
    worker.stop().await;
}

#[tokio::test]
async fn the_second_answer_to_a_question_is_refused() {
    let house = House::new().await;
    let worker = house.worker();
    let run = worker.submit(&built_in("approval.py"), "approval", json!({"amount": 5})).await;
    house.until(&run, RunState::Waiting).await;
    let asked = house.asks(&run).await;
    house.answer(&asked[0], json!({"approve": false})).await;
    let tenant = house.tenant();
    let again = tenant.answer(&asked[0].id, &json!({"approve": true}), "other", 1).await;
    assert!(matches!(again, Err(AnswerRefused::AlreadyAnswered(_))), "{again:?}");
    assert_eq!(House::output(house.outcome(&run).await)["paid"], false);
    worker.stop().await;
}
