//! `radiomics worker`: the process in which a batch runs its cases, so that whatever happens to a case happens
//! to it alone. Takes orders from standard input and answers on standard output.

use std::{
    collections::VecDeque,
    io::{self, BufRead, Write},
    panic::{self, AssertUnwindSafe},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{
        Mutex, PoisonError,
        mpsc::{Receiver, channel},
    },
    thread,
};

use anyhow::{Context, Result, anyhow, bail};
use clap::Args;
use radiomics_core::{Extractor, Params, ParamsFormat};
use radiomics_imaging::io as images;

use super::message::{Answer, Failure, Order, Outcome, Request, Row};
use crate::{
    args::{CaseArgs, ExtractionArgs, Label},
    console::Console,
    extract::{self, Extract, Job},
    load::{self, LoadOptions, Scan},
    report,
    table::Cell,
};

/// Works for a batch; takes orders from standard input.
#[derive(Clone, Debug, Args)]
pub struct Worker {
    /// Folder at which relative paths start
    #[arg(long)]
    pub base: PathBuf,
    #[command(flatten)]
    pub case: CaseArgs,
}

pub fn run(args: &Worker, console: &Console) -> Result<ExitCode> {
    // Where memory runs out, the system shall end a worker and not the batch.
    let _ = std::fs::write("/proc/self/oom_score_adj", "1000");
    panic::set_hook(Box::new(|info| {
        let text = info.to_string().replace(":\n", ": ").replace('\n', " ");
        *PANIC.lock().unwrap_or_else(PoisonError::into_inner) = text;
    }));
    let orders = listen();
    let Ok(Order::Setup { parameters }) = orders.recv() else {
        bail!("a worker is started by `radiomics batch`")
    };
    let params = Params::parse(&parameters.to_string(), ParamsFormat::Json)?;
    let extractor = Extractor::with_convention(params.clone(), args.case.convention.into())?;
    let threads = args.case.threads.map_or(1, usize::from);
    let pool =
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().context("cannot start the threads")?;
    answer(&Answer::Ready)?;
    let mut bench = Bench { args, params, extractor, console, orders, backlog: VecDeque::new(), held: None };
    pool.install(|| {
        while let Some(request) = bench.next() {
            let outcome = bench.guarded(&request)?;
            answer(&Answer::Done { case: request.case, outcome })?;
        }
        Ok(ExitCode::SUCCESS)
    })
}

/// What the last panic said.
static PANIC: Mutex<String> = Mutex::new(String::new());

/// Reads orders on a thread of its own, which also ends the process when the batch has gone.
fn listen() -> Receiver<Order> {
    let (send, orders) = channel();
    thread::spawn(move || {
        for line in io::stdin().lock().lines() {
            let Some(order) = line.ok().and_then(|line| serde_json::from_str(&line).ok()) else { break };
            if send.send(order).is_err() {
                break;
            }
        }
        // Every answer that the batch waits for has been given: it closes the pipe after the last.
        std::process::exit(0);
    });
    orders
}

fn answer(answer: &Answer) -> Result<()> {
    let mut line = serde_json::to_vec(answer)?;
    line.push(b'\n');
    let mut out = io::stdout().lock();
    out.write_all(&line).and_then(|()| out.flush()).context("the batch has gone")
}

struct Bench<'a> {
    args: &'a Worker,
    params: Params,
    extractor: Extractor,
    console: &'a Console,
    orders: Receiver<Order>,
    backlog: VecDeque<Request>,
    /// The image of the last case, which often is that of the next.
    held: Option<(String, Scan)>,
}

impl Bench<'_> {
    fn next(&mut self) -> Option<Request> {
        if let Some(request) = self.backlog.pop_front() {
            return Some(request);
        }
        loop {
            match self.orders.recv() {
                Ok(Order::Case(request)) => return Some(request),
                Ok(_) => {}
                Err(_) => return None,
            }
        }
    }

    /// A panic is the end of the case, not of the worker.
    fn guarded(&mut self, request: &Request) -> Result<Outcome> {
        match panic::catch_unwind(AssertUnwindSafe(|| self.case(request))) {
            Ok(Ok(outcome)) => Ok(outcome),
            Ok(Err(error)) => Ok(Outcome::failed(reason(&error))),
            Err(_) => {
                self.held = None;
                let text = std::mem::take(&mut *PANIC.lock().unwrap_or_else(PoisonError::into_inner));
                Ok(Outcome::failed(format!("the program failed on this case; please report it: {text}")))
            }
        }
    }

    fn case(&mut self, request: &Request) -> Result<Outcome> {
        #[cfg(debug_assertions)]
        fate(&request.mask);
        let path = |name: &str| self.args.base.join(name);
        let label = request.label.map(|label| if label == 0 { Label::All } else { Label::One(label) });
        let case = Extract {
            image: path(&request.image),
            mask: path(&request.mask),
            extraction: ExtractionArgs {
                label,
                roi: request.roi.clone(),
                case: self.args.case.clone(),
                ..ExtractionArgs::default()
            },
            ..Extract::default()
        };
        let options = extract::load_options(&case, &self.params);
        self.load(request, &case, &options)?;
        let Some((_, scan)) = &self.held else { bail!("no image") };
        let job = Job { args: &case, extractor: &self.extractor, image: &scan.image, console: self.console };
        let mut outcome = Outcome::default();
        for region in load::regions(&case.mask, Some(&scan.place), &options)? {
            let (rows, failed) = match region.get().and_then(|regions| job.region(&regions, &self.params)) {
                Ok(done) => done,
                Err(error) => {
                    outcome.failures.push(Failure { label: None, reason: reason(&error) });
                    continue;
                }
            };
            for mut cells in rows {
                for (column, cell) in &mut cells {
                    // As written in the list, wherever it stands.
                    match column.as_str() {
                        "Image" => *cell = Cell::Text(request.image.clone()),
                        "Mask" => *cell = Cell::Text(request.mask.clone()),
                        _ => {}
                    }
                }
                outcome.rows.push(Row::new(cells));
            }
            let failed = failed.into_iter();
            let failed = failed.map(|(label, error)| Failure { label: Some(label), reason: reason(&error) });
            outcome.failures.extend(failed);
        }
        Ok(outcome)
    }

    /// Reads the image if it is another than before.
    fn load(&mut self, request: &Request, case: &Extract, options: &LoadOptions) -> Result<()> {
        let held = self.held.as_ref().filter(|(image, _)| *image == request.image);
        if held.is_some_and(|(_, scan)| scan.serves(&case.mask, options)) {
            return Ok(());
        }
        self.held = None;
        self.claim(bytes(case, options))?;
        tracing::info!("reading {}", case.image.display());
        let scan = load::scan(&case.image, &[&case.mask], options)?;
        for note in &scan.notes {
            tracing::warn!("{}: {note}", case.image.display());
        }
        self.held = Some((request.image.clone(), scan));
        Ok(())
    }

    /// Waits until the batch lends the memory.
    fn claim(&mut self, bytes: u64) -> Result<()> {
        answer(&Answer::Needs { bytes })?;
        loop {
            match self.orders.recv() {
                Ok(Order::Go) => return Ok(()),
                Ok(Order::Case(request)) => self.backlog.push_back(request),
                Ok(Order::Setup { .. }) => {}
                Err(_) => return Err(anyhow!("the batch has gone")),
            }
        }
    }
}

/// What tests want to happen to a case, as `panic:MASK`, `abort:MASK` or `hang:MASK`. Not in the released program.
#[cfg(debug_assertions)]
#[allow(clippy::panic)] // that is what is tested
fn fate(mask: &str) {
    let wanted = std::env::var("RADIOMICS_TEST_FATE").unwrap_or_default();
    match wanted.split_once(':') {
        Some(("panic", name)) if name == mask => panic!("a test wants\nthis"),
        Some(("abort", name)) if name == mask => std::process::abort(),
        Some(("hang", name)) if name == mask => thread::sleep(std::time::Duration::from_secs(3600)),
        _ => {}
    }
}

/// Memory that the voxels of image and mask take; nothing where the headers cannot be read: reading will say why.
fn bytes(case: &Extract, options: &LoadOptions) -> u64 {
    let whole = |path: &Path| {
        let header = images::header(path).ok()?;
        Some((header.geometry.voxels() as u64, header.sample_type.bytes() as u64))
    };
    // A folder of several series has no header of its own; clinical images have 16 bits.
    let of_series = || Some((load::place(&case.image, &[&case.mask], options).ok()?.grid.voxels() as u64, 2));
    let (voxels, size) = whole(&case.image).or_else(of_series).unwrap_or_default();
    // Regions of other files are filled in on the grid of the image.
    let (mask_voxels, mask_size) = whole(&case.mask).unwrap_or((voxels, 1));
    voxels.saturating_mul(size).saturating_add(mask_voxels.saturating_mul(mask_size))
}

/// An error on one line.
fn reason(error: &anyhow::Error) -> String {
    let text = report::paragraph(error);
    let text = text.strip_prefix("error: ").unwrap_or(&text).replace("\n  hint: ", ". Hint: ");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
