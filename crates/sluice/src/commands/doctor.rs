//! `sluice doctor`: what of this machine would keep flows from running well, and what to do.

mod findings;
mod trial;

use serde::Serialize;

use self::findings::{cache, image, kernel, processors, reservations, store, version};
use self::trial::trial;
use crate::cli::{DoctorArgs, Global};
use crate::exit::Exit;
use crate::out;
use crate::render::{Line, Theme, Tone, document};

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Finding {
    /// What.
    subject: &'static str,
    /// How it stands.
    state: State,
    /// What was found.
    found: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

/// How something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    /// As it should.
    Ok,
    /// Flows run, and could run better.
    Warning,
    /// Flows do not run.
    Problem,
}

impl Finding {
    fn ok(subject: &'static str, found: impl Into<String>) -> Finding {
        Finding { subject, state: State::Ok, found: found.into(), hint: None }
    }

    fn warning(subject: &'static str, found: impl Into<String>, hint: &str) -> Finding {
        let hint = Some(hint.to_owned());
        Finding { subject, state: State::Warning, found: found.into(), hint }
    }

    fn problem(subject: &'static str, found: impl Into<String>, hint: &str) -> Finding {
        let hint = Some(hint.to_owned());
        Finding { subject, state: State::Problem, found: found.into(), hint }
    }
}

/// Looks at everything and prints what was found.
pub fn run(args: &DoctorArgs, global: &Global) -> anyhow::Result<Exit> {
    let mut findings = vec![version(), processors(), kernel(), reservations()];
    findings.extend([cache(), store(global), image()]);
    // Last, as it builds the image where there is none.
    findings.push(trial(Theme::of_stderr(global.color)));
    if args.json {
        out::data(&document(&findings, out::data_is_for_people())?)?;
    } else {
        let theme = Theme::of_stdout(global.color);
        let lines: Vec<_> = findings.iter().flat_map(|finding| draw(finding, theme)).collect();
        out::data_lines(&lines, theme)?;
    }
    let is_broken = findings.iter().any(|finding| finding.state == State::Problem);
    Ok(if is_broken { Exit::Failed } else { Exit::Ok })
}

fn draw(finding: &Finding, theme: Theme) -> Vec<Line> {
    let (tone, symbol) = match finding.state {
        State::Ok => (Tone::Good, theme.done()),
        State::Warning => (Tone::Warn, "!"),
        State::Problem => (Tone::Bad, theme.failed()),
    };
    let mut lines = vec![
        Line::of(tone, symbol)
            .with(Tone::Strong, &format!(" {:<12}", finding.subject))
            .with(Tone::Plain, &finding.found),
    ];
    if let Some(hint) = &finding.hint {
        lines.push(Line::of(Tone::Accent, &format!("{:14}hint: ", "")).with(Tone::Plain, hint));
    }
    lines
}
