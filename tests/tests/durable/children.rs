//! Children: runs of their own, linked to the call that started them, never freer than their parent.

use std::time::Duration;

use serde_json::json;
use sluice_db::{Claim, NewEvent, NewRun, Places, RunFilter};
use sluice_executor::{Executor, Settings, now_us};
use sluice_model::{CallId, Code, EventBody, Parent, RunState, SpanId};
use sluice_tests::built_in;

use crate::house::{House, submission};

#[tokio::test]
async fn children_fan_out_and_their_outputs_come_back_in_order() {
    let house = House::new().await;
    let worker = house.worker_with(|settings| settings.concurrency = 3);
    let run = worker.submit(&built_in("sub_flows.py"), "sum-of-squares", json!({"upto": 20})).await;
    assert_eq!(House::output(house.outcome(&run).await), json!(2870));
    let filter = RunFilter { parent: Some(run.clone()), ..RunFilter::default() };
    let children = house.tenant().runs(&filter).await.expect("the store answers");
    assert_eq!(children.len(), 20);
    let record = house.record(&run).await;
    let links = record.iter().filter(|event| match &event.body {
        EventBody::SpanSet { attributes, .. } => attributes.contains_key("run"),
        _ => false,
    });
    assert_eq!(links.count(), 20, "each call's span names its child");
    worker.stop().await;
}

const NESTED: &str = "
from sluice import flow
@flow(uses=['flow:nested', 'ask'])
def nested(depth: int) -> int:
    if depth == 0:
        return int(flow.ask('Go on?'))
    return 1 + flow.invoke('nested', depth=depth - 1)
";

#[tokio::test]
async fn a_cancel_goes_down_the_tree() {
    let house = House::new().await;
    let worker = house.worker();
    let run = worker.submit(NESTED, "nested", json!({"depth": 3})).await;
    let mut notices = house.store.notices();
    let asks = sluice_db::AskFilter::default();
    while house.tenant().asks(&asks).await.expect("the store answers").is_empty() {
        notices.recv().await.expect("the store lives");
    }
    house.until(&run, RunState::Waiting).await;
    let tenant = house.tenant();
    tenant.cancel(&run, "enough", sluice_executor::now_us()).await.expect("the store answers");
    let outcome = house.outcome(&run).await;
    assert_eq!(outcome.failure().map(|failure| failure.code), Some(Code::Cancelled));
    let mut ended = 0;
    while ended < 4 {
        let filter = RunFilter { state: Some(RunState::Ended), ..RunFilter::default() };
        ended = tenant.runs(&filter).await.expect("the store answers").len();
        // The notices tell when to look again; the timeout is a net.
        let _ = tokio::time::timeout(Duration::from_secs(1), notices.recv()).await;
    }
    worker.stop().await;
}

#[tokio::test]
async fn a_child_may_do_at_most_what_its_parent_may() {
    let source = "
from sluice import flow, ChildFailed
@flow(name='child', uses=['kv:*'])
def child(space: str) -> None:
    flow.kv(space).set('key', 1)
@flow(name='parent', uses=['flow:child', 'kv:ours', 'kv:other'])
def parent() -> list:
    flow.invoke('child', space='ours')
    seen = []
    for narrowed in (['flow:child', 'kv:ours'], ['flow:child', 'kv:other']):
        with flow.step('narrowed', uses=narrowed):
            try:
                flow.invoke('child', space='other')
                seen.append('done')
            except ChildFailed as error:
                seen.append(error.failure['code'] if isinstance(error.failure, dict) else error.failure.code)
    return seen
";
    let house = House::new().await;
    let worker = house.worker();
    let run = worker.submit(source, "parent", json!({})).await;
    assert_eq!(House::output(house.outcome(&run).await), json!(["capability_denied", "done"]));
    worker.stop().await;
}

#[tokio::test]
async fn children_are_not_nested_for_ever() {
    let house = House::new().await;
    let worker = house.worker_with(|settings| settings.most_depth = 2);
    let run = worker.submit(NESTED, "nested", json!({"depth": 5})).await;
    let outcome = house.outcome(&run).await;
    let mut failure = outcome.failure().expect("it fails");
    assert_eq!(failure.code, Code::ChildFailed);
    while let Some(cause) = &failure.cause {
        failure = cause;
    }
    assert!(failure.message.contains("nested more than 2 deep"), "{failure:#?}");
    worker.stop().await;
}

#[tokio::test]
async fn a_flow_that_is_nowhere_is_told_so() {
    let source = "
from sluice import flow
@flow(uses=['flow:nowhere'])
def lost() -> str:
    try:
        flow.invoke('nowhere')
    except Exception as error:
        return error.code
";
    let house = House::new().await;
    let worker = house.worker();
    let run = worker.submit(source, "lost", json!({})).await;
    assert_eq!(House::output(house.outcome(&run).await), json!("flow_not_found"));
    worker.stop().await;
}

const LEAVING: &str = "
from sluice import flow
@flow(uses=['flow:asking', 'ask'])
def leaving() -> int:
    flow.invoke.start('asking')
    return 1
@flow(uses=['ask'])
def asking() -> str:
    return flow.ask('Go on?')
";

/// A worker dies after it has recorded that a child was given up, and before it told the child.
#[tokio::test]
async fn a_child_outlives_its_parent_in_no_case() {
    let house = House::new().await;
    let worker = house.worker();
    let first = worker.submit(LEAVING, "leaving", json!({})).await;
    assert_eq!(House::output(house.outcome(&first).await), json!(1));
    let record = house.record(&first).await;
    worker.stop().await;

    let idle = Executor::new(house.store.clone(), sluice_tests::sandbox(), Settings::default());
    let submission = submission(&idle, LEAVING, "leaving", json!({})).await;
    let run = idle.submit(submission).await.expect("it is taken on");
    let now = now_us();
    let claim = Claim { worker: "dying".to_owned(), lease_until_us: now + 1 };
    let mut leased = loop {
        let queue = house.store.queue();
        let claimed =
            queue.claim(&claim, idle.image_digest(), None, now, &Places::new(1, [])).await;
        let leased = claimed.expect("the queue answers").remove(0);
        // The child of the first may still wait for its end.
        if leased.run == run {
            break leased;
        }
    };
    let child = {
        let mut start = (*leased.start).clone();
        start.flow = "asking".to_owned();
        start.parent = Some(Parent {
            run: run.clone(),
            call: CallId(1),
            span: SpanId(1),
            root: run.clone(),
            depth: 1,
        });
        NewRun {
            id: sluice_executor::run_id(),
            start,
            source: LEAVING.into(),
            at_us: now,
            due_at_us: now,
            idempotency_key: None,
            prefix: Vec::new(),
            claim: None,
        }
    };
    let child = leased.log.writer().create_child(child).await.expect("it is made");
    let before_end = record[1..record.len() - 1].iter().cloned();
    let events = before_end.map(|event| NewEvent {
        at_us: event.at_us,
        observed: event.observed,
        body: event.body,
    });
    leased.log.append(events.collect()).await.expect("the lease holds");

    let worker = house.worker();
    assert_eq!(House::output(house.outcome(&run).await), json!(1));
    assert!(house.row(&child).await.cancel_reason.is_some(), "it was told before the parent ended");
    let outcome = house.outcome(&child).await;
    assert_eq!(outcome.failure().map(|failure| failure.code), Some(Code::Cancelled));
    worker.stop().await;
}
