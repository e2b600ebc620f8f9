//! `sluice secrets`: what flows use and never see.

use std::io::{IsTerminal as _, Read as _};

use serde_json::json;
use sluice_executor::{SecretBounds, SecretPlace};

use super::{async_runtime, site};
use crate::cli::{Global, PlaceWord, SecretsArgs, SecretsCommand, SecretsSetArgs, ServicesLsArgs};
use crate::exit::{Exit, Usage};
use crate::local::{now_us, reseal_keys};
use crate::out;
use crate::quantity::age;
use crate::render::{Line, Table, Theme, Tone, document, draw_failure, terminal_width};
use crate::site::Means;

/// The longest value, in bytes, and a line's end.
const MOST_BYTES: u64 = (64 << 10) + 2;

/// Does what is asked for.
pub fn run(args: &SecretsArgs, global: &Global) -> anyhow::Result<Exit> {
    async_runtime()?.block_on(async {
        if let SecretsCommand::Reseal = args.command {
            return reseal(global).await;
        }
        let means = site::means(global).await?;
        let means = &*means;
        match &args.command {
            SecretsCommand::Ls(args) => list(args, means, global).await,
            SecretsCommand::Set(args) => set(args, means, global).await,
            SecretsCommand::Rm(args) => {
                if !means.remove_secret(&args.name).await? {
                    return Err(Usage::new(format!("there is no secret `{}`", args.name))
                        .hint("`sluice secrets ls` lists the secrets")
                        .into());
                }
                Ok(Exit::Ok)
            }
            SecretsCommand::Reseal => Ok(Exit::Ok),
        }
    })
}

async fn reseal(global: &Global) -> anyhow::Result<Exit> {
    let (sealed, all) = reseal_keys(&site::store_of(global)?).await?;
    let text = match (sealed, all) {
        (_, 0) => "No tenant has a key yet.".to_owned(),
        (0, all) => format!("All {all} keys are under the current master key already."),
        (sealed, all) => {
            format!("{sealed} of {all} keys are sealed anew. The older master key can go.")
        }
    };
    out::notes(&[Line::of(Tone::Good, &text)], Theme::of_stderr(global.color));
    Ok(Exit::Ok)
}

async fn list(args: &ServicesLsArgs, means: &dyn Means, global: &Global) -> anyhow::Result<Exit> {
    let secrets = means.secrets().await?;
    if args.json {
        let page = json!({ "secrets": secrets });
        out::data(&document(&page, out::data_is_for_people())?)?;
        return Ok(Exit::Ok);
    }
    if secrets.is_empty() {
        let text = "No secret is set. `sluice secrets set NAME --host HOST` sets one.";
        out::notes(&[Line::of(Tone::Dim, text)], Theme::of_stderr(global.color));
        return Ok(Exit::Ok);
    }
    let mut table = Table::new(&["SECRET", "VERSION", "SET", "BY", "TO", "IN"]);
    for secret in &secrets {
        let places = secret.bounds.places.iter().map(|place| match place {
            SecretPlace::Header => "header",
            SecretPlace::Query => "query",
            SecretPlace::Body => "body",
        });
        table.row(vec![
            Line::of(Tone::Strong, &secret.secret),
            Line::of(Tone::Plain, &secret.version.to_string()),
            Line::of(Tone::Dim, &age(now_us().saturating_sub(secret.created_at_us))),
            Line::of(Tone::Plain, &secret.created_by),
            Line::of(Tone::Plain, &secret.bounds.hosts.join(", ")),
            Line::of(Tone::Plain, &places.collect::<Vec<_>>().join(", ")),
        ]);
    }
    let theme = Theme::of_stdout(global.color);
    out::data_lines(&table.lines(terminal_width(), theme), theme)?;
    Ok(Exit::Ok)
}

async fn set(args: &SecretsSetArgs, means: &dyn Means, global: &Global) -> anyhow::Result<Exit> {
    let theme = Theme::of_stderr(global.color);
    if std::io::stdin().is_terminal() {
        let text = "Type or paste the value, then press Enter and Ctrl-D. It is shown as you type.";
        out::notes(&[Line::of(Tone::Dim, text)], theme);
    }
    let mut value = String::new();
    std::io::stdin().take(MOST_BYTES).read_to_string(&mut value).map_err(|error| {
        Usage::new(format!("the value cannot be read: {error}"))
            .hint("give it as text on standard input")
    })?;
    let value = value
        .strip_suffix('\n')
        .map_or(value.as_str(), |value| value.strip_suffix('\r').unwrap_or(value));
    let places = if args.places.is_empty() { &[PlaceWord::Header][..] } else { &args.places };
    let place = |word: &PlaceWord| match word {
        PlaceWord::Header => SecretPlace::Header,
        PlaceWord::Query => SecretPlace::Query,
        PlaceWord::Body => SecretPlace::Body,
    };
    let bounds =
        SecretBounds { hosts: args.hosts.clone(), places: places.iter().map(place).collect() };
    match means.set_secret(&args.name, value, &bounds).await? {
        Ok(version) => {
            let text = format!("{} is set: version {version}", args.name);
            out::notes(&[Line::of(Tone::Good, &text)], theme);
            Ok(Exit::Ok)
        }
        Err(failure) => {
            out::notes(&draw_failure(&failure, ""), theme);
            Ok(Exit::Failed)
        }
    }
}
