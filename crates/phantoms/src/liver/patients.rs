//! Patients: what is planted, clinical variables, times to death and progression.

use super::{CohortSettings, Effects};
use crate::noise::SplitMix;

/// What the scans show and survival depends on; both are standard normal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Latent {
    /// Texture of the lesions before treatment.
    pub texture: f64,
    /// Change of the lesions under treatment.
    pub change: f64,
}

/// Clinical variables; `None` is missing. Only the invasion and the spread act on survival.
#[derive(Clone, Debug, PartialEq)]
pub struct Clinical {
    /// Years.
    pub age: Option<f64>,
    /// Male or not.
    pub male: Option<bool>,
    /// Hepatitis B or another cause.
    pub hepatitis_b: Option<bool>,
    /// Cirrhosis.
    pub cirrhosis: Option<bool>,
    /// Child–Pugh class B, or A.
    pub child_pugh_b: Option<bool>,
    /// Performance status 1, or 0.
    pub ecog_1: Option<bool>,
    /// BCLC stage C, or B.
    pub bclc_c: Option<bool>,
    /// Alpha-fetoprotein, ng/ml.
    pub afp: Option<f64>,
    /// Above the up-to-seven criteria.
    pub beyond_up_to_seven: Option<bool>,
    /// Largest diameter, cm.
    pub tumour_cm: Option<f64>,
    /// Invasion of the portal vein.
    pub portal_vein_invasion: Option<bool>,
    /// Extrahepatic spread.
    pub extrahepatic_spread: Option<bool>,
    /// Treated with a tyrosine kinase inhibitor beside the checkpoint inhibitor, or with a VEGF antibody.
    pub tki: bool,
}

/// Response by size of the lesions, at which reading of the change plays a small part only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mrecist {
    /// Complete response.
    CompleteResponse,
    /// Partial response.
    PartialResponse,
    /// Stable disease.
    StableDisease,
    /// Progressive disease.
    ProgressiveDisease,
}

impl Mrecist {
    /// `CR`, `PR`, `SD`, `PD`.
    pub fn code(self) -> &'static str {
        match self {
            Self::CompleteResponse => "CR",
            Self::PartialResponse => "PR",
            Self::StableDisease => "SD",
            Self::ProgressiveDisease => "PD",
        }
    }
}

/// A time with what ended it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Endpoint {
    /// Months since the start of treatment.
    pub months: f64,
    /// Whether the event was seen; else the patient was last seen then.
    pub event: bool,
}

/// One patient.
#[derive(Clone, Debug, PartialEq)]
pub struct LiverPatient {
    /// Identifier, `S001` and so on.
    pub id: String,
    /// `A` or `B`.
    pub centre: &'static str,
    /// Whether the livers of this patient were segmented twice more.
    pub reread: bool,
    /// What is planted.
    pub latent: Latent,
    /// Whether the portal vein is invaded, known also where the table lacks it.
    pub invasion: bool,
    /// Whether there is extrahepatic spread, known also where the table lacks it.
    pub spread: bool,
    /// As the table has it.
    pub clinical: Clinical,
    /// Response by size.
    pub mrecist: Mrecist,
    /// Growth of the lesions' diameters from first to second scan, as a share.
    pub growth: f64,
    /// Radii of the lesions before treatment as a share of the liver's.
    pub lesions: Vec<f64>,
    /// Death.
    pub os: Endpoint,
    /// Progression or death.
    pub pfs: Endpoint,
    /// Of those who died, whether from another cause than the disease.
    pub other_cause: bool,
}

/// Parts of a patient with random numbers of their own.
const LATENT: u64 = 1;
const CLINICAL: u64 = 2;
const SURVIVAL: u64 = 3;
const LESIONS: u64 = 4;
const MISSING: u64 = 5;

/// Shares of patients with invasion and spread, as in the paper.
const INVASION: f64 = 0.7;
const SPREAD: f64 = 0.4;

/// Weibull hazards: shape of both, medians in months of a patient with the mean linear predictor.
const SHAPE: f64 = 1.3;
const MEDIAN_OS: f64 = 12.5;
const MEDIAN_PROGRESSION: f64 = 10.0;

impl LiverPatient {
    pub(super) fn draw(settings: &CohortSettings, index: usize) -> Self {
        let part = |part: u64| SplitMix::of(settings.seed, index, part);
        let mut random = part(LATENT);
        let latent = Latent { texture: random.normal(), change: random.normal() };
        let response = 0.6 * latent.change + 0.8 * random.normal();
        let first_centre = index < settings.patients[0];
        let lesions = lesions(&mut part(LESIONS));

        let mut random = part(CLINICAL);
        let (invasion, spread) = (random.unit() < INVASION, random.unit() < SPREAD);
        let mut clinical = Clinical::draw(&mut random, invasion, spread);
        clinical.tumour_cm = lesions.first().map(|radius| round(20.0 * radius, 1));
        clinical.lose(&mut part(MISSING), settings.missing);

        let lp = settings.effects.linear_predictor(latent, invasion, spread);
        let (os, pfs, other_cause) = times(&mut part(SURVIVAL), lp);
        Self {
            id: format!("S{:03}", index + 1),
            centre: if first_centre { "A" } else { "B" },
            reread: first_centre && index < settings.reread,
            latent,
            invasion,
            spread,
            clinical,
            mrecist: mrecist(response),
            growth: (0.12 * response).clamp(-0.3, 0.3),
            lesions,
            os,
            pfs,
            other_cause: os.event && other_cause,
        }
    }
}

impl Effects {
    /// Logarithm of the hazard against the mean patient.
    fn linear_predictor(&self, latent: Latent, invasion: bool, spread: bool) -> f64 {
        let share = |present: bool, mean: f64| f64::from(u8::from(present)) - mean;
        self.texture * latent.texture
            + self.change * latent.change
            + self.portal_vein_invasion * share(invasion, INVASION)
            + self.extrahepatic_spread * share(spread, SPREAD)
    }
}

impl Clinical {
    fn draw(random: &mut SplitMix, invasion: bool, spread: bool) -> Self {
        let mut yes = |share: f64| Some(random.unit() < share);
        let (male, hepatitis_b, cirrhosis) = (yes(0.87), yes(0.76), yes(0.76));
        let (child_pugh_b, ecog_1, bclc_c) = (yes(0.15), yes(0.36), yes(0.84));
        let beyond_up_to_seven = yes(0.38);
        let tki = random.unit() < 0.7;
        Self {
            age: Some((57.0 + 9.0 * random.normal()).clamp(20.0, 88.0).round()),
            male,
            hepatitis_b,
            cirrhosis,
            child_pugh_b,
            ecog_1,
            bclc_c,
            afp: Some(round(libm::exp(5.0 + 2.2 * random.normal()), 1)),
            beyond_up_to_seven,
            tumour_cm: None,
            portal_vein_invasion: Some(invasion),
            extrahepatic_spread: Some(spread),
            tki,
        }
    }

    /// Empties cells by chance alone.
    fn lose(&mut self, random: &mut SplitMix, share: f64) {
        let mut gone = || random.unit() < share;
        self.age = self.age.filter(|_| !gone());
        self.afp = self.afp.filter(|_| !gone());
        self.tumour_cm = self.tumour_cm.filter(|_| !gone());
        for cell in [
            &mut self.male,
            &mut self.hepatitis_b,
            &mut self.cirrhosis,
            &mut self.child_pugh_b,
            &mut self.ecog_1,
            &mut self.bclc_c,
            &mut self.beyond_up_to_seven,
            &mut self.portal_vein_invasion,
            &mut self.extrahepatic_spread,
        ] {
            *cell = cell.filter(|_| !gone());
        }
    }
}

/// Death and progression have Weibull hazards of one shape and one linear predictor, so that death alone and
/// progression or death both follow Cox models with the same coefficients.
fn times(random: &mut SplitMix, lp: f64) -> (Endpoint, Endpoint, bool) {
    let mut time = |median: f64| {
        let scale = median / libm::pow(std::f64::consts::LN_2, 1.0 / SHAPE);
        scale * libm::pow(-libm::log(random.unit()) * libm::exp(-lp), 1.0 / SHAPE)
    };
    let (death, progression) = (time(MEDIAN_OS), time(MEDIAN_PROGRESSION));
    // Follow-up ends with the study; a few patients are lost before a year has passed.
    let lost = random.unit() < 0.02;
    let followed = if lost { 2.0 + 9.0 * random.unit() } else { 14.0 + 28.0 * random.unit() };
    let other_cause = random.unit() < 0.06;
    // Whole days, so that there are ties; nobody has the time 0.
    let days = |months: f64| ((months * 30.4375).ceil() / 30.4375 * 100.0).round() / 100.0;
    let end = |time: f64| Endpoint { months: days(time.min(followed)), event: time <= followed };
    (end(death), end(death.min(progression)), other_cause)
}

/// Shares as in the paper: 2 %, 20 %, 61 %, 17 %.
fn mrecist(response: f64) -> Mrecist {
    if response < -2.05 {
        Mrecist::CompleteResponse
    } else if response < -0.78 {
        Mrecist::PartialResponse
    } else if response < 0.95 {
        Mrecist::StableDisease
    } else {
        Mrecist::ProgressiveDisease
    }
}

/// One large lesion and up to two small ones.
fn lesions(random: &mut SplitMix) -> Vec<f64> {
    let mut radii = vec![0.53 + 0.05 * random.unit()];
    for _ in 0..(random.unit() * 3.0) as usize {
        radii.push(0.16 + 0.08 * random.unit());
    }
    radii
}

fn round(value: f64, decimals: i32) -> f64 {
    let scale = 10_f64.powi(decimals);
    (value * scale).round() / scale
}
