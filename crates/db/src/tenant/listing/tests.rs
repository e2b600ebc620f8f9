//! That each list goes by the index that it is meant to: what the database says it would do.

use sluice_model::{RunId, RunState, TenantId};

use super::fitting;
use crate::Store;
use crate::engine::{Arg, composed};
use crate::tenant::{AskFilter, AskState, RunFilter, asks, runs};

/// How SQLite goes about each of these queries.
async fn plans(queries: Vec<(String, Vec<Arg>)>) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder is made");
    let path = folder.path().join("store.db");
    let store = Store::open(path.to_str().expect("the path is text")).await.expect("it opens");
    let mut conn = store.reader().await.expect("the store answers");
    let mut plans = Vec::new();
    for (sql, args) in queries {
        let sql = composed(format!("EXPLAIN QUERY PLAN {sql}"));
        let rows = conn.rows(sql, args).await.expect("the query is one");
        let steps = rows.iter().map(|row| row.text(3).expect("a step is a text").to_owned());
        plans.push(steps.collect::<Vec<_>>().join("; "));
    }
    plans
}

fn run() -> RunId {
    RunId::new(1, [0; 10])
}

#[tokio::test]
async fn every_list_of_questions_has_an_index() {
    let id = TenantId::local();
    let state = Some(AskState::Open);
    let assignee = Some("ada".to_owned());
    let all = AskFilter::default;
    let before = AskFilter { before: Some(sluice_model::AskId::new(1, [0; 10])), ..all() };
    let expected = [
        (all(), "asks_by_tenant (tenant=?)"),
        (before, "asks_by_tenant (tenant=? AND id<?)"),
        (AskFilter { state, ..all() }, "asks_by_state (tenant=? AND state=?)"),
        (
            AskFilter { assignee: assignee.clone(), ..all() },
            "asks_by_assignee (tenant=? AND assignee=?)",
        ),
        (
            AskFilter { state, assignee, ..all() },
            "asks_by_assignee_and_state (tenant=? AND assignee=? AND state=?)",
        ),
    ];
    let queries = expected.iter().map(|(filter, _)| asks::listed(&id, filter)).collect();
    for (plan, (filter, index)) in plans(queries).await.into_iter().zip(&expected) {
        assert_eq!(plan, format!("SEARCH asks USING INDEX {index}"), "{filter:?}");
    }
    let of_run = AskFilter { run: Some(run()), state, ..all() };
    let plan = plans(vec![asks::listed(&id, &of_run)]).await.remove(0);
    assert!(plan.contains("(run_id=?)"), "{plan}");
}

#[tokio::test]
async fn every_list_of_runs_has_an_index() {
    let id = TenantId::local();
    let flow = || Some("flow".to_owned());
    let outcome = || Some("failed".to_owned());
    let all = RunFilter::default;
    let expected = [
        (all(), "runs_by_tenant (tenant=?)"),
        (RunFilter { before: Some(run()), ..all() }, "runs_by_tenant (tenant=? AND id<?)"),
        (
            RunFilter { state: Some(RunState::Ended), ..all() },
            "runs_by_state (tenant=? AND state=?)",
        ),
        (RunFilter { flow: flow(), ..all() }, "runs_by_flow (tenant=? AND flow=?)"),
        // Few have not ended, and most of a flow have: whichever is asked for is soon found.
        (
            RunFilter { flow: flow(), state: Some(RunState::Waiting), ..all() },
            "runs_by_state (tenant=? AND state=?)",
        ),
        (
            RunFilter { flow: flow(), state: Some(RunState::Ended), ..all() },
            "runs_by_flow (tenant=? AND flow=?)",
        ),
        (RunFilter { outcome: outcome(), ..all() }, "runs_by_outcome (tenant=? AND outcome=?)"),
        (
            RunFilter { outcome: outcome(), state: Some(RunState::Ended), ..all() },
            "runs_by_outcome (tenant=? AND outcome=?)",
        ),
        (
            RunFilter { flow: flow(), outcome: outcome(), ..all() },
            "runs_by_flow_and_outcome (tenant=? AND flow=? AND outcome=?)",
        ),
        (
            RunFilter { root: Some(run()), state: Some(RunState::Ended), ..all() },
            "runs_by_root (root_run=?)",
        ),
    ];
    let queries = expected.iter().map(|(filter, _)| runs::listed(&id, filter)).collect();
    for (plan, (filter, index)) in plans(queries).await.into_iter().zip(&expected) {
        assert_eq!(plan, format!("SEARCH runs USING INDEX {index}"), "{filter:?}");
    }
    let of_parent = RunFilter { parent: Some(run()), ..all() };
    let plan = plans(vec![runs::listed(&id, &of_parent)]).await.remove(0);
    assert!(plan.contains("runs_by_parent (parent_run=?)"), "{plan}");
}

#[test]
fn a_part_ends_where_the_bytes_do_and_holds_one_thing_at_least() {
    for (sizes, most, bytes, expected) in [
        (&[][..], 9, 10, 0),
        (&[11, 1], 9, 10, 1),
        (&[5, 5, 1], 9, 10, 2),
        (&[1, 1, 1], 2, 10, 2),
        (&[1, 20, 1], 9, 10, 1),
    ] {
        assert_eq!(fitting(sizes, most, bytes), expected, "{sizes:?}");
    }
}
