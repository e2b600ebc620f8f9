//! A turn as the flow asks for it and as the endpoint is asked; what comes back as the flow reads it.

use serde_json::{Value, json};
use sluice_model::{Code, Failure, LlmCall};
use sluice_outbound::http::Reason;
use sluice_outbound::llm::{
    Amount, Exceeded, Level, LlmFailure, Measure, Prices, Reply, Turn, arguments_text, cost_micros,
};

/// The turn that a call asks for.
pub(super) fn turn_of(call: LlmCall) -> Turn {
    Turn {
        messages: call.messages,
        tools: call.tools,
        output_schema: call.output,
        max_output_tokens: call.max_output_tokens,
        temperature: call.temperature,
        ..Turn::default()
    }
}

/// What a reply took.
pub(super) fn taken(reply: &Reply, prices: Option<&Prices>) -> Amount {
    let usage = &reply.usage;
    Amount {
        tokens: usage.input_tokens.saturating_add(usage.output_tokens),
        micros: prices.map_or(0, |prices| cost_micros(usage, prices)),
    }
}

/// A reply as flows read it.
pub(super) fn answer_of(reply: Reply, prices: Option<&Prices>) -> Value {
    let mut usage = json!({
        "input_tokens": reply.usage.input_tokens,
        "output_tokens": reply.usage.output_tokens,
        "cost_micros": prices.map(|prices| cost_micros(&reply.usage, prices)),
    });
    if reply.usage.is_estimated {
        usage["is_estimated"] = true.into();
    }
    let calls = reply.tool_calls.iter().map(|call| {
        let arguments = arguments_text(&call.arguments);
        json!({ "id": call.id, "name": call.name, "arguments": arguments })
    });
    let calls: Vec<Value> = calls.collect();
    let (content, finish_reason) = match reply.refusal {
        // Whoever reads the answer is to know that none was given, whichever way the endpoint says so.
        Some(refusal) if reply.content.is_empty() => (refusal, json!("content_filter")),
        _ => (reply.content, json!(reply.finish_reason)),
    };
    json!({
        "content": content,
        "tool_calls": calls,
        "usage": usage,
        "finish_reason": finish_reason,
        "model": reply.model,
    })
}

/// What a turn without an answer counts as: nothing where the endpoint did not begin on it, what was held
/// back for it where nobody knows.
pub(super) fn taken_without_answer(failure: &LlmFailure, held: Amount) -> Amount {
    match failure {
        LlmFailure::Rejected { .. }
        | LlmFailure::Unauthorized { .. }
        | LlmFailure::RateLimited { .. }
        | LlmFailure::Broken { .. } => Amount::default(),
        LlmFailure::Unreached(failure) if !failure.sent => Amount::default(),
        _ => held,
    }
}

/// The member of a failure's details that says what it counts as.
const COUNTED: &str = "counted";

/// A turn without an answer as flows read it. `counted` is what budgets count it as.
pub(super) fn failed(model: &str, failure: &LlmFailure, counted: Amount) -> Failure {
    let message = format!("the model `{model}`: {failure}");
    let (code, reason) = match failure {
        LlmFailure::Unreached(failure) => match &failure.reason {
            Reason::Forbidden { .. } => (Code::ModelFailed, "forbidden"),
            _ => (Code::ModelFailed, "unreached"),
        },
        LlmFailure::Rejected { .. } => (Code::ModelFailed, "rejected"),
        LlmFailure::Unauthorized { .. } => (Code::ModelFailed, "unauthorized"),
        LlmFailure::RateLimited { .. } => (Code::ModelRateLimited, "rate_limited"),
        LlmFailure::Broken { .. } => (Code::ModelFailed, "broken"),
        LlmFailure::Cut { .. } => (Code::ModelFailed, "cut"),
        LlmFailure::Malformed { .. } => (Code::ModelFailed, "malformed"),
        LlmFailure::TooLarge { .. } => (Code::ModelFailed, "too_large"),
        LlmFailure::TimedOut { .. } => (Code::CallTimedOut, "timed_out"),
        _ => (Code::ModelFailed, "other"),
    };
    let may_pass = failure.may_be_retried()
        || matches!(failure, LlmFailure::Cut { .. } | LlmFailure::TimedOut { .. });
    let told = Failure { retryable: may_pass, ..Failure::new(code, message) };
    let told = match reason {
        "forbidden" => told.hint(
            "Whoever runs this Sluice can allow the address: `SLUICE_REACH=HOST:PORT` or `SLUICE_REACH=unix:/PATH`.",
        ),
        "unauthorized" => told.hint("Set the model's secret again, or give the model another one."),
        "timed_out" => told.hint("Ask for less at a time: a shorter answer, fewer messages."),
        _ => told,
    };
    let Amount { tokens, micros } = counted;
    told.detail("reason", reason)
        .detail(COUNTED, json!({ "tokens": tokens, "cost_micros": micros }))
}

/// A turn that a budget has too little for.
pub(super) fn exceeded(exceeded: &Exceeded) -> Failure {
    let Exceeded { level, measure, most, left, asked } = *exceeded;
    let (level, whose, hint) = match level {
        Level::Tenant => (
            "tenant",
            "the tenant's budget of the day",
            "There is more tomorrow (UTC), or when whoever sets the tenant's models raises it.",
        ),
        Level::Run => (
            "run",
            "the run's budget",
            "Ask for less, or let the run have more: the limits `model_tokens` and `model_cost_micros`.",
        ),
        Level::Step => (
            "step",
            "the step's budget",
            "Ask for less, or give the step more: `flow.step(..., budget={...})`.",
        ),
        Level::Agent => (
            "agent",
            "the agent's budget",
            "Ask for less, or give the agent more: `agent(..., budget={...})`.",
        ),
    };
    let (member, of) = match measure {
        Measure::Tokens => ("tokens", "tokens"),
        Measure::Micros => ("cost_micros", "millionths of a dollar"),
    };
    let message = format!("{whose} has {left} of {most} {of} left, and the turn may take {asked}");
    Failure::new(Code::BudgetExceeded, message)
        .hint(hint)
        .detail("level", level)
        .detail(member, most)
        .detail("left", left)
        .detail("asked", asked)
}

/// What the end of a call counts as, by its record. Nothing where the record does not say: then nobody
/// knows.
pub(super) fn counted(answer: Option<&Value>, failure: Option<&Failure>) -> Option<Amount> {
    let of = |value: &Value, name: &str| value.get(name).and_then(Value::as_u64);
    if let Some(usage) = answer.and_then(|answer| answer.get("usage")) {
        let input = of(usage, "input_tokens").unwrap_or_default();
        let output = of(usage, "output_tokens").unwrap_or_default();
        let micros = of(usage, "cost_micros").unwrap_or_default();
        return Some(Amount { tokens: input.saturating_add(output), micros });
    }
    let failure = failure?;
    if let Some(counted) = failure.details.get(COUNTED) {
        let tokens = of(counted, "tokens").unwrap_or_default();
        return Some(Amount { tokens, micros: of(counted, "cost_micros").unwrap_or_default() });
    }
    match failure.code {
        Code::Cancelled | Code::OutcomeUnknown | Code::PlatformError => None,
        // It was refused before anybody was asked.
        _ => Some(Amount::default()),
    }
}

#[cfg(test)]
mod tests {
    use sluice_model::FailureKind;
    use sluice_outbound::http::HttpFailure;
    use sluice_outbound::llm::{Finish, Usage};

    use super::*;

    fn reply() -> Reply {
        Reply {
            content: "hm".to_owned(),
            tool_calls: Vec::new(),
            refusal: None,
            usage: Usage { input_tokens: 10, output_tokens: 5, is_estimated: false },
            finish_reason: Finish::Stop,
            model: "m-1".to_owned(),
            tries: 1,
        }
    }

    #[test]
    fn an_answer_says_what_it_counts_as() {
        let prices =
            Prices { input_micros_per_million: 1_000_000, output_micros_per_million: 2_000_000 };
        for prices in [None, Some(&prices)] {
            let taken = taken(&reply(), prices);
            let answer = answer_of(reply(), prices);
            assert_eq!(counted(Some(&answer), None), Some(taken), "{answer}");
            assert_eq!(answer["usage"]["cost_micros"].is_null(), prices.is_none());
        }
    }

    #[test]
    fn a_refusal_is_an_answer_that_was_held_back() {
        let refusal = Some("I will not.".to_owned());
        let answer = answer_of(Reply { content: String::new(), refusal, ..reply() }, None);
        assert_eq!(answer["content"], "I will not.");
        assert_eq!(answer["finish_reason"], "content_filter");
    }

    #[test]
    fn failures_say_what_they_count_as_and_whether_to_try_again() {
        let held = Amount { tokens: 7, micros: 3 };
        let limited = LlmFailure::RateLimited { retry_after: None, message: "slow".to_owned() };
        let cut = LlmFailure::Cut { what: "gone".to_owned() };
        let late = LlmFailure::TimedOut { after: std::time::Duration::from_secs(1) };
        let unsent = LlmFailure::Unreached(HttpFailure {
            reason: Reason::Protocol("x".to_owned()),
            sent: false,
        });
        for (failure, code, is_counted) in [
            (limited, Code::ModelRateLimited, false),
            (cut, Code::ModelFailed, true),
            (late, Code::CallTimedOut, true),
            (unsent, Code::ModelFailed, false),
        ] {
            let amount = taken_without_answer(&failure, held);
            assert_eq!(amount == held, is_counted, "{failure:?}");
            let told = failed("default", &failure, amount);
            assert_eq!((told.code, told.kind), (code, FailureKind::CallError));
            assert!(told.retryable, "{failure:?}");
            assert_eq!(counted(None, Some(&told)), Some(amount));
        }
        let given_up = Failure::new(Code::Cancelled, "given up");
        assert_eq!(counted(None, Some(&given_up)), None);
        let refused = Failure::new(Code::BudgetExceeded, "too little");
        assert_eq!(counted(None, Some(&refused)), Some(Amount::default()));
    }
}
