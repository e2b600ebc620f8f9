//! A run's record, gone through again by a fresh guest, is the run: wherever it was cut.

mod divergence;
mod flows;
mod outside;
mod prefixes;
mod waiting;
