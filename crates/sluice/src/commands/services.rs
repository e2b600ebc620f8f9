//! `sluice services`: what flows can call outside, by the documents of services.

use serde_json::json;
use sluice_executor::{Checked, ServiceSummary};

use super::{async_runtime, site};
use crate::cli::{
    Global, ServicesAddArgs, ServicesArgs, ServicesCommand, ServicesLsArgs, ServicesRefreshArgs,
    ServicesStubArgs,
};
use crate::exit::{Exit, Usage};
use crate::local::now_us;
use crate::nearest::nearest;
use crate::out;
use crate::quantity::age;
use crate::render::{Line, Table, Theme, Tone, document, draw_failure, terminal_width};
use crate::settings;
use crate::site::Means;

/// Does what is asked for.
pub fn run(args: &ServicesArgs, global: &Global) -> anyhow::Result<Exit> {
    async_runtime()?.block_on(async {
        let means = site::means(global).await?;
        let means = &*means;
        match &args.command {
            ServicesCommand::Ls(args) => list(args, means, global).await,
            ServicesCommand::Add(args) => add(args, means, global).await,
            ServicesCommand::Refresh(args) => refresh(args, means, global).await,
            ServicesCommand::Stub(args) => stub(args, means).await,
            ServicesCommand::Rm(args) => {
                if !means.remove_service(&args.name).await? {
                    return Err(unknown(&args.name, means).await?.into());
                }
                Ok(Exit::Ok)
            }
        }
    })
}

async fn list(args: &ServicesLsArgs, means: &dyn Means, global: &Global) -> anyhow::Result<Exit> {
    let services = means.services().await?;
    let found = means.found().await?;
    if args.json {
        let found: Vec<_> = found
            .iter()
            .map(|(name, address)| json!({ "service": name, "address": address }))
            .collect();
        let page = json!({ "services": services, "found": found });
        out::data(&document(&page, out::data_is_for_people())?)?;
        return Ok(Exit::Ok);
    }
    if !services.is_empty() {
        let mut table = Table::new(&["SERVICE", "ADDRESS", "READ", "DOCUMENT"]);
        for service in &services {
            table.row(row(service));
        }
        let theme = Theme::of_stdout(global.color);
        out::data_lines(&table.lines(terminal_width(), theme), theme)?;
    }
    let mut notes = Vec::new();
    if services.is_empty() && found.is_empty() {
        let text = "No service is put in. `sluice services add NAME ADDRESS` puts one in.";
        notes.push(Line::of(Tone::Dim, text));
    }
    for (name, address) in &found {
        let text = format!("{name} at {address} is not put in: `sluice services add {name}`");
        notes.push(Line::of(Tone::Dim, &text));
    }
    out::notes(&notes, Theme::of_stderr(global.color));
    Ok(Exit::Ok)
}

fn row(service: &ServiceSummary) -> Vec<Line> {
    let read = service.checked_at_us.map(|at_us| age(now_us().saturating_sub(at_us)));
    let digest = service.document_digest.as_deref().unwrap_or_default();
    let digest: String = digest.chars().take(12).collect();
    vec![
        Line::of(Tone::Strong, &service.service),
        Line::of(Tone::Plain, &service.address),
        Line::of(Tone::Dim, read.as_deref().unwrap_or("never")),
        Line::of(Tone::Dim, &digest),
    ]
}

async fn add(args: &ServicesAddArgs, means: &dyn Means, global: &Global) -> anyhow::Result<Exit> {
    let address = match &args.address {
        Some(address) => address.clone(),
        None if site::is_remote(global)? => {
            return Err(Usage::new("where is the service?")
                .hint(
                    "give its address as the server reaches it: unix:/PATH or http://HOST:PORT/rpc",
                )
                .into());
        }
        None => settings::socket_of(&args.name).ok_or_else(|| {
            Usage::new("where is the service?").hint("give its address, or set PATH_SOCKET")
        })?,
    };
    check(&args.name, Some(&address), means, global).await
}

async fn refresh(
    args: &ServicesRefreshArgs,
    means: &dyn Means,
    global: &Global,
) -> anyhow::Result<Exit> {
    if let Some(name) = &args.name {
        return check(name, None, means, global).await;
    }
    let mut exit = Exit::Ok;
    for service in means.services().await? {
        let checked = check(&service.service, None, means, global).await?;
        exit = if checked == Exit::Ok { exit } else { checked };
    }
    Ok(exit)
}

async fn check(
    name: &str,
    address: Option<&str>,
    means: &dyn Means,
    global: &Global,
) -> anyhow::Result<Exit> {
    let theme = Theme::of_stderr(global.color);
    match means.check_service(name, address).await? {
        Ok(checked) => {
            out::notes(&told(&checked), theme);
            Ok(Exit::Ok)
        }
        Err(failure) => {
            out::notes(&draw_failure(&failure, ""), theme);
            Ok(Exit::Failed)
        }
    }
}

fn told(checked: &Checked) -> Vec<Line> {
    let Checked { service, methods, drift, left_out } = checked;
    let text = format!("{} at {}: {methods} methods", service.service, service.address);
    let mut lines = vec![Line::of(Tone::Good, &text)];
    lines.extend(drift.iter().map(|line| Line::of(Tone::Plain, &format!("  {line}"))));
    lines.extend(left_out.iter().map(|text| Line::of(Tone::Warn, &format!("  {text}"))));
    lines
}

async fn stub(args: &ServicesStubArgs, means: &dyn Means) -> anyhow::Result<Exit> {
    let Some(interface) = means.interface(&args.name).await? else {
        return Err(unknown(&args.name, means).await?.into());
    };
    out::data(if args.pyi { &interface.stub } else { &interface.interface })?;
    Ok(Exit::Ok)
}

async fn unknown(name: &str, means: &dyn Means) -> anyhow::Result<Usage> {
    let services = means.services().await?;
    let names = services.iter().map(|service| service.service.as_str());
    let usage = Usage::new(format!("there is no service `{name}`"));
    Ok(match nearest(name, names) {
        Some(close) => usage.hint(format!("did you mean `{close}`?")),
        None => usage.hint("`sluice services ls` lists the services"),
    })
}
