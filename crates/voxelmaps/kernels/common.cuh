// What every kernel shares: types, tables, columns in shared memory.
//
// A small subset of CUDA, so that the same files compile as C++17 for the processor (shim/): block sizes are
// constants, index types have a fixed width, no library, no recursion, no float atomics. Floating-point
// multiplication and addition are never contracted; where a fused one is meant, fmaf() is written.
#pragma once

#ifdef VM_HOST_SHIM
#include "shim/shim.hpp"
#else
typedef unsigned char u8;
typedef unsigned short u16;
typedef int i32;
typedef unsigned int u32;
typedef long long i64;
typedef unsigned long long u64;
// The block's dynamic shared memory.
#define DYNAMIC_SHARED(name) extern __shared__ u64 name[]
#define REGISTER(kernel)
#endif

#define DEVICE static __device__ __forceinline__

// Bit of the voxel in the middle of the 27 of a window: bit 9 (z + 1) + 3 (y + 1) + (x + 1).
#define CENTRE 13u

// The 13 directions by their shift of the window's bits, 1 to 13: voxels with a neighbour one step on ...
static __constant__ u32 PAIRS[13] = {0x36db6db, 0xd86c36, 0xfc7e3f, 0x6c361b, 0x361b0, 0x3f1f8, 0x1b0d8,
                                     0x36db6,   0x3ffff,  0x1b6db,  0x6c36,   0x7e3f,  0x361b};
// ... and two steps on.
static __constant__ u32 TRIPLES[13] = {0x1249249, 0x100804, 0x1c0e07, 0x40201, 0x100, 0x1c0, 0x40,
                                       0x124,     0x1ff,    0x49,     0x4,     0x7,   0x1};

// The neighbours of each voxel of a window inside the window.
static __constant__ u32 NEIGHBOURS[27] = {
    0x361a,    0x7e3d,    0x6c32,    0x1b6d3,   0x3ffef,   0x36d96,   0x1b098,   0x3f178,   0x360b0,
    0x6c341b,  0xfc7a3f,  0xd86436,  0x36da6db, 0x7ffdfff, 0x6db2db6, 0x36130d8, 0x7e2f1f8, 0x6c161b0,
    0x683600,  0xf47e00,  0xc86c00,  0x34db600, 0x7bffe00, 0x65b6c00, 0x261b000, 0x5e3f000, 0x2c36000};

// log2(k) in units of 2^-40, for k = 0 (as 0) to 36. Sums of whole numbers are exact: differences of entropies
// keep their digits, and the order of work does not matter.
#define LOGARITHMS 37
static __constant__ u64 LOG2[LOGARITHMS] = {
    0,             0,             1099511627776, 1742684699132, 2199023255552, 2552986939188, 2842196326908,
    3086719380097, 3298534883328, 3485369398264, 3652498566964, 3803685290188, 3941707954684, 4068676497980,
    4186231007873, 4295671638320, 4398046511104, 4494212922057, 4584881026040, 4670645694981, 4752010194740,
    4829404079228, 4903196917964, 4973708969650, 5041219582460, 5105973878377, 5168188125756, 5228054097396,
    5285742635649, 5341406591658, 5395183266096, 5447196449555, 5497558138880, 5546369989319, 5593724549833,
    5639706319285, 5684392653816};
#define ONE_BIT (1ull << 40)

// A number in units of 2^-40 as a float.
DEVICE float from_fixed(i64 x) { return (float)x * 9.094947017729282e-13f; }

// One of an array of words of its own for each thread of a block: word k of thread t at k * BLOCK + t, so that
// threads never meet in a bank of the memory.
template <int BLOCK, typename T> struct Column {
    T *base;
    __device__ __forceinline__ T &operator[](u32 k) const { return base[k * BLOCK]; }
};

// The same for bytes: four of one thread share a word.
template <int BLOCK> struct Bytes {
    u8 *base;
    __device__ __forceinline__ u8 &operator[](u32 k) const { return base[(k >> 2) * (4 * BLOCK) + (k & 3)]; }
};

// A chunk of the work as all kernels get it, by their first arguments.
struct Job {
    const u8 *levels;  // grey levels with a border of one voxel or more, 0 outside of the region
    const u32 *voxels; // places of the voxels wanted, in `levels`
    u32 count;         // how many
    i32 row;           // step to the next row of `levels`
    i32 plane;         // and to the next plane
    u32 window;        // bits of the window that count: all 27, or those of one plane
};
#define JOB const u8 *levels, const u32 *voxels, u32 count, i32 row, i32 plane, u32 window
#define THE_JOB                                                                                                        \
    Job { levels, voxels, count, row, plane, window }

// Takes one feature at a time and keeps those that are wanted: feature k of the wanted ones, counted from 0, of
// voxel v goes to values[k * count + v].
struct Output {
    float *values;
    u64 wanted;
    u32 count;
    u32 voxel;
    __device__ __forceinline__ void put(u32 feature, float value) const {
        if (wanted >> feature & 1) {
            u32 k = (u32)__popcll(wanted & ((1ull << feature) - 1));
            values[(u64)k * count + voxel] = value;
        }
    }
};

// A sum of fractions with about 48 bits: for terms of both signs, whose sum may be far smaller than they are.
struct FractionSum {
    float high = 0.0f, low = 0.0f;
    __device__ __forceinline__ void add(i64 numerator, i64 denominator) {
        float n = (float)numerator, n_rest = (float)(numerator - (i64)n);
        float d = (float)denominator, d_rest = (float)(denominator - (i64)d);
        float q = n / d;
        float rest = (fmaf(-q, d, n) + (n_rest - q * d_rest)) / d;
        float sum = high + q, part = sum - high; // Knuth's sum: nothing is lost
        low += ((high - (sum - part)) + (q - part)) + rest;
        high = sum;
    }
    __device__ __forceinline__ float value() const { return high + low; }
};
