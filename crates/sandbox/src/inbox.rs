//! Answers on their way to a guest. A guest that starts calls and never asks for what they brought is
//! kept no more than its run may have in events: there is always either room, or word that there is none.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sluice_model::{Answer, Completion};
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
    /// Whether an answer fits beside those that the guest has not heard.
    pub(crate) fn has_room(&self, answer: &Answer) -> bool {
        self.unheard.load(Ordering::Relaxed).saturating_add(bytes_of(answer)) <= self.most
    }

    /// Sends what a call came to. The guest may be gone.
    pub(crate) fn send(&self, completion: Completion) {
        let bytes = completion.outcome.as_ref().map_or(0, bytes_of);
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

/// What an answer counts for: the text of its value, and the bytes beside it.
pub(crate) fn bytes_of(answer: &Answer) -> u64 {
    let beside = answer.attachment.as_ref().map_or(0, |attachment| attachment.size_bytes);
    answer.value.to_string().len() as u64 + beside
}

#[cfg(test)]
mod tests {
    use sluice_model::CallId;

    use super::*;

    #[test]
    fn there_is_room_again_when_the_guest_has_heard() {
        let (to_guest, mut inbox) = inbox(10);
        let answer = Answer::of("123456".into());
        assert!(to_guest.has_room(&answer));
        to_guest.send(Completion { call: CallId(1), outcome: Ok(answer.clone()) });
        assert!(!to_guest.has_room(&answer));
        assert_eq!(inbox.try_recv().map(|completion| completion.call), Some(CallId(1)));
        assert!(to_guest.has_room(&answer));
        assert_eq!(inbox.try_recv(), None);
    }
}
