//! Children: runs of their own, linked to the call that started them, never freer than their parent.

use std::time::Duration;

use serde_json::json;
use sluice_db::RunFilter;
use sluice_model::{Code, EventBody, RunState};
use sluice_tests::built_in;

use crate::house::House;

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
