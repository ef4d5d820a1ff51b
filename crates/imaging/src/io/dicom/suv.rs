//! PET activity → standardised uptake values by body weight, as QIBA computes them.
//!
//! `SUVbw = A · W / D`: activity concentration `A` in Bq/ml, body weight `W` in g, injected dose `D` in Bq at the time
//! the activity was corrected to. QIBA Profile FDG-PET/CT, appendix G (vendor-neutral pseudo-code).

use super::{
    dataset::DataSet,
    error::DicomError,
    tags::{self, Attribute},
};

/// How activity became SUV. Holds no date and no weight: only what is needed to judge the result.
#[derive(Clone, Debug, PartialEq)]
pub struct SuvSummary {
    /// SUV = value · factor.
    pub factor: f64,
    /// Units of the values before: `BQML`, `CNTS`, `GML`.
    pub units: String,
    /// Seconds from injection to the time the values were corrected to, where decay had to be taken into
    /// account.
    pub decay_seconds: Option<f64>,
    /// What was assumed, one sentence each.
    pub notes: Vec<String>,
}

/// What one file says about activity, dose and time.
#[derive(Clone, Debug)]
pub(super) struct PetHeader {
    units: Option<String>,
    suv_type: Option<String>,
    corrections: Option<Vec<String>>,
    decay_correction: Option<String>,
    weight_kg: Option<f64>,
    dose_bq: Option<f64>,
    half_life_s: Option<f64>,
    injected: Option<Moment>,
    series: Option<f64>,
    acquired: Option<f64>,
    /// GE's own scan start.
    scanned: Option<f64>,
    philips_suv: Option<f64>,
    philips_activity: Option<f64>,
}

/// A time in seconds; without a date, of a day that is not known.
#[derive(Clone, Copy, Debug)]
struct Moment {
    seconds: f64,
    dated: bool,
}

const DAY: f64 = 86400.0;

impl PetHeader {
    pub(super) fn of(set: &DataSet<'_>) -> Result<Self, DicomError> {
        let dose = set.item(tags::RADIOPHARMACEUTICAL_INFORMATION)?;
        let of_dose = |attribute: Attribute| match &dose {
            Some(item) => item.number(attribute),
            None => Ok(None),
        };
        let text = |attribute| dose.as_ref().and_then(|item| item.code(attribute)).map(|t| t.into_owned());
        let injected = match text(tags::RADIOPHARMACEUTICAL_START_DATETIME).as_deref().and_then(date_time) {
            Some(seconds) => Some(Moment { seconds, dated: true }),
            None => text(tags::RADIOPHARMACEUTICAL_START_TIME)
                .as_deref()
                .and_then(time)
                .map(|seconds| Moment { seconds, dated: false }),
        };
        let moment = |day, hour| Some(date(&set.code(day)?)? + time(&set.code(hour)?)?);
        let private = |creator, group, number, vr| set.private(creator, group, number, vr);
        let number = |attribute: Option<Attribute>| match attribute {
            Some(attribute) => set.number(attribute),
            None => Ok(None),
        };
        const PHILIPS: &str = "Philips PET Private Group";
        Ok(Self {
            units: set.code(tags::UNITS).map(|c| c.into_owned()),
            suv_type: set.code(tags::SUV_TYPE).map(|c| c.into_owned()),
            corrections: set.words(tags::CORRECTED_IMAGE),
            decay_correction: set.code(tags::DECAY_CORRECTION).map(|c| c.into_owned()),
            weight_kg: set.number(tags::PATIENT_WEIGHT)?,
            dose_bq: of_dose(tags::RADIONUCLIDE_TOTAL_DOSE)?,
            half_life_s: of_dose(tags::RADIONUCLIDE_HALF_LIFE)?,
            injected,
            series: moment(tags::SERIES_DATE, tags::SERIES_TIME),
            acquired: moment(tags::ACQUISITION_DATE, tags::ACQUISITION_TIME),
            scanned: private("GEMS_PETD_01", 0x0009, 0x0D, *b"DT")
                .and_then(|attribute| date_time(&set.code(attribute)?)),
            philips_suv: number(private(PHILIPS, 0x7053, 0x00, *b"DS"))?,
            philips_activity: number(private(PHILIPS, 0x7053, 0x09, *b"DS"))?,
        })
    }
}

/// The factor of a series.
///
/// # Errors
/// [`DicomError::Suv`] names the field that is missing or has no use, and what it is for.
pub(super) fn factor(files: &[PetHeader]) -> Result<SuvSummary, DicomError> {
    let first = &files[0];
    for file in files {
        let same = |a: Option<f64>, b: Option<f64>| a == b;
        if file.units != first.units
            || file.decay_correction != first.decay_correction
            || !same(file.weight_kg, first.weight_kg)
            || !same(file.dose_bq, first.dose_bq)
            || !same(file.philips_suv, first.philips_suv)
        {
            return Err(fail("units, decay correction, weight, dose or scale differ from slice to slice"));
        }
    }
    let mut notes = Vec::new();
    let units = first.units.clone().ok_or_else(|| missing(tags::UNITS, "to know what the values are"))?;
    let done =
        |factor, decay_seconds, notes| Ok(SuvSummary { factor, units: units.clone(), decay_seconds, notes });
    match (units.as_str(), first.philips_suv, first.philips_activity) {
        ("GML", ..) => match first.suv_type.as_deref() {
            None | Some("BW") => done(1.0, None, notes),
            Some(other) => Err(fail(&format!(
                "the values are SUV by another measure than body weight: {} is {other}",
                tags::SUV_TYPE
            ))),
        },
        ("BQML", ..) => {
            let (factor, decay) = by_activity(files, &mut notes)?;
            done(factor, decay, notes)
        }
        ("CNTS", Some(scale), _) if scale > 0.0 => {
            notes.push("counts were scaled by Philips' private SUV factor (7053,1000)".into());
            done(scale, None, notes)
        }
        ("CNTS", _, Some(scale)) if scale > 0.0 => {
            notes.push("counts were scaled to activity by Philips' private factor (7053,1009)".into());
            let (factor, decay) = by_activity(files, &mut notes)?;
            done(scale * factor, decay, notes)
        }
        ("CNTS", ..) => Err(fail(
            "the values are counts (CNTS), and neither of the private factors that scale them, Philips' (7053,1000) \
             and (7053,1009), is there: export the series with activity in Bq/ml, or keep private fields when \
             removing names",
        )),
        (other, ..) => Err(fail(&format!(
            "{} is {other}; expected BQML (activity), CNTS (counts of Philips) or GML (SUV already)",
            tags::UNITS
        ))),
    }
}

/// Weight / dose at the time of correction, and the decay time.
fn by_activity(files: &[PetHeader], notes: &mut Vec<String>) -> Result<(f64, Option<f64>), DicomError> {
    let first = &files[0];
    if let Some(corrections) = &first.corrections {
        let has = |name: &str| corrections.iter().any(|c| c == name);
        if !has("DECY") {
            return Err(fail(
                "the values are not corrected for decay: Corrected Image (0028,0051) does not hold DECY",
            ));
        }
        if !has("ATTN") {
            notes.push("the values are not corrected for attenuation".into());
        }
    }
    let positive = |value: Option<f64>, attribute: Attribute, purpose: &'static str| match value {
        Some(v) if v > 0.0 => Ok(v),
        Some(v) => Err(fail(&format!("{attribute} is {v}; expected a positive number"))),
        None => Err(missing(attribute, purpose)),
    };
    let weight = positive(first.weight_kg, tags::PATIENT_WEIGHT, "as SUV is per body weight")?;
    let dose = positive(first.dose_bq, tags::RADIONUCLIDE_TOTAL_DOSE, "as SUV is per injected dose")?;
    if dose < 1e4 {
        return Err(fail(&format!(
            "{} is {dose}; expected the dose in Bq, some hundred million for FDG: it seems to be in MBq or mCi",
            tags::RADIONUCLIDE_TOTAL_DOSE
        )));
    }
    let grams = weight * 1000.0;
    match first.decay_correction.as_deref() {
        Some("ADMIN") => Ok((grams / dose, None)),
        Some("START") => {
            let purpose = "to correct the dose for decay until the scan";
            let half_life = positive(first.half_life_s, tags::RADIONUCLIDE_HALF_LIFE, purpose)?;
            let seconds = decay_time(files, notes)?;
            Ok((grams / (dose * (-seconds / half_life).exp2()), Some(seconds)))
        }
        Some("NONE") => Err(fail(&format!(
            "{} is NONE: the values are those of each frame's own time; export the series with decay corrected",
            tags::DECAY_CORRECTION
        ))),
        Some(other) => Err(fail(&format!("{} is {other}; expected START or ADMIN", tags::DECAY_CORRECTION))),
        None => Err(missing(tags::DECAY_CORRECTION, "to know what time the values are corrected to")),
    }
}

/// Seconds from injection to the start of the scan.
fn decay_time(files: &[PetHeader], notes: &mut Vec<String>) -> Result<f64, DicomError> {
    let first = &files[0];
    let injected = first
        .injected
        .ok_or_else(|| missing(tags::RADIOPHARMACEUTICAL_START_TIME, "to know how long the dose decayed"))?;
    let earliest = files.iter().filter_map(|f| f.acquired).reduce(f64::min);
    // Series time is the start of the scan, unless a later processing step has set it.
    let start = match (first.series, earliest, first.scanned) {
        (Some(series), Some(acquired), _) if series <= acquired => series,
        (Some(series), None, _) => series,
        (_, _, Some(scanned)) => {
            notes.push(
                "the series was made after the scan: its start is GE's private field (0009,100D)".into(),
            );
            scanned
        }
        (Some(_), Some(acquired), None) => {
            notes.push(
                "the series was made after the scan: its start is the earliest acquisition time".into(),
            );
            acquired
        }
        (None, Some(acquired), None) => {
            notes.push("the series has no time: the scan's start is the earliest acquisition time".into());
            acquired
        }
        (None, None, None) => return Err(missing(tags::SERIES_TIME, "to know when the scan started")),
    };
    let mut seconds = start - injected.seconds;
    // Dates are sometimes shifted apart when names are removed; the time of day then counts.
    if injected.dated && seconds.abs() > DAY {
        notes.push("injection and scan are more than a day apart: only the time of day was used".into());
        seconds = start.rem_euclid(DAY) - injected.seconds.rem_euclid(DAY);
    } else if !injected.dated {
        seconds = start.rem_euclid(DAY) - injected.seconds;
    }
    if seconds < 0.0 {
        notes.push("the injection was before midnight and the scan after it".into());
        seconds += DAY;
    }
    Ok(seconds)
}

fn fail(what: &str) -> DicomError {
    DicomError::Suv(what.into())
}

fn missing(attribute: Attribute, purpose: &str) -> DicomError {
    DicomError::Suv(format!("{attribute} is missing or empty; it is needed {purpose}"))
}

/// `YYYYMMDD`, also with dots, as seconds since 1970.
fn date(text: &str) -> Option<f64> {
    let digits: String = text.chars().filter(|c| *c != '.').collect();
    if digits.len() != 8 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let part = |range: std::ops::Range<usize>| digits.get(range)?.parse::<i64>().ok();
    let (year, month, day) = (part(0..4)?, part(4..6)?, part(6..8)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // Days of the civil calendar, counted in years that begin in March.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * year + year.div_euclid(4) - year.div_euclid(100)
        + year.div_euclid(400)
        + (153 * month + 2) / 5
        + day
        - 719_469;
    Some(days as f64 * DAY)
}

/// `HH`, `HHMM` or `HHMMSS.FFFFFF`, also with colons, as seconds of the day.
fn time(text: &str) -> Option<f64> {
    let digits: String = text.trim().chars().filter(|c| *c != ':').collect();
    let (whole, fraction) = match digits.split_once('.') {
        Some((whole, fraction)) => (whole, format!("0.{fraction}").parse::<f64>().ok()?),
        None => (digits.as_str(), 0.0),
    };
    if !matches!(whole.len(), 2 | 4 | 6) || !whole.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let part = |start: usize| whole.get(start..start + 2).map_or(Some(0.0), |p| p.parse::<f64>().ok());
    let (hours, minutes, seconds) = (part(0)?, part(2)?, part(4)?);
    if hours > 23.0 || minutes > 59.0 || seconds > 60.0 {
        return None;
    }
    Some(hours * 3600.0 + minutes * 60.0 + seconds + fraction)
}

/// `YYYYMMDDHHMMSS.FFFFFF&ZZXX` in local time: the offset from UTC is that of all times of the scanner.
fn date_time(text: &str) -> Option<f64> {
    let text = text.split(['+', '-']).next()?.trim();
    Some(date(text.get(..8)?)? + time(text.get(8..)?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_times() {
        assert_eq!(date("19700101"), Some(0.0));
        assert_eq!(date("20000301"), Some(951_868_800.0));
        assert_eq!(date("2024.02.29"), Some(1_709_164_800.0));
        assert_eq!((date("20241301"), date("2024"), date("")), (None, None, None));
        assert_eq!(time("120000"), Some(43200.0));
        assert_eq!(
            (time("09"), time("0905.5"), time("23:59:59.250000")),
            (Some(32400.0), Some(32700.5), Some(86399.25))
        );
        assert_eq!((time("2460"), time("1"), time("noon")), (None, None, None));
        assert_eq!(date_time("19700102003000.0+0100"), Some(DAY + 1800.0));
    }
}
