//! `sluice grants`: what runs may do, and what they needed.

use std::collections::BTreeSet;

use serde_json::json;
use sluice_model::{CallKind, Event, EventBody};

use super::{async_runtime, site};
use crate::cli::{Global, GrantsArgs, GrantsCommand, InferArgs};
use crate::exit::Exit;
use crate::out;
use crate::render::document;

/// Does what is asked for.
pub fn run(args: &GrantsArgs, global: &Global) -> anyhow::Result<Exit> {
    let GrantsCommand::Infer(args) = &args.command;
    async_runtime()?.block_on(infer(args, global))
}

async fn infer(args: &InferArgs, global: &Global) -> anyhow::Result<Exit> {
    let records = site::records(global).await?;
    let run = records.run(&args.run).await?;
    let needed = needed(&records.record(&run.run).await?);
    if args.json {
        let page = json!({ "run": run.run, "grants": needed });
        out::data(&document(&page, out::data_is_for_people())?)?;
        return Ok(Exit::Ok);
    }
    let lines: String = needed.iter().flat_map(|word| [word.as_str(), "\n"]).collect();
    out::data(&lines)?;
    Ok(Exit::Ok)
}

/// The narrowest capabilities that the calls of a record need, one by one. What every run may do is not
/// among them.
fn needed(events: &[Event]) -> BTreeSet<String> {
    let of = |event: &Event| match &event.body {
        EventBody::CallStarted { call } if call.request.kind() != CallKind::Ask => {
            call.request.exact_capability().map(|needed| needed.to_string())
        }
        _ => None,
    };
    events.iter().filter_map(of).collect()
}
