//! Path-dependent Shapley values: algorithm 2 of Lundberg et al. 2020.
//!
//! A walk down the tree carries the distinct features met so far, each with the share of the rows that would pass its
//! splits when it is not known (`zero`) and when it is (`one`, 0 or 1), and for each number of known features the weight
//! of all such sets. A feature met again is first taken out of the weights, then put in with both shares multiplied.

use super::{Ensemble, Node};

#[derive(Clone, Copy, Debug)]
struct Element {
    /// `None` for the root.
    feature: Option<usize>,
    zero: f64,
    one: f64,
    weight: f64,
}

struct Walk<'a> {
    ensemble: &'a Ensemble,
    tree: &'a [Node],
    row: &'a [f64],
    phi: &'a mut [f64],
    /// A feature that takes no part and whether it is known, for interaction values.
    condition: Option<(usize, bool)>,
}

/// Adds a tree's values to `phi`.
pub(super) fn tree(
    ensemble: &Ensemble,
    tree: &[Node],
    row: &[f64],
    phi: &mut [f64],
    condition: Option<(usize, bool)>,
) {
    let mut walk = Walk { ensemble, tree, row, phi, condition };
    walk.down(0, &[], None, 1.0, 1.0, 1.0);
}

impl Walk<'_> {
    /// One node: `zero` and `one` are the shares of the split that led here, on `feature`; `share` is what the
    /// condition lets through.
    fn down(
        &mut self,
        node: usize,
        above: &[Element],
        feature: Option<usize>,
        zero: f64,
        one: f64,
        share: f64,
    ) {
        if share == 0.0 {
            return;
        }
        let mut path = Vec::with_capacity(above.len() + 1);
        path.extend_from_slice(above);
        let conditioned = self.condition.is_some_and(|(f, _)| feature == Some(f));
        if !conditioned {
            extend(&mut path, feature, zero, one);
        }
        let Some(split) = self.tree[node].split else {
            for i in 1..path.len() {
                let element = path[i];
                if let Some(f) = element.feature {
                    let w = unwound_sum(&path, i);
                    self.phi[f] += w * (element.one - element.zero) * self.tree[node].value * share;
                }
            }
            return;
        };
        let (hot, cold) = if self.ensemble.left(&split, self.row) {
            (split.left, split.right)
        } else {
            (split.right, split.left)
        };
        let cover = self.tree[node].cover;
        let (hot_zero, cold_zero) = (self.tree[hot].cover / cover, self.tree[cold].cover / cover);
        let (mut zero, mut one) = (1.0, 1.0);
        if let Some(k) = path.iter().position(|e| e.feature == Some(split.feature)) {
            (zero, one) = (path[k].zero, path[k].one);
            unwind(&mut path, k);
        }
        let (mut hot_share, mut cold_share) = (share, share);
        if let Some((f, known)) = self.condition
            && f == split.feature
        {
            if known {
                cold_share = 0.0;
            } else {
                hot_share *= hot_zero;
                cold_share *= cold_zero;
            }
        }
        self.down(hot, &path, Some(split.feature), hot_zero * zero, one, hot_share);
        self.down(cold, &path, Some(split.feature), cold_zero * zero, 0.0, cold_share);
    }
}

/// Lets sets grow by a feature.
fn extend(path: &mut Vec<Element>, feature: Option<usize>, zero: f64, one: f64) {
    let depth = path.len();
    path.push(Element { feature, zero, one, weight: if depth == 0 { 1.0 } else { 0.0 } });
    for i in (0..depth).rev() {
        let all = (depth + 1) as f64;
        path[i + 1].weight += one * path[i].weight * (i + 1) as f64 / all;
        path[i].weight *= zero * (depth - i) as f64 / all;
    }
}

/// Takes feature `k` of the path out again.
fn unwind(path: &mut Vec<Element>, k: usize) {
    let depth = path.len() - 1;
    let (zero, one) = (path[k].zero, path[k].one);
    let mut next = path[depth].weight;
    for i in (0..depth).rev() {
        if one != 0.0 {
            let here = path[i].weight;
            path[i].weight = next * (depth + 1) as f64 / ((i + 1) as f64 * one);
            next = here - path[i].weight * zero * (depth - i) as f64 / (depth + 1) as f64;
        } else {
            path[i].weight *= (depth + 1) as f64 / (zero * (depth - i) as f64);
        }
    }
    for i in k..depth {
        path[i] = Element { weight: path[i].weight, ..path[i + 1] };
    }
    path.pop();
}

/// Sum of the weights after feature `k` is taken out, without changing the path.
fn unwound_sum(path: &[Element], k: usize) -> f64 {
    let depth = path.len() - 1;
    let (zero, one) = (path[k].zero, path[k].one);
    let mut next = path[depth].weight;
    let mut total = 0.0;
    for i in (0..depth).rev() {
        let all = (depth + 1) as f64;
        if one != 0.0 {
            let w = next * all / ((i + 1) as f64 * one);
            total += w;
            next = path[i].weight - w * zero * (depth - i) as f64 / all;
        } else if zero != 0.0 {
            total += path[i].weight * all / (zero * (depth - i) as f64);
        }
    }
    total
}
