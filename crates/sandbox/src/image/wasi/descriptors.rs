//! What an open descriptor does: say what it is, read, seek, write to the standard streams, close.

use std::sync::Arc;

use wasmtime::{Linker, Result};

use super::{
    Boot, BootWorld, EBADF, EINVAL, EROFS, FILETYPE_CHARACTER_DEVICE, FILETYPE_DIRECTORY,
    FILETYPE_REGULAR_FILE, Guest, MODULE, SUCCESS,
};
use crate::image::archive::Node;

pub(super) fn add_to_linker(linker: &mut Linker<BootWorld>) -> Result<()> {
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
                2 => i64::try_from(size)?,
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
    linker.func_wrap(MODULE, "fd_close", |mut boot: Boot<'_>, fd: i32| {
        if boot.data_mut().open.remove(&fd).is_some() { SUCCESS } else { EBADF }
    })?;
    Ok(())
}
