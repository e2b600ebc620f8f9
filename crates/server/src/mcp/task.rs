//! Runs as tasks of the protocol, for clients that know them: the task is the call of `run_flow`, its id
//! is the run's, and nothing is kept beside the run.

use rmcp::ErrorData;
use rmcp::model::{
    CreateTaskResult, DetailedTask, GetTaskResult, JsonObject, Task, TaskPayload, TaskStatus,
};
use serde_json::Value;
use sluice_executor::now_us;
use sluice_model::{RunId, RunState, Scope};

use super::{Agent, runs};
use crate::problem::Problem;
use crate::routes::runs::{cancelled as cancel, found};

/// How often a client should look.
const POLL_MS: u64 = 1_000;

/// A run that goes on, instead of the tool's answer.
pub(super) fn begun(run: &RunId) -> CreateTaskResult {
    CreateTaskResult::new(task(run, now_us(), now_us()))
}

/// How the task stands. It is complete when the run is over or waits for an answer.
pub(super) async fn got(agent: &Agent, id: &str) -> Result<GetTaskResult, ErrorData> {
    agent.identity.require(Scope::Read).map_err(refused)?;
    let run = found(&agent.identity, id).await.map_err(refused)?;
    let answer = runs::told(agent, &run.run).await.map_err(refused)?;
    let last_us = run.ended_at_us.or(run.started_at_us).unwrap_or(run.created_at_us);
    let task = task(&run.run, run.created_at_us, last_us);
    let payload = match (run.state, run.outcome.as_deref()) {
        (RunState::Ended, Some("cancelled")) => TaskPayload::Cancelled,
        _ if answer.going.is_some() => TaskPayload::Working,
        _ => TaskPayload::Completed { result: object(&answer.into_result()) },
    };
    Ok(GetTaskResult::new(DetailedTask::new(task, payload)))
}

/// Asks that the run end.
pub(super) async fn cancelled(agent: &Agent, id: &str) -> Result<(), ErrorData> {
    agent.identity.require(Scope::Run).map_err(refused)?;
    cancel(&agent.identity, id, None).await.map(|_| ()).map_err(refused)
}

fn task(run: &RunId, created_us: u64, updated_us: u64) -> Task {
    let (created, updated) = (iso(created_us), iso(updated_us));
    Task::new(run.as_str(), TaskStatus::Working, created, updated).with_poll_interval_ms(POLL_MS)
}

fn object(result: &impl serde::Serialize) -> JsonObject {
    match serde_json::to_value(result) {
        Ok(Value::Object(members)) => members,
        _ => JsonObject::new(),
    }
}

fn refused(problem: Problem) -> ErrorData {
    let body = problem.body();
    ErrorData::invalid_params(body.detail.clone(), serde_json::to_value(body).ok())
}

/// A time as ISO 8601 has it.
fn iso(at_us: u64) -> String {
    let (days, of_day) = (at_us / 86_400_000_000, at_us / 1_000 % 86_400_000);
    // The civil calendar from a count of days, in eras of 400 years that begin with March.
    let shifted = days + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = year + era * 400 + u64::from(month <= 2);
    let (seconds, ms) = (of_day / 1_000, of_day % 1_000);
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_the_calendar_has_them() {
        for (at_s, written) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_399, "2000-02-28T23:59:59.000Z"),
            (951_782_400, "2000-02-29T00:00:00.000Z"),
            (1_735_689_599, "2024-12-31T23:59:59.000Z"),
            (4_107_542_400, "2100-03-01T00:00:00.000Z"),
        ] {
            assert_eq!(iso(at_s * 1_000_000), written);
        }
    }
}
