//! Sweeps in order, cut only where another thread takes a part.

use std::{ops::Range, sync::Mutex};

use rayon::join_context;

/// Visits a range in order, and gives one state for each stretch that a thread went through without a break, in order.
///
/// `begin` makes the state of a stretch that starts at a place; `go_on` carries it through the next few, at least `grain`
/// of them unless the range is shorter. Halves of the range are offered to other threads, and a half that nobody takes
/// goes on with the state of the half before. So only cuts that are of use are paid for: each costs what `begin`
/// does, and what joins the states. What comes of them must not depend on where the cuts lie.
pub(crate) fn stretches<S: Send>(
    range: Range<usize>,
    grain: usize,
    begin: impl Fn(usize) -> S + Sync,
    go_on: impl Fn(S, Range<usize>) -> S + Sync,
) -> Vec<S> {
    if range.is_empty() { Vec::new() } else { halves(range, grain.max(1), None, &begin, &go_on) }
}

/// `carried` is the state of what lies before, if the same thread has just come from there.
fn halves<S: Send>(
    range: Range<usize>,
    grain: usize,
    carried: Option<S>,
    begin: &(impl Fn(usize) -> S + Sync),
    go_on: &(impl Fn(S, Range<usize>) -> S + Sync),
) -> Vec<S> {
    if range.len() < 2 * grain {
        let state = carried.unwrap_or_else(|| begin(range.start));
        return vec![go_on(state, range)];
    }
    let middle = range.start + range.len() / 2;
    // The last state of the first half, for the second half to go on with.
    let between = Mutex::new(None);
    let take = || between.lock().ok().and_then(|mut state| state.take());
    let (mut states, second) = join_context(
        |_| {
            let mut states = halves(range.start..middle, grain, carried, begin, go_on);
            if let (Some(last), Ok(mut between)) = (states.pop(), between.lock()) {
                *between = Some(last);
            }
            states
        },
        |context| {
            // On the same thread the first half is done with.
            let carried = if context.migrated() || everywhere() { None } else { take() };
            halves(middle..range.end, grain, carried, begin, go_on)
        },
    );
    states.extend(take());
    states.extend(second);
    states
}

#[cfg(test)]
thread_local! {
    /// For tests: the thread cuts wherever a cut is possible.
    pub(crate) static EVERYWHERE: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

#[cfg(test)]
fn everywhere() -> bool {
    EVERYWHERE.get()
}

#[cfg(not(test))]
fn everywhere() -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Stretches as ranges, each state being what was visited.
    fn visited(threads: usize, range: Range<usize>, grain: usize) -> Vec<Range<usize>> {
        let go_on = |state: Range<usize>, next: Range<usize>| {
            assert_eq!(state.end, next.start);
            std::thread::sleep(std::time::Duration::from_micros(200)); // others shall have time to take a part
            state.start..next.end
        };
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| stretches(range, grain, |start| start..start, go_on))
    }

    #[test]
    fn one_thread_does_not_cut() {
        assert_eq!(visited(1, 2..100, 8), vec![2..100; 1]);
    }

    #[test]
    fn all_is_visited_once_in_order() {
        for threads in [2, 5] {
            for range in [0..0, 3..4, 7..108] {
                let parts = visited(threads, range.clone(), 3);
                assert_eq!(
                    parts.iter().flat_map(Clone::clone).collect::<Vec<_>>(),
                    range.collect::<Vec<_>>()
                );
                assert!(parts.iter().all(|part| !part.is_empty()));
            }
        }
    }
}
