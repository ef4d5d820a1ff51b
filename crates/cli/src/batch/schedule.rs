//! Which case is next for which worker.

use std::collections::{HashMap, VecDeque};

/// The cases still to do, grouped by image.
///
/// A worker keeps to its image until all masks of it are done, so that the image is read once wherever in the
/// list its rows stand. Only when no image is left that nobody has begun, a worker helps with that of another.
#[derive(Debug, Default)]
pub struct Schedule {
    groups: Vec<VecDeque<usize>>,
    /// First group that nobody has begun.
    fresh: usize,
}

impl Schedule {
    /// Groups cases, given by number and image, in the order of their first rows.
    pub fn new<'a>(cases: impl IntoIterator<Item = (usize, &'a str)>) -> Self {
        let mut places = HashMap::new();
        let mut groups: Vec<VecDeque<usize>> = Vec::new();
        for (case, image) in cases {
            let place = *places.entry(image).or_insert(groups.len());
            if place == groups.len() {
                groups.push(VecDeque::new());
            }
            groups[place].push_back(case);
        }
        Self { groups, fresh: 0 }
    }

    /// The next case for a worker that holds the image of a group; with the group of the case.
    pub fn take(&mut self, held: Option<usize>) -> Option<(usize, usize)> {
        if let Some(group) = held
            && let Some(case) = self.groups[group].pop_front()
        {
            return Some((group, case));
        }
        while self.fresh < self.groups.len() {
            let group = self.fresh;
            self.fresh += 1;
            if let Some(case) = self.groups[group].pop_front() {
                return Some((group, case));
            }
        }
        let (group, cases) =
            self.groups.iter_mut().enumerate().max_by_key(|(at, cases)| (cases.len(), usize::MAX - at))?;
        cases.pop_back().map(|case| (group, case))
    }

    /// Takes back a case that a worker was given and did not begin.
    pub fn give_back(&mut self, group: usize, case: usize) {
        self.groups[group].push_front(case);
    }
}

/// Memory for images that are being worked on. Requests are granted in their order.
#[derive(Debug)]
pub struct Budget {
    limit: u64,
    held: HashMap<usize, u64>,
    waiting: VecDeque<(usize, u64)>,
    /// Most bytes held at one time.
    pub peak: u64,
}

impl Budget {
    pub fn new(limit: u64) -> Self {
        Self { limit, held: HashMap::new(), waiting: VecDeque::new(), peak: 0 }
    }

    /// A worker wants to read an image of so many bytes; what it held before is free.
    pub fn ask(&mut self, worker: usize, bytes: u64) {
        self.release(worker);
        self.waiting.push_back((worker, bytes));
    }

    /// A worker holds and wants nothing any more.
    pub fn release(&mut self, worker: usize) {
        self.held.remove(&worker);
        self.waiting.retain(|(waiting, _)| *waiting != worker);
    }

    /// The next worker that may read. An image larger than the limit is read when no other is held.
    pub fn grant(&mut self) -> Option<usize> {
        let &(worker, bytes) = self.waiting.front()?;
        let held = self.held.values().fold(0_u64, |sum, bytes| sum.saturating_add(*bytes));
        if !self.held.is_empty() && held.saturating_add(bytes) > self.limit {
            return None;
        }
        self.waiting.pop_front();
        self.held.insert(worker, bytes);
        self.peak = self.peak.max(held.saturating_add(bytes));
        Some(worker)
    }
}

/// Half of the memory that this process may still use, where the system tells; else 4 GiB.
pub fn default_memory() -> u64 {
    let number = |path: &str| std::fs::read_to_string(path).ok()?.trim().parse::<u64>().ok();
    let available = std::fs::read_to_string("/proc/meminfo").ok().and_then(|text| {
        let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
        line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib << 10)
    });
    // A container has a limit of its own.
    let group = number("/sys/fs/cgroup/memory.max")
        .zip(number("/sys/fs/cgroup/memory.current"))
        .map(|(most, used)| most.saturating_sub(used));
    available.into_iter().chain(group).min().map_or(4 << 30, |bytes| bytes / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_kept_wherever_its_rows_stand() {
        let mut schedule = Schedule::new([(0, "a"), (1, "b"), (2, "a"), (3, "c"), (4, "a"), (5, "b")]);
        let mut order = Vec::new();
        let mut held = None;
        while let Some((group, case)) = schedule.take(held) {
            held = Some(group);
            order.push(case);
        }
        assert_eq!(order, [0, 2, 4, 1, 5, 3]);
    }

    #[test]
    fn nobody_is_idle_while_cases_are_left() {
        let mut schedule = Schedule::new((0..10).map(|case| (case, "a")).chain([(10, "b")]));
        let first = schedule.take(None).unwrap();
        let second = schedule.take(None).unwrap();
        assert_eq!((first, second), ((0, 0), (1, 10)));
        // The second has nothing of its own left and helps from the far end.
        assert_eq!(schedule.take(Some(1)), Some((0, 9)));
        assert_eq!(schedule.take(Some(0)), Some((0, 1)));
        schedule.give_back(0, 1);
        assert_eq!(schedule.take(Some(0)), Some((0, 1)));
        let rest = std::iter::from_fn(|| schedule.take(None)).count();
        assert_eq!(rest, 7);
    }

    #[test]
    fn memory_is_lent_in_order_and_never_beyond_the_limit() {
        let mut budget = Budget::new(100);
        budget.ask(1, 60);
        budget.ask(2, 60);
        budget.ask(3, 10);
        assert_eq!(budget.grant(), Some(1));
        // A small one does not overtake, so that a large one is not put off for ever.
        assert_eq!(budget.grant(), None);
        // Who asks again has let go of the last image.
        budget.ask(1, 1000);
        assert_eq!([budget.grant(), budget.grant(), budget.grant()], [Some(2), Some(3), None]);
        budget.release(2);
        assert_eq!(budget.grant(), None);
        budget.release(3);
        assert_eq!(budget.grant(), Some(1));
        assert_eq!(budget.peak, 1000);
        assert!(default_memory() > 1 << 20);
    }
}
