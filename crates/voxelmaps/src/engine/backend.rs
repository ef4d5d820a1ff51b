//! Which engine: by the name that a user gives.

use std::{fmt, str::FromStr};

use super::{Engine, Run, Task, cpu::Cpu};
use crate::error::Error;

/// Where maps are made.
///
/// ```
/// use radiomics_voxelmaps::Backend;
/// assert_eq!("cuda:1".parse(), Ok(Backend::Cuda(Some(1))));
/// assert_eq!(Backend::Auto.to_string(), "auto");
/// assert!("gpu".parse::<Backend>().is_err());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Backend {
    /// NVIDIA cards where there are any, else the processor; [`Engine::notes`] says why not cards.
    #[default]
    Auto,
    /// The processor.
    Cpu,
    /// An NVIDIA card by its number, or all of them. What they have no kernel for is done by the processor.
    Cuda(Option<usize>),
}

impl Backend {
    /// The engine. Cards take a second or two to get ready: it is to be kept for many images.
    ///
    /// # Errors
    /// With [`Backend::Cuda`]: [`Error::Device`] where there is no driver or no such card, [`Error::Unsupported`] where this
    /// was built without the feature `cuda`.
    pub fn engine(self) -> Result<Box<dyn Engine>, Error> {
        match self {
            Self::Cpu => Ok(processor()),
            Self::Cuda(ordinal) => cards(ordinal, false),
            Self::Auto => Ok(cards(None, true).unwrap_or_else(|error| {
                Box::new(Instead {
                    engine: processor(),
                    note: format!("maps were made by the processor: {error}"),
                })
            })),
        }
    }
}

/// The engine that is always there.
fn processor() -> Box<dyn Engine> {
    Box::new(Cpu)
}

#[cfg(feature = "cuda")]
fn cards(ordinal: Option<usize>, forgiving: bool) -> Result<Box<dyn Engine>, Error> {
    use super::gpu::{Hybrid, cuda::Cuda};
    Ok(Box::new(Hybrid::new(Box::new(Cuda::open(ordinal)?), processor(), forgiving)))
}

#[cfg(not(feature = "cuda"))]
fn cards(_: Option<usize>, _: bool) -> Result<Box<dyn Engine>, Error> {
    Err(Error::Unsupported {
        engine: "cuda".into(),
        reason: "this was built without the feature cuda".into(),
    })
}

/// An engine in place of the one that was wanted.
#[derive(Debug)]
struct Instead {
    engine: Box<dyn Engine>,
    note: String,
}

impl Engine for Instead {
    fn name(&self) -> String {
        self.engine.name()
    }

    fn start<'a>(&'a self, task: &'a Task) -> Result<Box<dyn Run + 'a>, Error> {
        self.engine.start(task)
    }

    fn notes(&self) -> Vec<String> {
        std::iter::once(self.note.clone()).chain(self.engine.notes()).collect()
    }
}

impl FromStr for Backend {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        match name {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda(None)),
            _ => {
                let number = name.strip_prefix("cuda:").and_then(|number| number.parse().ok());
                number.map(|n| Self::Cuda(Some(n))).ok_or_else(|| Error::UnknownBackend(name.to_owned()))
            }
        }
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(None) => f.write_str("cuda"),
            Self::Cuda(Some(n)) => write!(f, "cuda:{n}"),
        }
    }
}
