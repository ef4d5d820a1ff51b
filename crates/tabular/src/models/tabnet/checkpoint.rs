//! Networks on disk: safetensors with the names of pytorch-tabnet's `state_dict`, and the architecture beside them.
//!
//! A file of the reference is made by `safetensors.torch.save_file({k: v.clone() for k, v in
//! model.network.state_dict().items()}, path)`; ours are read by `load_state_dict(safetensors.torch.load_file(path))`.

use std::collections::HashMap;
use std::io::Write as _;
use std::path::Path;

use candle_core::{Device, Tensor};
use safetensors::SafeTensors;

use super::network::{Architecture, Network};
use crate::error::{Error, Result};

const KEY: &str = "architecture";

impl Network {
    /// Writes a checkpoint; the file appears whole or not at all.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn save(&self, path: &Path) -> Result<()> {
        let io = |source| Error::Io { path: path.to_owned(), source };
        let bytes = self.to_bytes()?;
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(io)?;
        file.write_all(&bytes).and_then(|()| file.flush()).map_err(io)?;
        file.persist(path).map_err(|e| io(e.error))?;
        Ok(())
    }

    /// Reads a checkpoint that [`Self::save`] wrote.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Format`] for files of another kind or without architecture; as [`Self::from_tensors`].
    ///
    /// ```
    /// use radiomics_tabular::models::tabnet::{Architecture, Network, NetworkSettings};
    /// let network = Network::new(Architecture::new(5, NetworkSettings::default()), 1)?;
    /// let folder = tempfile::tempdir()?;
    /// network.save(&folder.path().join("tabnet.safetensors"))?;
    /// assert_eq!(Network::load(&folder.path().join("tabnet.safetensors"))?, network);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn load(path: &Path) -> Result<Self> {
        Self::from_bytes(&read(path)?, &path.display().to_string())
    }

    /// Reads the weights of a checkpoint of anyone into this architecture.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Format`] for files of another kind; as [`Self::from_tensors`].
    pub fn load_as(architecture: Architecture, path: &Path) -> Result<Self> {
        let file = path.display().to_string();
        Self::from_tensors(architecture, tensors(&read(path)?, &file)?, &file)
    }

    /// The bytes of a checkpoint.
    pub(super) fn to_bytes(&self) -> Result<Vec<u8>> {
        let broken = |why: String| Error::Format { file: "checkpoint".to_owned(), line: 0, why };
        let named = self.slots.iter().flat_map(|s| s.names.iter().map(|n| (n, s.var.as_tensor())));
        let architecture = serde_json::to_string(self.architecture()).map_err(|e| broken(e.to_string()))?;
        let metadata = HashMap::from([(KEY.to_owned(), architecture)]);
        safetensors::serialize(named, Some(metadata)).map_err(|e| broken(e.to_string()))
    }

    pub(super) fn from_bytes(bytes: &[u8], file: &str) -> Result<Self> {
        let format = |why: String| Error::Format { file: file.to_owned(), line: 0, why };
        let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(|e| format(e.to_string()))?;
        let text = metadata.metadata().as_ref().and_then(|m| m.get(KEY));
        let text =
            text.ok_or_else(|| format("no architecture found; give one to read a foreign file".to_owned()))?;
        let architecture = serde_json::from_str(text).map_err(|e| format(e.to_string()))?;
        Self::from_tensors(architecture, tensors(bytes, file)?, file)
    }
}

impl PartialEq for Network {
    fn eq(&self, other: &Self) -> bool {
        matches!((self.to_bytes(), other.to_bytes()), (Ok(a), Ok(b)) if a == b)
    }
}

impl std::fmt::Debug for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Network").field("architecture", &self.architecture()).finish_non_exhaustive()
    }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|source| Error::Io { path: path.to_owned(), source })
}

fn tensors(bytes: &[u8], file: &str) -> Result<HashMap<String, Tensor>> {
    candle_core::safetensors::load_buffer(bytes, &Device::Cpu).map_err(|e| Error::Format {
        file: file.to_owned(),
        line: 0,
        why: e.to_string(),
    })
}

/// A network inside of JSON: the bytes of its checkpoint in hexadecimal. Python:
/// `safetensors.torch.load(bytes.fromhex(text))`.
pub(super) mod hex {
    use std::fmt::Write as _;
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serializer, de, ser};

    use super::Network;

    pub fn serialize<S: Serializer>(network: &Network, to: S) -> Result<S::Ok, S::Error> {
        let bytes = network.to_bytes().map_err(ser::Error::custom)?;
        let mut text = String::with_capacity(2 * bytes.len());
        for byte in bytes {
            write!(text, "{byte:02x}").map_err(ser::Error::custom)?;
        }
        to.serialize_str(&text)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Arc<Network>, D::Error> {
        let text = String::deserialize(from)?;
        let digit = |c: u8| char::from(c).to_digit(16).map(|d| d as u8);
        let bytes = text.as_bytes().chunks(2).map(|pair| match pair {
            [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
            _ => None,
        });
        let bytes: Option<Vec<u8>> = bytes.collect();
        let bytes = bytes.ok_or_else(|| de::Error::custom("weights are no text of hexadecimal pairs"))?;
        Network::from_bytes(&bytes, "weights of the model").map(Arc::new).map_err(de::Error::custom)
    }
}
