//! `sluice runs export` and `sluice runs import`: a run as one file.

use serde_json::json;

use crate::cli::{ExportArgs, Global, ImportArgs};
use crate::exit::{Exit, Usage};
use crate::out;
use crate::quantity::bytes;
use crate::render::{Line, Theme, Tone, document};
use crate::site::Records;

/// Writes the run to a file, or to standard output.
pub async fn export(
    args: &ExportArgs,
    records: &dyn Records,
    global: &Global,
) -> anyhow::Result<Exit> {
    let run = records.run(&args.run).await?.run;
    let text = records.export(&run, args.redact.as_deref()).await?;
    let Some(path) = &args.output else {
        out::data(&text)?;
        return Ok(Exit::Ok);
    };
    std::fs::write(path, &text)
        .map_err(|error| Usage::new(format!("cannot write `{}`: {error}", path.display())))?;
    let line = format!("{run} is in {}, {}.", path.display(), bytes(text.len() as u64));
    out::notes(&[Line::of(Tone::Good, &line)], Theme::of_stderr(global.color));
    Ok(Exit::Ok)
}

/// Takes a run in, and prints its id.
pub async fn import(
    args: &ImportArgs,
    records: &dyn Records,
    global: &Global,
) -> anyhow::Result<Exit> {
    let path = args.file.display();
    let text = std::fs::read_to_string(&args.file)
        .map_err(|error| Usage::new(format!("cannot read `{path}`: {error}")))?;
    let run = records.import(&text).await?;
    if args.json {
        out::data(&document(&json!({ "run": run }), out::data_is_for_people())?)?;
    } else {
        out::data(&format!("{run}\n"))?;
        let line = format!("Look at it: sluice runs get {run}; go through it: sluice replay {run}");
        out::notes(&[Line::of(Tone::Dim, &line)], Theme::of_stderr(global.color));
    }
    Ok(Exit::Ok)
}
