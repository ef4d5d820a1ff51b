//! A list of cases becomes a table: whole, in order, the same to the last byte whatever happens meanwhile.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // helpers of tests: a failed unwrap is a failed test, figures are printed

#[path = "../common/mod.rs"]
mod common;
mod fates; // cases and workers that die
mod list; // what lists may hold
mod resume; // batches that are killed, interrupted, or run out of disk
mod table; // what tables hold

use std::{fs, path::Path};

use common::{Folder, Nrrd, Run, SIZE, mask_of};

/// A folder with ten small images, a mask of the labels 1 and 2, and a list of so many cases. The rows of an
/// image stand apart from each other; every fourth asks for all labels.
fn folder(cases: usize) -> Folder {
    let folder = Folder::new();
    for number in 0..10 {
        noise(number).write(&folder.path(&format!("i{number}.nrrd")));
    }
    let label = |[x, y, z]: [usize; 3]| match x {
        3..9 if (2..8).contains(&y) && (3..7).contains(&z) => 1,
        _ if x > 9 => 2,
        _ => 0,
    };
    mask_of(label).write(&folder.path("m.nrrd"));
    let row =
        |case: usize| format!("{case:04},i{}.nrrd,m.nrrd,{}\n", case % 10, ["", "all", "2", "1"][case % 4]);
    let rows: String = (0..cases).map(row).collect();
    folder.write("list.csv", format!("ID,Image,Mask,Label\n{rows}"));
    folder
}

/// An image of seeded noise.
fn noise(seed: u64) -> Nrrd {
    let mut random = Random(seed);
    let voxels = (0..SIZE.iter().product()).map(|_| (random.next() % 300) as i16);
    Nrrd::new("int16", SIZE, voxels.flat_map(i16::to_le_bytes).collect())
}

fn batch(folder: &Folder, arguments: &str) -> Run {
    folder.run(&format!("batch list.csv --quiet {arguments}"))
}

/// The table of a batch that nothing disturbed.
fn undisturbed(folder: &Folder, table: &str) -> Vec<u8> {
    batch(folder, &format!("-o {table} --threads 2")).fine();
    let bytes = fs::read(folder.path(table)).unwrap();
    remove(folder, table);
    bytes
}

/// Removes a table with all that belongs to it.
fn remove(folder: &Folder, table: &str) {
    for name in [table.to_owned(), format!("{table}.journal"), format!("{table}.errors.csv")] {
        let _ = fs::remove_file(folder.path(&name));
    }
}

/// Cases that the journal of a table holds.
fn journalled(journal: &Path) -> usize {
    let text = fs::read(journal).unwrap_or_default();
    text.split(|byte| *byte == b'\n').filter(|line| line.starts_with(b"{\"case\"")).count()
}

/// Splitmix64: seeded numbers for tests.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}
