//! Bounds on tokens and money, and what a turn may take within all of them. Pure data: who counts what was
//! taken, and where, is not known here.
//!
//! What is allowed is never more than any bound has left. Where a turn does not say how much it writes, that
//! is made to fit.

use serde::{Deserialize, Serialize};

use super::cost::{Prices, estimate};
use super::turn::Turn;

/// The most tokens that are held back for an answer whose turn does not say how long it may be.
pub const USUAL_OUTPUT: u64 = 4_096;

/// The shortest answer, in tokens, that is worth asking for.
const LEAST_OUTPUT: u64 = 64;

/// Tokens and money.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amount {
    /// Tokens, read and written.
    pub tokens: u64,
    /// Millionths of a unit of money.
    pub micros: u64,
}

/// Whose budget it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// The tenant's, of one day.
    Tenant,
    /// The run's.
    Run,
    /// A step's.
    Step,
    /// An agent's.
    Agent,
}

/// What a budget is a budget of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Tokens.
    Tokens,
    /// Millionths of a unit of money.
    Micros,
}

/// A budget, and how much of it is taken or held back. A bound that is absent is no bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// Whose.
    pub level: Level,
    /// The most tokens.
    pub tokens: Option<u64>,
    /// The most money.
    pub micros: Option<u64>,
    /// What is not there any more.
    pub used: Amount,
}

/// A turn that a budget has too little for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a budget of {most} has {left} left, and the turn may take {asked}")]
pub struct Exceeded {
    /// Whose budget.
    pub level: Level,
    /// Of what.
    pub measure: Measure,
    /// Its bound.
    pub most: u64,
    /// What is neither taken nor held back of it.
    pub left: u64,
    /// What was asked for.
    pub asked: u64,
}

/// What a turn may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fitted {
    /// With what it reads, guessed of its length.
    pub amount: Amount,
    /// The most tokens that it may write; none where neither it nor a bound says so.
    pub max_output_tokens: Option<u64>,
}

/// Fits a turn into all the bounds, or names the first of them that has too little: the outermost, where
/// they are given in that order.
pub fn fit(bounds: &[Bound], turn: &Turn, prices: &Prices) -> Result<Fitted, Exceeded> {
    let of = |output| Fitted {
        amount: estimate(turn, prices, output),
        max_output_tokens: turn.max_output_tokens,
    };
    if turn.max_output_tokens.is_some() {
        let fitted = of(0);
        bounds.iter().try_for_each(|bound| bound.admit(fitted.amount))?;
        return Ok(fitted);
    }
    let (input, least) = (of(0).amount, of(LEAST_OUTPUT).amount);
    bounds.iter().try_for_each(|bound| bound.admit(least))?;
    let most = bounds.iter().filter_map(|bound| bound.output(input, prices)).min();
    let Some(most) = most else { return Ok(of(USUAL_OUTPUT)) };
    let output = most.clamp(LEAST_OUTPUT, USUAL_OUTPUT);
    Ok(Fitted { max_output_tokens: Some(output), ..of(output) })
}

impl Bound {
    fn left(&self, measure: Measure) -> Option<(u64, u64)> {
        let (most, used) = match measure {
            Measure::Tokens => (self.tokens?, self.used.tokens),
            Measure::Micros => (self.micros?, self.used.micros),
        };
        Some((most, most.saturating_sub(used)))
    }

    fn admit(&self, amount: Amount) -> Result<(), Exceeded> {
        for (measure, asked) in [(Measure::Tokens, amount.tokens), (Measure::Micros, amount.micros)]
        {
            if let Some((most, left)) = self.left(measure)
                && asked > left
            {
                return Err(Exceeded { level: self.level, measure, most, left, asked });
            }
        }
        Ok(())
    }

    /// The most tokens of an answer that this leaves room for; none where it does not bound them.
    fn output(&self, input: Amount, prices: &Prices) -> Option<u64> {
        let by_tokens =
            self.left(Measure::Tokens).map(|(_, left)| left.saturating_sub(input.tokens));
        let by_money = self.left(Measure::Micros).and_then(|(_, left)| {
            let left = u128::from(left.saturating_sub(input.micros)) * 1_000_000;
            let tokens = left.checked_div(u128::from(prices.output_micros_per_million))?;
            Some(u64::try_from(tokens).unwrap_or(u64::MAX))
        });
        [by_tokens, by_money].into_iter().flatten().min()
    }
}

impl Amount {
    /// Both together.
    #[must_use]
    pub fn plus(self, other: Amount) -> Amount {
        Amount {
            tokens: self.tokens.saturating_add(other.tokens),
            micros: self.micros.saturating_add(other.micros),
        }
    }

    /// What is left of it without the other, and not less than nothing.
    #[must_use]
    pub fn minus(self, other: Amount) -> Amount {
        Amount {
            tokens: self.tokens.saturating_sub(other.tokens),
            micros: self.micros.saturating_sub(other.micros),
        }
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
    use sluice_model::Message;

    use super::*;

    fn turn(bytes: usize, max_output_tokens: Option<u64>) -> Turn {
        let messages = vec![Message::User { content: "x".repeat(bytes) }];
        Turn { messages, max_output_tokens, ..Turn::default() }
    }

    fn bound(level: Level, tokens: Option<u64>, micros: Option<u64>) -> Bound {
        Bound { level, tokens, micros, used: Amount::default() }
    }

    #[test]
    fn the_outermost_without_enough_is_named() {
        let prices = Prices { input_micros_per_million: 0, output_micros_per_million: 1_000_000 };
        let bounds = [
            bound(Level::Tenant, Some(1_000), Some(500)),
            bound(Level::Step, Some(300), None),
            bound(Level::Agent, None, None),
        ];
        let refused = |output| {
            let refused = fit(&bounds, &turn(0, Some(output)), &prices).expect_err("too much");
            (refused.level, refused.measure, refused.asked, refused.left)
        };
        assert_eq!(refused(301), (Level::Step, Measure::Tokens, 301, 300));
        assert_eq!(refused(501), (Level::Tenant, Measure::Micros, 501, 500));
        assert_eq!(refused(1_001), (Level::Tenant, Measure::Tokens, 1_001, 1_000));
        let fitted = fit(&bounds, &turn(0, Some(300)), &prices).expect("enough");
        assert_eq!(fitted.amount, Amount { tokens: 300, micros: 300 });
    }

    #[test]
    fn an_answer_is_bounded_by_what_is_left_and_otherwise_as_usual() {
        let free = Prices::default();
        let fitted = |bounds: &[Bound]| fit(bounds, &turn(400, None), &free).expect("enough");
        assert_eq!(fitted(&[]).max_output_tokens, None);
        assert_eq!(fitted(&[]).amount.tokens, 150 + USUAL_OUTPUT);
        let wide = bound(Level::Step, Some(100_000), None);
        assert_eq!(fitted(&[wide]).max_output_tokens, Some(USUAL_OUTPUT));
        let narrow = Bound { used: Amount { tokens: 500, micros: 0 }, ..wide };
        let narrow = Bound { tokens: Some(1_000), ..narrow };
        assert_eq!(fitted(&[wide, narrow]).max_output_tokens, Some(350));
        assert_eq!(fitted(&[wide, narrow]).amount.tokens, 500);
        let used = Bound { used: Amount { tokens: 787, micros: 0 }, ..narrow };
        let refused = fit(&[used], &turn(400, None), &free).expect_err("too little for an answer");
        assert_eq!((refused.left, refused.asked), (213, 214));
        // What costs nothing is not bounded by money.
        assert_eq!(fitted(&[bound(Level::Step, None, Some(0))]).max_output_tokens, None);
    }

    #[test]
    fn what_is_allowed_is_never_more_than_is_left() {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let mut below = |most: u64| rng.next_u64() % most;
        for _ in 0..2_000 {
            let prices = Prices {
                input_micros_per_million: below(9_000_000),
                output_micros_per_million: below(9_000_000),
            };
            let bounds: Vec<Bound> = (0..3)
                .map(|_| Bound {
                    level: Level::Step,
                    tokens: (below(2) == 0).then(|| below(20_000)),
                    micros: (below(2) == 0).then(|| below(60_000)),
                    used: Amount { tokens: below(9_000), micros: below(9_000) },
                })
                .collect();
            let asked = (below(2) == 0).then(|| below(9_000));
            let turn = turn(usize::try_from(below(9_000)).expect("small"), asked);
            let Ok(fitted) = fit(&bounds, &turn, &prices) else { continue };
            for bound in &bounds {
                assert_eq!(bound.admit(fitted.amount), Ok(()), "{fitted:?} {turn:?} {prices:?}");
            }
        }
    }
}
