//! Percentiles as `numpy.percentile` interpolates them, without sorting all values.

use rayon::prelude::*;

use crate::vectorised::vectorised;

/// Buckets between the smallest and the largest value; their counters fit the fastest cache.
const BUCKETS: usize = 4096;
/// Values whose buckets are found at once: they stay in the fastest cache, and are found again rather than stored.
const BLOCK: usize = 256;
/// Values that make a task worth its overhead.
const GRAIN: usize = 1 << 16;

/// The quantiles of some values at `N` fractions.
pub struct Quantiles<const N: usize>([f64; N]);

impl<const N: usize> Quantiles<N> {
    /// `minimum` and `maximum` are those of the values, which are not empty.
    ///
    /// One pass counts the values in buckets of equal width, a second collects the buckets that hold a
    /// neighbour of a wanted fraction; only those are searched.
    pub fn of(values: &[f64], minimum: f64, maximum: f64, fractions: [f64; N]) -> Self {
        let scale = (BUCKETS as f64 - 1.0) / (maximum - minimum);
        // Rises with x: 2⁵² rounds to a whole number, which then stands in the lowest bits. All fall into
        // one bucket where the range is 0 or no finite number.
        let bucket = move |x: f64| ((x - minimum) * scale + 4_503_599_627_370_496.0).to_bits();
        let count = |mut counts: Box<[u64; BUCKETS]>, values: &[f64]| {
            // Two counters in turn, as neighbours often fall into one bucket.
            let mut few = [[0_u32; 2]; BUCKETS];
            for values in values.chunks(BLOCK) {
                for (at, index) in in_buckets(values, bucket).into_iter().take(values.len()).enumerate() {
                    few[index as usize % BUCKETS][at % 2] += 1;
                }
            }
            counts.iter_mut().zip(&few).for_each(|(count, [a, b])| *count += u64::from(a + b));
            counts
        };
        let zeros = || Box::new([0; BUCKETS]);
        let add = |mut a: Box<[u64; BUCKETS]>, b: Box<[u64; BUCKETS]>| {
            a.iter_mut().zip(b.iter()).for_each(|(a, b)| *a += b);
            a
        };
        let counts = values.par_chunks(GRAIN).fold(zeros, count).reduce(zeros, add);

        // Where the sorted values on both sides of a fraction stand, and in which bucket.
        let last = values.len().saturating_sub(1);
        let places = fractions.map(|fraction| last as f64 * fraction);
        let mut wanted: Vec<usize> =
            places.iter().flat_map(|&p| [p as usize, (p as usize + 1).min(last)]).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let mut slots = [u8::MAX; BUCKETS];
        let mut buckets: Vec<Bucket> = Vec::new();
        let (mut index, mut before) = (0, 0);
        for place in wanted {
            while index + 1 < counts.len() && before + counts[index] as usize <= place {
                before += counts[index] as usize;
                index += 1;
            }
            if buckets.last().is_none_or(|bucket| bucket.before != before) {
                slots[index] = buckets.len() as u8;
                buckets.push(Bucket { before, values: Vec::new(), places: Vec::new() });
            }
            if let Some(bucket) = buckets.last_mut() {
                bucket.places.push(place);
            }
        }

        let collect = |values: &[f64]| {
            let mut found = vec![Vec::new(); buckets.len()];
            for values in values.chunks(BLOCK) {
                for (&x, index) in values.iter().zip(in_buckets(values, bucket)) {
                    if let Some(found) = found.get_mut(usize::from(slots[index as usize % BUCKETS])) {
                        found.push(x);
                    }
                }
            }
            found
        };
        let found: Vec<Vec<Vec<f64>>> = values.par_chunks(GRAIN).map(collect).collect();
        for part in found {
            buckets.iter_mut().zip(part).for_each(|(bucket, part)| bucket.values.extend(part));
        }
        buckets.iter_mut().for_each(Bucket::sort);
        let sorted = |place: usize| {
            let bucket = buckets.iter().rev().find(|bucket| bucket.before <= place);
            bucket.and_then(|bucket| bucket.values.get(place - bucket.before)).copied().unwrap_or(f64::NAN)
        };
        Self(places.map(|place| {
            let below = place as usize;
            between(sorted(below), sorted((below + 1).min(last)), place - below as f64)
        }))
    }

    /// The quantiles in the order of the fractions.
    pub fn values(&self) -> [f64; N] {
        self.0
    }
}

/// The buckets of a block of values.
fn in_buckets(values: &[f64], bucket: impl Fn(f64) -> u64 + Copy) -> [u64; BLOCK] {
    vectorised(
        #[inline(always)]
        || {
            let (mut buckets, bucket) = ([0; BLOCK], bucket);
            for (to, &x) in buckets.iter_mut().zip(values) {
                *to = bucket(x);
            }
            buckets
        },
    )
}

/// The values of one bucket.
struct Bucket {
    /// Number of values in lower buckets.
    before: usize,
    values: Vec<f64>,
    /// Places that are wanted, among all values.
    places: Vec<usize>,
}

impl Bucket {
    /// Puts the values wanted into their places.
    fn sort(&mut self) {
        let mut from = 0;
        for place in &self.places {
            let place = place - self.before;
            if place >= from && place < self.values.len() {
                self.values[from..].select_nth_unstable_by(place - from, f64::total_cmp);
                from = place + 1;
            }
        }
    }
}

/// Linear interpolation with numpy's rounding: from the nearer side.
fn between(a: f64, b: f64, t: f64) -> f64 {
    if t < 0.5 { a + (b - a) * t } else { b - (b - a) * (1.0 - t) }
}
