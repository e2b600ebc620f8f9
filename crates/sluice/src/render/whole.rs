//! The tree of a record, drawn once.

use sluice_model::{Event, EventBody, Tree};

use super::tree::{Moment, draw_row, draw_run};
use super::tree_rows::final_rows;
use super::{Line, Theme};

/// Rows of the tree that are drawn at most.
const MOST_ROWS: usize = 500;

/// The run and its spans as far as the record tells.
pub fn draw_record(events: &[Event], now_us: u64, width: usize, theme: Theme) -> Vec<Line> {
    let mut tree = Tree::default();
    let mut flow = "";
    let mut started_at_us = now_us;
    let mut ended = None;
    for event in events {
        tree.apply(event.at_us, &event.body);
        match &event.body {
            EventBody::RunQueued(start) => (flow, started_at_us) = (&start.flow, event.at_us),
            EventBody::RunEnded { outcome, .. } => ended = Some((event.at_us, outcome)),
            _ => {}
        }
    }
    let moment = Moment {
        now_us: ended.map_or(now_us, |(at_us, _)| at_us),
        is_over: ended.is_some(),
        frame: 0,
        width,
        theme,
    };
    let run = draw_run(flow, started_at_us, ended.map(|(_, outcome)| outcome), moment);
    let rows = final_rows(&tree, MOST_ROWS);
    std::iter::once(run).chain(rows.iter().map(|row| draw_row(row, moment))).collect()
}

#[cfg(test)]
mod tests {
    use sluice_model::{Outcome, Usage};

    use super::super::samples::Story;
    use super::*;

    #[test]
    fn a_record_is_drawn_as_far_as_it_goes() {
        let theme = Theme { color: false, unicode: true };
        let drawn = |story: &Story| {
            let lines = draw_record(story.events(), 5_000_000, 40, theme);
            lines.iter().map(|line| line.render(theme)).collect::<Vec<_>>().join("\n")
        };
        let mut story = Story::default();
        story.begin("report").start(1, 0, "parse").wait(20_000).end(1).start(2, 0, "rank");
        insta::assert_snapshot!(drawn(&story), @r"
        ⠋ report                          5.00s
        ├─ ✓ parse                         20ms
        ╰─ ⠋ rank                         4.98s
        ");
        let outcome = Outcome::Succeeded { output: serde_json::Value::Null };
        story.end(2).add(EventBody::RunEnded { outcome, usage: Usage::default() });
        insta::assert_snapshot!(drawn(&story), @r"
        ✓ report                           20ms
        ├─ ✓ parse                         20ms
        ╰─ ✓ rank                         0.0ms
        ");
    }
}
