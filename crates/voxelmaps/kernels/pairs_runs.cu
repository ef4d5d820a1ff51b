// GLCM (all but the MCC) and GLRLM of the 27-voxel window around each voxel: one thread, one voxel.
//
// Both are means over 13 directions, which are walked in a loop; pairs and levels are walked by the bits of words.
// How often the pair of levels of a pair occurs is a popcount, so there is no matrix. Sums over pairs are whole
// numbers and are divided once, at the end of a direction.
#include "features.cuh"
#include "window.cuh"

// Functions of the difference of two levels, and of one level, for levels up to the highest of the region.
struct Tables {
    float *id, *idm, *idn, *idmn, *inverse_square; // of a difference; the last also of a level
    u64 *log2, *times_log2;                        // log2 k and k log2 k in units of 2^-40

    __device__ __forceinline__ Tables(u64 *memory, u32 entries)
        : id((float *)(memory + 2 * LOGARITHMS)), idm(id + entries), idn(idm + entries), idmn(idn + entries),
          inverse_square(idmn + entries), log2(memory), times_log2(memory + LOGARITHMS) {}

    template <int BLOCK> __device__ __forceinline__ void fill(u32 entries, u32 thread) {
        float count = (float)(entries - 1);
        for (u32 k = thread; k < entries; k += BLOCK) {
            float d = (float)k, part = d / count;
            id[k] = 1.0f / (1.0f + d);
            idm[k] = 1.0f / (1.0f + d * d);
            idn[k] = 1.0f / (1.0f + part);
            idmn[k] = 1.0f / (1.0f + part * part);
            inverse_square[k] = k == 0 ? 0.0f : 1.0f / (d * d);
        }
        for (u32 k = thread; k < LOGARITHMS; k += BLOCK) {
            log2[k] = LOG2[k];
            times_log2[k] = k * LOG2[k];
        }
    }
};

// `highest` is the highest grey level of the region, N_g. Dynamic shared memory, in bytes: 592 + 20 (N_g + 1)
// rounded up to 8, then for each thread 136 and the bytes of two histograms, 2 N_g - 1 and N_g, each rounded up to 4.
template <int BLOCK> DEVICE void pairs_runs(const Job &job, u32 highest, float *values, u64 wanted) {
    DYNAMIC_SHARED(memory);
    u32 thread = threadIdx.x, entries = highest + 1;
    Tables tables(memory, entries);
    tables.fill<BLOCK>(entries, thread);
    u8 *columns = (u8 *)(memory + 2 * LOGARITHMS + (5 * entries + 1) / 2);
    Window<BLOCK> window(columns, thread);
    u32 sum_words = (2 * highest + 2) / 4, difference_words = (highest + 3) / 4;
    u8 *histograms = columns + Window<BLOCK>::BYTES + 4 * thread;
    Bytes<BLOCK> sums{histograms}, differences{histograms + 4 * BLOCK * sum_words};
    for (u32 k = 0; k < sum_words + difference_words; k++) *(u32 *)&sums[4 * k] = 0;
    __syncthreads();

    u32 voxel = blockIdx.x * BLOCK + thread;
    if (voxel >= job.count) return;
    u32 packed[7];
    u32 inside = load_window(job, job.voxels[voxel], packed);
    window.fill(inside, packed);

    // Sums of the features over directions.
    u32 pair_directions = 0, run_directions = 0;
    float autocorrelation = 0, cluster_prominence = 0, cluster_tendency = 0, contrast = 0, difference_average = 0,
          difference_entropy = 0, difference_variance = 0, id = 0, idm = 0, idmn = 0, idn = 0, imc1 = 0, imc2 = 0,
          inverse_variance = 0, sum_average = 0, joint_energy = 0, joint_entropy = 0, maximum_probability = 0,
          sum_entropy = 0, sum_squares = 0;
    FractionSum cluster_shade, correlation;
    float level_non_uniformity = 0, level_non_uniformity_normalized = 0, level_variance = 0, high_level = 0,
          long_runs = 0, long_high = 0, long_low = 0, low_level = 0, run_entropy = 0, length_non_uniformity = 0,
          length_non_uniformity_normalized = 0, run_percentage = 0, run_variance = 0, short_runs = 0,
          short_high = 0, short_low = 0;

    for (u32 direction = 0; direction < 13; direction++) {
        u32 shift = direction + 1;
        u32 pairs = PAIRS[direction] & inside & inside >> shift;
        bool lines = (pairs | (TRIPLES[direction] & inside & inside >> 2 * shift)) != 0;
        if (!lines) continue;

        // Pairs. With levels i and j: sums of powers of i + j, of i j, of |i - j| and of functions of it.
        u32 same = 0, sum1 = 0, sum2 = 0, sum3 = 0, products = 0, distances = 0, energy = 0, largest = 0;
        u64 sum4 = 0, joint = 0, of_sums = 0, of_differences = 0;
        float f_id = 0, f_idm = 0, f_idn = 0, f_idmn = 0, f_inverse = 0;
        for (u32 rest = pairs; rest != 0; rest &= rest - 1) {
            u32 b = lowest(rest), c = b + shift;
            u32 i = window.level[b], j = window.level[c];
            u32 with_i = window.equal[b], with_j = window.equal[c];
            // Pairs of the same two levels, in either order.
            u32 alike = (u32)__popc(((with_i & with_j >> shift) | (with_j & with_i >> shift)) & pairs);
            u32 twice = i == j ? 1 : 0;
            u32 sum = i + j, distance = i > j ? i - j : j - i, square = sum * sum;
            same |= twice << b;
            sum1 += sum;
            sum2 += square;
            sum3 += square * sum;
            sum4 += (u64)square * square;
            products += i * j;
            distances += distance;
            energy += alike << twice;
            largest = max(largest, alike << twice);
            joint += tables.log2[alike] + (twice ? ONE_BIT : 0);
            f_id += tables.id[distance];
            f_idm += tables.idm[distance];
            f_idn += tables.idn[distance];
            f_idmn += tables.idmn[distance];
            f_inverse += tables.inverse_square[distance];
            // Adding up how k log2 k grows leaves the sum over the histogram.
            u32 n = sums[sum - 2];
            of_sums += tables.times_log2[n + 1] - tables.times_log2[n];
            sums[sum - 2] = (u8)(n + 1);
            n = differences[distance];
            of_differences += tables.times_log2[n + 1] - tables.times_log2[n];
            differences[distance] = (u8)(n + 1);
        }
        for (u32 rest = pairs; rest != 0; rest &= rest - 1) {
            u32 b = lowest(rest);
            u32 i = window.level[b], j = window.level[b + shift];
            sums[i + j - 2] = 0;
            differences[i > j ? i - j : j - i] = 0;
        }

        // Runs: a run starts where the voxel before is not the same; `same` says how it goes on.
        u32 starts = inside & ~(same << shift);
        u32 runs1 = starts & ~same, runs3 = starts & same & same >> shift, runs2 = starts & same & ~runs3;

        // Levels: marginal counts of the pairs, and runs.
        u64 marginal = 0, of_runs = 0;
        u32 count_squares = 0, levels1 = 0, levels2 = 0, short_square = 0, long_square = 0;
        float low = 0, low_short = 0, low_long = 0;
        for (u32 rest = window.leaders; rest != 0; rest &= rest - 1) {
            u32 b = lowest(rest), i = window.level[b], with_i = window.equal[b];
            u32 ends = (u32)(__popc(with_i & pairs) + __popc(with_i >> shift & pairs));
            u32 n1 = (u32)__popc(with_i & runs1), n2 = (u32)__popc(with_i & runs2), n3 = (u32)__popc(with_i & runs3);
            marginal += tables.times_log2[ends];
            of_runs += tables.times_log2[n1] + tables.times_log2[n2] + tables.times_log2[n3];
            u32 n = n1 + n2 + n3, square = i * i;
            u32 shorter = 36 * n1 + 9 * n2 + 4 * n3; // 36 / length^2
            u32 longer = n1 + 4 * n2 + 9 * n3;       // length^2
            count_squares += n * n;
            levels1 += n * i;
            levels2 += n * square;
            short_square += shorter * square;
            long_square += longer * square;
            float inverse = tables.inverse_square[i];
            low += (float)n * inverse;
            low_short += (float)shorter * inverse;
            low_long += (float)longer * inverse;
        }

        if (pairs != 0) {
            pair_directions++;
            u32 n = (u32)__popc(pairs);
            i64 n64 = n, s1 = sum1, s2 = sum2, s3 = sum3, s4 = (i64)sum4;
            float count = (float)n, square = (float)(n * n);
            u32 differences2 = sum2 - 4 * products; // sum of (i - j)^2
            u32 squares = sum2 - 2 * products;      // sum of i^2 + j^2
            autocorrelation += (float)products / count;
            cluster_prominence += (float)(n64 * n64 * n64 * s4 - 4 * n64 * n64 * s1 * s3 + 6 * n64 * s1 * s1 * s2 -
                                          3 * s1 * s1 * s1 * s1) /
                                  (square * square);
            cluster_shade.add(n64 * n64 * s3 - 3 * n64 * s1 * s2 + 2 * s1 * s1 * s1, n64 * n64 * n64);
            cluster_tendency += (float)(n * sum2 - sum1 * sum1) / square;
            contrast += (float)differences2 / count;
            // Of the marginal distribution: 4 n^2 times its variance.
            u32 variance = 2 * n * squares - sum1 * sum1;
            i32 covariance = (i32)(4 * n * products - sum1 * sum1);
            correlation.add(variance == 0 ? 1 : covariance, variance == 0 ? 1 : variance);
            sum_squares += (float)variance / (4.0f * square);
            difference_average += (float)distances / count;
            difference_variance += (float)(n * differences2 - distances * distances) / square;
            difference_entropy += from_fixed((i64)(n * tables.log2[n] - of_differences)) / count;
            sum_entropy += from_fixed((i64)(n * tables.log2[n] - of_sums)) / count;
            sum_average += (float)sum1 / count;
            id += f_id / count;
            idm += f_idm / count;
            idn += f_idn / count;
            idmn += f_idmn / count;
            inverse_variance += f_inverse / count;
            joint_energy += (float)energy / (2.0f * square);
            maximum_probability += (float)largest / (2.0f * count);
            // n times the entropies of the matrix and of its marginal, and n times 2 HX - HXY, which is 0 exactly
            // where the levels are independent and far from 0 elsewhere.
            i64 whole = (i64)(n * tables.log2[2 * n]);
            i64 entropy = whole - (i64)joint;
            i64 entropy_x = whole - (i64)(marginal / 2);
            i64 information = 2 * whole - (i64)marginal - entropy;
            joint_entropy += from_fixed(entropy) / count;
            if (information > 4096) {
                imc1 -= from_fixed(information) / from_fixed(entropy_x);
                imc2 += sqrtf(-expm1f(-2.0f * (from_fixed(information) / count)));
            }
        }

        run_directions++;
        u32 n1 = (u32)__popc(runs1), n2 = (u32)__popc(runs2), n3 = (u32)__popc(runs3), n = n1 + n2 + n3;
        u32 voxels = n1 + 2 * n2 + 3 * n3, length_squares = n1 * n1 + n2 * n2 + n3 * n3;
        float count = (float)n, square = (float)(n * n);
        level_non_uniformity += (float)count_squares / count;
        level_non_uniformity_normalized += (float)count_squares / square;
        level_variance += (float)(n * levels2 - levels1 * levels1) / square;
        high_level += (float)levels2 / count;
        long_runs += (float)(n1 + 4 * n2 + 9 * n3) / count;
        long_high += (float)long_square / count;
        long_low += low_long / count;
        low_level += low / count;
        run_entropy += from_fixed((i64)(n * tables.log2[n] - of_runs)) / count;
        length_non_uniformity += (float)length_squares / count;
        length_non_uniformity_normalized += (float)length_squares / square;
        run_percentage += count / (float)voxels;
        run_variance += (float)(n * (n1 + 4 * n2 + 9 * n3) - voxels * voxels) / square;
        short_runs += (float)(36 * n1 + 9 * n2 + 4 * n3) / (36.0f * count);
        short_high += (float)short_square / (36.0f * count);
        short_low += low_short / (36.0f * count);
    }

    // Without a direction 0 / 0: not a number.
    Output out{values, wanted, job.count, voxel};
    float n = (float)pair_directions;
    out.put(AUTOCORRELATION, autocorrelation / n);
    out.put(CLUSTER_PROMINENCE, cluster_prominence / n);
    out.put(CLUSTER_SHADE, cluster_shade.value() / n);
    out.put(CLUSTER_TENDENCY, cluster_tendency / n);
    out.put(CONTRAST, contrast / n);
    out.put(CORRELATION, correlation.value() / n);
    out.put(DIFFERENCE_AVERAGE, difference_average / n);
    out.put(DIFFERENCE_ENTROPY, difference_entropy / n);
    out.put(DIFFERENCE_VARIANCE, difference_variance / n);
    out.put(ID, id / n);
    out.put(IDM, idm / n);
    out.put(IDMN, idmn / n);
    out.put(IDN, idn / n);
    out.put(IMC1, imc1 / n);
    out.put(IMC2, imc2 / n);
    out.put(INVERSE_VARIANCE, inverse_variance / n);
    out.put(JOINT_AVERAGE, 0.5f * sum_average / n);
    out.put(JOINT_ENERGY, joint_energy / n);
    out.put(JOINT_ENTROPY, joint_entropy / n);
    out.put(MAXIMUM_PROBABILITY, maximum_probability / n);
    out.put(SUM_AVERAGE, sum_average / n);
    out.put(SUM_ENTROPY, sum_entropy / n);
    out.put(SUM_SQUARES, sum_squares / n);
    n = (float)run_directions;
    out.put(GLRLM + LEVEL_NON_UNIFORMITY, level_non_uniformity / n);
    out.put(GLRLM + LEVEL_NON_UNIFORMITY_NORMALIZED, level_non_uniformity_normalized / n);
    out.put(GLRLM + LEVEL_VARIANCE, level_variance / n);
    out.put(GLRLM + HIGH_LEVEL_EMPHASIS, high_level / n);
    out.put(GLRLM + LONG_EMPHASIS, long_runs / n);
    out.put(GLRLM + LONG_HIGH_EMPHASIS, long_high / n);
    out.put(GLRLM + LONG_LOW_EMPHASIS, long_low / n);
    out.put(GLRLM + LOW_LEVEL_EMPHASIS, low_level / n);
    out.put(GLRLM + RUN_ENTROPY, run_entropy / n);
    out.put(GLRLM + LENGTH_NON_UNIFORMITY, length_non_uniformity / n);
    out.put(GLRLM + LENGTH_NON_UNIFORMITY_NORMALIZED, length_non_uniformity_normalized / n);
    out.put(GLRLM + RUN_PERCENTAGE, run_percentage / n);
    out.put(GLRLM + RUN_VARIANCE, run_variance / n);
    out.put(GLRLM + SHORT_EMPHASIS, short_runs / n);
    out.put(GLRLM + SHORT_HIGH_EMPHASIS, short_high / n);
    out.put(GLRLM + SHORT_LOW_EMPHASIS, short_low / n);
}

// Many levels need much shared memory for each thread: the smaller block fits where the larger one does not.
extern "C" __global__ void __launch_bounds__(64)
    pairs_runs_64(JOB, u32 highest, float *values, u64 wanted) {
    pairs_runs<64>(THE_JOB, highest, values, wanted);
}
extern "C" __global__ void __launch_bounds__(32)
    pairs_runs_32(JOB, u32 highest, float *values, u64 wanted) {
    pairs_runs<32>(THE_JOB, highest, values, wanted);
}
REGISTER(pairs_runs_64)
REGISTER(pairs_runs_32)
