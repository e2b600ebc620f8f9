//! The interface as models read it, and a client as the guest runs it, by the example of one document.

use serde_json::json;

use super::*;

fn document() -> Document {
    let event = json!({"$ref": "#/components/schemas/Event"});
    let json = json!({
        "openrpc": "1.3.2",
        "info": {"title": "Calendar", "version": "1.0", "description": "Events. And more."},
        "methods": [
            {
                "name": "event_list", "summary": "Events of a day.",
                "params": [
                    {"name": "day", "schema": {"type": "string"}, "description": "The day."},
                    {"name": "limit", "schema": {"type": "integer", "default": 50}},
                ],
                "result": {"name": "r", "schema": {"type": "array", "items": event}},
                "errors": [{"code": -32004, "message": "Event not found"}],
            },
            {"name": "play.start", "params": [], "result": {"name": "r", "schema": {"type": "null"}}},
        ],
        "components": {"schemas": {"Event": {
            "type": "object", "required": ["title"], "description": "An event.",
            "properties": {"title": {"type": "string"}, "from": {"type": "string"}},
        }}},
    });
    Document::from_value(&json).expect("it is a document")
}

#[test]
fn the_interface_has_a_line_for_each_thing() {
    assert_eq!(
        Texts::of("my-calendar", &document()).interface,
        "# Calendar 1.0\n# Events.\nfrom hero_rpc import my_calendar\n\n\
         my_calendar.event_list(*, day: str | None = None, limit: int = 50) -> list[Event]  # Events of a day.\n\
         my_calendar.play.start() -> None\n\n\
         class Event: title: str; from_: str | None = None  # An event.\n\n\
         class EventNotFound(RpcError): code = -32004  # Event not found\n"
    );
}

#[test]
fn a_client_is_declarations() {
    let Texts { client: text, stub, .. } = Texts::of("my-calendar", &document());
    for part in [
        "class EventNotFound(_RpcError):\n    \"\"\"Event not found (code -32004).\"\"\"\n",
        "_rpc = _Client(\"my-calendar\", __name__, {-32004: EventNotFound})\n",
        "class Event(_Record):\n    \"\"\"An event.\"\"\"\n\n    title: str\n    from_: str | None = None\n",
        "        (\"from\", \"from_\", \"str\", False),\n",
        "@_Operation\ndef event_list(*, day: str | None = None, limit: int = 50) -> _Request[list[Event]]:\n",
        "    Args:\n        day: The day.\n\n    Raises:\n        EventNotFound: Event not found (code -32004)\n    \"\"\"\n",
        "    return _rpc(\"event_list\", {\"limit\": limit}, {\"day\": day}, (\"list\", (\"record\", \"Event\")))\n",
        "class play:\n    \"\"\"The methods whose names begin with `play.`.\"\"\"\n\n    start = _play__start\n",
    ] {
        assert!(text.contains(part), "{part}\nis not in\n{text}");
    }
    assert!(
        !stub.contains("_rpc(") && !stub.contains("__wire__") && stub.contains("def event_list(")
    );
}

#[test]
fn no_hint_makes_a_text_large() {
    // A hundred bytes that refer to a set of values of ten thousand.
    let values: Vec<String> = (0..60).map(|at| format!("{at}-{}", "v".repeat(150))).collect();
    let param = |at: usize| json!({"name": format!("p{at}"), "schema": {"$ref": "#/components/schemas/Values"}});
    let params: Vec<_> = (0..50).map(param).collect();
    let method = |at: usize| json!({"name": format!("m{at}"), "params": params, "result": {"name": "r", "schema": {"$ref": "#/components/schemas/Values"}}});
    let methods: Vec<_> = (0..2_000).map(method).collect();
    let document = Document::from_value(&json!({
        "openrpc": "1.3.2", "methods": methods,
        "components": {"schemas": {"Values": {"enum": values}}},
    }));
    let Texts { client, stub, interface } = Texts::of("large", &document.expect("a document"));
    for text in [client, stub, interface] {
        assert!(text.len() < 32 << 20, "{} bytes", text.len());
    }
}
