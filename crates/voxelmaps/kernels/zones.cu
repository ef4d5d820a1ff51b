// GLDM, GLSZM and NGTDM of the 27-voxel window around each voxel: one thread, one voxel.
//
// Neighbours are those inside the window. Sums run over voxels, zones and grey levels; whole numbers wherever the
// features allow it, so that the order does not matter.
#include "features.cuh"
#include "window.cuh"

#define BLOCK 64

// Shared memory of a block.
struct Memory {
    u64 log2[LOGARITHMS], times_log2[LOGARITHMS];
    u32 window[Window<BLOCK>::BYTES / 4];
    u32 words[27 * BLOCK]; // for each thread: bits by dependence, then distances by voxel
    u32 sizes[7 * BLOCK];  // for each thread: zones of each size, in bytes
};

// Voxels by grey level and dependence: how many neighbours, itself included, share the voxel's level.
DEVICE void dependence(const Window<BLOCK> &window, const Column<BLOCK, u32> &with, const Memory &memory,
                       const Output &out) {
    for (u32 k = 0; k < 27; k++) with[k] = 0; // bits of the voxels with dependence k + 1
    u32 levels = 0, levels1 = 0, levels2 = 0, sizes1 = 0, sizes2 = 0, large_high = 0;
    float low = 0, small = 0, small_high = 0, small_low = 0, large_low = 0;
    for (u32 b = 0; b < 27; b++) {
        if (!(window.inside >> b & 1)) continue;
        u32 i = window.level[b], j = (u32)__popc(window.equal[b] & NEIGHBOURS[b]) + 1;
        with[j - 1] |= 1u << b;
        u32 ii = i * i, jj = j * j;
        levels += (u32)__popc(window.equal[b]);
        levels1 += i;
        levels2 += ii;
        sizes1 += j;
        sizes2 += jj;
        large_high += ii * jj; // at most 27^3 255^2
        low += 1.0f / (float)ii;
        small += 1.0f / (float)jj;
        small_high += (float)ii / (float)jj;
        small_low += 1.0f / (float)(ii * jj);
        large_low += (float)jj / (float)ii;
    }
    u32 sizes = 0;
    u64 logarithms = 0;
    for (u32 k = 0; k < 27; k++) {
        u32 n = (u32)__popc(with[k]);
        sizes += n * n;
        for (u32 rest = with[k]; rest != 0; rest &= rest - 1)
            logarithms += memory.log2[__popc(window.equal[lowest(rest)] & with[k])];
    }
    u32 n = (u32)__popc(window.inside);
    float count = (float)n, square = (float)(n * n);
    out.put(DEPENDENCE_ENTROPY, from_fixed((i64)(n * memory.log2[n] - logarithms)) / count);
    out.put(DEPENDENCE_NON_UNIFORMITY, (float)sizes / count);
    out.put(DEPENDENCE_NON_UNIFORMITY_NORMALIZED, (float)sizes / square);
    out.put(DEPENDENCE_VARIANCE, (float)(n * sizes2 - sizes1 * sizes1) / square);
    out.put(GLDM_LEVEL_NON_UNIFORMITY, (float)levels / count);
    out.put(GLDM_LEVEL_VARIANCE, (float)(n * levels2 - levels1 * levels1) / square);
    out.put(HIGH_EMPHASIS, (float)levels2 / count);
    out.put(LARGE_DEPENDENCE, (float)sizes2 / count);
    out.put(LARGE_DEPENDENCE_HIGH, (float)large_high / count);
    out.put(LARGE_DEPENDENCE_LOW, large_low / count);
    out.put(LOW_EMPHASIS, low / count);
    out.put(SMALL_DEPENDENCE, small / count);
    out.put(SMALL_DEPENDENCE_HIGH, small_high / count);
    out.put(SMALL_DEPENDENCE_LOW, small_low / count);
}

// `bits` and all their neighbours; bits beyond the 27 may be set.
DEVICE u32 grown(u32 bits) {
    bits |= (bits & ~0x4924924u) << 1 | (bits & ~0x1249249u) >> 1; // not out of the last, the first column
    bits |= (bits & ~0x70381c0u) << 3 | (bits & ~0x1c0e07u) >> 3; // nor of the last, the first row
    return bits | bits << 9 | bits >> 9;
}

// Zones: connected voxels of one grey level.
DEVICE void zones(const Window<BLOCK> &window, const Bytes<BLOCK> &of_size, const Memory &memory, const Output &out) {
    for (u32 k = 0; k < 7; k++) *(u32 *)&of_size[4 * k] = 0;
    u32 n = 0, level_squares = 0, levels1 = 0, levels2 = 0, sizes1 = 0, sizes2 = 0, size_squares = 0, large_high = 0;
    u64 logarithms = 0;
    float low = 0, small = 0, small_high = 0, small_low = 0, large_low = 0;
    for (u32 leaders = window.leaders; leaders != 0; leaders &= leaders - 1) {
        u32 b = lowest(leaders), i = window.level[b], ii = i * i, zones = 0;
        u64 sizes = 0; // zones of this level of each size up to 16, in four bits each; a larger one is the only one
        for (u32 rest = window.equal[b]; rest != 0;) {
            u32 zone = rest, next = rest & (0u - rest);
            // Everything touches the voxel in the middle.
            if (!(rest >> CENTRE & 1)) do {
                    zone = next;
                    next = grown(zone) & rest;
                } while (next != zone);
            rest &= ~zone;
            u32 j = (u32)__popc(zone), jj = j * j;
            if (j <= 16) {
                u32 before = (u32)(sizes >> 4 * (j - 1)) & 15;
                sizes += 1ull << 4 * (j - 1);
                logarithms += memory.times_log2[before + 1] - memory.times_log2[before];
            }
            size_squares += 2u * of_size[j] + 1;
            of_size[j]++;
            zones++;
            sizes1 += j;
            sizes2 += jj;
            large_high += ii * jj;
            small += 1.0f / (float)jj;
            small_high += (float)ii / (float)jj;
            small_low += 1.0f / (float)(ii * jj);
            large_low += (float)jj / (float)ii;
        }
        n += zones;
        level_squares += zones * zones;
        levels1 += zones * i;
        levels2 += zones * ii;
        low += (float)zones / (float)ii;
    }
    float count = (float)n, square = (float)(n * n);
    out.put(GLSZM + ZONE_LEVEL_NON_UNIFORMITY, (float)level_squares / count);
    out.put(GLSZM + ZONE_LEVEL_NON_UNIFORMITY_NORMALIZED, (float)level_squares / square);
    out.put(GLSZM + ZONE_LEVEL_VARIANCE, (float)(n * levels2 - levels1 * levels1) / square);
    out.put(GLSZM + ZONE_HIGH_EMPHASIS, (float)levels2 / count);
    out.put(GLSZM + LARGE_EMPHASIS, (float)sizes2 / count);
    out.put(GLSZM + LARGE_HIGH_EMPHASIS, (float)large_high / count);
    out.put(GLSZM + LARGE_LOW_EMPHASIS, large_low / count);
    out.put(GLSZM + ZONE_LOW_EMPHASIS, low / count);
    out.put(GLSZM + SIZE_NON_UNIFORMITY, (float)size_squares / count);
    out.put(GLSZM + SIZE_NON_UNIFORMITY_NORMALIZED, (float)size_squares / square);
    out.put(GLSZM + SMALL_EMPHASIS, small / count);
    out.put(GLSZM + SMALL_HIGH_EMPHASIS, small_high / count);
    out.put(GLSZM + SMALL_LOW_EMPHASIS, small_low / count);
    out.put(GLSZM + ZONE_ENTROPY, from_fixed((i64)(n * memory.log2[n] - logarithms)) / count);
    out.put(GLSZM + ZONE_PERCENTAGE, count / (float)sizes1);
    out.put(GLSZM + ZONE_VARIANCE, (float)(n * sizes2 - sizes1 * sizes1) / square);
}

// Sums over the three voxels of each line of the window along one axis, `step` bits apart.
template <int STEP> DEVICE void sum_lines(u32 (&sums)[27]) {
#pragma unroll
    for (int b = 0; b < 27; b++) {
        if (b / STEP % 3 != 0) continue;
        u32 first = sums[b], middle = sums[b + STEP], last = sums[b + 2 * STEP];
        sums[b] = first + middle;
        sums[b + STEP] = first + middle + last;
        sums[b + 2 * STEP] = middle + last;
    }
}

// The busyness of levels whose products with their voxels are all equal. The divisor is 0, but PyRadiomics' may be some 1e-16,
// as it rounds n_i / N first: its maps then hold numbers around 1e15.
DEVICE float busyness_of_rounding(const Window<BLOCK> &window, u32 rows, u32 n, float weighted) {
    double divisor = 0.0;
    for (u32 a = 0; a < rows; a++) {
        double x = (double)(window.equal[a] >> 8) * ((double)(window.equal[a] & 255) / (double)n), sum = 0.0;
        for (u32 c = 0; c < rows; c++) {
            double y = (double)(window.equal[c] >> 8) * ((double)(window.equal[c] & 255) / (double)n);
            sum += fabs(x - y);
        }
        divisor += sum;
    }
    return divisor == 0.0 ? 0.0f : (float)((double)weighted / (double)n / divisor);
}

// Grey levels against the means of their neighbours. Uses up `window.equal`.
DEVICE void tones(const Window<BLOCK> &window, const u32 (&packed)[7], const Column<BLOCK, float> &distances,
                  const Output &out) {
    u32 sums[27];
#pragma unroll
    for (int b = 0; b < 27; b++) sums[b] = packed[b / 4] >> 8 * (b % 4) & 255;
    sum_lines<1>(sums);
    sum_lines<3>(sums);
    sum_lines<9>(sums);
#pragma unroll
    for (int b = 0; b < 27; b++) {
        i32 level = (i32)(packed[b / 4] >> 8 * (b % 4) & 255);
        i32 neighbours = __popc(NEIGHBOURS[b] & window.inside);
        i32 difference = level * neighbours - ((i32)sums[b] - level);
        difference = difference < 0 ? -difference : difference;
        distances[b] = neighbours == 0 ? 0.0f : (float)difference / (float)neighbours;
    }
    // A row for each grey level, in place of what has been used: level, voxels, sum of distances.
    u32 rows = 0, n = 0, levels1 = 0, levels2 = 0, count_levels = 0, count_levels2 = 0;
    float weighted = 0, total = 0;
    for (u32 leaders = window.leaders; leaders != 0; leaders &= leaders - 1) {
        u32 b = lowest(leaders), i = window.level[b], voxels = (u32)__popc(window.equal[b]);
        float sum = 0;
        for (u32 rest = window.equal[b]; rest != 0; rest &= rest - 1) sum += distances[lowest(rest)];
        window.equal[rows] = i << 8 | voxels;
        distances[rows] = sum;
        rows++;
        n += voxels;
        levels1 += i;
        levels2 += i * i;
        count_levels += voxels * i;
        count_levels2 += voxels * i * i;
        weighted += (float)voxels * sum;
        total += sum;
    }
    float complexity = 0;
    u32 between = 0;
    for (u32 a = 1; a < rows; a++) {
        u32 i = window.equal[a] >> 8, n_i = window.equal[a] & 255;
        float s_i = (float)n_i * distances[a];
        for (u32 c = 0; c < a; c++) {
            u32 j = window.equal[c] >> 8, n_j = window.equal[c] & 255;
            float s_j = (float)n_j * distances[c];
            u32 x = i * n_i, y = j * n_j;
            between += x > y ? x - y : y - x;
            complexity += (float)(i > j ? i - j : j - i) * ((s_i + s_j) / (float)(n_i + n_j));
        }
    }
    float count = (float)n;
    // Sums over ordered pairs of levels, from single ones: n_i n_j (i - j)^2, and (n_i + n_j) (i - j)^2.
    u32 products = 2 * (n * count_levels2 - count_levels * count_levels);
    u32 spread = 2 * (rows * count_levels2 + n * levels2 - 2 * count_levels * levels1);
    float busyness = 0.0f;
    if (between != 0) busyness = weighted / (2.0f * (float)between);
    else if (rows > 1 && weighted != 0.0f) busyness = busyness_of_rounding(window, rows, n, weighted);
    out.put(NGTDM + BUSYNESS, busyness);
    out.put(NGTDM + COARSENESS, weighted == 0.0f ? 1e6f : count / weighted);
    out.put(NGTDM + COMPLEXITY, 2.0f * complexity / count);
    out.put(NGTDM + NGTDM_CONTRAST, rows < 2 ? 0.0f
                                             : (float)products / (count * count) * (total / count) /
                                                   (float)(rows * (rows - 1)));
    out.put(NGTDM + STRENGTH, total == 0.0f ? 0.0f : (float)spread / count / total);
}

extern "C" __global__ void __launch_bounds__(BLOCK) zones_64(JOB, float *values, u64 wanted) {
    const Job job = THE_JOB;
    __shared__ Memory memory;
    u32 thread = threadIdx.x;
    for (u32 k = thread; k < LOGARITHMS; k += BLOCK) {
        memory.log2[k] = LOG2[k];
        memory.times_log2[k] = k * LOG2[k];
    }
    __syncthreads();
    u32 voxel = blockIdx.x * BLOCK + thread;
    if (voxel >= job.count) return;
    u32 packed[7];
    u32 inside = load_window(job, job.voxels[voxel], packed);
    Window<BLOCK> around((u8 *)memory.window, thread);
    around.fill(inside, packed);
    Output out{values, wanted, job.count, voxel};
    u32 *words = memory.words + thread;
    if (wanted & ((1ull << GLSZM) - 1)) dependence(around, Column<BLOCK, u32>{words}, memory, out);
    if (wanted >> GLSZM & ((1ull << GLSZM_FEATURES) - 1))
        zones(around, Bytes<BLOCK>{(u8 *)(memory.sizes + thread)}, memory, out);
    if (wanted >> NGTDM) tones(around, packed, Column<BLOCK, float>{(float *)words}, out);
}
REGISTER(zones_64)
