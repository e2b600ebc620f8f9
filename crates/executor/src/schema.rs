//! Whether a value fits a JSON Schema: inputs before a run is taken on, answers before a question is
//! closed. Schemas come from flows that nobody has read: one that would cost too much is not used.

mod cost;
mod pattern;

use jsonschema::PatternOptions;
use serde_json::Value;
use sluice_model::{Code, Failure};
use tokio::runtime::{Handle, RuntimeFlavor};

/// Problems that are told at once.
const MOST_TOLD: usize = 8;

/// The most steps of a check whose problems are told one by one: all of them are gathered for that.
const STEPS_TO_TELL: usize = 50_000;

/// The most steps of a check for which others may wait.
const STEPS_IN_PASSING: usize = 10_000;

/// Bytes of a pattern once it is compiled.
const PATTERN_BYTES: usize = 1 << 20;

/// Says what is wrong with a value, place by place. `what` names it, as in "the input". A schema that
/// is none itself allows everything: it came from a flow, which checks what it gets once more. Fails in
/// the same way where the check would cost too much.
pub fn check(what: &str, code: Code, schema: &Value, value: &Value) -> Result<(), Box<Failure>> {
    let steps = cost::steps(schema, value).map_err(|why| {
        Failure::new(code, format!("{what} cannot be checked against its schema: {why}"))
            .hint("Ask for a simpler type in the flow.")
    })?;
    let is_shared = Handle::try_current()
        .is_ok_and(|handle| handle.runtime_flavor() == RuntimeFlavor::MultiThread);
    if is_shared && steps > STEPS_IN_PASSING {
        tokio::task::block_in_place(|| check_in(steps, what, code, schema, value))
    } else {
        check_in(steps, what, code, schema, value)
    }
}

fn check_in(
    steps: usize,
    what: &str,
    code: Code,
    schema: &Value,
    value: &Value,
) -> Result<(), Box<Failure>> {
    // A pattern from a hostile flow must not take for ever, so patterns are matched in linear time.
    let patterns = PatternOptions::regex().size_limit(PATTERN_BYTES);
    let options = jsonschema::options().with_pattern_options(patterns);
    let Ok(validator) = options.should_validate_formats(false).build(schema) else {
        return Ok(());
    };
    if validator.is_valid(value) {
        return Ok(());
    }
    let told: Vec<(String, String)> = if steps > STEPS_TO_TELL {
        Vec::new()
    } else {
        let told = validator.iter_errors(value).take(MOST_TOLD);
        told.map(|error| (error.instance_path().to_string(), cut(&error.to_string()))).collect()
    };
    let Some((place, problem)) = told.first() else {
        let message = format!("{what} does not fit, and is too large to say where");
        return Err(Box::new(Failure::new(code, message)));
    };
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

    /// Why a schema is not used for a value.
    fn refusal(schema: &Value, value: &Value) -> String {
        let failure = check("the input", Code::InputInvalid, schema, value);
        failure.expect_err("it is refused").message
    }

    #[test]
    fn references_that_double_at_each_step_are_not_followed() {
        let mut defs = serde_json::Map::new();
        for step in 0..40 {
            let next = json!({"$ref": format!("#/$defs/d{}", step + 1)});
            defs.insert(format!("d{step}"), json!({"allOf": [next, next]}));
        }
        defs.insert("d40".to_owned(), json!({"type": "integer"}));
        let schema = json!({"$defs": defs, "$ref": "#/$defs/d0"});
        for value in [json!(1), json!("no")] {
            assert!(refusal(&schema, &value).ends_with("too many steps"));
        }
    }

    #[test]
    fn references_in_a_circle_end() {
        let circle = json!({
            "$defs": {"a": {"not": {"$ref": "#/$defs/b"}}, "b": {"not": {"$ref": "#/$defs/a"}}},
            "$ref": "#/$defs/a",
        });
        assert!(refusal(&circle, &json!(1)).ends_with("without end"));
        let doubling = json!({
            "$defs": {"t": {"items": {"allOf": [{"$ref": "#/$defs/t"}, {"$ref": "#/$defs/t"}]}}},
            "$ref": "#/$defs/t",
        });
        let deep = (0..60).fold(json!(1), |inner, _| json!([inner]));
        assert!(refusal(&doubling, &deep).ends_with("too many steps"));
    }

    #[test]
    fn what_costs_much_for_each_value_is_refused() {
        let many = json!({"items": {"required": vec!["n"; 10_000]}});
        assert!(refusal(&many, &json!(vec![json!({}); 1_000])).ends_with("too many steps"));
        let slow = json!({"pattern": "(a{50}b{50}){50}"});
        assert!(refusal(&slow, &json!("a".repeat(100_000))).ends_with("too many steps"));
        let huge = json!({"pattern": "((a{99}){99}){99}"});
        assert!(refusal(&huge, &json!("")).ends_with("too large"));
        let long = json!({"enum": vec![0; 30_000]});
        assert!(refusal(&long, &json!(0)).ends_with("too large"));
        let seen_again = (0..40)
            .fold(json!({}), |inner, _| json!({"anyOf": [inner], "unevaluatedProperties": false}));
        assert!(refusal(&seen_again, &json!({"a": 1})).ends_with("too many steps"));
    }

    #[test]
    fn only_places_within_the_schema_are_referred_to() {
        for schema in [
            json!({"$ref": "file:///etc/passwd"}),
            json!({"items": {"$ref": "other.json"}}),
            json!({"items": {"$id": "urn:x"}}),
            json!({"$ref": "#/$defs/a"}),
            json!({"allOf": [{}], "$ref": "#/allOf/00"}),
            json!({"$defs": {"\u{f}": {}, "%+f": {}}, "$ref": "#/$defs/%+f"}),
            json!({"$defs": {"a": {"$dynamicRef": "#a"}}}),
        ] {
            assert!(refusal(&schema, &json!(1)).contains("cannot be checked"), "{schema}");
        }
    }

    #[test]
    fn types_that_hold_themselves_are_checked() {
        let tree = json!({"type": "object", "required": ["n"], "properties": {
            "n": {"type": "integer"},
            "left": {"anyOf": [{"$ref": "#/$defs/Tree%5Bint%5D"}, {"type": "null"}]},
            "right": {"anyOf": [{"$ref": "#/$defs/Tree%5Bint%5D"}, {"type": "null"}]},
        }, "additionalProperties": false});
        let schema = json!({"$defs": {"Tree[int]": tree}, "$ref": "#/$defs/Tree%5Bint%5D"});
        let deep = |leaf: Value| (0..40).fold(leaf, |left, n| json!({"n": n, "left": left}));
        let checked = |value| check("the input", Code::InputInvalid, &schema, &value);
        assert_eq!(checked(deep(json!({"n": 1}))), Ok(()));
        assert!(checked(deep(json!({"n": "one"}))).is_err());
        let uuids = json!({"items": {"pattern": "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"}});
        let many = vec![json!("01234567-89ab-cdef-0123-456789abcdef"); 5_000];
        assert_eq!(check("the input", Code::InputInvalid, &uuids, &json!(many)), Ok(()));
    }

    #[test]
    fn a_value_with_a_million_faults_is_refused_without_naming_them() {
        let schema = json!({"items": {"type": "string"}});
        let failure = check("the input", Code::InputInvalid, &schema, &json!(vec![0; 100_000]));
        let failure = failure.expect_err("it does not fit");
        assert!(failure.message.contains("too large to say where"), "{}", failure.message);
    }
}
