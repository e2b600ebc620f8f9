//! What the executor tells a live attempt.

/// One message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Poke {
    /// Something that the run waits for may have come: look.
    Look,
    /// Others wait for a place: do not linger.
    MakeRoom,
    /// The lease is lost.
    Lost,
    /// The executor stops.
    Release,
}
