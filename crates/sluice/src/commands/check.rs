//! `sluice check`: what a source holds and what is wrong with it, without running a flow.

use sluice_model::{Capability, Description, Failure, FlowDescription, Problem, Severity, missing};

use super::{async_runtime, read_source, site};
use crate::cli::{CheckArgs, Global};
use crate::exit::Exit;
use crate::out;
use crate::render::{Line, Theme, Tone, document, draw_failure, draw_flow, draw_problem};

/// Describes the source and prints the description.
pub fn run(args: &CheckArgs, global: &Global) -> anyhow::Result<Exit> {
    let source = read_source(&args.file)?.into();
    let theme = Theme::of_stderr(global.color);
    let described = async_runtime()?.block_on(site::load(global, theme, &source))?;
    let path = args.file.display().to_string();
    let (description, lines) = match described {
        Ok(description) => {
            let lines = draw(&description, &args.grants, &path, &source);
            (description, lines)
        }
        Err(failure) => (unusable(&failure), draw_failure(&failure, &path)),
    };
    if args.json {
        let mut told = serde_json::to_value(&description)?;
        if !args.grants.is_empty() {
            told["missing_grants"] = serde_json::to_value(unmet(&description.flows, &args.grants))?;
        }
        out::data(&document(&told, out::data_is_for_people())?)?;
    } else {
        out::data_lines(&lines, Theme::of_stdout(global.color))?;
    }
    let is_wrong = description.problems.iter().any(|problem| problem.severity == Severity::Error);
    Ok(if is_wrong { Exit::CheckFailed } else { Exit::Ok })
}

/// The description of a source that cannot be loaded: no flow, and the reason as its problem.
fn unusable(failure: &Failure) -> Description {
    let frame = failure.frames.iter().rfind(|frame| frame.own);
    let problem = Problem {
        severity: Severity::Error,
        code: failure.code.as_str().to_owned(),
        message: failure.message.clone(),
        hint: failure.hint.clone(),
        line: frame.and_then(|frame| frame.line),
        column: frame.and_then(|frame| frame.column),
        end_line: frame.and_then(|frame| frame.end_line),
        end_column: frame.and_then(|frame| frame.end_column),
    };
    Description { version: 1, flows: Vec::new(), problems: vec![problem] }
}

/// What the flows ask for and is not granted.
fn unmet(flows: &[FlowDescription], grants: &[Capability]) -> Vec<Capability> {
    let uses = flows.iter().flat_map(|flow| &flow.uses);
    let asked: Vec<Capability> = uses.filter_map(|word| word.parse().ok()).collect();
    missing(grants, &asked)
}

/// What a flow is granted of what it asks for, and what it is not.
fn draw_grants(flow: &FlowDescription, grants: &[Capability]) -> Vec<Line> {
    let unmet = unmet(std::slice::from_ref(flow), grants);
    let asked: Vec<Capability> = flow.uses.iter().filter_map(|word| word.parse().ok()).collect();
    let is_met = |word: &&Capability| !unmet.contains(word);
    let met: Vec<String> = asked.iter().filter(is_met).map(ToString::to_string).collect();
    let unmet: Vec<String> = unmet.iter().map(ToString::to_string).collect();
    [("granted", met, Tone::Good), ("missing", unmet, Tone::Bad)]
        .into_iter()
        .filter(|(_, words, _)| !words.is_empty())
        .map(|(label, words, tone)| {
            Line::of(Tone::Dim, &format!("  {label}: ")).with(tone, &words.join(", "))
        })
        .collect()
}

fn draw(description: &Description, grants: &[Capability], path: &str, source: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    for flow in &description.flows {
        lines.extend(draw_flow(flow));
        if !grants.is_empty() {
            lines.extend(draw_grants(flow, grants));
        }
        lines.push(Line::new());
    }
    for problem in &description.problems {
        lines.extend(draw_problem(problem, path, source));
        lines.push(Line::new());
    }
    lines.push(summary(description, path));
    lines
}

fn summary(description: &Description, path: &str) -> Line {
    let count = |severity| {
        description.problems.iter().filter(|problem| problem.severity == severity).count()
    };
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let mut line =
        Line::of(Tone::Plain, &format!("{path}: {}", counted(description.flows.len(), "flow")));
    if errors > 0 {
        line.push(Tone::Bad, &format!(", {}", counted(errors, "error")));
    }
    if warnings > 0 {
        line.push(Tone::Warn, &format!(", {}", counted(warnings, "warning")));
    }
    if errors + warnings == 0 {
        line.push(Tone::Good, ", no problems");
    }
    line
}

fn counted(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use sluice_model::Code;

    use super::*;

    fn drawn(description: &Description, source: &str) -> String {
        let theme = Theme { color: false, unicode: true };
        let grants =
            ["rpc:calendar.event_list".parse().expect("a word"), "ask".parse().expect("a word")];
        let lines = draw(description, &grants, "report.py", source);
        lines.iter().map(|line| line.render(theme) + "\n").collect()
    }

    #[test]
    fn flows_are_listed_with_their_types_and_problems_with_their_place() {
        let description: Description = serde_json::from_value(json!({
            "version": 1,
            "flows": [{
                "name": "access-log-report", "function": "access_log_report", "line": 2,
                "summary": "Summarise an access log.", "doc": "", "is_async": false,
                "uses": ["rpc:calendar.*", "ask"], "steps": ["parse", "rank"],
                "input": {
                    "type": "object", "required": ["log"],
                    "properties": {
                        "log": {"type": "string"},
                        "top": {"type": "integer", "default": 5},
                        "since": {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]},
                    },
                },
                "output": {"$ref": "#/$defs/Report"},
            }],
            "problems": [{
                "severity": "error", "code": "uses_invalid", "message": "`calendar` is no capability",
                "hint": "write `rpc:calendar.*`", "line": 2, "column": 6, "end_line": 2, "end_column": 11,
            }],
        }))
        .expect("it is a description");
        insta::assert_snapshot!(drawn(&description, "import re\n@flow(uses=[\"calendar\"])\n"), @r#"
        access-log-report(log: text, top: integer = 5, since: date or null = ...) -> Report
          Summarise an access log.
          steps: parse, rank
          uses: rpc:calendar.*, ask
          granted: ask
          missing: rpc:calendar.*

        error[uses_invalid]: `calendar` is no capability
         --> report.py:2:6
          |
        1 | import re
        2 | @flow(uses=["calendar"])
          |      ^^^^^
          = hint: write `rpc:calendar.*`

        report.py: 1 flow, 1 error
        "#);
    }

    #[test]
    fn a_source_that_cannot_be_loaded_is_one_error() {
        let failure = Failure::new(Code::SourceInvalid, "invalid syntax").hint("close the bracket");
        let description = unusable(&failure);
        assert_eq!(description.problems.len(), 1);
        assert_eq!(description.problems[0].severity, Severity::Error);
        assert_eq!(description.problems[0].code, "source_invalid");
        assert_eq!(
            summary(&description, "a.py").render(Theme { color: false, unicode: true }),
            "a.py: 0 flows, 1 error"
        );
    }
}
