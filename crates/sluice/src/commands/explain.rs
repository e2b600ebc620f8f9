//! `sluice explain`: the section of docs/errors.md that a code has.

use crate::cli::{ColorChoice, ExplainArgs};
use crate::exit::{Exit, Usage};
use crate::nearest::nearest;
use crate::out;
use crate::render::{Line, Theme, Tone};

const ERRORS: &str = include_str!("../../../../docs/errors.md");

/// One code's part of the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Section<'d> {
    code: &'d str,
    text: &'d str,
}

/// Prints the section, or the list of all.
pub fn run(args: &ExplainArgs, color: ColorChoice) -> anyhow::Result<Exit> {
    let sections = sections(ERRORS);
    let lines = match &args.code {
        Some(code) => explain(&sections, code)?,
        None => list(&sections),
    };
    out::data_lines(&lines, Theme::of_stdout(color))?;
    Ok(Exit::Ok)
}

fn explain(sections: &[Section<'_>], code: &str) -> Result<Vec<Line>, Usage> {
    // As it is copied from an error: `error[flow_failed]`.
    let code = code.trim().trim_start_matches("error").trim_matches(['[', ']', '`', ':']);
    let Some(section) = sections.iter().find(|section| section.code == code) else {
        let near = nearest(code, sections.iter().map(|section| section.code));
        let hint = near.map_or_else(
            || "`sluice explain` lists all codes".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        return Err(Usage::new(format!("there is no error code `{code}`")).hint(hint));
    };
    let mut lines = vec![Line::of(Tone::Strong, section.code), Line::new()];
    lines.extend(section.text.lines().map(|line| Line::of(Tone::Plain, line)));
    Ok(lines)
}

fn list(sections: &[Section<'_>]) -> Vec<Line> {
    let longest = sections.iter().map(|section| section.code.len()).max().unwrap_or_default();
    let line = |section: &Section<'_>| {
        let summary = section.text.lines().next().unwrap_or_default();
        Line::of(Tone::Strong, &format!("{:longest$}", section.code))
            .with(Tone::Dim, &format!("  {summary}"))
    };
    sections.iter().map(line).collect()
}

/// The sections whose heading is a code: one word of small letters, with or without backticks.
fn sections(document: &str) -> Vec<Section<'_>> {
    let mut sections = Vec::new();
    let mut open: Option<(&str, usize, usize)> = None;
    let mut start = 0;
    let mut is_code_block = false;
    for line in document.split_inclusive('\n') {
        let end = start + line.len();
        is_code_block ^= line.starts_with("```");
        let level = line.bytes().take_while(|byte| *byte == b'#').count();
        if level > 0 && !is_code_block {
            if let Some((code, _, from)) = open.take_if(|(_, above, _)| level <= *above) {
                sections.push(Section { code, text: document[from..start].trim() });
            }
            let heading = line[level..].trim().trim_matches('`');
            let is_code = level > 1
                && !heading.is_empty()
                && heading.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
            if is_code {
                open = Some((heading, level, end));
            }
        }
        start = end;
    }
    if let Some((code, _, from)) = open {
        sections.push(Section { code, text: document[from..].trim() });
    }
    sections
}

#[cfg(test)]
mod tests {
    use sluice_model::Code;

    use super::*;

    #[test]
    fn every_code_has_its_section() {
        let sections = sections(ERRORS);
        let has_none = |code: &&Code| !sections.iter().any(|section| section.code == code.as_str());
        let missing: Vec<_> = Code::ALL.iter().filter(has_none).map(|code| code.as_str()).collect();
        assert!(missing.is_empty(), "docs/errors.md has no section for {missing:?}");
        let empty: Vec<_> = sections.iter().filter(|section| section.text.is_empty()).collect();
        assert!(empty.is_empty(), "docs/errors.md has sections without a text: {empty:?}");
    }

    #[test]
    fn a_section_goes_to_the_next_heading_of_its_level() {
        let document = "# Errors\n\nIntro\n\n## `one`\n\nFirst.\n\n### Example\n\n```py\n# two\n```\n\n\
                        ## two_three\nSecond.\n## The end\nNo code.\n";
        let sections = sections(document);
        let one = Section { code: "one", text: "First.\n\n### Example\n\n```py\n# two\n```" };
        assert_eq!(sections, [one, Section { code: "two_three", text: "Second." }]);
    }

    #[test]
    fn a_code_may_be_copied_from_an_error_and_may_be_misspelt() {
        let sections = [Section { code: "limit_memory", text: "Too much." }];
        assert!(explain(&sections, "error[limit_memory]:").is_ok());
        let usage = explain(&sections, "limit_memroy").expect_err("there is none");
        assert_eq!(usage.hint.as_deref(), Some("did you mean `limit_memory`?"));
    }
}
