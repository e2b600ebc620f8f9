//! Notices: after a commit, whoever waits is told what to look at. A notice says that something may
//! have come, never what; whoever missed some looks at everything.

use std::collections::HashSet;

use sluice_model::{RunId, TenantId};

/// What may be worth a look.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Notice {
    /// There is, or may be, work in the queue.
    Queued,
    /// Something that a live attempt of this run waits for may have come: an answer, a child's end, a
    /// cancel.
    Run(RunId),
    /// Events of this run were committed, up to this one.
    Events {
        /// Whose run it is.
        tenant: TenantId,
        /// The run.
        run: RunId,
        /// The last event.
        seq: u64,
    },
    /// Another process wrote, or notices of others were lost: look at everything.
    Elsewhere,
}

/// The longest payload in bytes; PostgreSQL takes less than 8,000.
const LONGEST: usize = 7_000;

impl Notice {
    fn line(&self) -> String {
        match self {
            Notice::Queued => "q\n".to_owned(),
            Notice::Run(run) => format!("r {run}\n"),
            Notice::Events { tenant, run, seq } => format!("e {tenant} {run} {seq}\n"),
            Notice::Elsewhere => "*\n".to_owned(),
        }
    }

    fn of_line(line: &str) -> Option<Notice> {
        let mut words = line.split(' ');
        Some(match words.next()? {
            "q" => Notice::Queued,
            "r" => Notice::Run(words.next()?.parse().ok()?),
            "e" => Notice::Events {
                tenant: words.next()?.parse().ok()?,
                run: words.next()?.parse().ok()?,
                seq: words.next()?.parse().ok()?,
            },
            _ => Notice::Elsewhere,
        })
    }
}

/// Notices as texts for other processes. Each said once, and of the events of a run only the last.
pub(crate) fn payloads(notices: &[Notice]) -> Vec<String> {
    let mut said = HashSet::new();
    let mut last = Vec::new();
    for notice in notices.iter().rev() {
        let is_new = match notice {
            Notice::Events { run, .. } => said.insert((1, Some(run))),
            Notice::Run(run) => said.insert((2, Some(run))),
            Notice::Queued => said.insert((3, None)),
            Notice::Elsewhere => said.insert((4, None)),
        };
        if is_new {
            last.push(notice.line());
        }
    }
    let mut payloads: Vec<String> = Vec::new();
    for line in last.into_iter().rev() {
        match payloads.last_mut() {
            Some(payload) if payload.len() + line.len() <= LONGEST => payload.push_str(&line),
            _ => payloads.push(line),
        }
    }
    payloads
}

/// The notices of a text.
pub(crate) fn of_payload(payload: &str) -> impl Iterator<Item = Notice> {
    payload.lines().map(|line| Notice::of_line(line).unwrap_or(Notice::Elsewhere))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notices_read_back_and_are_said_once() {
        let run = RunId::new(1, [1; 10]);
        let events = |seq| Notice::Events { tenant: TenantId::local(), run: run.clone(), seq };
        let notices =
            [Notice::Queued, events(3), Notice::Run(run.clone()), Notice::Queued, events(9)];
        let payloads = payloads(&notices);
        assert_eq!(payloads.len(), 1);
        let read: Vec<Notice> = of_payload(&payloads[0]).collect();
        assert_eq!(read, [Notice::Run(run.clone()), Notice::Queued, events(9)]);
        assert_eq!(of_payload("x ?\nq").collect::<Vec<_>>(), [Notice::Elsewhere, Notice::Queued]);
    }

    #[test]
    fn many_notices_become_several_payloads() {
        let notices: Vec<Notice> =
            (0u8..=255).map(|byte| Notice::Run(RunId::new(byte.into(), [byte; 10]))).collect();
        let payloads = payloads(&notices);
        assert!(payloads.len() > 1 && payloads.iter().all(|payload| payload.len() <= LONGEST));
        let read: Vec<Notice> = payloads.iter().flat_map(|payload| of_payload(payload)).collect();
        assert_eq!(read, notices);
    }
}
