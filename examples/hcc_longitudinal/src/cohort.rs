//! Patients: the table, what the study makes of its columns, who is left out and why, and the sets they belong to.

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use radiomics_phantoms::liver::{CohortSettings, LiverCohort};
use radiomics_survival::{Outcome, TimeUnit};
use radiomics_tabular::{Study, SurvivalColumns, Table, split};

use crate::{
    settings::Settings,
    source::{IMAGES, Scan, Source},
};

/// Which set a patient belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Set {
    /// All that is fitted is fitted here.
    Training,
    /// Patients of the same centre.
    Internal,
    /// Patients of other centres.
    External,
}

impl Set {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Training, Self::Internal, Self::External];

    /// As reports name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Training => "Training",
            Self::Internal => "Internal validation",
            Self::External => "External test",
        }
    }
}

/// The cohort. Vectors have one entry for each row of `table`.
#[derive(Clone, Debug)]
pub struct Cohort {
    /// The description.
    pub study: Study,
    /// The program's part of it.
    pub settings: Settings,
    /// Patients that are analysed.
    pub table: Table,
    /// Row of each patient in the table as it was read.
    pub rows: Vec<usize>,
    /// Set of each patient.
    pub sets: Vec<Set>,
    /// Whether the patient lived to the landmark; `None` where the patient was last seen before it.
    pub responder: Vec<Option<bool>>,
    /// Whether mRECIST says disease control.
    pub controlled: Vec<bool>,
    /// Whether mRECIST says that lesions became smaller.
    pub smaller: Vec<bool>,
    /// Whether the patient died from another cause than the disease.
    pub other_cause: Vec<bool>,
    /// Death.
    pub os: Survival,
    /// Progression or death.
    pub pfs: Survival,
    /// Where images come from.
    pub source: Source,
    /// Who was left out, in order.
    pub flow: Vec<Stage>,
}

/// Times and events.
#[derive(Clone, Debug, PartialEq)]
pub struct Survival {
    /// Months.
    pub time: Vec<f64>,
    /// Whether the event was seen.
    pub event: Vec<bool>,
}

/// A stage of the flow diagram with the patients who leave after it.
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    /// Name.
    pub label: &'static str,
    /// Patients.
    pub patients: usize,
    /// Reasons and numbers.
    pub excluded: Vec<(String, usize)>,
}

impl Survival {
    /// Outcome of some patients.
    ///
    /// # Errors
    /// Where nobody has an event.
    pub fn outcome(&self, rows: &[usize]) -> Result<Outcome> {
        let time: Vec<f64> = rows.iter().map(|&i| self.time[i]).collect();
        let event: Vec<bool> = rows.iter().map(|&i| self.event[i]).collect();
        Ok(Outcome::new(&time, &event)?.with_unit(TimeUnit::Months))
    }

    fn keep(&self, rows: &[usize]) -> Self {
        Self { time: pick(&self.time, rows), event: pick(&self.event, rows) }
    }
}

/// The values at some positions.
pub fn pick<T: Clone>(values: &[T], rows: &[usize]) -> Vec<T> {
    rows.iter().map(|&i| values[i].clone()).collect()
}

impl Cohort {
    /// Draws a synthetic cohort. [`CohortSettings::reread`] counts training patients here: they alone say which features
    /// readers agree on.
    ///
    /// # Errors
    /// None but for a fault of the program.
    pub fn synthetic(settings: CohortSettings, seed: u64) -> Result<Self> {
        let Some(last) = settings.reread.checked_sub(1) else { return Self::draw(settings, seed) };
        // Who is read again moves nobody to another set.
        let drawn = Self::draw(settings, seed)?;
        let reread = drawn.set(Set::Training).get(last).map_or(settings.patients[0], |&i| drawn.rows[i] + 1);
        Self::draw(CohortSettings { reread, ..settings }, seed)
    }

    fn draw(settings: CohortSettings, seed: u64) -> Result<Self> {
        let study = Study::parse(LiverCohort::DESCRIPTION, "study.toml")?;
        let cohort = LiverCohort::new(settings);
        let mut read = study.read.clone();
        read.patient.clone_from(&study.roles.patient);
        let table = Table::parse_csv(&cohort.csv(), "synthetic cohort.csv", &read)?;
        study.check(&table)?;
        Self::new(study, table, "study.toml", Source::Synthetic(Box::new(cohort)), seed)
    }

    /// Reads `study.toml` of a folder and the table it names.
    ///
    /// # Errors
    /// Files that cannot be read; columns that are absent, patients that occur twice, values that a column does not
    /// accept, masks that are not there: each with file, row, column, value found and what was expected.
    pub fn read(folder: &Path, seed: u64) -> Result<Self> {
        let file = folder.join("study.toml");
        let (study, table) = Study::read(&file)?;
        Self::new(study, table, &file.display().to_string(), Source::Folder(folder.to_owned()), seed)
    }

    fn new(study: Study, table: Table, file: &str, source: Source, seed: u64) -> Result<Self> {
        let settings = Settings::read(&study.settings, file)?;
        let roles = &study.roles;
        ensure!(
            roles.images.len() == IMAGES.len(),
            "{file}: roles.images names {} columns; four are expected: {}",
            roles.images.len(),
            IMAGES.join(", ")
        );
        for (name, columns) in [("masks", &roles.masks)]
            .into_iter()
            .chain(roles.repeats.iter().map(|reading| ("a list of repeats", reading)))
        {
            ensure!(
                columns.len() == IMAGES.len(),
                "{file}: {name} names {} columns; four are expected, one for each image",
                columns.len()
            );
        }
        let os = survival(&study, &table, "os", file)?;
        let pfs = survival(&study, &table, "pfs", file)?;

        let response = table.column(&settings.response.column)?;
        let levels = [&settings.response.progression].into_iter().chain(&settings.response.partial);
        for level in levels {
            ensure!(
                response.levels.contains(level),
                "{file}: `{level}` is no level of column `{}`, which has {}",
                response.name,
                response.levels.join(", ")
            );
        }
        let texts: Vec<Option<String>> = (0..table.rows()).map(|i| response.text(i)).collect();
        let is = |i: usize, level: &String| texts[i].as_ref() == Some(level);
        let controlled = (0..table.rows()).map(|i| !is(i, &settings.response.progression)).collect();
        let smaller = (0..table.rows()).map(|i| settings.response.partial.iter().any(|l| is(i, l))).collect();
        let other_cause = match &settings.cause_of_death {
            None => vec![false; table.rows()],
            Some(cause) => {
                let column = table.column(&cause.column)?;
                (0..table.rows()).map(|i| column.text(i).as_ref() == Some(&cause.other)).collect()
            }
        };
        if let Some(treatment) = &settings.treatment {
            table.column(treatment)?;
        }
        let responder = match &roles.outcome {
            Some(outcome) => table.outcome(outcome, roles.positive.as_deref())?,
            None => (0..table.rows()).map(|i| lived(&os, i, settings.landmark)).collect(),
        };
        let mut cohort = Self {
            rows: (0..table.rows()).collect(),
            sets: Vec::new(),
            responder,
            controlled,
            smaller,
            other_cause,
            os,
            pfs,
            source,
            flow: Vec::new(),
            study,
            settings,
            table,
        };
        cohort.leave_out_incomplete(&texts)?;
        cohort.require_masks(file)?;
        cohort.divide(file, seed)?;
        Ok(cohort)
    }

    /// Patients without follow-up, response or an image cannot be analysed.
    fn leave_out_incomplete(&mut self, response: &[Option<String>]) -> Result<()> {
        let mut reasons: Vec<(String, usize)> = Vec::new();
        let mut kept = Vec::new();
        for i in 0..self.table.rows() {
            let mut why = None;
            if self.os.time[i].is_nan() || self.pfs.time[i].is_nan() {
                why = Some("no time of follow-up".to_owned());
            } else if response[i].is_none() {
                why = Some("no response by mRECIST".to_owned());
            } else {
                for name in &self.study.roles.images {
                    if self.table.column(name)?.text(i).is_none() {
                        why = why.or_else(|| Some(format!("no image in column {name}")));
                    }
                }
            }
            match why {
                None => kept.push(i),
                Some(why) => match reasons.iter_mut().find(|r| r.0 == why) {
                    Some(reason) => reason.1 += 1,
                    None => reasons.push((why, 1)),
                },
            }
        }
        let patients = self.table.rows();
        self.flow.push(Stage { label: "Patients in the table", patients, excluded: reasons });
        *self = self.keep(&kept);
        ensure!(!kept.is_empty(), "{}: no patient is complete", self.table.source());
        Ok(())
    }

    /// A mask that is not there is a fault of the table, not of the patient.
    fn require_masks(&self, file: &str) -> Result<()> {
        for i in 0..self.table.rows() {
            for name in &self.study.roles.masks {
                let patient = &self.table.patients()[i];
                let found = self.table.column(name)?.text(i);
                if !found.as_ref().is_some_and(|path| self.source.has_mask(path)) {
                    bail!(
                        "{}, patient `{patient}`, column `{name}`: `{}` found, the path of a mask expected \
                         (relative to the folder of {file}); remove the row to leave the patient out",
                        self.table.source(),
                        found.unwrap_or_default()
                    );
                }
            }
        }
        Ok(())
    }

    /// Sets by the column of the role `split`, else by centre with a part of the first held out.
    fn divide(&mut self, file: &str, seed: u64) -> Result<()> {
        if let Some(name) = &self.study.roles.split {
            let column = self.table.column(name)?;
            self.sets = (0..self.table.rows())
                .map(|i| match column.text(i).as_deref() {
                    Some("training") => Ok(Set::Training),
                    Some("internal") => Ok(Set::Internal),
                    Some("external") => Ok(Set::External),
                    other => bail!(
                        "{}, patient `{}`, column `{name}`: `{}` found, training, internal or external expected",
                        self.table.source(),
                        self.table.patients()[i],
                        other.unwrap_or_default()
                    ),
                })
                .collect::<Result<_>>()?;
        } else {
            let centre = self.settings.training_centre.as_ref();
            let centre = centre.with_context(|| {
                format!("{file}: settings.training_centre or roles.split must say who is in which set")
            })?;
            let centres = self.study.centres(&self.table)?;
            let own: Vec<usize> =
                (0..self.table.rows()).filter(|&i| centres.get(i) == Some(centre)).collect();
            ensure!(!own.is_empty(), "{file}: no patient is of the training centre `{centre}`");
            let strata: Vec<usize> = own.iter().map(|&i| self.responder[i].map_or(2, usize::from)).collect();
            let (_, held) = split::hold_out(&strata, self.settings.internal_share, seed)?;
            self.sets = vec![Set::External; self.table.rows()];
            own.iter().for_each(|&i| self.sets[i] = Set::Training);
            held.iter().for_each(|&k| self.sets[own[k]] = Set::Internal);
        }
        for set in Set::ALL {
            let rows = self.known(set);
            let yes = rows.iter().filter(|&&i| self.responder[i] == Some(true)).count();
            ensure!(
                yes >= 2 && rows.len() - yes >= 2,
                "{file}: {} has {yes} patients who responded and {} who did not; at least 2 of each are expected",
                set.name(),
                rows.len() - yes
            );
        }
        Ok(())
    }

    /// The patients at these rows.
    #[must_use]
    pub fn keep(&self, rows: &[usize]) -> Self {
        Self {
            table: self.table.subset(rows),
            rows: pick(&self.rows, rows),
            sets: if self.sets.is_empty() { Vec::new() } else { pick(&self.sets, rows) },
            responder: pick(&self.responder, rows),
            controlled: pick(&self.controlled, rows),
            smaller: pick(&self.smaller, rows),
            other_cause: pick(&self.other_cause, rows),
            os: self.os.keep(rows),
            pfs: self.pfs.keep(rows),
            ..self.clone()
        }
    }

    /// Rows of a set.
    pub fn set(&self, set: Set) -> Vec<usize> {
        (0..self.sets.len()).filter(|&i| self.sets[i] == set).collect()
    }

    /// Rows of a set whose response is known.
    pub fn known(&self, set: Set) -> Vec<usize> {
        self.set(set).into_iter().filter(|&i| self.responder[i].is_some()).collect()
    }

    /// Responses of rows where they are known.
    pub fn responses(&self, rows: &[usize]) -> Vec<bool> {
        rows.iter().map(|&i| self.responder[i] == Some(true)).collect()
    }

    /// The scans of a reading of a patient; none where the patient was not read again.
    ///
    /// # Errors
    /// A column that is not in the table.
    pub fn scans(&self, row: usize, reading: usize) -> Result<Vec<Scan>> {
        let roles = &self.study.roles;
        let masks = if reading == 0 { Some(&roles.masks) } else { roles.repeats.get(reading - 1) };
        let mut scans = Vec::new();
        for (image, (name, mask)) in roles.images.iter().zip(masks.into_iter().flatten()).enumerate() {
            let image_path = self.table.column(name)?.text(row).unwrap_or_default();
            if let Some(mask_path) = self.table.column(mask)?.text(row) {
                scans.push(Scan { row: self.rows[row], image, reading, image_path, mask_path });
            }
        }
        Ok(scans)
    }
}

fn survival(study: &Study, table: &Table, name: &str, file: &str) -> Result<Survival> {
    let SurvivalColumns { time, event, unit } = study.roles.survival.get(name).with_context(|| {
        format!("{file}: roles.survival.{name} is absent; expected are columns of time and event")
    })?;
    if let Some(unit) = unit {
        ensure!(
            unit == "months",
            "{file}: the unit of roles.survival.{name} is `{unit}`, months are expected"
        );
    }
    let events = table.outcome(event, None)?;
    let mut times = table.times(time)?;
    // A time without the mark of its event says nothing.
    times.iter_mut().zip(&events).filter(|(_, e)| e.is_none()).for_each(|(t, _)| *t = f64::NAN);
    Ok(Survival { time: times, event: events.into_iter().map(|e| e == Some(true)).collect() })
}

/// Whether a patient lived to the landmark.
fn lived(os: &Survival, i: usize, landmark: f64) -> Option<bool> {
    match os.time[i] {
        t if t.is_nan() => None,
        t if t >= landmark => Some(true),
        _ if os.event[i] => Some(false),
        _ => None,
    }
}
