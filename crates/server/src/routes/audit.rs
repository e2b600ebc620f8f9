//! Who did what, and what a tenant's runs took.

use aide::axum::ApiRouter;
use aide::axum::routing::get_with;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sluice_db::{AuditFilter, AuditRow, UsageRow};
use sluice_executor::now_us;
use sluice_model::{AuditId, Quota, day_of};

use super::op;
use crate::auth::{Caller, Own};
use crate::edge::Edge;
use crate::input::Params;
use crate::page::{Page, PageParams, limit};
use crate::problem::Problem;
use crate::reply::Reply;

pub(super) fn routes() -> ApiRouter<Edge> {
    ApiRouter::new()
        .api_route(
            "/v1/audit",
            get_with(audit, op("list_audit", "Who did what, the newest first.")),
        )
        .api_route("/v1/usage", get_with(usage, op("get_usage", "What the tenant's runs took.")))
}

/// What somebody did.
#[derive(Serialize, JsonSchema)]
struct Entry {
    /// The entry's id.
    id: AuditId,
    /// When, in microseconds since the Unix epoch.
    at_us: u64,
    /// Who.
    actor: String,
    /// What.
    action: String,
    /// To what.
    subject: String,
    /// What else is to be known.
    detail: Value,
}

impl From<AuditRow> for Entry {
    fn from(row: AuditRow) -> Entry {
        Entry {
            id: row.id,
            at_us: row.at_us,
            actor: row.actor,
            action: row.action,
            subject: row.subject,
            detail: row.detail,
        }
    }
}

async fn audit(
    caller: Caller<Own>,
    Params(page): Params<PageParams>,
) -> Result<Reply<Page<Entry>>, Problem> {
    let limit = limit(page.limit)?;
    let filter = AuditFilter { before: page.cursor()?, limit: Some(limit + 1) };
    let rows = caller.tenant.audit(filter).await?;
    let page = Page::of(rows, limit, |row| row.id.to_string());
    Ok(Reply::new(page.map(Entry::from)))
}

/// Which days.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct UsageParams {
    /// How many days back from today: 1 to 366; 30 where it is absent.
    #[schemars(range(min = 1, max = 366))]
    days: Option<u64>,
}

/// What a tenant takes and may take.
#[derive(Serialize, JsonSchema)]
struct Usage {
    /// What it may take.
    quota: Quota,
    /// Bytes that are kept for it, about.
    stored_bytes: u64,
    /// What its runs took, day by day; days without anything are left out.
    days: Vec<Day>,
}

/// What a tenant's runs took in one UTC day.
#[derive(Serialize, JsonSchema)]
struct Day {
    /// Which one, counted from the Unix epoch.
    #[serde(rename = "day")]
    number: u64,
    /// Runs that were taken on.
    runs: u64,
    /// Runs that ended well.
    succeeded: u64,
    /// Runs that failed or were not over in time.
    failed: u64,
    /// CPU time of guests.
    cpu_time_us: u64,
    /// Events that were written.
    events: u64,
}

impl From<UsageRow> for Day {
    fn from(row: UsageRow) -> Day {
        Day {
            number: row.day,
            runs: row.runs,
            succeeded: row.succeeded,
            failed: row.failed,
            cpu_time_us: row.cpu_time_us,
            events: row.events,
        }
    }
}

async fn usage(
    caller: Caller<Own>,
    Params(params): Params<UsageParams>,
) -> Result<Reply<Usage>, Problem> {
    let back = params.days.unwrap_or(30);
    if !(1..=366).contains(&back) {
        return Err(Problem::field("days", "it is 1 to 366"));
    }
    let today = day_of(now_us());
    let days = caller.tenant.usage(today.saturating_sub(back - 1)..=today).await?;
    let row = caller.tenant.row().await?.ok_or_else(|| Problem::not_found("such tenant"))?;
    let days = days.into_iter().map(Day::from).collect();
    Ok(Reply::new(Usage { quota: row.quota, stored_bytes: row.stored_bytes, days }))
}
