//! `radiomics batch`: a list of cases becomes a table of features.
//!
//! ```text
//! cohort.csv ▶ schedule ▶ workers (processes) ▶ journal ▶ table, list of failures
//! ```
//! Cases come to their end in any order; the journal takes them as they come, and the table is made from it at the
//! end. So a table does not depend on threads, interruptions or which worker did what.

mod cohort; // the list of cases
mod finish; // journal → table
mod journal; // what is done
mod message; // between batch and workers
pub mod options; // of the command line
mod pool; // workers
mod schedule; // who does what, in how much memory
pub mod worker; // the other side

use std::{
    fs::{self, File},
    io::Read,
    ops::Range,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, Result, bail, ensure};
use radiomics_core::{Extractor, Params};
use radiomics_imaging::{Geometry, Image, Mask, Volume};
use radiomics_phantoms::solids::Solid;
use serde_json::json;
use sha1::{Digest, Sha1};

use self::{
    cohort::Cohort,
    finish::errors_path,
    journal::{Finished, Found, Head, Journal},
    message::{Outcome, Request},
    options::{Batch, Shard},
    pool::{Pool, Work},
    schedule::{Budget, Schedule, default_memory},
};
use crate::{
    args::{CaseArgs, Convention, Label},
    console::Console,
    extract, params,
    replace::remove_leftovers,
    target::{by_ending, same_file},
};

pub fn run(args: &Batch, console: &Console) -> Result<ExitCode> {
    let params = params::load(args.extraction.params.as_deref(), &args.extraction.settings)?;
    Extractor::with_convention(params.clone(), args.extraction.case.convention.into())?;
    let cohort = read_cohort(&args.cohort)?;
    let range = range(args.shard, cohort.cases.len());
    ensure!(
        !range.is_empty(),
        "shard {} has no case: the list has only {}",
        name(args.shard),
        cohort.cases.len()
    );
    let place = Place::of(args, &cohort)?;
    let head = head(args, &params, &cohort);
    if let Some(finished) = place.check(args, &head)? {
        console.note(&format!("{} is finished: {} rows; nothing to do", args.out.display(), finished.rows));
        return Ok(status(finished, args, console));
    }

    let mut journal = Journal::open(&place.journal, &head, range.clone(), args.resume)?;
    // The journal is locked: nobody else is writing these.
    [&args.out, &errors_path(&args.out), &place.journal].into_iter().for_each(|path| remove_leftovers(path));
    if journal.lists().is_empty() {
        journal.expect(expected_columns(&params, args.extraction.case.convention))?;
    }
    let expected = journal.lists().first().cloned().unwrap_or_default();
    if let Some(name) = cohort.extra.iter().find(|name| expected.contains(name) || *name == "Component") {
        fs::remove_file(&place.journal).ok();
        bail!("{}: the column `{name}` is also one of the result; rename it", args.cohort.display());
    }
    if let before @ 1.. = journal.done() {
        console.note(&format!("{before} of {} cases are done already", range.len()));
    }
    work(args, &params, &cohort, range.clone(), &mut journal, console)?;

    console.step("writing the table");
    let job = finish::Job {
        cohort: &cohort,
        range: range.clone(),
        table: &args.out,
        format: args.extraction.format.unwrap_or_else(|| by_ending(&args.out)),
        metadata: extract::metadata(&params),
    };
    let kept = || "all cases are done and kept in the journal; --resume makes the table of them";
    let finished = job.write(&mut journal).with_context(kept)?;
    journal.finish(&head, finished).with_context(kept)?;
    console.end();
    let seconds = console.elapsed().as_secs_f64();
    console.note(&format!(
        "{} rows of {} cases written to {} after {seconds:.1} s",
        finished.rows,
        range.len(),
        args.out.display()
    ));
    Ok(status(finished, args, console))
}

/// Failures of cases that are told one by one; all of them stand in the list of failures.
const MOST_SHOWN: usize = 10;

/// Extracts the cases that are not in the journal yet.
fn work(
    args: &Batch,
    params: &Params,
    cohort: &Cohort,
    range: Range<usize>,
    journal: &mut Journal,
    console: &Console,
) -> Result<()> {
    let left: Vec<usize> = range.clone().filter(|case| !journal.has(*case)).collect();
    let schedule = Schedule::new(left.iter().map(|case| (*case, cohort.cases[*case].image.as_str())));
    let threads = args.extraction.case.threads.map_or_else(extract::available, usize::from);
    let workers = threads.min(left.len());
    console.begin(left.len());
    let request = |case: usize| request(cohort, case, args);
    let work = Work {
        arguments: worker_arguments(args, threads / workers.max(1), console)?,
        parameters: params.to_json(),
        request: &request,
        cases: left.len(),
        schedule,
        budget: Budget::new(args.memory.map_or_else(default_memory, |gigabytes| (gigabytes * 1e9) as u64)),
        console,
    };
    let mut failed = 0;
    let done = |cases: Vec<(usize, Outcome)>| {
        let failures: Vec<(usize, String)> = cases
            .iter()
            .flat_map(|(case, outcome)| {
                outcome.failures.iter().map(|failure| (*case, failure.reason.clone()))
            })
            .collect();
        let count = cases.len();
        journal.add(cases)?;
        // Only now that they are on the disk.
        (0..count).for_each(|_| console.advance());
        for (case, reason) in failures {
            failed += 1;
            if failed <= MOST_SHOWN {
                let case = &cohort.cases[case];
                console.error(&format!("error: line {} ({}): {reason}", case.line, case.mask));
            }
        }
        Ok(())
    };
    let result = Pool::new(work, workers).run(done);
    let (done, all) = (journal.done(), range.len());
    result.with_context(|| format!("{done} of {all} cases are done and kept; go on with --resume"))
}

/// Ends with the exit status of a finished batch.
fn status(finished: Finished, args: &Batch, console: &Console) -> ExitCode {
    if finished.failed == 0 {
        return ExitCode::SUCCESS;
    }
    let cases = if finished.failed == 1 { "1 case".into() } else { format!("{} cases", finished.failed) };
    let path = errors_path(&args.out);
    console.error(&format!(
        "error: {cases} failed, for the reasons in {}; the table holds the others",
        path.display()
    ));
    ExitCode::FAILURE
}

fn read_cohort(path: &Path) -> Result<Cohort> {
    let name = || format!("list of cases {}", path.display());
    let mut bytes = Vec::new();
    let mut file = File::open(path).with_context(name)?.take(MOST_BYTES + 1);
    file.read_to_end(&mut bytes).with_context(name)?;
    ensure!(bytes.len() as u64 <= MOST_BYTES, "{}: larger than {MOST_BYTES} bytes", name());
    Cohort::parse(&bytes).with_context(name)
}

/// Largest list of cases: some million rows.
const MOST_BYTES: u64 = 1 << 30;

/// The cases of a shard: neighbours, so that tables of shards one after the other are the whole table.
fn range(shard: Option<Shard>, cases: usize) -> Range<usize> {
    let Shard { number, of } = shard.unwrap_or(Shard { number: 1, of: 1 });
    let bound = |part: usize| (cases as u128 * part as u128 / of as u128) as usize;
    bound(number - 1)..bound(number)
}

fn name(shard: Option<Shard>) -> String {
    shard.map_or("1/1".into(), |Shard { number, of }| format!("{number}/{of}"))
}

fn request(cohort: &Cohort, case: usize, args: &Batch) -> Request {
    let given = &cohort.cases[case];
    let label = match given.label {
        Some(cohort::Label::All) => Some(0),
        Some(cohort::Label::One(label)) => Some(label),
        None => args.extraction.label.map(|label| if let Label::One(label) = label { label } else { 0 }),
    };
    let roi = given.roi.as_ref().or(args.extraction.roi.as_ref()).cloned();
    Request { case, image: given.image.clone(), mask: given.mask.clone(), label, roi }
}

/// What the rows of this batch depend on.
fn head(args: &Batch, params: &Params, cohort: &Cohort) -> Head {
    let mut digest = Sha1::new();
    let mut text = |text: &str| {
        digest.update((text.len() as u64).to_le_bytes());
        digest.update(text);
    };
    cohort.extra.iter().for_each(|name| text(name));
    for (number, case) in cohort.cases.iter().enumerate() {
        let Request { image, mask, label, roi, .. } = request(cohort, number, args);
        text(&image);
        text(&mask);
        text(&label.map_or(String::new(), |label| label.to_string()));
        text(&roi.unwrap_or_default());
        case.extra.iter().for_each(|value| text(value));
    }
    Head {
        radiomics: env!("CARGO_PKG_VERSION").into(),
        parameters: params.to_json(),
        options: json!({
            "components": args.extraction.case.components,
            "convention": format!("{:?}", args.extraction.case.convention).to_lowercase(),
            "format": format!("{:?}", args.extraction.format.unwrap_or_else(|| by_ending(&args.out))).to_lowercase(),
            "dicom": args.extraction.case.dicom.arguments(),
            "frame": args.extraction.case.frame,
        }),
        cohort: digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect(),
        cases: cohort.cases.len(),
        shard: name(args.shard),
    }
}

/// The files of a batch.
struct Place {
    journal: PathBuf,
}

impl Place {
    fn of(args: &Batch, cohort: &Cohort) -> Result<Self> {
        let out = &args.out;
        if out == Path::new("-") {
            bail!("a batch needs a file for its table; name one with --out");
        }
        let base = folder(&args.cohort);
        let paths =
            cohort.cases.iter().flat_map(|case| [&case.image, &case.mask]).map(|path| base.join(path));
        let inputs = [Some(args.cohort.clone()), args.extraction.params.clone()].into_iter().flatten();
        let is_input = inputs.into_iter().any(|input| same_file(&input, out))
            || journal::exists(out) && paths.into_iter().any(|path| path == *out || same_file(&path, out));
        ensure!(!is_input, "--out {} is one of the inputs; name another file", out.display());
        ensure!(!out.is_dir(), "--out {} is a folder; name a file", out.display());
        let parent = folder(out);
        ensure!(parent.is_dir(), "cannot write {}: there is no folder {}", out.display(), parent.display());
        Ok(Self { journal: Journal::path(out) })
    }

    /// Whether the batch may begin or go on here. Gives its end where it has come to it.
    fn check(&self, args: &Batch, head: &Head) -> Result<Option<Finished>> {
        let (found_head, found) =
            if args.force { (None, Found::Nothing) } else { Journal::look(&self.journal)? };
        let table = journal::exists(&args.out);
        let out = args.out.display();
        match (found, args.resume) {
            _ if args.force => Ok(None),
            (Found::Unfinished, true) => Ok(None),
            (Found::Unfinished, false) => bail!(
                "{} is the journal of a batch that did not come to its end; go on with --resume, or start anew with \
                 --force",
                self.journal.display()
            ),
            (_, _) if !table => Ok(None),
            (_, false) => bail!("{out} exists; name another file, or replace it with --force"),
            (Found::Nothing, true) => bail!(
                "{out} exists, but nothing tells of which batch it is; name another file, or replace it with --force"
            ),
            (Found::Finished(finished), true) => {
                if let Some(found) = found_head {
                    journal::differences(&found, head, &self.journal)?;
                }
                let bytes = fs::metadata(&args.out).with_context(|| format!("cannot read {out}"))?.len();
                ensure!(
                    bytes == finished.bytes,
                    "{out} was changed since its batch ended; name another file, or replace it with --force"
                );
                Ok(Some(finished))
            }
        }
    }
}

/// The folder of a file.
fn folder(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

fn worker_arguments(args: &Batch, threads: usize, console: &Console) -> Result<Vec<std::ffi::OsString>> {
    let base =
        fs::canonicalize(folder(&args.cohort)).context("cannot find the folder of the list of cases")?;
    let mut arguments: Vec<std::ffi::OsString> =
        ["worker", "--quiet", "--log-level", console.level()].map(Into::into).to_vec();
    arguments.extend(["--base".into(), base.into_os_string()]);
    let threads = u16::try_from(threads.max(1)).ok();
    let case = CaseArgs { threads, ..args.extraction.case.clone() };
    arguments.extend(case.arguments().into_iter().map(Into::into));
    Ok(arguments)
}

/// The columns of a region that nothing is wrong with: those of a ball in a synthetic scan. With them in front,
/// all rows have the same columns even where every case of a shard lacks some, and a name in the list of cases
/// that is also one of the result shows before the work. Empty where the parameters do not fit the ball.
fn expected_columns(params: &Params, convention: Convention) -> Vec<String> {
    let extract = || -> Result<Vec<String>> {
        let grid = Geometry::new([56; 3], [1.0; 3], [-27.5; 3], Geometry::AXIAL)?;
        let voxels = ndarray::Array3::from_shape_fn([56; 3], |(z, y, x)| {
            (20 + (x * 7 + y * 11 + z * 13) % 60 + (x + y + z) % 40) as i16
        });
        let image = Image::from(Volume::new(voxels, grid)?);
        // A mask that has to be corrected has more columns.
        let slices = if params.settings().correct_mask { 55 } else { 56 };
        let mask_grid = Geometry::new([56, 56, slices], [1.0; 3], [-27.5; 3], Geometry::AXIAL)?;
        let mask = Mask::from_region(&Solid::Ball { radius: 18.0 }.region(&mask_grid, [0.0; 3])?);
        let row =
            Extractor::with_convention(params.clone(), convention.into())?.extract_label(&image, &mask, 1)?;
        let names = row.diagnostics.into_iter().map(|(name, _)| name);
        let names = names.chain(row.features.into_iter().map(|(name, _)| name));
        Ok(["Image", "Mask", "Label"].map(str::to_owned).into_iter().chain(names).collect())
    };
    extract().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_are_neighbours_and_cover_all() {
        for (cases, of) in [(10, 3), (3, 7), (1, 1), (100_000, 999), (5, 5)] {
            let mut next = 0;
            for number in 1..=of {
                let part = range(Some(Shard { number, of }), cases);
                assert_eq!(part.start, next);
                assert!(part.len() <= cases.div_ceil(of));
                next = part.end;
            }
            assert_eq!(next, cases);
        }
    }

    #[test]
    fn expected_columns_are_those_of_a_row() {
        let columns = expected_columns(&Params::default(), Convention::Pyradiomics);
        assert_eq!(columns[..3], ["Image", "Mask", "Label"]);
        assert_eq!(columns.iter().filter(|name| name.starts_with("original_")).count(), 107);
    }
}
