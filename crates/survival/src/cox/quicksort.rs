//! Singleton's quicksort (Algorithm 347, Communications of the ACM 12, 1969), which glmnet sorts times by. It is not
//! stable, and glmnet's risk sets depend on the order in which it leaves equal times.

/// Shorter pieces are sorted by insertion.
const SHORT: usize = 11;

/// Positions of the values in increasing order.
pub(crate) fn order(values: &[f64]) -> Vec<u32> {
    let mut a: Vec<u32> = (0..values.len() as u32).collect();
    if values.len() < 2 {
        return a;
    }
    let v = |i: u32| values[i as usize];
    let mut waiting = Vec::new();
    let (mut first, mut last) = (0, values.len() - 1);
    loop {
        // The piece that starts at 0 is split to the end: insertion needs something in front of its piece.
        if last - first >= SHORT || (first == 0 && first < last) {
            let (left, right) = split(&mut a, &v, first, last);
            let longer;
            ((first, last), longer) = if left as isize - first as isize <= last as isize - right as isize {
                ((first, left), (right, last))
            } else {
                ((right, last), (first, left))
            };
            waiting.push(longer);
            continue;
        }
        for i in first..last {
            let t = a[i + 1];
            if v(a[i]) <= v(t) {
                continue;
            }
            let mut k = i;
            loop {
                a[k + 1] = a[k];
                k -= 1;
                if v(t) >= v(a[k]) {
                    break;
                }
            }
            a[k + 1] = t;
        }
        match waiting.pop() {
            Some(piece) => (first, last) = piece,
            None => return a,
        }
    }
}

/// Splits about the median of first, middle and last; gives the end of the lower and the start of the upper part.
fn split(a: &mut [u32], v: &impl Fn(u32) -> f64, first: usize, last: usize) -> (usize, usize) {
    let middle = (first + last) / 2;
    if v(a[first]) > v(a[middle]) {
        a.swap(first, middle);
    }
    if v(a[last]) < v(a[middle]) {
        a.swap(last, middle);
        if v(a[first]) > v(a[middle]) {
            a.swap(first, middle);
        }
    }
    let pivot = v(a[middle]);
    let (mut k, mut l) = (first, last);
    loop {
        l -= 1;
        while v(a[l]) > pivot {
            l -= 1;
        }
        k += 1;
        while v(a[k]) < pivot {
            k += 1;
        }
        if k > l {
            return (l, k);
        }
        a.swap(k, l);
    }
}

#[test]
fn values_come_out_sorted() {
    let values: Vec<f64> = (0..1000_u32).map(|i| f64::from(i.wrapping_mul(2_654_435_761) % 97)).collect();
    for n in [0, 1, 2, 3, 10, 11, 12, 13, 100, 1000] {
        let order = order(&values[..n]);
        assert!(order.windows(2).all(|w| values[w[0] as usize] <= values[w[1] as usize]));
        let mut seen = order.clone();
        seen.sort_unstable();
        assert!(seen.iter().enumerate().all(|(i, s)| i as u32 == *s));
    }
}
