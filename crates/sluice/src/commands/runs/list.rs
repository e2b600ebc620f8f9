//! `sluice runs ls`.

use serde::Serialize;
use sluice_model::{RunId, RunState};

use crate::cli::{Global, LsArgs};
use crate::exit::{Exit, Usage};
use crate::local::now_us;
use crate::out;
use crate::render::{Line, Theme, Tone, document, draw_runs, terminal_width};
use crate::site::{Asks, Records, Runs, Summary};

/// What `--json` prints.
#[derive(Serialize)]
struct Page<'p> {
    runs: &'p [Summary],
    next: Option<&'p RunId>,
}

/// Lists runs, the newest first.
pub async fn list(args: &LsArgs, records: &dyn Records, global: &Global) -> anyhow::Result<Exit> {
    let after = match &args.page.after {
        Some(cursor) => Some(cursor.parse::<RunId>().map_err(|error| {
            Usage::new(error.to_string()).hint("a cursor is the `next` of an earlier list")
        })?),
        None => None,
    };
    let runs = records
        .runs(&Runs {
            state: args.state,
            outcome: args.outcome.clone(),
            flow: args.flow.clone(),
            before: after,
            limit: args.page.limit,
            ..Runs::default()
        })
        .await?;
    let is_full = runs.len() == args.page.limit as usize;
    let next = runs.last().filter(|_| is_full).map(|run| &run.run);
    if args.page.json {
        out::data(&document(&Page { runs: &runs, next }, out::data_is_for_people())?)?;
        return Ok(Exit::Ok);
    }
    let notes = Theme::of_stderr(global.color);
    if runs.is_empty() {
        let text = format!("No such run is in {}.", records.place());
        out::notes(&[Line::of(Tone::Dim, &text)], notes);
        return Ok(Exit::Ok);
    }
    let asks = if runs.iter().any(|run| run.state == RunState::Waiting) {
        records.asks(&Asks { limit: 1_000, ..Asks::default() }).await?
    } else {
        Vec::new()
    };
    let theme = Theme::of_stdout(global.color);
    out::data_lines(&draw_runs(&runs, &asks, now_us()).lines(terminal_width(), theme), theme)?;
    if let Some(next) = next {
        out::notes(&[Line::of(Tone::Dim, &format!("There may be more: --after {next}"))], notes);
    }
    Ok(Exit::Ok)
}
