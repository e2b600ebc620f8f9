//! WASI for the interpreter while it boots, and never after: a read-only tree of files in memory, a
//! clock that stands still, randomness that repeats. So one set of inputs gives one image, byte for
//! byte, on every machine.
//!
//! Numbers are those of the `wasi_snapshot_preview1` interface.

mod descriptors;
mod environment;
mod paths;

use std::collections::BTreeMap;
use std::sync::Arc;

use wasmtime::{Caller, Extern, Linker, Memory, Module, Result, Val};

use crate::image::archive::{Archive, Node};

const MODULE: &str = "wasi_snapshot_preview1";

const SUCCESS: i32 = 0;
const EBADF: i32 = 8;
const EINVAL: i32 = 28;
const ENOENT: i32 = 44;
const ENOSYS: i32 = 52;
const ENOTDIR: i32 = 54;
const EROFS: i32 = 69;

const FILETYPE_CHARACTER_DEVICE: u8 = 2;
const FILETYPE_DIRECTORY: u8 = 3;
const FILETYPE_REGULAR_FILE: u8 = 4;

/// The directories that the interpreter finds open at its start, from descriptor 3 upward.
const PREOPENS: [&str; 2] = ["/lib", "/sdk"];

/// 2020-01-01T00:00:00Z. The clock stands still here; a run never sees it.
const CLOCK_NS: u64 = 1_577_836_800_000_000_000;

/// What the booting interpreter can reach.
pub(in crate::image) struct BootWorld {
    archive: Arc<Archive>,
    environ: Vec<String>,
    open: BTreeMap<i32, Descriptor>,
    random_state: u64,
    /// What it wrote to its standard streams.
    pub(in crate::image) output: Vec<u8>,
    /// Set when it asked to exit.
    pub(in crate::image) exit_status: Option<i32>,
}

struct Descriptor {
    path: String,
    offset: u64,
}

impl BootWorld {
    pub(in crate::image) fn new(archive: Arc<Archive>, environ: Vec<String>) -> BootWorld {
        let preopens = (3..).zip(PREOPENS);
        BootWorld {
            archive,
            environ,
            open: preopens
                .map(|(fd, path)| {
                    (fd, Descriptor { path: path.trim_start_matches('/').to_owned(), offset: 0 })
                })
                .collect(),
            random_state: 0x9E37_79B9_7F4A_7C15,
            output: Vec::new(),
            exit_status: None,
        }
    }

    /// xorshift64*: it has to repeat, not to be unpredictable.
    fn next_random(&mut self) -> u8 {
        self.random_state ^= self.random_state >> 12;
        self.random_state ^= self.random_state << 25;
        self.random_state ^= self.random_state >> 27;
        (self.random_state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 56) as u8
    }

    fn node(&self, fd: i32) -> Option<(&Descriptor, &Node)> {
        let descriptor = self.open.get(&fd)?;
        Some((descriptor, self.archive.get(&descriptor.path)?.1))
    }

    fn filestat(&self, path: &str, node: &Node) -> [u8; 64] {
        let (filetype, size) = match node {
            Node::File(content) => (FILETYPE_REGULAR_FILE, content.len() as u64),
            Node::Directory(_) => (FILETYPE_DIRECTORY, 0),
        };
        let mut stat = [0; 64];
        stat[8..16].copy_from_slice(&self.archive.inode(path).to_le_bytes());
        stat[16] = filetype;
        stat[24..32].copy_from_slice(&1u64.to_le_bytes());
        stat[32..40].copy_from_slice(&size.to_le_bytes());
        for time in [40, 48, 56] {
            stat[time..time + 8].copy_from_slice(&CLOCK_NS.to_le_bytes());
        }
        stat
    }
}

/// A guest's memory with the errors that out-of-bounds arguments deserve.
struct Guest<'a> {
    caller: Caller<'a, BootWorld>,
    memory: Memory,
}

impl<'a> Guest<'a> {
    fn new(mut caller: Caller<'a, BootWorld>) -> Result<Self> {
        match caller.get_export("memory") {
            Some(Extern::Memory(memory)) => Ok(Guest { caller, memory }),
            _ => wasmtime::bail!("the interpreter exports no memory"),
        }
    }

    fn world(&mut self) -> &mut BootWorld {
        self.caller.data_mut()
    }

    fn bytes(&self, at: i32, len: i32) -> Result<Vec<u8>> {
        let mut bytes = vec![0; len.cast_unsigned() as usize];
        self.memory.read(&self.caller, at.cast_unsigned() as usize, &mut bytes)?;
        Ok(bytes)
    }

    fn text(&self, at: i32, len: i32) -> Result<String> {
        Ok(String::from_utf8_lossy(&self.bytes(at, len)?).into_owned())
    }

    fn word(&self, at: i32) -> Result<i32> {
        let bytes = self.bytes(at, 4)?;
        Ok(i32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    fn put(&mut self, at: i32, bytes: &[u8]) -> Result<()> {
        Ok(self.memory.write(&mut self.caller, at.cast_unsigned() as usize, bytes)?)
    }

    fn put_size(&mut self, at: i32, size: usize) -> Result<()> {
        self.put(at, &u32::try_from(size).unwrap_or(u32::MAX).to_le_bytes())
    }

    /// The buffers of a scatter or gather list, as (address, length).
    fn vectors(&self, at: i32, count: i32) -> Result<Vec<(i32, i32)>> {
        (0..count).map(|i| Ok((self.word(at + i * 8)?, self.word(at + i * 8 + 4)?))).collect()
    }
}

/// Defines all of preview 1 that `module` imports: what a boot needs, and `ENOSYS` for the rest.
pub(in crate::image) fn add_to_linker(
    linker: &mut Linker<BootWorld>,
    module: &Module,
) -> Result<()> {
    for import in module.imports().filter(|import| import.module() == MODULE) {
        let Some(ty) = import.ty().func().cloned() else { continue };
        linker.func_new(MODULE, import.name(), ty, |_, _, results| {
            for result in results {
                *result = Val::I32(ENOSYS);
            }
            Ok(())
        })?;
    }
    linker.allow_shadowing(true);
    environment::add_to_linker(linker)?;
    paths::add_to_linker(linker)?;
    descriptors::add_to_linker(linker)?;
    linker.allow_shadowing(false);
    Ok(())
}

type Boot<'a> = Caller<'a, BootWorld>;
