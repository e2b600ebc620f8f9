//! Which spans of a tree are shown in a given number of rows. A flow decides how large and how deep
//! its tree is, so nothing here recurses and no row is longer than its depth allows.

use std::collections::{HashSet, VecDeque};

use sluice_model::{Span, SpanId, SpanStatus, Tree};

/// Levels that are indented; deeper ones stand at the last of these.
const MAX_INDENT: usize = 24;

/// One row.
#[derive(Clone, Debug, PartialEq)]
pub struct Row<'t> {
    /// For each level above: whether it goes on below this row. The last is the row's own.
    pub levels: Vec<bool>,
    /// What it shows.
    pub item: Item<'t>,
}

/// What a row shows.
#[derive(Clone, Debug, PartialEq)]
pub enum Item<'t> {
    /// A span.
    Span {
        /// The span.
        span: &'t Span,
        /// How many of its children are not shown.
        hidden: usize,
    },
    /// Finished siblings, in one row.
    Finished {
        /// How many.
        count: usize,
        /// How many of them failed.
        failed: usize,
    },
    /// Spans that are open and for which there is no room.
    Open {
        /// How many.
        count: usize,
    },
}

/// The rows of a run that goes on: what is open before what is finished, the newest of the
/// finished before the older, failures before successes.
pub fn live_rows(tree: &Tree, room: usize) -> Vec<Row<'_>> {
    if tree.len() <= room {
        return list(tree, |_| true, usize::MAX, room);
    }
    let (open, finished) = census(tree);
    // The most finished children a parent may show such that all rows fit.
    let rows = |keep: usize| open + finished.iter().map(|count| cost(*count, keep)).sum::<usize>();
    let (mut keep, mut too_many) = (0, room + 1);
    while too_many - keep > 1 {
        let middle = usize::midpoint(keep, too_many);
        *(if rows(middle) <= room { &mut keep } else { &mut too_many }) = middle;
    }
    let mut shown = list(tree, |span| span.status.is_none(), keep, room);
    if rows(keep) > room {
        shown.truncate(room.saturating_sub(1));
        let open_shown = shown.iter().filter(|row| is_open(&row.item)).count();
        if room > 0 {
            let item = Item::Open { count: open - open_shown };
            shown.push(Row { levels: vec![false], item });
        }
    }
    shown
}

/// The rows of a run that is over: all of it, or the upper levels where that is too much.
pub fn final_rows(tree: &Tree, room: usize) -> Vec<Row<'_>> {
    if tree.len() <= room {
        return list(tree, |_| true, usize::MAX, room);
    }
    let keep = room / 2;
    let mut expanded = HashSet::new();
    let mut level = children(tree, tree.roots(), keep);
    let mut used = level.len();
    let mut waiting: VecDeque<&Span> = VecDeque::new();
    loop {
        waiting.extend(level.iter().filter_map(|item| match item {
            Item::Span { span, .. } => Some(*span),
            Item::Finished { .. } | Item::Open { .. } => None,
        }));
        let Some(span) = waiting.pop_front() else { break };
        level = children(tree, &span.children, keep);
        if used + level.len() > room {
            level.clear();
            continue;
        }
        used += level.len();
        expanded.insert(span.id);
    }
    let mut shown = list(tree, |span| expanded.contains(&span.id), keep, room);
    shown.truncate(room);
    shown
}

/// How many spans are open, and how many finished children the run and each open span has.
fn census(tree: &Tree) -> (usize, Vec<usize>) {
    let mut open = 0;
    let mut finished = Vec::new();
    let mut waiting = vec![tree.roots()];
    while let Some(siblings) = waiting.pop() {
        let mut done = 0;
        for span in siblings.iter().filter_map(|id| tree.span(*id)) {
            if span.status.is_some() {
                done += 1;
            } else {
                open += 1;
                waiting.push(&span.children);
            }
        }
        finished.push(done);
    }
    (open, finished)
}

/// Rows that `count` finished siblings take when `keep` of them may be shown.
fn cost(count: usize, keep: usize) -> usize {
    count.min(keep.saturating_add(1))
}

/// The tree, depth first, with the children of the expanded spans.
fn list(
    tree: &Tree,
    is_expanded: impl Fn(&Span) -> bool,
    keep: usize,
    room: usize,
) -> Vec<Row<'_>> {
    let mut rows = Vec::new();
    let mut stack = Vec::new();
    push_reversed(&mut stack, &[], children(tree, tree.roots(), keep));
    // One row more than there is room for tells the caller that something is missing.
    while let Some(mut row) = stack.pop().filter(|_| rows.len() <= room) {
        if let Item::Span { span, hidden } = &mut row.item {
            if is_expanded(span) {
                let inside = children(tree, &span.children, keep);
                push_reversed(&mut stack, &row.levels, inside);
            } else {
                *hidden = span.children.len();
            }
        }
        rows.push(row);
    }
    rows
}

fn push_reversed<'t>(stack: &mut Vec<Row<'t>>, above: &[bool], items: Vec<Item<'t>>) {
    let last = items.len().saturating_sub(1);
    for (place, item) in items.into_iter().enumerate().rev() {
        let mut levels: Vec<bool> = above.iter().copied().take(MAX_INDENT).collect();
        levels.push(place != last);
        stack.push(Row { levels, item });
    }
}

/// Siblings, with the finished ones beyond `keep` in one row. A single one is shown as it is: it
/// takes no more room than the row that would stand for it.
fn children<'t>(tree: &'t Tree, ids: &[SpanId], keep: usize) -> Vec<Item<'t>> {
    let spans = || ids.iter().filter_map(|id| tree.span(*id));
    let finished = spans().filter(|span| span.status.is_some()).count();
    let mut items = Vec::new();
    let (mut hide, mut hide_failed) = (0, 0);
    if finished > keep.saturating_add(1) {
        let failed = spans().filter(|span| has_failed(span)).count();
        let count = finished - keep;
        hide = count.min(finished - failed);
        hide_failed = count - hide;
        items.push(Item::Finished { count, failed: hide_failed });
    }
    for span in spans() {
        let left = if has_failed(span) {
            Some(&mut hide_failed)
        } else {
            span.status.as_ref().map(|_| &mut hide)
        };
        match left {
            Some(left) if *left > 0 => *left -= 1,
            _ => items.push(Item::Span { span, hidden: 0 }),
        }
    }
    items
}

fn has_failed(span: &Span) -> bool {
    matches!(span.status, Some(SpanStatus::Failed { .. }))
}

fn is_open(item: &Item<'_>) -> bool {
    matches!(item, Item::Span { span, .. } if span.status.is_none())
}

#[cfg(test)]
mod tests;
