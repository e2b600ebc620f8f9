//! A failure as the best compilers draw theirs: what happened, where exactly, the likely why, and
//! what to do next.

use serde_json::Value;
use sluice_model::{Code, Failure, Frame};

use super::divergence::draw_sides;
use super::excerpt::{Mark, Snippet, arrow, note, position};
use super::text::{clean, cut};
use super::{Line, Tone};

/// How deep causes and groups are drawn.
const MAX_DEPTH: usize = 8;
/// How many of one sort are drawn: locals, frames, notes, members of a group, problems.
const MAX_LISTED: usize = 20;
/// Columns that the value of a local may take.
const LOCAL: usize = 160;

/// The failure and all that belongs to it. `path` is what the user called the flow's source.
pub fn draw_failure(failure: &Failure, path: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    draw(&mut lines, failure, path, "error", 0);
    lines.push(Line::new());
    let code = failure.code.as_str();
    lines.push(Line::of(Tone::Dim, &format!("For more about this error: sluice explain {code}")));
    lines
}

/// The failure in one line: `KeyError: 'id'`.
pub fn headline_text(failure: &Failure) -> String {
    let message = failure.message.lines().next().unwrap_or_default();
    // The classes of Sluice itself say no more than the code does.
    match failure.exception.as_ref().filter(|class| !class.starts_with("sluice.")) {
        Some(exception) if message.is_empty() => exception.clone(),
        Some(exception) => format!("{exception}: {message}"),
        None => message.to_owned(),
    }
}

/// `error[code]: what happened`.
pub fn headline(word: &str, tone: Tone, code: &str, text: &str) -> Line {
    Line::of(tone, &format!("{word}[{code}]")).with(Tone::Strong, &format!(": {text}"))
}

fn draw(lines: &mut Vec<Line>, failure: &Failure, path: &str, word: &str, depth: usize) {
    lines.push(headline(word, Tone::Bad, failure.code.as_str(), &headline_text(failure)));
    let problems = problems(failure);
    if problems.is_empty() {
        let rest = failure.message.lines().skip(1).take(2 * MAX_LISTED);
        lines.extend(rest.map(|line| Line::of(Tone::Plain, &format!("  {line}"))));
    }

    let own = failure.frames.iter().rposition(|frame| frame.own);
    let frame = own.map(|place| &failure.frames[place]);
    let snippet = frame.and_then(snippet);
    let gutter = snippet.as_ref().map_or(1, Snippet::gutter);
    if let Some(frame) = frame {
        lines.push(arrow(gutter, &place(frame, path, &failure.step)));
    } else if !failure.step.is_empty() {
        lines.push(arrow(gutter, &format!("{path} (step: {})", steps(&failure.step))));
    }
    lines.extend(snippet.iter().flat_map(|snippet| snippet.draw(Tone::Bad)));

    if failure.code == Code::ReplayDiverged {
        lines.extend(draw_sides(failure));
    }
    lines.extend(problems.iter().flat_map(|(at, text)| note(gutter, at, Tone::Bad, text)));
    if let (Some(own), Some(frame)) = (own, frame) {
        push_locals(lines, gutter, frame);
        push_outer_frames(lines, gutter, &failure.frames, own, path);
    }
    if let Some(hint) = &failure.hint {
        lines.extend(note(gutter, "hint", Tone::Accent, hint));
    }
    for text in failure.notes.iter().take(MAX_LISTED) {
        lines.extend(note(gutter, "note", Tone::Strong, text));
    }
    if failure.retryable {
        let text = "the same run, tried again unchanged, may succeed";
        lines.extend(note(gutter, "note", Tone::Strong, text));
    }

    if depth < MAX_DEPTH {
        push_group(lines, failure, path, depth);
        push_cause(lines, failure, path, depth);
    }
}

/// Where it happened: `orders.py:13:20 in load (step: read > parse)`.
fn place(frame: &Frame, path: &str, step: &[String]) -> String {
    let is_source = frame.own && frame.file == "flow.py";
    let file = if is_source { path } else { &frame.file };
    let function = match frame.function.as_str() {
        "" | "<module>" => String::new(),
        function => format!(" in {function}"),
    };
    let step = if step.is_empty() { String::new() } else { format!(" (step: {})", steps(step)) };
    position(file, frame.line, frame.column) + &function + &step
}

fn steps(step: &[String]) -> String {
    step.iter().take(MAX_LISTED).map(String::as_str).collect::<Vec<_>>().join(" > ")
}

fn snippet(frame: &Frame) -> Option<Snippet<'_>> {
    let excerpt = frame.excerpt.as_ref()?;
    Some(Snippet {
        first_line: excerpt.first_line,
        lines: excerpt.lines.iter().take(MAX_LISTED).map(String::as_str).collect(),
        mark: Mark {
            line: frame.line?,
            column: frame.column,
            end_line: frame.end_line,
            end_column: frame.end_column,
        },
    })
}

fn push_locals(lines: &mut Vec<Line>, gutter: usize, frame: &Frame) {
    let locals: Vec<_> = frame
        .locals
        .iter()
        .take(MAX_LISTED)
        .map(|(name, value)| {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let shown = clean(&format!("{name} = {text}")).into_owned();
            cut(&shown, LOCAL, "...").into_owned()
        })
        .collect();
    if !locals.is_empty() {
        lines.extend(note(gutter, "locals", Tone::Strong, &locals.join("\n")));
    }
}

fn push_outer_frames(
    lines: &mut Vec<Line>,
    gutter: usize,
    frames: &[Frame],
    own: usize,
    path: &str,
) {
    if let Some(inner) = frames[own + 1..].last() {
        lines.extend(note(gutter, "raised in", Tone::Strong, &place(inner, path, &[])));
    }
    for outer in frames[..own].iter().rev().filter(|frame| frame.own).take(MAX_LISTED) {
        lines.extend(note(gutter, "called from", Tone::Strong, &place(outer, path, &[])));
    }
}

fn push_group(lines: &mut Vec<Line>, failure: &Failure, path: &str, depth: usize) {
    let count = failure.group.len();
    for (place, member) in failure.group.iter().take(MAX_LISTED).enumerate() {
        let mut inner = Vec::new();
        draw(&mut inner, member, path, &format!("{} of {count}: error", place + 1), depth + 1);
        lines.push(Line::new());
        lines.extend(inner.into_iter().map(|line| Line::of(Tone::Plain, "  ").join(line)));
    }
}

fn push_cause(lines: &mut Vec<Line>, failure: &Failure, path: &str, depth: usize) {
    let Some(cause) = &failure.cause else { return };
    let word = match failure.cause_kind.as_deref() {
        Some("context") => "while handling: error",
        _ => "caused by: error",
    };
    // The step is that of the whole failure: said once.
    let mut cause = (**cause).clone();
    if cause.step == failure.step {
        cause.step.clear();
    }
    lines.push(Line::new());
    draw(lines, &cause, path, word, depth + 1);
}

/// What is wrong with a value and where in it, if there is more than the headline says.
fn problems(failure: &Failure) -> Vec<(String, String)> {
    if !matches!(failure.code, Code::InputInvalid | Code::OutputInvalid | Code::AnswerInvalid) {
        return Vec::new();
    }
    let listed = failure.details.get("problems").and_then(Value::as_array);
    let listed = listed.map(Vec::as_slice).filter(|problems| problems.len() > 1);
    // The flow's own check and that of the host name the same things differently.
    let text = |problem: &Value, names: [&str; 2]| {
        let member = names.iter().find_map(|name| problem.get(name)?.as_str());
        member.unwrap_or_default().to_owned()
    };
    listed
        .unwrap_or_default()
        .iter()
        .take(MAX_LISTED)
        .map(|problem| {
            let told = text(problem, ["message", "problem"]);
            let told = match text(problem, ["hint", ""]) {
                hint if hint.is_empty() => told,
                hint => format!("{told}; {hint}"),
            };
            (text(problem, ["path", "place"]), told)
        })
        .collect()
}

#[cfg(test)]
mod tests;
