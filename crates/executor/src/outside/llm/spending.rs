//! What a run's steps and agents have spent on models: a fold over the run's record, so that every worker
//! and every attempt comes to the same.
//!
//! A call that is in the record and not over is held back from those after it, whether its turn has been
//! asked already or not.

use std::collections::{BTreeMap, HashMap};

use sluice_model::{AttemptEnd, Call, CallId, Event, EventBody, LlmCall, Request, SpanId};
use sluice_outbound::llm::{Amount, Bound, Level};

use super::words::counted;

/// Who has a budget within a run.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Purse {
    /// A step, or the run itself, by its span.
    Step(SpanId),
    /// An agent, by its name.
    Agent(String),
}

/// A purse that a call is paid from, and its bounds.
pub(super) struct Purses(Vec<(Purse, Option<u64>, Option<u64>)>);

impl Purses {
    /// Those of a call, the outermost first.
    pub(super) fn of(call: &LlmCall) -> Purses {
        let steps = call.budgets.iter().rev();
        let steps = steps.map(|it| (Purse::Step(it.span), it.tokens, it.cost_micros));
        let agent = call.agent.iter();
        let agent = agent.map(|it| (Purse::Agent(it.name.clone()), it.tokens, it.cost_micros));
        Purses(steps.chain(agent).collect())
    }

    /// Whether any of them has a bound.
    pub(super) fn are_bounded(&self) -> bool {
        self.0.iter().any(|(_, tokens, micros)| tokens.is_some() || micros.is_some())
    }
}

/// The turns of one run.
#[derive(Debug, Default)]
pub(super) struct Spending {
    /// How much of the record is counted.
    pub(super) seen: u64,
    spent: HashMap<Purse, Amount>,
    open: BTreeMap<CallId, Open>,
}

/// A call that is not over by the record.
#[derive(Debug)]
struct Open {
    purses: Vec<Purse>,
    /// What it may take, or took.
    held: Amount,
    /// Whether this process has asked it, or refused to.
    is_decided: bool,
}

impl Spending {
    /// Takes in the next event. `estimate` says what a turn may take.
    pub(super) fn apply(&mut self, event: Event, estimate: impl Fn(LlmCall) -> Amount) {
        self.seen = event.seq;
        match event.body {
            EventBody::CallStarted { call: Call { call, request: Request::Llm(asked), .. } } => {
                let purses = Purses::of(&asked).0.into_iter().map(|(purse, ..)| purse).collect();
                let held = estimate(asked);
                self.open.insert(call, Open { purses, held, is_decided: false });
            }
            EventBody::CallEnded { call, answer, failure } => {
                let Some(open) = self.open.remove(&call) else { return };
                let answer = answer.map(|answer| answer.value);
                let taken = counted(answer.as_ref(), failure.as_deref()).unwrap_or(open.held);
                for purse in open.purses {
                    let spent = self.spent.entry(purse).or_default();
                    *spent = spent.plus(taken);
                }
            }
            // A span is opened once: nothing more is paid by this step.
            EventBody::SpanEnded { span, .. } => {
                self.spent.remove(&Purse::Step(span));
            }
            // What follows is a record of its own.
            EventBody::AttemptEnded { why: AttemptEnd::Retried { .. }, .. } => {
                self.spent.clear();
                self.open.clear();
            }
            _ => {}
        }
    }

    /// The bounds of a call, with what others have taken or may take of them.
    pub(super) fn bounds(&self, call: CallId, purses: &Purses) -> Vec<Bound> {
        let bound = |(purse, tokens, micros): &(Purse, Option<u64>, Option<u64>)| Bound {
            level: match purse {
                Purse::Step(SpanId::RUN) => Level::Run,
                Purse::Step(_) => Level::Step,
                Purse::Agent(_) => Level::Agent,
            },
            tokens: *tokens,
            micros: *micros,
            used: self.used(purse, call),
        };
        purses.0.iter().map(bound).collect()
    }

    /// What may not be taken by that call: calls that were started before it come first.
    fn used(&self, purse: &Purse, call: CallId) -> Amount {
        let spent = self.spent.get(purse).copied().unwrap_or_default();
        let open = self.open.iter().filter(|(other, open)| {
            **other != call && (**other < call || open.is_decided) && open.purses.contains(purse)
        });
        open.fold(spent, |all, (_, open)| all.plus(open.held))
    }

    /// Says what a call of this process may take, or has taken. The record has the last word.
    pub(super) fn decide(&mut self, call: CallId, amount: Amount) {
        if let Some(open) = self.open.get_mut(&call) {
            open.held = amount;
            open.is_decided = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use sluice_model::{Answer, Code, Failure, Observed, Request, SpanStatus, StepBudget};

    use super::*;

    const HELD: u64 = 100;

    fn asked(step: u64, agent: Option<&str>) -> LlmCall {
        let agent = agent.map(|name| json!({ "name": name, "tokens": 1_000 }));
        let mut call: LlmCall =
            serde_json::from_value(json!({ "model": "default", "messages": [], "agent": agent }))
                .expect("a call");
        call.budgets =
            vec![StepBudget { span: SpanId(step), tokens: Some(1_000), cost_micros: None }];
        call
    }

    fn started(call: u64, asked: LlmCall) -> EventBody {
        let request = Request::Llm(asked);
        let span = SpanId(100 + call);
        EventBody::CallStarted {
            call: Call {
                call: CallId(call),
                span,
                request,
                attachment: None,
                needs_approval: false,
            },
        }
    }

    fn ended(call: u64, tokens: u64) -> EventBody {
        let usage =
            json!({ "input_tokens": tokens, "output_tokens": 0, "cost_micros": Value::Null });
        let answer = Some(Answer::of(json!({ "usage": usage })));
        EventBody::CallEnded { call: CallId(call), answer, failure: None }
    }

    fn after(bodies: Vec<EventBody>) -> Spending {
        let mut spending = Spending::default();
        for (place, body) in bodies.into_iter().enumerate() {
            let event =
                Event { seq: place as u64 + 1, at_us: 0, observed: Observed::default(), body };
            spending.apply(event, |_| Amount { tokens: HELD, micros: 0 });
        }
        spending
    }

    /// What others have of the step's and the agent's budget, for that call.
    fn used(spending: &Spending, call: u64) -> Vec<u64> {
        let purses = Purses::of(&asked(7, Some("judge")));
        spending.bounds(CallId(call), &purses).iter().map(|bound| bound.used.tokens).collect()
    }

    #[test]
    fn each_purse_has_what_its_calls_took() {
        let judge = Some("judge");
        let mut record = vec![
            started(1, asked(7, judge)),
            ended(1, 30),
            started(2, asked(8, judge)),
            ended(2, 5),
            started(3, asked(7, Some("other"))),
            ended(3, 2),
        ];
        assert_eq!(used(&after(record.clone()), 9), [32, 35]);
        record.push(EventBody::SpanEnded { span: SpanId(7), status: SpanStatus::Ok });
        assert_eq!(used(&after(record), 9), [0, 35]);
    }

    #[test]
    fn a_call_that_was_started_before_is_held_back_and_a_later_one_when_it_was_asked() {
        let record = vec![started(1, asked(7, None)), started(2, asked(7, None))];
        let mut spending = after(record);
        assert_eq!(used(&spending, 1), [0, 0], "the first has it all");
        assert_eq!(used(&spending, 2), [HELD, 0]);
        spending.decide(CallId(2), Amount { tokens: 40, micros: 0 });
        assert_eq!(used(&spending, 1), [40, 0]);
        spending.decide(CallId(1), Amount::default());
        assert_eq!(used(&spending, 2), [0, 0], "what was refused holds nothing back");
    }

    #[test]
    fn a_call_that_was_given_up_counts_as_what_was_held_back() {
        let mut record = vec![started(1, asked(7, None)), started(2, asked(7, None))];
        let end = |call, code| {
            let failure = Some(Box::new(Failure::new(code, "no")));
            EventBody::CallEnded { call: CallId(call), answer: None, failure }
        };
        record.push(end(1, Code::Cancelled));
        record.push(end(2, Code::BudgetExceeded));
        assert_eq!(used(&after(record), 9), [HELD, 0]);
    }
}
