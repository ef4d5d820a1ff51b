//! A folder with an image and a mask that can be spoilt in every way, and the command to try them with.
#![allow(dead_code)] // each test file uses its part

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// A NRRD file, written by hand so that it can be wrong.
#[derive(Clone)]
pub struct Nrrd {
    pub fields: Vec<(&'static str, String)>,
    pub data: Vec<u8>,
}

impl Nrrd {
    /// Little-endian voxels on an axial grid of 1 mm.
    pub fn new(kind: &str, size: [usize; 3], data: Vec<u8>) -> Self {
        let fields = vec![
            ("type", kind.to_owned()),
            ("dimension", "3".into()),
            ("space", "left-posterior-superior".into()),
            ("sizes", format!("{} {} {}", size[0], size[1], size[2])),
            ("space directions", "(1,0,0) (0,1,0) (0,0,1)".into()),
            ("endian", "little".into()),
            ("encoding", "raw".into()),
            ("space origin", "(0,0,0)".into()),
        ];
        Self { fields, data }
    }

    /// Changes or adds a field.
    pub fn with(mut self, field: &'static str, value: &str) -> Self {
        self.fields.retain(|(name, _)| *name != field);
        self.fields.push((field, value.into()));
        self
    }

    pub fn without(mut self, field: &str) -> Self {
        self.fields.retain(|(name, _)| *name != field);
        self
    }

    pub fn header(&self) -> String {
        let lines: String = self.fields.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
        format!("NRRD0004\n{lines}\n")
    }

    pub fn write(&self, path: &Path) {
        fs::write(path, [self.header().as_bytes(), &self.data].concat()).unwrap();
    }
}

pub const SIZE: [usize; 3] = [12, 11, 10];

/// An image of 12 x 11 x 10 voxels with values from 0 to 299, as int16.
pub fn image() -> Nrrd {
    let mut state = 7_u32;
    let voxel = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        ((state >> 16) % 300) as i16
    };
    image_of(&(0..SIZE.iter().product()).map(voxel).collect::<Vec<i16>>())
}

pub fn image_of(voxels: &[i16]) -> Nrrd {
    Nrrd::new("int16", SIZE, voxels.iter().flat_map(|v| v.to_le_bytes()).collect())
}

/// The same voxels as float, some replaced.
pub fn float_image(replace: impl Fn([usize; 3]) -> Option<f32>) -> Nrrd {
    let voxels = image().data;
    let voxels = voxels.chunks(2).map(|v| f32::from(i16::from_le_bytes([v[0], v[1]])));
    let at = |i: usize| [i % SIZE[0], i / SIZE[0] % SIZE[1], i / SIZE[0] / SIZE[1]];
    let data = voxels.enumerate().flat_map(|(i, v)| replace(at(i)).unwrap_or(v).to_le_bytes()).collect();
    Nrrd::new("float", SIZE, data)
}

/// A mask: the label of each voxel (x, y, z).
pub fn mask_of(label: impl Fn([usize; 3]) -> u8) -> Nrrd {
    let at = |i: usize| [i % SIZE[0], i / SIZE[0] % SIZE[1], i / SIZE[0] / SIZE[1]];
    Nrrd::new("uint8", SIZE, (0..SIZE.iter().product()).map(|i| label(at(i))).collect())
}

/// Label 1 in a box in the middle.
pub fn mask() -> Nrrd {
    mask_of(|[x, y, z]| u8::from((3..9).contains(&x) && (2..8).contains(&y) && (3..7).contains(&z)))
}

/// A temporary folder.
pub struct Folder(tempfile::TempDir);

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// With `image.nrrd` and `mask.nrrd` that are right.
    pub fn with_case() -> Self {
        let folder = Self::new();
        image().write(&folder.path("image.nrrd"));
        mask().write(&folder.path("mask.nrrd"));
        folder
    }

    pub fn root(&self) -> &Path {
        self.0.path()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        fs::write(self.path(name), content).unwrap();
        self.path(name)
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// All names in it, sorted.
    pub fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// The command, run in this folder.
    pub fn command(&self) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("radiomics"));
        command.current_dir(self.root());
        command
    }

    /// Runs a line of bash in which `$0` is the command.
    pub fn shell(&self, line: &str) -> Run {
        let program = self.command().get_program().to_owned();
        Run::of(Command::new("bash").args(["-c", line]).arg(program).current_dir(self.root()))
    }

    /// Runs the command with arguments separated by spaces.
    pub fn run(&self, arguments: &str) -> Run {
        Run::of(self.command().args(arguments.split_whitespace()))
    }
}

/// What a run of the command gave.
#[derive(Debug)]
pub struct Run {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Run {
    pub fn of(command: &mut Command) -> Self {
        let Output { status, stdout, stderr } = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: status.code(), out: text(stdout), err: text(stderr) }
    }

    /// Checks that all went well, and gives standard output.
    pub fn fine(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.out
    }

    /// What is wrong with a clean failure, if anything: status 1, one readable paragraph that says what is
    /// expected, nothing on standard output.
    pub fn miss(&self, expected: &[&str]) -> Option<String> {
        if self.code != Some(1) || !self.out.is_empty() {
            return Some("should fail with status 1 and print nothing".into());
        }
        if !self.err.starts_with("error: ") || self.err.contains("panicked") || self.err.lines().count() > 6 {
            return Some("should explain itself in one paragraph".into());
        }
        expected.iter().find(|part| !self.err.contains(**part)).map(|part| format!("should say `{part}`"))
    }

    /// Checks for a clean failure, and gives the text.
    pub fn says(&self, expected: &[&str]) -> &str {
        assert_eq!(self.miss(expected), None, "{self:#?}");
        &self.err
    }
}

/// The rows of CSV text as maps from column to value.
pub fn rows(text: &str) -> Vec<std::collections::BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let columns = reader.headers().unwrap().clone();
    let row = |record: csv::StringRecord| {
        columns.iter().map(str::to_owned).zip(record.iter().map(str::to_owned)).collect()
    };
    reader.records().map(|record| row(record.unwrap())).collect()
}
