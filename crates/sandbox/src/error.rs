//! What can be broken on our side. What a flow does, and what it runs into, is never here.

use std::fmt::Display;
use std::path::{Path, PathBuf};

/// The sandbox could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The WebAssembly engine refused its settings, or could not reserve what they ask for.
    #[error("the WebAssembly engine did not start: {0}")]
    Engine(String),
    /// A stage of building the runtime image failed.
    #[error("the runtime image could not be built: {stage}: {reason}")]
    Build {
        /// What was being done.
        stage: &'static str,
        /// What went wrong.
        reason: String,
    },
    /// The interpreter did not boot; a mistake in the SDK shows here.
    #[error("the interpreter did not boot: {reason}\n{output}")]
    Boot {
        /// Why it ended.
        reason: String,
        /// What it wrote.
        output: String,
    },
    /// The cache of runtime images could not be read or written.
    #[error("the cache of runtime images at {}: {reason}", path.display())]
    Cache {
        /// The file or directory.
        path: PathBuf,
        /// What the operating system said.
        reason: String,
    },
    /// A guest could not be made, or answered what its interface does not allow.
    #[error("the sandbox failed: {0}")]
    Guest(String),
}

impl SandboxError {
    pub(crate) fn engine(error: impl Display) -> SandboxError {
        SandboxError::Engine(format!("{error:#}"))
    }

    pub(crate) fn guest(error: impl Display) -> SandboxError {
        SandboxError::Guest(format!("{error:#}"))
    }

    pub(crate) fn build<E: Display>(stage: &'static str) -> impl Fn(E) -> SandboxError {
        move |error| SandboxError::Build { stage, reason: format!("{error:#}") }
    }

    pub(crate) fn cache(path: &Path) -> impl Fn(std::io::Error) -> SandboxError {
        move |error| SandboxError::Cache { path: path.to_owned(), reason: error.to_string() }
    }
}
