//! What a tenant may have: too much is refused, stopped, or waits, and says which quota it met.

use serde_json::json;
use sluice_executor::NotSubmitted;
use sluice_model::{Capability, Code, Failure, Limits, Quota, TenantId};

use crate::house::{House, Worker, submission};

const NOTING: &str = "
from sluice import CapabilityDenied, flow
@flow(uses=['kv:notes', 'kv:other'])
def noting(count: int = 1) -> str:
    for number in range(count):
        flow.kv('notes').set('key', number)
    try:
        flow.kv('other').get('key')
    except CapabilityDenied as error:
        return error.hint
    return 'all'
";

const BUSY: &str = "
from sluice import flow
@flow
def busy():
    while True:
        pass
";

/// A house whose tenant has this quota.
async fn house(quota: Quota) -> House {
    let house = House::new().await;
    let set = house.store.admin().set_quota(&TenantId::local(), &quota).await;
    assert!(set.expect("the store answers"));
    house
}

async fn refusal(worker: &Worker, source: &str, flow: &str, limits: Limits) -> Failure {
    let submission = submission(&worker.executor, source, flow, json!({})).await;
    let submission = sluice_executor::Submission { limits, ..submission };
    match worker.executor.submit(submission).await {
        Err(NotSubmitted::Refused(failure)) => *failure,
        other => panic!("it was not refused: {other:?}"),
    }
}

#[tokio::test]
async fn a_run_that_asks_for_too_much_is_refused() {
    let house = house(Quota::default()).await;
    let worker = house.worker();
    let limits = Limits { memory_bytes: 2 << 30, ..Limits::default() };
    let failure = refusal(&worker, NOTING, "noting", limits).await;
    assert_eq!(
        (failure.code, &failure.details["quota"]),
        (Code::QuotaExceeded, &json!("limits.memory_bytes"))
    );
    assert_eq!(
        (&failure.details["asked"], &failure.details["limit"]),
        (&json!(2u64 << 30), &json!(1 << 30))
    );
    worker.stop().await;
}

const FILLING: &str = "
from sluice import CallFailed, flow
@flow(uses=['kv:notes', 'artifact:*'])
def filling() -> list[str]:
    notes, said = flow.kv('notes'), []
    for keep in (
        lambda: notes.set('key', 'x' * 100),
        lambda: notes.compare_and_set('key', None, 'x' * 100),
        lambda: flow.artifact('report', 'x' * 100),
    ):
        try:
            keep()
        except CallFailed as error:
            said.append(error.code)
    notes.delete('key')
    return said
";

#[tokio::test]
async fn a_run_of_a_tenant_that_has_stored_too_much_keeps_nothing_more() {
    let house = house(Quota { stored_bytes: 1_000, ..Quota::default() }).await;
    let worker = house.worker();
    let run = worker.submit(FILLING, "filling", json!({})).await;
    assert_eq!(House::output(house.outcome(&run).await), json!(vec!["quota_exceeded"; 3]));
    worker.stop().await;
}

#[tokio::test]
async fn a_tenant_that_has_stored_too_much_starts_nothing_more() {
    let house = house(Quota { stored_bytes: 1_000, ..Quota::default() }).await;
    let worker = house.worker();
    let run = worker.submit(NOTING, "noting", json!({"count": 0})).await;
    assert_eq!(House::output(house.outcome(&run).await), json!("all"));
    let failure = refusal(&worker, NOTING, "noting", Limits::default()).await;
    assert_eq!(
        (failure.code, &failure.details["quota"]),
        (Code::QuotaExceeded, &json!("stored_bytes"))
    );
    worker.stop().await;
}

#[tokio::test]
async fn a_run_has_no_more_cpu_time_than_is_left_of_the_day() {
    let house = house(Quota { cpu_ms_per_day: 1_000, ..Quota::default() }).await;
    let worker = house.worker();
    // A source that is not known yet would take CPU time, too.
    submission(&worker.executor, NOTING, "noting", json!({})).await;
    let run = worker.submit(BUSY, "busy", json!({})).await;
    let outcome = house.outcome(&run).await;
    let failure = outcome.failure().expect("it was stopped");
    assert_eq!(
        (failure.code, &failure.details["quota"]),
        (Code::QuotaExceeded, &json!("cpu_ms_per_day"))
    );
    let failure = refusal(&worker, NOTING, "noting", Limits::default()).await;
    assert!(
        failure.details["opens_at_us"].as_u64() > Some(sluice_executor::now_us()),
        "{failure:?}"
    );
    worker.stop().await;
}

#[tokio::test]
async fn a_run_that_meets_its_own_limit_first_says_so() {
    let house = house(Quota::default()).await;
    let worker = house.worker();
    let limits = Limits { cpu_time_ms: 100, ..Limits::default() };
    let run = worker.submit_with(BUSY, "busy", json!({}), |submission| submission.limits = limits);
    let run = run.await;
    let outcome = house.outcome(&run).await;
    assert_eq!(outcome.failure().map(|failure| failure.code), Some(Code::LimitCpuTime));
    worker.stop().await;
}

#[tokio::test]
async fn what_the_tenant_lacks_is_refused_and_the_hint_says_whom_to_ask() {
    let house = House::new().await;
    let grants: Vec<Capability> = vec!["kv:notes".parse().expect("a capability")];
    let set = house.store.admin().set_grants(&TenantId::local(), &grants).await;
    assert!(set.expect("the store answers"));
    let worker = house.worker();
    let run = worker.submit(NOTING, "noting", json!({})).await;
    let hint = House::output(house.outcome(&run).await);
    let hint = hint.as_str().unwrap_or_default();
    assert!(hint.contains("kv:other") && hint.contains("ask whoever runs this Sluice"), "{hint}");
    let start = sluice_executor::start_of(&house.record(&run).await).expect("it began").clone();
    assert_eq!(start.grants, grants);
    worker.stop().await;
}

#[tokio::test]
async fn calls_over_the_pace_wait_and_do_not_fail() {
    let house = house(Quota { calls_per_second: 1, ..Quota::default() }).await;
    let worker = house.worker();
    // Twenty calls take as many seconds: more than the run has.
    let limits = Limits { wall_time_ms: 2_000, ..Limits::default() };
    let input = json!({"count": 20});
    let run = worker.submit_with(NOTING, "noting", input, |submission| submission.limits = limits);
    let run = run.await;
    let outcome = house.outcome(&run).await;
    assert_eq!(outcome.failure().map(|failure| failure.code), Some(Code::LimitWallTime));
    let wide = Quota { calls_per_second: 1_000_000, ..Quota::default() };
    house.store.admin().set_quota(&TenantId::local(), &wide).await.expect("the store answers");
    worker.stop().await;
    let worker = house.worker();
    let run = worker.submit(NOTING, "noting", json!({"count": 20})).await;
    assert_eq!(House::output(house.outcome(&run).await), json!("all"));
    worker.stop().await;
}
