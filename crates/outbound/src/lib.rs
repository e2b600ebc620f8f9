//! What leaves the machine on behalf of a flow: HTTP that goes only where it may (`http`), secrets that
//! flows use without seeing them (`vault`), and models (`llm`).
//!
//! Nothing here knows of runs, grants or a store: whoever asks says what is permitted. What comes from
//! outside is measured before it is kept.

pub mod http;
pub mod llm;
pub mod vault;
