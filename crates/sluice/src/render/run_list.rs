//! Runs as a list.

use std::collections::HashMap;

use sluice_model::{RunId, RunState};

use super::table::Table;
use super::{Line, Tone};
use crate::quantity::{age, duration, moment};
use crate::site::{Ask, Summary};

/// A row a run. `asks` are open questions of these runs and perhaps of others.
pub fn draw_runs(runs: &[Summary], asks: &[Ask], now_us: u64) -> Table {
    let mut questions: HashMap<&RunId, &Ask> = HashMap::new();
    for ask in asks {
        questions.entry(&ask.run).or_insert(ask);
    }
    let mut table = Table::new(&["RUN", "FLOW", "STATE", "AGE", "TOOK", "WAITS FOR"]);
    for run in runs {
        let took = run.ended_at_us.map(|ended| ended.saturating_sub(run.created_at_us));
        table.row(vec![
            Line::of(Tone::Plain, run.run.as_str()),
            Line::of(Tone::Strong, &run.flow),
            state_word(run),
            Line::of(Tone::Dim, &age(now_us.saturating_sub(run.created_at_us))),
            Line::of(Tone::Dim, &took.map(duration).unwrap_or_default()),
            waits_for(run, questions.get(&run.run).copied()),
        ]);
    }
    table
}

/// Where a run stands, or how it ended.
pub fn state_word(run: &Summary) -> Line {
    let (tone, word) = match (run.state, run.outcome.as_deref()) {
        (RunState::Ended, Some("succeeded")) => (Tone::Good, "succeeded"),
        (RunState::Ended, Some("cancelled")) => (Tone::Warn, "cancelled"),
        (RunState::Ended, Some("timed_out")) => (Tone::Bad, "timed out"),
        (RunState::Ended, Some("failed")) => (Tone::Bad, "failed"),
        (RunState::Ended, _) => (Tone::Plain, "ended"),
        (RunState::Running, _) => (Tone::Accent, "running"),
        (state, _) => (Tone::Plain, state.as_str()),
    };
    Line::of(tone, word)
}

fn waits_for(run: &Summary, ask: Option<&Ask>) -> Line {
    match (run.state, ask, run.due_at_us) {
        (RunState::Waiting, Some(ask), _) => Line::of(Tone::Warn, ask.ask.as_str())
            .with(Tone::Plain, " ")
            .with(Tone::Plain, &ask.question.question),
        (RunState::Waiting, None, Some(due_at_us)) => Line::of(Tone::Dim, &moment(due_at_us)),
        (RunState::Waiting, None, None) => Line::of(Tone::Dim, "another run"),
        (RunState::Queued, _, _) => Line::of(Tone::Dim, "a worker"),
        (RunState::Ended, _, _) => {
            let code = run.code.as_deref().filter(|code| Some(*code) != run.outcome.as_deref());
            Line::of(Tone::Dim, code.unwrap_or_default())
        }
        (RunState::Running, _, _) => Line::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Theme;
    use super::super::samples::{ask, summary};
    use super::*;

    #[test]
    fn a_row_says_where_a_run_stands_and_what_it_waits_for() {
        let theme = Theme { color: false, unicode: true };
        let waiting = Summary { state: RunState::Waiting, ..summary(3) };
        let question = ask(&waiting.run, "Pay this invoice?");
        let runs = [
            summary(4),
            waiting,
            Summary {
                state: RunState::Waiting,
                due_at_us: Some(1_795_244_412_000_000),
                ..summary(2)
            },
            Summary {
                state: RunState::Ended,
                outcome: Some("failed".to_owned()),
                code: Some("exception".to_owned()),
                ended_at_us: Some(1_250_000),
                ..summary(1)
            },
        ];
        let lines = draw_runs(&runs, &[question], 90_000_000).lines(None, theme);
        let drawn: Vec<_> = lines.iter().map(|line| line.render(theme)).collect();
        insta::assert_snapshot!(drawn.join("\n"), @r"
        RUN                             FLOW    STATE    AGE  TOOK   WAITS FOR
        run_00000000040000000000000000  report  queued   1m          a worker
        run_00000000030000000000000000  report  waiting  1m          ask_00000000010000000000000000 Pay this invoice?
        run_00000000020000000000000000  report  waiting  1m          2026-11-21 07:00:12 UTC
        run_00000000010000000000000000  report  failed   1m   1.25s  exception
        ");
    }
}
