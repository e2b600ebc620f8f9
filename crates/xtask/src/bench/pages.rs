//! Which pages of the image a run writes. The engine keeps the first 32 contiguous regions of written
//! pages resident between instances and gives the rest back, to be faulted in again; so what counts
//! is how few regions a run touches.

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;

use super::waiting::while_waiting;
use super::{FLOWS, then_wait};
use anyhow::Context as _;

const PAGE: u64 = 4096;

pub(super) fn measure(verbose: bool) -> anyhow::Result<()> {
    println!("\npages of the image that a run writes");
    for (name, source) in FLOWS {
        let written = while_waiting(&then_wait(source), 1, written_pages)?;
        let regions = regions(&written);
        println!("  {name:<12} {:>5} pages in {:>3} regions", written.len(), regions.len());
        if verbose {
            for (first, count) in regions {
                println!("    {:#9x} {count}", first * PAGE);
            }
        }
    }
    Ok(())
}

/// Runs of neighbours: the first page and how many.
fn regions(pages: &[u64]) -> Vec<(u64, u64)> {
    let mut regions: Vec<(u64, u64)> = Vec::new();
    for page in pages {
        match regions.last_mut() {
            Some((first, count)) if *first + *count == *page => *count += 1,
            _ => regions.push((*page, 1)),
        }
    }
    regions
}

/// Pages of linear memory that are this process's own copy, counted from the start of the memory.
fn written_pages() -> anyhow::Result<Vec<u64>> {
    const PRESENT: u64 = 1 << 63;
    const OF_A_FILE: u64 = 1 << 61;
    let maps = fs::read_to_string("/proc/self/maps").context("this needs Linux")?;
    let pagemap = File::open("/proc/self/pagemap").context("this needs Linux")?;
    let mut pages = Vec::new();
    for line in
        maps.lines().filter(|line| line.contains("wasm-memory-image") || line.contains(".cwasm"))
    {
        let mut fields = line.split_whitespace();
        let (range, rights) = (fields.next().context("maps")?, fields.next().context("maps")?);
        if !rights.starts_with("rw") {
            continue;
        }
        let (start, end) = range.split_once('-').context("maps")?;
        let (start, end) = (u64::from_str_radix(start, 16)?, u64::from_str_radix(end, 16)?);
        // Linear memories begin at a multiple of 4 GiB within the pool's slots, shadow stack first.
        for address in (start..end).step_by(4096) {
            let mut entry = [0; 8];
            pagemap.read_exact_at(&mut entry, address / PAGE * 8)?;
            let entry = u64::from_le_bytes(entry);
            if entry & PRESENT != 0 && entry & OF_A_FILE == 0 {
                pages.push((address - start) / PAGE);
            }
        }
    }
    Ok(pages)
}
