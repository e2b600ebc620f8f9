//! Reads the trace that the shim (shim.c) writes: what a process did to the files of one directory,
//! and its marks, in the order in which they took effect.

/// The number that the shim gave to a file.
pub(crate) type FileNumber = u32;

/// One operation that was over, or one mark.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Operation<'a> {
    /// A new, empty file appeared in the directory.
    Create { file: FileNumber, name: &'a str },
    /// Bytes were written into a file.
    Write { file: FileNumber, offset: usize, bytes: &'a [u8] },
    /// A file has this size now.
    Resize { file: FileNumber, size: usize },
    /// What was done to the file so far is on the disk.
    Sync { file: FileNumber },
    /// What was done to the directory so far is on the disk.
    SyncDirectory,
    /// A name is gone from the directory.
    Unlink { name: &'a str },
    /// What the program said.
    Mark { text: &'a str },
    /// A file was mapped for writing: from here on the trace does not tell all.
    Mapped,
}

/// The operations of a whole trace.
pub(crate) fn read(mut trace: &[u8]) -> Vec<Operation<'_>> {
    let mut operations = Vec::new();
    while !trace.is_empty() {
        let (operation, rest) = first(trace).expect("the trace ends with a whole record");
        operations.push(operation);
        trace = rest;
    }
    operations
}

fn first(trace: &[u8]) -> Option<(Operation<'_>, &[u8])> {
    let (kind, trace) = trace.split_first_chunk()?;
    let (file, trace) = trace.split_first_chunk()?;
    let (offset, trace) = trace.split_first_chunk()?;
    let (size, trace) = trace.split_first_chunk()?;
    let file = u32::from_ne_bytes(*file);
    let offset = usize::try_from(u64::from_ne_bytes(*offset)).ok()?;
    let size = usize::try_from(u64::from_ne_bytes(*size)).ok()?;
    let (bytes, rest) = trace.split_at_checked(size)?;
    let text = || std::str::from_utf8(bytes).ok();
    let operation = match u32::from_ne_bytes(*kind) {
        1 => Operation::Create { file, name: text()? },
        2 => Operation::Write { file, offset, bytes },
        3 => Operation::Resize { file, size: offset },
        4 => Operation::Sync { file },
        5 => Operation::SyncDirectory,
        6 => Operation::Unlink { name: text()? },
        7 => Operation::Mark { text: text()? },
        8 => Operation::Mapped,
        _ => return None,
    };
    Some((operation, rest))
}
