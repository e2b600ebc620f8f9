//! The tidy test: the rules of the house that a machine can hold, so that a review need not.
//!
//! A rule is a function from data to problems, so that each can be shown to fail on an example;
//! the `#[test]` beside it runs it over the tree. A problem names its file and line and says what
//! to do. Where a rule is in the way of something good, change the rule here, in the same change.

mod absent;
mod code_map;
mod crates;
mod door;
mod errors;
mod files;
mod links;
mod module_docs;
mod private_paths;
mod tree;
mod web;
