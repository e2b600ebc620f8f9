//! Turns on the processors: as many attempts are worked on at one moment as there are processors, and
//! tenants that want one take turns, however many attempts each of them has. A guest gives its turn back
//! each time that it yields, which the sandbox makes it do every few milliseconds.

use std::collections::{BTreeMap, VecDeque};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use pin_project_lite::pin_project;
use sluice_model::TenantId;

/// Who may go on.
#[derive(Clone)]
pub(crate) struct Turns {
    state: Arc<Mutex<State>>,
}

struct State {
    /// Turns that nobody has.
    free: usize,
    /// Those that wait, by tenant; a tenant without any is not here.
    waiting: BTreeMap<TenantId, VecDeque<(u64, Waker)>>,
    /// The tenant that had a turn last.
    last: Option<TenantId>,
    /// Those that were given a turn and have not begun with it.
    given: Vec<u64>,
    tickets: u64,
}

pin_project! {
    /// A future that is polled when it is its turn.
    pub(crate) struct InTurn<F> {
        #[pin]
        inner: F,
        place: Place,
    }
}

/// A place in the line; left when it is dropped.
struct Place {
    turns: Turns,
    tenant: TenantId,
    ticket: Option<u64>,
}

impl Turns {
    /// So many turns at once.
    pub(crate) fn new(processors: usize) -> Turns {
        let state = State {
            free: processors.max(1),
            waiting: BTreeMap::new(),
            last: None,
            given: Vec::new(),
            tickets: 0,
        };
        Turns { state: Arc::new(Mutex::new(state)) }
    }

    /// The same future, polled in turn with those of others.
    pub(crate) fn take<F: Future>(&self, tenant: TenantId, inner: F) -> InTurn<F> {
        InTurn { inner, place: Place { turns: self.clone(), tenant, ticket: None } }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// A turn is over: the next tenant's oldest gets it.
    fn give_back(&mut self) {
        let after = |last: &TenantId| {
            let later = (std::ops::Bound::Excluded(last.clone()), std::ops::Bound::Unbounded);
            self.waiting.range(later).next().map(|(tenant, _)| tenant.clone())
        };
        let next = self.last.as_ref().and_then(after);
        let next = next.or_else(|| self.waiting.keys().next().cloned());
        let Some(tenant) = next else {
            self.free += 1;
            return;
        };
        let Some(line) = self.waiting.get_mut(&tenant) else { return };
        let first = line.pop_front();
        if line.is_empty() {
            self.waiting.remove(&tenant);
        }
        self.last = Some(tenant);
        if let Some((ticket, waker)) = first {
            self.given.push(ticket);
            waker.wake();
        }
    }
}

impl Place {
    /// Whether it is our turn; otherwise we stand in line.
    fn poll(&mut self, cx: &Context<'_>) -> bool {
        let mut state = self.turns.state();
        if let Some(ticket) = self.ticket {
            if let Some(at) = state.given.iter().position(|given| *given == ticket) {
                state.given.swap_remove(at);
                drop(state);
                self.ticket = None;
                return true;
            }
            let line = state.waiting.get_mut(&self.tenant);
            let place = line.and_then(|line| line.iter_mut().find(|(waits, _)| *waits == ticket));
            if let Some((_, waker)) = place {
                waker.clone_from(cx.waker());
            }
            return false;
        }
        if state.free > 0 {
            state.free -= 1;
            return true;
        }
        state.tickets += 1;
        let ticket = state.tickets;
        let line = state.waiting.entry(self.tenant.clone()).or_default();
        line.push_back((ticket, cx.waker().clone()));
        drop(state);
        self.ticket = Some(ticket);
        false
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some(ticket) = self.ticket else { return };
        let mut state = self.turns.state();
        if let Some(at) = state.given.iter().position(|given| *given == ticket) {
            state.given.swap_remove(at);
            state.give_back();
            return;
        }
        if let Some(line) = state.waiting.get_mut(&self.tenant) {
            line.retain(|(waits, _)| *waits != ticket);
            if line.is_empty() {
                state.waiting.remove(&self.tenant);
            }
        }
    }
}

/// Gives the turn back however the poll ends, by a panic as well.
struct Turn<'t>(&'t Turns);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.state().give_back();
    }
}

impl<F: Future> Future for InTurn<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        if !this.place.poll(cx) {
            return Poll::Pending;
        }
        let _turn = Turn(&this.place.turns);
        this.inner.poll(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What each poll of many futures was of, in order.
    async fn order(tenants: &[(&str, usize)], polls: usize) -> Vec<String> {
        let turns = Turns::new(1);
        let polled = Arc::new(Mutex::new(Vec::new()));
        let mut all = tokio::task::JoinSet::new();
        for (tenant, count) in tenants {
            for _ in 0..*count {
                let (tenant, polled) = ((*tenant).to_owned(), Arc::clone(&polled));
                let id: TenantId = tenant.parse().expect("it is a name");
                all.spawn(turns.take(id, async move {
                    for _ in 0..polls {
                        polled.lock().expect("nobody panicked").push(tenant.clone());
                        tokio::task::yield_now().await;
                    }
                }));
            }
        }
        all.join_all().await;
        assert_eq!(turns.state().free, 1, "every turn was given back");
        Arc::try_unwrap(polled).expect("all are over").into_inner().expect("nobody panicked")
    }

    #[tokio::test]
    async fn everybody_is_done_in_the_end() {
        assert_eq!(order(&[("a", 20), ("b", 3)], 5).await.len(), 23 * 5);
    }

    #[tokio::test]
    async fn a_place_that_is_given_up_keeps_nobody_waiting() {
        let turns = Turns::new(1);
        let tenant = TenantId::local();
        let cx = Context::from_waker(Waker::noop());
        let mut first = Place { turns: turns.clone(), tenant: tenant.clone(), ticket: None };
        let mut second = Place { turns: turns.clone(), tenant: tenant.clone(), ticket: None };
        let mut third = Place { turns: turns.clone(), tenant, ticket: None };
        assert!(first.poll(&cx) && !second.poll(&cx) && !third.poll(&cx));
        turns.state().give_back();
        drop(second);
        assert!(third.poll(&cx));
    }

    #[test]
    fn tenants_take_turns_however_many_attempts_each_has() {
        let turns = Turns::new(1);
        let cx = Context::from_waker(Waker::noop());
        let place = |tenant: &str| Place {
            turns: turns.clone(),
            tenant: tenant.parse().expect("it is a name"),
            ticket: None,
        };
        let mut running = place("a");
        assert!(running.poll(&cx));
        let mut noisy: Vec<Place> = (0..5).map(|_| place("a")).collect();
        assert!(noisy.iter_mut().all(|place| !place.poll(&cx)));
        let mut quiet = place("b");
        assert!(!quiet.poll(&cx));
        turns.state().give_back();
        turns.state().give_back();
        assert!(quiet.poll(&cx), "it was next or the one after");
    }
}
