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
        interface("my-calendar", &document()),
        "# Calendar 1.0\n# Events.\nfrom hero_rpc import my_calendar\n\n\
         my_calendar.event_list(*, day: str | None = None, limit: int = 50) -> list[Event]  # Events of a day.\n\
         my_calendar.play.start() -> None\n\n\
         class Event: title: str; from_: str | None = None  # An event.\n\n\
         class EventNotFound(RpcError): code = -32004  # Event not found\n"
    );
}

#[test]
fn a_client_is_declarations() {
    let text = client("my-calendar", &document());
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
    let stub = stub("my-calendar", &document());
    assert!(
        !stub.contains("_rpc(") && !stub.contains("__wire__") && stub.contains("def event_list(")
    );
}
