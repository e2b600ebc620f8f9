//! Records as they grow, for those who watch: by server-sent events, or many at a time over one socket.

mod gather;
mod greeting;
mod hub;
mod run_stream;
mod runs_stream;
mod session;
mod subscriptions;
mod tail;
mod words;

pub(crate) use hub::Hub;
pub(crate) use run_stream::RunStream;
pub(crate) use session::{Arrival, MOST_MESSAGE_BYTES, attend};
