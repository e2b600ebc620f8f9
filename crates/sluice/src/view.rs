//! Showing a run while it runs: a thread of its own, fed by a channel, so that a slow terminal or
//! a slow reader never holds up the run.

use std::io;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use sluice_model::Event;
use tokio::sync::oneshot;

use crate::site::Ask;

/// How often what has gathered is shown: at most twenty times a second.
const FRAME: Duration = Duration::from_millis(50);

/// One way to show a run.
pub trait View: Send + 'static {
    /// Takes one event more.
    fn event(&mut self, event: &Event) -> io::Result<()>;
    /// Takes a question that the run waits for.
    fn asked(&mut self, ask: &Ask) -> io::Result<()>;
    /// Takes a sentence of our own.
    fn notice(&mut self, text: &str) -> io::Result<()>;
    /// Shows what has gathered. Called at most once a frame.
    fn frame(&mut self) -> io::Result<()>;
    /// Shows the end. Called once, when nothing more will come.
    fn finish(&mut self) -> io::Result<()>;
}

enum Message {
    Event(Box<Event>),
    Asked(Box<Ask>),
    Notice(String),
}

/// The thread that shows a run. Dropping it shows the end and waits for that.
pub struct Viewer {
    messages: Option<Sender<Message>>,
    thread: Option<JoinHandle<io::Result<()>>>,
    closed: oneshot::Receiver<()>,
}

impl Viewer {
    /// Starts the thread. It lives until the viewer is finished.
    pub fn start(view: impl View) -> Viewer {
        let (messages, received) = mpsc::channel();
        let (open, closed) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            // Dropped when the thread ends, however it ends.
            let _open: oneshot::Sender<()> = open;
            show(view, &received)
        });
        Viewer { messages: Some(messages), thread: Some(thread), closed }
    }

    /// Shows a sentence of our own.
    pub fn notice(&self, text: impl Into<String>) {
        self.send(Message::Notice(text.into()));
    }

    /// Shows an event. Never waits; an event that nobody sees any more is dropped.
    pub fn event(&self, event: Event) {
        self.send(Message::Event(Box::new(event)));
    }

    /// Shows a question that the run waits for.
    pub fn asked(&self, ask: Ask) {
        self.send(Message::Asked(Box::new(ask)));
    }

    fn send(&self, message: Message) {
        if let Some(messages) = &self.messages {
            let _ = messages.send(message);
        }
    }

    /// Waits until nobody can see the run any more: the reader went away.
    pub async fn closed(&mut self) {
        // Nothing is ever sent: the answer is that the other end is gone.
        let _ = (&mut self.closed).await;
    }

    /// Shows the end.
    pub fn finish(mut self) -> io::Result<()> {
        drop(self.messages.take());
        match self.thread.take().map(JoinHandle::join) {
            None => Ok(()),
            Some(Ok(shown)) => shown,
            Some(Err(panic)) => std::panic::resume_unwind(panic),
        }
    }
}

impl Drop for Viewer {
    fn drop(&mut self) {
        drop(self.messages.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn show(mut view: impl View, messages: &Receiver<Message>) -> io::Result<()> {
    let mut next_frame = Instant::now() + FRAME;
    loop {
        match messages.recv_timeout(next_frame.saturating_duration_since(Instant::now())) {
            Ok(Message::Event(event)) => view.event(&event)?,
            Ok(Message::Asked(ask)) => view.asked(&ask)?,
            Ok(Message::Notice(text)) => view.notice(&text)?,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return view.finish(),
        }
        if Instant::now() >= next_frame {
            view.frame()?;
            next_frame = Instant::now() + FRAME;
        }
    }
}
