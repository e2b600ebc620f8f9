//! WASI for the interpreter while it boots, and never after: a read-only tree of files in memory, a
//! clock that stands still, randomness that repeats. So one set of inputs gives one image, byte for
//! byte, on every machine.
//!
//! Numbers are those of the `wasi_snapshot_preview1` interface.

use std::collections::BTreeMap;
use std::sync::Arc;

use wasmtime::{Caller, Extern, Linker, Memory, Module, Result, Val};

use super::archive::{Archive, Node};

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
pub(super) struct BootWorld {
    archive: Arc<Archive>,
    environ: Vec<String>,
    open: BTreeMap<i32, Descriptor>,
    random_state: u64,
    /// What it wrote to its standard streams.
    pub(super) output: Vec<u8>,
    /// Set when it asked to exit.
    pub(super) exit_status: Option<i32>,
}

struct Descriptor {
    path: String,
    offset: u64,
}

impl BootWorld {
    pub(super) fn new(archive: Arc<Archive>, environ: Vec<String>) -> BootWorld {
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
pub(super) fn add_to_linker(linker: &mut Linker<BootWorld>, module: &Module) -> Result<()> {
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
    add_environment(linker)?;
    add_descriptors(linker)?;
    add_files(linker)?;
    linker.allow_shadowing(false);
    Ok(())
}

type Boot<'a> = Caller<'a, BootWorld>;

fn add_environment(linker: &mut Linker<BootWorld>) -> Result<()> {
    linker.func_wrap(MODULE, "args_sizes_get", |boot: Boot<'_>, count: i32, size: i32| {
        let mut guest = Guest::new(boot)?;
        guest.put_size(count, 0)?;
        guest.put_size(size, 0)?;
        Ok(SUCCESS)
    })?;
    linker.func_wrap(MODULE, "args_get", |_: Boot<'_>, _: i32, _: i32| SUCCESS)?;
    linker.func_wrap(MODULE, "environ_sizes_get", |boot: Boot<'_>, count: i32, size: i32| {
        let mut guest = Guest::new(boot)?;
        let environ = &guest.world().environ;
        let (number, bytes) = (environ.len(), environ.iter().map(|entry| entry.len() + 1).sum());
        guest.put_size(count, number)?;
        guest.put_size(size, bytes)?;
        Ok(SUCCESS)
    })?;
    linker.func_wrap(MODULE, "environ_get", |boot: Boot<'_>, pointers: i32, texts: i32| {
        let mut guest = Guest::new(boot)?;
        let mut text = texts;
        for (index, entry) in (0..).zip(guest.world().environ.clone()) {
            guest.put(pointers + index * 4, &text.to_le_bytes())?;
            guest.put(text, format!("{entry}\0").as_bytes())?;
            text += i32::try_from(entry.len())? + 1;
        }
        Ok(SUCCESS)
    })?;
    linker.func_wrap(MODULE, "clock_time_get", |boot: Boot<'_>, _: i32, _: i64, time: i32| {
        Guest::new(boot)?.put(time, &CLOCK_NS.to_le_bytes())?;
        Ok(SUCCESS)
    })?;
    linker.func_wrap(MODULE, "clock_res_get", |boot: Boot<'_>, _: i32, resolution: i32| {
        Guest::new(boot)?.put(resolution, &1_000_000_u64.to_le_bytes())?;
        Ok(SUCCESS)
    })?;
    linker.func_wrap(MODULE, "random_get", |boot: Boot<'_>, at: i32, len: i32| {
        let mut guest = Guest::new(boot)?;
        let bytes: Vec<u8> = (0..len).map(|_| guest.world().next_random()).collect();
        guest.put(at, &bytes)?;
        Ok(SUCCESS)
    })?;
    linker.func_wrap(MODULE, "proc_exit", |mut boot: Boot<'_>, status: i32| -> Result<()> {
        boot.data_mut().exit_status = Some(status);
        wasmtime::bail!("the interpreter exited with status {status}")
    })?;
    Ok(())
}

fn add_descriptors(linker: &mut Linker<BootWorld>) -> Result<()> {
    linker.func_wrap(MODULE, "fd_prestat_get", |boot: Boot<'_>, fd: i32, prestat: i32| {
        let mut guest = Guest::new(boot)?;
        let Some(path) = preopen(fd) else { return Ok(EBADF) };
        guest.put(prestat, &0_u32.to_le_bytes())?;
        guest.put_size(prestat + 4, path.len())?;
        Ok(SUCCESS)
    })?;
    linker.func_wrap(
        MODULE,
        "fd_prestat_dir_name",
        |boot: Boot<'_>, fd: i32, at: i32, len: i32| {
            let mut guest = Guest::new(boot)?;
            match preopen(fd) {
                None => Ok(EBADF),
                Some(path) if i32::try_from(path.len())? > len => Ok(EINVAL),
                Some(path) => guest.put(at, path.as_bytes()).map(|()| SUCCESS),
            }
        },
    )?;
    linker.func_wrap(MODULE, "fd_fdstat_get", |boot: Boot<'_>, fd: i32, stat: i32| {
        let mut guest = Guest::new(boot)?;
        let filetype = match (fd, guest.world().node(fd)) {
            (0..=2, _) => FILETYPE_CHARACTER_DEVICE,
            (_, Some((_, Node::File(_)))) => FILETYPE_REGULAR_FILE,
            (_, Some((_, Node::Directory(_)))) => FILETYPE_DIRECTORY,
            (_, None) => return Ok(EBADF),
        };
        let mut bytes = [0_u8; 24];
        bytes[0] = filetype;
        bytes[8..24].fill(0xFF);
        guest.put(stat, &bytes)?;
        Ok(SUCCESS)
    })?;
    linker.func_wrap(MODULE, "fd_close", |mut boot: Boot<'_>, fd: i32| {
        if boot.data_mut().open.remove(&fd).is_some() { SUCCESS } else { EBADF }
    })?;
    linker.func_wrap(
        MODULE,
        "fd_write",
        |boot: Boot<'_>, fd: i32, vectors: i32, count: i32, written: i32| {
            let mut guest = Guest::new(boot)?;
            if !(1..=2).contains(&fd) {
                return Ok(if guest.world().open.contains_key(&fd) { EROFS } else { EBADF });
            }
            let mut total = 0;
            for (at, len) in guest.vectors(vectors, count)? {
                let bytes = guest.bytes(at, len)?;
                total += bytes.len();
                guest.world().output.extend(bytes);
            }
            guest.put_size(written, total)?;
            Ok(SUCCESS)
        },
    )?;
    Ok(())
}

fn preopen(fd: i32) -> Option<&'static str> {
    PREOPENS.get(usize::try_from(fd - 3).ok()?).copied()
}

fn add_files(linker: &mut Linker<BootWorld>) -> Result<()> {
    linker.func_wrap(
        MODULE,
        "path_filestat_get",
        |boot: Boot<'_>, fd: i32, _flags: i32, path: i32, len: i32, stat: i32| {
            let mut guest = Guest::new(boot)?;
            let path = guest.text(path, len)?;
            let world = guest.world();
            let Some(directory) = world.open.get(&fd) else { return Ok(EBADF) };
            let Some((path, node)) = world.archive.get(&format!("{}/{path}", directory.path))
            else {
                return Ok(ENOENT);
            };
            let bytes = world.filestat(&path, node);
            guest.put(stat, &bytes)?;
            Ok(SUCCESS)
        },
    )?;
    linker.func_wrap(MODULE, "fd_filestat_get", |boot: Boot<'_>, fd: i32, stat: i32| {
        let mut guest = Guest::new(boot)?;
        let world = guest.world();
        let bytes = match (fd, world.node(fd)) {
            (_, Some((descriptor, node))) => world.filestat(&descriptor.path, node),
            (0..=2, None) => {
                let mut bytes = [0; 64];
                bytes[16] = FILETYPE_CHARACTER_DEVICE;
                bytes
            }
            (_, None) => return Ok(EBADF),
        };
        guest.put(stat, &bytes)?;
        Ok(SUCCESS)
    })?;
    linker.func_wrap(
        MODULE,
        "path_open",
        |boot: Boot<'_>,
         fd: i32,
         _dirflags: i32,
         path: i32,
         len: i32,
         oflags: i32,
         _rights: i64,
         _inheriting: i64,
         _fdflags: i32,
         opened: i32| {
            const O_DIRECTORY: i32 = 2;
            const O_CREATE_EXCLUSIVE_TRUNCATE: i32 = 1 | 4 | 8;
            let mut guest = Guest::new(boot)?;
            let path = guest.text(path, len)?;
            let world = guest.world();
            let Some(directory) = world.open.get(&fd) else { return Ok(EBADF) };
            if oflags & O_CREATE_EXCLUSIVE_TRUNCATE != 0 {
                return Ok(EROFS);
            }
            let Some((path, node)) = world.archive.get(&format!("{}/{path}", directory.path))
            else {
                return Ok(ENOENT);
            };
            if oflags & O_DIRECTORY != 0 && matches!(node, Node::File(_)) {
                return Ok(ENOTDIR);
            }
            let new = (3..).find(|fd| !world.open.contains_key(fd)).unwrap_or(i32::MAX);
            world.open.insert(new, Descriptor { path, offset: 0 });
            guest.put(opened, &new.to_le_bytes())?;
            Ok(SUCCESS)
        },
    )?;
    linker.func_wrap(
        MODULE,
        "fd_read",
        |boot: Boot<'_>, fd: i32, vectors: i32, count: i32, read: i32| {
            let mut guest = Guest::new(boot)?;
            let content = match guest.world().node(fd) {
                Some((_, Node::File(content))) => Arc::clone(content),
                Some((_, Node::Directory(_))) | None => return Ok(EBADF),
            };
            let mut total = 0;
            for (at, len) in guest.vectors(vectors, count)? {
                let Some(descriptor) = guest.world().open.get_mut(&fd) else { return Ok(EBADF) };
                let start = usize::try_from(descriptor.offset)?.min(content.len());
                let end = (start + len.cast_unsigned() as usize).min(content.len());
                descriptor.offset = end as u64;
                guest.put(at, &content[start..end])?;
                total += end - start;
            }
            guest.put_size(read, total)?;
            Ok(SUCCESS)
        },
    )?;
    linker.func_wrap(
        MODULE,
        "fd_seek",
        |boot: Boot<'_>, fd: i32, offset: i64, whence: i32, new: i32| {
            let mut guest = Guest::new(boot)?;
            let world = guest.world();
            let (current, size) = match world.node(fd) {
                Some((descriptor, Node::File(content))) => (descriptor.offset, content.len()),
                Some((_, Node::Directory(_))) | None => return Ok(EBADF),
            };
            let base = match whence {
                0 => 0,
                1 => current.cast_signed(),
                2 => size as i64,
                _ => return Ok(EINVAL),
            };
            let Ok(target) = u64::try_from(base + offset) else { return Ok(EINVAL) };
            if let Some(descriptor) = world.open.get_mut(&fd) {
                descriptor.offset = target;
            }
            guest.put(new, &target.to_le_bytes())?;
            Ok(SUCCESS)
        },
    )?;
    linker.func_wrap(
        MODULE,
        "fd_readdir",
        |boot: Boot<'_>, fd: i32, buffer: i32, len: i32, cookie: i64, used: i32| {
            let mut guest = Guest::new(boot)?;
            let entries = {
                let world = guest.world();
                let Some((descriptor, Node::Directory(names))) = world.node(fd) else {
                    return Ok(EBADF);
                };
                directory_entries(&world.archive, &descriptor.path, names)
            };
            let mut bytes: Vec<u8> =
                entries.into_iter().skip(usize::try_from(cookie)?).flatten().collect();
            bytes.truncate(len.cast_unsigned() as usize);
            guest.put(buffer, &bytes)?;
            guest.put_size(used, bytes.len())?;
            Ok(SUCCESS)
        },
    )?;
    Ok(())
}

/// The entries of a directory as `fd_readdir` lays them out.
fn directory_entries(archive: &Archive, directory: &str, names: &[String]) -> Vec<Vec<u8>> {
    (1_u64..)
        .zip(names)
        .filter_map(|(next, name)| {
            let (path, node) = archive.get(&format!("{directory}/{name}"))?;
            let filetype = match node {
                Node::File(_) => FILETYPE_REGULAR_FILE,
                Node::Directory(_) => FILETYPE_DIRECTORY,
            };
            let mut entry = Vec::with_capacity(24 + name.len());
            entry.extend(next.to_le_bytes());
            entry.extend(archive.inode(&path).to_le_bytes());
            entry.extend(u32::try_from(name.len()).ok()?.to_le_bytes());
            entry.extend([filetype, 0, 0, 0]);
            entry.extend(name.as_bytes());
            Some(entry)
        })
        .collect()
}
