//! Drawing for people. Pure functions from values to lines, and the views that write them.

mod attributes;
mod diff;
mod divergence;
mod excerpt;
mod failure;
mod flow;
mod json;
mod line;
mod live;
mod log;
mod plain;
mod problem;
mod question;
mod run_list;
mod table;
mod text;
mod theme;
mod tree;
mod tree_rows;
mod whole;

#[cfg(test)]
mod samples;

pub use diff::draw_diff;
pub use divergence::{draw_event, draw_sides};
pub use failure::draw_failure;
pub use flow::draw_flow;
pub use json::{Ndjson, document, output};
pub use line::Line;
pub use live::{Live, terminal_width};
pub use log::draw_log;
pub use plain::Plain;
pub use problem::draw_problem;
pub use question::draw_question;
pub use run_list::{draw_runs, state_word};
pub use table::Table;
pub use theme::{Theme, Tone};
pub use whole::draw_record;
