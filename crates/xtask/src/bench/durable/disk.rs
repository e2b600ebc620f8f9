//! What the disk does without us: the time of a small append that is flushed.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::Instant;

use crate::bench::figures::Figures;

/// Milliseconds of 4 KiB appended to a file of this folder and flushed to the disk.
pub(in crate::bench) fn flushes(dir: &Path, count: usize) -> anyhow::Result<Figures> {
    let path = dir.join("flushes");
    let mut file = File::create(&path)?;
    let block = [0x5A_u8; 4_096];
    let mut times = Vec::with_capacity(count);
    for _ in 0..count {
        let began = Instant::now();
        file.write_all(&block)?;
        file.sync_data()?;
        times.push(began.elapsed().as_secs_f64() * 1e3);
    }
    std::fs::remove_file(path)?;
    Ok(Figures::of(times))
}
