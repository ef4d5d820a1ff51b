//! Steps of all free variables at once.
//!
//! Steps of two variables creep where many variables are free, as with a linear kernel and a large `C`. On free
//! variables `F` the optimum with `Σd = 0` is `d = K⁻¹(v − μ1)`, `μ = 1ᵀK⁻¹v / 1ᵀK⁻¹1`. `K + ρ 1 1ᵀ` gives the same
//! step, because `Σd = 0`, and has one rank more, which a linear kernel needs: margin and intercept fix as many
//! patients as there are columns and one more.
//!
//! Free variables beyond the rank are got rid of first. If `k` depends on others, `e_k − Σ c_i e_i` changes no
//! decision; along it the objective is a straight line, so that it can be followed to a bound. What remains is
//! independent; a Cholesky factor of it is kept while variables leave.

use super::rows::Rows;
use super::smo::State;
use crate::vectors::{add_scaled, dot, vectorised};

/// Free variables beyond which no common step is tried.
const MOST_FREE: usize = 2000;

/// Steps of all free variables, which may cost as much as the steps of pairs did.
pub(super) struct Common {
    /// Operations so far.
    spent: f64,
    /// Operations of pairs after which the next step is worth looking at.
    pub due: f64,
    /// No more steps: the kernel is no inner product.
    indefinite: bool,
}

impl Common {
    pub fn new(n: usize) -> Self {
        Self { spent: 0.0, due: 100.0 * n as f64, indefinite: false }
    }

    /// Moves all free variables to their common optimum, where `allowance` suffices.
    pub fn steps(&mut self, rows: &mut impl Rows, state: &mut State, allowance: f64) {
        let n = state.beta.len();
        let mut free: Vec<usize> = (0..n).filter(|&t| state.free(t)).collect();
        let (m, rank) = (free.len() as f64, free.len().min(rows.rank()) as f64);
        let cost = m * rank * rank + 2.0 * n as f64 * rank;
        self.due = (self.spent + cost).max(allowance + 40.0 * n as f64);
        let too_many = free.len() > MOST_FREE.min(rows.capacity() / 2);
        if self.indefinite || free.len() < 2 || too_many || self.spent + cost > allowance {
            return;
        }
        self.spent += cost;
        free.iter().for_each(|&t| rows.load(state.active[t], state.active[t]));
        let before = state.beta.clone();
        // Those far from their bounds first: they make the basis.
        let room = |t: usize| (state.beta[t] - state.low[t]).min(state.high[t] - state.beta[t]);
        free.sort_by(|&a, &b| room(b).total_cmp(&room(a)).then(a.cmp(&b)));
        match independent(rows, state, &free) {
            Some(mut basis) => self.newton(state, &mut basis, allowance),
            None => self.indefinite = true,
        }
        for &t in &free {
            let step = state.beta[t] - before[t];
            if step != 0.0 {
                state.descend(rows.get(state.active[t]), step);
            }
            state.mark(t);
        }
    }

    /// Newton's steps on independent variables, up to the first bound, again and again.
    fn newton(&mut self, state: &mut State, basis: &mut Basis, allowance: f64) {
        let mut v: Vec<f64> = basis.members.iter().map(|&t| state.v[t]).collect();
        while basis.members.len() >= 2 {
            let m = basis.members.len();
            let (mut by_v, mut by_one) = (v.clone(), vec![1.0; m]);
            basis.solve(&mut by_v);
            basis.solve(&mut by_one);
            let mu = by_v.iter().sum::<f64>() / by_one.iter().sum::<f64>();
            let d: Vec<f64> = by_v.iter().zip(&by_one).map(|(a, b)| a - mu * b).collect();
            let gain: f64 = d.iter().zip(&v).map(|(d, v)| d * v).sum();
            // A step that gains nothing is rounding.
            if !gain.is_finite() || gain <= 0.0 {
                return;
            }
            let (share, blocking) = to_bound(state, &basis.members, &d, 1.0);
            for (k, &t) in basis.members.iter().enumerate() {
                v[k] -= share * (v[k] - mu);
                state.beta[t] = (state.beta[t] + share * d[k]).clamp(state.low[t], state.high[t]);
            }
            let Some((k, bound)) = blocking else { return };
            state.beta[basis.members[k]] = bound;
            basis.remove(k);
            v.remove(k);
            self.spent += 4.0 * (m * m) as f64;
            if self.spent > allowance {
                return;
            }
        }
    }
}

/// The largest share of `d`, up to `most`, and which variable's bound it meets.
fn to_bound(state: &State, members: &[usize], d: &[f64], most: f64) -> (f64, Option<(usize, f64)>) {
    let (mut share, mut blocking) = (most, None);
    for (k, (&t, &d)) in members.iter().zip(d).enumerate().filter(|(_, (_, d))| **d != 0.0) {
        let bound = if d > 0.0 { state.high[t] } else { state.low[t] };
        let room = (bound - state.beta[t]) / d;
        if room < share {
            (share, blocking) = (room.max(0.0), Some((k, bound)));
        }
    }
    (share, blocking)
}

/// Independent variables among the free ones; the others are moved until they, or a variable that they depend on,
/// meet a bound. `None` for a kernel that is no inner product.
fn independent(rows: &impl Rows, state: &mut State, free: &[usize]) -> Option<Basis> {
    let shift = free.iter().map(|&t| state.diagonal[t].abs()).sum::<f64>() / free.len() as f64;
    let mut basis = Basis { members: Vec::new(), l: Vec::new() };
    for &t in free {
        let row = rows.get(state.active[t]);
        let column = |basis: &Basis, state: &State| -> Vec<f64> {
            basis.members.iter().map(|&i| row[state.active[i]] + shift).collect()
        };
        let own = state.diagonal[t] + shift;
        let with = column(&basis, state);
        let Some(c) = basis.add(t, with, own)? else { continue };
        // e_t − Σ c_i e_i, in the direction in which the objective improves.
        let slope = state.v[t] - basis.members.iter().zip(&c).map(|(&i, c)| c * state.v[i]).sum::<f64>();
        let sign = if slope < 0.0 { -1.0 } else { 1.0 };
        let mut members = basis.members.clone();
        members.push(t);
        let mut d: Vec<f64> = c.iter().map(|c| -sign * c).collect();
        d.push(sign);
        let (share, blocking) = to_bound(state, &members, &d, f64::INFINITY);
        let Some((k, bound)) = blocking else { continue };
        for (&i, d) in members.iter().zip(&d) {
            state.beta[i] = (state.beta[i] + share * d).clamp(state.low[i], state.high[i]);
        }
        state.beta[members[k]] = bound;
        if k < basis.members.len() {
            // A member met its bound: the variable takes its place.
            basis.remove(k);
            let with = column(&basis, state);
            basis.add(t, with, own)?;
        }
    }
    Some(basis)
}

/// Independent variables with the Cholesky factor `L Lᵀ` of their kernel matrix.
struct Basis {
    members: Vec<usize>,
    /// Rows of `L`; row `k` has `k + 1` elements.
    l: Vec<Vec<f64>>,
}

impl Basis {
    /// Adds a variable. `Some(Some(c))` if it depends on the members, with coefficients `c`; it is not added then.
    fn add(&mut self, t: usize, mut column: Vec<f64>, own: f64) -> Option<Option<Vec<f64>>> {
        self.forward(&mut column);
        let rest = own - dot(&column, &column);
        if rest.is_nan() || rest < -1e-6 * own.abs() {
            return None;
        }
        if rest <= 1e-11 * own.abs() {
            self.backward(&mut column);
            return Some(Some(column));
        }
        column.push(rest.sqrt());
        self.l.push(column);
        self.members.push(t);
        Some(None)
    }

    /// Takes a member out; rotations bring the rows behind it back to a triangle.
    fn remove(&mut self, gone: usize) {
        self.members.remove(gone);
        self.l.remove(gone);
        for k in gone..self.l.len() {
            let (a, b) = (self.l[k][k], self.l[k][k + 1]);
            let length = a.hypot(b);
            let (cos, sin) = (a / length, b / length);
            for row in &mut self.l[k..] {
                let (x, y) = (row[k], row[k + 1]);
                row[k] = cos * x + sin * y;
                row[k + 1] = cos * y - sin * x;
            }
            self.l[k].pop();
        }
    }

    fn forward(&self, b: &mut [f64]) {
        for k in 0..self.l.len() {
            let sum = dot(&self.l[k][..k], &b[..k]);
            b[k] = (b[k] - sum) / self.l[k][k];
        }
    }

    fn backward(&self, b: &mut [f64]) {
        vectorised(
            #[inline(always)]
            || {
                for k in (0..self.l.len()).rev() {
                    b[k] /= self.l[k][k];
                    let value = b[k];
                    add_scaled(&mut b[..k], -value, &self.l[k][..k]);
                }
            },
        );
    }

    fn solve(&self, b: &mut [f64]) {
        self.forward(b);
        self.backward(b);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_basis_knows_what_depends_on_it_and_forgets_members() {
        // Inner products of five vectors in three dimensions.
        let x = [[1.0, 0.5, 0.2], [-0.3, 2.0, 0.1], [0.7, -1.1, 1.0], [0.2, 0.4, -0.6], [1.5, 0.1, 0.3]];
        let k = |i: usize, j: usize| (0..3).map(|c| x[i][c] * x[j][c]).sum::<f64>();
        let mut basis = Basis { members: Vec::new(), l: Vec::new() };
        for t in 0..3 {
            let column = basis.members.iter().map(|&i| k(t, i)).collect();
            assert_eq!(basis.add(t, column, k(t, t)), Some(None));
        }
        let c = basis.add(3, (0..3).map(|i| k(3, i)).collect(), k(3, 3)).unwrap().unwrap();
        for d in 0..3 {
            let sum: f64 = (0..3).map(|i| c[i] * x[i][d]).sum();
            assert!((sum - x[3][d]).abs() < 1e-10);
        }
        basis.remove(1);
        assert_eq!(basis.add(4, [0, 2].map(|i| k(4, i)).to_vec(), k(4, 4)), Some(None));
        let mut b = vec![1.0, -2.0, 0.5];
        basis.solve(&mut b);
        for (&i, want) in basis.members.iter().zip([1.0, -2.0, 0.5]) {
            let got: f64 = basis.members.iter().zip(&b).map(|(&j, b)| k(i, j) * b).sum();
            assert!((got - want).abs() < 1e-10, "{got} {want}");
        }
    }
}
