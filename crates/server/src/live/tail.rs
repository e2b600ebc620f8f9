//! The newest events of a run that is watched, as text: read from the store once, for all who watch it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use sluice_db::{DbError, Tenant};
use sluice_model::{EventBody, RunId};
use tokio::sync::Mutex;

/// Events that are read or handed out at once at most.
const MOST_EVENTS: u32 = 500;

/// Bytes that are read or handed out at once as JSON at most, but for one event that is larger: what a
/// viewer who does not read holds in memory.
const MOST_BYTES: usize = 64 << 10;

/// Bytes of a run that are kept at most, but for one event that is larger.
const KEPT_BYTES: usize = 512 << 10;

/// Bytes of all runs together, beyond which nothing of a run is kept but what was read last.
const ALL_BYTES: usize = 64 << 20;

/// The newest events of one run.
pub(super) struct Tail {
    kept: Mutex<Kept>,
}

/// An event as text.
#[derive(Clone)]
struct Line {
    seq: u64,
    json: Arc<str>,
    is_last: bool,
}

struct Kept {
    lines: VecDeque<Line>,
    bytes: usize,
    /// What all runs keep, together.
    all_bytes: Arc<AtomicUsize>,
    /// The record held no more than these when that many changes had been heard of.
    as_of: Option<u64>,
}

/// Events in their order, one after another without a gap.
pub(super) struct Part {
    lines: Vec<Line>,
    /// Whether there are more already.
    pub(super) has_more: bool,
}

impl Part {
    /// A JSON array of them.
    pub(super) fn json(&self) -> String {
        let bytes = self.lines.iter().map(|line| line.json.len() + 1).sum::<usize>();
        let mut json = String::with_capacity(bytes + 2);
        for line in &self.lines {
            json.push(if json.is_empty() { '[' } else { ',' });
            json.push_str(&line.json);
        }
        json.push(']');
        json
    }

    /// The number of the last of them; none where there are none.
    pub(super) fn last(&self) -> Option<u64> {
        self.lines.last().map(|line| line.seq)
    }

    /// Whether the run ends with the last of them.
    pub(super) fn is_end(&self) -> bool {
        self.lines.last().is_some_and(|line| line.is_last)
    }
}

impl Tail {
    /// Of a run of which nothing was read yet.
    pub(super) fn new(all_bytes: Arc<AtomicUsize>) -> Tail {
        let kept = Kept { lines: VecDeque::new(), bytes: 0, all_bytes, as_of: None };
        Tail { kept: Mutex::new(kept) }
    }

    /// Events after that one, by somebody who has heard of so many changes, and may not believe that this
    /// was all. Whoever is far behind the others reads for themselves.
    pub(super) async fn after(
        &self,
        tenant: &Tenant,
        run: &RunId,
        after: u64,
        heard: u64,
        is_in_doubt: bool,
    ) -> Result<Part, DbError> {
        let mut kept = self.kept.lock().await;
        match kept.look(after, heard, is_in_doubt) {
            Look::Kept => {}
            Look::Alone => {
                drop(kept);
                return read(tenant, run, after).await;
            }
            Look::Anew => {
                let part = read(tenant, run, after).await?;
                kept.begin(&part, heard);
                return Ok(part);
            }
            Look::Further(last) => {
                let part = read(tenant, run, last).await?;
                kept.add(&part, heard);
                if kept.is_missing(after) {
                    drop(kept);
                    return read(tenant, run, after).await;
                }
            }
        }
        Ok(kept.part(after, heard))
    }
}

/// Where somebody finds the events that they lack.
#[derive(Debug, PartialEq, Eq)]
enum Look {
    /// Among those that are kept.
    Kept,
    /// In the store, for nobody else: they are far behind.
    Alone,
    /// In the store, and the tail begins there: it has not come so far.
    Anew,
    /// There, once the tail is read on from that event.
    Further(u64),
}

impl Kept {
    fn last(&self) -> u64 {
        self.lines.back().map_or(0, |line| line.seq)
    }

    fn look(&self, after: u64, heard: u64, is_in_doubt: bool) -> Look {
        if self.lines.is_empty() || after > self.last() {
            return Look::Anew;
        }
        if self.is_missing(after) {
            return Look::Alone;
        }
        let may_be_more = is_in_doubt || self.as_of.is_none_or(|as_of| as_of < heard);
        if may_be_more && !self.has_much(after) { Look::Further(self.last()) } else { Look::Kept }
    }

    /// Whether the event after that one came before those that are kept.
    fn is_missing(&self, after: u64) -> bool {
        self.lines.front().is_some_and(|line| after.saturating_add(1) < line.seq)
    }

    /// Whether a whole part is there.
    fn has_much(&self, after: u64) -> bool {
        self.last().saturating_sub(after) >= u64::from(MOST_EVENTS)
    }

    /// Begins with what was read, in the place of what is kept. Where that is nothing, all stays.
    fn begin(&mut self, part: &Part, heard: u64) {
        if !part.lines.is_empty() {
            self.all_bytes.fetch_sub(self.bytes, Relaxed);
            self.bytes = 0;
            self.lines.clear();
            self.add(part, heard);
        }
    }

    /// What was read last, and up to which change.
    fn add(&mut self, part: &Part, heard: u64) {
        let before = self.bytes;
        if self.all_bytes.load(Relaxed) > ALL_BYTES && !part.lines.is_empty() {
            self.lines.clear();
            self.bytes = 0;
        }
        for line in &part.lines {
            self.bytes += line.json.len();
            self.lines.push_back(line.clone());
        }
        while self.bytes > KEPT_BYTES && self.lines.len() > 1 {
            self.bytes -= self.lines.pop_front().map_or(0, |line| line.json.len());
        }
        self.as_of = if part.has_more { None } else { Some(heard) };
        self.all_bytes.fetch_add(self.bytes, Relaxed);
        self.all_bytes.fetch_sub(before, Relaxed);
    }

    fn part(&self, after: u64, heard: u64) -> Part {
        let first = self.lines.front().map_or(0, |line| line.seq);
        let skipped =
            usize::try_from(after.saturating_add(1).saturating_sub(first)).unwrap_or(usize::MAX);
        let mut bytes = 0;
        let later = self.lines.range(skipped.min(self.lines.len())..);
        let lines: Vec<Line> = later
            .take(MOST_EVENTS as usize)
            .take_while(|line| {
                let is_first = bytes == 0;
                bytes += line.json.len();
                is_first || bytes <= MOST_BYTES
            })
            .cloned()
            .collect();
        let last = lines.last().map_or(after, |line| line.seq);
        let has_more = last < self.last() || self.as_of.is_none_or(|as_of| as_of < heard);
        Part { lines, has_more }
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.all_bytes.fetch_sub(self.bytes, Relaxed);
    }
}

async fn read(tenant: &Tenant, run: &RunId, after: u64) -> Result<Part, DbError> {
    let bytes = Some(MOST_BYTES as u64);
    let part = tenant.some_events(run, after, MOST_EVENTS, bytes).await?;
    let mut lines = Vec::with_capacity(part.items.len());
    let mut bytes = 0;
    for event in &part.items {
        let json = serde_json::to_string(event)
            .map_err(|error| DbError::Corrupt(format!("an event: {error}")))?;
        bytes += json.len();
        if bytes > MOST_BYTES && !lines.is_empty() {
            return Ok(Part { lines, has_more: true });
        }
        let is_last = matches!(event.body, EventBody::RunEnded { .. });
        lines.push(Line { seq: event.seq, json: json.into(), is_last });
    }
    Ok(Part { lines, has_more: part.has_more })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(numbers: std::ops::RangeInclusive<u64>, bytes: usize, has_more: bool) -> Part {
        let line = |seq| Line { seq, json: "x".repeat(bytes).into(), is_last: false };
        Part { lines: numbers.map(line).collect(), has_more }
    }

    fn numbers(part: &Part) -> Vec<u64> {
        part.lines.iter().map(|line| line.seq).collect()
    }

    fn kept() -> Kept {
        let all_bytes = Arc::new(AtomicUsize::new(0));
        Kept { lines: VecDeque::new(), bytes: 0, all_bytes, as_of: None }
    }

    #[test]
    fn everybody_is_given_what_they_lack_and_told_whether_there_may_be_more() {
        let mut kept = kept();
        kept.add(&part(4..=9, 10, false), 7);
        assert!(kept.is_missing(2) && !kept.is_missing(3) && !kept.is_missing(9));
        let next = kept.part(3, 7);
        assert_eq!(numbers(&next), [4, 5, 6, 7, 8, 9]);
        assert!(!next.has_more);
        assert!(kept.part(3, 8).has_more, "a change was heard of that was not read");
        assert_eq!(numbers(&kept.part(8, 7)), [9]);
        assert!(kept.part(9, 7).lines.is_empty() && !kept.part(9, 7).has_more);
        kept.add(&part(10..=10, 10, true), 8);
        assert!(kept.part(9, 8).has_more, "the store had more than was read");
        assert_eq!(kept.part(9, 8).json(), format!("[{}]", "x".repeat(10)));
    }

    #[test]
    fn whoever_is_ahead_begins_the_tail_anew_and_whoever_is_far_behind_reads_alone() {
        let mut kept = kept();
        assert_eq!(kept.look(0, 0, false), Look::Anew);
        kept.begin(&part(1..=9, 10, true), 1);
        assert_eq!(kept.look(9, 1, false), Look::Further(9), "there was more than was read");
        assert_eq!(kept.look(99_990, 1, false), Look::Anew);
        kept.begin(&part(99_991..=99_999, 10, false), 2);
        assert_eq!(numbers(&kept.part(99_990, 2)).first(), Some(&99_991));
        assert_eq!(kept.bytes, 90);
        assert_eq!(kept.look(9, 2, false), Look::Alone);
        assert_eq!(kept.look(99_999, 2, false), Look::Kept);
        assert_eq!(kept.look(99_999, 2, true), Look::Further(99_999), "the net");
        assert_eq!(kept.look(u64::MAX, 2, true), Look::Anew);
        kept.begin(&Part { lines: Vec::new(), has_more: false }, 2);
        assert_eq!(kept.last(), 99_999, "a number that nobody has changes nothing");
        assert!(kept.part(u64::MAX, 2).lines.is_empty());
    }

    #[test]
    fn what_is_kept_and_handed_out_is_bounded() {
        let mut kept = kept();
        kept.add(&part(1..=20, 30 << 10, false), 1);
        assert_eq!(numbers(&kept.part(5, 1)), [6, 7], "64 KiB at once");
        assert!(kept.part(5, 1).has_more && kept.is_missing(2), "512 KiB in all");
        kept.add(&part(11..=11, 1 << 20, false), 2);
        assert_eq!(numbers(&kept.part(10, 2)), [11], "one that is larger goes alone");
        assert!(kept.is_missing(9));
        let all = Arc::clone(&kept.all_bytes);
        assert_eq!(all.load(Relaxed), 1 << 20);
        all.fetch_add(ALL_BYTES, Relaxed);
        kept.add(&part(12..=12, 10, false), 3);
        assert_eq!(kept.bytes, 10, "where all keep much, each keeps what it read last");
        drop(kept);
        assert_eq!(all.load(Relaxed), ALL_BYTES);
    }
}
