//! Drawing for people. Pure functions from values to lines, and the views that write them.

mod attributes;
mod excerpt;
mod failure;
mod json;
mod line;
mod live;
mod log;
mod plain;
mod problem;
mod text;
mod theme;
mod tree;
mod tree_rows;

#[cfg(test)]
mod samples;

pub use failure::draw_failure;
pub use json::{Ndjson, document, output};
pub use line::Line;
pub use live::Live;
pub use plain::Plain;
pub use problem::draw_problem;
pub use theme::{Theme, Tone};
