//! The runtime image: the interpreter with its library and our SDK, booted once, frozen, compiled.
//!
//! Made on the machine that uses it, from parts that this crate carries, in some seconds; kept in a
//! cache under the digest of all that went into it. The same parts and the same hash seed give the
//! same component, byte for byte.

mod archive;
mod component;
mod parts;
mod snapshot;
#[cfg(test)]
mod tests;
mod wasi;

use std::fmt;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use wasmtime::Engine;
use wasmtime::component::Component;

use crate::{SandboxError, engine};

/// What an image is made of, and where images are kept.
#[derive(Clone, Debug)]
pub struct ImageSource {
    /// A directory of images; made when it is missing. Whoever may write it may run code here.
    pub cache_dir: PathBuf,
    /// Python's hash seed. One a deployment, kept secret, so that no tenant can prepare keys that
    /// collide. 0 to 4,294,967,295; 0 turns Python's randomisation off.
    pub hash_seed: u32,
}

/// An image that can be instantiated.
pub struct Image {
    digest: String,
    pub(crate) engine: Engine,
    pub(crate) component: Component,
}

/// Where a build of an image has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuildStage {
    /// The interpreter and its library are unpacked.
    Unpack,
    /// The interpreter is compiled, fast, for its one boot.
    CompileInterpreter,
    /// It boots, imports the library and warms up.
    Boot,
    /// Its memory becomes a component.
    Wrap,
    /// The component is compiled for this machine.
    CompileImage,
    /// The image is in the cache.
    Done,
}

impl fmt::Display for BuildStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            BuildStage::Unpack => "unpacking the interpreter",
            BuildStage::CompileInterpreter => "compiling the interpreter for its boot",
            BuildStage::Boot => "booting the interpreter",
            BuildStage::Wrap => "wrapping the snapshot",
            BuildStage::CompileImage => "compiling the image",
            BuildStage::Done => "runtime image ready",
        })
    }
}

impl Image {
    /// Hex digest of all that went into the image. Runs are pinned to it.
    pub fn digest(&self) -> &str {
        &self.digest
    }
}

impl ImageSource {
    /// Hex digest of all that goes into the image.
    pub fn digest(&self) -> String {
        parts::digest(self.hash_seed)
    }

    /// The file that holds, or will hold, the image.
    pub fn path(&self) -> PathBuf {
        self.cache_dir.join(format!("image-{}.cwasm", self.digest()))
    }

    /// Whether the cache has the image.
    pub fn is_built(&self) -> bool {
        self.path().is_file()
    }

    /// The image as a component, before it is compiled for a machine: the same bytes wherever it
    /// is made.
    pub fn component(&self, report: &mut dyn FnMut(BuildStage)) -> Result<Vec<u8>, SandboxError> {
        report(BuildStage::Unpack);
        let interpreter = parts::interpreter()?;
        let files = Arc::new(parts::files()?);
        report(BuildStage::CompileInterpreter);
        let booted = snapshot::snapshot(&interpreter, files, self.hash_seed, || {
            report(BuildStage::Boot);
        })?;
        report(BuildStage::Wrap);
        component::wrap(booted)
    }

    /// Opens the image, and builds it first where the cache has none or one of another engine.
    /// `report` hears each stage of a build, and nothing when there is none.
    ///
    /// Processes that build the same image at once wait for the first of them.
    pub fn open(&self, report: &mut dyn FnMut(BuildStage)) -> Result<Image, SandboxError> {
        let engine = engine::engine()?;
        let path = self.path();
        let component = if let Ok(component) = load(&engine, &path) {
            component
        } else {
            fs::create_dir_all(&self.cache_dir).map_err(SandboxError::cache(&self.cache_dir))?;
            let lock_path = self.cache_dir.join("lock");
            let lock = File::create(&lock_path).map_err(SandboxError::cache(&lock_path))?;
            lock.lock().map_err(SandboxError::cache(&lock_path))?;
            match load(&engine, &path) {
                Ok(component) => component,
                Err(_) => self.build(&engine, &path, report)?,
            }
        };
        Ok(Image { digest: self.digest(), engine, component })
    }

    fn build(
        &self,
        engine: &Engine,
        path: &Path,
        report: &mut dyn FnMut(BuildStage),
    ) -> Result<Component, SandboxError> {
        let component = self.component(report)?;
        report(BuildStage::CompileImage);
        let compiled =
            engine.precompile_component(&component).map_err(SandboxError::build("compile"))?;
        let cache = SandboxError::cache(&self.cache_dir);
        let mut file = tempfile::NamedTempFile::new_in(&self.cache_dir).map_err(&cache)?;
        std::io::Write::write_all(&mut file, &compiled).map_err(&cache)?;
        file.as_file().sync_all().map_err(&cache)?;
        file.persist(path).map_err(|error| cache(error.error))?;
        let component = load(engine, path).map_err(SandboxError::build("load"))?;
        report(BuildStage::Done);
        Ok(component)
    }
}

/// Maps a compiled image. Fails where the file is missing or made for another engine.
fn load(engine: &Engine, path: &Path) -> wasmtime::Result<Component> {
    #[expect(unsafe_code, reason = "compiled code is trusted, as the cache it comes from is")]
    // SAFETY: the file was written by `build` of this program, into a directory that only its owner
    // writes (`ImageSource::cache_dir` says so); the engine checks that version and settings match.
    unsafe {
        Component::deserialize_file(engine, path)
    }
}
