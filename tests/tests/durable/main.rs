//! Durable runs, end to end: real store, real sandbox, workers that are killed.

mod calls;
mod children;
mod ending;
mod faults;
mod going_on;
mod house;
mod models;
mod quota;
mod rerun;
mod trio;
