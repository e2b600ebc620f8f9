//! `sluice flows`: saved flows, which other flows and later runs find by their names.

use std::sync::Arc;

use serde_json::{Value, json};
use sluice_model::{FlowDescription, Severity};

use super::{async_runtime, read_source, site};
use crate::cli::{
    FlowsArgs, FlowsCommand, FlowsDiffArgs, FlowsGetArgs, FlowsHistoryArgs, FlowsLsArgs,
    FlowsSaveArgs, Global,
};
use crate::exit::{Exit, Usage};
use crate::local::now_us;
use crate::nearest::nearest;
use crate::out;
use crate::quantity::{age, moment};
use crate::render::{
    Line, Table, Theme, Tone, document, draw_diff, draw_failure, draw_flow, draw_problem,
    terminal_width,
};
use crate::site::{Records, SavedFlow};

/// Does what is asked for.
pub fn run(args: &FlowsArgs, global: &Global) -> anyhow::Result<Exit> {
    async_runtime()?.block_on(async {
        let records = site::records(global).await?;
        let records = &*records;
        match &args.command {
            FlowsCommand::Ls(args) => list(args, records, global).await,
            FlowsCommand::Get(args) => get(args, records, global).await,
            FlowsCommand::History(args) => history(args, records, global).await,
            FlowsCommand::Diff(args) => diff(args, records, global).await,
            FlowsCommand::Save(args) => save(args, records, global).await,
        }
    })
}

async fn list(args: &FlowsLsArgs, records: &dyn Records, global: &Global) -> anyhow::Result<Exit> {
    let flows = records.flows(args.after.as_deref(), args.limit).await?;
    if args.json {
        let is_full = flows.len() == args.limit as usize;
        let next = flows.last().filter(|_| is_full).map(|flow| flow.name.as_str());
        let flows: Vec<Value> = flows.iter().map(listed).collect();
        let page = json!({ "flows": flows, "next": next });
        out::data(&document(&page, out::data_is_for_people())?)?;
        return Ok(Exit::Ok);
    }
    if flows.is_empty() {
        let text = "No flow is saved. `sluice flows save FILE` saves those of a source.";
        out::notes(&[Line::of(Tone::Dim, text)], Theme::of_stderr(global.color));
        return Ok(Exit::Ok);
    }
    let mut table = Table::new(&["FLOW", "VERSION", "SAVED", "SOURCE", "SUMMARY"]);
    for flow in &flows {
        table.row(row(flow, &summary(flow)));
    }
    let theme = Theme::of_stdout(global.color);
    out::data_lines(&table.lines(terminal_width(), theme), theme)?;
    Ok(Exit::Ok)
}

async fn get(args: &FlowsGetArgs, records: &dyn Records, global: &Global) -> anyhow::Result<Exit> {
    let flow = find(&args.name, records).await?;
    if args.source {
        out::data(&records.source_of_flow(&flow).await?)?;
        return Ok(Exit::Ok);
    }
    if args.json {
        out::data(&document(&flow, out::data_is_for_people())?)?;
        return Ok(Exit::Ok);
    }
    let label = |label: &str, text: &str| {
        Line::of(Tone::Dim, &format!("{label:<9}")).with(Tone::Plain, text)
    };
    let mut lines = Vec::new();
    if let Some(described) = described(&flow) {
        lines.extend(draw_flow(&described));
        if described.doc.trim() != described.summary.trim() {
            lines.push(Line::new());
            let doc = described.doc.lines();
            lines.extend(doc.map(|line| Line::of(Tone::Plain, &format!("  {line}"))));
        }
        for (name, schema) in [("input", &described.input), ("output", &described.output)] {
            lines.push(Line::new());
            lines.push(Line::of(Tone::Dim, name));
            let text = format!("{schema:#}");
            lines.extend(text.lines().map(|line| Line::of(Tone::Plain, &format!("  {line}"))));
        }
        lines.push(Line::new());
    }
    lines.push(label("version", &flow.version.to_string()));
    lines.push(label("saved", &moment(flow.created_at_us)));
    lines.push(label("source", &flow.source_digest));
    out::data_lines(&lines, Theme::of_stdout(global.color))?;
    Ok(Exit::Ok)
}

async fn history(
    args: &FlowsHistoryArgs,
    records: &dyn Records,
    global: &Global,
) -> anyhow::Result<Exit> {
    let versions = versions(&args.name, records).await?;
    if args.json {
        let versions: Vec<Value> = versions.iter().map(listed).collect();
        let document_of = json!({ "flow": args.name, "versions": versions });
        out::data(&document(&document_of, out::data_is_for_people())?)?;
        return Ok(Exit::Ok);
    }
    let mut table = Table::new(&["FLOW", "VERSION", "SAVED", "SOURCE", "SUMMARY"]);
    for flow in &versions {
        table.row(row(flow, &summary(flow)));
    }
    let theme = Theme::of_stdout(global.color);
    out::data_lines(&table.lines(terminal_width(), theme), theme)?;
    Ok(Exit::Ok)
}

async fn diff(
    args: &FlowsDiffArgs,
    records: &dyn Records,
    global: &Global,
) -> anyhow::Result<Exit> {
    let versions = versions(&args.name, records).await?;
    let newest = versions.iter().map(|flow| flow.version).max().unwrap_or(1);
    let to = args.to.unwrap_or(newest);
    let from = args.from.unwrap_or_else(|| to.saturating_sub(1));
    let source = async |version: u64| {
        let found = versions.iter().find(|flow| flow.version == version);
        let Some(flow) = found else {
            let usage = Usage::new(format!("`{}` has no version {version}", args.name));
            return Err(usage.hint(format!("it has versions 1 to {newest}")).into());
        };
        records.source_of_flow(flow).await
    };
    let (old, new) = (source(from).await?, source(to).await?);
    let name = |version| format!("{} version {version}", args.name);
    let theme = Theme::of_stdout(global.color);
    let lines = draw_diff(&old, &new, (&name(from), &name(to)), 3);
    if args.json {
        let plain = Theme { color: false, unicode: true };
        let text: Vec<String> = lines.iter().map(|line| line.render(plain)).collect();
        let changes = json!({
            "flow": args.name, "from": from, "to": to, "is_same": old == new,
            "diff": text.join("\n"), "old": old, "new": new,
        });
        out::data(&document(&changes, out::data_is_for_people())?)?;
    } else if lines.is_empty() {
        let text = format!("Versions {from} and {to} are the same.");
        out::notes(&[Line::of(Tone::Dim, &text)], Theme::of_stderr(global.color));
    } else {
        out::data_lines(&lines, theme)?;
    }
    Ok(Exit::Ok)
}

async fn save(
    args: &FlowsSaveArgs,
    records: &dyn Records,
    global: &Global,
) -> anyhow::Result<Exit> {
    let source: Arc<str> = read_source(&args.file)?.into();
    let theme = Theme::of_stderr(global.color);
    let described = match site::load(global, theme, &source).await? {
        Ok(described) => described,
        Err(failure) => {
            out::notes(&draw_failure(&failure, &args.file.display().to_string()), theme);
            return Ok(Exit::Failed);
        }
    };
    let mut errors =
        described.problems.iter().filter(|it| it.severity == Severity::Error).peekable();
    if errors.peek().is_some() {
        let path = args.file.display().to_string();
        let lines: Vec<Line> =
            errors.flat_map(|problem| draw_problem(problem, &path, &source)).collect();
        out::notes(&lines, theme);
        return Ok(Exit::Failed);
    }
    if described.flows.is_empty() {
        let usage = Usage::new(format!("`{}` has no flow", args.file.display()));
        return Err(usage.hint("put `@flow` above a function").into());
    }
    let mut before = Vec::new();
    for flow in &described.flows {
        before.push(records.flow(&flow.name).await?.map(|flow| flow.version));
    }
    let now = records.save_flows(&described.flows, &source).await?;
    let saved: Vec<_> = before.into_iter().zip(now).collect();
    if args.json {
        let flows: Vec<Value> = saved
            .iter()
            .map(|(before, flow)| {
                let mut value = listed(flow);
                value["is_new"] = json!(*before != Some(flow.version));
                value
            })
            .collect();
        out::data(&document(&json!({ "flows": flows }), out::data_is_for_people())?)?;
        return Ok(Exit::Ok);
    }
    let lines: Vec<Line> = saved
        .iter()
        .map(|(before, flow)| {
            let line = Line::of(Tone::Strong, &flow.name)
                .with(Tone::Plain, &format!("  version {}", flow.version));
            let is_known = *before == Some(flow.version);
            line.with(Tone::Dim, if is_known { "  as it was" } else { "  saved" })
        })
        .collect();
    out::data_lines(&lines, Theme::of_stdout(global.color))?;
    Ok(Exit::Ok)
}

async fn find(name: &str, records: &dyn Records) -> anyhow::Result<SavedFlow> {
    match records.flow(name).await? {
        Some(flow) => Ok(flow),
        None => Err(unknown(name, records).await?.into()),
    }
}

/// The versions of a flow, the newest first.
async fn versions(name: &str, records: &dyn Records) -> anyhow::Result<Vec<SavedFlow>> {
    let versions = records.flow_versions(name).await?;
    if versions.is_empty() {
        return Err(unknown(name, records).await?.into());
    }
    Ok(versions)
}

async fn unknown(name: &str, records: &dyn Records) -> anyhow::Result<Usage> {
    let flows = records.flows(None, 1_000).await?;
    let near = nearest(name, flows.iter().map(|flow| flow.name.as_str()));
    let hint = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`sluice flows ls` lists the saved flows".to_owned(),
    };
    Ok(Usage::new(format!("no flow `{name}` is saved")).hint(hint))
}

fn row(flow: &SavedFlow, summary: &str) -> Vec<Line> {
    let digest: String = flow.source_digest.chars().take(12).collect();
    let ago = age(now_us().saturating_sub(flow.created_at_us));
    vec![
        Line::of(Tone::Strong, &flow.name),
        Line::of(Tone::Plain, &flow.version.to_string()),
        Line::of(Tone::Dim, &ago),
        Line::of(Tone::Dim, &digest),
        Line::of(Tone::Plain, summary),
    ]
}

fn summary(flow: &SavedFlow) -> String {
    described(flow).map(|flow| flow.summary).unwrap_or_default()
}

fn described(flow: &SavedFlow) -> Option<FlowDescription> {
    serde_json::from_value(flow.description.clone()).ok()
}

/// A flow in a list: without its description.
fn listed(flow: &SavedFlow) -> Value {
    json!({
        "flow": flow.name,
        "version": flow.version,
        "source_digest": flow.source_digest,
        "created_at_us": flow.created_at_us,
        "summary": summary(flow),
    })
}
