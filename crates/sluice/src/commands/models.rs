//! `sluice models`: what flows call models, and where they are.

use serde_json::json;
use sluice_executor::ModelEndpoint;

use super::{async_runtime, site};
use crate::cli::{Global, ModelsArgs, ModelsCommand, ModelsSetArgs, ServicesLsArgs};
use crate::exit::{Exit, Usage};
use crate::out;
use crate::render::{Line, Table, Theme, Tone, document, draw_failure, terminal_width};
use crate::site::Means;

/// Does what is asked for.
pub fn run(args: &ModelsArgs, global: &Global) -> anyhow::Result<Exit> {
    async_runtime()?.block_on(async {
        let means = site::means(global).await?;
        let means = &*means;
        match &args.command {
            ModelsCommand::Ls(args) => list(args, means, global).await,
            ModelsCommand::Set(args) => set(args, means, global).await,
            ModelsCommand::Rm(args) => {
                if !means.remove_model(&args.name).await? {
                    return Err(Usage::new(format!("there is no model `{}`", args.name))
                        .hint("`sluice models ls` lists the models")
                        .into());
                }
                Ok(Exit::Ok)
            }
        }
    })
}

async fn list(args: &ServicesLsArgs, means: &dyn Means, global: &Global) -> anyhow::Result<Exit> {
    let models = means.models().await?;
    if args.json {
        let page = json!({ "models": models });
        out::data(&document(&page, out::data_is_for_people())?)?;
        return Ok(Exit::Ok);
    }
    if models.is_empty() {
        let text = "No model is set. `sluice models set NAME ADDRESS --model MODEL` sets one.";
        out::notes(&[Line::of(Tone::Dim, text)], Theme::of_stderr(global.color));
        return Ok(Exit::Ok);
    }
    let mut table = Table::new(&["NAME", "MODEL", "ADDRESS", "KEY"]);
    for model in &models {
        table.row(vec![
            Line::of(Tone::Strong, &model.name),
            Line::of(Tone::Plain, &model.endpoint.model),
            Line::of(Tone::Plain, &model.endpoint.address),
            Line::of(Tone::Dim, model.endpoint.secret.as_deref().unwrap_or("none")),
        ]);
    }
    let theme = Theme::of_stdout(global.color);
    out::data_lines(&table.lines(terminal_width(), theme), theme)?;
    Ok(Exit::Ok)
}

async fn set(args: &ModelsSetArgs, means: &dyn Means, global: &Global) -> anyhow::Result<Exit> {
    let theme = Theme::of_stderr(global.color);
    let endpoint = ModelEndpoint {
        address: args.address.clone(),
        model: args.model.clone(),
        secret: args.secret.clone(),
        input_micros_per_million: args.input_price.map(micros).transpose()?,
        output_micros_per_million: args.output_price.map(micros).transpose()?,
        tokens_per_day: args.tokens_per_day,
        cost_micros_per_day: args.cost_per_day.map(micros).transpose()?,
    };
    match means.set_model(&args.name, &endpoint).await? {
        Ok(()) => {
            let text = format!("{} is set: flows reach it with llm:{}", args.name, args.name);
            out::notes(&[Line::of(Tone::Good, &text)], theme);
            Ok(Exit::Ok)
        }
        Err(failure) => {
            out::notes(&draw_failure(&failure, ""), theme);
            Ok(Exit::Failed)
        }
    }
}

/// Millionths of a dollar.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is within what was checked"
)]
fn micros(dollars: f64) -> anyhow::Result<u64> {
    let micros = (dollars * 1e6).round();
    if (0.0..=1e15).contains(&micros) {
        return Ok(micros as u64);
    }
    Err(Usage::new(format!("{dollars} is no price in dollars")).hint("write it as in 2.50").into())
}
