//! Which rows are left when there is not room for all.

use super::super::samples::{Story, failed};
use super::*;

fn shown(rows: &[Row<'_>]) -> String {
    let rows = rows.iter().map(|row| {
        let indent = "  ".repeat(row.levels.len() - 1);
        match &row.item {
            Item::Span { span, hidden: 0 } => format!("{indent}{}", span.name),
            Item::Span { span, hidden } => format!("{indent}{} +{hidden}", span.name),
            Item::Finished { count, failed } => {
                format!("{indent}({count} finished, {failed} failed)")
            }
            Item::Open { count } => format!("{indent}({count} open)"),
        }
    });
    rows.collect::<Vec<_>>().join("\n")
}

/// An open `work` with ten finished children, the third of which failed, a finished `load` with
/// children of its own before it, and an open child after them.
fn busy() -> Story {
    let mut story = Story::default();
    story.start(1, 0, "load").start(2, 1, "read").end(2).start(3, 1, "sort").end(3).end(1);
    story.start(4, 0, "work");
    for number in 0..10 {
        story.start(10 + number, 4, &format!("item {number}"));
        if number == 2 {
            story.fail(12, failed("ValueError", "no"));
        } else {
            story.end(10 + number);
        }
    }
    story.start(30, 4, "item 10").start(31, 30, "fetch");
    story
}

#[test]
fn a_tree_that_fits_is_shown_whole() {
    let story = busy();
    let rows = live_rows(story.tree(), 16);
    assert_eq!(rows.len(), story.tree().len());
    assert!(rows.iter().all(|row| matches!(row.item, Item::Span { hidden: 0, .. })));
}

#[test]
fn finished_spans_make_room_for_open_ones() {
    insta::assert_snapshot!(shown(&live_rows(busy().tree(), 9)), @r"
    load +2
    work
      (6 finished, 0 failed)
      item 2
      item 7
      item 8
      item 9
      item 10
        fetch
    ");
}

#[test]
fn with_hardly_any_room_the_open_spans_remain() {
    insta::assert_snapshot!(shown(&live_rows(busy().tree(), 5)), @r"
    load +2
    work
      (10 finished, 1 failed)
      item 10
        fetch
    ");
    insta::assert_snapshot!(shown(&live_rows(busy().tree(), 3)), @r"
    load +2
    work
    (2 open)
    ");
}

#[test]
fn rows_never_exceed_the_room() {
    let story = busy();
    for room in 0..20 {
        assert!(live_rows(story.tree(), room).len() <= room, "{room}");
        assert!(final_rows(story.tree(), room).len() <= room, "{room}");
    }
}

#[test]
fn a_finished_tree_keeps_its_upper_levels() {
    let mut story = Story::default();
    for root in 0..3 {
        let first = root * 100 + 1;
        story.start(first, 0, &format!("root {root}"));
        for child in 1..=(root * 5) {
            story.start(first + child, first, &format!("child {child}")).end(first + child);
        }
        story.end(first);
    }
    insta::assert_snapshot!(shown(&final_rows(story.tree(), 10)), @r"
    root 0
    root 1
      child 1
      child 2
      child 3
      child 4
      child 5
    root 2 +10
    ");
}

#[test]
fn a_hostile_depth_takes_neither_the_stack_nor_the_width() {
    let mut story = Story::default();
    for span in 1..=50_000 {
        story.start(span, span - 1, "deeper");
    }
    let rows = live_rows(story.tree(), 40);
    assert_eq!(rows.len(), 40);
    assert!(rows.iter().all(|row| row.levels.len() <= MAX_INDENT + 1));
    assert_eq!(rows[39].item, Item::Open { count: 50_000 - 39 });
}
