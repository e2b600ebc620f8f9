//! Runs one guest: a Python flow in an interpreter of its own, compiled to WebAssembly, under grants
//! and limits, and turns all that it asks and tells into messages.
//!
//! What always holds: a guest gets a fresh instance and nothing survives it; every argument from a
//! guest is checked and measured before it is believed; the rest of Sluice hears of a guest through
//! the [`Door`] alone.

mod attempt;
mod bindings;
mod budget;
mod divergence;
mod door;
mod driver;
mod engine;
mod error;
mod grants;
mod guest;
mod host;
mod image;
mod inbox;
mod meter;
mod observer;
mod recorder;
mod replay;
mod sandbox;
mod spans;
mod stop;
mod trail;
mod verdict;

pub use attempt::{Attempt, Described, Ended};
pub use door::{Door, FromDoor, LocalDoor, ToDoor};
pub use error::SandboxError;
pub use image::{BuildStage, Image, ImageSource};
pub use recorder::LONG_WAIT_MS;
pub use replay::Replay;
pub use sandbox::{NO_CLIENTS, Sandbox};
