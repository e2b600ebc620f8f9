//! Saved flows and their versions.

use serde_json::json;

use crate::place::Place;

const FIRST: &str = r#"
from sluice import flow


@flow
def greet(name: str = "world") -> str:
    """Greet someone by name.

    At length.
    """
    return f"Hello, {name}!"
"#;

#[test]
fn flows_are_saved_in_versions_and_compared() {
    let place = Place::with(FIRST);
    let saved = place.json(&["flows", "save", "flow.py"]);
    assert_eq!(saved["flows"][0]["version"], 1);
    assert_eq!(saved["flows"][0]["is_new"], true);
    assert_eq!(place.json(&["flows", "save", "flow.py"])["flows"][0]["is_new"], false);
    place.file("flow.py", &FIRST.replace("Hello", "Good day"));
    assert_eq!(place.json(&["flows", "save", "flow.py"])["flows"][0]["version"], 2);

    let listed = place.json(&["flows", "ls"]);
    assert_eq!(listed["flows"][0]["flow"], "greet");
    assert_eq!(listed["flows"][0]["version"], 2);
    let history = place.json(&["flows", "history", "greet"]);
    let versions: Vec<_> =
        history["versions"].as_array().into_iter().flatten().map(|flow| &flow["version"]).collect();
    assert_eq!(versions, [&json!(2), &json!(1)]);
    let diff = place.run(&["flows", "diff", "greet"]).ends_with(0).stdout;
    assert!(diff.contains("-    return f\"Hello, {name}!\""), "{diff}");
    assert!(diff.contains("+    return f\"Good day, {name}!\""), "{diff}");
    assert_eq!(place.json(&["flows", "diff", "greet", "1", "1"])["is_same"], true);

    let source = place.run(&["flows", "get", "greet", "--source"]).ends_with(0).stdout;
    assert_eq!(source, FIRST.replace("Hello", "Good day"));
    place.run(&["flows", "get", "greet"]).ends_with(0).tells(&["name: text", "At length."]);
    let described = place.json(&["flows", "get", "greet"]);
    assert_eq!(described["description"]["name"], "greet");
    place.run(&["flows", "get", "gret"]).ends_with(2).tells(&["did you mean `greet`?"]);
    place.run(&["flows", "diff", "greet", "7"]).ends_with(2).tells(&["versions 1 to 2"]);
}

#[test]
fn a_saved_flow_is_found_by_others() {
    let place = Place::with(FIRST);
    place.run(&["flows", "save", "flow.py"]).ends_with(0);
    let calling = "from sluice import flow\n\n@flow(uses=[\"flow:greet\"])\ndef calling() -> str:\n    \
                   return flow.invoke(\"greet\", name=\"Ada\")\n";
    place.file("calling.py", calling);
    let args = ["run", "calling.py", "--grant", "flow:greet", "-q"];
    assert_eq!(place.run(&args).ends_with(0).json(), json!("Hello, Ada!"));
}
