//! One card: its context and the kernels on it.

use std::{
    env, fs,
    path::Path,
    sync::{Arc, Mutex},
};

use cudarc::{
    driver::{CudaContext, CudaFunction},
    nvrtc::{CompileOptions, Ptx, compile_ptx_with_opts},
};

use super::{
    super::plan::{Kernel, Launch},
    lane::Lane,
    present::{describe, guarded},
};
use crate::error::Error;

/// Names a folder of kernels to be compiled at run time in place of those that are built in. For those who write kernels; needs
/// NVRTC.
const SOURCES: &str = "RADIOMICS_KERNEL_SOURCES";

/// PTX of each file and the kernels in it.
const MODULES: [(&str, &str, &[&str]); 4] = [
    (
        "pairs_runs",
        include_str!("../../../../kernels/ptx/pairs_runs.ptx"),
        &["pairs_runs_64", "pairs_runs_32"],
    ),
    ("zones", include_str!("../../../../kernels/ptx/zones.ptx"), &["zones_64"]),
    ("first_order", include_str!("../../../../kernels/ptx/first_order.ptx"), &["first_order_64"]),
    ("mcc", include_str!("../../../../kernels/ptx/mcc.ptx"), &["mcc_64"]),
];

/// A card that is ready.
#[derive(Debug)]
pub struct Card {
    /// Such as `cuda:0 NVIDIA H100`.
    name: String,
    context: Arc<CudaContext>,
    functions: Vec<(&'static str, CudaFunction)>,
    /// Room for results that no run uses at the moment.
    spare: Mutex<Vec<Lane>>,
}

impl Card {
    /// Makes its context and has the driver compile the kernels, which takes a second or two; a card is to be kept for many
    /// images.
    pub fn open(ordinal: usize) -> Result<Self, Error> {
        guarded(&format!("cuda:{ordinal}"), || {
            let context = CudaContext::new(ordinal).map_err(|error| describe(&error))?;
            let name = context.name().map_err(|error| describe(&error))?;
            let mut functions = Vec::new();
            for (file, embedded, kernels) in MODULES {
                let refused =
                    |error: &_| format!("the driver refuses the kernels of {file}: {}", describe(error));
                let module = context.load_module(ptx(file, embedded)?).map_err(|error| refused(&error))?;
                for kernel in kernels {
                    let function = module.load_function(kernel).map_err(|error| refused(&error))?;
                    functions.push((*kernel, function));
                }
            }
            Ok(Self { name: format!("cuda:{ordinal} {name}"), context, functions, spare: Mutex::default() })
        })
    }

    pub fn name(&self) -> String {
        self.name.clone()
    }

    pub fn context(&self) -> &Arc<CudaContext> {
        &self.context
    }

    /// The room for results of the run before, if there is any.
    pub fn take_lanes(&self) -> Option<Vec<Lane>> {
        let lanes = self.spare.lock().map(|mut spare| std::mem::take(&mut *spare)).ok()?;
        (!lanes.is_empty()).then_some(lanes)
    }

    /// Keeps room for results for the next run.
    pub fn keep_lanes(&self, lanes: Vec<Lane>) {
        if let Ok(mut spare) = self.spare.lock() {
            *spare = lanes;
        }
    }

    /// The function of a kernel and how it is launched.
    pub fn kernel(&self, kernel: Kernel, highest: u32) -> Option<(&CudaFunction, Launch)> {
        let launch = kernel.launch(highest);
        let (_, function) = self.functions.iter().find(|(name, _)| *name == launch.name)?;
        Some((function, launch))
    }
}

/// The PTX that is built in, or that of a source file.
fn ptx(file: &str, embedded: &str) -> Result<Ptx, String> {
    let Some(folder) = env::var_os(SOURCES) else { return Ok(Ptx::from_src(embedded)) };
    let folder = Path::new(&folder);
    let path = folder.join(format!("{file}.cu"));
    let source = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let options = CompileOptions {
        fmad: Some(false),
        include_paths: vec![folder.to_string_lossy().into_owned()],
        options: vec!["--std=c++17".into()],
        ..CompileOptions::default()
    };
    compile_ptx_with_opts(source, options).map_err(|error| format!("{}: {error:?}", path.display()))
}
