//! `sluice asks`: the questions of runs to people, and their answers.

mod value;

use std::collections::HashMap;

use serde::Serialize;
use sluice_model::{AskId, Code, RunId};

use self::value::answer_of;
use super::{async_runtime, site};
use crate::cli::{AnswerArgs, AsksArgs, AsksCommand, AsksLsArgs, Global};
use crate::exit::{Exit, Usage};
use crate::input::assemble;
use crate::local::{check_schema, now_us};
use crate::out;
use crate::quantity::{age, moment};
use crate::render::{
    Line, Table, Theme, Tone, document, draw_failure, draw_question, terminal_width,
};
use crate::schema::{Schema, unwrapped};
use crate::settings;
use crate::site::{Answered, Ask, Asks, Records};

/// What `asks ls --json` prints.
#[derive(Serialize)]
struct Page<'p> {
    asks: &'p [Ask],
    next: Option<&'p AskId>,
}

/// Does what is asked for.
pub fn run(args: &AsksArgs, global: &Global) -> anyhow::Result<Exit> {
    async_runtime()?.block_on(async {
        let records = site::records(global).await?;
        match &args.command {
            AsksCommand::Ls(args) => list(args, &*records, global).await,
            AsksCommand::Answer(args) => answer(args, &*records, global).await,
        }
    })
}

async fn list(args: &AsksLsArgs, records: &dyn Records, global: &Global) -> anyhow::Result<Exit> {
    let before = match &args.page.after {
        Some(cursor) => Some(cursor.parse::<AskId>().map_err(|error| {
            Usage::new(error.to_string()).hint("a cursor is the `next` of an earlier list")
        })?),
        None => None,
    };
    let asks =
        records.asks(&Asks { all: args.all, run: None, before, limit: args.page.limit }).await?;
    let is_full = asks.len() == args.page.limit as usize;
    let next = asks.last().filter(|_| is_full).map(|ask| &ask.ask);
    if args.page.json {
        out::data(&document(&Page { asks: &asks, next }, out::data_is_for_people())?)?;
        return Ok(Exit::Ok);
    }
    let theme = Theme::of_stdout(global.color);
    let mut flows: HashMap<RunId, String> = HashMap::new();
    for ask in &asks {
        if !flows.contains_key(&ask.run) {
            let flow = records.find(&ask.run).await?.map(|run| run.flow);
            flows.insert(ask.run.clone(), flow.unwrap_or_default());
        }
    }
    let now_us = now_us();
    let mut table = Table::new(&["ASK", "RUN", "FLOW", "AGE", "FOR", "STATE", "QUESTION"]);
    for ask in &asks {
        let flow = flows.get(&ask.run).map(String::as_str).unwrap_or_default();
        let assignee = ask.question.assignee.as_deref().unwrap_or("anybody");
        table.row(vec![
            Line::of(Tone::Plain, ask.ask.as_str()),
            Line::of(Tone::Dim, ask.run.as_str()),
            Line::of(Tone::Plain, flow),
            Line::of(Tone::Dim, &age(now_us.saturating_sub(ask.created_at_us))),
            Line::of(Tone::Plain, assignee),
            Line::of(if ask.state == "open" { Tone::Warn } else { Tone::Dim }, &ask.state),
            Line::of(Tone::Strong, &ask.question.question),
        ]);
    }
    if asks.is_empty() {
        let text = if args.all { "Nothing was asked." } else { "Nothing waits for an answer." };
        out::notes(&[Line::of(Tone::Dim, text)], Theme::of_stderr(global.color));
        return Ok(Exit::Ok);
    }
    out::data_lines(&table.lines(terminal_width(), theme), theme)?;
    if let Some(next) = next {
        let text = format!("There may be more: --after {next}");
        out::notes(&[Line::of(Tone::Dim, &text)], Theme::of_stderr(global.color));
    }
    Ok(Exit::Ok)
}

async fn answer(args: &AnswerArgs, records: &dyn Records, global: &Global) -> anyhow::Result<Exit> {
    let ask = records.ask(&args.ask).await?;
    let theme = Theme::of_stderr(global.color);
    let schema = unwrapped(&ask.question.schema);
    let value = match &args.value {
        Some(text) => answer_of(text, Schema::new(&schema), &schema)?,
        None if !args.inputs.is_empty() => assemble(&args.inputs, Schema::new(&schema))?,
        None => return show(args, &ask, global),
    };
    if ask.state == "answered" {
        anyhow::bail!("{} is answered already; the first answer counts", ask.ask);
    }
    if let Err(failure) =
        check_schema("the answer", Code::AnswerInvalid, &ask.question.schema, &value)
    {
        out::notes(&draw_failure(&failure, ask.ask.as_str()), theme);
        return Ok(Exit::Failed);
    }
    let by = args.by.clone().or_else(settings::person).unwrap_or_else(|| "somebody".to_owned());
    match records.answer(&ask.ask, &value, &by).await? {
        Answered::Taken => {}
        Answered::NotFound => return Err(Usage::new(format!("there is no {}", ask.ask)).into()),
        Answered::Already => {
            anyhow::bail!("{} is answered already; the first answer counts", ask.ask)
        }
        Answered::NotFor => {
            let who = ask.question.assignee.as_deref().unwrap_or_default();
            let usage = Usage::new(format!("this question is for `{who}`, and you are `{by}`"));
            return Err(usage.hint("say who answers with --as").into());
        }
        Answered::Closed => {
            anyhow::bail!("{} is closed: nobody waits for an answer any more", ask.ask)
        }
    }
    if args.json {
        let ask = records.ask(ask.ask.as_str()).await?;
        out::data(&document(&ask, out::data_is_for_people())?)?;
    } else {
        let when = if records.is_served() { "" } else { " when a worker takes it up" };
        let text = format!("Answered. {} goes on{when}.", ask.run);
        out::notes(&[Line::of(Tone::Good, &text)], theme);
    }
    Ok(Exit::Ok)
}

/// The question, all that belongs to it, and how it is answered.
fn show(args: &AnswerArgs, ask: &Ask, global: &Global) -> anyhow::Result<Exit> {
    if args.json {
        out::data(&document(ask, out::data_is_for_people())?)?;
        return Ok(Exit::Ok);
    }
    let schema = unwrapped(&ask.question.schema);
    let words = Schema::new(&schema).words(&ask.question.schema);
    let row = |label: &str, text: &str| {
        Line::of(Tone::Dim, &format!("{label:<8}")).with(Tone::Plain, text)
    };
    let mut lines = vec![row("ask", ask.ask.as_str()), row("run", ask.run.as_str())];
    lines.push(row("asked", &moment(ask.created_at_us)));
    if let Some(due_at_us) = ask.due_at_us {
        lines.push(row("until", &moment(due_at_us)));
    }
    lines.push(row("for", ask.question.assignee.as_deref().unwrap_or("anybody")));
    lines.push(row("answer", &words));
    match (&ask.answer, &ask.answered_by) {
        (Some(answer), by) => {
            let by = by.as_deref().unwrap_or_default();
            lines.push(row("answered", &format!("{answer} by {by}")));
        }
        (None, _) if ask.state != "open" => lines.push(row("state", &ask.state)),
        (None, _) => {}
    }
    lines.push(Line::new());
    lines.extend(draw_question(ask));
    out::data_lines(&lines, Theme::of_stdout(global.color))?;
    Ok(Exit::Ok)
}
