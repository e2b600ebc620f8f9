//! Random trees of budgets and turns, against a plain count of what each level was given.

use std::collections::BTreeMap;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

use super::*;

fn tokens(tokens: u64) -> Amount {
    Amount { tokens, micros: 0 }
}

#[test]
fn the_outermost_level_without_enough_is_named() {
    let mut budget = Budget::new();
    let tenant = budget.open(None, Level::Tenant, Some(100), Some(50));
    let run = budget.open(Some(tenant), Level::Run, None, None);
    let step = budget.open(Some(run), Level::Step, Some(30), None);
    let refused = budget.reserve(step, tokens(31)).expect_err("too much for the step");
    assert_eq!((refused.level, refused.left, refused.most), (Level::Step, 30, 30));
    let refused = budget.reserve(step, tokens(101)).expect_err("too much for all");
    assert_eq!((refused.level, refused.measure), (Level::Tenant, Measure::Tokens));
    let dear = Amount { tokens: 1, micros: 51 };
    let refused = budget.reserve(step, dear).expect_err("too dear");
    assert_eq!(
        (refused.level, refused.measure, refused.asked),
        (Level::Tenant, Measure::Micros, 51)
    );
    assert_eq!(budget.left(step, Measure::Tokens), Some(30), "what is refused holds nothing back");
}

#[test]
fn what_is_reserved_counts_until_it_is_settled() {
    let mut budget = Budget::new();
    let run = budget.open(None, Level::Run, Some(100), None);
    let one = budget.open(Some(run), Level::Agent, None, None);
    let other = budget.open(Some(run), Level::Agent, None, None);
    let held = budget.reserve(one, tokens(80)).expect("enough");
    assert!(budget.reserve(other, tokens(30)).is_err());
    budget.settle(held, tokens(10));
    assert_eq!(budget.spent(run), tokens(10));
    let held = budget.reserve(other, tokens(90)).expect("enough again");
    // More than was estimated: it counts, and nothing is given any more.
    budget.settle(held, tokens(120));
    assert_eq!(budget.left(one, Measure::Tokens), Some(0));
    assert!(budget.reserve(one, tokens(1)).is_err());
}

#[test]
fn a_budget_that_is_closed_leaves_what_is_around_it_right() {
    let mut budget = Budget::new();
    let run = budget.open(None, Level::Run, Some(10), None);
    let step = budget.open(Some(run), Level::Step, Some(5), None);
    let held = budget.reserve(step, tokens(5)).expect("enough");
    budget.close(step);
    assert_eq!(budget.left(run, Measure::Tokens), Some(5));
    budget.settle(held, tokens(2));
    assert_eq!(budget.left(run, Measure::Tokens), Some(8));
    budget.spend(run, tokens(8));
    assert_eq!(budget.left(run, Measure::Tokens), Some(0));
}

/// A number up to this one.
fn chance_of(below: &mut impl FnMut(usize) -> usize, most: u64) -> u64 {
    below(usize::try_from(most + 1).expect("a small number")) as u64
}

/// One random tree and many turns in it. `over` is how much a turn may take beyond its estimate.
fn play(seed: u64, over: u64) {
    let mut chance = ChaCha8Rng::seed_from_u64(seed);
    let mut below = |most: usize| chance.next_u32() as usize % most;
    let mut budget = Budget::new();
    let mut ids: Vec<(BudgetId, Option<usize>, [Option<u64>; 2])> = Vec::new();
    for at in 0..=below(12) {
        let parent = (at > 0).then(|| below(at));
        let level = [Level::Tenant, Level::Run, Level::Step, Level::Agent][below(4)];
        let bounds = [
            (below(3) > 0).then(|| below(2_000) as u64),
            (below(3) > 0).then(|| below(2_000) as u64),
        ];
        let id = budget.open(parent.map(|it| ids[it].0), level, bounds[0], bounds[1]);
        ids.push((id, parent, bounds));
    }
    let mut held: Vec<(usize, Reservation)> = Vec::new();
    // What each level spent, holds, and was exceeded by, counted apart.
    let mut count: BTreeMap<usize, (Amount, Amount, Amount)> = BTreeMap::new();
    let path = |at: usize| std::iter::successors(Some(at), |at| ids[*at].1);
    for _ in 0..60 {
        if below(3) > 0 || held.is_empty() {
            let at = below(ids.len());
            let asked = Amount { tokens: below(300) as u64, micros: below(300) as u64 };
            let fits = path(at).all(|at| {
                let (spent, reserved, _) = count.get(&at).copied().unwrap_or_default();
                let taken = spent.plus(reserved);
                let [tokens, micros] = ids[at].2;
                tokens.is_none_or(|most| asked.tokens <= most.saturating_sub(taken.tokens))
                    && micros.is_none_or(|most| asked.micros <= most.saturating_sub(taken.micros))
            });
            let got = budget.reserve(ids[at].0, asked);
            assert_eq!(got.is_ok(), fits, "seed {seed}");
            if let Ok(reservation) = got {
                for at in path(at) {
                    let entry = count.entry(at).or_default();
                    entry.1 = entry.1.plus(asked);
                }
                held.push((at, reservation));
            }
        } else {
            let (at, reservation) = held.swap_remove(below(held.len()));
            let asked = reservation.amount();
            let mut of = |asked: u64| chance_of(&mut below, asked + over);
            let actual = Amount { tokens: of(asked.tokens), micros: of(asked.micros) };
            budget.settle(reservation, actual);
            for at in path(at) {
                let entry = count.entry(at).or_default();
                entry.0 = entry.0.plus(actual);
                entry.1 = entry.1.minus(asked);
                entry.2 = entry.2.plus(actual.minus(asked));
            }
        }
        for (at, (id, _, [tokens, micros])) in ids.iter().enumerate() {
            let (spent, reserved, exceeded) = count.get(&at).copied().unwrap_or_default();
            assert_eq!(budget.spent(*id), spent, "seed {seed}");
            let taken = spent.plus(reserved);
            assert!(
                tokens.is_none_or(|most| taken.tokens <= most + exceeded.tokens),
                "seed {seed}"
            );
            assert!(
                micros.is_none_or(|most| taken.micros <= most + exceeded.micros),
                "seed {seed}"
            );
        }
    }
}

#[test]
fn no_level_is_passed_by_turns_that_keep_to_their_estimates() {
    for seed in 0..2_000 {
        play(seed, 0);
    }
}

#[test]
fn a_level_is_passed_only_by_what_turns_took_beyond_their_estimates() {
    for seed in 0..2_000 {
        play(seed, 200);
    }
}
