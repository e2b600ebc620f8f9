//! A problem that a check found, drawn over the source that it was found in.

use sluice_model::{Problem, Severity};

use super::excerpt::{Mark, Snippet, arrow, note, position};
use super::failure::headline;
use super::{Line, Tone};

/// The problem. `path` is what the user called the source.
pub fn draw_problem(problem: &Problem, path: &str, source: &str) -> Vec<Line> {
    let (word, tone) = match problem.severity {
        Severity::Error => ("error", Tone::Bad),
        Severity::Warning => ("warning", Tone::Warn),
    };
    let mut lines = vec![headline(word, tone, &problem.code, &problem.message)];
    let snippet = problem.line.map(|line| snippet(problem, line, source));
    let gutter = snippet.as_ref().map_or(1, Snippet::gutter);
    lines.push(arrow(gutter, &position(path, problem.line, problem.column)));
    lines.extend(snippet.iter().flat_map(|snippet| snippet.draw(tone)));
    if let Some(hint) = &problem.hint {
        lines.extend(note(gutter, "hint", Tone::Accent, hint));
    }
    lines
}

/// The line with two before it and one after.
fn snippet<'s>(problem: &Problem, line: u32, source: &'s str) -> Snippet<'s> {
    let first_line = line.saturating_sub(2).max(1);
    let count = (line.saturating_sub(first_line) as usize).saturating_add(2);
    let skipped = first_line as usize - 1;
    Snippet {
        first_line,
        lines: source.lines().skip(skipped).take(count).collect(),
        mark: Mark {
            line,
            column: problem.column,
            end_line: problem.end_line,
            end_column: problem.end_column,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::super::Theme;
    use super::*;

    #[test]
    fn the_place_is_marked_in_the_source() {
        let problem = Problem {
            severity: Severity::Warning,
            code: "import_unavailable".to_owned(),
            message: "the sandbox has no `requests`".to_owned(),
            hint: Some("use `flow.http`".to_owned()),
            line: Some(2),
            column: Some(8),
            end_line: Some(2),
            end_column: Some(16),
        };
        let source = "import re\nimport requests\nfrom sluice import flow\n\n";
        let theme = Theme { color: false, unicode: true };
        let drawn = |problem: &Problem| {
            let lines = draw_problem(problem, "a.py", source);
            lines.iter().map(|line| line.render(theme) + "\n").collect::<String>()
        };
        insta::assert_snapshot!(drawn(&problem), @r"
        warning[import_unavailable]: the sandbox has no `requests`
         --> a.py:2:8
          |
        1 | import re
        2 | import requests
          |        ^^^^^^^^
        3 | from sluice import flow
          = hint: use `flow.http`
        ");
        let beyond = Problem { line: Some(u32::MAX), ..problem.clone() };
        assert!(drawn(&beyond).contains("a.py:4294967295:8"));
        let nowhere = Problem { line: None, ..problem };
        assert!(drawn(&nowhere).contains("--> a.py\n"));
    }
}
