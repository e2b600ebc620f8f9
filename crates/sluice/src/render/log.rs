//! Log lines, and what a flow printed, as lines.

use sluice_model::{AttemptEnd, Attributes, Level, Stream};

use super::attributes::attributes;
use super::failure::headline_text;
use super::{Line, Tone};
use crate::quantity::{duration, moment};

/// Columns that one attribute's value may take.
const VALUE: usize = 200;

/// A log line: its word, and its text with one line for each line of it.
pub fn draw_log(
    level: Level,
    stream: Option<Stream>,
    message: &str,
    members: &Attributes,
) -> Vec<Line> {
    let (word, tone) = word(level, stream);
    let text = if stream.is_some() || tone == Tone::Dim { Tone::Plain } else { tone };
    let text = if level == Level::Info { Tone::Plain } else { text };
    let mut lines: Vec<Line> = message
        .trim_end_matches(['\n', '\r'])
        .split('\n')
        .map(|line| line.strip_suffix('\r').unwrap_or(line))
        .enumerate()
        .map(|(place, line)| {
            let front = if place == 0 { word } else { "" };
            Line::of(tone, &format!("{front:<8}")).with(text, &untabbed(line))
        })
        .collect();
    if let Some(last) = lines.last_mut().filter(|_| !members.is_empty()) {
        last.push(Tone::Dim, &format!("  {}", attributes(members, VALUE)));
    }
    lines
}

/// Why an attempt is over and its run is not, in a line like those of the log.
pub fn draw_parting(why: &AttemptEnd, at_us: u64) -> Line {
    let line = |word: &str, tone, text: &str| {
        Line::of(tone, &format!("{word:<8}")).with(Tone::Plain, text)
    };
    match why {
        AttemptEnd::Suspended { wake_at_us: None } => {
            line("waits", Tone::Dim, "for an answer or another run; holds no memory meanwhile")
        }
        AttemptEnd::Suspended { wake_at_us: Some(wake_at_us) } => {
            line("waits", Tone::Dim, &format!("until {} at the latest", moment(*wake_at_us)))
        }
        AttemptEnd::Released => line("waits", Tone::Dim, "for a worker: the one before it stopped"),
        AttemptEnd::Retried { failure, due_at_us } => {
            let wait = duration(due_at_us.saturating_sub(at_us));
            line("retry", Tone::Warn, &format!("in {wait}"))
                .with(Tone::Bad, &format!("  {}", headline_text(failure)))
        }
    }
}

/// The word that a log line begins with.
fn word(level: Level, stream: Option<Stream>) -> (&'static str, Tone) {
    match (stream, level) {
        (Some(Stream::Stdout), _) => ("stdout", Tone::Dim),
        (Some(Stream::Stderr), _) => ("stderr", Tone::Dim),
        (None, Level::Debug) => ("debug", Tone::Dim),
        (None, Level::Info) => ("info", Tone::Accent),
        (None, Level::Warning) => ("warn", Tone::Warn),
        (None, Level::Error) => ("error", Tone::Bad),
    }
}

/// Tabs as spaces, to the next of the columns that are multiples of eight.
fn untabbed(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut column = 0;
    for c in line.chars() {
        let spaces = if c == '\t' { 8 - column % 8 } else { 0 };
        text.extend(std::iter::repeat_n(' ', spaces));
        if c != '\t' {
            text.push(c);
        }
        column += spaces.max(1);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::Theme;
    use super::*;

    #[test]
    fn each_line_is_indented_and_none_can_pass_for_another() {
        let theme = Theme { color: false, unicode: true };
        let mut members = Attributes::new();
        members.insert("line".to_owned(), 3.into());
        let lines = [
            draw_log(Level::Warning, None, "odd\r\nerror  forged\n\x1b[2Jgone", &members),
            draw_log(Level::Info, Some(Stream::Stdout), "a\tb\n", &Attributes::new()),
            draw_log(Level::Info, None, "", &Attributes::new()),
        ];
        let drawn: Vec<_> =
            lines.iter().flatten().map(|line| format!("{}|", line.render(theme))).collect();
        insta::assert_snapshot!(drawn.join("\n"), @r"
        warn    odd|
                error  forged|
                \x1b[2Jgone  line=3|
        stdout  a       b|
        info    |
        ");
    }
}
