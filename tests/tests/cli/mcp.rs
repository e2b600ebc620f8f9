//! An agent that starts `sluice mcp` and talks to it over standard input and output.

use serde_json::{Value, json};

use crate::place::{Conversation, Place};

const DOUBLES: &str =
    "from sluice import flow\n\n@flow\ndef doubles(n: int) -> int:\n    return 2 * n\n";

fn call(agent: &mut Conversation, tool: &str, arguments: &Value) -> Value {
    let params = json!({ "name": tool, "arguments": arguments });
    let answered = agent.asks("tools/call", &params);
    assert_eq!(answered["result"]["isError"], false, "{answered:#}");
    answered["result"]["structuredContent"].clone()
}

#[test]
fn an_agent_runs_and_saves_a_flow_over_standard_input() {
    let place = Place::with(DOUBLES);
    let mut agent = place.converse(&["mcp"]);
    let begun = agent.asks(
        "initialize",
        &json!({
            "protocolVersion": "2025-06-18", "capabilities": {},
            "clientInfo": { "name": "test", "version": "1" },
        }),
    );
    assert_eq!(begun["result"]["serverInfo"]["name"], "sluice");
    agent.tells("notifications/initialized");
    let listed = agent.asks("tools/list", &json!({}));
    assert_eq!(listed["result"]["tools"].as_array().map(Vec::len), Some(12));
    let run = json!({ "source": DOUBLES, "input": { "n": 21 }, "wait_ms": 60_000 });
    let run = call(&mut agent, "run_flow", &run);
    assert_eq!(run["output"], 42, "{run:#}");
    call(&mut agent, "save_flow", &json!({ "source": DOUBLES }));
    let versions = json!({ "method": "GET", "path": "/v1/flows/doubles/versions" });
    let versions = call(&mut agent, "call_api", &versions);
    assert_eq!(versions["body"]["items"][0]["version"], 1, "{versions:#}");
    agent.ends().ends_with(0);
    // What the agent did is in the store for everybody else.
    let id = run["run"].as_str().expect("it has an id");
    assert_eq!(place.get(id)["output"], 42);
    assert_eq!(place.json(&["flows", "ls"])["flows"][0]["flow"], "doubles");
}
