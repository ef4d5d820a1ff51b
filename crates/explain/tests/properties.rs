//! What must hold for every explainer, whatever the model.
#![allow(clippy::unwrap_used)] // helpers of tests fail as tests do

use ndarray::{Array1, Array2, ArrayView2, Axis, array, s};
use radiomics_explain::shapley::linear::{Features, linear};
use radiomics_explain::shapley::tree::{Comparison, Ensemble, Node, Split};
use radiomics_explain::shapley::{
    Kernel, KernelMachine, KernelShap, Link, PermutationShap, SamplingShap, Selection, exact,
};
use radiomics_explain::{Coalitions, Error, Game, Marginal, Model};
use radiomics_stats::rng::Rng;

fn random(rows: usize, columns: usize, seed: u64) -> Array2<f64> {
    let mut rng = Rng::new(seed);
    Array2::from_shape_simple_fn((rows, columns), || rng.normal())
}

/// Products of neighbours, a square, a threshold: interactions of every kind; the last feature is not used.
fn curved(rows: ArrayView2<'_, f64>) -> Array1<f64> {
    let m = rows.ncols() - 1;
    rows.map_axis(Axis(1), |r| {
        (0..m).map(|i| r[i] * r[(i + 1) % m] * 0.5 + r[i]).sum::<f64>()
            + f64::from(u8::from(r[0] > 0.3)) * r[1 % m]
    })
}

fn close(a: &Array2<f64>, b: &Array2<f64>, tolerance: f64) {
    let worst = a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(worst <= tolerance, "off by {worst:e}");
}

/// The definition, from sets as they stand in the formula.
fn by_definition(game: &impl Game) -> Array2<f64> {
    let m = game.players();
    let factorial = |n: usize| (1..=n).map(|i| i as f64).product::<f64>();
    let mut all = Coalitions::new(m);
    (0..1_usize << m).for_each(|set| all.push(|p| set >> p & 1 == 1));
    let mut worth = vec![0.0; game.rows() << m];
    game.values(&all, &mut worth).unwrap();
    Array2::from_shape_fn((game.rows(), m), |(row, i)| {
        (0..1_usize << m)
            .filter(|set| set >> i & 1 == 0)
            .map(|set| {
                let size = (set as u64).count_ones() as usize;
                let weight = factorial(size) * factorial(m - size - 1) / factorial(m);
                let at = |set: usize| worth[(row << m) + set];
                weight * (at(set | 1 << i) - at(set))
            })
            .sum()
    })
}

#[test]
fn exact_is_the_definition_and_kernel_at_full_enumeration_is_exact() {
    for m in 1..=8 {
        let (background, x) = (random(7, m + 1, 1), random(4, m + 1, 2));
        let game = Marginal::new(&curved, background.view(), x.view()).unwrap();
        let e = exact(&game).unwrap();
        close(&e.values, &by_definition(&game), 1e-12);
        assert!(e.values.column(m).iter().all(|v| v.abs() < 1e-13), "a feature that is not used has a value");
        let kernel = KernelShap::default().explain(&game).unwrap();
        close(&kernel.values, &e.values, 1e-11);
        kernel.check_additivity(1e-12).unwrap();
    }
}

#[test]
fn sampled_values_are_near_and_sum_exactly() {
    let (background, x) = (random(10, 16, 3), random(3, 16, 4));
    let game = Marginal::new(&curved, background.view(), x.view()).unwrap();
    let truth = exact(&game).unwrap();
    for paired in [true, false] {
        let kernel = KernelShap { samples: Some(4000), paired, seed: 5, ..KernelShap::default() };
        let e = kernel.explain(&game).unwrap();
        close(&e.values, &truth.values, 0.15); // values of the size of 1; 4,000 of 65,534 sets
        e.check_additivity(1e-11).unwrap();
    }
    let orders = PermutationShap { orders: 200, seed: 6 }.explain(&game).unwrap();
    close(&orders.values, &truth.values, 0.1);
    orders.check_additivity(1e-11).unwrap();
    let sampling = SamplingShap { draws: 20_000, seed: 7 }.explain(&game).unwrap();
    sampling.check_additivity(1e-11).unwrap();
    // Standard errors say how far: 48 values, so 5 of them cover all but one in 30,000 runs.
    for (e, truth) in [(&orders, &truth), (&sampling, &truth)] {
        let errors = e.standard_errors.as_ref().unwrap();
        for ((value, truth), error) in e.values.iter().zip(&truth.values).zip(errors) {
            assert!((value - truth).abs() <= 5.0 * error + 1e-12, "{value} ± {error}, truth {truth}");
        }
    }
}

#[test]
fn groups_are_players() {
    let (background, x) = (random(6, 5, 8), random(2, 5, 9));
    let groups = [vec![0, 2], vec![1], vec![4, 3]];
    let game = Marginal::new(&curved, background.view(), x.view()).unwrap().grouped(&groups).unwrap();
    let e = exact(&game).unwrap();
    assert_eq!(e.values.dim(), (2, 3));
    close(&e.values, &by_definition(&game), 1e-12);
    let again = || Marginal::new(&curved, background.view(), x.view()).unwrap();
    let twice = again().grouped(&[vec![0, 1, 2, 3, 4], vec![1]]).err();
    assert_eq!(twice, Some(Error::Groups { feature: 1, times: 2, features: 5 }));
    assert!(again().grouped(&[vec![0, 1, 2, 3]]).is_err());
    assert!(again().grouped(&[vec![0, 1, 2, 3, 4, 9]]).is_err());
}

#[test]
fn kernel_machines_are_the_marginal_game_of_their_own_predictions() {
    let (background, x) = (random(9, 6, 10), random(3, 6, 11));
    let support = random(8, 6, 12);
    let coefficients: Vec<f64> = (0..8).map(|i| if i % 2 == 0 { 0.7 } else { -0.4 }).collect();
    let kernels = [
        Kernel::Linear,
        Kernel::Rbf { gamma: 0.2 },
        Kernel::Polynomial { gamma: 0.3, coef0: 1.0, degree: 3 },
        Kernel::Sigmoid { gamma: 0.1, coef0: -0.2 },
    ];
    for kernel in kernels {
        for link in [Link::Identity, Link::Platt { a: -1.5, b: 0.3 }] {
            let machine = KernelMachine::new(kernel, support.clone(), coefficients.clone(), 0.25).unwrap();
            let machine = machine.with_link(link);
            let plain = exact(&Marginal::new(&machine, background.view(), x.view()).unwrap()).unwrap();
            let fast = exact(&machine.game(background.view(), x.view()).unwrap()).unwrap();
            close(&fast.values, &plain.values, 1e-12);
            match machine.exact(background.view(), x.view()) {
                Ok(closed) => {
                    close(&closed.values, &plain.values, 1e-12);
                    closed.check_additivity(1e-12).unwrap();
                }
                Err(e) => assert!(matches!(e, Error::Setting { .. }), "{e}"),
            }
        }
    }
}

#[test]
fn gaussian_machines_are_exact_for_hundreds_of_features() {
    let (background, x, support) = (random(4, 300, 13), random(2, 300, 14), random(5, 300, 15));
    let machine =
        KernelMachine::new(Kernel::Rbf { gamma: 1.0 / 300.0 }, support, vec![1.0, -0.5, 0.8, -1.2, 0.3], 0.1);
    let e = machine.unwrap().exact(background.view(), x.view()).unwrap();
    e.check_additivity(1e-12).unwrap();
}

fn tree(rng: &mut Rng, features: usize, depth: usize) -> Vec<Node> {
    fn grow(rng: &mut Rng, features: usize, depth: usize, cover: f64, nodes: &mut Vec<Node>) -> usize {
        let at = nodes.len();
        nodes.push(Node { split: None, value: rng.normal(), cover });
        if depth > 0 && cover > 2.0 && rng.unit() < 0.9 {
            let left_cover = (cover * (0.2 + 0.6 * rng.unit())).round().clamp(1.0, cover - 1.0);
            let (feature, threshold, missing_left) =
                (rng.below(features), 0.7 * rng.normal(), rng.unit() < 0.5);
            let left = grow(rng, features, depth - 1, left_cover, nodes);
            let right = grow(rng, features, depth - 1, cover - left_cover, nodes);
            nodes[at].split = Some(Split { feature, threshold, missing_left, left, right });
        }
        at
    }
    let mut nodes = Vec::new();
    grow(rng, features, depth, 200.0, &mut nodes);
    nodes
}

/// `E[f | x_S]` as trees define it: unknown splits are averaged by cover.
struct Conditional<'a> {
    trees: &'a [Vec<Node>],
    x: ArrayView2<'a, f64>,
}

impl Game for Conditional<'_> {
    fn players(&self) -> usize {
        self.x.ncols()
    }

    fn rows(&self) -> usize {
        self.x.nrows()
    }

    fn values(&self, sets: &Coalitions, out: &mut [f64]) -> Result<(), Error> {
        fn mean(tree: &[Node], node: usize, row: &[f64], known: &dyn Fn(usize) -> bool) -> f64 {
            let Some(split) = tree[node].split else { return tree[node].value };
            if known(split.feature) {
                let x = row[split.feature];
                let left = if x.is_nan() { split.missing_left } else { x <= split.threshold };
                return mean(tree, if left { split.left } else { split.right }, row, known);
            }
            let share = |child: usize| tree[child].cover / tree[node].cover * mean(tree, child, row, known);
            share(split.left) + share(split.right)
        }
        for (row, x) in self.x.rows().into_iter().enumerate() {
            for set in 0..sets.len() {
                let known = |f: usize| sets.contains(set, f);
                out[row * sets.len() + set] =
                    self.trees.iter().map(|t| mean(t, 0, &x.to_vec(), &known)).sum::<f64>() * 0.5;
            }
        }
        Ok(())
    }
}

#[test]
fn trees_are_their_games_by_definition() {
    let mut rng = Rng::new(16);
    for round in 0..20 {
        let trees: Vec<Vec<Node>> = (0..3).map(|_| tree(&mut rng, 5, 7)).collect();
        let mut x = random(4, 5, 100 + round);
        let background = random(6, 5, 200 + round);
        let ensemble = Ensemble::new(trees.clone(), 5, 0.0, 0.5, Comparison::AtMost).unwrap();
        let between = ensemble.interventional(background.view(), x.view()).unwrap();
        let game = Marginal::new(&ensemble, background.view(), x.view()).unwrap();
        close(&between.values, &by_definition(&game), 1e-12);
        x[[0, 2]] = f64::NAN; // a missing value goes where its node sends it
        let path = ensemble.path_dependent(x.view()).unwrap();
        let conditional = Conditional { trees: &trees, x: x.view() };
        close(&path.values, &by_definition(&conditional), 1e-12);
        path.check_additivity(1e-12).unwrap();
        let pairs = ensemble.interactions(x.view()).unwrap();
        for row in 0..4 {
            let matrix = pairs.slice(s![row, .., ..]);
            for i in 0..5 {
                assert!((matrix.row(i).sum() - path.values[[row, i]]).abs() < 1e-12);
                for j in 0..5 {
                    assert!(
                        (matrix[[i, j]] - matrix[[j, i]]).abs() < 1e-12,
                        "interactions are not symmetric"
                    );
                }
            }
        }
    }
}

#[test]
fn a_feature_of_which_the_correlated_one_knows_everything_shares_its_value() {
    // Two copies of one column: a model that uses the first alone gives half to each when what is known informs.
    let one = random(200, 1, 17);
    let background = ndarray::concatenate![Axis(1), one, one];
    let x = array![[1.0, 1.0]];
    let features = Features::Correlated { orders: 10, seed: 0 };
    let e = linear(&[1.0, 0.0], 0.0, background.view(), x.view(), features).unwrap();
    assert!((e.values[[0, 0]] - e.values[[0, 1]]).abs() < 1e-5, "{}", e.values);
    let alone = linear(&[1.0, 0.0], 0.0, background.view(), x.view(), Features::Independent).unwrap();
    assert_eq!(alone.values[[0, 1]], 0.0);
    let game = Marginal::new(&first, background.view(), x.view()).unwrap();
    close(&alone.values, &exact(&game).unwrap().values, 1e-12);
    e.check_additivity(1e-12).unwrap();
}

fn first(rows: ArrayView2<'_, f64>) -> Array1<f64> {
    rows.column(0).to_owned()
}

#[test]
fn a_selection_gives_nothing_to_what_does_not_act() {
    // Of 20 features three act, one of them weakly; sets are drawn. The sum of effects is exact whatever is drawn.
    let act = [(3, 5.0), (17, 2.0), (9, -0.1)];
    let sum = move |rows: ArrayView2<'_, f64>| {
        rows.map_axis(Axis(1), |r| act.iter().map(|(i, w)| w * r[*i]).sum::<f64>())
    };
    // Where they act together, the values of the others are what chance in the sets leaves.
    let together =
        move |rows: ArrayView2<'_, f64>| sum(rows) + rows.map_axis(Axis(1), |r| r[3] * r[17] * r[9]);
    let (background, x) = (random(5, 20, 18), random(3, 20, 19));
    let others = |e: &Array2<f64>| -> Vec<f64> {
        (0..20).filter(|i| ![3, 9, 17].contains(i)).flat_map(|i| e.column(i).to_vec()).collect()
    };
    let settings = |selection| KernelShap { samples: Some(600), selection, ..KernelShap::default() };
    let (plain, mixed) = (
        Marginal::new(&sum, background.view(), x.view()).unwrap(),
        Marginal::new(&together, background.view(), x.view()).unwrap(),
    );
    let all = settings(Selection::All).explain(&mixed).unwrap().values;
    assert!(others(&all).iter().all(|v| *v != 0.0), "without a selection every feature has a value");
    let average = background.mean_axis(Axis(0)).unwrap();
    for selection in [Selection::Count(3), Selection::Aic, Selection::Bic, Selection::Lambda(1e-7)] {
        let e = settings(selection).explain(&plain).unwrap();
        e.check_additivity(1e-10).unwrap();
        assert!(others(&e.values).iter().all(|v| *v == 0.0), "{selection:?}: {}", e.values);
        let expected = Array2::from_shape_fn((3, 20), |(row, i)| {
            act.iter().find(|(a, _)| *a == i).map_or(0.0, |(_, w)| w * (x[[row, i]] - average[i]))
        });
        close(&e.values, &expected, 1e-9);
    }
    for selection in [Selection::Count(3), Selection::Count(2), Selection::Lambda(5e-4)] {
        let e = settings(selection).explain(&mixed).unwrap();
        e.check_additivity(1e-10).unwrap();
        assert!(others(&e.values).iter().all(|v| *v == 0.0), "{selection:?}: {}", e.values);
        if selection == Selection::Count(2) {
            let used = |row: ndarray::ArrayView1<'_, f64>| row.iter().filter(|v| **v != 0.0).count();
            assert!(e.values.rows().into_iter().all(|row| used(row) == 2), "{}", e.values);
        }
    }
    // The criteria cannot tell chance from a small effect, but drop most; a feature costs more by Bic.
    let kept = |selection| {
        let e = settings(selection).explain(&mixed).unwrap();
        e.check_additivity(1e-10).unwrap();
        others(&e.values).iter().filter(|v| **v != 0.0).count()
    };
    let (aic, bic) = (kept(Selection::Aic), kept(Selection::Bic));
    assert!(bic <= aic && aic <= 17 && bic <= 5, "{aic} and {bic} of 51");
    let few = KernelShap { samples: Some(6), ..settings(Selection::Aic) }.explain(&plain);
    assert!(matches!(few, Err(Error::Undetermined { .. })), "{few:?}");
}

#[test]
fn results_do_not_depend_on_threads_and_a_seed_is_a_seed() {
    let (background, x) = (random(10, 18, 20), random(5, 18, 21));
    let all = || {
        let game = Marginal::new(&curved, background.view(), x.view()).unwrap();
        let machine =
            KernelMachine::new(Kernel::Rbf { gamma: 0.1 }, random(9, 18, 22), vec![0.3; 9], 0.0).unwrap();
        let mut values =
            KernelShap { samples: Some(500), ..KernelShap::default() }.explain(&game).unwrap().values;
        values += &PermutationShap::default().explain(&game).unwrap().values;
        values += &SamplingShap { draws: 50, seed: 1 }.explain(&game).unwrap().values;
        values += &KernelShap::default()
            .explain(&machine.game(background.view(), x.view()).unwrap())
            .unwrap()
            .values;
        values + machine.exact(background.view(), x.view()).unwrap().values
    };
    let pool = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let one = pool(1).install(all);
    for threads in [2, 7] {
        assert_eq!(pool(threads).install(all), one, "{threads} threads");
    }
}

#[test]
fn bad_input_is_an_error() {
    let good = random(3, 2, 23);
    let (none, wide, hole) = (Array2::zeros((0, 2)), random(3, 3, 24), array![[0.0, f64::NAN]]);
    let game =
        |b: &Array2<f64>, x: &Array2<f64>| Marginal::new(&first, b.view(), x.view()).map(|_| ()).unwrap_err();
    assert!(matches!(game(&none, &good), Error::TooFew { .. }));
    assert!(matches!(game(&good, &none), Error::TooFew { .. }));
    assert!(matches!(game(&wide, &good), Error::Size { .. }));
    assert!(matches!(game(&good, &hole), Error::NotFinite { row: 0, column: 1, .. }));
    let nan = |rows: ArrayView2<'_, f64>| rows.map_axis(Axis(1), |_| f64::NAN);
    let silent = |_: ArrayView2<'_, f64>| Array1::zeros(0);
    let explain = |model: &dyn Fn(ArrayView2<'_, f64>) -> Array1<f64>| model(good.view()).len();
    assert_eq!((explain(&nan), explain(&silent)), (3, 0));
    let of_nan = Marginal::new(&nan, good.view(), good.view()).unwrap();
    assert!(matches!(exact(&of_nan), Err(Error::Prediction { .. })));
    let of_silent = Marginal::new(&silent, good.view(), good.view()).unwrap();
    assert!(matches!(KernelShap::default().explain(&of_silent), Err(Error::Size { .. })));
    let many = random(2, 25, 25);
    let big = Marginal::new(&first, many.view(), many.view()).unwrap();
    assert!(matches!(exact(&big), Err(Error::TooManyPlayers { players: 25, .. })));
    let few = KernelShap { samples: Some(5), ..KernelShap::default() }.explain(&big);
    assert!(matches!(few, Err(Error::Undetermined { .. })), "{few:?}");
    let leaf = Node { split: None, value: 1.0, cover: 1.0 };
    let split = |left, right| Some(Split { feature: 0, threshold: 0.0, missing_left: true, left, right });
    for tree in [
        vec![],
        vec![Node { split: split(0, 0), ..leaf }],
        vec![Node { split: split(1, 5), ..leaf }, leaf],
        vec![Node { split: split(1, 2), ..leaf }, leaf, leaf],
        vec![Node { value: f64::NAN, ..leaf }],
        vec![Node { cover: 0.0, ..leaf }],
    ] {
        let e = Ensemble::new(vec![tree], 1, 0.0, 1.0, Comparison::AtMost);
        assert!(matches!(e, Err(Error::Tree { .. })), "{e:?}");
    }
    let machine = KernelMachine::new(Kernel::Linear, random(2, 2, 26), vec![1.0], 0.0);
    assert!(matches!(machine, Err(Error::Size { .. })));
    assert!(first.predict(good.view()).is_ok());
}
