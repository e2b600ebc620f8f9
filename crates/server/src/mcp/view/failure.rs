//! The one error object, as an agent gets it.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use sluice_model::{Attributes, Failure, Frame};

use crate::mcp::shorten::{self, Listed};
use crate::problem::Field;

/// Why something did not work.
#[derive(Serialize, JsonSchema)]
pub(in crate::mcp) struct ErrorView {
    /// Why, exactly, as in `input_invalid`.
    code: String,
    /// One sentence; for an exception its text.
    message: String,
    /// What to do next.
    hint: Option<String>,
    /// The parts of the arguments that are at fault.
    fields: Vec<Field>,
    /// How many more there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    fields_left_out: Option<usize>,
    /// The exception's class.
    #[serde(skip_serializing_if = "Option::is_none")]
    exception: Option<String>,
    /// The innermost span that was open: for `get_span`.
    #[serde(skip_serializing_if = "Option::is_none")]
    span: Option<u64>,
    /// Names of the open steps, outermost first: for `rerun_from_step`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    step: Vec<String>,
    /// How many more there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    step_left_out: Option<usize>,
    /// Where in the source, as in `flow.py:9:20 in total`.
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    /// The lines around; `>` stands before the one at fault.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    excerpt: Vec<String>,
    /// Local variables there.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    locals: Value,
    /// What else there is to say, by the code.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    details: Value,
    /// The messages of what it was raised from, the nearest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    causes: Vec<String>,
    /// How many more there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    causes_left_out: Option<usize>,
}

impl ErrorView {
    /// The object of a failure, with the parts of the arguments at fault.
    pub(in crate::mcp) fn of(failure: &Failure, fields: &[Field]) -> ErrorView {
        let own = failure.frames.iter().rev().find(|frame| frame.own && frame.excerpt.is_some());
        let frame = own.or_else(|| failure.frames.last());
        let causes = std::iter::successors(failure.cause.as_deref(), |it| it.cause.as_deref());
        let told = |it: &Failure| {
            let class = it.exception.as_deref().unwrap_or(it.code.as_str());
            shorten::text(&format!("{class}: {}", it.message))
        };
        let fields = Listed::of(fields, |field| Field {
            place: shorten::line(&field.place),
            problem: shorten::text(&field.problem),
        });
        let step = Listed::of(&failure.step, |name| shorten::line(name));
        let causes: Vec<&Failure> = causes.collect();
        let causes = Listed::of(&causes, |cause| told(cause));
        ErrorView {
            code: failure.code.as_str().to_owned(),
            message: shorten::text(&failure.message),
            hint: failure.hint.as_deref().map(shorten::text),
            fields: fields.shown,
            fields_left_out: fields.left_out,
            exception: failure.exception.as_deref().map(shorten::line),
            span: failure.span.map(|span| span.0),
            step: step.shown,
            step_left_out: step.left_out,
            at: frame.map(place),
            excerpt: frame.map(excerpt).unwrap_or_default(),
            locals: frame.map_or(Value::Null, |frame| members(&frame.locals)),
            details: members(&failure.details),
            causes: causes.shown,
            causes_left_out: causes.left_out,
        }
    }
}

/// What a flow attached, as it is shown; `null` where it is nothing.
pub(super) fn members(attributes: &Attributes) -> Value {
    if attributes.is_empty() {
        return Value::Null;
    }
    shorten::shorten(&serde_json::to_value(attributes).unwrap_or_default()).0
}

fn place(frame: &Frame) -> String {
    let number =
        |number: Option<u32>| number.map(|number| format!(":{number}")).unwrap_or_default();
    let (line, column) = (number(frame.line), number(frame.column));
    let (file, function) = (shorten::line(&frame.file), shorten::line(&frame.function));
    format!("{file}{line}{column} in {function}")
}

fn excerpt(frame: &Frame) -> Vec<String> {
    let Some(excerpt) = &frame.excerpt else { return Vec::new() };
    let numbered = (excerpt.first_line..).zip(&excerpt.lines);
    numbered.map(|(number, line)| marked(number, line, frame.line == Some(number))).collect()
}

/// A line of source with its number.
pub(super) fn marked(number: u32, line: &str, is_meant: bool) -> String {
    format!("{}{number:>4} | {}", if is_meant { '>' } else { ' ' }, shorten::line(line))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use sluice_model::Code;

    use super::*;

    #[test]
    fn what_is_long_is_cut_and_says_so() {
        let long = "数".repeat(10_000);
        let mut failure = Failure::new(Code::Exception, long.clone());
        failure.exception = Some(long.clone());
        failure.step = vec![long.clone(); 100];
        failure.frames = vec![Frame {
            file: long.clone(),
            function: long.clone(),
            ..serde_json::from_value(json!({
                "file": "", "function": "", "line": 1, "column": 1, "end_line": 1, "end_column": 1,
                "own": true, "excerpt": { "first_line": 1, "lines": [long] }, "locals": {},
            }))
            .expect("it is a frame")
        }];
        let field = Field { place: long.clone(), problem: long };
        let seen = ErrorView::of(&failure, &vec![field; 100]);
        assert_eq!((seen.fields_left_out, seen.step_left_out), (Some(70), Some(70)));
        let seen = serde_json::to_value(&seen).expect("it is JSON");
        for part in ["message", "exception", "at"] {
            let text = seen[part].as_str().unwrap_or_else(|| panic!("no `{part}`"));
            assert!(text.contains("(10000 characters in all)"), "{part}");
        }
        for part in ["/step/0", "/excerpt/0", "/fields/0/place", "/fields/0/problem"] {
            let text = seen.pointer(part).and_then(Value::as_str).expect(part);
            assert!(text.contains("(10000 characters in all)"), "{part}");
        }
        assert!(seen.to_string().chars().count() < 200_000);
    }
}
