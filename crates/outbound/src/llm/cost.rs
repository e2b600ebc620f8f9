//! What a turn costs.

use serde::{Deserialize, Serialize};

use super::assemble::tokens_of;
use super::budget::Amount;
use super::reply::Usage;
use super::turn::Turn;

/// Prices in millionths of a unit of money for a million tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prices {
    /// For a million tokens that are read.
    pub input_micros_per_million: u64,
    /// For a million tokens that are written.
    pub output_micros_per_million: u64,
}

/// What a turn costs, in millionths of a unit of money, rounded up.
pub fn cost_micros(usage: &Usage, prices: &Prices) -> u64 {
    let of = |tokens: u64, price: u64| u128::from(tokens) * u128::from(price);
    let all = of(usage.input_tokens, prices.input_micros_per_million)
        .saturating_add(of(usage.output_tokens, prices.output_micros_per_million));
    u64::try_from(all.div_ceil(1_000_000)).unwrap_or(u64::MAX)
}

/// What a turn may take: what it reads, guessed of its length with some to spare, and the most that it may
/// write, or `most_output` tokens where it says none.
pub fn estimate(turn: &Turn, prices: &Prices, most_output: u64) -> Amount {
    let input_tokens = tokens_of(turn.bytes()).saturating_mul(3) / 2;
    let output_tokens = turn.max_output_tokens.unwrap_or(most_output);
    let usage = Usage { input_tokens, output_tokens, is_estimated: true };
    Amount {
        tokens: input_tokens.saturating_add(output_tokens),
        micros: cost_micros(&usage, prices),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_are_rounded_up_and_never_overflow() {
        let prices =
            Prices { input_micros_per_million: 3_000_000, output_micros_per_million: 15_000_000 };
        let cost = |input_tokens, output_tokens| {
            cost_micros(&Usage { input_tokens, output_tokens, is_estimated: false }, &prices)
        };
        assert_eq!(cost(0, 0), 0);
        assert_eq!(cost(1_000, 200), 6_000);
        assert_eq!(cost(1, 0), 3);
        assert_eq!(cost(u64::MAX, u64::MAX), u64::MAX);
        let little = Prices { input_micros_per_million: 1, output_micros_per_million: 0 };
        let usage = Usage { input_tokens: 1, output_tokens: 9, is_estimated: false };
        assert_eq!(cost_micros(&usage, &little), 1);
    }
}
