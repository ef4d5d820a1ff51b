//! Where the results of a report come from: versions, seed, settings, digests of inputs.

use std::{io::Read, path::Path};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{Error, encode};

/// Written beside a report as `provenance.json`. No time and no name of a machine: the same inputs give the same bytes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// Programs and libraries with their versions.
    pub software: Vec<Software>,
    /// Seed of all random numbers.
    pub seed: Option<u64>,
    /// The data is synthetic; says how it was made. Shown at the top of the page.
    pub synthetic: Option<String>,
    /// Settings as the program read them.
    pub settings: serde_json::Value,
    /// Files that went in.
    pub inputs: Vec<Input>,
}

/// A program or library.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Software {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// A file that went in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Input {
    /// What it is called in the report; not its path, which may hold names of patients.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256 in hexadecimal digits.
    pub sha256: String,
}

impl Provenance {
    /// Provenance of a program, with the version of this crate.
    ///
    /// ```
    /// use radiomics_report::Provenance;
    /// let provenance = Provenance::of("hcc_longitudinal", "0.1.0").seed(42).synthetic("planted effect, see README");
    /// assert_eq!(provenance.seed, Some(42));
    /// ```
    #[must_use]
    pub fn of(program: &str, version: &str) -> Self {
        Self::default().software(program, version).software(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))
    }

    /// Adds a program or library.
    #[must_use]
    pub fn software(mut self, name: &str, version: &str) -> Self {
        self.software.push(Software { name: name.into(), version: version.into() });
        self
    }

    /// Sets the seed.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Says that the data is synthetic, and how it was made.
    #[must_use]
    pub fn synthetic(mut self, how: impl Into<String>) -> Self {
        self.synthetic = Some(how.into());
        self
    }

    /// Takes over settings.
    ///
    /// # Errors
    /// [`Error::Encode`] where they cannot be written as JSON.
    pub fn settings(mut self, settings: &impl Serialize) -> Result<Self, Error> {
        self.settings = serde_json::to_value(settings)
            .map_err(|e| Error::Encode { what: "settings".into(), reason: e.to_string() })?;
        Ok(self)
    }

    /// Adds a file by its content; `name` is what the report calls it.
    ///
    /// # Errors
    /// [`Error::Io`] where it cannot be read.
    pub fn input(mut self, name: &str, path: &Path) -> Result<Self, Error> {
        let mut file = std::fs::File::open(path).map_err(Error::io(path))?;
        let mut hasher = Sha256::new();
        let mut buffer = vec![0; 1 << 16];
        let mut bytes = 0;
        loop {
            let n = file.read(&mut buffer).map_err(Error::io(path))?;
            if n == 0 {
                break;
            }
            hasher.update(&buffer[..n]);
            bytes += n as u64;
        }
        self.inputs.push(Input { name: name.into(), bytes, sha256: encode::hex(&hasher.finalize()) });
        Ok(self)
    }
}
