//! What was typed as an answer, as the value that the question takes.

use std::io::Read as _;

use anyhow::Context as _;
use serde_json::Value;

use crate::exit::Usage;
use crate::schema::Schema;

/// The value of `text`, or of standard input where it is `-`.
pub fn answer_of(text: &str, schema: Schema<'_>, top: &Value) -> anyhow::Result<Value> {
    let mut read = String::new();
    let text = if text == "-" {
        std::io::stdin().read_to_string(&mut read).context("cannot read standard input")?;
        read.trim_end_matches(['\n', '\r'])
    } else {
        text
    };
    Ok(parse(text, schema, top)?)
}

fn parse(text: &str, schema: Schema<'_>, top: &Value) -> Result<Value, Usage> {
    let accepts = schema.accepts(top);
    if accepts.text && !accepts.other {
        return Ok(Value::String(text.to_owned()));
    }
    if let Ok(value) = serde_json::from_str(text) {
        return Ok(value);
    }
    let words = schema.words(top);
    let truth = match text.trim().to_ascii_lowercase().as_str() {
        "yes" | "y" | "true" => Some(true),
        "no" | "n" | "false" => Some(false),
        _ => None,
    };
    match truth {
        Some(truth) if words.split(" or ").any(|word| word == "boolean") => Ok(truth.into()),
        _ if accepts.text => Ok(Value::String(text.to_owned())),
        _ => Err(Usage::new(format!("the answer is {words}, and `{text}` is not"))
            .hint("write it as JSON, or give its members with -i key=value")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parsed(text: &str, top: &Value) -> Result<Value, String> {
        parse(text, Schema::new(top), top).map_err(|usage| usage.message)
    }

    #[test]
    fn what_is_typed_becomes_what_is_asked_for() {
        let boolean = json!({"type": "boolean"});
        assert_eq!(parsed("yes", &boolean), Ok(json!(true)));
        assert_eq!(parsed("No", &boolean), Ok(json!(false)));
        assert_eq!(parsed("true", &boolean), Ok(json!(true)));
        assert!(parsed("perhaps", &boolean).is_err());
        let text = json!({"type": "string"});
        assert_eq!(parsed("yes", &text), Ok(json!("yes")));
        assert_eq!(parsed("42", &text), Ok(json!("42")));
        assert_eq!(parsed("42", &json!({"type": "integer"})), Ok(json!(42)));
        let object = json!({"type": "object"});
        assert_eq!(parsed("{\"a\": 1}", &object), Ok(json!({"a": 1})));
        assert!(parsed("a=1", &object).is_err());
        assert_eq!(parsed("anything at all", &json!({})), Ok(json!("anything at all")));
    }
}
