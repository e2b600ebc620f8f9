//! Models: turns that are asked of a server that plays what models do, and the budgets around them.

use serde_json::{Value, json};
use sluice_db::ModelUsage;
use sluice_executor::{
    ModelEndpoint, Outside, SecretBounds, SecretPlace, Submission, Vault, now_us,
};
use sluice_model::{Code, FailureKind, RunState, Scrub};
use sluice_outbound::http::Guard;
use sluice_outbound::vault::{MasterKey, MasterKeys};
use sluice_tests::built_in;
use sluice_tests::endpoint::{Endpoint, Play};

use crate::house::{House, Worker};

const KEY: &str = "sk-canary-0123456789";

/// A worker with performers of its own, as another process has them.
fn worker(house: &House, vault: Option<Vault>) -> Worker {
    let guard = Guard { reach: vec!["127.0.0.0/8".parse().expect("a reach")] };
    let outside = Outside::new(house.store.clone(), guard, vault, Scrub::new());
    house.worker_with(|settings| settings.performers = outside.performers())
}

/// A house whose tenant has the model `default` at a server that plays this.
async fn with_model(
    plays: Vec<Play>,
    change: impl FnOnce(&mut ModelEndpoint),
) -> (House, Endpoint) {
    let endpoint = Endpoint::start(plays).await;
    let house = House::new().await;
    let mut model: ModelEndpoint = serde_json::from_value(json!({
        "address": endpoint.address(),
        "model": "small",
        "input_micros_per_million": 1_000_000,
        "output_micros_per_million": 2_000_000,
    }))
    .expect("an endpoint");
    change(&mut model);
    model.check().expect("an endpoint that can be asked");
    let model = serde_json::to_value(model).expect("JSON");
    let is_set = house.tenant().set_model("default", &model, now_us()).await;
    assert!(is_set.expect("the store answers"), "the tenant is there");
    (house, endpoint)
}

/// What a flow returns that is run by a fresh worker.
async fn output(house: &House, source: &str, flow: &str, input: Value) -> Value {
    let worker = worker(house, None);
    let run = worker.submit(source, flow, input).await;
    let output = House::output(house.outcome(&run).await);
    worker.stop().await;
    output
}

async fn usage(house: &House) -> ModelUsage {
    house.tenant().model_usage(now_us()).await.expect("the store answers")
}

const ASKING: &str = "
from sluice import CallFailed, flow
@flow(uses=['llm:*'])
def asking(model: str = 'default') -> list:
    try:
        reply = flow.llm('Hi.', model=model)
    except CallFailed as error:
        return [error.code, error.details.get('reason'), error.hint]
    return [reply.text, reply.model, reply.usage.tokens, reply.usage.cost_micros]
";

#[tokio::test]
async fn an_agent_calls_its_tools_and_repairs_its_answer_once() {
    let plays = vec![
        Play::wants("lookup", r#"{"order_id": 7}"#),
        Play::says("It is risky.", 20, 5),
        Play::says(r#"{"risk": 3, "reason": "new"}"#, 30, 9),
    ];
    let (house, endpoint) = with_model(plays, |_| ()).await;
    let source = built_in("agent_with_tools.py");
    let verdict = output(&house, &source, "triage", json!({ "order_id": 7 })).await;
    assert_eq!(verdict, json!({ "risk": 3, "reason": "new" }));
    let seen = endpoint.seen();
    assert_eq!(seen.len(), 3);
    let first = &seen[0].body;
    assert_eq!((&first["model"], &first["max_tokens"]), (&json!("small"), &json!(4_096)));
    assert_eq!(first["tools"][0]["function"]["name"], "lookup");
    assert_eq!(first["response_format"]["type"], "json_schema");
    let last = |turn: usize| seen[turn].body["messages"].as_array().and_then(|it| it.last());
    let told = last(1).expect("a message");
    assert_eq!((&told["role"], &told["tool_call_id"]), (&json!("tool"), &json!("call_1")));
    assert!(told["content"].as_str().is_some_and(|it| it.contains("990")), "{told}");
    let told = last(2).expect("a message");
    assert!(told["content"].as_str().is_some_and(|it| it.contains("does not fit")), "{told}");
    let taken = ModelUsage { tokens: 15 + 25 + 39, cost_micros: 20 + 30 + 48 };
    assert_eq!(usage(&house).await, taken);
}

#[tokio::test]
async fn a_step_has_spent_what_it_has_spent_whoever_goes_on() {
    let source = "
from sluice import BudgetExceeded, flow
def turn(most: int) -> str:
    try:
        return flow.llm('Hi.', max_output_tokens=most).text
    except BudgetExceeded as error:
        return f\"{error.level} {error.details['left']}\"
@flow(uses=['llm:*', 'ask'])
def spending() -> list:
    with flow.step('judge', budget={'tokens': 1_000}):
        said = [turn(200), turn(200)]
        flow.ask('Go on?')
        said += [turn(200), turn(20), turn(20)]
    return said + [turn(200)]
";
    let plays = vec![Play::says("one", 700, 200), Play::says("two", 60, 20)];
    let (house, endpoint) = with_model(plays, |_| ()).await;
    let first = worker(&house, None);
    let run = first.submit(source, "spending", json!({})).await;
    house.until(&run, RunState::Waiting).await;
    first.stop().await;
    assert_eq!(endpoint.seen().len(), 1);
    let second = worker(&house, None);
    house.answer(&house.asks(&run).await[0], json!(true)).await;
    let said = House::output(house.outcome(&run).await);
    assert_eq!(said, json!(["one", "step 100", "step 100", "two", "step 20", "two"]));
    assert_eq!(endpoint.seen().len(), 3);
    second.stop().await;
}

#[tokio::test]
async fn an_agent_has_one_budget_in_all_of_a_run() {
    let source = "
from sluice import BudgetExceeded, agent, flow
@flow(uses=['llm:*'])
def judging() -> list:
    judge = agent('judge', budget={'tokens': 1_000}, max_output_tokens=200)
    said = []
    for name in ('first', 'second'):
        with flow.step(name):
            try:
                said.append(judge.run('Judge.'))
            except BudgetExceeded as error:
                said.append(error.level)
    return said + [agent('other', budget={'tokens': 1_000}, max_output_tokens=200).run('Judge.')]
";
    let (house, endpoint) = with_model(vec![Play::says("fine", 800, 100)], |_| ()).await;
    let said = output(&house, source, "judging", json!({})).await;
    assert_eq!(said, json!(["fine", "agent", "fine"]));
    assert_eq!(endpoint.seen().len(), 2);
}

#[tokio::test]
async fn turns_that_are_asked_at_once_are_held_back_from_each_other() {
    let source = "
from sluice import BudgetExceeded, flow
@flow(uses=['llm:*'])
async def at_once() -> int:
    refused = 0
    with flow.step('judge', budget={'tokens': 1_000}):
        for turn in [flow.llm.start('Hi.', max_output_tokens=400) for _ in range(5)]:
            try:
                await turn
            except BudgetExceeded:
                refused += 1
    return refused
";
    let (house, endpoint) = with_model(vec![Play::says("fine", 10, 390)], |_| ()).await;
    assert_eq!(output(&house, source, "at-once", json!({})).await, json!(3));
    assert_eq!(endpoint.seen().len(), 2);
}

#[tokio::test]
async fn the_tenants_day_is_counted_over_its_runs() {
    let source = "
from sluice import BudgetExceeded, flow
@flow(uses=['llm:*'])
def asking() -> str:
    try:
        return flow.llm('Hi.', max_output_tokens=200).text
    except BudgetExceeded as error:
        return error.level
";
    let bounded = |model: &mut ModelEndpoint| model.tokens_per_day = Some(1_000);
    let (house, endpoint) = with_model(vec![Play::says("fine", 700, 200)], bounded).await;
    assert_eq!(output(&house, source, "asking", json!({})).await, json!("fine"));
    assert_eq!(usage(&house).await, ModelUsage { tokens: 900, cost_micros: 1_100 });
    assert_eq!(output(&house, source, "asking", json!({})).await, json!("tenant"));
    assert_eq!(endpoint.seen().len(), 1);
}

#[tokio::test]
async fn a_run_has_a_budget_by_its_limits() {
    let source = "
from sluice import BudgetExceeded, flow
@flow(uses=['llm:*'])
def asking() -> list:
    said = []
    for _ in range(2):
        with flow.step('ask', budget={'tokens': 100_000}):
            try:
                said.append(flow.llm('Hi.', max_output_tokens=200).text)
            except BudgetExceeded as error:
                said.append([error.level, error.details['tokens']])
    return said
";
    let (house, endpoint) = with_model(vec![Play::says("fine", 700, 200)], |_| ()).await;
    let worker = worker(&house, None);
    let narrow = |new: &mut Submission| new.limits.model_tokens = 1_000;
    let run = worker.submit_with(source, "asking", json!({}), narrow).await;
    let said = House::output(house.outcome(&run).await);
    assert_eq!(said, json!(["fine", ["run", 1_000]]));
    assert_eq!(endpoint.seen().len(), 1);
    worker.stop().await;
}

#[tokio::test]
async fn what_passes_is_tried_again() {
    for trouble in [Play::Limits("0"), Play::HangsUp] {
        let plays = vec![trouble, Play::says("fine", 11, 7)];
        let (house, endpoint) = with_model(plays, |_| ()).await;
        let said = output(&house, ASKING, "asking", json!({})).await;
        assert_eq!(said, json!(["fine", "small-1", 18, 25]));
        assert_eq!(endpoint.seen().len(), 2);
    }
}

#[tokio::test]
async fn what_does_not_pass_is_told_and_counted() {
    let (house, _endpoint) = with_model(vec![Play::Limits("3600")], |_| ()).await;
    let said = output(&house, ASKING, "asking", json!({})).await;
    assert_eq!((&said[0], &said[1]), (&json!("model_rate_limited"), &json!("rate_limited")));
    assert_eq!(usage(&house).await, ModelUsage::default(), "nothing was begun");
    let (house, endpoint) = with_model(vec![Play::BreaksOff], |_| ()).await;
    let said = output(&house, ASKING, "asking", json!({})).await;
    assert_eq!((&said[0], &said[1]), (&json!("model_failed"), &json!("cut")));
    assert_eq!(endpoint.seen().len(), 1, "what was shown is not begun again");
    assert!(usage(&house).await.tokens > 4_096, "nobody knows what it took");
}

#[tokio::test]
async fn what_a_flow_does_not_catch_of_a_model_keeps_its_code() {
    let source = "
from sluice import flow
@flow(uses=['llm:*'])
def asking() -> str:
    return flow.llm('Hi.').text
";
    let (house, _endpoint) = with_model(vec![Play::Limits("3600")], |_| ()).await;
    let worker = worker(&house, None);
    let run = worker.submit(source, "asking", json!({})).await;
    let outcome = house.outcome(&run).await;
    let failure = outcome.failure().expect("it fails");
    assert_eq!((failure.code, failure.kind), (Code::ModelRateLimited, FailureKind::CallError));
    worker.stop().await;
}

#[tokio::test]
async fn a_model_that_is_not_there_is_told_with_those_that_are() {
    let (house, endpoint) = with_model(vec![Play::says("fine", 1, 1)], |_| ()).await;
    let said = output(&house, ASKING, "asking", json!({ "model": "large" })).await;
    assert_eq!(said, json!(["model_not_found", null, "There is default."]));
    assert!(endpoint.seen().is_empty());
}

#[tokio::test]
async fn a_key_goes_where_it_may_and_is_in_no_record() {
    for (is_allowed, host) in [(true, None), (false, Some("api.example.com"))] {
        let plays = vec![Play::says(&format!("your key is {KEY}"), 1, 1)];
        let with_key = |model: &mut ModelEndpoint| model.secret = Some("MODEL_KEY".to_owned());
        let (house, endpoint) = with_model(plays, with_key).await;
        let vault = Vault::new(MasterKeys::new(MasterKey::random(), Vec::new()));
        let host = host.map_or_else(|| endpoint.host(), str::to_owned);
        let bounds = SecretBounds { hosts: vec![host], places: vec![SecretPlace::Header] };
        let key = KEY.to_owned();
        let version = vault.set(&house.tenant(), "MODEL_KEY", key, &bounds, "tester").await;
        assert!(version.is_ok(), "the secret is set");
        let worker = worker(&house, Some(vault));
        let run = worker.submit(ASKING, "asking", json!({})).await;
        let said = House::output(house.outcome(&run).await);
        if is_allowed {
            assert_eq!(said[0], "your key is [redacted]");
            let sent = endpoint.seen()[0].authorization.clone();
            assert_eq!(sent, Some(format!("Bearer {KEY}")));
        } else {
            assert_eq!(said[0], "secret_refused");
            assert!(endpoint.seen().is_empty());
        }
        let record = serde_json::to_string(&house.record(&run).await).expect("JSON");
        assert!(!record.contains("canary"), "{record}");
        worker.stop().await;
    }
}
