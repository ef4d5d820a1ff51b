//! Folds and held-out sets: by patient, stratified, repeated, nested.
//!
//! A fold number for each row, and nothing else: whatever is fitted takes the training rows and is then applied to
//! the others.

use std::collections::BTreeMap;

use radiomics_stats::error::{require_count, require_length};
use radiomics_stats::rng::Rng;
use serde::{Deserialize, Serialize};

use crate::error::{Result, check};

/// The fold of each row, counted from 0.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Folds {
    fold: Vec<usize>,
    count: usize,
}

/// Numbers that say which rows belong together: one for each distinct combination of the labels. Those of one outcome
/// follow each other, so that folds that deal strata in turn spread the outcome evenly however small the centres are.
///
/// ```
/// let strata = radiomics_tabular::split::strata(&[true, false, true], &["a".into(), "a".into(), "b".into()])?;
/// assert_eq!(strata, [0, 2, 1]);
/// # Ok::<(), radiomics_tabular::Error>(())
/// ```
///
/// # Errors
/// Centres, if there are any, that differ in number from the outcomes.
pub fn strata(outcome: &[bool], centres: &[String]) -> Result<Vec<usize>> {
    if !centres.is_empty() {
        require_length("centres", centres.len(), outcome.len())?;
    }
    // In the order in which they appear, the outcome of the first row first.
    let first = outcome.first().copied().unwrap_or_default();
    let mut known: BTreeMap<(bool, Option<&String>), usize> = BTreeMap::new();
    for side in [first, !first] {
        for i in (0..outcome.len()).filter(|&i| outcome[i] == side) {
            let next = known.len();
            known.entry((side, centres.get(i))).or_insert(next);
        }
    }
    Ok((0..outcome.len()).map(|i| known[&(outcome[i], centres.get(i))]).collect())
}

impl Folds {
    /// Folds that are known already.
    ///
    /// # Errors
    /// Fewer than two folds, a fold without a row.
    pub fn given(fold: Vec<usize>) -> Result<Self> {
        let count = fold.iter().max().map_or(0, |m| m + 1);
        check(count >= 2, "number of folds", count, "2 or more")?;
        for f in 0..count {
            require_count(&format!("rows of fold {f}"), fold.iter().filter(|x| **x == f).count(), 1)?;
        }
        Ok(Self { fold, count })
    }

    /// Consecutive rows of each stratum, without chance. Python: `StratifiedKFold(k)`.
    ///
    /// # Errors
    /// Fewer than two folds or fewer rows than folds.
    ///
    /// ```
    /// use radiomics_tabular::split::Folds;
    /// let folds = Folds::in_order(&[0, 0, 1, 1, 0, 1], 2)?;
    /// assert_eq!(folds.fold(), [0, 0, 0, 1, 1, 1]);
    /// # Ok::<(), radiomics_tabular::Error>(())
    /// ```
    pub fn in_order(strata: &[usize], k: usize) -> Result<Self> {
        check(k >= 2, "number of folds", k, "2 or more")?;
        require_count("rows for the folds", strata.len(), k)?;
        // scikit-learn's way: codes by first appearance, sorted, dealt in turn; that gives the size of each part.
        let codes = by_first_appearance(strata);
        let classes = codes.iter().max().map_or(0, |m| m + 1);
        let mut sorted = codes.clone();
        sorted.sort_unstable();
        let mut sizes = vec![vec![0usize; k]; classes];
        for (i, c) in sorted.iter().enumerate() {
            sizes[*c][i % k] += 1;
        }
        let mut at = vec![0usize; classes];
        let fold = codes
            .iter()
            .map(|&c| {
                while sizes[c][at[c]] == 0 {
                    at[c] += 1;
                }
                sizes[c][at[c]] -= 1;
                at[c]
            })
            .collect();
        Self::given(fold)
    }

    /// Random folds in which each stratum is spread as evenly as it can be, the same for a seed.
    /// Python: `StratifiedKFold(k, shuffle = True)`.
    ///
    /// # Errors
    /// As [`Self::in_order`].
    pub fn stratified(strata: &[usize], k: usize, seed: u64) -> Result<Self> {
        check(k >= 2, "number of folds", k, "2 or more")?;
        require_count("rows for the folds", strata.len(), k)?;
        let mut rng = Rng::new(seed);
        let mut fold = vec![0; strata.len()];
        let mut next = 0;
        for rows in members(strata) {
            let mut rows = rows;
            rng.shuffle(&mut rows);
            // Each stratum goes on where the last one ended, so that folds differ by one row at most.
            for row in rows {
                fold[row] = next % k;
                next += 1;
            }
        }
        Self::given(fold)
    }

    /// Random folds that keep the rows of a group (lesions, slices, time points of one patient) together. The
    /// stratum of a group is that of its first row. Python: `StratifiedGroupKFold(k)`.
    ///
    /// # Errors
    /// As [`Self::in_order`], with groups in place of rows.
    pub fn grouped<T: Ord>(groups: &[T], strata: &[usize], k: usize, seed: u64) -> Result<Self> {
        require_length("groups", groups.len(), strata.len())?;
        let mut known: BTreeMap<&T, usize> = BTreeMap::new();
        let mut group_strata = Vec::new();
        let codes: Vec<usize> = groups
            .iter()
            .zip(strata)
            .map(|(g, s)| {
                *known.entry(g).or_insert_with(|| {
                    group_strata.push(*s);
                    group_strata.len() - 1
                })
            })
            .collect();
        let folds = Self::stratified(&group_strata, k, seed)?;
        Self::given(codes.iter().map(|&c| folds.fold[c]).collect())
    }

    /// The fold of each row.
    pub fn fold(&self) -> &[usize] {
        &self.fold
    }

    /// Number of folds.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Rows outside of a fold, to fit on.
    pub fn train(&self, fold: usize) -> Vec<usize> {
        (0..self.fold.len()).filter(|&i| self.fold[i] != fold).collect()
    }

    /// Rows of a fold, to look at once everything is fitted.
    pub fn test(&self, fold: usize) -> Vec<usize> {
        (0..self.fold.len()).filter(|&i| self.fold[i] == fold).collect()
    }
}

/// Several sets of random folds. Python: `RepeatedStratifiedKFold`.
///
/// # Errors
/// As [`Folds::stratified`].
pub fn repeated(strata: &[usize], k: usize, times: usize, seed: u64) -> Result<Vec<Folds>> {
    (0..times).map(|t| Folds::stratified(strata, k, Rng::stream(seed, t as u64).next_u64())).collect()
}

/// One outer split with the folds of its training rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nested {
    /// Rows to select, tune and fit on.
    pub train: Vec<usize>,
    /// Rows that are seen once, at the end.
    pub test: Vec<usize>,
    /// Folds of the training rows: position `i` of `inner` is row `train[i]`.
    pub inner: Folds,
}

/// Outer folds, each with inner folds of its training rows.
///
/// # Errors
/// As [`Folds::stratified`].
pub fn nested(strata: &[usize], outer: usize, inner: usize, seed: u64) -> Result<Vec<Nested>> {
    let folds = Folds::stratified(strata, outer, seed)?;
    (0..folds.count())
        .map(|f| {
            let train = folds.train(f);
            let own: Vec<usize> = train.iter().map(|&i| strata[i]).collect();
            let inner = Folds::stratified(&own, inner, Rng::stream(seed, 1 + f as u64).next_u64())?;
            Ok(Nested { test: folds.test(f), train, inner })
        })
        .collect()
}

/// Training and test rows, each stratum cut in the same proportion; at least one row on either side where a stratum
/// has two. Python: `train_test_split(test_size = share, stratify = strata)`.
///
/// # Errors
/// A share outside 0..1.
///
/// ```
/// let (train, test) = radiomics_tabular::split::hold_out(&[0, 0, 0, 0, 0, 1, 1, 1, 1, 1], 0.2, 7)?;
/// assert_eq!((train.len(), test.len()), (8, 2));
/// # Ok::<(), radiomics_tabular::Error>(())
/// ```
pub fn hold_out(strata: &[usize], share: f64, seed: u64) -> Result<(Vec<usize>, Vec<usize>)> {
    check(share > 0.0 && share < 1.0, "share held out", share, "between 0 and 1")?;
    let mut rng = Rng::new(seed);
    let mut held = vec![false; strata.len()];
    for mut rows in members(strata) {
        rng.shuffle(&mut rows);
        let most = rows.len().saturating_sub(1);
        let count = ((rows.len() as f64 * share).round() as usize).clamp(most.min(1), most);
        for &row in &rows[..count] {
            held[row] = true;
        }
    }
    Ok((0..strata.len()).partition(|&i| !held[i]))
}

fn by_first_appearance(strata: &[usize]) -> Vec<usize> {
    let mut known = BTreeMap::new();
    strata
        .iter()
        .map(|s| {
            let next = known.len();
            *known.entry(*s).or_insert(next)
        })
        .collect()
}

/// The rows of each stratum.
fn members(strata: &[usize]) -> Vec<Vec<usize>> {
    let mut rows: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (i, s) in strata.iter().enumerate() {
        rows.entry(*s).or_default().push(i);
    }
    rows.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_are_stratified_and_cover_every_row_once() {
        let labels: Vec<usize> =
            (0..53).map(|i| usize::from(i % 5 == 0) + 2 * usize::from(i % 7 < 3)).collect();
        let folds = Folds::stratified(&labels, 4, 11).unwrap();
        for s in 0..4 {
            let counts: Vec<usize> =
                (0..4).map(|f| folds.test(f).iter().filter(|&&i| labels[i] == s).count()).collect();
            assert!(counts.iter().max().unwrap() - counts.iter().min().unwrap() <= 1, "{counts:?}");
        }
        let all: usize = (0..4).map(|f| folds.test(f).len()).sum();
        assert_eq!(all, 53);
        assert_eq!(folds, Folds::stratified(&labels, 4, 11).unwrap());
    }

    #[test]
    fn many_small_centres_do_not_upset_the_outcome() {
        let outcome: Vec<bool> = (0..60).map(|i| i * 7 % 10 < 3).collect();
        let centres: Vec<String> = (0..60).map(|i| format!("centre {}", i * 13 % 41)).collect();
        let strata = strata(&outcome, &centres).unwrap();
        for seed in 0..20 {
            let folds = Folds::stratified(&strata, 5, seed).unwrap();
            for fold in 0..5 {
                let events = folds.test(fold).iter().filter(|&&i| outcome[i]).count();
                assert!((3..=4).contains(&events), "{events} of 18 events in fold {fold}, seed {seed}");
            }
        }
        // Without centres the numbers are those of the outcome, in the order in which they appear.
        assert_eq!(super::strata(&[true, false, true], &[]).unwrap(), [0, 1, 0]);
    }

    #[test]
    fn groups_stay_together_and_nested_folds_stay_inside() {
        let groups: Vec<usize> = (0..60).map(|i| i / 3).collect();
        let labels: Vec<usize> = (0..60).map(|i| (i / 3) % 2).collect();
        let folds = Folds::grouped(&groups, &labels, 5, 3).unwrap();
        for i in 0..60 {
            assert_eq!(folds.fold()[i], folds.fold()[i / 3 * 3]);
        }
        for split in nested(&labels, 5, 3, 9).unwrap() {
            assert_eq!(split.inner.fold().len(), split.train.len());
            assert!(split.test.iter().all(|i| !split.train.contains(i)));
        }
    }

    /// Sixty patients of three centres, the outcome rare in one of them.
    fn cohort() -> Vec<usize> {
        let outcome: Vec<bool> = (0..60).map(|i| i % 3 == 0 || i % 11 == 1).collect();
        let centres: Vec<String> = (0..60).map(|i| ["a", "b", "c"][i / 7 % 3].to_owned()).collect();
        strata(&outcome, &centres).unwrap()
    }

    /// Counts of each stratum differ by one at most between folds.
    fn even(labels: &[usize], folds: &Folds) {
        for s in 0..=*labels.iter().max().unwrap() {
            let count = |f: usize| folds.test(f).iter().filter(|&&i| labels[i] == s).count();
            let counts: Vec<usize> = (0..folds.count()).map(count).collect();
            assert!(counts.iter().max().unwrap() - counts.iter().min().unwrap() <= 1, "{s}: {counts:?}");
        }
    }

    #[test]
    fn repeated_folds_are_each_whole_and_stratified_by_outcome_and_centre() {
        let labels = cohort();
        assert_eq!(labels.iter().max(), Some(&5)); // two outcomes in three centres
        let sets = repeated(&labels, 5, 4, 21).unwrap();
        assert_eq!(sets.len(), 4);
        for folds in &sets {
            even(&labels, folds);
            let mut seen: Vec<usize> = (0..5).flat_map(|f| folds.test(f)).collect();
            seen.sort_unstable();
            assert_eq!(seen, (0..60).collect::<Vec<_>>(), "each patient is tested once");
            for f in 0..5 {
                let (train, test) = (folds.train(f), folds.test(f));
                assert_eq!(train.len() + test.len(), 60);
                assert!(test.iter().all(|i| !train.contains(i)));
            }
        }
        for (i, a) in sets.iter().enumerate() {
            assert!(sets[..i].iter().all(|b| a != b), "two repetitions are the same");
        }
        // More repetitions go on where fewer end; another seed is another set.
        assert_eq!(repeated(&labels, 5, 2, 21).unwrap(), sets[..2]);
        assert!(repeated(&labels, 5, 4, 22).unwrap().iter().all(|folds| !sets.contains(folds)));
        assert!(repeated(&labels, 5, 0, 21).unwrap().is_empty());
        assert!(repeated(&labels, 1, 2, 21).is_err() && repeated(&labels[..3], 5, 2, 21).is_err());
    }

    #[test]
    fn nested_folds_are_stratified_outside_and_inside() {
        let labels = cohort();
        let splits = nested(&labels, 4, 3, 8).unwrap();
        assert_eq!(splits.len(), 4);
        let mut seen: Vec<usize> = splits.iter().flat_map(|s| s.test.clone()).collect();
        seen.sort_unstable();
        assert_eq!(seen, (0..60).collect::<Vec<_>>(), "each patient is tested once");
        let mut outer = vec![0; 60];
        for (f, split) in splits.iter().enumerate() {
            split.test.iter().for_each(|&i| outer[i] = f);
            let mut all = [split.train.clone(), split.test.clone()].concat();
            all.sort_unstable();
            assert_eq!(all, (0..60).collect::<Vec<_>>(), "a patient is missing or on both sides");
            let own: Vec<usize> = split.train.iter().map(|&i| labels[i]).collect();
            assert_eq!((split.inner.fold().len(), split.inner.count()), (split.train.len(), 3));
            even(&own, &split.inner);
        }
        even(&labels, &Folds::given(outer).unwrap());
        assert_eq!(nested(&labels, 4, 3, 8).unwrap(), splits);
        assert_ne!(nested(&labels, 4, 3, 9).unwrap(), splits);
        assert!(nested(&labels, 4, 1, 8).is_err());
    }
}
