// First-order statistics of the 27-voxel window around each voxel: one thread, one voxel.
//
// In double precision: intensities may be large numbers with small differences. The rounding of percentiles is
// numpy's, as they decide which voxels the robust deviation counts.
#include "features.cuh"
#include "window.cuh"

#define BLOCK 64

// A number whose order as an integer is that of the double.
DEVICE i64 to_key(double x) {
    i64 bits = __double_as_longlong(x);
    return bits < 0 ? bits ^ 0x7fffffffffffffffll : bits;
}
DEVICE double from_key(i64 key) { return __longlong_as_double(key < 0 ? key ^ 0x7fffffffffffffffll : key); }

// The quantile of the sorted keys: linear between neighbours, from the nearer side.
DEVICE double quantile(const Column<BLOCK, i64> &sorted, u32 n, double fraction) {
    double place = (double)(n - 1) * fraction;
    u32 below = (u32)place, above = below + 1 < n ? below + 1 : n - 1;
    double a = from_key(sorted[below]), b = from_key(sorted[above]), t = place - (double)below;
    return t < 0.5 ? a + (b - a) * t : b - (b - a) * (1.0 - t);
}

// `image` has the shape of the levels; `shift` is added to an intensity before it is squared; `volume` is that of
// a voxel, in mm^3.
extern "C" __global__ void __launch_bounds__(BLOCK)
    first_order_64(JOB, const double *image, double shift, double volume, float *values, u64 wanted) {
    const Job job = THE_JOB;
    __shared__ i64 keys[27 * BLOCK];
    __shared__ u64 log2[LOGARITHMS];
    u32 thread = threadIdx.x;
    for (u32 k = thread; k < LOGARITHMS; k += BLOCK) log2[k] = LOG2[k];
    __syncthreads();
    u32 voxel = blockIdx.x * BLOCK + thread;
    if (voxel >= job.count) return;
    u32 centre = job.voxels[voxel], packed[7];
    u32 inside = load_window(job, centre, packed);

    // Insertion into the sorted column; sums; voxels of the same level.
    Column<BLOCK, i64> sorted{keys + thread};
    u32 n = 0, squares = 0;
    u64 logarithms = 0;
    double sum = 0.0, energy = 0.0;
    for (u32 rest = inside; rest != 0; rest &= rest - 1) {
        u32 b = lowest(rest);
        i32 offset = ((i32)(b / 9) - 1) * job.plane + ((i32)(b / 3 % 3) - 1) * job.row + ((i32)(b % 3) - 1);
        double x = image[(i64)centre + offset];
        sum += x;
        energy += (x + shift) * (x + shift);
        i64 key = to_key(x);
        u32 place = n++;
        for (; place > 0 && sorted[place - 1] > key; place--) sorted[place] = sorted[place - 1];
        sorted[place] = key;
        u32 alike = (u32)__popc(equal_to(packed, job.levels[(i64)centre + offset]) & inside);
        squares += alike;
        logarithms += log2[alike];
    }
    double size = (double)n;
    double minimum = from_key(sorted[0]), maximum = from_key(sorted[n - 1]);
    // A flat window has exactly its own value as mean.
    double mean = minimum == maximum ? minimum : sum / size;
    double p10 = quantile(sorted, n, 0.1), p25 = quantile(sorted, n, 0.25), median = quantile(sorted, n, 0.5),
           p75 = quantile(sorted, n, 0.75), p90 = quantile(sorted, n, 0.9);

    double d1 = 0.0, d2 = 0.0, d3 = 0.0, d4 = 0.0, absolute = 0.0, robust_sum = 0.0, robust_count = 0.0;
    for (u32 k = 0; k < n; k++) {
        double x = from_key(sorted[k]), d = x - mean, dd = d * d;
        d1 += d;
        d2 += dd;
        d3 += dd * d;
        d4 += dd * dd;
        absolute += fabs(d);
        if (x >= p10 && x <= p90) {
            robust_sum += d;
            robust_count += 1.0;
        }
    }
    double robust_mean = mean + robust_sum / robust_count, robust = 0.0;
    for (u32 k = 0; k < n; k++) {
        double x = from_key(sorted[k]);
        if (x >= p10 && x <= p90) robust += fabs(x - robust_mean);
    }
    // The mean is rounded, which the moments around it show in `d1`.
    d1 /= size, d2 /= size, d3 /= size, d4 /= size;
    double variance = d2 - d1 * d1;
    if (variance < 0.0) variance = 0.0;
    double third = d3 - 3.0 * d1 * d2 + 2.0 * d1 * d1 * d1;
    double fourth = d4 - 4.0 * d1 * d3 + 6.0 * d1 * d1 * d2 - 3.0 * d1 * d1 * d1 * d1;
    double deviation = sqrt(variance);

    Output out{values, wanted, job.count, voxel};
    out.put(PERCENTILE_10, (float)p10);
    out.put(PERCENTILE_90, (float)p90);
    out.put(ENERGY, (float)energy);
    out.put(ENTROPY, from_fixed((i64)(n * log2[n] - logarithms)) / (float)n);
    out.put(INTERQUARTILE_RANGE, (float)(p75 - p25));
    out.put(KURTOSIS, variance > 0.0 ? (float)(fourth / (variance * variance)) : 0.0f);
    out.put(MAXIMUM, (float)maximum);
    out.put(MEAN_ABSOLUTE_DEVIATION, (float)(absolute / size));
    out.put(MEAN, (float)mean);
    out.put(MEDIAN, (float)median);
    out.put(MINIMUM, (float)minimum);
    out.put(RANGE, (float)(maximum - minimum));
    out.put(ROBUST_MEAN_ABSOLUTE_DEVIATION, (float)(robust / robust_count));
    out.put(ROOT_MEAN_SQUARED, (float)sqrt(energy / size));
    out.put(SKEWNESS, variance > 0.0 ? (float)(third / (variance * deviation)) : 0.0f);
    out.put(TOTAL_ENERGY, (float)(energy * volume));
    out.put(UNIFORMITY, (float)squares / (float)(n * n));
    out.put(VARIANCE, (float)variance);
    out.put(STANDARD_DEVIATION, (float)deviation);
}
REGISTER(first_order_64)
