//! Answers on their way to a guest. A guest that starts calls and never asks for what they brought is
//! kept no more than its run may have in events: there is always either room, or word that there is none.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sluice_model::{Answer, Completion, Failure};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// The driver's end.
pub(crate) struct ToGuest {
    answers: UnboundedSender<(Completion, u64)>,
    unheard: Arc<AtomicU64>,
    most: u64,
}

/// The guest's end.
pub(crate) struct Inbox {
    answers: UnboundedReceiver<(Completion, u64)>,
    unheard: Arc<AtomicU64>,
}

/// Both ends, for answers of so many bytes at a time.
pub(crate) fn inbox(most: u64) -> (ToGuest, Inbox) {
    let (sender, receiver) = unbounded_channel();
    let unheard = Arc::new(AtomicU64::new(0));
    let to_guest = ToGuest { answers: sender, unheard: Arc::clone(&unheard), most };
    (to_guest, Inbox { answers: receiver, unheard })
}

impl ToGuest {
    /// Whether what a call came to fits beside what the guest has not heard.
    pub(crate) fn has_room(&self, bytes: u64) -> bool {
        self.unheard.load(Ordering::Relaxed).saturating_add(bytes) <= self.most
    }

    /// Sends what a call came to, of so many bytes. The guest may be gone.
    pub(crate) fn send(&self, completion: Completion, bytes: u64) {
        self.unheard.fetch_add(bytes, Ordering::Relaxed);
        let _ = self.answers.send((completion, bytes));
    }
}

impl Inbox {
    /// What has come.
    pub(crate) fn try_recv(&mut self) -> Option<Completion> {
        let answer = self.answers.try_recv().ok()?;
        Some(self.heard(answer))
    }

    /// What comes next; none where nothing can come any more.
    pub(crate) async fn recv(&mut self) -> Option<Completion> {
        let answer = self.answers.recv().await?;
        Some(self.heard(answer))
    }

    fn heard(&self, (completion, bytes): (Completion, u64)) -> Completion {
        self.unheard.fetch_sub(bytes, Ordering::Relaxed);
        completion
    }
}

/// What a call's outcome counts for: its text, and the bytes beside it.
pub(crate) fn bytes_of(outcome: &Result<Answer, Box<Failure>>) -> u64 {
    match outcome {
        Ok(answer) => {
            let beside = answer.attachment.as_ref().map_or(0, |attachment| attachment.size_bytes);
            answer.value.to_string().len() as u64 + beside
        }
        Err(failure) => serde_json::to_string(failure).map_or(0, |text| text.len() as u64),
    }
}

#[cfg(test)]
mod tests {
    use sluice_model::CallId;

    use super::*;

    #[test]
    fn there_is_room_again_when_the_guest_has_heard() {
        let (to_guest, mut inbox) = inbox(10);
        let outcome = Ok(Answer::of("123456".into()));
        let bytes = bytes_of(&outcome);
        assert_eq!(bytes, 8);
        assert!(to_guest.has_room(bytes));
        to_guest.send(Completion { call: CallId(1), outcome }, bytes);
        assert!(!to_guest.has_room(bytes));
        assert_eq!(inbox.try_recv().map(|completion| completion.call), Some(CallId(1)));
        assert!(to_guest.has_room(bytes));
        assert_eq!(inbox.try_recv(), None);
    }

    #[test]
    fn failures_count_as_well() {
        let failure = Failure::new(sluice_model::Code::HttpFailed, "x".repeat(100));
        assert!(bytes_of(&Err(Box::new(failure))) > 100);
    }
}
