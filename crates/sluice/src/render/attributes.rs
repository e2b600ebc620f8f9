//! Attributes in one line: `lines=30000 path="/a b"`.

use serde_json::Value;
use sluice_model::Attributes;

use super::text::cut;

/// The members in their order; each value takes at most `room` columns.
pub fn attributes(attributes: &Attributes, room: usize) -> String {
    let members: Vec<_> = attributes
        .iter()
        .map(|(name, value)| format!("{}={}", quoted(name), shown(value, room)))
        .collect();
    members.join(" ")
}

fn shown(value: &Value, room: usize) -> String {
    let text = match value {
        Value::String(text) => quoted(text),
        other => other.to_string(),
    };
    cut(&text, room, "...").into_owned()
}

/// The text as it is where it is one word, else as JSON.
fn quoted(text: &str) -> String {
    let is_word = !text.is_empty() && !text.contains([' ', '"', '=']);
    if is_word && !text.contains(char::is_control) {
        text.to_owned()
    } else {
        Value::from(text).to_string()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_is_quoted_where_it_is_not_one_word() {
        let Value::Object(members) = json!({
            "path": "/index.html", "text": "a b", "empty": "", "count": 3, "list": [1, "x"],
            "none": null, "forged": "1 admin=true", "lines": "a\nb",
        }) else {
            panic!("it is an object")
        };
        assert_eq!(
            attributes(&members, 40),
            r#"path=/index.html text="a b" empty="" count=3 list=[1,"x"] none=null forged="1 admin=true" lines="a\nb""#
        );
        let Value::Object(long) = json!({"text": "a".repeat(50)}) else { panic!("an object") };
        assert_eq!(attributes(&long, 10), "text=aaaaaaa...");
    }
}
