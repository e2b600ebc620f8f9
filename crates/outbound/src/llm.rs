//! Models behind OpenAI-compatible chat completions: one turn at a time, streamed, tried again where
//! that is sound, within a deadline. What the endpoint sends is hostile: measured, and named where it is
//! malformed.

mod assemble;
mod backoff;
mod budget;
mod complete;
mod cost;
mod endpoint;
mod failure;
mod reply;
mod sse;
mod turn;
mod veil;
mod wire;

pub use budget::{Amount, Bound, Exceeded, Fitted, Level, Measure, USUAL_OUTPUT, fit};
pub use complete::{Listener, Patience, complete};
pub use cost::{Prices, cost_micros, estimate};
pub use endpoint::{Address, Endpoint, InvalidAddress};
pub use failure::LlmFailure;
pub use reply::{Finish, Reply, Usage, arguments_text};
pub use turn::{ToolChoice, Turn};
