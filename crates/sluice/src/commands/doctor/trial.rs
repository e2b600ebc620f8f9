//! A run of a tiny flow, from the source to what it returns.

use serde_json::json;
use sluice_model::Outcome;

use super::Finding;
use crate::commands::{async_runtime, open};
use crate::local::Local;
use crate::quantity::{bytes, duration};
use crate::render::Theme;

const SOURCE: &str = "\
from sluice import flow

@flow
def trial(number: int) -> int:
    with flow.step(\"add\"):
        return number + 1
";

const SUBJECT: &str = "trial run";

/// Runs it; builds the runtime image first where there is none.
pub fn trial(theme: Theme) -> Finding {
    let hint = "this is not how Sluice should behave; report it with the output of `sluice doctor`";
    match attempt(theme) {
        Ok(finding) => finding,
        Err(error) => Finding::problem(SUBJECT, format!("{error:#}"), hint),
    }
}

fn attempt(theme: Theme) -> anyhow::Result<Finding> {
    let local = open(theme)?;
    async_runtime()?.block_on(run(&local))
}

async fn run(local: &Local) -> anyhow::Result<Finding> {
    let wrong = |found: String| {
        Finding::problem(
            SUBJECT,
            found,
            "rebuild the runtime: empty the cache, then `sluice runtime build`",
        )
    };
    let described = match local.describe(SOURCE).await? {
        Ok(described) => described,
        Err(failure) => return Ok(wrong(failure.message)),
    };
    let (outcome, usage) = local.try_out(SOURCE, &described, json!({"number": 41})).await?;
    Ok(match outcome {
        Outcome::Succeeded { output } if output == json!(42) => Finding::ok(
            SUBJECT,
            format!("{}, {} of memory", duration(usage.wall_time_us), bytes(usage.memory_bytes)),
        ),
        Outcome::Succeeded { output } => wrong(format!("41 + 1 made {output}")),
        Outcome::Failed { failure }
        | Outcome::Cancelled { failure }
        | Outcome::TimedOut { failure } => wrong(failure.message),
    })
}
