//! What models are saying right now, for whoever watches a run: pieces of answers that are in no record yet. It
//! is known in the process that performs the call, and gone when the answer is there.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use sluice_model::{CallId, RunId};
use tokio::sync::watch;

/// Of one answer, in bytes. What comes on top is seen when the answer is there.
const MOST_BYTES: usize = 64 << 10;

/// All that is being said. Cheap to clone.
#[derive(Clone, Default)]
pub struct Speech(Arc<Mutex<HashMap<RunId, Said>>>);

/// What is being said in one run.
struct Said {
    calls: BTreeMap<CallId, Text>,
    /// How many answers began.
    beginnings: u64,
    /// Changes with each piece.
    changes: watch::Sender<()>,
}

struct Text {
    /// Which beginning it is of.
    beginning: u64,
    text: String,
}

/// A piece of an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Piece {
    /// The call of the model.
    pub call: CallId,
    /// How many bytes came before it; with 0 the answer begins, be it anew.
    pub at: usize,
    /// The text.
    pub text: String,
}

impl Speech {
    /// A call begins to speak.
    pub(crate) fn speaker(&self, run: &RunId, call: CallId) -> Speaker {
        let speaker = Speaker { speech: self.clone(), run: run.clone(), call };
        speaker.begin();
        speaker
    }

    /// Hears what is said in a run from now on, and what was said of answers that are not there yet.
    pub fn listener(&self, run: &RunId) -> Listener {
        let mut changes = self.with(run, |said| said.changes.subscribe());
        changes.mark_changed();
        let changes = Some(changes);
        Listener { speech: self.clone(), run: run.clone(), changes, heard: BTreeMap::new() }
    }

    /// Looks at a run, which is kept as long as somebody speaks or listens.
    fn with<T>(&self, run: &RunId, look: impl FnOnce(&mut Said) -> T) -> T {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh =
            || Said { calls: BTreeMap::new(), beginnings: 0, changes: watch::Sender::new(()) };
        let said = all.entry(run.clone()).or_insert_with(fresh);
        let looked = look(said);
        if said.calls.is_empty() && said.changes.receiver_count() == 0 {
            all.remove(run);
        }
        looked
    }
}

/// A call that speaks, until this is dropped.
pub(crate) struct Speaker {
    speech: Speech,
    run: RunId,
    call: CallId,
}

impl Speaker {
    /// Begins, be it anew: what was said so far is taken back.
    pub(crate) fn begin(&self) {
        self.speech.with(&self.run, |said| {
            said.beginnings += 1;
            let text = Text { beginning: said.beginnings, text: String::new() };
            said.calls.insert(self.call, text);
            said.changes.send_replace(());
        });
    }

    /// Goes on.
    pub(crate) fn say(&self, piece: &str) {
        self.speech.with(&self.run, |said| {
            let Some(Text { text, .. }) = said.calls.get_mut(&self.call) else { return };
            let room = MOST_BYTES.saturating_sub(text.len());
            let fits = &piece[..piece.floor_char_boundary(room)];
            if !fits.is_empty() {
                text.push_str(fits);
                said.changes.send_replace(());
            }
        });
    }
}

impl Drop for Speaker {
    fn drop(&mut self) {
        self.speech.with(&self.run, |said| said.calls.remove(&self.call));
    }
}

/// Somebody who hears what is said in a run.
pub struct Listener {
    speech: Speech,
    run: RunId,
    /// There until it is dropped.
    changes: Option<watch::Receiver<()>>,
    /// Which beginning of each answer, and how much of it.
    heard: BTreeMap<CallId, (u64, usize)>,
}

impl Listener {
    /// Resolves when there may be more. May be dropped and called again.
    pub async fn changed(&mut self) {
        let is_changed = match &mut self.changes {
            Some(changes) => changes.changed().await.is_ok(),
            None => false,
        };
        if !is_changed {
            // Who speaks next begins a new list, and there is none as long as this one is held.
            std::future::pending::<()>().await;
        }
    }

    /// What was said since it was last asked.
    pub fn pieces(&mut self) -> Vec<Piece> {
        if let Some(changes) = &mut self.changes {
            changes.mark_unchanged();
        }
        let heard = &mut self.heard;
        self.speech.with(&self.run, |said| {
            heard.retain(|call, _| said.calls.contains_key(call));
            let piece = |(call, text): (&CallId, &Text)| {
                let (beginning, at) = heard.get(call).copied().unwrap_or_default();
                let is_anew = beginning != text.beginning;
                let at = if is_anew { 0 } else { at };
                heard.insert(*call, (text.beginning, text.text.len()));
                let rest = &text.text[at..];
                let piece = || Piece { call: *call, at, text: rest.to_owned() };
                (beginning > 0 && is_anew || !rest.is_empty()).then(piece)
            };
            said.calls.iter().filter_map(piece).collect()
        })
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let mut all = self.speech.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Before anybody else counts: of two that go at once, one has to be the last.
        drop(self.changes.take());
        let is_last = |said: &Said| said.calls.is_empty() && said.changes.receiver_count() == 0;
        if all.get(&self.run).is_some_and(is_last) {
            all.remove(&self.run);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run() -> RunId {
        RunId::new(1, [1; 10])
    }

    fn piece(call: u64, at: usize, text: &str) -> Piece {
        Piece { call: CallId(call), at, text: text.to_owned() }
    }

    #[test]
    fn who_comes_late_hears_it_from_the_beginning_and_nothing_is_left_of_it() {
        let speech = Speech::default();
        let one = speech.speaker(&run(), CallId(1));
        one.say("Hel");
        let mut listener = speech.listener(&run());
        assert_eq!(listener.pieces(), [piece(1, 0, "Hel")]);
        one.say("lo");
        let two = speech.speaker(&run(), CallId(2));
        two.say("ö");
        assert_eq!(listener.pieces(), [piece(1, 3, "lo"), piece(2, 0, "ö")]);
        assert_eq!(listener.pieces(), []);
        one.begin();
        one.say("Bye");
        assert_eq!(listener.pieces(), [piece(1, 0, "Bye")]);
        drop((one, two));
        assert_eq!(listener.pieces(), []);
        drop(listener);
        assert!(speech.0.lock().expect("it is whole").is_empty());
    }

    #[test]
    fn no_more_is_kept_than_fits() {
        let speech = Speech::default();
        let speaker = speech.speaker(&run(), CallId(1));
        speaker.say(&"x".repeat(MOST_BYTES - 1));
        speaker.say("öö");
        let mut listener = speech.listener(&run());
        assert_eq!(listener.pieces()[0].text.len(), MOST_BYTES - 1);
        speaker.say("ö");
        let is_woken =
            listener.changes.as_ref().is_some_and(|it| matches!(it.has_changed(), Ok(true)));
        assert!(!is_woken, "of what is not kept nobody is told");
    }

    #[test]
    fn nothing_is_left_where_two_stop_listening_at_once() {
        let speech = Speech::default();
        for _ in 0..500 {
            let both = std::sync::Barrier::new(2);
            std::thread::scope(|scope| {
                for listener in [speech.listener(&run()), speech.listener(&run())] {
                    let both = &both;
                    scope.spawn(move || {
                        both.wait();
                        drop(listener);
                    });
                }
            });
            assert!(speech.0.lock().expect("it is whole").is_empty());
        }
    }

    #[tokio::test]
    async fn a_listener_is_woken_by_each_piece() {
        let speech = Speech::default();
        let mut listener = speech.listener(&run());
        listener.changed().await;
        assert_eq!(listener.pieces(), []);
        let speaker = speech.speaker(&run(), CallId(1));
        speaker.say("x");
        listener.changed().await;
        assert_eq!(listener.pieces(), [piece(1, 0, "x")]);
    }
}
