//! How long what changes is gathered before a viewer is told. What comes after a quiet time goes out at
//! once; after that, the next waits the longer the dearer the last was: a viewer takes at most an eighth of
//! the time of the server that it is alone on, and less of one that is busy.

use std::ops::RangeInclusive;
use std::time::Duration;

use tokio::time::Instant;

/// How much longer than its cost a batch keeps the next one back.
const SHARE: u32 = 8;

/// When a viewer may be told something again.
pub(super) struct Gather {
    between: RangeInclusive<Duration>,
    begun: Option<Instant>,
    not_before: Instant,
}

impl Gather {
    /// Waits at least and at most so long between two batches.
    pub(super) fn new(between: RangeInclusive<Duration>) -> Gather {
        Gather { between, begun: None, not_before: Instant::now() }
    }

    /// A batch is about to be read.
    pub(super) fn begin(&mut self) {
        self.begun = Some(Instant::now());
    }

    /// There was nothing to send, or there is more to send at once.
    pub(super) fn skip(&mut self) {
        self.begun = None;
    }

    /// Resolves when the next batch may be read; the last one has been sent by now. May be dropped and
    /// called again.
    pub(super) async fn over(&mut self) {
        self.sent();
        if self.not_before > Instant::now() {
            tokio::time::sleep_until(self.not_before).await;
        }
    }

    /// The last batch, if there is one, has been sent.
    pub(super) fn sent(&mut self) {
        if let Some(begun) = self.begun.take() {
            let (now, cost) = (Instant::now(), begun.elapsed());
            self.not_before =
                now + (cost * SHARE).clamp(*self.between.start(), *self.between.end());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_first_goes_at_once_and_the_next_waits_by_the_cost_of_the_last() {
        let ms = Duration::from_millis;
        let began = Instant::now();
        let mut gather = Gather::new(ms(8)..=ms(50));
        gather.over().await;
        assert_eq!(began.elapsed(), ms(0));
        for (cost, wait) in [(0, 8), (2, 16), (100, 50)] {
            gather.begin();
            tokio::time::advance(ms(cost)).await;
            let sent = Instant::now();
            gather.over().await;
            assert_eq!(sent.elapsed(), ms(wait), "{cost}");
        }
        gather.begin();
        gather.skip();
        let now = Instant::now();
        gather.over().await;
        assert_eq!(now.elapsed(), ms(0));
    }
}
