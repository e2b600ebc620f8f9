//! Records as they grow, for those who watch.

mod hub;
mod run_stream;

pub(crate) use hub::Hub;
pub(crate) use run_stream::RunStream;
