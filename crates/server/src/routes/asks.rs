//! Questions of runs to people, and their answers.

use aide::axum::ApiRouter;
use aide::axum::routing::{get_with, post_with};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sluice_db::{AskFilter, AskState};
use sluice_executor::{check_schema, now_us};
use sluice_model::{AskId, AskSummary, Code, RunId};

use super::op;
use crate::auth::{Answer, Caller, Identity, Read};
use crate::edge::Edge;
use crate::input::{At, Body, Params};
use crate::page::{Page, limit};
use crate::problem::Problem;
use crate::reply::Reply;

pub(super) fn routes() -> ApiRouter<Edge> {
    ApiRouter::new()
        .api_route(
            "/v1/asks",
            get_with(list, op("list_asks", "Questions of runs, the newest first.")),
        )
        .api_route("/v1/asks/{ask}", get_with(get, op("get_ask", "A question.")))
        .api_route(
            "/v1/asks/{ask}/answer",
            post_with(answer, op("answer_ask", "Answer a question. The first answer counts.")),
        )
}

/// Which questions are listed.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AskParams {
    /// Only those that stand there: `open`, `answered`, `closed`.
    state: Option<StateWord>,
    /// Only those of this run.
    run: Option<String>,
    /// Only those for this person.
    assignee: Option<String>,
    /// At most so many: 1 to 500; 50 where it is absent.
    #[schemars(range(min = 1, max = 500))]
    limit: Option<u32>,
    /// Go on where an earlier part ended: its `next`.
    after: Option<String>,
}

/// Where a question stands.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum StateWord {
    Open,
    Answered,
    Closed,
}

/// Which question.
#[derive(Deserialize, JsonSchema)]
struct AskPath {
    /// Its id.
    ask: String,
}

/// An answer.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({ "value": true }))]
struct NewAnswer {
    /// What fits the schema of the question.
    value: Value,
    /// Who answers; the name of the token where it is absent.
    #[serde(default)]
    answered_by: Option<String>,
}

async fn list(
    caller: Caller<Read>,
    Params(params): Params<AskParams>,
) -> Result<Reply<Page<AskSummary>>, Problem> {
    let limit = limit(params.limit)?;
    let wrong = |place: &str| Problem::field(place, "it is no id");
    let filter = AskFilter {
        run: params.run.map(|run| run.parse::<RunId>()).transpose().map_err(|_| wrong("run"))?,
        state: params.state.map(|state| match state {
            StateWord::Open => AskState::Open,
            StateWord::Answered => AskState::Answered,
            StateWord::Closed => AskState::Closed,
        }),
        assignee: params.assignee,
        before: params.after.map(|ask| ask.parse()).transpose().map_err(|_| wrong("after"))?,
        limit: Some(limit),
    };
    let part = caller.tenant.some_asks(&filter).await?;
    let page = Page::part(part, |ask| ask.id.to_string());
    Ok(Reply::new(page.map(AskSummary::from)))
}

async fn get(caller: Caller<Read>, At(path): At<AskPath>) -> Result<Reply<AskSummary>, Problem> {
    Ok(Reply::new(found(&caller, &path.ask).await?))
}

async fn found(identity: &Identity, ask: &str) -> Result<AskSummary, Problem> {
    let shown: String = ask.chars().take(40).collect();
    let missing = || Problem::not_found(format!("question {shown}"));
    let ask: AskId = ask.parse().map_err(|_| missing())?;
    Ok(identity.tenant.ask(&ask).await?.ok_or_else(missing)?.into())
}

async fn answer(
    caller: Caller<Answer>,
    At(path): At<AskPath>,
    Body(new): Body<NewAnswer>,
) -> Result<Reply<AskSummary>, Problem> {
    let by = new.answered_by.unwrap_or_else(|| caller.name.clone());
    Ok(Reply::new(answered(&caller, &path.ask, &new.value, &by).await?))
}

/// Gives an answer, where it fits.
pub(crate) async fn answered(
    identity: &Identity,
    ask: &str,
    value: &Value,
    by: &str,
) -> Result<AskSummary, Problem> {
    let asked = found(identity, ask).await?;
    let by: String = by.chars().take(100).collect();
    let schema = &asked.question.schema;
    check_schema("the answer", Code::AnswerInvalid, schema, value)
        .map_err(|failure| Problem::from(failure).within("/value"))?;
    identity.tenant.answer(&asked.ask, value, &by, now_us()).await?;
    identity.note("answer ask", asked.ask.as_str(), json!({ "by": by })).await?;
    found(identity, asked.ask.as_str()).await
}
