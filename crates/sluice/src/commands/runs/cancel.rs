//! `sluice runs cancel`.

use serde::Serialize;
use sluice_model::{RunId, RunState};

use crate::cli::Global;
use crate::exit::Exit;
use crate::out;
use crate::render::{Line, Theme, Tone, document};
use crate::site::Records;

/// What became of one request.
#[derive(Serialize)]
struct Request {
    run: RunId,
    /// Whether it ends because of this request.
    cancelled: bool,
    /// Where it stands now.
    state: RunState,
}

/// Asks that the runs end. Each is found before the first is cancelled.
pub async fn cancel(
    runs: &[String],
    reason: &str,
    json: bool,
    records: &dyn Records,
    global: &Global,
) -> anyhow::Result<Exit> {
    let mut found = Vec::new();
    for run in runs {
        found.push(records.run(run).await?.run);
    }
    let mut requests = Vec::new();
    for run in found {
        let cancelled = records.cancel(&run, reason).await?;
        let state = records.run(run.as_str()).await?.state;
        requests.push(Request { run, cancelled, state });
    }
    if json {
        out::data(&document(&serde_json::json!({ "runs": requests }), out::data_is_for_people())?)?;
        return Ok(Exit::Ok);
    }
    let theme = Theme::of_stderr(global.color);
    for Request { run, cancelled, state } in &requests {
        let text = match (cancelled, state) {
            (_, RunState::Ended) if !cancelled => "had ended already",
            (true, RunState::Queued | RunState::Waiting) if !records.is_served() => {
                "ends when a worker takes it up: sluice worker --until-idle"
            }
            (true, _) => "ends now",
            (false, _) => "was to be cancelled already",
        };
        let line = Line::of(Tone::Plain, run.as_str()).with(Tone::Dim, &format!("  {text}"));
        out::notes(&[line], theme);
    }
    Ok(Exit::Ok)
}
