// Maximal correlation coefficient (GLCM) of the 27-voxel window around each voxel: one thread, one voxel.
//
// It is the second largest singular value of the symmetrical B_ij = n_ij / sqrt(m_i m_j), m being the marginal counts
// of a direction's pairs. The largest is 1 and has the vector sqrt(m_i). It is 1 a second time exactly where the graph
// of levels that occur together falls apart or has two colours. What is left over has a pair for each level at
// least, so 18 levels at most. In double precision: where levels are independent the value is 0.
#include "features.cuh"
#include "window.cuh"

#define BLOCK 64
#define MOST 18

// Place of row i, column j <= i of a symmetrical matrix.
DEVICE u32 place(u32 i, u32 j) { return i * (i + 1) / 2 + j; }

// Two levels, step by step as LAPACK calculates the eigenvalues of Q: where levels are independent its result is
// rounding, which the root makes large enough to be seen in a mean, or not a number. `a`, `b`, `c`: pairs of the first
// level, of both, of the second.
DEVICE double second_of_two(u32 a, u32 b, u32 c) {
    double total = 2.0 * (double)(a + b + c);
    double p00 = 2.0 * (double)a / total, p01 = (double)b / total, p11 = 2.0 * (double)c / total;
    double x = p00 + p01, y = p01 + p11;
    const double epsilon = 2.220446049250313e-16;
    double q00 = p00 * p00 / (x * x + epsilon) + p01 * p01 / (x * y + epsilon);
    double q01 = p00 * p01 / (x * x + epsilon) + p01 * p11 / (x * y + epsilon);
    double q10 = p01 * p00 / (y * x + epsilon) + p11 * p01 / (y * y + epsilon);
    double q11 = p01 * p01 / (y * x + epsilon) + p11 * p11 / (y * y + epsilon);
    if (q01 == 0.0 || q10 == 0.0) return sqrt(fmin(q00, q11));
    double half = 0.5 * (q00 - q11), larger = fmax(q01, q10), smaller = fmin(q01, q10);
    double scale = fmax(fabs(half), larger);
    double square = (half / scale) * half + (larger / scale) * smaller;
    double z = half + copysign(sqrt(scale) * sqrt(square), half);
    return sqrt(fmin(q11 + z, q11 - (larger / z) * smaller));
}

// Brings the symmetrical matrix to three diagonals by Householder's reflections, from the last row up: `diagonal`, and
// in `beside[i]` the element between i and i + 1, squared.
DEVICE void tridiagonal(double *matrix, u32 n, double *diagonal, double *beside) {
    double vector[MOST];
    for (u32 i = n - 1; i > 0; i--) {
        double *row = matrix + place(i, 0);
        diagonal[i] = row[i];
        double square = 0.0;
        for (u32 k = 0; k < i; k++) square += row[k] * row[k];
        beside[i - 1] = square;
        double rest = square - row[i - 1] * row[i - 1];
        if (rest <= 0.0) continue; // nothing to reflect
        // u = row with its last element moved away from 0; the reflection is 1 - u u^T / h.
        double root = copysign(sqrt(square), row[i - 1]);
        double h = square + root * row[i - 1];
        row[i - 1] += root;
        double along = 0.0;
        for (u32 a = 0; a < i; a++) {
            double sum = 0.0;
            for (u32 b = 0; b <= a; b++) sum += matrix[place(a, b)] * row[b];
            for (u32 b = a + 1; b < i; b++) sum += matrix[place(b, a)] * row[b];
            vector[a] = sum / h;
            along += vector[a] * row[a];
        }
        double share = along / (2.0 * h);
        for (u32 a = 0; a < i; a++) vector[a] -= share * row[a];
        for (u32 a = 0; a < i; a++)
            for (u32 b = 0; b <= a; b++) matrix[place(a, b)] -= row[a] * vector[b] + vector[a] * row[b];
    }
    diagonal[0] = matrix[0];
}

// How many eigenvalues lie below x: changes of sign in Sturm's sequence.
DEVICE u32 below(const double *diagonal, const double *beside, u32 n, double x) {
    double before = 1.0, now = diagonal[0] - x;
    u32 changes = 0;
    for (u32 i = 1;; i++) {
        if (now == 0.0) now = before * 0x1p-60;
        changes += (now < 0.0) != (before < 0.0) ? 1 : 0;
        if (i >= n) return changes;
        double next = (diagonal[i] - x) * now - beside[i - 1] * before;
        before = now;
        now = next;
    }
}

// The second largest absolute eigenvalue of n levels, which lies from 0 to 1, to 2^-44.
DEVICE double second(double *matrix, u32 n) {
    double diagonal[MOST], beside[MOST];
    tridiagonal(matrix, n, diagonal, beside);
    double low = 0.0, high = 1.0;
    for (u32 step = 0; step < 44; step++) {
        double x = 0.5 * (low + high);
        // Eigenvalues above x and below -x.
        u32 beyond = n - below(diagonal, beside, n, x) + below(diagonal, beside, n, -x);
        if (beyond >= 2) low = x;
        else high = x;
    }
    return 0.5 * (low + high);
}

// `flat` says that the region has a single grey level: PyRadiomics then gives 1.
extern "C" __global__ void __launch_bounds__(BLOCK) mcc_64(JOB, u32 flat, float *values, u64 wanted) {
    const Job job = THE_JOB;
    __shared__ u32 columns[Window<BLOCK>::BYTES / 4];
    __shared__ u32 words[27 * BLOCK];
    u32 thread = threadIdx.x;
    u32 voxel = blockIdx.x * BLOCK + thread;
    if (voxel >= job.count) return;
    u32 packed[7];
    u32 inside = load_window(job, job.voxels[voxel], packed);
    Window<BLOCK> around((u8 *)columns, thread);
    around.fill(inside, packed);
    Column<BLOCK, u32> beside{words + thread}; // for each leader the leaders of the levels that occur with it

    double sum = 0.0;
    u32 directions = 0, matrices = 0;
    for (u32 direction = 0; direction < 13; direction++) {
        u32 shift = direction + 1, pairs = PAIRS[direction] & inside & inside >> shift;
        if (pairs == 0) continue;
        matrices++;
        // A level is known by its first voxel.
        u32 present = 0;
        for (u32 rest = around.leaders; rest != 0; rest &= rest - 1) beside[lowest(rest)] = 0;
        for (u32 rest = pairs; rest != 0; rest &= rest - 1) {
            u32 b = lowest(rest), i = lowest(around.equal[b]), j = lowest(around.equal[b + shift]);
            present |= 1u << i | 1u << j;
            beside[i] |= 1u << j;
            beside[j] |= 1u << i;
        }
        u32 n = (u32)__popc(present);
        double value = 0.0;
        if (n == 2) {
            u32 first = lowest(present), a = 0, c = 0, total = (u32)__popc(pairs);
            for (u32 rest = pairs; rest != 0; rest &= rest - 1) {
                u32 b = lowest(rest), i = lowest(around.equal[b]), j = lowest(around.equal[b + shift]);
                a += i == j && i == first ? 1 : 0;
                c += i == j && i != first ? 1 : 0;
            }
            value = second_of_two(a, total - a - c, c);
        } else if (n > 2) {
            // Colours spread from one level until nothing changes.
            u32 even = present & (0u - present), odd = 0, before;
            do {
                before = even | odd;
                u32 both = even & odd, next = 0;
                for (u32 rest = even; rest != 0; rest &= rest - 1) next |= beside[lowest(rest)];
                odd |= next;
                next = 0;
                for (u32 rest = odd; rest != 0; rest &= rest - 1) next |= beside[lowest(rest)];
                even |= next;
                if (both != (even & odd)) before = 0;
            } while (before != (even | odd));
            if ((even | odd) != present || (even & odd) == 0) {
                value = 1.0;
            } else {
                double matrix[MOST * (MOST + 1) / 2], roots[MOST];
                for (u32 k = 0; k < n * (n + 1) / 2; k++) matrix[k] = 0.0;
                for (u32 rest = pairs; rest != 0; rest &= rest - 1) {
                    u32 b = lowest(rest), i = lowest(around.equal[b]), j = lowest(around.equal[b + shift]);
                    i = (u32)__popc(present & ((1u << i) - 1));
                    j = (u32)__popc(present & ((1u << j) - 1));
                    matrix[i > j ? place(i, j) : place(j, i)] += i == j ? 2.0 : 1.0;
                }
                u32 left = present;
                for (u32 i = 0; i < n; i++, left &= left - 1) {
                    u32 with_i = around.equal[lowest(left)];
                    u32 ends = (u32)(__popc(with_i & pairs) + __popc(with_i >> shift & pairs));
                    roots[i] = sqrt((double)ends);
                }
                for (u32 i = 0; i < n; i++)
                    for (u32 j = 0; j <= i; j++) matrix[place(i, j)] /= roots[i] * roots[j];
                value = second(matrix, n);
            }
        }
        if (value == value) { // a direction whose value is not a number is left out
            sum += value;
            directions++;
        }
    }
    if (flat) sum = 1.0, directions = 1;
    else if (matrices != 0 && directions == 0) directions = 1; // independent levels everywhere
    Output out{values, wanted, job.count, voxel};
    out.put(MCC, (float)(sum / (double)directions));
}
REGISTER(mcc_64)
