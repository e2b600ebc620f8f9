//! From a path to an open descriptor: preopened directories, looking up, opening, listing.

use wasmtime::{Linker, Result};

use super::{
    Boot, BootWorld, Descriptor, EBADF, EINVAL, ENOENT, ENOTDIR, EROFS, FILETYPE_DIRECTORY,
    FILETYPE_REGULAR_FILE, Guest, MODULE, PREOPENS, SUCCESS,
};
use crate::image::archive::{Archive, Node};

pub(super) fn add_to_linker(linker: &mut Linker<BootWorld>) -> Result<()> {
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
            let new = world.open.last_key_value().map_or(3, |(last, _)| last + 1);
            world.open.insert(new, Descriptor { path, offset: 0 });
            guest.put(opened, &new.to_le_bytes())?;
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

fn preopen(fd: i32) -> Option<&'static str> {
    PREOPENS.get(usize::try_from(fd - 3).ok()?).copied()
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
