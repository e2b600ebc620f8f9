//! One row of the tree as a line: guides, symbol, name, progress and attributes on the left, the
//! time on the right.

use sluice_model::{Outcome, Span, SpanStatus};

use super::attributes::attributes;
use super::failure::headline_text;
use super::tree_rows::{Item, Row};
use super::{Line, Theme, Tone};
use crate::quantity::{duration, grouped};

/// The widest that a tree is drawn: further apart, the eye loses the row.
const MAX_WIDTH: usize = 110;
/// Columns of a progress bar.
const BAR: usize = 20;
/// Columns that one attribute's value may take.
const VALUE: usize = 40;

/// How the moment is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// In microseconds since the Unix epoch.
    pub now_us: u64,
    /// Whether the run is over: what is open then will stay so.
    pub is_over: bool,
    /// Counts the frames, for the spinner.
    pub frame: usize,
    /// Columns of the terminal.
    pub width: usize,
    /// What the terminal can show.
    pub theme: Theme,
}

/// The run itself, above its spans.
pub fn draw_run(flow: &str, started_at_us: u64, outcome: Option<&Outcome>, moment: Moment) -> Line {
    let theme = moment.theme;
    let (tone, symbol) = match outcome {
        None => (Tone::Accent, theme.spinner(moment.frame)),
        Some(Outcome::Succeeded { .. }) => (Tone::Good, theme.done()),
        Some(Outcome::Cancelled { .. }) => (Tone::Warn, theme.cancelled()),
        Some(Outcome::Failed { .. } | Outcome::TimedOut { .. }) => (Tone::Bad, theme.failed()),
    };
    let left = Line::of(tone, symbol).with(Tone::Plain, " ").with(Tone::Strong, flow);
    aligned(left, Some(moment.now_us.saturating_sub(started_at_us)), moment)
}

/// One row under the run.
pub fn draw_row(row: &Row<'_>, moment: Moment) -> Line {
    let theme = moment.theme;
    let mut left = Line::of(Tone::Dim, &guides(&row.levels, theme));
    match &row.item {
        Item::Span { span, hidden } => {
            push_span(&mut left, span, *hidden, moment);
            let end_us = span.ended_at_us.unwrap_or(moment.now_us);
            aligned(left, Some(end_us.saturating_sub(span.started_at_us)), moment)
        }
        Item::Finished { count, failed } => {
            let dots = theme.ellipsis();
            left.push(Tone::Dim, &format!("{dots} {} more finished", grouped(*count as u64)));
            if *failed > 0 {
                left.push(Tone::Bad, &format!(", {} failed", grouped(*failed as u64)));
            }
            aligned(left, None, moment)
        }
        Item::Open { count } => {
            let dots = theme.ellipsis();
            left.push(Tone::Dim, &format!("{dots} {} more running", grouped(*count as u64)));
            aligned(left, None, moment)
        }
    }
}

fn push_span(left: &mut Line, span: &Span, hidden: usize, moment: Moment) {
    let theme = moment.theme;
    let (tone, symbol, name) = match &span.status {
        None if moment.is_over => (Tone::Warn, theme.cancelled(), Tone::Dim),
        None => (Tone::Accent, theme.spinner(moment.frame), Tone::Strong),
        Some(SpanStatus::Ok) => (Tone::Good, theme.done(), Tone::Plain),
        Some(SpanStatus::Failed { .. }) => (Tone::Bad, theme.failed(), Tone::Plain),
        Some(SpanStatus::Cancelled) => (Tone::Warn, theme.cancelled(), Tone::Dim),
    };
    left.push(tone, symbol);
    left.push(Tone::Plain, " ");
    left.push(name, &span.name);
    if hidden > 0 {
        left.push(Tone::Dim, &format!(" +{}", grouped(hidden as u64)));
    }
    if let (Some((done, total)), None) = (span.progress, &span.status) {
        push_progress(left, done, total, theme);
    }
    if let Some(SpanStatus::Failed { failure }) = &span.status {
        left.push(Tone::Plain, "  ");
        left.push(Tone::Bad, &headline_text(failure));
    }
    if !span.attributes.is_empty() {
        left.push(Tone::Dim, &format!("  {}", attributes(&span.attributes, VALUE)));
    }
}

fn push_progress(left: &mut Line, done: u64, total: Option<u64>, theme: Theme) {
    let Some(total) = total else {
        left.push(Tone::Accent, &format!("  {}", grouped(done)));
        return;
    };
    let share = u128::from(done.min(total)) * BAR as u128 / u128::from(total.max(1));
    let filled = if total == 0 { BAR } else { usize::try_from(share).unwrap_or(BAR) };
    let (full, rest) = theme.bar();
    left.push(Tone::Plain, "  ");
    left.push(Tone::Accent, &full.repeat(filled));
    left.push(Tone::Dim, &rest.repeat(BAR - filled));
    left.push(Tone::Plain, &format!(" {}/{}", grouped(done), grouped(total)));
}

fn guides(levels: &[bool], theme: Theme) -> String {
    let Some((goes_on, above)) = levels.split_last() else { return String::new() };
    let mut guides: String =
        above.iter().map(|goes_on| if *goes_on { theme.trunk() } else { "   " }).collect();
    guides.push_str(if *goes_on { theme.branch() } else { theme.last_branch() });
    guides
}

/// The left part, cut to what fits, and the time at the right edge.
fn aligned(left: Line, took_us: Option<u64>, moment: Moment) -> Line {
    // The last column stays free: some terminals wrap when it is written.
    let width = moment.width.saturating_sub(1).min(MAX_WIDTH);
    let Some(took_us) = took_us else { return left.fit(width, moment.theme) };
    let took = duration(took_us);
    let left = left.fit(width.saturating_sub(took.len() + 2), moment.theme);
    let gap = width.saturating_sub(left.width() + took.len());
    left.with(Tone::Plain, &" ".repeat(gap)).with(Tone::Dim, &took).fit(width, moment.theme)
}

#[cfg(test)]
mod tests {
    use super::super::samples::{Story, failed};
    use super::super::tree_rows::live_rows;
    use super::*;

    fn drawn(story: &Story, width: usize, unicode: bool) -> String {
        let theme = Theme { color: false, unicode };
        let moment = Moment { now_us: story.now_us(), is_over: false, frame: 0, width, theme };
        let mut lines = vec![draw_run("report", 0, None, moment).render(theme)];
        let rows = live_rows(story.tree(), 20);
        lines.extend(rows.iter().map(|row| draw_row(row, moment).render(theme)));
        assert!(lines.iter().all(|line| super::super::text::width(line) < width));
        lines.join("\n")
    }

    fn story() -> Story {
        let mut story = Story::default();
        story.start(1, 0, "parse").set(1, "lines", 30_000).wait(1_234_567).end(1);
        story.start(2, 0, "rank").start(3, 2, "paths").wait(12_000).end(3);
        story.start(4, 2, "hosts").progress(4, 3_000, Some(12_000));
        story.start(5, 2, "数据 \x1b[31m").fail(5, failed("KeyError", "'id'"));
        story.start(6, 2, "count").progress(6, 70, None).wait(2_000_000);
        story
    }

    #[test]
    fn a_run_in_its_middle() {
        insta::assert_snapshot!(drawn(&story(), 64, true), @r"
        ⠋ report                                                  3.24s
        ├─ ✓ parse  lines=30000                                   1.23s
        ╰─ ⠋ rank                                                 2.01s
           ├─ ✓ paths                                              12ms
           ├─ ⠋ hosts  ━━━━━─────────────── 3,000/12,000          2.00s
           ├─ ✗ 数据 \x1b[31m  KeyError: 'id'                     0.0ms
           ╰─ ⠋ count  70                                         2.00s
        ");
    }

    #[test]
    fn the_same_where_only_ascii_can_be_shown() {
        insta::assert_snapshot!(drawn(&story(), 64, false), @r"
        | report                                                  3.24s
        |- + parse  lines=30000                                   1.23s
        `- | rank                                                 2.01s
           |- + paths                                              12ms
           |- | hosts  #####............... 3,000/12,000          2.00s
           |- x 数据 \x1b[31m  KeyError: 'id'                     0.0ms
           `- | count  70                                         2.00s
        ");
    }

    #[test]
    fn a_narrow_terminal_keeps_the_times() {
        insta::assert_snapshot!(drawn(&story(), 24, true), @r"
        ⠋ report          3.24s
        ├─ ✓ parse  lin…  1.23s
        ╰─ ⠋ rank         2.01s
           ├─ ✓ paths      12ms
           ├─ ⠋ hosts  …  2.00s
           ├─ ✗ 数据 \x…  0.0ms
           ╰─ ⠋ count  …  2.00s
        ");
    }

    #[test]
    fn progress_that_lies_stays_within_its_bar() {
        let bar = |done, total| {
            let mut line = Line::new();
            push_progress(&mut line, done, Some(total), Theme { color: false, unicode: false });
            line.render(Theme { color: false, unicode: false })
        };
        assert_eq!(bar(7, 0), "  #################### 7/0");
        assert_eq!(bar(u64::MAX, 1), "  #################### 18,446,744,073,709,551,615/1");
        assert_eq!(bar(1, u64::MAX), "  .................... 1/18,446,744,073,709,551,615");
    }
}
