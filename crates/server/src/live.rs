//! Records as they grow, for those who watch.

mod hub;

pub(crate) use hub::Hub;
