//! An agent at work by MCP, over real HTTP: it knows nothing, finds its way, makes a mistake and mends it.

use reqwest::Method;
use serde_json::{Value, json};
use sluice_tests::server::{Client, Server};

const HELLO: &str = "from sluice import flow\n\n@flow\ndef hello(name: str = 'you') -> str:\n    return f'Hello, {name}'\n";

/// What was answered to a message.
async fn message(client: &Client, method: &str, params: Value) -> Value {
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let request = client
        .request(Method::POST, "/mcp")
        .header("Accept", "application/json, text/event-stream")
        .json(&message);
    client.send(request).await.expect(200)
}

/// What a tool answered: its data, and whether it is an error.
async fn tool(client: &Client, name: &str, arguments: Value) -> (Value, bool) {
    let params = json!({ "name": name, "arguments": arguments });
    let answered = message(client, "tools/call", params).await;
    let result = &answered["result"];
    let is_error = result["isError"].as_bool().unwrap_or_else(|| panic!("{answered:#}"));
    let data = result["structuredContent"].clone();
    // Clients that know no structured content read the same in the text.
    let text = result["content"].as_array().and_then(|parts| parts.last()?["text"].as_str());
    if name != "get_authoring_guide" || is_error {
        let text: Value = serde_json::from_str(text.expect("there is a text")).expect("it is JSON");
        assert_eq!(text, data);
    }
    (data, is_error)
}

/// What a tool answered that did what it was asked.
async fn done(client: &Client, name: &str, arguments: Value) -> Value {
    let (data, is_error) = tool(client, name, arguments).await;
    assert!(!is_error, "{data:#}");
    data
}

/// The error object of a tool that did not.
async fn refused(client: &Client, name: &str, arguments: Value) -> Value {
    let (data, is_error) = tool(client, name, arguments).await;
    assert!(is_error, "{data:#}");
    data["error"].clone()
}

fn text<'v>(value: &'v Value, member: &str) -> &'v str {
    value[member].as_str().unwrap_or_else(|| panic!("no text `{member}` in {value:#}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_knows_nothing_gets_a_flow_to_work() {
    let server = Server::start().await;
    let agent = server.token_of_new("a", "author").await;
    let params = json!({
        "protocolVersion": "2025-06-18", "capabilities": {},
        "clientInfo": { "name": "test", "version": "1" },
    });
    let begun = message(&agent, "initialize", params).await;
    assert_eq!(begun["result"]["serverInfo"]["name"], "sluice");
    let instructions = text(&begun["result"], "instructions");
    let listed = message(&agent, "tools/list", json!({})).await;
    for tool in listed["result"]["tools"].as_array().expect("a list") {
        assert!(tool["inputSchema"]["type"] == "object", "{tool:#}");
        assert!(tool["annotations"]["readOnlyHint"].is_boolean(), "{tool:#}");
    }
    for named in ["search_flows", "get_authoring_guide", "rerun_from_step"] {
        assert!(instructions.contains(named), "{named}");
    }

    let found = done(&agent, "search_flows", json!({ "text": "invoice" })).await;
    assert_eq!(found["flows"], json!([]));
    let guide = done(&agent, "get_authoring_guide", json!({})).await;
    let steps = done(&agent, "get_authoring_guide", json!({ "topic": "steps" })).await;
    assert!(text(&guide, "guide").contains(text(&steps, "guide").trim_end()));
    let error = refused(&agent, "get_authoring_guide", json!({ "topic": "cooking" })).await;
    assert!(text(&error, "message").contains("steps"), "{error:#}");

    // First it does not load, then it loads with an error in a step.
    let broken = "from sluice import flow\n\n@flow\ndef invoice(lines: list[dict]) -> float\n    return 0.0\n";
    let checked = done(&agent, "validate_flow", json!({ "source": broken })).await;
    assert_eq!(checked["is_valid"], false);
    assert_eq!(checked["error"]["code"], "source_invalid");
    assert!(checked["error"]["excerpt"].to_string().contains("> "), "{checked:#}");
    let wrong = "from sluice import flow\n\n\n@flow\ndef invoice(lines: list[dict]) -> float:\n    \"\"\"Add up an invoice.\"\"\"\n    with flow.step('read', count=len(lines)):\n        flow.log.info('reading')\n    with flow.step('total'):\n        return sum(line['prize'] * line['count'] for line in lines)\n";
    let checked = done(&agent, "validate_flow", json!({ "source": wrong })).await;
    assert_eq!(checked["is_valid"], true, "{checked:#}");
    assert_eq!(checked["flows"][0]["steps"], json!(["read", "total"]));

    let input = json!({ "lines": [{ "price": 2.5, "count": 4 }] });
    let run = done(&agent, "run_flow", json!({ "source": wrong, "input": input })).await;
    assert_eq!(run["outcome"], "failed", "{run:#}");
    let error = &run["error"];
    assert_eq!((&error["code"], &error["exception"]), (&json!("exception"), &json!("KeyError")));
    assert_eq!(error["step"], json!(["total"]));
    assert!(error["excerpt"].to_string().contains("prize"), "{error:#}");
    let id = text(&run, "run");
    let again = done(&agent, "get_run", json!({ "run": id })).await;
    assert_eq!(again["error"], run["error"]);
    let span = done(&agent, "get_span", json!({ "run": id, "span": error["span"] })).await;
    assert_eq!((&span["name"], &span["status"]), (&json!("total"), &json!("failed")));
    assert_eq!(span["error"]["exception"], "KeyError");

    let mended = wrong.replace("prize", "price");
    let plan = json!({ "run": id, "from": "total", "source": mended, "go_live": false });
    let plan = done(&agent, "rerun_from_step", plan).await;
    assert_eq!((&plan["is_needed"], &plan["rerun"]), (&json!(true), &Value::Null));
    let live = json!({ "run": id, "from": "total", "source": mended, "go_live": true });
    let live = done(&agent, "rerun_from_step", live).await;
    assert_eq!(live["rerun"]["output"], json!(10.0), "{live:#}");
    assert_eq!(live["rerun"]["forked_from"], json!(id));

    done(&agent, "save_flow", json!({ "source": mended })).await;
    let found = done(&agent, "search_flows", json!({ "text": "invoice" })).await;
    assert_eq!(found["flows"][0]["flow"], "invoice");
    let run = done(&agent, "run_flow", json!({ "flow": "invoice", "input": input })).await;
    assert_eq!(run["output"], json!(10.0));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_are_answered_and_runs_are_cancelled() {
    let server = Server::start().await;
    let agent = server.token_of_new("a", "author").await;
    let asks = "from sluice import flow\n\n@flow\ndef pays(amount: int) -> bool:\n    return flow.ask('Pay?', bool, details={'amount': amount})\n";
    let started = json!({ "source": asks, "input": { "amount": 5 }, "wait_ms": 60_000 });
    let run = done(&agent, "run_flow", started.clone()).await;
    assert_eq!(run["state"], "waiting", "{run:#}");
    assert_eq!(run["asks"][0]["details"], json!({ "amount": 5 }));
    let ask = text(&run["asks"][0], "ask");
    let error = refused(&agent, "answer_ask", json!({ "ask": ask, "value": "perhaps" })).await;
    assert_eq!(error["code"], "answer_invalid");
    let answered = done(&agent, "answer_ask", json!({ "ask": ask, "value": true })).await;
    assert_eq!((&answered["state"], &answered["answer"]), (&json!("answered"), &json!(true)));
    let ended = json!({ "run": text(&run, "run"), "wait_ms": 60_000 });
    assert_eq!(done(&agent, "get_run", ended).await["output"], json!(true));

    let run = done(&agent, "run_flow", started).await;
    let cancel = json!({ "run": text(&run, "run"), "reason": "enough" });
    done(&agent, "cancel_run", cancel).await;
    let ended = json!({ "run": text(&run, "run"), "wait_ms": 60_000 });
    let ended = done(&agent, "get_run", ended).await;
    assert_eq!(ended["outcome"], "cancelled");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_come_in_does_not_and_scopes_hold() {
    let server = Server::start().await;
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    let post = |client: &Client| {
        let accept = "application/json, text/event-stream";
        client.request(Method::POST, "/mcp").header("Accept", accept).json(&list)
    };
    for stranger in [server.anonymous(), server.with("slt_nonsense")] {
        let answered = stranger.send(post(&stranger)).await;
        assert_eq!(answered.status.as_u16(), 401, "{}", answered.text);
        assert!(answered.headers.contains_key("www-authenticate"));
        assert_eq!(answered.code(), "unauthenticated");
    }
    let viewer = server.token_of_new("a", "viewer").await;
    let source = json!({ "source": HELLO });
    done(&viewer, "validate_flow", source.clone()).await;
    for tool in ["run_flow", "save_flow"] {
        assert_eq!(refused(&viewer, tool, source.clone()).await["code"], "scope_missing");
    }
    let answer = json!({ "ask": "ask_x", "value": 1 });
    assert_eq!(refused(&viewer, "answer_ask", answer).await["code"], "scope_missing");
    // A page whose host name was bent to this server, and a page of somebody else.
    let bent = viewer.send(post(&viewer).header("Host", "evil.example")).await;
    assert_eq!(bent.status.as_u16(), 403, "{}", bent.text);
    let other = viewer.send(post(&viewer).header("Origin", "http://evil.example")).await;
    assert_eq!(other.status.as_u16(), 403, "{}", other.text);
    viewer.send(post(&viewer)).await.expect(200);
    // There is no session to take over.
    assert_eq!(viewer.get("/mcp").await.status.as_u16(), 405);
    assert_eq!(viewer.delete("/mcp").await.status.as_u16(), 405);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_malformed_is_told_as_an_answer() {
    let server = Server::start().await;
    let agent = server.token_of_new("a", "author").await;
    let error = refused(&agent, "run_flow", json!({ "sauce": HELLO })).await;
    assert_eq!(error["code"], "request_invalid");
    assert!(text(&error, "message").contains("sauce"), "{error:#}");
    let error = refused(&agent, "run_flow", json!({ "source": HELLO, "wait_ms": "long" })).await;
    assert_eq!(error["fields"][0]["place"], "/wait_ms", "{error:#}");
    let wrong = json!({ "source": HELLO, "input": { "name": 3 } });
    let error = refused(&agent, "run_flow", wrong).await;
    assert_eq!(error["code"], "input_invalid");
    assert_eq!(error["fields"][0]["place"], "/input/name", "{error:#}");
    let error = refused(&agent, "get_run", json!({ "run": "run_nonsense" })).await;
    assert_eq!(error["code"], "not_found");
    let unknown = message(&agent, "tools/call", json!({ "name": "fly", "arguments": {} })).await;
    assert_eq!(unknown["error"]["code"], json!(-32602), "{unknown:#}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tenants_do_not_see_each_other_and_keys_start_once() {
    let server = Server::start().await;
    let one = server.token_of_new("a", "author").await;
    let other = server.token_of_new("b", "author").await;
    let keyed =
        |name: &str| json!({ "source": HELLO, "input": { "name": name }, "idempotency_key": "k" });
    let run = done(&one, "run_flow", keyed("Ada")).await;
    assert_eq!(run["output"], "Hello, Ada");
    assert_eq!(done(&one, "run_flow", keyed("Ada")).await["run"], run["run"]);
    assert_eq!(refused(&one, "run_flow", keyed("Bob")).await["code"], "conflict");
    let narrower = json!({
        "source": HELLO, "input": { "name": "Ada" }, "idempotency_key": "k", "grants": [],
    });
    assert_eq!(refused(&one, "run_flow", narrower).await["code"], "conflict");
    assert_ne!(done(&other, "run_flow", keyed("Ada")).await["run"], run["run"]);

    let id = text(&run, "run");
    let missing = refused(&other, "get_run", json!({ "run": id })).await;
    let nothing = refused(&other, "get_run", json!({ "run": format!("{}0", &id[..id.len() - 1]) }));
    assert_eq!(missing["code"], nothing.await["code"]);
    for (tool, arguments) in [
        ("get_span", json!({ "run": id, "span": 1 })),
        ("rerun_from_step", json!({ "run": id, "go_live": true })),
        ("cancel_run", json!({ "run": id })),
    ] {
        assert_eq!(refused(&other, tool, arguments).await["code"], "not_found", "{tool}");
    }
    done(&one, "save_flow", json!({ "source": HELLO })).await;
    assert_eq!(done(&other, "search_flows", json!({})).await["flows"], json!([]));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn capabilities_are_those_of_the_token() {
    let server = Server::start().await;
    let owner = server.tenant("a").await;
    let all = done(&owner, "list_capabilities", json!({})).await;
    assert!(all["grants"].as_array().expect("a list").contains(&json!("kv:*")), "{all:#}");
    let narrow = json!({ "name": "t", "role": "author", "grants": ["kv:notes"] });
    let made = owner.post("/v1/tokens", &narrow).await.expect(201);
    let narrow = server.with(text(&made, "secret"));
    let held = done(&narrow, "list_capabilities", json!({})).await;
    assert_eq!(held["grants"], json!(["kv:notes", "ask"]));
    let keeps = "from sluice import flow\n\n@flow(uses=['kv:other'])\ndef keeps() -> None:\n    flow.kv('other').set('a', 1)\n";
    let run = done(&narrow, "run_flow", json!({ "source": keeps })).await;
    assert_eq!(run["error"]["code"], "capability_denied", "{run:#}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_no_tool_is_a_request_of_the_api() {
    let server = Server::start().await;
    let owner = server.token_of_new("a", "owner").await;
    let stranger = server.token_of_new("b", "owner").await;
    let put = json!({ "method": "put", "path": "/v1/kv/notes/one", "body": { "value": [1] } });
    done(&owner, "call_api", put.clone()).await;
    let get = json!({ "method": "GET", "path": "/v1/kv/notes/one" });
    let got = done(&owner, "call_api", get.clone()).await;
    assert_eq!((&got["status"], &got["body"]["value"]), (&json!(200), &json!([1])));
    assert_eq!(refused(&stranger, "call_api", get).await["code"], "not_found");

    let paths = done(&owner, "call_api", json!({ "method": "GET", "path": "/v1/openapi.json" }));
    assert_eq!(paths.await["is_cut"], true);
    let run = done(&owner, "run_flow", json!({ "source": HELLO, "wait_ms": 60_000 })).await;
    let path = format!("/v1/runs/{}/export", text(&run, "run"));
    let export = done(&owner, "call_api", json!({ "method": "GET", "path": path })).await;
    assert!(text(&export, "body").contains("run_queued"), "{export:#}");

    // A scope holds as over HTTP, and nothing makes a request somebody else's.
    let reader = owner.post("/v1/tokens", &json!({ "name": "r", "scopes": ["read"] })).await;
    let reader = server.with(text(&reader.expect(201), "secret"));
    let refusal = refused(&reader, "call_api", put).await;
    assert_eq!(
        (&refusal["code"], &refusal["details"]["scope"]),
        (&json!("scope_missing"), &json!("write"))
    );
    for (member, arguments) in [
        ("path", json!({ "method": "GET", "path": "/mcp" })),
        ("path", json!({ "method": "GET", "path": "http://a.example/v1/runs" })),
        ("method", json!({ "method": "G E T", "path": "/v1/runs" })),
        (
            "headers",
            json!({ "method": "GET", "path": "/v1/runs", "headers": { "Authorization": "x" } }),
        ),
    ] {
        let refusal = refused(&owner, "call_api", arguments).await;
        assert_eq!(refusal["fields"][0]["place"], member, "{refusal:#}");
    }
    let nowhere = json!({ "method": "GET", "path": "/v1/nowhere" });
    assert_eq!(refused(&owner, "call_api", nowhere).await["code"], "not_found");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_knows_tasks_gets_a_run_as_one() {
    let server = Server::start().await;
    let agent = server.token_of_new("a", "author").await;
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" },
        "io.modelcontextprotocol/clientCapabilities": {
            "extensions": { "io.modelcontextprotocol/tasks": {} },
        },
    });
    let send = async |method: &str, name: &str, mut params: Value| {
        params["_meta"] = meta.clone();
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let request = agent
            .request(Method::POST, "/mcp")
            .header("Accept", "application/json, text/event-stream")
            .header("MCP-Protocol-Version", "2026-07-28")
            .header("Mcp-Method", method)
            .header("Mcp-Name", name)
            .json(&message);
        let answered = agent.send(request).await;
        answered.expect(200)["result"].clone()
    };
    let sleeps = "from sluice import flow\n\n@flow\ndef sleeps() -> None:\n    flow.sleep(3600)\n";
    let run = json!({ "name": "run_flow", "arguments": { "source": sleeps, "wait_ms": 0 } });
    let task = send("tools/call", "run_flow", run).await;
    assert_eq!((&task["resultType"], &task["status"]), (&json!("task"), &json!("working")));
    let id = text(&task, "taskId");
    assert!(id.starts_with("run_"));
    let got = send("tasks/get", id, json!({ "taskId": id })).await;
    assert_eq!(got["status"], "working");
    send("tasks/cancel", id, json!({ "taskId": id })).await;
    done(&agent, "get_run", json!({ "run": id, "wait_ms": 60_000 })).await;
    let got = send("tasks/get", id, json!({ "taskId": id })).await;
    assert_eq!(got["status"], "cancelled");
    server.stop().await;
}

/// The blocks of Python in the guide, with what stands behind the word `python`.
fn blocks(guide: &str) -> Vec<(&str, &str)> {
    let blocks = guide.split("```python").skip(1);
    blocks
        .map(|block| {
            let (info, rest) = block.split_once('\n').expect("a block has lines");
            (info.trim(), rest.split("```").next().unwrap_or_default())
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_example_of_the_guide_runs() {
    let server = Server::start().await;
    let agent = server.token_of_new("a", "author").await;
    let every = ["flow:*", "ask", "kv:*", "artifact:*", "rpc:*", "http:*", "secret:*", "llm:*"];
    let change = json!({ "grants": every });
    let administrator = server.administrator();
    let request = administrator.request(Method::PATCH, "/v1/tenants/a").json(&change);
    administrator.send(request).await.expect(200);
    let guide = done(&agent, "get_authoring_guide", json!({})).await;
    let blocks = blocks(text(&guide, "guide"));
    assert!(blocks.len() >= 10, "{}", blocks.len());
    for (info, source) in blocks {
        let checked = done(&agent, "validate_flow", json!({ "source": source })).await;
        assert_eq!((&checked["is_valid"], &checked["problems"]), (&json!(true), &json!([])));
        assert_eq!(checked["missing_grants"], json!([]), "{source}");
        let mut wanted = json!({ "source": source, "wait_ms": 60_000 });
        if let Some(flow) = info.strip_prefix("flow=") {
            wanted["flow"] = json!(flow);
        }
        let mut run = done(&agent, "run_flow", wanted).await;
        if let Some(ask) = run["asks"].get(0) {
            let answer = json!({ "ask": ask["ask"], "value": { "approve": true } });
            done(&agent, "answer_ask", answer).await;
            run = done(&agent, "get_run", json!({ "run": run["run"], "wait_ms": 60_000 })).await;
        }
        match info.strip_prefix("fails=") {
            Some(code) => assert_eq!(run["error"]["code"], code, "{source}\n{run:#}"),
            None => assert_eq!(run["outcome"], "succeeded", "{source}\n{run:#}"),
        }
    }
    server.stop().await;
}

#[test]
fn the_table_of_tools_is_the_tools() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/mcp.md");
    let document = std::fs::read_to_string(path).expect("the document is there");
    let rows = document.lines().filter_map(|line| line.strip_prefix("| `"));
    let told: Vec<(&str, &str)> = rows
        .filter_map(|row| {
            let mut cells = row.split('|').map(|cell| cell.trim().trim_matches('`'));
            let tool = cells.next()?.split('(').next()?;
            Some((tool, cells.next()?))
        })
        .collect();
    let tools = sluice_server::mcp_tools();
    let tools: Vec<_> = tools.iter().map(|(name, scope)| (*name, scope.as_str())).collect();
    assert_eq!(told, tools, "docs/mcp.md");
}
