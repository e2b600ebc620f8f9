//! Rows as they are listed.

use sluice_model::{AskSummary, FlowSummary, RunSummary};

use crate::{AskRow, FlowVersion, RunRow};

impl From<RunRow> for RunSummary {
    fn from(row: RunRow) -> RunSummary {
        RunSummary {
            root: row.root.unwrap_or_else(|| row.id.clone()),
            run: row.id,
            flow: row.flow,
            state: row.state,
            outcome: row.outcome,
            code: row.code,
            source_digest: row.source_digest,
            image_digest: row.image_digest,
            created_at_us: row.created_at_us,
            started_at_us: row.started_at_us,
            ended_at_us: row.ended_at_us,
            due_at_us: row.due_at_us,
            deadline_us: row.deadline_us,
            attempts: row.attempts,
            events: row.seq,
            cpu_time_us: row.cpu_time_us,
            cancel_reason: row.cancel_reason,
            started_by: row.started_by,
            parent: row.parent.map(|(run, _)| run),
            forked_from: row.forked_from,
            is_imported: row.is_imported,
        }
    }
}

impl From<AskRow> for AskSummary {
    fn from(row: AskRow) -> AskSummary {
        AskSummary {
            ask: row.id,
            run: row.run,
            call: row.call,
            question: row.question,
            state: row.state.as_str().to_owned(),
            created_at_us: row.created_at_us,
            due_at_us: row.due_at_us,
            answer: row.answer,
            answered_by: row.answered_by,
            answered_at_us: row.answered_at_us,
        }
    }
}

impl From<FlowVersion> for FlowSummary {
    fn from(row: FlowVersion) -> FlowSummary {
        FlowSummary {
            name: row.name,
            version: row.version,
            source_digest: row.source_digest,
            created_at_us: row.created_at_us,
            description: row.description,
        }
    }
}
