//! Whether a value fits a JSON Schema: inputs before a run is taken on, answers before a question is
//! closed.

use jsonschema::PatternOptions;
use serde_json::Value;
use sluice_model::{Code, Failure};

/// Problems that are told at once.
const MOST_TOLD: usize = 8;

/// Says what is wrong with a value, place by place. `what` names it, as in "the input". A schema that
/// is none itself allows everything: it came from a flow, which checks what it gets once more.
pub fn check(what: &str, code: Code, schema: &Value, value: &Value) -> Result<(), Box<Failure>> {
    // A pattern from a hostile flow must not take for ever, so patterns are matched in linear time.
    let options = jsonschema::options().with_pattern_options(PatternOptions::regex());
    let Ok(validator) = options.build(schema) else { return Ok(()) };
    let told: Vec<(String, String)> = validator
        .iter_errors(value)
        .take(MOST_TOLD)
        .map(|error| (error.instance_path().to_string(), cut(&error.to_string())))
        .collect();
    let Some((place, problem)) = told.first() else { return Ok(()) };
    let message = match place.as_str() {
        "" => format!("{what} does not fit: {problem}"),
        place => format!("{what} does not fit at {place}: {problem}"),
    };
    let problems: Vec<Value> = told
        .iter()
        .map(|(place, problem)| serde_json::json!({"place": place, "problem": problem}))
        .collect();
    Err(Box::new(
        Failure::new(code, message)
            .hint("The details name each place and what it should hold.")
            .detail("problems", problems),
    ))
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(300) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_does_not_fit_is_named_with_its_place() {
        let schema = json!({"type": "object", "properties": {"n": {"type": "integer"}}});
        let checked = |value| check("the input", Code::InputInvalid, &schema, &value);
        assert_eq!(checked(json!({"n": 1})), Ok(()));
        let failure = checked(json!({"n": "one"})).expect_err("a text is no integer");
        assert_eq!(failure.code, Code::InputInvalid);
        assert!(failure.message.contains("/n"), "{}", failure.message);
    }

    #[test]
    fn a_pattern_that_backtracks_for_ever_does_not() {
        let schema = json!({"type": "string", "pattern": "^(a+)+$"});
        let value = json!("a".repeat(40) + "!");
        assert!(check("the answer", Code::AnswerInvalid, &schema, &value).is_err());
    }
}
